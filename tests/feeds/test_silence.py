"""Feeds that answer and bring nothing, over real polls: each says in words that it fell silent, and what to do."""

from datetime import datetime, timedelta

import pytest

from tests.feeds.test_poll import HARBOR, TALKS, feed_at, rss
from tests.site import Site
from tracker.polling.health import Fares, Health, health_of
from tracker.polling.poll import poll_feed
from tracker.service import Service

DAY = timedelta(days=1)


@pytest.fixture
def after_poll(seeded_2023: Service, site: Site):
    """Polls /feed as it is served now, and answers how the feed fares then."""
    feed = feed_at(site.url("/feed"))
    with seeded_2023.store.writing() as db:
        db.feeds.sync([feed], now=seeded_2023.clock())

    def poll() -> Health:
        poll_feed(seeded_2023.store, feed, seeded_2023.detectors["us-china"], seeded_2023.clock)
        with seeded_2023.store.reading() as db:
            return health_of(db.feeds.get("sample"), seeded_2023.clock())

    poll.clock = seeded_2023.clock
    return poll


def items_of(*days: datetime, prefix: str = "r") -> bytes:
    """A feed with one item a day, undated where a day is None."""
    entries = "".join(
        f"<item><guid>{prefix}{number}</guid><title>Note {number}</title>"
        + (f"<pubDate>{day:%d %b %Y %H:%M} GMT</pubDate>" if day else "<pubDate>soon</pubDate>")
        + "</item>"
        for number, day in enumerate(days)
    )
    return f'<rss version="2.0"><channel><title>S</title>{entries}</channel></rss>'.encode()


def kinds(health: Health) -> list[str]:
    return [warned.kind for warned in health.warnings]


def test_a_feed_whose_items_stopped_warns_and_is_well_again_with_the_next_item(after_poll, site):
    days = [after_poll.clock() - number * DAY for number in range(8)]
    site.serve("/feed", body=items_of(*days))
    assert after_poll().fares is Fares.READ
    after_poll.clock.advance(days=4)
    assert kinds(after_poll()) == []
    after_poll.clock.advance(days=2)
    told = after_poll()
    assert (told.fares, kinds(told)) == (Fares.WARNING, ["quiet"])
    assert "nothing new since 2024-02-01 (5 days); usually something comes every day" in told.words
    site.serve("/feed", body=items_of(*days, after_poll.clock()))
    assert after_poll().fares is Fares.READ


def test_a_feed_that_was_dead_before_we_read_it_first_warns_at_once(after_poll, site):
    days = [after_poll.clock() - (500 + number) * DAY for number in range(8)]
    site.serve("/feed", body=items_of(*days))
    assert kinds(after_poll()) == ["quiet"]


def test_items_without_dates_do_not_hide_that_they_come(after_poll, site):
    site.serve("/feed", body=items_of(None, None, None))
    told = after_poll()
    assert kinds(told) == ["undated"]
    assert told.feed.newest == after_poll.clock().date()
    assert "None of its 3 items has a date that can be read and be true" in told.words


def test_an_item_that_cannot_be_dated_among_others_is_told(after_poll, site):
    day = after_poll.clock()
    site.serve("/feed", body=items_of(day, None, day - DAY))
    told = after_poll()
    assert kinds(told) == ["undated"]
    assert "Of its 3 items 1 cannot be dated" in told.words


def test_dates_that_cannot_be_true_are_told_like_none(after_poll, site):
    day = after_poll.clock()
    site.serve("/feed", body=items_of(day + 400 * DAY, day.replace(year=1970), day))
    told = after_poll()
    assert kinds(told) == ["undated"]
    assert "Of its 3 items 2 cannot be dated" in told.words


def test_a_feed_that_was_emptied_warns(after_poll, site):
    site.serve("/feed", body=rss(TALKS))
    assert after_poll().fares is Fares.READ
    site.serve("/feed", body=rss())
    assert kinds(after_poll()) == ["empty"]
    site.serve("/feed", body=rss(TALKS))
    assert after_poll().fares is Fares.READ


def test_what_can_only_be_read_leniently_is_said_until_it_is_mended_also_by_a_304(after_poll, site):
    site.serve("/feed", body=rss(TALKS).replace(b"</rss>", b""), ETag='"1"')
    assert kinds(after_poll()) == ["lenient"]
    site.serve("/feed", 304)
    told = after_poll()
    assert kinds(told) == ["lenient"]
    assert "not well-formed" in told.words
    site.serve("/feed", body=rss(TALKS))
    assert kinds(after_poll()) == []


def test_after_an_outage_the_gap_is_said_and_whether_something_may_be_missing(after_poll, site):
    site.serve("/feed", body=rss(TALKS))
    after_poll()
    after_poll.clock.advance(hours=1)
    site.serve("/feed", 503)
    assert after_poll().since == after_poll.clock(), "failing since the first try that failed"
    after_poll.clock.advance(hours=5)
    told = after_poll()
    assert "Cannot be read since 2024-02-01 13:00 UTC, 2 tries in a row. The server answered 503" in told.words
    site.serve("/feed", body=rss(HARBOR, prefix="later"))
    told = after_poll()
    assert kinds(told) == ["gap"]
    assert "Not polled from 2024-02-01 12:00 UTC to 2024-02-01 18:00 UTC" in told.words
    assert "may have been missed" in told.words


def test_an_outage_after_which_known_items_still_show_hid_none(after_poll, site):
    site.serve("/feed", body=rss(TALKS))
    after_poll()
    after_poll.clock.advance(hours=5)
    site.serve("/feed", body=rss(TALKS, HARBOR))
    told = after_poll()
    assert (told.fares, kinds(told)) == (Fares.READ, [])
    assert "none was missed" in told.words


def test_items_that_are_known_under_other_ids_show_that_none_was_missed(after_poll, site):
    site.serve("/feed", body=rss(TALKS, HARBOR))
    after_poll()
    after_poll.clock.advance(hours=5)
    site.serve("/feed", body=rss(TALKS, HARBOR).replace(b"<guid>r", b"<guid>anew"))
    assert kinds(after_poll()) == ["ids"]


def test_a_short_feed_that_was_overrun_between_two_polls_in_time_is_a_gap_too(after_poll, site):
    site.serve("/feed", body=rss(TALKS))
    after_poll()
    after_poll.clock.advance(minutes=30)
    site.serve("/feed", body=rss(HARBOR, prefix="later"))
    assert kinds(after_poll()) == ["gap"]


def test_a_feed_that_moved_for_good_says_where(after_poll, site):
    site.serve("/new", body=rss(TALKS))
    site.redirect("/feed", 301, "/new")
    told = after_poll()
    assert kinds(told) == ["moved"]
    assert site.url("/new") in told.words


def test_items_that_share_an_id_are_told_and_which_remedy_there_is(after_poll, site):
    site.serve("/feed", body=rss(TALKS, HARBOR).replace(b"<guid>r1", b"<guid>r0"))
    told = after_poll()
    assert kinds(told) == ["ids"]
    assert "Of its items 2 share an id with others" in told.words
    assert "Tell the publisher" in told.words
    site.serve("/feed", body=rss(TALKS, HARBOR, prefix="own"))
    after_poll()
    assert kinds(after_poll()) == [], "they came under other ids once"


def test_ids_that_change_at_each_read_are_told(after_poll, site):
    for number in range(3):
        site.serve("/feed", body=rss(TALKS, HARBOR).replace(b"<guid>r", f"<guid>{number}-".encode()))
        told = after_poll()
        assert kinds(told) == (["ids"] if number else [])
    assert "All 2 of its items that were known came under other ids" in told.words
