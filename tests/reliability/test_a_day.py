"""A day of polling by a clock that the test moves, of real servers: memory, handles and threads stay flat."""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Iterator
from concurrent.futures import wait
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.feeds.test_poll import HARBOR, TALKS, feed_at, rss
from tests.site import Site, running_site
from tracker.scheduler import Polling
from tracker.service import Service

FEEDS = 12
TICK = timedelta(minutes=5)
MORE_KB = 12_000
"""Kilobytes by which a process may have grown from its warm state; a leak of 1 kB a poll would take more in a day."""


@pytest.fixture
def hosts() -> Iterator[Site]:
    with running_site("0.0.0.0") as site:
        yield site


def used() -> tuple[int, int, int]:
    """Kilobytes of memory, open handles, threads of this process."""
    gc.collect()
    with open("/proc/self/status") as status:
        (kb,) = (int(line.split()[1]) for line in status if line.startswith("VmRSS:"))
    return kb, len(os.listdir("/proc/self/fd")), threading.active_count()


def publish(hosts: Site, hour: int) -> None:
    """What each feed shows in that hour: news, nothing new, an error, or no feed at all."""
    for number in range(FEEDS):
        path, kind = f"/feed-{number}", (hour + number) % 6
        if kind == 0:
            hosts.serve(path, 500)
        elif kind == 1:
            hosts.serve(path, body=b"<html><title>Sign in</title><form><input type=password></form></html>")
        else:
            news = [
                (f"{HARBOR[0]} {n} of feed {number}", f"{HARBOR[1]} The {n}. time.") for n in range(hour, hour + 20)
            ]
            hosts.serve(path, body=rss(TALKS, *news, prefix=f"f{number}h{hour}-"))


@pytest.mark.parametrize("hours", [pytest.param(24, marks=pytest.mark.long)])
def test_a_day_of_polling_leaves_memory_handles_and_threads_flat(
    seeded_2023: Service, hosts: Site, survived, hours: int
):
    feeds = tuple(
        feed_at(hosts.url(f"/feed-{n}", f"127.0.0.{n + 1}"), slug=f"feed-{n}", every=600) for n in range(FEEDS)
    )
    service = replace(seeded_2023, feeds=feeds)
    service.prepare()
    polling, clock = Polling(service), service.clock
    try:
        for hour in range(hours):
            publish(hosts, hour)
            for _ in range(int(timedelta(hours=1) / TICK)):
                wait(polling.tick())
                clock.now += TICK
            if hour == hours // 4:
                warm = used()
        end = used()
    finally:
        polling.stop()
    with service.store.reading() as db:
        polls = db.feeds.reads_since(clock.now - timedelta(days=2))
    assert {read.feed for read in polls} == {feed.slug for feed in feeds}
    assert end[0] - warm[0] < MORE_KB, (warm, end)
    assert end[1] <= warm[1] + FEEDS, (warm, end)
    assert end[2] <= warm[2] + 2, (warm, end)
    survived("D5 polls in a simulated day, with memory, handles and threads flat", len(polls))
