"""What the product makes of the story: detection with the shipped lexicon, and candidates through real polls."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tracker.demo.server import SampleServer
from tracker.demo.story import load_story
from tracker.feeds.parse import Parsed
from tracker.model import Feed, Signal, Status
from tracker.polling.arrival import release_of
from tracker.polling.poll import poll_feed
from tracker.service import Service

STORY = load_story()


@pytest.fixture
def releases(server: SampleServer, feeds: dict[str, Feed], read: Callable[[str], Parsed], service: Service):
    """Every sample as a release, by id, as polling makes it of what the feeds serve."""
    shown = {f"{server.base_url}/releases/{release.id}": release.id for release in STORY.releases}
    return {
        shown[item.url]: release_of(feed, item, service.clock())
        for feed in feeds.values()
        for item in read(feed.slug).items
    }


def test_detection_flags_in_every_sample_what_a_careful_reader_does_and_nothing_else(releases, service: Service):
    def told(found):
        return sorted((said.channel, str(said.signal), str(said.date)) for said in found)

    def flagged(release):
        return told(said for said in service.detect_all(release) if said.flagged)

    expected = {release.id: told(release.expect) for release in STORY.releases}
    assert {name: flagged(release) for name, release in releases.items()} == expected


def test_the_marker_is_on_every_sample_and_in_no_evidence(releases, service: Service):
    for name, release in releases.items():
        marked = "summary" if release.summary else "title"
        mark = getattr(release, marked).rfind("【Open Lines" if release.lang == "zh" else "[Sample")
        assert mark > 0, name
        for sighting in service.detect_all(release):
            assert all(e.field != marked or e.end <= mark for e in sighting.evidence), name


def test_a_sample_reads_the_same_to_detection_before_its_correction(server, feeds, read, service: Service):
    corrected = next(release for release in STORY.releases if release.correction)
    server.step = corrected.step
    feed = feeds[corrected.feed]
    first = next(item for item in read(feed.slug).items if item.title == corrected.title)
    (sighting,) = [said for said in service.detect_all(release_of(feed, first, service.clock())) if said.flagged]
    (expected,) = corrected.expect
    assert (sighting.channel, sighting.signal, sighting.date) == (expected.channel, expected.signal, expected.date)


@pytest.fixture
def play(server: SampleServer, seeded_2023: Service):
    """Polls these feeds once at every step, over the record of 2023-11-01; answers the rows of the polls."""

    def play(*feeds: Feed):
        service = replace(seeded_2023, feeds=feeds)
        service.prepare()
        rows = []
        for step in range(server.last_step + 1):
            server.step = step
            rows += [poll_feed(service.store, feed, service.detectors["us-china"], service.clock) for feed in feeds]
            service.clock.advance(seconds=10)
        return rows

    return play


def test_the_thaw_arrives_as_one_candidate_for_each_event_with_the_words_of_both_sides(play, feeds, seeded_2023):
    play(*feeds.values())
    with seeded_2023.store.reading() as db:
        pending = db.candidates.queue(Status.PENDING, most=100)
    held = {
        (candidate.channel, str(candidate.date)): {kept.release.side for kept in candidate.sightings}
        for candidate in pending
        if candidate.signal is Signal.HELD
    }
    assert held == {
        ("maritime-affairs", "2023-11-03"): {"cn"},
        ("nuclear-arms-control", "2023-11-06"): {"us", "cn"},
        ("leaders", "2023-11-15"): {"us", "cn", "third-party"},
        ("joint-staff", "2023-12-21"): {"us", "cn", "third-party"},
        ("dpct", "2024-01-09"): {"us", "cn", "third-party"},
        ("strategic-channel", "2024-01-27"): {"us", "cn"},
        ("counternarcotics", "2024-01-30"): {"us", "cn", "third-party"},
    }
    agreed = {
        (candidate.channel, candidate.signal): {kept.release.side for kept in candidate.sightings}
        for candidate in pending
        if any(kept.release.published.isoformat() == "2023-11-15" for kept in candidate.sightings)
    }
    for channel in ("dpct", "mmca"):
        assert agreed[channel, Signal.RESUMED] == {"us", "cn", "third-party"}
    for channel in ("theater-commanders", "ai-dialogue", "counternarcotics"):
        assert agreed[channel, Signal.ANNOUNCED] == {"us", "cn"}


def test_a_feed_brings_each_release_once_and_its_correction_as_a_revision(play, feeds):
    rows = play(feeds["sample-war-releases"])
    assert {row.outcome for row in rows} == {"read", "unchanged"}
    assert sum(row.fresh for row in rows) == len(STORY.shown(STORY.last_step, "sample-war-releases"))
    assert sum(row.revised for row in rows) == 1


def test_the_broken_feed_says_why_while_it_fails_and_brings_what_was_missed_when_it_recovers(play, feeds):
    first, last = next(feed.down for feed in STORY.feeds if feed.down)
    rows = play(feeds["sample-broken"])
    assert [row.outcome == "failed" for row in rows] == [first <= step <= last for step in range(len(rows))]
    assert all("500" in row.fault for row in rows[first : last + 1])
    missed = [r for r in STORY.shown(last + 1, "sample-broken") if first <= r.step <= last]
    assert missed
    assert rows[last + 1].fresh == len(missed)
