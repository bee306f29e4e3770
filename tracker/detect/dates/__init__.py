"""When: date expressions of English and Chinese releases, resolved against the day of publication.

A text seldom says the year, often not even the month. `find_dates` therefore gives every expression two readings:
`past`, as a report means it (on or before publication), and `future`, as an announcement means it.
"""

from __future__ import annotations

from datetime import date

from tracker.detect.dates.chinese import chinese_dates, chinese_number
from tracker.detect.dates.english import english_dates
from tracker.detect.dates.numeric import numeric_dates
from tracker.detect.dates.spans import DateMention, Span, fits

__all__ = ["DateMention", "Span", "chinese_number", "find_dates", "fits"]


def find_dates(text: str, published: date) -> list[DateMention]:
    """The date expressions of a folded, lower-case text, in its order."""
    figures = list(numeric_dates(text))
    words = _without(text, figures)
    found = [*english_dates(words, published), *(() if words.isascii() else chinese_dates(words, published))]
    return sorted([*figures, *found], key=lambda mention: mention.start)


def _without(text: str, read: list[DateMention]) -> str:
    """The text, of equal length, with a sign that says nothing for whatever was read already."""
    if not read:
        return text
    starts, ends = [mention.start for mention in read], [0, *(mention.end for mention in read)]
    kept = (text[end:start] for end, start in zip(ends, [*starts, len(text)], strict=True))
    gaps = ["\0" * (mention.end - mention.start) for mention in read]
    return "".join(piece + gap for piece, gap in zip(kept, [*gaps, ""], strict=True))
