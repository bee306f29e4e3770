"""The desk over real feeds: polls that end together are kept together, and what is wrong with one is its own affair."""

import sys
from collections.abc import Iterator
from concurrent.futures import wait
from dataclasses import replace
from threading import Barrier, Event

import pytest

from db.store import StoreError
from tests.feeds.test_poll import HARBOR, TALKS, rss
from tests.feeds.test_scheduler import of_hosts, polls
from tests.site import Site
from tracker.polling import desk
from tracker.scheduler import WORKERS, Polling
from tracker.service import Service


@pytest.fixture
def together(seeded_2023: Service, many_hosts: Site) -> Iterator[tuple[Service, Polling]]:
    """As many feeds as are polled at a time, each on a host of its own; all of them answer at the same moment."""
    all_here = Barrier(WORKERS)

    def answer(handler) -> None:
        all_here.wait(60)
        number = int(handler.headers["Host"].split(":")[0].rpartition(".")[2])
        handler.answer(200, rss(TALKS if number == 1 else HARBOR))

    many_hosts.routes["/feed"] = answer
    service = of_hosts(seeded_2023, [many_hosts.url(host=f"127.0.1.{n}") for n in range(1, WORKERS + 1)])
    polling = Polling(service)
    yield service, polling
    polling.stop()


def writes(service: Service) -> int:
    """Transactions of this process so far."""
    return dict(service.store.write_times.histogram()[0])["+Inf"]


def test_polls_that_end_together_are_kept_together_each_with_its_row(together):
    service, polling = together
    before = writes(service)
    wait(polling.tick())
    assert polls(service) == sorted((f"feed-{n}", True) for n in range(WORKERS))
    assert writes(service) - before < WORKERS


def test_a_poll_that_cannot_be_kept_takes_none_of_those_with_it_along(together, log_lines):
    """A report of a channel that nobody knows is refused by the database, and with it the whole transaction."""
    service, polling = together
    detect = service.detect_for(["us-china"])
    service.detect_for = lambda _: lambda release: [replace(one, channel="nobody-knows") for one in detect(release)]
    wait(polling.tick())
    assert polls(service) == sorted((f"feed-{n}", True) for n in range(1, WORKERS))
    (line,) = [line for line in log_lines() if line["message"] == "poll of feed-0 failed unexpectedly"]
    assert line["feed"] == "feed-0"


def test_what_came_while_the_database_was_busy_is_kept_alone_and_nothing_hangs(together, log_lines):
    service, polling = together
    detect, writing = service.detect_for, service.store.writing
    faults = [StoreError("the database stayed busy")]
    read = Event()

    def detecting(relationships):
        read.set()
        return detect(relationships)

    def writing_when_free(*patience):
        asked_by = sys._getframe(1).f_globals["__name__"]  # what else a tick does writes too, and is not meant
        if asked_by == desk.__name__ and read.is_set() and faults:
            raise faults.pop()
        return writing(*patience)

    service.detect_for, service.store.writing = detecting, writing_when_free
    _, unfinished = wait(polling.tick(), timeout=30)
    assert not unfinished
    assert [line["message"] for line in log_lines() if "next tick" in line["message"]]
    assert polls(service) == sorted((f"feed-{n}", True) for n in range(WORKERS))


def test_a_poll_that_was_not_kept_is_made_again_when_its_claim_has_run_out(together, many_hosts):
    service, polling = together
    detect, service.detect_for = service.detect_for, lambda _: lambda release: 1 / 0
    wait(polling.tick())
    assert polls(service) == []
    service.detect_for = detect
    assert polling.tick() == [], "nobody polls what is claimed"
    service.clock.advance(minutes=11)
    wait(polling.tick())
    assert len(polls(service)) == WORKERS
