"""What the addresses of pages may carry: nothing is silently ignored but the marks that other sites add."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

import pytest

from tests.conftest import EVERYTHING, Shipped
from tests.web.api_client import Api, api_over, assert_problem
from tests.web.test_pages import words_of

PAGES = ["/", "/channels/dpct", "/figures", "/changes", "/contacts", "/corrections", "/search", "/feeds", "/method"]
PAGES += ["/feeds/mnd-news"]


@pytest.fixture(scope="module")
def api(shipped: Shipped, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """The whole record, for tests that only read."""
    with api_over(shipped, tmp_path_factory.mktemp("record"), EVERYTHING) as api:
        yield api


@pytest.mark.parametrize("page", [*PAGES, "/claims/change-1"])
def test_a_page_refuses_what_it_does_not_know_and_opens_with_the_marks_of_other_sites(api: Api, page: str) -> None:
    refused = api.client.get(f"{page}?foo=1")
    assert (refused.status_code, "'foo' is not known here" in words_of(refused.text)) == (400, True)
    assert api.client.get(f"{page}?utm_source=x&fbclid=1&gclid=2").status_code == 200


ONES = {"slug": "dpct", "claim": "change-1", "name": "change-1", "chosen": "en", "filename": "icon.svg", "asked": "0"}
"""What stands in the addresses of routes that have a part of their own; a secret is anything."""


def public_routes(api: Api) -> list[str]:
    """An address of every route that anybody may read."""
    views = api.app.view_functions
    rules = [rule for rule in api.app.url_map.iter_rules() if "GET" in rule.methods]
    public = [rule.rule for rule in rules if getattr(views[rule.endpoint], "open_to", "public") == "public"]
    known = [rule.replace("/feeds/<slug>", "/feeds/mnd-news") for rule in public]
    return [re.sub(r"<(?:\w+:)?(\w+)>", lambda part: ONES.get(part[1], "1"), rule) for rule in known]


def test_no_public_route_ignores_a_parameter_that_it_does_not_know(api: Api) -> None:
    """A view that is new says what it takes, or takes nothing."""
    probed = {"/healthz", "/readyz", "/metrics"}
    for route in probed:
        assert api.client.get(f"{route}?against-caches=1").status_code in (200, 503), route
    routes = [route for route in public_routes(api) if route not in probed]
    assert {"/", "/cite", "/subscribe", "/api/docs", "/api/v1/openapi.json", "/claims/change-1/proof"} <= {*routes}
    assert len(routes) > 50
    for route in routes:
        for method in ("GET", "HEAD"):
            refused = api.client.open(f"{route}?known-to-nobody=1", method=method)
            assert (refused.status_code, route) == (400, route), method
        told = api.client.get(f"{route}?known-to-nobody=1")
        if told.mimetype == "application/problem+json":
            assert told.get_json()["field"] == "known-to-nobody", route
            assert told.get_json()["remedy"], route
        else:
            assert "'known-to-nobody' is not known here" in words_of(told.text), route


TYPED_FREELY = {"q", "title", "next", "done", "asked"}
"""Parameters that take any words, or tell an admin what they did a moment ago."""


def test_no_public_route_takes_a_value_that_it_cannot_heed(api: Api) -> None:
    """A parameter that is documented and ignored would take anything."""
    taken = []
    for route in public_routes(api):
        endpoint, _ = api.app.url_map.bind("localhost").match(route, "GET")
        names = names_of(api, endpoint)
        for name in {*names} - TYPED_FREELY:
            answer = api.client.get(f"{route}?{name}=nothing%20of%20ours")
            if answer.status_code == 200:
                taken.append(f"{route}?{name}")
    assert taken == []


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("/cite?path=/&foo=1", "'foo' is not known here"),
        ("/cite?path=/&as_of=2022-13-45", "'as_of' is not known here"),
        ("/cite?path=/&form=xx", "Did you mean format?"),
        ("/subscribe?as_of=9999", "'as_of' is not known here"),
        ("/subscribe?category=gardening", "“gardening” cannot be chosen here."),
        ("/subscribe?channel=gardening", "“gardening” cannot be chosen here."),
        ("/api/docs?foo=1", "'foo' is not known here"),
    ],
)
def test_what_is_beside_the_record_refuses_too(api: Api, address: str, words: str) -> None:
    answer = api.client.get(address)
    told = str(answer.get_json()) if answer.is_json else words_of(answer.text)
    assert (answer.status_code, words in told) == (400, True), told


@pytest.mark.parametrize("page", PAGES)
def test_a_parameter_that_is_given_twice_is_refused_by_name(api: Api, page: str) -> None:
    refused = api.client.get(f"{page}?as_of=2023-01-01&as_of=2024-01-01")
    assert (refused.status_code, "as_of is given 2 times." in words_of(refused.text)) == (400, True)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("/contacts?outcom=refused", "Did you mean outcome?"),
        (
            "/contacts?state=active",
            "Known are: as_of, known_at, cited, relationship, outcome, category, channel, from, to, before.",
        ),
        ("/changes?outcome=refused", "'outcome' is not known here"),
        ("/changes?from=2023-01-01&state=active", "'state' is not known here"),
        ("/contacts?from=soon", "“soon” is not a day of the calendar."),
        ("/contacts?from=2023-01-02&to=2023-01-01", "from is '2023-01-02', which is after to (2023-01-01)."),
    ],
)
def test_the_refusal_names_the_field_and_what_may_be_sent(api: Api, address: str, words: str) -> None:
    answer = api.client.get(address)
    assert (answer.status_code, words in words_of(answer.text)) == (400, True), words_of(answer.text)


@pytest.mark.parametrize(
    ("asked", "remedy"),
    [
        ("hotline", "Did you mean defense-telephone-link?"),
        ("dtl", "Did you mean defense-telephone-link?"),
        ("DPCT", "Did you mean dpct?"),
        ("telephone-link", "Did you mean defense-telephone-link?"),
        ("climat", "Did you mean climate?"),
        ("mil-mil-exchange", "Did you mean mil-mil-exchanges?"),
    ],
)
def test_a_wrong_channel_is_answered_by_what_it_may_be_called_or_by_none(api: Api, asked: str, remedy: str) -> None:
    assert_problem(api.get(f"/channels/{asked}"), 404, says=remedy)
    assert remedy in words_of(api.client.get(f"/channels/{asked}").text)


@pytest.mark.parametrize("asked", ["gardening", "xyz"])
def test_where_no_channel_is_near_a_program_is_told_the_call_and_a_person_the_page(api: Api, asked: str) -> None:
    assert_problem(api.get(f"/channels/{asked}"), 404, says="GET /api/v1/channels lists them.")
    page = words_of(api.client.get(f"/channels/{asked}").text)
    assert f"There is no channel “{asked}”. The dashboard lists all that there are." in page
    assert "GET /api" not in page


def test_contacts_of_some_days_are_the_same_on_the_page_in_the_api_and_in_the_table(api: Api) -> None:
    asked = "from=2023-01-01&to=2023-12-31&outcome=refused"
    found = api.json(f"/contacts?{asked}&limit=200")["contacts"]
    assert found
    assert {contact["date"]["date"][:4] for contact in found} == {"2023"}
    page = words_of(api.client.get(f"/contacts?{asked}").text)
    assert int(re.search(r"(\d+) contacts? across", page)[1]) == len(found)
    assert len(api.client.get(f"/contacts.csv?{asked}").text.strip().splitlines()) == len(found) + 1


def test_both_days_of_a_span_are_included(api: Api) -> None:
    day = "2024-01-09"
    alone = api.json(f"/contacts?from={day}&to={day}&channel=dpct")["contacts"]
    assert [(one["date"]["date"], one["end"]) for one in alone] == [("2024-01-08", day)]


def test_marks_of_other_sites_are_in_no_cited_address(api: Api) -> None:
    page = api.client.get("/changes?utm_source=x&state=active").text
    cited = re.search(r'<span class="address">(http[^<]+)</span> \(CC', page)[1]
    assert ("utm_source" in cited, "state=active" in cited) == (False, True)


CLOCKS = ["", "?as_of=2023-01-01&language=zh", "?known_at=2024-02-01&language=en"]


@pytest.mark.parametrize("clocks", CLOCKS)
def test_every_link_of_a_page_leads_somewhere_whatever_its_clocks(api: Api, clocks: str) -> None:
    """What a link carries is taken by the page that it leads to."""
    pages = [*PAGES, "/timeline", "/since?after=2024-01-01", "/claims/change-1", "/embed/dpct"]
    found: dict[str, str] = {}
    for page in pages:
        html = api.client.get(f"{page}{clocks.replace('?', '&') if '?' in page else clocks}").text
        for address in re.findall(r'(?:href|src)="([^"#]+)', html):
            path = unescape(address).removeprefix(api.service.settings.base_url)
            if path.startswith("/") and not path.startswith(("//", "/static/", "/cite?", "/language/", "/login")):
                found.setdefault(re.sub(r"(change|contact)-\d+", r"\1-1", path), page)
    assert len(found) > 50
    answers = {path: api.client.get(path).status_code for path in found}
    assert {path: found[path] for path, status in answers.items() if status not in (200, 302)} == {}


def test_every_public_view_that_takes_known_at_is_asked_by_accept_datetime_too(api: Api) -> None:
    negotiated = 0
    for route in public_routes(api):
        endpoint, _ = api.app.url_map.bind("localhost").match(route, "GET")
        if "known_at" not in names_of(api, endpoint):
            continue
        answer = api.client.get(route, headers={"Accept-Datetime": "Thu, 01 Feb 2024 11:00:00 GMT"})
        assert answer.status_code == 302, route
        negotiated += 1
    assert negotiated > 40


def names_of(api: Api, endpoint: str) -> tuple[str, ...]:
    return getattr(api.app.view_functions[endpoint], "takes", ())
