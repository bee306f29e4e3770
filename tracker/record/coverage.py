"""How far each side's sources were read: pure functions over the poll rows, so that silence is told from not looking.

A good poll vouches for the time since the good poll before it, if the feed still showed an item that we knew (nothing
can have scrolled out of its window) and the gap is no longer than a few of its intervals. Time after the last good
poll is vouched for by nobody yet. Everything else is a hole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from itertools import zip_longest
from typing import NamedTuple

from tracker.tongue import msg

LONGEST_GAP = 3
"""A gap between two good polls of more than this many intervals is a hole: the feed was not being read."""

LATE = 2.2
"""A feed that was not read for more than this many intervals is late: until then its next poll is merely to come, which
its own hints may put off to twice the interval."""

SHORTEST_GAP = timedelta(minutes=5)

_BEGINNING = datetime.min.replace(tzinfo=UTC)
_NEVER = datetime.max.replace(tzinfo=UTC)


class HoleKind(StrEnum):
    """Why nothing vouches for a time."""

    FAULT = "fault"
    BOT_WALL = "bot-wall"
    WINDOW_OVERRUN = "window-overrun"
    NOT_POLLED = "not-polled"
    NOT_CONFIGURED = "not-configured"
    PAUSED = "paused"
    DISABLED = "disabled"


class Polled(StrEnum):
    """What was decided of a feed at some instant: to poll it, to pause it for a while, or to poll it no more."""

    ON = "on"
    PAUSED = "paused"
    OFF = "off"


@dataclass(frozen=True)
class Read:
    """One poll: when it ended, what went wrong (None: nothing), whether it showed an item known before.

    `after` is the end of the feed's good poll before it, None where there was none. `every` is the interval in force.
    """

    feed: str
    every: timedelta
    ended_at: datetime
    after: datetime | None
    fault: str | None
    fault_kind: str | None
    overlap: bool

    @property
    def vouches(self) -> bool:
        """Whether nothing can have been missed since `after`."""
        return self.fault is None and self.after is not None and self.overlap and not self.late

    @property
    def late(self) -> bool:
        return self.after is not None and self.ended_at - self.after > max(self.every * LONGEST_GAP, SHORTEST_GAP)


@dataclass(frozen=True)
class Switch:
    """From `at` on a feed is polled, paused or off, and why."""

    feed: str
    at: datetime
    polled: Polled
    reason: str | None = None


@dataclass(frozen=True)
class Hole:
    """A span in which a feed was not read, what kind of hole it is, and why in words."""

    feed: str
    start: datetime
    end: datetime
    kind: HoleKind
    why: str


@dataclass(frozen=True)
class FeedCoverage:
    """What was read of one feed in a span: up to `read_until` all but the holes; the time after that is to come."""

    feed: str
    last_read: datetime | None
    read_until: datetime
    holes: tuple[Hole, ...]


class Alike(NamedTuple):
    """What is told of a feed in all spans that begin from `since` to `before` and end from `read` to `until`."""

    since: datetime
    before: datetime
    read: datetime
    until: datetime
    told: FeedCoverage | None


_NONE_ALIKE = Alike(_NEVER, _NEVER, _NEVER, _NEVER, None)


class Observed:
    """A feed with its polls and what was decided of it, each the oldest first, as `coverage` wants them.

    `alike`: what was reckoned last, which holds until a hole comes into the span or leaves it, or the next poll is
    late. So of most feeds nothing is reckoned anew, though each page asks of another span.
    """

    def __init__(self, feed: str, reads: Sequence[Read], switches: Sequence[Switch]) -> None:
        self.feed, self.reads, self.switches = feed, reads, switches
        self.alike = _NONE_ALIKE

    def over(self, start: datetime, end: datetime) -> FeedCoverage | None:
        """What was read of it in a span; None where it was off all the time."""
        before = self._before
        if before and start <= before.read_until <= end <= self._until:
            return self._with_holes_of(before, start)
        if not _was_asked_for(self.switches, start, end):
            return None
        return feed_coverage(self.feed, self.reads, self.switches, start, end)

    @property
    def watched_since(self) -> datetime | None:
        """When it was first decided to poll it, and not in the same moment to leave it; None: never."""
        decided = zip_longest(self.switches, self.switches[1:])
        begun = (one.at for one, then in decided if one.polled is Polled.ON and (then is None or then.at > one.at))
        return next(begun, None)

    @cached_property
    def _before(self) -> FeedCoverage | None:
        """All that there was up to the last good poll, if it is polled and was read well at the last try."""
        last = self.reads[-1] if self.reads else None
        switch = self.switches[-1] if self.switches else None
        if last is None or last.fault or switch is None or switch.polled is not Polled.ON or switch.at >= last.ended_at:
            return None
        return feed_coverage(self.feed, self.reads, self.switches, _BEGINNING, last.ended_at)

    @cached_property
    def _until(self) -> datetime:
        """From when on the next poll is late."""
        return self.reads[-1].ended_at + _late_after(self.reads[-1])

    def _with_holes_of(self, before: FeedCoverage, start: datetime) -> FeedCoverage:
        read, holes = before.read_until, [hole for hole in before.holes if hole.end > start]
        first = min([hole.start for hole in holes], default=read)
        if first < start:
            return FeedCoverage(self.feed, read, read, tuple([replace(h, start=max(h.start, start)) for h in holes]))
        told = FeedCoverage(self.feed, read, read, tuple(holes))
        since = max([hole.end for hole in before.holes if hole.end <= start], default=_BEGINNING)
        self.alike = Alike(since, first, read, self._until, told)
        return told


@dataclass(frozen=True)
class Coverage:
    """What was read from `start` to `end` of the feeds of one side that were to be polled in that time.

    `share` is the covered part of the time up to each feed's last read, averaged over the feeds; 0.0 when the side has
    none. `read_until` is the moment from which on some feed waits for its next poll.
    """

    side: str
    start: datetime
    end: datetime
    feeds: tuple[FeedCoverage, ...]
    share: float
    read_until: datetime

    @cached_property
    def holes(self) -> tuple[Hole, ...]:
        return tuple([hole for feed in self.feeds for hole in feed.holes])

    @property
    def last_read(self) -> datetime | None:
        return max((feed.last_read for feed in self.feeds if feed.last_read), default=None)

    @property
    def complete(self) -> bool:
        """Whether every moment up to `read_until` was looked at: only then does silence mean that nothing was said."""
        return bool(self.feeds) and not self.holes and self.read_until > self.start


def coverage(
    side: str,
    feeds: Sequence[str],
    reads: Iterable[Read],
    switches: Iterable[Switch],
    start: datetime,
    end: datetime,
) -> Coverage:
    """How far the `feeds` of a side were read from `start` to `end`.

    `reads` oldest first: at least the failures in the span and a little beyond, the good polls that do not vouch, the
    last good one up to `end` and the first after it. A feed that was off all the time is no source of the span.
    """
    return covered(side, observed(feeds, reads, switches), start, end)


def observed(feeds: Iterable[str], reads: Iterable[Read], switches: Iterable[Switch]) -> list[Observed]:
    """Each of the feeds with what of the polls and decisions is its own."""
    polls: dict[str, list[Read]] = {slug: [] for slug in feeds}
    decided: dict[str, list[Switch]] = {slug: [] for slug in polls}
    for read in reads:
        if read.feed in polls:
            polls[read.feed].append(read)
    for switch in sorted(switches, key=lambda switch: switch.at):  # a clock may have been put back between two
        if switch.feed in decided:
            decided[switch.feed].append(switch)
    return [Observed(slug, polls[slug], decided[slug]) for slug in polls]


def covered(side: str, feeds: Iterable[Observed], start: datetime, end: datetime) -> Coverage:
    """How far the feeds of a side were read from `start` to `end`."""
    told = [
        known.told
        if (known := feed.alike).since <= start <= known.before and known.read <= end <= known.until
        else feed.over(start, end)
        for feed in feeds
    ]
    asked = tuple([feed for feed in told if feed is not None])
    span = sum([feed.read_until - start for feed in asked], timedelta())
    missing = sum([hole.end - hole.start for feed in asked for hole in feed.holes], timedelta())
    return Coverage(
        side=side,
        start=start,
        end=end,
        feeds=asked,
        share=1 - missing / span if span else 0.0,
        read_until=min([feed.read_until for feed in asked], default=start),
    )


def _was_asked_for(switches: Sequence[Switch], start: datetime, end: datetime) -> bool:
    return any(
        switch.polled is not Polled.OFF and switch.at < end and until > start for switch, until in _periods(switches)
    )


def feed_coverage(
    feed: str, reads: Sequence[Read], switches: Sequence[Switch], start: datetime, end: datetime
) -> FeedCoverage:
    """The spans between `start` and `end` for which nothing vouches, oldest first, and how far the feed was read."""
    gaps: list[Hole] = []
    last: Read | None = None
    fault: Read | None = None
    for read in reads:
        if read.fault is not None:
            fault = read
            continue
        # A failure from before the last good poll is not why this one came late.
        if fault and read.after and fault.ended_at <= read.after:
            fault = None
        if not read.vouches:
            gaps.append(Hole(feed, read.after or _BEGINNING, read.ended_at, *_cause(read, fault)))
        last, fault = read, None
    read_until = end
    if last is None:
        gaps.append(Hole(feed, _BEGINNING, end, *_not_read(fault, msg("Not read yet."))))
    elif last.ended_at < end:
        off = bool(switches) and switches[-1].polled is not Polled.ON
        if fault or off or end - last.ended_at > _late_after(last):
            gaps.append(Hole(feed, last.ended_at, end, *_not_read(fault, msg("Not read since."))))
        else:
            read_until = max(last.ended_at, start)
    good = [read.ended_at for read in reads if read.fault is None and read.ended_at <= end]
    holes = (hole for gap in gaps for hole in _by_switches(gap, switches))
    return FeedCoverage(
        feed=feed,
        last_read=max(good, default=None),
        read_until=read_until,
        holes=tuple(clipped for hole in holes if (clipped := _clip(hole, start, end))),
    )


def _late_after(last: Read) -> timedelta:
    """How long after a good poll the next one is merely to come."""
    return max(last.every * LATE, SHORTEST_GAP)


def _cause(read: Read, fault: Read | None) -> tuple[HoleKind, str]:
    """Why a good read does not vouch for the time before it."""
    if read.after is None:
        return _not_read(fault, msg("Not read before."))
    if read.late:
        return _not_read(fault, msg("Not polled."))
    return HoleKind.WINDOW_OVERRUN, msg("The feed showed no item that was known: some may have been missed.")


def _not_read(fault: Read | None, words: str) -> tuple[HoleKind, str]:
    if fault is None:
        return HoleKind.NOT_POLLED, words
    return (HoleKind.BOT_WALL if fault.fault_kind == HoleKind.BOT_WALL else HoleKind.FAULT), fault.fault


def _periods(switches: Sequence[Switch]) -> Iterator[tuple[Switch, datetime]]:
    """Each decision with the instant up to which it held."""
    ends = [switch.at for switch in switches[1:]] + [_NEVER]
    return zip(switches, ends[: len(switches)], strict=True)


def _by_switches(gap: Hole, switches: Sequence[Switch]) -> Iterator[Hole]:
    """A gap cut where it was decided to poll the feed or not: what nobody asked for is no fault."""
    first = switches[0].at if switches else _NEVER
    yield replace(gap, end=min(gap.end, first), kind=HoleKind.NOT_CONFIGURED, why=msg("Not yet configured."))
    for switch, until in _periods(switches):
        piece = replace(gap, start=max(gap.start, switch.at), end=min(gap.end, until))
        match switch.polled:
            case Polled.ON:
                yield piece
            case Polled.PAUSED:
                yield replace(piece, kind=HoleKind.PAUSED, why=switch.reason or msg("Paused."))
            case Polled.OFF:
                yield replace(piece, kind=HoleKind.DISABLED, why=switch.reason or msg("Disabled."))


def _clip(hole: Hole, start: datetime, end: datetime) -> Hole | None:
    clipped = replace(hole, start=max(hole.start, start), end=min(hole.end, end))
    return clipped if clipped.start < clipped.end else None
