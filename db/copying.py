"""A whole record from one database into another, of either engine, table by table.

Each table is one transaction: copied, read back and compared with what was given, row by row, or not there at all. So a
copy that was ended in the middle goes on where it was. The database that takes it says so in its list of steps until
all is there, and nothing opens it before. Full-text search is made anew, since each engine has its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from db.contents import Contents, Table
from db.engine import UNFINISHED
from db.errors import StoreError
from db.store import Store

Watch = Callable[[Iterable[Any], str, int], Iterable[Any]]
"""Passes rows on, and may show how far they are: of which table, and how many."""


@dataclass(frozen=True)
class Copied:
    """How many rows each table has, and how many of them were there already."""

    rows: dict[str, int]
    found: int


def _same(one: Path, other: Path) -> bool:
    return other.exists() and one.samefile(other)


def copy_record(source: Store, target: Store, check: Callable[[], None], watch: Watch) -> Copied:
    """Copy all of `source` into `target`, which is empty, or has a part of this copy, or all of it.

    Nobody writes to `source` meanwhile. `check` is called when all rows are there, before the copy counts as finished;
    what it raises leaves it unfinished. Raises StoreError.
    """
    if source.place == target.place or (source.is_file and target.is_file and _same(source.path, target.path)):
        raise StoreError(f"{source.place} is the record itself; name another database.")
    source.check_schema()
    resumed = _made_ready(target)
    rows: dict[str, int] = {}
    found = 0
    with source._connections.writing() as connection:
        given = source._connections.contents(connection)
        given.hold()
        tables = in_order(given.tables())
        for table in tables:
            rows[table.name], there = _copy(table, source, given, target, watch, resumed)
            found += there
    if resumed:
        _index(target)
        check()
        with target._connections.writing() as connection:
            taken = target._connections.contents(connection)
            taken.settle(tables)
            taken.unmark()
    else:
        check()
    return Copied(rows, found)


def in_order(tables: Iterable[Table]) -> list[Table]:
    """Each table after those to which it refers."""
    named = {table.name: table for table in tables}
    order = TopologicalSorter({name: sorted(table.refers & named.keys()) for name, table in sorted(named.items())})
    return [named[name] for name in order.static_order()]


def _made_ready(target: Store) -> bool:
    """Whether rows may be added: the database is marked for it. False: it has rows, and is to be compared alone."""
    engine = target._connections
    applied = engine.applied()
    if UNFINISHED in applied:
        return True
    if not applied:
        with engine.reading() as connection:
            there = [table.name for table in engine.contents(connection).tables()]
        if there:
            raise _else(target, f"it has a table {there[0]} and no schema of ours")
        engine.migrate()
    target.check_schema()
    with engine.writing() as connection:
        contents = engine.contents(connection)
        if any(contents.count(table) for table in contents.tables() if table.name != "revision"):
            return False
        contents.empty("revision")
        contents.mark()
    return True


def _copy(table: Table, source: Store, given: Contents, target: Store, watch: Watch, resumed: bool) -> tuple[int, int]:
    """How many rows the table has, and how many of them were there already. Raises StoreError."""
    number = given.count(table)
    rows = watch(_read(source, given.rows(table)), table.name, number)
    with target._connections.writing() as connection:
        taken = target._connections.contents(connection)
        taken.hold()
        before = taken.count(table)
        sent = _Digest()
        if before or not resumed:
            sent.of_all(rows)
        else:
            taken.load(table, sent.passed(rows))
        kept = _Digest().of_all(taken.rows(table))
        if (kept.rows, kept.hexdigest) != (sent.rows, sent.hexdigest):
            wrong = f"its {kept.rows} rows of {table.name} are not the {sent.rows} that were to be copied"
            raise _else(target, wrong) if before or not resumed else StoreError(f"{target.place}: {wrong}.")
    return number, before


def _read(source: Store, rows: Iterable[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    """The rows of `source`; of what fails at them the one that takes them has no fault."""
    with source._connections.telling():
        yield from rows


class _Digest:
    """Counts rows and hashes them, each value with its type."""

    def __init__(self) -> None:
        self.rows = 0
        self._hash = hashlib.sha256()

    @property
    def hexdigest(self) -> str:
        return self._hash.hexdigest()

    def passed(self, rows: Iterable[Sequence[Any]]) -> Iterator[Sequence[Any]]:
        for row in rows:
            self.rows += 1
            self._hash.update(repr(tuple(row)).encode("utf-8", "surrogatepass"))
            yield row

    def of_all(self, rows: Iterable[Sequence[Any]]) -> _Digest:
        for _ in self.passed(rows):
            pass
        return self


def _index(target: Store) -> None:
    """Make the copied rows searchable, unless that was done."""
    with target._connections.writing() as connection:
        subjects = target.subjects(connection)
        if not subjects.search.is_filled():
            subjects.record.index_anew()
            subjects.search.fill_kept()


def _else(target: Store, why: str) -> StoreError:
    return StoreError(f"{target.place} holds something else ({why}); name an empty database.")
