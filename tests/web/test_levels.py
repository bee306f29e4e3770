"""The level at which the sides met: read in releases, said by reviewers, contested where two sides differ on it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.web.api_client import AMERICAN, CHINESE, Api, assert_problem
from tests.web.test_pages import signed_in, words_of
from tracker.model import State
from tracker.service import Service

MINISTERS = AMERICAN | {"text": AMERICAN["text"].replace("Talks at", "Talks at ministerial level at")}
DIFFER = "The sides differ on the level. United States: held on 9 Jan 2024, at ministers’ level; China: "
IN_CHINESE = "双方在“级别”上说法不一。美国：已举行（2024年1月9日），部长级；中国：已举行（2024年1月9日），工作层级。"


@pytest.fixture
def api(seeded_2023: Service) -> Api:
    return Api(seeded_2023)


@pytest.fixture
def client(seeded_2023: Service) -> FlaskClient:
    return signed_in(seeded_2023)


def accepted(api: Api, *releases: dict[str, Any], **body: Any) -> dict[str, Any]:
    """The contact that accepting what releases tell puts on the record."""
    found = [api.hand_in(release)[0] for release in releases]
    answer = api.decide(found[-1], decision="accept", **body)
    assert answer.status_code == 200, answer.get_json()
    api.service.clock.advance(hours=1)
    return api.json("/contacts?channel=dpct")["contacts"][0]


def levels(row: dict[str, Any]) -> dict[str, str | None]:
    return {source["side"]: source["level"] for source in row["sources"]}


def shown(client: FlaskClient, address: str) -> str:
    return words_of(client.get(address).text)


def test_what_releases_say_of_the_level_is_proposed_and_a_reviewer_says_the_rest(api: Api, client: FlaskClient) -> None:
    (found,) = api.hand_in(MINISTERS)
    (found,) = api.hand_in(CHINESE)
    assert found["question"]["proposed"]["levels"] == {"us": "ministers"}
    form = client.get(f"/review/{found['id']}").text
    assert re.search(r'name="level_us".*?<option value="ministers" selected>', form, re.DOTALL)
    assert "ministerial level" in re.search(r'id="read-level_us">.*?</span>', form, re.DOTALL)[0]
    assert 'name="level_cn"' in form
    typed = dict(re.findall(r'name="(version|csrf_token)" value="([^"]+)"', form))
    typed |= {"action": "accept", "state": "", "outcome": "held", "date": "2024-01-08", "end": "2024-01-09"}
    sent = client.post(f"/review/{found['id']}", data=typed | {"level_us": "ministers", "level_cn": "working"})
    assert sent.status_code == 303, words_of(sent.text)
    row = api.json("/contacts?channel=dpct")["contacts"][0]
    assert levels(row) == {"us": "ministers", "cn": "working"}
    assert row["contested"].startswith(DIFFER)
    assert row["contested"].endswith("at working level.")
    for page in ("/channels/dpct", f"/claims/contact-{row['id']}"):
        assert DIFFER in shown(client, page)
        assert IN_CHINESE in shown(client, f"{page}?language=zh")
    assert "It says that they met at working level." in shown(client, f"/claims/contact-{row['id']}")
    assert api.json("/channels/dpct")["contested"]


def test_a_level_that_cannot_be_is_refused_beside_its_field_and_what_was_typed_stays(
    api: Api, client: FlaskClient
) -> None:
    (found,) = api.hand_in(AMERICAN)
    typed = {"action": "check", "version": str(found["version"]), "outcome": "held", "date": "2024-01-08"}
    answer = client.post(f"/review/{found['id']}", data=typed | {"level_us": "butlers"})
    assert answer.status_code == 400
    assert 'href="#in-level_us"' in answer.text
    kept = client.post(f"/review/{found['id']}", data=typed | {"level_us": "working", "date": "soon"})
    assert re.search(r'name="level_us".*?<option value="working" selected>', kept.text, re.DOTALL)


def test_the_api_says_at_which_level_a_side_told_it_and_takes_a_proposed_one_away(api: Api) -> None:
    row = accepted(api, MINISTERS, CHINESE, levels={"cn": "working"})
    assert levels(row) == {"us": "ministers", "cn": "working"}
    assert row["contested"].startswith(DIFFER)
    export = api.client.get("/changes.json").get_json()["items"]
    (sources,) = [one["_open_lines"]["sources"] for one in export if one["id"].endswith(f"contact-{row['id']}")]
    assert {source["side"]: source["level"] for source in sources} == levels(row)


def test_of_what_is_cited_already_a_later_review_says_the_level_and_corrects_the_row(
    api: Api, client: FlaskClient
) -> None:
    before = accepted(api, AMERICAN)
    assert levels(before) == {"us": None}
    (found,) = api.hand_in(CHINESE)
    form = client.get(f"/review/{found['id']}").text
    typed = dict(re.findall(r'name="([a-z_]+)" type="text" value="([^"]*)"', form))
    typed |= {"version": str(found["version"]), "state": "resumed", "outcome": "held", "action": "check"}
    page = words_of(client.post(f"/review/{found['id']}", data=typed | {"level_us": "ministers"}).text)
    assert "Level told by the United States nothing → at ministers’ level" in page
    answer = api.decide(found, decision="accept", levels={"us": "ministers", "cn": "working"})
    assert answer.status_code == 200
    api.service.clock.advance(hours=1)
    row = api.json("/contacts?channel=dpct")["contacts"][0]
    assert levels(row) == {"us": "ministers", "cn": "working"}
    assert row["contested"].startswith(DIFFER)
    assert row["id"] != before["id"]
    (source,) = row["corrected"]["was"]["sources"]
    assert source["level"] is None


def test_what_a_reviewer_said_of_a_level_is_what_a_later_review_proposes(api: Api) -> None:
    row = accepted(api, MINISTERS, levels={"us": None})
    (found,) = api.hand_in(CHINESE)
    assert found["question"]["proposed"]["levels"] == {}
    assert api.decide(found, decision="accept").status_code == 200
    now = api.json("/contacts?channel=dpct")["contacts"][0]
    assert (now["id"], levels(now), now["corrected"]) == (row["id"], {"us": None, "cn": None}, None)


def test_a_proposed_level_is_taken_away_by_null(api: Api) -> None:
    row = accepted(api, MINISTERS, CHINESE, levels={"us": None, "cn": "working"})
    assert (levels(row), row["contested"]) == ({"us": None, "cn": "working"}, None)


def test_a_level_of_nobody_or_of_no_rank_is_refused(api: Api) -> None:
    (found,) = api.hand_in(MINISTERS)
    assert_problem(api.decide(found, decision="accept", levels={"uk": "working"}), 400, field="levels")
    assert_problem(api.decide(found, decision="accept", levels={"us": "butlers"}), 400, field="levels.us")
    assert_problem(api.decide(found, decision="reject", note="No.", levels={"us": "working"}), 400, field="levels")


def test_a_first_word_keeps_the_levels_until_a_second_person_confirms_them(seeded_2023: Service) -> None:
    two = replace(seeded_2023.settings, second_person=frozenset({State.RESUMED}))
    api = Api(replace(seeded_2023, settings=two))
    (found,) = api.hand_in(MINISTERS)
    waiting = api.decide(found, decision="accept", levels={"us": "working"}).get_json()
    assert waiting["first_word"]["choice"]["levels"] == {"us": "working"}
    page = shown(signed_in(seeded_2023, "reviewer"), f"/review/{found['id']}")
    assert "Level told by the United States: at working level" in page


def test_a_further_source_of_another_level_and_a_correction_make_it_contested_and_settle_it(
    api: Api, client: FlaskClient
) -> None:
    row = accepted(api, MINISTERS)
    name = f"contact-{row['id']}"
    assert row["contested"] is None
    source = {"action": "cite", "url": "https://cn.example/2", "title": "会晤", "publisher": "国防部", "side": "cn"}
    refused = client.post(f"/claims/{name}/amend", data=source | {"level": "butlers"})
    assert (refused.status_code, 'href="#in-level"' in refused.text) == (400, True)
    assert client.post(f"/claims/{name}/amend", data=source | {"level": "working"}).status_code == 303
    now = api.json("/contacts?channel=dpct")["contacts"][0]
    assert now["contested"] == f"{DIFFER}at working level."

    api.service.clock.advance(hours=1)
    form = client.get(f"/claims/{name}/amend").text
    assert re.search(r'name="level_cn".*?<option value="working" selected>', form, re.DOTALL)
    typed = dict(re.findall(r'name="(date|end|form|place|round|summary)" type="text" value="([^"]*)"', form))
    typed |= {"action": "correct", "outcome": "held", "substantive": "yes", "reason": "Read again."}
    typed |= {"level_us": "ministers", "level_cn": "ministers"}
    sent = client.post(f"/claims/{name}/amend", data=typed)
    assert sent.status_code == 303, words_of(sent.text)
    row = api.json("/contacts?channel=dpct")["contacts"][0]
    assert (levels(row), row["contested"]) == ({"us": "ministers", "cn": "ministers"}, None)


def test_what_differed_is_told_where_a_reviewer_settled_it(api: Api, client: FlaskClient) -> None:
    row = accepted(api, MINISTERS, CHINESE, levels={"cn": "working"})
    assert row["contested"] == f"{DIFFER}held on 9 Jan 2024, at working level."
    settled = {"settled": "Ministers opened it, and officials went on.", "reason": "Read both."}
    done = api.post(f"/claims/contact-{row['id']}/correction", json=settled, headers=api.token("reviewer"))
    name = f"contact-{done.get_json()['says']['id']}"
    for page in (f"/claims/{name}", "/channels/dpct"):
        told = shown(client, page)
        assert f"{settled['settled']} What differed: {DIFFER}held on 9 Jan 2024, at working level." in told, page


def test_the_api_cites_and_corrects_with_a_level(api: Api) -> None:
    row, role = accepted(api, MINISTERS), api.token("reviewer")
    body = {"levels": {"cn": "working"}, "reason": "x"}
    refused = api.post(f"/claims/contact-{row['id']}/correction", json=body, headers=role)
    assert_problem(refused, 400, field="levels", says="cites no document of cn")
    source = {"url": "https://cn.example/2", "title": "会晤", "publisher": "国防部", "side": "cn", "level": "working"}
    done = api.post(f"/claims/contact-{row['id']}/sources", json=source, headers=role).get_json()
    assert [one["level"] for one in done["sources"]] == ["working"]
    assert api.json("/contacts?channel=dpct")["contacts"][0]["contested"] == f"{DIFFER}at working level."
    api.service.clock.advance(hours=1)
    body = {"levels": {"cn": None}, "reason": "It leaves that open."}
    done = api.post(f"/claims/contact-{row['id']}/correction", json=body, headers=role).get_json()
    assert (done["deed"], levels(done["says"])) == ("corrected", {"us": "ministers", "cn": None})
    assert api.json("/contacts?channel=dpct")["contacts"][0]["contested"] is None
    body = {"levels": {"third-party": "working"}, "reason": "x"}
    refused = api.post(f"/claims/contact-{done['says']['id']}/correction", json=body, headers=role)
    assert_problem(refused, 400, field="levels")
