"""Feeds whose releases are read from their own pages: the words, the copy, and what happens when a page fails."""

from __future__ import annotations

import gzip
import hashlib
from contextlib import ExitStack
from datetime import timedelta

import pytest

from tests.feeds.test_poll import TALKS, feed_at, pending, polled, rss  # noqa: F401 - `polled` is a fixture
from tests.site import Site
from tests.test_review import decide
from tests.web.api_client import Api, assert_problem
from tests.web.test_pages import signed_in
from tracker.feeds import hosts
from tracker.feeds.guard import Deadline
from tracker.feeds.hosts import PER_HOST
from tracker.model import Status
from tracker.polling.full_text import MOST_TRIES, PAGES_AT_ONCE, next_try
from tracker.polling.health import health_of
from tracker.polling.poll import poll_feed

TEASER = "Officials met at the Pentagon."
MENU = "".join(f'<li><a href="/{word}">{word}</a></li>' for word in ("Home", "News", "About"))


def page(title: str, *paragraphs: str) -> bytes:
    told = "".join(f"<p>{words}</p>" for words in paragraphs)
    return (
        f"<!doctype html><html><head><title>{title}</title></head><body><nav><ul>{MENU}</ul></nav>"
        f"<article><h1>{title}</h1>{told}</article><footer>Copyright</footer></body></html>"
    ).encode()


PAGE = page(
    TALKS[0], TALKS[1], "Both sides agreed to keep lines of communication open, the department said on Tuesday."
)


def linked(site: Site, *titles: str, text: str = TEASER) -> bytes:
    body = rss(*[(title, text) for title in titles]).decode()
    return body.replace("https://news.example/", site.url("/")).encode()


@pytest.fixture
def teasers(polled, site: Site):  # noqa: F811
    """A feed of teasers; answers it with the poll."""

    def poll(*titles: str, text: str = TEASER):
        site.serve("/feed", body=linked(site, *titles, text=text))
        return polled(feed_at(site.url(), full_text=True))

    poll.service = polled.service
    return poll


def releases(service):
    with service.store.reading() as db:
        return [(release.title, release.summary, kept.revision) for release, kept in db.releases.stored()]


def test_a_new_release_is_read_from_its_page_and_the_page_is_kept(teasers, site: Site):
    site.serve("/r0", body=PAGE, Content_Type="text/html")
    row = teasers(TALKS[0])
    assert (row.fresh, row.sightings) == (1, 1)
    (candidate,) = pending(teasers.service)
    assert (candidate.channel, str(candidate.date)) == ("dpct", "2024-01-09")
    (seen,) = candidate.sightings
    assert "17th Defense Policy Coordination Talks" in seen.release.summary
    assert "Copyright" not in seen.release.summary
    assert seen.page.sha256 == hashlib.sha256(PAGE).hexdigest()
    with teasers.service.store.reading() as db:
        assert db.pages.copy_of(seen.release.id).body == PAGE


def test_the_same_items_again_fetch_no_page_again(teasers, site: Site):
    site.serve("/r0", body=PAGE)
    teasers(TALKS[0])
    row = teasers(TALKS[0])
    assert (row.fresh, row.revised, row.sightings) == (0, 0, 0)
    assert [path for path, _ in site.seen].count("/r0") == 1


def test_a_page_that_fails_leaves_the_teaser_and_is_read_later(teasers, site: Site):
    site.serve("/r0", 503)
    row = teasers(TALKS[0])
    assert (row.outcome, row.fresh, row.sightings) == ("read", 1, 0)
    assert releases(teasers.service) == [(TALKS[0], TEASER, 1)]
    site.serve("/r0", body=PAGE)
    row = teasers(TALKS[0])
    assert row.sightings == 1
    ((_, summary, revision),) = releases(teasers.service)
    assert "17th Defense Policy Coordination Talks" in summary
    assert revision == 2
    assert len(pending(teasers.service)) == 1
    teasers(TALKS[0])
    assert [path for path, _ in site.seen].count("/r0") == 2


UNDATED = TALKS[1].replace(" on Jan. 8-9", "")


@pytest.fixture
def awaited(teasers, site: Site):
    """A decided candidate of a release whose page could not be read; answers what becomes of it when it can."""
    site.serve("/r0", 503)
    teasers(TALKS[0], text=UNDATED)
    (found,) = pending(teasers.service)
    decide(teasers.service, found)

    def read_page(body: bytes, text: str = UNDATED):
        site.serve("/r0", body=body)
        teasers(TALKS[0], text=text)
        with teasers.service.store.reading() as db:
            return db.candidates.get(found.id), db.releases.history(found.sightings[0].release.id)

    return read_page


def test_a_page_that_is_read_late_is_no_change_of_wording(awaited):
    told, kept = awaited(PAGE)
    assert [revision.late for revision in kept.revisions] == [False, True]
    assert told.status is Status.PENDING, "it says more than was decided on"
    assert told.again == (
        "Its page was read on 2024-02-01: the feed said held, 2024-01-10; the page says held, 2024-01-08 to 2024-01-09."
    )
    (seen,) = told.sightings
    assert (seen.reworded, seen.lost, seen.revision) == (told.again, False, 2)


def test_a_late_page_that_says_less_than_the_feed_takes_nothing_back(awaited):
    told, kept = awaited(
        page(TALKS[0], *(f"On day {day} the weather was fine, and many visitors came to see it." for day in range(9)))
    )
    assert [revision.late for revision in kept.revisions] == [False, True]
    assert (told.status, told.sightings[0].lost) == (Status.ACCEPTED, False)


def test_what_was_edited_while_the_page_was_awaited_is_a_revision_of_its_own(awaited):
    _, kept = awaited(PAGE, UNDATED.replace("met with", "held talks with"))
    assert [revision.late for revision in kept.revisions] == [False, False, True]
    assert "held talks with" in kept.revisions[1].summary
    assert "lines of communication" in kept.revisions[2].summary


def test_the_api_and_the_page_tell_a_late_page_from_an_edit(awaited, teasers):
    awaited(PAGE)
    api = Api(teasers.service)
    (sighting,) = api.get("/candidates/1", headers=api.token("reviewer")).get_json()["sightings"]
    release = api.get(f"/releases/{sighting['release']['id']}", headers=api.token("reviewer")).get_json()
    assert [revision["late"] for revision in release["revisions"]] == [False, True]
    shown = signed_in(teasers.service).get("/review/1").get_data(as_text=True)
    assert "Its page was read later than its entry in the feed" in shown
    assert "changed its wording" not in shown


def test_an_edited_item_whose_page_fails_keeps_the_full_text(teasers, site: Site):
    site.serve("/r0", body=PAGE)
    teasers(TALKS[0])
    site.serve("/r0", 500)
    row = teasers("Talks With the PLA Held")
    assert row.revised == 1
    ((title, summary, _),) = releases(teasers.service)
    assert title == "Talks With the PLA Held"
    assert "17th Defense Policy Coordination Talks" in summary


def test_more_pages_than_one_poll_may_fetch_are_fetched_by_the_next(teasers, site: Site):
    titles = [f"Release number {n} of the day" for n in range(PAGES_AT_ONCE + 3)]
    for number, title in enumerate(titles):
        site.serve(f"/r{number}", body=page(title, f"The full text of the release. It has the number {number}. " * 3))
    row = teasers(*titles)
    assert row.fresh == len(titles)
    assert sum(path.startswith("/r") and path != "/robots.txt" for path, _ in site.seen) == PAGES_AT_ONCE
    teasers(*titles)
    assert all("The full text of the release" in summary for _, summary, _ in releases(teasers.service))


def test_a_page_without_an_article_is_kept_and_said(teasers, site: Site):
    empty = b"<html><body></body></html>"
    site.serve("/r0", body=empty)
    teasers(*[TALKS[0]], text=TALKS[1])
    (candidate,) = pending(teasers.service)
    (seen,) = candidate.sightings
    assert seen.page.sha256 == hashlib.sha256(empty).hexdigest()
    assert seen.page.fault.startswith("No article was found on the page.")
    teasers(TALKS[0], text=TALKS[1])
    assert [path for path, _ in site.seen].count("/r0") == 1


def test_a_page_that_robots_txt_keeps_programs_from_is_not_fetched(teasers, site: Site):
    site.serve("/robots.txt", body=b"User-agent: *\nDisallow: /r")
    site.serve("/r0", body=PAGE)
    row = teasers(TALKS[0], text=TALKS[1])
    assert (row.outcome, row.sightings) == ("read", 1)
    assert "/r0" not in [path for path, _ in site.seen]
    (candidate,) = pending(teasers.service)
    assert "robots.txt" in candidate.sightings[0].page.fault


def test_a_page_that_had_no_turn_at_its_host_is_read_later_and_counts_no_try(polled, site: Site, monkeypatch):  # noqa: F811
    monkeypatch.setattr(hosts, "LONGEST_TURN", 0.05)
    service, feed = polled.service, feed_at(site.serve("/feed", body=linked(site, TALKS[0])), full_text=True)
    site.serve("/r0", body=PAGE)

    def fetch_while_others_ask(url: str, **options):
        with ExitStack() as others:
            for _ in range(PER_HOST if url.endswith("/r0") else 0):
                others.enter_context(service.hosts.visit(site.url("/hangs"), Deadline(30), checked=False))
            return service.fetch(url, **options)

    with service.store.writing() as db:
        db.feeds.sync([feed], now=service.clock())
    detect = service.detectors["us-china"]
    row = poll_feed(service.store, feed, detect, service.clock, fetch_while_others_ask, service.robots)
    assert (row.outcome, row.fresh, row.sightings) == ("read", 1, 0)
    service.clock.advance(minutes=30)
    with service.store.reading() as db:
        (waiting,) = db.pages.waiting("sample", now=service.clock(), most=9)
    assert waiting.tries == 0
    assert poll_feed(service.store, feed, detect, service.clock, service.fetch, service.robots).sightings == 1


def test_after_a_page_that_had_no_turn_the_poll_waits_for_no_other(polled, site: Site, monkeypatch):  # noqa: F811
    monkeypatch.setattr(hosts, "LONGEST_TURN", 0.05)
    titles = [f"Release number {n} of the day" for n in range(4)]
    service, feed = polled.service, feed_at(site.serve("/feed", body=linked(site, *titles)), full_text=True)
    for number, title in enumerate(titles):
        site.serve(f"/r{number}", body=page(title, f"The full text of the release. It has the number {number}. " * 3))
    asked = []

    def fetch_while_others_ask(url: str, **options):
        asked.append(url)
        with ExitStack() as others:
            for _ in range(PER_HOST if "/r" in url else 0):
                others.enter_context(service.hosts.visit(site.url("/hangs"), Deadline(30), checked=False))
            return service.fetch(url, **options)

    def poll(fetch) -> None:
        asked.clear()
        poll_feed(service.store, feed, service.detectors["us-china"], service.clock, fetch, service.robots)
        service.clock.advance(minutes=30)

    with service.store.writing() as db:
        db.feeds.sync([feed], now=service.clock())
    for _ in ("those that arrive", "those that are waited for"):
        poll(fetch_while_others_ask)
        assert len([url for url in asked if "/r" in url]) == 1
    with service.store.reading() as db:
        waiting = db.pages.waiting("sample", now=service.clock(), most=9)
    assert [one.tries for one in waiting] == [0] * 4
    poll(service.fetch)
    assert all("The full text of the release" in summary for _, summary, _ in releases(service))


def test_a_link_to_another_private_host_is_not_followed(polled, site: Site):  # noqa: F811
    body = linked(site, TALKS[0]).decode().replace(f"127.0.0.1:{site.port}", f"localhost:{site.port}")
    site.serve("/feed", body=body.encode())
    site.serve("/r0", body=PAGE)
    polled(feed_at(site.url(), full_text=True))
    assert "/r0" not in [path for path, _ in site.seen]


def test_a_page_is_tried_ever_more_rarely_and_given_up_at_last(teasers):
    now = teasers.service.clock()
    waits = [next_try(tries, now) - now for tries in range(1, MOST_TRIES)]
    assert waits == sorted(waits)
    assert waits[0] < waits[-1]
    assert next_try(MOST_TRIES, now) is None


def test_the_copy_is_handed_out_to_reviewers_as_a_file(teasers, site: Site):
    site.serve("/r0", body=PAGE)
    teasers(TALKS[0])
    api = Api(teasers.service)
    reviewer = api.token("reviewer")
    (candidate,) = api.get("/candidates", headers=reviewer).get_json()["candidates"]
    kept = candidate["sightings"][0]["page"]
    assert (kept["sha256"], kept["bytes"], kept["fault"]) == (hashlib.sha256(PAGE).hexdigest(), len(PAGE), None)
    address = kept["href"].removeprefix("/api/v1")
    answer = api.get(address, headers=reviewer)
    assert gzip.decompress(answer.data) == PAGE
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer.headers.getlist("Content-Security-Policy"), "it never runs as a page of ours"
    assert_problem(api.get(address), 401)
    assert_problem(api.get("/releases/999/page", headers=reviewer), 404)


def test_a_link_that_is_no_address_costs_its_item_the_page_and_the_others_nothing(polled, site: Site):  # noqa: F811
    body = linked(site, TALKS[0], "Another item").replace(
        site.url("/r1").encode(), "https://exa\u2100mple.example/x".encode()
    )
    site.serve("/feed", body=body)
    site.serve("/r0", body=PAGE)
    row = polled(feed_at(site.url(), full_text=True))
    assert (row.outcome, row.fresh, row.sightings) == ("read", 2, 1)


INSTEAD = {
    "sign-in": page("Sign in to your account", "Enter your name and your password to go on to the page you asked for."),
    "wall": page("Just a moment...", "Checking that you are a person before the site can be shown."),
    "missing": page("页面不存在", "您访问的页面不存在或已删除，请返回首页。"),
}


@pytest.mark.parametrize("instead", INSTEAD)
def test_what_stands_in_a_pages_place_is_not_its_text_and_the_page_is_tried_again(teasers, site: Site, instead):
    site.serve("/r0", body=INSTEAD[instead], Content_Type="text/html; charset=utf-8")
    teasers(TALKS[0])
    assert [summary for _, summary, _ in releases(teasers.service)] == [TEASER]
    site.serve("/r0", body=PAGE)
    teasers.service.clock.advance(hours=1)
    assert teasers(TALKS[0]).sightings == 1


def test_a_front_page_to_which_a_release_leads_is_not_its_text(teasers, site: Site):
    site.redirect("/r0", 302, "/")
    site.serve("/", body=PAGE)
    assert teasers(TALKS[0]).sightings == 0
    assert [summary for _, summary, _ in releases(teasers.service)] == [TEASER]


def test_a_feed_none_of_whose_newest_pages_can_be_read_warns_until_one_can(teasers, site: Site):
    site.serve("/robots.txt", body=b"User-agent: *\nDisallow: /r\n")
    titles = (TALKS[0], "Another release", "A third release")
    teasers(*titles[:2])

    def told():
        with teasers.service.store.reading() as db:
            one, every = db.feeds.get("sample"), {feed.slug: feed for feed in db.feeds.all()}
        assert one == every["sample"]
        health = health_of(one, teasers.service.clock())
        return [warned.kind for warned in health.warnings], health.words

    assert told()[0] == [], "two may be chance"
    teasers(*titles)
    kinds, words = told()
    assert kinds == ["pages"]
    assert "None of the pages of its newest releases could be read" in words
    assert "robots.txt keeps programs away from this page" in words
    then = teasers.service.clock()
    site.serve("/robots.txt", 404)
    site.serve("/r2", body=PAGE)
    teasers.service.clock.advance(days=2)
    teasers(*titles)
    assert told()[0] == []
    api = Api(teasers.service)
    for known_at, said in ((then - timedelta(hours=1), []), (then, [words]), (teasers.service.clock(), [])):
        warnings = api.json(f"/feeds/sample?known_at={known_at:%FT%TZ}")["warnings"]
        assert [warning["sentence"] for warning in warnings] == said
