"""The rows of a database as such, without what they mean: what copying needs of an engine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from db.queries import Connection

INDEXED = {"record_document"}
"""Tables that are made anew: what search knows of the record."""


@dataclass(frozen=True)
class Table:
    """A table with its columns, those that its rows are ordered by, and the tables that have to be there before it."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    refers: frozenset[str]

    @property
    def selected(self) -> str:
        """The query for all rows in their order."""
        columns, key = (", ".join(f'"{column}"' for column in columns) for columns in (self.columns, self.key))
        return f'SELECT {columns} FROM "{self.name}" ORDER BY {key}'


class Contents(Protocol):
    """The rows of a database as such, over a connection in a transaction."""

    def __init__(self, connection: Connection) -> None: ...

    def tables(self) -> list[Table]:
        """The tables of ours, without those in which the engine keeps its steps and its full-text search."""

    def hold(self) -> None:
        """Let the transaction last as long as it takes."""

    def count(self, table: Table) -> int: ...

    def rows(self, table: Table) -> Iterator[Sequence[Any]]:
        """All rows in the order of their key, a few at a time."""

    def load(self, table: Table, rows: Iterable[Sequence[Any]]) -> None:
        """Add rows; those of one table may refer to one another in any order. Raises StoreError."""

    def empty(self, table: str) -> None:
        """Take out the rows with which a new database begins."""

    def settle(self, tables: Iterable[Table]) -> None:
        """Let numbers that the engine gives go on after those that were loaded, and plans rest on what is there."""

    def mark(self) -> None:
        """Say that a copy is unfinished."""

    def unmark(self) -> None:
        """Say that it is finished."""
