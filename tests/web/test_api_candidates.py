"""The reviewer's calls: handing in, the queue, decisions with If-Match, and what they do to the public answers."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import ROOT, Clock
from tests.web.api_client import AMERICAN, CHINESE, Api, assert_problem, etag_of
from tracker.service import Service

ARTICLE = ROOT.parent / "shared" / "seed" / "act-2024-03-china-us-restore-military-communications.txt"


@pytest.fixture
def api(seeded_2023: Service) -> Api:
    """The record as of 2023-11-01, when channels stood suspended."""
    return Api(seeded_2023)


@pytest.fixture
def reviewer(api: Api) -> dict[str, str]:
    return api.token("reviewer")


@pytest.fixture
def talks(api: Api, reviewer: dict[str, str]) -> dict[str, Any]:
    """A pending candidate: the defense policy talks of January 2024, as the American side reports them."""
    (candidate,) = api.hand_in(AMERICAN)
    return candidate


def test_a_release_handed_in_as_text_answers_its_candidates(api: Api, reviewer: dict[str, str]) -> None:
    answer = api.post("/releases", json=AMERICAN, headers=reviewer).get_json()
    (candidate,) = answer["candidates"]
    assert answer["release"]["id"] == candidate["sightings"][0]["release"]["id"]
    assert (candidate["channel"], candidate["signal"], candidate["status"]) == ("dpct", "held", "pending")
    assert candidate["date"] == {"date": "2024-01-09", "precision": "day"}
    words = candidate["sightings"][0]["evidence"]
    assert words
    assert all(
        AMERICAN["title" if w["field"] == "title" else "text"][w["start"] : w["end"]] == w["text"] for w in words
    )
    asked = candidate["question"]
    assert (asked["now"], asked["proposed"]["state"]) == ("suspended", "resumed")
    assert asked["why"]


@pytest.mark.parametrize("release", [AMERICAN, {k: v for k, v in AMERICAN.items() if k != "url"}])
def test_a_release_handed_in_twice_is_one_release(api: Api, reviewer: dict[str, str], release: dict[str, Any]) -> None:
    (first,) = api.hand_in(release)
    (second,) = api.hand_in(release)
    assert second["id"] == first["id"]
    assert len(second["sightings"]) == 1


def test_a_release_handed_in_again_with_another_date_keeps_the_first_and_says_so(
    api: Api, reviewer: dict[str, str]
) -> None:
    """Also what it calls "yesterday" is reckoned from the first."""
    told = AMERICAN | {"text": AMERICAN["text"].replace("on January 8-9, 2024", "yesterday")}
    first = api.post("/releases", json=told, headers=reviewer).get_json()
    again = api.post("/releases", json=told | {"published": "2024-01-20"}, headers=reviewer).get_json()
    assert first["note"] is None
    assert again["note"].startswith(
        "It was taken before as published on 2024-01-09, and keeps that day: 2024-01-20 was not taken over."
    )
    assert again["release"] == first["release"]
    assert [one["id"] for one in again["candidates"]] == [one["id"] for one in first["candidates"]]


def test_a_release_that_speaks_of_no_channel_has_no_candidates(api: Api, reviewer: dict[str, str]) -> None:
    weather = AMERICAN | {"title": "Weather", "text": "It rained.", "url": None}
    answer = api.post("/releases", json=weather, headers=reviewer).get_json()
    assert answer["candidates"] == []
    assert api.json(f"/releases/{answer['release']['id']}", headers=reviewer)["release"]["title"] == "Weather"


@pytest.mark.skipif(not ARTICLE.exists(), reason="the article that started the project lies beside the checkout only")
def test_the_article_that_started_the_project_is_understood(api: Api, clock: Clock) -> None:
    clock.advance(days=60)
    title, _, text = ARTICLE.read_text().strip().partition("\n")
    release = {"title": title, "text": text, "side": "third-party", "lang": "en", "published": "2024-03-01"}
    found = {(c["channel"], c["signal"], c["date"]["date"]) for c in api.hand_in(release)}
    assert found >= {
        ("dpct", "held", "2024-01-09"),
        ("joint-staff", "held", "2023-12-21"),
        ("strategic-channel", "held", "2024-01-27"),
        ("nuclear-arms-control", "held", "2023-11-06"),
    }
    assert any(
        channel == "ai-dialogue" and signal == "announced" and day[:4] == "2024" for channel, signal, day in found
    )


def test_a_survey_of_the_thaw_in_our_own_words_is_understood(api: Api) -> None:
    text = (
        "On December 21, 2023, Gen. Charles Q. Brown Jr., chairman of the U.S. Joint Chiefs of Staff, held a video "
        "call with Gen. Liu Zhenli of China.\n\nThe China-U.S. defense policy coordination talks were held at the "
        "Pentagon on January 8-9.\n\nU.S. National Security Advisor Jake Sullivan and Chinese Foreign Minister Wang "
        "Yi met in Bangkok on January 26-27.\n\nThe two sides agreed to hold a U.S.-China dialogue on artificial "
        "intelligence in the spring of 2024."
    )
    release = {"title": "The thaw", "text": text, "side": "third-party", "published": "2024-01-31"}
    found = {(c["channel"], c["signal"], c["date"]["date"]) for c in api.hand_in(release)}
    assert found >= {
        ("dpct", "held", "2024-01-09"),
        ("joint-staff", "held", "2023-12-21"),
        ("strategic-channel", "held", "2024-01-27"),
        ("ai-dialogue", "announced", "2024"),
    }


def test_accepting_changes_the_public_answers_and_their_etags(
    api: Api, reviewer: dict[str, str], talks: dict[str, Any]
) -> None:
    paths = ("/channels/dpct", "/channels", "/changes")
    before = {path: api.get(path).headers["ETag"] for path in paths}
    accepted = api.decide(talks, decision="accept", cause="The seventeenth round was held at the Pentagon.")
    assert accepted.status_code == 200
    assert accepted.headers["ETag"] == f'"{talks["version"] + 1}"'
    assert (accepted.get_json()["status"], accepted.get_json()["question"]) == ("accepted", None)
    channel = api.json("/channels/dpct")
    assert (channel["state"], channel["since"]["date"]) == ("resumed", "2024-01-08")
    assert channel["cause"] == "The seventeenth round was held at the Pentagon."
    assert [source["url"] for source in channel["sources"]] == [AMERICAN["url"]]
    assert (channel["corroboration"], channel["last_contact"]["end"]) == ("us", "2024-01-09")
    assert channel["history"][0]["recorded_by"] == "a reviewer"
    assert all(api.get(path).headers["ETag"] != etag for path, etag in before.items())


def test_what_the_release_says_of_the_contact_is_proposed_and_recorded(
    api: Api, reviewer: dict[str, str], talks: dict[str, Any]
) -> None:
    proposed = talks["question"]["proposed"]
    told = {name: proposed["contact"][name] for name in ("form", "place", "persons", "round")}
    assert told == {"form": "in person", "place": "Pentagon", "persons": None, "round": 17}
    assert proposed["cause"] == "", "no release says why"
    assert_problem(api.decide(talks, decision="accept", contact={"asked_by": "Narnia"}), 400, field="contact.asked_by")
    given = {"persons": "Two delegations.", "asked_by": "us"}
    assert api.decide(talks, decision="accept", contact=given).status_code == 200
    channel = api.json("/channels/dpct")
    met = channel["last_contact"]
    assert (met["form"], met["place"], met["persons"], met["round"]) == (
        "in person",
        "Pentagon",
        "Two delegations.",
        17,
    )
    assert met["asked_by"] == "us"
    assert channel["cause"] == "A contact was held, 8 Jan 2024.", "a plain sentence of what was reported"


def test_the_queue_never_moves_a_public_etag(api: Api, reviewer: dict[str, str]) -> None:
    before = api.get("/channels").headers["ETag"]
    (candidate,) = api.hand_in(AMERICAN)
    assert api.decide(candidate, decision="reject", note="An old readout.").status_code == 200
    assert api.get("/channels").headers["ETag"] == before


def test_the_word_of_both_sides_corroborates(api: Api, reviewer: dict[str, str], talks: dict[str, Any]) -> None:
    (both,) = api.hand_in(CHINESE)
    assert both["id"] == talks["id"]
    assert {sighting["release"]["side"] for sighting in both["sightings"]} == {"us", "cn"}
    assert_problem(api.decide(talks, decision="accept"), 412, field="If-Match", says="changed")
    assert api.decide(both, decision="accept").status_code == 200
    assert api.json("/channels/dpct")["corroboration"] == "both"


def test_a_second_side_after_the_decision_corroborates_too(
    api: Api, reviewer: dict[str, str], talks: dict[str, Any]
) -> None:
    api.decide(talks, decision="accept")
    assert api.json("/channels/dpct")["corroboration"] == "us"
    (again,) = api.hand_in(CHINESE)
    assert (again["id"], again["status"]) == (talks["id"], "pending")
    assert again["again"]
    assert api.decide(again, decision="accept").status_code == 200
    channel = api.json("/channels/dpct")
    assert (channel["corroboration"], channel["state"]) == ("both", "resumed")
    assert {source["side"] for source in channel["sources"]} == {"us", "cn"}


def test_a_correction_is_recorded_as_sent(api: Api, reviewer: dict[str, str], talks: dict[str, Any]) -> None:
    contact = {"outcome": "held", "date": "2024-01-07", "end": "2024-01-10", "form": "in person", "place": "Pentagon"}
    body = {"state": "active", "effective": "2024-01-09", "precision": "month", "contact": contact, "note": "Checked."}
    assert api.decide(talks, decision="accept", **body).status_code == 200
    channel = api.json("/channels/dpct")
    # In use after a cut is resumed; the row keeps the reviewer's word.
    assert (channel["state"], channel["since"]) == ("resumed", {"date": "2024-01", "precision": "month"})
    assert (channel["history"][0]["state"], channel["history"][0]["note"]) == ("active", "Checked.")
    met = channel["last_contact"]
    assert (met["date"]["date"], met["end"], met["form"], met["place"]) == (
        "2024-01-07",
        "2024-01-10",
        "in person",
        "Pentagon",
    )


def test_a_state_without_its_contact_and_a_contact_without_a_state(
    api: Api, reviewer: dict[str, str], talks: dict[str, Any]
) -> None:
    before = api.json("/channels/dpct")
    assert_problem(api.decide(talks, decision="accept", state=None, contact=None), 400, field="state", says="Nothing")
    assert api.decide(talks, decision="accept", state=None).status_code == 200
    after = api.json("/channels/dpct")
    assert (after["state"], after["last_contact"]["date"]["date"]) == (before["state"], "2024-01-08")


def test_null_for_the_contact_records_the_state_alone(
    api: Api, reviewer: dict[str, str], talks: dict[str, Any]
) -> None:
    before = len(api.json("/channels/dpct")["contacts"])
    assert api.decide(talks, decision="accept", contact=None).status_code == 200
    after = api.json("/channels/dpct")
    assert (after["state"], len(after["contacts"])) == ("resumed", before)


def test_a_contact_moved_to_another_day_drops_the_last_day_that_was_proposed(
    api: Api, reviewer: dict[str, str], talks: dict[str, Any]
) -> None:
    assert api.decide(talks, decision="accept", contact={"date": "2024-01-10"}).status_code == 200
    met = api.json("/channels/dpct")["last_contact"]
    assert (met["date"]["date"], met["end"], met["outcome"]) == ("2024-01-10", None, "held")


def test_a_decision_needs_the_version_that_was_read(api: Api, reviewer: dict[str, str], talks: dict[str, Any]) -> None:
    address, body = f"/candidates/{talks['id']}/review", {"decision": "accept"}
    assert_problem(api.post(address, json=body, headers=reviewer), 428, field="If-Match", says="ETag")
    assert_problem(api.post(address, json=body, headers=reviewer | {"If-Match": "*"}), 428, field="If-Match")
    for other in ('"999"', f'W/"{talks["version"]}"', str(talks["version"]), '""', "\x7f"):
        refused = api.post(address, json=body, headers=reviewer | {"If-Match": other})
        assert_problem(refused, 412, field="If-Match", says="has changed")
    assert api.get(f"/candidates/{talks['id']}", headers=reviewer).headers["ETag"] == f'"{talks["version"]}"'
    one_of = f'"999", "{talks["version"]}"'
    assert api.post(address, json=body, headers=reviewer | {"If-Match": one_of}).status_code == 200


def test_the_second_of_two_reviewers_hears_who_was_first_and_when(
    api: Api, reviewer: dict[str, str], talks: dict[str, Any]
) -> None:
    assert api.decide(talks, "admin", decision="accept").status_code == 200
    late = api.decide(talks, decision="reject", note="No.")
    assert_problem(late, 412, field="If-Match", says="admin-token was first: accepted at 1 Feb 2024 12:00 UTC")
    decided = api.json(f"/candidates/{talks['id']}", headers=reviewer)
    again = api.decide(decided, decision="reject", note="No.")
    assert_problem(again, 409, says="admin-token was first: accepted at 1 Feb 2024 12:00 UTC")


def test_a_rejection_leaves_the_record_alone_and_keeps_its_reason(
    api: Api, reviewer: dict[str, str], talks: dict[str, Any]
) -> None:
    rejected = api.decide(talks, decision="reject", note="An old readout.").get_json()
    assert (rejected["status"], rejected["decisions"][0]["note"]) == ("rejected", "An old readout.")
    assert api.json("/channels/dpct")["state"] == "suspended"


def test_the_queue_is_walked_by_cursor_newest_evidence_first(api: Api, reviewer: dict[str, str], clock: Clock) -> None:
    for day in range(1, 6):
        clock.advance(minutes=1)
        text = f"The U.S. and China held the Defense Policy Coordination Talks on March {day * 5}, 2023."
        api.hand_in(AMERICAN | {"text": text, "url": None, "published": f"2023-03-{day * 5:02}"})
    expected = [c["id"] for c in api.json("/candidates?limit=200", headers=reviewer)["candidates"]]
    walked, cursor = [], ""
    while cursor is not None:
        page = api.json(f"/candidates?limit=2&cursor={cursor}", headers=reviewer)
        walked += [candidate["id"] for candidate in page["candidates"]]
        cursor = page["next"]
    assert walked == expected == sorted(expected, reverse=True)
    assert len(walked) == 5
    cursor = api.json("/candidates?limit=2", headers=reviewer)["next"]
    assert_problem(api.get(f"/candidates?status=accepted&cursor={cursor}", headers=reviewer), 400, field="cursor")
    changes = api.json("/changes?limit=1")["next"]
    assert_problem(api.get(f"/candidates?cursor={changes}", headers=reviewer), 400, field="cursor")


def brought_back(api: Api, talks: dict[str, Any]) -> dict[str, Any]:
    """The talks, on the record by one side's word and brought back by the other's."""
    api.decide(talks, decision="accept")
    (again,) = api.hand_in(CHINESE)
    return again


def test_the_etag_names_the_rows_on_which_accepting_builds_and_others_are_stale(
    api: Api, reviewer: dict[str, str], talks: dict[str, Any], clock: Clock
) -> None:
    again = brought_back(api, talks)
    contact = api.json("/channels/dpct")["last_contact"]["id"]
    read = api.get(f"/candidates/{again['id']}", headers=reviewer)
    assert read.headers["ETag"] == etag_of(again)
    assert f"contact-{contact}" in read.get_json()["question"]["builds_on"]
    clock.advance(seconds=1)
    body = {"place": "Arlington", "reason": "It says so."}
    assert api.post(f"/claims/contact-{contact}/correction", json=body, headers=reviewer).status_code == 200
    clock.advance(seconds=1)
    assert_problem(api.decide(again, decision="accept"), 412, says="has changed since you opened it")
    assert api.json("/channels/dpct")["last_contact"]["place"] == "Arlington"
    fresh = api.json(f"/candidates/{again['id']}", headers=reviewer)
    assert api.decide(fresh, decision="accept").status_code == 200


def test_another_event_than_that_on_record_is_proposed_and_recorded_as_new(
    api: Api, reviewer: dict[str, str], talks: dict[str, Any]
) -> None:
    again = brought_back(api, talks)
    before = len(api.json("/channels/dpct")["contacts"])
    body = {"another": True, "state": None, "contact": {"date": "2024-01-20"}}
    assert api.decide(again, decision="accept", **body).status_code == 200
    contacts = api.json("/channels/dpct")["contacts"]
    assert len(contacts) == before + 1
    assert {contact["date"]["date"] for contact in contacts} >= {"2024-01-08", "2024-01-20"}
