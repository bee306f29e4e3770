"""What every call refuses: a table made from the document, so that a new call is in it from its first day."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from werkzeug.test import TestResponse

from tests.conftest import EVERYTHING, Shipped
from tests.web.api_client import Api, api_over, assert_problem


@pytest.fixture(scope="module")
def api(shipped: Shipped, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """The whole record, for tests that leave it alone."""
    with api_over(shipped, tmp_path_factory.mktemp("errors"), EVERYTHING) as api:
        yield api


def calls_of(api: Api) -> Iterator[tuple[str, str, set[str]]]:
    """Method, address and query parameters of every call in the document, health apart."""
    for path, operations in api.document["paths"].items():
        if path.startswith("/api/v1"):
            address = re.sub(r"\{\w+\}", "1", path.removeprefix("/api/v1").replace("{slug}", "dpct"))
            for method, operation in operations.items():
                asked = {p["name"] for p in operation.get("parameters", []) if p["in"] == "query"}
                yield method.upper(), address.replace("/claims/1", "/claims/change-1"), asked


REQUIRED = {
    "/search": "q=talks",
    "/brief": "after=2024-01-01",
    "/diff": "from=2024-01-01",
    "/citation": "path=/channels/dpct",
}
"""What a call cannot do without, so that only what is wrong is wrong."""

WRONG = {
    "an unknown parameter": ("colour=red", None, "colour", "not known here"),
    "the same parameter twice": ("colour=red&colour=blue", None, "colour", "Give it once"),
    "10 kB": ("words=" + "x" * 10_000, None, "words", "8,000"),
    "a day that there is not": ("as_of=2024-02-30", "as_of", "as_of", "YYYY-MM-DD"),
    "a month alone": ("as_of=2024-02", "as_of", "as_of", "YYYY-MM-DD"),
    "an instant that there is not": ("known_at=2024-02-30T12:00:00Z", "known_at", "known_at", "2024-01-09T12:00:00Z"),
    "an instant without its signs": ("known_at=20240109", "known_at", "known_at", "2024-01-09T12:00:00Z"),
    "a week": ("known_at=2024-W02", "known_at", "known_at", "2024-01-09T12:00:00Z"),
    "a moment to come": ("known_at=2199-01-01", "known_at", "known_at", "up to now"),
    "a cursor that is none": ("cursor=eyJ4", "cursor", "cursor", "leave it out"),
    "no entries": ("limit=0", "limit", "limit", "Send 1 or more"),
    "an order that there is not": ("sort=colour", "sort", "sort", "It is one of"),
    "a field that there is not": ("fields=colour", "fields", "fields", "no field"),
    "a category that there is not": ("category=naval", "category", "category", "military"),
    "a day to come": ("to=2199-01-01T00:00:00Z", "to", "to", ""),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_every_call_refuses_what_it_cannot_take_with_field_and_remedy(api: Api, wrong: str) -> None:
    query, declared, field, says = WRONG[wrong]
    asked = 0
    for method, address, parameters in calls_of(api):
        if declared is None or declared in parameters:
            needed = REQUIRED.get(address, "")
            response = api.ask(method, f"{address}?{query}&{needed}".strip("&"), headers=asking(api, method), json={})
            assert_problem(response, 400, field=field, says=says)
            assert response.get_json()["remedy"], (method, address)
            assert response.headers["Cache-Control"] == "no-store"
            asked += 1
    assert asked


def asking(api: Api, method: str) -> dict[str, str]:
    return api.token("reviewer") | ({"If-Match": '"1"'} if method == "POST" else {})


def test_a_span_that_ends_before_it_begins_is_refused(api: Api) -> None:
    for path in ("/diff", "/channels/dpct/coverage"):
        response = api.get(f"{path}?from=2024-01-09&to=2024-01-02")
        assert_problem(response, 400, field="from")
        assert response.get_json()["remedy"]


@pytest.mark.parametrize("path", ["/api/", "/api/v1", "/api/v2/channels", "/api/v1/channels/", "/api/v1/nothing"])
def test_an_address_that_is_none_is_a_problem_that_leads_on(api: Api, path: str) -> None:
    response = api.client.get(path)
    assert_problem(response, 404, says="/api/docs lists all calls")
    assert response.headers["Cache-Control"] == "no-store"


def test_a_method_that_a_call_does_not_take_names_those_that_it_does(api: Api) -> None:
    for path, operations in api.document["paths"].items():
        if path.startswith("/api/"):
            for method in {"put", "patch", "delete", "post", "get"} - set(operations):
                response: TestResponse = api.client.open(re.sub(r"\{\w+\}", "1", path), method=method.upper())
                assert_problem(response, 405, says="Send ")
                assert {name.upper() for name in operations} <= set(response.headers["Allow"].split(", "))


def test_the_document_takes_no_parameters(api: Api) -> None:
    assert_problem(api.client.get("/api/v1/openapi.json?version=1"), 400, field="version", says="Send none")


def test_every_problem_says_no_more_than_its_schema(api: Api) -> None:
    problem = api.document["components"]["schemas"]["Problem"]
    assert set(problem["required"]) == {"type", "title", "status", "detail"}
    assert set(problem["properties"]) == {"type", "title", "status", "detail", "remedy", "field", "errors"}


@pytest.mark.parametrize(
    ("query", "field", "says"),
    [
        ("limit=0", "limit", "limit is 0. Send 1 or more."),
        ("limit=abc", "limit", "limit is 'abc', which is no whole number."),
        ("cursor=" + "x" * 1_500, "cursor", "cursor has 1,500 characters, and at most"),
    ],
)
def test_a_number_or_a_length_that_cannot_be_is_told_in_our_own_words(
    api: Api, query: str, field: str, says: str
) -> None:
    assert_problem(api.get(f"/changes?{query}"), 400, field=field, says=says)
