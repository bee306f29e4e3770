"""What grows with what: the product with a hundred times the releases, and with a hundred times the feeds, against
10,000 releases from 100 feeds.

    python -m bench.scale [RELEASES [FEEDS [sqlite | postgresql://…]]]

Every database is filled through the store as polls fill it: releases of some 600 bytes in two languages, one in twenty
of them edited later, each read by detection in one of two hundred, polls that brought something, nothing, or failed. In
the end every feed was read in the last hour. A server's is made anew and dropped again, so that the URL names one whose
role may create databases.

All sizes are asked by turns in one run. `cost` is what one item (a page, a hit, a release, a feed) takes, in parts of
what it takes in the small database: of the processor's time on SQLite, by the clock on a server.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cached_property
from itertools import islice
from pathlib import Path
from urllib.parse import quote
from xml.sax.saxutils import escape

import psycopg
from flask.testing import FlaskClient
from rich.console import Console
from rich.table import Table

from bench.search import texts
from bench.servers import read_unchanged
from config.settings import LARGEST_RATE_LIMIT, settings_from
from db.feeds import PollRow
from db.releases import Kept
from db.search import Narrowed
from db.store import Subjects
from tracker.feeds.fetch import Fetched
from tracker.model import Feed, Release
from tracker.operating.seed import seed
from tracker.polling.intake import take_in
from tracker.polling.poll import poll_feed
from tracker.releases.gone import Shown
from tracker.reviewing.replay import replay
from tracker.scheduler import due_feeds
from tracker.search import read_query
from tracker.service import Service, open_service
from tracker.web.app import create_app

RELEASES, FEEDS = 10_000, 100
MANY_RELEASES, MANY_FEEDS = 1_000_000, 10_000
ROUNDS = 5

SPAN = timedelta(days=3 * 365)
"""The time in which they came, up to now."""

BROUGHT, QUIET = 20, 4
"""New items of a poll that brings some, and polls that bring none after it."""

EDITED, READ, FAILED, GONE = 20, 200, 50, 10
"""One release in so many is edited and read by detection; one such poll in so many fails once, and misses an item."""

INTERVAL = 10 * 86_400
LATELY = tuple(timedelta(days=days) for days in (121, 92, 63, 34, 5, 0.01))
"""Seconds between polls of a feed, and how long ago its last ones were: no hole in what pages show, with few polls."""

AT_ONCE = 100
"""Polls of a transaction."""

RARE = {"en": "Timbuktu", "zh": "廷巴克图"}
RARELY = 20
"""Releases of a language, in each database, with that word."""

PAGE, REPLAYED, DEEP = 20, 1_000, 1_000
COMMON = {"en": "talks", "zh": "会谈"}

Ask = Callable[["Sized"], float]
"""Asks something of a database; answers of how many items it told."""


@dataclass(eq=False)
class Sized:
    """A database of so many releases from so many feeds. `server`: kept by PostgreSQL."""

    service: Service
    releases: int
    feeds: int
    server: bool
    fill_seconds: float

    @cached_property
    def client(self) -> FlaskClient:
        return create_app(self.service).test_client()

    @cached_property
    def deep(self) -> tuple[float, int]:
        """The place of the thousandth hit of the common word."""
        with self.service.store.reading() as db:
            return db.search.releases(read_query(COMMON["en"]), Narrowed(), most=DEEP)[-1].place

    def milliseconds(self, ask: Ask) -> tuple[float, float]:
        """How long it takes, and of how many items it told. What was read of feeds before a poll is read again."""
        self.poll_in_vain()
        clock = time.perf_counter if self.server else time.process_time
        began = clock()
        items = ask(self)
        return (clock() - began) * 1e3, items

    @cached_property
    def reviewer(self) -> dict[str, str]:
        """The headers of who may search releases."""
        now = self.service.clock()
        with self.service.store.writing() as db:
            db.accounts.add_user("ana", "reviewer", None, at=now)
            return {"Authorization": f"Bearer {db.accounts.make_token('ana', 'reviewer', at=now)}"}

    def get(self, path: str, headers: dict[str, str] | None = None) -> str:
        answer = self.client.get(path, headers=headers)
        assert answer.status_code == 200, (path, answer.status)
        return answer.get_data(as_text=True)

    def poll_in_vain(self) -> None:
        """A poll that brings nothing."""
        with self.service.store.writing() as db:
            read_unchanged(db, "feed-1", self.service.clock())
            db.record.bump("polls")


def settings_of(folder: Path, url: str) -> dict[str, str]:
    return {
        "OPENLINES_VAR": str(folder),
        "OPENLINES_DATABASE_URL": url,
        "OPENLINES_RATE_LIMIT": str(LARGEST_RATE_LIMIT),
        "OPENLINES_LOG_LEVEL": "error",
        "OPENLINES_WATCH": "off",
    }


def opened(env: dict[str, str], feeds: int, *, migrate: bool = False) -> Service:
    service = open_service(settings_from(env), migrate=migrate)
    return replace(service, feeds=tuple(_feed(number) for number in range(feeds)))


def _feed(number: int) -> Feed:
    lang, side = (("en", "us"), ("zh", "cn"))[number % 2]
    url = f"https://ministry-{number}.example/feed"
    return Feed(f"feed-{number}", "us-china", f"Ministry {number}", side, lang, "feed", url, every=INTERVAL)


def filled(env: dict[str, str], releases: int, feeds: int, *, server: bool) -> Sized:
    began = time.perf_counter()
    service = opened(env, feeds, migrate=True)
    replace(service, clock=lambda: datetime.now(UTC) - SPAN).prepare()
    seed(service.store, service.packs, at=service.clock())
    polls = iter(_polls(service, releases))
    while some := list(islice(polls, AT_ONCE)):
        with service.store.writing() as db:
            for poll in some:
                poll.keep(db)
    _read_lately(service)
    return Sized(service, releases, feeds, server, time.perf_counter() - began)


def _read_lately(service: Service) -> None:
    """Every feed read in the last hour, and without a hole in the last month."""
    now = service.clock()
    for number in range(0, len(service.feeds), AT_ONCE):
        with service.store.writing() as db:
            for feed in service.feeds[number : number + AT_ONCE]:
                for ago in LATELY:
                    read_unchanged(db, feed.slug, now - ago)


@dataclass(frozen=True)
class _Poll:
    """A poll that brought releases, in the order of its number, and those after it that did not."""

    service: Service
    number: int
    feed: Feed
    at: datetime
    brought: list[Release]
    first: int

    def keep(self, db: Subjects) -> None:
        slug, shown, minute = self.feed.slug, [], timedelta(minutes=1)
        if self.number % FAILED == 0:
            fault = "The server did not answer within 20 seconds."
            db.feeds.record_fault(slug, next_poll=self.at, kind="timeout", fault=fault)
            db.feeds.add_poll(PollRow(slug, self.at - minute, self.at - minute, "failed", fault, fault_kind="timeout"))
        for number, release in enumerate(self.brought, self.first):
            shown.append(Shown(self._release(db, number, release).id, self.at))
        if self.number % GONE == 0:
            db.releases.note_gone(slug, {shown.pop().release}, shown, now=self.at)
        db.releases.set_shown(slug, shown)
        count = len(self.brought)
        read = {"etag": f'"{self.number}"', "last_modified": None, "moved_to": None}
        db.feeds.record_read(slug, now=self.at, next_poll=self.at, anything_new=True, **read)
        db.feeds.add_poll(
            PollRow(slug, self.at, self.at, "read", status=200, items=count + 1, fresh=count, overlap=1)
        )  # fmt: skip
        for later in range(1, QUIET + 1):
            at = self.at + later * minute
            db.feeds.add_poll(PollRow(slug, at, at, "unchanged", status=304, overlap=1))

    def _release(self, db: Subjects, number: int, release: Release) -> Kept:
        named = {"guid": release.url, "canonical_url": release.url}
        kept = db.releases.keep(release, now=self.at, **named)
        if number % READ == 0:
            take_in(db, release, kept, self.service.detect_for(("us-china",))(release), now=self.at)
        if number % EDITED == 0:
            edited = replace(release, summary=f"{release.summary} Corrected.")
            kept = db.releases.keep(edited, now=self.at, **named)
        return kept


def _polls(service: Service, releases: int) -> Iterator[_Poll]:
    each = max(min(BROUGHT, releases // len(service.feeds)), 1)
    told = {"en": islice(texts(), 0, None, 2), "zh": islice(texts(), 1, None, 2)}
    start, step = service.clock() - SPAN, SPAN / (releases // each)
    planted = releases // RARELY
    for number in range(releases // each):
        feed, at, first = service.feeds[number % len(service.feeds)], start + number * step, number * each
        brought = []
        for place in range(first, first + each):
            text = next(told[feed.lang])
            # A word that few have, as often in a large database as in a small one.
            rare = f" {RARE[feed.lang]}." if place % planted < 1 or (place - each) % planted < 1 else ""
            brought.append(_release(feed, place, replace(text, summary=text.summary + rare), at))
        yield _Poll(service, number, feed, at, brought, first)


def _release(feed: Feed, number: int, text: Release, at: datetime) -> Release:
    title = f"{text.title} {number}"
    return Release(
        None, feed.side, feed.lang, feed.publisher, title, text.summary, at.date(),
        url=f"{feed.url.removesuffix('feed')}{number}", feed=feed.slug,
    )  # fmt: skip


def _stored(sized: Sized, after: int) -> float:
    with sized.service.store.reading() as db:
        return len(db.releases.stored(after=after, most=500))


def _newest(sized: Sized) -> float:
    with sized.service.store.reading() as db:
        db.releases.newest("feed-1", most=PAGE)
    return 1


def _found(sized: Sized, word: str) -> int:
    """How many releases a search finds, as a reviewer asks for the first of them."""
    return json.loads(sized.get(f"/api/v1/search?kind=release&q={quote(word)}", sized.reviewer))["counts"]["release"]


def _found_deep(sized: Sized, word: str) -> float:
    """A page after the thousandth hit, and the count, per hit."""
    query, after = read_query(word), sized.deep
    with sized.service.store.reading() as db:
        db.search.releases(query, Narrowed(), most=PAGE, after=after)
        return db.search.count_releases(query, Narrowed())


def _replayed(sized: Sized) -> float:
    return sum(1 for _ in islice(replay(sized.service), REPLAYED))


class Polling:
    """Polls of one feed after another, each of which shows other items than the one before."""

    def __init__(self) -> None:
        self._texts, self._number = texts(), 10**9
        self._last: list[Release] = []
        self._feed: Feed | None = None

    def prepare(self, sized: Sized) -> None:
        """What is shown next is drawn before the clock runs."""
        self._feed = sized.service.feeds[1 + 2 * (self._number // BROUGHT % (min(sized.feeds, FEEDS) // 2))]
        now = sized.service.clock()
        self._last = [_release(self._feed, self._number + n, next(self._texts), now) for n in range(BROUGHT)]
        self._number += BROUGHT

    def new(self, sized: Sized) -> float:
        row = self._poll(sized, self._last)
        assert row.fresh == BROUGHT, row
        return 1

    def taken_out(self, sized: Sized) -> float:
        """The same again without one that stood in the middle."""
        self._poll(sized, [one for n, one in enumerate(self._last) if n != BROUGHT // 2])
        return 1

    def _poll(self, sized: Sized, shown: list[Release]) -> PollRow:
        service, body = sized.service, _rss(shown)
        fetched = Fetched(200, self._feed.url, None, body, "application/rss+xml", None, None)
        detect = service.detect_for(self._feed.relationships)
        return poll_feed(service.store, self._feed, detect, service.clock, lambda *_, **__: fetched)


def _rss(releases: list[Release]) -> bytes:
    noon = datetime.combine(datetime.now(UTC).date(), datetime.min.time(), UTC)
    items = "".join(
        f"<item><guid>{one.url}</guid><link>{one.url}</link><title>{escape(one.title)}</title>"
        f"<description>{escape(one.summary)}</description>"
        f"<pubDate>{format_datetime(noon - timedelta(minutes=n))}</pubDate></item>"
        for n, one in enumerate(releases)
    )
    return f'<rss version="2.0"><channel><title>Sample</title>{items}</channel></rss>'.encode()


def _tick(sized: Sized) -> float:
    assert due_feeds(sized.service, "bench") is not None
    return sized.feeds


def _page(path: str, *, feeds: bool = False) -> Ask:
    def ask(sized: Sized) -> float:
        sized.get(path)
        return sized.feeds if feeds else 1

    return ask


def _last_changes(sized: Sized) -> float:
    path = "/api/v1/changes?limit=20"
    answer = sized.client.get(path).get_json()
    while answer["next"]:
        path = f"/api/v1/changes?limit=20&cursor={answer['next']}"
        answer = sized.client.get(path).get_json()
    return 1


MEASURED: dict[str, tuple[str, Ask]] = {
    "stored releases, first page of 500": ("release", lambda sized: _stored(sized, 0)),
    "stored releases, last page of 500": ("release", lambda sized: _stored(sized, sized.releases - 500)),
    "newest releases of a feed": ("page", _newest),
    "search, rare word": ("query", lambda sized: _found(sized, RARE["en"]) and 1),
    "search, rare word, Chinese": ("query", lambda sized: _found(sized, RARE["zh"]) and 1),
    "search, common word": ("hit", lambda sized: _found(sized, COMMON["en"])),
    "search, common word, Chinese": ("hit", lambda sized: _found(sized, COMMON["zh"])),
    "search, common word, deep cursor": ("hit", lambda sized: _found_deep(sized, COMMON["en"])),
    "replay of 1,000 releases": ("release", _replayed),
    "API, first page of changes": ("page", _page("/api/v1/changes?limit=20")),
    "API, all pages of changes": ("list", _last_changes),
    "page of a feed": ("page", _page("/feeds/feed-1")),
    "page of a channel": ("page", _page("/channels/dpct")),
    "dashboard after a poll": ("page", _page("/")),
    "dashboard after a poll, per feed": ("feed", _page("/", feeds=True)),
    "/feeds after a poll": ("feed", _page("/feeds", feeds=True)),
    "/api/v1/feeds after a poll": ("feed", _page("/api/v1/feeds", feeds=True)),
    "tick, which feeds are due": ("feed", _tick),
}


def main() -> None:
    given = sys.argv[1:]
    releases = int(given[0]) if given else MANY_RELEASES
    feeds = int(given[1]) if len(given) > 1 else MANY_FEEDS
    engine = given[2] if len(given) > 2 else "sqlite"
    sizes = [(RELEASES, FEEDS), (releases, FEEDS), (RELEASES, feeds)]
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(dir="/var/tmp") as place, _databases(engine, Path(place), sizes) as databases:
        report(databases, load)


@contextmanager
def _databases(engine: str, place: Path, sizes: list[tuple[int, int]]) -> Iterator[list[tuple[dict[str, str], Sized]]]:
    made, server = [], engine.startswith("postgresql://")
    try:
        for number, (releases, feeds) in enumerate(sizes):
            folder = place / str(number)
            folder.mkdir()
            env = settings_of(folder, _created(engine, number) if server else "")
            made.append((env, filled(env, releases, feeds, server=server)))
            Console().print(f"{releases:,} releases, {feeds:,} feeds: filled in {made[-1][1].fill_seconds:.0f} s")
        yield made
    finally:
        for number, (_, sized) in enumerate(made):
            sized.service.store.close()
            if server:
                _administer(engine, f"DROP DATABASE {_name(number)} WITH (FORCE)")


def _name(number: int) -> str:
    return f"openlines_scale_{os.getpid()}_{number}"


def _created(url: str, number: int) -> str:
    _administer(url, f"CREATE DATABASE {_name(number)} TEMPLATE template0")
    address, mark, more = url.partition("?")
    return f"{address.rpartition('/')[0]}/{_name(number)}{mark}{more}"


def _administer(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


def report(databases: list[tuple[dict[str, str], Sized]], load: float) -> None:
    small, long, wide = (sized for _, sized in databases)
    table = Table(
        "what", "per", "ms", f"ms, {long.releases:,} releases", "cost", f"ms, {wide.feeds:,} feeds", "cost",
        title=f"from {small.releases:,} releases and {small.feeds:,} feeds",
    )  # fmt: skip
    for name, (per, ask) in MEASURED.items():
        _row(table, name, per, [_median(sized, ask) for sized in (small, long, wide)])
    _polls_rows(table, [small, long, wide])
    row = [_megabytes(sized) for sized in (small, long, wide)]
    _row(
        table,
        "on disk, MB",
        "release",
        [(size, sized.releases) for size, (_, sized) in zip(row, databases, strict=True)],
    )
    table.caption = (
        f"median of {ROUNDS}; load {load:.1f} before, {os.getloadavg()[0]:.1f} after, {os.cpu_count()} processors"
    )
    Console(width=150).print(table)


def _median(sized: Sized, ask: Ask) -> tuple[float, float]:
    sized.milliseconds(ask)
    turns = [sized.milliseconds(ask) for _ in range(ROUNDS)]
    return statistics.median(took for took, _ in turns), turns[0][1]


def _polls_rows(table: Table, sizes: list[Sized]) -> None:
    took: dict[str, list[tuple[float, float]]] = {"20 new items": [], "one item taken out": []}
    for sized in sizes:
        polling, new, out = Polling(), [], []
        for _ in range(ROUNDS * 2):
            polling.prepare(sized)
            new.append(sized.milliseconds(polling.new)[0])
            out.append(sized.milliseconds(polling.taken_out)[0])
        took["20 new items"].append((statistics.median(new), 1))
        took["one item taken out"].append((statistics.median(out), 1))
    for name, row in took.items():
        _row(table, f"poll with {name}", "poll", row)


def _row(table: Table, name: str, per: str, told: list[tuple[float, float]]) -> None:
    (base, items), *others = told
    cells = [f"{base:.1f}"]
    for value, number in others:
        cells += [f"{value:.1f}", f"{(value / number) / (base / items):.2f}"]
    table.add_row(name, per, *cells)


def _megabytes(sized: Sized) -> float:
    store = sized.service.store
    if not sized.server:
        return sum(file.stat().st_size for file in store.path.parent.glob(f"{store.path.name}*")) / 1e6
    with psycopg.connect(sized.service.settings.database_url) as connection:
        return connection.execute("SELECT pg_database_size(current_database())").fetchone()[0] / 1e6


if __name__ == "__main__":
    main()
