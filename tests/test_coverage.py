"""What was read of each side's sources, where the holes are, and that nothing is vouched for across one."""

import itertools
import random
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.feeds import PollRow
from db.store import Store, open_store
from tests.make import US_CHINA
from tracker.model import Feed
from tracker.record.coverage import Coverage, HoleKind, Polled, Read, Switch, coverage, feed_coverage, observed
from tracker.record.coverage import covered as told_of
from tracker.web.words import silence_in_short, silence_words

START = datetime(2024, 1, 1, tzinfo=UTC)
EVERY = timedelta(minutes=30)
LONG_AGO = Switch("mnd", START - timedelta(days=999), Polled.ON)
KNOWN_NOTHING = "The feed showed no item that was known: some may have been missed."


@cache
def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def polls(*told: float | tuple, feed: str = "mnd") -> list[Read]:
    """Good polls at minutes; (minute, fault[, kind]) is a failed one, (minute, None) one that showed nothing known."""
    reads, after = [], None
    for one in told:
        minute, *failed = one if isinstance(one, tuple) else (one,)
        fault, kind = (*failed, None, None)[:2]
        reads.append(Read(feed, EVERY, at(minute), after, fault, kind, overlap=not failed))
        after = after if fault else at(minute)
    return reads


def covered(reads: list[Read], start: float, end: float, *switches: Switch) -> Coverage:
    return coverage("cn", ["mnd"], reads, switches or [LONG_AGO], at(start), at(end))


def told(read: Coverage) -> list[tuple]:
    minutes = timedelta(minutes=1)
    return [((h.start - START) / minutes, (h.end - START) / minutes, h.kind, h.why) for h in read.holes]


def test_regular_good_polls_that_overlap_leave_no_hole():
    read = covered(polls(*range(0, 241, 30)), 0, 240)
    assert (read.holes, read.share, read.complete, read.read_until) == ((), 1.0, True, at(240))
    assert silence_words(read) == "No report found."


def test_time_after_the_last_read_is_never_vouched_for():
    read = covered(polls(0, 30, 60), 0, 80)
    assert (read.holes, read.share, read.complete, read.read_until) == ((), 1.0, True, at(60))
    words = silence_words(read)
    assert words == "No report found up to 1 Jan 2024 01:00 UTC, when this side's sources were last read."
    assert told(covered(polls(0, 30, 60), 0, 130)) == [(60, 130, HoleKind.NOT_POLLED, "Not read since.")]
    unread = covered(polls(0, 30, 60), 70, 80)
    assert (unread.complete, silence_words(unread)[:9]) == (False, "Not known")


def test_a_later_poll_vouches_for_the_end_of_a_span_in_the_past():
    read = covered(polls(0, 30, 60, 90), 10, 80)
    assert (read.complete, read.read_until, read.last_read) == (True, at(80), at(60))


def test_a_feed_never_read_is_one_hole():
    assert told(covered([], 0, 60)) == [(0, 60, HoleKind.NOT_POLLED, "Not read yet.")]


@pytest.mark.parametrize(
    ("kind", "hole"), [("bot-wall", HoleKind.BOT_WALL), ("timeout", HoleKind.FAULT), (None, HoleKind.FAULT)]
)
def test_an_outage_is_a_hole_with_its_cause(kind, hole):
    outage = [(minute, "It answered so.", kind) for minute in range(30, 240, 30)]
    read = covered(polls(0, *outage, 240, 270), 0, 270)
    assert told(read) == [(0, 240, hole, "It answered so.")]
    words = silence_words(read)
    assert words == (
        "Not known: this side's sources were read for 11 % of the whole span, 1 Jan 2024 00:00 UTC – 1 Jan 2024 04:30 "
        "UTC; see the holes."
    )
    assert told(covered(polls(0, 30, (60, "It failed.")), 0, 61)) == [(30, 61, HoleKind.FAULT, "It failed.")]


def test_an_old_failure_is_not_why_a_feed_was_not_polled_later():
    assert told(covered(polls(0, (30, "It failed."), 60, 300), 0, 300)) == [
        (60, 300, HoleKind.NOT_POLLED, "Not polled.")
    ]


def test_a_window_that_shows_nothing_known_has_overrun():
    assert told(covered(polls(0, (30, None), 60), 0, 60)) == [(0, 30, HoleKind.WINDOW_OVERRUN, KNOWN_NOTHING)]


def test_what_nobody_asked_for_is_told_from_a_fault():
    switches = [
        Switch("mnd", at(100), Polled.ON),
        Switch("mnd", at(200), Polled.PAUSED, "Paused by ana."),
        Switch("mnd", at(400), Polled.ON),
        Switch("mnd", at(500), Polled.OFF, "No longer in the configuration."),
    ]
    read = covered(polls(100, *range(130, 200, 30), *range(400, 500, 30)), 0, 600, *switches)
    assert told(read) == [
        (0, 100, HoleKind.NOT_CONFIGURED, "Not yet configured."),
        (190, 200, HoleKind.NOT_POLLED, "Not polled."),
        (200, 400, HoleKind.PAUSED, "Paused by ana."),
        (490, 500, HoleKind.NOT_POLLED, "Not read since."),
        (500, 600, HoleKind.DISABLED, "No longer in the configuration."),
    ]


def test_a_feed_that_was_off_all_the_time_is_no_source_but_a_paused_one_is():
    off = Switch("mnd", at(-60), Polled.OFF, "Its address is not confirmed.")
    read = covered(polls(-90), 0, 60, LONG_AGO, off)
    assert (read.feeds, read.share, read.complete) == ((), 0.0, False)
    assert silence_words(read) == "Not known: no source of this side was to be read in this time."
    paused = covered(polls(-90), 0, 60, LONG_AGO, Switch("mnd", at(-60), Polled.PAUSED))
    assert told(paused) == [(0, 60, HoleKind.PAUSED, "Paused.")]
    assert not covered(polls(90), 0, 60, Switch("mnd", at(70), Polled.ON)).feeds


def test_the_share_is_averaged_over_a_sides_feeds_and_each_has_to_be_read():
    switches = [LONG_AGO, Switch("mfa", at(-999), Polled.ON)]
    both = coverage("cn", ["mnd", "mfa"], polls(*range(0, 121, 30)), switches, at(0), at(120))
    assert (len(both.feeds), both.share, both.last_read, both.complete) == (2, 0.5, at(120), False)
    assert [hole.feed for hole in both.holes] == ["mfa"]
    whole = covered(polls(*range(0, 121, 30)), 0, 120)
    assert silence_in_short([whole, both], US_CHINA) == "not known (China read 100 %, China read 50 %)"


tried = st.lists(
    st.tuples(st.integers(0, 400), st.sampled_from(["read", "read", "read", None, "The server answered 500."])),
    max_size=12,
    unique_by=lambda one: one[0],
)
decided = st.lists(st.tuples(st.integers(-50, 400), st.sampled_from(Polled)), max_size=3)


@given(tried, decided, st.lists(st.tuples(st.integers(-60, 400), st.integers(1, 300)), min_size=5, max_size=20))
def test_what_was_reckoned_of_one_span_is_told_of_another_only_where_it_is_the_same(told, switched, spans):
    reads = polls(*(minute if went == "read" else (minute, went) for minute, went in sorted(told, key=lambda o: o[0])))
    switches = [Switch("mnd", at(minute), polled) for minute, polled in [(-100, Polled.ON), *sorted(switched)]]
    kept = observed(["mnd"], reads, switches)
    for begins, lasts in spans:
        start, end = at(begins), at(begins + lasts)
        anew = feed_coverage("mnd", reads, switches, start, end)
        assert told_of("cn", kept, start, end).feeds in ((), (anew,))
        assert told_of("cn", kept, start, end) == coverage("cn", ["mnd"], reads, switches, start, end)


def test_what_is_on_record_is_no_silence():
    assert silence_words(covered(polls(0, 30), 0, 30), 2) == (
        "Not silent: 2 documents of this side on record are of this time, or may be."
    )


# Random outages, over a real database, against an oracle that looks at every minute.

HORIZON = 1_200
"""Minutes of a simulated feed."""

WORDS = {"fault": "The server answered 500.", "bot-wall": "It wants a sign-in."}


@dataclass(frozen=True)
class Outage:
    """From one minute to another a feed fails, is behind a wall, runs over, comes empty, is down or is paused."""

    kind: str
    begins: int
    ends: int


outages = st.lists(
    st.builds(
        lambda kind, begins, lasts: Outage(kind, begins, begins + lasts),
        st.sampled_from(["fault", "bot-wall", "overrun", "empty", "down", "paused"]),
        st.integers(0, HORIZON),
        st.integers(1, 300),
    ),
    max_size=5,
)
schedules = st.tuples(outages, st.sampled_from([10, 30, 60]), st.integers(0, 300), st.integers(0, 2**32))


def polled(schedule) -> list[tuple[int, str]]:
    """The minutes at which a feed of that schedule is polled, and how each poll goes."""
    trouble, every, configured, seed = schedule
    chance, minute, found = random.Random(seed), configured, []
    while minute < HORIZON:
        kinds = {outage.kind for outage in trouble if outage.begins <= minute < outage.ends}
        went = next((k for k in ("paused", "down", "fault", "bot-wall", "empty", "overrun") if k in kinds), None)
        if went not in ("paused", "down"):
            found.append((minute, went or chance.choice(["read", "unchanged"])))
        minute += every + chance.choice([-1, 0, 1, 2])
    return found


def kept(store: Store, schedules) -> list[str]:
    """Feeds with these schedules, and their polls, in a database."""
    slugs = [f"feed-{number}" for number in range(len(schedules))]
    rows = []
    with store.writing() as db:
        db.record.define([US_CHINA], [], at=at(0))
        configured = []
        for slug, schedule in sorted(zip(slugs, schedules, strict=True), key=lambda one: one[1][2]):
            trouble, every, begins, _ = schedule
            feed = Feed(slug, "us-china", "P", "cn", "zh", "feed", "https://example.org", every * 60)
            configured.append(feed)
            db.feeds.sync(configured, now=at(begins))
            for outage in sorted(trouble, key=lambda one: one.begins):
                if outage.kind == "paused":
                    db.feeds.note_switch(slug, Polled.PAUSED, at=at(max(outage.begins, begins)))
                    db.feeds.note_switch(slug, Polled.ON, at=at(max(outage.ends, begins)))
            rows += [(minute, slug, went) for minute, went in polled(schedule)]
        for minute, slug, went in sorted(rows):
            failed = went in WORDS
            outcome = "failed" if failed else "unchanged" if went == "unchanged" else "read"
            db.feeds.add_poll(
                PollRow(
                    slug,
                    at(minute),
                    at(minute),
                    outcome,
                    WORDS.get(went),
                    overlap=int(went == "read"),
                    items=0 if went == "empty" else 10,
                    fault_kind={"fault": "server-error"}.get(went, went) if failed else None,
                )
            )
    return slugs


def seen(schedule) -> set[int]:
    """The oracle: every minute of which it can be said that nothing was missed, looked at one by one."""
    minutes, every = set(), schedule[1]
    good = [(minute, went) for minute, went in polled(schedule) if went not in WORDS]
    for minute in range(HORIZON):
        before = [poll for poll in good if poll[0] <= minute]
        later = [poll for poll in good if poll[0] > minute]
        if before and later and later[0][1] in ("read", "unchanged") and later[0][0] - before[-1][0] <= 3 * every:
            minutes.add(minute)
    return minutes


@pytest.fixture(scope="module")
def empty(tmp_path_factory) -> Path:
    """A database in which nothing is recorded yet."""
    file = tmp_path_factory.mktemp("outages") / "empty.db"
    store = open_store(f"sqlite:///{file}", create=True)
    store.migrate()
    store.close()
    return file


@settings(max_examples=25)
@given(
    st.lists(schedules, min_size=1, max_size=3),
    st.lists(st.tuples(st.integers(0, HORIZON - 1), st.integers(1, HORIZON)), min_size=40, max_size=40),
)
def test_no_report_is_never_said_of_a_minute_that_nobody_looked_at(empty, schedules, spans):
    store = open_store(f"sqlite:///{shutil.copyfile(empty, empty.with_name('outages.db'))}")
    slugs = kept(store, schedules)
    observed = dict(zip(slugs, map(seen, schedules), strict=True))
    for begins, lasts in spans:
        ends = min(begins + lasts, HORIZON)
        with store.reading() as db:
            reads, switches = db.feeds.reads_since(at(begins), at(ends)), db.feeds.switches()
        read = coverage("cn", slugs, reads, switches, at(begins), at(ends))
        asked_for = {slug: own for slug, own in observed.items() if slug in {feed.feed for feed in read.feeds}}
        for feed in read.feeds:
            vouched = {
                minute
                for minute in range(begins, ends)
                if at(minute) < feed.read_until and not any(hole.start <= at(minute) < hole.end for hole in feed.holes)
            }
            assert vouched == {minute for minute in asked_for[feed.feed] if begins <= minute < ends}
            assert all(at(begins) <= hole.start < hole.end <= at(ends) for hole in feed.holes)
            assert all(one.end <= other.start for one, other in itertools.pairwise(feed.holes))
        until = (read.read_until - START) // timedelta(minutes=1)
        looked_at = bool(asked_for) and all(
            minute in own for own in asked_for.values() for minute in range(begins, until)
        )
        says_so = silence_words(read).startswith("No report found")
        # A hole that another feed has after that takes the word back too.
        assert says_so == read.complete == (looked_at and until > begins and not read.holes)
        assert 0 <= read.share <= 1
        assert read.share < 1 or not read.holes
    store.close()
    for suffix in ("-wal", "-shm"):
        empty.with_name(f"outages.db{suffix}").unlink(missing_ok=True)
