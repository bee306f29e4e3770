"""The measurement of detection on live traffic: rates of a week, releases passed, and those that are measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from db.queries import Connection, Row, load_queries
from db.rows import release_from
from db.text import day, instant
from tracker.measuring.sampling import ELSEWHERE, Decided, Found, Measured, Planned, Stratum
from tracker.model import Release
from tracker.moments import instant_text

_sql = load_queries("samples.sql")


@dataclass(frozen=True)
class Arrival:
    """A release as it came from a feed, with when."""

    release: Release
    revision: int
    first_seen: datetime


@dataclass(frozen=True)
class Standing:
    """How far a relationship's releases have been passed (the id of the last), and in which week."""

    week: date
    passed: int


class Samples:
    """Reads and writes the measurement over one connection; writes belong into the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def standing(self, relationship: str) -> Standing | None:
        row = _sql.sampling(self._db, relationship=relationship)
        return Standing(day(row["week"]), row["passed"]) if row else None

    def traffic(self, relationship: str, since: datetime, until: datetime) -> dict[Stratum, tuple[int, datetime]]:
        """How many releases each stratum brought in a time, and when the first of them came."""
        rows = _sql.traffic(
            self._db, relationship=relationship, since=instant_text(since), until=instant_text(until)
        )  # fmt: skip
        return {_stratum(row): (row["releases"], instant(row["since"])) for row in rows}

    def newest_release(self) -> int:
        return _sql.newest_release(self._db)["id"]

    def begin_week(self, relationship: str, week: date, passed: int, rates: Mapping[Stratum, float]) -> None:
        """Fix the rates of a week; it passes the releases that come after `passed`."""
        _sql.begin_week(self._db, relationship=relationship, week=week.isoformat(), passed=passed)
        for stratum, rate in rates.items():
            _sql.put_rate(self._db, relationship=relationship, week=week.isoformat(), **stratum._asdict(), rate=rate)

    def rates(self, relationship: str, week: date) -> dict[Stratum, float]:
        rows = _sql.rates(self._db, relationship=relationship, week=week.isoformat())
        return {_stratum(row): row["rate"] for row in rows}

    def arrivals(self, relationship: str, passed: int, *, most: int) -> list[Arrival]:
        """Up to `most` releases that came from the relationship's feeds after one, oldest first."""
        return [
            Arrival(release_from(row), row["revision"], instant(row["first_seen"]))
            for row in _sql.arrivals(self._db, relationship=relationship, passed=passed, most=most)
        ]

    def pass_by(self, relationship: str, standing: Standing, newest: int) -> bool:
        """Whether the releases up to `newest` are the caller's to measure: nobody has passed them since `standing`."""
        found = _sql.pass_by(
            self._db, relationship=relationship, week=standing.week.isoformat(), passed=standing.passed, newest=newest
        )
        return found is not None

    def count_unflagged(self, relationship: str, week: date, stratum: Stratum, releases: int) -> None:
        _sql.count_unflagged(
            self._db, relationship=relationship, week=week.isoformat(), **stratum._asdict(), releases=releases
        )

    def add(
        self,
        relationship: str,
        week: date,
        release: Release,
        *,
        probability: float,
        candidate: int | None,
        at: datetime,
    ) -> None:
        """Measure a release: a flagged one, or one that was drawn and entered the queue as `candidate`."""
        _sql.add_sample(
            self._db,
            release=release.id,
            relationship=relationship,
            week=week.isoformat(),
            side=release.side,
            lang=release.lang,
            flagged=int(candidate is None),
            probability=probability,
            candidate=candidate,
            taken_at=instant_text(at),
        )

    def confidences(self, *, most: int) -> list[float]:
        """How sure detection was of what it flagged lately."""
        return [row["confidence"] for row in _sql.confidences(self._db, most=most)]

    def is_guess(self, candidate: int) -> bool:
        """Whether a candidate was drawn and no reviewer has accepted it: nothing may join it."""
        return _sql.guess(self._db, candidate=candidate) is not None

    def planned(self, relationship: str) -> list[Planned]:
        """Every stratum of every week."""
        return [
            Planned(day(row["week"]), _stratum(row), row["rate"], row["unflagged"])
            for row in _sql.planned(self._db, relationship=relationship)
        ]

    def measured(self, relationship: str) -> list[Measured]:
        """Every release that is measured, with what was found of it so far."""
        return [
            Measured(
                day(row["week"]),
                _stratum(row),
                bool(row["flagged"]),
                row["probability"],
                Found(row["found"]),
                row["release"],
            )
            for row in _sql.measured(self._db, relationship=relationship, elsewhere=f"{ELSEWHERE}%")
        ]

    def decided(self, relationship: str) -> list[Decided]:
        """What reviewers decided of flagged releases, by stratum."""
        return [
            Decided(_stratum(row), row["accepted"], row["rejected"], instant(row["since"]), instant(row["until"]))
            for row in _sql.decided(self._db, relationship=relationship)
        ]


def _stratum(row: Row) -> Stratum:
    return Stratum(row["side"], row["lang"])
