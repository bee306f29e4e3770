"""A cold poll of many loopback feeds, detection included, against the reader library's update of the same feeds.

    python -m bench.polling [FEEDS] [ENTRIES]

The feeds are served by a process of its own; each side starts with an empty database on disk. The figure to read is
the ratio of wall times, ours as one.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from reader import make_reader
from rich.console import Console
from rich.table import Table

from config.settings import settings_from
from tracker.model import Feed
from tracker.poll import poll_feed
from tracker.scheduler import WORKERS
from tracker.service import open_service

ROUNDS = 3

SERVER = """
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
entries = int(sys.argv[1])
TEXTS = [
    ("Readout of a Call", "The Secretary spoke by telephone with his counterpart about security and the economy."),
    ("Defense Officials Meet", "U.S. and PRC officials held the Defense Policy Coordination Talks on Jan. 8-9."),
    ("Freedom of Navigation", "A destroyer sailed in the South China Sea on Tuesday, as the law permits."),
    ("国防部例行记者会", "发言人表示，中方坚决反对美方对台军售，敦促美方停止提升美台军事联系。"),
    ("Contracts for Today", "A company was awarded a contract for the maintenance of engines."),
]
PADDING = " The department publishes this text as part of a feed that is made up for measuring." * 4

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        name = self.path.strip("/")
        items = "".join(
            f"<item><guid>{name}-{n}</guid><title>{TEXTS[n % 5][0]} {name} {n}</title>"
            f"<link>http://127.0.0.1/{name}/{n}</link><description>{TEXTS[n % 5][1]}{PADDING}</description>"
            f"<pubDate>Wed, 10 Jan 2024 09:{n % 60:02}:00 GMT</pubDate></item>"
            for n in range(entries)
        )
        body = f'<?xml version="1.0"?><rss version="2.0"><channel><title>{name}</title>' \\
               f'<link>http://127.0.0.1/</link><description>x</description>{items}</channel></rss>'
        body = body.encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/rss+xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args): pass

server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
"""


def poll_ours(urls: list[str], folder: Path) -> float:
    """Seconds for a cold poll of all feeds into an empty database."""
    service = open_service(settings_from({"OPENLINES_VAR": str(folder)}), migrate=True)
    feeds = [
        Feed(f"feed-{n}", "us-china", "Bench", "us", "en", "feed", url, every=1800, allow_private=True)
        for n, url in enumerate(urls)
    ]
    service.prepare()
    with service.store.writing() as db:
        db.feeds.sync(feeds, now=service.clock())
    detect = service.detectors["us-china"]
    started = time.perf_counter()
    with ThreadPoolExecutor(WORKERS) as workers:
        rows = list(workers.map(lambda feed: poll_feed(service.store, feed, detect, service.clock), feeds))
    seconds = time.perf_counter() - started
    assert all(row.outcome == "read" for row in rows), rows
    service.store.close()
    return seconds


def poll_reader(urls: list[str], folder: Path) -> float:
    """Seconds for the reader library to do the same (fetch, parse, store; it has no detection)."""
    reader = make_reader(str(folder / "reader.db"))
    for url in urls:
        reader.add_feed(url)
    started = time.perf_counter()
    reader.update_feeds(workers=WORKERS)
    seconds = time.perf_counter() - started
    assert reader.get_entry_counts().total > 0
    reader.close()
    return seconds


def main() -> None:
    feeds, entries = (int(argument) for argument in (*sys.argv[1:], *("200", "50")[len(sys.argv) - 1 :]))
    server = subprocess.Popen([sys.executable, "-c", SERVER, str(entries)], stdout=subprocess.PIPE, text=True)
    try:
        port = int(server.stdout.readline())
        urls = [f"http://127.0.0.1:{port}/feed-{number}" for number in range(feeds)]
        table = Table("round", "reader s", "ours s", "ratio", title=f"cold poll, {feeds} feeds of {entries} entries")
        for number in range(1, ROUNDS + 1):
            with tempfile.TemporaryDirectory() as ours, tempfile.TemporaryDirectory() as theirs:
                mine, peer = poll_ours(urls, Path(ours)), poll_reader(urls, Path(theirs))
            table.add_row(str(number), f"{peer:.2f}", f"{mine:.2f}", f"{peer / mine:.1f}")
        Console().print(table)
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()
