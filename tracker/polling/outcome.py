"""What one poll brought, and how it is kept: news, health, signs of silence, and when the feed is asked again."""

from __future__ import annotations

import logging
import zlib
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from db.feeds import FeedHealth, PollRow
from db.pages import Waiting
from db.releases import Kept
from db.store import Subjects
from tracker.feeds.failure import Kind
from tracker.feeds.fetch import Fetched
from tracker.feeds.parse import Parsed
from tracker.model import Feed
from tracker.polling.arrival import Arrival, LatePage, credible
from tracker.polling.full_text import Read, next_try
from tracker.polling.health import YEAR_DAYS, gap_ended, longest_break, usual_gap
from tracker.polling.intake import take_in
from tracker.releases.gone import Shown, gone
from tracker.tongue import to_keep

log = logging.getLogger(__name__)

LONGEST_WAIT = timedelta(hours=6)
"""The backoff of a failing feed is capped here: it is never given up."""

LONGEST_RETRY_AFTER = timedelta(hours=24)
"""A server that asks to be left alone for longer than this is asked again all the same."""

LONGEST_FRESH = timedelta(hours=6)
"""Cache headers, and what a feed says of itself, put a poll off to no later than this after the last, nor later than
twice the feed's interval."""

OVERTAKEN = "overtaken"
"""The outcome of a poll that was not kept, and is no row of the record."""

POSTPONED = "postponed"
"""The outcome of a poll that had no turn at its host, which others kept busy; no row of the record either."""

AGAIN_AFTER = timedelta(minutes=1)
"""A poll or visit that had no turn at its host is made after this."""

_JITTER = 0.1


@dataclass(frozen=True)
class Failure:
    """Why a feed could not be read: a kind for statistics, a sentence with its remedy for people."""

    kind: str
    sentence: str
    retry_after: datetime | None = None
    status: int | None = None


@dataclass(frozen=True)
class Reading:
    """What one attempt brought: a failure, or the answer with its items (None: unchanged since the last read)."""

    started_at: datetime
    failure: Failure | None = None
    fetched: Fetched | None = None
    parsed: Parsed | None = None


@dataclass(frozen=True)
class Begun:
    """A poll that has begun: what was known of the feed by then, and which of its pages are waited for."""

    feed: Feed
    health: FeedHealth
    waiting: Sequence[Waiting] = ()


@dataclass(frozen=True)
class Brought:
    """What a poll brought, ready to be kept: the attempt, its items as they arrive, and pages that came late."""

    begun: Begun
    reading: Reading
    ended_at: datetime
    arrivals: Sequence[Arrival] = ()
    late: Sequence[LatePage] = ()


def keep(db: Subjects, brought: Brought) -> PollRow:
    """Keep what a poll brought, inside the caller's transaction, and answer the row that tells of it."""
    row = keep_of_group(db, brought)
    db.record.bump("polls")
    return row


def keep_of_group(db: Subjects, brought: Brought) -> PollRow:
    """The same of one of several that are kept together, after whom the caller bumps the counter of polls.

    Where somebody else polled the feed meanwhile, nothing is kept, and the row's outcome is `OVERTAKEN`: a process that
    was suspended for long is taken for dead, and what it has in hand when it wakes is older than what is kept. Nor is
    a poll kept that had no turn at its host: its outcome is `POSTPONED`, and the feed is due again soon.
    """
    feed, reading = brought.begun.feed.slug, brought.reading
    if db.feeds.polled_since(brought.begun.health):
        said = to_keep("Another process polled it meanwhile.")
        return PollRow(feed, reading.started_at, brought.ended_at, OVERTAKEN, said)
    if reading.failure and reading.failure.kind == Kind.BUSY:
        db.feeds.give_back(feed, next_poll=brought.ended_at + AGAIN_AFTER)
        return PollRow(feed, reading.started_at, brought.ended_at, POSTPONED, reading.failure.sentence)
    if reading.failure:
        row = _keep_failure(db, brought)
    else:
        row = _keep_reading(db, brought)
        # An answer that nothing changed tells of the feed at most that it moved.
        if reading.parsed or brought.late or reading.fetched.permanent_url != brought.begun.health.moved_to:
            db.past.keep_feed(feed, at=brought.ended_at)
    db.feeds.add_poll(row)
    return row


def next_poll(
    feed: Feed,
    now: datetime,
    *,
    failures: int = 0,
    retry_after: datetime | None = None,
    fresh_for: timedelta = timedelta(),
) -> datetime:
    """When to ask again: after the feed's interval, doubled with each failure up to a cap, never before `retry_after`.

    An answer that stays good for longer than the interval (`fresh_for`) puts the next poll off a little. A tenth of the
    wait is spread by the feed's name and the time, so that feeds do not all come due at once.
    """
    wait = timedelta(seconds=feed.every)
    wait = max(wait, min(fresh_for, wait * 2, LONGEST_FRESH))
    if failures:
        wait = min(wait * 2 ** min(failures - 1, 16), max(wait, LONGEST_WAIT))
    spread = zlib.crc32(f"{feed.slug} {now:%Y-%m-%dT%H:%M}".encode()) / 2**32
    due = now + wait * (1 - _JITTER / 2 + _JITTER * spread)
    return max(due, min(retry_after, now + LONGEST_RETRY_AFTER)) if retry_after else due


def _keep_failure(db: Subjects, brought: Brought) -> PollRow:
    feed, health, now = brought.begun.feed, brought.begun.health, brought.ended_at
    failure = brought.reading.failure
    if failure.kind == Kind.LEFT_ALONE:
        # Another feed of the host was told so while this one waited for its turn: that is no fault of this one.
        db.feeds.give_back(feed.slug, next_poll=next_poll(feed, now, retry_after=failure.retry_after))
    else:
        due = next_poll(feed, now, failures=health.failures + 1, retry_after=failure.retry_after)
        db.feeds.record_fault(feed.slug, next_poll=due, kind=failure.kind, fault=failure.sentence)
    return PollRow(
        feed.slug, brought.reading.started_at, now, "failed", failure.sentence, failure.status, fault_kind=failure.kind
    )


@dataclass
class _Came:
    """What came of the items of a read: how many of each kind, and what the feed shows now, in its order.

    `new`: the releases that were not known before; `met`: how many items are of one that was, under whatever name;
    `renamed`: how many of these bore another id before.
    """

    new: set[int] = field(default_factory=set)
    met: int = 0
    renamed: int = 0
    revised: int = 0
    sightings: int = 0
    shown: list[Shown] = field(default_factory=list)

    @property
    def fresh(self) -> int:
        return len(self.new)


def _keep_reading(db: Subjects, brought: Brought) -> PollRow:
    feed, health, now = brought.begun.feed, brought.begun.health, brought.ended_at
    reading, arrivals = brought.reading, brought.arrivals
    came = _keep_arrivals(db, arrivals, now)
    came.sightings += sum(_keep_late(db, page, now) for page in brought.late)
    if reading.parsed and not reading.parsed.flaw:
        _keep_window(db, feed, came.shown, now)
    _record_read(db, brought, came)
    row = PollRow(
        feed.slug,
        reading.started_at,
        now,
        "unchanged" if reading.parsed is None else "read",
        status=reading.fetched.status,
        items=len(arrivals),
        fresh=came.fresh,
        revised=came.revised,
        overlap=came.met,
        sightings=came.sightings,
        whole=_shows_all_since(health.last_read, reading.parsed, now),
    )
    _keep_signs(db, health, reading.parsed, row, ids=_told_of_ids(reading.parsed, came))
    return row


def _keep_arrivals(db: Subjects, arrivals: Sequence[Arrival], now: datetime) -> _Came:
    """Keep the items that bring news, and what they say."""
    addresses = Counter(arrival.address for arrival in arrivals)
    beside = {arrival.item.guid for arrival in arrivals}
    came = _Came()
    for arrival in arrivals:
        if arrival.news:
            own_address = addresses[arrival.address] == 1
            release = _keep_news(db, arrival, came, address_is_identity=own_address, beside=beside, now=now)
        else:
            release = arrival.known.release
        came.met += release not in came.new
        came.shown.append(Shown(release, arrival.item.published))
    return came


def _keep_news(
    db: Subjects, arrival: Arrival, came: _Came, *, address_is_identity: bool, beside: Collection[str], now: datetime
) -> int:
    """Keep one item that brings news, count it, and answer the number of its release."""
    # A page that was waited for is kept by itself: what its publisher edited meanwhile is a revision of its own.
    late = arrival.known and arrival.page and arrival.page.copy and db.pages.fault_of(arrival.known.release)
    release = arrival.release if late else arrival.fullest
    kept = db.releases.keep(
        release,
        guid=arrival.item.guid,
        canonical_url=arrival.address,
        address_is_identity=address_is_identity,
        beside=beside,
        published_raw=arrival.item.published_raw,
        item_hash=arrival.item_hash,
        keys=None if late else arrival.studied.keys,
        now=now,
    )
    came.revised += kept.revised
    came.renamed += kept.renamed
    if late:
        kept = db.releases.read_late(kept.id, arrival.fullest, now=now)
    if arrival.page:
        _keep_page(db, kept, arrival.page, tries=int(_failed(arrival.page)), now=now)
    if kept.fresh:
        came.new.add(kept.id)
    if kept.fresh or kept.revised:
        came.sightings += take_in(db, arrival.fullest, kept, arrival.studied.sightings, now=now)
    return kept.id


def _record_read(db: Subjects, brought: Brought, came: _Came) -> None:
    """Note of the feed that it was read, by what validators it is asked next, and when."""
    feed, health, now = brought.begun.feed, brought.begun.health, brought.ended_at
    fetched, parsed = brought.reading.fetched, brought.reading.parsed
    unchanged = parsed is None
    good_for = health.good_for if unchanged else parsed.good_for
    db.feeds.record_read(
        feed.slug,
        now=now,
        next_poll=next_poll(feed, now, fresh_for=max(fetched.fresh_for, good_for)),
        etag=fetched.etag or (health.etag if unchanged else None),
        last_modified=fetched.last_modified or (health.last_modified if unchanged else None),
        moved_to=fetched.permanent_url,
        anything_new=bool(came.fresh),
        full=not unchanged,
        lies=_lies(health, fetched, changed=bool(came.fresh or came.revised)),
    )


def _shows_all_since(last_read: datetime | None, parsed: Parsed | None, now: datetime) -> bool:
    window = parsed.window if parsed else None
    return bool(window and last_read and now - last_read <= window)


def _keep_late(db: Subjects, late: LatePage, now: datetime) -> int:
    """Keep a page that was waited for as a further revision of its release; how many flagged sightings were new."""
    release, waiting = late.page.release, late.waiting
    kept = db.releases.read_late(waiting.release.id, release, now=now)
    _keep_page(db, kept, late.page, tries=waiting.tries + _failed(late.page), now=now)
    return take_in(db, release, kept, late.sightings, now=now) if kept.revised else 0


def _failed(page: Read) -> bool:
    return page.tried and page.fault is not None


def _keep_page(db: Subjects, kept: Kept, page: Read, *, tries: int, now: datetime) -> None:
    if page.copy:
        db.pages.keep(kept.id, kept.revision, page.copy)
    if page.fault is None:
        db.pages.done(kept.id)
    else:
        # A page without an article will have none the next time either.
        db.pages.wait(kept.id, tries=tries, fault=page.fault, next_try=None if page.copy else next_try(tries, now))


def _lies(health: FeedHealth, fetched: Fetched, *, changed: bool) -> bool:
    """Whether the server's 304 can't be believed: other items came under the same validators as before."""
    ours, theirs = (health.etag, health.last_modified), (fetched.etag, fetched.last_modified)
    if changed and any(ours) and ours == theirs and not health.lies:
        log.warning("%s changes its items and not its ETag or Last-Modified: always read in full now", health.slug)
        return True
    return health.lies


def _told_of_ids(parsed: Parsed | None, came: _Came) -> str | None:
    """What is wrong with the ids by which a feed tells its items apart, in a sentence."""
    if parsed and parsed.sharing:
        return to_keep(
            "Of its items %(number)s share an id with others: they are told apart by their addresses, else by titles "
            "and dates.",
            number=parsed.sharing,
        )
    if 1 < came.renamed == came.met:
        return to_keep(
            "All %(number)s of its items that were known came under other ids than at the read before: they were known "
            "by their addresses or words.",
            number=came.renamed,
        )
    return None


def _keep_signs(db: Subjects, before: FeedHealth, parsed: Parsed | None, row: PollRow, *, ids: str | None) -> None:
    """Keep what tells whether a feed that answers has fallen silent, or showed too late what it had."""
    if parsed:
        undated = sum(not credible(item.published, row.ended_at) for item in parsed.items)
        # One that is rightly empty says nothing of what it shows.
        shown = len(parsed.items) or (None if parsed.window else 0)
        db.feeds.record_answer(
            row.feed, shown=shown, undated=undated, flaw=parsed.flaw, ids=ids, good_for=parsed.good_for
        )
    if row.fresh or before.newest is None:
        days = db.feeds.arrival_days(row.feed, most=YEAR_DAYS)
        if days:
            usual = usual_gap(days)
            longest = longest_break(days, usual) if usual else None
            db.feeds.record_rhythm(row.feed, newest=days[0], rhythm=usual, longest_break=longest)
    gap = gap_ended(before, row.ended_at, items=row.items, bridged=parsed is None or row.overlap > 0 or row.whole)
    if gap:
        db.feeds.record_gap(row.feed, gap)


def _keep_window(db: Subjects, feed: Feed, shown: Sequence[Shown], now: datetime) -> None:
    """Note what the publisher took out since the last good read, and what is shown now."""
    before = db.releases.shown(feed.slug)
    db.releases.note_gone(feed.slug, gone(before, shown), shown, now=now)
    if shown != before:
        db.releases.set_shown(feed.slug, shown)
