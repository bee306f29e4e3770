"""The servers that benchmarks ask, each in a process of its own and with the same number of threads.

    python -m bench.servers hello
    python -m bench.servers bare      nothing but the server itself, which sends five bytes
    python -m bench.servers product TIMES     the record in OPENLINES_VAR, with TIMES its history
    python -m bench.servers sized CHANNELS TIMES     the same of so many channels, fewer or more than there are
    python -m bench.servers many PAIRS CHANNELS     so many synthetic relationships of so many channels each

Each prints its port when it listens.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Flask
from waitress.server import create_server

from config.load import RelationshipPack
from config.settings import LARGEST_RATE_LIMIT, settings_from
from db.feeds import PollRow
from db.record import Origin
from db.store import Subjects
from tests.many import write_packs
from tracker.model import Contact, Entry, PartialDate, StatusChange
from tracker.operating.export import read_record, write_database
from tracker.operating.seed import seed
from tracker.service import Service, open_service
from tracker.web.app import create_app
from tracker.web.serving.server import SERVER

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

THREADS = SERVER["threads"]
APART = 10
"""Years between one copy of the history and the next, so that what pages draw of late years stays as it is."""

READ_FOR = timedelta(days=7)
"""How long the feeds of a recorded service have been read."""


def hello() -> Flask:
    """The floor: an application that does nothing, or answers so many bytes."""
    app = Flask("hello")
    app.add_url_rule("/", view_func=lambda: "hello")
    app.add_url_rule("/<int:size>", "sized", view_func=lambda size: b"x" * size)
    return app


def bare() -> WSGIApplication:
    """The server alone: what no application over it can be faster than."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])
        return (b"hello",)

    return answer


def product(times: int) -> Flask:
    return create_app(recorded(times))


def sized(channels: int, times: int) -> Flask:
    return create_app(recorded(times, channels))


def many(pairs: int, channels: int) -> Flask:
    settings = settings_from(os.environ)
    settings = replace(settings, config=settings.var / "config")
    write_packs(settings.config, pairs, channels=channels)
    service = open_service(settings, migrate=True)
    service.prepare()
    seed(service.store, service.packs, at=service.clock())
    return create_app(service)


def recorded(times: int, channels: int | None = None) -> Service:
    """The shipped record in a new database; with `times` its history, the copies in earlier centuries; with so many
    `channels`, each as one that there is. Its feeds were read for a week, as those of a service that runs.
    """
    service = open_service(settings_from(os.environ), migrate=True)
    if channels is not None:
        service = replace(service, packs=(_with_channels(service.packs[0], channels),))
    now = service.clock()
    replace(service, clock=lambda: now - READ_FOR).prepare()
    for feed in service.feeds:
        every = timedelta(seconds=feed.every)
        with service.store.writing() as db:
            for number in range(READ_FOR // every, -1, -1):
                read_unchanged(db, feed.slug, now - number * every)
    seed(service.store, service.packs, at=service.clock())
    with service.store.writing() as db:
        _repeat(db, times, Origin(service.clock(), "bench"))
        db.record.bump()
    return service


def read_unchanged(db: Subjects, slug: str, at: datetime) -> None:
    """A poll of a feed that brought nothing."""
    hints = {"etag": None, "last_modified": None, "moved_to": None}
    db.feeds.record_read(slug, now=at, next_poll=at, anything_new=False, full=False, **hints)
    db.feeds.add_poll(PollRow(slug, at, at, "unchanged", status=304, overlap=1))


def _with_channels(pack: RelationshipPack, channels: int) -> RelationshipPack:
    """The pack with so many channels and their entries: the first ones, and copies of all under names of their own."""
    known, copies = len(pack.channels), {}
    for number in range(channels):
        channel = pack.channels[number % known]
        copies[number] = replace(channel, slug=f"{channel.slug}-{number}") if number >= known else channel
    entries = [
        replace(
            seeded,
            key=f"{seeded.key}-{number}",
            entry=replace(seeded.entry, channel=channel.slug),
        )
        for number, channel in copies.items()
        for seeded in pack.entries
        if seeded.entry.channel == pack.channels[number % known].slug
    ]
    return replace(pack, channels=tuple(copies.values()), entries=tuple(entries))


def _repeat(db: Subjects, times: int, origin: Origin) -> None:
    for changes, contacts in db.record.entries().values():
        for copy in range(1, times):
            for entry in (*changes, *contacts):
                db.record.add(_earlier(entry, copy * APART), origin)


def _earlier(entry: Entry, years: int) -> Entry:
    def earlier(date: PartialDate | None) -> PartialDate | None:
        if date is None:
            return None
        year, rest = int(date.value[:4]) - years, date.value[4:].replace("-02-29", "-02-28")
        return PartialDate(f"{year:04}{rest}")

    if isinstance(entry, StatusChange):
        return replace(entry, id=None, replaces=None, effective=earlier(entry.effective), expected=None)
    announced = entry.announced and entry.announced.replace(day=1, year=entry.announced.year - years)
    assert isinstance(entry, Contact)
    return replace(entry, id=None, replaces=None, date=earlier(entry.date), end=None, announced=announced)


def export(folder: Path) -> Path:
    """The record of a folder as the SQLite file that other programs read."""
    service = open_service(settings_from(_environment(folder)))
    file = folder / "record.db"
    write_database(file, *read_record(service.store, service.today(), None))
    service.store.close()
    return file


def _environment(folder: Path) -> dict[str, str]:
    # Requests are counted as for any client, and there is room for all of them.
    limit = {"OPENLINES_RATE_LIMIT": str(LARGEST_RATE_LIMIT)}
    return os.environ | limit | {"OPENLINES_VAR": str(folder), "OPENLINES_LOG_LEVEL": "error", "OPENLINES_WATCH": "off"}


@contextmanager
def serving(*arguments: str, folder: Path, database: str = "") -> Iterator[int]:
    """One of the above in a process, its record in that folder, or at the URL of a `database`; answers its port."""
    command = [sys.executable, "-m", "bench.servers", *arguments]
    with _running(command, folder, r"^(\d+)$", OPENLINES_DATABASE_URL=database) as port:
        yield port


@contextmanager
def datasette(file: Path) -> Iterator[int]:
    """Datasette over a file that it may take for unchanging, with as many threads for queries."""
    settings = ("--setting", "num_sql_threads", str(THREADS), "--setting", "max_returned_rows", "1000")
    command = [sys.executable, "-m", "datasette", "serve", "--immutable", str(file), "--port", "0", *settings]
    with _running(command, file.parent, r"running on http://127\.0\.0\.1:(\d+)") as port:
        yield port


@contextmanager
def _running(command: list[str], folder: Path, says: str, **more: str) -> Iterator[int]:
    """A server in a process of its own, from when it says its port; what else it says is dropped."""
    log = folder / f"{len(list(folder.iterdir()))}.log"
    with log.open("w") as said:
        process = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT, env=_environment(folder) | more)
    try:
        yield _port(process, log, says)
    finally:
        process.terminate()
        process.wait()


def _port(process: subprocess.Popen, log: Path, says: str) -> int:
    while True:
        found = re.search(says, log.read_text(), re.MULTILINE)
        if found:
            return int(found[1])
        assert process.poll() is None, log.read_text()
        try:
            process.wait(0.05)
        except subprocess.TimeoutExpired:
            continue


if __name__ == "__main__":
    name, *sizes = sys.argv[1:]
    applications = {"hello": hello, "bare": bare, "product": product, "sized": sized, "many": many}
    application = applications[name](*map(int, sizes))
    server = create_server(application, host="127.0.0.1", port=0, **SERVER)
    print(server.effective_port, flush=True)
    server.run()
