"""When: date expressions of English and Chinese releases, resolved against the day of publication.

A text seldom says the year, often not even the month. `find_dates` therefore gives every expression two readings:
`past`, as a report means it (on or before publication), and `future`, as an announcement means it.
"""

from __future__ import annotations

from datetime import date

from tracker.detect.dates.chinese import chinese_dates, chinese_number
from tracker.detect.dates.english import english_dates
from tracker.detect.dates.spans import DateMention, Span, fits

__all__ = ["DateMention", "Span", "chinese_number", "find_dates", "fits"]


def find_dates(text: str, published: date) -> list[DateMention]:
    """The date expressions of a folded, lower-case text, in its order."""
    found = [*english_dates(text, published), *(() if text.isascii() else chinese_dates(text, published))]
    return sorted(found, key=lambda mention: mention.start)
