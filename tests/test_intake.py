"""From sightings to candidates: two thresholds, what joins what and why, and what a replay does not do again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from tests.feeds.test_poll import TALKS, feed_at, rss
from tests.make import sighting
from tests.site import Site
from tests.test_review import CN, US, arrive, decide, page
from tracker.model import PartialDate, Signal, State, Status
from tracker.polling.poll import poll_feed
from tracker.reviewing.review import put_in_queue, question, reject

DOUBTS = ("the channel is told by its subject alone", "a wish, not an event")
NOTHING = sighting(flagged=False, confidence=0.2, doubts=DOUBTS)


def stored(service, status):
    with service.store.reading() as db:
        return db.candidates.queue(status, most=50)


def candidate(service, number):
    with service.store.reading() as db:
        return db.candidates.get(number)


def test_what_is_probably_nothing_is_kept_with_its_doubts_and_is_in_no_queue(seeded_2023):
    assert arrive(seeded_2023, US, NOTHING) == []
    (kept,) = stored(seeded_2023, Status.UNLIKELY)
    assert kept.sightings[0].sighting == NOTHING
    assert stored(seeded_2023, Status.PENDING) == []
    with seeded_2023.store.reading() as db:
        assert {status: number for status, number in db.candidates.counts().items() if number} == {"unlikely": 1}


def test_all_that_a_sighting_says_is_kept(seeded_2023):
    told = sighting(date=None, starts=None, undated="the text gives none", persons=("us-a", "cn-b"), round=17)
    (found,) = arrive(seeded_2023, US, told)
    assert found.sightings[0].sighting == told
    assert found.sightings[0].joined_because is None


def test_a_flagged_report_brings_an_unlikely_candidate_into_the_queue_and_says_when_it_was(seeded_2023):
    arrive(seeded_2023, US, replace(NOTHING, signal=Signal.CANCELLED, date=None, starts=None))
    told = sighting(signal=Signal.POSTPONED, starts=None)
    (found,) = arrive(seeded_2023, CN, told)
    assert (found.status, found.signal, found.date) == (Status.PENDING, Signal.POSTPONED, told.date)
    assert [seen.joined_because for seen in found.sightings] == ["No date in one; published 1 day apart.", None]
    assert stored(seeded_2023, Status.UNLIKELY) == []


def test_an_unflagged_sighting_joins_what_waits_and_moves_nothing(seeded_2023, clock):
    (found,) = arrive(seeded_2023, US, sighting(date=PartialDate("2024-01"), starts=None))
    clock.advance(hours=1)
    (same,) = arrive(seeded_2023, CN, NOTHING)
    assert (same.id, same.status, same.date, same.evidence_at) == (
        found.id,
        found.status,
        found.date,
        found.evidence_at,
    )
    assert len(same.sightings) == 2
    assert same.version > found.version, "a reviewer decides what they saw"
    decide(seeded_2023, same)
    assert {source.url for source in page(seeded_2023).last_contact.sources} == {US.url}, "it is no source"


@pytest.mark.parametrize("verdict", ["accept", "reject"])
def test_an_unflagged_sighting_never_brings_a_decided_event_back_nor_hides_the_side_that_speaks_later(
    seeded_2023, verdict
):
    (found,) = arrive(seeded_2023, US, sighting())
    if verdict == "accept":
        decided = decide(seeded_2023, found)
    else:
        decided = reject(seeded_2023.store, found.id, found.version, by="ana", at=seeded_2023.clock(), reason="No.")
    arrive(seeded_2023, CN, NOTHING)
    assert candidate(seeded_2023, found.id).status is decided.status
    (again,) = arrive(seeded_2023, replace(CN, url="https://cn.example/2", title="会晤"), sighting())
    assert (again.id, again.status) == (found.id, Status.PENDING)


def test_what_the_record_tells_already_is_unlikely_when_unflagged_and_on_record_when_flagged(seeded):
    arrive(seeded, US, NOTHING)
    (unlikely,) = stored(seeded, Status.UNLIKELY)
    (found,) = arrive(seeded, replace(US, url="https://us.example/2", title="More"), sighting())
    assert (found.id, found.status) == (unlikely.id, Status.RECORDED)


def test_the_same_release_read_again_as_a_report_brings_its_candidate_into_the_queue(seeded_2023):
    arrive(seeded_2023, US, NOTHING)
    (found,) = arrive(seeded_2023, US, sighting())
    assert (found.status, len(found.sightings)) == (Status.PENDING, 1)
    assert found.sightings[0].sighting == sighting()
    (same,) = arrive(seeded_2023, US, NOTHING)
    assert same.sightings[0].sighting.flagged, "and is not taken back"


def test_an_unlikely_candidate_is_accepted_rejected_or_put_in_the_queue(seeded_2023):
    arrive(seeded_2023, US, NOTHING)
    (unlikely,) = stored(seeded_2023, Status.UNLIKELY)
    with seeded_2023.store.reading() as db:
        assert question(unlikely, *db.record.entries_of("dpct")).choice.state is State.RESUMED
    assert decide(seeded_2023, unlikely).status is Status.ACCEPTED
    assert [source.url for source in page(seeded_2023).sources] == [US.url]
    for month in (3, 4):
        document = replace(US, url=f"https://us.example/{month}", title=f"Month {month}")
        arrive(seeded_2023, document, replace(NOTHING, date=PartialDate(f"2022-0{month}-05"), starts=None))
    second, first = stored(seeded_2023, Status.UNLIKELY)
    who = {"by": "ana", "at": seeded_2023.clock()}
    assert reject(seeded_2023.store, first.id, first.version, reason="Nothing.", **who).status is Status.REJECTED
    queued = put_in_queue(seeded_2023.store, second.id, second.version, **who)
    assert (queued.status, queued.again) == (Status.PENDING, "ana put it in the queue at 1 Feb 2024 12:00 UTC.")


def test_a_poll_counts_the_flagged_and_keeps_them_all(seeded_2023, site: Site):
    feed = feed_at(site.serve("/feed", body=rss(TALKS, ("Second", "Words."))))
    with seeded_2023.store.writing() as db:
        db.feeds.sync([feed], now=seeded_2023.clock())

    def read(release):
        return [sighting() if release.title == TALKS[0] else replace(NOTHING, channel="mmca")]

    assert poll_feed(seeded_2023.store, feed, read, seeded_2023.clock).sightings == 1
    assert len(stored(seeded_2023, Status.UNLIKELY)) == 1


def test_words_of_releases_find_candidates_of_any_status(seeded_2023):
    arrive(seeded_2023, US, sighting())
    arrive(seeded_2023, replace(CN, summary="在100%的"), replace(NOTHING, channel="mmca"))

    def found(status, words):
        with seeded_2023.store.reading() as db:
            return [one.channel for one in db.candidates.queue(status, most=9, words=words)]

    assert found(Status.PENDING, "talks PENTAGON") == ["dpct"]
    assert found(Status.PENDING, "pentagon talks") == []
    assert found(Status.UNLIKELY, "pentagon") == []
    assert found(Status.UNLIKELY, "会晤") == found(Status.UNLIKELY, "100%") == ["mmca"]
    assert found(Status.UNLIKELY, "1_0%") == []


def test_of_two_events_a_release_joins_the_one_that_it_is_most_surely_tied_to(seeded_2023):
    first = sighting(date=PartialDate("2024-01-08"), starts=None, round=17)
    second = sighting(date=PartialDate("2024-01-10"), starts=None)
    (one,) = arrive(seeded_2023, US, first)
    (two,) = arrive(seeded_2023, replace(US, url="https://us.example/2", title="Other"), second)
    assert one.id != two.id
    (named,) = arrive(seeded_2023, CN, sighting(date=PartialDate("2024-01-10"), starts=None, round=17))
    assert (named.id, named.sightings[0].joined_because) == (one.id, "Both name round 17.")
    (dated,) = arrive(seeded_2023, replace(CN, url="https://cn.example/2", title="其他"), second)
    assert (dated.id, dated.sightings[0].joined_because) == (two.id, "Both give 10 Jan 2024.")


def test_an_announced_event_and_its_later_report_stay_two_candidates(seeded_2023):
    (plan,) = arrive(seeded_2023, replace(US, published=date(2024, 1, 2)), sighting(signal=Signal.ANNOUNCED, round=17))
    (held,) = arrive(seeded_2023, CN, sighting(round=17))
    assert plan.id != held.id
