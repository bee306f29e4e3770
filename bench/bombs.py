"""What documents cost that are made to keep a reader busy: processor seconds and memory of each, and what became of it.

    python -m bench.bombs [WORD]

Each is read in a process of its own, as a poll would read it. Those for libraries are read within the limits that
tracker/feeds/confined.py sets; what reaches them was stopped there. WORD: only those whose name holds it.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import signal
import sys
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from tracker.feeds import page as pages
from tracker.feeds import robust
from tracker.feeds.confined import LIMITS, limited
from tracker.feeds.decode import decode
from tracker.feeds.failure import NotAFeed, NotAPage
from tracker.feeds.fetch import Fetched
from tracker.feeds.fetch import Limits as FetchLimits
from tracker.feeds.inflate import BadEncoding, TooLarge, inflate
from tracker.feeds.listing import read_listing
from tracker.feeds.parse import parse, words
from tracker.feeds.sitemap import read_sitemap
from tracker.model import Selectors

SELECT = Selectors(item="ul li", link="a", title="a", date="span")
BASE = "https://ministry.example/list"


@dataclass(frozen=True)
class Bomb:
    """A document by its name, what it is sent as, how to make it, how it is packed, and what is said of it.

    `kind`: feed, damaged (a feed that is not well-formed), sitemap, listing or page. `told` is part of the refusal;
    "" for one that is read.
    """

    name: str
    kind: str
    make: Callable[[], bytes]
    told: str = ""
    coding: str | None = None


def rss(inner: str, *, head: str = "", end: bool = True) -> bytes:
    return f'{head}<rss version="2.0"><channel><title>S</title>{inner}{"</channel></rss>" * end}'.encode()


def atom(inner: str) -> bytes:
    return f'<feed xmlns="http://www.w3.org/2005/Atom"><title>S</title>{inner}</feed>'.encode()


def json_feed(items: str) -> bytes:
    return f'{{"version": "https://jsonfeed.org/version/1.1", "title": "S", "items": [{items}]}}'.encode()


def html(inner: str) -> bytes:
    return f"<!doctype html><html><head><title>S</title></head><body>{inner}</body></html>".encode()


def urlset(inner: str) -> bytes:
    return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{inner}</urlset>'.encode()


def attributes(count: int) -> str:
    return " ".join(f"a{number}='b'" for number in range(count))


def deep(count: int, tag: str = "a") -> str:
    return f"<{tag}>" * count + "words" + f"</{tag}>" * count


def item(inner: str) -> str:
    return f"<item><title>A</title><description>{inner}</description></item>"


def zipped(body: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("feed.xml", body)
    return file.getvalue()


def laughs() -> bytes:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return rss(item("&l9;"), head=f'<!DOCTYPE r [<!ENTITY l0 "ha">{entities}]>')


def quadratic() -> bytes:
    return rss(item("&a;" * 50_000), head=f'<!DOCTYPE r [<!ENTITY a "{"h" * 50_000}">]>')


DAMAGE = "<item></b>"
TAGS = "more than 200,000 tags"
LARGE = "larger than"

BOMBS = (
    # What is packed.
    Bomb("gzip, 1 MB to 1 GB", "feed", lambda: gzip.compress(bytes(200_000_000), 9) * 5, LARGE, "gzip"),
    Bomb("gzip, deep nesting of 50 MB", "feed", lambda: gzip.compress(rss(deep(7_000_000))), LARGE, "gzip"),
    Bomb("gzip within gzip", "feed", lambda: gzip.compress(gzip.compress(bytes(9_000_000))), "unpacked", "gzip, gzip"),
    Bomb("deflate, 100 MB", "feed", lambda: zlib.compress(bytes(100_000_000), 9), LARGE, "deflate"),
    Bomb("brotli, not asked for", "feed", lambda: b"\x8b" * 1000, "not asked for", "br"),
    Bomb("zip of a feed", "feed", lambda: zipped(rss(item("x" * 50_000_000))), "neither RSS nor Atom"),
    Bomb("sitemap.gz, 100 MB", "sitemap", lambda: gzip.compress(bytes(100_000_000)), LARGE),
    # Entities.
    Bomb("nested entities (billion laughs)", "feed", laughs, "entities of its own"),
    Bomb("one entity many times", "feed", quadratic, "neither RSS nor Atom"),
    Bomb("entities after the root", "damaged", lambda: rss(f'<!DOCTYPE r [<!ENTITY a "h">]>{item("&a;" * 9_000)}')),
    Bomb("nested entities in a sitemap", "sitemap", lambda: laughs().replace(b"rss", b"urlset"), "not well-formed"),
    Bomb("380,000 numeric entities", "feed", lambda: rss(item("&#38;#38;lt;" * 380_000))),
    # Many or deep elements, many attributes.
    Bomb("50 MB of deep nesting", "feed", lambda: rss(deep(7_000_000)), LARGE),
    Bomb("5 MB of deep nesting", "feed", lambda: rss(deep(700_000)), TAGS),
    Bomb("190,000 tags deep", "feed", lambda: rss(item(deep(95_000)))),
    Bomb("a million entries", "feed", lambda: rss("<item/>" * 700_000), TAGS),
    Bomb("190,000 entries", "feed", lambda: rss("<item/>" * 190_000)),
    Bomb("311 KB of attributes", "feed", lambda: rss(f"<item {attributes(28_000)}><title>A</title></item>")),
    Bomb("4.6 MB of attributes", "feed", lambda: rss(f"<item {attributes(390_000)}><title>A</title></item>")),
    Bomb("60,000 namespaces", "feed", lambda: rss("".join(f'<a xmlns:n{n}="u"/>' for n in range(60_000)))),
    Bomb("95,000 titles", "feed", lambda: rss(f"<item>{'<title>A</title>' * 95_000}</item>")),
    Bomb("one text of 4.8 MB", "feed", lambda: rss(item("x " * 2_400_000))),
    Bomb("50,000 pages of a sitemap", "sitemap", lambda: urlset("<url><loc>https://m.example/a</loc></url>" * 49_000)),
    Bomb(
        "attributes in a sitemap", "sitemap", lambda: gzip.compress(urlset(f"<url {attributes(300_000)}/>")), "no pages"
    ),
    # JSON.
    Bomb("JSON nested 10,000 deep", "feed", lambda: json_feed("[" * 10_000 + "]" * 10_000), "nested too deep"),
    Bomb("JSON nested 4 million deep", "feed", lambda: b"[" * 4_000_000, "nested too deep"),
    Bomb("JSON number of 4.8 MB", "feed", lambda: json_feed(f'{{"id": {"1" * 4_800_000}}}'), "is none"),
    Bomb("JSON with 1.6 million lists", "feed", lambda: json_feed("[]," * 1_600_000 + "[]")),
    Bomb(
        "JSON with broken markup",
        "feed",
        lambda: json_feed(",".join([json.dumps({"title": "A", "content_html": "<" * 190_000})] * 8)),
    ),
    # Feeds that are not well-formed.
    Bomb(
        "damaged: 311 KB of attributes",
        "damaged",
        lambda: rss(f"</b><item {attributes(28_000)}>", end=False),
        "a tag of more",
    ),
    Bomb("damaged: 19,000 tags deep", "damaged", lambda: rss(f"{DAMAGE}<description>{'<a>' * 19_000}", end=False)),
    Bomb("damaged: 800 KB of ampersands", "damaged", lambda: rss(DAMAGE + "<title>" + "&" * 800_000, end=False)),
    Bomb("damaged: 19,000 open comments", "damaged", lambda: rss(DAMAGE + "<title>" + "<!--" * 19_000, end=False)),
    Bomb(
        "damaged: an author of 1.8 MB of dots",
        "damaged",
        lambda: rss(f"{DAMAGE}<author>{'a.' * 900_000}</author>"),
        "reading it took",
    ),
    Bomb("damaged: a date of 1.9 MB", "damaged", lambda: rss(f"{DAMAGE}<pubDate>{'1 -:' * 470_000}</pubDate>")),
    # Pages.
    Bomb(
        "page: 150,000 attributes",
        "page",
        lambda: html(f"<p {attributes(150_000)}>Some words are here.</p>"),
        "Reading the page",
    ),
    Bomb("page: 49,000 elements deep", "page", lambda: html("<div>" * 49_000 + "Some words"), "No article"),
    Bomb("page: 30,000 paragraphs", "page", lambda: html("<p>a" * 30_000)),
    Bomb("page: 30,000 links within links", "page", lambda: html("<a href=x>" * 30_000), "No article"),
    Bomb("page: 100,000 tags", "page", lambda: html("<p>a" * 100_000), "more than 50,000 tags"),
    Bomb("page: 900 KB of ampersands", "page", lambda: html(f"<p>{'&' * 900_000}</p>")),
    Bomb("page: 1.9 MB of dates", "page", lambda: html(f"<p>{'1.1.24 ' * 270_000}</p>")),
    Bomb(
        "page: a head of dates", "page", lambda: html('<meta name="date" content="2024-01-01">' * 20_000), "No article"
    ),
    Bomb(
        "page: JSON-LD nested deep",
        "page",
        lambda: html(f'<script type="application/ld+json">{"[" * 900_000}</script>'),
        "No article",
    ),
    # Listings.
    Bomb("listing: 29,000 elements deep", "listing", lambda: html("<ul><li>" * 14_500), "holds a link"),
    Bomb("listing: 29,000 lists with links", "listing", lambda: html("<ul><li></a><a href=x>x" * 7_200)),
    Bomb(
        "listing: 150,000 attributes", "listing", lambda: html(f"<ul><li {attributes(150_000)}>x</ul>"), "holds a link"
    ),
    Bomb(
        "listing: a class of 1.8 MB",
        "listing",
        lambda: html(f'<ul><li class="{"a " * 900_000}"><a href=x>Talks</a></ul>'),
    ),
    Bomb("listing: 100,000 tags", "listing", lambda: html("<li>" * 100_000), "more than 30,000 tags"),
)


def read(bomb: Bomb, body: bytes) -> None:
    """As a poll reads it once it has arrived, the readers of libraries within their limits."""
    most = pages.LIMITS.max_bytes if bomb.kind == "page" else FetchLimits().max_bytes
    body = inflate([body], bomb.coding or "", most)
    answer: dict[str, Any] = {"content_type": None, "base_url": BASE, "timezone": "UTC"}
    match bomb.kind:
        case "feed":
            parse(body, **answer)
        case "sitemap":
            read_sitemap(Fetched(200, BASE, None, body, None, None, None), lambda url: None, timezone="UTC")
        case "damaged":
            limited(LIMITS, robust.read, words(body, None))
        case "listing":
            limited(LIMITS, read_listing, body, **answer, select=SELECT, date_format=None)
        case "page":
            limited(LIMITS, pages.article, decode(body, None), BASE)


def cost(bomb: Bomb | None) -> tuple[float, float, str]:
    """Processor seconds, and MB of memory at most, of reading in a process of its own; and how it ended."""
    body = bomb.make() if bomb else b""
    ended, says = os.pipe()
    if not (child := os.fork()):
        try:
            if bomb:
                read(bomb, body)
            told = "read"
        except TooLarge:
            told = "refused: too large"
        except (BadEncoding, NotAFeed, NotAPage) as refused:
            told = f"refused: {getattr(refused, 'sentence', refused)}"
        except BaseException as error:
            told = f"failed: {type(error).__name__}"
        os.write(says, told.encode())
        os._exit(0)
    os.close(says)
    with os.fdopen(ended) as answer:
        told = answer.read()
    _, status, used = os.wait4(child, 0)
    if os.WIFSIGNALED(status):
        told = f"stopped by {signal.Signals(os.WTERMSIG(status)).name}"
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, told


def main(word: str = "") -> None:
    table = Table("document", "KB", "CPU s", "MB", "ended", title=f"Bombs; stopped after {LIMITS.cpu} s of work")
    start, empty, _ = cost(None)
    for bomb in BOMBS:
        if word in bomb.name:
            seconds, memory, told = cost(bomb)
            sent, more = f"{len(bomb.make()) / 1000:,.0f}", f"{max(memory - empty, 0):.0f}"
            table.add_row(bomb.name, sent, f"{max(seconds - start, 0):.2f}", more, told[:70])
    Console().print(table)


if __name__ == "__main__":
    main(*sys.argv[1:])
