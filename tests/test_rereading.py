"""Cited pages on a real site that edits, deletes, moves, re-templates and fails: each visit, and what it leaves."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from db.record import Origin
from db.store import open_store
from tests.engines import REFUSED
from tests.feeds.conftest import no_proxies  # noqa: F401 - a fixture
from tests.feeds.test_full_text import linked
from tests.feeds.test_poll import TALKS, feed_at
from tests.make import change, source
from tests.site import Handler, Site
from tracker.feeds import hosts
from tracker.feeds.guard import Deadline
from tracker.feeds.hosts import PER_HOST
from tracker.model import PageState, PartialDate, State
from tracker.polling.outcome import AGAIN_AFTER
from tracker.polling.poll import poll_feed
from tracker.polling.rereading import Rereading, read_again, wording
from tracker.releases.watch import CONFIRMED_BY, HOST_REST
from tracker.reviewing.review import accept
from tracker.scheduler import Polling
from tracker.service import Service

QUOTE = "The two sides agreed to keep the channel open and to meet again in the spring."
LEAD = "Officials of the two ministries met in the capital on Jan. 8-9 for the seventeenth round of policy talks."
REST = "They reviewed the year that had passed, spoke of incidents at sea, and set out a plan of visits for the next."
MENU = ("Home", "News", "About")


def page(*paragraphs: str, title: str = "Talks held", menu: tuple[str, ...] = MENU, dated: str = "Jan. 10") -> bytes:
    told = "".join(f"<p>{words}</p>" for words in paragraphs)
    links = "".join(f'<li><a href="/{word}">{word}</a></li>' for word in menu)
    return (
        f"<!doctype html><html><head><title>{title}</title></head><body><nav><ul>{links}</ul></nav><article>"
        f"<h1>{title}</h1><p>{dated}</p>{told}</article><footer>Copyright {dated}</footer></body></html>"
    ).encode()


PAGE = page(LEAD, QUOTE, REST)
NEW_TEMPLATE = f"""<!doctype html><html lang="en"><head><title>Talks held | Ministry</title></head><body>
<div class="cookie">We use cookies to make this site work for you. By going on you agree to our use of cookies.</div>
<header><ul class="nav"><li><a href="/n">Newsroom</a></li><li><a href="/o">Operations</a></li></ul></header>
<div id="main"><div class="breadcrumb"><a href="/">Home</a> &gt; <a href="/n">News</a></div>
<div class="article-body"><h2>Talks held</h2><div class="meta">Updated: Feb. 20, 2024 | 3 min read | By Staff</div>
<div class="share"><a href="#">Send</a></div><p>{LEAD}</p><div class="ad">Advertisement</div><p>{QUOTE} {REST}</p>
<div class="related"><h3>Related</h3><ul><li><a href="/1">Minister visits the harbour and speaks to the crew of a
frigate.</a></li><li><a href="/2">Budget for next year is set out by the minister.</a></li></ul></div></div></div>
<footer><p>All rights reserved. Contact us by mail at any time of the day.</p></footer></body></html>""".encode()
OTHER = page("Sign in with your account to read this archive. " * 4, title="Archive")
"""What stands in a page's place behind a status 200."""


@dataclass
class Watching:
    """A service whose record cites pages of a site; time passes from one visit to the next."""

    service: Service
    site: Site

    def cite(self, *paths: str, quote: str | None = QUOTE, published: str | None = "2024-01-10") -> list[str]:
        urls = [self.site.url(path) for path in paths]
        when = PartialDate(published) if published else None
        sources = tuple(source(url=url, quote=quote, published=when) for url in urls)
        with self.service.store.writing() as db:
            origin = Origin(self.service.clock(), "ana")
            db.record.add(change(State.ACTIVE, "2024-01-08", sources=sources), origin)
            db.record.bump()
        Rereading(self.service).go()
        return urls

    def visit(self, path: str = "/talks"):
        """The page read when its time has come."""
        with self.service.store.reading() as db:
            self.service.clock.now = db.watch.get(self.site.url(path)).next_visit
        return read_again(self.service, self.site.url(path), if_due=True)

    def stands(self, path: str = "/talks"):
        with self.service.store.reading() as db:
            return db.watch.get(self.site.url(path))

    def notices(self) -> list[PageState]:
        with self.service.store.reading() as db:
            return [notice.visit.found for notice in db.watch.notices()]


@pytest.fixture
def watching(service: Service, site: Site) -> Watching:
    """Pages on loopback may be read, since a feed of the operator's is there."""
    service.take(service.packs, (feed_at(site.url()),))
    service.prepare()
    return Watching(service, site)


@pytest.fixture
def read_once(watching: Watching) -> Watching:
    watching.site.serve("/talks", body=PAGE)
    watching.cite("/talks")
    assert watching.visit().found is PageState.SAME
    return watching


def test_what_a_process_that_was_suspended_has_in_hand_is_dropped_when_another_read_the_page_meanwhile(
    watching: Watching, site: Site
):
    site.serve("/talks", body=PAGE)
    watching.cite("/talks")
    watching.visit()

    def suspended(handler: Handler) -> None:
        site.serve("/talks", body=page(LEAD, REST))
        watching.service.clock.advance(hours=1)
        assert read_again(watching.service, site.url("/talks"), if_due=False).found is PageState.WORDS_CHANGED
        handler.answer(body=PAGE)

    site.routes["/talks"] = suspended
    assert watching.visit() is None
    assert watching.stands().state is PageState.WORDS_CHANGED


def test_the_first_read_is_kept_and_the_same_again_keeps_nothing(read_once: Watching) -> None:
    first = read_once.visit()
    again = read_once.visit()
    assert (first.found, again.found, again.stands_since) == (PageState.SAME, PageState.SAME, None)
    assert again.sha256 == hashlib.sha256(PAGE).hexdigest()
    assert again.words > 50
    with read_once.service.store.reading() as db:
        assert db.watch.copy(again.sha256).body == PAGE
        assert [visit.status for visit in db.watch.visits(read_once.site.url("/talks"))] == [200] * 3
    assert read_once.notices() == []


def test_other_menus_dates_and_another_template_raise_no_alarm(read_once: Watching) -> None:
    for body in (page(LEAD, QUOTE, REST, menu=("Start", "Archive"), dated="Feb. 20"), NEW_TEMPLATE):
        read_once.site.serve("/talks", body=body)
        assert read_once.visit().found is PageState.SAME
    assert read_once.notices() == []


def test_an_edit_elsewhere_is_noted_and_asks_nobody_while_the_quote_stands(read_once: Watching) -> None:
    read_once.site.serve("/talks", body=page(LEAD, QUOTE, REST.replace("incidents at sea", "fishing")))
    assert read_once.visit().found is PageState.EDITED
    assert read_once.notices() == []


def test_the_cited_words_changed_and_both_copies_are_kept(read_once: Watching) -> None:
    reworded = page(LEAD, QUOTE.replace("agreed", "declined"), REST)
    read_once.site.serve("/talks", body=reworded)
    visit = read_once.visit()
    assert (visit.found, visit.missing, visit.stands_since) == (PageState.WORDS_CHANGED, (QUOTE,), visit.at)
    assert read_once.visit().stands_since is None, "seen again, it is no news"
    with read_once.service.store.reading() as db:
        (notice,) = db.watch.notices()
        assert "agreed" in wording(db.watch.copy(notice.baseline)).text
        assert db.watch.copy(notice.visit.sha256).body == reworded
    (claim,) = notice.claims
    assert (claim.channel, claim.says, claim.quote) == ("dpct", State.ACTIVE, QUOTE)
    read_once.site.serve("/talks", body=PAGE)
    assert read_once.visit().found is PageState.SAME
    assert read_once.notices() == [], "what was put back needs nobody"


def test_without_a_quote_each_substantial_edit_asks_once(watching: Watching) -> None:
    watching.site.serve("/talks", body=PAGE)
    watching.cite("/talks", quote=None)
    watching.visit()
    watching.site.serve("/talks", body=page(LEAD.replace("8-9", "9-10"), QUOTE, REST))
    first, again = watching.visit(), watching.visit()
    assert (first.found, first.asks, again.stands_since) == (PageState.EDITED, True, None)
    with watching.service.store.writing() as db:
        assert db.watch.acknowledge(first.id, by="ana", at=first.at, note="They put the day right.")
        assert not db.watch.acknowledge(first.id, by="ben", at=first.at, note="Too late.")
    assert watching.notices() == []
    watching.site.serve("/talks", body=page(LEAD.replace("8-9", "11-12"), QUOTE, REST))
    watching.visit()
    assert watching.notices() == [PageState.EDITED]


@pytest.mark.parametrize(
    ("lose", "state", "status"),
    [
        (lambda site: site.serve("/talks", 404), PageState.GONE, 404),
        (lambda site: site.serve("/talks", 410), PageState.GONE, 410),
        (lambda site: site.serve("/talks", body=OTHER), PageState.SOFT_GONE, 200),
        (lambda site: site.redirect("/talks", 302, "/front"), PageState.SOFT_GONE, 200),
        (lambda site: site.redirect("/talks", 301, "/front"), PageState.SOFT_GONE, 200),
    ],
    ids=["404", "410", "something else", "sent elsewhere", "sent elsewhere for good"],
)
def test_a_lost_page_is_called_so_when_several_reads_agree(
    read_once: Watching, lose: Callable[[Site], object], state: PageState, status: int
) -> None:
    read_once.site.serve("/front", body=OTHER)
    lose(read_once.site)
    for _ in range(CONFIRMED_BY - 1):
        visit = read_once.visit()
        assert (visit.found, visit.status, visit.stands_since) == (state, status, None)
        assert read_once.stands().state is PageState.SAME
        assert read_once.notices() == []
    last = read_once.visit()
    assert last.stands_since < last.at - timedelta(days=1)
    assert (read_once.stands().state, read_once.notices()) == (state, [state])


def test_a_page_that_fails_and_recovers_was_never_gone(read_once: Watching) -> None:
    for status in (404, 503, 404, 403):
        read_once.site.serve("/talks", status)
        read_once.visit()
    assert (read_once.stands().state, read_once.stands().doubts) == (PageState.SAME, 2)
    read_once.site.serve("/talks", body=PAGE)
    assert read_once.visit().found is PageState.SAME
    assert read_once.stands().doubts == 0
    with read_once.service.store.reading() as db:
        faults = [visit.fault for visit in db.watch.visits(read_once.site.url("/talks")) if visit.found is None]
    assert faults == ["The server answered 503 Service Unavailable.", "The server answered 403 Forbidden."]


def test_a_page_that_moved_for_good_is_followed(read_once: Watching) -> None:
    read_once.site.redirect("/talks", 301, "/archive/talks")
    read_once.site.serve("/archive/talks", body=page(LEAD, QUOTE, REST, menu=("Archive",)))
    visit = read_once.visit()
    assert (visit.found, visit.moved_to) == (PageState.MOVED, read_once.site.url("/archive/talks"))
    assert read_once.notices() == [PageState.MOVED]
    read_once.site.redirect("/talks", 302, "/archive/talks")
    assert read_once.visit().found is PageState.SAME, "sent there for now alone, it has not moved"


def test_a_wall_and_a_robots_txt_give_no_verdict(read_once: Watching) -> None:
    read_once.site.serve("/talks", body=page("Enable scripts to continue.", title="Just a moment..."))
    assert read_once.visit().fault == "The site asks first whether a person is there."
    read_once.site.serve("/robots.txt", body=b"User-agent: *\nDisallow: /talks")
    read_once.service.__dict__.pop("robots")  # what was read of it is good for a day
    assert read_once.visit().fault.startswith("The site's robots.txt keeps programs away from this page")
    assert read_once.stands().state is PageState.SAME


def test_a_robots_txt_that_cannot_be_read_gives_no_verdict_and_is_told_as_such(watching: Watching) -> None:
    watching.site.serve("/robots.txt", 503)
    watching.cite("/talks")
    assert (
        watching.visit().fault
        == "The site's robots.txt could not be read: The server answered 503 Service Unavailable."
    )


@pytest.mark.parametrize("robots_known", [False, True])
def test_a_page_that_had_no_turn_at_its_host_is_read_later_and_has_not_failed(
    watching: Watching, monkeypatch, robots_known: bool
) -> None:
    watching.site.serve("/talks", body=PAGE)
    watching.cite("/talks")
    if robots_known:
        watching.service.robots.refusal(watching.site.url("/talks"), allow_private=True)
    with monkeypatch.context() as patched, ExitStack() as others:
        patched.setattr(hosts, "LONGEST_TURN", 0.05)
        for _ in range(PER_HOST):
            others.enter_context(watching.service.hosts.visit(watching.site.url("/hangs"), Deadline(30), checked=False))
        assert watching.visit() is None
    with watching.service.store.reading() as db:
        assert db.watch.visits(watching.site.url("/talks")) == []
    assert (watching.stands().failures, watching.stands().fault) == (0, None)
    assert watching.stands().next_visit - watching.service.clock() == AGAIN_AFTER
    assert watching.visit().found is PageState.SAME


def test_pages_of_a_private_host_are_read_only_where_the_operator_has_a_feed(watching: Watching) -> None:
    watching.service = replace(watching.service, feeds=())
    watching.site.serve("/talks", body=PAGE)
    watching.cite("/talks")
    assert watching.visit().fault
    assert watching.site.seen == []


def test_what_was_cited_from_a_release_is_held_against_the_copy_of_its_page(watching: Watching) -> None:
    service, site = watching.service, watching.site
    told = TALKS[1]
    site.serve("/r0", body=page(told, REST))
    site.serve("/feed", body=linked(site, "Talks With the PLA"))
    feed = feed_at(site.url(), full_text=True)
    with service.store.writing() as db:
        db.feeds.sync([feed], now=service.clock())
    poll_feed(service.store, feed, service.detectors["us-china"], service.clock)
    with service.store.reading() as db:
        (candidate,) = db.candidates.queue("pending", most=2)
    accept(service.store, candidate.id, candidate.version, by="ana", at=service.clock())
    Rereading(service).go()
    site.serve("/r0", body=page(told.replace("17th", "18th"), REST))
    visit = watching.visit("/r0")
    assert visit.found is PageState.WORDS_CHANGED, "the first read already has something to be held against"
    assert "17th" in visit.missing[0]


def test_two_that_read_at_once_never_read_one_page_twice(watching: Watching) -> None:
    paths = [f"/p{n}" for n in range(6)]
    together = threading.Barrier(4)
    for path in paths:
        watching.site.serve(path, body=PAGE)
    urls = watching.cite(*paths)
    watching.service.clock.advance(hours=2)

    def read_all(_: int) -> int:
        """As a process of its own does: over its own connection, with its own turns at hosts."""
        own = open_store(watching.service.settings.database_url)
        together.wait()
        read = sum(read_again(replace(watching.service, store=own), url, if_due=True) is not None for url in urls)
        own.close()
        return read

    with ThreadPoolExecutor(4) as readers:
        assert sum(readers.map(read_all, range(4))) == len(urls)
    assert sorted(path for path, _ in watching.site.seen if path != "/robots.txt") == paths


@pytest.mark.parametrize("table", ["page_visit", "cited_copy", "page_acknowledgement"])
def test_visits_copies_and_acknowledgements_are_never_changed_or_deleted(read_once: Watching, table: str, raw) -> None:
    with read_once.service.store.writing() as db:
        db.watch.acknowledge(1, by="ana", at=read_once.service.clock(), note="Seen.")
    column = {"page_visit": "found", "cited_copy": "url"}.get(table, "note")
    for statement in (f"UPDATE {table} SET {column} = 'gone'", f"DELETE FROM {table}"):
        with pytest.raises(REFUSED, match="never changed or deleted"):
            raw(read_once.service.store).execute(statement)


def test_a_claim_that_was_cut_off_runs_out(read_once: Watching) -> None:
    url, clock = read_once.site.url("/talks"), read_once.service.clock
    clock.now = read_once.stands().next_visit
    with read_once.service.store.writing() as db:
        assert db.watch.claim(url, now=clock.now, if_due=True)
    assert read_again(read_once.service, url, if_due=False) is None
    clock.advance(minutes=11)
    assert read_again(read_once.service, url, if_due=True) is not None


def test_of_a_host_with_many_due_pages_one_is_read_at_a_time(watching: Watching) -> None:
    paths = [f"/p{n}" for n in range(3)]
    for path in paths:
        watching.site.serve(path, body=PAGE)
    watching.cite(*paths)
    rereading, clock = Rereading(watching.service), watching.service.clock
    clock.advance(hours=2)
    assert [len(rereading.go()) for _ in range(3)] == [1, 0, 0]
    clock.advance(seconds=HOST_REST.total_seconds())
    assert [len(rereading.go()) for _ in range(2)] == [1, 0]
    clock.advance(seconds=HOST_REST.total_seconds())
    assert rereading.go(stopped=lambda: True) == [], "who is told to stop begins with no further page"


@pytest.mark.parametrize("on", [True, False])
def test_the_scheduler_reads_cited_pages_where_it_is_set_to(watching: Watching, on: bool) -> None:
    arrived = threading.Event()
    watching.site.serve("/feed", 404)
    watching.site.serve("/talks", body=PAGE)
    answer = watching.site.routes["/talks"]

    def tell(handler: Handler) -> None:
        arrived.set()
        answer(handler)

    watching.site.routes["/talks"] = tell
    watching.cite("/talks")
    watching.service.clock.advance(hours=2)
    settings = replace(watching.service.settings, watch=on)
    polling = Polling(replace(watching.service, settings=settings))
    polling.tick()
    if on:
        assert arrived.wait(10)
    polling.stop()
    assert arrived.is_set() is on
    assert (watching.stands().state is PageState.SAME) is on


def test_what_is_cited_no_more_is_left_alone_and_what_is_cited_anew_is_watched(watching: Watching, raw) -> None:
    watching.site.serve("/talks", body=PAGE)
    (url,) = watching.cite("/talks")
    (old,) = watching.cite("/old", published="2019")
    with watching.service.store.reading() as db:
        assert [page.url for page in db.watch.all()] == [url, old], "the old one waits for some day of a week"
    watching.service.clock.advance(days=8)
    raw(watching.service.store).execute("UPDATE citation SET withdrawn_at = '2024-02-02' WHERE id = 1")
    with watching.service.store.reading() as db:
        assert db.watch.due(watching.service.clock(), most=9) == [old]


def test_a_clock_that_was_far_ahead_keeps_no_page_from_being_read(read_once: Watching) -> None:
    clock = read_once.service.clock
    clock.advance(days=4000)
    read_again(read_once.service, read_once.site.url("/talks"), if_due=False)
    clock.advance(days=-4000)
    with read_once.service.store.reading() as db:
        assert db.watch.due(clock(), most=9) == [read_once.site.url("/talks")]
