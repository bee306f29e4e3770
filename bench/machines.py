"""What many machines bring: polls a second by one, two and three workers on a slow network, and web reads on PostgreSQL
against SQLite, by turns in the same run.

    python -m bench.machines [FEEDS]

PostgreSQL is one of our own, on loopback, and durable. All share the processors of this machine, so that workers wait
for the network alone only while there is room: each has a few jobs at a time and feeds that are far away. Counted are
the polls between the first's begin and the last's end.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.load import rate
from bench.polling import served
from bench.servers import serving
from config.settings import settings_from
from db.store import Store
from tests.reliability.machines import database
from tests.reliability.test_many_machines import entries
from tests.test_cli import configured
from tracker.service import open_service, utc_now

FEEDS, ENTRIES, AWAY, JOBS = 96, 3, 1.5, 4
"""Feeds, each with so many items, that answer after so many seconds; jobs that a worker has at a time."""

WORKERS = (1, 2, 3)
ROUNDS = 5
READS = {
    "one channel": "/api/v1/channels/dpct",
    "all channels": "/api/v1/channels",
    "dashboard": "/",
    "a search": "/search?q=talks",
}
SPEED_UP = {1: "", 2: "1.8", 3: "2.5"}


def main() -> None:
    feeds = int(sys.argv[1]) if len(sys.argv) > 1 else FEEDS
    load = os.getloadavg()[0]
    table = Table("what", "against", "theirs", "ours", "figure", "aim", title="many machines")
    with tempfile.TemporaryDirectory() as place, database("127.0.0.1") as server:
        _reads(table, Path(place), server.url)
    with tempfile.TemporaryDirectory() as place, database("127.0.0.1") as server, served(feeds, ENTRIES, AWAY) as urls:
        alone = None
        for number, polled in _polled(Path(place), server.url, urls):
            alone = alone or polled
            says = f"polls a second, {number} worker{'s' * (number > 1)}, feeds {AWAY:g} s away"
            table.add_row(says, "1 worker", f"{alone:.1f}", f"{polled:.1f}", f"{polled / alone:.2f}", SPEED_UP[number])
    table.caption = f"load {load:.1f} before, {os.getloadavg()[0]:.1f} after, {os.cpu_count()} processors"
    Console(width=110).print(table)


def _reads(table: Table, place: Path, url: str) -> None:
    with ExitStack() as running:
        ports = []
        for name, at in (("file", ""), ("server", url)):
            (place / name).mkdir()
            ports.append(running.enter_context(serving("product", "1", folder=place / name, database=at)))
        for name, path in READS.items():
            pairs = [[rate(port, path, {}) for port in ports] for _ in range(ROUNDS)]
            theirs, ours = (statistics.median(column) for column in zip(*pairs, strict=True))
            figure = statistics.median(own / other for other, own in pairs)
            table.add_row(f"reads a second, {name}", "SQLite", f"{theirs:.0f}", f"{ours:.0f}", f"{figure:.2f}", "0.8")


def _polled(place: Path, url: str, urls: list[str]) -> Iterator[tuple[int, float]]:
    """For each number of workers, how many polls a second they make together."""
    env = {
        "OPENLINES_DATABASE_URL": url,
        "OPENLINES_CONFIG": str(configured(place, entries(urls).replace("every: 1m", "every: 7d"))),
        "OPENLINES_VAR": str(place),
        "OPENLINES_WATCH": "off",
        "OPENLINES_SAMPLE": "0",
        "OPENLINES_LOG_LEVEL": "error",
    }
    service = open_service(settings_from(env), migrate=True)
    with closing(service.store) as store:
        service.prepare()
        for _ in range(2):  # What is new is kept by the first round, which is not counted.
            began = _make_due(store)
            with _workers(1, env, store):
                _wait(store, began, len(urls))
        for number in WORKERS:
            with _workers(number, env, store):
                began = _make_due(store)
                yield number, _wait(store, began, len(urls))


def _make_due(store: Store) -> datetime:
    now = utc_now()
    with store.writing() as db:
        for feed in db.feeds.all():
            db.feeds.make_due(feed.slug, now=now)
    return now


@contextmanager
def _workers(number: int, env: dict[str, str], store: Store) -> Iterator[None]:
    """So many workers in processes of their own, from when all are alive."""
    command = [sys.executable, "-m", "tracker", "worker", "--concurrency", str(JOBS)]
    running = [subprocess.Popen(command, env=os.environ | env, stdout=subprocess.DEVNULL) for _ in range(number)]
    try:
        while store.work().workers < number:
            time.sleep(0.1)
        yield
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait()


def _wait(store: Store, began: datetime, feeds: int) -> float:
    """Polls a second, once all feeds were polled since then."""
    while True:
        with store.reading() as db:
            polls = [poll for feed in db.feeds.all() for poll in db.polls.newest(feed.slug, most=1)]
        ended = [poll.ended_at for poll in polls if poll.ended_at > began]
        if len(ended) == feeds:
            took = max(ended) - min(poll.started_at for poll in polls)
            assert took > timedelta()
            return feeds / took.total_seconds()
        time.sleep(0.2)


if __name__ == "__main__":
    main()
