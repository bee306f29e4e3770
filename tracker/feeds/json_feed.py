"""JSON Feed 1.0 and 1.1, read leniently in what it leaves out and strictly in what it is."""

from __future__ import annotations

import json
from typing import Any

from tracker.feeds.entry import Document, Raw
from tracker.feeds.failure import NotAFeed
from tracker.feeds.text import one_line, plain
from tracker.tongue import to_keep

MAX_ENTRIES = 20_000
"""Items of one document; what is read of it is a fortieth of that."""

_VERSION = "jsonfeed.org/version/1"
_REMEDY = to_keep("Check the feed's url: a JSON Feed names its version, https://jsonfeed.org/version/1.1, at its top.")

_SHORTER = to_keep("Choose a shorter feed of the publisher's.")


def read(text: str) -> Document:
    """Raises NotAFeed for what is no JSON, or JSON of another kind."""
    try:
        feed = json.loads(text)
    except RecursionError:
        raise NotAFeed(to_keep("The answer is JSON that is nested too deep."), _REMEDY) from None
    except ValueError as error:
        raise NotAFeed(to_keep("The answer begins like JSON and is none: %(error)s.", error=error), _REMEDY) from error
    if not isinstance(feed, dict) or _VERSION not in _string(feed.get("version")):
        raise NotAFeed(to_keep("The answer is JSON, but no JSON Feed."), _REMEDY)
    entries = feed.get("items")
    if not isinstance(entries, list):
        raise NotAFeed(to_keep("The answer is a JSON Feed without a list of items."), _REMEDY)
    if len(entries) > MAX_ENTRIES:
        number = format(MAX_ENTRIES, ",")
        raise NotAFeed(to_keep("The JSON Feed holds more than %(number)s items.", number=number), _SHORTER)
    raws = tuple(_entry(entry) for entry in entries if isinstance(entry, dict))
    return Document(one_line(_string(feed.get("title"))), raws)


def _entry(entry: dict[str, Any]) -> Raw:
    bodies = (
        plain(_string(entry.get("content_html"))),
        one_line(_string(entry.get("content_text"))),
        one_line(_string(entry.get("summary"))),
    )
    return Raw(
        guid=_string(entry.get("id")),
        link=_string(entry.get("url")) or _string(entry.get("external_url")),
        title=one_line(_string(entry.get("title"))),
        bodies=bodies,
        date=_string(entry.get("date_published")) or _string(entry.get("date_modified")),
    )


def _string(value: Any) -> str:
    """The value if it is text; an id may be a number."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""
