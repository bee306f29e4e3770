"""What was promised and what became of it; which rung a restored channel has reached; when it is next expected. Pure.

An announcement is a promise. It is kept, put off, called off, or its day passes without a report; nothing of the world
is decided here, and what a reviewer records later closes it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import accumulate, takewhile

from tracker.model import Contact, Outcome, PartialDate, State, StatusChange
from tracker.record.attest import visible_from
from tracker.record.disputes import ONE_DAY
from tracker.record.history import CADENCE_DAYS, CADENCE_GRACE, ChannelView, meets, when, window
from tracker.tongue import msg


class Fate(StrEnum):
    """What became of a promise. `lapsed`: its last day has passed, and no report of it is on record."""

    OPEN = "open"
    HELD = "held"
    POSTPONED = "postponed"
    CANCELLED = "cancelled"
    LAPSED = "lapsed"


KEPT_LATE = timedelta(days=31)
"""A contact held this long after the last day promised still is the one that was promised; later ones are others."""

_CLOSED_BY = {
    Outcome.HELD: Fate.HELD,
    Outcome.POSTPONED: Fate.POSTPONED,
    Outcome.CANCELLED: Fate.CANCELLED,
    Outcome.REFUSED: Fate.CANCELLED,
    Outcome.NO_ANSWER: Fate.CANCELLED,
}


@dataclass(frozen=True)
class Promise:
    """An announced contact, or a planned state with its expected date, and what became of it by a day.

    `due` is the last day on which it was to take place. `lapsed_on` is the day after, where nothing was reported by
    then; it stays when the promise was kept late. `closed_by` is the contact that closed it.
    """

    made: Contact | StatusChange
    due: date
    fate: Fate
    lapsed_on: date | None = None
    closed_by: Contact | None = None

    @property
    def dated(self) -> PartialDate | None:
        """When it was to take place, as precisely as it was said; None where no time was given."""
        return self.made.date if isinstance(self.made, Contact) else self.made.expected


def promises_of(view: ChannelView) -> list[Promise]:
    """Every promise made of a channel by the day of the view, the earliest due first."""
    as_of = view.moment.as_of
    outcomes = _Outcomes([c for c in view.contacts if c.outcome in _CLOSED_BY and c.substantive and c.first])
    made = [c for c in view.contacts if c.outcome is Outcome.ANNOUNCED]
    plans = [change for change in view.history if change.state is State.PLANNED and change.expected]
    found = [_announced(promise, outcomes, as_of) for promise in made]
    announced = _Windows(made)
    found += [_planned(plan, outcomes, as_of) for plan in plans if not announced.touch(plan.expected)]
    return sorted(found, key=lambda promise: (promise.due, promise.made.id or 0))


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


class _Windows:
    """The days on which announced contacts are to take place."""

    def __init__(self, promises: Iterable[Contact]) -> None:
        windows = sorted(map(window, promises))
        self._opens = [opens for opens, _ in windows]
        self._closed_by = list(accumulate((closes for _, closes in windows), max))

    def touch(self, expected: PartialDate) -> bool:
        """Whether any of them may be the one that is expected then."""
        opened = bisect_right(self._opens, expected.last)
        return opened > 0 and self._closed_by[opened - 1] >= expected.first


def _announced(promise: Contact, outcomes: _Outcomes, as_of: date) -> Promise:
    opens, due = window(promise)
    closing = next((outcome for outcome in outcomes.near(opens, due) if meets(outcome, promise)), None)
    if closing:
        return Promise(promise, due, _CLOSED_BY[closing.outcome], closed_by=closing)
    if as_of <= due:
        return Promise(promise, due, Fate.OPEN)
    afterwards = takewhile(lambda c: c.first <= due + KEPT_LATE, outcomes.since(due + ONE_DAY))
    late = next((c for c in afterwards if c.outcome is Outcome.HELD), None)
    return Promise(promise, due, Fate.HELD if late else Fate.LAPSED, due + ONE_DAY, late)


def _planned(plan: StatusChange, outcomes: _Outcomes, as_of: date) -> Promise:
    """A planned state is kept by the first contact held after it was agreed, late or not; else closed by what became
    of the contact that was expected.
    """
    due = plan.expected.last
    kept = next((c for c in outcomes.since(plan.effective.first) if c.outcome is Outcome.HELD), None)
    closing = kept or next((c for c in outcomes.near(plan.expected.first, due) if _speaks_of(plan, c)), None)
    late = closing is None or closing.first > due
    lapsed_on = due + ONE_DAY if late and as_of > due else None
    if closing:
        return Promise(plan, due, _CLOSED_BY[closing.outcome], lapsed_on, closing)
    return Promise(plan, due, Fate.LAPSED if lapsed_on else Fate.OPEN, lapsed_on)


def _speaks_of(plan: StatusChange, contact: Contact) -> bool:
    """Whether a contact is the one that a planned state expects, so that one promise is not told twice."""
    opens, closes = window(contact)
    return plan.expected.first <= closes and opens <= plan.expected.last


IN_PERSON = "in person"
"""The form of a contact that is a round of the mechanism itself, where a channel ever meets so; else any form is."""


class Step(StrEnum):
    """The rungs by which a cut channel comes back. Agreed is not resumed, and one call is not a rhythm."""

    AGREED = msg("agreed to restore")
    FIRST_CONTACT = msg("first contact")
    FIRST_ROUND = msg("first round of the mechanism itself")
    RHYTHM = msg("back in rhythm")


@dataclass(frozen=True)
class Rung:
    """A step that a channel has reached, on which date, and the row that says so."""

    step: Step
    date: PartialDate
    row: Contact | StatusChange


def ladder(view: ChannelView) -> tuple[Rung, ...]:
    """The rungs reached since the channel was last cut, in their order; none where it was never cut."""
    history = view.history[::-1]
    cut = max((n for n, change in enumerate(history) if change.state is State.SUSPENDED), default=None)
    if cut is None:
        return ()
    since = history[cut].effective.first
    held = sorted((c for c in view.contacts if c.outcome is Outcome.HELD and c.substantive and c.date), key=when)
    after = [contact for contact in held if contact.first > since]
    first = _first_contact(history[cut + 1 :], after)
    agreed = _agreed(history[cut + 1 :], view.contacts, since, first.date.first if first else date.max)
    meets_in_person = any(contact.form == IN_PERSON for contact in held)
    own = next((c for c in after if c.round or c.form == IN_PERSON or not meets_in_person), None)
    following = next((c for c in after if own and c.first > own.last), None)
    rungs = (
        agreed,
        first,
        own and Rung(Step.FIRST_ROUND, own.date, own),
        following and _in_rhythm(view.channel.cadence, own, following) and Rung(Step.RHYTHM, following.date, following),
    )
    return tuple(filter(None, rungs))


def _agreed(
    later: Sequence[StatusChange], contacts: Sequence[Contact], since: date, first_contact: date
) -> Rung | None:
    """By a planned state, else by the first announcement between the cut and the first contact."""
    plan = next((change for change in later if change.state is State.PLANNED), None)
    if plan:
        return Rung(Step.AGREED, plan.effective, plan)
    announced = min(
        (c for c in contacts if c.outcome is Outcome.ANNOUNCED and c.announced and since < c.announced < first_contact),
        key=visible_from,
        default=None,
    )
    return announced and Rung(Step.AGREED, PartialDate.of(announced.announced), announced)


def _first_contact(later: Sequence[StatusChange], after: Sequence[Contact]) -> Rung | None:
    if after:
        return Rung(Step.FIRST_CONTACT, after[0].date, after[0])
    resumed = next((change for change in later if change.state is State.RESUMED), None)
    return resumed and Rung(Step.FIRST_CONTACT, resumed.effective, resumed)


def _in_rhythm(cadence: str | None, first: Contact, following: Contact) -> bool:
    """Whether the next contact came as soon as the channel's own rhythm asks; any does where it has none."""
    period = CADENCE_DAYS.get(cadence or "")
    return period is None or (following.first - first.last).days <= period * CADENCE_GRACE


@dataclass(frozen=True)
class Rhythm:
    """When a channel with a rhythm is next expected to be used at the latest, and how late it is by the view's day."""

    cadence: str
    expected_by: date
    days_late: int

    @property
    def months_late(self) -> int:
        """Whole months by which it is overdue; 0 while it is not."""
        return self.days_late // 30


def rhythm_of(view: ChannelView) -> Rhythm | None:
    """None for a channel without a rhythm, without a contact yet, or not in use."""
    period = CADENCE_DAYS.get(view.channel.cadence or "")
    if period is None or view.last_contact is None or view.state not in (State.ACTIVE, State.RESUMED):
        return None
    expected_by = view.last_contact.last + timedelta(days=period)
    return Rhythm(view.channel.cadence, expected_by, max((view.moment.as_of - expected_by).days, 0))
