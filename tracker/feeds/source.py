"""What a source's answer holds, by the kind of source; and the older pages of one that has them."""

from __future__ import annotations

import time
from collections.abc import Container
from dataclasses import replace

from tracker.feeds.address import is_template, page_address, same_host
from tracker.feeds.confined import Unreadable, confined
from tracker.feeds.failure import FetchFailed, Kind, NotAFeed
from tracker.feeds.fetch import Fetched
from tracker.feeds.listing import read_listing
from tracker.feeds.parse import Parsed, parse
from tracker.feeds.sitemap import Get, read_sitemap
from tracker.model import Feed, Item
from tracker.tongue import to_keep

PAGING = 120.0
"""Seconds after which no further page is asked for: a poll ends within the time for which it claims its feed."""

_END = frozenset({Kind.NOT_FOUND, Kind.GONE, Kind.NO_ITEMS})
"""What a page says that lies beyond the oldest."""


def read_source(feed: Feed, first: Fetched, get: Get, known: Container[str] = ()) -> Parsed:
    """What a source holds whose own address gave `first`.

    Of a source with several pages, older ones are read as long as none has shown a guid of `known`: usually that is the
    first, and after an outage the one where reading left off. A page that fails ends the reading and is told as a flaw.
    Raises NotAFeed when `first` cannot be read, and FetchFailed when all that it leads to fails.
    """
    if feed.kind == "sitemap":
        return read_sitemap(first, get, timezone=feed.timezone)
    parsed = _read(feed, first)
    items = {item.guid: item for item in parsed.items}
    seen, page, before = {first.final_url}, parsed, time.monotonic() + PAGING
    for number in range(2, feed.pages + 1):
        url = _older(feed, first.final_url, page, number)
        done = any(guid in known for guid in items) or time.monotonic() > before
        if done or not url or url in seen or not same_host(url, first.final_url):
            break
        seen.add(url)
        try:
            page = _read(feed, get(url))
        except (FetchFailed, NotAFeed) as failed:
            if failed.kind not in _END:
                parsed = replace(
                    parsed,
                    flaw=parsed.flaw
                    or to_keep("Older items are missing: %(url)s failed. %(failed)s", url=url, failed=failed),
                )
            break
        further = {item.guid: item for item in page.items if item.guid not in items}
        if not further:
            break
        items |= further
    return replace(parsed, items=_all(parsed, items))


def _read(feed: Feed, fetched: Fetched) -> Parsed:
    answer = {"content_type": fetched.content_type, "base_url": fetched.final_url, "timezone": feed.timezone}
    if feed.kind == "feed":
        return parse(fetched.body, **answer)
    link = None if is_template(feed.next) else feed.next
    try:
        return confined(
            read_listing, fetched.body, **answer, select=feed.select, date_format=feed.date_format, older=link
        )
    except Unreadable as why:
        raise NotAFeed(
            to_keep("Reading the page %(why)s.", why=why), to_keep("Choose a simpler list of the publisher's releases.")
        ) from why


def _older(feed: Feed, base_url: str, page: Parsed, number: int) -> str | None:
    if not is_template(feed.next):
        return page.older
    return page_address(feed.next, base_url, number)


def _all(parsed: Parsed, items: dict[str, Item]) -> tuple[Item, ...]:
    """The first page's items as they came, though two had one guid, and then the older ones."""
    first = {item.guid for item in parsed.items}
    return parsed.items + tuple(item for guid, item in items.items() if guid not in first)
