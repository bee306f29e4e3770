"""Badge and embedded timeline, and what holds for every output."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from lxml import etree

from tests.conftest import EVERYTHING, ROOT, Shipped
from tests.make import release, sighting
from tests.site import Site
from tests.test_review import arrive
from tests.web.api_client import Api, api_over, assert_problem
from tests.web.conftest import serving
from tests.web.test_pages import signed_in, words_of
from tracker.model import State
from tracker.service import Service
from tracker.web.app import create_app
from tracker.web.outputs import for_programs
from tracker.web.outputs.badge import COLOURS
from tracker.web.serving.keeping import PAGES, PRESENT
from tracker.web.serving.sheet import sheet

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def api(shipped: Shipped, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """The whole record, for tests that only read."""
    with api_over(shipped, tmp_path_factory.mktemp("shown"), EVERYTHING) as api:
        yield api


def outputs_of(app) -> list[str]:
    """The address of every output in the URL map."""
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("outputs.")]
    return [rule.rule.replace("<slug>", "dpct") for rule in rules]


def badge(client, address: str) -> etree._Element:
    answer = client.get(address)
    assert (answer.status_code, answer.mimetype) == (200, "image/svg+xml"), answer.text
    return etree.fromstring(answer.data)


@pytest.mark.parametrize(
    ("address", "shown", "state"),
    [
        ("/badge/dpct.svg", "resumed since 8 Jan 2024", State.RESUMED),
        ("/badge/dpct.svg?as_of=2022-09-01", "suspended since 5 Aug 2022, as of 1 Sep 2022", State.SUSPENDED),
        ("/badge/dpct.svg?as_of=2023-12-01", "planned since 15 Nov 2023, as of 1 Dec 2023", State.PLANNED),
        ("/badge/leaders.svg", "active since 7 Feb 2020", State.ACTIVE),
        ("/badge/dpct.svg?as_of=1950-01-01", "no state on record, as of 1 Jan 1950", None),
    ],
)
def test_a_badge_is_a_sign_words_and_a_colour_and_says_it_to_those_who_do_not_see_it(api: Api, address, shown, state):
    picture = badge(api.client, address)
    words = [text.text for text in picture.iter(f"{SVG}text")]
    assert words[1] == shown
    assert [ground.get("fill") for ground in picture.iter(f"{SVG}rect")][1] == COLOURS[state]
    signs = [*picture.iter(f"{SVG}circle"), *picture.iter(f"{SVG}path")]
    assert bool(signs) == (state is not None)
    title = picture.findtext(f"{SVG}title")
    assert title == picture.get("aria-label")
    assert title.startswith(f"{words[0]}: {shown.partition(',')[0]}")
    assert "as of" in title
    assert picture.get("role") == "img"


def test_the_badge_has_the_colours_of_the_pages(api: Api):
    light = sheet().partition("@media (prefers-color-scheme: dark)")[0]
    for state in State:
        assert f"--{state}: {COLOURS[state]};" in light


def test_an_embedded_timeline_may_stand_in_any_frame_and_nothing_else_may(api: Api):
    for address in ("/embed/dpct", "/embed/dpct?as_of=2022-09-01", "/embed/nowhere"):
        answer = api.client.get(address)
        policy = answer.headers["Content-Security-Policy"]
        assert "frame-ancestors *" in policy
        assert "script-src" not in policy
        assert "X-Frame-Options" not in answer.headers
    for address in ("/", "/channels/dpct", "/channels/embed/dpct", "/changes.csv"):
        answer = api.client.get(address)
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Frame-Options"] == "DENY"


def test_an_embedded_timeline_says_of_when_it_is_and_leads_back(api: Api):
    page = api.client.get("/embed/dpct?as_of=2022-09-01").text
    words = words_of(page)
    assert "suspended since 5 Aug 2022 on the word of" in words
    assert "as of 1 Sep 2022, from the record as it stood at 1 Feb 2024 12:00 UTC" in words
    assert 'href="http://127.0.0.1:8000/channels/dpct?as_of=2022-09-01" target="_blank"' in page
    assert not re.search(r"<script|<form|\son\w+=|style=", page)
    now = words_of(api.client.get("/embed/dpct").text)
    assert "as of 1 Feb 2024" in now
    assert "Silence since 10 Jan 2024: not known (United States not read, China not read)." in now


def test_an_embedded_timeline_is_the_same_for_whoever_is_signed_in_and_sets_no_cookie(seeded: Service):
    person, nobody = signed_in(seeded), create_app(seeded).test_client()
    mine, theirs = person.get("/embed/dpct"), nobody.get("/embed/dpct")
    assert mine.data == theirs.data
    assert "ana" not in mine.text
    assert "Set-Cookie" not in mine.headers
    assert "Cookie" not in mine.headers.get("Vary", "")


def test_the_snippets_of_a_channel_page_are_html_that_leads_to_badge_and_timeline(api: Api):
    page = etree.HTML(api.client.get("/channels/dpct").text)
    badge_snippet, frame_snippet = (etree.HTML(code.text) for code in page.iterfind(".//code[@class='snippet']"))
    assert frame_snippet.find(".//iframe").get("src") == "http://127.0.0.1:8000/embed/dpct"
    assert badge_snippet.find(".//img").get("src") == "http://127.0.0.1:8000/badge/dpct.svg"
    assert badge_snippet.find(".//a").get("href") == "http://127.0.0.1:8000/channels/dpct"
    for snippet in (badge_snippet, frame_snippet):
        (named,) = [*snippet.iterfind(".//img"), *snippet.iterfind(".//iframe")]
        assert "Defense Policy Coordination Talks (DPCT)" in (named.get("alt") or named.get("title"))


def test_another_site_shows_the_timeline_and_the_badge_without_script(seeded: Service, page, site: Site):
    page.set_viewport_size({"width": 360, "height": 800})
    with serving(seeded) as address:
        frame, picture = f'<iframe src="{address}/embed/dpct" width="340">', f'<img src="{address}/badge/dpct.svg">'
        site.serve("/favicon.ico", 204)
        site.serve("/article", body=f"<!doctype html><p>{picture}{frame}</iframe>".encode(), Content_Type="text/html")
        page.goto(site.url("/article", host="localhost"))
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.images[0].naturalWidth") > 100
        embedded = page.frames[1]
        assert "resumed since 8 Jan 2024" in re.sub(r"\s+", " ", embedded.locator("main").inner_text())
        root = "document.documentElement"
        assert embedded.evaluate(f"{root}.scrollWidth <= {root}.clientWidth")


def test_every_output_takes_both_clocks_and_refuses_what_it_does_not_know(api: Api):
    addresses = outputs_of(api.app)
    assert len(addresses) == 13
    for address in addresses:
        assert api.client.get(f"{address}?as_of=2022-09-01&known_at=2024-02-01").status_code == 200, address
        assert api.client.get(f"{address}?path=&endpoint=&_external=").status_code == 200, (
            "what is left blank says nothing"
        )
        for field, sent in (("as_of", "2024-13-01"), ("known_at", "soon"), ("as_off", "2022-09-01")):
            refused = api.client.get(f"{address}?{field}={sent}")
            if for_programs(address):
                assert_problem(refused, 400, field=field)
            else:
                assert (refused.status_code, refused.mimetype) == (400, "text/html")
                assert (sent if field != "as_off" else field) in refused.text


@pytest.mark.parametrize(
    ("address", "field"),
    [
        ("/changes.atom?category=naval", "category"),
        ("/changes.json?limit=0", "limit"),
        ("/changes.atom?cursor=x", "cursor"),
        ("/changes.csv?state=closed", "state"),
        ("/contacts.csv?channel=dcpt", "channel"),
        ("/contacts.ics?outcome=maybe", "outcome"),
        ("/channels.csv?relationship=mars", "relationship"),
        ("/channels/dpct/changes.json?category=military", "category"),
    ],
)
def test_a_filter_that_cannot_be_is_refused_in_words(api: Api, address: str, field: str):
    assert_problem(api.client.get(address), 400, field=field)


def test_every_output_is_told_of(api: Api):
    rules = {rule.rule for rule in api.app.url_map.iter_rules() if rule.endpoint.startswith("outputs.")}
    page = etree.HTML(api.client.get("/api/docs").text)
    assert {code.text for code in page.iterfind(".//dt/code")} >= rules
    told = (ROOT / "docs" / "outputs.md").read_text(encoding="utf-8")
    assert all(f"`{rule}`" in told for rule in rules)


@pytest.mark.parametrize("address", ["/channels/dcpt/changes.atom", "/badge/dcpt.svg", "/channels/dcpt/contacts.ics"])
def test_a_channel_that_is_not_there_is_told_with_the_nearest(api: Api, address: str):
    assert_problem(api.client.get(address), 404, says="Did you mean dpct")


def test_a_timeline_of_no_channel_says_so_in_the_frame(api: Api):
    answer = api.client.get("/embed/dcpt")
    assert answer.status_code == 404
    assert "Did you mean dpct" in words_of(answer.text)


def test_other_sites_scripts_may_read_what_programs_read(api: Api):
    for address in outputs_of(api.app):
        allowed = api.client.get(address).headers.get("Access-Control-Allow-Origin")
        assert (allowed == "*") == for_programs(address)


@pytest.mark.sqlite
def test_an_answer_from_memory_costs_at_most_one_small_query(seeded: Service):
    client = create_app(seeded).test_client()
    for address in outputs_of(client.application):
        etag = client.get(address).headers["ETag"]
        asked: list[str] = []
        connection = seeded.store._connections.get()
        connection.set_trace_callback(asked.append)
        again = client.get(address), client.get(address, headers={"If-None-Match": etag})
        connection.set_trace_callback(None)
        assert [answer.status_code for answer in again] == [200, 304], address
        assert again[0].headers["Cache-Control"] in (PAGES, PRESENT)
        assert len(asked) <= 2, address
        assert set(asked) <= {"PRAGMA data_version"}, address


def test_what_nobody_has_reviewed_is_in_no_output_and_moves_none(seeded: Service):
    client = create_app(seeded).test_client()
    addresses = outputs_of(client.application)
    before = {address: client.get(address).data for address in addresses}
    secret = release(title="Unreviewed whisper", summary="Unreviewed whisper", url="https://us.example/whisper")
    (candidate,) = arrive(seeded, secret, sighting(channel="mmca"))
    assert candidate.status == "pending"
    with seeded.store.writing() as db:
        db.record.bump("polls")
    for address in addresses:
        assert client.get(address).data == before[address]
        assert b"whisper" not in before[address]
