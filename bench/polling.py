"""Polling measured over loopback: a slow network, a cold poll, unchanged feeds, and the memory that many feeds take.

    python -m bench.polling [FEEDS] [ENTRIES]

The feeds are served by a process of its own, each under an address of its own in 127.0.0.0/8, so that turns and
connections per host are what they are on the web. Each side starts with an empty database on disk. Machines differ and
are shared: the figures to read are the ratios within one run.
"""

from __future__ import annotations

import multiprocessing
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, wait
from contextlib import closing, contextmanager
from dataclasses import replace

import requests
from reader import make_reader
from rich.console import Console
from rich.table import Table

from config.settings import settings_from
from tracker.feeds.fetch import fetch
from tracker.feeds.hosts import Hosts
from tracker.model import Feed
from tracker.scheduler import WORKERS, Polling
from tracker.service import Service, open_service

ROUNDS = 2
SLOW_FEEDS, SLOW_SECONDS, SLOW_ENTRIES = 500, 0.3, 10
MANY_FEEDS, MANY_ENTRIES = 5_000, 3

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


@contextmanager
def service_of(urls: list[str]) -> Iterator[Service]:
    """A service with these feeds over an empty database."""
    with tempfile.TemporaryDirectory() as folder:
        service = open_service(settings_from({"OPENLINES_VAR": folder, "OPENLINES_WATCH": "off"}), migrate=True)
        feeds = (
            Feed(f"feed-{n}", "us-china", "Bench", "us", "en", "feed", url, every=1800, allow_private=True)
            for n, url in enumerate(urls)
        )
        service = replace(service, feeds=tuple(feeds))
        service.prepare()
        service.detectors["us-china"]  # made ready before the clock starts
        yield service
        service.store.close()


def poll_ours(urls: list[str]) -> float:
    """Seconds for the scheduler's workers to poll all feeds, detection and storage included."""
    with service_of(urls) as service:
        polling = Polling(service)
        started = time.perf_counter()
        while workers := polling.tick():
            wait(workers)
        seconds = time.perf_counter() - started
        with service.store.reading() as db:
            assert all(feed.last_read for feed in db.feeds.all())
        polling.stop()
    return seconds


def poll_reader(urls: list[str]) -> float:
    """Seconds for the reader library to do the same (fetch, parse, store; it has no detection)."""
    with tempfile.TemporaryDirectory() as folder, closing(make_reader(f"{folder}/reader.db")) as reader:
        for url in urls:
            reader.add_feed(url)
        started = time.perf_counter()
        reader.update_feeds(workers=WORKERS)
        seconds = time.perf_counter() - started
        assert reader.get_entry_counts().total > 0
    return seconds


def ask_ours(urls: list[str], rounds: int) -> float:
    """Seconds for conditional fetches that are all answered 304, one after another."""
    with closing(Hosts(gap=0)) as hosts:
        started = time.perf_counter()
        for url in urls * rounds:
            assert fetch(url, etag='"1"', allow_private=True, hosts=hosts).not_modified
        return time.perf_counter() - started


def ask_session(urls: list[str], rounds: int) -> float:
    """Seconds for one bare session to send the same requests."""
    with requests.Session() as session:
        started = time.perf_counter()
        for url in urls * rounds:
            assert session.get(url, headers={"If-None-Match": '"1"'}, timeout=30).status_code == 304
        return time.perf_counter() - started


def memory_of_many() -> float:
    """Megabytes that a process took at most which polled many feeds."""
    with served(MANY_FEEDS, MANY_ENTRIES) as urls:
        poll_ours(urls)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def main() -> None:
    feeds, entries = (int(argument) for argument in (*sys.argv[1:], *("200", "50")[len(sys.argv) - 1 :]))
    table = Table("what", "peer", "ours", "ratio", title="polling")
    with served(SLOW_FEEDS, SLOW_ENTRIES, SLOW_SECONDS) as urls:
        table.add_row(
            f"{SLOW_FEEDS} feeds, each {SLOW_SECONDS:g} s away", "15 s wanted", f"{poll_ours(urls):.1f} s", ""
        )
    with served(feeds, entries) as urls:
        for _ in range(ROUNDS):
            peer, ours = poll_reader(urls), poll_ours(urls)
            what = f"cold poll of {feeds} × {entries} entries (peer: reader)"
            table.add_row(what, f"{peer:.2f} s", f"{ours:.2f} s", f"{peer / ours:.2f}")
        for what, some, rounds in (("unchanged, connections open", urls[:50], 20), ("unchanged, many hosts", urls, 5)):
            for _ in range(ROUNDS):
                peer, ours = ask_session(some, rounds), ask_ours(some, rounds)
                count = len(some) * rounds
                rates = (f"{count / peer:.0f}/s", f"{count / ours:.0f}/s")
                table.add_row(f"{what} (peer: requests.Session)", *rates, f"{peer / ours:.2f}")
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        megabytes = process.submit(memory_of_many).result()
    table.add_row(f"memory at {MANY_FEEDS} feeds", "200 MB wanted", f"{megabytes:.0f} MB", "")
    Console().print(table)


if __name__ == "__main__":
    main()
