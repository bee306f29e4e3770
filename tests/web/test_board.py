"""The first screen: what it answers without a script, and that a filter means the same wherever it is sent."""

from __future__ import annotations

import csv
import gzip
import io
import re
import unicodedata
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import brotli
import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from db.record import Origin
from tests.conftest import EVERYTHING, Shipped
from tests.make import contact
from tests.web.api_client import Api, api_over, assert_problem
from tests.web.test_pages import words_of
from tracker.model import Outcome
from tracker.service import Service
from tracker.web.app import create_app
from tracker.web.narrowing import words_apart

ON_THE_WIRE = 60_000

LATER = "2026-11-28"
"""A day on which channels are overdue, and accounts of two of them differ."""


@pytest.fixture(scope="module")
def api(shipped: Shipped, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """The whole record, for tests that only read."""
    with api_over(shipped, tmp_path_factory.mktemp("board"), EVERYTHING) as api:
        yield api


def board_of(api: Api, query: str = "") -> BeautifulSoup:
    answer = api.client.get(f"/?{query}")
    assert answer.status_code == 200, words_of(answer.text)
    return BeautifulSoup(answer.text, "lxml")


def slugs(board: BeautifulSoup) -> list[str]:
    return [row.find("a")["href"].partition("?")[0].rpartition("/")[2] for row in board.select("tr.one")]


def of(board: BeautifulSoup, slug: str) -> str:
    """The line of a channel in words."""
    (row,) = (row for row in board.select("tr.one") if f"/channels/{slug}" in row.find("a")["href"])
    return words_of(str(row))


def test_every_channel_with_a_state_has_one_line_the_military_ones_first(api: Api) -> None:
    told = api.json("/channels")["channels"]
    shown = slugs(board_of(api))
    assert sorted(shown) == sorted(channel["slug"] for channel in told)
    military = {channel["slug"] for channel in told if channel["category"] == "military"}
    assert set(shown[: len(military)]) == military


def test_a_line_says_state_since_when_on_whose_word_and_the_last_and_next_contact(api: Api) -> None:
    board = board_of(api)
    dpct, hotline = of(board, "dpct"), of(board, "defense-telephone-link")
    assert re.search(r"Coordination Talks \(DPCT\) .*◐ resumed since 8 Jan 2024 .*●● on the word of both sides", dpct)
    assert re.search(r"Last 8–9 Jan 2024, in person", dpct)
    assert re.search(r"● active since 10 Apr 2008 ●○ on the word of United States Last 19 Aug 2021", hotline)
    assert re.search(r"⊘ refused 4 Feb 2023", hotline), "open on paper, and tried in vain since"
    more = words_of(str(board.select_one("tr.more details")))
    assert "More on Defense Policy Coordination Talks (DPCT)" in more
    assert "中美国防部工作会晤" in more
    assert "Resumed, 24 days: " in more


@pytest.mark.parametrize(
    ("query", "fits"),
    [
        ("state=suspended", lambda one: one["state"] == "suspended"),
        ("category=economic", lambda one: one["category"] == "economic"),
        ("word=both", lambda one: one["corroboration"] == "both"),
        ("word=cn", lambda one: one["corroboration"] == "cn"),
        ("word=cn&category=diplomatic", lambda one: (one["corroboration"], one["category"]) == ("cn", "diplomatic")),
        ("only=overdue", lambda one: one["overdue"]),
        ("only=unreported", lambda one: bool(one["unreported"])),
        ("only=contested", lambda one: one["contested"]),
        ("q=防长", lambda one: one["slug"] == "defense-ministers"),
        ("q=HOTLINE", lambda one: one["slug"] == "defense-telephone-link"),
        ("q=Maritime+consultative", lambda one: one["slug"] == "mmca"),
        ("q=ＤＰＣＴ", lambda one: one["slug"] == "dpct"),
        ("q=國防部門", lambda one: one["slug"] in ("dpct", "defense-ministers", "defense-telephone-link")),
        ("q=gates+liang", lambda one: one["slug"] == "defense-telephone-link"),
        ("q=+&state=&word=", lambda one: True),
    ],
)  # fmt: skip
def test_a_filter_means_the_same_on_the_page_in_the_api_and_in_the_table(
    api: Api, query: str, fits: Callable[[dict[str, Any]], bool]
) -> None:
    query = f"{query}&as_of={LATER}"
    every = api.json(f"/channels?as_of={LATER}")["channels"]
    asked = {channel["slug"] for channel in every if fits(channel)}
    board = board_of(api, query)
    assert set(slugs(board)) == asked
    assert asked
    link = board.select_one("form.filters .csv")["href"]
    table = csv.DictReader(io.StringIO(api.client.get(link).data.decode("utf-8-sig")))
    assert {row["channel"] if "channel" in row else row["slug"] for row in table} == asked
    assert {channel["slug"] for channel in api.json(f"/channels?{query}")["channels"]} == asked
    some = f"{len(asked)} of {len(every)} shown"
    assert board.select_one(".shown").get_text() == (f"{len(every)} channels" if len(asked) == len(every) else some)


@given(
    texts=st.lists(st.text(alphabet="aBc会谈Ａ ;", max_size=12)).map(tuple),
    word=st.text(alphabet="aBc会谈;", min_size=1, max_size=4),
)
def test_a_word_is_found_in_the_words_apart_where_it_is_in_the_texts(texts: tuple[str, ...], word: str) -> None:
    word = word.casefold()
    told = unicodedata.normalize("NFKC", "\n".join(texts)).casefold()
    assert (word in words_apart(texts)) == (word in told)


def test_the_script_is_told_how_characters_are_written_otherwise_and_no_more(api: Api) -> None:
    forms = board_of(api).select_one("form.filters")["data-forms"]
    assert {"國国", "門门"} <= {forms[at : at + 2] for at in range(0, len(forms), 2)}
    assert len(forms) < 1_500


def test_the_script_is_given_a_fraction_of_a_channels_names(api: Api) -> None:
    board = board_of(api, "")
    also = {line["data-also"].split()[0]: line["data-also"] for line in board.select("tr.one")}
    assert {"dpct", "国防部门工作会晤"} <= set(also["dpct"].split())
    names = sum(len("; ".join(channel.aliases)) for channel in api.app.extensions["openlines"].snapshot().channels)
    assert sum(map(len, also.values())) < names / 2


def test_what_is_chosen_stands_in_the_form_and_in_every_link_that_shows_another_day(api: Api) -> None:
    board = board_of(api, "state=active&word=us&only=&q=talks&as_of=2023-01-01")
    form = board.select_one("form.filters")
    assert [o["value"] for o in form.select("option[selected]")] == ["active", "us"]
    assert form.select_one("input[name=q]")["value"] == "talks"
    kept = {field["name"]: field["value"] for field in board.select("form.slider input[type=hidden]")}
    assert kept == {"state": "active", "word": "us", "q": "talks", "as_of": "2023-01-01"}


def test_filters_that_nothing_fits_say_so_and_lead_back(api: Api) -> None:
    board = board_of(api, "q=zebra")
    assert slugs(board) == []
    told = board.select_one(".nothing:not([hidden])")
    assert re.search(r"No channel fits these filters. Show all \d+ channels", words_of(str(told)))
    assert told.find("a")["href"] == "/"
    assert "hidden" in board_of(api).select_one(".nothing").attrs


@pytest.mark.parametrize(
    ("query", "remedy"),
    [
        ("word=usa", "“usa” cannot be chosen here. What can: both, us, cn, third-party, none."),
        ("only=late", "What can: overdue, unreported, contested."),
        ("state=open", "What can: planned, active, suspended, resumed, ended."),
        ("onyl=overdue", "Did you mean only?"),
    ],
)
def test_a_filter_that_is_not_known_is_refused_in_words(api: Api, query: str, remedy: str) -> None:
    answer = api.client.get(f"/?{query}")
    assert (answer.status_code, remedy in words_of(answer.text)) == (400, True), words_of(answer.text)


def test_the_api_refuses_a_word_that_nothing_can_rest_on(api: Api) -> None:
    assert_problem(api.get("/channels?word=usa"), 400, field="word", says="both, us, cn")


def test_a_narrowed_screen_is_cited_by_the_rows_that_it_shows(api: Api) -> None:
    def cited(query: str) -> tuple[str, int]:
        told = words_of(str(board_of(api, query).select_one(".cite")))
        return re.search(r"(http\S+) \(CC", told)[1], int(re.search(r"([\d,]+) rows", told)[1].replace(",", ""))

    address, rows = cited("word=cn")
    assert 0 < rows < cited("")[1]
    assert "word=cn" in address
    assert "As cited" in words_of(api.client.get(address).text)


def test_beside_the_lines_stand_what_changed_what_is_due_what_is_late_and_where_the_sides_differ(api: Api) -> None:
    rail = board_of(api, f"as_of={LATER}").select_one(".rail")
    told = {s.find("h2").get_text(strip=True): words_of(str(s)) for s in rail.find_all("section", recursive=False)}
    sections = ["Changed lately", "Due", "Overdue", "Announced, not reported", "The two sides differ"]
    assert [*told][-5:] == sections
    assert "14 May 2026 ◇ planned Intergovernmental dialogue" in told["Changed lately"]
    assert "Economic and trade consultation" in told["Due"]
    assert "no date yet Intergovernmental dialogue" in told["Due"], "announced anew since an older promise lapsed"
    assert "(MMCA) meetings due by 21 May 2026 (twice a year)" in told["Overdue"]
    missing = told["Announced, not reported"]
    assert "Military-to-military exchanges announced 27 Feb 2025, not reported" in missing
    assert "All 5 announcements without a report in time" in missing
    differ = told["The two sides differ"]
    assert "■ held 8 Nov 2025: China's foreign ministry said that it was not aware of the visit." in differ
    assert "United States: no document of its own is cited China: no document of its own is cited" in differ
    overdue = {one["slug"] for one in api.json(f"/channels?as_of={LATER}&only=overdue")["channels"]}
    unreported = {one["slug"] for one in api.json(f"/channels?as_of={LATER}&only=unreported")["channels"]}
    listed = [rail.select(f"[aria-labelledby^={name}] li a[href^='/channels/']") for name in ("overdue", "unreported")]
    late, missing = ({a["href"].partition("?")[0].rpartition("/")[2] for a in links} for links in listed)
    assert missing == unreported
    assert late | missing == overdue


def test_a_year_that_ends_without_what_was_announced_for_it_says_so_in_the_row_and_in_the_list(api: Api) -> None:
    """The leaders met in 2026, elsewhere; the visit that was announced for that year is another matter."""
    board = board_of(api, "as_of=2027-01-02")
    row = board.select_one("tr.one[data-also^='leaders ']")
    link = row.select_one(".cell-next a")
    assert words_of(str(link)) == "2026, not reported"
    assert "overdue" not in words_of(str(row)), "it has no rhythm"
    assert "towards the end of 2026" in words_of(api.client.get(link["href"]).text)
    missing = board.select_one(".rail [aria-labelledby^=unreported]")
    assert "announced for 2026, not reported" in words_of(str(missing))
    assert missing.select_one("a[href^='/channels/leaders']")
    told = api.json("/channels/leaders?as_of=2027-01-02")
    assert (told["overdue"], told["unreported"]) == (True, [link["href"].partition("?")[0].rpartition("/")[2]])
    assert api.json("/channels/leaders?as_of=2026-12-31")["unreported"] == []


def test_a_view_of_the_past_quotes_nothing_that_was_said_later(api: Api) -> None:
    for day, told in (("2022-09-01", False), ("2023-10-15", True)):
        board = board_of(api, f"as_of={day}")
        differ = words_of(str(board.select_one(".rail [aria-labelledby^=differ]")))
        assert ("31 May and 31 August 2023" in differ) is told, day
        assert ("contested" in words_of(str(board.select_one('tr.one[data-also^="mil-mil-exchanges"]')))) is told


def test_what_is_contested_is_told_beneath_its_line_too(api: Api) -> None:
    line = board_of(api, f"as_of={LATER}").select_one('tr.one[data-also^="counternarcotics"]')
    beneath = words_of(str(line.find_next_sibling("tr")))
    assert "held 8 Nov 2025: China's foreign ministry said that it was not aware of the visit." in beneath


def test_what_is_announced_is_due_though_an_older_promise_of_the_channel_lapsed(seeded: Service) -> None:
    with seeded.store.writing() as db:
        for day, announced in (("2024-01-20", date(2024, 1, 9)), ("2024-05-10", date(2024, 1, 30))):
            row = contact(Outcome.ANNOUNCED, day, announced=announced)
            db.record.add(row, Origin(seeded.clock(), "ana"))
        db.record.bump()
    board = BeautifulSoup(create_app(seeded).test_client().get("/").text, "lxml")
    missing, due = (
        words_of(str(board.select_one(f".rail [aria-labelledby^={name}]"))) for name in ("unreported", "due")
    )
    assert "Talks (DPCT) announced for 20 Jan 2024, not reported" in missing
    assert "10 May 2024 Defense Policy Coordination Talks" in due


def test_the_first_line_says_of_how_many_sources_it_heard_in_the_last_hour(seeded: Service) -> None:
    feeds = [feed for feed in seeded.feeds if feed.enabled]
    silent = next(feed for feed in feeds if feed.side == "cn")
    with seeded.store.writing() as db:
        for feed in feeds:
            if feed is not silent:
                db.feeds.record_read(
                    feed.slug, now=seeded.clock(), next_poll=seeded.clock(), etag=None, last_modified=None,
                    moved_to=None, anything_new=True,
                )  # fmt: skip
        db.record.bump("polls")
    words = words_of(create_app(seeded).test_client().get("/").text)
    assert f"{len(feeds) - 1} of {len(feeds)} sources read in the last hour: United States" in words
    assert "We are not looking everywhere now." not in words


def test_where_no_source_of_a_side_can_be_read_the_first_line_says_that_and_not_each_by_name(seeded: Service) -> None:
    now = seeded.clock()
    with seeded.store.writing() as db:
        for feed in seeded.feeds:
            if feed.enabled and feed.side == "us":
                db.feeds.record_fault(feed.slug, next_poll=now, kind="timeout", fault="It did not answer.")
        db.record.bump("polls")
    words = words_of(create_app(seeded).test_client().get("/").text)
    assert "United States 0 of 3 (all failing, never read yet), China" in words


def test_a_state_that_is_said_again_is_no_change_from_another(api: Api) -> None:
    page = api.client.get(f"/changes?channel=trade-consultation&as_of={LATER}").text
    again, first, _ = (words_of(str(row)) for row in BeautifulSoup(page, "lxml").select("tbody tr"))
    assert "before, too: active" in again
    assert "before: planned" in first


def test_a_record_without_a_state_says_what_will_stand_there(service: Service) -> None:
    client = create_app(service).test_client()
    words = words_of(client.get("/").text)
    assert "No channel has a state on record yet. " in words
    assert "A channel appears here with the first status change that a reviewer accepts." in words
    assert "Nothing had happened by then" in words_of(client.get("/?as_of=1950-01-01").text)


@pytest.mark.parametrize(("coding", "decode"), [("br", brotli.decompress), ("gzip", gzip.decompress)])
def test_the_first_screen_is_light_on_the_wire(api: Api, coding: str, decode: Callable[[bytes], bytes]) -> None:
    answer = api.client.get("/", headers={"Accept-Encoding": coding})
    assert answer.headers["Content-Encoding"] == coding
    assert decode(answer.data).startswith(b"<!doctype html>")
    assert len(answer.data) < ON_THE_WIRE
