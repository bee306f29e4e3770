"""What is kept between fetches: connections, turns, and a host's wish to be left alone; and what is never kept."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.site import Site
from tracker.feeds import hosts as module
from tracker.feeds.failure import FetchFailed, Kind
from tracker.feeds.fetch import Fetched, Limits, fetch
from tracker.feeds.guard import Deadline
from tracker.feeds.hosts import LONGEST_ALONE, PER_HOST, Hosts, host_of


@pytest.fixture
def hosts() -> Iterator[Hosts]:
    with closing(Hosts(gap=0)) as hosts:
        yield hosts


@pytest.fixture
def get(hosts: Hosts):
    def get(url: str, **options) -> Fetched:
        return fetch(url, **{"allow_private": True, "hosts": hosts, **options})

    return get


@pytest.fixture
def connections(site: Site) -> list[int]:
    """Answers /feed with a body, and 304 when asked so; lists the client's port at each request."""
    ports: list[int] = []

    def answer(handler) -> None:
        ports.append(handler.client_address[1])
        unchanged = "If-None-Match" in handler.headers
        handler.answer(304 if unchanged else 200, b"" if unchanged else b"<rss/>", ETag='"1"')

    site.routes["/feed"] = answer
    return ports


def test_one_connection_serves_many_fetches(get, site, connections):
    assert [get(site.url(), etag=etag).status for etag in (None, '"1"', '"1"', None)] == [200, 304, 304, 200]
    assert len(connections) == 4
    assert len(set(connections)) == 1


def test_a_fetch_without_hosts_keeps_nothing(site, connections):
    for _ in range(2):
        fetch(site.url(), allow_private=True)
    assert len(set(connections)) == 2


def test_a_connection_is_not_kept_for_ever(get, site, connections, monkeypatch):
    monkeypatch.setattr(module, "LONGEST_IDLE", 0.0)
    get(site.url())
    get(site.url())
    assert len(set(connections)) == 2


def test_no_more_connections_are_kept_than_there_is_room_for(get, many_hosts, monkeypatch):
    monkeypatch.setattr(module, "MOST_OPEN", 2)
    ports = []

    def answer(handler) -> None:
        ports.append(handler.client_address[1])
        handler.answer(200, b"<rss/>")

    many_hosts.routes["/feed"] = answer
    for last in (1, 2, 3, 1, 3):
        get(many_hosts.url(host=f"127.0.0.{last}"))
    assert len(set(ports)) == 4, "the first host's connection made room for the third's, which was kept"


def test_a_connection_that_the_server_closed_meanwhile_is_made_anew(get, site):
    def answer_and_hang_up(handler) -> None:
        handler.answer(200, b"<rss/>")
        handler.close_connection = True

    site.routes["/feed"] = answer_and_hang_up
    assert [get(site.url()).status for _ in range(3)] == [200, 200, 200]


def test_a_server_that_hangs_up_on_a_used_connection_is_asked_once_more(get, site):
    used: set[int] = set()

    def answer_once(handler) -> None:
        port = handler.client_address[1]
        if port in used:
            handler.close_connection = True
            return
        used.add(port)
        handler.answer(200, b"<rss/>")

    site.routes["/feed"] = answer_once
    assert [get(site.url()).status for _ in range(2)] == [200, 200]
    assert len(site.seen) == 3


def test_a_server_that_hangs_up_on_a_new_connection_is_not_asked_again(get, site):
    site.routes["/feed"] = lambda handler: setattr(handler, "close_connection", True)
    with pytest.raises(FetchFailed) as caught:
        get(site.url())
    assert caught.value.kind is Kind.BROKEN_OFF
    assert len(site.seen) == 1


def test_each_exchange_over_one_connection_has_its_own_deadline(get, site, connections):
    get(site.url(), limits=Limits(deadline=1))
    site.over.wait(1.1)
    get(site.url(), limits=Limits(deadline=5))

    def hang_in_body(handler) -> None:
        handler.answer(200, b"<rss>", Content_Length="100")
        handler.pause(30)

    site.routes["/feed"] = hang_in_body
    with pytest.raises(FetchFailed) as caught:
        get(site.url(), limits=Limits(deadline=0.3))
    assert caught.value.kind is Kind.TIMEOUT


def test_a_connection_made_unchecked_never_serves_a_fetch_that_is_checked(get, hosts, site, connections):
    get(site.url())
    with pytest.raises(FetchFailed) as caught, hosts.visit(site.url(), Deadline(2), checked=True) as session:
        session.get(site.url())
    assert caught.value.kind is Kind.FORBIDDEN_ADDRESS
    assert len(connections) == 1


def test_a_cookie_goes_to_the_host_that_set_it_and_is_forgotten_after_the_fetch(get, many_hosts):
    here, there = (many_hosts.url("/feed", host=host) for host in ("127.0.0.1", "127.0.0.2"))
    cookies: list[tuple[str, str | None]] = []

    def wall(handler) -> None:
        cookies.append((handler.headers["Host"].split(":")[0], handler.headers["Cookie"]))
        many_hosts.routes["/feed"] = answer
        handler.answer(302, Location=here, Set_Cookie="seen=1; Path=/; Domain=127.0.0.1")

    def answer(handler) -> None:
        cookies.append((handler.headers["Host"].split(":")[0], handler.headers["Cookie"]))
        handler.answer(200, b"<rss/>")

    many_hosts.routes["/feed"] = wall
    assert get(here).status == 200
    assert cookies == [("127.0.0.1", None), ("127.0.0.1", "seen=1")]
    get(here)
    get(there)
    assert cookies[2:] == [("127.0.0.1", None), ("127.0.0.2", None)]


def test_one_host_is_asked_by_a_few_at_a_time_and_another_is_not_held_up(get, many_hosts):
    lock, now, most = threading.Lock(), 0, 0
    full, over = threading.Event(), threading.Event()

    def answer(handler) -> None:
        nonlocal now, most
        if handler.headers["Host"].startswith("127.0.0.2"):
            handler.answer(200, b"<rss/>")
            return
        with lock:
            now += 1
            most = max(most, now)
            if now == PER_HOST:
                full.set()
        over.wait(10)
        with lock:
            now -= 1
        handler.answer(200, b"<rss/>")

    many_hosts.routes["/feed"] = answer
    with ThreadPoolExecutor(8) as threads:
        answers = [threads.submit(get, many_hosts.url()) for _ in range(6)]
        assert full.wait(10)
        assert get(many_hosts.url(host="127.0.0.2")).status == 200
        over.set()
        assert [answer.result().status for answer in answers] == [200] * 6
    assert most == PER_HOST


def test_a_turn_that_does_not_come_is_told_in_words(hosts, get, site, monkeypatch):
    monkeypatch.setattr(module, "LONGEST_TURN", 0.05)
    visits = [hosts.visit(site.url(), Deadline(5), checked=False) for _ in range(PER_HOST)]
    for visit in visits:
        visit.__enter__()
    with pytest.raises(FetchFailed) as caught:
        get(site.url())
    assert caught.value.kind is Kind.BUSY
    assert "busy with other requests of ours" in caught.value.sentence
    for visit in visits:
        visit.__exit__(None, None, None)


def test_our_own_wait_between_two_requests_is_not_held_against_the_server(site, connections):
    with closing(Hosts(gap=1.5)) as hosts:
        for _ in range(2):
            fetch(site.url(), allow_private=True, hosts=hosts, limits=Limits(deadline=1))


@pytest.mark.parametrize("status", [429, 503])
def test_a_host_that_asks_to_be_left_alone_is_left_alone_by_all_its_feeds(get, hosts, many_hosts, status):
    many_hosts.serve("/busy", status, Retry_After="7200")
    many_hosts.serve("/feed", body=b"<rss/>")
    with pytest.raises(FetchFailed):
        get(many_hosts.url("/busy"))
    with pytest.raises(FetchFailed) as caught:
        get(many_hosts.url("/feed"))
    assert caught.value.kind is Kind.LEFT_ALONE
    assert caught.value.sentence.startswith("127.0.0.1 asked, in answer to another request, to be left alone until ")
    assert timedelta(hours=1) < hosts.alone_for(many_hosts.url("/feed")) <= timedelta(hours=2)
    assert [path for path, _ in many_hosts.seen] == ["/busy"]
    assert get(many_hosts.url("/feed", host="127.0.0.2")).status == 200


def test_after_a_restart_a_host_is_still_left_alone(seeded_2023, many_hosts):
    many_hosts.serve("/busy", 429, Retry_After="7200")
    many_hosts.serve("/feed", body=b"<rss/>")
    with pytest.raises(FetchFailed):
        seeded_2023.fetch(many_hosts.url("/busy"), allow_private=True)
    restarted = replace(seeded_2023)
    assert restarted.hosts is not seeded_2023.hosts
    with pytest.raises(FetchFailed) as caught:
        restarted.fetch(many_hosts.url("/feed"), allow_private=True)
    assert caught.value.kind is Kind.LEFT_ALONE
    assert [path for path, _ in many_hosts.seen] == ["/busy"]
    assert restarted.fetch(many_hosts.url("/feed", host="127.0.0.2"), allow_private=True).status == 200


def test_after_a_restart_a_wait_that_is_over_holds_nobody_up(seeded_2023, site):
    with pytest.raises(FetchFailed):
        seeded_2023.fetch(site.serve("/feed", 503, Retry_After="0"), allow_private=True)
    site.serve("/feed", body=b"<rss/>")
    assert replace(seeded_2023).fetch(site.url(), allow_private=True).status == 200


def test_the_longer_wish_of_a_host_counts_and_those_that_are_over_are_forgotten(seeded_2023):
    now = datetime.now(UTC)
    with seeded_2023.store.writing() as db:
        db.hosts.leave_alone("a.example", now + timedelta(hours=2), now=now)
        db.hosts.leave_alone("a.example", now + timedelta(hours=1), now=now)
        assert db.hosts.left_alone() == {"a.example": now + timedelta(hours=2)}
        db.hosts.leave_alone("b.example", now + timedelta(hours=4), now=now + timedelta(hours=3))
        assert list(db.hosts.left_alone()) == ["b.example"]


def test_a_host_that_asks_for_too_much_is_asked_again_after_a_day(get, hosts, site):
    with pytest.raises(FetchFailed):
        get(site.serve("/feed", 503, Retry_After="99999999"))
    assert hosts.alone_for(site.url()) <= LONGEST_ALONE


def test_a_host_is_not_remembered_for_ever(get, hosts, many_hosts, monkeypatch):
    monkeypatch.setattr(module, "MOST_HOSTS", 3)
    many_hosts.serve("/feed", body=b"<rss/>")
    for last in range(1, 9):
        get(many_hosts.url(host=f"127.0.0.{last}"))
    assert len(hosts._hosts) <= 3


def test_who_hands_a_host_on_to_another_process_waits_until_it_may_be_asked_again(site: Site):
    with closing(Hosts(gap=0.05)) as hosts:
        hosts.rest(site.url())
        with hosts.visit(site.url(), Deadline(5), checked=False):
            pass
        hosts.rest(site.url())
        assert module.time.monotonic() >= hosts._hosts["127.0.0.1"].next_start


@pytest.mark.parametrize("address", ["http://[x", "https://exa\u2100mple.example/", "nonsense"])
def test_what_is_no_address_names_no_host(address):
    assert host_of(address) == ""
