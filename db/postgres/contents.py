"""The rows of a database of PostgreSQL as such, to be copied."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg import sql

from db.contents import INDEXED, Table
from db.engine import UNFINISHED
from db.errors import StoreError

_AT_ONCE = 500

_TABLES = """
SELECT relname FROM pg_class
WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND relname <> 'migration'
    AND relname NOT LIKE '%\\_words' AND relname NOT LIKE 'procrastinate%'
ORDER BY relname
"""
_COLUMNS = """
SELECT attname, attidentity <> '' AS numbered, attnum = ANY (indkey) AS in_key, array_position(indkey, attnum) AS place
FROM pg_attribute LEFT JOIN pg_index ON indrelid = attrelid AND indisprimary
WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""
_REFERS = (
    "SELECT confrelid::regclass::text AS target FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'f'"
)


class Contents:
    """Over a connection in a transaction."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._db = connection

    def tables(self) -> list[Table]:
        return [self._table(row["relname"]) for row in self._db.execute(_TABLES) if row["relname"] not in INDEXED]

    def _table(self, name: str) -> Table:
        told = self._columns(name)
        key = [row["attname"] for row in sorted(told, key=lambda row: row["place"] or 0) if row["in_key"]]
        refers = {row["target"].strip('"') for row in self._db.execute(_REFERS, (f'"{name}"',))}
        columns = tuple(row["attname"] for row in told)
        return Table(name, columns, tuple(key) or ("rowid",), frozenset(refers - {name}))

    def _columns(self, name: str) -> list[Any]:
        return self._db.execute(_COLUMNS, (f'"{name}"',)).fetchall()

    def hold(self) -> None:
        self._db.execute("SET LOCAL idle_in_transaction_session_timeout = 0")

    def count(self, table: Table) -> int:
        return self._db.execute(f'SELECT COUNT(*) FROM "{table.name}"').fetchone()[0]

    def rows(self, table: Table) -> Iterator[Sequence[Any]]:
        with self._db.cursor(name=f"copied_{table.name}") as rows:
            rows.itersize = _AT_ONCE
            yield from rows.execute(table.selected)

    def load(self, table: Table, rows: Iterable[Sequence[Any]]) -> None:
        self._db.execute("SET CONSTRAINTS ALL DEFERRED")
        columns = sql.SQL(", ").join(map(sql.Identifier, table.columns))
        into = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table.name), columns)
        try:
            with self._db.cursor() as cursor, cursor.copy(into) as copy:
                for row in rows:
                    copy.write_row(tuple(row))
        except psycopg.DataError as error:
            said = str(error).partition("\n")[0]
            raise StoreError(f"A row of {table.name} cannot be kept by PostgreSQL ({said}).") from error
        # Whoever compares and verifies it next needs plans that rest on what is there.
        self._db.execute(f'ANALYZE "{table.name}"')

    def empty(self, table: str) -> None:
        self._db.execute(f'DELETE FROM "{table}"')

    def settle(self, tables: Iterable[Table]) -> None:
        for table in tables:
            for column in (row["attname"] for row in self._columns(table.name) if row["numbered"]):
                self._db.execute(
                    f"SELECT setval(pg_get_serial_sequence('\"{table.name}\"', '{column}'), "
                    f'COALESCE(MAX("{column}"), 1), MAX("{column}") IS NOT NULL) FROM "{table.name}"'
                )
        self._db.execute("ANALYZE")

    def mark(self) -> None:
        self._db.execute(
            "INSERT INTO migration (name, applied_at) VALUES (%s, %s)", (UNFINISHED, datetime.now(UTC).isoformat())
        )

    def unmark(self) -> None:
        self._db.execute("DELETE FROM migration WHERE name = %s", (UNFINISHED,))
