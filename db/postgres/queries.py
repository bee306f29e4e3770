"""Queries as psycopg wants them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import aiosql
from aiosql.adapters.pyformat import PyFormatAdapter
from aiosql.queries import Queries
from psycopg import Connection

from db.postgres.rows import Row

_AT_ONCE = 200
"""Rows that a stream asks the server for at a time."""


class _Adapter(PyFormatAdapter):
    """aiosql's own, with the signs of LIKE told from those of the driver, and streams for what is long."""

    def __init__(self, streams: Sequence[str]) -> None:
        super().__init__()
        self._streams = streams

    def process_sql(self, query_name: str, op_type: Any, sql: str) -> str:
        return super().process_sql(query_name, op_type, sql.replace("%", "%%"))

    def select(
        self, conn: Connection, query_name: str, sql: str, parameters: Any, record_class: Any = None
    ) -> Iterator[Row]:
        if query_name not in self._streams:
            yield from super().select(conn, query_name, sql, parameters, record_class)
            return
        with conn.cursor(name=f"{query_name}_{id(parameters):x}") as rows:
            rows.itersize = _AT_ONCE
            yield from rows.execute(sql, parameters)


def read_queries(file: Path, streams: Sequence[str] = ()) -> Queries:
    """The queries of one file as callables over a connection of psycopg."""
    return aiosql.from_path(file, lambda: _Adapter(streams))
