"""kill -9 at any moment of a poll, a review, a seed or a migration: all of it is there or nothing, and it can be done
again; what was acknowledged is there.
"""

from __future__ import annotations

import http.client
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from db.store import open_store
from tests.conftest import EVERYTHING, NOTHING, Clock, Shipped
from tests.feeds.test_poll import HARBOR, TALKS, feed_at, rss
from tests.make import sighting
from tests.reliability.old_schemas import make_old_database, rows_of
from tests.reliability.processes import (
    DICE,
    ask,
    assert_sound,
    child_of,
    copied,
    killed,
    opened,
    seconds_of,
    sizes,
)
from tests.site import Site
from tests.test_review import US, arrive
from tracker.model import PartialDate, Status
from tracker.operating.seed import seed
from tracker.polling.poll import poll_feed
from tracker.service import Service, utc_now
from tracker.web.serving.server import serve

pytestmark = pytest.mark.sqlite

often = pytest.mark.parametrize("kills", [3, pytest.param(50, marks=pytest.mark.long)])
CANDIDATES = 40


def killed_so_often(kills: int, begin: Callable[[], Path], work: Callable[[], None], look: Callable[[], None]) -> None:
    """End `work` so often before it has ended by itself; `look` at what each time is left of what `begin` made."""
    begin()
    within = seconds_of(work)
    done = 0
    for _ in range(kills * 5):
        begin()
        if killed(work, within):
            done += 1
        else:
            within *= 0.8  # measured while the machine was busier than it is now
        look()
        if done == kills:
            return
    raise AssertionError(f"only {done} of {kills} kills came before the end")


@often
def test_a_poll_that_is_killed_at_any_moment_left_nothing_or_all(
    seeded_2023: Service, site: Site, tmp_path: Path, survived, kills: int
):
    service, work = seeded_2023, tmp_path / "work.db"
    many = [(f"Harbor Day {number}", f"{HARBOR[1]} The {number}. year.") for number in range(30)]
    feed = feed_at(site.serve("/feed", body=rss(TALKS, *many)))
    with service.store.writing() as db:
        db.feeds.sync([feed], now=service.clock())
    service.store.close()
    before = sizes(service.store.path)

    def poll() -> None:
        with opened(work) as store:
            poll_feed(store, feed, service.detectors["us-china"], service.clock)

    copied(service.store.path, work)
    poll()
    after = sizes(work)
    assert after["release"] == before["release"] + 31

    def look() -> None:
        left = sizes(work)
        assert left in (before, after)
        assert_sound(work)
        if left == before:
            poll()
            assert sizes(work) == after

    killed_so_often(kills, lambda: copied(service.store.path, work), poll, look)
    survived("A1 kill -9 during a poll", kills)


@often
def test_a_seed_that_is_killed_at_any_moment_left_nothing_or_all(
    shipped: Shipped, tmp_path: Path, survived, kills: int
):
    empty, work, clock = shipped.database(NOTHING), tmp_path / "work.db", Clock()
    until = date(2005, 1, 1) if kills < 10 else EVERYTHING

    def load() -> None:
        with opened(work) as store:
            seed(store, shipped.service.packs, at=clock(), until=until)

    before = sizes(copied(empty, work))
    load()
    after = sizes(work)
    assert after != before

    def look() -> None:
        left = sizes(work)
        assert left in (before, after)
        load()
        assert sizes(work) == after
        assert_sound(work)

    killed_so_often(kills, lambda: copied(empty, work), load, look)
    survived("A1 kill -9 while the record is loaded", kills)


@often
def test_a_migration_that_is_killed_at_any_moment_is_done_by_the_next(tmp_path: Path, survived, kills: int):
    old, work = make_old_database(tmp_path / "old.db", steps=1), tmp_path / "work.db"

    def migrate() -> None:
        with opened(work) as store:
            store.migrate()

    copied(old, work)
    migrate()
    after = sizes(work)
    before = sizes(old)

    def look() -> None:
        left = sizes(work)
        assert all(left[table] >= rows for table, rows in before.items() if not table.startswith("sqlite"))
        migrate()
        assert sizes(work) == after
        assert_sound(work)

    killed_so_often(kills, lambda: copied(old, work), migrate, look)
    survived("A1 kill -9 during a migration", kills)


@pytest.fixture
def waiting(seeded_2023: Service) -> Service:
    """A service with candidates that wait, each of a day of its own."""
    for number in range(CANDIDATES):
        day = date(1980 + number, 3, 1)
        told = replace(US, url=f"https://us.example/{number}", title=f"Talks of {day.year}", published=day)
        arrive(seeded_2023, told, sighting(date=PartialDate(day.isoformat()), starts=day))
    return seeded_2023


def serving_child(service: Service) -> tuple[int, str]:
    """The server in a process of its own: its id, and where it listens once it does."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        host, port = free.getsockname()
    settings = replace(service.settings, port=port, secret_key="s" * 40)
    child, begun = child_of(lambda: serve(replace(service, settings=settings), poll=False))
    os.close(begun)
    while True:
        with suppress(ConnectionRefusedError), socket.create_connection((host, port)):
            return child, f"{host}:{port}"
        time.sleep(0.01)


def accept_all(address: str, token: str, versions: Mapping[int, int], acknowledged: set[int]) -> None:
    """Accept one candidate after the other until the server is gone; note what it said was done."""
    with suppress(OSError, http.client.HTTPException):
        for number, version in versions.items():
            status, body = ask(
                address, "POST", f"/api/v1/candidates/{number}/review", {"decision": "accept"},
                Authorization=f"Bearer {token}", If_Match=f'"{version}"',
            )  # fmt: skip
            assert status == 200, body
            acknowledged.add(number)


def wrote_rows(database: Path) -> set[int]:
    """The candidates of which a decision wrote rows of the record."""
    rows = rows_of(database)
    decided = {decision["id"]: decision["candidate"] for decision in rows["decision"]}
    return {decided[row["decision"]] for row in rows["contact"] if row["decision"] is not None}


def killed_among_reviews(service: Service, token: str, versions: Mapping[int, int]) -> set[int]:
    """The candidates whose acceptance a server acknowledged before it was killed, one at least."""
    acknowledged: set[int] = set()
    child, address = serving_child(service)
    try:
        client = threading.Thread(target=accept_all, args=(address, token, versions, acknowledged))
        client.start()
        while not acknowledged and client.is_alive():
            time.sleep(0.001)
        time.sleep(DICE.uniform(0, 0.3))
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    client.join()
    assert acknowledged
    return acknowledged


@often
def test_no_review_that_was_acknowledged_is_lost_when_the_server_is_killed(
    waiting: Service, tmp_path: Path, survived, kills: int
):
    with waiting.store.writing() as db:
        token = db.accounts.make_token("ana", "reviewer", at=utc_now())
    with waiting.store.reading() as db:
        queue = db.candidates.queue("pending", most=CANDIDATES)
    versions = {candidate.id: candidate.version for candidate in queue}
    assert len(versions) == CANDIDATES
    waiting.store.close()
    told = 0
    for _ in range(kills):
        work = copied(waiting.store.path, tmp_path / "work.db")
        acknowledged = killed_among_reviews(replace(waiting, store=open_store(f"sqlite:///{work}")), token, versions)
        told += len(acknowledged)
        assert_sound(work)
        with opened(work) as store, store.reading() as db:
            found = [db.candidates.get(number) for number in versions]
        done = {candidate.id for candidate in found if candidate.status is Status.ACCEPTED}
        assert acknowledged <= done
        assert {candidate.id for candidate in found if candidate.decisions} == done
        assert wrote_rows(work) == done, "a decision and its rows are one"
    survived("A1 kill -9 of a server during reviews", kills)
    survived("A1 reviews acknowledged before a kill, none lost", told)
