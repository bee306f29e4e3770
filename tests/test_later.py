"""A reviewer puts a candidate aside: what holds it, what brings it back, and who is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.make import sighting
from tests.test_intake import candidate
from tests.test_regroup import merged, parted
from tests.test_review import CN, US, arrive, decide
from tracker.errors import Conflict, Refused, Stale
from tracker.model import PartialDate, Signal, Status
from tracker.reviewing.holding import hold, release
from tracker.reviewing.review import reject, undo
from tracker.reviewing.triage import Wanted, chosen

ON_8 = sighting(date=PartialDate("2024-01-08"), starts=None)
WHY = "The ministry answers on Friday."


def put_aside(service, found, by="ben", hours=48, reason=WHY):
    until = service.clock() + timedelta(hours=hours) if hours else None
    return hold(
        service.store, found.id, found.version, by=by, at=service.clock(), reason=reason, until=until
    )  # fmt: skip


def queue(service, **wanted):
    with service.store.reading() as db:
        return [one.id for one in chosen(db.waiting.all(service.clock()), Wanted(**wanted), {})]


def counts(service):
    with service.store.reading() as db:
        return db.candidates.counts()[Status.PENDING], db.waiting.count_held(service.clock())


@pytest.fixture
def talks(seeded_2023):
    (found,) = arrive(seeded_2023, US, ON_8)
    return found


def test_what_is_held_is_out_of_the_queue_and_comes_back_at_its_instant_by_itself(seeded_2023, talks):
    held = put_aside(seeded_2023, talks)
    assert (queue(seeded_2023), queue(seeded_2023, held=True), counts(seeded_2023)) == ([], [talks.id], (1, 1))
    told = held.held(seeded_2023.clock())
    assert (told.by, told.reason, told.until) == ("ben", WHY, seeded_2023.clock() + timedelta(hours=48))
    seeded_2023.clock.advance(hours=47, minutes=59)
    assert queue(seeded_2023) == []
    seeded_2023.clock.advance(minutes=1)
    assert (queue(seeded_2023), queue(seeded_2023, held=True), counts(seeded_2023)) == ([talks.id], [], (1, 0))
    assert candidate(seeded_2023, talks.id).held(seeded_2023.clock()) is None


def test_without_an_instant_it_stays_until_somebody_brings_it_back(seeded_2023, talks):
    held = put_aside(seeded_2023, talks, hours=None)
    seeded_2023.clock.advance(days=3000)
    assert queue(seeded_2023) == []
    back = release(seeded_2023.store, held.id, held.version, by="ana", at=seeded_2023.clock())
    assert queue(seeded_2023) == [talks.id]
    assert [one.released_because for one in back.holds] == ["ana brought it back."]
    with pytest.raises(Conflict, match="not put aside"):
        release(seeded_2023.store, back.id, back.version, by="ana", at=seeded_2023.clock())


def test_a_side_that_had_not_spoken_brings_it_back_and_one_that_had_does_not(seeded_2023, talks):
    put_aside(seeded_2023, talks)
    arrive(seeded_2023, replace(US, url="https://us.example/2", title="A further release"), ON_8)
    assert queue(seeded_2023) == []
    (again,) = arrive(seeded_2023, CN, ON_8)
    assert (again.id, again.again) == (talks.id, "A side that had not spoken now reports it.")
    assert queue(seeded_2023, again=True) == [talks.id]


def test_a_release_that_says_otherwise_now_brings_it_back(seeded_2023, talks):
    put_aside(seeded_2023, talks)
    arrive(seeded_2023, replace(US, title="Talks (corrected)"), sighting(signal=Signal.REFUSED))
    assert talks.id in queue(seeded_2023)
    assert "no longer says" in candidate(seeded_2023, talks.id).again


def test_merging_a_new_side_into_it_brings_it_back(seeded_2023):
    arrive(seeded_2023, US, ON_8)
    (both,) = arrive(seeded_2023, CN, ON_8)
    rest, own = parted(seeded_2023, both, "cn")
    put_aside(seeded_2023, rest)
    merged(seeded_2023, own, rest)
    assert queue(seeded_2023) == [rest.id]


def test_what_is_held_can_be_decided_and_undone_and_then_waits(seeded_2023, talks):
    decided = decide(seeded_2023, put_aside(seeded_2023, talks, hours=None))
    assert decided.status is Status.ACCEPTED
    assert queue(seeded_2023, held=True) == []
    back = undo(seeded_2023.store, decided.id, decided.version, by="ana", at=seeded_2023.clock())
    assert (back.status, queue(seeded_2023), back.holds[0].released_because) == (
        Status.PENDING, [talks.id], "It was decided.",
    )  # fmt: skip


def test_whoever_looked_before_is_told_who_put_it_aside_until_when_and_why(seeded_2023, talks):
    put_aside(seeded_2023, talks)
    said = f"ben put it aside until 3 Feb 2024 12:00 UTC at 1 Feb 2024 12:00 UTC: {WHY}"
    with pytest.raises(Stale) as told:
        reject(seeded_2023.store, talks.id, talks.version, by="ana", at=seeded_2023.clock(), reason="Nothing.")
    assert told.value.wrong == said
    with pytest.raises(Stale) as told:
        put_aside(seeded_2023, talks, by="ana")
    assert told.value.wrong == said


def test_held_anew_the_later_word_counts(seeded_2023, talks):
    held = put_aside(seeded_2023, talks)
    again = put_aside(seeded_2023, held, by="ana", hours=1, reason="Only an hour.")
    assert [(one.by, one.released_because) for one in again.holds] == [("ben", "ana put it aside anew."), ("ana", None)]
    seeded_2023.clock.advance(hours=1)
    assert queue(seeded_2023) == [talks.id]
    put_aside(seeded_2023, again)
    assert queue(seeded_2023) == []


@pytest.mark.parametrize(
    ("over", "field"),
    [({"reason": " "}, "reason"), ({"hours": -1}, "until")],
    ids=["no reason", "a time that has passed"],
)
def test_a_hold_that_cannot_be_is_refused_by_field(seeded_2023, talks, over, field):
    with pytest.raises(Refused) as refused:
        put_aside(seeded_2023, talks, **over)
    assert refused.value.field == field
    assert candidate(seeded_2023, talks.id) == talks


def test_only_what_waits_is_put_aside(seeded_2023, talks):
    decided = decide(seeded_2023, talks)
    with pytest.raises(Conflict, match="is accepted"):
        put_aside(seeded_2023, decided)


def test_the_queue_that_waits_the_longest_is_that_without_what_is_held(seeded_2023, talks):
    seeded_2023.clock.advance(hours=1)
    arrive(seeded_2023, replace(US, url="https://us.example/5"), sighting(signal=Signal.REFUSED))
    put_aside(seeded_2023, talks)
    with seeded_2023.store.reading() as db:
        assert db.waiting.since(seeded_2023.clock()) == seeded_2023.clock()
