"""The style sheet: its parts are made for pages of their own and yet stand in one sheet, which all pages have."""

from __future__ import annotations

import re
from collections import defaultdict

from playwright.sync_api import Page, expect

from tests.web.conftest import serving
from tracker.service import Service
from tracker.web.serving.sheet import PARTS

FOR_ALL = {"90-narrow.css", "95-print.css"}
"""Parts that say of all pages how they look on narrow screens and on paper."""


def test_no_two_parts_say_of_the_same_class_alone_how_it_looks() -> None:
    """A class that a page needs for itself has a name of its own, or is named together with what it stands in."""
    said = defaultdict(set)
    for part in PARTS.glob("*.css"):
        rules = re.sub(r"/\*.*?\*/", "", part.read_text(encoding="utf-8"), flags=re.DOTALL)
        for selectors in re.findall(r"([^{}]+)\{", rules):
            for alone in re.findall(r"(?:^|,)\s*\.([\w-]+)\s*(?=,|$)", selectors):
                said[alone].add(part.name)
    assert {name: parts for name, parts in said.items() if len(parts - FOR_ALL) > 1} == {}


def test_the_causes_below_the_timeline_can_be_read(seeded: Service, page: Page) -> None:
    with serving(seeded) as address:
        page.goto(f"{address}/timeline?from=2022&to=2022")
        expect(page.get_by_role("heading", name="Causes")).to_be_visible()
