"""What was taken out of a feed, over random windows."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tracker.releases.gone import Shown, gone

START = datetime(2024, 1, 1, tzinfo=UTC)


def feed(*numbers: int, dated: bool = True, coarse: int = 1) -> list[Shown]:
    """Items published an hour after each other; where dates are coarse, several at once."""
    return [Shown(n, START + timedelta(hours=n // coarse) if dated else None) for n in numbers]


windows = st.tuples(st.integers(1, 30), st.integers(0, 30), st.booleans(), st.booleans())


@given(windows, st.integers(1, 5))
def test_what_scrolls_out_of_a_window_is_never_gone(drawn, coarse):
    size, pushed, dated, rising = drawn
    before = feed(*range(size, 0, -1), dated=dated, coarse=coarse)
    now = feed(*range(size + pushed, pushed, -1), dated=dated, coarse=coarse)
    if rising:
        before, now = before[::-1], now[::-1]
    assert gone(before, now) == set()


@given(windows, st.data())
def test_what_is_taken_out_above_an_older_item_that_stands_is_gone(drawn, data):
    size, pushed, _, rising = drawn
    kept = range(size + pushed, pushed, -1)
    both = [number for number in kept if number <= size]
    taken = data.draw(st.sets(st.sampled_from(both))) if both else set()
    left = [number for number in both if number not in taken]
    before, now = feed(*range(size, 0, -1)), feed(*(number for number in kept if number not in taken))
    if rising:
        before, now = before[::-1], now[::-1]
    assert gone(before, now) == {number for number in taken if left and number > min(left)}


def test_without_dates_the_place_speaks():
    before = feed(5, 4, 3, 2, dated=False)
    assert gone(before, feed(5, 4, 2, dated=False)) == {3}
    assert gone(before, feed(6, 5, 3, dated=False)) == {4}
    assert gone(before, feed(4, 3, 2, dated=False)) == {5}, "nothing new could have pushed it out"
    assert gone(before, feed(6, 4, 3, 2, dated=False)) == set(), "a feed that grows at its end drops its first"


def test_an_old_item_pinned_on_top_takes_nothing_out():
    pinned = feed(1)
    assert gone(pinned + feed(5, 4, 3), pinned + feed(6, 5, 4)) == set()
    assert gone(pinned + feed(5, 4, 3), feed(5, 4, 3)) == set()


def test_where_nothing_is_left_there_is_no_judgement():
    assert gone(feed(3, 2, 1), []) == gone(feed(3, 2, 1), feed(9, 8, 7)) == gone([], feed(1)) == set()
