"""What changed between two days, and what the record says no more: as JSON and as pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from html import unescape

import pytest
from playwright.sync_api import Page, expect

from db.record import Origin
from tests.conftest import EVERYTHING, Clock, Shipped
from tests.web.api_client import Api, api_over, assert_problem
from tests.web.conftest import serving
from tests.web.test_pages import words_of
from tracker.model import PartialDate, State
from tracker.service import Service


@pytest.fixture(scope="module")
def api(shipped: Shipped, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """The whole record, for tests that only read."""
    with api_over(shipped, tmp_path_factory.mktemp("record"), EVERYTHING) as api:
        yield api


@pytest.fixture
def corrected(seeded: Service, clock: Clock) -> Api:
    """The record in which a reviewer put the date of the cut of the policy talks right, three days after the seed."""
    clock.advance(days=3)
    with seeded.store.writing() as db:
        changes, _ = db.record.entries_of("dpct")
        cut = next(row for row in changes if row.state is State.SUSPENDED)
        right = replace(cut, effective=PartialDate("2022-08-04"), replaces=cut.id, reason="Read again.")
        db.record.add(right, Origin(clock(), "a person"))
        db.record.bump()
    return Api(seeded)


def by_channel(found: dict) -> dict[str, dict]:
    return {one["channel"]: one for one in found["channels"]}


def test_august_2022_tells_each_channel_that_was_cut_with_its_state_before_and_after(api: Api) -> None:
    found = api.json("/diff?from=2022-08-01&to=2022-08-31")
    assert (found["start"], found["end"], found["count"]) == ("2022-08-01", "2022-08-31", len(found["channels"]))
    talks = by_channel(found)["dpct"]
    assert (talks["before"]["state"], talks["after"]["state"]) == ("active", "suspended")
    assert [change["effective"]["date"] for change in talks["changes"]] == ["2022-08-05"]
    assert all(one["changes"] or one["contacts"] for one in found["channels"])
    assert found["record"] == [], "nothing of it was recorded in those days"


def test_both_days_are_included_and_the_day_between_two_events_has_nothing(api: Api) -> None:
    assert "dpct" in by_channel(api.json("/diff?from=2022-08-05&to=2022-08-05"))
    assert "dpct" not in by_channel(api.json("/diff?from=2022-08-06&to=2022-08-07"))


def test_the_acts_upon_our_record_come_by_pages(api: Api) -> None:
    first = api.json("/diff?from=2024-02-01&to=2024-02-01&limit=100")
    assert first["recorded"] > 200
    assert {act["deed"] for act in first["record"]} == {"added"}
    told, following = len(first["record"]), first["next"]
    while following:
        page = api.json(f"/diff?from=2024-02-01&to=2024-02-01&limit=100&cursor={following}")
        told, following = told + len(page["record"]), page["next"]
    assert told == first["recorded"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("to=2024-01-01", "from"),
        ("from=2024-02-30", "from"),
        ("from=2024-01-01&to=soon", "to"),
        ("from=2024-01-02&to=2024-01-01", "from"),
        ("from=2023-01-01&to=2024-01-01&as_of=2023-03-01", "to"),
        ("from=2023-04-01&as_of=2023-03-01", "from"),
        ("from=2024-01-01&channel=dcpt", "channel"),
        ("from=2024-01-01&until=2024-01-02", "until"),
        ("from=2024-01-01&known_at=2031-01-01", "known_at"),
        ("from=2024-01-01&known_at=2024-02-01T12:01:00Z", "known_at"),
    ],
)
def test_a_span_that_cannot_be_is_refused_by_its_field(api: Api, query: str, field: str) -> None:
    assert_problem(api.get(f"/diff?{query}"), 400, field=field)


def test_a_correction_says_what_the_record_said_before_what_it_says_and_why(corrected: Api) -> None:
    (act,) = corrected.json("/corrections")["corrections"]
    assert (act["deed"], act["channel"], act["why"]) == ("corrected", "dpct", "Read again.")
    assert (act["said"]["effective"]["date"], act["says"]["effective"]["date"]) == ("2022-08-05", "2022-08-04")
    assert act["claim"] == f"change-{act['said']['id']}"
    assert corrected.json("/corrections?known_at=2024-02-02")["count"] == 0
    assert corrected.json("/corrections?category=economic")["count"] == 0
    (told,) = corrected.json("/diff?from=2024-02-02&to=2024-02-04&channel=dpct")["record"]
    assert told == act


def test_a_correction_leaves_what_was_known_before_as_it_was(corrected: Api) -> None:
    then, now = "known_at=2024-02-02", "known_at=2024-02-04"
    assert corrected.json(f"/channels/dpct?as_of=2022-08-04&{then}")["state"] == "active"
    assert corrected.json(f"/channels/dpct?as_of=2022-08-04&{now}")["state"] == "suspended"
    assert "dpct" not in by_channel(corrected.json(f"/diff?from=2022-08-04&to=2022-08-04&{then}"))


def test_the_pages_say_the_same_with_the_older_words_struck(corrected: Api) -> None:
    page = corrected.client.get("/corrections").text
    assert "1 correction" in page
    assert re.search(r"<s>5 Aug 2022</s></td><td>4 Aug 2022</td>", page)
    assert "a person" not in page
    between = corrected.client.get("/changes?from=2022-08-01&to=2024-02-04").text
    assert "Something happened to" in between
    assert "<s>5 Aug 2022</s>" in between
    assert 'href="/corrections"' in corrected.client.get("/").text


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/changes?from=2024-01-02&to=2024-01-01", "after to"),
        ("/changes?to=2024-01-01", "from is missing"),
        ("/changes?from=2023-01-01&to=2024-01-01&as_of=2023-03-01", "which is after as_of (2023-03-01)"),
        ("/changes?from=2023-04-01&as_of=2023-03-01", "which is after as_of (2023-03-01)"),
        ("/changes?from=2024-1-1", "not a day"),
        ("/changes?known_at=2031-01-01", "has not come yet"),
    ],
)
def test_a_page_about_days_that_cannot_be_says_so(api: Api, path: str, words: str) -> None:
    answer = api.client.get(path)
    assert answer.status_code == 400
    assert words in answer.text


def test_a_span_without_its_last_day_ends_on_as_of(api: Api) -> None:
    assert "What changed from 1 Jan 2023 to 1 Mar 2023" in words_of(
        api.client.get("/changes?from=2023-01-01&as_of=2023-03-01").text
    )
    assert api.json("/diff?from=2023-01-01&as_of=2023-03-01")["end"] == "2023-03-01"
    assert api.json("/diff?from=2023-01-01&to=2023-03-01&as_of=2023-03-01")["end"] == "2023-03-01"


def test_a_span_up_to_a_day_that_has_not_come_opens_by_the_address_by_which_it_is_cited(api: Api) -> None:
    page = api.client.get("/changes?from=2023-01-01&to=2031-01-01").text
    cited = unescape(re.search(r'<span class="address">(http[^<]+)</span> \(CC', page)[1])
    assert "As cited" in words_of(api.client.get(cited).text)


def test_the_slider_of_the_dashboard_goes_to_a_day_by_the_keyboard(seeded: Service, page: Page) -> None:
    with serving(seeded) as address:
        page.goto(address)
        slider = page.get_by_label("Slide to a day")
        slider.focus()
        page.keyboard.press("ArrowLeft")
        expect(page.locator("output[for=slider]")).to_have_text("31 Jan 2024")
        from_september = (date(2024, 1, 31) - date(2023, 9, 1)).days
        for _ in range(from_september // 30):
            page.keyboard.press("PageDown")
        for _ in range(from_september % 30):
            page.keyboard.press("ArrowLeft")
        expect(page.locator("output[for=slider]")).to_have_text("1 Sep 2023")
        page.keyboard.press("Enter")
        page.wait_for_url("**as_of=2023-09-01*")
        expect(page.locator(".past")).to_contain_text("1 Sep 2023")
        page.get_by_role("link", name="What changed since").click()
        expect(page.locator("h1")).to_contain_text("What changed from 1 Sep 2023 to 1 Feb 2024")


def test_what_changed_between_two_days_is_asked_of_one_channel_on_the_page_too(api: Api) -> None:
    page = api.client.get("/changes?from=2022-08-01&to=2022-08-31&channel=dpct")
    assert page.status_code == 200
    assert "Something happened to 1 channel." in words_of(page.text)
    assert '<option value="dpct" selected>' in page.text
    assert "/api/v1/diff?from=2022-08-01&amp;to=2022-08-31&amp;channel=dpct" in page.text
    assert api.client.get("/changes?from=2022-08-01&channel=dcpt").status_code == 404
