"""What the shipped record of the United States and China must hold before anything is derived from it."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import pairwise

import pytest

from config.load import RelationshipPack
from tests.conftest import Shipped
from tracker.model import Category, Contact, Outcome, Precision, State
from tracker.record.attest import attesting, first_seen
from tracker.record.heard import resting, tally

AUGUST_2022 = "2022-08-05"
CANCELLED = {"dpct", "mmca", "theater-commanders"}
SUSPENDED = {"repatriation", "legal-assistance", "transnational-crime", "counternarcotics", "climate"}


@pytest.fixture(scope="module")
def pack(shipped: Shipped) -> RelationshipPack:
    (pack,) = shipped.service.packs
    return pack


def test_the_record_is_as_full_as_it_was_made(pack: RelationshipPack) -> None:
    assert len(pack.channels) == 27
    assert len(pack.changes) == 70
    assert len(pack.contacts) == 174
    assert len({source.url for seed in pack.entries for source in seed.entry.sources}) == 387


NOT_CONFIRMED = re.compile(r"should be checked|had not confirmed them|place .* was not confirmed by a source")
"""What notes say of a date or a place that could not be confirmed; not of whether something took place."""


def test_what_a_note_calls_unconfirmed_is_marked_and_nothing_else(pack: RelationshipPack) -> None:
    rows = [seed.entry for seed in pack.entries]
    said = {(row.channel, str(first_seen(row))) for row in rows if row.note and NOT_CONFIRMED.search(row.note)}
    assert said == {(row.channel, str(first_seen(row))) for row in rows if row.unconfirmed}
    marked = {(row.channel, row.date.value, row.unconfirmed) for row in pack.contacts if row.unconfirmed}
    assert marked == {
        ("dpct", "2020-01-14", ("place",)), ("leaders", "2026-03-31", ("date",)),
        ("strategic-channel", "2025-01-24", ("date",)), ("economic-financial", "2026-01-20", ("date",)),
    }  # fmt: skip
    reasons = {feed.slug: feed.reason or "" for feed in pack.feeds}
    unsure = {slug for slug, why in reasons.items() if re.search(r"address\b.* not confirmed", why)}
    assert {feed.slug for feed in pack.feeds if feed.unconfirmed} == unsure - {"xinhua-china"}, (
        "there it is another one"
    )


def test_every_office_has_a_name_in_each_language(pack: RelationshipPack) -> None:
    assert {slug for slug, office in pack.lexicon.offices.items() if set(office.names) != {"en", "zh"}} == set()


def test_every_claim_cites_a_source_with_publisher_side_and_date(pack: RelationshipPack) -> None:
    for seed in pack.entries:
        assert seed.entry.sources, seed.key
        for source in seed.entry.sources:
            assert source.side in pack.relationship.sides
            assert source.published, source.url


def test_every_source_has_a_web_address_a_past_date_and_stands_once_in_its_claim(pack: RelationshipPack) -> None:
    today = datetime.now(UTC).date()
    for seed in pack.entries:
        addresses = [source.url for source in seed.entry.sources]
        assert len(addresses) == len(set(addresses)), seed.key
        for source in seed.entry.sources:
            assert source.url.startswith(("http://", "https://")), source.url
            assert source.published.first <= today, source.url


def test_a_quote_is_short(pack: RelationshipPack) -> None:
    quotes = [source.quote for seed in pack.entries for source in seed.entry.sources if source.quote]
    assert quotes
    assert all(len(quote.split()) <= 30 for quote in quotes)


@pytest.mark.parametrize(
    ("category", "share"),
    [
        (Category.MILITARY, 0.6),
        (Category.DIPLOMATIC, 0.22),
        (Category.LAW_ENFORCEMENT, 0.5),
    ],
)
def test_both_sides_are_heard_on_this_share_of_claims_since_2020(
    pack: RelationshipPack, category: Category, share: float
) -> None:
    entries = {channel.slug: ([], []) for channel in pack.channels}
    for number, seed in enumerate(pack.entries):
        entries[seed.entry.channel][isinstance(seed.entry, Contact)].append(replace(seed.entry, id=number))
    now = datetime.now(UTC)
    claims = resting(pack.relationship, pack.channels, entries, now, since=date(2020, 1, 1), category=category)
    assert tally(claims, pack.relationship).share_both >= share


def test_the_rows_whose_parties_spoke_beforehand_alone_rest_on_others(pack: RelationshipPack) -> None:
    """Each was looked at: no document of the party tells that it came about."""
    parties = {party.code for party in pack.relationship.parties}
    early = [
        (row.channel, str(first_seen(row)))
        for row in (*pack.changes, *pack.contacts)
        if parties & ({one.side for one in row.sources} - {one.side for one in attesting(row)})
    ]
    assert sorted(early) == [("ai-dialogue", "2026-05-14"), ("nuclear-arms-control", "2020-06-22")]


def test_every_natural_key_is_unique(pack: RelationshipPack) -> None:
    repeated = [key for key, times in Counter(seed.key for seed in pack.entries).items() if times > 1]
    assert repeated == []


def test_the_eight_measures_of_august_2022_are_on_record(pack: RelationshipPack) -> None:
    cut = {c.channel for c in pack.changes if c.state is State.SUSPENDED and c.effective.value == AUGUST_2022}
    assert cut >= CANCELLED | SUSPENDED
    for slug in CANCELLED | SUSPENDED:
        change = next(c for c in pack.changes if c.channel == slug and c.effective.value == AUGUST_2022)
        assert any(source.side == "cn" for source in change.sources), slug


def test_the_leaders_were_never_suspended(pack: RelationshipPack) -> None:
    assert {c.state for c in pack.changes if c.channel == "leaders"} == {State.ACTIVE}


def test_the_policy_talks_were_cut_agreed_again_and_taken_up(pack: RelationshipPack) -> None:
    changes = [(c.state, c.effective.value) for c in pack.changes if c.channel == "dpct"]
    assert changes[1:] == [
        (State.SUSPENDED, "2022-08-05"),
        (State.PLANNED, "2023-11-15"),
        (State.RESUMED, "2024-01-08"),
    ]
    rounds = {c.round: c.date.value for c in pack.contacts if c.channel == "dpct" and c.round}
    assert rounds == {15: "2020-01-14", 16: "2021-09-28", 17: "2024-01-08", 18: "2024-09-14", 19: "2025-12-15"}


def test_a_contact_after_a_resumption_is_not_written_as_a_change(pack: RelationshipPack) -> None:
    by_channel: dict[str, list[State]] = {}
    for change in pack.changes:
        by_channel.setdefault(change.channel, []).append(change.state)
    for slug, states in by_channel.items():
        assert (State.RESUMED, State.ACTIVE) not in set(pairwise(states)), slug


def test_unanswered_calls_are_told_from_refusals_with_who_asked(pack: RelationshipPack) -> None:
    unanswered = [(c.channel, c.date.value) for c in pack.contacts if c.outcome is Outcome.NO_ANSWER]
    assert sorted(unanswered) == [
        ("defense-ministers", "2021-05"),
        ("defense-ministers", "2022-08"),
        ("joint-staff", "2022-08-05"),
        ("theater-commanders", "2023-03-16"),
    ]
    assert {c.asked_by for c in pack.contacts if c.outcome is Outcome.NO_ANSWER} == {"us"}


def test_a_visit_that_was_put_off_is_postponed_and_told_beforehand(pack: RelationshipPack) -> None:
    postponed = [c for c in pack.contacts if c.outcome is Outcome.POSTPONED]
    assert {c.channel: (c.date.value, str(c.announced)) for c in postponed if c.announced} == {
        "leaders": ("2026-03-31", "2026-03-17"),
        "strategic-channel": ("2023-02-05", "2023-02-03"),
    }


def test_a_dialogue_put_off_without_a_new_date_stands_in_each_year_in_which_it_failed(pack: RelationshipPack) -> None:
    put_off = [c for c in pack.contacts if c.outcome is Outcome.POSTPONED and not c.announced]
    assert [(c.channel, c.date.value) for c in put_off] == [
        ("mil-mil-exchanges", "2021"),
        ("mil-mil-exchanges", "2022"),
    ]


def test_what_china_called_off_in_august_2022_are_contacts_on_both_sides_word(pack: RelationshipPack) -> None:
    cancelled = [c for c in pack.contacts if c.outcome is Outcome.CANCELLED and c.date.value == AUGUST_2022]
    assert {c.channel for c in cancelled} == CANCELLED
    assert all({"us", "cn"} <= {source.side for source in c.sources} for c in cancelled)


def test_what_was_no_use_of_a_channel_moves_nothing(pack: RelationshipPack) -> None:
    listed = {(c.channel, c.date.value) for c in pack.contacts if not c.substantive}
    assert listed == {
        ("defense-ministers", "2023-06-02"),
        ("climate", "2022-11-09"),
        ("mil-mil-exchanges", "2022-09"),
        ("mil-mil-exchanges", "2025-09-22"),
        ("mil-mil-exchanges", "2026-05-13"),
        ("consular", "2020-07-21"),
        ("consular", "2020-07-24"),
    }


def test_an_announcement_has_its_own_day_apart_from_the_meeting(pack: RelationshipPack) -> None:
    announced = {c.announced.isoformat(): c for c in pack.contacts if c.outcome is Outcome.ANNOUNCED}
    assert announced["2024-05-31"].channel == "crisis-communications-wg"
    assert announced["2024-05-31"].date.precision is Precision.YEAR
    assert announced["2024-08-28"].date is None
    assert announced["2026-02-23"].date.value == "2026-02-24"


def test_nothing_is_announced_after_it_was_to_begin(pack: RelationshipPack) -> None:
    late = [c for c in pack.contacts if c.announced and c.date and c.announced > c.last]
    assert late == []


def test_accounts_that_differ_say_so(pack: RelationshipPack) -> None:
    contested = {seed.key for seed in pack.entries if seed.entry.contested}
    assert "us-china/mil-mil-exchanges/status/2022-08-05/suspended" in contested
    assert "us-china/defense-ministers/status/2023-02-04/suspended" in contested
    assert "us-china/mmca/status/2020-12-14/suspended" in contested


def test_confirmed_feeds_are_polled_and_the_others_say_why_not(pack: RelationshipPack) -> None:
    assert len(pack.feeds) == 24
    assert {feed.slug for feed in pack.feeds if feed.enabled} == {
        "war-releases",
        "chinadaily-china",
        "cgtn-china",
        "globaltimes",
        "people-politics",
        "ecns",
        "scmp-china",
        "focus-taiwan",
        "state-listing",
        "whitehouse-news",
        "mnd-remarks",
        "mnd-news",
        "mnd-press-conference",
        "mnd-special",
        "mfa-spokesperson",
    }
    for feed in pack.feeds:
        assert feed.enabled or feed.reason, feed.slug


def test_names_are_there_in_both_languages(pack: RelationshipPack) -> None:
    for channel in pack.channels:
        assert set(channel.names) == {"en", "zh"}
        assert set(channel.counterparts) == {"us", "cn"}
        assert any("\u4e00" <= letter <= "\u9fff" for letter in channel.names["zh"]), channel.slug
