"""A channel's past drawn on one axis: its states as bars, its contacts as ticks. Pure; positions in percent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from tracker.model import Contact, Outcome, PartialDate, State, StatusChange
from tracker.record.attest import visible_from
from tracker.record.history import ChannelView
from tracker.tongue import gettext, pgettext
from tracker.wording import date_words, outcome_words, parts, span_words, state_words

YEARS = 7
"""How many years before that of the moment the axis begins."""


@dataclass(frozen=True)
class Axis:
    """The days from `start` to `end`, both included."""

    start: date
    end: date

    def at(self, day: date) -> float:
        """Where a day begins, in percent of the width; days beyond the axis are moved to its ends."""
        day = min(max(day, self.start), self.end)
        return round(100 * (day - self.start).days / max((self.end - self.start).days, 1), 2)

    @property
    def years(self) -> list[tuple[float, int]]:
        """Where each year begins."""
        first = self.start.year if self.start.timetuple().tm_yday == 1 else self.start.year + 1
        return [(self.at(date(year, 1, 1)), year) for year in range(first, self.end.year + 1)]


@dataclass(frozen=True)
class Bar:
    """A state from `x` on, `width` wide. `soft` is how much of its beginning is only known to be somewhere there."""

    state: State
    x: float
    width: float
    soft: float
    words: str


@dataclass(frozen=True)
class Tick:
    """A contact, or the lack of one."""

    outcome: Outcome
    x: float
    words: str


@dataclass(frozen=True)
class Strip:
    """What is drawn of a channel, and the same in a sentence for those who do not see it."""

    axis: Axis
    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]
    words: str


@dataclass(frozen=True)
class Spell:
    """A state from the first day on which it can have begun until the day on which the next can have."""

    change: StatusChange
    until: date

    @property
    def first(self) -> date:
        return self.change.effective.first


def spells_of(view: ChannelView, until: date) -> list[Spell]:
    """The states of a channel, oldest first; the last one until a day."""
    changes = view.states[::-1]
    ends = [*(change.effective.first for change in changes[1:]), until]
    return [Spell(change, end) for change, end in zip(changes, ends, strict=False)]


def axis_until(day: date) -> Axis:
    return Axis(date(max(day.year - YEARS, 1), 1, 1), day)


def strip_of(view: ChannelView, axis: Axis) -> Strip:
    """The states and contacts of a view, as far as they fall on the axis."""
    bars = tuple(
        _bar(spell.change.state, spell.change.effective, spell.until, axis)
        for spell in spells_of(view, axis.end)
        if spell.until >= axis.start
    )
    ticks = tuple(
        Tick(contact.outcome, axis.at(visible), _tick_words(contact))
        for contact in view.contacts
        if axis.start <= (visible := contact.first or visible_from(contact)) <= axis.end
    )
    return Strip(axis, bars, ticks, _sentence(bars, ticks, axis))


def _bar(state: State, effective: PartialDate, end: date, axis: Axis) -> Bar:
    x, until = axis.at(effective.first), axis.at(end)
    known_by = axis.at(min(effective.last, end)) if effective.first != effective.last else x
    return Bar(state, x, round(until - x, 2), round(max(known_by - x, 0.0), 2), _bar_words(state, effective))


def _bar_words(state: State, effective: PartialDate) -> str:
    return gettext("%(state)s from %(date)s", state=state_words(state), date=date_words(effective))


def _tick_words(contact: Contact) -> str:
    when = span_words(contact.date, contact.end) if contact.date else gettext("no date yet")
    return gettext("%(outcome)s, %(when)s", outcome=outcome_words(contact.outcome), when=when)


def _sentence(bars: tuple[Bar, ...], ticks: tuple[Tick, ...], axis: Axis) -> str:
    states = pgettext("between states that follow each other", ", then ").join(bar.words for bar in bars)
    tally = [(outcome, sum(tick.outcome is outcome for tick in ticks)) for outcome in Outcome]
    contacts = parts(f"{number} {outcome_words(outcome)}" for outcome, number in tally if number)
    return gettext(
        "From %(year)s: %(states)s. Contacts: %(contacts)s.",
        year=axis.start.year,
        states=states or gettext("no state"),
        contacts=contacts or gettext("none on record"),
    )
