"""A statement of the record through its corrections: which rows correct one another, what holds, what was said before.

Pure. A row may be replaced by another and any row may be withdrawn; what readers follow is the statement behind them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from operator import is_
from typing import Generic

from tracker.model import Contact, Entry, Source, StatusChange
from tracker.record.history import AnyEntry, first_rows, in_force


@dataclass(frozen=True)
class Lineage(Generic[AnyEntry]):
    """The rows of one statement in the order of recording, as they were known at a moment.

    `standing` is the row that holds, None where the statement was withdrawn. `instants` are the UTC instants at which
    anything of it was recorded, corrected, cited or withdrawn, each once and in order.
    """

    rows: tuple[AnyEntry, ...]
    standing: AnyEntry | None
    instants: tuple[datetime, ...]

    @property
    def key(self) -> str:
        """`change-12` or `contact-7`, after the first row: it stays when the statement is corrected or withdrawn."""
        return entry_key(self.rows[0])

    @property
    def told(self) -> AnyEntry:
        """What holds, or the last that held."""
        return self.standing or max(self.rows, key=lambda row: (row.withdrawn_at or row.recorded_at, row.id))

    @property
    def earlier(self) -> tuple[AnyEntry, ...]:
        """What it said at other times, the newest first."""
        return tuple(row for row in reversed(self.rows) if row.id != self.told.id)

    @property
    def recorded_at(self) -> datetime:
        return self.instants[0]

    @property
    def revised_at(self) -> datetime:
        return self.instants[-1]

    @property
    def revisions(self) -> int:
        """How often it was touched after it was first recorded; it never shrinks."""
        return len(self.instants) - 1


def entry_key(entry: Entry) -> str:
    """`change-12` or `contact-7`: a row by its kind and number."""
    return f"{'change' if isinstance(entry, StatusChange) else 'contact'}-{entry.id}"


def lineages(rows: Iterable[AnyEntry], known_at: datetime) -> list[Lineage[AnyEntry]]:
    """The statements that recorded rows of one kind make up, as known at a moment, in the order of recording."""
    known = known_rows(rows, known_at)
    standing = {row.id: row for row in in_force(known, known_at)}
    members: dict[int, list[AnyEntry]] = defaultdict(list)
    firsts = first_rows(known)
    for row in known:
        members[firsts[row.id]].append(row)
    return [_lineage(family, standing, known_at) for family in members.values()]


def anchors(
    changes: Iterable[StatusChange], contacts: Iterable[Contact], known_at: datetime
) -> defaultdict[str, str | None]:
    """By the key of a row the key of the statement that it tells now, or told last; None for rows before it."""
    found = [*lineages(changes, known_at), *lineages(contacts, known_at)]
    return defaultdict(lambda: None, {entry_key(lineage.told): lineage.key for lineage in found})


def known_rows(rows: Iterable[AnyEntry], known_at: datetime) -> list[AnyEntry]:
    """Every row that had been recorded by then, whatever became of it, without what came later."""
    return sorted((_as_known(row, known_at) for row in rows if row.recorded_at <= known_at), key=lambda row: row.id)


def _lineage(family: Sequence[AnyEntry], standing: Mapping[int, AnyEntry], known_at: datetime) -> Lineage[AnyEntry]:
    rows = tuple(standing.get(row.id, row) for row in family)
    # Where an undone correction in the middle lets two rows stand, the newest speaks.
    holds = next((row for row in reversed(rows) if row.id in standing), None)
    return Lineage(rows, holds, _instants(family, known_at))


def _as_known(row: AnyEntry, known_at: datetime) -> AnyEntry:
    later = row.withdrawn_at is not None and row.withdrawn_at > known_at
    cited = [source for source in row.sources if source.recorded_at is None or source.recorded_at <= known_at]
    sources = tuple(map(partial(_source_as_known, known_at), cited))
    if not later and len(sources) == len(row.sources) and all(map(is_, sources, row.sources)):
        return row
    withdrawn = (None, None) if later else (row.withdrawn_at, row.withdrawn_reason)
    return replace(row, sources=sources, withdrawn_at=withdrawn[0], withdrawn_reason=withdrawn[1])


def _source_as_known(known_at: datetime, source: Source) -> Source:
    later = source.withdrawn_at is not None and source.withdrawn_at > known_at
    return replace(source, withdrawn_at=None) if later else source


def _instants(family: Iterable[Entry], known_at: datetime) -> tuple[datetime, ...]:
    parts = [part for row in family for part in (row, *row.sources)]
    stamps = {stamp for part in parts for stamp in (part.recorded_at, part.withdrawn_at)} - {None}
    return tuple(sorted(stamp for stamp in stamps if stamp <= known_at))
