"""What is remembered until a commit is never older than what was committed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, suppress

import pytest

from db.store import Store, open_store
from tests import servers


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    url = servers.create()
    with closing(open_store(url)) as store:
        store.migrate()
    yield url
    servers.drop(url)


@pytest.fixture
def here(url: str) -> Iterator[Store]:
    with closing(open_store(url)) as store:
        yield store


def bump(store: Store) -> int:
    with store.writing() as db:
        db.record.bump()
        return db.record.revisions()["record"]


def test_what_another_committed_is_told_by_the_next_question_of_every_thread(url, here):
    wrong: list[tuple[int, int]] = []
    told = {"record": here.revisions()["record"]}
    over = threading.Event()

    def ask() -> None:
        while not over.is_set():
            least = told["record"]
            if (found := here.revisions()["record"]) < least:
                wrong.append((least, found))

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    with closing(open_store(url)) as there:
        for _ in range(30):
            told["record"] = bump(there)
            with suppress(ZeroDivisionError), there.writing() as db:
                db.record.bump()
                raise ZeroDivisionError  # What is undone is never told.
    over.set()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert here.revisions()["record"] == told["record"]


def test_where_nobody_commits_the_question_is_asked_once(here):
    asked = []
    for _ in range(3):
        assert here._connections.until_a_commit(lambda connection: asked.append(connection) or len(asked)) == 1
    bump(here)
    assert here._connections.until_a_commit(lambda connection: asked.append(connection) or len(asked)) == 2
