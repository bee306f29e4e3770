"""The status endpoint against a bare Flask "hello" on the same server, asked by turns over kept-alive connections.

    python -m bench.status

Both are served by waitress with the same number of threads, in processes of their own; the client is a third process.
The figure to read is the ratio: how many requests a second the product answers for each that the bare one does.
"""

from __future__ import annotations

import http.client
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROUNDS = 7
SECONDS = 1.5
CONNECTIONS = 4
THREADS = 8

HELLO = f"""
from flask import Flask
from waitress.server import create_server
app = Flask("hello")
app.add_url_rule("/", view_func=lambda: "hello")
server = create_server(app, host="127.0.0.1", port=0, threads={THREADS})
print(server.effective_port, flush=True)
server.run()
"""

PRODUCT = f"""
import os
from config.settings import settings_from
from tracker.seed import seed
from tracker.service import open_service
from tracker.web.app import create_app
from waitress.server import create_server
service = open_service(settings_from(os.environ), migrate=True)
service.prepare()
seed(service.store, service.packs, at=service.clock())
server = create_server(create_app(service), host="127.0.0.1", port=0, threads={THREADS})
print(server.effective_port, flush=True)
server.run()
"""


@contextmanager
def serving(program: str, folder: Path) -> Iterator[int]:
    """Run a server in a process of its own; answers its port."""
    # Requests are counted as for any client, and there is room for all of them.
    limit = {"OPENLINES_RATE_LIMIT": "1000000"}
    env = os.environ | limit | {"OPENLINES_VAR": str(folder), "OPENLINES_LOG_LEVEL": "error"}
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, env=env)
    try:
        yield int(process.stdout.readline())
    finally:
        process.terminate()
        process.wait()


def rate(port: int, path: str, headers: dict[str, str]) -> float:
    """Requests a second over a few kept-alive connections."""
    done, until = [], time.monotonic() + SECONDS

    def ask() -> None:
        connection, count = http.client.HTTPConnection("127.0.0.1", port), 0
        while time.monotonic() < until:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            answer.read()
            assert answer.status in (200, 304), answer.status
            count += 1
        done.append(count)

    threads = [threading.Thread(target=ask) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / SECONDS


def etag_of(port: int, path: str) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    return answer.headers["ETag"]


def main() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(HELLO, Path(folder)) as hello,
        serving(PRODUCT, Path(folder)) as product,
    ):
        known = {"If-None-Match": etag_of(product, "/api/v1/channels")}
        asked = {
            "GET /api/v1/channels/dpct": ("/api/v1/channels/dpct", {}),
            "GET /api/v1/relationships": ("/api/v1/relationships", {}),
            "GET /api/v1/channels": ("/api/v1/channels", {}),
            "GET /api/v1/channels, unchanged (304)": ("/api/v1/channels", known),
            "GET / (dashboard)": ("/", {}),
        }
        table = Table("request", "hello/s", "ours/s", "ratio", "min", "max", title="status")
        for name, (path, headers) in asked.items():
            rate(product, path, headers)
            pairs = [(rate(hello, "/", {}), rate(product, path, headers)) for _ in range(ROUNDS)]
            ratios = [ours / floor for floor, ours in pairs]
            floor, ours = (statistics.median(column) for column in zip(*pairs, strict=True))
            figures = (statistics.median(ratios), min(ratios), max(ratios))
            table.add_row(name, f"{floor:.0f}", f"{ours:.0f}", *(f"{figure:.2f}" for figure in figures))
        Console().print(table)


if __name__ == "__main__":
    main()
