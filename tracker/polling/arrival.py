"""The items of a feed as releases that arrive: which of them bring news, in what words, and what these say."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from db.pages import Waiting
from db.releases import Named
from tracker.feeds.address import canonical_url
from tracker.feeds.language import spoken
from tracker.model import Feed, Item, Release, Sighting
from tracker.polling.full_text import NOT_YET, PAGES_AT_ONCE, FetchPage, Read, keeping_words, read_full
from tracker.releases.study import Detect, Studied, study

_OLDEST_CREDIBLE = datetime(1990, 1, 1, tzinfo=UTC)

_at_the_processor = threading.Lock()
"""Threads that need nothing but the processor only keep each other from it, and those that answer servers."""


@dataclass(frozen=True)
class Arrival:
    """A feed item as a release: what its guid named before, whether its words are new, and what they say then.

    `release` has the item's own words, `item_hash` their fingerprint, `address` its own canonical one; `page`: what was
    read of its page, where the feed asks so. `studied` is of the fullest words; None where nothing is new.
    """

    item: Item
    release: Release
    item_hash: str
    address: str | None
    known: Named | None
    news: bool
    page: Read | None = None
    studied: Studied | None = None

    @property
    def fullest(self) -> Release:
        return self.page.release if self.page else self.release

    @property
    def may_be_another(self) -> bool:
        """Whether its words are not those that its guid named before, and no address says that it is the same."""
        return bool(self.news and self.known and (self.address is None or self.address != self.known.address))


@dataclass(frozen=True)
class LatePage:
    """A page that could not be read when its release came, read now."""

    waiting: Waiting
    page: Read
    sightings: Sequence[Sighting]


def release_of(feed: Feed, item: Item, now: datetime) -> Release:
    """A feed item as a release. One without a credible date counts as published on the day it was first seen.

    Its language is the feed's, unless its own words clearly are in the other one.
    """
    zone = ZoneInfo(feed.timezone)
    published = item.published if credible(item.published, now) else now
    return Release(
        id=None,
        side=feed.side,
        lang=spoken(f"{item.title} {item.summary}", feed.lang),
        publisher=feed.publisher,
        title=item.title,
        summary=item.summary,
        published=published.astimezone(zone).date(),
        url=item.url,
        feed=feed.slug,
    )


def credible(published: datetime | None, now: datetime) -> bool:
    """Whether an item's date was read, and may be true: not of the days to come, nor of before there were feeds."""
    return published is not None and _OLDEST_CREDIBLE <= published <= now + timedelta(days=1)


def arrivals_of(feed: Feed, items: Iterable[Item], named: Mapping[str, Named], now: datetime) -> list[Arrival]:
    """The items as they arrive; `named`: what their guids name already."""
    arrivals = []
    for item in items:
        release, known = release_of(feed, item, now), named.get(item.guid)
        news = known is None or known.fingerprint != release.fingerprint
        arrivals.append(Arrival(item, release, release.fingerprint, _own_address(item), known, news))
    return arrivals


def _own_address(item: Item) -> str | None:
    """The canonical address of the item's page; the first page of a site is none of its own."""
    address = canonical_url(item.url) if item.url else None
    return address if address and _BELOW_FRONT.search(address) else None


_BELOW_FRONT = re.compile(r"//[^/?]+[/?]")


def with_pages(
    arrivals: Sequence[Arrival], fetch_page: FetchPage, kept_summary: Callable[[str], str], now: datetime
) -> list[Arrival]:
    """The arrivals, those that are new with the words of their pages, as far as these can be read in one poll.

    After a page that had no turn at its host the others wait too: each might take as long to find none.
    `kept_summary` gives the summary that is kept of an item, by its guid.
    """
    told, left = [], PAGES_AT_ONCE
    for arrival in arrivals:
        if arrival.news and arrival.release.url:
            page = read_full(arrival.release, fetch_page, now) if left else _not_yet(arrival.release)
            left = max(left - 1, 0) if page.tried else 0
            if arrival.known:
                page = keeping_words(page, kept_summary(arrival.item.guid))
            arrival = replace(arrival, page=page)
        told.append(arrival)
    return told


def _not_yet(release: Release) -> Read:
    return Read(release, fault=NOT_YET, tried=False)


def pages_left(arrivals: Sequence[Arrival]) -> int:
    """How many more pages may be read in the same poll; none after one that had no turn."""
    pages = [arrival.page for arrival in arrivals if arrival.page]
    return max(PAGES_AT_ONCE - len(pages), 0) if all(page.tried for page in pages) else 0


def late_pages(waiting: Sequence[Waiting], fetch_page: FetchPage, detect: Detect, now: datetime) -> list[LatePage]:
    """Pages that are waited for, as they can be read now; after one that had no turn at its host the rest wait on."""
    late = []
    for one in waiting:
        page = read_full(one.release, fetch_page, now)
        late.append(LatePage(one, page, detect(page.release) if page.copy else ()))
        if not page.tried:
            break
    return late


def studied(arrivals: Sequence[Arrival], detect: Detect) -> list[Arrival]:
    """The arrivals, those that bring news with what is made of them."""
    with _at_the_processor:
        return [replace(a, studied=study(a.fullest, detect)) if a.news else a for a in arrivals]
