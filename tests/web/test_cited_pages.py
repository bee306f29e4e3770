"""Cited pages that changed, as readers, programs and reviewers see them."""

from __future__ import annotations

import gzip
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from tests.feeds.conftest import no_proxies  # noqa: F401 - a fixture
from tests.test_rereading import (  # noqa: F401 - fixtures
    LEAD,
    OTHER,
    PAGE,
    QUOTE,
    REST,
    Watching,
    read_once,
    watching,
)
from tests.test_rereading import (
    page as page_of,
)
from tests.web.api_client import Api
from tests.web.conftest import serving
from tests.web.test_pages import signed_in, words_of
from tracker.model import PageState
from tracker.web.app import create_app
from tracker.web.words import _PAGE_WORDS, PAGE_SIGNS

REWORDED = page_of(LEAD, QUOTE.replace("agreed", "declined"), REST)


@pytest.fixture
def changed(read_once: Watching) -> Watching:  # noqa: F811
    read_once.site.serve("/talks", body=REWORDED)
    assert read_once.visit().found is PageState.WORDS_CHANGED
    return read_once


def notice_of(watching: Watching) -> int:  # noqa: F811
    with watching.service.store.reading() as db:
        (notice,) = db.watch.notices()
    return notice.visit.id


def test_each_state_of_a_page_has_words_and_each_but_the_same_a_sign() -> None:
    assert set(_PAGE_WORDS) == set(PageState)
    assert set(PAGE_SIGNS) == set(PageState) - {PageState.SAME}


def test_a_source_says_in_the_api_what_we_saw_of_its_page(read_once: Watching) -> None:  # noqa: F811
    api = Api(read_once.service)

    def page(query: str = "") -> dict | None:
        return api.json(f"/channels/dpct{query}")["sources"][0]["page"]

    before, seen = page(), read_once.service.clock.now
    assert before == {
        "state": "same", "since": f"{seen:%Y-%m-%dT%H:%M:%SZ}", "last_read": f"{seen:%Y-%m-%dT%H:%M:%SZ}",
        "moved_to": None,
    }  # fmt: skip
    read_once.site.redirect("/talks", 308, "/archive")
    read_once.site.serve("/archive", body=PAGE)
    read_once.visit()
    assert (page()["state"], page()["moved_to"]) == ("moved", read_once.site.url("/archive"))
    then = f"?known_at={seen + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
    assert page(then) == before | {"last_read": None}, "what we knew then, whatever we saw since"
    assert page(f"?known_at={seen - timedelta(minutes=5):%Y-%m-%dT%H:%M:%SZ}") is None


def test_a_new_verdict_is_shown_at_once_with_its_day_and_as_what_we_saw(read_once: Watching) -> None:  # noqa: F811
    client = create_app(read_once.service).test_client()
    first = words_of(client.get("/channels/dpct").text)
    assert "Page unchanged since 1 Feb 2024, last read 1 Feb 2024" in first
    read_once.site.serve("/talks", body=REWORDED)
    visit = read_once.visit()
    told = f"words cited from this page changed, seen {visit.at.day} Feb 2024"
    words = words_of(client.get("/channels/dpct").text)
    assert told in words
    assert "What is said of them is what we saw on that day" in words
    assert told in words_of(client.get("/changes").text)


def test_the_queue_lists_what_changed_and_a_reviewer_acknowledges_it_with_a_note(changed: Watching) -> None:
    client, number = signed_in(changed.service), notice_of(changed)
    record = changed.service.store.revisions()["record"]
    queue = client.get("/review").text
    assert f"<del>{QUOTE}</del>" in queue
    assert "Defense Policy Coordination Talks" in queue
    assert '<span class="pill">1</span>' in queue
    refused = client.post(f"/review/pages/{number}", data={"note": " "})
    assert refused.status_code == 400
    assert "An acknowledgement needs a note." in refused.text
    kept = client.post(f"/review/pages/{number}", data={"note": "They reworded it; the round itself stands."})
    assert (kept.status_code, kept.headers["Location"]) == (303, "/review#cited-pages")
    assert "Cited pages that changed" not in client.get("/review").text
    again = client.post(f"/review/pages/{number}", data={"note": "Me too."})
    assert again.status_code == 409
    assert "ana was first" in again.text
    assert "They reworded it; the round itself stands." in client.get(f"/review/pages/{number}").text
    assert changed.service.store.revisions()["record"] == record, "the record stays as it is"
    assert "words cited from this page changed" in words_of(client.get("/channels/dpct").text)


def test_the_copies_are_handed_out_as_files_and_to_reviewers_alone(changed: Watching) -> None:
    client, number = signed_in(changed.service), notice_of(changed)
    with changed.service.store.reading() as db:
        notice = db.watch.notice(number)
    for sha256, body in ((notice.baseline, PAGE), (notice.visit.sha256, REWORDED)):
        answer = client.get(f"/review/pages/copies/{sha256}")
        assert gzip.decompress(answer.data) == body
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert "sandbox" in answer.headers.getlist("Content-Security-Policy"), "it never runs as a page of ours"
        assert answer.headers["Cache-Control"] == "private, no-store"
    assert client.get("/review/pages/copies/nothing").status_code == 404
    assert client.get("/review/pages/999").status_code == 404
    nobody = create_app(changed.service).test_client()
    for path in (f"/review/pages/{number}", f"/review/pages/copies/{notice.baseline}"):
        assert nobody.get(path).headers["Location"].startswith("/login")


def test_the_page_of_a_change_shows_both_wordings_to_the_keyboard_and_on_a_telephone(
    changed: Watching, page, sign_in
) -> None:
    changed.site.serve("/gone", body=PAGE)
    changed.cite("/gone")
    changed.visit("/gone")
    changed.site.serve("/gone", body=OTHER)
    for _ in range(3):
        changed.visit("/gone")
    with serving(changed.service) as address:
        sign_in(changed.service, page, address, "ben")
        page.goto(f"{address}/review")
        page.set_viewport_size({"width": 360, "height": 800})
        sideways = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert not page.evaluate(sideways)
        page.get_by_role("link", name="Words cited from this page changed").click()
        expect(page.locator("p.then del")).to_have_text("agreed")
        expect(page.locator("p.then ins")).to_have_text("declined")
        assert not page.evaluate(sideways)
        page.get_by_label("Note").fill("Reworded.")
        page.keyboard.press("Enter")
        page.get_by_role("link", name="Something else stands at this address").click()
        expect(page.get_by_text("They begin:")).to_be_visible()
        assert not page.evaluate(sideways)
        page.goto(f"{address}/channels/dpct")
        assert not page.evaluate(sideways)
