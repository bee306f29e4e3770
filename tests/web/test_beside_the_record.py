"""What stands beside the record is dated and cited too: heads of its chain, what was read, how sources fared, figures.

Each kind is cited, then polls, decisions and corrections happen, and the address shows what it showed.
"""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest

from tests.test_amend import amended, cut_of
from tests.web.api_client import Api
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


def test_what_is_being_written_just_now_is_not_cited_yet(api: Api) -> None:
    before = api.json("/checkpoint")
    amended(api.service, cut_of(api.service), cause="Another cause.")
    address = cited_address(api, "/api/v1/checkpoint")
    assert api.client.get(address).get_json() == before
    api.service.clock.advance(hours=1)
    assert api.client.get(cited_address(api, "/api/v1/checkpoint")).get_json() == api.json("/checkpoint")
