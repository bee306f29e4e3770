"""A feed's rhythm drawn: the days on which new items came, hatched where it was not read. Pure.

Positions are in percent of the width.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from tracker.record.coverage import SHORTEST_GAP, Hole, HoleKind
from tracker.tongue import gettext, ngettext
from tracker.wording import date_words

DAYS = 60
"""How many days are drawn, today the last of them."""

_DAY = timedelta(days=1)
_NOT_ASKED = (HoleKind.NOT_CONFIGURED, HoleKind.DISABLED)
_LABELS = 14
"""Days from one date under the axis to the next."""

_THINNEST = 0.5
"""Percent of the width below which a hole is not seen, and holes that are no further apart are drawn as one."""


@dataclass(frozen=True)
class Span:
    """A part of the axis."""

    x: float
    width: float


@dataclass(frozen=True)
class Bar:
    """A day on which new items came: how many, and how tall it is drawn (0 to 100)."""

    day: date
    number: int
    x: float
    height: int


@dataclass(frozen=True)
class Rhythm:
    """What is drawn of a feed from `start` to the end of `today`, and the same in words.

    `unread`: where it should have been read and was not. `outside`: where nobody had asked for it.
    """

    start: date
    today: date
    bars: tuple[Bar, ...]
    unread: tuple[Span, ...]
    outside: tuple[Span, ...]
    missed: timedelta
    newest_missed: date | None

    @property
    def labels(self) -> list[tuple[float, date]]:
        """Where dates stand under the axis: today's, and those of every second week before."""
        days = range((DAYS - 1) % _LABELS, DAYS, _LABELS)
        return [(_x(number), self.start + number * _DAY) for number in days]

    @property
    def words(self) -> str:
        return " ".join(self._sentences())

    def _sentences(self) -> Iterator[str]:
        if self.bars:
            yield ngettext(
                "New items came on %(num)s of the last %(days)s days, the last on %(date)s.",
                "New items came on %(num)s of the last %(days)s days, the last on %(date)s.",
                len(self.bars),
                days=DAYS,
                date=date_words(self.bars[-1].day),
            )
        else:
            yield gettext("No new item came in the last %(days)s days.", days=DAYS)
        if self.newest_missed:
            yield gettext(
                "It was not read for %(time)s in all, the last time on %(date)s.",
                time=lasted(self.missed),
                date=date_words(self.newest_missed),
            )


def rhythm_of(arrivals: Mapping[date, int], holes: Iterable[Hole], today: date) -> Rhythm:
    """The rhythm of the `DAYS` days up to today, by the new items of each day and the holes of that time.

    A hole that is shorter than any that a feed has by its pace alone would be drawn as hours, and is left out.
    """
    start = today - (DAYS - 1) * _DAY
    holes = [hole for hole in holes if hole.end - hole.start >= SHORTEST_GAP]
    missed = [hole for hole in holes if hole.kind not in _NOT_ASKED]
    return Rhythm(
        start,
        today,
        tuple(
            Bar(day, number, _x((day - start).days), _height(number))
            for day, number in sorted(arrivals.items())
            if start <= day <= today
        ),
        _spans(missed, start),
        _spans((hole for hole in holes if hole.kind in _NOT_ASKED), start),
        sum((hole.end - hole.start for hole in missed), timedelta()),
        max((hole.end.astimezone(UTC).date() for hole in missed), default=None),
    )


def beginning(today: date) -> datetime:
    """The instant at which the days begin that are drawn today."""
    return datetime.combine(today - (DAYS - 1) * _DAY, time.min, UTC)


def lasted(span: timedelta) -> str:
    """How long something took, in the unit that fits: `40 ms`, `2.3 s`, `12 min`, `5 h`, `3 days`."""
    seconds = span.total_seconds()
    if seconds < 1:
        return gettext("%(number)s ms", number=round(seconds * 1000))
    if seconds < 10:
        tenths = f"{seconds:.1f}"
        return gettext("%(seconds)s s", seconds=tenths)
    if span < timedelta(minutes=1):
        return gettext("%(seconds)s s", seconds=round(seconds))
    if span < timedelta(hours=1):
        return gettext("%(minutes)s min", minutes=round(seconds / 60))
    if span < 2 * _DAY:
        return gettext("%(hours)s h", hours=round(seconds / 3600))
    return ngettext("%(num)s day", "%(num)s days", round(span / _DAY))


def _x(days: float) -> float:
    return round(100 * days / DAYS, 2)


def _height(number: int) -> int:
    """Taller with each doubling, the full height from eight items on."""
    return min(100, round(34 + 22 * math.log2(number)))


def _spans(holes: Iterable[Hole], start: date) -> tuple[Span, ...]:
    """Where holes lie, those drawn as one that cannot be told apart, so that there are never too many to draw."""
    origin = datetime.combine(start, time.min, UTC)
    ends: list[list[float]] = []
    for hole in sorted(holes, key=lambda hole: hole.start):
        first, last = (min(max((at - origin) / _DAY * 100 / DAYS, 0), 100) for at in (hole.start, hole.end))
        if ends and first - ends[-1][1] < _THINNEST:
            ends[-1][1] = max(ends[-1][1], last)
        else:
            ends.append([first, last])
    return tuple(Span(round(first, 2), round(max(last - first, _THINNEST), 2)) for first, last in ends)
