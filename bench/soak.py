"""The product as it is shipped under load: mixed reads at a constant rate while feeds change and reviews are made.

    python -m bench.soak [SECONDS]     600 where none are named; the whole takes about twice as long

The server is `python -m tracker serve` with its scheduler, over feeds on loopback that bring a new release every few
seconds; a reviewer accepts through the API what comes in. Beside it, in the same run, a bare Flask application on the
same server is asked at the same rate for answers of the same sizes. Last, 1,000 connections that ask nothing and 50
readers who take a byte a second are there while others ask.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import monotonic

from rich.console import Console
from rich.table import Table

from bench.arrivals import Client, Kind, Measured, load, percentile
from bench.servers import serving
from config.settings import LARGEST_RATE_LIMIT
from db.store import open_store

RATE = 200
SECONDS = 600
PROBED = 20
"""Seconds for which the probe asks, with and without others who hold connections."""
IDLE, SLOW = 1_000, 50
FEEDS = 8
NEW_EVERY, SHOWN = 10, 20
"""Seconds after which each feed has a further release, and how many it shows."""
REVIEW_EVERY = 10
"""Seconds from one accepted candidate to the next: each changes the record, and so every page that was made of it."""
ROOT = Path(__file__).parent.parent
GZIP = {"Accept-Encoding": "gzip"}

READS = (
    Kind("dashboard", "/", 4),
    Kind("dashboard, gzip", "/", 4, GZIP),
    Kind("dashboard, known", "/", 4, known=True),
    Kind("page of a channel", "/channels/dpct", 4, GZIP),
    Kind("another, in the past", "/channels/mmca?as_of=2012-06-01", 1),
    Kind("changes", "/changes", 2, GZIP),
    Kind("search", "/search?q=talks", 1, GZIP),
    Kind("API, channels", "/api/v1/channels", 4),
    Kind("API, channels, known", "/api/v1/channels", 4, known=True),
    Kind("API, one channel", "/api/v1/channels/dpct", 4, GZIP),
    Kind("API, changes", "/api/v1/changes?limit=50", 2),
    Kind("API, contacts", "/api/v1/contacts?limit=50", 2, GZIP),
    Kind("feed of changes", "/changes.atom", 2, known=True),
    Kind("table", "/channels.csv", 1),
    Kind("badge", "/badge/dpct.svg", 1),
)
PROBE = (Kind("probe", "/api/v1/channels/dpct"),)


class Ministry(BaseHTTPRequestHandler):
    """Feeds of which each brings a release every few seconds, on an event of the day before. All of it is made up."""

    began = monotonic()
    asked = 0

    def do_GET(self) -> None:
        number = re.fullmatch(r"/feed/(\d+)", self.path)
        Ministry.asked += number is not None
        newest = SHOWN + int((monotonic() - self.began) / NEW_EVERY)
        body = _feed(int(number[1]), newest) if number else b""
        self.send_response(200 if number else 404)
        self.send_header("Content-Type", "application/rss+xml; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def _feed(number: int, newest: int) -> bytes:
    items = "".join(_item(number, release) for release in range(newest - SHOWN, newest + 1))
    return f'<rss version="2.0"><channel><title>Sample ministry {number}</title>{items}</channel></rss>'.encode()


def _item(number: int, release: int) -> str:
    day = date(1990, 1, 10) + timedelta(days=17 * (release * FEEDS + number) % 12_000)
    said = f"{day:%A, %B} {day.day}, {day.year}"
    published = format_datetime(datetime(day.year, day.month, day.day, 21, tzinfo=UTC) + timedelta(days=1))
    return (
        f"<item><title>Talks of {said}</title><link>https://ministry.example/{number}/{release}</link>"
        f"<guid>sample-{number}-{release}</guid><pubDate>{published}</pubDate><description>The Pentagon said that the "
        f"United States and China held Defense Policy Coordination Talks on {said}. [Sample.]</description></item>"
    )


@contextmanager
def ministries(folder: Path) -> Iterator[Path]:
    """The feeds while the block runs, each a host of its own; a folder of configuration that names them."""
    server = ThreadingHTTPServer(("0.0.0.0", 0), Ministry)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    config = folder / "config"
    shutil.copytree(ROOT / "config" / "relationships", config / "relationships")
    sort = {"publisher": "Sample", "side": "us", "lang": "en", "kind": "feed", "every": "1m", "allow_private": True}
    feeds = [
        sort | {"slug": f"sample-{number}", "url": f"http://127.0.0.{number + 1}:{server.server_port}/feed/{number}"}
        for number in range(FEEDS)
    ]
    (config / "relationships" / "us-china" / "feeds.yaml").write_text(json.dumps(feeds))
    try:
        yield config
    finally:
        server.shutdown()
        server.server_close()


@dataclass(frozen=True)
class Served:
    """The product as a process, where it listens, and a reviewer's token."""

    process: subprocess.Popen[str]
    port: int
    token: str

    def memory(self) -> float:
        """Megabytes of the process and of those that it started."""
        return sum(_resident(pid) for pid in _tree(self.process.pid)) / 1024


def _tree(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task").glob("*/children")
    return [pid, *(found for file in children for child in file.read_text().split() for found in _tree(int(child)))]


def _resident(pid: int) -> int:
    try:
        return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1])
    except (OSError, TypeError):  # It has ended.
        return 0


@contextmanager
def product(folder: Path, config: Path) -> Iterator[Served]:
    """`python -m tracker serve` over the shipped record, polling; each client may ask at any rate, and is counted."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("OPENLINES_")} | {
        "OPENLINES_VAR": str(folder), "OPENLINES_CONFIG": str(config), "OPENLINES_PORT": "0", "OPENLINES_WATCH": "off",
        "OPENLINES_RATE_LIMIT": str(LARGEST_RATE_LIMIT), "OPENLINES_LOG_LEVEL": "error",
    }  # fmt: skip
    tracker = [sys.executable, "-m", "tracker"]
    for command in ("migrate", "seed"):
        subprocess.run([*tracker, command], cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL)
    store = open_store(f"sqlite:///{folder}/openlines.db")
    with store.writing() as db:
        token = db.accounts.make_token("ana", "reviewer", at=datetime.now(UTC))
    store.close()
    process = subprocess.Popen([*tracker, "serve"], cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True)
    try:
        yield Served(process, int(re.search(r"http://[\d.]+:(\d+)", process.stdout.readline())[1]), token)
    finally:
        process.terminate()
        process.wait()


async def review(server: Served, made: Counter[int]) -> None:
    """Accept the first that waits, every few seconds until it is cancelled; notes how often which status answered."""
    client, signed = Client(server.port), {"Authorization": f"Bearer {server.token}"}
    while True:
        await asyncio.sleep(REVIEW_EVERY)
        _, _, body = await client.ask("GET", "/api/v1/candidates?status=pending&limit=1", signed)
        for candidate in json.loads(body)["candidates"]:
            given = signed | {"Content-Type": "application/json", "If-Match": f'"{candidate["version"]}"'}
            path = f"/api/v1/candidates/{candidate['id']}/review"
            status, _, _ = await client.ask("POST", path, given, b'{"decision": "accept"}')
            made[status] += 1


async def remember(server: Served, seen: list[float], every: float) -> None:
    while True:
        await asyncio.sleep(every)
        seen.append(server.memory())


async def soak(server: Served, seconds: float) -> tuple[Measured, list[float], Counter[int]]:
    """What was measured; memory at 20 moments; what answered the reviews that were made."""
    memory: list[float] = []
    made: Counter[int] = Counter()
    beside = [
        asyncio.create_task(review(server, made)),
        asyncio.create_task(remember(server, memory, seconds / 20)),
    ]
    measured = await load(Client(server.port), READS, RATE, seconds)
    for task in beside:
        assert not task.done(), task.exception()
        task.cancel()
    return measured, memory, made


async def floor(port: int, sizes: dict[str, int], seconds: float) -> Measured:
    """The same requests of a bare Flask application, each answered by as many bytes."""
    kinds = [Kind(kind.name, f"/{sizes.get(kind.name, 0)}", kind.weight) for kind in READS]
    return await load(Client(port), kinds, RATE, seconds)


async def crowded(port: int, seconds: float) -> tuple[Measured, Measured, int]:
    """The probe before and while others hold connections, and how many of those still did at the end."""
    before = await load(Client(port), PROBE, RATE / 10, seconds)
    idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(IDLE)]
    slow = [asyncio.create_task(_slow(port)) for _ in range(SLOW)]
    await asyncio.sleep(1)
    during = await load(Client(port), PROBE, RATE / 10, seconds)
    held = sum(not reader.at_eof() for reader, _ in idle) + sum(not task.done() for task in slow)
    for task in slow:
        task.cancel()
    for _, writer in idle:
        writer.close()
    return before, during, held


async def _slow(port: int) -> None:
    """Ask for the largest answer and take a byte a second of it, into a buffer as small as there is."""
    loop, connection = asyncio.get_running_loop(), socket.socket()
    with connection:
        connection.setblocking(False)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        await loop.sock_connect(connection, ("127.0.0.1", port))
        await loop.sock_sendall(connection, b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        while await loop.sock_recv(connection, 1):
            await asyncio.sleep(1)


def faults(folder: Path) -> list[str]:
    """What went wrong with polls."""
    store = open_store(f"sqlite:///{folder}/openlines.db")
    with store.reading() as db:
        reads = db.feeds.reads_since(datetime.now(UTC) - timedelta(days=1))
    store.close()
    return [read.fault for read in reads if read.fault]


def _row(name: str, ours: list[float], floor: list[float]) -> list[str]:
    shown = [percentile(ours, share) for share in (0.5, 0.95, 0.99, 0.999, 1)]
    peers = [percentile(floor, share) for share in (0.5, 0.99, 0.999)]
    return [name, f"{len(ours):,}", *(f"{one * 1000:.1f}" for one in (*shown, *peers))]


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    load_before, console = os.getloadavg()[0], Console(width=120)
    columns = ("ms", "requests", "p50", "p95", "p99", "p99.9", "max", "Flask p50", "p99", "p99.9")
    table = Table(*columns, title=f"{RATE} requests a second for {seconds:.0f} s")
    with tempfile.TemporaryDirectory() as place, ministries(Path(place)) as config:
        folder = Path(place) / "var"
        folder.mkdir()
        with product(folder, config) as server:
            measured, memory, reviews = asyncio.run(soak(server, seconds))
            polled, failed = Ministry.asked, faults(folder)
            before, during, held = asyncio.run(crowded(server.port, PROBED))
        with serving("hello", folder=folder) as hello:
            bare = asyncio.run(floor(hello, measured.sizes, seconds))
    for kind in READS:
        table.add_row(*_row(kind.name, measured.seconds[kind.name], bare.seconds[kind.name]))
    table.add_row(*_row("all", measured.all(), bare.all()), style="bold")
    console.print(table)
    console.print(f"errors: {dict(measured.errors) or 'none'}; Flask: {dict(bare.errors) or 'none'}")
    refused = {status: times for status, times in reviews.items() if status != 200}
    console.print(
        f"meanwhile: {polled} polls (failed: {failed or 'none'}), {reviews[200]} reviews through the API (refused: "
        f"{refused or 'none'})"
    )
    early, late = memory[len(memory) // 4 :][:3], memory[-3:]
    console.print(
        f"memory: {memory[0]:.0f} MB at first, {sum(early) / len(early):.0f} after a quarter, "
        f"{sum(late) / len(late):.0f} at the end, {max(memory):.0f} at most"
    )
    crowd = Table(
        "ms", "requests", "p50", "p99", "max", "errors", title=f"{IDLE:,} idle connections, {SLOW} slow readers"
    )
    for name, one in (("before", before), (f"with them ({held:,} held on)", during)):
        shown = [percentile(one.all(), share) * 1000 for share in (0.5, 0.99, 1)]
        crowd.add_row(name, str(len(one.all())), *(f"{ms:.1f}" for ms in shown), str(dict(one.errors) or "none"))
    console.print(crowd)
    console.print(
        f"load {load_before:.1f} before, {os.getloadavg()[0]:.1f} after, {os.cpu_count()} processors; this generator "
        f"came late by {measured.late * 1000:.0f} ms at most ({bare.late * 1000:.0f} with Flask)"
    )


if __name__ == "__main__":
    main()
