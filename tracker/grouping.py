"""What belongs together: releases that tell of one event, and an event with the rows of the record that tell of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from tracker.history import ONE_DAY
from tracker.model import (
    THIRD_PARTY,
    Contact,
    Outcome,
    PartialDate,
    Sighting,
    Signal,
    State,
    Status,
    StatusChange,
)

SAME_NEWS = timedelta(days=10)
"""Undated reports of one kind on one channel belong together when published within this time of each other."""

COARSE_NEWS = timedelta(days=31)
"""The same for reports of which one knows only the month or the year."""

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


def event_span(when: PartialDate | None, starts: date | None, published: date) -> Span:
    """The first and last day that an event can have; an undated one is taken for news of its release's day."""
    if when is None:
        return published, published
    return min(starts or when.first, when.last), when.last


def same_event(
    signal: Signal,
    when: PartialDate | None,
    starts: date | None,
    published: date,
    *,
    other_signal: Signal,
    other_when: PartialDate | None,
    other_starts: date | None,
    other_published: date,
) -> bool:
    """Whether two reports on one channel tell of one event: like signals, and dates that meet.

    Dates may differ by the day between the capitals. A coarse or missing date needs news of about the same time.
    """
    if not any(signal in family and other_signal in family for family in _FAMILIES):
        return False
    apart = abs(published - other_published)
    if when is None or other_when is None:
        return apart <= SAME_NEWS
    if "day" not in (when.precision, other_when.precision) or when.precision != other_when.precision:
        return apart <= COARSE_NEWS and _meet(event_span(when, starts, published), (other_when.first, other_when.last))
    return _meet(event_span(when, starts, published), event_span(other_when, other_starts, other_published))


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
        if same:
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
        return "A side that had not spoken now reports it."
    return "A third party now reports it." if status is Status.REJECTED else None


def sharper(sighting: Sighting, when: PartialDate | None, starts: date | None) -> bool:
    """Whether a sighting knows the date of its event better than it was known."""
    if sighting.date is None:
        return False
    if when is None or len(sighting.date.value) > len(when.value):
        return True
    return sighting.date == when and starts is None and sighting.starts is not None


def sides_heard(entries: Sequence[StatusChange | Contact]) -> set[str]:
    return {source.side for entry in entries for source in entry.sources}


def _meet(one: Span, other: Span) -> bool:
    return one[0] - ONE_DAY <= other[1] and other[0] - ONE_DAY <= one[1]
