"""A poll that is cut off at any statement whatever: by a process of its own that dies there, as of kill -9."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import wait
from dataclasses import replace

import pytest

from db.store import Store, open_store
from tests.feeds.test_poll import HARBOR, TALKS, feed_at, rss
from tests.site import Site
from tracker.model import Feed
from tracker.polling.poll import poll_feed
from tracker.scheduler import Polling
from tracker.service import Service

pytestmark = pytest.mark.sqlite

DIED, DONE = 9, 0


Count = Callable[[str], None]


def dies(at: int, work: Callable[[Count], None]) -> bool:
    """Whether another process died at its work, as it was to do, before the `at`-th statement that it counts."""
    left = at

    def count(statement: str) -> None:
        nonlocal left
        left -= 1
        if not left:
            os._exit(DIED)

    if not (child := os.fork()):
        try:
            work(count)
            os._exit(DONE)
        finally:
            os._exit(1)
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert ended in (DIED, DONE)
    return ended == DIED


def opened(service: Service) -> Store:
    """A store of the process's own, with what is written through open."""
    store = open_store(service.settings.database_url)
    with store.writing():
        return store


def poll_that_dies(service: Service, feed: Feed, at: int) -> bool:
    """Whether a poll of one feed died before that statement."""
    detect = service.detectors[feed.relationship]

    def work(count: Count) -> None:
        store = opened(service)
        for connection in (store._connections.get(), store._connections._writer):
            connection.set_trace_callback(count)
        poll_feed(store, feed, detect, service.clock)

    return dies(at, work)


def kept(service: Service) -> tuple[list[tuple[str, int]], int, int]:
    """Releases with their revision, candidates, and good polls."""
    with service.store.reading() as db:
        releases = [(release.title, known.revision) for release, known in db.releases.stored()]
        candidates = db.candidates.queue("pending", most=50)
        return releases, len(candidates), len(db.feeds.reads_since(service.clock().replace(year=2000)))


@pytest.mark.parametrize("every", [3, pytest.param(1, marks=pytest.mark.long)])
def test_a_poll_cut_off_anywhere_leaves_nothing_and_its_repetition_everything_once(
    seeded_2023: Service, site: Site, every: int
):
    """Before every third statement, or (long) before each."""
    edited = (TALKS[0] + ", Corrected", TALKS[1])
    steps = [
        (rss(TALKS, HARBOR), [(TALKS[0], 1), (HARBOR[0], 1)]),
        (rss(edited, HARBOR), [(edited[0], 2), (HARBOR[0], 1)]),
    ]
    for path in ("/r0", "/r1"):
        site.serve(path, 404)
    feed = feed_at(site.url(), full_text=True)
    with seeded_2023.store.writing() as db:
        db.feeds.sync([feed], now=seeded_2023.clock())
    for body, releases in steps:
        site.serve("/feed", body=body.replace(b"https://news.example/", site.url("/").encode()))
        before = kept(seeded_2023)
        cuts = 1
        while poll_that_dies(seeded_2023, feed, cuts):
            assert kept(seeded_2023) == before
            cuts += every
        assert cuts > 20, "it was cut off at many statements"
        assert kept(seeded_2023)[:2] == (releases, 1)
        seeded_2023.clock.advance(minutes=30)
        row = poll_feed(seeded_2023.store, feed, seeded_2023.detectors["us-china"], seeded_2023.clock)
        assert (row.fresh, row.revised, row.overlap, row.sightings) == (0, 0, 2, 0)


def polls_that_die(service: Service, at: int) -> bool:
    """Whether a scheduler that polls all its feeds died before that statement of what it writes."""

    def work(count: Count) -> None:
        own = replace(service, store=opened(service))
        own.store._connections._writer.set_trace_callback(count)
        wait(Polling(own).tick())

    return dies(at, work)


def test_of_polls_that_are_kept_together_none_is_half_there_when_they_are_cut_off(seeded_2023: Service, many_hosts):
    feeds = []
    for number in range(4):
        news = (f"{HARBOR[0]} {number}", f"{HARBOR[1]} It is the {number}. this year.")
        many_hosts.serve(f"/{number}", body=rss(news, prefix=f"of-{number}-"))
        url = many_hosts.url(f"/{number}", f"127.0.0.{number + 1}")
        feeds.append(feed_at(url, slug=f"feed-{number}"))
    service = replace(seeded_2023, feeds=tuple(feeds))
    service.prepare()
    cuts = 10
    while polls_that_die(service, cuts):
        cuts += 30
        assert polled_feeds(service) == feeds_with_news(service)
        service.clock.advance(minutes=11)  # what they had claimed is free again
    assert cuts > 40, "they were cut off while they were begun, and while they were kept"
    assert polled_feeds(service) == feeds_with_news(service) == [f"feed-{number}" for number in range(4)]


def polled_feeds(service: Service) -> list[str]:
    with service.store.reading() as db:
        return sorted(read.feed for read in db.feeds.reads_since(service.clock().replace(year=2000)))


def feeds_with_news(service: Service) -> list[str]:
    with service.store.reading() as db:
        return sorted(release.feed for release, _ in db.releases.stored() if release.feed)
