"""What the reviewer's calls refuse: each in words that name the field, and nothing is recorded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import THEN, Shipped
from tests.site import Site
from tests.web.api_client import AMERICAN, Api, api_over, assert_problem


@pytest.fixture(scope="module")
def api(shipped: Shipped, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """The record as of 2023-11-01, for tests that leave it alone."""
    with api_over(shipped, tmp_path_factory.mktemp("refusals"), THEN) as api:
        yield api


@pytest.fixture(scope="module")
def reviewer(api: Api) -> dict[str, str]:
    return api.token("reviewer")


@pytest.fixture(scope="module")
def talks(api: Api) -> dict[str, Any]:
    """A candidate that waits, and goes on waiting."""
    (candidate,) = api.hand_in(AMERICAN)
    return candidate


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"decision": "maybe"}, "decision"),
        ({}, "decision"),
        ({"decision": "reject"}, "note"),
        ({"decision": "reject", "note": "  "}, "note"),
        ({"decision": "reject", "note": "No.", "state": "active"}, "state"),
        ({"decision": "accept", "state": "open"}, "state"),
        ({"decision": "accept", "effective": "2024-02-30"}, "effective"),
        ({"decision": "accept", "effective": "２０２４-01-09"}, "effective"),
        ({"decision": "accept", "effective": 20240109}, "effective"),
        ({"decision": "accept", "effective": "2024-01", "precision": "day"}, "precision"),
        ({"decision": "accept", "state": None, "effective": "2024-01-09"}, "effective"),
        ({"decision": "accept", "expected": "2024-06"}, "expected"),
        ({"decision": "accept", "cause": ""}, "cause"),
        ({"decision": "accept", "note": "x" * 1001}, "note"),
        ({"decision": "accept", "contact": "held"}, "contact"),
        ({"decision": "accept", "contact": {"outcome": None}}, "contact.outcome"),
        ({"decision": "accept", "contact": {"end": "2024-01"}}, "contact.end"),
        ({"decision": "accept", "contact": {"end": "2023-01-01"}}, "contact.end"),
        ({"decision": "accept", "contact": {"asked_by": "zz"}}, "contact.asked_by"),
        ({"decision": "accept", "contact": {"wher": "here"}}, "wher"),
        ({"decision": "accept", "effectiv": "2024-01-09"}, "effectiv"),
    ],
)
def test_a_decision_that_cannot_be_names_its_field_and_records_nothing(
    api: Api, reviewer: dict[str, str], talks: dict[str, Any], body: dict[str, Any], field: str
) -> None:
    before = api.get("/channels/dpct").data
    assert_problem(api.decide(talks, **body), 400, field=field)
    assert api.get("/channels/dpct").data == before
    assert api.json(f"/candidates/{talks['id']}", headers=reviewer)["status"] == "pending"


def test_the_queue_is_filtered_by_status(api: Api, reviewer: dict[str, str], talks: dict[str, Any]) -> None:
    assert [c["id"] for c in api.json("/candidates", headers=reviewer)["candidates"]] == [talks["id"]]
    assert api.json("/candidates?status=accepted", headers=reviewer)["candidates"] == []
    assert_problem(api.get("/candidates?status=open", headers=reviewer), 400, field="status", says="pending")


@pytest.mark.parametrize("number", [0, 999, 2**63 - 1])
def test_a_candidate_that_is_not_there_is_not_found(api: Api, reviewer: dict[str, str], number: int) -> None:
    assert_problem(api.get(f"/candidates/{number}", headers=reviewer), 404)


def test_a_number_beyond_all_candidates_is_not_found(api: Api, reviewer: dict[str, str]) -> None:
    assert_problem(api.client.get(f"/api/v1/candidates/{10**40}", headers=reviewer), 404)


@pytest.mark.parametrize(
    ("change", "field", "says"),
    [
        ({"side": None}, "side", "string"),
        ({"side": "uk"}, "side", "third-party"),
        ({"lang": "fr"}, "lang", "en, zh"),
        ({"published": "2024-01"}, "published", "YYYY-MM-DD"),
        ({"published": None}, "published", "YYYY-MM-DD"),
        ({"published": "0001-01-01"}, "published", "1900"),
        ({"published": "9999-12-31"}, "published", "2199"),
        ({"published": "2024-02-04"}, "published", "Give the day on which it was published, 2024-02-02 at the latest."),
        ({"url": "ftp://example.org/x"}, "url", "https"),
        ({"relationship": "us-uk"}, "relationship", "us-china"),
        ({"title": " ", "text": ""}, "text", "title and a text"),
        ({"titel": "x"}, "titel", "Did you mean title?"),
        ({"title": "Talks\0 held"}, None, "U+0000"),
        ({"title": None, "text": None, "url": None}, "text", "or a url"),
        # A page on a private address is not fetched for anybody.
        ({"title": None, "text": None, "url": "http://127.0.0.1/x"}, "url", "127.0.0.1"),
        ({"title": None, "text": None, "url": "http://[::1"}, "url", "http"),
    ],
)
def test_a_release_that_cannot_be_taken_names_its_field(
    api: Api, reviewer: dict[str, str], change: dict[str, Any], field: str, says: str
) -> None:
    assert_problem(api.post("/releases", json=AMERICAN | change, headers=reviewer), 400, field=field, says=says)


def test_nothing_of_the_queue_is_kept_on_the_way(api: Api, reviewer: dict[str, str], talks: dict[str, Any]) -> None:
    for path in ("/candidates", f"/candidates/{talks['id']}"):
        assert api.get(path, headers=reviewer).headers["Cache-Control"] == "no-store"
        assert api.get(path).headers["Cache-Control"] == "no-store"


def faults_of(response: Any) -> list[str | None]:
    """The fields of all that is wrong; the first is told as the problem itself, too."""
    body = response.get_json()
    first = body["errors"][0]
    assert all(one["detail"] and one["remedy"] for one in body["errors"])
    assert {name: body.get(name) for name in ("detail", "remedy", "field")} == {
        name: first.get(name) for name in ("detail", "remedy", "field")
    }
    return [one.get("field") for one in body["errors"]]


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (
            {"decision": "maybe", "effective": "2024-02-30", "contact": {"end": "soon"}},
            ["decision", "effective", "contact.end"],
        ),
        ({"decision": "accept", "effectiv": "2024", "stat": "active"}, ["effectiv", "stat"]),
        (
            {
                "decision": "accept",
                "contact": {"end": "2023-01-01", "round": 1000, "asked_by": "zz"},
                "levels": {"uk": "working"},
            },
            ["contact.end", "contact.round", "contact.asked_by", "levels"],
        ),
        (
            {"decision": "accept", "state": None, "effective": "2024-01-09", "contact": {"outcome": None}},
            ["effective", "contact.outcome"],
        ),
    ],
)
def test_all_that_is_wrong_with_a_decision_is_told_at_once(
    api: Api, reviewer: dict[str, str], talks: dict[str, Any], body: dict[str, Any], fields: list[str]
) -> None:
    headers = reviewer | {"If-Match": f'"{talks["version"]}"'}
    answer = api.post(f"/candidates/{talks['id']}/review", json=body, headers=headers)
    assert answer.status_code == 400
    assert faults_of(answer) == fields


@pytest.mark.parametrize(
    ("call", "body", "fields"),
    [
        ("change-1/correction", {"reason": " ", "place": "x", "state": None}, ["place", "state", "reason"]),
        ("contact-1/correction", {"reason": "x", "end": "1990-01-01", "asked_by": "zz"}, ["end", "asked_by"]),
        ("contact-1/correction", {"end": "soon", "announced": "later"}, ["end", "announced", "reason"]),
        (
            "change-1/sources",
            {"url": "ftp://x", "title": "x", "publisher": "x", "side": "uk", "published": "2031-01-10"},
            ["url", "side", "published"],
        ),
    ],
)
def test_all_that_is_wrong_with_an_amendment_is_told_at_once(
    api: Api, reviewer: dict[str, str], call: str, body: dict[str, Any], fields: list[str]
) -> None:
    answer = api.post(f"/claims/{call}", json=body, headers=reviewer)
    assert answer.status_code == 400
    assert sorted(faults_of(answer), key=fields.index) == fields
    assert api.json("/corrections")["count"] == 0


UNREAD = {"title": None, "text": None}
"""A release of which only the address is sent."""


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"side": "uk", "lang": "fr", "published": "2031-01-10"}, ["side", "lang", "published"]),
        ({"relationship": "us-uk", "side": "uk", "lang": "fr"}, ["relationship", "side", "lang"]),
        ({"url": "ftp://example.org/x", "title": " ", "text": "", "published": None}, ["text", "published", "url"]),
        ({"side": "uk", "published": "2031-01-10", "url": "http://[::1"}, ["side", "published", "url"]),
        (UNREAD | {"side": "uk", "lang": "fr", "url": None}, ["side", "lang", "text"]),
        (UNREAD | {"side": "uk", "lang": "fr", "url": "ftp://example.org/x"}, ["side", "lang", "url"]),
    ],
)
def test_all_that_is_wrong_with_a_release_is_told_at_once(
    api: Api, reviewer: dict[str, str], change: dict[str, Any], fields: list[str]
) -> None:
    answer = api.post("/releases", json=AMERICAN | change, headers=reviewer)
    assert answer.status_code == 400
    assert faults_of(answer) == fields


def test_no_page_is_fetched_for_a_call_that_is_refused_anyway(
    api: Api, reviewer: dict[str, str], through: Site
) -> None:
    page = UNREAD | {"url": "http://ministry.invalid/talks", "published": None}
    answer = api.post("/releases", json=AMERICAN | page | {"side": "uk", "lang": "fr"}, headers=reviewer)
    assert faults_of(answer) == ["side", "lang"]
    assert through.seen == []
    api.post("/releases", json=AMERICAN | page, headers=reviewer)
    assert through.seen != []


def test_one_thing_that_is_wrong_is_the_problem_itself(api: Api, reviewer: dict[str, str]) -> None:
    answer = api.post("/claims/contact-1/correction", json={"reason": "x", "round": 1000}, headers=reviewer)
    assert_problem(answer, 400, field="round", says="no number of a round")
    assert "errors" not in answer.get_json()
