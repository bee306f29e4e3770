"""The lines of an axis of time, with the names of the days, months or years that begin at them. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from tracker.model import PartialDate
from tracker.web.pictures.lettering import width_of
from tracker.web.pictures.strip import Axis
from tracker.wording import date_words, day_words, month_words

LETTER, GAP = 12.0, 7.0
"""The size of a label in pixels, and the room between two."""


@dataclass(frozen=True)
class Line:
    """A line of the grid. `label` stands right of it, empty where there is no room; `strong` where a year begins.

    `always`: there is room for the label on a slim axis too.
    """

    x: float
    label: str
    strong: bool
    always: bool = False


def grid_of(axis: Axis, slim: float) -> Iterable[Line]:
    """The lines of an axis; those labels are marked that do not meet where it is only `slim` pixels wide."""
    free = 0.0
    for line in _lines(axis):
        x = line.x * slim / 100
        always = bool(line.label) and x >= free
        if always:
            free = x + width_of(line.label, LETTER) + GAP
        yield replace(line, always=always)


def _lines(axis: Axis) -> Iterable[Line]:
    """Days, months or years, the finest that have room for their names."""
    span = (axis.end - axis.start).days + 1
    if span <= 45:
        for number in range(span):
            day = axis.start + timedelta(days=number)
            label = date_words(day) if number == 0 else day_words(day) if number % 5 == 0 else ""
            yield Line(axis.at(day), label, day.day == 1)
    elif span <= 800:
        years = range(axis.start.year, axis.end.year + 1)
        days = [date(year, month, 1) for year in years for month in range(1, 13)]
        days = [day for day in days if axis.start <= day <= axis.end]
        for place, day in enumerate(days):
            whole = PartialDate(day.isoformat()[: 7 if span <= 400 else 4])
            named = (place == 0 and span <= 400) or day.month == 1
            yield Line(axis.at(day), date_words(whole) if named else month_words(day), day.month == 1)
    else:
        step = next(step for step in (1, 2, 5, 10, 25, 50, 100) if span / 365 / step <= 24)
        for x, year in axis.years:
            if year % step == 0:
                yield Line(x, date_words(PartialDate(f"{year:04}")), True)
