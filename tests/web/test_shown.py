"""What became of a row is told wherever the row is: it is called off, denied, contested, or could not be confirmed."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from bs4 import BeautifulSoup

from db.record import Origin
from tests.make import change, contact, source
from tests.web.api_client import Api
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
    recorded(api, off(Outcome.CANCELLED, announced=api.service.clock().date()))
    assert next_of(api) == "set for 15 Dec 2024, called off"
    assert not any("15 Dec 2024" in line for line in due(api))


DENIAL = {
    "url": "https://us.example/1", "title": "A denial", "publisher": "Department", "side": "us",
    "published": "2022-08-05", "quote": "No talks were cut.", "denies": True,
}  # fmt: skip
DIFFER = "Denied by the United States."


def denied(api: Api) -> str:
    """The name of the cut of the policy talks, which a side denies."""
    name = f"change-{api.json('/channels/dpct?as_of=2023-01-01')['history'][0]['id']}"
    api.service.clock.advance(hours=1)
    assert api.post(f"/claims/{name}/sources", json=DENIAL, headers=api.token("reviewer")).status_code < 300
    return name


def item_of(api: Api, name: str) -> dict[str, Any]:
    items = api.client.get("/channels/dpct/changes.json?as_of=2023-01-01").get_json()["items"]
    (item,) = [item for item in items if item["id"].endswith(f":{name}")]
    return item


def test_feeds_say_that_a_source_denies_what_is_told_and_how_accounts_differ(api: Api) -> None:
    name = denied(api)
    item = item_of(api, name)
    ours = item["_open_lines"]
    assert [(one["url"], one["denies"]) for one in ours["sources"] if one["denies"]] == [(DENIAL["url"], True)]
    assert (ours["contested"], ours["settled"]) == (DIFFER, None)
    assert "Department (United States, 5 Aug 2022), denies it" in words_of(item["content_html"])
    assert f"Contested. {DIFFER}" in words_of(item["content_html"])
    assert "denies it" in api.client.get("/channels/dpct/changes.atom").text
    why = "The Department spoke of other talks."
    api.service.clock.advance(hours=1)
    settled = {"settled": why, "reason": "Read both."}
    api.post(f"/claims/{name}/correction", json=settled, headers=api.token("reviewer"))
    item = item_of(api, name)
    assert (item["_open_lines"]["contested"], item["_open_lines"]["settled"]) == (None, why)
    assert f"Settled. {why}" in words_of(item["content_html"])


def test_tables_name_the_sources_that_deny(api: Api) -> None:
    name = denied(api)
    for path in ("/changes.csv?channel=dpct", "/channels.csv?as_of=2023-01-01"):
        rows = list(csv.DictReader(io.StringIO(api.client.get(path).data.decode("utf-8-sig"))))
        denying = [row for row in rows if row["denied_by"]]
        assert [row["denied_by"] for row in denying] == [DENIAL["url"]]
        assert name == f"change-{denying[0].get('id', name.partition('-')[2])}"


def test_what_could_not_be_confirmed_says_so_wherever_its_row_is_told(api: Api) -> None:
    met = contact(Outcome.HELD, "2024-01-30", channel="dpct", place="Geneva", unconfirmed=("place",))
    cut = change(State.SUSPENDED, "2024-01-31", channel="dpct", unconfirmed=("date",))
    made, began = recorded(api, met, cut)
    place, day = "The place could not be confirmed.", "The date could not be confirmed."
    table = BeautifulSoup(api.client.get("/timeline?from=2024-01-15&to=2024-02-29").text, "lxml").select_one(".behind")
    world = BeautifulSoup(api.client.get("/changes?from=2024-01-29&to=2024-02-01").text, "lxml").select_one(
        "[aria-labelledby=world]"
    )
    for told in (words_of(str(table)), words_of(str(world))):
        assert (told.count(place), told.count(day)) == (1, 1)
    items = {
        one["id"].rpartition(":")[2]: one for one in api.client.get("/channels/dpct/changes.json").get_json()["items"]
    }
    for name, what, words in ((f"contact-{made}", ["place"], place), (f"change-{began}", ["date"], day)):
        assert items[name]["_open_lines"]["unconfirmed"] == what
        assert f"Not confirmed. {words}" in words_of(items[name]["content_html"])
    assert place in api.client.get("/changes.atom").text


def test_third_parties_report_and_a_party_reports(api: Api) -> None:
    by_press = source(side="third-party", published=PartialDate("2024-01-31"))
    recorded(api, contact(Outcome.HELD, "2024-01-31", channel="dpct", sources=(by_press,)))
    told = words_of(api.client.get("/channels/dpct").text)
    assert "Third parties report a contact that took place" in told
    assert "China reports a contact that took place" in told
    assert "Third parties reports" not in told
