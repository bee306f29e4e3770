"""The picture of all channels: its geometry, the page with the table behind it, and the file for slides."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from random import Random

import brotli
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from playwright.sync_api import expect

from tests.conftest import EVERYTHING, Shipped
from tests.make import CHANNEL, US_CHINA, change, contact, moment
from tests.web.api_client import Api, api_over, assert_problem
from tests.web.conftest import serving
from tests.web.test_pages import words_of
from tracker.model import Contact, Outcome, PartialDate, State, StatusChange
from tracker.record.history import ChannelView, view
from tracker.service import Service, utc_now
from tracker.web.app import create_app
from tracker.web.pictures.drawing import FilePen
from tracker.web.pictures.lanes import PIXEL, SLIM, WIDE, Lane, picture_of
from tracker.web.pictures.lettering import fitting, width_of, wrapped
from tracker.web.pictures.strip import Axis
from tracker.web.pictures.turns import shared_words
from tracker.web.reading import Line
from tracker.web.timeline import MOST_ENTRIES

SVG = "{http://www.w3.org/2000/svg}"
HREF = "href"

NOUNS = [f"{one}{other}" for one in ("talk", "round", "visit", "call", "paper") for other in ("", "s", "ers", "ing")]

VISIT = "among its countermeasures to the Speaker's visit."


@pytest.fixture(scope="module")
def api(shipped: Shipped, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """The whole record, for tests that only read."""
    with api_over(shipped, tmp_path_factory.mktemp("timeline"), EVERYTHING) as api:
        yield api


DAYS = st.dates(date(2017, 1, 1), date(2026, 12, 31))
DATES = st.builds(lambda day, length: PartialDate(day.isoformat()[:length]), DAYS, st.sampled_from((4, 7, 10)))
CAUSES = st.text("abcdefghij ,;.会谈WM", min_size=1, max_size=90).filter(str.strip)
CHANGES = st.lists(st.tuples(st.sampled_from(State), DATES, CAUSES), max_size=40)
UNDATED = st.tuples(st.just(Outcome.ANNOUNCED), st.none(), DAYS)
CONTACTS = st.lists(UNDATED | st.tuples(st.sampled_from(Outcome), DATES, DAYS), max_size=30)
AXES = st.tuples(DAYS, st.integers(1, 3000)).map(lambda told: Axis(told[0], told[0] + timedelta(days=told[1])))


def viewed(changes, contacts, as_of: date) -> ChannelView:
    rows = [change(state, when.value, cause=cause, id=number) for number, (state, when, cause) in enumerate(changes, 1)]
    met = [
        contact(outcome, when.value if when else None, announced=day, id=number)
        for number, (outcome, when, day) in enumerate(contacts, 1)
    ]
    return view(CHANNEL, US_CHINA, rows, met, moment(as_of.isoformat()))


def lane_of(seen: ChannelView, axis: Axis) -> Lane:
    (lane,) = picture_of([seen], axis).lanes
    return lane


@settings(max_examples=80)
@given(CHANGES, CONTACTS, DAYS, AXES)
def test_bands_meet_without_overlap_from_the_first_known_date_to_the_day_shown(changes, contacts, as_of, axis):
    seen = viewed(changes, contacts, as_of)
    bands = lane_of(seen, axis).bands
    for band, following in pairwise(bands):
        assert band.x + band.width == pytest.approx(following.x)
    for band in bands:
        assert 0 <= band.soft <= band.width + 0.001
    known = [one.effective.first for one in seen.history]
    if known and axis.at(min(known)) < axis.at(min(as_of, axis.end)):
        assert bands[0].x == axis.at(min(known))
        assert bands[-1].x + bands[-1].width == pytest.approx(axis.at(as_of))
    else:
        assert not bands


@settings(max_examples=80)
@given(CHANGES, CONTACTS, DAYS, AXES)
def test_marks_are_within_the_axis_and_stand_for_every_contact_that_can_have_been_on_it(changes, contacts, as_of, axis):
    seen = viewed(changes, contacts, as_of)
    marks = lane_of(seen, axis).marks
    for mark in marks:
        assert 0 <= mark.x <= 100
        begins, width = mark.reach or (mark.x, 0)
        assert 0 <= begins <= begins + width <= 100.001
    kinds = [(mark.kind, int(mark.x / PIXEL)) for mark in marks]
    assert len(kinds) == len(set(kinds)), "two marks alike on one pixel"
    drawn = [one.id for mark in marks for one in mark.contacts]
    days = {one.id: (one.first or one.announced, one.last or one.announced) for one in seen.contacts}
    assert sorted(drawn) == sorted(id for id, (first, last) in days.items() if first <= axis.end and last >= axis.start)


@settings(max_examples=80)
@given(CHANGES, DAYS, AXES)
def test_notes_never_overlap_nor_leave_the_axis_and_stand_for_every_cause_once(changes, as_of, axis):
    picture = picture_of([viewed(changes, [], as_of)], axis)
    (lane,) = picture.lanes
    for notes, pixels in ((lane.notes, WIDE), (lane.slim, SLIM)):
        for note, following in pairwise(notes):
            assert note.x + note.width <= following.x
        for note in notes:
            assert 0 <= note.x <= note.x + note.width <= 100.001
            assert note.width * pixels / 100 >= width_of(f"{note.number}{note.text}", 11)
        numbers = [number for note in notes for number in note.numbers]
        assert numbers == [cause.number for cause in picture.causes]


@given(st.text("abc WM,;.会谈", max_size=80), st.floats(0, 400))
def test_what_is_fitted_fits_and_begins_as_the_text_does(text, room):
    told = fitting(text, room, 11)
    if told is not None:
        assert width_of(told, 11) <= room
        assert " ".join(text.split()).startswith(" ".join(told.removesuffix("…").split()))
    lines = wrapped(text, room, 11, 3)
    assert len(lines) <= 3
    assert all(width_of(line, 11) <= room or len(line.removesuffix(" …").split()) == 1 for line in lines)


@pytest.mark.parametrize(
    ("causes", "shared"),
    [
        ([f"China cancelled the {what} {VISIT}" for what in ("talks", "calls", "meetings")],
         "Countermeasures to the Speaker's visit"),
        (["Both agreed in Woodside to restore talks.", "Both agreed in Woodside to restore calls.",
          "Both agreed in Woodside that experts meet."], "Both agreed in Woodside"),
        (["Both agreed in Woodside to restore talks.", "Both agreed in Woodside to restore calls."],
         "Both agreed in Woodside"),
        (["First round in Beijing.", "A working group met.", "The call was refused."], None),
        (["They met.", "They met in May."], "They met"),
    ],
)  # fmt: skip
def test_a_day_is_named_by_what_its_causes_share(causes, shared):
    assert shared_words(causes) == shared


def table_of(page: str) -> etree._Element:
    return etree.HTML(page).find(".//details//table")


def test_every_fact_of_the_picture_is_in_the_table_behind_it(api: Api):
    page = api.client.get("/timeline").text
    drawn = {link.get(HREF) for link in etree.HTML(page).iterfind(".//figure//ul//svg//a")}
    told = {link.get(HREF) for link in table_of(page).iterfind(".//a")}
    assert drawn
    assert drawn <= told
    contacts = api.json("/contacts?from=2020-01-01&limit=200")["contacts"]
    assert {f"/claims/contact-{one['id']}" for one in contacts} <= drawn
    changes = api.json("/changes?limit=200")["changes"]
    recorded = {f"/claims/change-{one['id']}" for one in changes if one["effective"]["date"] >= "2020" and one["id"]}
    assert recorded <= drawn
    assert "Countermeasures to Speaker Pelosi's visit to Taiwan" in words_of(page)


def test_the_picture_is_told_in_sentences_and_by_lane(api: Api):
    page = etree.HTML(api.client.get("/timeline?as_of=2022-09-01").text)
    figure = page.find(".//figure")
    words = page.xpath(f"string(//*[@id='{figure.get('aria-labelledby')}'])")
    assert re.search(r"2020 to 2022: \d+ channels\. As of 1 Sep 2022: \d+ active, .*suspended", words)
    assert "On 5 Aug 2022 10 channels changed at once (Countermeasures to Speaker Pelosi's visit to Taiwan)" in words
    labels = [lane.get("aria-label") for lane in figure.iterfind(".//li/div")]
    assert "States: active since 2005, suspended since 5 Aug 2022. Contacts: 3 held, 1 cancelled." in labels


def test_years_are_addresses_and_the_one_that_is_shown_says_so(api: Api):
    page = etree.HTML(api.client.get("/timeline?from=2022&to=2022&category=military").text)
    years = page.findall(".//nav[@class='years']/a")
    assert [link.text for link in years] == ["2020", "2021", "2022", "2023", "2024", "all"]
    assert [link.text for link in years if link.get("aria-current")] == ["2022"]
    assert years[0].get(HREF) == "/timeline?from=2020&to=2020&category=military"
    assert years[-1].get(HREF) == "/timeline?category=military"
    assert page.find(".//h1").text == "Which channels were open, 2022"
    assert {group.text for group in page.iterfind(".//figure/h3")} == {"Military"}


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ("from=someday", "from"), ("from=2022-13", "from"), ("to=2022-02-30", "to"), ("from=2024&to=2022", "from"),
        ("from=0001", "from"), ("relationship=mars", "relationship"), ("category=weather", "category"),
        ("frm=1", "frm"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_words_by_page_and_file(api: Api, asked: str, field: str):
    assert api.client.get(f"/timeline?{asked}").status_code == 400
    assert_problem(api.client.get(f"/timeline.svg?{asked}"), 400, field=field)


def test_the_file_is_a_picture_of_itself_with_its_moment_its_address_and_all_its_looks(api: Api):
    answer = api.client.get("/timeline.svg?category=military&as_of=2023-06-01")
    assert (answer.status_code, answer.mimetype) == (200, "image/svg+xml")
    picture = etree.fromstring(answer.data)
    title, words = picture.findtext(f"{SVG}title"), picture.findtext(f"{SVG}desc")
    assert (picture.get("role"), title) == ("img", "Which channels were open, 2020 to 2023")
    assert "As of 1 Jun 2023" in words
    shown = " ".join(" ".join(text.itertext()) for text in picture.iter(f"{SVG}text"))
    assert "military · as of 1 Jun 2023" in shown
    assert "/timeline?category=military&as_of=2023-06-01" in shown
    assert "Defense Telephone Link" in shown
    assert not picture.findall(f".//{SVG}style")
    assert "class=" not in answer.text
    ids = {f"#{one.get('id')}" for one in picture.iter() if one.get("id")}
    assert {use.get(HREF) for use in picture.iter(f"{SVG}use")} <= ids
    assert all(link.get(HREF).startswith("http") for link in picture.iter(f"{SVG}a"))
    height = int(picture.get("height"))
    assert all(float(text.get("y")) < height - 10 for text in picture.iter(f"{SVG}text") if text.getparent() is picture)


def test_the_file_has_every_cause_that_the_picture_has_only_as_a_number(api: Api):
    shown = re.sub(r"\s+", " ", words_of(api.client.get("/timeline.svg?category=military").text))
    assert "Chinese officers did not return calls of Milley" in shown


def test_a_page_and_a_file_are_cited_and_kept_as_every_public_answer(api: Api):
    page = api.client.get("/timeline?from=2022&to=2023")
    assert "Cite this page as it is now" in page.text
    cited = re.search(r'<span class="address">(http[^<]*/timeline\?[^<]*)</span>', page.text)[1].replace("&amp;", "&")
    again = api.client.get(cited[cited.index("/timeline") :])
    assert again.status_code == 200
    assert "Which channels were open, 2022 to 2023" in again.text
    etag = page.headers["ETag"]
    assert api.client.get("/timeline?from=2022&to=2023", headers={"If-None-Match": etag}).status_code == 304


@pytest.mark.long
def test_three_hundred_channels_of_fifty_changes_make_no_endless_page(seeded: Service):
    """The record is put where the product keeps it once read: writing so many rows takes longer than all the rest."""
    client = create_app(seeded).test_client()
    kept = client.application.extensions["openlines"]
    draw, at = Random(7), seeded.clock()
    days = [str(date(2020, 1, 1) + timedelta(days=29 * number)) for number in range(50)]

    def entries_of(slug: str) -> tuple[list[StatusChange], list[Contact]]:
        causes = (" ".join(draw.sample(NOUNS, 12)) for _ in days)
        changes = [
            change(draw.choice(list(State)), day, channel=slug, cause=cause, id=number, recorded_at=at)
            for number, (day, cause) in enumerate(zip(days, causes, strict=True), start=1)
        ]
        return changes, [contact(Outcome.HELD, days[0], channel=slug, id=1, recorded_at=at)]

    lines = tuple(replace(CHANNEL, slug=f"line-{number}") for number in range(300))
    rows = {one.slug: Line(one, US_CHINA, entries_of(one.slug)) for one in lines}
    kept._snapshot = replace(kept.snapshot(), channels=lines, lines=rows)
    sent = client.get("/timeline?from=2020", headers={"Accept-Encoding": "br"}).data
    assert len(sent) < 60_000
    page = etree.HTML(brotli.decompress(sent).decode())
    lanes = len(page.findall(".//figure//li"))
    assert lanes == MOST_ENTRIES // 51
    following = page.find(".//a[@rel='next']")
    assert f"Channels 1 to {lanes} of 300." in following.getparent().text
    assert following.get(HREF) == f"/timeline?from=2020&relationship=us-china&after=line-{lanes - 1}"


def test_in_chinese_the_page_is_chinese_and_what_programs_read_stays_where_it_is(api: Api):
    page = etree.HTML(api.client.get("/timeline?language=zh&from=2022&to=2023").text)
    assert page.find(".//h1").text == "哪些渠道畅通，2022年至2023年"
    links = {link.get(HREF) for link in page.iterfind(".//p[@class='doors']/a")}
    assert [api.client.get(link).status_code for link in links] == [200, 200, 200]


def test_a_picture_goes_on_after_a_channel(api: Api):
    page = api.client.get("/timeline?after=dpct").text
    assert "Channels 2 to 27 of 27." in page
    assert len(etree.HTML(page).findall(".//figure//li")) == 26
    assert api.client.get("/timeline?after=dcpt").status_code == 404


def test_a_pen_for_files_writes_the_colours_of_the_states():
    assert FilePen("").look("state-suspended") == 'fill="#AB4E27" stroke="#AB4E27"'


@pytest.fixture(scope="module")
def shared(shipped: Shipped, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    service = shipped.over(tmp_path_factory.mktemp("drawn"), utc_now, EVERYTHING)
    with serving(service) as address:
        yield address
    service.store.close()


OVERLAPS = """(notes) => [...document.querySelectorAll('svg.lane')].flatMap((lane) => {
  const boxes = [...lane.querySelectorAll(`${notes} text`)].map((text) => text.getBoundingClientRect());
  const width = document.documentElement.clientWidth;
  return boxes.filter((box, at) => box.right > width || (at && box.left < boxes[at - 1].right));
}).length"""


def test_the_picture_as_it_is_seen_read_by_keys_and_printed(shared: str, page):
    page.goto(f"{shared}/timeline")
    assert page.evaluate(OVERLAPS, ".for-wide") == 0
    shown = page.locator("svg.lane .tip:visible")
    expect(shown).to_have_count(0)
    page.locator("svg.lane a").first.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    expect(shown).to_have_count(1)
    expect(page.locator("svg.lane .tip").first).to_be_visible()
    page.locator(".years a", has_text="2022").focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Which channels were open, 2022")
    page.wait_for_load_state()  # the script that hears the keys comes after the words
    page.keyboard.press("ArrowRight")
    expect(page.locator("h1")).to_have_text("Which channels were open, 2023")

    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{shared}/timeline")
    assert page.evaluate(OVERLAPS, ".for-slim") == 0
    name, lane = (page.locator(f"{what} >> nth=0").bounding_box() for what in (".lane-name", "svg.lane"))
    assert name["y"] + name["height"] <= lane["y"] + 1
    assert lane["x"] + lane["width"] <= 390

    page.set_viewport_size({"width": 1062, "height": 733})  # A4 across, without its margins
    page.emulate_media(media="print")
    assert page.evaluate(OVERLAPS, ".for-wide") == 0
    assert page.locator(".print-only").evaluate("line => line.getBoundingClientRect().bottom") <= 733
