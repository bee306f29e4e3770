"""The reviewer's calls for what is probably nothing, for splitting and for merging."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.make import sighting
from tests.test_intake import DOUBTS, NOTHING
from tests.test_regroup import LATER, ON_8, ON_9, ON_20
from tests.test_review import CN, US, arrive
from tests.web.api_client import Api, assert_problem
from tracker.model import PartialDate
from tracker.service import Service


@pytest.fixture
def api(seeded_2023: Service) -> Api:
    return Api(seeded_2023)


@pytest.fixture
def reviewer(api: Api) -> dict[str, str]:
    return api.token("reviewer")


@pytest.fixture
def both(api: Api, reviewer: dict[str, str]) -> dict[str, Any]:
    """A candidate that the releases of both sides tell of, as read."""
    arrive(api.service, US, ON_8)
    (found,) = arrive(api.service, CN, ON_9)
    return api.json(f"/candidates/{found.id}", headers=reviewer)


def regroup(api: Api, move: str, found: dict[str, Any], role: str = "reviewer", **body: Any) -> Any:
    headers = api.token(role) | {"If-Match": f'"{found["version"]}"'}
    return api.post(f"/candidates/{found['id']}/{move}", json=body, headers=headers)


def ids(found: dict[str, Any], side: str) -> list[int]:
    return [seen["id"] for seen in found["sightings"] if seen["release"]["side"] == side]


def test_what_is_probably_nothing_is_listed_apart_with_its_doubts(api: Api, reviewer: dict[str, str]) -> None:
    arrive(api.service, US, replace(NOTHING, undated="no day is given", persons=("us-a",), round=17))
    assert api.json("/candidates", headers=reviewer)["candidates"] == []
    answer = api.json("/candidates?status=unlikely", headers=reviewer)
    (found,) = answer["candidates"]
    assert (answer["pending"], found["status"]) == (0, "unlikely")
    said = found["sightings"][0]
    assert (said["flagged"], said["doubts"]) == (False, list(DOUBTS))
    assert (said["undated"], said["persons"], said["round"]) == ("no day is given", ["us-a"], 17)
    assert found["question"]["proposed"]["state"] == "resumed", "it can be decided"
    assert "openlines_candidates_pending 0" in api.get("/metrics").get_data(as_text=True)
    assert api.decide(found, decision="accept").get_json()["status"] == "accepted"


def test_nobody_outside_sees_what_is_probably_nothing(api: Api) -> None:
    paths = ("/channels/dpct", "/changes", "/contacts", "/feeds", "/relationships")
    before = {path: api.get(path).headers["ETag"] for path in paths}
    arrive(api.service, US, NOTHING)
    assert {path: api.get(path).headers["ETag"] for path in paths} == before


def test_words_of_releases_narrow_the_list_page_by_page(api: Api, reviewer: dict[str, str]) -> None:
    for month in (1, 2, 3):
        document = replace(US, title=f"Talks of month {month}", url=f"https://us.example/{month}")
        arrive(api.service, document, sighting(date=PartialDate(f"2022-0{month}-05"), starts=None))
    arrive(api.service, LATER, ON_20)
    assert len(api.json("/candidates", headers=reviewer)["candidates"]) == 4
    first = api.json("/candidates?q=talks+of+MONTH&limit=2", headers=reviewer)
    second = api.json(f"/candidates?q=talks+of+MONTH&limit=2&cursor={first['next']}", headers=reviewer)
    titles = [c["sightings"][0]["release"]["title"] for page in (first, second) for c in page["candidates"]]
    assert titles == ["Talks of month 3", "Talks of month 2", "Talks of month 1"]
    assert second["next"] is None
    other = api.get(f"/candidates?q=other&cursor={first['next']}", headers=reviewer)
    assert_problem(other, 400, field="cursor")


def test_a_sighting_says_why_it_joined(both: dict[str, Any]) -> None:
    assert [seen["joined_because"] for seen in both["sightings"]] == [
        "Their dates meet: 8 Jan 2024 and 9 Jan 2024.",
        None,
    ]


def test_a_split_answers_both_candidates_and_a_merge_takes_it_back(api: Api, both: dict[str, Any]) -> None:
    answer = regroup(api, "split", both, sightings=ids(both, "cn"))
    assert answer.status_code == 200
    rest, own = answer.get_json()["candidate"], answer.get_json()["into"]
    assert answer.headers["ETag"] == f'"{rest["version"]}"'
    assert (rest["id"], rest["date"]["date"], own["date"]["date"]) == (both["id"], "2024-01-08", "2024-01-09")
    assert rest["regroupings"] == own["regroupings"]
    assert rest["regroupings"][0] == {
        "move": "split",
        "taken_from": rest["id"],
        "given_to": own["id"],
        "sightings": ids(both, "cn"),
        "by": "reviewer-token",
        "at": "2024-02-01T12:00:00Z",
        "note": None,
    }
    back = regroup(api, "merge", own, into=rest["id"]).get_json()
    assert (back["candidate"]["status"], back["candidate"]["merged_into"]) == ("merged", rest["id"])
    assert len(back["into"]["sightings"]) == 2
    again = regroup(api, "merge", back["candidate"], into=rest["id"])
    assert_problem(again, 409, says=f"was merged into {rest['id']}")
    assert_problem(api.decide(back["candidate"], decision="accept"), 409, says="reviewer-token was first: merged it")


def test_the_etag_of_a_split_is_that_of_the_candidate_as_a_decision_needs_it(seeded: Service) -> None:
    """Also where the record tells of it already: accepting then builds on rows that the ETag names."""
    api = Api(seeded)
    arrive(seeded, US, ON_9)
    (told,) = arrive(seeded, CN, ON_9)
    headers = api.token("reviewer")
    address = f"/candidates/{told.id}"
    queued = api.post(f"{address}/queue", headers=headers | {"If-Match": f'"{told.version}"'}).get_json()
    answer = regroup(api, "split", queued, sightings=ids(queued, "cn"))
    rest = answer.get_json()["candidate"]
    assert rest["question"]["builds_on"]
    assert answer.headers["ETag"] == api.get(address, headers=headers).headers["ETag"]
    sent = headers | {"If-Match": answer.headers["ETag"]}
    assert api.post(f"{address}/review", json={"decision": "accept"}, headers=sent).status_code == 200


def test_moves_need_the_version_that_was_read_and_say_who_was_first(
    api: Api, reviewer: dict[str, str], both: dict[str, Any]
) -> None:
    body = {"sightings": ids(both, "cn")}
    assert_problem(api.post(f"/candidates/{both['id']}/split", json=body, headers=reviewer), 428, field="If-Match")
    assert regroup(api, "split", both, "admin", **body).status_code == 200
    for move, sent in (("split", body), ("merge", {"into": 2})):
        late = regroup(api, move, both, **sent)
        assert_problem(late, 412, field="If-Match", says="by admin-token at 1 Feb 2024 12:00 UTC")


def test_what_was_decided_is_not_regrouped_before_it_is_undone(api: Api, both: dict[str, Any]) -> None:
    decided = api.decide(both, decision="accept").get_json()
    arrive(api.service, LATER, ON_20)
    assert_problem(regroup(api, "split", decided, sightings=ids(both, "cn")), 409, says="Undo that decision first")
    assert_problem(regroup(api, "merge", decided, into=2), 409, says="Undo that decision first")


@pytest.mark.parametrize(
    ("move", "body", "field"),
    [
        ("split", {}, "sightings"),
        ("split", {"sightings": []}, "sightings"),
        ("split", {"sightings": [0]}, "sightings.0"),
        ("split", {"sightings": ["1"]}, "sightings.0"),
        ("split", {"sightings": [99]}, "sightings"),
        ("merge", {}, "into"),
        ("merge", {"into": 99}, "into"),
        ("merge", {"into": True}, "into"),
        ("merge", {"into": 2**70}, "into"),
        ("merge", {"onto": 1}, "onto"),
    ],
)
def test_a_body_that_cannot_be_is_refused_by_field(
    api: Api, both: dict[str, Any], move: str, body: dict[str, Any], field: str
) -> None:
    assert_problem(regroup(api, move, both, **body), 400, field=field)


def test_a_candidate_that_is_not_there_is_not_found(api: Api, both: dict[str, Any]) -> None:
    assert_problem(regroup(api, "merge", both | {"id": 77}, into=1), 404)
