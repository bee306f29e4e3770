"""The first screen in a real browser: what is seen at once, and what the filters do without asking again."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import EVERYTHING, Shipped
from tests.web.conftest import serving
from tracker.service import utc_now

LATER = "2026-11-28"


@pytest.fixture(scope="module")
def address(shipped: Shipped, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The whole record, with every source read just now."""
    service = shipped.over(tmp_path_factory.mktemp("board"), utc_now, EVERYTHING)
    now = service.clock()
    with service.store.writing() as db:
        for feed in service.feeds:
            db.feeds.record_read(
                feed.slug, now=now, next_poll=now, etag=None, last_modified=None, moved_to=None, anything_new=True
            )
        db.record.bump("polls")
    with serving(service) as address:
        yield address
    service.store.close()


@pytest.fixture(scope="module")
def unread(shipped: Shipped, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The whole record, with no source read."""
    service = shipped.over(tmp_path_factory.mktemp("unread"), utc_now, EVERYTHING)
    with serving(service) as address:
        yield address
    service.store.close()


def shown(page: Page) -> list[str]:
    """The channels that are seen, by their slugs."""
    links = page.locator("tr.one:visible th a")
    return links.evaluate_all("found => found.map(link => new URL(link.href).pathname.split('/').pop())")


def test_all_channels_stand_on_one_screen_and_no_width_scrolls_sideways(address: str, page: Page) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(address)
    bottoms = page.locator("tr.one").evaluate_all("rows => rows.map(row => row.getBoundingClientRect().bottom)")
    assert len(bottoms) >= 27
    assert max(bottoms) <= 900
    for width in (360, 390, 768, 1024, 1280, 1440, 1920):
        page.set_viewport_size({"width": width, "height": 900})
        root = "document.documentElement"
        assert page.evaluate(f"{root}.scrollWidth <= {root}.clientWidth"), width
        assert len(shown(page)) == len(bottoms), width


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("width", [1000, 1280, 1440])
def test_what_opens_a_line_stands_beside_its_name(address: str, page: Page, width: int, language: str) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{address}/?language={language}")
    middles = "all => all.map(one => { const at = one.getBoundingClientRect(); return (at.top + at.bottom) / 2; })"
    names = page.locator("tr.one th a").evaluate_all(middles)
    signs = page.locator("tr.more summary").evaluate_all(middles)
    assert max(abs(name - sign) for name, sign in zip(names, signs, strict=True)) <= 4


def test_every_head_beside_the_lines_is_seen_at_once_though_nobody_looks(unread: str, page: Page) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(unread)
    expect(page.get_by_text("We are not looking anywhere now.")).to_be_visible()
    heads = page.locator(".rail h2").evaluate_all("all => all.map(head => head.getBoundingClientRect().bottom)")
    assert len(heads) == 6
    assert max(heads) <= 900


def test_nothing_touches_nor_wraps_alone_on_a_narrow_desk(address: str, page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(address)
    edges = "all => all.map(one => [one.getBoundingClientRect().right, one.getBoundingClientRect().top])"
    ((right, _),) = page.locator("h1").evaluate_all(edges)
    assert right + 8 <= page.locator(".topline").evaluate("one => one.getBoundingClientRect().left")
    expect(page.locator("h1 .other-name")).to_be_visible()
    (_, shown_top), (_, csv_top) = page.locator(".found .shown, .found .csv").evaluate_all(edges)
    assert abs(shown_top - csv_top) < 4
    assert csv_top < page.locator("form.filters").evaluate("one => one.getBoundingClientRect().top") + 24


def test_filters_work_without_asking_again_and_as_the_server_means_them(address: str, page: Page) -> None:
    page.goto(f"{address}/?as_of={LATER}")
    page.evaluate("window.sameDocument = true")
    form, counted, asked = page.locator("form.filters"), page.locator("form.filters [role=status]"), []
    table = page.locator(".csv")
    page.on("request", lambda request: asked.append(request.url) if request.resource_type != "other" else None)
    steps = [
        lambda: form.locator("[name=state]").select_option("active"),
        lambda: form.locator("[name=word]").select_option("both"),
        lambda: form.locator("[name=only]").select_option("contested"),
        lambda: form.locator("[name=only]").select_option(""),
        lambda: form.locator("[name=q]").fill("ＤＰＣＴ"),
        lambda: form.locator("[name=q]").fill("防长"),
        lambda: form.locator("[name=q]").fill("國防部"),
        lambda: form.locator("[name=category]").select_option("economic"),
    ]
    seen = []
    for step in steps:
        step()
        seen.append((page.evaluate("location.href"), shown(page), counted.inner_text(), table.get_attribute("href")))
    expect(page.locator(".nothing")).to_be_visible()
    assert page.evaluate("window.sameDocument")
    assert asked == []
    for url, slugs, told, link in seen:
        page.goto(url)
        assert (shown(page), counted.inner_text()) == (slugs, told), url
        rows = page.request.get(re.sub(r"^(?=/)", address, link)).text().strip().splitlines()[1:]
        assert len(rows) == len(slugs), link


def test_a_page_that_came_narrowed_is_widened_without_a_reload_and_back_comes_to_what_was_chosen(
    address: str, page: Page
) -> None:
    page.goto(f"{address}/?state=suspended")
    page.evaluate("window.sameDocument = true")
    suspended = shown(page)
    page.locator("form.filters [name=state]").select_option("resumed")
    expect(page.locator("form.filters [role=status]")).to_have_text(re.compile(r"^\d+ of \d+ shown$"))
    expect(page.locator("tr.one:visible .cell-state .state-suspended")).to_have_count(0)
    expect(page.locator("tr.one:visible .cell-state .state-resumed").first).to_be_visible()
    assert page.evaluate("window.sameDocument")
    resumed = shown(page)
    assert not {*resumed} & {*suspended}
    page.locator("tr.one:visible th a").first.click()
    page.wait_for_url("**/channels/**")
    page.go_back()
    assert page.url.endswith("?state=resumed")
    assert shown(page) == resumed
    page.get_by_role("link", name="Show all", exact=True).click()
    expect(page.locator("tr.one:visible .cell-state .state-suspended").first).to_be_visible()
    assert page.url == f"{address}/"
    assert page.evaluate("document.activeElement.name") == "q"


def test_the_cause_is_reached_by_the_keyboard_also_on_a_phone(address: str, page: Page) -> None:
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 844})
        page.goto(address)
        page.locator("tr.one th a").first.focus()
        page.keyboard.press("Tab")
        told = page.locator("tr.more .told").first
        expect(told).to_be_hidden()
        page.keyboard.press("Enter")
        expect(told).to_be_visible()
        expect(told).to_contain_text("中美国防部工作会晤")
        expect(told).to_contain_text("Last contact: 15–16 Dec 2025, in person, Washington: First round")
        expect(told.get_by_role("link", name="History and sources")).to_have_attribute("href", "/channels/dpct")
    late = page.locator("tr.one:has(.flag:text-is('overdue')) + tr .told").first
    assert "Overdue: due by" in late.text_content()


def test_it_prints_on_one_page_of_a4_in_ink_also_from_a_dark_screen(address: str, page: Page) -> None:
    page.emulate_media(color_scheme="dark")
    page.goto(address)
    printed = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1
    assert re.search(rb"/MediaBox\s*\[0 0 59[45][.\d]* 84[12][.\d]*\]", printed), "A4 upright"
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
    expect(page.locator(".cite .address").last).to_be_visible()
    for heading in ("State", "Since", "On whose word", "Last contact", "Next"):
        expect(page.locator("thead").first.get_by_text(heading, exact=True)).to_be_visible()
    for section in ("Changed lately", "Due", "Overdue", "Announced, not reported", "The two sides differ"):
        expect(page.locator(".rail").get_by_role("heading", name=section, exact=True)).to_be_visible()
    for unwanted in (".rail .since", "form.filters", "form.slider", ".cell-strip", "tr.more"):
        expect(page.locator(unwanted).first).to_be_hidden()
    page.goto(f"{address}/?language=zh")
    cells = page.locator("tr.one > td:visible:not(:has(.roomy))")
    over = "all => all.filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.innerText)"
    assert cells.count() > 100
    assert cells.evaluate_all(over) == [], "no date runs into the next column"
    page.emulate_media(media="screen")
    for width in (1440, 1920):
        page.set_viewport_size({"width": width, "height": 900})
        assert cells.evaluate_all(over) == [], width
