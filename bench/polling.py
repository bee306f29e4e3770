"""Polling measured over loopback: a slow network, a cold poll, unchanged feeds, and the memory that many feeds take.

    python -m bench.polling [FEEDS] [ENTRIES]

The feeds are served by a process of its own, each under an address of its own in 127.0.0.0/8, so that turns and
connections per host are what they are on the web. Each side starts with an empty database on disk. Machines differ and
are shared: of several rounds each side's quickest counts, and the figures to read are the ratios within one run.

Rounds over unchanged feeds are half an hour apart on the product's clock, and follow one another here. Its hosts are
given the pause between two requests that politeness wants of us, which would otherwise be what is measured.
"""

from __future__ import annotations

import multiprocessing
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, wait
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import requests
from requests.adapters import HTTPAdapter
from rich.console import Console
from rich.table import Table

from config.settings import settings_from
from tracker.feeds.fetch import fetch
from tracker.feeds.hosts import GAP, Hosts
from tracker.model import Feed
from tracker.scheduler import WORKERS, Polling
from tracker.service import Service, open_service

ROUNDS, UNCHANGED_ROUNDS, UNCHANGED_TURNS = 2, 5, 4
SLOW_FEEDS, SLOW_SECONDS, SLOW_ENTRIES = 500, 0.3, 10
MANY_FEEDS, MANY_ENTRIES = 5_000, 10
AIMS = {"slow": 15.0, "cold": 10.0, "unchanged": 0.9, "memory": 200.0}

SERVER = """
import functools, sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
entries, delay = int(sys.argv[1]), float(sys.argv[2])
TEXTS = [
    ("Readout of a Call", "The Secretary spoke by telephone with his counterpart about security and the economy."),
    ("Defense Officials Meet", "U.S. and PRC officials held the Defense Policy Coordination Talks on Jan. 8-9."),
    ("Freedom of Navigation", "A destroyer sailed in the South China Sea on Tuesday, as the law permits."),
    ("国防部例行记者会", "发言人表示，中方坚决反对美方对台军售，敦促美方停止提升美台军事联系。"),
    ("Contracts for Today", "A company was awarded a contract for the maintenance of engines."),
]
PADDING = " The department publishes this text as part of a feed that is made up for measuring." * 4

@functools.cache
def feed(name):
    # One feed in ten reports the talks: hundreds of reports of one event are not what polling is like.
    texts = TEXTS if name.endswith("0") else [text for text in TEXTS if "Talks" not in text[1]]
    items = "".join(
        f"<item><guid>{name}-{n}</guid><title>{texts[n % len(texts)][0]} {name} {n}</title>"
        f"<link>http://127.0.0.1/{name}/{n}</link><description>{texts[n % len(texts)][1]}{PADDING}</description>"
        f"<pubDate>Wed, 10 Jan 2024 09:{n % 60:02}:00 GMT</pubDate></item>"
        for n in range(entries)
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>{name}</title>' \\
           f'<link>http://127.0.0.1/</link><description>x</description>{items}</channel></rss>'.encode()

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    def do_GET(self):
        time.sleep(delay)
        unchanged = self.headers["If-None-Match"] == '"1"'
        body = b"" if unchanged else feed(self.path.strip("/"))
        self.send_response(304 if unchanged else 200)
        self.send_header("Content-Type", "application/rss+xml")
        self.send_header("ETag", '"1"')
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args): pass

class Server(ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True

server = Server(("0.0.0.0", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
"""


@contextmanager
def served(feeds: int, entries: int, delay: float = 0.0) -> Iterator[list[str]]:
    """The addresses of so many feeds, each on a host of its own that answers after `delay` seconds."""
    command = [sys.executable, "-c", SERVER, str(entries), str(delay)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            port = int(server.stdout.readline())
            yield [f"http://127.0.{1 + n // 250}.{1 + n % 250}:{port}/feed-{n}" for n in range(feeds)]
        finally:
            server.terminate()


class Took(NamedTuple):
    """Seconds by the clock, and of the processor's time those of this process."""

    seconds: float
    work: float


class Stopwatch:
    def __init__(self) -> None:
        self._began, self._work = time.perf_counter(), time.process_time()

    def took(self) -> Took:
        return Took(time.perf_counter() - self._began, time.process_time() - self._work)


@dataclass
class Clock:
    """The present instant and what was added to it."""

    ahead: timedelta = field(default_factory=timedelta)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@contextmanager
def polling_of(urls: list[str]) -> Iterator[tuple[Service, Polling]]:
    """The scheduler of a service with these feeds over an empty database; its clock can be set ahead."""
    with tempfile.TemporaryDirectory() as folder:
        settings = settings_from({"OPENLINES_VAR": folder, "OPENLINES_WATCH": "off"})
        service = open_service(settings, migrate=True, clock=Clock())
        feeds = (
            Feed(f"feed-{n}", "us-china", "Bench", "us", "en", "feed", url, every=1800, allow_private=True)
            for n, url in enumerate(urls)
        )
        service = replace(service, feeds=tuple(feeds))
        service.prepare()
        service.detectors["us-china"]  # made ready before the clock starts
        polling = Polling(service)
        yield service, polling
        polling.stop()
        service.store.close()


def poll_all(service: Service, polling: Polling) -> Took:
    """What it takes the scheduler's workers to poll all feeds that are due, detection and storage included."""
    watch = Stopwatch()
    while workers := polling.tick():
        wait(workers)
    took = watch.took()
    with service.store.reading() as db:
        assert not db.feeds.due(service.clock(), most=1)
        assert not any(feed.fault for feed in db.feeds.all())
    return took


def poll_ours(urls: list[str]) -> tuple[Took, Took]:
    """What it takes to poll them once, and what detection alone takes of the releases that came, one after another."""
    with polling_of(urls) as (service, polling):
        polled = poll_all(service, polling)
        with service.store.reading() as db:
            releases = [release for release, _ in db.releases.stored(most=1_000_000)]
        watch = Stopwatch()
        for release in releases:
            service.detectors["us-china"](release)
        return polled, watch.took()


def poll_reader(urls: list[str]) -> Took:
    """What it takes the reader library to do the same (fetch, parse, store; it has no detection)."""
    from reader import make_reader  # here, so that the process whose memory is measured does without

    with tempfile.TemporaryDirectory() as folder, closing(make_reader(f"{folder}/reader.db")) as reader:
        for url in urls:
            reader.add_feed(url)
        watch = Stopwatch()
        reader.update_feeds(workers=WORKERS)
        took = watch.took()
        assert reader.get_entry_counts().total > 0
    return took


def poll_unchanged(urls: list[str], rounds: int) -> list[Took]:
    """Whole polls of feeds that have not changed, a round each half hour; the first, which opens connections, aside."""
    with polling_of(urls) as (service, polling):
        took = []
        for _ in range(rounds + 2):
            took.append(poll_all(service, polling))
            service.clock.ahead += timedelta(hours=1)
            time.sleep(GAP)
        return took[2:]


def ask_session(urls: list[str], rounds: int) -> list[Took]:
    """The same requests by one session that keeps all connections open, one after another; the first round aside."""
    with requests.Session() as session:
        session.mount("http://", HTTPAdapter(pool_connections=len(urls)))
        took = []
        for _ in range(rounds + 1):
            watch = Stopwatch()
            for url in urls:
                assert session.get(url, headers={"If-None-Match": '"1"'}, timeout=30).status_code == 304
            took.append(watch.took())
        return took[1:]


def ask_ours(urls: list[str], rounds: int) -> list[Took]:
    """The same requests by our guarded fetch, one after another, nothing stored; the first round aside."""
    with closing(Hosts(gap=0)) as hosts:
        took = []
        for _ in range(rounds + 1):
            watch = Stopwatch()
            for url in urls:
                assert fetch(url, etag='"1"', allow_private=True, hosts=hosts).not_modified
            took.append(watch.took())
        return took[1:]


def memory_of_many(urls: list[str]) -> float:
    """Megabytes at most of a process that polls these feeds twice: for all that they have, and unchanged."""
    with polling_of(urls) as (service, polling):
        for _ in range(2):
            poll_all(service, polling)
            service.clock.ahead += timedelta(hours=1)
    return most_memory()


def most_memory() -> float:
    """Megabytes that this process held at most. `getrusage` would count what the process that started it held, too."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)[1]) / 1000


def main() -> None:
    feeds, entries = (int(argument) for argument in (*sys.argv[1:], *("200", "50")[len(sys.argv) - 1 :]))
    table = Table("what", "peer", "ours", "reached", "aim", title="polling")
    with served(SLOW_FEEDS, SLOW_ENTRIES, SLOW_SECONDS) as urls:
        slow, _ = poll_ours(urls)
    what = f"{SLOW_FEEDS} feeds, each {SLOW_SECONDS:g} s away"
    table.add_row(what, "", f"{slow.seconds:.1f} s", "", f"at most {AIMS['slow']:g} s")
    with served(feeds, entries) as urls:
        peer = [poll_reader(urls) for _ in range(ROUNDS)]
        ours, alone = zip(*(poll_ours(urls) for _ in range(ROUNDS)), strict=True)
        for what, measure in (
            (f"cold poll of {feeds} × {entries} entries (peer: reader)", lambda took: took.seconds),
            ("processor time of that", lambda took: took.work),
        ):
            theirs, own = min(map(measure, peer)), min(map(measure, ours))
            table.add_row(what, f"{theirs:.2f} s", f"{own:.2f} s", f"{theirs / own:.2f}", f"{AIMS['cold']:g}")
        table.add_row("of which detection", "", f"{min(took.work for took in alone):.2f} s", "", "")
        # By turns, since a shared machine is quicker at one minute than at the next.
        measures = (ask_session, ask_ours, poll_unchanged)
        turns = [[measure(urls, UNCHANGED_ROUNDS) for measure in measures] for _ in range(UNCHANGED_TURNS)]
        peer, fetched, polled = (list(chain.from_iterable(rounds)) for rounds in zip(*turns, strict=True))
        for what, ours, measure in (
            ("unchanged feeds fetched (peer: requests.Session)", fetched, lambda took: len(urls) / took.seconds),
            ("the same by processor time", fetched, lambda took: len(urls) / took.work),
            ("unchanged feeds polled, each kept on disk", polled, lambda took: len(urls) / took.seconds),
            ("the same by processor time", polled, lambda took: len(urls) / took.work),
        ):
            theirs, own = max(map(measure, peer)), max(map(measure, ours))
            table.add_row(what, f"{theirs:.0f}/s", f"{own:.0f}/s", f"{own / theirs:.2f}", f"{AIMS['unchanged']:g}")
    spawn = multiprocessing.get_context("spawn")
    with served(MANY_FEEDS, MANY_ENTRIES) as urls, ProcessPoolExecutor(1, mp_context=spawn) as process:
        megabytes = process.submit(memory_of_many, urls).result()
    what = f"memory at {MANY_FEEDS} feeds, polled twice"
    table.add_row(what, "", f"{megabytes:.0f} MB", "", f"at most {AIMS['memory']:g} MB")
    Console().print(table)


if __name__ == "__main__":
    main()
