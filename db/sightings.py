"""Kept sightings read back by release, and what decisions on them put on the record: for replaying and exporting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from db.queries import Connection, load_queries
from db.rows import sighting_from
from db.text import partial
from tracker.model import Outcome, PartialDate, Sighting, State, Status

_sql = load_queries("sightings.sql")


@dataclass(frozen=True)
class Told:
    """What a release is kept as saying of a channel, and where the candidate stands that it is part of."""

    sighting: Sighting
    status: Status


@dataclass(frozen=True)
class Queued:
    """A candidate by its number, its channel and where it stands."""

    id: int
    channel: str
    status: Status


@dataclass(frozen=True)
class RecordedChange:
    """A status change that a decision wrote (`own`) or cited its releases for."""

    state: State
    effective: PartialDate
    expected: PartialDate | None
    own: bool


@dataclass(frozen=True)
class RecordedContact:
    """A contact that a decision wrote (`own`) or cited its releases for. `date` is its last day."""

    outcome: Outcome
    date: PartialDate | None
    own: bool


class Sightings:
    """Reads sightings and what became of them over one connection."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def told_by(self, release: int) -> list[Told]:
        """What a release is kept as saying, but for questions that were put of it without a finding."""
        return [
            Told(sighting_from(row["channel"], row), Status(row["status"]))
            for row in _sql.told_by(self._db, release=release)
        ]

    def queued_with(self, release: int) -> list[Queued]:
        """The candidates that a release is part of, as reviewers may know them."""
        rows = _sql.queued_with(self._db, release=release)
        return [Queued(row["id"], row["channel"], Status(row["status"])) for row in rows]

    def decided_releases(self, *, after: int, most: int) -> list[int]:
        """Releases that carry a candidate which a reviewer decided, by id, after one."""
        return [row["release"] for row in _sql.decided_releases(self._db, after=after, most=most)]

    def recorded_by(self, decision: int) -> tuple[list[RecordedChange], list[RecordedContact]]:
        """The rows in force that a decision wrote, or found on the record and cited its releases for."""
        changes = [
            RecordedChange(
                State(row["state"]), partial(row["effective"]), partial(row["expected"]), bool(row["own"])
            )
            for row in _sql.changes_by(self._db, decision=decision)
        ]  # fmt: skip
        contacts = [
            RecordedContact(Outcome(row["outcome"]), partial(row["end_date"] or row["date"]), bool(row["own"]))
            for row in _sql.contacts_by(self._db, decision=decision)
        ]
        return changes, contacts

    def lot_of(self, release: int) -> dict[str, Any] | None:
        """With which chance a release was measured, as the cases give it; None where it was not."""
        row = _sql.lot_of(self._db, release=release)
        return dict(row) | {"flagged": bool(row["flagged"])} if row else None
