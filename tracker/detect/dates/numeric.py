"""Dates in figures alone: 2024-01-09, 2024/1/9, 1/9/2024, 09.01.2024."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from tracker.detect.dates.spans import DateMention, day_of, joined, mentions, of_days

# Numbers of versions, documents, telephones and pages go on before or behind, or are of something.
_FIGURES = re.compile(
    r"[0-9](?<![a-z\d./:$€£¥#_-][0-9])[0-9]{0,3}([-/.])[0-9]{1,2}\1[0-9]{1,4}(?![0-9a-su-z_%]|[-/.:][0-9])"
)
_TO_A_LATER = re.compile(r" to | ?[-~至到] ?")


def numeric_dates(text: str) -> Iterator[DateMention]:
    """Single days, and two with "to" between them as one stretch of days."""
    yield from joined(_single(text), text, _TO_A_LATER)


def _single(text: str) -> Iterator[DateMention]:
    for match in _FIGURES.finditer(text):
        span = of_days(None, _day(match.group(), match[1]))
        yield from mentions(match, span, span)


def _day(figures: str, mark: str) -> date | None:
    """Year first, or with strokes the month, with stops the day first; a month above 12 is the day."""
    first, second, third = (int(figure) for figure in figures.split(mark))
    if _is_year(first):
        return day_of(first, second, third)
    if not _is_year(third) or mark == "-":
        return None
    months_first = mark == "/" and first <= 12
    return day_of(third, first, second) if months_first else day_of(third, second, first)


def _is_year(number: int) -> bool:
    return 1900 <= number < 2100
