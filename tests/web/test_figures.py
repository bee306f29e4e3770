"""What was promised, asked in vain and counted: pages, queue and API."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.conftest import EVERYTHING, Shipped
from tests.web.api_client import Api, api_over, assert_problem
from tests.web.test_pages import signed_in
from tracker.service import Service


@pytest.fixture(scope="module")
def api(shipped: Shipped, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with api_over(shipped, tmp_path_factory.mktemp("record"), EVERYTHING) as api:
        yield api


def test_the_year_of_the_cut_has_its_refusals_beside_what_was_executed(api: Api) -> None:
    found = api.json("/figures?category=military&as_of=2024-01-01")
    year = next(one for one in found["years"] if one["year"] == 2022)
    assert {contact["outcome"] for contact in year["executed"]} == {"held"}
    in_vain = {"refused", "cancelled", "postponed", "no-answer"}
    assert {contact["outcome"] for contact in year["refused_cancelled_or_ignored"]} == in_vain
    talks = next(one for one in found["channels"] if one["channel"] == "dpct")
    assert (talks["by_year"]["2022"]["suspended"], talks["by_year"]["2023"]["suspended"]) == (149, 318)
    assert talks["days"]["suspended"] == 467
    assert {quarter["quarter"] for quarter in found["quarters"]} >= {"2020 Q1", "2023 Q4"}


def test_the_year_of_the_cut_holds_each_item_of_the_pentagons_own_list(api: Api) -> None:
    """Page 193 of its report of 2023: the recurrent talks, none of them held, and the one briefing that was."""
    found = api.json("/figures?category=military&as_of=2024-01-01")
    year = next(one for one in found["years"] if one["year"] == 2022)
    listed = {
        group: {
            (contact["channel"], contact["date"]["date"], contact["outcome"])
            for contact in year[group]
            if any(source["url"].endswith("CHINA.PDF/193") for source in contact["sources"])
        }
        for group in ("executed", "refused_cancelled_or_ignored")
    }
    assert listed == {
        "executed": {("mil-mil-exchanges", "2022-09", "held")},
        "refused_cancelled_or_ignored": {
            ("mil-mil-exchanges", "2022", "postponed"),  # the Asia-Pacific Security Dialogue
            ("dpct", "2022-08-05", "cancelled"),
            ("mmca", "2022-08-05", "cancelled"),
            ("crisis-communications-wg", "2022", "refused"),
        },
    }


def test_the_call_about_the_balloon_and_the_meeting_asked_for_in_singapore_show_as_refused(api: Api) -> None:
    talks = api.json("/channels/defense-ministers?as_of=2023-11-01")
    refused = [one["date"]["date"] for one in talks["contacts"] if one["outcome"] == "refused"]
    assert refused == ["2023-06-19", "2023-05-29", "2023-02-04"]
    timeline = api.client.get("/channels/defense-ministers?as_of=2023-11-01").text
    assert "right after the balloon was shot down" in timeline
    assert "turned down a meeting at the Shangri-La Dialogue" in timeline


def test_promises_tell_their_fate_and_name_the_rows(api: Api) -> None:
    found = api.json("/promises?as_of=2025-09-01&fate=lapsed")
    assert {promise["fate"] for promise in found["promises"]} == {"lapsed"}
    second_round = next(one for one in found["promises"] if one["channel"] == "ai-dialogue")
    assert (second_round["due"], second_round["lapsed_on"]) == ("2025-08-28", "2025-08-29")
    assert second_round["announced_for"] is None
    assert re.fullmatch(r"contact-\d+", second_round["promised"])
    assert_problem(api.get("/promises?fate=broken"), 400, field="fate")


def test_what_the_leaders_agreed_to_restore_is_promised_with_the_words_that_are_cited(api: Api) -> None:
    """A state that is planned promises the channel's next contact, and the first one closes it."""
    found = api.json("/promises?as_of=2023-11-20&fate=open&category=military")["promises"]
    agreed = {one["channel"]: one for one in found if one["promised"].startswith("change-")}
    assert {*agreed} >= {"dpct", "mmca", "theater-commanders", "defense-ministers", "joint-staff"}
    assert (agreed["dpct"]["due"], agreed["dpct"]["announced_for"]) == ("2024-11-14", None)
    assert any("resumption of high-level" in (source["quote"] or "") for source in agreed["dpct"]["sources"])
    later = {one["promised"]: one for one in api.json("/promises?as_of=2024-04-30&category=military")["promises"]}
    kept = later[agreed["dpct"]["promised"]]
    assert (kept["fate"], kept["lapsed_on"]) == ("held", None)
    contacts = api.json("/contacts?as_of=2024-04-30&channel=dpct")["contacts"]
    (talks,) = [one for one in contacts if one["date"]["date"] == "2024-01-08"]
    assert kept["closed_by"] == f"contact-{talks['id']}"
    page = api.client.get("/figures?as_of=2023-11-20").text
    assert "Planned without a date, and so its next contact expected within a year: Biden and Xi agreed" in page
    assert f'href="/claims/{agreed["dpct"]["promised"]}?as_of=2023-11-20"' in page


def test_what_is_only_planned_counts_in_no_year(api: Api) -> None:
    found = api.json("/figures?category=military&as_of=2023-11-20")["years"][0]
    counted = found["executed"] + found["refused_cancelled_or_ignored"]
    assert found["year"] == 2023
    assert {one["outcome"] for one in counted} <= {"held", "refused", "cancelled", "postponed", "no-answer"}


def test_a_channel_says_how_far_it_has_come_back_and_when_it_is_next_due(api: Api) -> None:
    talks = api.json("/channels/dpct?as_of=2024-10-01")
    assert [rung["date"]["date"] for rung in talks["rungs"]] == ["2023-11-15", "2024-01-08", "2024-01-08", "2024-09-14"]
    assert (talks["expected_by"], talks["days_late"]) == ("2025-09-15", 0)
    page = api.client.get("/channels/dpct?as_of=2024-10-01").text
    assert "First round of the mechanism itself" in page
    late = api.client.get("/channels/mmca?as_of=2026-11-28").text
    assert "Overdue by 6 months" in re.sub(r"<[^>]+>", "", late)


def test_the_page_of_figures_has_the_numbers_behind_its_picture(api: Api) -> None:
    page = api.client.get("/figures?category=military&as_of=2024-01-01").text
    assert "5 executed, 7 refused, cancelled or ignored" in page
    assert "; not counted as use of the channel" in page
    assert re.search(r'<text x="[^"]+%"[^>]*>2022</text>', page), "the years stand below the quarters"
    assert 'role="img"' in page
    assert "2023 Q4" in page
    assert api.client.get("/figures?category=weather").status_code == 400


def test_an_announcement_whose_day_has_passed_waits_for_a_reviewer_and_the_first_screen_counts_it(
    seeded: Service,
) -> None:
    seeded.clock.advance(days=500)
    client = signed_in(seeded)
    assert "without a report in time" in client.get("/").text
    queue = client.get("/review").text
    assert "Announced, not reported" in queue
    assert "Asia-Pacific consultations" in queue
    amend = re.search(r'href="(/claims/contact-\d+/amend)"', queue)[1]
    done = client.post(
        amend,
        data={
            "action": "correct", "outcome": "cancelled", "date": "2024-12", "announced": "2024-04-26",
            "summary": "Called off.", "substantive": "yes", "reason": "The ministry said so.",
        },
    )  # fmt: skip
    assert done.status_code == 303
    lapsed = client.get("/review").text.partition("Announced, not reported")[2]
    assert "Asia-Pacific consultations" not in lapsed


def test_a_past_year_has_every_contact_that_the_list_has(api: Api) -> None:
    """Also those of a channel that had no state yet."""
    year = next(one for one in api.json("/figures?as_of=2023-12-31")["years"] if one["year"] == 2023)
    listed = api.json("/contacts?as_of=2023-12-31&from=2023-01-01&to=2023-12-31&outcome=held&limit=200")["contacts"]
    assert {contact["id"] for contact in year["executed"]} == {
        contact["id"] for contact in listed if contact["date"]["date"].startswith("2023")
    }
