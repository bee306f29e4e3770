"""What stands beside the record is dated and cited too: heads of its chain, what was read, how sources fared, figures.

Each kind is cited, then polls, decisions and corrections happen, and the address shows what it showed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import quote

import pytest

from db.record import Origin
from tests.feeds.test_poll import HARBOR, TALKS, feed_at, rss
from tests.make import contact
from tests.site import Site
from tests.test_amend import amended, cut_of
from tests.web.api_client import AMERICAN, Api, assert_problem
from tests.web.test_pages import words_of
from tracker.model import Outcome
from tracker.operating import tending
from tracker.polling.poll import poll_feed
from tracker.reviewing.reckoning import Reckoning
from tracker.service import Service


@pytest.fixture
def api(seeded: Service) -> Api:
    seeded.clock.advance(hours=1)
    return Api(seeded)


def now_of(api: Api) -> str:
    return api.service.clock().strftime("%Y-%m-%dT%H:%M:%SZ")


def cited_address(api: Api, path: str) -> str:
    """The address under which what a path shows now is cited."""
    return re.sub(r"^https?://[^/]+", "", api.json(f"/citation?path={quote(path, safe='')}")["address"])


def status_of(api: Api, address: str) -> str:
    answer = api.client.get(address)
    assert answer.status_code == 200, answer.text
    return answer.headers["Citation-Status"]


def since_of(api: Api, address: str) -> dict:
    return api.json(f"/citation?path={quote(address, safe='')}")["since"]


# Heads of the chain


def test_a_head_of_the_chain_is_asked_for_as_it_stood(api: Api) -> None:
    first, then = api.json("/checkpoint"), now_of(api)
    api.service.clock.advance(days=1)
    amended(api.service, cut_of(api.service), cause="Another cause.")
    later = api.json("/checkpoint")
    assert later["seq"] > first["seq"]
    assert api.json(f"/checkpoint?known_at={then}") == first
    assert api.json(f"/checkpoint?known_at={now_of(api)}") == later
    assert api.json("/checkpoint?known_at=2023-01-01")["seq"] == 0
    asked = api.client.get("/api/v1/checkpoint", headers={"Accept-Datetime": "Thu, 01 Feb 2024 13:00:00 GMT"})
    assert api.client.get(asked.headers["Location"]).get_json() == first


def test_heads_of_days_are_those_of_days_that_were_over(api: Api) -> None:
    for _ in range(3):
        amended(api.service, cut_of(api.service), cause=f"Words of {api.service.clock()}.")
        api.service.clock.advance(days=1)

    def days(asked: str = "") -> list[str]:
        return [head["day"] for head in api.json(f"/checkpoints{asked}")["checkpoints"]]

    assert days() == ["2024-02-03", "2024-02-02", "2024-02-01"]
    assert days("?known_at=2024-02-03T08:00:00Z") == ["2024-02-02", "2024-02-01"]
    assert days("?known_at=2024-02-03") == ["2024-02-02", "2024-02-01"], "the day is not over while it is the last"
    assert days("?known_at=2024-01-31") == []


@pytest.mark.parametrize(("path", "number"), [("/api/v1/checkpoint", 1), ("/api/v1/checkpoints", 1)])
def test_cited_heads_of_the_chain_stay_as_they_were(api: Api, path: str, number: int) -> None:
    api.service.clock.advance(days=1)
    address = cited_address(api, path)
    shown = api.client.get(address).get_json()
    assert status_of(api, address) == "as-cited; changes-since=0"
    amended(api.service, cut_of(api.service), cause="Another cause.")
    api.service.clock.advance(days=1)
    assert api.client.get(address).get_json() == shown
    assert status_of(api, address).startswith("as-cited; changes-since=")
    since = since_of(api, address)
    assert (since["holds"], since["acts"], len(since["rows"]["new"])) == (True, [], number)
    altered = api.client.get(address[:-4] + "0000")
    assert altered.headers["Citation-Status"].startswith("not-as-cited")


@pytest.mark.parametrize("path", ["/feeds", "/method", "/feeds/mnd-news"])
def test_just_after_an_install_what_a_page_shows_is_cited_and_not_the_nothing_before_it(seeded: Service, path: str):
    seeded.clock.advance(minutes=1)
    api = Api(seeded)
    citation = api.json(f"/citation?path={quote(path, safe='')}")
    assert citation["count"] > 0
    assert "As cited" in words_of(api.client.get(cited_address(api, path)).text)


def test_what_is_being_written_just_now_is_not_cited_yet(api: Api) -> None:
    before = api.json("/checkpoint")
    amended(api.service, cut_of(api.service), cause="Another cause.")
    address = cited_address(api, "/api/v1/checkpoint")
    assert api.client.get(address).get_json() == before
    api.service.clock.advance(hours=1)
    assert api.client.get(cited_address(api, "/api/v1/checkpoint")).get_json() == api.json("/checkpoint")


# Searches


def found(api: Api, q: str, **asked: str) -> list[dict]:
    headers = api.token("reviewer") if asked.get("kind") == "release" else {}
    return api.json("/search", query_string={"q": q, **asked}, headers=headers)["hits"]


@pytest.fixture
def renamed(api: Api):
    """Gives a channel another name."""

    def rename(slug: str, name: str) -> None:
        with api.service.store.writing() as db:
            channels = [
                replace(one, names=one.names | {"en": name}) if one.slug == slug else one
                for one in db.record.channels()
            ]
            db.record.define(db.record.relationships(), channels, at=api.service.clock())
            db.record.bump()

    return rename


SEARCHES = [
    "/search?q=suspended",
    "/api/v1/search?q=suspended&kind=change",
    "/api/v1/search?q=dpct&relationship=us-china",
]


@pytest.mark.parametrize("path", SEARCHES)
def test_a_cited_search_finds_what_it_found_whatever_is_corrected_or_renamed(api: Api, renamed, path: str) -> None:
    address = cited_address(api, path)
    shown = api.json(f"/citation?path={quote(address, safe='')}")
    assert shown["count"] == len(shown["rows"]) > 3
    body = api.client.get(address)
    hits = body.get_json()["hits"] if body.is_json else re.findall(r'<p class="hit">.*?</p>', body.text, re.DOTALL)
    api.service.clock.advance(days=1)
    for word in ("suspended", "dpct", "other"):
        amended(api.service, cut_of(api.service), cause=f"It is told in other words: {word}.")
        api.service.clock.advance(days=1)
    renamed("dpct", "Ministry Working Meeting")
    again = api.client.get(address)
    later = again.get_json()["hits"] if again.is_json else re.findall(r'<p class="hit">.*?</p>', again.text, re.DOTALL)
    if again.is_json:
        assert [(hit["kind"], hit["id"], hit["excerpt"]) for hit in later if hit["kind"] != "channel"] == [
            (hit["kind"], hit["id"], hit["excerpt"]) for hit in hits if hit["kind"] != "channel"
        ]
        assert status_of(api, address) == "as-cited; changes-since=3"
    else:
        assert len(later) == len(hits)
        assert "✓ As cited" in again.text
        assert "3 corrections" in again.text
    assert api.json(f"/citation?path={quote(address, safe='')}")["rows"] == shown["rows"]
    assert [act["deed"] for act in since_of(api, address)["acts"]] == ["corrected"] * 3


def test_a_row_is_found_by_the_words_that_it_had_and_a_channel_by_the_names(api: Api, renamed) -> None:
    amended(api.service, cut_of(api.service), cause="Told of narwhals.")
    renamed("dpct", "Quagga Meeting")
    api.service.clock.advance(days=1)
    then = now_of(api)
    api.service.clock.advance(days=1)
    amended(api.service, cut_of(api.service), cause="Told of walruses.")
    renamed("dpct", "Okapi Meeting")
    assert [len(found(api, q)) for q in ("narwhals", "walruses")] == [0, 1]
    assert [len(found(api, q, known_at=then)) for q in ("narwhals", "walruses")] == [1, 0]
    assert [bool(found(api, q)) for q in ("quagga", "okapi")] == [False, True]
    assert [bool(found(api, q, known_at=then)) for q in ("quagga", "okapi")] == [True, False]


def test_a_release_is_found_from_when_it_was_fetched(api: Api) -> None:
    before = now_of(api)
    api.service.clock.advance(days=1)
    api.hand_in(AMERICAN)
    assert len(found(api, "pentagon", kind="release")) == 1
    assert found(api, "pentagon", kind="release", known_at=before) == []
    assert len(found(api, "pentagon", kind="release", known_at=now_of(api))) == 1


def test_a_search_for_nothing_or_for_what_reviewers_alone_may_see_is_not_cited(api: Api) -> None:
    for path in ("/search", "/search?q=%22"):
        assert_problem(api.get(f"/citation?path={quote(path, safe='')}"), 400, field="path", says="for who asks")
        assert "Cite this page" not in api.client.get(path).text
    for path in ("/search?q=talks&kind=release", "/api/v1/search?q=talks&kind=release"):
        assert_problem(api.get(f"/citation?path={quote(path, safe='')}"), 400, field="path")


def test_what_was_announced_for_a_day_to_come_is_found_as_of_the_day_before(api: Api) -> None:
    told = contact(Outcome.ANNOUNCED, "2024-03-20", announced=date(2024, 1, 30), summary="A visit to Nuuk.")
    with api.service.store.writing() as db:
        db.record.add(told, Origin(api.service.clock(), "ana"))
        db.record.bump()
    assert len(found(api, "nuuk")) == len(found(api, "nuuk", as_of="2024-02-01")) == 1
    assert found(api, "nuuk", as_of="2024-01-01") == []


# What was read


@dataclass
class Listener:
    """Two feeds of a real server, polled as they would be: `war` of one side, `mnd` of the other."""

    service: Service
    site: Site

    def poll(self, *slugs: str) -> None:
        for feed in self.service.feeds:
            if feed.slug in (slugs or ("war", "mnd")):
                row = poll_feed(self.service.store, feed, self.service.detectors["us-china"], self.service.clock)
                assert row.outcome in ("read", "failed")

    def poll_for(self, hours: float, *slugs: str) -> None:
        for _ in range(int(hours * 2)):
            self.service.clock.advance(minutes=30)
            self.poll(*slugs)

    def fails(self, path: str) -> None:
        self.site.serve(path, status=503)

    def shows(self, path: str, *items: tuple[str, str]) -> None:
        self.site.serve(path, body=rss(*items, prefix=path.strip("/")))


@pytest.fixture
def listener(seeded: Service, site: Site) -> Listener:
    """After six hours of polls, in which everything went well."""
    for path in ("/war", "/mnd"):
        site.serve(path, body=rss(HARBOR, prefix=path.strip("/")))
    replace(seeded, feeds=()).prepare()
    feeds = (
        feed_at(site.url("/war"), slug="war", side="us", publisher="Department of War"),
        feed_at(site.url("/mnd"), slug="mnd", side="cn", lang="zh"),
    )
    service = replace(seeded, feeds=feeds)
    service.clock.advance(hours=1)
    service.prepare()
    listener = Listener(service, site)
    listener.poll()
    listener.poll_for(6)
    return listener


def lived_on(listener: Listener) -> None:
    """A source fails and comes back, another is paused, a third is added, one is told otherwise; news and decisions."""
    service = listener.service
    listener.fails("/mnd")
    listener.poll_for(3)
    listener.shows("/mnd", HARBOR, TALKS)
    listener.poll_for(1)
    tending.pause(service, "war", by="ana", because="It moves house.")
    war, mnd = service.feeds
    new = feed_at(listener.site.url("/new"), slug="new", side="cn")
    replace(service, feeds=(war, replace(mnd, publisher="Ministry", every=3600), new)).prepare()
    service.clock.advance(hours=1)
    with service.store.writing() as db:
        db.record.bump("polls")
    amended(service, cut_of(service), cause="Told otherwise.")


COVERED = [
    "/api/v1/channels/dpct/coverage", "/api/v1/channels/dpct/coverage?from=2024-02-01T14:00:00Z",
    "/api/v1/channels/dpct/coverage?from=2024-02-01&to=2024-02-01",
]  # fmt: skip


@pytest.mark.parametrize("path", COVERED)
def test_what_was_read_is_told_by_the_polls_that_had_ended(listener: Listener, path: str) -> None:
    api = Api(listener.service)
    present = api.client.get(path).get_json()
    known = f"{path}{'&' if '?' in path else '?'}as_of=2024-02-01&known_at={now_of(api)}"
    listener.service.clock.advance(seconds=1)
    told = api.client.get(known).get_json()
    assert told["sides"].keys() == present["sides"].keys()
    assert told["sides"]["us"]["last_read"] == present["sides"]["us"]["last_read"]
    lived_on(listener)
    assert api.client.get(known).get_json() == told
    later = api.client.get(path.replace("to=2024-02-01", "to=2024-02-02")).get_json()
    assert later["sides"]["cn"] != told["sides"]["cn"]


@pytest.mark.parametrize("path", COVERED)
def test_cited_coverage_stays_and_says_how_the_same_span_reads_now(listener: Listener, path: str) -> None:
    api = Api(listener.service)
    listener.fails("/war")
    listener.poll_for(2, "war")
    listener.service.clock.advance(minutes=10)
    address = cited_address(api, path)
    shown = api.client.get(address).get_json()
    assert {hole["feed"] for side in shown["sides"].values() for hole in side["holes"]} >= {"war"}
    lived_on(listener)
    assert api.client.get(address).get_json() == shown
    assert status_of(api, address).startswith("as-cited")
    since = since_of(api, address)
    assert (since["holds"], since["acts"]) == (True, [])
    assert "side-us" in {row["row"] for row in api.json(f"/citation?path={quote(address, safe='')}")["rows"]}


def test_coverage_beside_a_state_and_in_a_brief_is_that_of_the_instant_that_is_asked_for(listener: Listener) -> None:
    api = Api(listener.service)
    asked = f"as_of=2024-02-01&known_at={now_of(api)}"
    listener.service.clock.advance(seconds=1)
    paths = [
        f"/api/v1/channels?{asked}", f"/api/v1/channels/dpct?{asked}", f"/channels/dpct?{asked}",
        f"/api/v1/brief?after=2024-01-31&{asked}",
    ]  # fmt: skip
    before = [api.client.get(path) for path in paths]
    assert before[1].get_json()["coverage"]["us"]["last_read"] == "2024-02-01T19:00:00Z"
    assert "What its silence means" in before[2].text
    lived_on(listener)
    assert [api.client.get(path).data for path in paths[:2]] == [answer.data for answer in before[:2]]
    assert api.client.get(paths[3]).get_json()["coverage"] == before[3].get_json()["coverage"]
    part = re.compile(r'<h3 id="coverage">.*?</table>', re.DOTALL)
    assert part.search(api.client.get(paths[2]).text)[0] == part.search(before[2].text)[0]
    assert api.json("/channels/dpct")["coverage"]["us"] != before[1].get_json()["coverage"]["us"]


def test_a_span_that_ends_after_known_at_is_refused(listener: Listener) -> None:
    api = Api(listener.service)
    for to in ("2024-02-01T15:00:00Z", "2024-02-02"):
        refused = api.get(f"/channels/dpct/coverage?to={to}&known_at=2024-02-01T14:00:00Z")
        assert_problem(refused, 400, field="to", says="is later than known_at")


# Sources


FARED = [
    "/api/v1/feeds", "/api/v1/feeds?relationship=us-china", "/api/v1/feeds/mnd", "/feeds", "/feeds?side=us",
    "/feeds/mnd", "/feeds/war?polls=failed",
]  # fmt: skip


def main_of(page: str) -> str:
    """What a page shows between its frame's head and foot."""
    return re.search(r"<main.*</main>", page, re.DOTALL)[0]


def told_of(api: Api, address: str):
    answer = api.client.get(address)
    assert answer.status_code == 200, answer.text
    return answer.get_json() if answer.is_json else main_of(answer.text)


@pytest.mark.parametrize("path", FARED)
def test_cited_sources_stay_as_they_were_and_say_what_reads_otherwise_now(listener: Listener, path: str) -> None:
    api = Api(listener.service)
    listener.fails("/war")
    listener.poll_for(1, "war")
    listener.service.clock.advance(minutes=10)
    address = cited_address(api, path)
    shown = told_of(api, address)
    lived_on(listener)
    assert told_of(api, address) == shown
    since = since_of(api, address)
    assert (since["holds"], since["acts"]) == (True, [])
    assert since["rows"]["otherwise"] or since["rows"]["new"]
    if path.startswith("/api"):
        assert status_of(api, address).startswith("as-cited; changes-since=")
    else:
        page = api.client.get(address).text
        assert "✓ As cited" in page
        assert re.search(r"\d rows? (reads? otherwise|(is|are) new)", page)


def test_a_source_is_shown_as_it_was_configured_and_fared(listener: Listener) -> None:
    api = Api(listener.service)
    listener.fails("/mnd")
    listener.poll_for(2, "mnd")
    now = api.json("/feeds/mnd")
    then = now_of(api)
    listener.service.clock.advance(minutes=1)
    told = api.json(f"/feeds/mnd?known_at={then}")
    assert told == now | {"next_poll": None, "words": told["words"], "warnings": told["warnings"]}
    assert (told["health"], told["failures"], told["words"]) == ("failing", 4, now["words"])
    lived_on(listener)
    assert api.json(f"/feeds/mnd?known_at={then}") == told
    assert (api.json("/feeds/mnd")["publisher"], told["publisher"]) == ("Ministry", "Department")
    assert [feed["slug"] for feed in api.json(f"/feeds?known_at={then}")["feeds"] if feed["enabled"]] == ["war", "mnd"]
    page = api.client.get(f"/feeds/mnd?known_at={then}").text
    assert ("Ministry" in main_of(page), "Cannot be read since" in page, ">not kept<" in page) == (False, True, True)


def test_a_pause_is_told_from_when_it_began_until_it_ended(listener: Listener) -> None:
    api, service = Api(listener.service), listener.service
    before = now_of(api)
    service.clock.advance(minutes=10)
    tending.pause(service, "war", by="ana", because="It moves house.")
    service.clock.advance(minutes=10)
    during = now_of(api)
    service.clock.advance(minutes=10)
    tending.resume(service, "war", by="ana")
    told = [api.json(f"/feeds/war?known_at={at}") for at in (before, during, now_of(api))]
    assert [feed["health"] for feed in told] == ["read", "paused", "read"]
    assert told[1]["paused"] == {"at": "2024-02-01T19:10:00Z", "by": "ana", "because": "It moves house."}
    assert "Paused by ana on 2024-02-01 19:10 UTC: It moves house." in told[1]["words"]


def test_a_source_that_was_none_yet_is_not_there(listener: Listener) -> None:
    api = Api(listener.service)
    earlier = "2024-02-01T12:30:00Z"
    assert_problem(api.get(f"/feeds/war?known_at={earlier}"), 404, field="known_at", says="no source yet by then")
    assert "was no source yet by then" in api.client.get(f"/feeds/war?known_at={earlier}").text
    assert "war" not in [feed["slug"] for feed in api.json(f"/feeds?known_at={earlier}")["feeds"]]


def test_what_was_not_polled_then_is_told_in_the_past(listener: Listener) -> None:
    api = Api(listener.service)

    def told(address: str) -> str:
        return words_of(main_of(api.client.get(address).text))

    earlier = "known_at=2024-02-01T11:30:00Z"
    before_any = told(f"/feeds?{earlier}")
    assert "There was no source yet." in before_any
    assert before_any.count("No source of this side was polled then. Its silence says nothing.") == 2
    assert "There was no such source then." in told(f"/feeds?{earlier}&fares=paused")
    then = told(f"/feeds?known_at={now_of(api)}")
    assert then.count("1 source was polled, 1 read in the hour before.") == 2
    for page in (before_any, then):
        assert not re.search(r"(is|are) polled|There is no", page)
    assert "1 source is polled, 1 read in the last hour." in told("/feeds")
    chinese = told(f"/feeds?{earlier}&language=zh")
    assert "当时还没有任何来源。" in chinese
    assert "当时没有轮询该方的任何来源。没有消息并不代表没有动态。" in chinese.replace(" ", "")


@pytest.mark.sqlite
def test_what_was_not_kept_is_said_and_not_made_up(listener: Listener) -> None:
    """As in a database that was upgraded: how its sources were configured is kept from then on alone."""
    api, service = Api(listener.service), listener.service
    before = now_of(api)
    service.clock.advance(days=1)
    with service.store.writing() as db:
        connection = db.record._db
        connection.execute("DROP TRIGGER past_never_deleted")
        connection.execute("DELETE FROM past WHERE subject = 'feed'")
        db.past.keep_feeds(at=service.clock())
        db.record.bump("polls")
    service.clock.advance(days=1)
    told = api.json(f"/feeds/war?known_at={before}")
    assert (told["kept_from"], told["last_read"]) == ("2024-02-02T19:00:00Z", "2024-02-01T19:00:00Z")
    for path in ("/feeds", "/feeds/war"):
        page = words_of(api.client.get(f"{path}?known_at={before}").text)
        assert "How a source was configured is kept from 2 Feb 2024 19:00 UTC on" in page
        assert "is kept from" not in api.client.get(f"{path}?known_at={now_of(api)}").text
        assert "about our reading and not about a day in the world" in api.client.get(f"{path}?as_of=2024-01-01").text


# Figures of detection


def decided(api: Api, number: int, decision: str) -> None:
    """A release comes, and a reviewer decides; the scheduler keeps the figures."""
    text = AMERICAN["text"].replace("17th", f"{number}th").replace("January 8-9", f"January {number}-{number + 1}")
    other = {"title": f"Round {number}", "text": text, "url": f"https://www.example.mil/{number}"}
    for candidate in api.hand_in(AMERICAN | other | {"published": "2024-01-31"}):
        note = {"note": "It tells of something else."} if decision == "reject" else {}
        assert api.decide(candidate, decision=decision, **note).status_code == 200


def test_figures_are_shown_as_they_were_reckoned_and_cited(api: Api) -> None:
    reckoning = Reckoning(api.service)
    decided(api, 20, "accept")
    assert reckoning.go()
    api.service.clock.advance(minutes=10)
    address = cited_address(api, "/method")
    shown = told_of(api, address)
    assert "1 accepted of 1 flagged release decided" in shown
    assert "As it was reckoned on" in shown
    decided(api, 24, "reject")
    assert reckoning.go()
    api.service.clock.advance(minutes=10)
    assert "1 accepted of 2 flagged releases decided" in api.client.get("/method").text
    assert "1 accepted of 2 flagged releases decided" in api.client.get(f"/method?known_at={now_of(api)}").text
    assert told_of(api, address) == shown
    assert "✓ As cited" in api.client.get(address).text
    assert since_of(api, address)["rows"] == {"otherwise": ["figures-live-us-china"], "new": [], "gone": []}


def test_figures_are_reckoned_anew_where_something_was_decided_and_not_at_each_tick(api: Api) -> None:
    reckoning = Reckoning(api.service)
    assert [reckoning.go(), reckoning.go()] == [True, False]
    api.service.clock.advance(minutes=30)
    assert not reckoning.go()
    decided(api, 20, "accept")
    assert [reckoning.go(), reckoning.go()] == [True, False]
    decided(api, 24, "accept")
    assert not reckoning.go(), "it rests a while"
    api.service.clock.advance(minutes=10)
    assert reckoning.go()


def test_the_figures_that_were_shipped_are_those_in_force_then(api: Api) -> None:
    service = api.service
    before, then = "2024-01-01", now_of(api)
    first = service.measured.sets[0].parts["all"].cases
    service.clock.advance(days=1)
    sets = [service.measured.sets[0].model_copy(update={"name": "of another version"}), *service.measured.sets[1:]]
    replace(service, measured=service.measured.model_copy(update={"sets": sets})).prepare()
    service.clock.advance(days=1)
    earlier, later = (main_of(api.client.get(f"/method?known_at={at}").text) for at in (then, now_of(api)))
    assert ("f another version" in earlier, "f another version" in later) == (False, True)
    assert f"{first} cases" in words_of(earlier).replace(",", "")
    unknown = words_of(api.client.get(f"/method?known_at={before}").text)
    assert "What was measured by then on labelled releases was not kept." in unknown
    assert "How well it did on what came in by then was not kept." in unknown
    assert "Measured on" not in unknown
    assert "about our work and not about a day in the world" in words_of(
        api.client.get("/method?as_of=2024-01-01").text
    )
