"""What was read of each side's sources, and where the holes are."""

import itertools
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tracker.coverage import Read, coverage, holes_of

START = datetime(2024, 1, 1, tzinfo=UTC)
EVERY = timedelta(minutes=30)


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def read(minutes: float, fault: str | None = None, overlap: bool = True, feed: str = "mnd") -> Read:
    return Read(feed, "us-china", "cn", EVERY, at(minutes), fault, overlap)


def test_regular_good_polls_that_overlap_leave_no_hole():
    assert holes_of("mnd", [read(n * 30) for n in range(9)], at(0), at(240)) == []


def test_a_feed_never_read_is_one_hole():
    (hole,) = holes_of("mnd", [], at(0), at(60))
    assert (hole.start, hole.end, hole.why) == (at(0), at(60), "Not read yet.")


def test_an_outage_is_a_hole_with_its_cause():
    reads = [read(0), *(read(n, "The server answered 500.") for n in range(30, 240, 30)), read(240), read(270)]
    (hole,) = holes_of("mnd", reads, at(0), at(270))
    assert (hole.start, hole.end, hole.why) == (at(0), at(240), "The server answered 500.")


def test_a_window_that_shows_nothing_known_has_overrun():
    (hole,) = holes_of("mnd", [read(0), read(30, overlap=False), read(60)], at(0), at(60))
    assert (hole.start, hole.end) == (at(0), at(30))
    assert "may have been missed" in hole.why


def test_silence_after_the_last_poll_becomes_a_hole():
    assert holes_of("mnd", [read(0)], at(0), at(80)) == []
    (hole,) = holes_of("mnd", [read(0)], at(0), at(100))
    assert (hole.start, hole.end, hole.why) == (at(0), at(100), "Not read since.")


def test_the_share_is_averaged_over_a_sides_feeds():
    reads = [read(n * 30) for n in range(5)]
    both = coverage("cn", ["mnd", "mfa"], reads, at(0), at(120))
    assert (both.feeds, both.share, both.last_read) == (2, 0.5, at(120))
    assert [hole.feed for hole in both.holes] == ["mfa"]
    assert coverage("cn", [], reads, at(0), at(120)).share == 0.0


polls = st.lists(
    st.builds(
        read,
        st.integers(0, 2000),
        st.sampled_from([None, "It failed."]),
        st.booleans(),
        st.sampled_from(["mnd", "mfa"]),
    ),
    max_size=30,
).map(lambda reads: sorted(reads, key=lambda one: one.ended_at))


@given(polls, st.integers(0, 1000), st.integers(1, 1000))
def test_holes_lie_in_the_span_in_order_and_the_share_is_what_they_leave(reads, begins, lasts):
    start, end = at(begins), at(begins + lasts)
    found = coverage("cn", ["mnd", "mfa"], reads, start, end)
    assert 0.0 <= found.share <= 1.0
    for feed in ("mnd", "mfa"):
        own = [hole for hole in found.holes if hole.feed == feed]
        assert all(start <= hole.start < hole.end <= end for hole in own)
        assert all(one.end <= other.start for one, other in itertools.pairwise(own))


@given(polls, st.integers(0, 1900))
def test_a_minute_between_two_polls_is_vouched_for_only_by_a_good_one_soon_after_that_overlaps(reads, minute):
    own = [one for one in reads if one.feed == "mnd" and one.fault is None]
    holes = holes_of("mnd", [one for one in reads if one.feed == "mnd"], at(0), at(2100))
    moment = at(minute) + timedelta(seconds=30)
    before = [one for one in own if one.ended_at <= moment]
    after = [one for one in own if one.ended_at > moment]
    if not before or (after and (not after[0].overlap or after[0].ended_at - before[-1].ended_at > 3 * EVERY)):
        assert any(hole.start <= moment < hole.end for hole in holes)
