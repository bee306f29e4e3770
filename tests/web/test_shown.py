"""What became of a row is told wherever the row is: plans called off, sources that deny, what could not be confirmed."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup

from db.record import Origin
from tests.make import change, contact, source
from tests.web.api_client import Api, assert_problem
from tests.web.test_pages import words_of
from tracker.model import Entry, Outcome, PartialDate, State

SLUG = "mmca"


@pytest.fixture
def api(seeded) -> Api:
    return Api(seeded)


def recorded(api: Api, *rows: Entry) -> list[int]:
    api.service.clock.advance(hours=1)
    with api.service.store.writing() as db:
        ids = [db.record.add(row, Origin(api.service.clock(), "a person")) for row in rows]
        db.record.bump()
    return [one if isinstance(one, int) else one.id for one in ids]


def plan(**over: Any) -> Entry:
    told = {"channel": SLUG, "expected": PartialDate("2024-12-15"), "cause": "A next round was agreed."}
    return change(State.PLANNED, "2024-01-31", **told | over)


def off(outcome: Outcome, **over: Any) -> Entry:
    return contact(outcome, "2024-12-15", **{"channel": SLUG, "summary": "It does not take place."} | over)


def next_of(api: Api) -> str:
    board = BeautifulSoup(api.client.get("/").text, "lxml")
    return words_of(str(board.select_one(f"tr.one[data-also^='{SLUG} '] .cell-next")))


def due(api: Api) -> list[str]:
    board = BeautifulSoup(api.client.get("/").text, "lxml")
    return [words_of(str(li)) for li in board.select(".rail [aria-labelledby^=due] li")]


def test_a_planned_state_with_a_day_is_next_and_due_until_it_is_called_off(api: Api) -> None:
    recorded(api, plan())
    assert next_of(api) == "Expected 15 Dec 2024"
    assert any("15 Dec 2024" in line and "(MMCA)" in line for line in due(api)), due(api)
    recorded(api, off(Outcome.CANCELLED, announced=api.service.clock().date()))
    assert next_of(api) == "set for 15 Dec 2024, called off"
    assert not any("15 Dec 2024" in line for line in due(api))


def test_a_plan_that_was_put_off_says_so(api: Api) -> None:
    recorded(api, plan(), off(Outcome.POSTPONED, announced=api.service.clock().date()))
    assert next_of(api) == "set for 15 Dec 2024, put off"


def test_a_plan_that_an_announced_contact_tells_already_is_due_once(api: Api) -> None:
    told = contact(Outcome.ANNOUNCED, "2024-12-15", channel=SLUG, announced=api.service.clock().date())
    recorded(api, plan(), told)
    assert next_of(api) == "Next 15 Dec 2024"
    assert len([line for line in due(api) if "15 Dec 2024" in line]) == 1
