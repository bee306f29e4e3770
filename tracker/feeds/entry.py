"""From the words of one entry, however they were read, to an Item."""

from __future__ import annotations

import hashlib
import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from tracker.feeds.address import http_link
from tracker.feeds.dates import read_date
from tracker.feeds.text import one_line
from tracker.model import Item

MAX_ITEMS = 500
"""Entries of one document that are read: its newest."""

MAX_TITLE = 1_000
MAX_SUMMARY = 20_000
MAX_GUID = 500
MAX_DATE = 200

LITERAL = frozenset({"text", "text/plain"})
"""Types of an Atom text whose characters mean themselves."""

MARKUP = frozenset({"html", "xhtml", "text/html", "application/xhtml+xml"})
"""Types of an Atom text that holds markup; a text of any other type isn't read."""

_PAGES = MARKUP | {""}


@dataclass(frozen=True, slots=True)
class Raw:
    """An entry as its document has it: texts already plain, the title on one line, the rest as written. `bodies` in
    order of appearance.
    """

    guid: str
    link: str
    title: str
    bodies: tuple[str, ...]
    date: str


@dataclass(frozen=True, slots=True)
class Document:
    """What a reader found: the feed's title, its entries, and for how long the feed says that it stays good."""

    title: str
    entries: tuple[Raw, ...]
    good_for: timedelta = timedelta()


def choose_link(links: Iterable[tuple[str, str, str]], permanent_guid: str) -> str:
    """The page of an entry, from its links (rel, type, address) and its guid, if that claims to be an address too.

    A page is preferred to a document of another type; enclosures and comments are no page at all.
    """
    pages = [(kind, address) for rel, kind, address in links if rel == "alternate" and address]
    html = (address for kind, address in pages if kind in _PAGES)
    stand_in = permanent_guid if permanent_guid.lower().startswith(("http://", "https://")) else ""
    return next(html, pages[0][1] if pages else stand_in)


def newest(entries: Sequence[Raw], timezone: str) -> tuple[list[Raw], bool]:
    """The MAX_ITEMS newest of more entries, in their order, and whether their dates are sure to tell which these are.

    A document may have its oldest entry on top. What has no date may be new.
    """
    dates = [read_date(_date(raw), timezone) or _UNKNOWN for raw in entries]
    order = sorted(range(len(entries)), key=dates.__getitem__, reverse=True)
    sure = _UNKNOWN > dates[order[0]] > dates[order[MAX_ITEMS]]
    return [entries[place] for place in sorted(order[:MAX_ITEMS])], sure


_UNKNOWN = datetime.max.replace(tzinfo=UTC)


def items(entries: Iterable[Raw], *, base_url: str, timezone: str) -> tuple[Item, ...]:
    """The entries that say something, each once, in their order."""
    made = (_item(raw, base_url, timezone) for raw in entries)
    return _told_apart([item for item in made if item is not None])


def sharing(entries: Iterable[Raw]) -> int:
    """How many entries bear an id that others of another title, address or date bear too."""
    bearers: dict[str, set[tuple[str, str, str]]] = {}
    for raw in entries:
        if raw.guid:
            bearers.setdefault(raw.guid, set()).add((raw.title, raw.link, raw.date))
    return sum(len(those) for those in bearers.values() if len(those) > 1)


def by_itself(item: Item, *, address: bool = True) -> Item:
    """The item known by its `address`, or by its title and date, whatever guid it was given."""
    return replace(item, guid=_guid("", item.url if address else None, item.title, item.published_raw or ""))


def _told_apart(found: Iterable[Item]) -> tuple[Item, ...]:
    """The items, one that is listed twice once; those that share a guid known by themselves.

    Some feeds give each item the guid of the site, or its address and no guid.
    """
    once: dict[tuple[str | None, ...], Item] = {}
    for item in found:
        once.setdefault((item.guid, item.url, item.title, item.summary), item)
    guids, addresses = Counter(item.guid for item in once.values()), Counter(item.url for item in once.values())
    apart: dict[str, Item] = {}
    for item in once.values():
        own = item if guids[item.guid] == 1 else by_itself(item, address=addresses[item.url] == 1)
        apart.setdefault(own.guid, own)
    return tuple(apart.values())


def _item(raw: Raw, base_url: str, timezone: str) -> Item | None:
    """None for an entry without any words.

    The summary is the longest text that the entry has: where a feed gives both a teaser and the whole release, what
    matters may be in its last paragraph. Without a title, the summary's first words stand for it.
    """
    summary = max(raw.bodies, key=len, default="")[:MAX_SUMMARY]
    title = raw.title[:MAX_TITLE] or _opening(summary)
    if not title:
        return None
    url = http_link(raw.link, base_url)
    date = _date(raw)
    return Item(
        guid=_guid(one_line(raw.guid), url, title, date),
        url=url,
        title=title,
        summary=summary,
        published=read_date(date, timezone),
        published_raw=date or None,
    )


def _date(raw: Raw) -> str:
    return one_line(raw.date[:MAX_DATE])


def _opening(summary: str) -> str:
    """The first words of a text; a language without blanks is cut where the room ends."""
    first = one_line(summary)
    return textwrap.shorten(first, _OPENING, placeholder=" …") if " " in first[:_OPENING] else first[:_OPENING]


_OPENING = 100
"""Characters of a summary that stand for a title."""


def _guid(guid: str, url: str | None, title: str, date: str) -> str:
    """The entry's own identifier; else its address; else a hash of what tells it from others."""
    return short_guid(guid) if guid else url or _hash(f"{title}\n{date}")


def short_guid(guid: str) -> str:
    """The identifier itself, or a hash of one that is too long to keep."""
    return guid if len(guid) <= MAX_GUID else _hash(guid)


def _hash(text: str) -> str:
    return "sha256:" + hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
