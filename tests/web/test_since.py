"""What changed since a visitor last looked: the mark, the brief on the first page and at an address, and as JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser, expect
from werkzeug.test import Client

from db.record import Origin
from tests.conftest import EVERYTHING, Clock, Shipped
from tests.web.api_client import Api, api_over, assert_problem
from tests.web.conftest import reached_at, serving
from tests.web.test_memory import Told
from tests.web.test_pages import signed_in, words_of
from tracker.model import PartialDate, State
from tracker.service import Service
from tracker.web.app import create_app
from tracker.web.auth import COOKIE
from tracker.web.seen import SEEN, mark_of
from tracker.web.serving.memory import FromMemory

NOON = "2024-02-01T12:00:00.000000Z"
"""The mark of who looks at the record when it was loaded."""

CODINGS = ({}, {"Accept-Encoding": "gzip"})


@pytest.fixture(scope="module")
def api(shipped: Shipped, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """The whole record, for tests that only read."""
    with api_over(shipped, tmp_path_factory.mktemp("record"), EVERYTHING) as api:
        yield api


def put_right(service: Service, day: str) -> None:
    """A reviewer puts the day right on which the policy talks were cut."""
    with service.store.writing() as db:
        changes, _ = db.record.entries_of("dpct")
        cut = [row for row in changes if row.state is State.SUSPENDED][-1]
        right = replace(cut, effective=PartialDate(day), replaces=cut.id, reason="Read again.")
        db.record.add(right, Origin(service.clock(), "a person"))
        db.record.bump()


def visitor(client: FlaskClient, mark: str | None = None) -> FlaskClient:
    """Another visitor of the same application, with a mark or without one."""
    other = client.application.test_client()
    if mark is not None:
        other.set_cookie(SEEN, mark)
    return other


def brief_on(page: str) -> str:
    """The brief that stands on a page as plain words; empty where there is none."""
    found = re.search(r'<ul class="sentences">.*?</ul>', page, re.DOTALL)
    return words_of(found[0]).strip() if found else ""


def mark_on(page: str) -> str:
    return re.search(r'name="seen" value="([^"]+)"', page)[1]


def test_nothing_is_set_unless_it_is_asked_for(api: Api) -> None:
    for path in ("/", "/since", "/since?after=2024-01-01", "/api/v1/brief?after=2024-01-01"):
        assert "Set-Cookie" not in api.client.get(path).headers, path
    page = api.client.get("/").text
    assert "Remember this visit" in page
    assert brief_on(page) == ""


def test_the_button_sets_a_cookie_that_holds_an_instant_and_leads_back(seeded: Service) -> None:
    client = create_app(seeded).test_client()
    asked = client.post("/since", data={"seen": mark_on(client.get("/").text)})
    assert (asked.status_code, asked.headers["Location"]) == (303, "/")
    kept = asked.headers["Set-Cookie"]
    assert kept.startswith(f"{SEEN}={NOON}; ")
    assert {"HttpOnly", "Path=/", "SameSite=Lax", "Max-Age=31536000"} <= {*kept.split("; ")}
    assert "Secure" not in kept
    told = client.get("/")
    assert "Nothing changed on the record since 1 Feb 2024 12:00 UTC." in brief_on(told.text)
    assert "No source of either side was due again since then." in brief_on(told.text)
    assert {"Cookie", "Accept-Language"} <= {*told.headers["Vary"].split(", ")}


def test_the_mark_is_sent_by_secure_connections_alone_where_the_site_has_them(seeded: Service) -> None:
    secure = reached_at(seeded, "https://lines.example")
    assert "; Secure" in create_app(secure).test_client().post("/since").headers["Set-Cookie"]


def test_the_mark_is_of_what_the_page_showed_and_not_of_when_the_button_was_pressed(
    seeded: Service, clock: Clock
) -> None:
    client = create_app(seeded).test_client()
    shown = client.get("/").text
    clock.advance(minutes=10)
    put_right(seeded, "2022-08-04")
    client.post("/since", data={"seen": mark_on(shown)})
    assert "suspended since 4 Aug 2022" in brief_on(client.get("/").text)


def test_a_later_day_moves_the_mark_though_nothing_was_recorded(seeded: Service, clock: Clock) -> None:
    clock.advance(days=3)
    assert mark_on(create_app(seeded).test_client().get("/").text) == "2024-02-04T00:00:00.000000Z"


def test_each_visitor_gets_their_own_brief_and_one_without_a_mark_the_plain_page(seeded: Service, clock: Clock) -> None:
    """Each page comes from memory by the second time, in each coding, and visitors of one mark share it."""
    nobody = create_app(seeded).test_client()
    clock.advance(days=1)
    put_right(seeded, "2022-08-04")
    clock.advance(days=1)
    put_right(seeded, "2022-08-03")
    clock.advance(hours=1)
    later = "2024-02-02T12:00:00.000000Z"
    first, second, alike = visitor(nobody, NOON), visitor(nobody, later), visitor(nobody, NOON)
    for _ in range(3):
        for headers in CODINGS:
            for one in (first, second, nobody, alike):
                one.get("/", headers=headers)
        assert "corrected from “suspended since 5 Aug 2022”" in brief_on(first.get("/").text)
        assert "corrected from “suspended since 4 Aug 2022”" in brief_on(second.get("/").text)
        assert brief_on(nobody.get("/").text) == ""
        assert alike.get("/").data == first.get("/").data
    tags = {one.get("/").headers["ETag"] for one in (first, second, nobody, alike)}
    assert len(tags) == 3
    assert first.get("/", headers={"If-None-Match": nobody.get("/").headers["ETag"]}).status_code == 200
    assert first.get("/", headers={"If-None-Match": alike.get("/").headers["ETag"]}).status_code == 304


@pytest.mark.sqlite
def test_a_page_of_a_mark_comes_from_memory_and_falls_with_the_record(seeded: Service, clock: Clock) -> None:
    client = visitor(create_app(seeded).test_client(), NOON)
    client.get("/")
    asked: list[str] = []
    seeded.store._connections.get().set_trace_callback(asked.append)
    client.get("/")
    assert asked in ([], ["PRAGMA data_version"])
    seeded.store._connections.get().set_trace_callback(None)
    clock.advance(seconds=1)
    put_right(seeded, "2022-08-04")
    assert "1 change on the record" in brief_on(client.get("/").text)


@pytest.mark.parametrize(
    "cookie",
    ["", "yesterday", "2024-02-01", "2024-02-30T12:00:00.000000Z", "2024-02-01T12:00:00Z", "<script>", "x" * 3000,
     "2099-01-01T00:00:00.000000Z", "２０２４-02-01T12:00:00.000000Z", f"{NOON}{NOON}"],
)  # fmt: skip
def test_a_cookie_that_is_no_mark_is_ignored(api: Api, cookie: str) -> None:
    plain, garbled = api.client.get("/"), visitor(api.client, cookie)
    for _ in range(2):
        told = garbled.get("/")
        assert (told.status_code, told.data) == (200, plain.data)
    assert garbled.get("/since").status_code == 200, "it does not lead to a brief either"


def test_what_an_address_leaves_blank_does_not_go_on_to_ones_own_brief(api: Api) -> None:
    answer = visitor(api.client, NOON).get("/since?endpoint=&relationship=")
    assert (answer.status_code, answer.location.partition("?")[2].partition("=")[0]) == (302, "after")


@pytest.mark.parametrize("seen", ["soon", "2024-02-01", "2099-01-01T00:00:00.000000Z"])
def test_a_mark_that_is_none_is_not_set(api: Api, seen: str) -> None:
    refused = api.client.post("/since", data={"seen": seen})
    assert (refused.status_code, "Set-Cookie" in refused.headers) == (400, False)
    assert "which is no mark" in words_of(refused.text)


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost.evil.example", "http://[x"])
def test_another_site_cannot_move_the_mark_of_who_visits_it(api: Api, origin: str) -> None:
    refused = api.client.post("/since", headers={"Origin": origin})
    assert (refused.status_code, "Set-Cookie" in refused.headers) == (403, False)
    assert (
        api.client.application.test_client().post("/since", headers={"Origin": "http://localhost"}).status_code == 303
    )


def test_a_visit_is_forgotten_when_that_is_asked_for(api: Api) -> None:
    client = visitor(api.client, NOON)
    assert client.post("/since", data={"seen": NOON, "forget": "1", "back": "since"}).headers["Location"] == "/since"
    assert client.get_cookie(SEEN) is None
    assert brief_on(client.get("/").text) == ""


def test_the_page_leads_to_an_address_that_tells_everybody_the_same(seeded: Service, clock: Clock) -> None:
    client = create_app(seeded).test_client()
    clock.advance(days=1)
    put_right(seeded, "2022-08-04")
    own = visitor(client, NOON)
    led = own.get("/since")
    assert (led.status_code, led.headers["Cache-Control"]) == (302, "private, no-store")
    address = led.headers["Location"]
    page = client.get(address)
    assert page.status_code == 200
    assert page.data == own.get(address).data
    assert brief_on(page.text) == brief_on(own.get("/").text)
    shared = unescape(re.search(r'<span class="address">([^<]+/since[^<]+)</span>', page.text)[1])
    assert shared.endswith(address)
    claims = {*re.findall(r'href="(/claims/[^"]+)"', page.text)}
    assert len(claims) == 2
    assert [client.get(claim).status_code for claim in claims] == [200, 200]
    assert "Read again." in page.text
    assert own.post("/since", data={"seen": mark_on(page.text), "back": "since"}).headers["Location"] == "/since"
    assert "Nothing changed" in brief_on(own.get("/since", follow_redirects=True).text)


def test_the_page_says_that_it_lists_by_when_it_was_recorded(api: Api) -> None:
    page = words_of(api.client.get("/since?after=2023-12-01").text)
    assert "What was put on record since then, whenever it happened." in page


def test_pages_tell_the_brief_in_the_language_of_their_reader(api: Api) -> None:
    assert brief_on(api.client.get("/since?after=2024-02-02&known_at=2024-02-01").text) == ""
    chinese = {"Accept-Language": "zh-CN"}
    told = brief_on(api.client.get("/since?after=2024-01-01", headers=chinese).text)
    assert told.startswith("2024年1月1日00:00（UTC）以来，记录有")
    assert "以来，记录没有变动。" in brief_on(visitor(api.client, NOON).get("/", headers=chinese).text)
    assert "Since 1 Jan 2024" in brief_on(api.client.get("/since?after=2024-01-01&language=en", headers=chinese).text)


@pytest.mark.parametrize(
    ("query", "field", "words"),
    [
        ("after=soon", "after", "neither a day nor a"),
        ("after=2024-02-30", "after", "neither a day nor a"),
        ("after=2031-01-01", "after", "has not come yet"),
        ("after=2024-01-20&known_at=2024-01-10", "after", "later than known_at"),
        ("after=2024-01-01&until=2024-01-09", "until", "not known here"),
        ("after=2024-01-01&after=2024-01-02", "after", "given 2 times"),
        ("after=2024-01-01&known_at=2031-01-01", "known_at", "has not come yet"),
    ],
)
def test_a_mark_that_cannot_be_is_refused_in_one_sentence(api: Api, query: str, field: str, words: str) -> None:
    assert_problem(api.get(f"/brief?{query}"), 400, field=field, says=words)
    page = api.client.get(f"/since?{query}")
    assert (page.status_code, words in words_of(page.text)) == (400, True)


def test_the_call_asks_for_its_mark_and_for_a_language_that_there_is(api: Api) -> None:
    assert_problem(api.get("/brief"), 400, field="after", says="after is missing")
    assert_problem(api.get("/brief?after=2024-01-01&lang=fr"), 400, field="lang", says="'en' or 'zh'")
    assert_problem(api.get("/brief?after=0001-01-01"), 400, field="after", says="1900 to 2199")
    assert api.client.get("/since?after=").status_code == 200, "a form left it blank"


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_call_gives_the_text_its_sentences_with_their_claims_and_what_was_read(api: Api, lang: str) -> None:
    told = api.json(f"/brief?after=2024-01-31&lang={lang}")
    assert (told["after"], told["known_at"], told["lang"]) == ("2024-01-31T00:00:00Z", "2024-02-01T12:00:00Z", lang)
    assert told["text"] == ("" if lang == "zh" else " ").join(sentence["words"] for sentence in told["sentences"])
    kinds = [sentence["kind"] for sentence in told["sentences"]]
    assert (kinds[0], kinds[-2:]) == ("opening", ["more", "coverage"])
    assert told["count"] > told["left_out"] > 100
    claims = {claim for sentence in told["sentences"] for claim in sentence["claims"]}
    assert claims
    for claim in claims:
        assert api.client.get(f"/claims/{claim}").status_code == 200
    assert [(side["side"], side["complete"], side["share"]) for side in told["coverage"]] == [
        ("us", False, 0.0),
        ("cn", False, 0.0),
    ]


def test_the_same_marks_give_the_same_text_whatever_is_recorded_later(seeded: Service, clock: Clock) -> None:
    api = Api(seeded)
    clock.advance(days=1)
    put_right(seeded, "2022-08-04")
    clock.advance(days=1)
    span = "/brief?after=2024-02-01T12:00:00Z&known_at=2024-02-02T13:00:00Z&as_of=2024-02-02"
    before = api.json(span)
    put_right(seeded, "2022-08-03")
    clock.advance(days=9)
    assert api.json(span)["text"] == before["text"]
    assert "suspended since 4 Aug 2022" in before["text"]


def test_an_instant_that_a_page_gives_is_read_as_it_was(api: Api) -> None:
    assert api.json(f"/brief?after={NOON}")["count"] == 0
    assert mark_of(NOON).isoformat() == "2024-02-01T12:00:00+00:00"


def test_a_view_of_the_past_has_no_brief(api: Api) -> None:
    page = visitor(api.client, NOON).get("/?as_of=2023-01-01").text
    assert (brief_on(page), "Remember this visit" in page) == ("", False)


def test_a_page_made_for_who_is_signed_in_is_kept_for_nobody_with_https_either(seeded: Service) -> None:
    secure = reached_at(seeded, "https://lines.example")
    secret = signed_in(secure, name="ana").get_cookie(COOKIE).value
    address, cookie = "/since?after=2024-01-01", {"Cookie": f"__Host-{COOKIE}={secret}"}
    client = create_app(secure).test_client(use_cookies=False)
    own = client.get(address, headers=cookie)
    form = own.headers["Set-Cookie"].partition(";")[0]  # the form token has its cookie: nothing is set any more
    own = client.get(address, headers={"Cookie": f"{cookie['Cookie']}; {form}"})
    assert ("ana" in words_of(own.text), own.headers["Cache-Control"]) == (True, "private, no-store")
    assert "Sign out" not in client.get(address).text


def test_who_is_signed_in_has_a_mark_too(seeded: Service) -> None:
    member = signed_in(seeded)
    member.set_cookie(SEEN, NOON)
    told = member.get("/")
    assert told.headers["Cache-Control"] == "private, no-store"
    assert "Nothing changed" in brief_on(told.text)
    address = member.get("/since").headers["Location"]
    assert member.get(address).headers["Cache-Control"] == "private, no-store"


def test_marks_that_somebody_makes_up_drive_out_no_page_of_those_without_one(service: Service) -> None:
    told = Told(service)
    told.reader = Client(FromMemory(told, told.current, most_marked_bytes=50_000))
    told.get("/")
    for number in range(50):
        told.reader.set_cookie(SEEN, f"2024-01-01T00:00:00.{number:06}Z")
        assert told.get("/") == told.get("/")
    told.get("/elsewhere")
    told.reader.delete_cookie(SEEN)
    told.get("/")
    told.get("/elsewhere")
    assert told.asked == ["/"] * 51 + ["/elsewhere"], "each is made once, and elsewhere a mark makes no difference"
    assert 40_000 < told.reader.application._kept_of_marks.currsize <= 50_000


def test_a_visitor_without_scripts_sets_the_mark_by_the_keyboard_and_reads_what_changed(
    seeded: Service, clock: Clock, browser: Browser
) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 800}, java_script_enabled=False)
    page = context.new_page()
    with serving(seeded) as address:
        page.goto(address)
        page.get_by_role("button", name="Remember this visit").press("Enter")
        expect(page.locator(".sentences")).to_contain_text("Nothing changed on the record since 1 Feb 2024 12:00 UTC.")
        clock.advance(days=1)
        put_right(seeded, "2022-08-04")
        page.reload()
        expect(page.locator(".brief-corrected")).to_contain_text("suspended since 4 Aug 2022")
        page.get_by_role("link", name="All of it").press("Enter")
        expect(page.locator("h1")).to_have_text("What changed since 1 Feb 2024 12:00 UTC")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        page.get_by_role("button", name="Seen").press("Enter")
        expect(page.locator(".sentences")).to_contain_text("Nothing changed on the record since 2 Feb 2024 12:00 UTC.")
    context.close()
