"""Processes of their own that are ended in the middle, and the product as an operator starts it."""

from __future__ import annotations

import http.client
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from db.store import Store, open_store
from tests.conftest import ROOT
from tracker.operating.verify import verify

DICE = random.Random()
"""Another run tries other moments; what fails at one of them leaves its database to look at."""


def child_of(work: Callable[[], None]) -> tuple[int, int]:
    """A process of its own that does `work`: its id, and what can be read once it begins."""
    begun, begin = os.pipe()
    if child := os.fork():
        os.close(begin)
        return child, begun
    try:
        os.write(begin, b"!")
        work()
        os._exit(0)
    finally:
        os._exit(1)


def killed(work: Callable[[], None], within: float) -> bool:
    """Whether a process that does `work` was ended by kill -9, at a moment of the seconds that it takes."""
    child, begun = child_of(work)
    os.read(begun, 1)
    os.close(begun)
    time.sleep(DICE.uniform(0, within))
    os.kill(child, signal.SIGKILL)
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert ended in (0, -signal.SIGKILL), "it failed by itself"
    return ended != 0


def seconds_of(work: Callable[[], None]) -> float:
    """How long a process takes to do `work` to its end."""
    child, begun = child_of(work)
    os.read(begun, 1)
    os.close(begun)
    began = time.monotonic()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    return time.monotonic() - began


def copied(database: Path, to: Path) -> Path:
    """A copy of a database that nobody has open, in the place of whatever is there."""
    for beside in (to, to.with_name(to.name + "-wal"), to.with_name(to.name + "-shm")):
        beside.unlink(missing_ok=True)
    shutil.copyfile(database, to)
    return to


def sizes(database: Path) -> dict[str, int]:
    """How many rows each table of a database has. Raises AssertionError where the file itself is unsound."""
    with closing(sqlite3.connect(database)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: db.execute(f'SELECT COUNT(*) FROM "{name}"').fetchone()[0] for name in tables}


@contextmanager
def opened(database: Path) -> Iterator[Store]:
    store = open_store(f"sqlite:///{database}")
    try:
        yield store
    finally:
        store.close()


def assert_sound(database: Path) -> None:
    """Nothing is wrong with the file, its references, or what is chained and hashed."""
    sizes(database)
    with opened(database) as store:
        assert verify(store).findings == ()


def ask(address: str, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, bytes]:
    """Status and body of the answer. Raises OSError or HTTPException where the server is gone."""
    with closing(http.client.HTTPConnection(address, timeout=30)) as connection:
        sent = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None:
            named.setdefault("Content-Type", "application/json")
        connection.request(method, path, sent, named)
        answer = connection.getresponse()
        return answer.status, answer.read()


@dataclass
class Product:
    """`python -m tracker serve` in a process of its own."""

    process: subprocess.Popen[bytes]
    address: str
    greeting: list[str]
    log: Path

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, bytes]:
        return ask(self.address, method, path, body, **headers)


@contextmanager
def product(folder: Path, *options: str, env: Mapping[str, str] | None = None, **popen: Any) -> Iterator[Product]:
    """The product over the database in `folder`, on a port of its own, until the block ends."""
    ours = {
        "OPENLINES_VAR": str(folder), "OPENLINES_PORT": "0", "OPENLINES_WATCH": "off", "OPENLINES_RATE_LIMIT": "off",
    }  # fmt: skip
    unset = {name: value for name, value in os.environ.items() if not name.startswith("OPENLINES_")}
    log = folder / "log"
    with log.open("ab") as err:
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "tracker", "serve", *options],
            cwd=ROOT, env=unset | ours | (env or {}), stdout=subprocess.PIPE, stderr=err, **popen,
        )  # fmt: skip
    try:
        greeting = [process.stdout.readline().decode()]
        address = re.search(r"http://([\d.]+:\d+)", greeting[0])
        assert address, log.read_text()
        yield Product(process, address.group(1), greeting, log)
    finally:
        process.kill()
        greeting += process.communicate()[0].decode().splitlines()
