"""Candidates with their sightings and decisions."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime

from db.queries import load_queries
from db.text import as_json, day, instant, instant_text, partial, text_or_none
from tracker.model import (
    Candidate,
    Decision,
    Evidence,
    KeptSighting,
    PartialDate,
    Release,
    Sighting,
    Signal,
    Status,
    Verdict,
)

_sql = load_queries("candidates.sql")
_BEYOND_ALL = ("9999", 0)


@dataclass(frozen=True)
class Known:
    """What grouping needs of a candidate that is already there. `published`: the newest of its releases."""

    id: int
    signal: Signal
    date: PartialDate | None
    starts: date | None
    status: Status
    published: date


class Candidates:
    """Reads and writes candidates over one connection; writes belong into the caller's transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def open(self, sighting: Sighting, status: Status, *, published: date, at: datetime) -> int:
        """A new candidate for what a sighting in a release of that day reports; answers its id."""
        row = _sql.add_candidate(
            self._db,
            channel=sighting.channel,
            signal=sighting.signal,
            date=text_or_none(sighting.date),
            starts=text_or_none(sighting.starts),
            status=status,
            opened_at=instant_text(at),
            published=published.isoformat(),
        )
        return row["id"]

    def add_sighting(
        self, candidate: int, release: int, revision: int, sighting: Sighting, *, published: date, at: datetime
    ) -> bool:
        """Whether the sighting was new; a release (published on that day) speaks once of a candidate."""
        row = _sql.add_sighting(
            self._db,
            candidate=candidate,
            release=release,
            revision=revision,
            signal=sighting.signal,
            date=text_or_none(sighting.date),
            starts=text_or_none(sighting.starts),
            confidence=sighting.confidence,
            evidence=as_json([asdict(words) for words in sighting.evidence]),
            seen_at=instant_text(at),
        )
        if row:
            _sql.add_evidence(self._db, id=candidate, now=instant_text(at), published=published.isoformat())
        return row is not None

    def sharpen(self, candidate: int, sighting: Sighting) -> None:
        """Take the date of a sighting that is more precise than the candidate's."""
        _sql.sharpen(self._db, id=candidate, date=text_or_none(sighting.date), starts=text_or_none(sighting.starts))

    def reopen(self, candidate: int, why: str) -> None:
        _sql.reopen(self._db, id=candidate, again=why)

    def known(self, channel: str) -> list[Known]:
        """All candidates of a channel, oldest first."""
        return [
            Known(
                row["id"],
                Signal(row["signal"]),
                partial(row["date"]),
                day(row["starts"]),
                Status(row["status"]),
                day(row["published"]),
            )
            for row in _sql.candidates_of(self._db, channel=channel)
        ]

    def sides_of(self, candidate: int) -> set[str]:
        """The sides whose releases speak of a candidate."""
        return {row["side"] for row in _sql.sides_of(self._db, candidate=candidate)}

    def get(self, candidate: int) -> Candidate | None:
        """The candidate with its sightings and decisions: three queries."""
        row = _sql.candidate(self._db, id=candidate)
        return self._whole(row) if row else None

    def queue(self, status: Status, *, most: int, after: tuple[datetime, int] | None = None) -> list[Candidate]:
        """Up to `most` candidates of a status, newest evidence first, after the one whose evidence and id are given."""
        before_at, before_id = (instant_text(after[0]), after[1]) if after else _BEYOND_ALL
        rows = _sql.queue(self._db, status=status, before_at=before_at, before_id=before_id, most=most)
        return [self._whole(row) for row in rows]

    def of_release(self, release: int) -> list[Candidate]:
        return [self._whole(row) for row in _sql.candidates_of_release(self._db, release=release)]

    def counts(self) -> dict[Status, int]:
        """How many candidates stand in each status, those without any included."""
        found = {Status(row["status"]): row["number"] for row in _sql.count_by_status(self._db)}
        return {status: found.get(status, 0) for status in Status}

    def decide(self, candidate: int, version: int, status: Status) -> bool:
        """Whether the candidate was pending in the version given, and now has the status."""
        return _sql.decide(self._db, id=candidate, version=version, status=status) is not None

    def undo(self, candidate: int, version: int, why: str) -> bool:
        """Whether the candidate was decided in the version given, and now waits again."""
        return _sql.undo(self._db, id=candidate, version=version, again=why) is not None

    def add_decision(
        self,
        candidate: int,
        verdict: Verdict,
        *,
        by: str,
        at: datetime,
        note: str | None = None,
        undoes: int | None = None,
    ) -> int:
        row = _sql.add_decision(
            self._db,
            candidate=candidate,
            verdict=verdict,
            decided_by=by,
            decided_at=instant_text(at),
            note=note,
            undoes=undoes,
        )
        return row["id"]

    def _whole(self, row: sqlite3.Row) -> Candidate:
        return Candidate(
            id=row["id"],
            channel=row["channel"],
            signal=Signal(row["signal"]),
            date=partial(row["date"]),
            starts=day(row["starts"]),
            status=Status(row["status"]),
            version=row["version"],
            opened_at=instant(row["opened_at"]),
            evidence_at=instant(row["evidence_at"]),
            again=row["again"],
            sightings=tuple(_sightings(row["channel"], _sql.sightings(self._db, candidate=row["id"]))),
            decisions=tuple(_decision(row) for row in _sql.decisions(self._db, candidate=row["id"])),
        )


def _sightings(channel: str, rows: Iterable[sqlite3.Row]) -> Iterable[KeptSighting]:
    for row in rows:
        evidence = tuple(Evidence(**words) for words in json.loads(row["evidence"]))
        yield KeptSighting(
            sighting=Sighting(
                channel, Signal(row["signal"]), partial(row["date"]), row["confidence"], evidence, day(row["starts"])
            ),
            release=Release(
                id=row["release"],
                side=row["side"],
                lang=row["lang"],
                publisher=row["publisher"],
                title=row["title"],
                summary=row["summary"],
                published=day(row["published"]),
                url=row["url"],
                feed=row["feed"],
            ),
            revision=row["revision"],
            seen_at=instant(row["seen_at"]),
        )


def _decision(row: sqlite3.Row) -> Decision:
    return Decision(
        row["id"],
        row["candidate"],
        Verdict(row["verdict"]),
        row["decided_by"],
        instant(row["decided_at"]),
        row["note"],
        row["undoes"],
    )
