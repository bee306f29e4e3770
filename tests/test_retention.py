"""Old copies of releases' pages: those on which nothing rests go where that is set, and cited evidence never does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from db.record import Origin
from tests.conftest import Clock
from tests.engines import REFUSED
from tests.make import change, release, sighting, source
from tests.test_review import arrive, decide
from tracker.model import PageCopy, State
from tracker.operating.verify import verify
from tracker.polling.retention import AT_ONCE, Retention
from tracker.reviewing.review import reject, undo
from tracker.scheduler import Polling
from tracker.service import Service


@pytest.fixture
def keeping(seeded_2023: Service, clock: Clock) -> Service:
    """A service that keeps pages for thirty days."""
    return replace(seeded_2023, settings=replace(seeded_2023.settings, keep_pages=30))


def came(service: Service, number: int, *said, page: bytes | None = None):
    """A release that came with its page; answers the number of the release and its candidates."""
    one = release(
        url=f"https://us.example/{number}", title=f"Title {number}", summary=f"Words that say {number} things."
    )
    candidates = arrive(service, one, *said)
    with service.store.writing() as db:
        (found,) = db.record._db.execute(f"SELECT release FROM release_name WHERE url = '{one.url}'").fetchone()
        body = page or f"<html>{number}</html>".encode()
        db.pages.keep(found, 1, PageCopy(one.url, service.clock(), "text/html", body))
    return found, candidates


def kept(service: Service) -> set[int]:
    with service.store.reading() as db:
        return {row["release"] for row in db.record._db.execute("SELECT release FROM page_copy")}


def swept(service: Service) -> int:
    return Retention(service).go()


def test_by_default_every_copy_stays(seeded_2023: Service, clock: Clock):
    found, _ = came(seeded_2023, 1)
    clock.advance(days=10_000)
    assert swept(seeded_2023) == 0
    assert kept(seeded_2023) == {found}


def test_a_copy_goes_when_it_is_old_and_nothing_rests_on_it(keeping: Service, clock: Clock):
    came(keeping, 1)
    clock.advance(days=10)
    young, _ = came(keeping, 2)
    clock.advance(days=25)
    assert (swept(keeping), kept(keeping)) == (1, {young})
    clock.advance(days=10)
    assert (swept(keeping), kept(keeping)) == (1, set())
    assert verify(keeping.store).found == 0


def test_what_waits_or_was_accepted_keeps_its_page_and_what_was_rejected_gives_it_up(keeping: Service, clock: Clock):
    day = sighting(date=None, starts=None)
    waits, _ = came(keeping, 1, day)
    clock.advance(days=40)
    accepted, (candidate,) = came(keeping, 2, replace(day, channel="defense-ministers"))
    decided = decide(keeping, candidate)
    _, (candidate,) = came(keeping, 3, replace(day, channel="leaders"))
    clock.advance(seconds=1)
    reject(keeping.store, candidate.id, candidate.version, by="ana", at=clock(), reason="No update.")
    undone, (candidate,) = came(keeping, 4, replace(day, channel="mmca"))
    candidate = decide(keeping, candidate)
    undo(keeping.store, candidate.id, candidate.version, by="ana", at=clock())
    clock.advance(days=40)
    assert swept(keeping) == 1
    assert kept(keeping) == {waits, accepted, undone}
    undo(keeping.store, decided.id, decided.version, by="ana", at=clock())
    swept(keeping)
    assert kept(keeping) == {waits, accepted, undone}
    assert verify(keeping.store).found == 0


@pytest.mark.parametrize(
    "address", ["https://us.example/1", "http://us.example/1", "https://us.example/1?utm_source=x"]
)
def test_the_page_that_a_source_names_in_whatever_form_stays(keeping: Service, clock: Clock, address: str):
    found, _ = came(keeping, 1)
    came(keeping, 2)
    with keeping.store.writing() as db:
        db.record.add(change(State.ACTIVE, "2023-11-08", sources=(source(url=address),)), Origin(clock(), "ana"))
    clock.advance(days=40)
    swept(keeping)
    assert kept(keeping) == {found}


def test_the_copy_that_a_cited_page_is_held_against_stays_under_whatever_release(keeping: Service, clock: Clock):
    """A page that is watched refers to a copy by its hash."""
    found, _ = came(keeping, 1, page=b"<html>The same</html>")
    came(keeping, 2)
    sha256 = PageCopy("", clock(), None, b"<html>The same</html>").sha256
    with keeping.store.writing() as db:
        db.record._db.execute(
            "INSERT INTO watched_page (url, baseline, next_visit, reads) "
            f"VALUES ('https://paper.example/1', '{sha256}', '9999', 0)"
        )
    clock.advance(days=40)
    swept(keeping)
    assert kept(keeping) == {found}


def test_the_database_itself_refuses_to_delete_what_something_rests_on(keeping: Service, clock: Clock):
    _, (candidate,) = came(keeping, 1, sighting(date=None, starts=None))
    decide(keeping, candidate)
    with pytest.raises(REFUSED, match="never deleted"), keeping.store.writing() as db:
        db.record._db.execute("DELETE FROM page_copy")
    assert len(kept(keeping)) == 1


def test_a_copy_that_was_cited_since_it_was_looked_at_stays(keeping: Service, clock: Clock):
    found, _ = came(keeping, 1)
    clock.advance(days=40)
    with keeping.store.reading() as db:
        (spare,) = db.pages.spare(clock(), after=None, most=5)
    with keeping.store.writing() as db:
        sources = (source(url="https://us.example/1"),)
        db.record.add(change(State.ACTIVE, "2023-11-08", sources=sources), Origin(clock(), "ana"))
    with keeping.store.writing() as db:
        assert not db.pages.drop(spare)
    assert kept(keeping) == {found}


def test_many_go_in_small_steps_and_those_that_stay_hold_up_none(keeping: Service, clock: Clock):
    """Sources that are known only by the plain form of their address are passed over, and not met again and again."""
    cited = [came(keeping, number)[0] for number in range(AT_ONCE)]
    with keeping.store.writing() as db:
        sources = tuple(source(url=f"http://us.example/{number}", title=f"T {number}") for number in range(AT_ONCE))
        db.record.add(change(State.ACTIVE, "2023-11-08", sources=sources), Origin(clock(), "ana"))
    clock.advance(minutes=1)
    for number in range(AT_ONCE, 2 * AT_ONCE + 10):
        came(keeping, number)
    clock.advance(days=40)
    retention = Retention(keeping)
    assert [retention.go() for _ in range(4)] == [0, AT_ONCE, 10, 0]
    assert kept(keeping) == set(cited)
    came(keeping, 500)
    clock.advance(days=40)
    assert [retention.go() for _ in range(3)] == [0, 1, 0]


def test_a_tick_of_the_scheduler_does_it(keeping: Service, clock: Clock):
    came(keeping, 1)
    clock.advance(days=40)
    polling = Polling(replace(keeping, feeds=()))
    polling.tick()
    polling.stop()
    assert kept(keeping) == set()
