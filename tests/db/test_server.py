"""PostgreSQL as a server that may be away: what was acknowledged is kept, what was not is told, and all goes on."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from db.store import Store, StoreError, open_store
from tests.servers import new_folder, remove, start, stop
from tracker.web.app import create_app

DURABLE = ("fsync=on", "shared_buffers=16MB")


@pytest.fixture(scope="module")
def server() -> Iterator[Path]:
    """A server of this module's own, which it may end and start again, with the durability that it has by itself."""
    folder = new_folder()
    start(folder, *DURABLE)
    yield folder
    remove(folder)


@pytest.fixture(scope="module")
def served(server: Path) -> Iterator[Store]:
    with closing(open_store(f"postgresql://postgres@/postgres?host={server}")) as store:
        store.migrate()
        yield store


def bump(store: Store, patience: float = 10.0) -> int:
    with store.writing(patience) as db:
        db.record.bump()
        return db.record.revisions()["record"]


def test_what_was_acknowledged_is_there_after_the_server_crashed(server, served):
    number = bump(served)
    stop(server, "immediate")
    start(server, *DURABLE)
    assert served.revisions()["record"] == number
    assert bump(served) == number + 1


def test_while_the_server_is_away_each_question_is_told_so_and_afterwards_answered(server, served, service):
    number = bump(served)
    app = create_app(replace(service, store=served))
    stop(server)
    try:
        for ask in (served.revisions, lambda: bump(served, patience=0.1)):
            with pytest.raises(StoreError, match=r"cannot be reached .*; check that the server runs"):
                ask()
        assert app.test_client().get("/changes").status_code == 503
    finally:
        start(server, *DURABLE)
    assert served.revisions()["record"] == number
    assert app.test_client().get("/changes").status_code == 200


def test_a_block_whose_connection_was_lost_is_undone_and_told(server, served):
    number = bump(served)
    with pytest.raises(StoreError, match="nothing was changed"), served.writing() as db:  # noqa: PT012
        db.record.bump()
        mine = db.record._db.info.backend_pid
        with psycopg.connect(f"postgresql://postgres@/postgres?host={server}") as other:
            other.execute("SELECT pg_terminate_backend(%s)", (mine,))
        db.record.bump()
    assert served.revisions()["record"] == number
    assert bump(served) == number + 1


def test_a_block_with_little_patience_gives_up_while_another_writes(served):
    writing, may_end = threading.Event(), threading.Event()

    def write() -> None:
        with served.writing() as db:
            db.record.bump()
            writing.set()
            may_end.wait(10)

    other = threading.Thread(target=write)
    other.start()
    writing.wait(10)
    try:
        with pytest.raises(StoreError, match="is busy; try again in a moment"), served.writing(patience=0.05):
            pass
    finally:
        may_end.set()
        other.join()
    bump(served)


def test_a_commit_is_on_disk_when_it_is_acknowledged_whatever_the_server_is_set_to(served):
    with served.reading() as db:
        assert db.integrity.engine().settings == {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}
        assert db.integrity.quick_faults() == []
        assert db.integrity.file_faults() == []


def test_a_process_that_is_killed_while_it_writes_leaves_nothing_and_holds_up_nobody(server, served):
    number = bump(served)
    begun, begin = os.pipe()
    if not (child := os.fork()):
        with served.writing() as db:  # a store is anew in a process that was forked
            db.record.bump()
            os.write(begin, b"!")
            time.sleep(60)
        os._exit(1)
    os.close(begin)
    assert os.read(begun, 1) == b"!"
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert bump(served) == number + 1


def test_a_block_that_makes_light_of_a_failed_statement_is_not_told_that_it_was_kept(served):
    number = bump(served)
    with pytest.raises(StoreError, match="nothing was changed"), served.writing() as db:  # noqa: PT012
        db.record.bump()
        with suppress(psycopg.Error):
            db.record._db.execute("SELECT 1 / 0")
    assert served.revisions()["record"] == number


def test_as_many_threads_as_ask_at_once_are_all_answered(served):
    number = bump(served)
    with ThreadPoolExecutor(32) as threads:
        wrote = list(threads.map(lambda _: bump(served), range(32)))
        read = list(threads.map(lambda _: served.revisions()["record"], range(64)))
    assert sorted(wrote) == [number + more for more in range(1, 33)]
    assert set(read) == {number + 32}
