"""Checks of reviewers on themselves: decoys, blind readings, and how long decisions take.

Decoys stand in a table of their own, which no query of the record, the queue or the outputs reads. They have in common
with candidates only that no two of either have one number.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from db.queries import Connection, Row, load_queries
from db.rows import release_from
from db.text import as_json, day, instant, partial, text_or_none
from tracker.measuring.blind import Answer, Check, Deeds, Reading, Said, coarse
from tracker.model import Evidence, PartialDate, Release, Sighting, Signal
from tracker.moments import instant_text

_sql = load_queries("blind.sql")

LONGEST = timedelta(minutes=30)
"""Whoever opens a candidate again after this has begun anew."""


@dataclass(frozen=True)
class Planned:
    """The decoys of a reviewer by their keys, those of them without an answer, and when the last was planned."""

    keys: frozenset[str]
    unanswered: frozenset[str]
    last: datetime | None


@dataclass(frozen=True)
class Undressed:
    """A decoy (`id`) that has its number and day, and not yet its words."""

    id: int
    key: str
    published: date


@dataclass(frozen=True)
class Hidden:
    """A decoy as its reviewer sees it: a number, a release and a sighting; `answer` once there is one."""

    id: int
    key: str
    number: int
    opened_at: datetime
    release: Release
    sighting: Sighting
    answer: Answer | None
    right: bool | None
    answered_at: datetime | None


@dataclass(frozen=True)
class Word:
    """What a reviewer said of a candidate before the proposal was shown, and what that was."""

    said: Said
    date: PartialDate | None
    proposed: Said
    proposed_date: PartialDate | None


class Blind:
    """Reads and writes the checks over one connection; writes belong into the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def planned(self, reviewer: str) -> Planned:
        rows = list(_sql.planned(self._db, reviewer=reviewer))
        unanswered = frozenset(row["key"] for row in rows if row["answer"] is None)
        last = instant(rows[-1]["planned_at"]) if rows else None
        return Planned(frozenset(row["key"] for row in rows), unanswered, last)

    def decisions_since(self, reviewer: str, since: datetime | None) -> int:
        """How many candidates a reviewer has decided since then; None: ever."""
        return _sql.decisions_since(self._db, reviewer=reviewer, since=instant_text(since) if since else "")["number"]

    def plan(self, reviewer: str, key: str, turns: int, *, at: datetime) -> None:
        """Let a decoy enter the reviewer's queue after so many turns: each candidate that is opened makes two, one
        before it and one behind.
        """
        _sql.plan(self._db, reviewer=reviewer, key=key, turns=turns, now=instant_text(at))

    def turn(self, opened_at: datetime, published: date) -> None:
        """Give the decoy whose turn it is the next number, and the age of the candidate beside which it stands."""
        row = _sql.unplaced(self._db)
        if row["id"] is not None:
            _sql.place(self._db, id=row["id"], at=instant_text(opened_at), published=published.isoformat())
        if row["decoys"]:
            _sql.pass_turn(self._db)

    def undressed(self, reviewer: str) -> list[Undressed]:
        return [
            Undressed(row["id"], row["key"], day(row["published"]))
            for row in _sql.undressed(self._db, reviewer=reviewer)
        ]  # fmt: skip

    def dress(self, decoy: int, release: Release, sighting: Sighting) -> None:
        """Give a decoy its words, and what is proposed of them. It can be seen from then on."""
        _sql.dress(
            self._db,
            id=decoy,
            channel=sighting.channel,
            signal=sighting.signal,
            date=text_or_none(sighting.date),
            starts=text_or_none(sighting.starts),
            confidence=sighting.confidence,
            evidence=as_json([vars(words) for words in sighting.evidence]),
            doubts=as_json(sighting.doubts),
            undated=sighting.undated,
            persons=as_json(sighting.persons),
            side=release.side,
            lang=release.lang,
            publisher=release.publisher,
            url=release.url,
            title=release.title,
            summary=release.summary,
        )

    def waiting(self, reviewer: str) -> list[Hidden]:
        """The decoys among the candidates that wait for a reviewer."""
        return [hidden for hidden in self._hidden(reviewer) if hidden.answer is None]

    def get(self, reviewer: str, number: int) -> Hidden | None:
        """The reviewer's decoy of that number, answered or not."""
        return next(iter(self._hidden(reviewer, number)), None)

    def _hidden(self, reviewer: str, number: int = 0) -> list[Hidden]:
        return [_hidden(row) for row in _sql.decoys(self._db, reviewer=reviewer, number=number)]

    def answer(self, reviewer: str, number: int, answer: Answer, right: bool | None, *, at: datetime) -> bool:
        """Note what a reviewer did with a decoy; whether it was still open."""
        row = _sql.answer(
            self._db,
            reviewer=reviewer,
            number=number,
            answer=answer,
            right=None if right is None else int(right),
            now=instant_text(at),
        )
        return row is not None

    def add_reading(self, reviewer: str, number: int, word: Word, *, at: datetime) -> None:
        """Keep what was said before the proposal was shown; the first word stays."""
        _sql.add_reading(
            self._db,
            reviewer=reviewer,
            number=number,
            channel=word.said.channel,
            signal=word.said.signal,
            date=text_or_none(word.date),
            proposed_channel=word.proposed.channel,
            proposed_signal=word.proposed.signal,
            proposed_date=text_or_none(word.proposed_date),
            now=instant_text(at),
        )

    def reading(self, reviewer: str, number: int) -> Word | None:
        row = _sql.reading(self._db, reviewer=reviewer, number=number)
        if row is None:
            return None
        return Word(_said(row), partial(row["date"]), _proposed(row), partial(row["proposed_date"]))

    def numbers_read(self, reviewer: str) -> set[int]:
        """What a reviewer has read blind."""
        return {row["number"] for row in _sql.numbers_read(self._db, reviewer=reviewer)}

    def open_item(self, reviewer: str, number: int, *, at: datetime) -> None:
        """Remember for half an hour when a reviewer opened a candidate."""
        stale = instant_text(at - LONGEST)
        _sql.forget_openings(self._db, stale=stale)
        _sql.open_item(self._db, reviewer=reviewer, number=number, now=instant_text(at), stale=stale)

    def close_item(self, reviewer: str, number: int, *, at: datetime) -> None:
        """Keep how long its decision took, coarsely and with the day alone, and forget when it was opened."""
        row = _sql.opening(self._db, reviewer=reviewer, number=number)
        if row is None:
            return
        seconds = coarse((at - instant(row["at"])).total_seconds())
        _sql.add_time(self._db, reviewer=reviewer, day=at.date().isoformat(), seconds=seconds)
        _sql.close_item(self._db, reviewer=reviewer, number=number)

    def answered(self, reviewer: str) -> list[Hidden]:
        """The decoys that a reviewer has answered, the last first; an empty name: of all."""
        return [_hidden(row) for row in _sql.answered(self._db, reviewer=reviewer)]

    def deeds(self, updates: set[str], reviewer: str | None = None) -> Deeds:
        """What is counted of one reviewer, or of all; `updates` are the keys of the decoys that report an update."""
        who = reviewer or ""
        decided, answered = _sql.decided(self._db, reviewer=who), self.answered(who)
        instants = [instant(decided[name]) for name in ("since", "until") if decided[name]]
        days = [when.date() for when in (*instants, *(one.answered_at for one in answered))]
        return Deeds(
            accepted=decided["accepted"] or 0,
            rejected=decided["rejected"] or 0,
            times=[row["seconds"] for row in _sql.times(self._db, reviewer=who)],
            readings=[
                Reading(_said(row), _proposed(row), None if row["accepted"] is None else bool(row["accepted"]))
                for row in _sql.readings(self._db, reviewer=who)
            ],
            checks=[Check(one.key in updates, one.right) for one in answered],
            since=min(days, default=None),
            until=max(days, default=None),
        )


def _hidden(row: Row) -> Hidden:
    return Hidden(
        id=row["id"],
        key=row["key"],
        number=row["number"],
        opened_at=instant(row["opened_at"]),
        release=release_from({**row, "feed": None, "id": -row["id"]}),
        sighting=Sighting(
            channel=row["channel"],
            signal=Signal(row["signal"]),
            date=partial(row["date"]),
            starts=day(row["starts"]),
            confidence=row["confidence"],
            evidence=tuple(Evidence(**words) for words in json.loads(row["evidence"])),
            doubts=tuple(json.loads(row["doubts"])),
            undated=row["undated"],
            persons=tuple(json.loads(row["persons"])),
        ),
        answer=Answer(row["answer"]) if row["answer"] else None,
        right=_yes_or_no(row["answered_rightly"]),
        answered_at=instant(row["answered_at"]),
    )


def _said(row: Row) -> Said:
    return Said(row["channel"], Signal(row["signal"]) if row["signal"] else None)


def _proposed(row: Row) -> Said:
    return Said(row["proposed_channel"], Signal(row["proposed_signal"]))


def _yes_or_no(number: int | None) -> bool | None:
    return None if number is None else bool(number)
