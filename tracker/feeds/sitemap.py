"""A sitemap (plain, or Google's for news) as a source of releases, where a publisher has nothing better."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote, urlsplit
from xml.etree.ElementTree import Element, ParseError, XMLParser

from tracker.feeds.address import canonical_url, http_link, same_host
from tracker.feeds.dates import read_date
from tracker.feeds.entry import MAX_DATE, MAX_ITEMS, MAX_TITLE, short_guid
from tracker.feeds.failure import FetchFailed, Kind, NotAFeed
from tracker.feeds.fetch import Fetched
from tracker.feeds.inflate import BadEncoding, TooLarge, inflate
from tracker.feeds.parse import HEAD, MAX_TAGS, Parsed, called, feed_begins, not_told, wall, words
from tracker.feeds.text import one_line
from tracker.model import Item
from tracker.tongue import to_keep

NEWS_WINDOW = timedelta(hours=48)
"""A sitemap for news names what came in the last two days, so that it is rightly empty after two quiet ones."""

MAX_PARTS = 3
"""Sitemaps of an index that are read: the newest."""

MAX_BYTES = 10_000_000
"""Bytes of a sitemap that is sent as a .gz file, inflated."""

_ROOT = re.compile(r"<(?:[\w.-]{1,40}:)?(urlset|sitemapindex)(?=[\s/>])")
_ROOT_WITHIN = 8_000
_NEWS = "/schemas/sitemap-news/"
_GZIP = b"\x1f\x8b"
_ENDING = re.compile(r"\.[A-Za-z]{2,5}$")
_JOINTS = re.compile(r"[-_+\s]+")
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_REMEDY = to_keep("Check the feed's url: a sitemap's first element is urlset or sitemapindex.")

Get = Callable[[str], Fetched]
"""Fetches a further address. Raises FetchFailed."""


@dataclass(frozen=True)
class _Entry:
    """A page, or a part of an index, with its date as written and as an instant."""

    url: str
    title: str
    raw: str
    date: datetime | None


def read_sitemap(fetched: Fetched, get: Get, *, timezone: str) -> Parsed:
    """The newest MAX_ITEMS pages of a sitemap, newest first; an item's identity is the canonical address of its page.

    Of an index the newest MAX_PARTS sitemaps are read with `get`, of its own host alone, and no index within it. A page
    without a title of its own is called by the last part of its address. `timezone` (IANA name) is that of dates that
    name none. Raises NotAFeed for what is no sitemap, and FetchFailed when no part of an index can be fetched.
    """
    kind, entries, news = _read(fetched, timezone)
    flaw = None
    if kind == "sitemapindex":
        parts = [entry.url for entry in _newest(entries) if same_host(entry.url, fetched.final_url)][:MAX_PARTS]
        entries, flaw, news = _parts(parts, get, timezone)
    if not entries and not (news and not flaw):
        raise NotAFeed(
            to_keep("The sitemap names no pages."),
            to_keep("Check the feed's url, or choose another source."),
            Kind.NO_ITEMS,
        )
    if entries and not any(entry.date for entry in entries):
        flaw = flaw or to_keep(
            "No entry of the sitemap has a date that can be read. Choose another source: order is by date."
        )
    ordered, left_out = _newest(entries), max(0, len(entries) - MAX_ITEMS)
    if left_out and ordered[0].date == ordered[MAX_ITEMS].date:
        flaw = flaw or not_told(len(entries))
    found: dict[str, Item] = {}
    for entry in ordered:
        item = _item(entry)
        found.setdefault(item.guid, item)
        if len(found) == MAX_ITEMS:
            break
    window = NEWS_WINDOW if news and not left_out and not flaw else None
    return Parsed("sitemap", "", tuple(found.values()), left_out, flaw, window=window)


def _parts(parts: Sequence[str], get: Get, timezone: str) -> tuple[list[_Entry], str | None, bool]:
    """The entries of an index's sitemaps, a flaw where one failed, and whether all are of news.

    Raises the failure when none can be read.
    """
    entries: list[_Entry] = []
    news = bool(parts)
    failures: list[FetchFailed | NotAFeed] = []
    for url in parts:
        try:
            kind, found, of_news = _read(get(url), timezone)
        except (FetchFailed, NotAFeed) as failed:
            failures.append(failed)
            continue
        entries += found if kind == "urlset" else ()
        news = news and of_news and kind == "urlset"
    if failures and len(failures) == len(parts):
        raise failures[0]
    if not failures:
        return entries, None, news
    return entries, to_keep("A sitemap of the index could not be read: %(failed)s", failed=failures[0]), news


def _read(fetched: Fetched, timezone: str) -> tuple[str, list[_Entry], bool]:
    """What the root element is, what it lists, and whether that is news, be it none.

    The prolog is cut off, and with it whatever it might declare.
    """
    text = words(_inflated(fetched.body), fetched.content_type)
    start = _ROOT.search(text, 0, _ROOT_WITHIN)
    if not start:
        raise _no_sitemap(text)
    if text.count("<") > MAX_TAGS:
        raise NotAFeed(
            to_keep("The sitemap holds more than %(max_tags)s tags.", max_tags=format(MAX_TAGS, ",")),
            to_keep("Choose its newest part, or a shorter one."),
        )
    parser = XMLParser()  # noqa: S314 - without a DOCTYPE there is nothing to expand
    try:
        parser.feed(text[start.start() :])
        root = parser.close()
    except ParseError as error:
        reason = str(error).partition(":")[0]
        raise NotAFeed(
            to_keep("The sitemap is not well-formed XML (%(reason)s).", reason=reason), to_keep("Tell the publisher.")
        ) from error
    entries = [entry for node in root if (entry := _entry(node, fetched.final_url, timezone))]
    of_news = _NEWS in text[start.start() : text.find(">", start.start())]
    return start[1], entries, of_news and bool(entries or not len(root))


def _inflated(body: bytes) -> bytes:
    if not body.startswith(_GZIP):
        return body
    try:
        return inflate([body], "gzip", MAX_BYTES)
    except TooLarge:
        remedy = to_keep("Choose its newest part, or a shorter one.")
        raise NotAFeed(
            to_keep("The sitemap is larger than %(number)s MB.", number=MAX_BYTES // 1_000_000), remedy, Kind.TOO_LARGE
        ) from None
    except BadEncoding as error:
        raise NotAFeed(
            to_keep("The sitemap could not be unpacked: %(error)s.", error=error), _REMEDY, Kind.BAD_ENCODING
        ) from error


def _entry(node: Element, base_url: str, timezone: str) -> _Entry | None:
    """None for one without an address. Of several dates the news's own counts, else the page's last change."""
    said = {"loc": "", "title": "", "publication_date": "", "lastmod": ""}
    for element in node.iter():
        namespace, _, name = str(element.tag).rpartition("}")
        if (
            name in said
            and not said[name]
            and "/sitemap-image/" not in namespace
            and "/sitemap-video/" not in namespace
        ):
            said[name] = one_line((element.text or "")[: 2 * MAX_TITLE])
    url = http_link(said["loc"], base_url)
    raw = (said["publication_date"] or said["lastmod"])[:MAX_DATE]
    return _Entry(url, said["title"], raw, read_date(raw, timezone)) if url else None


def _newest(entries: Sequence[_Entry]) -> list[_Entry]:
    """By date, newest first; those without one last, in their order."""
    return sorted(entries, key=lambda entry: entry.date or _LONG_AGO, reverse=True)


def _item(entry: _Entry) -> Item:
    title = (entry.title or _last_part(entry.url))[:MAX_TITLE]
    return Item(short_guid(canonical_url(entry.url)), entry.url, title, "", entry.date, entry.raw or None)


def _last_part(url: str) -> str:
    """Words from an address: https://x.example/2024/talks-held_again.html is “talks held again”."""
    parts = urlsplit(url)
    last = next((part for part in reversed(parts.path.split("/")) if part), parts.hostname or url)
    return one_line(_JOINTS.sub(" ", _ENDING.sub("", unquote(last)))) or url


def _no_sitemap(text: str) -> NotAFeed:
    if feed_begins(text):
        return NotAFeed(
            to_keep("This address is a feed, not a sitemap."), to_keep("Write kind: feed."), Kind.WRONG_KIND
        )
    looks, remedy, kind = wall(text[:HEAD]) or ("", _REMEDY, Kind.NOT_A_FEED)
    return NotAFeed(
        to_keep("The answer%(called)s is not a sitemap.", called=called(text[:HEAD])) + looks,
        remedy,
        kind,
    )
