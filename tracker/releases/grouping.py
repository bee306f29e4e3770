"""What belongs together: releases that tell of one event, and an event with the rows of the record that tell of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import IntEnum
from itertools import combinations

from tracker.model import (
    THIRD_PARTY,
    Contact,
    Outcome,
    PartialDate,
    Precision,
    Sighting,
    Signal,
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
"""The same for reports of which one knows only the month or the year."""

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

Span = tuple[date, date]


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
    """What is told of one event, by a release or by several together. `published`: the day of the newest of them."""

    signal: Signal
    date: PartialDate | None
    starts: date | None
    published: date
    rounds: frozenset[int] = frozenset()
    persons: frozenset[str] = frozenset()

    @property
    def span(self) -> Span:
        return event_span(self.date, self.starts, self.published)

    @property
    def to_the_day(self) -> bool:
        return self.date is not None and self.date.precision is Precision.DAY


def report_of(sighting: Sighting, published: date) -> Report:
    """What a sighting tells, made in a release that was published on that day."""
    rounds = frozenset() if sighting.round is None else frozenset({sighting.round})
    return Report(sighting.signal, sighting.date, sighting.starts, published, rounds, frozenset(sighting.persons))


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
    same time. Reports of other persons need a day that both name.
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
    if not _meet(one.span, other.span):
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
    signal: Signal,
    when: PartialDate | None,
    starts: date | None,
    published: date,
    changes: Iterable[StatusChange],
    contacts: Iterable[Contact],
) -> list[StatusChange | Contact]:
    """The rows of a channel's record (in force) that already tell of a reported event."""
    span = event_span(when, starts, published)
    states, outcomes = _STATES.get(signal, ()), _OUTCOMES.get(signal, ())
    if signal is Signal.ANNOUNCED:
        # What is announced lies ahead: the plan is told by when it was made, or by when it is to take place.
        told = [c for c in changes if c.state in states and _same_plan(when, span, published, c.effective, c.expected)]
    else:
        told = [c for c in changes if c.state in states and _meet(span, (c.effective.first, c.effective.last))]
    for contact in contacts:
        if contact.outcome not in outcomes:
            continue
        if contact.date and (when or signal is not Signal.ANNOUNCED):
            same = _meet(span, (contact.first, contact.last))
        else:
            same = contact.announced is not None and abs(contact.announced - published) <= SAME_NEWS
        # What was called off is dated by the day for which it had been arranged; reports tell when it was called off.
        told_then = contact.announced is not None and _meet(span, (contact.announced, contact.announced))
        if same or (told_then and signal in (Signal.CANCELLED, Signal.POSTPONED)):
            told.append(contact)
    return told


def _same_plan(
    when: PartialDate | None, span: Span, published: date, effective: PartialDate, expected: PartialDate | None
) -> bool:
    if when and expected:
        return _meet(span, (expected.first, expected.last))
    return effective.first - SAME_NEWS <= published <= effective.last + SAME_NEWS


def says_the_same(entry: StatusChange | Contact, other: StatusChange | Contact) -> bool:
    """Whether two rows of a channel tell the same: a state from the same date, or a contact on the same days."""
    match entry, other:
        case StatusChange(), StatusChange():
            return (entry.state, entry.effective, entry.expected) == (other.state, other.effective, other.expected)
        case Contact(), Contact():
            return (entry.outcome, entry.date, entry.end) == (other.outcome, other.date, other.end)
    return False


def new_evidence(status: Status, side: str, heard: Iterable[str]) -> str | None:
    """Why a decided event comes back when `side` reports it too (a sentence), or None when it need not.

    A party that had not spoken is new evidence. The press is so only where a reviewer rejected the event.
    """
    if side in set(heard):
        return None
    if side != THIRD_PARTY:
        return msg("A side that had not spoken now reports it.")
    return msg("A third party now reports it.") if status is Status.REJECTED else None


def _sharper(report: Report, told: Report) -> bool:
    """Whether a report knows the date of its event better than was told so far."""
    if report.date is None:
        return False
    if told.date is None or len(report.date.value) > len(told.date.value):
        return True
    return report.date == told.date and told.starts is None and report.starts is not None


def sides_heard(entries: Sequence[StatusChange | Contact]) -> set[str]:
    return {source.side for entry in entries for source in entry.sources}


def _meet(one: Span, other: Span) -> bool:
    return _gap(one, other) <= ONE_DAY


def _gap(one: Span, other: Span) -> timedelta:
    """The time between two spans; none where they share a day."""
    return max(one[0] - other[1], other[0] - one[1], timedelta(0))
