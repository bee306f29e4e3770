"""The scheduler over real feeds: due ones are polled, once, whoever asks."""

from concurrent.futures import wait
from dataclasses import replace
from datetime import timedelta
from functools import partial
from threading import Event

import pytest

from tests.feeds.test_poll import HARBOR, feed_at, rss
from tests.site import Site, running_site
from tracker.feeds import hosts
from tracker.feeds.fetch import Limits
from tracker.feeds.hosts import PER_HOST
from tracker.polling.desk import poll_if_due
from tracker.polling.poll import CLAIM
from tracker.scheduler import WORKERS, Polling
from tracker.service import Service, utc_now


@pytest.fixture
def site(many_hosts: Site) -> Site:
    """A site of many hosts: a feed waits for its turn only behind those of its own host."""
    return many_hosts


@pytest.fixture
def three_feeds(seeded_2023: Service, site: Site) -> Service:
    """A service with two good feeds and a broken one between them, each on a host of its own."""
    site.serve("/one", body=rss(HARBOR))
    site.serve("/two", 500)
    site.serve("/three", body=rss(HARBOR))
    urls = {slug: site.url(f"/{slug}", f"127.0.0.{host}") for host, slug in enumerate(("one", "two", "three"), start=1)}
    feeds = tuple(feed_at(url, slug=slug) for slug, url in urls.items())
    service = replace(seeded_2023, feeds=feeds)
    service.prepare()
    return service


def asked(site: Site) -> list[str]:
    return sorted(path for path, _ in site.seen)


def polls(service: Service) -> list[tuple[str, bool]]:
    with service.store.reading() as db:
        return sorted(
            (read.feed, read.fault is None) for read in db.feeds.reads_since(service.clock().replace(year=2000))
        )


def test_a_tick_polls_what_is_due_and_a_broken_feed_stops_nobody(three_feeds, site):
    polling = Polling(three_feeds)
    wait(polling.tick())
    assert polls(three_feeds) == [("one", True), ("three", True), ("two", False)]
    assert polling.tick() == [], "nothing is due before its interval has passed"
    three_feeds.clock.advance(minutes=32)
    wait(polling.tick())
    assert asked(site) == ["/one", "/one", "/three", "/three", "/two", "/two"]
    polling.stop()


def test_every_line_of_a_poll_bears_its_feed_and_an_id_that_no_other_poll_has(three_feeds, log_lines):
    """Also what fails where nobody foresaw it, outside of the poll itself."""
    polling = Polling(three_feeds)
    wait(polling.tick())
    three_feeds.detect_for = None
    three_feeds.clock.advance(minutes=32)
    wait(polling.tick())
    polling.stop()
    told = [line for line in log_lines() if line["logger"] in ("tracker.polling.poll", "tracker.polling.desk")]
    assert sorted((line["feed"], line["level"]) for line in told) == [
        ("one", "error"), ("one", "info"), ("three", "error"), ("three", "info"), ("two", "error"), ("two", "warning"),
    ]  # fmt: skip
    assert all(f"poll of {line['feed']}" in line["message"] for line in told)
    assert len({line["poll"] for line in told}) == len(told)


def test_of_two_schedulers_one_ticks_and_each_feed_is_polled_once(three_feeds, site):
    first, second = Polling(three_feeds), Polling(three_feeds)
    wait([*first.tick(), *second.tick()])
    assert asked(site) == ["/one", "/three", "/two"]
    first.stop()
    three_feeds.clock.advance(minutes=32)
    wait(second.tick())
    assert len(site.seen) == 6, "the lease was given back"
    second.stop()


def test_a_lease_that_nobody_renews_passes_on(three_feeds, site):
    dead, heir = Polling(three_feeds), Polling(three_feeds)
    wait(dead.tick())
    three_feeds.clock.advance(minutes=32)
    wait(heir.tick())
    assert len(site.seen) == 6
    dead.stop()
    heir.stop()


def test_a_poll_cut_off_is_repeated_when_its_claim_has_run_out(three_feeds, site):
    now = three_feeds.clock()
    with three_feeds.store.writing() as db:
        assert db.feeds.claim("one", now=now, until=now.replace(minute=5))
        assert not db.feeds.claim("one", now=now, until=now.replace(minute=5))
    polling = Polling(three_feeds)
    wait(polling.tick())
    assert "/one" not in asked(site)
    three_feeds.clock.advance(minutes=6)
    wait(polling.tick())
    assert "/one" in asked(site)
    polling.stop()


def test_after_a_long_sleep_each_feed_is_polled_once_without_a_burst(three_feeds, site):
    polling = Polling(three_feeds)
    wait(polling.tick())
    three_feeds.clock.advance(days=3)
    wait(polling.tick())
    wait(polling.tick())
    assert len(site.seen) == 6
    polling.stop()


def test_the_real_scheduler_ticks_by_itself_and_stops_when_told(three_feeds, site):
    arrived = Event()
    plain = site.routes["/one"]

    def tell(handler):
        plain(handler)
        arrived.set()

    site.routes["/one"] = tell
    polling = Polling(three_feeds, tick_seconds=0.1)
    polling.start()
    assert arrived.wait(10)
    polling.stop()
    with three_feeds.store.reading() as db:
        assert db.feeds.last_tick("scheduler") is not None


def test_a_paused_feed_is_left_alone_until_it_is_resumed(three_feeds, site):
    with three_feeds.store.writing() as db:
        db.feeds.pause("one", now=three_feeds.clock(), by="ana", because=None)
        assert not db.feeds.claim("one", now=three_feeds.clock(), until=three_feeds.clock())
    three_feeds.prepare()
    polling = Polling(three_feeds)
    wait(polling.tick())
    assert asked(site) == ["/three", "/two"], "reading the configuration again resumes nothing"
    with three_feeds.store.writing() as db:
        db.feeds.resume("one", now=three_feeds.clock(), by="ana")
    wait(polling.tick())
    assert asked(site) == ["/one", "/three", "/two"]
    polling.stop()


def test_a_feed_made_due_is_polled_at_the_next_tick_whatever_its_backoff(three_feeds, site):
    polling = Polling(three_feeds)
    wait(polling.tick())
    with three_feeds.store.writing() as db:
        db.feeds.make_due("two", now=three_feeds.clock())
    wait(polling.tick())
    assert asked(site).count("/two") == 2
    assert len(site.seen) == 4
    polling.stop()


@pytest.mark.parametrize("years", [1, 50])
def test_a_clock_that_stood_ahead_and_is_put_right_stops_no_feed(three_feeds, site, years):
    """All that was written meanwhile (next polls, claims, a lease) lies years ahead."""
    right = three_feeds.clock()
    three_feeds.clock.advance(days=365 * years)
    lost = Polling(three_feeds)
    wait(lost.tick())
    with three_feeds.store.writing() as db:
        db.feeds.make_due("one", now=three_feeds.clock())
        assert db.feeds.claim("one", now=three_feeds.clock(), until=three_feeds.clock.now + CLAIM)
    three_feeds.clock.now = right
    polling = Polling(three_feeds)
    wait(polling.tick())
    wait(polling.tick())
    assert asked(site) == ["/one", "/one", "/three", "/three", "/two", "/two"], "each once, without a burst"
    polling.stop()
    lost.stop()


def test_a_clock_put_back_by_an_hour_polls_nothing_twice(three_feeds, site):
    polling = Polling(three_feeds)
    wait(polling.tick())
    three_feeds.clock.advance(hours=-1)
    wait(polling.tick())
    assert len(site.seen) == 3
    three_feeds.clock.advance(hours=1, minutes=32)
    wait(polling.tick())
    assert len(site.seen) == 6
    polling.stop()


def of_hosts(service: Service, urls: list[str]) -> Service:
    feeds = tuple(feed_at(url, slug=f"feed-{number}") for number, url in enumerate(urls))
    service = replace(service, feeds=feeds)
    service.prepare()
    return service


def test_one_tick_has_all_due_feeds_polled_however_many(seeded_2023, many_hosts):
    many_hosts.serve("/feed", body=rss(HARBOR))
    count = 2 * WORKERS + 3
    polling = Polling(of_hosts(seeded_2023, [many_hosts.url(host=f"127.0.1.{n}") for n in range(1, count + 1)]))
    wait(polling.tick())
    assert len(many_hosts.seen) == count
    assert polling.tick() == []
    polling.stop()


def test_a_slow_host_with_many_feeds_holds_up_no_other(seeded_2023, many_hosts):
    arrived, over = Event(), Event()
    many_hosts.routes["/slow"] = lambda handler: (over.wait(60), handler.answer(200, rss(HARBOR)))
    many_hosts.routes["/feed"] = lambda handler: (handler.answer(200, rss(HARBOR)), arrived.set())
    slow = [many_hosts.url("/slow")] * (WORKERS + 5)
    polling = Polling(of_hosts(seeded_2023, [*slow, many_hosts.url(host="127.0.0.2")]))
    polling.tick()
    assert arrived.wait(30)
    assert sum(path == "/slow" for path, _ in many_hosts.seen) <= PER_HOST
    over.set()
    polling.stop()


def test_addresses_that_hang_fail_alone_and_the_other_feeds_of_their_host_are_read(seeded_2023, site, monkeypatch):
    """Also those on another port of it, which is the same host to its publisher."""
    monkeypatch.setattr(hosts, "LONGEST_TURN", 0.3)
    site.routes["/hangs"] = lambda handler: handler.pause(60)
    with running_site() as beside:
        good = [site.serve(f"/{n}", body=rss(HARBOR)) for n in range(3)]
        good += [beside.serve(f"/{n}", body=rss(HARBOR)) for n in range(3)]
        service = of_hosts(seeded_2023, [site.url("/hangs")] * PER_HOST + good)
        service.fetch = partial(service.fetch, limits=Limits(deadline=3))
        polling = Polling(service)
        wait(polling.tick())
        polling.stop()
    assert polls(service) == sorted((f"feed-{n}", n >= PER_HOST) for n in range(PER_HOST + len(good)))


def test_a_host_that_asks_to_be_left_alone_puts_its_other_feeds_off(seeded_2023, site):
    urls = [site.serve("/busy", 429, Retry_After="7200"), *(site.serve(f"/{n}", body=rss(HARBOR)) for n in range(4))]
    service = of_hosts(seeded_2023, urls)
    polling = Polling(service)
    wait(polling.tick())
    assert ("feed-0", False) in polls(service)
    asked_at_first = len(site.seen)
    service.clock.advance(minutes=40)
    wait(polling.tick())
    assert len(site.seen) == asked_at_first, "nobody asks that host before its time"
    with service.store.reading() as db:
        others = [feed for feed in db.feeds.all() if feed.enabled and feed.slug != "feed-0"]
    assert all(feed.failures == 0 and feed.next_poll > service.clock() for feed in others)
    polling.stop()


def test_a_scheduler_that_is_stopped_finishes_what_is_in_hand_and_begins_no_more(seeded_2023, many_hosts):
    arrived = Event()

    def answer(handler) -> None:
        arrived.set()
        handler.pause(0.2)
        handler.answer(200, rss(HARBOR))

    many_hosts.routes["/feed"] = answer
    service = of_hosts(seeded_2023, [many_hosts.url(host=f"127.0.1.{n}") for n in range(1, 3 * WORKERS)])
    polling = Polling(service)
    polling.tick()
    assert arrived.wait(10)
    polling.stop()
    assert len(polls(service)) == len(many_hosts.seen) <= 2 * WORKERS
    assert all(good for _, good in polls(service))


def test_servers_are_told_whom_to_ask(seeded_2023, site):
    settings = replace(seeded_2023.settings, contact="desk@lines.example")
    service = of_hosts(replace(seeded_2023, settings=settings), [site.serve("/feed", body=rss(HARBOR))])
    polling = Polling(service)
    wait(polling.tick())
    assert site.seen[0][1]["User-Agent"].endswith(" (+desk@lines.example)")
    polling.stop()


def test_a_host_that_asked_another_process_to_be_left_alone_is_left_alone_here_too(three_feeds, site):
    service, later = three_feeds, utc_now() + timedelta(hours=1)
    assert service.hosts.alone_for(site.url("/one")) == timedelta(), "what is known when this process begins"
    with service.store.writing() as db:
        db.hosts.leave_alone("127.0.0.1", later, now=utc_now())
    assert poll_if_due(service, service.feeds_by_slug["one"]) is None
    assert poll_if_due(service, service.feeds_by_slug["three"]).outcome == "read"
    assert asked(site) == ["/three"]
