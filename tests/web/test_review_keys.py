"""Deciding with the keyboard alone, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from tests.make import sighting
from tests.test_review import CN, US, arrive
from tests.web.conftest import serving
from tracker.model import Status
from tracker.service import Service

CHANNELS = ("dpct", "mmca", "theater-commanders")


@pytest.fixture
def three(seeded_2023: Service, page: Page, sign_in) -> Iterator[Page]:
    """The queue with three candidates of three channels, each from both sides, and a reviewer in front of it."""
    for channel in CHANNELS:
        for document in (US, CN):
            arrive(seeded_2023, replace(document, url=f"{document.url}/{channel}"), sighting(channel=channel))
    page.set_viewport_size({"width": 1440, "height": 900})
    with serving(seeded_2023) as address:
        sign_in(seeded_2023, page, address)
        page.goto(f"{address}/review")
        yield page


def statuses(service: Service) -> dict[str, Status]:
    with service.store.reading() as db:
        return {(found := db.candidates.get(number)).channel: found.status for number in (1, 2, 3)}


def focused(page: Page, what: str = "id") -> str:
    return page.evaluate(f"document.activeElement.{what}")


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def send(page: Page, *keys: str) -> None:
    """Keys of which the last one leads to another page, at whose heading the focus begins."""
    with page.expect_navigation():
        press(page, *keys)
    expect(page.locator("h1")).to_be_focused()


def test_three_candidates_are_accepted_corrected_and_rejected_by_keys_and_one_is_taken_back(seeded_2023, three):
    send(three, "j", "Enter")
    first = three.locator("h1").inner_text()
    press(three, "a")
    assert focused(three, "name") == "cause", "first what a person has to say"
    three.keyboard.type("They met again.")
    press(three, "Tab")
    assert focused(three) == "accept"
    expect(three.get_by_text("Enter records, Esc leaves")).to_be_visible()
    assert set(statuses(seeded_2023).values()) == {Status.PENDING}, "one key writes nothing"
    send(three, "Enter")
    expect(three.locator(".bar.fresh")).to_contain_text("Accepted")
    assert three.locator("h1").inner_text() != first, "the next one is there at once"

    press(three, "e")
    assert focused(three, "name") == "state"
    press(three, "Tab", "ControlOrMeta+a", "2", "0", "2", "4", "-", "0", "1", "-", "0", "7")
    three.get_by_label("Cause").fill("They met a day before.")
    three.get_by_label("From").focus()
    with three.expect_navigation():
        press(three, "Enter")
    expect(three.get_by_text("Checked as you typed it")).to_be_focused()
    expect(three.locator(".records")).to_contain_text("resumed from 7 Jan 2024")
    send(three, "a", "Enter")

    press(three, "r")
    expect(three.get_by_role("button", name="Tells of an earlier event again")).to_be_visible()
    send(three, "3")
    assert sorted(statuses(seeded_2023).values()) == [Status.ACCEPTED, Status.ACCEPTED, Status.REJECTED]
    press(three, "u")
    assert Status.PENDING not in statuses(seeded_2023).values()
    send(three, "Enter")
    assert sorted(statuses(seeded_2023).values()) == [Status.ACCEPTED, Status.ACCEPTED, Status.PENDING]
    with seeded_2023.store.reading() as db:
        changes = [db.record.entries_of(channel)[0] for channel in CHANNELS]
    told = [str(change.effective) for own in changes for change in own if change.decision and not change.withdrawn_at]
    assert sorted(told) == ["2024-01-07", "2024-01-08"]


def test_keys_are_shown_do_nothing_in_fields_and_can_be_switched_off(seeded_2023, three):
    press(three, "?")
    dialog = three.get_by_role("dialog", name="Keys")
    expect(dialog).to_contain_text("not this channel, but another")
    press(three, "a", "Escape")
    expect(dialog).to_be_hidden()

    send(three, "j", "o")
    here = three.url
    three.get_by_label("Search channels").focus()
    three.keyboard.type("aren?u1")
    expect(three.get_by_label("Search channels")).to_have_value("aren?u1")
    press(three, "Escape", "Control+a", "Alt+r")
    expect(three.locator("#reject")).not_to_have_attribute("open", "")
    assert focused(three) != "accept"
    assert three.url == here

    three.get_by_role("link", name="Keys").click()
    dialog.get_by_label("Single keys are on").uncheck()
    press(three, "Escape", "a")
    assert focused(three) != "accept"
    three.reload()
    press(three, "?", "a", "r")
    assert focused(three) != "accept"
    expect(dialog).to_be_hidden()
    assert set(statuses(seeded_2023).values()) == {Status.PENDING}


def test_lines_of_the_queue_are_selected_and_rejected_together_for_a_reason(seeded_2023, three):
    press(three, "j", "x", "j", "j", "x", "k")
    expect(three.locator("#selected")).to_have_text("(2)")
    press(three, "r", "3")
    expect(three.get_by_role("button", name="Tells of an earlier event again")).to_be_focused()
    assert set(statuses(seeded_2023).values()) == {Status.PENDING}, "many are not rejected by a slip"
    with three.expect_navigation():
        press(three, "Enter")
    expect(three.locator("h1")).to_have_text("2 candidates rejected")
    assert sorted(statuses(seeded_2023).values()) == [Status.PENDING, Status.REJECTED, Status.REJECTED]


def test_later_takes_the_next_one_up_and_offers_to_bring_it_back(seeded_2023, three):
    send(three, "j", "Enter")
    press(three, "l")
    three.keyboard.type("Their readout is due.")
    send(three, "Enter")
    expect(three.locator(".bar.fresh")).to_contain_text("Put aside")
    with seeded_2023.store.reading() as db:
        assert db.waiting.count_held(seeded_2023.clock()) == 1
    send(three, "u", "Enter")
    with seeded_2023.store.reading() as db:
        assert db.waiting.count_held(seeded_2023.clock()) == 0


def test_a_candidate_is_judged_without_scrolling_and_left_without_deciding(three):
    send(three, "j", "Enter")
    first = three.url
    for shown in ("#accept", ".would", "#reject summary", "#correct summary", ".rules h3", "#side-us", "#side-cn"):
        box = three.locator(shown).first.bounding_box()
        assert 0 <= box["y"] < box["y"] + box["height"] <= 900, shown
    texts = three.locator(".release p.lines").evaluate_all("all => all.map(one => one.getBoundingClientRect().bottom)")
    assert len(texts) == 2
    assert max(texts) <= 900
    send(three, "n")
    assert three.url != first
    send(three, "p")
    assert three.url == first
    send(three, "q")
    assert three.url.endswith("/review")


def test_what_is_wrong_is_reached_by_keys_the_first_field_at_once_and_the_others_by_the_summary(
    seeded_2023, browser, sign_in
):
    # A tab of its own: a browser complains of the status with which a form is refused.
    arrive(seeded_2023, US, sighting())
    with serving(seeded_2023) as address, browser.new_context() as context:
        page = context.new_page()
        sign_in(seeded_2023, page, address)
        page.goto(f"{address}/review/1")
        press(page, "e")
        page.locator("[name=effective]").fill("soon")
        page.locator("[name=round]").fill("x")
        with page.expect_navigation():
            press(page, "Enter")
        assert focused(page, "name") == "cause"
        summary = page.locator(".errors")
        expect(summary).to_contain_text("3 things have to be put right")
        summary.get_by_role("link", name="Round").focus()
        press(page, "Enter")
        assert focused(page, "name") == "round"


def test_the_way_back_is_prominent_for_a_minute_and_stays(seeded_2023, three):
    three.clock.install()
    send(three, "j", "Enter")
    press(three, "a")
    three.keyboard.type("They met again.")
    send(three, "Tab", "Enter")
    bar = three.locator(".bar[role=status]")
    assert "fresh" in bar.get_attribute("class")
    three.clock.fast_forward(61_000)
    assert "fresh" not in bar.get_attribute("class")
    expect(bar.get_by_role("button", name="Undo")).to_be_visible()


def test_another_reviewer_who_opens_it_meanwhile_is_seen_without_a_reload(seeded_2023, three):
    three.clock.install()
    send(three, "j", "Enter")
    number = int(three.url.rpartition("/")[2])
    with seeded_2023.store.writing() as db:
        db.reviewers.be_present(number, "ben", at=seeded_2023.clock())
    three.clock.fast_forward(25_000)
    expect(three.locator("#present")).to_contain_text("ben opened this")


@pytest.mark.parametrize("width", [390, 768, 1920])
def test_the_review_pages_never_scroll_sideways(three, width):
    three.set_viewport_size({"width": width, "height": 844})
    paths = [three.url, three.locator("[data-line]").first.evaluate("link => link.href"), f"{three.url}/keys"]
    for path in paths:
        three.goto(path)
        root = "document.documentElement"
        assert three.evaluate(f"{root}.scrollWidth <= {root}.clientWidth"), path


RINGS_CUT = """() => {
  const one = document.activeElement, style = getComputedStyle(one)
  if (!one.closest('.panel') || style.outlineStyle === 'none') return []
  const ring = parseFloat(style.outlineWidth) + parseFloat(style.outlineOffset), own = one.getBoundingClientRect()
  const cut = []
  for (let around = one.parentElement; around !== document.body; around = around.parentElement) {
    if (getComputedStyle(around).overflowX === 'visible') continue
    const outer = around.getBoundingClientRect()
    const left = outer.left + around.clientLeft, top = outer.top + around.clientTop
    if (own.left - ring < left || own.right + ring > left + around.clientWidth
        || own.top - ring < top || own.bottom + ring > top + around.clientHeight) cut.push(one.outerHTML.slice(0, 120))
  }
  return cut
}"""
"""Where the focus stands in the panel and its ring reaches beyond what shows it."""


@pytest.mark.parametrize("width", [390, 1440])
def test_the_ring_around_what_has_the_focus_is_whole(three, width):
    three.set_viewport_size({"width": width, "height": 844})
    send(three, "j", "Enter")
    three.evaluate("document.querySelectorAll('.panel details').forEach(one => one.open = true)")
    three.locator(".panel :is(input, select, button, summary):visible").first.focus()
    passed, cut = 0, []
    while three.evaluate("Boolean(document.activeElement.closest('.panel'))"):
        passed, cut = passed + 1, cut + three.evaluate(RINGS_CUT)
        press(three, "Tab")
    assert passed > 20
    assert cut == []
