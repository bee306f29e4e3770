"""Dates of a status change and of the contact recorded with it that disagree as a slip of the pen would have it. Pure.

Nothing here is refused: what looks like a slip may be so, and a person says whether it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from tracker.model import Contact, Outcome, PartialDate, State, StatusChange
from tracker.record.disputes import ONE_DAY
from tracker.tongue import gettext
from tracker.wording import date_words, state_words

_IN_USE = (State.ACTIVE, State.RESUMED)
_OUT_OF_USE = (State.SUSPENDED, State.ENDED)


def slips(change: StatusChange, contact: Contact | None = None) -> tuple[str, ...]:
    """How the dates of a change and of its contact disagree, each in a sentence; none where one may follow from the
    other. Dates that differ by the day between two capitals agree, and coarse ones with whatever they can mean.
    """
    return (*_of_change(change), *(_of_both(change, contact) if contact else ()))


def _of_change(change: StatusChange) -> Iterator[str]:
    if change.expected and change.expected.last < change.effective.first:
        told = {"since": date_words(change.effective), "expected": date_words(change.expected)}
        yield gettext("It is planned from %(since)s on, and expected earlier, on %(expected)s.", **told)


def _of_both(change: StatusChange, contact: Contact) -> Iterator[str]:
    since = {"state": state_words(change.state), "since": date_words(change.effective)}
    match contact.outcome:
        case Outcome.HELD if contact.date and _belies(change, contact):
            held = date_words(contact.date)
            yield gettext(
                "The state is %(state)s from %(since)s on, and the contact was on %(held)s.", **since, held=held
            )
        case Outcome.ANNOUNCED if change.state is State.PLANNED:
            if contact.announced and _apart(change.effective, PartialDate.of(contact.announced)):
                made = date_words(contact.announced)
                yield gettext(
                    "The state is %(state)s from %(since)s on, and it was announced on %(made)s.", **since, made=made
                )
            if change.expected and contact.date and _apart(change.expected, contact.date, contact.last):
                told = {"expected": date_words(change.expected), "day": date_words(contact.date)}
                yield gettext("It is expected on %(expected)s, and the contact is announced for %(day)s.", **told)


def _belies(change: StatusChange, contact: Contact) -> bool:
    """Whether a contact that was held cannot be why a state began, or took place against it."""
    if change.state in _OUT_OF_USE:
        return contact.date.first > _next(change.effective.last)
    return change.state in _IN_USE and _apart(change.effective, contact.date, contact.last)


def _apart(one: PartialDate, other: PartialDate, end: date | None = None) -> bool:
    """Whether two dates, the second with its last day, are more than a day from meeting."""
    return _next(one.last) < other.first or _next(end or other.last) < one.first


def _next(day: date) -> date:
    """The day after; the last that there is has none."""
    return min(day, date.max - ONE_DAY) + ONE_DAY
