"""How a feed fares, from what is known of it: who is warned of, who never is, and what stands on top."""

from datetime import UTC, date, datetime, timedelta
from statistics import median
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.feeds import FeedHealth, Gap, Paused
from tracker.polling.health import (
    ENOUGH,
    GAP_SAID_FOR,
    LONGEST_BREAK,
    QUIET_TIMES,
    Fares,
    gap_ended,
    health_of,
    longest_break,
    longest_quiet,
    usual_gap,
)

NOW = datetime(2024, 2, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def feed(**over: Any) -> FeedHealth:
    values = {
        "slug": "mnd", "relationship": "us-china", "publisher": "Ministry", "side": "cn", "lang": "zh", "kind": "feed",
        "url": "https://news.example/feed", "every": 1800, "enabled": True, "reason": None,
        "next_poll": NOW + timedelta(minutes=30), "failures": 0, "last_read": NOW, "last_new": NOW,
        "fault_kind": None, "fault": None, "moved_to": None, "etag": None, "last_modified": None,
        "shown": 10, "undated": 0,
    }  # fmt: skip
    return FeedHealth(**(values | over))


FAILING = {"fault": "It did not answer.", "fault_kind": "timeout", "failures": 3, "failing_since": NOW - 2 * DAY}
PAUSED = {"paused": Paused(NOW - DAY, "ana", "Its server moves.")}


def kinds(told) -> list[str]:
    return [warned.kind for warned in told.warnings]


def after(start: date, gaps: list[int]) -> list[date]:
    return [start + timedelta(days=sum(gaps[:number])) for number in range(len(gaps) + 1)]


GAPS = st.lists(st.integers(1, 30), min_size=ENOUGH, max_size=40)


@given(GAPS, st.data())
def test_a_feed_that_keeps_its_rhythm_never_warns(gaps: list[int], data: st.DataObject) -> None:
    usual = median(gaps)
    gaps = [min(gap, int(usual * QUIET_TIMES)) for gap in gaps]
    days = after(date(2023, 1, 1), gaps)
    known = data.draw(st.integers(ENOUGH + 1, len(days)), label="days seen so far")
    rhythm = usual_gap(days[:known])
    newest = days[known - 1]
    quiet = data.draw(st.integers(0, int(longest_quiet(rhythm, None).total_seconds())), label="seconds of silence")
    now = datetime.combine(newest, datetime.min.time(), UTC) + DAY + timedelta(seconds=quiet)
    assert health_of(feed(newest=newest, rhythm=rhythm), now).fares is Fares.READ


@given(GAPS, st.integers(1, 1000))
def test_a_feed_whose_items_stopped_warns_for_as_long_as_they_do(gaps: list[int], hours: int) -> None:
    days = after(date(2023, 1, 1), gaps)
    rhythm = usual_gap(days)
    stopped = datetime.combine(days[-1], datetime.min.time(), UTC) + DAY
    told = health_of(
        feed(newest=days[-1], rhythm=rhythm), stopped + longest_quiet(rhythm, None) + timedelta(hours=hours)
    )
    assert (told.fares, kinds(told), told.since) == (Fares.WARNING, ["quiet"], stopped)
    assert str(days[-1]) in told.words


@given(GAPS, st.integers(2, LONGEST_BREAK), st.data())
def test_a_break_that_a_feed_has_taken_before_is_no_warning(gaps: list[int], times: int, data: st.DataObject) -> None:
    usual = median(gaps)
    at = data.draw(st.integers(0, len(gaps)), label="when it took it")
    days = after(date(2023, 1, 1), [*gaps[:at], int(usual * times), *gaps[at:]])
    rhythm = usual_gap(days)
    taken = longest_break(days, rhythm)
    quiet = longest_quiet(rhythm, taken)
    assert min(int(usual * times), int(rhythm / DAY * LONGEST_BREAK)) * DAY <= quiet
    now = datetime.combine(days[-1], datetime.min.time(), UTC) + DAY + quiet
    assert health_of(feed(newest=days[-1], rhythm=rhythm, longest_break=taken), now).fares is Fares.READ
    assert kinds(health_of(feed(newest=days[-1], rhythm=rhythm, longest_break=taken), now + DAY)) == ["quiet"]


WORKDAYS = [day for day in after(date(2022, 8, 1), [1] * 600) if day.weekday() < 5]


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2022, 10, 1), date(2022, 10, 9)),
        (date(2022, 12, 24), date(2023, 1, 2)),
        (date(2023, 1, 21), date(2023, 1, 27)),
    ],
    ids=["Golden Week", "Christmas", "Spring Festival"],
)
def test_a_daily_feed_is_not_called_quiet_over_holidays_that_it_kept_last_year(first: date, last: date) -> None:
    days = [day for day in WORKDAYS if not first <= day <= last and day < first.replace(year=first.year + 1)]
    rhythm = usual_gap(days)
    told = {"newest": days[-1], "rhythm": rhythm, "longest_break": longest_break(days, rhythm)}
    assert rhythm == DAY
    back = datetime.combine(last.replace(year=last.year + 1), datetime.min.time(), UTC)
    assert health_of(feed(**told), back).fares is Fares.READ
    gone = health_of(feed(**told), back + 4 * DAY)
    assert kinds(gone) == ["quiet"]
    assert "usually something comes every day, after " in gone.words


def test_a_feed_that_was_given_up_for_a_season_has_no_habit_of_that() -> None:
    days = after(date(2023, 1, 1), [*[1] * 10, 60, *[1] * 10])
    assert longest_break(days, DAY) == DAY


def test_no_rhythm_is_claimed_before_enough_is_known() -> None:
    days = after(date(2024, 1, 1), [2] * ENOUGH)
    assert usual_gap(days) == 2 * DAY
    assert usual_gap(days[1:]) is None
    assert usual_gap([*days[1:], *days[1:]]) is None, "a day counts once, however many items it brought"
    assert health_of(feed(newest=date(2019, 1, 1), rhythm=None), NOW).fares is Fares.READ


def test_a_long_weekend_is_no_warning_and_a_week_of_a_daily_feed_is() -> None:
    told = [health_of(feed(newest=date(2024, 2, 1) - days * DAY, rhythm=DAY), NOW) for days in (4, 7)]
    assert [health.fares for health in told] == [Fares.READ, Fares.WARNING]
    assert "brought nothing new since 2024-01-25 (6 days); usually something comes every day" in told[1].words


@pytest.mark.parametrize(
    ("over", "kind", "words"),
    [
        ({"shown": 0}, "empty", "holds no item at all"),
        ({"shown": 10, "undated": 10}, "undated", "None of its 10 items has a date"),
        ({"moved_to": "https://new.example/feed"}, "moved", "https://new.example/feed: write that into feeds.yaml"),
        ({"flaw": "The document is not well-formed XML (line 3)."}, "lenient", "line 3"),
        ({"ids": "Of its items 3 share an id with others."}, "ids", "Tell the publisher"),
        ({"gap": Gap(NOW - 2 * DAY, NOW - DAY, bridged=False)}, "gap", "Not polled from 2024-01-30 12:00 UTC to 2024-"),
    ],
)
def test_each_way_of_falling_silent_has_a_warning_with_its_remedy(over: dict, kind: str, words: str) -> None:
    told = health_of(feed(**over), NOW)
    assert (told.fares, kinds(told)) == (Fares.WARNING, [kind])
    assert words in told.warnings[0].sentence


def test_items_without_a_date_among_others_are_counted_and_none_to_show_is_not_undated() -> None:
    told = health_of(feed(shown=10, undated=9), NOW)
    assert (told.fares, kinds(told)) == (Fares.WARNING, ["undated"])
    assert "Of its 10 items 9 cannot be dated" in told.words
    assert kinds(health_of(feed(shown=0, undated=0), NOW)) == ["empty"]
    assert health_of(feed(shown=None, undated=None), NOW).fares is Fares.READ


def test_a_failing_feed_says_since_when_and_after_a_day_what_to_do_meanwhile() -> None:
    told = health_of(feed(**FAILING), NOW)
    assert (told.fares, kinds(told), told.since) == (Fares.FAILING, ["timeout"], NOW - 2 * DAY)
    assert "Cannot be read since 2024-01-30 12:00 UTC, 3 tries in a row. It did not answer." in told.words
    assert "read the publisher's page yourself" in told.words
    fresh = health_of(feed(**FAILING | {"failing_since": NOW - DAY / 2}), NOW)
    assert "yourself" not in fresh.words


def test_what_a_failing_feed_last_showed_is_still_said_and_its_silence_is_not_held_against_it() -> None:
    told = health_of(feed(**FAILING, moved_to="https://new.example/", newest=date(2023, 1, 1), rhythm=DAY), NOW)
    assert kinds(told) == ["timeout", "moved"]


def test_a_paused_or_disabled_feed_says_who_or_why_and_warns_of_nothing() -> None:
    told = health_of(feed(**FAILING, **PAUSED), NOW)
    assert (told.fares, told.warnings, told.polled) == (Fares.PAUSED, (), False)
    assert told.words == "Paused by ana on 2024-01-31 12:00 UTC: Its server moves."
    off = health_of(feed(**FAILING, **PAUSED, enabled=False, reason="No address is known."), NOW)
    assert (off.fares, off.words, off.warnings) == (Fares.OFF, "No address is known.", ())


def test_what_needs_the_operator_stands_on_top_and_of_that_what_has_lasted() -> None:
    feeds = [
        feed(slug="off", enabled=False),
        feed(slug="good"),
        feed(slug="unread", last_read=None),
        feed(slug="paused", **PAUSED),
        feed(slug="empty", shown=0),
        feed(slug="failing", **FAILING | {"failing_since": NOW}),
        feed(slug="failing-long", **FAILING),
    ]
    told = sorted((health_of(one, NOW) for one in feeds), key=lambda health: health.need)
    assert [health.feed.slug for health in told] == [
        "failing-long", "failing", "empty", "paused", "unread", "good", "off",
    ]  # fmt: skip


def test_a_gap_is_what_was_long_or_showed_nothing_known() -> None:
    soon, late = NOW + timedelta(minutes=30), NOW + timedelta(hours=5)
    assert gap_ended(feed(), soon, items=10, bridged=True) is None
    assert gap_ended(feed(), soon, items=10, bridged=False) == Gap(NOW, soon, bridged=False)
    assert gap_ended(feed(), late, items=10, bridged=True) == Gap(NOW, late, bridged=True)
    assert gap_ended(feed(), late, items=10, bridged=False) == Gap(NOW, late, bridged=False)
    assert gap_ended(feed(last_read=None), late, items=10, bridged=False) is None, "the first read ends nothing"


def test_a_gap_is_said_for_a_week_and_one_that_hid_nothing_is_no_warning() -> None:
    lost, bridged = (Gap(NOW - DAY, NOW, bridged=bridged) for bridged in (False, True))
    assert kinds(health_of(feed(gap=lost), NOW + GAP_SAID_FOR)) == ["gap"]
    assert health_of(feed(gap=lost), NOW + GAP_SAID_FOR + DAY).words == "Being read."
    told = health_of(feed(gap=bridged), NOW)
    assert told.fares is Fares.READ
    assert "Not polled from 2024-01-31 12:00 UTC to 2024-02-01 12:00 UTC; it then still showed" in told.words
