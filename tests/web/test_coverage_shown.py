"""What the API and the pages say of silence: nothing, unless every moment was looked at."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from db.feeds import PollRow
from tests.conftest import Clock
from tests.feeds.test_poll import feed_at
from tests.web.api_client import Api, assert_problem
from tests.web.test_pages import words_of
from tracker.record.coverage import Polled
from tracker.service import Service

NOBODY_SPOKE = "/channels/dpct/coverage?from=2024-03-01&to=2024-03-02"


def partly(share: int, span: str) -> str:
    return f"Not known: this side's sources were read for {share} % of the whole span, {span}; see the holes."


@pytest.fixture
def watched(seeded: Service, clock: Clock) -> Service:
    """Two Chinese feeds and an American one, polled every half hour from 20 Feb 2024 to noon of 3 Mar 2024."""
    feeds = (
        feed_at("https://a.example/", slug="mnd", side="cn", publisher="国防部"),
        feed_at("https://b.example/", slug="mfa", side="cn"),
        feed_at("https://c.example/", slug="war", side="us"),
    )
    replace(seeded, feeds=()).prepare()
    clock.now = clock.now.replace(month=2, day=20)
    service = replace(seeded, feeds=feeds)
    service.prepare()
    with service.store.writing() as db:
        while clock.now < clock.now.replace(month=3, day=3, hour=12):
            for feed in feeds:
                db.feeds.add_poll(PollRow(feed.slug, clock.now, clock.now, "read", items=9, overlap=9))
            clock.advance(minutes=30)
        db.record.bump("polls")
    clock.now = clock.now.replace(hour=12, minute=10)
    return service


def failed(service: Service, feed: str, kind: str = "bot-wall") -> None:
    now = service.clock()
    row = PollRow(feed, now, now, "failed", "It may turn away unknown clients.", fault_kind=kind)
    with service.store.writing() as db:
        db.feeds.add_poll(row)
        db.record.bump("polls")


def test_silence_is_said_where_every_moment_was_looked_at(watched: Service) -> None:
    answer = Api(watched).json(NOBODY_SPOKE)
    assert (answer["start"], answer["end"]) == ("2024-03-01T00:00:00Z", "2024-03-02T23:59:59Z")
    assert set(answer["sides"]) == {"us", "cn", "third-party"}
    china = answer["sides"]["cn"]
    assert (china["silence"], china["share"], china["complete"], china["holes"]) == ("No report found.", 1, True, [])
    assert [(feed["feed"], feed["publisher"]) for feed in china["feeds"]] == [("mnd", "国防部"), ("mfa", "Department")]
    third = Api(watched).json("/channels/leaders/coverage?from=2024-02-29T00:00&to=2024-03-02")["sides"]["third-party"]
    assert third["silence"] == "Not known: no source of this side was to be read in this time."
    assert (third["complete"], third["read_until"]) == (False, None)


def test_by_default_it_is_the_last_thirty_days_and_says_what_was_not_configured(watched: Service) -> None:
    answer = Api(watched).json("/channels/dpct/coverage")
    assert (answer["start"], answer["end"]) == ("2024-02-02T12:10:00Z", "2024-03-03T12:10:00Z")
    china = answer["sides"]["cn"]
    assert {hole["kind"] for hole in china["holes"]} == {"not-configured"}
    assert china["silence"] == partly(39, "2 Feb – 3 Mar 2024")
    assert china["read_until"] == "2024-03-03T11:30:00Z"


def test_a_bot_wall_is_named_and_takes_the_word_back_at_once(watched: Service) -> None:
    api = Api(watched)
    before = api.get("/channels/dpct/coverage?from=2024-03-01")
    assert before.get_json()["sides"]["cn"]["silence"].startswith("No report found up to 3 Mar 2024 11:30 UTC")
    failed(watched, "mnd")
    after = api.json("/channels/dpct/coverage?from=2024-03-01", headers={"If-None-Match": before.headers["ETag"]})
    assert after["sides"]["us"]["silence"].startswith("No report found up to")
    (hole,) = after["sides"]["cn"]["holes"]
    assert hole == {
        "feed": "mnd", "kind": "bot-wall", "why": "It may turn away unknown clients.",
        "start": "2024-03-03T11:30:00Z", "end": "2024-03-03T12:10:00Z",
    }  # fmt: skip
    assert after["sides"]["cn"]["silence"].startswith(
        "Not known: this side's sources were read for 99 % of the whole span, "
    )
    assert api.json(NOBODY_SPOKE)["sides"]["cn"]["silence"] == "No report found.", "the past stays looked at"


def test_a_feed_removed_or_paused_leaves_a_hole(watched: Service, clock: Clock) -> None:
    with watched.store.writing() as db:
        db.feeds.note_switch("war", Polled.PAUSED, at=clock(), reason="Paused by ana.")
    replace(watched, feeds=watched.feeds[1:]).prepare()
    clock.advance(hours=5)
    sides = Api(watched).json("/channels/dpct/coverage?from=2024-03-03T12:00:00Z")["sides"]
    kinds = {hole["feed"]: (hole["kind"], hole["why"]) for side in sides.values() for hole in side["holes"]}
    assert kinds == {
        "mnd": ("disabled", "No longer in the configuration."),
        "mfa": ("not-polled", "Not read since."),
        "war": ("paused", "Paused by ana."),
    }
    watched.prepare()
    with watched.store.reading() as db:
        decided = [(switch.feed, switch.polled) for switch in db.feeds.switches() if switch.feed in ("mnd", "war")]
    assert decided == [("mnd", "on"), ("mnd", "off"), ("mnd", "on"), ("war", "on"), ("war", "paused")]


def test_what_was_said_is_no_silence(watched: Service) -> None:
    sides = Api(watched).json("/channels/dpct/coverage?from=2024-01-05&to=2024-01-15")["sides"]
    for side in ("us", "cn"):
        assert sides[side]["reports"] > 0
        assert sides[side]["silence"].startswith("Not silent: ")


@pytest.mark.parametrize(
    ("query", "field", "says"),
    [
        ("from=yesterday", "from", "neither a day nor an instant"),
        ("to=2024-02-30", "to", "2024-02-30"),
        ("from=2024-03-02&to=2024-03-01", "from", "not before to"),
        ("from=2024-03-03T12:10:00Z", "from", "not before to (now)"),
        ("from=2022-01-01&to=2024-01-01", "from", "the longest that is answered has 366"),
        ("to=2024-03-04", "to", "has not come yet"),
        ("to=2024-03-03T12:11:00Z", "to", "has not come yet"),
        ("from=0001-01-01&to=0001-02-01", "to", "before 2000"),
        ("from=1999-12-31&to=2000-02-01", "from", "before 2000"),
        ("form=2024-03-01", "form", "Did you mean from?"),
        ("from=2024-03-01&from=2024-03-02", "from", "Give it once"),
    ],
)
def test_a_span_that_cannot_be_is_refused_in_words(watched: Service, query: str, field: str, says: str) -> None:
    assert_problem(Api(watched).get(f"/channels/dpct/coverage?{query}"), 400, field=field, says=says)


def test_today_means_up_to_now_and_an_answer_is_validated(watched: Service) -> None:
    api = Api(watched)
    first = api.get("/channels/dpct/coverage?from=2024-03-03&to=2024-03-03")
    assert first.get_json()["end"] == "2024-03-03T12:10:00Z"
    etag = {"If-None-Match": first.headers["ETag"]}
    assert api.get("/channels/dpct/coverage?from=2024-03-03&to=2024-03-03", headers=etag).status_code == 304
    assert_problem(api.get("/channels/dpcct/coverage"), 404, says="dpct")
    parameters = api.document["paths"]["/api/v1/channels/{slug}/coverage"]["get"]["parameters"]
    assert {"from", "to", "slug"} <= {parameter["name"] for parameter in parameters}


def test_the_channel_page_and_the_first_screen_say_the_same_and_take_it_back(watched: Service, clock: Clock) -> None:
    client = Api(watched).client
    page = words_of(client.get("/channels/dpct").text)
    assert partly(39, "2 Feb – 3 Mar 2024") in page
    assert "Not yet configured." in page
    assert "30 days: not known (United States read 39 %, China read 39 %)" in words_of(client.get("/").text)
    assert "no report found" not in page.lower()


def test_what_holds_of_the_silence_of_all_channels_is_said_once(watched: Service) -> None:
    first = words_of(Api(watched).client.get("/").text)
    assert first.count("(United States read 39 %, China read 39 %)") == 1
    assert first.count("Silence since 19 Feb 2024: not known (United States read 88 %, China read 88 %)") == 1


def test_where_nothing_was_read_that_is_said_once(seeded: Service) -> None:
    assert words_of(Api(seeded).client.get("/").text).count("not known (") == 1


def test_only_what_was_read_since_the_last_report_counts_on_pages(watched: Service, clock: Clock) -> None:
    with watched.store.writing() as db:
        for step in range(1, 30 * 48 + 2):
            polled_at = clock.now.replace(hour=11, minute=30) + timedelta(minutes=30 * step)
            for feed in watched.feeds:
                db.feeds.add_poll(PollRow(feed.slug, polled_at, polled_at, "unchanged"))
        db.record.bump("polls")
    clock.advance(days=30)
    client = Api(watched).client
    page, first = words_of(client.get("/channels/dpct").text), words_of(client.get("/").text)
    assert "No report found up to 2 Apr 2024 12:00 UTC, when this side's sources were last read." in page
    assert "30 days: no report found up to 2 Apr 2024 12:00 UTC" in first
    clock.advance(minutes=25)
    failed(watched, "mnd", "timeout")
    page, first = words_of(client.get("/channels/dpct").text), words_of(client.get("/").text)
    assert partly(99, "3 Mar – 2 Apr 2024") in page
    assert "mnd, 2 Apr 2024 12:00 UTC to 2 Apr 2024 12:35 UTC: It may turn away unknown clients." in page
    assert "30 days: not known (United States read 100 %, China read 99 %)" in first
    assert "no report found" not in first, "a feed that fails is a hole in the silence of every channel"
