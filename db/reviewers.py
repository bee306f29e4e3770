"""What reviewers do to candidates besides deciding them: holding, a first word that waits for a second, presence."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from db.chain import Chain
from db.queries import Connection, Row, load_queries
from db.text import as_json, instant
from tracker.model import Answer, FirstWord, Hold, SecondWord
from tracker.moments import instant_text

_sql = load_queries("reviewers.sql")

PRESENT = timedelta(minutes=3)
"""Who has not been heard of for this long has gone."""


@dataclass(frozen=True)
class Present:
    """A reviewer who has a candidate open, and since which UTC instant."""

    name: str
    since: datetime


class Reviewers:
    """Reads and writes over one connection; writes belong into the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection
        self._chain = Chain(connection)

    def hold(self, candidate: int, reason: str, until: datetime | None, *, by: str, at: datetime) -> None:
        _sql.hold(
            self._db,
            candidate=candidate,
            reason=reason,
            until=instant_text(until) if until else None,
            held_by=by,
            held_at=instant_text(at),
        )

    def release(self, candidate: int, because: str, *, at: datetime, by: str | None = None) -> bool:
        """End what holds a candidate, if anything does; answers whether it did. `because`: a sentence."""
        return _sql.release(self._db, candidate=candidate, now=instant_text(at), by=by, because=because) is not None

    def add_first_word(self, candidate: int, choice: Mapping[str, str], *, by: str, at: datetime) -> None:
        row = _sql.add_first_word(
            self._db, candidate=candidate, choice=as_json(choice), by=by, now=instant_text(at)
        )  # fmt: skip
        self._chain.append("first_word", row["id"])

    def add_second_word(
        self, first: int, answer: Answer, *, by: str, at: datetime, note: str | None = None, decision: int | None = None
    ) -> None:
        """Answer a first word. The database refuses a second person who is the first one."""
        row = _sql.add_second_word(
            self._db, first_word=first, answer=answer, by=by, now=instant_text(at), note=note, decision=decision
        )
        self._chain.append("second_word", row["id"])

    def be_present(self, candidate: int, name: str, *, at: datetime) -> None:
        """Leave the mark that a reviewer has a candidate open, and forget marks of those who have gone."""
        before = instant_text(at - PRESENT)
        _sql.forget_presence(self._db, before=before)
        _sql.be_present(self._db, candidate=candidate, reviewer=name, now=instant_text(at), fresh_since=before)

    def present(self, candidate: int, *, at: datetime, but: str) -> list[Present]:
        """Who else than `but` has a candidate open, the first who opened it first."""
        rows = _sql.present(self._db, candidate=candidate, since=instant_text(at - PRESENT))
        return [Present(row["reviewer"], instant(row["opened_at"])) for row in rows if row["reviewer"] != but]


def holds_of(connection: Connection, candidate: int) -> tuple[Hold, ...]:
    return tuple(_hold(row) for row in _sql.holds(connection, candidate=candidate))


def words_of(connection: Connection, candidate: int) -> tuple[FirstWord | None, tuple[SecondWord, ...]]:
    """The first word that waits for a second, and those that were answered."""
    row = _sql.first_word(connection, candidate=candidate)
    waits = _first_word(row["id"], row["choice"], row["given_by"], row["given_at"]) if row else None
    return waits, tuple(_second_word(row) for row in _sql.second_words(connection, candidate=candidate))


def _hold(row: Row) -> Hold:
    return Hold(
        row["id"], row["reason"], instant(row["until"]), row["held_by"], instant(row["held_at"]),
        row["released_because"],
    )  # fmt: skip


def _first_word(number: int, choice: str, by: str, at: str) -> FirstWord:
    return FirstWord(number, json.loads(choice), by, instant(at))


def _second_word(row: Row) -> SecondWord:
    first = _first_word(row["id"], row["choice"], row["first_by"], row["first_at"])
    return SecondWord(first, Answer(row["answer"]), row["given_by"], instant(row["given_at"]), row["note"])
