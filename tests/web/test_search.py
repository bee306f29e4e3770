"""Searching by the API and on the page: what is found, in which order, at which moment, and by whom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from db.record import Origin
from tests.conftest import EVERYTHING, Shipped
from tests.make import contact
from tests.web.api_client import AMERICAN, CHINESE, Api, api_over, assert_problem
from tests.web.test_pages import words_of
from tracker.model import Outcome
from tracker.reviewing.review import undo
from tracker.service import Service


@pytest.fixture(scope="module")
def api(shipped: Shipped, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """The whole record and two releases, for tests that only ask."""
    with api_over(shipped, tmp_path_factory.mktemp("search"), EVERYTHING) as api:
        api.hand_in(AMERICAN)
        api.hand_in(CHINESE)
        yield api


@pytest.fixture
def live(seeded: Service) -> Api:
    return Api(seeded)


def found(api: Api, q: str, *, reviewer: bool = False, **more: str) -> list[dict]:
    headers = api.token("reviewer") if reviewer else {}
    return api.json("/search", query_string={"q": q} | more, headers=headers)["hits"]


def page(api: Api, **asked: str) -> str:
    response = api.client.get("/search", query_string=asked)
    assert response.status_code == 200
    return response.get_data(as_text=True)


@pytest.mark.parametrize(
    "q",
    [
        "DPCT",
        "dpct",
        "国防部工作会晤",
        "國防部工作會晤",
        "defense policy coordination talks",
        "中美国防部工作会晤",
        "国防政策对话",
    ],
)
def test_a_channel_is_found_first_by_any_of_its_names(api: Api, q: str) -> None:
    first = found(api, q)[0]
    assert (first["kind"], first["channel"]) == ("channel", "dpct")


@pytest.mark.parametrize(("q", "channel"), [("Milley", "joint-staff"), ("张又侠", "mil-mil-exchanges")])
def test_a_channel_is_found_by_who_uses_it(api: Api, q: str, channel: str) -> None:
    assert channel in [hit["channel"] for hit in found(api, q, kind="channel")]


@pytest.mark.parametrize("q", ["会晤", "會晤", "国防部 华盛顿", '"工作会晤"'])
def test_a_word_of_two_chinese_characters_finds_its_release_for_a_reviewer(api: Api, q: str) -> None:
    hits = found(api, q, reviewer=True, kind="release")
    assert [hit["title"]["text"] for hit in hits] == [CHINESE["title"]]
    assert (hits[0]["side"], hits[0]["lang"], hits[0]["url"]) == ("cn", "zh", CHINESE["url"])
    assert api.json(hits[0]["href"].removeprefix("/api/v1"), headers=api.token("reviewer"))["release"]["id"]


def test_the_words_that_were_found_are_marked_in_the_text_as_it_stands(api: Api) -> None:
    (hit,) = found(api, "pentagon talk", reviewer=True, kind="release")
    for field, words in (("title", ["Talks"]), ("excerpt", ["Talks", "Pentagon"])):
        told = hit[field]
        assert [told["text"][mark["start"] : mark["end"]] for mark in told["marks"]] == words


@pytest.mark.parametrize("role", ["nobody", "reader"])
def test_releases_are_searched_for_reviewers_alone(api: Api, role: str) -> None:
    headers = {} if role == "nobody" else api.token(role)
    answer = api.json("/search", query_string={"q": "pentagon"}, headers=headers)
    assert list(answer["counts"]) == ["channel", "change", "contact"]
    assert "release" not in {hit["kind"] for hit in answer["hits"]}
    refused = api.get("/search", query_string={"q": "pentagon", "kind": "release"}, headers=headers)
    assert_problem(refused, 401 if role == "nobody" else 403)
    assert CHINESE["title"] not in page(api, q="工作会晤")


def test_kinds_follow_one_another_and_pages_are_parts_of_one_list(api: Api) -> None:
    reviewer = api.token("reviewer")
    whole = api.json("/search", query_string={"q": "会晤", "limit": "200"}, headers=reviewer)
    kinds = [hit["kind"] for hit in whole["hits"]]
    assert kinds == sorted(kinds, key=["channel", "change", "contact", "release"].index)
    assert {kind: kinds.count(kind) for kind in kinds} == whole["counts"]
    told, cursor = [], None
    while cursor != "":
        asked = {"q": "会晤", "limit": "3"} | ({"cursor": cursor} if cursor else {})
        part = api.json("/search", query_string=asked, headers=reviewer)
        told, cursor = [*told, *part["hits"]], part["next"] or ""
    assert told == whole["hits"]


def test_rows_are_narrowed_by_day_and_by_the_side_of_their_sources(api: Api) -> None:
    hits = found(api, "dpct", kind="contact", **{"from": "2024-01", "to": "2024-01"})
    assert [hit["date"]["date"] for hit in hits] == ["2024-01-08"]
    assert {hit["side"] for hit in found(api, "dpct", kind="contact", side="cn")} == {"cn"}
    assert found(api, "dpct", kind="contact", **{"to": "2001"}) == []


def test_what_had_not_happened_by_a_day_is_not_found_as_of_it(api: Api) -> None:
    days = [hit["date"]["date"] for hit in found(api, "dpct", kind="contact", as_of="2021-12-31")]
    assert days
    assert max(days) < "2022"
    assert found(api, "dpct", reviewer=True, kind="release", as_of="2024-01-01") == []


def test_a_corrected_row_is_found_by_its_new_words_and_by_its_old_ones_only_in_the_past(live: Api) -> None:
    before = live.service.clock()
    told = contact(Outcome.HELD, "2024-01-20", summary="A round in Qingdao.")
    with live.service.store.writing() as db:
        row = db.record.add(told, Origin(before, "ana"))
        db.record.bump()
    assert len(found(live, "qingdao")) == 1
    live.service.clock.advance(hours=1)
    with live.service.store.writing() as db:
        corrected = replace(told, summary="A round in Honolulu.", replaces=row)
        db.record.add(corrected, Origin(live.service.clock(), "ana"))
        db.record.bump()
    assert (len(found(live, "round qingdao")), len(found(live, "round honolulu"))) == (0, 1)
    then = (before + timedelta(minutes=1)).isoformat()
    assert (len(found(live, "round qingdao", known_at=then)), len(found(live, "round honolulu", known_at=then))) == (
        1,
        0,
    )


def test_an_accepted_report_is_found_by_its_words_and_no_more_when_it_is_taken_back(live: Api) -> None:
    words = {
        "title": "Talks on Moon Bases",
        "text": AMERICAN["text"].replace("8-9", "23-24").replace("17th", "25th"),
        "published": "2024-01-24",
    }
    (candidate,) = live.hand_in(AMERICAN | words | {"url": "https://www.example.mil/moon"})
    assert found(live, "moon bases") == []
    live.decide(candidate, decision="accept")
    hits = found(live, "moon bases")
    assert {hit["url"] for hit in hits} == {"https://www.example.mil/moon"}
    accepted = live.json(f"/candidates/{candidate['id']}", headers=live.token("reviewer"))
    undo(live.service.store, candidate["id"], accepted["version"], by="ana", at=live.service.clock())
    assert found(live, "moon bases") == []


@pytest.mark.parametrize(
    ("asked", "field", "says"),
    [
        ({}, "q", "Send words as q"),
        ({"q": " "}, "q", "nothing to look for"),
        ({"q": "x" * 5_000}, "q", "5,000 characters, and at most 200"),
        ({"q": "x", "kind": "candidate"}, "kind", "'release'"),
        ({"q": "x", "side": "fr"}, "side", "cn, third-party, us"),
        ({"q": "x", "lang": "fr"}, "lang", "en, zh"),
        ({"q": "x", "from": "soon"}, "from", "YYYY-MM-DD"),
        ({"q": "x", "from": "2024", "to": "2023"}, "from", "after to"),
        ({"q": "x", "cursor": "x"}, "cursor", "no cursor"),
        ({"q": "x", "words": "x"}, "words", "not known"),
    ],
)
def test_what_cannot_be_is_refused_with_its_field_and_a_remedy(
    api: Api, asked: dict[str, str], field: str, says: str
) -> None:
    assert_problem(api.get("/search", query_string=asked), 400, field=field, says=says)


def test_what_has_no_words_finds_nothing(api: Api) -> None:
    answer = api.json("/search", query_string={"q": '"* -'})
    assert (answer["hits"], sum(answer["counts"].values()), answer["next"]) == ([], 0, None)


def test_a_cursor_belongs_to_its_search(api: Api) -> None:
    following = api.json("/search", query_string={"q": "会晤", "limit": "2"})["next"]
    refused = api.get("/search", query_string={"q": "通话", "cursor": following})
    assert_problem(refused, 400, field="cursor", says="other filters")


def test_every_page_has_a_labelled_search_box_that_keeps_the_moment(api: Api) -> None:
    for path in ("/", "/channels/dpct", "/login", "/api/docs", "/nowhere"):
        body = api.client.get(path).get_data(as_text=True)
        assert '<label for="site-search"' in body
    past = api.client.get("/changes?as_of=2022-01-01").get_data(as_text=True)
    assert '<input type="hidden" name="as_of" value="2022-01-01">' in past


def test_the_page_groups_what_it_found_and_leads_to_the_rest(api: Api) -> None:
    body = page(api, q="會晤")
    assert body.index('id="channel"') < body.index('id="change"') < body.index('id="contact"')
    assert "中美国防部工作<mark>会晤</mark>" in body
    assert 'href="/search?kind=contact&amp;q=%E6%9C%83%E6%99%A4"' in body
    assert "More" in page(api, q="会晤", kind="contact")


def test_the_page_without_words_says_how_to_search_and_a_long_one_is_refused(api: Api) -> None:
    assert "simplified or traditional" in page(api)
    assert "no word to look for" in page(api, q="!!")
    refused = api.client.get("/search", query_string={"q": "x" * 1_000})
    assert refused.status_code == 400
    assert "at most 200" in refused.get_data(as_text=True)


def test_what_was_typed_and_what_was_found_are_escaped(api: Api) -> None:
    body = page(api, q='<img src=x>"dpct" "><script>')
    assert "<script>" not in body
    assert "<img" not in body


def test_the_page_is_of_who_asks_and_kept_nowhere(api: Api) -> None:
    for path in ("/search?q=dpct", "/api/v1/search?q=dpct"):
        assert "no-store" in api.client.get(path).headers["Cache-Control"]


def test_a_hit_has_its_name_in_the_language_of_the_page_first(api: Api) -> None:
    names = next(one["names"] for one in api.json("/channels")["channels"] if one["slug"] == "dpct")
    for lang, other in (("en", "zh"), ("zh", "en")):
        words = words_of(api.client.get(f"/search?q=dpct&kind=channel&language={lang}").text)
        assert f"{names[lang]} {names[other]}" in words
