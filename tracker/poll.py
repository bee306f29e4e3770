"""One poll of one feed, from its address to its candidates, and the row that says how it went."""

from __future__ import annotations

import logging
import zlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from db.feeds import FeedHealth, Named, PollRow
from db.store import Store, Subjects
from tracker.feeds.address import canonical_url
from tracker.feeds.failure import FetchFailed, NotAFeed
from tracker.feeds.fetch import Fetched, fetch
from tracker.feeds.parse import Parsed, parse
from tracker.gone import Shown, gone
from tracker.intake import Detect, take_in
from tracker.model import Feed, Item, Release, Sighting

log = logging.getLogger(__name__)

CLAIM = timedelta(minutes=5)
"""How long a claimed feed stays the claimer's; longer than any poll can take."""

LONGEST_WAIT = timedelta(hours=6)
"""The backoff of a failing feed is capped here: it is never given up."""

LONGEST_RETRY_AFTER = timedelta(hours=24)
"""A server that asks to be left alone for longer than this is asked again all the same."""

_JITTER = 0.1
_OLDEST_CREDIBLE = date(1990, 1, 1)


@dataclass(frozen=True)
class Failure:
    """Why a feed could not be read: a kind for statistics, a sentence with its remedy for people."""

    kind: str
    sentence: str
    retry_after: datetime | None = None


@dataclass(frozen=True)
class Reading:
    """What one attempt brought: a failure, or the answer with its items (None: unchanged since the last read)."""

    started_at: datetime
    failure: Failure | None = None
    fetched: Fetched | None = None
    parsed: Parsed | None = None


@dataclass(frozen=True)
class Arrival:
    """A feed item as a release: what its guid named before, whether its words are new, and what they say then."""

    item: Item
    release: Release
    known: Named | None
    news: bool
    sightings: Sequence[Sighting]


def poll_feed(store: Store, feed: Feed, detect: Detect, clock: Callable[[], datetime]) -> PollRow:
    """Poll one feed now and keep what it brought, in one transaction, whatever happened.

    `clock` gives the UTC instant. A failure of the feed is an outcome, not an exception. Raises StoreError.
    """
    with store.reading() as db:
        health = db.feeds.get(feed.slug)
        known = db.feeds.names(feed.slug)
    reading = attempt(feed, health, started_at=clock())
    ended_at = clock()
    arrivals = _arrivals(feed, reading.parsed, known, detect, ended_at) if reading.parsed else []
    with store.writing() as db:
        if reading.failure:
            row = _keep_failure(db, feed, health, reading, ended_at)
        else:
            row = _keep_reading(db, feed, health, reading, arrivals, ended_at)
        db.feeds.add_poll(row)
        db.record.bump("polls")
    _report(row)
    return row


def attempt(feed: Feed, health: FeedHealth, *, started_at: datetime) -> Reading:
    """Fetch and parse; every way in which a feed can fail becomes a `Failure`. No transaction is open here."""
    try:
        fetched = fetch(
            feed.url, etag=health.etag, last_modified=health.last_modified, allow_private=feed.allow_private
        )
        if fetched.status == 304:
            return Reading(started_at, fetched=fetched)
        parsed = parse(
            fetched.body, content_type=fetched.content_type, base_url=fetched.final_url, timezone=feed.timezone
        )
    except FetchFailed as failed:
        return Reading(started_at, Failure(failed.kind, str(failed), failed.retry_after))
    except NotAFeed as wrong:
        return Reading(started_at, Failure("not-a-feed", str(wrong)))
    except Exception as error:
        # The edge of a poll: a defect of ours must show on the feed, and must not stop the others.
        log.exception("poll of %s failed unexpectedly", feed.slug)
        return Reading(started_at, Failure("defect", f"Reading it failed inside Open Lines ({type(error).__name__})."))
    return Reading(started_at, fetched=fetched, parsed=parsed)


def next_poll(feed: Feed, now: datetime, *, failures: int = 0, retry_after: datetime | None = None) -> datetime:
    """When to ask again: after the feed's interval, doubled with each failure up to a cap, never before `retry_after`.

    A tenth of the wait is spread by the feed's name and the time, so that feeds do not all come due at once.
    """
    wait = timedelta(seconds=feed.every)
    if failures:
        wait = min(wait * 2 ** min(failures - 1, 16), max(wait, LONGEST_WAIT))
    spread = zlib.crc32(f"{feed.slug} {now:%Y-%m-%dT%H:%M}".encode()) / 2**32
    due = now + wait * (1 - _JITTER / 2 + _JITTER * spread)
    return max(due, min(retry_after, now + LONGEST_RETRY_AFTER)) if retry_after else due


def release_of(feed: Feed, item: Item, now: datetime) -> Release:
    """A feed item as a release. One without a credible date counts as published on the day it was first seen."""
    zone = ZoneInfo(feed.timezone)
    published = now.astimezone(zone).date()
    if item.published and item.published <= now + timedelta(days=1):
        told = item.published.astimezone(zone).date()
        published = told if told >= _OLDEST_CREDIBLE else published
    return Release(
        id=None,
        side=feed.side,
        lang=feed.lang,
        publisher=feed.publisher,
        title=item.title,
        summary=item.summary,
        published=published,
        url=item.url,
        feed=feed.slug,
    )


def _arrivals(feed: Feed, parsed: Parsed, known: Mapping[str, Named], detect: Detect, now: datetime) -> list[Arrival]:
    arrivals = []
    for item in parsed.items:
        release = release_of(feed, item, now)
        named = known.get(item.guid)
        news = named is None or named.fingerprint != release.fingerprint
        arrivals.append(Arrival(item, release, named, news, detect(release) if news else ()))
    return arrivals


def _keep_failure(db: Subjects, feed: Feed, health: FeedHealth, reading: Reading, now: datetime) -> PollRow:
    failure = reading.failure
    due = next_poll(feed, now, failures=health.failures + 1, retry_after=failure.retry_after)
    db.feeds.record_fault(feed.slug, next_poll=due, kind=failure.kind, fault=failure.sentence)
    return PollRow(feed.slug, reading.started_at, now, "failed", failure.sentence)


def _keep_reading(
    db: Subjects, feed: Feed, health: FeedHealth, reading: Reading, arrivals: Sequence[Arrival], now: datetime
) -> PollRow:
    addresses = Counter(canonical_url(arrival.item.url) for arrival in arrivals if arrival.item.url)
    beside = {arrival.item.guid for arrival in arrivals}
    fresh = revised = sightings = 0
    shown = []
    for arrival in arrivals:
        if not arrival.news:
            shown.append(Shown(arrival.known.release, arrival.item.published))
            continue
        address = canonical_url(arrival.item.url) if arrival.item.url else None
        kept = db.feeds.keep_release(
            arrival.release,
            guid=arrival.item.guid,
            canonical_url=address,
            address_is_identity=addresses[address] == 1,
            beside=beside,
            published_raw=arrival.item.published_raw,
            now=now,
        )
        shown.append(Shown(kept.id, arrival.item.published))
        fresh, revised = fresh + kept.fresh, revised + kept.revised
        if kept.fresh or kept.revised:
            sightings += take_in(db, arrival.release, kept, arrival.sightings, now=now)
    if reading.parsed and not reading.parsed.flaw:
        _keep_window(db, feed, shown, now)
    fetched, unchanged = reading.fetched, reading.parsed is None
    db.feeds.record_read(
        feed.slug,
        now=now,
        next_poll=next_poll(feed, now),
        etag=fetched.etag or (health.etag if unchanged else None),
        last_modified=fetched.last_modified or (health.last_modified if unchanged else None),
        moved_to=fetched.permanent_url,
        anything_new=bool(fresh),
    )
    return PollRow(
        feed.slug,
        reading.started_at,
        now,
        "unchanged" if unchanged else "read",
        status=fetched.status,
        items=len(arrivals),
        fresh=fresh,
        revised=revised,
        overlap=sum(arrival.known is not None for arrival in arrivals),
        sightings=sightings,
    )


def _keep_window(db: Subjects, feed: Feed, shown: Sequence[Shown], now: datetime) -> None:
    """Note what the publisher took out since the last good read, and what is shown now."""
    before = db.feeds.shown(feed.slug)
    db.feeds.note_gone(feed.slug, gone(before, shown), shown, now=now)
    if shown != before:
        db.feeds.set_shown(feed.slug, shown)


def _report(row: PollRow) -> None:
    seconds = (row.ended_at - row.started_at).total_seconds()
    if row.outcome == "failed":
        log.warning("poll of %s failed after %.1f s: %s", row.feed, seconds, row.fault)
    else:
        log.info(
            "poll of %s: %s, %d items, %d new, %d revised, %d sightings, %.1f s",
            *(row.feed, row.outcome, row.items, row.fresh, row.revised, row.sightings, seconds),
        )
