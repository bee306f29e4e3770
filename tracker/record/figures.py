"""Figures of the record: how long channels were in which state, who met how often, and what was asked in vain. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from tracker.model import Category, Contact, Outcome, State, StatusChange
from tracker.record.attest import visible_from
from tracker.record.disputes import ONE_DAY
from tracker.record.history import ChannelView

EXECUTED = frozenset({Outcome.HELD})
IN_VAIN = frozenset({Outcome.REFUSED, Outcome.CANCELLED, Outcome.NO_ANSWER, Outcome.POSTPONED})
"""The two groups in which a defence department's yearly report to its parliament lists contacts: executed; and refused,
cancelled or ignored. What was put off is with the second."""


@dataclass(frozen=True)
class Stay:
    """A channel in one state from one day to another, both included."""

    state: State
    first: date
    last: date

    def days_in(self, first: date, last: date) -> int:
        """How many of its days lie from one day to another, both included."""
        return max((min(self.last, last) - max(self.first, first)).days + 1, 0)


def stays(states: Sequence[StatusChange], until: date) -> list[Stay]:
    """In which state a channel was when, from its first status change up to a day. `states`: oldest first.

    A state begins on the first day that its date can mean.
    """
    begun = [(change.effective.first, change.state) for change in states if change.effective.first <= until]
    following = [*(start - timedelta(days=1) for start, _ in begun[1:]), until]
    found = (Stay(state, start, last) for (start, state), last in zip(begun, following, strict=False))
    return [stay for stay in found if stay.first <= stay.last]


def days_in_states(view: ChannelView, first: date, last: date) -> dict[State, int]:
    """How many days from one day to another the channel was in each state. The view's own day is not over, and counts
    in none: so a state that lasts has as many as its `days_in_state`.
    """
    spent: Counter[State] = Counter()
    over = max(view.moment.as_of, date.min + ONE_DAY) - ONE_DAY
    for stay in stays(view.states[::-1], min(last, over)):
        spent[stay.state] += stay.days_in(first, last)
    return {state: spent[state] for state in State}


def quarters(first: date, last: date) -> Iterator[tuple[date, date]]:
    """The quarters of the years in which a span lies, each with its first and last day."""
    starts = [date(year, month, 1) for year in range(first.year, last.year + 2) for month in (1, 4, 7, 10)]
    for start, following in pairwise(starts):
        if start <= last and following > first:
            yield start, following - timedelta(days=1)


def contacts_per_quarter(
    views: Iterable[ChannelView], first: date, last: date
) -> list[tuple[date, dict[Category, int]]]:
    """How many contacts were held in each quarter, by category of their channel. A quarter is named by its first day.

    What is dated to a year alone is in no quarter.
    """
    met = [
        (contact.first, view.channel.category)
        for view in views
        for contact in view.contacts
        if contact.outcome in EXECUTED and contact.date and contact.date.precision != "year"
    ]
    counted = []
    for start, end in quarters(first, last):
        tally = Counter(category for day, category in met if start <= day <= end)
        counted.append((start, {category: tally[category] for category in Category}))
    return counted


@dataclass(frozen=True)
class Engagement:
    """A contact with the channel that it was of, in a year's table."""

    view: ChannelView
    contact: Contact


@dataclass(frozen=True)
class Year:
    """The contacts of a year in two groups, in the order of their days."""

    year: int
    executed: tuple[Engagement, ...]
    in_vain: tuple[Engagement, ...]


def years(views: Iterable[ChannelView]) -> list[Year]:
    """Each year with a contact, the newest first. What was asked in vain stands in the year for which it was asked."""
    found: dict[int, tuple[list[Engagement], list[Engagement]]] = {}
    for view in views:
        for contact in reversed(view.contacts):
            group = 0 if contact.outcome in EXECUTED else 1 if contact.outcome in IN_VAIN else None
            if group is not None:
                year = _day(contact).year
                found.setdefault(year, ([], []))[group].append(Engagement(view, contact))
    return [
        Year(year, *(tuple(sorted(group, key=lambda one: _day(one.contact))) for group in groups))
        for year, groups in sorted(found.items(), reverse=True)
    ]


def _day(contact: Contact) -> date:
    return contact.first or visible_from(contact)
