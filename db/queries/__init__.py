"""Named SQL, one file per subject, in what SQLite and PostgreSQL both read."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Union

import aiosql
from aiosql.queries import Queries

if TYPE_CHECKING:
    import psycopg

    from db.postgres.rows import Row as PostgresRow

Connection = Union[sqlite3.Connection, "psycopg.Connection"]
"""What the queries run on."""

Row = Union[sqlite3.Row, "PostgresRow"]
"""What they answer with: columns by name or by number."""

_FOLDER = Path(__file__).parent


class Shared:
    """The queries of one file as callables, which take a connection of either engine first.

    What each engine makes of the file is read when the first of its connections comes. `streams`: queries with so many
    rows that PostgreSQL is to hand them over a few at a time, as SQLite always does.
    """

    def __init__(self, file: Path, streams: Sequence[str] = ()) -> None:
        self._file, self._streams = file, streams

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_"):  # what Python itself asks any object for
            raise AttributeError(name)

        def ask(connection: Any, *values: Any, **named: Any) -> Any:
            queries = self._of_sqlite if isinstance(connection, sqlite3.Connection) else self._of_postgres
            return getattr(queries, name)(connection, *values, **named)

        setattr(self, name, ask)
        return ask

    @cached_property
    def _of_sqlite(self) -> Queries:
        return aiosql.from_path(self._file, "sqlite3")

    @cached_property
    def _of_postgres(self) -> Queries:
        from db.postgres.queries import read_queries  # who stores in SQLite need not load the driver

        return read_queries(self._file, self._streams)


def load_queries(name: str, *, streams: Sequence[str] = ()) -> Shared:
    """The queries of one file of this folder."""
    return Shared(_FOLDER / name, streams)
