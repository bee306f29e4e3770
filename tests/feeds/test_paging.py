"""Reading further back than the first page: only while nothing is known, and never without bounds."""

from __future__ import annotations

from collections.abc import Callable, Container
from functools import partial

import pytest

from tests.feeds.test_poll import feed_at, polled  # noqa: F401 - a fixture
from tests.site import Site, running_site
from tracker.feeds.fetch import fetch
from tracker.feeds.parse import Parsed
from tracker.feeds.source import read_source
from tracker.model import Feed, Selectors

SELECT = Selectors(item="ul li", link="a", title="a", date="small")


def page(*numbers: int, older: str | None = None) -> bytes:
    rows = "".join(f'<li><a href="/r/{n}">Release {n}</a><small>2024-01-{n:02}</small></li>' for n in numbers)
    link = f'<a class=older href="{older}">Older</a>' if older else ""
    return f"<html><title>News</title><ul>{rows}</ul>{link}</html>".encode()


def listing(site: Site, **over) -> Feed:
    values = {"kind": "listing", "select": SELECT, "pages": 5, "next": "index_{page-1}.html"}
    return feed_at(site.url("/news/"), **(values | over))


@pytest.fixture
def archive(site: Site) -> Site:
    """Four pages of two releases each, by address and by link; what lies beyond is not found."""
    for number in range(4):
        path = "/news/" if number == 0 else f"/news/index_{number}.html"
        older = f"index_{number + 1}.html" if number < 3 else None
        site.serve(path, body=page(8 - 2 * number, 7 - 2 * number, older=older))
    site.serve("/news/index_4.html", status=404)
    return site


@pytest.fixture
def read() -> Callable[..., Parsed]:
    def read(feed: Feed, known: Container[str] = ()) -> Parsed:
        get = partial(fetch, allow_private=True)
        return read_source(feed, get(feed.url), get, known)

    return read


def asked(site: Site) -> list[str]:
    return [path for path, _ in site.seen if path != "/robots.txt"]


def titles(parsed: Parsed) -> list[str]:
    return [item.title.removeprefix("Release ") for item in parsed.items]


def guid(site: Site, number: int) -> str:
    return site.url(f"/r/{number}").replace("http:", "https:")


@pytest.mark.parametrize("leads_on", ["index_{page-1}.html", "a.older"])
def test_when_nothing_is_known_all_pages_are_read_newest_first(archive: Site, read, leads_on: str):
    parsed = read(listing(archive, next=leads_on))
    assert titles(parsed) == list("87654321")
    assert parsed.flaw is None


@pytest.mark.parametrize("leads_on", ["index_{page-1}.html", "a.older"])
def test_reading_ends_on_the_page_that_shows_what_was_known(archive: Site, read, leads_on: str):
    parsed = read(listing(archive, next=leads_on), known={guid(archive, 5)})
    assert titles(parsed) == list("8765")
    assert asked(archive) == ["/news/", "/news/index_1.html"]


def test_one_page_is_read_while_it_reaches_back_far_enough(archive: Site, read):
    read(listing(archive), known={guid(archive, 7)})
    assert asked(archive) == ["/news/"]


def test_no_more_pages_are_read_than_were_asked_for(archive: Site, read):
    assert titles(read(listing(archive, pages=2))) == list("8765")
    assert asked(archive) == ["/news/", "/news/index_1.html"]


def test_a_page_number_may_count_from_two(site: Site, read):
    site.serve("/news/", body=page(4, 3))
    site.serve("/news/page/2/", body=page(2, 1))
    assert titles(read(listing(site, pages=2, next="page/{page}/"))) == list("4321")


def test_a_feed_may_have_pages_too(site: Site, read):
    def rss(number: int) -> bytes:
        item = f"<item><guid>{number}</guid><title>Release {number}</title></item>"
        return f'<rss version="2.0"><channel><title>S</title>{item}</channel></rss>'.encode()

    site.serve("/feed", body=rss(2))
    site.serve("/feed?paged=2", body=rss(1))
    site.serve("/feed?paged=3", status=404)
    assert titles(read(feed_at(site.url("/feed"), pages=5, next="?paged={page}"))) == list("21")


def test_a_site_that_shows_its_first_page_under_every_number_is_not_read_on(site: Site, read):
    for path in ("/news/", "/news/index_1.html"):
        site.serve(path, body=page(2, 1))
    assert titles(read(listing(site))) == list("21")
    assert asked(site) == ["/news/", "/news/index_1.html"]


def test_pages_that_link_in_a_circle_are_read_once(site: Site, read):
    site.serve("/news/", body=page(2, older="/b"))
    site.serve("/b", body=page(1, older="/news/"))
    assert titles(read(listing(site, next="a.older"))) == list("21")
    assert asked(site) == ["/news/", "/b"]


def test_a_link_to_another_host_or_port_is_not_followed(site: Site, read):
    with running_site() as other:
        site.serve("/news/", body=page(2, older=other.serve("/x", body=page(1))))
        assert titles(read(listing(site, next="a.older"))) == ["2"]
        assert other.seen == []


def test_a_page_that_fails_keeps_what_was_read_and_says_what_is_missing(archive: Site, read):
    archive.serve("/news/index_2.html", status=500)
    parsed = read(listing(archive))
    assert titles(parsed) == list("8765")
    assert parsed.flaw.startswith(f"Older items are missing: {archive.url('/news/index_2.html')} failed. The server")


def test_after_an_outage_a_poll_fetches_what_was_missed_and_then_one_page_again(site: Site, polled):  # noqa: F811
    feed = listing(site, pages=3)
    site.serve("/news/", body=page(2, 1))
    site.serve("/news/index_1.html", status=404)
    assert polled(feed).fresh == 2

    site.serve("/news/", body=page(6, 5))
    site.serve("/news/index_1.html", body=page(4, 3))
    site.serve("/news/index_2.html", body=page(2, 1))
    site.seen.clear()
    row = polled(feed)
    assert (row.outcome, row.items, row.fresh, row.overlap) == ("read", 6, 4, 2)
    assert asked(site) == ["/news/", "/news/index_1.html", "/news/index_2.html"]

    site.seen.clear()
    row = polled(feed)
    assert (row.items, row.fresh, row.overlap) == (2, 0, 2)
    assert asked(site) == ["/news/"]


def test_a_listing_rebuilt_beyond_its_selectors_is_a_failure_in_words(site: Site, polled):  # noqa: F811
    site.serve("/news/", body=b"<html><title>New site</title><main><a href=x>x</a></main></html>")
    row = polled(listing(site))
    assert row.outcome == "failed"
    assert "select.item “ul li” matches" in row.fault
