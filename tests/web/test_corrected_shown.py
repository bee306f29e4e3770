"""Every page, call and table that shows a claim says that it was corrected, when, and leads to what it said before."""

from __future__ import annotations

import csv
import re
from dataclasses import replace

import pytest

from tests.test_amend import amended, cut_of, name_of
from tests.web.api_client import Api
from tests.web.test_pages import words_of
from tracker.model import PartialDate
from tracker.record.lineage import entry_key
from tracker.reviewing.amend import cite, withdraw
from tracker.service import Service

SHOWN = [
    "/?as_of=2022-09-01",
    "/channels/dpct",
    "/changes",
    "/timeline",
    "/embed/dpct?as_of=2022-09-01",
    "/changes?from=2022-08-01&to=2022-08-31",
    "/search?q=talks+countermeasures&kind=change",
    "/search?q=dpct&kind=channel&as_of=2022-09-01",
]

BEFORE = "known_at=2024-02-01T12:30:00Z"


@pytest.fixture
def api(seeded: Service) -> Api:
    """The record with a change that was corrected on 3 Feb 2024."""
    seeded.clock.advance(days=2)
    old = str(cut_of(seeded).effective)
    amended(seeded, cut_of(seeded), reason="The ministry says so.", effective=PartialDate("2022-08-04"))
    assert old == "2022-08-05"
    return Api(seeded)


@pytest.mark.parametrize("page", SHOWN)
def test_a_corrected_claim_has_a_mark_with_the_date_that_leads_to_it(api: Api, page: str) -> None:
    claim, html = entry_key(cut_of(api.service)), api.client.get(page).text
    assert "orrected 3 Feb 2024" in words_of(html)
    if page not in ("/channels/dpct", "/changes"):  # which lead to the corrections of the channel
        ways = set(re.findall(r'class="flag quiet-flag" href="([^"?]+)', html))
        assert {way.rpartition("/claims/")[2] for way in ways} == {claim}
    before = api.client.get(f"{page}{'&' if '?' in page else '?'}{BEFORE}").text
    assert "orrected 3 Feb" not in words_of(before), "it was not corrected then"


def rows_of(api: Api, path: str) -> list[dict]:
    answer = api.json(path)
    if path.startswith("/diff"):
        (answer,) = [one for one in answer["channels"] if one["channel"] == "dpct"]
    return answer.get("history") or answer["changes"]


@pytest.mark.parametrize(
    "path",
    ["/channels/dpct", "/changes?channel=dpct", "/diff?from=2022-08-01&to=2022-08-31", "/changes?fields=corrected"],
)
def test_the_api_says_of_each_row_what_it_said_before_its_correction(api: Api, path: str) -> None:
    row = cut_of(api.service)
    told = {change["id"]: change["corrected"] for change in rows_of(api, path)}
    assert told.pop(row.id) == {
        "at": "2024-02-03T12:00:01Z",
        "claim": f"change-{row.replaces}",
        "was": {"effective": {"date": "2022-08-05", "precision": "day"}},
        "why": "The ministry says so.",
    }
    assert set(told.values()) <= {None}
    then = {
        change["id"]: change["corrected"] for change in rows_of(api, f"{path}{'&' if '?' in path else '?'}{BEFORE}")
    }
    assert set(then.values()) == {None}


def test_a_channel_says_it_of_the_change_that_made_its_state(api: Api) -> None:
    asked = "/channels/dpct?as_of=2022-09-01"
    assert api.json(asked)["corrected"]["was"] == {"effective": {"date": "2022-08-05", "precision": "day"}}
    assert api.json("/channels/mmca")["corrected"] is None
    (act,) = api.json("/corrections")["corrections"]
    assert (act["says"]["corrected"]["why"], act["said"]["corrected"]) == ("The ministry says so.", None)


def test_a_row_that_only_gained_a_source_since_still_says_that_it_was_corrected(api: Api) -> None:
    row = cut_of(api.service)
    api.service.clock.advance(days=1)
    source = cut_of(api.service).sources[0]
    cite(
        api.service.store, name_of(row), replace(source, url="https://example.org/more", title="More"), by="ana",
        at=api.service.clock(),
    )  # fmt: skip
    told = {change["id"]: change["corrected"] for change in rows_of(api, "/changes?channel=dpct")}
    assert told[cut_of(api.service).id]["at"] == "2024-02-03T12:00:01Z"


def test_a_correction_that_was_withdrawn_is_one_too(api: Api) -> None:
    row = cut_of(api.service)
    api.service.clock.advance(days=1)
    withdraw(api.service.store, name_of(row), reason="It was right.", by="ana", at=api.service.clock())
    told = {change["id"]: change["corrected"] for change in rows_of(api, "/changes?channel=dpct")}
    assert told[row.replaces] == {
        "at": "2024-02-04T12:00:01Z",
        "claim": f"change-{row.replaces}",
        "was": {"effective": {"date": "2022-08-04", "precision": "day"}},
        "why": "It was right.",
    }
    assert "corrected 4 Feb 2024" in words_of(api.client.get("/?as_of=2022-09-01").text)


def test_the_table_of_changes_says_it_in_columns_at_its_end(api: Api) -> None:
    text = api.client.get("/changes.csv?channel=dpct").text.removeprefix("\ufeff")
    rows = {row["id"]: row for row in csv.DictReader(text.splitlines())}
    row = rows.pop(str(cut_of(api.service).id))
    assert [row[name] for name in ("corrected_at", "corrected_from", "corrected_why")] == [
        "2024-02-03T12:00:01Z", "effective: 2022-08-05", "The ministry says so.",
    ]  # fmt: skip
    assert {row["corrected_at"] for row in rows.values()} == {""}


def test_the_table_of_channels_says_it_of_the_change_that_made_the_state(api: Api) -> None:
    text = api.client.get("/channels.csv?as_of=2022-09-01").text.removeprefix("\ufeff")
    rows = {row["slug"]: row for row in csv.DictReader(text.splitlines())}
    assert [rows["dpct"][name] for name in ("corrected_at", "corrected_from", "corrected_why")] == [
        "2024-02-03T12:00:01Z", "effective: 2022-08-05", "The ministry says so.",
    ]  # fmt: skip
    assert rows["mmca"]["corrected_at"] == ""


def test_the_picture_says_it_in_the_words_of_what_was_corrected(api: Api) -> None:
    words = "suspended since 4 Aug 2022, corrected 3 Feb 2024"
    assert api.client.get("/timeline.svg").text.count(words) == 1
    assert "corrected" not in api.client.get(f"/timeline.svg?{BEFORE}").text


def test_what_is_found_says_it(api: Api) -> None:
    hits = {hit["id"]: hit["corrected"] for hit in api.json("/search?q=countermeasures+talks&kind=change")["hits"]}
    assert hits.pop(cut_of(api.service).id)["was"] == {"effective": {"date": "2022-08-05", "precision": "day"}}
    assert set(hits.values()) == {None}
    hits = api.json("/search?q=dpct&kind=channel&as_of=2022-09-01")["hits"]
    assert [hit["corrected"]["why"] for hit in hits if hit["channel"] == "dpct"] == ["The ministry says so."]
    assert all(hit["corrected"] is None for hit in hits if hit["channel"] != "dpct")
