"""Workers over a real PostgreSQL: due feeds are polled, once, whoever works; what a dead worker had in hand is done."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import psycopg
import pytest

from db.postgres import work
from db.store import StoreError, open_store
from tests import servers
from tests.commands import run
from tests.conftest import NOTHING, Clock, Shipped
from tests.feeds.test_poll import HARBOR, feed_at, rss
from tests.feeds.test_scheduler import polls
from tests.site import Site, running_site
from tracker.errors import Refused
from tracker.operating.doctor import Found, examine
from tracker.scheduler import LATE, LEASE
from tracker.service import Service
from tracker.web.app import create_app
from tracker.worker import Working

HOSTS = ("127.0.0.1", "127.0.0.2", "127.0.0.3")


@pytest.fixture
def site() -> Iterator[Site]:
    with running_site("0.0.0.0") as site:
        yield site


@pytest.fixture
def service(shipped: Shipped, site: Site, tmp_path: Path, clock: Clock) -> Iterator[Service]:
    """Two good feeds and a broken one between them, each on a host of its own, over a record in PostgreSQL."""
    for slug, answer in {"one": (200, rss(HARBOR)), "two": (500, b""), "three": (200, rss(HARBOR))}.items():
        site.serve(f"/{slug}", answer[0], body=answer[1])
    feeds = [
        feed_at(site.url(f"/{slug}", host), slug=slug)
        for slug, host in zip(("one", "two", "three"), HOSTS, strict=True)
    ]
    service = replace(shipped.on_a_server(tmp_path, clock, NOTHING), feeds=tuple(feeds))
    with closing(service.store):
        service.prepare()
        yield service
    servers.drop(service.settings.database_url)


@pytest.fixture
def working(service: Service) -> Iterator[Callable[..., Working]]:
    """Starts workers, and ends them after the test."""
    with ExitStack() as started:

        def start(of: Service = service) -> Working:
            one = Working(of, tick_seconds=1)
            one.start()
            started.callback(one.stop)
            return one

        yield start


def until(holds: Callable[[], bool], seconds: float = 20.0) -> None:
    ends = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends, "it did not come to that"
        time.sleep(0.02)


def past_the_library(service: Service) -> psycopg.Connection:
    return psycopg.connect(service.settings.database_url, options=work.OPTIONS, autocommit=True)


def test_of_many_workers_one_polls_a_feed_and_what_comes_by_the_clock_comes_once(service, site, working):
    for _ in range(3):
        working()
    until(lambda: len(polls(service)) == 3)
    assert polls(service) == [("one", True), ("three", True), ("two", False)]
    assert sorted(path for path, _ in site.seen) == ["/one", "/three", "/two"]
    with past_the_library(service) as db:
        once = "SELECT COUNT(*), COUNT(DISTINCT (task_name, defer_timestamp)) FROM procrastinate_periodic_defers"
        many, distinct = db.execute(once).fetchone()
        assert many == distinct > 0
    assert service.store.work().workers == 3


def test_what_a_dead_worker_had_in_hand_is_done_by_another(service, site, working):
    with past_the_library(service) as db:
        db.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (NOW() - INTERVAL '1 hour')")
        db.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, lock, queueing_lock, args, status, worker_id) "
            "SELECT 'default', name, what, what, args::jsonb, 'doing', procrastinate_workers.id "
            "FROM procrastinate_workers, (VALUES ('tick', 'tick', '{\"timestamp\": 1}'), "
            "('poll', 'host 127.0.0.1', '{\"what\": \"one\"}')) AS held (name, what, args)"
        )
    working()
    until(lambda: len(polls(service)) == 3)
    assert ("one", True) in polls(service)


def test_a_worker_that_is_told_to_stop_ends_what_it_has_in_hand_and_signs_off(service, site, working):
    def slow(handler) -> None:
        handler.pause(0.3)
        handler.answer(body=rss(HARBOR))

    site.routes["/one"] = slow
    one = working()
    until(lambda: any(path == "/one" for path, _ in site.seen))
    one.stop()
    assert ("one", True) in polls(service)
    standing = service.store.work()
    assert (standing.workers, standing.in_hand) == (0, 0)


@pytest.mark.long
def test_feeds_of_one_host_are_polled_one_after_another_whoever_polls(service, site, working):
    at_once, most = [], []

    def slow(handler) -> None:
        at_once.append(handler)
        most.append(len(at_once))
        handler.pause(0.1)
        at_once.pop()
        handler.answer(body=rss(HARBOR))

    site.routes |= {f"/of-one-{number}": slow for number in range(4)}
    feeds = [feed_at(site.url(f"/of-one-{number}"), slug=f"of-one-{number}") for number in range(4)]
    crowded = replace(service, feeds=tuple(feeds))
    crowded.prepare()
    for _ in range(2):
        working(crowded)
    until(lambda: len(polls(service)) == 4)
    assert max(most) == 1


@pytest.mark.long
def test_a_worker_that_was_taken_for_dead_says_so_in_a_line_and_begins_again(service, working, log_lines):
    working()
    until(lambda: len(polls(service)) == 3)
    log_lines()
    with past_the_library(service) as db:
        db.execute("DELETE FROM procrastinate_workers")
    until(lambda: service.store.work().workers == 1)
    told = [line["message"] for line in log_lines() if line["level"] in ("error", "warning")]
    assert any("gave no sign for 20 seconds, and others took" in line for line in told)
    assert not any("\n" in line for line in told)


def test_pages_and_figures_say_how_workers_fare(service, clock):
    client = create_app(service).test_client()
    none = client.get("/readyz")
    assert none.status_code == 503
    assert "No worker has ticked yet, 0 are alive" in none.json["problems"][0]
    assert "No worker is alive" in client.get("/feeds").text
    with past_the_library(service) as db:
        db.execute("INSERT INTO procrastinate_workers SELECT FROM generate_series(1, 2)")
        db.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, status) "
            "VALUES ('default', 'poll', 'todo'), ('default', 'poll', 'failed')"
        )
    with service.store.writing() as db:
        db.feeds.take_lease(LEASE, "workers", now=clock(), until=clock() + LATE)
        db.record.bump("polls")
    some = client.get("/readyz")
    assert (some.status_code, some.json["work"]) == (200, {"workers": 2, "waiting": 1, "in_hand": 0, "failed": 1})
    assert "2 workers share the polling, 1 job waits." in client.get("/feeds").text
    figures = client.get("/metrics").text
    assert "openlines_workers 2.0" in figures
    assert 'openlines_jobs{state="waiting"} 1.0' in figures
    (told,) = (line for line in examine(service.settings, now=clock()) if line.about == "workers")
    assert (told.found, told.says.partition(";")[0]) == (Found.LOOK, "2 alive")


def test_the_tables_of_the_work_are_made_and_brought_up_to_date_by_migrate(tmp_path):
    url = servers.create()
    scripts = sorted((files("procrastinate") / "sql" / "migrations").iterdir(), key=lambda file: file.name)
    scripts = [script for script in scripts if script.name.endswith(".sql")]
    with closing(open_store(url)) as store:
        assert store.pending()[-1].startswith("procrastinate ")
        store.migrate()
        assert store.pending() == []
    with psycopg.connect(url, autocommit=True) as db:
        db.execute("DROP SCHEMA work CASCADE; CREATE SCHEMA work; SET search_path = work")
        for script in scripts[:-3]:
            db.execute(script.read_text())
        db.execute(f"COMMENT ON SCHEMA work IS '{scripts[-4].name.removesuffix('.sql')}'")
    with closing(open_store(url)) as store:
        assert store.migrate() == [f"procrastinate {script.name.removesuffix('.sql')}" for script in scripts[-3:]]
        assert (store.pending(), store.work().failed) == ([], 0)
    with psycopg.connect(url, autocommit=True) as db:
        db.execute("COMMENT ON SCHEMA work IS '99.00.00_01_later'")
    with closing(open_store(url)) as store, pytest.raises(StoreError, match=r"newer version.*99\.00"):
        store.check_schema()
    servers.drop(url)


def test_a_worker_needs_postgresql_and_says_so_in_a_sentence(shipped, tmp_path, clock):
    with (
        closing((over := shipped.over(tmp_path, clock, NOTHING)).store),
        pytest.raises(Refused, match=r"OPENLINES_DATABASE_URL=postgresql://") as refused,
    ):
        Working(over)
    assert "\n" not in str(refused.value)


@pytest.mark.long
def test_where_workers_poll_the_scheduler_of_one_machine_does_not(service):
    done = run(["schedule"], env={"OPENLINES_DATABASE_URL": service.settings.database_url})
    assert (done.returncode, done.stderr.decode().count("\n")) == (2, 1)
    assert b"python -m tracker worker" in done.stderr
