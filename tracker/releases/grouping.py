"""What belongs together: releases that tell of one event, and an event with the rows of the record that tell of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import IntEnum
from itertools import combinations
from typing import NamedTuple

from tracker.model import (
    THIRD_PARTY,
    Contact,
    Outcome,
    PartialDate,
    Precision,
    Sighting,
    Signal,
    Source,
    State,
    Status,
    StatusChange,
)
from tracker.record.disputes import ONE_DAY
from tracker.tongue import ENGLISH, msg, speaking, to_keep
from tracker.wording import date_words, span_words

SAME_NEWS = timedelta(days=10)
"""Undated reports of one kind on one channel belong together when published within this time of each other."""

COARSE_NEWS = timedelta(days=31)
"""The same for reports of which one knows only the month or the year, and for a row that knows no more."""

SAME_ROUND = timedelta(days=10)
"""Reports that name one round of talks are of one event though their dates lie this far apart: one of them errs."""

NUMBERED_ANEW = timedelta(days=365)
"""Where one of them has no date, the same number in news this far apart may be that of another series of talks."""

_FAMILIES = (
    {Signal.SUSPENDED, Signal.CANCELLED, Signal.POSTPONED},
    *({signal} for signal in (Signal.ANNOUNCED, Signal.HELD, Signal.RESUMED, Signal.ENDED, Signal.REFUSED)),
)

_OUTCOMES = {
    Signal.HELD: {Outcome.HELD},
    Signal.ANNOUNCED: {Outcome.ANNOUNCED, Outcome.HELD},
    Signal.REFUSED: {Outcome.REFUSED, Outcome.NO_ANSWER},
    Signal.CANCELLED: {Outcome.CANCELLED, Outcome.POSTPONED},
    Signal.POSTPONED: {Outcome.CANCELLED, Outcome.POSTPONED},
}
"""Contacts of which a signal is a further report. An announcement of a contact that was held meanwhile is one too."""

_STATES = {
    Signal.ANNOUNCED: {State.PLANNED},
    Signal.HELD: {State.ACTIVE, State.RESUMED},
    Signal.RESUMED: {State.PLANNED, State.RESUMED},
    Signal.SUSPENDED: {State.SUSPENDED},
    Signal.ENDED: {State.ENDED},
}

_NOT_TO_BE_MISSED = {Signal.SUSPENDED, Signal.CANCELLED, Signal.REFUSED, Signal.ENDED, Signal.RESUMED}

Span = tuple[date, date]
Days = frozenset[tuple[str, Span]]


class Voice(NamedTuple):
    """Who speaks of an event: a publisher, for the side that it speaks for."""

    side: str
    publisher: str


class Strength(IntEnum):
    """How surely two reports are tied, for a release that could belong to several events."""

    TIME = 0
    MEETING_DATES = 1
    ONE_DATE = 2
    ROUND = 3


@dataclass(frozen=True)
class Tie:
    """Why two reports tell of one event, in a sentence."""

    strength: Strength
    why: str


@dataclass(frozen=True)
class Report:
    """What is told of one event, by a release or by several together. `published`: the day of the newest of them;
    `days`: those that each side gives to the day.
    """

    signal: Signal
    date: PartialDate | None
    starts: date | None
    published: date
    rounds: frozenset[int] = frozenset()
    persons: frozenset[str] = frozenset()
    days: Days = frozenset()

    @property
    def span(self) -> Span:
        return event_span(self.date, self.starts, self.published)

    @property
    def to_the_day(self) -> bool:
        return _to_the_day(self.date)


def report_of(sighting: Sighting, published: date, side: str | None = None) -> Report:
    """What a sighting tells, made in a release of a side that was published on that day.

    Without a side for a release beside its own other wording, which may put its day right.
    """
    rounds = frozenset() if sighting.round is None else frozenset({sighting.round})
    told = Report(sighting.signal, sighting.date, sighting.starts, published, rounds, frozenset(sighting.persons))
    return replace(told, days=days_of(side, told)) if side else told


def days_of(side: str, report: Report) -> Days:
    """The days of a report as those of a side; none where it does not know them to the day."""
    return frozenset({(side, report.span)}) if report.to_the_day else frozenset()


def together(first: Report, *others: Report) -> Report:
    """What several reports of one event tell together: the first one's signal, the sharpest date, all the rest."""
    told = first
    for other in others:
        if _sharper(other, told):
            told = replace(told, date=other.date, starts=other.starts)
    everything = (first, *others)
    return replace(
        told,
        published=max(report.published for report in everything),
        rounds=frozenset().union(*(report.rounds for report in everything)),
        persons=frozenset().union(*(report.persons for report in everything)),
        days=frozenset().union(*(report.days for report in everything)),
    )


def family_of(signal: Signal) -> list[Signal]:
    """The signals that are alike, three at most."""
    return sorted(next(family for family in _FAMILIES if signal in family))


def event_span(when: PartialDate | None, starts: date | None, published: date) -> Span:
    """The first and last day that an event can have; an undated one is taken for news of its release's day."""
    if when is None:
        return published, published
    return min(starts or when.first, when.last), when.last


def same_event(one: Report, other: Report) -> Tie | None:
    """Why two reports on one channel tell of one event, or None when they do not. It never matters which is which.

    Signals must be alike. Then the number of the round decides where both know it, save on a day that both name; else
    dates must meet, give or take the day between the capitals, and a coarse or missing date needs news of about the
    same time. One party's two days are two events, and reports of other persons need a day that both name.
    """
    if other.signal not in family_of(one.signal):
        return None
    if one.rounds and other.rounds:
        shared = one.rounds & other.rounds
        if not shared:
            return _misnumbered(one, other)
        if _same_round(one, other):
            return Tie(Strength.ROUND, to_keep("Both name round %(number)s.", number=min(shared)))
    if one.persons and other.persons and not one.persons & other.persons:
        return _by_date(one, other) if _share_a_day(one, other) else None
    return _by_date(one, other)


def _misnumbered(one: Report, other: Report) -> Tie | None:
    """Rounds that differ are two events, but on a day that both name: then somebody miscounted, and a person looks."""
    tied = _by_date(one, other) if _share_a_day(one, other) else None
    *earlier, last = map(str, sorted(one.rounds | other.rounds))
    differ = to_keep("They name different rounds: %(numbers)s and %(last)s.", numbers=", ".join(earlier), last=last)
    return Tie(Strength.TIME, f"{tied.why} {differ}") if tied else None


def _share_a_day(one: Report, other: Report) -> bool:
    return one.to_the_day and other.to_the_day and not _gap(one.span, other.span)


def _same_round(one: Report, other: Report) -> bool:
    """Whether the time allows that the number which both name is that of one round."""
    if one.date is None or other.date is None:
        return abs(one.published - other.published) < NUMBERED_ANEW
    return _gap(one.span, other.span) <= SAME_ROUND


def _by_date(one: Report, other: Report) -> Tie | None:
    apart = abs(one.published - other.published)
    if one.date is None or other.date is None:
        if apart > SAME_NEWS:
            return None
        if one.date == other.date:
            return Tie(Strength.TIME, to_keep("No date in either; %(apart)s.", apart=_apart(apart)))
        return Tie(Strength.TIME, to_keep("No date in one; %(apart)s.", apart=_apart(apart)))
    if not _meet(one.span, other.span) or _told_apart(one, other):
        return None
    first, second = map(_days, sorted((one, other), key=lambda report: (report.span, str(report.date))))
    if not (one.to_the_day and other.to_the_day):
        if apart > COARSE_NEWS:
            return None
        dates = {"first": first, "second": second, "apart": _apart(apart)}
        return Tie(Strength.TIME, to_keep("Their dates meet: %(first)s and %(second)s; %(apart)s.", **dates))
    if one.span == other.span:
        return Tie(Strength.ONE_DATE, to_keep("Both give %(days)s.", days=_days(one)))
    return Tie(
        Strength.MEETING_DATES, to_keep("Their dates meet: %(first)s and %(second)s.", first=first, second=second)
    )


def _told_apart(one: Report, other: Report) -> bool:
    """Whether the dates only meet, and a party that speaks in both gives other days there than here: there is no day
    between a capital and itself. The press writes from any place.
    """
    return bool(one.to_the_day and other.to_the_day and _gap(one.span, other.span)) and _of_two_days(
        one.days, other.days
    )


def _of_two_days(days: Days, others: Days) -> bool:
    parties = {side for side, _ in days} & {side for side, _ in others} - {THIRD_PARTY}
    return any(
        all(_gap(day, other) for by, day in days if by == side for to, other in others if to == side)
        for side in parties
    )


def _days(report: Report) -> str:
    """The days of its event for people; the sentence is kept, and so is told in one language whoever is there."""
    with speaking(ENGLISH):
        return span_words(*report.span) if report.to_the_day else date_words(report.date)


def _apart(time: timedelta) -> str:
    if not time.days:
        return to_keep("published on one day")
    if time.days == 1:
        return to_keep("published 1 day apart")
    return to_keep("published %(days)s days apart", days=time.days)


def disagree(reports: Iterable[Report]) -> bool:
    """Whether reports of one event differ in what happened or when; a coarser date of the same time does not differ."""
    return any(one.signal is not other.signal or _elsewhen(one, other) for one, other in combinations(reports, 2))


def _elsewhen(one: Report, other: Report) -> bool:
    if one.date is None or other.date is None:
        return False
    both = min(one.span[0], other.span[0]), max(one.span[1], other.span[1])
    return both not in (one.span, other.span)


def entries_telling(
    report: Report, changes: Iterable[StatusChange], contacts: Iterable[Contact]
) -> list[StatusChange | Contact]:
    """The rows of a channel's record (in force) that already tell of a reported event."""
    signal, published, span = report.signal, report.published, report.span
    states, outcomes = _STATES.get(signal, ()), _OUTCOMES.get(signal, ())
    if signal is Signal.ANNOUNCED:
        # What is announced lies ahead: the plan is told by when it was made, or by when it is to take place.
        told = [c for c in changes if c.state in states and _same_plan(report, c.effective, c.expected)]
    else:
        told = [c for c in changes if c.state in states and _dated_alike(report, c)]
    for contact in contacts:
        if contact.outcome not in outcomes:
            continue
        if contact.date and (report.date or signal is not Signal.ANNOUNCED):
            same = _dated_alike(report, contact)
        else:
            same = contact.announced is not None and abs(contact.announced - published) <= SAME_NEWS
        # What was called off is dated by the day for which it had been arranged; reports tell when it was called off.
        told_then = contact.announced is not None and _meet(span, (contact.announced, contact.announced))
        if same or (told_then and signal in (Signal.CANCELLED, Signal.POSTPONED)):
            told.append(contact)
    return told


def on_another_day(report: Report, row: StatusChange | Contact) -> bool:
    """Whether a row is of another contact than the reported one, since a party that reports it is cited there with
    another day: of one party two days are two contacts. A state that it says for two days is one all the same, but for
    one that follows from a contact that was held.
    """
    if isinstance(row, StatusChange) and report.signal is not Signal.HELD:
        return False
    if not (report.to_the_day and _to_the_day(_known(row)) and _gap(report.span, _span(row))):
        return False
    return _of_two_days(report.days, frozenset(_cited_days(row)))


def _cited_days(row: StatusChange | Contact) -> Iterator[tuple[str, Span]]:
    """By side the day that each source of a row gives; what was cited without one gives the row's own."""
    for source in row.sources:
        dated = (source.dated.first, source.dated.last) if _to_the_day(source.dated) else _span(row)
        yield source.side, dated


def on_that_day(report: Report, contact: Contact) -> bool:
    """Whether a report and a contact, both dated to the day, share one."""
    return report.to_the_day and _to_the_day(contact.date) and not _gap(report.span, _span(contact))


def _dated_alike(report: Report, row: StatusChange | Contact) -> bool:
    """Whether the dates of a report and a row meet. A row that knows less of its date than the report tells only of
    what is news of about the time of its own sources, else it would tell of all that comes in its year.
    """
    if not _meet(report.span, _span(row)) or on_another_day(report, row):
        return False
    known = _known(row)
    vaguer = not _to_the_day(known) and (report.date is None or len(known.value) < len(report.date.value))
    return not vaguer or any(_near(source, report.published) for source in row.sources)


def _near(source: Source, published: date) -> bool:
    day = source.published
    return day is not None and _gap((day.first, day.last), (published, published)) <= COARSE_NEWS


def _known(row: StatusChange | Contact) -> PartialDate | None:
    return row.effective if isinstance(row, StatusChange) else row.date


def _span(row: StatusChange | Contact) -> Span:
    return (row.effective.first, row.effective.last) if isinstance(row, StatusChange) else (row.first, row.last)


def _to_the_day(when: PartialDate | None) -> bool:
    return when is not None and when.precision is Precision.DAY


def _same_plan(report: Report, effective: PartialDate, expected: PartialDate | None) -> bool:
    if report.date and expected:
        return _meet(report.span, (expected.first, expected.last))
    return effective.first - SAME_NEWS <= report.published <= effective.last + SAME_NEWS


def says_the_same(entry: StatusChange | Contact, other: StatusChange | Contact) -> bool:
    """Whether two rows of a channel tell the same: a state from the same date, or a contact on the same days."""
    match entry, other:
        case StatusChange(), StatusChange():
            return (entry.state, entry.effective, entry.expected) == (other.state, other.effective, other.expected)
        case Contact(), Contact():
            return (entry.outcome, entry.date, entry.end) == (other.outcome, other.date, other.end)
    return False


def new_evidence(status: Status, signal: Signal, voice: Voice, heard: Collection[Voice]) -> str | None:
    """Why a decided event comes back when `voice` reports it too (a sentence), or None when it need not.

    A party that had not spoken is new evidence. Where a reviewer rejected the event so is the press, and of what may
    not be missed each further publisher: a rumour that was rejected may be confirmed the next day.
    """
    rejected = status is Status.REJECTED
    if voice.side not in {other.side for other in heard}:
        if voice.side != THIRD_PARTY:
            return msg("A side that had not spoken now reports it.")
        return msg("A third party now reports it.") if rejected else None
    if rejected and signal in _NOT_TO_BE_MISSED and voice not in heard:
        return msg("It was rejected, and a publisher that had not spoken now reports it.")
    return None


def _sharper(report: Report, told: Report) -> bool:
    """Whether a report knows the date of its event better than was told so far."""
    if report.date is None:
        return False
    if told.date is None or len(report.date.value) > len(told.date.value):
        return True
    return report.date == told.date and told.starts is None and report.starts is not None


def voices_heard(entries: Iterable[StatusChange | Contact]) -> set[Voice]:
    return {Voice(source.side, source.publisher) for entry in entries for source in entry.sources}


def _meet(one: Span, other: Span) -> bool:
    return _gap(one, other) <= ONE_DAY


def _gap(one: Span, other: Span) -> timedelta:
    """The time between two spans; none where they share a day."""
    return max(one[0] - other[1], other[0] - one[1], timedelta(0))
