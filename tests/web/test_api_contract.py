"""What holds for every call: the document, who may call, bodies that lie, and the calls for machines."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from db.store import open_store
from tests.conftest import EVERYTHING, Clock, Shipped
from tests.web.api_client import Api, api_over, assert_problem
from tests.web.conftest import reached_at
from tracker.scheduler import LEASE
from tracker.service import Service
from tracker.web.app import create_app
from tracker.web.auth import ROLES

DOCUMENT = "/api/v1/openapi.json"


@pytest.fixture(scope="module")
def api(shipped: Shipped, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """The whole record, for tests that leave it alone."""
    with api_over(shipped, tmp_path_factory.mktemp("contract"), EVERYTHING) as api:
        yield api


@pytest.fixture
def live(seeded: Service) -> Api:
    """The same, for one test that changes what it watches."""
    return Api(seeded)


def calls_of(api: Api) -> Iterator[tuple[str, str, str]]:
    """Method, address and the role asked for, of every call of the API in the URL map."""
    for rule in api.app.url_map.iter_rules():
        if rule.rule.startswith("/api/"):
            address = re.sub(r"<[^>]*:id>", "1", rule.rule).replace("<slug>", "dpct")
            for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
                yield method, address, api.app.view_functions[rule.endpoint].open_to


def test_the_document_is_valid_and_complete(api: Api) -> None:
    from openapi_spec_validator import OpenAPIV31SpecValidator  # takes a second, and no other test needs it

    OpenAPIV31SpecValidator(api.document).validate()
    documented = {(method.upper(), path) for path, methods in api.document["paths"].items() for method in methods}
    not_calls = {DOCUMENT, "/api/docs"}
    served = {
        (method, re.sub(r"<(?:[^>]*:)?(\w+)>", r"{\1}", rule.rule))
        for rule in api.app.url_map.iter_rules()
        if rule.rule.startswith("/api/") and rule.rule not in not_calls
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert documented == served | {("GET", path) for path in ("/healthz", "/readyz", "/metrics")}


def test_the_document_is_the_same_of_every_application(api: Api, service: Service) -> None:
    """Tests hold answers against that of the first one."""
    other = create_app(reached_at(service, "https://lines.example")).test_client()
    for told in (api.client.get(DOCUMENT), other.get(DOCUMENT, base_url="https://lines.example")):
        assert told.get_json() == api.document


def test_every_call_is_described_and_says_which_problems_and_which_token(api: Api) -> None:
    for path, methods in api.document["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"].endswith("."), (method, path, "a whole sentence")
            assert "<br" not in operation.get("description", "")
            if path.startswith("/api/"):
                assert "application/problem+json" in operation["responses"]["400"]["content"]
            guarded = "/candidates" in path or "/releases" in path or method == "post"
            assert (operation.get("security") == [{"token": []}]) is guarded
            more_for_reviewers = operation.get("security") == [{}, {"token": []}]
            assert ({"401", "403"} <= set(operation["responses"])) is (guarded or more_for_reviewers)


def test_parameters_are_sent_or_left_out_but_never_null(api: Api) -> None:
    parameters = [
        parameter
        for methods in api.document["paths"].values()
        for operation in methods.values()
        for parameter in operation.get("parameters", [])
    ]
    assert not [parameter["name"] for parameter in parameters if "null" in str(parameter["schema"])]
    assert {parameter["name"] for parameter in parameters if parameter["required"]} == {
        "slug",
        "id",
        "name",
        "If-Match",
    }


def test_the_document_itself_is_validated_by_its_etag(api: Api) -> None:
    first = api.client.get(DOCUMENT)
    again = api.client.get(DOCUMENT, headers={"If-None-Match": first.headers["ETag"]})
    assert (first.get_json()["openapi"][:4], again.status_code) == ("3.1.", 304)


def test_the_page_for_people_shows_every_call_and_every_shape(api: Api) -> None:
    page = api.client.get("/api/docs").get_data(as_text=True)
    for path, methods in api.document["paths"].items():
        assert all(f"{method.upper()} {path}" in page for method in methods)
    names = api.document["components"]["schemas"]
    assert all(f'id="schema-{name}"' in page for name in names)
    linked = set(re.findall(r'href="#schema-(\w+)"', page))
    assert linked <= set(names)
    assert '<script src="http' not in page


@pytest.mark.parametrize("holder", ["nobody", "reader", "reviewer", "admin"])
def test_every_call_asks_for_its_role_before_anything_else(api: Api, holder: str) -> None:
    headers = {} if holder == "nobody" else api.token(holder)
    level = ROLES.get(holder, 0)
    asked = list(calls_of(api))
    assert {role for _, _, role in asked} == {"public", "reviewer"}
    for method, address, role in asked:
        response = api.client.open(address, method=method, headers=headers, data=b"{")
        if ROLES[role] <= level:
            assert response.status_code not in (401, 403), (method, address)
        elif holder == "nobody":
            assert_problem(response, 401, says="Bearer")
            assert response.headers["WWW-Authenticate"] == "Bearer"
        else:
            assert_problem(response, 403, says=f"{holder}-token has {holder}")


def test_a_token_that_is_not_valid_is_refused(api: Api) -> None:
    for header in ("Bearer nonsense", "Basic dXNlcjpwYXNz", "Bearer 密"):
        refused = api.client.get("/api/v1/candidates", headers={"Authorization": header})
        assert_problem(refused, 401)
        assert refused.headers["WWW-Authenticate"] == "Bearer"


def test_a_session_of_the_pages_does_not_open_the_api(api: Api) -> None:
    with api.service.store.writing() as db:
        now = api.service.clock()
        db.accounts.add_user("ann", "admin", None, at=now)
        secret = db.accounts.start_session("ann", now=now, expires_at=now + timedelta(days=1))
    api.client.set_cookie("openlines_session", secret)
    assert_problem(api.get("/candidates"), 401)


LIES = {
    "nothing": b"",
    "no JSON": b"{decision: accept}",
    "an array": b"[]",
    "a string of JSON": json.dumps('{"side": "us"}').encode(),
    "null": b"null",
    "not UTF-8": b'{"side": "\xff\xfe"}',
    "UTF-16": '{"side": "us"}'.encode("utf-16"),
    "deep nesting": b'{"side": ' + b"[" * 200_000 + b"]" * 200_000 + b"}",
    "deep objects": b'{"side":' * 50_000 + b"1" + b"}" * 50_000,
    "no number": b'{"side": NaN}',
    "an endless number": b'{"side": -Infinity}',
    "a number without end": b'{"side": ' + b"9" * 10_000 + b"}",
    "a name twice": b'{"side": "us", "side": "cn"}',
    "half a character": b'{"side": "\\ud800", "decision": "accept"}',
    "half a character as a name": b'{"\\udfff": 1}',
    "wrong types": b'{"side": 1, "decision": [], "text": {}, "contact": 3}',
    "an empty name": b'{"": 1}',
}


@pytest.mark.parametrize("lie", LIES)
@pytest.mark.parametrize("path", ["/releases", "/candidates/1/review", "/candidates/1/split", "/candidates/1/merge"])
def test_a_body_that_lies_is_the_senders_fault(api: Api, path: str, lie: str) -> None:
    headers = api.token("reviewer") | {"If-Match": '"1"', "Content-Type": "application/json"}
    response = api.post(path, data=LIES[lie], headers=headers)
    assert response.status_code == 400
    assert_problem(response, 400, field=response.get_json().get("field"))


def test_a_body_of_another_type_or_size_is_refused(api: Api) -> None:
    headers = api.token("reviewer")
    assert_problem(api.post("/releases", data={"side": "us"}, headers=headers), 415, says="application/json")
    large = api.post("/releases", json={"text": "x" * 1_100_000}, headers=headers)
    assert_problem(large, 413, says="1,000,000 bytes")


def test_another_method_is_refused_and_the_right_ones_are_named(api: Api) -> None:
    response = api.client.delete("/api/v1/channels")
    assert_problem(response, 405)
    assert {"GET", "HEAD", "OPTIONS"} == set(response.headers["Allow"].split(", "))


def test_an_address_that_is_none_is_a_problem_too(api: Api) -> None:
    assert_problem(api.client.get("/api/v1/nothing"), 404, says="/api/v1/nothing")


def test_the_service_says_that_it_is_alive_and_ready(live: Api, clock: Clock) -> None:
    assert live.json("/healthz")["status"] == "alive"
    before = live.get("/readyz")
    assert (before.status_code, before.json["status"], before.json["scheduler_age"]) == (503, "not ready", None)
    nobody = "The scheduler has not" if live.service.store.is_file else "No worker has"
    assert f"{nobody} ticked yet" in before.json["problems"][0]
    with live.service.store.writing() as db:
        db.feeds.take_lease(LEASE, "this test", now=clock(), until=clock() + timedelta(minutes=1))
    clock.advance(seconds=7)
    ticked = live.json("/readyz")
    assert (ticked["status"], ticked["scheduler_age"], ticked["problems"], ticked["warnings"]) == ("ready", 7, [], [])
    clock.advance(hours=1)
    late = live.get("/readyz")
    assert (late.status_code, late.json["status"]) == (503, "not ready")
    assert "since 2024-02-01 12:00 UTC" in late.json["problems"][0]


def test_a_failing_feed_is_a_warning_and_a_metric(live: Api, clock: Clock) -> None:
    slug = next(feed.slug for feed in live.service.feeds if feed.enabled)
    with live.service.store.writing() as db:
        db.feeds.take_lease(LEASE, "this test", now=clock(), until=clock() + timedelta(minutes=1))
        db.feeds.record_fault(slug, next_poll=clock(), kind="timeout", fault="It did not answer.")
        db.record.bump("polls")
    ready = live.json("/readyz")
    assert (ready["status"], ready["feeds"]["failing"]) == ("ready", 1)
    assert slug in ready["warnings"][0]
    (ailing,) = ready["degraded"]
    assert (ailing["feed"], ailing["health"], ailing["warnings"][0]["kind"]) == (slug, "failing", "timeout")
    assert "It did not answer." in ailing["warnings"][0]["sentence"]
    found = metrics_of(live)
    assert found["openlines_feeds_failing"] == found['openlines_feeds_failing_by_kind{kind="timeout"}'] == 1
    clock.advance(seconds=90)
    assert metrics_of(live)["openlines_oldest_unpolled_seconds"] == 90


def metrics_of(api: Api) -> dict[str, float]:
    response = api.get("/metrics")
    assert response.content_type == "text/plain; version=0.0.4; charset=utf-8"
    lines = [line for line in response.get_data(as_text=True).splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r'[a-z_]+(\{\w+="[^"\\]*"\})? [\d.]+', line) for line in lines)
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def test_the_metrics_count_what_the_answers_list(live: Api, clock: Clock) -> None:
    enabled = [feed.slug for feed in live.service.feeds if feed.enabled]
    with live.service.store.writing() as db:
        for age, slug in enumerate(enabled[:2]):
            read_at = clock() - timedelta(minutes=age)
            db.feeds.record_read(
                slug, now=read_at, next_poll=clock(), etag=None, last_modified=None, moved_to=None, anything_new=True
            )
        db.record.bump("polls")
    found = metrics_of(live)
    (pair,) = live.json("/relationships")["relationships"]
    assert {state: found[f'openlines_channels{{state="{state}"}}'] for state in pair["states"]} == pair["states"]
    assert found["openlines_feeds_enabled"] == len(enabled)
    assert found["openlines_feeds_never_read"] == len(enabled) - 2
    assert found["openlines_oldest_read_age_seconds"] == 60
    assert found["openlines_candidates_pending"] == 0
    assert found['openlines_revision{subject="record"}'] == dict(live.service.store.revisions())["record"]


def test_a_database_without_its_tables_is_not_ready(service: Service, tmp_path: Path) -> None:
    empty = open_store(f"sqlite:///{tmp_path / 'empty.db'}", create=True)
    api = Api(service)
    api.app.extensions["openlines"].service = replace(service, store=empty)
    response = api.get("/readyz")
    assert (response.status_code, response.get_json()["status"]) == (503, "not ready")
    assert "python -m tracker migrate" in response.get_json()["problems"][0]
    assert api.get("/healthz").status_code == 200
    empty.close()


def test_a_file_that_is_no_database_is_not_ready(service: Service, tmp_path: Path) -> None:
    (tmp_path / "broken.db").write_bytes(b"not a database " * 1000)
    broken = open_store(f"sqlite:///{tmp_path / 'broken.db'}", create=True)
    api = Api(service)
    api.app.extensions["openlines"].service = replace(service, store=broken)
    response = api.get("/readyz")
    assert (response.status_code, response.get_json()["status"]) == (503, "not ready")
    assert response.get_json()["problems"]
    broken.close()
