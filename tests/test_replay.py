"""Stored releases read by today's rules: what differs is shown, and taken in only when asked."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from tests.make import release, sighting
from tests.test_cases import TALKS_RELEASE
from tests.test_review import US, arrive, decide
from tests.test_sampler import Traffic
from tracker.model import PartialDate, Signal, Status
from tracker.reviewing.replay import BATCH, Change, differences, replay, write
from tracker.reviewing.review import reject
from tracker.reviewing.sampler import sample


def kept(service, *sightings, document=TALKS_RELEASE):
    """A release kept by the rules of another day, which made `sightings` of it."""
    return arrive(service, document, *sightings)


def seen(service, **over):
    return [(d.change, d.channel) for one in replay(service, **over) for d in one.differences]


def candidates(service):
    with service.store.reading() as db:
        return [(known.id, known.status) for known in db.candidates.known("dpct")]


def test_what_was_missed_is_gained_and_taken_in_only_when_written(seeded_2023):
    assert kept(seeded_2023) == []
    (one,) = replay(seeded_2023)
    assert [(d.change, d.channel, d.after.signal, str(d.after.date)) for d in one.differences] == [
        (Change.GAINED, "dpct", Signal.HELD, "2024-01-09")
    ]
    assert candidates(seeded_2023) == [], "reading writes nothing"
    assert write(seeded_2023, one) == 1
    ((_, status),) = candidates(seeded_2023)
    assert status is Status.PENDING
    assert seen(seeded_2023) == []
    assert write(seeded_2023, one) == 0, "what is cut off can be run again"


def test_what_is_no_longer_found_is_lost_from_the_table_and_stays_in_the_queue(seeded_2023):
    (candidate,) = kept(seeded_2023, sighting(channel="climate"), document=US)
    (one,) = replay(seeded_2023)
    (difference,) = one.differences
    assert (difference.change, difference.before.status, one.news) == (Change.LOST, Status.PENDING, [])
    assert write(seeded_2023, one) == 0
    with seeded_2023.store.reading() as db:
        assert db.candidates.get(candidate.id).status is Status.PENDING


@pytest.mark.parametrize(
    "over", [{"signal": Signal.ANNOUNCED}, {"date": PartialDate("2024-01-06"), "starts": None}, {"date": None}]
)
def test_another_signal_or_date_is_a_change(seeded_2023, over):
    kept(seeded_2023, sighting(**over))
    assert seen(seeded_2023) == [(Change.CHANGED, "dpct")]


def test_what_was_taken_for_probably_nothing_and_is_a_report_now_comes_into_the_queue(seeded_2023):
    (found,) = (one for one in seeded_2023.detect_all(TALKS_RELEASE) if one.flagged)
    kept(seeded_2023, replace(found, flagged=False, doubts=("a wish, not an event",)))
    (one,) = replay(seeded_2023)
    ((change, before, after),) = [(d.change, d.before.sighting.flagged, d.after.flagged) for d in one.differences]
    assert (change, before, after) == (Change.CHANGED, False, True)
    assert [status for _, status in candidates(seeded_2023)] == [Status.UNLIKELY]
    assert write(seeded_2023, one) == 1
    assert [status for _, status in candidates(seeded_2023)] == [Status.PENDING]
    assert seen(seeded_2023) == []


@pytest.mark.parametrize("accepted", [True, False])
def test_a_decided_candidate_is_not_reopened_by_the_release_that_it_was_decided_on(seeded_2023, accepted):
    (candidate,) = kept(seeded_2023, sighting(date=PartialDate("2024-01-08"), starts=None))
    if accepted:
        decide(seeded_2023, candidate)
    else:
        reject(seeded_2023.store, candidate.id, candidate.version, by="ana", at=seeded_2023.clock(), reason="Old.")
    before = candidates(seeded_2023)
    (one,) = replay(seeded_2023)
    assert [d.change for d in one.differences] == [Change.CHANGED]
    write(seeded_2023, one)
    assert candidates(seeded_2023) == before


def test_two_findings_of_one_event_are_one_difference():
    document = release()
    found = [sighting(signal=Signal.SUSPENDED), sighting(signal=Signal.CANCELLED)]
    assert [d.after.signal for d in differences(document, [], found)] == [Signal.SUSPENDED]
    assert differences(document, [], []) == []


def test_only_the_feed_and_the_days_that_were_asked_for_are_read(seeded_2023):
    kept(seeded_2023)
    assert seen(seeded_2023, feed="elsewhere") == []
    assert seen(seeded_2023, since=TALKS_RELEASE.published) == [(Change.GAINED, "dpct")]
    assert seen(seeded_2023, since=TALKS_RELEASE.published.replace(year=2025)) == []


def test_more_releases_than_a_batch_are_read_once_each_in_the_order_of_arrival(seeded_2023):
    at = seeded_2023.clock()
    with seeded_2023.store.writing() as db:
        for number in range(2 * BATCH + 3):
            document = release(url=f"https://us.example/{number}")
            db.releases.keep(document, guid=document.url, canonical_url=document.url, now=at)
    numbers = [one.kept.id for one in replay(seeded_2023)]
    assert numbers == sorted(set(numbers))
    assert len(numbers) == 2 * BATCH + 3


def test_a_question_put_of_a_drawn_release_is_no_finding_that_could_be_lost(seeded_2023):
    traffic = Traffic(seeded_2023)
    traffic.a_week()
    traffic.come(200)
    sample(traffic.service, random.Random(2))
    assert traffic.pending()
    assert seen(traffic.service) == []
