"""The bytes that a feed's address gave, to items: what they are is read from themselves, not from what they claim."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from xml.etree.ElementTree import ParseError

from tracker.feeds import json_feed, robust, strict
from tracker.feeds.address import http_link
from tracker.feeds.confined import Unreadable, confined
from tracker.feeds.decode import decode
from tracker.feeds.entry import MAX_ITEMS, Document, items, newest, sharing
from tracker.feeds.failure import Kind, NotAFeed
from tracker.feeds.text import one_line, plain
from tracker.model import Item
from tracker.tongue import to_keep

MAX_TAGS = 200_000
"""Tags of one document; five hundred entries need a tenth of that."""

_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_FEED_ROOT = re.compile(r"<(?:[\w.-]{1,40}:)?(rss|RDF|feed)(?=[\s/>])([^>]{0,2000})")
_HTML_ROOT = re.compile(r"<!doctype\s+html|<html[\s>]|<head[\s>]|<body[\s>]", re.IGNORECASE)
_ROOT_WITHIN = 8_000
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_VISIBLE = re.compile(r"\S")
_RSS_VERSION = re.compile(r"""\bversion\s*=\s*["'](\d\.\d{1,2})""")

_HTML_TITLE = re.compile(r"<title[^<>]*>([^<]{0,300})", re.IGNORECASE)
_ROBOT_PAGE = re.compile(
    r"captcha|just a moment|are you (?:a )?(?:human|robot)|unusual traffic|access denied|enable javascript|"
    r"checking your browser|安全验证|人机验证|访问验证|访问被拒绝|请求被拦截",
    re.IGNORECASE,
)
_LOGIN_PAGE = re.compile(r"""type\s*=\s*["']?password|\b(?:sign|log)\s?in\b|登录|登陆|登入""", re.IGNORECASE)
_NAMED_FEED = re.compile(r"<link\b[^<>]{0,500}?application/(?:rss|atom|feed)\+(?:xml|json)[^<>]{0,500}>", re.IGNORECASE)
_HREF = re.compile(r"""href\s*=\s*["']?([^"'\s>]{1,500})""", re.IGNORECASE)
HEAD = 100_000
"""Characters of a page in which it says what it is."""

_CHECK_URL = to_keep("Check the feed's url: open it in a browser and look for the publisher's feed.")


@dataclass(frozen=True)
class Parsed:
    """A feed that was read. `format`: rss-2.0, rss-0.91, rss-1.0, atom, json-feed, …

    `left_out` counts the entries beyond those that are read of one document, its newest; `flaw` says in a sentence what
    was wrong with a document of which something may be missing, and is None for a sound one. `older` is the address of
    the page with older items, where a listing links to one. `window`: it shows whatever came in so long, be it nothing.
    `good_for`: how long it says that it need not be asked again. `sharing`: how many items share an id with others.
    """

    format: str
    title: str
    items: tuple[Item, ...]
    left_out: int = 0
    flaw: str | None = None
    older: str | None = None
    window: timedelta | None = None
    good_for: timedelta = timedelta()
    sharing: int = 0


def parse(body: bytes, *, content_type: str | None, base_url: str, timezone: str) -> Parsed:
    """The items of a feed in RSS, Atom or JSON Feed, in the document's order.

    `content_type` is the HTTP header; `base_url` what relative links are relative to; `timezone` (IANA name) is that of
    dates without one. Raises NotAFeed when the body is something else, whatever its status and headers said.
    """
    text = words(body, content_type)
    if text[0] in "{[":
        kind, document, flaw = "json-feed", json_feed.read(text), None
    else:
        kind, document, flaw = _read_xml(text, base_url)
    entries, number = document.entries, len(document.entries)
    if number > MAX_ITEMS:
        entries, sure = newest(entries, timezone)
        flaw = flaw or (None if sure else not_told(number))
    found = items(entries, base_url=base_url, timezone=timezone)
    return Parsed(
        kind,
        document.title,
        found,
        number - len(entries),
        flaw,
        good_for=document.good_for,
        sharing=sharing(entries),
    )


def not_told(number: int) -> str:
    """The flaw of a document of so many entries whose dates do not tell which are the newest."""
    return to_keep(
        "Of its %(number)s items %(most)s are read, and their dates do not tell which are the newest.",
        number=format(number, ","),
        most=MAX_ITEMS,
    )


def words(body: bytes, content_type: str | None) -> str:
    """The body as text without what no document may hold. Raises NotAFeed when nothing is left."""
    text = _NOT_XML.sub("", decode(body, content_type)).strip()
    if not text:
        raise NotAFeed(
            to_keep("The answer is empty."),
            to_keep("The publisher's server may be at fault; the next poll tries again."),
        )
    return text


def _read_xml(text: str, base_url: str) -> tuple[str, Document, str | None]:
    """Format, document and flaw. The prolog is cut off first, and with it whatever a DOCTYPE might declare."""
    head = _without_comments(text)
    root = _FEED_ROOT.search(head)
    html = _HTML_ROOT.search(head, 0, root.start() if root else len(head))
    if html:
        raise _not_a_feed_but_html(text, base_url)
    if not root:
        raise NotAFeed(
            to_keep("The answer is neither RSS nor Atom nor JSON Feed; it begins %(value)s.", value=repr(text[:60])),
            _CHECK_URL,
        )
    prolog, text = head[: root.start()], text[root.start() :]
    if "<!ENTITY" in prolog.upper():
        raise NotAFeed(to_keep("The document declares entities of its own, which a feed has no need of."), _CHECK_URL)
    if text.count("<") > MAX_TAGS:
        raise NotAFeed(
            to_keep(
                "The document holds more than %(max_tags)s tags, more than any feed needs.",
                max_tags=format(MAX_TAGS, ","),
            ),
            _CHECK_URL,
        )
    try:
        return _format(root), strict.read(text), None
    except ParseError as error:
        line = error.position[0] + prolog.count("\n")
        reason = str(error).partition(":")[0]
        flaw = to_keep(
            "The document is not well-formed XML (line %(line)s: %(reason)s); what could be made out was read.",
            line=line,
            reason=reason,
        )
        return _format(root), _mended(text), flaw


def _mended(text: str) -> Document:
    try:
        return confined(robust.read, text)
    except Unreadable as why:
        raise NotAFeed(to_keep("The feed is damaged, and reading it %(why)s.", why=why), robust.REMEDY) from why


def _format(root: re.Match[str]) -> str:
    name, attributes = root[1], root[2]
    if name == "feed":
        return "atom"
    if name == "RDF":
        return "rss-0.90" if "my.netscape.com/rdf/simple/0.9" in attributes else "rss-1.0"
    version = _RSS_VERSION.search(attributes)
    return f"rss-{version[1]}" if version else "rss"


def _not_a_feed_but_html(text: str, base_url: str) -> NotAFeed:
    head = text[:HEAD]
    named = _NAMED_FEED.search(head)
    href = _HREF.search(named[0]) if named else None
    looks, remedy, kind = wall(head) or ("", _CHECK_URL, Kind.NOT_A_FEED)
    feed = http_link(href[1], base_url) if href else None
    if feed:
        remedy = to_keep("The page names a feed: %(feed)s.", feed=feed)
    return NotAFeed(
        to_keep("The answer is an HTML page%(called)s, not a feed.", called=called(head)) + looks,
        remedy,
        kind,
    )


def wall(head: str) -> tuple[str, str, Kind] | None:
    """What an HTML page seems to be that stands before the one that was asked for, and what to do about it."""
    if _ROBOT_PAGE.search(head):
        remedy = to_keep("Ask the publisher to let this service in, or use another source.")
        return " " + to_keep("It looks like a page that keeps robots out."), remedy, Kind.BOT_WALL
    if _LOGIN_PAGE.search(head):
        return (
            " " + to_keep("It looks like a sign-in page."),
            to_keep("Choose an address of the feed that needs no account."),
            Kind.SIGN_IN,
        )
    return None


def called(head: str) -> str:
    """The page's title, for a sentence about it."""
    title = _HTML_TITLE.search(head)
    return to_keep(" called “%(title)s”", title=one_line(plain(title[1]))[:100]) if title and title[1].strip() else ""


def feed_begins(text: str) -> bool:
    """Whether the text is a feed rather than a page, whatever it then holds."""
    if text[:1] in ("{", "["):
        return True
    head = _without_comments(text)
    root = _FEED_ROOT.search(head)
    return root is not None and not _HTML_ROOT.search(head, 0, root.start())


def _without_comments(text: str) -> str:
    """The text in which a root element may stand, its comments blanked: they may quote any markup."""
    return _COMMENT.sub(lambda comment: _VISIBLE.sub(" ", comment[0]), text[:_ROOT_WITHIN])
