"""A replica is read where it has what readers were told, and never where it has not: a real one, by streaming."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from db.engine import Behind
from db.store import Store, open_store
from tests import servers

pytestmark = pytest.mark.long

SETTINGS = ("fsync=off", "shared_buffers=16MB")


def url(folder: Path) -> str:
    return f"postgresql://postgres@/postgres?host={folder}"


@pytest.fixture(scope="module")
def pair() -> Iterator[tuple[Path, Path]]:
    """The folders of a server and of one that follows it."""
    first, second = servers.new_folder(), servers.new_folder()
    try:
        servers.start(first, *SETTINGS)
        servers.follow(first, second)
        servers.start(second, *SETTINGS)
        yield first, second
    finally:
        servers.remove(second)
        servers.remove(first)


@pytest.fixture
def store(pair: tuple[Path, Path]) -> Iterator[Store]:
    first, second = pair
    with closing(open_store(url(first), replica=url(second))) as store:
        store.migrate()
        yield store


def read_from_the_replica(store: Store) -> bool:
    with store.reading_for_all() as db:
        assert db.record.revisions() == store.revisions(), "what is told is what stands"
        return bool(db.record._db.execute("SELECT pg_is_in_recovery()").fetchone()[0])


def bump(store: Store) -> None:
    with store.writing() as db:
        db.record.bump()


def until(holds: Callable[[], bool]) -> None:
    ends = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < ends
        time.sleep(0.05)


def test_a_replica_is_read_once_it_has_what_was_written_and_not_before(pair, store):
    until(lambda: read_from_the_replica(store))
    with psycopg.connect(url(pair[1]), autocommit=True) as replica:
        replica.execute("SELECT pg_wal_replay_pause()")
        bump(store)
        assert not read_from_the_replica(store)
        assert store.behind().size > 0
        replica.execute("SELECT pg_wal_replay_resume()")
    until(lambda: read_from_the_replica(store))
    until(lambda: store.behind() == Behind(0, 0))


def test_while_the_replica_is_away_the_first_server_is_read(pair, store):
    until(lambda: read_from_the_replica(store))
    servers.stop(pair[1])
    try:
        assert not read_from_the_replica(store)
        assert store.behind() == Behind(None, None)
        bump(store)
        assert not read_from_the_replica(store)
    finally:
        servers.start(pair[1], *SETTINGS)
    until(lambda: read_from_the_replica(store))


def test_a_server_that_follows_nobody_is_no_replica(pair):
    with closing(open_store(url(pair[0]), replica=url(pair[0]))) as alone:
        assert alone.behind() == Behind(None, None)
