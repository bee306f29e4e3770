"""The rhythm of a source: every day and every hole lies where it belongs, and is said in words too."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.record.coverage import Hole, HoleKind
from tracker.web.sources.rhythm import DAYS, beginning, lasted, rhythm_of

TODAY = date(2024, 2, 1)
NOON = datetime.combine(TODAY, time(12), UTC)
DAY = timedelta(days=1)


def hole(ago: float, lasting: float, kind: HoleKind = HoleKind.FAULT) -> Hole:
    """A hole that began so many days before noon of today."""
    start = NOON - ago * DAY
    return Hole("mnd", start, start + lasting * DAY, kind, "It did not answer.")


@given(
    st.dictionaries(st.integers(-5, 90), st.integers(1, 10_000)),
    st.lists(st.builds(hole, st.floats(0, 100), st.floats(0.0001, 40), st.sampled_from(HoleKind)), max_size=300),
)
def test_what_is_drawn_lies_on_the_axis_and_is_never_too_much(came: dict[int, int], holes: list[Hole]) -> None:
    drawn = rhythm_of({TODAY - ago * DAY: number for ago, number in came.items()}, holes, TODAY)
    assert {bar.day for bar in drawn.bars} == {TODAY - ago * DAY for ago in came if 0 <= ago < DAYS}
    assert all(0 <= bar.x < 100 and 0 < bar.height <= 100 for bar in drawn.bars)
    for spans in (drawn.unread, drawn.outside):
        assert len(spans) <= 200
        assert all(0 <= span.x <= 100 and span.width > 0 for span in spans)
        assert all(one.x + one.width <= other.x + 0.02 for one, other in pairwise(spans))


@given(st.integers(0, DAYS - 1), st.integers(1, 20))
def test_more_items_are_never_drawn_lower_and_later_days_never_further_left(ago: int, number: int) -> None:
    drawn = rhythm_of({TODAY - ago * DAY: number, TODAY - (ago + 1) * DAY: number + 1}, [], TODAY)
    *before, bar = drawn.bars
    assert all(other.height >= bar.height and other.x < bar.x for other in before)


def test_a_day_stands_above_the_hole_that_it_lies_in() -> None:
    drawn = rhythm_of({TODAY - 10 * DAY: 1}, [hole(10.5, 1)], TODAY)
    assert [(span.x, round(span.width, 1)) for span in drawn.unread] == [(drawn.bars[0].x, round(100 / DAYS, 1))]
    assert (drawn.start, beginning(TODAY)) == (date(2023, 12, 4), datetime(2023, 12, 4, tzinfo=UTC))


def test_a_moment_is_not_drawn_as_hours() -> None:
    drawn = rhythm_of({}, [hole(3, 1 / 24 / 60)], TODAY)
    assert (drawn.unread, drawn.newest_missed) == ((), None)


def test_where_nobody_had_asked_for_it_is_no_hole() -> None:
    drawn = rhythm_of({}, [hole(50, 20, HoleKind.NOT_CONFIGURED), hole(30, 2, HoleKind.PAUSED)], TODAY)
    assert (len(drawn.unread), len(drawn.outside), drawn.missed) == (1, 1, 2 * DAY)


def test_the_picture_is_told_in_words() -> None:
    drawn = rhythm_of({date(2024, 1, 30): 3, date(2024, 1, 2): 1}, [hole(20, 0.5), hole(4, 0.25)], TODAY)
    assert drawn.words == (
        "New items came on 2 of the last 60 days, the last on 30 Jan 2024. "
        "It was not read for 18 h in all, the last time on 28 Jan 2024."
    )
    assert rhythm_of({}, [], TODAY).words == "No new item came in the last 60 days."


def test_dates_stand_under_the_axis_up_to_today() -> None:
    days = [day for _, day in rhythm_of({}, [], TODAY).labels]
    assert days[-1] == TODAY
    assert {later - earlier for earlier, later in pairwise(days)} == {14 * DAY}


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.04, "40 ms"), (2.345, "2.3 s"), (31, "31 s"), (600, "10 min"), (47 * 3600, "47 h"), (86400 * 3, "3 days")],
)
def test_a_span_is_said_in_the_unit_that_fits(seconds: float, words: str) -> None:
    assert lasted(timedelta(seconds=seconds)) == words
