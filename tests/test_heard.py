"""On whose word the record rests."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.make import CHANNEL, US_CHINA, change, contact, source
from tracker.model import Category, Outcome, State
from tracker.record.heard import by_category, resting, tally

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CLIMATE = replace(CHANNEL, slug="climate", category=Category.DIPLOMATIC)


def cited(*sides):
    return tuple(source(side=side, url=f"https://{side}.example/") for side in sides)


def claims(changes=(), contacts=(), **options):
    return resting(US_CHINA, [CHANNEL], {"dpct": (list(changes), list(contacts))}, NOW, **options)


@pytest.mark.parametrize(
    ("sides", "on", "unheard"),
    [
        (("us", "cn", "third-party"), "both", ()),
        (("us",), "us", ("cn",)),
        (("cn", "third-party"), "cn", ("us",)),
        (("third-party",), "third-party", ("us", "cn")),
        ((), "none", ("us", "cn")),
    ],
)
def test_a_claim_rests_on_the_sides_that_it_cites_and_lacks_the_others(sides, on, unheard):
    (one,) = claims([change(State.ACTIVE, "2020", sources=cited(*sides))])
    assert (one.on, one.unheard) == (on, unheard)


def test_a_row_that_was_replaced_or_withdrawn_is_no_claim():
    first = change(State.ACTIVE, "2020", id=1, recorded_at=datetime(2020, 1, 1, tzinfo=UTC))
    second = replace(first, id=2, replaces=1, sources=cited("us", "cn"))
    gone = contact(Outcome.HELD, "2021-01-01", id=1, withdrawn_at=datetime(2022, 1, 1, tzinfo=UTC))
    assert [one.on for one in claims([first, second], [gone])] == ["both"]


def test_claims_are_listed_newest_first_with_announcements_at_their_own_day_and_cut_by_since():
    undated = contact(Outcome.ANNOUNCED, None, announced=date(2025, 2, 27))
    told = claims([change(State.ACTIVE, "2020-03")], [undated, contact(Outcome.HELD, "2024-01-08")])
    assert [str(one.date) for one in told] == ["2025-02-27", "2024-01-08", "2020-03"]
    later = claims([change(State.ACTIVE, "2020-03")], [undated], since=date(2020, 3, 2))
    assert [str(one.date) for one in later] == ["2025-02-27"]


def test_only_the_relationships_own_channels_and_the_category_asked_for_are_counted():
    entries = {slug: ([change(State.ACTIVE, "2020", channel=slug)], []) for slug in ("dpct", "climate", "elsewhere")}
    channels = [CHANNEL, CLIMATE, replace(CHANNEL, slug="elsewhere", relationship="koreas")]
    every = resting(US_CHINA, channels, entries, NOW)
    assert list(by_category(every, US_CHINA)) == [Category.MILITARY, Category.DIPLOMATIC]
    (one,) = resting(US_CHINA, channels, entries, NOW, category=Category.DIPLOMATIC)
    assert one.channel.slug == "climate"


@given(st.lists(st.sets(st.sampled_from(["us", "cn", "third-party"]))))
def test_every_claim_is_counted_once_and_both_means_that_no_side_is_unheard(told):
    found = claims(contacts=[contact(Outcome.HELD, "2024-01-08", sources=cited(*sides)) for sides in told])
    counted = tally(found, US_CHINA)
    assert counted.total == len(told)
    assert list(counted.counts) == ["both", "us", "cn", "third-party", "none"]
    assert counted.counts["both"] == sum(not one.unheard for one in found)
    assert counted.share_both is None if not told else 0 <= counted.share_both <= 1
