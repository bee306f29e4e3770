"""Candidates with their sightings, decisions and regroupings."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

from db.bases import Bases
from db.blind import Blind
from db.chain import Chain
from db.queries import Connection, Row, load_queries
from db.reviewers import holds_of, words_of
from db.rows import decision_from, kept_sightings_from, regrouping_from, sighting_from
from db.text import as_json, day, instant, like_pattern, listed, partial, text_or_none
from tracker.model import (
    Candidate,
    Move,
    Sighting,
    Signal,
    Status,
    Verdict,
)
from tracker.moments import instant_text
from tracker.record.disputes import ONE_DAY
from tracker.releases.grouping import COARSE_NEWS, Report, Voice, days_of, family_of

_sql = load_queries("candidates.sql")
_BEYOND_ALL = ("9999", 0)
_ANY = {"first": "", "second": "", "third": "", "since": "0000", "until": "9999", "begins": "0000", "ends": "9999"}


@dataclass(frozen=True)
class Known:
    """What grouping needs of a candidate that is already there: what is told of it, and by whom."""

    id: int
    status: Status
    report: Report
    voices: frozenset[Voice]

    @property
    def sides(self) -> frozenset[str]:
        return frozenset(voice.side for voice in self.voices)


@dataclass(frozen=True)
class Said:
    """A kept sighting (`id`) of a release, and the candidate and channel that it is part of now."""

    id: int
    candidate: int
    channel: str
    sighting: Sighting


@dataclass(frozen=True)
class Finding:
    """What a release is kept as reporting (`id` is the sighting's), in which candidate, and whether it still does."""

    id: int
    candidate: int
    status: Status
    sighting: Sighting
    lost: bool


class Candidates:
    """Reads and writes candidates over one connection; writes belong into the caller's transaction."""

    def __init__(self, connection: Connection, bases: Bases) -> None:
        self._db = connection
        self._chain = Chain(connection)
        self._blind = Blind(connection)
        self._bases = bases

    def open(self, channel: str, report: Report, status: Status, *, at: datetime) -> int:
        """A new candidate for what is reported; answers its id. Beside one that waits a decoy may take its place."""
        waits = status is Status.PENDING
        if waits:
            self._blind.turn(at, report.published)
        row = _sql.add_candidate(self._db, channel=channel, status=status, opened_at=instant_text(at), **_told(report))
        if waits:
            self._blind.turn(at, report.published)
        return row["id"]

    def add_sighting(
        self,
        candidate: int,
        release: int,
        revision: int,
        sighting: Sighting,
        *,
        published: date,
        at: datetime,
        because: str | None = None,
    ) -> None:
        """Keep what a release (published on that day) says of a candidate, and why it belongs there.

        One that is not flagged joins quietly: the candidate is no newer for it.
        """
        _sql.add_sighting(
            self._db,
            candidate=candidate,
            release=release,
            revision=revision,
            joined_because=because,
            seen_at=instant_text(at),
            **_said(sighting),
        )
        self._bases.touch(candidate, at=at)
        if sighting.flagged:
            _sql.add_evidence(self._db, id=candidate, now=instant_text(at), published=published.isoformat())
        else:
            _sql.touch(self._db, id=candidate)

    def read_again(
        self, candidate: int, kept: int, revision: int, sighting: Sighting, *, published: date, at: datetime
    ) -> None:
        """Put a new reading of the same release in the place of a kept one, as new evidence."""
        _sql.read_again(self._db, id=kept, revision=revision, **_said(sighting))
        self._bases.touch(candidate, at=at)
        _sql.add_evidence(self._db, id=candidate, now=instant_text(at), published=published.isoformat())

    def findings(self, release: int) -> list[Finding]:
        """What a release is kept as reporting, but for questions that were put of it without a finding."""
        return [
            Finding(
                row["id"],
                row["candidate"],
                Status(row["status"]),
                sighting_from(row["channel"], row),
                bool(row["lost"]),
            )
            for row in _sql.findings(self._db, release=release)
        ]

    def reword(self, finding: int, why: str, *, lost: bool) -> None:
        """Say of a sighting how its release's wording changed it; `lost`: it is said no more."""
        _sql.reword(self._db, id=finding, why=why, lost=int(lost))
        self._touch_candidate_of(finding)

    def retell(self, candidate: int, report: Report) -> None:
        """Say of a candidate what its sightings tell together."""
        _sql.retell(self._db, id=candidate, **_told(report))
        self._bases.touch(candidate)

    def set_status(self, candidate: int, status: Status, why: str | None = None) -> None:
        """`why`: a sentence that says why it is in the queue again."""
        _sql.set_status(self._db, id=candidate, status=status, again=why)
        self._bases.touch(candidate)

    def touch(self, candidate: int) -> None:
        """A further version: what a reviewer saw of it before is no longer what there is."""
        _sql.touch(self._db, id=candidate)
        self._bases.touch(candidate)

    def move(self, sighting: int, candidate: int, *, because: str, by: str | None) -> None:
        """Give a sighting to another candidate; `by` names the reviewer whose word it carries there from now on."""
        self._touch_candidate_of(sighting)
        _sql.move_sighting(self._db, id=sighting, candidate=candidate, because=because, by=by)
        self._bases.touch(candidate)

    def make_first(self, sighting: int) -> None:
        """Let a sighting be the one that its candidate begins with."""
        _sql.make_first(self._db, id=sighting)
        self._touch_candidate_of(sighting)

    def empty(self, candidate: int, into: int) -> None:
        """Leave a candidate as the trace of one that was merged."""
        _sql.empty(self._db, id=candidate, into=into)
        self._bases.touch(candidate)

    def refill(self, candidate: int, status: Status, why: str) -> None:
        """Let a candidate that was left as a trace have sightings again; `why`: a sentence."""
        _sql.refill(self._db, id=candidate, status=status, again=why)
        self._bases.touch(candidate)

    def _touch_candidate_of(self, sighting: int) -> None:
        self._bases.touch(_sql.candidate_of(self._db, id=sighting)["candidate"])

    def add_regrouping(
        self,
        move: Move,
        taken_from: int,
        given_to: int,
        sightings: Iterable[int],
        *,
        by: str,
        at: datetime,
        note: str | None = None,
    ) -> None:
        row = _sql.add_regrouping(
            self._db,
            move=move,
            taken_from=taken_from,
            given_to=given_to,
            sightings=as_json(sorted(sightings)),
            regrouped_by=by,
            regrouped_at=instant_text(at),
            note=note,
        )
        self._chain.append("regrouping", row["id"])
        for candidate in (taken_from, given_to):
            self._bases.touch(candidate, at=at)

    def known(self, channel: str, report: Report | None = None) -> list[Known]:
        """The candidates of a channel, oldest first, but for those that were merged.

        With a report, those alone among which are all that `same_event` would tie to it: of its kind, and of about its
        days, or of its years where it names a round.
        """
        rows = _sql.known(self._db, channel=channel, **(_about(report) if report else _ANY))
        return [_known(list(told)) for _, told in groupby(rows, key=itemgetter("id"))]

    def reports(self, candidate: int) -> list[Report]:
        """What the sightings that carry a candidate report, alike ones once, the one that opened it first.

        Rounds and persons are not among it.
        """
        rows = list(_sql.reported(self._db, candidate=candidate))
        telling = [row for row in rows if row["telling"]] or rows
        return [
            Report(Signal(row["signal"]), partial(row["date"]), day(row["starts"]), day(row["published"]))
            for row in telling
        ]

    def accepted_for_nothing_new(self, channel: str) -> list[int]:
        """The accepted candidates of a channel of which a decision put nothing on record: it stood there already."""
        return [row["id"] for row in _sql.accepted_for_nothing_new(self._db, channel=channel)]

    def said_by(self, release: int, channel: str) -> list[Said]:
        """What was found for a channel in a release's words, wherever a reviewer has put it."""
        return [
            Said(row["id"], row["candidate"], row["placed"], sighting_from(channel, row))
            for row in _sql.sightings_of_release(self._db, release=release, channel=channel)
        ]

    def apart(self, release: int) -> set[int]:
        """The candidates that a reviewer split from one in which the release speaks, or it from them."""
        return {row["candidate"] for row in _sql.apart(self._db, release=release)}

    def get(self, candidate: int) -> Candidate | None:
        """The candidate with its sightings, decisions and regroupings; None where there is none, or none to be shown.

        What is probably nothing is not shown while a release of it that was drawn waits for a decision.
        """
        row = _sql.candidate(self._db, id=candidate)
        return self._whole(row) if row else None

    def queue(
        self,
        status: Status,
        *,
        most: int,
        after: tuple[datetime, int] | None = None,
        channel: str | None = None,
        words: str | None = None,
        held: tuple[bool, datetime] | None = None,
        within: Collection[str] | None = None,
    ) -> list[Candidate]:
        """Up to `most` candidates of a status, newest evidence first, after the one whose evidence and id are given.

        `held`: only those that are put aside at a UTC instant, or only those that are not. `words` stand, in their
        order and in any case, in the title or summary of a release of theirs. `within`: of these relationships (slugs)
        alone; None: of all.
        """
        before_at, before_id = (instant_text(after[0]), after[1]) if after else _BEYOND_ALL
        rows = _sql.queue(
            self._db,
            status=status,
            held=int(held[0]) if held else -1,
            now=instant_text(held[1]) if held else "",
            channel=channel or "",
            words=like_pattern(words or ""),
            within=listed(within),
            before_at=before_at,
            before_id=before_id,
            most=most,
        )
        return [self._whole(row) for row in rows]

    def of_release(self, release: int) -> list[Candidate]:
        return [self._whole(row) for row in _sql.candidates_of_release(self._db, release=release)]

    def counts(self, within: Collection[str] | None = None) -> dict[Status, int]:
        """How many candidates stand in each status, those without any included; `within` as for the queue."""
        rows = _sql.count_by_status(self._db, within=listed(within))
        found = {Status(row["status"]): row["number"] for row in rows}
        return {status: found.get(status, 0) for status in Status}

    def decide(self, candidate: int, version: int, status: Status) -> bool:
        """Whether the candidate was open in the version given, and now has the status."""
        self._bases.touch(candidate)
        return _sql.decide(self._db, id=candidate, version=version, status=status) is not None

    def undo(self, candidate: int, version: int, why: str) -> bool:
        """Whether the candidate is in the version given, and now waits again, save one that was merged."""
        self._bases.touch(candidate)
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
        self._chain.append("decision", row["id"])
        self._bases.touch(candidate, at=at)
        return row["id"]

    def decided(self, decision: int) -> int:
        """The candidate that a decision is of."""
        return _sql.decided(self._db, decision=decision)["candidate"]

    def _whole(self, row: Row) -> Candidate:
        first_word, second_words = words_of(self._db, row["id"])
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
            sightings=tuple(kept_sightings_from(row["channel"], _sql.sightings(self._db, candidate=row["id"]))),
            decisions=tuple(decision_from(row) for row in _sql.decisions(self._db, candidate=row["id"])),
            regroupings=tuple(regrouping_from(row) for row in _sql.regroupings(self._db, candidate=row["id"])),
            merged_into=row["merged_into"],
            holds=holds_of(self._db, row["id"]),
            first_word=first_word,
            second_words=second_words,
        )


def _about(report: Report) -> dict[str, str]:
    """Bounds of what may tell of the event of a report. Without a round two days meet, or the news is of one time."""
    first, second, third, *_ = [*family_of(report.signal), report.signal, report.signal]
    news = (report.published, report.published)
    since, until = _years_about(*news) if report.rounds else _days_about(*news, COARSE_NEWS)
    begins, ends = _years_about(*report.span) if report.rounds else _days_about(*report.span, ONE_DAY)
    signals = {"first": first, "second": second, "third": third}
    return signals | {"since": since, "until": until, "begins": begins, "ends": ends}


def _years_about(first: date, last: date) -> tuple[str, str]:
    """From the year before to the year after, as bounds for dates of any precision."""
    return f"{max(first.year - 1, 0):04}", f"{min(last.year + 1, 9999):04}-99"


def _days_about(first: date, last: date, time: timedelta) -> tuple[str, str]:
    return (max(first, date.min + time) - time).isoformat(), (min(last, date.max - time) + time).isoformat()


def _told(report: Report) -> dict[str, str | None]:
    return {
        "signal": report.signal,
        "date": text_or_none(report.date),
        "starts": text_or_none(report.starts),
        "published": report.published.isoformat(),
    }


def _said(sighting: Sighting) -> dict[str, Any]:
    return {
        "signal": sighting.signal,
        "date": text_or_none(sighting.date),
        "starts": text_or_none(sighting.starts),
        "confidence": sighting.confidence,
        "evidence": as_json([asdict(words) for words in sighting.evidence]),
        "flagged": int(sighting.flagged),
        "doubts": as_json(sighting.doubts),
        "undated": sighting.undated,
        "persons": as_json(sighting.persons),
        "round": sighting.round,
    }


def _known(rows: list[Row]) -> Known:
    """One candidate, from a row for each of those who speak of it."""
    told, telling = rows[0], [row for row in rows if row["telling"]] or rows
    report = Report(
        Signal(told["signal"]),
        partial(told["date"]),
        day(told["starts"]),
        day(told["published"]),
        frozenset(row["round"] for row in telling if row["round"] is not None),
        frozenset(person for row in telling for person in json.loads(row["persons"])),
        frozenset().union(*(days_of(row["side"], _report_in(row)) for row in telling)),
    )
    voices = frozenset(Voice(row["side"], row["publisher"]) for row in telling)
    return Known(told["id"], Status(told["status"]), report, voices)


def _report_in(row: Row) -> Report:
    """What one of those who speak of a candidate says happened, and when."""
    said = partial(row["said_date"]), day(row["said_starts"])
    return Report(Signal(row["signal"]), *said, day(row["published"]))
