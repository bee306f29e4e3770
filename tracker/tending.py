"""A person's word on when a feed is polled: pause it, resume it, poll it at the next tick.

Each is one transaction, the same for the command line and the pages. All raise StoreError, and NotFound for a feed that
there is not.
"""

from __future__ import annotations

from config.errors import suggest
from db.feeds import FeedHealth
from db.store import Subjects
from tracker.errors import Conflict, NotFound
from tracker.scheduler import LATE, LEASE
from tracker.service import Service


def pause(service: Service, slug: str, *, by: str, because: str | None) -> None:
    """Poll a feed no more until it is resumed. Raises Conflict where it is paused already: its reason stays."""
    with service.store.writing() as db:
        feed = known(db, slug)
        if feed.paused:
            raise Conflict(f"{slug} is paused already, by {feed.paused.by}.", "Resume it first.")
        db.feeds.pause(slug, now=service.clock(), by=by, because=because)
        db.record.bump("polls")


def resume(service: Service, slug: str, *, by: str) -> FeedHealth:
    """Have a paused feed polled again, at the next tick; answers it as it was.

    Raises Conflict for one that is not paused.
    """
    with service.store.writing() as db:
        feed = known(db, slug)
        if not feed.paused:
            raise Conflict(f"{slug} is not paused.", "python -m tracker feeds says how it is.")
        db.feeds.resume(slug, now=service.clock(), by=by)
        db.feeds.make_due(slug, now=service.clock())
        db.record.bump("polls")
    return feed


def poll_now(service: Service, slug: str, *, by: str) -> FeedHealth:
    """Have a feed polled at the next tick, whatever a backoff or its server asked for; answers it as it was.

    Raises Conflict for one that is not polled at all.
    """
    with service.store.writing() as db:
        feed = known(db, slug)
        if not feed.enabled:
            raise Conflict(
                f"{slug} is not polled: {feed.reason or 'it is disabled.'}", "Enable it in feeds.yaml first."
            )
        if feed.paused:
            raise Conflict(f"{slug} is paused.", f"python -m tracker feeds resume {slug} has it polled now.")
        db.feeds.hurry(slug, now=service.clock(), by=by)
        db.record.bump("polls")
    return feed


def ticks(service: Service) -> bool:
    """Whether some scheduler ticks, in this process or another."""
    with service.store.reading() as db:
        tick = db.feeds.last_tick(LEASE)
    return tick is not None and service.clock() - tick <= LATE


def known(db: Subjects, slug: str) -> FeedHealth:
    """The feed of that slug as the database has it, enabled or not. Raises NotFound with the one that may be meant."""
    feed = db.feeds.get(slug)
    if feed is None:
        slugs = [feed.slug for feed in db.feeds.all()]
        raise NotFound(f"There is no feed {slug!r};", suggest(slug, slugs, "python -m tracker feeds lists them."))
    return feed
