"""A publisher's HTML page that lists its releases, read by the selectors that its feeds.yaml entry gives."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import datetime

import soupsieve
from bs4 import BeautifulSoup, Tag

from tracker.feeds.address import canonical_url, http_link
from tracker.feeds.dates import read_date, read_in_form
from tracker.feeds.entry import MAX_DATE, MAX_ITEMS, MAX_TITLE, short_guid
from tracker.feeds.failure import Kind, NotAFeed
from tracker.feeds.parse import HEAD, Parsed, called, feed_begins, wall, words
from tracker.feeds.text import one_line, plain
from tracker.model import Item, Selectors
from tracker.tongue import to_keep

MAX_CHARACTERS = 2_000_000
MAX_TAGS = 30_000
"""Bounds of one page; a list of five hundred releases needs half of these tags."""

MANY_LINKS = 30
"""So many links no page has that keeps robots out or asks for a password."""

_AROUND = " \t()[]{}<>|·•:：,、。-–—（）【】〔〕［］「」"
_YEARLESS = re.compile(r"(?=.*\d)(?!.*\d{4}).*", re.DOTALL)
_CHECK_SELECT = to_keep("The site may have been rebuilt: open the url and write the new selectors under select.")


def read_listing(
    body: bytes,
    *,
    content_type: str | None,
    base_url: str,
    select: Selectors,
    date_format: str | None,
    timezone: str,
    older: str | None = None,
) -> Parsed:
    """The releases that a page lists, in its order, each once; an item's identity is the canonical address of its page.

    Dates are read in `date_format` (strptime's), or as feeds write them without one; `timezone` (IANA name) is that of
    dates that name none. When none can be read, `flaw` says so. `older` selects the link to the page with older
    releases. Raises NotAFeed for a page that lists nothing by these selectors.
    """
    text = words(body, content_type)
    page = _page(text)
    base = page.find("base", href=True)
    base_url = http_link(base["href"], base_url) or base_url if base else base_url
    rows = _rows(page, select.item)
    if not rows:
        raise _lists_nothing(page, text[:HEAD], select.item)
    found = {item.guid: item for item in reversed(list(_items(rows, base_url, select, date_format, timezone)))}
    if not found:
        raise NotAFeed(
            to_keep(
                "The page has %(number)s items “%(item)s”, and none of them holds a link “%(link)s” to a page.",
                number=len(rows),
                item=select.item,
                link=select.link,
            ),
            _CHECK_SELECT,
            Kind.NO_ITEMS,
        )
    items = tuple(reversed(found.values()))
    flaw = _flaw(items, select, date_format)
    return Parsed("listing", plain(str(page.title or "")), items, flaw=flaw, older=_older(page, older, base_url))


def _older(page: BeautifulSoup, selector: str | None, base_url: str) -> str | None:
    link = soupsieve.select_one(selector, page) if selector else None
    return http_link(_href(link), base_url) if link else None


def _page(text: str) -> BeautifulSoup:
    if feed_begins(text):
        raise NotAFeed(
            to_keep("This address is a feed, not a page."),
            to_keep("Write kind: feed and drop select."),
            Kind.WRONG_KIND,
        )
    if len(text) > MAX_CHARACTERS:
        raise NotAFeed(
            to_keep(
                "The page is longer than %(max_characters)s characters.", max_characters=format(MAX_CHARACTERS, ",")
            ),
            to_keep("Choose a shorter list."),
        )
    if text.count("<") > MAX_TAGS:
        raise NotAFeed(
            to_keep("The page holds more than %(max_tags)s tags.", max_tags=format(MAX_TAGS, ",")),
            to_keep("Choose a shorter list."),
        )
    return BeautifulSoup(text, "lxml")


def _rows(page: BeautifulSoup, selector: str) -> list[Tag]:
    """The outermost elements that match: what lies within an item belongs to it, so no part of a page is read twice."""
    rows: list[Tag] = []
    inside: set[int] = set()
    for element in soupsieve.iselect(selector, page):
        if id(element) in inside:
            continue
        rows.append(element)
        inside.update(id(tag) for tag in element.find_all(True))
        if len(rows) == MAX_ITEMS:
            break
    return rows


def _items(rows: list[Tag], base_url: str, select: Selectors, date_format: str | None, timezone: str) -> Iterator[Item]:
    for row in rows:
        link = _first(row, select.link)
        url = http_link(_href(link), base_url) if link else None
        if not url:
            continue
        date = _first(row, select.date) if select.date else row
        title = _title(_first(row, select.title) or link, date)
        if not title:
            continue
        raw, published = _date(date, title, date_format, timezone) if date else (None, None)
        yield Item(short_guid(canonical_url(url)), url, title, "", published, raw)


def _first(row: Tag, selector: str) -> Tag | None:
    """The first element of the row that matches; the row itself may."""
    return row if soupsieve.match(selector, row) else soupsieve.select_one(selector, row)


def _href(link: Tag) -> str | None:
    anchor = link if link.get("href") else link.find("a", href=True)
    return anchor["href"] if anchor else None


def _title(element: Tag, date: Tag | None) -> str:
    """The element's words without the date, which may stand within it; those cut to fit are whole in its `title`."""
    if date and any(parent is element for parent in date.parents):
        date.extract()
    shown = one_line(plain(str(element)))
    whole = one_line(plain(str(element.get("title", ""))))
    cut = shown.rstrip(".…").rstrip()
    return (whole if not shown or (cut != shown and whole.startswith(cut)) else shown)[:MAX_TITLE]


def _date(element: Tag, title: str, date_format: str | None, timezone: str) -> tuple[str | None, datetime | None]:
    """The date as written, and as an instant. In an element that holds the title too, it stands beside that."""
    machine = element if element.get("datetime") else element.find("time", datetime=True)
    if machine:
        raw = one_line(plain(machine["datetime"]))[:MAX_DATE]
        if published := read_date(raw, timezone):
            return raw, published
    raw = one_line(plain(str(element))).replace(title, " ", 1).strip()[-MAX_DATE:]
    if date_format:
        return raw or None, read_in_form(raw, date_format, timezone)
    return raw or None, read_date(unicodedata.normalize("NFKC", raw).strip(_AROUND), timezone)


def _flaw(items: tuple[Item, ...], select: Selectors, date_format: str | None) -> str | None:
    if any(item.published for item in items):
        return None
    shown = next((item.published_raw for item in items if item.published_raw), None)
    if not shown:
        where = (
            to_keep("nothing matches select.date “%(selector)s”", selector=select.date)
            if select.date
            else to_keep("no item holds a date")
        )
        return _undated(where, to_keep("Open the url and write where the date stands under select.date."))
    if not date_format and _YEARLESS.fullmatch(shown):
        return _undated(
            to_keep("the page writes “%(shown)s”, which names no year", shown=shown[:60]),
            to_keep("Write under select.date where the year stands too, or use a feed or sitemap of the site."),
        )
    form = (
        to_keep(
            "the page writes “%(shown)s”, and date_format “%(form)s” does not fit", shown=shown[:60], form=date_format
        )
        if date_format
        else to_keep("the page writes “%(shown)s”, and it needs a date_format", shown=shown[:60])
    )
    return _undated(form, to_keep("Correct date_format or select.date."))


def _undated(why: str, remedy: str) -> str:
    return " ".join((to_keep("No date could be read: %(why)s.", why=why), remedy))


def _lists_nothing(page: BeautifulSoup, head: str, selector: str) -> NotAFeed:
    # A page full of links is the site itself, though its head may offer to sign in.
    before = wall(head) if len(page.find_all("a", href=True, limit=MANY_LINKS)) < MANY_LINKS else None
    looks, remedy, kind = before or ("", _CHECK_SELECT, Kind.NO_ITEMS)
    return NotAFeed(
        to_keep(
            "The page%(called)s holds nothing that select.item “%(selector)s” matches.",
            called=called(head),
            selector=selector,
        )
        + looks,
        remedy,
        kind,
    )
