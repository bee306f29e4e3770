"""How a feed fares, in words: what is wrong and since when, its usual rhythm, and what an operator should do. Pure, in
the language that is told; what is stored of a failure is retold.

A feed that cannot be read says so by itself. One that answers and brings nothing does not, so each way in which it can
fall silent has a warning of its own, with its remedy.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from statistics import median

from db.feeds import FeedHealth, Gap
from tracker.record.coverage import LONGEST_GAP, SHORTEST_GAP
from tracker.tongue import gettext, msg, pgettext, retold
from tracker.wording import sentences

ENOUGH = 5
"""Gaps between days with new items that must be known before a feed has a rhythm."""

RHYTHM_DAYS = 40
"""Newest days with new items from which the rhythm is reckoned: what a feed did years ago says little."""

YEAR_DAYS = 400
"""Newest days with new items among which breaks are looked for: of a daily feed more than a year, holidays and all."""

LONGEST_BREAK = 12
"""A break of no more than this many of a feed's usual gaps, once taken, is its habit: of a feed that brings something
daily, Golden Week or the days around Christmas. After a longer one it had been given up, and was taken up again."""

QUIET_TIMES = 4
"""A feed is too quiet when nothing new came for more than this many of its usual gaps, …"""

QUIET_AT_LEAST = timedelta(days=3)
"""… for longer than this: a long weekend is no warning, however busy the publisher; and for longer than any break that
is its habit."""

FAILING_LONG = timedelta(days=1)
"""After this long a failing feed is not having a bad hour: backing off will not mend it."""

GAP_SAID_FOR = timedelta(days=7)
"""How long a gap in polling is said after it ended, so that somebody who looks once a week sees it."""


class Fares(StrEnum):
    """One word for how a feed fares."""

    FAILING = "failing"
    WARNING = "warning"
    PAUSED = "paused"
    NOT_READ_YET = "not read yet"
    READ = "read"
    OFF = "off"


class Concern(StrEnum):
    """What is wrong with a feed that answers; one that does not has the kind of its failure instead."""

    QUIET = "quiet"
    EMPTY = "empty"
    UNDATED = "undated"
    LENIENT = "lenient"
    IDS = "ids"
    PAGES = "pages"
    MOVED = "moved"
    GAP = "gap"


@dataclass(frozen=True)
class Warned:
    """A thing for the operator to look at: its kind for statistics, a sentence with its remedy for people."""

    kind: str
    sentence: str


@dataclass(frozen=True)
class Health:
    """A feed and how it fares. `words` is one line; `warnings` the gravest first; `since` is when it went wrong."""

    feed: FeedHealth
    fares: Fares
    words: str
    since: datetime | None = None
    warnings: tuple[Warned, ...] = ()

    @property
    def polled(self) -> bool:
        """Whether the scheduler polls it."""
        return self.fares not in (Fares.OFF, Fares.PAUSED)

    @property
    def need(self) -> tuple[int, datetime]:
        """Sorts feeds so that what needs the operator stands first, and of that what has lasted the longest."""
        return list(Fares).index(self.fares), self.since or datetime.max.replace(tzinfo=UTC)


def health_of(feed: FeedHealth, now: datetime) -> Health:
    """How a feed fares at `now` (UTC)."""
    if not feed.enabled:
        return Health(feed, Fares.OFF, retold(gettext(feed.reason or msg("Switched off in the configuration."))))
    if feed.paused:
        return Health(feed, Fares.PAUSED, _paused(feed), feed.paused.at)
    if feed.fault is not None:
        failing = _failing(feed, now)
        return Health(feed, Fares.FAILING, failing.sentence, feed.failing_since, (failing, *_said_of_its_answers(feed)))
    if feed.last_read is None:
        return Health(feed, Fares.NOT_READ_YET, gettext("Not read yet."))
    warnings = tuple(_warnings(feed, now))
    if warnings:
        return Health(feed, Fares.WARNING, warnings[0].sentence, _since(feed, warnings[0]), warnings)
    return Health(feed, Fares.READ, sentences(gettext("Being read."), _bridged(feed, now)))


def usual_gap(days: Sequence[date]) -> timedelta | None:
    """The median gap between the newest days on which new items came; None while fewer than ENOUGH gaps are known."""
    gaps = _gaps(sorted(set(days))[-RHYTHM_DAYS:])
    return median(gaps) if len(gaps) >= ENOUGH else None


def longest_break(days: Sequence[date], usual: timedelta) -> timedelta:
    """The longest gap between days on which new items came that is a habit of a feed with this usual gap."""
    return max((gap for gap in _gaps(sorted(set(days))) if gap <= usual * LONGEST_BREAK), default=usual)


def longest_quiet(usual: timedelta, longest: timedelta | None) -> timedelta:
    """How long a feed of this rhythm, whose longest break is known, may bring nothing before that is a warning."""
    return max(usual * QUIET_TIMES, QUIET_AT_LEAST, longest or usual)


def _gaps(days: Sequence[date]) -> list[timedelta]:
    return [later - earlier for earlier, later in pairwise(days)]


def gap_ended(feed: FeedHealth, now: datetime, *, items: int, bridged: bool) -> Gap | None:
    """The gap that a good read at `now` ends: none that was long, or after which known items still showed.

    `feed` as it was before the read. `bridged`: the read showed an item known before, so none can have scrolled out.
    Where it showed only unknown `items`, there is a gap however short the time was.
    """
    if feed.last_read is None:
        return None
    long = now - feed.last_read > max(timedelta(seconds=feed.every) * LONGEST_GAP, SHORTEST_GAP)
    return Gap(feed.last_read, now, bridged) if long or (items and not bridged) else None


def _paused(feed: FeedHealth) -> str:
    by, when = feed.paused.by, _instant(feed.paused.at)
    because = (feed.paused.because or "").rstrip(".。")
    if by is None:
        paused = gettext("Paused on %(when)s; by whom was not kept.", when=when)
        return sentences(paused, gettext("The reason: %(because)s.", because=because) if because else "")
    if not because:
        return gettext("Paused by %(name)s on %(when)s.", name=by, when=when)
    return gettext("Paused by %(name)s on %(when)s: %(because)s.", name=by, when=when, because=because)


def _failing(feed: FeedHealth, now: datetime) -> Warned:
    told = [_since_when(feed), retold(feed.fault)]
    if feed.failing_since and now - feed.failing_since > FAILING_LONG:
        told.append(
            gettext("This has lasted for more than a day: until it is mended, read the publisher's page yourself.")
        )
    return Warned(feed.fault_kind or "unknown", sentences(*told))


def _since_when(feed: FeedHealth) -> str:
    if not feed.failing_since:
        return gettext("Cannot be read.")
    since = _instant(feed.failing_since)
    if feed.failures < 2:
        return gettext("Cannot be read since %(since)s.", since=since)
    return gettext("Cannot be read since %(since)s, %(tries)s tries in a row.", since=since, tries=feed.failures)


def _warnings(feed: FeedHealth, now: datetime) -> Iterator[Warned]:
    """What is wrong with a feed whose last poll went well."""
    if quiet := _quiet_for(feed, now):
        yield Warned(
            Concern.QUIET,
            sentences(
                _quiet_since(feed, quiet),
                gettext(
                    "Look at the publisher's page: if there is news, the feed was given up or has moved, and "
                    "feeds.yaml needs another address."
                ),
            ),
        )
    if feed.shown == 0:
        yield Warned(
            Concern.EMPTY,
            gettext(
                "It answers, and holds no item at all. Open its address: if the publisher's page has news, the feed "
                "was emptied or moved, and feeds.yaml needs another address."
            ),
        )
    if feed.page_fault:
        unread = gettext("None of the pages of its newest releases could be read: they are known as teasers alone.")
        yield Warned(Concern.PAGES, sentences(unread, retold(feed.page_fault)))
    if feed.gap and not feed.gap.bridged and now - feed.gap.end <= GAP_SAID_FOR:
        yield Warned(Concern.GAP, _missed(feed, feed.gap))
    yield from _said_of_its_answers(feed)


def _said_of_its_answers(feed: FeedHealth) -> Iterator[Warned]:
    """What its last answer says, whatever came of the polls after it."""
    if feed.shown and feed.undated == feed.shown:
        none = gettext(
            "None of its %(items)s items has a date that can be read and be true: each counts as published on the day "
            "on which it was first seen. Look at the dates in the source; for a listing set date_format and timezone.",
            items=feed.shown,
        )
        yield Warned(Concern.UNDATED, sentences(none, retold(feed.flaw)) if feed.flaw else none)
    elif feed.undated:
        some = gettext(
            "Of its %(items)s items %(undated)s cannot be dated: what has no date that can be read and be true counts "
            "as published on the day on which it was first seen. Look at the dates in the source.",
            items=feed.shown,
            undated=feed.undated,
        )
        yield Warned(Concern.UNDATED, some)
    if feed.ids:
        own = gettext(
            "One that is edited counts as new where it has no address of its own. Tell the publisher that each item "
            "needs a lasting id."
        )
        yield Warned(Concern.IDS, sentences(retold(feed.ids), own))
    if feed.moved_to:
        moved = gettext("Its address has moved for good to %(url)s: write that into feeds.yaml.", url=feed.moved_to)
        yield Warned(Concern.MOVED, moved)
    if feed.flaw and feed.undated != feed.shown:
        missing = gettext("Items may be missing or cut short: tell the publisher.")
        yield Warned(Concern.LENIENT, sentences(retold(feed.flaw), missing))


def _quiet_for(feed: FeedHealth, now: datetime) -> timedelta | None:
    """How long nothing new came, if that is too long for this feed. The newest item's day counts to its end."""
    if feed.newest is None or feed.rhythm is None:
        return None
    quiet = now - _end_of(feed.newest)
    return quiet if quiet > longest_quiet(feed.rhythm, feed.longest_break) else None


def _quiet_since(feed: FeedHealth, quiet: timedelta) -> str:
    told = {"newest": feed.newest, "days": quiet.days, "usual": span_words(feed.rhythm)}
    taken = feed.longest_break
    if not taken or taken <= feed.rhythm:
        return gettext(
            "It answers, but brought nothing new since %(newest)s (%(days)s days); usually something comes every "
            "%(usual)s.",
            **told,
        )
    return gettext(
        "It answers, but brought nothing new since %(newest)s (%(days)s days); usually something comes every "
        "%(usual)s, after %(longest)s at the latest.",
        longest=span_words(taken),
        **told,
    )


def _since(feed: FeedHealth, warned: Warned) -> datetime | None:
    match warned.kind:
        case Concern.QUIET:
            return _end_of(feed.newest)
        case Concern.GAP:
            return feed.gap.start
    return None


def _missed(feed: FeedHealth, gap: Gap) -> str:
    return gettext(
        "Not polled from %(start)s to %(end)s, and what it showed then does not reach back to before; items may have "
        "been missed. Look through the publisher's page for these days and hand in what is missing: python -m tracker "
        "add-url URL --side %(side)s.",
        start=_instant(gap.start),
        end=_instant(gap.end),
        side=feed.side,
    )


def _bridged(feed: FeedHealth, now: datetime) -> str:
    if feed.gap is None or now - feed.gap.end > GAP_SAID_FOR:
        return ""
    return gettext(
        "Not polled from %(start)s to %(end)s; it then still showed items from before, so none was missed.",
        start=_instant(feed.gap.start),
        end=_instant(feed.gap.end),
    )


def span_words(span: timedelta) -> str:
    """`day`, `2 days`, `1.5 days`: a rhythm, as it follows "every"."""
    days = round(span / timedelta(days=1), 1)
    if days == 1:
        return pgettext("a rhythm", "day")
    return pgettext("a rhythm", "%(days)s days", days=format(days, "g"))


def _end_of(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC) + timedelta(days=1)


def _instant(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
