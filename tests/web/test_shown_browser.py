"""Names, marks and signs in a real browser: what stands beside a name leaves room for it, and nothing stands alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import pytest
from playwright.sync_api import Page

from db.record import Origin
from tests.conftest import EVERYTHING, Shipped
from tests.web.conftest import serving
from tracker.service import utc_now

SLUG = "nuclear-arms-control"

READABLE = """link => {
    const text = link.firstChild, range = document.createRange();
    range.setStart(text, 0);
    range.setEnd(text, 24);
    return range.getBoundingClientRect().width < link.clientWidth;
}"""
"""Whether the first 24 characters of a name are seen."""


@pytest.fixture(scope="module")
def address(shipped: Shipped, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The whole record, where a channel's state was corrected and is contested."""
    service = shipped.over(tmp_path_factory.mktemp("shown"), utc_now, EVERYTHING)
    with service.store.writing() as db:
        row = max(db.record.entries_of(SLUG)[0], key=lambda change: change.effective.first)
        told = {"cause": f"{row.cause} Read again.", "contested": "The sides differ.", "settled": None}
        right = replace(row, replaces=row.id, reason="Read again.", **told)
        db.record.add(right, Origin(service.clock(), "a person"))
        db.record.bump()
    with serving(service) as address:
        yield address
    service.store.close()


@pytest.mark.parametrize("width", [1024, 1280, 1440, 1600])
def test_marks_leave_enough_of_a_channels_name_to_be_read(address: str, page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(address)
    row = page.locator(f"tr.one[data-also^='{SLUG} ']")
    assert row.locator(".who-line .flag").count() == 2
    assert row.locator(".who-line a[data-told]").evaluate(READABLE)
    link, sign = row.locator(".who-line a[data-told]").bounding_box(), row.locator("+ .more summary").bounding_box()
    middles = [box["y"] + box["height"] / 2 for box in (link, sign)]
    assert abs(middles[0] - middles[1]) < 6, "the sign that opens the row stands beside the name"


def test_nothing_stands_on_a_line_of_its_own_below_what_is_not_reported(address: str, page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 900})
    page.goto(f"{address}/?as_of=2026-11-28")
    row = page.locator("tr.one", has=page.locator(".unreported")).first
    last, whole = row.locator(".unreported").bounding_box(), row.bounding_box()
    assert whole["y"] + whole["height"] - last["y"] - last["height"] < 14
    sign = row.locator("+ .more summary").bounding_box()
    assert sign["y"] < last["y"] + last["height"] < sign["y"] + sign["height"] + 14


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_the_name_in_the_other_language_is_not_torn_after_one_sign(address: str, page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{address}/channels/{SLUG}")
    rects = page.locator("h1 .other-name").evaluate("name => name.getClientRects().length")
    height = page.locator("h1 .other-name").bounding_box()["height"]
    assert (rects, height < 40) == (1, True)


def test_the_figures_of_detection_fit_beside_each_other_on_a_wide_page(address: str, page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(f"{address}/method")
    figures = page.locator(".scroll:has(table.figures)")
    assert figures.evaluate("it => it.scrollWidth <= it.clientWidth")


@pytest.mark.parametrize("path", ["/feeds/mnd-news", "/channels/mmca?as_of=2024-01-31"])
def test_dates_under_a_picture_neither_overlap_nor_are_cut_on_a_phone(address: str, page: Page, path: str) -> None:
    page.set_viewport_size({"width": 390, "height": 900})
    page.set_extra_http_headers({"Accept-Language": "zh"})
    page.goto(f"{address}{path}")
    dates = page.locator(".rhythm.large text, .own-years text.year")
    boxes = [box for date in dates.all() if (box := date.bounding_box())]
    assert len(boxes) > 2
    assert all(one["x"] + one["width"] < other["x"] for one, other in pairwise(boxes))
    assert all(box["x"] + box["width"] <= 390 for box in boxes)
