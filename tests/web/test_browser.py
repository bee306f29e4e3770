"""The pages in a real browser."""

from datetime import date
from itertools import pairwise

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import expect

from db.record import Origin
from tests.conftest import EVERYTHING
from tests.make import contact, sighting
from tests.test_review import CN, US, arrive
from tests.web.conftest import serving
from tracker.model import Outcome
from tracker.record.rows import LONGEST_NAME
from tracker.service import utc_now

PATHS = [
    "/",
    "/timeline",
    "/channels/dpct",
    "/channels/defense-ministers",
    "/claims/change-1",
    "/changes",
    "/contacts",
    "/feeds",
    "/method",
    "/search?q=會晤",
    "/api/docs",
    "/login",
]


@pytest.fixture(scope="module")
def shared(shipped, tmp_path_factory):
    """One seeded service for the tests that only look, at the time of looking."""
    service = shipped.over(tmp_path_factory.mktemp("browser"), utc_now, EVERYTHING)
    with serving(service) as address:
        yield address
    service.store.close()


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), pytest.param(1280, "light", marks=pytest.mark.long)])
def test_no_page_scrolls_sideways_or_complains(shared, page, width, scheme):
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme=scheme)
    for path in PATHS:
        page.goto(shared + path)
        root = "document.documentElement"
        assert page.evaluate(f"{root}.scrollWidth <= {root}.clientWidth"), path


@pytest.mark.parametrize("width", [390, 768])
def test_a_place_and_a_form_without_a_space_make_no_page_wider_than_its_window(seeded, page, sign_in, width):
    unbroken = {"form": "f" * LONGEST_NAME, "place": "https://" + "p" * (LONGEST_NAME - 8)}
    with seeded.store.writing() as db:
        origin = Origin(seeded.clock(), "ana")
        number = db.record.add(contact(Outcome.HELD, "2024-01-30", **unbroken), origin)
        db.record.add(contact(Outcome.ANNOUNCED, "2024-03-30", announced=date(2024, 1, 30), **unbroken), origin)
        db.record.bump()
    page.set_viewport_size({"width": width, "height": 844})
    with serving(seeded) as address:
        sign_in(seeded, page, address)
        for path in (
            "/", "/contacts", "/channels/dpct", f"/claims/contact-{number}", f"/claims/contact-{number}/amend",
            "/timeline", "/figures", "/search?q=ffff", "/since?after=2024-01-01",
        ):  # fmt: skip
            page.goto(address + path)
            root = "document.documentElement"
            assert page.evaluate(f"{root}.scrollWidth <= {root}.clientWidth"), path


@pytest.mark.parametrize("path", ["/api/docs", "/channels/dpct"])
def test_what_is_pressed_is_large_enough_on_the_narrowest_phone(seeded, page, sign_in, path):
    page.set_viewport_size({"width": 320, "height": 800})
    with serving(seeded) as address:
        sign_in(seeded, page, address)
        page.goto(address + path)
        page.evaluate(AXE_SCRIPT)
        told = page.evaluate("() => axe.run(document, {runOnly: ['target-size'], preload: false})")
    assert [node["html"] for one in told["violations"] for node in one["nodes"]] == []


def test_a_state_is_a_sign_a_word_and_a_colour(shared, page):
    page.goto(shared + "/")
    row = page.locator("tr", has_text="Arms control").first
    expect(row).to_contain_text("suspended")
    expect(row).to_contain_text("‖")
    page.set_viewport_size({"width": 768, "height": 900})
    page.goto(shared + "/channels/dpct?as_of=2026-05-01")
    words = page.locator(".own-years .named:visible")
    ends = words.evaluate_all("all => all.map(one => one.getBoundingClientRect()).map(one => [one.left, one.right])")
    assert len(ends) >= 2
    assert all(right < left for (_, right), (left, _) in pairwise(ends)), "no word runs into the next state's"


def test_each_figure_stands_under_its_heading(shared, page):
    page.goto(shared + "/method")
    ends = "cells => cells.map(cell => Math.round(cell.getBoundingClientRect().right))"
    headings = page.locator("table.figures thead th").evaluate_all(ends)
    figures = page.locator("table.figures tbody tr:first-child > *").evaluate_all(ends)
    assert len(set(headings)) == len(headings) == 7
    assert headings == figures


@pytest.mark.parametrize("path", ["/figures", "/method"])
def test_on_a_phone_no_figure_stands_without_its_name(shared, page, path):
    page.set_viewport_size({"width": 375, "height": 800})
    page.goto(shared + path)
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    nameless = page.evaluate("""() => [...document.querySelectorAll('tbody td')].filter(cell => {
      const alone = getComputedStyle(cell).display === 'block' && !cell.dataset.label;
      return alone && /^[\\d.,%–]+$/.test(cell.innerText.trim());
    }).map(cell => cell.innerText)""")
    assert nameless == []
    assert page.locator("tbody td:visible").count() > 20


def test_many_that_wait_leave_the_head_of_a_page_on_one_line(seeded_2023, page, sign_in):
    with serving(seeded_2023) as address:
        sign_in(seeded_2023, page, address)
        page.goto(f"{address}/review")
        page.evaluate("document.querySelector('.pill').textContent = '999+'")
        assert page.locator("header.site").bounding_box()["height"] < 70


def test_the_keyboard_comes_first_to_the_way_past_the_menu(shared, page):
    page.goto(shared + "/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#content"


def test_accepting_with_the_keyboard_and_taking_it_back(seeded_2023, page, sign_in):
    (candidate,) = arrive(seeded_2023, US, sighting())
    with serving(seeded_2023) as address:
        sign_in(seeded_2023, page, address)
        page.goto(f"{address}/review/{candidate.id}")
        assert page.evaluate("document.activeElement.value") != "accept"
        page.keyboard.press("e")
        page.get_by_label("Note").focus()
        page.keyboard.type("Seen.")
        page.get_by_label("Cause").fill("They met again.")
        page.keyboard.press("Enter")
        expect(page.locator("main")).to_contain_text("Nothing has been recorded")
        page.get_by_role("button", name="Accept").focus()
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Undo").first.click()
        page.goto(f"{address}/channels/dpct")
        expect(page.locator("main")).to_contain_text("suspended since 5 Aug 2022")


@pytest.mark.parametrize("width", [390, 1280])
def test_splitting_and_merging_with_the_keyboard_on_a_page_that_never_scrolls_sideways(
    seeded_2023, page, sign_in, width
):
    page.set_viewport_size({"width": width, "height": 844})
    arrive(seeded_2023, US, sighting())
    arrive(seeded_2023, CN, sighting())
    with serving(seeded_2023) as address:
        sign_in(seeded_2023, page, address)
        page.goto(f"{address}/review/1")
        page.keyboard.press("s")
        page.get_by_label("another event").first.focus()
        page.keyboard.press("Space")
        page.get_by_role("button", name="Split").focus()
        page.keyboard.press("Enter")
        page.locator("#split-off").get_by_role("link", name="candidate 2").click()
        page.wait_for_url("**/review/2*")
        root = "document.documentElement"
        assert page.evaluate(f"{root}.scrollWidth <= {root}.clientWidth")
        page.keyboard.press("s")
        page.get_by_label("Same event as").select_option("1")
        page.get_by_role("button", name="Merge").focus()
        page.keyboard.press("Enter")
        expect(page.locator("main")).to_contain_text("ana merged into this (1 sighting) candidate 2")
