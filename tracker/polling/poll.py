"""One poll of one feed, from its address to its candidates, and the row that says how it went.

It has three parts: what is asked of the record before, what needs the network, and what is kept. So who polls many
feeds can have the first and the last of several in one transaction.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Container
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from functools import partial

from db.feeds import FeedHealth, PollRow
from db.store import Store, Subjects
from tracker.feeds.entry import by_itself
from tracker.feeds.failure import FetchFailed, NotAFeed
from tracker.feeds.fetch import Fetched, fetch
from tracker.feeds.hosts import host_of
from tracker.feeds.page import LIMITS as page_limits
from tracker.feeds.parse import Parsed
from tracker.feeds.robots import Robots
from tracker.feeds.source import read_source
from tracker.logs import during, new_id
from tracker.model import Feed
from tracker.polling.arrival import Arrival, LatePage, arrivals_of, late_pages, pages_left, studied, with_pages
from tracker.polling.full_text import PAGES_AT_ONCE, FetchPage
from tracker.polling.outcome import POSTPONED, Begun, Brought, Failure, Reading, keep
from tracker.releases.likeness import another
from tracker.releases.study import Detect
from tracker.tongue import to_keep

log = logging.getLogger(__name__)

CLAIM = timedelta(minutes=10)
"""How long a claimed feed stays the claimer's; longer than any poll can take."""

FULL_READ = timedelta(days=1)
"""How often a feed is asked for without a condition: a server may say "not modified" whatever it has to tell."""

Fetch = Callable[..., Fetched]
"""As `tracker.feeds.fetch.fetch`, perhaps with a contact and hosts given."""


def logged_as_poll_of(feed: str) -> AbstractContextManager[None]:
    """Lines that are logged within it bear the feed's slug, and an id that no other poll has."""
    return during(poll=new_id(), feed=feed)


def poll_feed(
    store: Store,
    feed: Feed,
    detect: Detect,
    clock: Callable[[], datetime],
    fetch: Fetch = fetch,
    robots: Robots | None = None,
) -> PollRow:
    """Poll one feed now and keep what it brought, in one transaction, whatever happened.

    `clock` gives the UTC instant; `fetch` asks the server, `robots` says which pages may be read. A failure of the feed
    is an outcome, not an exception. Where somebody else polled it meanwhile, nothing is kept: the outcome is
    `OVERTAKEN`; nor where no turn came at its host, which is `POSTPONED`. Raises StoreError.
    """
    with store.reading() as db:
        begun = begin(db, feed, db.feeds.get(feed.slug), clock())
    brought = read(store, begun, detect, clock, fetch, robots)
    with store.writing() as db:
        row = keep(db, brought)
    report(row)
    return row


def begin(db: Subjects, feed: Feed, health: FeedHealth, now: datetime) -> Begun:
    """What has to be known of a feed, beside how it stands, before it is read."""
    waiting = db.pages.waiting(feed.slug, now=now, most=PAGES_AT_ONCE) if feed.full_text else ()
    return Begun(feed, health, waiting)


def read(
    store: Store,
    begun: Begun,
    detect: Detect,
    clock: Callable[[], datetime],
    fetch: Fetch = fetch,
    robots: Robots | None = None,
) -> Brought:
    """All of a poll that needs the network and the processor; nothing is kept. No transaction is open meanwhile."""
    feed, started_at = begun.feed, clock()
    robots = robots or Robots(fetch)
    fetch_page = partial(_fetch_page, feed, fetch, robots)
    reading = attempt(
        feed, begun.health, fetch, fetch_page, robots, started_at=started_at, known=_Known(store, feed.slug)
    )
    arrivals = _arrivals(store, feed, reading.parsed, clock()) if reading.parsed else []
    late: list[LatePage] = []
    if feed.full_text and reading.failure is None:
        arrivals = with_pages(arrivals, fetch_page, partial(_kept_summary, store, feed.slug), clock())
        late = late_pages(begun.waiting[: pages_left(arrivals)], fetch_page, detect, clock())
    return Brought(begun, reading, clock(), studied(arrivals, detect), late)


def report(row: PollRow) -> None:
    """Log how a poll went."""
    seconds = (row.ended_at - row.started_at).total_seconds()
    if row.outcome == POSTPONED:
        log.info("poll of %s: postponed after %.1f s: %s", row.feed, seconds, row.fault)
    elif row.outcome == "failed":
        log.warning("poll of %s failed after %.1f s: %s", row.feed, seconds, row.fault)
    else:
        log.info(
            "poll of %s: %s, %d items, %d new, %d revised, %d sightings, %.1f s",
            *(row.feed, row.outcome, row.items, row.fresh, row.revised, row.sightings, seconds),
        )


def attempt(
    feed: Feed,
    health: FeedHealth,
    fetch: Fetch,
    fetch_page: FetchPage,
    robots: Robots,
    *,
    started_at: datetime,
    known: Container[str] = (),
) -> Reading:
    """Fetch and parse; every way in which a feed can fail becomes a `Failure`. No transaction is open here.

    `known`: guids of items that the feed has shown before, at which reading further back, by `fetch_page`, ends.
    """
    condition = {"etag": health.etag, "last_modified": health.last_modified}
    if health.lies or health.full_read is None or started_at - health.full_read >= FULL_READ:
        condition = {}
    try:
        # A feed is there for programs; a page only where its site says so.
        if feed.kind == "listing" and (ban := robots.forbids(feed.url, allow_private=feed.allow_private)):
            raise ban
        fetched = fetch(feed.url, allow_private=feed.allow_private, **condition)
        if fetched.status == 304:
            return Reading(started_at, fetched=fetched)
        parsed = read_source(feed, fetched, fetch_page, known)
    except FetchFailed as failed:
        return Reading(started_at, Failure(failed.kind, str(failed), failed.retry_after, failed.status))
    except NotAFeed as wrong:
        return Reading(started_at, Failure(wrong.kind, str(wrong), status=fetched.status))
    except Exception as error:
        # The edge of a poll: a defect of ours must show on the feed, and must not stop the others.
        log.exception("poll of %s failed unexpectedly", feed.slug)
        return Reading(
            started_at,
            Failure("defect", to_keep("Reading it failed inside Open Lines (%(name)s).", name=type(error).__name__)),
        )
    return Reading(started_at, fetched=fetched, parsed=parsed)


class _Known:
    """The guids that a feed has shown before; asked for one by one, since there are ever more of them."""

    def __init__(self, store: Store, feed: str) -> None:
        self._store, self._feed = store, feed

    def __contains__(self, guid: str) -> bool:
        with self._store.reading() as db:
            return bool(db.releases.named(self._feed, [guid]))


def _arrivals(store: Store, feed: Feed, parsed: Parsed, now: datetime) -> list[Arrival]:
    with store.reading() as db:
        named = db.releases.named(feed.slug, (item.guid for item in parsed.items))
    arrivals = arrivals_of(feed, parsed.items, named, now)
    addresses = Counter(arrival.address for arrival in arrivals)
    return [
        _by_itself(store, feed, arrival, now, address=addresses[arrival.address] == 1)
        if arrival.may_be_another
        else arrival
        for arrival in arrivals
    ]


def _by_itself(store: Store, feed: Feed, arrival: Arrival, now: datetime, *, address: bool) -> Arrival:
    """The arrival; known by its address, or title and date, where its guid names another release."""
    with store.reading() as db:
        if not another(arrival.release, db.releases.history(arrival.known.release).release):
            return arrival
        item = by_itself(arrival.item, address=address and arrival.address is not None)
        named = db.releases.named(feed.slug, [item.guid])
    (own,) = arrivals_of(feed, [item], named, now)
    return own


def _kept_summary(store: Store, feed: str, guid: str) -> str:
    with store.reading() as db:
        return db.releases.summary_of(feed, guid)


def _fetch_page(feed: Feed, fetch: Fetch, robots: Robots, url: str) -> Fetched:
    # What an item links to is its publisher's to say: only the feed's own host may be a private one.
    own = host_of(url) == host_of(feed.url)
    private = feed.allow_private and own
    if refusal := robots.refusal(url, allow_private=private):
        raise refusal
    return fetch(url, allow_private=private, limits=page_limits)
