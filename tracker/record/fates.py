"""What was promised of a channel, and what became of it. Pure, and beneath the view of a channel, which holds them.

An announcement is a promise: a contact that was announced, or a state `planned`, which promises that the channel's
next contact takes place. It is kept, put off, called off, or its day passes without a report; nothing of the world is
decided here, and what a reviewer records later closes it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import accumulate, takewhile

from tracker.model import Contact, Outcome, PartialDate, Precision, State, StatusChange
from tracker.record.attest import visible_from
from tracker.record.disputes import ONE_DAY


class Fate(StrEnum):
    """What became of a promise. `lapsed`: its last day has passed, and no report of it is on record."""

    OPEN = "open"
    HELD = "held"
    POSTPONED = "postponed"
    CANCELLED = "cancelled"
    LAPSED = "lapsed"


UNDATED_PROMISE = timedelta(days=365)
"""What was announced without a date counts as still to come for this long; after that the promise has lapsed."""

KEPT_LATE = timedelta(days=31)
"""A contact held this long after the last day promised still is the one that was promised; later ones are others."""

_CLOSED_BY = {
    Outcome.HELD: Fate.HELD,
    Outcome.POSTPONED: Fate.POSTPONED,
    Outcome.CANCELLED: Fate.CANCELLED,
    Outcome.REFUSED: Fate.CANCELLED,
    Outcome.NO_ANSWER: Fate.CANCELLED,
}

_CALLED_OFF = frozenset({Outcome.CANCELLED, Outcome.POSTPONED})
"""These are of one contact that had been announced; which one it was, their day alone need not say."""

_CUT = frozenset({State.SUSPENDED, State.ENDED})


@dataclass(frozen=True)
class Promise:
    """An announced contact, or a planned state, and what became of it by a day.

    `due` is the last day on which it was to take place. `lapsed_on` is the day after, where nothing was reported by
    then; it stays when the promise was kept late. `closed_by` is the contact that closed it, or the change that cut the
    channel before what was planned took place.
    """

    made: Contact | StatusChange
    due: date
    fate: Fate
    lapsed_on: date | None = None
    closed_by: Contact | StatusChange | None = None

    @property
    def dated(self) -> PartialDate | None:
        """When it was to take place, as precisely as it was said; None where no time was given."""
        return self.made.date if isinstance(self.made, Contact) else self.made.expected

    def touches(self, opens: date, closes: date) -> bool:
        """Whether it can take place on one of some days."""
        return window(self.made)[0] <= closes and opens <= self.due

    @property
    def made_on(self) -> date | PartialDate | None:
        """The day on which it was made; of a plan as precisely as that is known, None where nobody says it."""
        return self.made.announced if isinstance(self.made, Contact) else self.made.effective


def promises_among(changes: Iterable[StatusChange], contacts: Iterable[Contact], as_of: date) -> tuple[Promise, ...]:
    """What rows of one channel, all of which the world knew by a day, promised, and what became of it by that day; the
    earliest due first.
    """
    changes, contacts = list(changes), list(contacts)
    outcomes = _Outcomes([c for c in contacts if c.outcome in _CLOSED_BY and c.substantive and c.first])
    announced = [_Made(row, *window(row)) for row in contacts if row.outcome is Outcome.ANNOUNCED]
    known = _Announced([made.row for made in announced])
    planned = [_Made(row, *window(row)) for row in changes if row.state is State.PLANNED and not known.tells(row)]
    cuts = sorted((change for change in changes if change.state in _CUT), key=lambda change: change.effective.first)
    made = [*announced, *planned]
    met = [next(filter(one.is_met_by, outcomes.near(one.opens, one.due)), None) for one in made]
    called_off = _called_off(made, met, [c for c in contacts if c.outcome in _CALLED_OFF and c.substantive])
    found = [
        _announced(one, called_off.get(number) or met[number], outcomes, as_of)
        if isinstance(one.row, Contact)
        else _planned(one, called_off.get(number) or met[number], outcomes, cuts, as_of)
        for number, one in enumerate(made)
    ]
    return tuple(sorted(found, key=lambda promise: (promise.due, promise.made.id or 0)))


def when(contact: Contact) -> tuple[date, int]:
    """Where a contact stands among others: its first day, or the one that told of it, then its number."""
    return contact.first or visible_from(contact), contact.id or 0


def window(promise: Contact | StatusChange) -> tuple[date, date]:
    """The first and last day on which an announced contact, or the contact that a plan promises, is to take place."""
    if isinstance(promise, StatusChange):
        dated, made, until = promise.expected, promise.effective.first, promise.effective.last
        return (dated.first, dated.last) if dated else (made, min(until, date.max - UNDATED_PROMISE) + UNDATED_PROMISE)
    if promise.date:
        return promise.first, promise.last
    announced = promise.announced or visible_from(promise)
    return announced, min(announced, date.max - UNDATED_PROMISE) + UNDATED_PROMISE


def meets(outcome: Contact, promise: Contact) -> bool:
    """Whether `outcome` is what became of `promise`: in its window, after it was made, and not plainly elsewhere."""
    opens, closes = window(promise)
    if outcome.last < opens - ONE_DAY or outcome.first > closes + ONE_DAY:
        return False
    if promise.announced and outcome.last < promise.announced:
        return False
    dated = promise.date is not None and promise.date.precision == "day"
    return dated or not _elsewhere(outcome.place, promise.place)


def _elsewhere(place: str | None, other: str | None) -> bool:
    if not place or not other:
        return False
    place, other = place.casefold(), other.casefold()
    return place not in other and other not in place


def names_its_day(off: Contact) -> bool:
    """Whether the date of what was called off is that for which it had been arranged, and not the day of the news."""
    if off.date is None:
        return False
    return off.date.precision is not Precision.DAY or (off.announced is not None and off.first > off.announced)


@dataclass(frozen=True)
class _Made:
    """What was promised: an announced contact, or a planned state; from `opens` to `due` it is to take place."""

    row: Contact | StatusChange
    opens: date
    due: date

    @property
    def since(self) -> date:
        return self.row.effective.first if isinstance(self.row, StatusChange) else visible_from(self.row)

    @property
    def dated(self) -> PartialDate | None:
        return self.row.date if isinstance(self.row, Contact) else self.row.expected

    @property
    def sharp(self) -> bool:
        """Whether it is dated to the month or the day: what was called off then is what was promised."""
        return self.dated is not None and self.dated.precision is not Precision.YEAR

    def may_be(self, outcome: Contact) -> bool:
        """Whether a contact lies in its time."""
        if isinstance(self.row, Contact):
            return meets(outcome, self.row)
        opens, closes = window(outcome)
        return self.opens <= closes and opens <= self.due

    def is_met_by(self, outcome: Contact) -> bool:
        """Whether a contact closes it by its days alone. A year holds many contacts, so which of them was called off
        the days do not say; and a contact refused is no word on an agreement without a date.
        """
        if outcome.outcome in _CALLED_OFF and not self.sharp:
            return False
        if isinstance(self.row, StatusChange) and (outcome.outcome is Outcome.HELD or self.dated is None):
            return False
        return self.may_be(outcome)


class _Outcomes:
    """What became of contacts, in order; those near some days are found without asking all."""

    def __init__(self, contacts: Sequence[Contact]) -> None:
        self._rows = sorted(contacts, key=when)
        self._begun = [c.first for c in self._rows]
        self._ended_by = list(accumulate((c.last for c in self._rows), max))

    def near(self, opens: date, closes: date) -> Iterator[Contact]:
        """The earliest first: all that touch the days from `opens` to `closes` or one beside them, and some before."""
        begins, ends = max(opens, date.min + ONE_DAY) - ONE_DAY, min(closes, date.max - ONE_DAY) + ONE_DAY
        return iter(self._rows[bisect_left(self._ended_by, begins) : bisect_right(self._begun, ends)])

    def since(self, day: date) -> Iterator[Contact]:
        """Those that began on a day or later."""
        return (self._rows[at] for at in range(bisect_left(self._begun, day), len(self._rows)))


class _Announced:
    """The announced contacts of a channel, by which a plan is told already, so that one announcement counts once."""

    def __init__(self, contacts: Sequence[Contact]) -> None:
        self._contacts = contacts
        self._decisions = {contact.decision for contact in contacts if contact.decision is not None}
        windows = sorted(map(window, contacts))
        self._opens = [opens for opens, _ in windows]
        self._closed_by = list(accumulate((closes for _, closes in windows), max))
        self._made = sorted(map(visible_from, contacts))
        self._citing: dict[tuple[str, str], list[Contact]] = {}
        for contact in contacts:
            for source in contact.sources:
                self._citing.setdefault((source.url, source.title), []).append(contact)

    def tells(self, plan: StatusChange) -> bool:
        """Whether one of them is of the same decision, may be the contact that is expected then, was announced when the
        plan was made, or cites a source of it about that time.
        """
        if plan.decision is not None and plan.decision in self._decisions:
            return True
        if plan.expected:
            return self._touch(plan.expected.first, plan.expected.last)
        first, last = plan.effective.first, plan.effective.last
        near = bisect_left(self._made, max(first, date.min + ONE_DAY) - ONE_DAY)
        if near < len(self._made) and self._made[near] <= min(last, date.max - ONE_DAY) + ONE_DAY:
            return True
        opens, closes = window(plan)
        citing = (one for source in plan.sources for one in self._citing.get((source.url, source.title), ()))
        return any(begins <= closes and opens <= ends for begins, ends in map(window, citing))

    def _touch(self, first: date, last: date) -> bool:
        opened = bisect_right(self._opens, last)
        return opened > 0 and self._closed_by[opened - 1] >= first


def _called_off(
    made: Sequence[_Made], met: Sequence[Contact | None], called_off: Iterable[Contact]
) -> Mapping[int, Contact]:
    """Of what was promised, by its place, what was called off before its day, or without a day that says which it was.

    It is the one whose time the row names, else the only one that was open when it was called off: a contact before a
    plan. Where several were open, none is closed: a reviewer has to say which.
    """
    order = sorted(range(len(made)), key=lambda number: made[number].since)
    found: dict[int, Contact] = {}
    still: list[int] = []
    reached = 0
    for off in sorted(called_off, key=lambda c: (visible_from(c), c.id or 0)):
        declared = visible_from(off)
        while reached < len(order) and made[order[reached]].since <= declared:
            still.append(order[reached])
            reached += 1
        still = [
            number
            for number in still
            if made[number].due >= declared and number not in found and not _closed_before(met[number], off, declared)
        ]
        about = _about(off, [(number, made[number]) for number in still])
        if about is not None:
            found[about] = off
    return found


def _closed_before(by: Contact | None, off: Contact, declared: date) -> bool:
    return by is not None and by is not off and visible_from(by) <= declared


def _about(off: Contact, still: Sequence[tuple[int, _Made]]) -> int | None:
    """Which of those that were open is the one called off; None where its days alone tell, or where nothing does."""
    if off.first and any(one.sharp and one.may_be(off) for _, one in still):
        return None
    theirs = [(number, one) for number, one in still if isinstance(one.row, Contact)] or list(still)
    if names_its_day(off):
        in_time = [(number, one) for number, one in theirs if one.may_be(off)]
        theirs = [(number, one) for number, one in in_time if one.dated == off.date] or in_time
    return theirs[0][0] if len(theirs) == 1 else None


def _announced(made: _Made, closing: Contact | None, outcomes: _Outcomes, as_of: date) -> Promise:
    promise, due = made.row, made.due
    if closing:
        return Promise(promise, due, _CLOSED_BY[closing.outcome], closed_by=closing)
    if as_of <= due:
        return Promise(promise, due, Fate.OPEN)
    afterwards = takewhile(lambda c: c.first <= due + KEPT_LATE, outcomes.since(due + ONE_DAY))
    late = next((c for c in afterwards if c.outcome is Outcome.HELD), None)
    return Promise(promise, due, Fate.HELD if late else Fate.LAPSED, due + ONE_DAY, late)


def _planned(
    made: _Made, closing: Contact | None, outcomes: _Outcomes, cuts: Sequence[StatusChange], as_of: date
) -> Promise:
    """A planned state is kept by the first contact held after it was agreed, late or not; else closed by what became
    of the contact that was expected, or when the channel is cut first.
    """
    plan, due = made.row, made.due
    after = bisect_right(cuts, made.since, key=lambda change: change.effective.first)
    cut = cuts[after] if after < len(cuts) else None
    afterwards = outcomes.since(min(made.since, date.max - ONE_DAY) + ONE_DAY)
    kept = next((c for c in afterwards if c.outcome is Outcome.HELD), None)
    if kept and (cut is None or kept.first <= cut.effective.first):
        return _closed(plan, due, Fate.HELD, kept, kept.first)
    if closing:
        return _closed(plan, due, _CLOSED_BY[closing.outcome], closing, visible_from(closing))
    if cut:
        return _closed(plan, due, Fate.CANCELLED, cut, cut.effective.first)
    return Promise(plan, due, Fate.LAPSED, due + ONE_DAY) if as_of > due else Promise(plan, due, Fate.OPEN)


def _closed(plan: StatusChange, due: date, fate: Fate, by: Contact | StatusChange, day: date) -> Promise:
    return Promise(plan, due, fate, due + ONE_DAY if day > due else None, by)
