"""What a process has read of its feeds: the same as read anew, and after a poll no more read than changed."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from types import FrameType
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import db.sqlite.connection
from db.feeds import PollRow
from db.store import Subjects
from tests.conftest import Clock
from tests.feeds.test_poll import feed_at
from tests.make import US_CHINA
from tracker.model import Feed
from tracker.record.coverage import Coverage
from tracker.service import Service
from tracker.web.app import create_app
from tracker.web.current import Snapshot
from tracker.web.listening import LANE_SPAN, Listening, Sources

Act = Callable[[Service, Subjects, str], None]

FEEDS = tuple(
    feed_at(f"https://{slug}.example/", slug=slug, side=side, every=1800)
    for slug, side in (("mnd", "cn"), ("mfa", "cn"), ("war", "us"), ("state", "us"), ("pool", "third-party"))
)


def _read(service: Service, db: Subjects, slug: str, **told: Any) -> None:
    now = service.clock()
    db.feeds.record_read(
        slug, now=now, next_poll=now + timedelta(minutes=30), etag=None, last_modified=None, moved_to=None,
        anything_new=False,
    )  # fmt: skip
    db.feeds.add_poll(replace(PollRow(slug, now, now, "read", items=9, overlap=9), **told))
    db.record.bump("polls")


def _overrun(service: Service, db: Subjects, slug: str) -> None:
    _read(service, db, slug, overlap=0)


def _fail(service: Service, db: Subjects, slug: str) -> None:
    now = service.clock()
    db.feeds.record_fault(slug, next_poll=now + timedelta(hours=1), kind="timeout", fault="It did not answer.")
    db.feeds.add_poll(PollRow(slug, now, now, "failed", "It did not answer.", fault_kind="timeout"))
    db.record.bump("polls")


def _pause(service: Service, db: Subjects, slug: str) -> None:
    db.feeds.pause(slug, now=service.clock(), by="ana", because=None)
    db.record.bump("polls")


def _resume(service: Service, db: Subjects, slug: str) -> None:
    db.feeds.resume(slug, now=service.clock(), by="ana")
    db.feeds.make_due(slug, now=service.clock())
    db.record.bump("polls")


def _put_off(service: Service, db: Subjects, slug: str) -> None:
    """Which is shown when a counter moves next, as before."""
    db.feeds.put_off(slug, until=service.clock() + timedelta(hours=2))


def _look_at_a_page(service: Service, db: Subjects, slug: str) -> None:
    db.record.bump("polls")


def _drop(service: Service, db: Subjects, slug: str) -> None:
    _configure(service, db, [feed for feed in FEEDS if feed.slug != slug])


def _reorder(service: Service, db: Subjects, slug: str) -> None:
    """Another order, in which one is read for another side too."""
    _configure(service, db, [replace(feed, side="us") if feed.slug == slug else feed for feed in reversed(FEEDS)])


def _configure(service: Service, db: Subjects, feeds: list[Feed]) -> None:
    db.feeds.sync(feeds, now=service.clock())
    db.record.bump("polls")


ACTS: list[Act] = [_read, _read, _overrun, _fail, _pause, _resume, _put_off, _look_at_a_page, _drop, _reorder]


def heard(listening: Listening, service: Service) -> Sources:
    with service.store.reading() as db:
        return listening.sources(db, service.clock())


def told(sources: Sources) -> list[Any]:
    return [
        list(sources.feeds),
        list(sources.by_slug),
        {side: [one.feed for one in own] for side, own in sources.sides.items()},
        sources.watched_since,
    ]


def read(sources: Sources, service: Service, *, anew: bool = False) -> list[Coverage]:
    """What was read in some spans; `anew`: by all polls."""
    now = service.clock()
    snapshot, spans = Snapshot({}, now, (), (), {}, sources), [timedelta(hours=hours) for hours in (1, 5, 24, 720)]
    with service.store.reading() as db:
        polls = db.feeds.reads_since(now - LANE_SPAN) if anew else None
        return [
            snapshot.coverage_between(US_CHINA.slug, side, now - span, now, polls)
            for side in ("cn", "us", "third-party")
            for span in spans
        ]


@settings(
    max_examples=15,
    phases=[Phase.explicit, Phase.generate],  # what is written stays, so nothing is to be made smaller
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    written=st.lists(
        st.tuples(st.sampled_from(ACTS), st.sampled_from([feed.slug for feed in FEEDS]), st.sampled_from([1, 30, 90])),
        min_size=1,
        max_size=12,
    )
)
def test_whatever_happens_to_feeds_what_was_read_is_what_reading_all_anew_gives(seeded: Service, written):
    with seeded.store.writing() as db:
        _configure(seeded, db, list(FEEDS))
    listening = Listening()
    before, put_off = heard(listening, seeded), set()
    for act, slug, minutes in written:
        seeded.clock.advance(minutes=minutes)
        with seeded.store.writing() as db:
            act(seeded, db, slug)
        now = heard(listening, seeded)
        assert told(now) == told(heard(Listening(), seeded))
        assert read(now, seeded) == read(now, seeded, anew=True)
        if act is _put_off:
            put_off.add(slug)
        if act not in (_drop, _reorder):
            others = now.by_slug.keys() - {slug} - put_off
            assert all(now.by_slug[one] is before.by_slug[one] for one in others), "nothing else is read"
        before = now


def feeds_of(number: int) -> tuple[Feed, ...]:
    sides = ("cn", "us")
    return tuple(
        feed_at(f"https://{n}.example/", slug=f"{number}-{n}", side=sides[n % 2], every=12 * 86400)
        for n in range(number)
    )


@dataclass
class Counted:
    """How many statements a connection to SQLite ran, how many rows it gave, how many steps that took, and how many
    functions were called meanwhile.
    """

    statements: int = 0
    rows: int = 0
    steps: int = 0
    calls: int = 0


STEPS = 10


@contextmanager
def counting(connection: sqlite3.Connection) -> Iterator[Counted]:
    counted = Counted()

    def statement(_: str) -> None:
        counted.statements += 1

    def steps() -> None:
        counted.steps += STEPS

    def row(cursor: sqlite3.Cursor, values: tuple) -> sqlite3.Row:
        counted.rows += 1
        return sqlite3.Row(cursor, values)

    def called(_: FrameType, event: str, __: Any) -> None:
        counted.calls += event == "call"

    connection.set_trace_callback(statement)
    connection.set_progress_handler(steps, STEPS)
    connection.row_factory = row
    sys.setprofile(called)
    yield counted
    sys.setprofile(None)
    connection.set_trace_callback(None)
    connection.set_progress_handler(None, STEPS)
    connection.row_factory = sqlite3.Row


@pytest.mark.sqlite
@pytest.mark.parametrize("address", ["/", "/api/v1/changes?limit=20", "/feeds/{feed}"])
def test_the_first_page_after_a_poll_costs_the_same_however_many_feeds_there_are(
    seeded: Service, clock: Clock, address: str, monkeypatch
):
    """In what is asked of the database, in how long that looks for it, and in functions that are called."""
    monkeypatch.setattr(
        db.sqlite.connection, "_BLIND", 0
    )  # else the time that passes would say how often SQLite is asked
    few, many = (_first_page_after_a_poll(seeded, clock, address, number) for number in (20, 200))
    assert (few.statements, few.rows) == (many.statements, many.rows)
    assert many.steps < few.steps * 1.1
    assert many.calls < few.calls * 1.02


def _first_page_after_a_poll(seeded: Service, clock: Clock, address: str, number: int) -> Counted:
    clock.now = Clock().now
    service = replace(seeded, feeds=feeds_of(number))
    service.prepare()
    for _ in range(4):
        clock.advance(days=11)
        with service.store.writing() as db:
            for feed in service.feeds:
                _read(service, db, feed.slug)
    client, address = create_app(service).test_client(), address.format(feed=service.feeds[0].slug)
    assert client.get(address).status_code == 200
    clock.advance(minutes=2)
    with service.store.writing() as db:
        _read(service, db, service.feeds[0].slug)
    with counting(service.store._connections.get()) as counted:
        assert client.get(address).status_code == 200
    return counted
