"""The reviewer's calls for later, another channel, a second person, and many at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from tests.make import sighting
from tests.test_regroup import ON_8
from tests.test_review import CN, US, arrive
from tests.web.api_client import Api, assert_problem
from tracker.model import PartialDate, Signal, State
from tracker.service import Service

CUT = sighting(signal=Signal.SUSPENDED, date=PartialDate("2024-01-20"), starts=None)


@pytest.fixture
def api(seeded_2023: Service) -> Api:
    """One candidate waits, with number 1; what cuts a channel asks for two."""
    arrive(seeded_2023, US, ON_8)
    settings = replace(seeded_2023.settings, second_person=frozenset({State.SUSPENDED, State.ENDED}))
    return Api(replace(seeded_2023, settings=settings))


def read(api: Api, number: int = 1) -> dict[str, Any]:
    return api.json(f"/candidates/{number}", headers=api.token("reviewer"))


def listed(api: Api, asked: str = "") -> tuple[int, list[int]]:
    answer = api.json(f"/candidates{asked}", headers=api.token("reviewer"))
    return answer["pending"], [one["id"] for one in answer["candidates"]]


def send(api: Api, call: str, found: dict[str, Any], role: str = "reviewer", **body: Any) -> Any:
    headers = api.token(role) | {"If-Match": f'"{found["version"]}"'}
    sent = {"json": body} if body else {}
    return api.post(f"/candidates/{found['id']}/{call}", headers=headers, **sent)


def test_later_leaves_the_list_until_its_instant_and_says_who_until_when_and_why(api: Api) -> None:
    held = send(api, "later", read(api), reason="They answer soon.", until="2024-02-03T00:00:00+08:00").get_json()
    assert held["held"] == {
        "by": "reviewer-token",
        "at": "2024-02-01T12:00:00Z",
        "until": "2024-02-02T16:00:00Z",
        "reason": "They answer soon.",
    }
    assert (listed(api), listed(api, "?held=true")) == ((0, []), (0, [1]))
    assert "openlines_candidates_pending 0" in api.get("/metrics").get_data(as_text=True)
    api.service.clock.advance(days=2)
    assert (listed(api), listed(api, "?held=true"), read(api)["held"]) == ((1, [1]), (1, []), None)


def test_what_was_put_aside_is_brought_back(api: Api) -> None:
    held = send(api, "later", read(api), reason="They answer soon.").get_json()
    assert held["held"]["until"] is None
    assert send(api, "release", held).get_json()["held"] is None
    assert listed(api) == (1, [1])
    assert_problem(send(api, "release", read(api)), 409, says="not put aside")


def test_what_is_unlikely_or_was_told_of_is_put_in_the_queue_and_nothing_else_is(api: Api) -> None:
    unlikely = replace(US, url="https://us.example/unlikely", title="Perhaps", published=date(2023, 3, 5))
    arrive(api.service, unlikely, sighting(flagged=False, date=PartialDate("2023-03-05"), starts=None))
    queued = send(api, "queue", read(api, 2)).get_json()
    assert (queued["status"], queued["again"][:26]) == ("pending", "reviewer-token put it in t")
    assert_problem(send(api, "queue", queued), 409, says="Candidate 2 is pending")


def test_another_channel_answers_both_and_back_takes_it_back(api: Api) -> None:
    moved = send(api, "channel", read(api), channel="mmca", note="Maritime.").get_json()
    old, new = moved["candidate"], moved["into"]
    assert (old["status"], old["merged_into"], new["channel"]) == ("merged", new["id"], "mmca")
    assert (new["regroupings"][0]["move"], new["regroupings"][0]["note"]) == ("channel", "Maritime.")
    back = send(api, "channel/back", new).get_json()
    assert (back["candidate"]["merged_into"], back["into"]["id"], back["into"]["status"]) == (1, 1, "pending")
    again = send(api, "channel/back", read(api)).get_json()
    assert (again["candidate"]["merged_into"], again["into"]["channel"]) == (new["id"], "mmca"), "and again"


def test_nothing_goes_back_where_nothing_was_moved(api: Api) -> None:
    assert_problem(send(api, "channel/back", read(api)), 409, says="Nothing was moved")


def test_two_tokens_record_a_cut(api: Api) -> None:
    assert api.decide(read(api), decision="accept").get_json()["status"] == "accepted"
    api.service.clock.advance(minutes=1)
    (found,) = arrive(api.service, replace(CN, url="https://cn.example/cut", title="Cut"), CUT)
    waits = api.decide(read(api, found.id), decision="accept", note="Both ministries.").get_json()
    first = waits["first_word"]
    assert (waits["status"], first["by"], first["note"]) == ("pending", "reviewer-token", "Both ministries.")
    assert first["choice"]["state"] == "suspended"
    assert api.json("/channels/dpct")["state"] == "resumed"
    assert_problem(send(api, "second", waits, answer="confirmed"), 403, says="a second person")
    assert_problem(send(api, "second", waits, "admin", answer="refused"), 400, field="reason", says="needs a reason")
    assert_problem(api.decide(waits, "admin", decision="accept"), 409, says="waits for a second person")
    api.service.clock.advance(minutes=1)
    done = send(api, "second", waits, "admin", answer="confirmed").get_json()
    assert (done["status"], done["first_word"]) == ("accepted", None)
    assert done["second_words"] == [
        {
            "first_by": "reviewer-token",
            "answer": "confirmed",
            "by": "admin-token",
            "at": "2024-02-01T12:02:00Z",
            "note": None,
        }
    ]
    assert api.json("/channels/dpct")["state"] == "suspended"


def test_a_first_word_is_refused_or_withdrawn(api: Api) -> None:
    api.decide(read(api), decision="accept")
    (found,) = arrive(api.service, replace(CN, url="https://cn.example/cut", title="Cut"), CUT)
    waits = api.decide(read(api, found.id), decision="accept").get_json()
    refused = send(api, "second", waits, "admin", answer="refused", note="One round only.").get_json()
    assert (refused["status"], refused["first_word"], refused["second_words"][0]["note"]) == (
        "pending", None, "One round only.",
    )  # fmt: skip
    waits = api.decide(refused, decision="accept").get_json()
    withdrawn = send(api, "second", waits, answer="withdrawn").get_json()
    assert [word["answer"] for word in withdrawn["second_words"]] == ["refused", "withdrawn"]
    assert_problem(send(api, "second", withdrawn, answer="withdrawn"), 409, says="no second person")


def test_many_are_rejected_and_what_changed_is_skipped_and_named(api: Api) -> None:
    arrive(api.service, replace(US, url="https://us.example/2", title="No call"), sighting(signal=Signal.REFUSED))
    seen = [{"id": number, "version": read(api, number)["version"]} for number in (1, 2)]
    arrive(api.service, CN, ON_8)
    body = {"candidates": [*seen, {"id": 99, "version": 1}], "reason": "No update."}
    answer = api.post("/candidates/reject", json=body, headers=api.token("reviewer")).get_json()
    assert [(one["id"], one["status"], one["decisions"][0]["note"]) for one in answer["rejected"]] == [
        (2, "rejected", "No update.")
    ]
    assert {one["id"]: one["why"][:30] for one in answer["skipped"]} == {
        1: "Candidate 1 has changed since ",
        99: "There is no candidate 99.",
    }
    assert listed(api) == (1, [1])


@pytest.mark.parametrize(
    ("call", "body", "field"),
    [
        ("1/later", {}, "reason"),
        ("1/later", {"reason": " "}, "reason"),
        ("1/later", {"reason": "Soon.", "until": "soon"}, "until"),
        ("1/later", {"reason": "Soon.", "until": "2024-01-01"}, "until"),
        ("1/channel", {}, "channel"),
        ("1/channel", {"channel": "nowhere"}, "channel"),
        ("1/channel", {"channel": "dpct"}, "channel"),
        ("1/second", {"answer": "perhaps"}, "answer"),
        ("reject", {"candidates": [], "reason": "No."}, "candidates"),
        ("reject", {"candidates": [{"id": 1}], "reason": "No."}, "candidates.0.version"),
        ("reject", {"candidates": [{"id": 1, "version": 2}], "reason": ""}, "note"),
    ],
)
def test_a_body_that_cannot_be_is_refused_by_field(api: Api, call: str, body: dict[str, Any], field: str) -> None:
    headers = api.token("reviewer") | {"If-Match": '"2"'}
    assert_problem(api.post(f"/candidates/{call}", json=body, headers=headers), 400, field=field)
    assert listed(api) == (1, [1])


@pytest.mark.parametrize("call", ["later", "release", "queue", "channel", "channel/back", "second"])
def test_each_needs_the_version_that_was_read(api: Api, call: str) -> None:
    body = {"reason": "Soon.", "channel": "mmca", "answer": "confirmed"}
    wanted = {"later": "reason", "channel": "channel", "second": "answer"}.get(call)
    sent = {"json": {wanted: body[wanted]}} if wanted else {}
    address = f"/candidates/1/{call}"
    assert_problem(api.post(address, headers=api.token("reviewer"), **sent), 428, field="If-Match")
    stale = api.token("reviewer") | {"If-Match": '"1"'}
    assert_problem(api.post(address, headers=stale, **sent), 412, field="If-Match")
