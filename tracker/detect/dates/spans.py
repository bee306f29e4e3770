"""What an expression of a date may mean: days, a month or a year, and what it takes from the day of publication."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from tracker.model import PartialDate, Precision


@dataclass(frozen=True)
class Span:
    """A day, several days, a month or a year. `first` is set when it covers several days."""

    value: PartialDate
    first: date | None = None

    @property
    def is_day(self) -> bool:
        return self.value.precision is Precision.DAY


@dataclass(frozen=True)
class DateMention:
    """Folded characters [start, end) and their two readings. `vague`: a stretch such as "last week".

    `ahead`: a stretch that can only lie ahead, such as "the coming weeks" or, when it is not over, "in the spring".
    """

    start: int
    end: int
    past: Span
    future: Span
    vague: bool = False
    ahead: bool = False

    def read(self, future: bool) -> Span:
        return self.future if future else self.past


def day_of(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def nearest_year(month: int, day: int, published: date, future: bool) -> date | None:
    """The day in the nearest year that fits: for a report at most a week ahead, for an announcement a week behind."""
    days = [
        found
        for year in (published.year - 1, published.year, published.year + 1)
        if (found := day_of(year, month, day))
    ]
    slack = timedelta(days=7)
    fitting = [d for d in days if (d >= published - slack if future else d <= published + slack)]
    return (min(fitting) if future else max(fitting)) if fitting else None


def of_days(first: date | None, last: date | None) -> Span | None:
    if last is None:
        return None
    return Span(PartialDate.of(last), first if first and first < last else None)


def of_month(year: int, month: int) -> Span:
    return Span(PartialDate(f"{year:04d}-{month:02d}"))


def of_year(year: int) -> Span:
    return Span(PartialDate(f"{year:04d}"))


def month_near(month: int, published: date, future: bool) -> Span:
    here = (published.year, published.month)
    years = (published.year - 1, published.year, published.year + 1)
    fitting = [y for y in years if ((y, month) >= here if future else (y, month) <= here)]
    return of_month(min(fitting) if future else max(fitting), month)


def shift_month(published: date, by: int) -> Span:
    index = published.year * 12 + published.month - 1 + by
    return of_month(index // 12, index % 12 + 1)


def month_of_week(published: date, by: int) -> Span:
    """The month in which most days of a week lie: this one, or so many later."""
    thursday = published + timedelta(days=3 - published.weekday() + 7 * by)
    return of_month(thursday.year, thursday.month)


def weekday(number: int, published: date, future: bool) -> date:
    ahead = (number - published.weekday()) % 7
    return published + timedelta(days=ahead if future else (ahead - 7 if ahead else 0))


def mentions(
    match: re.Match[str], past: Span | None, future: Span | None, vague: bool = False, ahead: bool = False
) -> Iterator[DateMention]:
    """One mention if at least one reading exists; the other then borrows it."""
    either = past or future
    if either:
        yield DateMention(match.start(), match.end(), past or either, future or either, vague, ahead)


def bare_day(day: int, published: date, near: DateMention | None, future: bool) -> Span | None:
    """A day without a month takes that of a day or month said just before, else the month that fits the reading."""
    if near and not near.vague and near.read(future).value.precision is not Precision.YEAR:
        month = near.read(future).value.first
        return of_days(None, day_of(month.year, month.month, day))
    months = [shift_month(published, by).value.first for by in ((0, 1) if future else (0, -1))]
    days = [found for month in months if (found := day_of(month.year, month.month, day))]
    if future:
        days = [d for d in days if d >= published - timedelta(days=1)]
    return of_days(None, min(days, key=lambda d: abs(d - published))) if days else None


def behind_a_known_year(mention: DateMention, known: DateMention | None, published: date) -> DateMention:
    """A day without a year that follows a date with one: in the same year, unless it was lately or will be soon.

    "On Aug. 5, 2022, the talks were suspended. On Nov. 22, ministers met" means 2022, if it is told in a later summer.
    """
    if not known or known.past.value.precision is Precision.YEAR or mention.start - known.end > _BEHIND:
        return mention
    then, day = known.past.value.first, mention.past.value.last
    if day.year >= published.year or not mention.past.is_day:
        return mention
    same = day_of(then.year, day.month, day.day)
    near = min(published - day, mention.future.value.first - published) <= timedelta(days=_RECENT)
    if near or same is None or not then < same < day:
        return mention
    first = mention.past.first and same - (day - mention.past.first)
    return replace(mention, past=Span(PartialDate.of(same), first))


def ago(match: re.Match[str], number: int | None, unit: str, published: date) -> Iterator[DateMention]:
    """So many units before publication; `number` is None for a few, of which years and months say nothing."""
    if unit in ("moment", "minute", "hour"):
        span = Span(PartialDate.of(published - timedelta(hours=number or 0 if unit == "hour" else 0)))
    elif unit == "day":
        day = published - timedelta(days=number or _A_FEW)
        span = Span(PartialDate.of(day)) if number else of_month(day.year, day.month)
    elif unit == "week":
        span = month_of_week(published, -(number or _A_FEW))
    elif number is None:
        return
    elif unit == "month":
        span = shift_month(published, -number)
    else:
        span = of_year(max(1, published.year - number * (10 if unit == "decade" else 1)))
    yield from mentions(match, span, span, vague=unit == "week" or (unit == "day" and number is None))


_A_FEW = 3


def join(before: DateMention, after: DateMention) -> DateMention | None:
    """A first and a later day as one stretch of days; None where they are no such days."""
    if not (before.past.is_day and after.past.is_day and before.past.value < after.past.value):
        return None
    past = of_days(before.past.first or before.past.value.first, after.past.value.first)
    future = of_days(before.future.first or before.future.value.first, after.future.value.first)
    return DateMention(before.start, after.end, past, future) if past and future else None


def joined(found: Iterable[DateMention], text: str, to: re.Pattern[str]) -> Iterator[DateMention]:
    """The mentions of a text; neighbours between which only `to` stands as one stretch of days."""
    before: DateMention | None = None
    for mention in found:
        together = before and to.fullmatch(text, before.end, mention.start) and join(before, mention)
        if before and not together:
            yield before
        before = together or mention
    if before:
        yield before


def lasting(mention: DateMention, days: int) -> DateMention:
    """A first day as the so many days that it begins; a mention of anything else as it was."""
    if not mention.past.is_day or mention.past.first:
        return mention
    more = timedelta(days=days - 1)
    past, future = (of_days(span.value.first, span.value.first + more) for span in (mention.past, mention.future))
    return replace(mention, past=past, future=future)


def fits(mention: DateMention, future: bool, published: date) -> bool:
    """Can an announcement (or else a report) made on that day mean this date?"""
    if not future:
        return mention.past.value.first <= published + timedelta(days=1)
    ahead = mention.future.value
    recent = 0 <= (published - mention.past.value.last).days <= _RECENT
    far = (ahead.first - published).days > _FAR
    return ahead.last >= published and not (recent and far)


_RECENT, _FAR = 120, 200
"""A day without a year that was so recently, and would next be so far ahead, means the one that was (in days)."""

_BEHIND = 150
"""Characters between a date with its year and one that may take it."""
