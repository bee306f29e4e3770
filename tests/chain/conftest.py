"""A record in which everything that can be chained has happened, made once and copied for each test."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pytest

from db.chain import Chain
from db.store import Store, open_store
from tests.conftest import THEN, Clock, Shipped
from tests.make import sighting
from tests.test_review import CN, US, arrive
from tracker.model import Candidate, Evidence, PageCopy, PartialDate, Signal, State
from tracker.reviewing.regroup import split
from tracker.reviewing.review import accept, question, reject, undo
from tracker.service import Service

NAME = "ana-who-decides"

SAID = sighting(evidence=(Evidence("summary", 2, 9, "summary", "signal"),))
SAID_IN_CHINESE = sighting(evidence=(Evidence("title", 0, 2, "会晤", "signal"),))
PAGE = b"<html><body>A summary.</body></html>"


def live(service: Service, clock: Clock) -> None:
    """Accept, correct and cite again, undo, reject and split, each a minute after the other."""

    def decide(decision: Callable, candidate: Candidate, **over) -> Candidate:
        clock.advance(minutes=1)
        return decision(service.store, candidate.id, candidate.version, by=NAME, at=clock(), **over)

    (talks,) = arrive(service, US, SAID)
    release = talks.sightings[0].release.id
    with service.store.writing() as db:
        db.pages.keep(release, 1, PageCopy("https://us.example/1", clock(), "text/html", PAGE))
        db.watch.keep_copy(PageCopy("https://paper.example/1", clock(), "text/html", b"<html>A report.</html>"))
    decide(accept, talks)
    (talks,) = arrive(service, CN, SAID_IN_CHINESE)
    with service.store.reading() as db:
        proposed = question(talks, *db.record.entries_of("dpct")).choice
    told = {"effective": PartialDate("2024-01"), "outcome": None, "cause": "They agreed on it.", "note": "A plan."}
    choice = replace(proposed, state=State.PLANNED, **told)
    decide(accept, talks, choice=choice)
    again = replace(SAID, date=PartialDate("2024-01-30"), starts=None)
    other = replace(US, url="https://us.example/2", title="Held again", published=date(2024, 1, 30))
    (candidate,) = arrive(service, other, again)
    candidate = decide(undo, decide(accept, candidate))
    decide(reject, candidate, reason="No update.")
    ended = replace(SAID, signal=Signal.ENDED, date=PartialDate("2024-02-01"), starts=None)
    arrive(service, replace(US, url="https://us.example/4", title="The end"), ended)
    (candidate,) = arrive(service, replace(CN, url="https://cn.example/4", title="会晤 over"), ended)
    clock.advance(minutes=1)
    one = [candidate.sightings[0].id]
    split(service.store, candidate.id, candidate.version, one, by=NAME, at=clock())


@pytest.fixture(scope="session")
def lived_product(shipped: Shipped, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The product over that record, a day after its last entry, for tests that leave it alone."""
    clock = Clock()
    service = shipped.over(tmp_path_factory.mktemp("lived"), clock, THEN)
    clock.advance(days=1)
    live(service, clock)
    clock.advance(days=1)
    yield service
    service.store.close()


@pytest.fixture(scope="session")
def lived(lived_product: Service) -> Path:
    """The file of that record, whole."""
    with closing(sqlite3.connect(lived_product.store.path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return lived_product.store.path


@pytest.fixture
def lived_service(lived_product: Service, lived: Path, tmp_path: Path) -> Iterator[Service]:
    """The product over a copy of the record, for a test that changes it."""
    store = open_store(f"sqlite:///{shutil.copy(lived, tmp_path / 'lived.db')}")
    yield replace(lived_product, store=store, clock=Clock(lived_product.clock()))
    store.close()


@dataclass
class Tampered:
    """A copy of the record, open to the program and, past its triggers, to somebody who would rewrite it."""

    store: Store
    raw: sqlite3.Connection

    def run(self, *statements: str) -> None:
        for statement in statements:
            self.raw.execute(statement)
        self.raw.commit()

    def one(self, query: str):
        return self.raw.execute(query).fetchone()[0]


def opened(path: Path) -> sqlite3.Connection:
    """The record without its triggers and checks, as somebody has it who would rewrite it."""
    raw = sqlite3.connect(path)
    raw.execute("PRAGMA ignore_check_constraints = ON")
    for (trigger,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        raw.execute(f"DROP TRIGGER {trigger}")
    raw.commit()
    return raw


def rewrite(raw: sqlite3.Connection, statement: str) -> None:
    """Change what the record says, and make the whole chain anew over it."""
    raw.execute(statement)
    raw.execute("DELETE FROM chain_link")
    raw.row_factory = sqlite3.Row
    chain = Chain(raw)
    chain.append_unlinked()
    for kind, entry in list(chain.unlinked()):
        chain.append(kind, entry)
    raw.commit()


@pytest.fixture
def record(lived: Path, tmp_path: Path) -> Iterator[Tampered]:
    path = Path(shutil.copy(lived, tmp_path / "record.db"))
    store, raw = open_store(f"sqlite:///{path}"), opened(path)
    yield Tampered(store, raw)
    raw.close()
    store.close()
