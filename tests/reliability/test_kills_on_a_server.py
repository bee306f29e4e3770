"""The record on a server: whoever polls or reviews is killed, and the server itself crashes; what was acknowledged
stays, and nothing is there by half.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from db.store import Store, StoreError, open_store
from tests import servers
from tests.conftest import Shipped
from tests.feeds.test_poll import HARBOR, TALKS, feed_at, rss
from tests.reliability.processes import DICE
from tests.reliability.test_kills import killed_among_reviews, killed_so_often, waiting  # noqa: F401 - a fixture
from tests.site import Site
from tracker.model import Status
from tracker.operating.verify import verify
from tracker.polling.poll import poll_feed
from tracker.service import Service, utc_now

often = pytest.mark.parametrize("kills", [2, pytest.param(30, marks=pytest.mark.long)])


@pytest.fixture(params=["postgresql"], scope="session")
def engine(request: pytest.FixtureRequest) -> str:
    return request.param


def counted(url: str) -> dict[str, int]:
    """How many rows each table has, of a record that holds."""
    with closing(open_store(url)) as store:
        assert verify(store).found == 0
        with store._connections.reading() as connection:
            contents = store._connections.contents(connection)
            return {table.name: contents.count(table) for table in contents.tables()}


@often
def test_a_poll_that_is_killed_left_nothing_or_all_on_the_server(
    seeded_2023: Service, site: Site, survived, kills: int
):
    service = seeded_2023
    many = [(f"Harbor Day {number}", f"{HARBOR[1]} The {number}. year.") for number in range(30)]
    feed = feed_at(site.serve("/feed", body=rss(TALKS, *many)))
    with service.store.writing() as db:
        db.feeds.sync([feed], now=service.clock())
    service.store.close()
    before, work = counted(service.settings.database_url), [""]

    def begin() -> None:
        servers.drop(work[0]) if work[0] else None
        work[0] = servers.create(service.settings.database_url)

    def poll() -> None:
        with closing(open_store(work[0])) as store:
            poll_feed(store, feed, service.detectors["us-china"], service.clock)

    begin()
    poll()
    after = counted(work[0])
    assert after["release"] == before["release"] + 31

    def look() -> None:
        left = counted(work[0])
        assert left in (before, after)
        if left == before:
            poll()
            assert counted(work[0]) == after

    killed_so_often(kills, begin, poll, look)
    servers.drop(work[0])
    survived("A1 kill -9 during a poll, the record on PostgreSQL", kills)


@often
def test_no_acknowledged_review_is_lost_when_the_web_server_is_killed(waiting: Service, survived, kills: int):  # noqa: F811
    with waiting.store.writing() as db:
        token = db.accounts.make_token("ana", "reviewer", at=utc_now())
        versions = {candidate.id: candidate.version for candidate in db.candidates.queue("pending", most=99)}
    waiting.store.close()
    for _ in range(kills):
        work = servers.create(waiting.settings.database_url)
        acknowledged = killed_among_reviews(replace(waiting, store=open_store(work)), token, versions)
        counted(work)
        with closing(open_store(work)) as store, store.reading() as db:
            found = [db.candidates.get(number) for number in versions]
        assert acknowledged <= {one.id for one in found if one.status is Status.ACCEPTED}
        servers.drop(work)
    survived("A1 kill -9 of a web server during reviews, the record on PostgreSQL", kills)


@pytest.fixture
def crashing(shipped: Shipped) -> Iterator[tuple[Path, Store]]:
    """A server that a test may crash, durable as it is by itself, with an empty record."""
    folder = servers.new_folder()
    servers.start(folder, "shared_buffers=16MB")
    with closing(open_store(f"postgresql://postgres@/postgres?host={folder}")) as store:
        store.migrate()
        yield folder, store
    servers.remove(folder)


@pytest.mark.parametrize("crashes", [1, pytest.param(10, marks=pytest.mark.long)])
def test_what_writers_were_told_is_kept_when_the_database_server_crashes(crashing, survived, crashes: int):
    folder, store = crashing
    told, over = [0], threading.Event()

    def write() -> None:
        while not over.is_set():
            try:
                with store.writing() as db:
                    db.record.bump()
                    number = db.record.revisions()["record"]
                told[0] = max(told[0], number)
            except StoreError:
                time.sleep(0.05)

    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    try:
        for _ in range(crashes):
            reached = told[0]
            while told[0] == reached:
                time.sleep(0.01)
            time.sleep(DICE.uniform(0, 0.2))
            servers.stop(folder, "immediate")
            acknowledged = told[0]
            servers.start(folder, "shared_buffers=16MB")
            assert store.revisions()["record"] >= acknowledged
    finally:
        over.set()
        for writer in writers:
            writer.join()
    assert store.revisions()["record"] >= told[0]
    survived("A1 crashes of PostgreSQL under four writers", crashes)
