"""What an address is good for as a source: read as it would be polled, and described as it would be configured."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from tracker.feeds.confined import Unreadable, confined
from tracker.feeds.failure import FetchFailed, NotAFeed
from tracker.feeds.fetch import Fetched, fetch
from tracker.feeds.language import language
from tracker.feeds.parse import Parsed, words
from tracker.feeds.propose import named_feeds, propose
from tracker.feeds.source import read_source, same_host
from tracker.model import Feed
from tracker.tongue import to_keep

T = TypeVar("T")

Fetch = Callable[..., Fetched]
"""As `tracker.feeds.fetch.fetch`, perhaps with a contact, hosts or a deadline given."""

MOST_FEEDS = 3
"""Feeds that are tried of those that a page names."""


@dataclass(frozen=True)
class Found:
    """A source as it could be configured, what one poll of it reads, and in sentences how it was found."""

    feed: Feed
    parsed: Parsed
    notes: tuple[str, ...]


def check(draft: Feed, *, as_listing: bool = False, fetch: Fetch = fetch) -> Found:
    """Fetch the draft's url and find out its kind, selectors and language: a feed, one that the page names, or a list.

    An empty `lang` is filled in. `as_listing`: read the page itself, even if it names a feed. A draft with selectors is
    read by these. Raises FetchFailed and NotAFeed.
    """
    fetched = fetch(draft.url, allow_private=draft.allow_private)
    notes = (
        (to_keep("The address has moved for good to %(permanent_url)s.", permanent_url=fetched.permanent_url),)
        if fetched.permanent_url
        else ()
    )
    draft = replace(draft, url=fetched.permanent_url or draft.url)
    if draft.select:
        return _read(draft, fetched, notes, fetch)
    try:
        return _feed_or_sitemap(draft, fetched, notes, fetch)
    except NotAFeed as wrong:
        page = words(fetched.body, fetched.content_type)
        urls = [] if as_listing else _seen_on(page, named_feeds, fetched.final_url)[:MOST_FEEDS]
        return _from_page(draft, fetched, page, urls, notes, wrong, fetch)


def _feed_or_sitemap(draft: Feed, fetched: Fetched, notes: tuple[str, ...], fetch: Fetch) -> Found:
    """Raises NotAFeed, which says what it is instead of a feed."""
    try:
        return _read(replace(draft, kind="feed"), fetched, notes, fetch)
    except NotAFeed as wrong:
        try:
            return _read(replace(draft, kind="sitemap"), fetched, notes, fetch)
        except NotAFeed:
            raise wrong from None


def _from_page(
    draft: Feed,
    fetched: Fetched,
    page: str,
    urls: list[str],
    notes: tuple[str, ...],
    wrong: NotAFeed,
    fetch: Fetch,
) -> Found:
    """The first of the feeds that the page names which has items, else the page's own list. Raises NotAFeed."""
    for url in urls:
        private = draft.allow_private and same_host(url, fetched.final_url)
        feed = replace(draft, kind="feed", url=url, allow_private=private)
        try:
            named = (*notes, to_keep("The address is a page; it names %(url)s.", url=url))
            found = _read(feed, fetch(url, allow_private=private), named, fetch)
            if found.parsed.items:
                return found
            notes += (to_keep("The page names %(url)s, a feed without items.", url=url),)
        except (FetchFailed, NotAFeed) as failed:
            notes += (
                to_keep("The page names %(url)s, which cannot be read as a feed: %(failed)s", url=url, failed=failed),
            )
    proposal = _seen_on(page, propose)
    if proposal is None:
        told = " ".join((wrong.sentence, *notes, to_keep("Nothing on it looks like a list of releases.")))
        raise NotAFeed(told, wrong.remedy, wrong.kind)
    feed = replace(draft, kind="listing", select=proposal.select, date_format=proposal.date_format, full_text=True)
    return _read(
        feed, fetched, (*notes, to_keep("The address is a page, to be read by the selectors of its list.")), fetch
    )


def _seen_on(page: str, look: Callable[..., T], *args: str) -> T:
    """What a look at the page finds. Raises NotAFeed for one that is too much to look at."""
    try:
        return confined(look, page, *args)
    except Unreadable as why:
        raise NotAFeed(
            to_keep("Reading the page %(why)s.", why=why),
            to_keep("Write its selectors by hand, or choose a simpler page."),
        ) from why


def _read(feed: Feed, fetched: Fetched, notes: tuple[str, ...], fetch: Fetch) -> Found:
    parsed = read_source(feed, fetched, partial(fetch, allow_private=feed.allow_private))
    spoken = Counter(language(f"{item.title} {item.summary}") for item in parsed.items)
    lang = feed.lang or max(spoken, key=spoken.__getitem__, default="en")
    return Found(replace(feed, lang=lang), parsed, (*notes, parsed.flaw) if parsed.flaw else notes)
