"""A person's word on a feed: add one, change or remove one that was added, pause it, resume it, poll it now.

Each is one transaction, the same for the command line and the pages. All raise StoreError, and NotFound for a feed that
there is not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from config.errors import suggest
from db.added import AddedEntry
from db.feeds import FeedHealth
from db.store import Subjects
from tracker.added import feed_from, same_address
from tracker.errors import Conflict, NotFound, Refused
from tracker.feeds.address import canonical_url
from tracker.model import Feed
from tracker.scheduler import LATE, LEASE
from tracker.service import Service
from tracker.tongue import gettext, msg, retold
from tracker.wording import instant_words

LONGEST_REASON = 300
"""Characters of the reason of a pause."""

STAYS = ("slug", "side", "kind")
"""What a change leaves as it was: other words there would make another source of it."""


def add(service: Service, entry: Mapping[str, Any], *, relationship: str | None, by: str) -> Feed:
    """Have a further feed polled from the next tick on, in every process: an entry as feeds.yaml would have it.

    Raises Refused that names the field, and Conflict for a name or an address that another feed has.
    """
    feed = feed_from(entry, relationship, service.packs)
    with service.store.writing() as db:
        _check_free(feed, service.polled(db), taken=db.added.get(feed.slug) is not None)
        before = db.feeds.get(feed.slug)
        if before and canonical_url(before.url) != canonical_url(feed.url):
            raise Conflict(
                gettext("%(slug)s was another source, whose releases keep the name.", slug=feed.slug),
                gettext("Choose another short name."),
                field="slug",
            )
        db.added.add(feed.relationship, entry, by=by, now=service.clock())
        service.take_over_feeds(db)
        if before and before.paused:
            db.feeds.resume(feed.slug, now=service.clock(), by=by)
        db.feeds.make_due(feed.slug, now=service.clock())
    return feed


def change(service: Service, slug: str, entry: Mapping[str, Any], *, version: int, by: str) -> Feed:
    """Poll an added feed by another entry from the next tick on; its name, its side and its kind stay.

    Raises as `add` does, and Conflict where somebody changed or removed it since that version.
    """
    with service.store.writing() as db:
        standing = _standing(db, slug, version)
        fixed = {key: standing.entry[key] for key in STAYS}
        feed = feed_from({**entry, **fixed}, standing.relationship, service.packs)
        configured = {one.slug for one in service.feeds}
        others = {one.slug: one for one in service.polled(db).values() if one.slug != slug or slug in configured}
        _check_free(feed, others)
        db.added.change(feed.relationship, {**entry, **fixed}, by=by, now=service.clock())
        service.take_over_feeds(db)
        db.feeds.make_due(slug, now=service.clock())
    return feed


def remove(service: Service, slug: str, *, version: int | None = None, by: str) -> None:
    """Poll an added feed no more; its releases and its history stay. Raises Conflict as `change` does."""
    with service.store.writing() as db:
        db.added.remove(_standing(db, slug, version), by=by, now=service.clock())
        service.take_over_feeds(db)


def pause(service: Service, slug: str, *, by: str, because: str | None) -> None:
    """Poll a feed no more until it is resumed. Raises Conflict where it is paused already: its reason stays; Refused
    for a reason that is too long.
    """
    because = " ".join((because or "").split()) or None
    if because and len(because) > LONGEST_REASON:
        raise Refused(
            gettext("The reason has %(number)s characters.", number=len(because)),
            gettext("Write %(longest_reason)s at most.", longest_reason=LONGEST_REASON),
            field="because",
        )
    with service.store.writing() as db:
        feed = known(db, slug)
        if feed.paused:
            raise Conflict(
                gettext("%(slug)s is paused already, by %(by)s.", slug=slug, by=feed.paused.by),
                gettext("Resume it first."),
            )
        db.feeds.pause(slug, now=service.clock(), by=by, because=because)
        db.record.bump("polls")


def resume(service: Service, slug: str, *, by: str) -> FeedHealth:
    """Have a paused feed polled again, at the next tick; answers it as it was.

    Raises Conflict for one that is not paused.
    """
    with service.store.writing() as db:
        feed = known(db, slug)
        if not feed.paused:
            raise Conflict(
                gettext("%(slug)s is not paused.", slug=slug), gettext("python -m tracker feeds says how it is.")
            )
        db.feeds.resume(slug, now=service.clock(), by=by)
        db.feeds.make_due(slug, now=service.clock())
        db.record.bump("polls")
    return feed


def poll_now(service: Service, slug: str, *, by: str) -> FeedHealth:
    """Have a feed polled at the next tick, whatever its backoff; answers it as it was. A host that asked to be left
    alone still is.

    Raises Conflict for one that is not polled at all.
    """
    with service.store.writing() as db:
        feed = known(db, slug)
        if not feed.enabled:
            raise Conflict(
                gettext(
                    "%(slug)s is not polled: %(detail)s",
                    slug=slug,
                    detail=retold(gettext(feed.reason or msg("it is disabled."))),
                ),
                gettext("Enable it in feeds.yaml first."),
            )
        if feed.paused:
            raise Conflict(
                gettext("%(slug)s is paused.", slug=slug),
                gettext("python -m tracker feeds resume %(slug)s has it polled now.", slug=slug),
            )
        db.feeds.hurry(slug, now=service.clock(), by=by)
        db.record.bump("polls")
    return feed


def ticks(service: Service) -> bool:
    """Whether some scheduler ticks, in this process or another."""
    with service.store.reading() as db:
        tick = db.feeds.last_tick(LEASE)
    return tick is not None and service.clock() - tick <= LATE


def _check_free(feed: Feed, others: Mapping[str, Feed], *, taken: bool = False) -> None:
    """Raises Conflict where another feed has the name, or it is `taken`, or another reads the address."""
    if taken or feed.slug in others:
        raise Conflict(
            gettext("There is a source %(slug)s already.", slug=feed.slug),
            gettext("Choose another short name; one that stands in feeds.yaml is changed there."),
            field="slug",
        )
    if twin := same_address(feed.url, others.values()):
        raise Conflict(
            gettext("This address is a source already, as %(slug)s.", slug=twin.slug),
            gettext("Change that one, or write another address."),
            field="url",
        )


def _standing(db: Subjects, slug: str, version: int | None) -> AddedEntry:
    standing = db.added.get(slug)
    if standing is None:
        known(db, slug)
        raise Conflict(
            gettext("%(slug)s is no source that was added here.", slug=slug),
            gettext("What stands in feeds.yaml is changed there."),
        )
    if version not in (None, standing.version):
        raise Conflict(
            gettext("%(name)s changed it on %(instant)s.", name=standing.by, instant=instant_words(standing.at)),
            gettext("Nothing of yours was stored; look at it as it stands now."),
        )
    return standing


def known(db: Subjects, slug: str) -> FeedHealth:
    """The feed of that slug as the database has it, enabled or not. Raises NotFound with the one that may be meant."""
    feed = db.feeds.get(slug)
    if feed is None:
        slugs = [feed.slug for feed in db.feeds.all()]
        raise NotFound(
            gettext("There is no feed %(slug)s;", slug=repr(slug)),
            suggest(slug, slugs, gettext("python -m tracker feeds lists them.")),
        )
    return feed
