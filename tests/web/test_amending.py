"""A reviewer amends the record: on its page, and by the API."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Page, expect

from db.record import Origin
from tests.make import source
from tests.web.api_client import Api, assert_problem
from tests.web.conftest import serving
from tests.web.test_pages import signed_in, words_of
from tracker.model import Contact, Outcome, PartialDate, State, StatusChange
from tracker.service import Service
from tracker.web.app import create_app


@pytest.fixture
def api(seeded: Service) -> Api:
    return Api(seeded)


def cut(api: Api) -> dict:
    return api.json("/channels/dpct?as_of=2023-01-01")["history"][0]


def amend(api: Api, name: str, deed: str, role: str | None = "reviewer", **body):
    headers = api.token(role) if role else {}
    return api.post(f"/claims/{name}/{deed}", json=body, headers=headers)


def test_a_correction_by_the_api_answers_what_the_record_said_and_says(api: Api) -> None:
    before = cut(api)
    api.service.clock.advance(hours=1)
    name = f"change-{before['id']}"
    done = amend(api, name, "correction", effective="2022-08-04", reason="Read again.").get_json()
    assert (done["deed"], done["claim"], done["why"]) == ("corrected", name, "Read again.")
    assert (done["said"]["effective"]["date"], done["says"]["effective"]["date"]) == ("2022-08-05", "2022-08-04")
    assert cut(api)["effective"]["date"] == "2022-08-04"
    second = amend(api, name, "correction", effective="2022-08-03", reason="No.")
    assert_problem(second, 409, says="reviewer-token was first: corrected it")
    taken_back = amend(api, f"change-{done['says']['id']}", "withdrawal", reason="It was right.").get_json()
    assert (taken_back["deed"], taken_back["says"]["id"]) == ("restored", before["id"])
    assert api.json("/corrections")["count"] == 2


def test_a_corrected_wording_leaves_the_order_of_a_day_and_so_the_state(api: Api) -> None:
    at, told = api.service.clock(), {"channel": "agriculture", "cause": "It was so.", "sources": (source(),)}
    with api.service.store.writing() as db:
        cut, _ = (
            db.record.add(StatusChange(state=state, effective=PartialDate("2024-01-20"), **told), Origin(at, "seed"))
            for state in (State.SUSPENDED, State.RESUMED)
        )
        db.record.bump()
    api.service.clock.advance(hours=1)
    amend(api, f"change-{cut}", "correction", cause="In better words.", reason="Wording.")
    channel = api.json("/channels/agriculture")
    assert (channel["state"], [row["state"] for row in channel["history"]][:2]) == ("resumed", ["resumed", "suspended"])
    html = words_of(api.client.get("/changes?channel=agriculture").text)
    assert html.index("It was so.") < html.index("In better words."), "newest first"


def test_a_meeting_that_one_party_held_and_the_other_called_off_is_contested_wherever_it_is_told(api: Api) -> None:
    told = {"channel": "agriculture", "date": PartialDate("2024-01-30")}
    accounts = ((Outcome.HELD, "us"), (Outcome.CANCELLED, "cn"))
    with api.service.store.writing() as db:
        for outcome, side in accounts:
            said = source(side=side, url=f"https://{side}.example/1", published=PartialDate("2024-01-30"))
            db.record.add(Contact(outcome=outcome, sources=(said,), **told), Origin(api.service.clock(), "seed"))
        db.record.bump()
    words = "The sides differ on whether it happened. United States: held; China: cancelled."
    channel = api.json("/channels/agriculture")
    listed = api.json("/contacts?channel=agriculture&from=2024-01-30")["contacts"]
    assert channel["contested"] is True
    assert [row["contested"] for row in (*channel["contacts"][:2], *listed, channel["last_contact"])] == [words] * 5
    for path in ("/channels/agriculture", "/contacts?channel=agriculture", "/contacts.csv", "/changes.json"):
        assert words in api.client.get(path).text, path
    assert "contested" in words_of(api.client.get("/?only=contested&q=agriculture").text)


def test_a_repeated_suspension_is_marked_and_counts_from_the_first(api: Api) -> None:
    at, told = api.service.clock(), {"channel": "agriculture", "cause": "It was so.", "sources": (source(),)}
    with api.service.store.writing() as db:
        for day in ("2024-01-28", "2024-01-20"):
            row = StatusChange(state=State.SUSPENDED, effective=PartialDate(day), **told)
            db.record.add(row, Origin(at, "seed"))
        db.record.bump()
    channel = api.json("/channels/agriculture?as_of=2024-01-31")
    assert (channel["state"], channel["since"]["date"], channel["days_in_state"]) == ("suspended", "2024-01-20", 11)
    assert [row["effective"]["date"] for row in channel["history"]][:2] == ["2024-01-28", "2024-01-20"]
    page = words_of(api.client.get("/channels/agriculture").text)
    assert page.count("By the rows before it the channel is suspended from then on.") == 1
    assert "suspended since 20 Jan 2024" in page


def test_a_reviewer_who_could_confirm_a_date_takes_its_mark_away(api: Api) -> None:
    before = cut(api)
    api.service.clock.advance(hours=1)
    name, client = f"change-{before['id']}", signed_in(api.service, "reviewer")
    done = amend(api, name, "correction", unconfirmed=["date"], reason="Nobody says so.").get_json()
    assert (done["said"]["unconfirmed"], done["says"]["unconfirmed"]) == ([], ["date"])
    assert "what could not be confirmed" in words_of(client.get("/corrections").text)
    marked = f"change-{done['says']['id']}"
    assert '<option value="date" selected>' in client.get(f"/claims/{marked}/amend").text
    api.service.clock.advance(hours=1)
    done = amend(api, marked, "correction", unconfirmed=None, reason="The ministry says so.").get_json()
    assert (done["said"]["unconfirmed"], done["says"]["unconfirmed"]) == (["date"], [])
    refused = amend(api, f"change-{done['says']['id']}", "correction", unconfirmed=["place"], reason="x")
    assert_problem(refused, 400, field="unconfirmed")


def test_a_further_source_by_the_api_makes_the_claim_corroborated(api: Api) -> None:
    name = f"change-{cut(api)['id']}"
    api.service.clock.advance(hours=1)
    source = {"url": "https://us.example/1", "title": "A statement", "publisher": "Department", "side": "us"}
    done = amend(api, name, "sources", **source, published="2022-08-05", quote="They cut the talks.").get_json()
    assert (done["deed"], [s["url"] for s in done["sources"]]) == ("cited", ["https://us.example/1"])
    assert cut(api)["corroboration"] == "both"
    assert_problem(amend(api, name, "sources", **source), 409, says="already")
    assert_problem(amend(api, name, "sources", **source | {"url": "javascript:1"}), 400, field="url")
    elsewhere = source | {"url": "https://x.example/"}
    assert_problem(amend(api, name, "sources", **elsewhere | {"side": "uk"}), 400, field="side")
    assert_problem(amend(api, name, "sources", **elsewhere | {"published": "2031-01-10"}), 400, field="published")


def test_a_source_that_denies_what_a_row_tells_confirms_nothing_and_makes_it_contested(api: Api) -> None:
    name = f"change-{cut(api)['id']}"
    api.service.clock.advance(hours=1)
    source = {"url": "https://us.example/1", "title": "A denial", "publisher": "Department", "side": "us"}
    amend(api, name, "sources", **source, published="2022-08-05", quote="No talks were cut.", denies=True)
    row = cut(api)
    assert row["corroboration"] == "cn"
    assert row["contested"] == "Denied by the United States."
    assert [cited["denies"] for cited in row["sources"]][-1] is True
    channel = api.json("/channels/dpct?as_of=2023-01-01")
    (us,) = [claim for claim in channel["claims"] if claim["side"] == "us"]
    assert (us["says"], us["state"], us["quote"]) == ("denied", None, "No talks were cut.")
    page = words_of(api.client.get("/channels/dpct?as_of=2023-01-01").text)
    assert "denies what the record tells" in page
    assert "It denies what the row tells." in words_of(api.client.get(f"/claims/{name}").text)
    amend(api, name, "correction", settled="The Department spoke of other talks.", reason="Read both.")
    assert (cut(api)["contested"], cut(api)["corroboration"]) == (None, "cn")


@pytest.mark.parametrize(
    ("name", "body", "status", "field"),
    [
        ("change-1", {"reason": "x", "place": "Geneva"}, 400, "place"),
        ("change-1", {"reason": "x", "state": None}, 400, "state"),
        ("change-1", {"reason": "x", "effective": "2022-02-30"}, 400, "effective"),
        ("change-1", {"effective": "2022-02-03"}, 400, "reason"),
        ("change-1", {"reason": " ", "effective": "2022-02-03"}, 400, "reason"),
        ("change-1", {"reason": "Nothing else."}, 400, None),
        ("change-999999", {"reason": "x", "cause": "y"}, 404, None),
        ("row-1", {"reason": "x", "cause": "y"}, 404, None),
        ("contact-1", {"reason": "x", "end": "1990-01-01"}, 400, "end"),
        ("contact-1", {"reason": "x", "announced": "2024-01-30"}, 400, "announced"),
        ("contact-1", {"reason": "x", "asked_by": "Narnia"}, 400, "asked_by"),
        ("change-1", {"reason": "x", "effective": "0001"}, 400, "effective"),
        ("contact-1", {"reason": "x", "date": "9999", "outcome": "announced"}, 400, "date"),
        ("contact-1", {"reason": "x", "asked_by": "third-party"}, 400, "asked_by"),
        ("contact-1", {"reason": "x", "place": "P" * 121}, 400, "place"),
        ("contact-1", {"reason": "x", "form": "f" * 121}, 400, "form"),
    ],
)
def test_a_correction_that_cannot_be_is_refused_in_words(api: Api, name, body, status, field) -> None:
    assert_problem(amend(api, name, "correction", **body), status, field=field)
    assert api.json("/corrections")["count"] == 0


def test_only_reviewers_amend(api: Api) -> None:
    assert amend(api, "change-1", "withdrawal", role=None, reason="x").status_code == 401
    assert amend(api, "change-1", "withdrawal", role="reader", reason="x").status_code == 403
    assert api.client.get("/claims/change-1/amend").status_code == 302


def test_a_refused_correction_on_the_page_keeps_what_was_typed(seeded: Service) -> None:
    client = signed_in(seeded)
    typed = {"action": "correct", "state": "suspended", "effective": "6 Nov 2023", "cause": "Mine.", "reason": "Why."}
    answer = client.post("/claims/change-1/amend", data=typed)
    assert answer.status_code == 400
    assert "Mine." in answer.text
    assert "'6 Nov 2023' cannot be read as a date. Write YYYY-MM-DD, YYYY-MM or YYYY" in words_of(answer.text)
    assert client.post("/claims/change-1/amend", data={"action": "burn"}).status_code == 400
    endless = client.post("/claims/change-1/amend", data=typed | {"effective": "2022-02-03", "cause": "a" * 1_001})
    assert endless.status_code == 400
    assert "1,001 characters long" in endless.text


def fields_of(html: str) -> dict[str, str]:
    """What the fields of a page's forms hold, by their names."""
    typed = re.findall(r'<input name="(\w+)" type="text" value="([^"]*)"', html)
    chosen = re.findall(r'<select name="([^"]+)"[^>]*>(?:(?!</select>).)*?value="([^"]*)" selected', html, re.DOTALL)
    return {name: value for name, value in [*typed, *chosen] if value}


@pytest.mark.parametrize("name", ["change-1", "contact-1"])
def test_a_refused_source_leaves_the_form_of_the_correction_as_the_row_stands(seeded: Service, name: str) -> None:
    client = signed_in(seeded)
    stands = fields_of(client.get(f"/claims/{name}/amend").text)
    source = {"url": "no address", "title": "A title", "publisher": "A paper", "side": "cn"}
    answer = client.post(f"/claims/{name}/amend", data=source | {"action": "cite"})
    assert answer.status_code == 400
    assert fields_of(answer.text) == stands | source


def test_a_reviewer_corrects_a_claim_from_the_page_of_its_channel(seeded: Service, page: Page, sign_in) -> None:
    with serving(seeded) as address:
        sign_in(seeded, page, address)
        seeded.clock.advance(hours=1)
        page.goto(f"{address}/channels/dpct?as_of=2023-01-01")
        page.locator(".history").first.get_by_role("link", name="Amend").first.click()
        expect(page.locator("h1")).to_have_text("Amend the record")
        page.get_by_label("From").fill("2022-08-04")
        page.get_by_label("Why it is amended").fill("Read again.")
        page.get_by_role("button", name="Correct").click()
        expect(page.get_by_role("status")).to_contain_text("Corrected. This row stands in the place of change-")
        page.locator(".kicker a").click()
        expect(page.locator(".altered")).to_contain_text("5 Aug 2022")
        page.goto(f"{address}/corrections")
        expect(page.locator(".lead-small")).to_contain_text("1 correction")


def test_the_form_of_a_replaced_row_says_which_row_it_amends_and_what_withdrawing_brings_back(seeded: Service) -> None:
    client, old = signed_in(seeded), f"change-{cut(Api(seeded))['id']}"
    seeded.clock.advance(hours=1)
    page = words_of(client.get(f"/claims/{old}/amend").text)
    assert "was replaced" not in page
    assert "takes the row back; the reason is required" in page
    landed = send(client, old, CUT)
    new = landed.partition("?")[0].removeprefix("/claims/")
    page = words_of(client.get(f"/claims/{old}/amend").text)
    assert f"{old} was replaced; you are amending {new}, which stands." in page
    assert f"takes the row back, and {old} stands again; the reason is required" in page
    assert "was replaced" not in words_of(client.get(f"/claims/{new}/amend").text)


def test_after_a_deed_the_page_of_the_claim_says_what_was_done(seeded: Service) -> None:
    client, old = signed_in(seeded), f"change-{cut(Api(seeded))['id']}"
    seeded.clock.advance(hours=1)
    landed = send(client, old, CUT)
    new = landed.partition("?")[0].removeprefix("/claims/")
    assert f"Corrected. This row stands in the place of {old}." in words_of(client.get(landed).text)
    source = {"url": "https://us.example/1", "title": "A statement", "publisher": "Department", "side": "us"}
    landed = send(client, new, {"action": "cite"} | source)
    assert "Cited. The row has a further source." in words_of(client.get(landed).text)
    landed = send(client, new, {"action": "withdraw", "reason": "It was right."})
    assert f"Withdrawn. {old} stands again." in words_of(client.get(landed).text)
    assert "stands again." not in words_of(create_app(seeded).test_client().get(landed).text)
    landed = send(client, old, {"action": "withdraw", "reason": "Neither."})
    assert "Withdrawn. Nothing stands in its place." in words_of(client.get(landed).text)


CUT = {"action": "correct", "state": "suspended", "effective": "2022-08-04", "cause": "Cut.", "reason": "Read again."}


def send(client: FlaskClient, name: str, form: dict[str, str]) -> str:
    """Where a deed leads to."""
    answer = client.post(f"/claims/{name}/amend", data=form)
    assert answer.status_code == 303, words_of(answer.text)
    return answer.headers["Location"]


def test_amendments_in_one_instant_are_told_and_the_form_of_the_new_row_opens(seeded: Service) -> None:
    api, client = Api(seeded), signed_in(seeded)
    name = f"change-{cut(api)['id']}"
    done = amend(api, name, "correction", effective="2022-08-04", reason="Read again.").get_json()
    assert (done["deed"], done["says"]["effective"]["date"]) == ("corrected", "2022-08-04")
    first = f"change-{done['says']['id']}"
    assert client.get(f"/claims/{first}/amend").status_code == 200
    done = amend(api, first, "correction", effective="2022-08-06", reason="Once more.").get_json()
    assert done["says"]["effective"]["date"] == "2022-08-06"
    new = f"change-{done['says']['id']}"
    landed = send(client, new, CUT | {"effective": "2022-08-03"})
    assert f"This row stands in the place of {new}." in words_of(client.get(landed).text)


def test_the_page_as_it_was_known_before_shows_the_older_words(api: Api) -> None:
    row = cut(api)
    api.service.clock.advance(days=1)
    amend(api, f"change-{row['id']}", "correction", cause="In other words.", reason="Clearer.")
    then = (api.service.clock() - timedelta(hours=1)).isoformat().replace("+00:00", "Z")
    now = api.client.get("/channels/dpct?as_of=2023-01-01").text
    before = api.client.get(f"/channels/dpct?as_of=2023-01-01&known_at={then}").text
    assert "In other words." in now
    assert "see what it said before" in now
    assert "In other words." not in before
    assert "Corrections</h2>" not in before


def test_what_was_corrected_or_withdrawn_is_found_by_its_present_words_alone(api: Api) -> None:
    def found(clock: str) -> int:
        return len(api.json(f"/search?q=zanzibar&kind=change{clock}")["hits"])

    row = cut(api)
    api.service.clock.advance(days=1)
    done = amend(api, f"change-{row['id']}", "correction", cause="Zanzibar was where they were cut.", reason="Clearer.")
    assert found("") == 1
    api.service.clock.advance(days=1)
    amend(api, f"change-{done.get_json()['says']['id']}", "withdrawal", reason="It was not.")
    assert found("") == 0
    assert found("&known_at=2024-02-02") == 1


def test_all_that_is_wrong_with_an_amendment_is_told_at_once(seeded_2023: Service):
    client = signed_in(seeded_2023)
    typed = {"action": "correct", "state": "", "effective": "soon", "expected": "x", "cause": "Why.", "reason": " "}
    answer = client.post("/claims/change-1/amend", data=typed)
    assert answer.status_code == 400
    links = re.findall(r'href="#in-([a-z]+)"', answer.text)
    assert links == ["state", "effective", "expected", "reason"]
    assert all(f'id="in-{name}" aria-invalid="true"' in answer.text for name in links)
    typed = {"action": "correct", "state": "suspended", "effective": "2022-08-05", "cause": " ", "reason": ""}
    text = client.post("/claims/change-1/amend", data=typed).text
    assert re.findall(r'href="#in-([a-z]+)"', text) == ["cause", "reason"]


def test_all_that_is_wrong_with_a_source_is_told_at_once(seeded_2023: Service):
    typed = {"action": "cite", "url": "ftp://x", "title": "", "publisher": "A paper", "side": "us", "published": "x"}
    text = signed_in(seeded_2023).post("/claims/change-1/amend", data=typed).text
    assert re.findall(r'href="#in-([a-z]+)"', text) == ["url", "title", "published"]


def test_what_is_held_against_the_relationship_or_another_field_is_told_with_the_rest(seeded_2023: Service):
    client = signed_in(seeded_2023)
    row = {"action": "correct", "outcome": "held", "date": "2021-09-28", "substantive": "yes", "reason": "Read again."}
    wrong = {"end": "2021-01-01", "asked_by": "zz", "announced": "soon", "round": "x"}
    text = client.post("/claims/contact-1/amend", data=row | wrong).text
    assert re.findall(r'href="#in-([a-z_]+)"', text) == ["end", "announced", "round", "asked_by"]
    text = client.post("/claims/contact-1/amend", data=row | wrong | {"date": "x"}).text
    assert "cannot end before it begins" not in text, "its first day cannot be read"
    source = {"action": "cite", "url": "ftp://x", "title": "", "publisher": "", "side": "zz", "published": "2030-01-01"}
    text = client.post("/claims/change-1/amend", data=source).text
    assert re.findall(r'href="#in-([a-z]+)"', text) == ["url", "title", "publisher", "side", "published"]
