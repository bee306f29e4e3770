"""The public reads: shapes, known facts, both clocks, filters, cursors, validators."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from db.record import Origin
from tests import make
from tests.conftest import EVERYTHING, Clock, Shipped
from tests.web.api_client import Api, api_over, assert_problem
from tracker.model import PartialDate, State
from tracker.service import Service

CUT_IN_AUGUST_2022 = {
    "theater-commanders",
    "dpct",
    "mmca",
    "repatriation",
    "legal-assistance",
    "transnational-crime",
    "counternarcotics",
    "climate",
}


@pytest.fixture(scope="module")
def api(shipped: Shipped, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """The whole record, for tests that only read."""
    with api_over(shipped, tmp_path_factory.mktemp("record"), EVERYTHING) as api:
        yield api


def state_of(api: Api, slug: str, day: str) -> str | None:
    return api.json(f"/channels/{slug}?as_of={day}")["state"]


@pytest.mark.parametrize(
    ("day", "state"), [("2022-09-01", "suspended"), ("2024-02-01", "resumed"), ("2024-10-01", "active")]
)
def test_the_defense_policy_talks_went_from_cut_to_active(api: Api, day: str, state: str) -> None:
    assert state_of(api, "dpct", day) == state


def test_all_eight_channels_of_august_2022_are_shown_as_suspended(api: Api) -> None:
    found = api.json("/channels?state=suspended&as_of=2022-08-06")
    assert {channel["slug"] for channel in found["channels"]} >= CUT_IN_AUGUST_2022


def test_the_leaders_were_never_suspended(api: Api) -> None:
    months = [date(year, month, 1) for year in range(2020, 2025) for month in range(1, 13)]
    states = {state_of(api, "leaders", str(day)) for day in months if day >= date(2020, 3, 1)}
    assert State.SUSPENDED not in states
    assert states - {None}


def test_the_list_holds_every_channel_that_has_a_state(api: Api) -> None:
    found = api.json("/channels")
    slugs = [channel["slug"] for channel in found["channels"]]
    assert found["count"] == len(slugs) == len(set(slugs))
    assert found["as_of"] == "2024-02-01"
    assert re.fullmatch(r"2024-02-01T12:00:00Z", found["known_at"])
    assert all(channel["state"] for channel in found["channels"])


def test_a_channel_without_a_state_yet_answers_at_its_own_address_alone(api: Api) -> None:
    before = api.json("/channels?as_of=1950-01-01")
    assert before["channels"] == []
    own = api.json("/channels/dpct?as_of=1950-01-01")
    assert (own["state"], own["since"], own["history"]) == (None, None, [])


def test_a_channel_has_its_sources_its_claims_and_its_history_newest_first(api: Api) -> None:
    channel = api.json("/channels/dpct")
    assert channel["since"] == {"date": "2024-01-08", "precision": "day"}
    assert channel["corroboration"] == "both"
    assert {claim["side"] for claim in channel["claims"]} >= {"us", "cn"}
    days = [change["effective"]["date"] for change in channel["history"]]
    assert days == sorted(days, reverse=True)
    assert all(change["sources"] for change in channel["history"])
    assert set(channel["coverage"]) == {"us", "cn", "third-party"}
    assert channel["links"] == {"self": "/api/v1/channels/dpct", "html": "/channels/dpct"}


def test_a_derived_change_says_so_and_has_no_id(api: Api) -> None:
    newest = api.json("/channels/dpct?as_of=2024-10-01")["history"][0]
    assert (newest["state"], newest["derived"], newest["id"]) == ("active", True, None)


@pytest.mark.parametrize("words", ["dpct", "工作会晤", "POLICY coordination", "Deputy Assistant Secretary of Defense"])
def test_channels_are_found_by_words_of_either_language(api: Api, words: str) -> None:
    found = api.get("/channels", query_string={"q": words}).get_json()
    assert "dpct" in [channel["slug"] for channel in found["channels"]]


def test_filters_of_channels_hold_together(api: Api) -> None:
    found = api.json("/channels?relationship=us-china&category=military&state=resumed")["channels"]
    assert found
    assert {(c["relationship"], c["category"], c["state"]) for c in found} == {("us-china", "military", "resumed")}


def test_relationships_count_channels_by_state(api: Api) -> None:
    (pair,) = api.json("/relationships")["relationships"]
    listed = api.json("/channels?relationship=us-china")["channels"]
    assert pair["channels"] == sum(pair["states"].values()) == len(listed)
    assert [party["code"] for party in pair["parties"]] == ["us", "cn"]


@pytest.mark.parametrize("path", ["/changes", "/contacts"])
@pytest.mark.parametrize("limit", [3, 200])
def test_a_walk_by_cursor_gives_every_entry_once_and_newest_first(api: Api, path: str, limit: int) -> None:
    key = path.strip("/")
    slugs = [channel.slug for pack in api.service.packs for channel in pack.channels]
    per_channel = {"changes": "history", "contacts": "contacts"}[key]
    expected = [entry for slug in slugs for entry in api.json(f"/channels/{slug}?as_of=2024-10-01")[per_channel]]
    walked, cursor = [], ""
    while cursor is not None:
        page = api.json(f"{path}?as_of=2024-10-01&limit={limit}&cursor={cursor}")
        assert len(page[key]) <= limit
        walked += page[key]
        cursor = page["next"]
    assert sorted(map(repr, walked)) == sorted(map(repr, expected))
    assert len({repr(entry) for entry in walked}) == len(walked)
    if key == "changes":
        days = [PartialDate(change["effective"]["date"]).first for change in walked]
        assert days == sorted(days, reverse=True)


def test_a_limit_that_is_too_large_is_lowered(api: Api) -> None:
    page = api.json("/contacts?limit=100000")
    assert len(page["contacts"]) <= 200


def test_entries_are_filtered_by_channel_and_category(api: Api) -> None:
    assert api.json("/changes?channel=dpct")["changes"] == api.json("/channels/dpct")["history"]
    military = {c["slug"] for c in api.json("/channels?category=military")["channels"]}
    assert {c["channel"] for c in api.json("/contacts?category=military&limit=200")["contacts"]} <= military
    assert api.json("/contacts?relationship=us-china&limit=3")["contacts"]


def test_a_cursor_belongs_to_its_filters(api: Api) -> None:
    cursor = api.json("/changes?limit=1")["next"]
    assert_problem(api.get(f"/changes?channel=dpct&cursor={cursor}"), 400, field="cursor", says="other filters")
    for broken in ("x", "!!!!", "W10", cursor[:-6], "%F0%9F%98%80", "bnVsbA"):
        assert_problem(api.get(f"/changes?cursor={broken}"), 400, field="cursor")


def test_known_at_shows_what_was_known_then(seeded: Service, clock: Clock) -> None:
    live = Api(seeded)
    clock.advance(days=3)
    with seeded.store.writing() as db:
        db.record.add(make.change(State.SUSPENDED, "2024-02-02"), Origin(clock(), "a person"))
        db.record.bump()
    assert live.json("/channels/dpct")["state"] == "suspended"
    assert live.json("/channels/dpct?known_at=2024-02-03")["state"] == "resumed"
    change = live.json("/channels/dpct")["history"][0]
    assert change["recorded_by"] == "a reviewer"
    assert "a person" not in live.get("/changes").get_data(as_text=True)
    # The instant that an answer shows asks for the same again.
    assert live.json(f"/channels/dpct?known_at={change['recorded_at']}")["state"] == "suspended"


def test_feeds_say_how_they_fare(api: Api) -> None:
    found = api.json("/feeds")
    assert found["count"] == len(found["feeds"])
    assert {feed["health"] for feed in found["feeds"]} == {"not read yet", "off"}
    assert all(feed["next_poll"] is None and feed["reason"] for feed in found["feeds"] if not feed["enabled"])


def test_a_failing_feed_says_why_and_when_it_is_tried_again(seeded: Service, clock: Clock) -> None:
    api, slug = Api(seeded), next(feed.slug for feed in seeded.feeds if feed.enabled)
    with seeded.store.writing() as db:
        later = clock() + timedelta(hours=1)
        db.feeds.record_fault(slug, next_poll=later, kind="timeout", fault="It did not answer.")
        db.record.bump("polls")
    (feed,) = [feed for feed in api.json("/feeds")["feeds"] if feed["health"] == "failing"]
    assert (feed["slug"], feed["fault"], feed["next_poll"]) == (slug, "It did not answer.", "2024-02-01T13:00:00Z")
    assert (feed["words"], feed["warnings"][0]["kind"]) == ("Cannot be read. It did not answer.", "timeout")
    assert api.json("/feeds")["failing"] == 1


def test_a_feed_that_fell_silent_or_was_paused_says_so(seeded: Service, clock: Clock) -> None:
    api, (quiet, paused) = Api(seeded), [feed.slug for feed in seeded.feeds if feed.enabled][:2]
    with seeded.store.writing() as db:
        db.feeds.record_read(
            quiet, now=clock(), next_poll=clock(), etag=None, last_modified=None, moved_to=None, anything_new=False
        )
        db.feeds.record_rhythm(quiet, newest=date(2024, 1, 1), rhythm=timedelta(days=2))
        db.feeds.pause(paused, now=clock(), by="ana", because=None)
        db.record.bump("polls")
    found = api.json("/feeds")
    feeds = {feed["slug"]: feed for feed in found["feeds"]}
    assert (found["failing"], found["warning"]) == (0, 1)
    assert (feeds[quiet]["health"], feeds[quiet]["since"]) == ("warning", "2024-01-02T00:00:00Z")
    assert (feeds[quiet]["newest"], feeds[quiet]["usual_gap"]) == ("2024-01-01", 2 * 86400)
    assert feeds[paused]["paused"] == {"at": "2024-02-01T12:00:00Z", "by": "ana", "because": None}
    assert (feeds[paused]["health"], feeds[paused]["next_poll"]) == ("paused", None)


READS = [
    "/relationships",
    "/channels",
    "/channels/dpct",
    "/changes",
    "/contacts",
    "/feeds",
    "/checkpoint",
    "/checkpoints",
]


@pytest.mark.parametrize("path", READS)
def test_a_reader_that_has_the_answer_gets_304(api: Api, path: str) -> None:
    first = api.get(path)
    etag = first.headers["ETag"]
    assert re.fullmatch(r'"[0-9a-f]+"', etag)
    again = api.get(path, headers={"If-None-Match": etag})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", etag)
    assert api.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_a_head_request_has_the_headers_alone(api: Api) -> None:
    response = api.client.head("/api/v1/channels")
    assert (response.status_code, response.data) == (200, b"")
    assert response.headers["ETag"] == api.get("/channels").headers["ETag"]


@pytest.mark.parametrize("path", READS)
def test_every_read_takes_both_clocks(api: Api, path: str) -> None:
    for moment in (
        "as_of=1900-01-01",
        "as_of=2199-12-31",
        "known_at=2020-01-01",
        "known_at=2024-02-01T12:00:00%2B08:00",
    ):
        assert api.get(f"{path}?{moment}").status_code == 200
    assert_problem(api.get(f"{path}?as_of=2024-13-01"), 400, field="as_of", says="2024-13-01")
    assert_problem(api.get(f"{path}?as_of=20240101"), 400, field="as_of")
    for beyond in ("0001-01-01", "1899-12-31", "2200-01-01", "9999-12-31"):
        assert_problem(api.get(f"{path}?as_of={beyond}"), 400, field="as_of", says="1900 to 2199")
    assert_problem(api.get(f"{path}?known_at=yesterday"), 400, field="known_at")
    assert_problem(api.get(f"{path}?known_at=0001-01-01T00:00:00%2B14:00"), 400, field="known_at")
    for beyond in ("0001-01-01", "1899-12-31T23:59:59Z"):
        assert_problem(api.get(f"{path}?known_at={beyond}"), 400, field="known_at", says="1900 to 2199")


def test_an_unknown_channel_names_its_neighbours(api: Api) -> None:
    assert_problem(api.get("/channels/dpcct"), 404, says="dpct")
    assert_problem(api.get("/changes?channel=dpcct"), 400, field="channel", says="dpct")


@pytest.mark.parametrize(
    ("query", "field", "says"),
    [
        ("state=open", "state", "suspended"),
        ("category=naval", "category", "military"),
        ("relationship=us-uk", "relationship", "us-china"),
        ("stat=active", "stat", "Did you mean state?"),
        ("foo=1", "foo", "category"),
        ("state=active&state=ended", "state", "Give it once"),
        ("q=" + "x" * 201, "q", "200"),
    ],
)
def test_a_filter_that_cannot_be_is_refused_in_words(api: Api, query: str, field: str, says: str) -> None:
    assert_problem(api.get(f"/channels?{query}"), 400, field=field, says=says)


@pytest.mark.parametrize("limit", ["0", "-1", "many", "9" * 5000])
def test_a_limit_that_is_no_number_of_entries_is_refused(api: Api, limit: str) -> None:
    assert_problem(api.get(f"/changes?limit={limit}"), 400, field="limit")


def test_a_blank_filter_is_none(api: Api) -> None:
    assert api.json("/channels?state=&q=&category=")["count"] == api.json("/channels")["count"]


def test_text_that_is_not_utf8_in_an_address_does_no_harm(api: Api) -> None:
    assert api.get("/channels?q=%ff%fe").status_code == 200
    assert api.get("/channels/%ff").status_code == 404


def test_another_sites_script_may_read_and_no_more(api: Api) -> None:
    assert api.get("/channels").headers["Access-Control-Allow-Origin"] == "*"
    for path in ("/api/v1/channels", "/api/v1/releases"):
        preflight = api.client.options(path, headers={"Origin": "https://example.org"})
        assert preflight.status_code == 200
        assert preflight.headers["Access-Control-Allow-Methods"] == "GET, HEAD"
        assert preflight.headers["Access-Control-Allow-Headers"] == "If-None-Match"
