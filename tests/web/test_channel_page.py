"""The page of one channel: where it stands, its picture, what was read, its contacts, and how it leaves the site."""

from __future__ import annotations

import csv
import re
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from playwright.sync_api import expect

from db.record import Origin
from tests.conftest import EVERYTHING
from tests.make import CHANNEL, US_CHINA, change, contact, moment
from tests.web.api_client import Api
from tests.web.conftest import serving
from tests.web.test_coverage_shown import failed, watched  # noqa: F401
from tests.web.test_pages import words_of
from tracker.model import Outcome, State
from tracker.operating import export
from tracker.record.coverage import Coverage, FeedCoverage, Hole, HoleKind
from tracker.record.history import view
from tracker.record.rhythm import rhythm_of
from tracker.service import Service, utc_now
from tracker.web.app import create_app
from tracker.web.pictures.line import MOST_CONTACTS, MOST_UNFOLDED, OPEN_CONTACTS, waiting_for, years_of
from tracker.web.pictures.picture import MOST_BANDS, MOST_MARKS, Lane, gaps_of, lane_of, picture_of

DAY = timedelta(days=1)
START = datetime(2024, 1, 1, 7, 30, tzinfo=UTC)


@pytest.fixture
def client(seeded: Service):
    return create_app(seeded).test_client()


@pytest.fixture
def later(serviced, clock):
    """The whole record as it is read in June 2026, when an announcement stands open and another has lapsed."""
    service = serviced(EVERYTHING)
    clock.now = datetime(2026, 6, 1, 12, tzinfo=UTC)
    return create_app(service).test_client()


def seen(day: str, changes=(), contacts=(), channel=CHANNEL):
    return view(channel, US_CHINA, changes, contacts, moment(day))


def part_of(html: str, heading: str) -> str:
    """The words of the section under a heading."""
    return words_of(etree.tostring(etree.HTML(html).find(f".//*[@aria-labelledby='{heading}']"), encoding="unicode"))


def test_the_head_says_where_it_stands_on_whose_word_and_what_is_waited_for(later) -> None:
    html = later.get("/channels/ai-dialogue").text
    now = part_of(html, "now")
    assert re.search(r"◇ planned since 14 May 2026 \(18 days\), on the word of third parties only", now), now
    assert "Announced without a date, and so expected within a year: A second round was agreed" in now
    assert "Promised 28 Aug 2024, ○● on the word of China only." in now
    assert "Its last day, 28 Aug 2025, has passed; no report of it is on record." in now
    assert "Last contact14 May 2024, in person, Geneva" in now
    says = part_of(html, "says")
    assert "say that the channel is planned, 14 May 2026." in says
    assert re.search(r"Xinhua \(reposted\), 28 Aug 2024; 642 days ago", says), says
    assert html.index('id="says"') < html.index('id="timeline"')


def test_a_channel_with_a_rhythm_is_waited_for_by_it(later) -> None:
    now = part_of(later.get("/channels/dpct").text, "now")
    assert "Waiting for A contact by 16 Dec 2026, by its rhythm of once a year. Last contact" in now


def test_every_citation_of_the_page_leads_to_a_source_on_it(later) -> None:
    for slug in ("ai-dialogue", "defense-ministers", "leaders", "mil-mil-exchanges"):
        html = later.get(f"/channels/{slug}").text
        cited = set(re.findall(r'href="#(source-\d+)"', html))
        assert cited
        assert cited == set(re.findall(r'id="(source-\d+)"', html))


def test_what_lapsed_is_waited_for_until_the_channel_was_used_again() -> None:
    promise = contact(Outcome.ANNOUNCED, "2024-03-08", announced=date(2024, 1, 5), id=1)
    met = contact(Outcome.HELD, "2024-06-01", id=2)

    def waited(day: str, *contacts):
        shown = seen(day, [change(State.ACTIVE, "2023", id=9)], contacts)
        waiting = waiting_for(shown, rhythm_of(shown))
        return [len(waiting.open), len(waiting.unreported)]

    assert waited("2024-02-01", promise) == [1, 0]
    assert waited("2024-05-01", promise) == [0, 1]
    assert waited("2024-06-02", promise, met) == [0, 0]


def test_other_names_are_names_and_no_patterns_of_detection(client) -> None:
    also = re.search(r'<p class="also">Texts also say:(.*?)</p>', client.get("/channels/mmca").text, re.DOTALL)[1]
    assert "Military Maritime Consultative mechanism" not in also
    assert 'lang="zh"' in also
    offices = words_of(client.get("/channels/defense-ministers").text)
    assert "United States: Secretary of Defense (Secretary of War in US usage since September 2025)" in offices


def test_the_picture_is_told_in_words_with_every_outcome(client) -> None:
    html = client.get("/channels/defense-ministers").text
    svg = etree.HTML(html).find(".//svg[@class='years']")
    assert svg.get("role") == "img"
    assert "suspended from 4 Feb 2023" in svg.get("aria-label")
    assert re.search(r"Contacts: \d+ held, .*\d+ refused, .*\d+ no answer\.", svg.get("aria-label"))
    titles = [title.text for title in svg.iterfind(".//title")]
    assert "refused, 29 May 2023" in titles
    assert any(title.startswith("suspended from May 2021: Austin") for title in titles)
    legend = words_of(html.partition("<figcaption")[2].partition("</figcaption>")[0])
    assert "refused" in legend
    assert "somewhere in these days" in legend, "August 2022 is known to the month alone"


def test_a_contact_known_to_the_month_is_drawn_over_all_of_it() -> None:
    (mark,) = picture_of(seen("2024-02-01", contacts=[contact(Outcome.REFUSED, "2023-08")])).marks
    assert mark.span[0] < mark.x < mark.span[1]
    assert mark.words == "refused, Aug 2023"
    (exact,) = picture_of(seen("2024-02-01", contacts=[contact(Outcome.HELD, "2023-08-01")])).marks
    assert exact.span is None
    undated = contact(Outcome.ANNOUNCED, None, announced=date(2023, 8, 1))
    (told,) = picture_of(seen("2024-02-01", contacts=[undated])).marks
    assert (told.words, told.x, told.span) == ("announced 1 Aug 2023, no date yet", exact.x, None)


def test_the_axis_reaches_to_what_is_announced_and_says_which_day_it_is() -> None:
    promise = contact(Outcome.ANNOUNCED, "2024-03-08", announced=date(2024, 1, 5))
    drawn = picture_of(seen("2024-02-01", [change(State.ACTIVE, "2023-01")], [promise]))
    assert drawn.axis.end == date(2024, 3, 8)
    assert drawn.bands[-1].x + drawn.bands[-1].width == pytest.approx(drawn.today, abs=0.02)
    assert picture_of(seen("2024-02-01", [change(State.ACTIVE, "2023-01")])).today is None


@given(st.lists(st.integers(0, 2600), min_size=1, max_size=400), st.sampled_from(Outcome))
def test_however_many_rows_there_are_the_picture_is_bounded_and_counts_them_all(days, outcome) -> None:
    when = [(date(2017, 2, 1) + timedelta(days=day)).isoformat() for day in days]
    contacts = [contact(outcome, day, id=number) for number, day in enumerate(when)]
    changes = [change(State.ACTIVE, day, id=number) for number, day in enumerate(when)]
    drawn = picture_of(seen("2024-06-01", changes, contacts))
    assert len(drawn.marks) <= max(MOST_MARKS, 201)
    assert len(drawn.bands) <= max(MOST_BANDS, 201)
    more = [int(told[1]) if (told := re.search(r"and (\d+) more", mark.words)) else 0 for mark in drawn.marks]
    assert len(drawn.marks) + sum(more) == len(contacts)
    assert all(0 <= band.x <= 100 and band.x + band.width <= 100.4 for band in drawn.bands)


def outcomes_shown(html: str) -> list[str]:
    return re.findall(r'<tr[^>]* class="outcome-([\w-]+)', html)


def test_older_contacts_are_folded_by_year_and_open_at_an_address(client) -> None:
    html = client.get("/channels/defense-ministers?as_of=2026-01-01").text
    in_sight, _, folded = html.partition('<details class="year">')
    assert len(outcomes_shown(in_sight)) >= OPEN_CONTACTS
    assert outcomes_shown(folded)
    assert "no-answer" in outcomes_shown(folded)
    opened = client.get("/channels/defense-ministers?as_of=2026-01-01&all=1").text
    assert '<details class="year">' not in opened
    assert outcomes_shown(opened) == outcomes_shown(html)
    refused = client.get("/channels/defense-ministers?all=yes")
    assert (refused.status_code, "Send all=1, or leave it out." in refused.text) == (400, True)


@given(st.lists(st.sampled_from(["2024-01-09", "2023-05", "2023", "2021-12-31", None]), max_size=40), st.booleans())
def test_the_years_hold_every_contact_once_in_order(dates, unfolded) -> None:
    contacts = [contact(Outcome.ANNOUNCED, day, id=number) for number, day in enumerate(dates)]
    years = years_of(contacts, unfolded=unfolded)
    assert [one for year in years for one in year.contacts] == contacts
    assert all(one.year != other.year for one, other in pairwise(years)), "no year has two headings"
    open_ones = [year for year in years if not year.folded]
    assert years[: len(open_ones)] == open_ones
    in_sight = sum(len(year.contacts) for year in open_ones)
    assert in_sight == len(contacts) if unfolded else in_sight >= min(OPEN_CONTACTS, len(contacts))
    assert unfolded or not open_ones or in_sight - len(open_ones[-1].contacts) < OPEN_CONTACTS
    assert all(sum(number for _, number in year.tally) == len(year.contacts) for year in years)


def test_of_very_many_contacts_the_page_says_how_many_more_there_are_and_where(seeded: Service) -> None:
    client = create_app(seeded).test_client()
    more, first = 340, date(2015, 1, 1)
    with seeded.store.writing() as db:
        before = len(db.record.entries_of("dpct")[1])
        for number in range(more):
            day = (first + timedelta(days=number)).isoformat()
            db.record.add(contact(Outcome.REFUSED, day, summary=f"Sample {number}."), Origin(seeded.clock(), "ana"))
        db.record.bump()
    html, opened = client.get("/channels/dpct").text, client.get("/channels/dpct?all=1").text
    shown = len(client.get("/api/v1/channels/dpct").get_json()["contacts"])
    assert shown <= before + more
    assert [len(outcomes_shown(page)) for page in (html, opened)] == [MOST_CONTACTS, MOST_UNFOLDED]
    assert f"{shown - MOST_CONTACTS} earlier contacts are not shown here. All contacts of this channel" in words_of(
        html
    )
    assert 'href="/contacts?channel=dpct"' in html
    listed = client.get("/contacts?channel=dpct").text
    assert "Sample 339." in listed
    assert f"{shown} contacts" in words_of(listed)
    assert len(re.findall(r'<a href="/channels/dpct"><span', listed)) == 50
    assert client.get("/contacts?channel=dcpt").status_code == 404
    assert client.get("/changes?channel=dcpt").status_code == 404
    assert set(re.findall(r'"(/channels/[\w-]+)"', client.get("/changes?channel=dpct").text)) == {"/channels/dpct"}


def lane(*feeds: FeedCoverage, days: int = 10) -> Lane:
    return lane_of(Coverage("cn", START, START + days * DAY, feeds, 0.0, START))


def hole(feed: str, begins: float, ends: float, kind=HoleKind.FAULT, why="Broken.") -> Hole:
    return Hole(feed, START + begins * DAY, START + ends * DAY, kind, why)


def feed(slug: str, *holes: Hole, until: float = 10) -> FeedCoverage:
    return FeedCoverage(slug, START, START + until * DAY, holes)


def test_a_day_shows_how_much_of_it_was_read_and_time_not_watched_is_no_hole() -> None:
    unasked = hole("a", 0, 4.6875, HoleKind.NOT_CONFIGURED)  # to a midnight
    drawn = lane(
        feed("a", unasked, hole("a", 5.6875, 6.1875)), feed("b", hole("b", 0, 4.6875, HoleKind.NOT_CONFIGURED))
    )
    assert [cell.share for cell in drawn.cells] == [None, 1, 0.75, 1]
    assert (drawn.cells[0].x, drawn.cells[-1].x + drawn.cells[-1].width) == (0, 100)
    assert drawn.cells[0].words == "1–5 Jan 2024"
    assert drawn.share == pytest.approx(1 - 0.5 / (2 * (10 - 4.6875)))


@given(
    st.lists(st.tuples(st.floats(0, 10), st.floats(0, 10), st.sampled_from(HoleKind)), max_size=12),
    st.floats(0, 10),
)
def test_the_share_of_a_lane_is_what_its_holes_leave_of_the_time_that_was_watched(spans, until) -> None:
    cuts = sorted({min(round(edge, 3), until) for span in spans for edge in span[:2]})
    kinds = [kind for _, _, kind in spans]
    holes = [hole("a", *edges, kind) for edges, kind in zip(pairwise(cuts), kinds, strict=False)]
    lost = sum((h.end - h.start for h in holes if h.kind is not HoleKind.NOT_CONFIGURED), timedelta())
    unasked = sum((h.end - h.start for h in holes if h.kind is HoleKind.NOT_CONFIGURED), timedelta())
    drawn = lane(feed("a", *holes, until=until))
    asked = until * DAY - unasked
    assert drawn.missing == lost
    if drawn.share is None:
        assert asked < timedelta(seconds=1)
    else:
        assert drawn.share == pytest.approx(1 - lost / asked, abs=1e-6)
    assert all(cell.share is None or 0 <= cell.share <= 1 for cell in drawn.cells)
    assert sum(cell.width for cell in drawn.cells) == pytest.approx(100, abs=0.2)


def test_holes_alike_are_told_once() -> None:
    gaps = gaps_of([feed("a", hole("a", 1, 2), hole("a", 4, 5)), feed("b", hole("b", 1, 2)), feed("c")])
    assert [(gap.feeds, gap.start) for gap in gaps] == [(("a",), START + 4 * DAY), (("a", "b"), START + DAY)]


def test_the_bar_has_its_own_scale_and_says_what_was_not_watched_yet(watched: Service) -> None:  # noqa: F811
    failed(watched, "mnd")
    html = create_app(watched).test_client().get("/channels/dpct").text
    words = words_of(html)
    assert "a scale of their own, of days: from 2 Feb 2024 to 3 Mar 2024 12:10 UTC" in words
    assert "Before 20 Feb 2024 12:00 UTC nobody watched for us." in words
    lanes = etree.HTML(html).find(".//figure[@class='watched']")
    china = lanes.findall(".//svg[@role='img']")[1]
    assert china.get("aria-label") == "China: read for 99 % of the time since first watched"
    titles = [title.text for title in china.iterfind(".//title")]
    assert titles[0] == "2–19 Feb 2024: not watched yet"
    assert titles[-1].startswith("3 Mar 2024: read for 9")
    assert china.find(".//rect[@class='missing']").get("fill") == "url(#hatch)"
    assert html.count('id="hatch"') == 1
    spanned = "this side's sources were read for 39 % of the whole span, 2 Feb – 3 Mar 2024; see the holes."
    assert f"China Not known: {spanned} 2 99 %" in words
    assert "Read, of the time since first watched" in words
    assert "mnd, 3 Mar 2024 11:30 UTC to 3 Mar 2024 12:10 UTC: It may turn away unknown clients." in words


def test_where_nothing_was_read_the_page_says_that_silence_says_nothing(client) -> None:
    words = words_of(client.get("/channels/dpct").text)
    assert "nothing was observed, and silence says nothing" in words
    past = words_of(client.get("/channels/dpct?as_of=2023-01-01").text)
    assert "shown for the present or at a known_at" in past


def test_background_is_two_or_three_plain_sentences_with_their_address(later) -> None:
    text = etree.HTML(later.get("/channels/defense-ministers").text).find(".//p[@id='background']")
    assert [dict(within.attrib) for within in text] == [{"lang": "zh"}], "no markup within but of languages"
    told = " ".join("".join(text.itertext()).split())
    assert "中美两国防长会晤与通话) is a United States – China channel (military). As of 1 Jun 2026" in told
    assert "on record as active since 31 May 2024, on the word of both sides: 75-minute meeting" in told
    assert "Last refused or not answered: 20 Nov 2024, in person, Vientiane, Laos (refused)." in told
    assert told.endswith("Sources: http://127.0.0.1:8000/channels/defense-ministers (CC BY 4.0).")


@pytest.fixture(scope="module")
def shared(shipped, tmp_path_factory):
    service = shipped.over(tmp_path_factory.mktemp("channel"), utc_now, EVERYTHING)
    with serving(service) as address:
        yield address
    service.store.close()


def test_all_that_a_desk_asks_stands_above_the_fold(shared, page) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    for slug in ("dpct", "defense-ministers", "leaders", "ai-dialogue"):
        page.goto(f"{shared}/channels/{slug}")
        for part in (".head .lead", ".head .cause", ".head .facts", ".head .claims"):
            box = page.locator(part).bounding_box()
            assert box["y"] + box["height"] <= 800, (slug, part)


def test_the_page_never_scrolls_sideways(shared, page) -> None:
    for path in ("/channels/defense-ministers?all=1", "/channels/leaders", "/contacts?channel=dpct"):
        page.goto(shared + path)
        for width in (360, 768, 1920):
            page.set_viewport_size({"width": width, "height": 800})
            root = "document.documentElement"
            assert page.evaluate(f"{root}.scrollWidth <= {root}.clientWidth"), (path, width)


def test_background_is_copied_by_the_keyboard_and_a_folded_year_opens_by_it(shared, page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=shared)
    page.goto(f"{shared}/channels/defense-ministers")
    page.get_by_role("button", name="Copy as background").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".copier").first).to_contain_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()").startswith("Secretary of Defense (War)")
    year = page.locator("details.year").first
    year.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(year.locator("table")).to_be_visible()


def test_what_could_not_be_confirmed_is_marked_in_words_on_every_page_that_tells_it(serviced, clock, tmp_path):
    clock.now = datetime(2026, 6, 1, tzinfo=UTC)
    service = serviced(EVERYTHING)
    client, api = create_app(service).test_client(), Api(service)
    marked = [
        one for one in api.json("/contacts?limit=200&channel=economic-financial")["contacts"] if one["unconfirmed"]
    ]
    assert [(one["date"]["date"], one["unconfirmed"]) for one in marked] == [("2026-01-20", ["date"])]
    pages = {"/channels/economic-financial": 1, f"/claims/contact-{marked[0]['id']}": 1, "/contacts": 3}
    for address, times in pages.items():
        assert words_of(client.get(address).text).count("The date could not be confirmed.") == times, address
    assert "The place could not be confirmed." in words_of(client.get("/channels/dpct").text)
    assert "日期未能核实。" in words_of(client.get("/channels/economic-financial?language=zh").text)
    off = {one["slug"]: one for one in api.json("/feeds")["feeds"] if one["unconfirmed"]}
    assert set(off) == {"war-releases-only", "state-releases", "state-eap", "mfa-foreign-minister", "usni"}
    assert {one["unconfirmed"] for one in off.values()} == {"address"}
    assert words_of(client.get("/feeds").text).count("The address could not be confirmed.") == len(off)
    assert "The address could not be confirmed." in words_of(client.get("/feeds/usni").text)
    with closing(StringIO(client.get("/contacts.csv").data.decode("utf-8-sig"))) as file:
        told = {row["id"]: row["unconfirmed"] for row in csv.DictReader(file) if row["unconfirmed"]}
    assert told[str(marked[0]["id"])] == "date"
    export.write_folder(tmp_path / "record", *export.read_record(service.store, service.today(), None))
    with (tmp_path / "record" / "contacts.csv").open(encoding="utf-8", newline="") as file:
        assert {row["id"]: row["unconfirmed"] for row in csv.DictReader(file) if row["unconfirmed"]} == told
