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
from enum import Enum, StrEnum, auto
from itertools import accumulate, islice

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

_CLOSING = frozenset(_CLOSED_BY)

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
    outcomes = [c for c in contacts if c.outcome in _CLOSED_BY and c.substantive and c.first]
    held = Outcomes([c for c in outcomes if c.outcome is Outcome.HELD])
    announced = [_Made(row, *window(row)) for row in contacts if row.outcome is Outcome.ANNOUNCED]
    known = _Announced([made.row for made in announced])
    planned = [_Made(row, *window(row)) for row in changes if row.state is State.PLANNED and not known.tells(row)]
    cuts = sorted((change for change in changes if change.state in _CUT), key=lambda change: change.effective.first)
    made = [*announced, *planned]
    closing = {some: Outcomes([c for c in outcomes if c.outcome in some]) for some in {one.closed_by for one in made}}
    met = [next(filter(one.may_be, closing[one.closed_by].near(one.opens, one.due)), None) for one in made]
    called_off = _called_off(made, met, [c for c in contacts if c.outcome in _CALLED_OFF and c.substantive])
    found = [
        _announced(one, called_off.get(number) or met[number], held, as_of)
        if isinstance(one.row, Contact)
        else _planned(one, called_off.get(number) or met[number], held, cuts, as_of)
        for number, one in enumerate(made)
    ]
    return tuple(sorted(found, key=lambda promise: promise.due))


def when(contact: Contact) -> date:
    """Where a contact stands among others: its first day, or the one that told of it.

    Those of one day stay as they were given: a correction has a later number, and is no later contact.
    """
    return contact.first or visible_from(contact)


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
    """Whether `outcome` is what became of `promise`: in its window, after it was made, and, unless both have a day, not
    plainly elsewhere.
    """
    opens, closes = window(promise)
    if outcome.last < opens - ONE_DAY or outcome.first > closes + ONE_DAY:
        return False
    if promise.announced and outcome.last < promise.announced:
        return False
    on_days = all(one.date is not None and one.date.precision is Precision.DAY for one in (promise, outcome))
    return on_days or not _elsewhere(outcome.place, promise.place)


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


class _Aim(Enum):
    """How closely it was said when something was to take place; sharp: to the month or the day, so that what was called
    off then is what was promised.
    """

    NONE = auto()
    YEAR = auto()
    SHARP = auto()


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
    def aim(self) -> _Aim:
        if self.dated is None:
            return _Aim.NONE
        return _Aim.YEAR if self.dated.precision is Precision.YEAR else _Aim.SHARP

    def may_be(self, outcome: Contact) -> bool:
        """Whether a contact lies in its time."""
        if isinstance(self.row, Contact):
            return meets(outcome, self.row)
        opens, closes = window(outcome)
        return self.opens <= closes and opens <= self.due

    @property
    def closed_by(self) -> frozenset[Outcome]:
        """What a contact that may be it has to be to close it by its days alone. A year holds many contacts, so which
        of them was called off the days do not say; and a contact refused is no word on an agreement without a date.
        """
        if isinstance(self.row, StatusChange):
            closing = frozenset() if self.dated is None else _CLOSING - {Outcome.HELD}
        else:
            closing = _CLOSING
        return closing if self.aim is _Aim.SHARP else closing - _CALLED_OFF


class Outcomes:
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


class _Spans:
    """Spans of days; whether any touches another is found without asking all."""

    def __init__(self, spans: Iterable[tuple[date, date]]) -> None:
        ordered = sorted(spans)
        self._opens = [opens for opens, _ in ordered]
        self._closed_by = list(accumulate((closes for _, closes in ordered), max))

    def touch(self, first: date, last: date) -> bool:
        opened = bisect_right(self._opens, last)
        return opened > 0 and self._closed_by[opened - 1] >= first


class _Announced:
    """The announced contacts of a channel, by which a plan is told already, so that one announcement counts once."""

    def __init__(self, contacts: Sequence[Contact]) -> None:
        self._decisions = {contact.decision for contact in contacts if contact.decision is not None}
        self._spans = _Spans(map(window, contacts))
        self._made = sorted(map(visible_from, contacts))
        citing: dict[tuple[str, str, str], list[tuple[date, date]]] = {}
        for contact in contacts:
            for source in contact.sources:
                citing.setdefault(source.document, []).append(window(contact))
        self._citing = {document: _Spans(spans) for document, spans in citing.items()}

    def tells(self, plan: StatusChange) -> bool:
        """Whether one of them is of the same decision, may be the contact that is expected then, was announced when the
        plan was made, or cites a source of it about that time.
        """
        if plan.decision is not None and plan.decision in self._decisions:
            return True
        if plan.expected:
            return self._spans.touch(plan.expected.first, plan.expected.last)
        first, last = plan.effective.first, plan.effective.last
        near = bisect_left(self._made, max(first, date.min + ONE_DAY) - ONE_DAY)
        if near < len(self._made) and self._made[near] <= min(last, date.max - ONE_DAY) + ONE_DAY:
            return True
        citing = (self._citing.get(source.document) for source in plan.sources)
        return any(spans.touch(*window(plan)) for spans in citing if spans)


def _called_off(
    made: Sequence[_Made], met: Sequence[Contact | None], called_off: Iterable[Contact]
) -> Mapping[int, Contact]:
    """Of what was promised, by its place, what was called off before its day, or without a day that says which it was.

    It is the one whose time the row names, else the only one that was open when it was called off: one made before that
    day rather than on it, as a new date may be named with the news, and a contact before a plan. Where several were
    open, none is closed: a reviewer has to say which.
    """
    order = sorted(range(len(made)), key=lambda number: made[number].since)
    closing = sorted((max(visible_from(by), made[n].since), n) for n, by in enumerate(met) if by is not None)
    found: dict[int, Contact] = {}
    still = _Still(made)
    reached = closed = 0
    for off in sorted(called_off, key=visible_from):
        declared = visible_from(off)
        still.on(declared)
        while reached < len(order) and made[order[reached]].since <= declared:
            still.add(order[reached])
            reached += 1
        still.drop_due_before(declared)
        by_its_days = False
        while closed < len(closing) and closing[closed][0] <= declared:
            number = closing[closed][1]
            by_its_days = by_its_days or (number in still and met[number] is off)
            still.drop(number)
            closed += 1
        about = None if by_its_days else still.about(off)
        if about is not None:
            found[about] = off
            still.drop(about)
    return found


class _Open:
    """What was open of one kind, contacts or plans, and made before a day or on it: the numbers by their last day."""

    def __init__(self, made: Sequence[_Made]) -> None:
        self._made = made
        self.by_aim: dict[_Aim, list[tuple[date, int]]] = {aim: [] for aim in _Aim}

    def __len__(self) -> int:
        return sum(map(len, self.by_aim.values()))

    def __iter__(self) -> Iterator[int]:
        return (number for rows in self.by_aim.values() for _, number in rows)

    def __contains__(self, number: int) -> bool:
        rows, place = self._place(number)
        return place < len(rows) and rows[place][1] == number

    def add(self, number: int) -> None:
        rows, place = self._place(number)
        rows.insert(place, (self._made[number].due, number))

    def drop(self, number: int) -> None:
        if number in self:
            rows, place = self._place(number)
            del rows[place]

    def drop_due_before(self, day: date) -> None:
        for rows in self.by_aim.values():
            del rows[: bisect_left(rows, (day, -1))]

    def empty_into(self, other: _Open) -> None:
        for number in self:
            other.add(number)
        for rows in self.by_aim.values():
            rows.clear()

    def _place(self, number: int) -> tuple[list[tuple[date, int]], int]:
        rows = self.by_aim[self._made[number].aim]
        return rows, bisect_left(rows, (self._made[number].due, number))


class _Still:
    """What was promised and neither closed nor past when something was called off; made before that day or on it."""

    def __init__(self, made: Sequence[_Made]) -> None:
        self._made = made
        self._day = date.min
        self._contacts, self._plans = [(_Open(made), _Open(made)) for _ in range(2)]
        self._longest = {
            aim: max((one.due - one.opens for one in made if one.aim is aim), default=ONE_DAY) for aim in _Aim
        }

    def on(self, day: date) -> None:
        """Go on to a later day: what is open by now was made before it."""
        if day > self._day:
            self._day = day
            for before, new in (self._contacts, self._plans):
                new.empty_into(before)

    def __contains__(self, number: int) -> bool:
        return any(number in rows for rows in self._of_kind(number))

    def add(self, number: int) -> None:
        before, new = self._of_kind(number)
        (before if self._made[number].since < self._day else new).add(number)

    def drop(self, number: int) -> None:
        for rows in self._of_kind(number):
            rows.drop(number)

    def drop_due_before(self, day: date) -> None:
        for rows in (*self._contacts, *self._plans):
            rows.drop_due_before(day)

    def about(self, off: Contact) -> int | None:
        """Which of them is the one called off; None where its days alone tell, or where nothing does."""
        meant = self._named(off) if names_its_day(off) else self._only()
        return None if meant is None or self._told_by_its_days(off) else meant

    def _only(self) -> int | None:
        kinds = (self._contacts[0], self._plans[0], self._contacts[1], self._plans[1])
        first = next((rows for rows in kinds if rows), None)
        return next(iter(first)) if first and len(first) == 1 else None

    def _named(self, off: Contact) -> int | None:
        """The one in whose time the day is that was off: one dated as that is, and made before the news, goes first."""
        alike = [(_Aim.YEAR,)] if off.date and off.date.precision is Precision.YEAR else []
        for kind in (self._contacts, self._plans):
            for aims in (*alike, (_Aim.NONE, _Aim.YEAR)):
                for rows in kind:
                    in_time = (number for aim in aims for number in self._in_time(rows, aim, off))
                    if aims in alike:
                        in_time = (number for number in in_time if self._made[number].dated == off.date)
                    if some := list(islice(in_time, 2)):
                        return some[0] if len(some) == 1 else None
            if kind[0]:
                return None
        return None

    def _told_by_its_days(self, off: Contact) -> bool:
        every = (*self._contacts, *self._plans)
        return off.first is not None and any(True for rows in every for _ in self._in_time(rows, _Aim.SHARP, off))

    def _in_time(self, rows: _Open, aim: _Aim, off: Contact) -> Iterator[int]:
        """Those that may be `off`; only those are looked at whose last day is near it."""
        opens, closes = window(off)
        first = opens - min(opens - date.min, ONE_DAY)
        last = closes + min(date.max - closes, self._longest[aim] + ONE_DAY)
        dues = rows.by_aim[aim]
        near = range(bisect_left(dues, (first, -1)), bisect_left(dues, (last, len(self._made))))
        return (dues[at][1] for at in near if self._made[dues[at][1]].may_be(off))

    def _of_kind(self, number: int) -> tuple[_Open, _Open]:
        return self._contacts if isinstance(self._made[number].row, Contact) else self._plans


def _announced(made: _Made, closing: Contact | None, held: Outcomes, as_of: date) -> Promise:
    promise, due = made.row, made.due
    if closing:
        return Promise(promise, due, _CLOSED_BY[closing.outcome], closed_by=closing)
    if as_of <= due:
        return Promise(promise, due, Fate.OPEN)
    late = next(held.since(due + ONE_DAY), None)
    late = late if late and late.first <= due + KEPT_LATE else None
    return Promise(promise, due, Fate.HELD if late else Fate.LAPSED, due + ONE_DAY, late)


def _planned(
    made: _Made, closing: Contact | None, held: Outcomes, cuts: Sequence[StatusChange], as_of: date
) -> Promise:
    """A planned state is kept by the first contact held after it was agreed, late or not; else closed by what became
    of the contact that was expected, or when the channel is cut first.
    """
    plan, due = made.row, made.due
    after = bisect_right(cuts, made.since, key=lambda change: change.effective.first)
    cut = cuts[after] if after < len(cuts) else None
    kept = next(held.since(min(made.since, date.max - ONE_DAY) + ONE_DAY), None)
    if kept and (cut is None or kept.first <= cut.effective.first):
        return _closed(plan, due, Fate.HELD, kept, kept.first)
    if closing:
        return _closed(plan, due, _CLOSED_BY[closing.outcome], closing, visible_from(closing))
    if cut:
        return _closed(plan, due, Fate.CANCELLED, cut, cut.effective.first)
    return Promise(plan, due, Fate.LAPSED, due + ONE_DAY) if as_of > due else Promise(plan, due, Fate.OPEN)


def _closed(plan: StatusChange, due: date, fate: Fate, by: Contact | StatusChange, day: date) -> Promise:
    return Promise(plan, due, fate, due + ONE_DAY if day > due else None, by)
