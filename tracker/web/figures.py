"""The page of figures: what was promised and asked in vain, how long channels lay silent, how often the two met."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from tracker.model import Category, Moment, State
from tracker.record.fates import Fate, Promise
from tracker.record.figures import Year, contacts_per_quarter, days_in_states, years
from tracker.record.history import ChannelView
from tracker.web.current import Snapshot

FIRST_YEAR = 2020
"""The record is meant to be complete for military channels from this year on."""


@dataclass(frozen=True)
class DaysOfYear:
    """The days that a year's channels spent in each state, the current year up to the moment's day."""

    year: int
    days: dict[State, int]


@dataclass(frozen=True)
class ChannelDays:
    """How many days a channel was in each state, in all and by year."""

    view: ChannelView
    total: dict[State, int]
    by_year: tuple[DaysOfYear, ...]


@dataclass(frozen=True)
class Bar:
    """A quarter's contacts as drawn: where its bar begins and how high it is, in percent, and the same in words.

    `year`: that which begins with it, for the axis.
    """

    x: float
    width: float
    height: float
    words: str
    year: int | None


@dataclass(frozen=True)
class Figures:
    """Everything that the page shows at a moment, of the channels of some category or of all."""

    first: date
    last: date
    years: tuple[Year, ...]
    channels: tuple[ChannelDays, ...]
    quarters: tuple[tuple[date, dict[Category, int]], ...]
    categories: tuple[Category, ...]
    bars: tuple[Bar, ...]
    most: int


def figures_of(snapshot: Snapshot, moment: Moment, category: Category | None) -> Figures:
    """From the first of January of `FIRST_YEAR` to the day of the moment."""
    views = views_asked_for(snapshot, moment, category)
    first, last = date(FIRST_YEAR, 1, 1), max(moment.as_of, date(FIRST_YEAR, 1, 1))
    quarters = tuple(contacts_per_quarter(views, first, last))
    categories = tuple(one for one in Category if any(counts[one] for _, counts in quarters))
    most = max((sum(counts.values()) for _, counts in quarters), default=0)
    return Figures(
        first=first,
        last=last,
        years=tuple(year for year in years(views) if year.year >= FIRST_YEAR),
        channels=tuple(_channel_days(view, first, last) for view in views),
        quarters=quarters,
        categories=categories,
        bars=tuple(_bars(quarters, most)),
        most=most,
    )


def views_asked_for(snapshot: Snapshot, moment: Moment, category: Category | None) -> list[ChannelView]:
    return [v for v in snapshot.views(moment) if (v.history or v.contacts) and category in (None, v.channel.category)]


def _channel_days(view: ChannelView, first: date, last: date) -> ChannelDays:
    by_year = tuple(
        DaysOfYear(year, days_in_states(view, date(year, 1, 1), date(year, 12, 31)))
        for year in range(first.year, last.year + 1)
    )
    return ChannelDays(view, days_in_states(view, first, last), by_year)


def _bars(quarters: Sequence[tuple[date, dict[Category, int]]], most: int) -> list[Bar]:
    width = 100 / max(len(quarters), 1)
    return [
        Bar(
            x=round(number * width, 3),
            width=round(width * 0.8, 3),
            height=round(100 * sum(counts.values()) / max(most, 1), 2),
            words=f"{quarter_name(start)}: {sum(counts.values())}",
            year=start.year if start.month == 1 else None,
        )
        for number, (start, counts) in enumerate(quarters)
    ]


def quarter_name(start: date) -> str:
    """`2024 Q1`, by the first day of the quarter."""
    return f"{start.year} Q{(start.month + 2) // 3}"


@dataclass(frozen=True)
class Owed:
    """A promise with the channel of which it was made."""

    view: ChannelView
    promise: Promise


def promises_in(views: Sequence[ChannelView], *fates: Fate) -> list[Owed]:
    """The promises that have one of these fates, or any; the earliest due first."""
    owed = [Owed(view, promise) for view in views for promise in view.promises]
    return sorted(
        (one for one in owed if not fates or one.promise.fate in fates),
        key=lambda one: (one.promise.due, one.view.channel.slug),
    )
