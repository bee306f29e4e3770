"""Sitemaps: pages with their titles and dates, the newest first, and the newest parts of an index."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import pytest

from tests.feeds.test_poll import feed_at, polled  # noqa: F401 - `polled` is a fixture
from tests.site import Site, running_site
from tracker.feeds.entry import MAX_ITEMS
from tracker.feeds.failure import FetchFailed, Kind, NotAFeed
from tracker.feeds.fetch import fetch
from tracker.feeds.parse import MAX_TAGS, Parsed
from tracker.feeds.sitemap import MAX_PARTS
from tracker.feeds.source import read_source
from tracker.model import Item
from tracker.polling.health import Fares, health_of
from tracker.record.coverage import HoleKind, coverage

PLAIN = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
NEWS = f'{PLAIN} xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
IMAGE = 'xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"'


def urlset(*entries: str, spaces: str = NEWS) -> bytes:
    urls = "".join(f"<url>{entry}</url>" for entry in entries)
    return f'<?xml version="1.0" encoding="UTF-8"?><urlset {spaces}>{urls}</urlset>'.encode()


def index(*parts: tuple[str, str]) -> bytes:
    maps = "".join(f"<sitemap><loc>{url}</loc><lastmod>{day}</lastmod></sitemap>" for url, day in parts)
    return f'<?xml version="1.0"?><sitemapindex {PLAIN}>{maps}</sitemapindex>'.encode()


def page(path: str, day: str = "2024-01-09") -> str:
    return f"<loc>https://news.example/{path}</loc><lastmod>{day}</lastmod>"


@pytest.fixture
def read(site: Site) -> Callable[..., Parsed]:
    def read(body: bytes | None = None) -> Parsed:
        if body is not None:
            site.serve("/sitemap.xml", body=body)
        get = partial(fetch, allow_private=True)
        feed = feed_at(site.url("/sitemap.xml"), kind="sitemap", timezone="Asia/Shanghai")
        return read_source(feed, get(feed.url), get)

    return read


def titles(parsed: Parsed) -> list[str]:
    return [item.title for item in parsed.items]


def test_a_news_sitemap_has_titles_and_the_news_own_date(read):
    parsed = read(
        urlset(
            "<loc>https://news.example/a?utm_source=map</loc><lastmod>2024-02-01</lastmod><news:news>"
            "<news:publication><news:name>News</news:name><news:language>en</news:language></news:publication>"
            "<news:publication_date>2024-01-09T18:00:00-05:00</news:publication_date>"
            "<news:title>Talks held &amp; closed</news:title></news:news>"
            "<image:image><image:loc>https://news.example/i.jpg</image:loc><image:title>A hall</image:title>"
            "</image:image>",
            spaces=f"{NEWS} {IMAGE}",
        )
    )
    assert (parsed.format, parsed.flaw) == ("sitemap", None)
    assert parsed.items == (
        Item(
            guid="https://news.example/a",
            url="https://news.example/a?utm_source=map",
            title="Talks held & closed",
            summary="",
            published=datetime(2024, 1, 9, 23, tzinfo=UTC),
            published_raw="2024-01-09T18:00:00-05:00",
        ),
    )


def test_an_image_named_first_lends_neither_address_nor_title(read):
    entry = (
        "<image:image><image:loc>https://news.example/i.jpg</image:loc><image:title>Hall</image:title></image:image>"
    )
    (item,) = read(urlset(entry + page("talks"), spaces=f"{NEWS} {IMAGE}")).items
    assert (item.url, item.title) == ("https://news.example/talks", "talks")


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("2024/01/talks-held_again.html", "talks held again"),
        ("%E4%B8%AD%E7%BE%8E%E4%BC%9A%E6%99%A4/", "中美会晤"),
        ("202401/t20240109_11.shtml?x=1", "t20240109 11"),
        ("", "news.example"),
    ],
)
def test_a_page_without_a_title_is_called_by_the_last_part_of_its_address(read, path: str, title: str):
    item = read(urlset(page(path))).items[0]
    assert item.title == title
    assert item.published == datetime(2024, 1, 8, 16, tzinfo=UTC)


def test_pages_come_newest_first_each_once_and_those_without_a_date_last(read):
    parsed = read(urlset(page("b", "2024-01-02"), page("x", "soon"), page("c", "2024-01-03"), page("b", "2024-01-01")))
    assert titles(parsed) == ["c", "b", "x"]


def test_the_newest_five_hundred_are_read_and_the_others_counted(read):
    old, new = page("old", "2020-01-01"), [page(str(n)) for n in range(MAX_ITEMS)]
    parsed = read(urlset(old, *new))
    assert (len(parsed.items), parsed.left_out) == (MAX_ITEMS, 1)
    assert "old" not in titles(parsed)


def test_a_sitemap_without_dates_says_so(read):
    assert "No entry of the sitemap has a date" in read(urlset("<loc>https://news.example/a</loc>")).flaw


def test_the_newest_parts_of_an_index_are_read_of_its_own_host_alone(read, site: Site):
    parts = [
        (site.serve(f"/part{n}.xml", body=urlset(page(f"p{n}", f"2024-01-0{n}"))), f"2024-01-0{n}") for n in range(1, 6)
    ]
    with running_site() as other:
        elsewhere = other.serve("/x.xml", body=urlset(page("elsewhere")))
        parsed = read(index(*parts, (elsewhere, "2024-02-01")))
        assert other.seen == []
    assert titles(parsed) == ["p5", "p4", "p3"]
    assert len(site.seen) == 1 + MAX_PARTS


def test_an_index_within_an_index_is_not_followed(read, site: Site):
    inner = site.serve("/inner.xml", body=index((site.url("/deep.xml"), "2024-01-01")))
    plain = site.serve("/plain.xml", body=urlset(page("a")))
    assert titles(read(index((inner, "2024-01-02"), (plain, "2024-01-01")))) == ["a"]
    assert "/deep.xml" not in [path for path, _ in site.seen]


def test_a_part_that_fails_is_a_flaw_and_all_of_them_a_failure(read, site: Site):
    bad = site.serve("/bad.xml", status=500)
    good = site.serve("/good.xml", body=urlset(page("a")))
    parsed = read(index((bad, "2024-01-02"), (good, "2024-01-01")))
    assert titles(parsed) == ["a"]
    assert parsed.flaw.startswith("A sitemap of the index could not be read: The server answered 500")
    with pytest.raises(FetchFailed):
        read(index((bad, "2024-01-02")))


def test_a_sitemap_sent_as_a_gz_file_is_read(read):
    assert titles(read(gzip.compress(urlset(page("a"))))) == ["a"]


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        (b"<html><title>Home</title></html>", Kind.NOT_A_FEED, "called “Home” is not a sitemap"),
        (b"<html><title>Just a moment...</title></html>", Kind.BOT_WALL, "keeps robots out"),
        (b'<rss version="2.0"><channel/></rss>', Kind.WRONG_KIND, "Write kind: feed."),
        (urlset(spaces=PLAIN), Kind.NO_ITEMS, "names no pages"),
        (urlset("<loc>javascript:x()</loc>"), Kind.NO_ITEMS, "names no pages"),
        (urlset("<loc>"), Kind.NOT_A_FEED, "not well-formed"),
        (urlset("<x/>" * (MAX_TAGS + 1)), Kind.NOT_A_FEED, f"more than {MAX_TAGS:,} tags"),
        (gzip.compress(b" " * 30_000_000), Kind.TOO_LARGE, "larger than 10 MB"),
        (gzip.compress(urlset(page("a")))[:-9], Kind.BAD_ENCODING, "could not be unpacked"),
    ],
    ids=["page", "robots", "feed", "empty", "no-link", "broken", "tags", "bomb", "cut"],
)
def test_what_is_no_sitemap_is_refused_in_words(read, body: bytes, kind: Kind, words: str):
    with pytest.raises(NotAFeed) as caught:
        read(body)
    assert caught.value.kind == kind
    assert words in str(caught.value)


def test_a_news_sitemap_is_rightly_empty_after_two_quiet_days_and_hides_nothing(polled, site: Site):  # noqa: F811
    feed = feed_at(site.url("/news.xml"), kind="sitemap")

    def poll(*entries: str):
        site.serve("/news.xml", body=urlset(*entries))
        row = polled(feed)
        with polled.service.store.reading() as db:
            (kept,) = (kept for kept in db.feeds.all() if kept.slug == feed.slug)
            reads = db.feeds.reads_since(began)
        told = coverage("us", [feed.slug], reads, [], began, row.ended_at)
        return row, health_of(kept, row.ended_at), [hole.kind for hole in told.holes if hole.start >= began]

    began = polled.service.clock()
    poll(page("first"))
    began = polled.service.clock()
    for entries in ((), (page("second"),), ()):
        row, health, holes = poll(*entries)
        assert (row.outcome, row.items, row.overlap) == ("read", len(entries), 0)
        assert health.fares is Fares.READ
    assert HoleKind.WINDOW_OVERRUN not in holes


def test_an_index_of_empty_news_sitemaps_is_rightly_empty_and_one_that_failed_is_not(read, site: Site):
    parts = [(site.serve(f"/n{n}.xml", body=urlset()), "2024-01-01") for n in range(2)]
    assert read(index(*parts)).items == ()
    site.serve("/n1.xml", status=500)
    with pytest.raises(NotAFeed, match="names no pages"):
        read(index(*parts))


def test_entities_that_a_document_declares_mean_nothing(read):
    body = urlset(page("a")).replace(b"<urlset", b'<!DOCTYPE x [<!ENTITY e "boom">]><urlset').replace(b"/a<", b"/&e;<")
    with pytest.raises(NotAFeed, match="not well-formed"):
        read(body)


def test_a_long_sitemap_whose_pages_all_bear_one_date_says_that_new_ones_cannot_be_told(read):
    parsed = read(urlset(*(page(str(n), "2024-01-02") for n in range(MAX_ITEMS + 1))))
    assert "their dates do not tell which are the newest" in parsed.flaw
