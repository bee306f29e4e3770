"""A release's own page: its words without the navigation around them."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from datetime import date

from tracker.feeds.confined import Unreadable, confined
from tracker.feeds.failure import NotAPage
from tracker.feeds.fetch import Limits
from tracker.tongue import to_keep

LIMITS = Limits(max_bytes=2_000_000, deadline=20.0)
"""Bounds of fetching one page; a ministry's release has some 100 kB."""

MAX_TAGS = 50_000
"""Tags of one page; more would hold the extractor up for seconds."""

LONGEST_TEXT = 100_000
"""Characters of a page's text that are kept and read."""

_TITLE = re.compile(r"<title[^>]*>([^<]{1,300})</title>", re.IGNORECASE)
_NO_SEARCH = {"original_date": True, "extensive_search": False}


@dataclass(frozen=True)
class Page:
    """What a page says: title and text (paragraphs in lines), and the day it gives as its own, if any."""

    title: str
    text: str
    published: date | None


def read_page(markup: str, url: str, *, dated: bool = True) -> Page:
    """The article on a page. Raises NotAPage when none is found.

    Without `dated` its day is not looked for in the text, which takes longer than all else.
    """
    try:
        return confined(article, markup, url, dated=dated)
    except Unreadable as why:
        raise NotAPage(
            to_keep("Reading the page %(why)s.", why=why),
            to_keep("Read it yourself, and hand in its text with add-file."),
        ) from why


def article(markup: str, url: str, *, dated: bool = True) -> Page:
    """The same, in this process. Raises whatever the library may raise of what nobody foresaw: to be run confined."""
    if markup.count("<") > MAX_TAGS:
        raise NotAPage(
            to_keep(
                "The page holds more than %(max_tags)s tags, more than any release needs.",
                max_tags=format(MAX_TAGS, ","),
            ),
            to_keep("Read it yourself."),
        )
    import trafilatura  # here, where pages are read: it takes longer to load than most commands to run

    dates = None if dated else _NO_SEARCH
    document = trafilatura.bare_extraction(
        markup, url=url, include_comments=False, with_metadata=True, date_extraction_params=dates
    )
    text = ((document and document.text) or "").strip()
    if not text:
        raise NotAPage(
            to_keep("No article was found on the page."), to_keep("Save its text to a file and use add-file.")
        )
    return Page(document.title or "", text, date.fromisoformat(document.date) if document.date else None)


def title_of(markup: str) -> str:
    """What a page calls itself in its head; empty where it does not."""
    found = _TITLE.search(markup)
    return html.unescape(found[1]).strip() if found else ""
