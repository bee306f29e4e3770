"""The rows of a file of SQLite as such, to be copied."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from db.contents import INDEXED, Table
from db.engine import UNFINISHED
from db.sqlite.migrations import migrations


class Contents:
    """Over a connection in a transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def tables(self) -> list[Table]:
        named = self._db.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!' "
            "AND name <> '_sqlite_migrations' AND name NOT LIKE '%!_words%' ESCAPE '!' ORDER BY name"
        )
        return [self._table(name) for (name,) in named.fetchall() if name not in INDEXED]

    def _table(self, name: str) -> Table:
        told = self._db.execute(f'PRAGMA table_info("{name}")').fetchall()
        columns = [column["name"] for column in told]
        key = [column["name"] for column in sorted(told, key=lambda column: column["pk"]) if column["pk"]]
        if not key:  # its rows have an order all the same, which tells something
            columns, key = ["rowid", *columns], ["rowid"]
        refers = {row["table"] for row in self._db.execute(f'PRAGMA foreign_key_list("{name}")')}
        return Table(name, tuple(columns), tuple(key), frozenset(refers - {name}))

    def hold(self) -> None:
        """SQLite's transactions last as long as they take."""

    def count(self, table: Table) -> int:
        return self._db.execute(f'SELECT COUNT(*) FROM "{table.name}"').fetchone()[0]

    def rows(self, table: Table) -> Iterator[Sequence[Any]]:
        return iter(self._db.execute(table.selected))

    def load(self, table: Table, rows: Iterable[Sequence[Any]]) -> None:
        self._db.execute("PRAGMA defer_foreign_keys = ON")
        columns = ", ".join(f'"{column}"' for column in table.columns)
        values = ", ".join("?" * len(table.columns))
        self._db.executemany(f'INSERT INTO "{table.name}" ({columns}) VALUES ({values})', rows)

    def empty(self, table: str) -> None:
        self._db.execute(f'DELETE FROM "{table}"')

    def settle(self, tables: Iterable[Table]) -> None:
        """SQLite gives the number after the highest."""

    def mark(self) -> None:
        self._db.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES (?, ?, ?)",
            (migrations.name, UNFINISHED, datetime.now(UTC).isoformat()),
        )

    def unmark(self) -> None:
        self._db.execute("DELETE FROM _sqlite_migrations WHERE name = ?", (UNFINISHED,))
