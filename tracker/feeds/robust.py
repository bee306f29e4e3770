"""RSS and Atom that is not well-formed, read with feedparser; slow, so what is known to hold it up is refused."""

from __future__ import annotations

import io
import re
from typing import Any

import feedparser

from tracker.feeds.entry import LITERAL, MARKUP, Document, Raw, choose_link
from tracker.feeds.failure import NotAFeed
from tracker.feeds.freshness import good_for
from tracker.feeds.text import one_line, plain
from tracker.tongue import to_keep

MAX_CHARACTERS = 2_000_000
MAX_TAGS = 20_000
MAX_NAMESPACES = 100
MAX_TAG = 8_000
"""Characters of one start tag: the time that feedparser needs grows with the square of this."""

# A ">" within quotes doesn't end a tag; quotes are bounded so that unclosed ones can't make the search start over.
_TAG = re.compile(rf"""<[A-Za-z!?](?:[^<>"']|"[^"]{{0,{MAX_TAG}}}"|'[^']{{0,{MAX_TAG}}}')*+(?:[^<>]*+)""")
REMEDY = to_keep("Tell the publisher that the feed is no well-formed XML, or choose another feed.")


def read(text: str) -> Document:
    """The document that begins with its root element, as far as it can be made out.

    Raises NotAFeed, and whatever a lenient parser raises of what nobody foresaw: to be run confined.
    """
    burden = _burden(text)
    if burden:
        raise NotAFeed(to_keep("The feed is damaged, and %(burden)s: too much to be mended.", burden=burden), REMEDY)
    found = _parse(text)
    entries = found.entries
    if not entries and not found.feed.get("title"):
        raise NotAFeed(to_keep("The feed is damaged, and nothing of it could be made out."), REMEDY)
    atom = found.version.startswith("atom")
    return Document(
        one_line(_words(found.feed.get("title_detail"), atom)),
        tuple(_entry(entry, atom) for entry in entries),
        good_for(*(found.feed.get(name) or "" for name in ("ttl", "sy_updateperiod", "sy_updatefrequency"))),
    )


def _burden(text: str) -> str | None:
    """What would keep feedparser busy for longer than a feed is worth."""
    if len(text) > MAX_CHARACTERS:
        return to_keep("it is longer than %(number)s characters", number=format(MAX_CHARACTERS, ","))
    if text.count("<") > MAX_TAGS:
        return to_keep("it holds more than %(number)s tags", number=format(MAX_TAGS, ","))
    if text.count("xmlns") > MAX_NAMESPACES:
        return to_keep("it declares more than %(number)s namespaces", number=MAX_NAMESPACES)
    if any(len(tag[0]) > MAX_TAG for tag in _TAG.finditer(text)):
        return to_keep("it holds a tag of more than %(number)s characters", number=format(MAX_TAG, ","))
    return None


def _parse(text: str) -> feedparser.FeedParserDict:
    return feedparser.parse(
        io.BytesIO(text.encode("utf-8", "replace")),  # never a str: feedparser would take it for a file or address
        response_headers={"content-type": "application/xml; charset=utf-8"},
        sanitize_html=False,
        resolve_relative_uris=False,
    )


def _entry(entry: Any, atom: bool) -> Raw:
    guid = entry.get("id", "")
    links = [(link.get("rel", ""), link.get("type", ""), link.get("href", "")) for link in entry.get("links", ())]
    details = [entry.get("summary_detail"), *entry.get("content", ())]
    dates = (dict.get(entry, name) for name in ("published", "updated", "created"))
    return Raw(
        guid=guid,
        link=choose_link(links, guid if entry.get("guidislink") else ""),
        title=one_line(_words(entry.get("title_detail"), atom)),
        bodies=tuple(_words(detail, atom) for detail in details if detail),
        date=next((date for date in dates if date), ""),
    )


def _words(detail: Any, atom: bool) -> str:
    if not detail:
        return ""
    if not atom:
        return plain(detail["value"])
    if detail["type"] in LITERAL:
        return one_line(detail["value"])
    return plain(detail["value"]) if detail["type"] in MARKUP else ""
