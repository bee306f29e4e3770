"""How long an answer may be kept, and by whom; and that what it must not outlive shows at once."""

from __future__ import annotations

import pytest

from tests.conftest import Clock
from tests.web.api_client import AMERICAN, Api
from tests.web.test_outputs_shown import outputs_of
from tracker.service import Service
from tracker.web.serving.keeping import PAGES, PAST, PRESENT, RECORD_PAGES

RECORD_PATHS = {f"/{name.removeprefix('api.')}" for name in RECORD_PAGES if name.startswith("api.")} - {"/channel"}
NEEDED = {"/diff": "from=2022-01-01", "/brief": "after=2022-01-01"}
"""What a call cannot do without."""
BOTH_PAST = "as_of=2023-01-01&known_at=2024-01-31"


@pytest.fixture
def api(seeded: Service) -> Api:
    return Api(seeded)


def reads_of(api: Api) -> list[str]:
    """The address of every public read of the API that takes the two clocks."""
    return [
        path.removeprefix("/api/v1").replace("/feeds/{slug}", "/feeds/mnd-news").replace("{slug}", "dpct")
        for path, operations in api.document["paths"].items()
        if {"as_of", "known_at"} <= {p["name"] for p in operations.get("get", {}).get("parameters", [])}
        and "security" not in operations["get"]
        and "{name}" not in path  # a claim with both readouts, which no claim of the seed has
    ]


def keeping_of(api: Api, path: str) -> str:
    response = api.get(path)
    assert response.status_code == 200, response.get_data(as_text=True)
    kept = response.headers["Cache-Control"]
    again = api.get(path, headers={"If-None-Match": response.headers["ETag"]})
    assert (again.status_code, again.headers["Cache-Control"]) == (304, kept)
    assert again.headers.get("Vary") == response.headers.get("Vary")
    if path.partition("?")[0] in RECORD_PATHS:
        assert "Accept-Datetime" in response.headers["Vary"]
    return kept


def test_every_read_of_the_present_may_be_kept_for_half_a_minute_between_us_and_readers(api: Api) -> None:
    for path in reads_of(api):
        needed = NEEDED.get(path, "")
        assert keeping_of(api, f"{path}?{needed}".rstrip("?")) == PRESENT


def test_only_what_both_clocks_fix_may_be_kept_longer(api: Api) -> None:
    for path in reads_of(api):
        if path.startswith("/feeds/"):
            continue  # was none yet then
        needed = NEEDED.get(path, "")
        longer = path in RECORD_PATHS | {"/channels/dpct"}
        assert keeping_of(api, f"{path}?{BOTH_PAST}&{needed}".rstrip("&")) == (PAST if longer else PRESENT), path
    for clocks in ("as_of=2023-01-01", "known_at=2024-01-31", "as_of=2023-01-01&known_at=2024-02-01"):
        assert keeping_of(api, f"/changes?{clocks}") == PRESENT


def test_a_past_of_today_settles_after_an_hour(api: Api, clock: Clock) -> None:
    past = "/changes?as_of=2023-01-01&known_at=2024-02-01T11:59:00Z"
    assert keeping_of(api, past) == PRESENT
    clock.advance(hours=1)
    assert keeping_of(api, past) == PAST


def test_a_decision_shows_in_the_next_answer_to_a_reader_that_has_the_last(seeded_2023: Service) -> None:
    api = Api(seeded_2023)
    (candidate,) = api.hand_in(AMERICAN)
    before = {path: api.get(path).headers["ETag"] for path in ("/channels/dpct", "/changes", "/relationships")}
    assert api.decide(candidate, decision="accept", cause="They were held.").status_code == 200
    for path, etag in before.items():
        assert api.get(path, headers={"If-None-Match": etag}).status_code == 200


def test_outputs_are_kept_as_the_api_and_pages_ask_each_time(api: Api) -> None:
    for address in outputs_of(api.app):
        answer = api.client.get(address)
        assert answer.headers["Cache-Control"] == (PAGES if answer.mimetype == "text/html" else PRESENT), address
    page = api.client.get("/")
    assert page.headers["Cache-Control"] == PAGES
    assert {"Cookie", "Accept-Datetime"} <= set(page.headers["Vary"].split(", "))


def test_a_token_changes_no_public_answer(api: Api) -> None:
    plain, signed = api.get("/channels"), api.get("/channels", headers=api.token("reviewer"))
    assert (plain.data, plain.headers["ETag"]) == (signed.data, signed.headers["ETag"])


def test_what_only_reviewers_see_is_kept_nowhere(api: Api) -> None:
    for path, operations in api.document["paths"].items():
        if "security" in operations.get("get", {}):
            answer = api.get(path.removeprefix("/api/v1").replace("{id}", "1"), headers=api.token("reviewer"))
            assert answer.headers["Cache-Control"] == "no-store"
    for path in ("/healthz", "/readyz", "/metrics"):
        assert api.get(path).headers["Cache-Control"] == "no-store"
