"""How far each side's sources were read: pure functions over the poll rows, so that silence is told from not looking.

A good poll vouches for the time since the good poll before it, if the feed still showed an item that we knew (nothing
can have scrolled out of its window) and the gap is no longer than a few of its intervals. Everything else is a hole.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

LONGEST_GAP = 3
"""A gap between two good polls of more than this many intervals is a hole: the feed was not being read."""

SHORTEST_GAP = timedelta(minutes=5)


@dataclass(frozen=True)
class Read:
    """One poll: when it ended, what went wrong (None: nothing), whether it showed an item known before."""

    feed: str
    relationship: str
    side: str
    every: timedelta
    ended_at: datetime
    fault: str | None
    overlap: bool


@dataclass(frozen=True)
class Hole:
    """A span in which a feed was not read, and why in words."""

    feed: str
    start: datetime
    end: datetime
    why: str


@dataclass(frozen=True)
class Coverage:
    """What was read of one side's enabled feeds in a span.

    `share` is the covered part of the time, averaged over the feeds; 0.0 when the side has none.
    """

    side: str
    feeds: int
    last_read: datetime | None
    share: float
    holes: tuple[Hole, ...]


def coverage(side: str, feeds: Sequence[str], reads: Iterable[Read], start: datetime, end: datetime) -> Coverage:
    """How far the `feeds` of a side were read from `start` to `end`; `reads` oldest first, from before `start` too."""
    by_feed: dict[str, list[Read]] = {slug: [] for slug in feeds}
    for read in reads:
        if read.feed in by_feed and read.ended_at <= end:
            by_feed[read.feed].append(read)
    holes = [hole for slug, own in by_feed.items() for hole in holes_of(slug, own, start, end)]
    span = (end - start) * len(by_feed)
    missing = sum((hole.end - hole.start for hole in holes), timedelta())
    good = [read.ended_at for own in by_feed.values() for read in own if read.fault is None]
    return Coverage(
        side=side,
        feeds=len(by_feed),
        last_read=max(good, default=None),
        share=1 - missing / span if span else 0.0,
        holes=tuple(holes),
    )


def holes_of(feed: str, reads: Sequence[Read], start: datetime, end: datetime) -> list[Hole]:
    """The spans between `start` and `end` for which nothing vouches, oldest first."""
    holes: list[Hole] = []
    vouched_until: datetime | None = None
    fault: str | None = None
    for read in reads:
        if read.fault is not None:
            fault = read.fault
            continue
        why = _unvouched(vouched_until, read, fault)
        if why:
            holes.append(Hole(feed, vouched_until or start, read.ended_at, why))
        vouched_until, fault = read.ended_at, None
    if vouched_until is None:
        holes.append(Hole(feed, start, end, fault or "Not read yet."))
    elif end - vouched_until > _longest_gap(reads[-1]):
        holes.append(Hole(feed, vouched_until, end, fault or "Not read since."))
    return [clipped for hole in holes if (clipped := _clip(hole, start, end))]


def _unvouched(vouched_until: datetime | None, read: Read, fault: str | None) -> str | None:
    """Why a good read does not vouch for the time before it; None when it does."""
    if vouched_until is None:
        return fault or "Not read yet."
    if not read.overlap:
        return "The feed showed no item that was known: some may have been missed."
    if read.ended_at - vouched_until > _longest_gap(read):
        return fault or "Not polled."
    return None


def _longest_gap(read: Read) -> timedelta:
    return max(read.every * LONGEST_GAP, SHORTEST_GAP)


def _clip(hole: Hole, start: datetime, end: datetime) -> Hole | None:
    clipped = Hole(hole.feed, max(hole.start, start), min(hole.end, end), hole.why)
    return clipped if clipped.start < clipped.end else None
