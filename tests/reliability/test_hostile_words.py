"""Hostile words from feeds, documents and reviewers, in every page and output, in a real browser: nothing runs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from playwright.sync_api import Browser, Page

from tests.conftest import THEN, Shipped
from tests.feeds.test_poll import feed_at
from tests.make import release, sighting
from tests.site import running_site
from tests.test_review import arrive
from tests.web.conftest import serving
from tests.web.test_every_page import PUBLIC, REFUSED, SIGNED_IN
from tracker.model import Evidence, Outcome, PartialDate, State
from tracker.polling.poll import poll_feed
from tracker.record.rows import LONGEST_NAME
from tracker.reviewing.review import Choice, accept
from tracker.service import Service, utc_now
from tracker.web.app import HEADERS

RUN = "window.top.ran = 1; alert(1)"
WORDS = (
    f"<script>{RUN}</script><img src=x onerror='{RUN}'><svg onload='{RUN}'></svg>"
    f"</title></textarea></style></script><script>{RUN}</script>"
    f"\"'><iframe srcdoc='<script>{RUN}</script>'></iframe><a href='javascript:{RUN}'>Talks</a>"
    "<base href='https://evil.example/'><meta http-equiv='refresh' content='0;url=https://evil.example/'>"
    "<form action='https://evil.example/'><link rel=stylesheet href='https://evil.example/x.css'>"
    "{{7*7}}${7*7}<%=7*7%> =cmd|'/c calc'!A0 ]]>--><!--"
)
LINKS = (
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    " \tjava\nscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "//evil.example/x",
    "https://evil.example/\"onmouseover='alert(1)",
)
OUTPUTS = (
    "/changes.atom", "/changes.json", "/channels/dpct/changes.atom", "/channels/dpct/changes.json", "/timeline.svg",
    "/badge/dpct.svg", "/embed/dpct", "/api/v1/changes", "/api/v1/search?q=script", "/api/v1/channels/dpct",
    "/api/v1/feeds", "/healthz", "/readyz", "/metrics",
)  # fmt: skip
DOWNLOADS = ("/changes.csv", "/contacts.csv", "/channels.csv", "/contacts.ics", "/channels/dpct/contacts.ics")
ASKED = (
    "/search?q=%3Cscript%3Ealert(1)%3C/script%3E",
    "/channels/%3Cscript%3Ealert(1)%3C%2Fscript%3E",
    "/login?next=javascript:alert(1)",
)

WATCH = """
window.ran = 0; window.refused = [];
document.addEventListener("securitypolicyviolation", event => window.refused.push(event.blockedURI));
"""


@dataclass
class Hostile:
    """A served record full of hostile words; `paths` are all pages by who may see them."""

    service: Service
    address: str
    public: list[str]
    reviewer: list[str]
    link: str


@pytest.fixture(scope="module")
def hostile(shipped: Shipped, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hostile]:
    service = shipped.over(tmp_path_factory.mktemp("hostile"), utc_now, THEN)
    pages, now = [], service.clock()
    for number, link in enumerate(LINKS):
        told = release(
            title=f"{number} {WORDS}", summary=f"{number} {WORDS}", publisher=WORDS, url=link,
            side=("us", "cn")[number % 2], published=date(2024, 1, 9 + number),
        )  # fmt: skip
        words = Evidence("title", 2, 10, told.title[2:10], "signal")
        day = date(2024, 1, 8 + number)
        told_of = sighting(date=PartialDate(day.isoformat()), starts=day, evidence=(words,), persons=(WORDS[:80],))
        (candidate,) = arrive(service, told, replace(told_of, channel=("dpct", "mmca")[number % 2]))
        pages.append(f"/review/{candidate.id}")
        if number < 2:
            held = {"outcome": Outcome.HELD, "date": PartialDate(day.isoformat())}
            named = {"place": WORDS[:LONGEST_NAME], "form": WORDS[:LONGEST_NAME]}
            choice = Choice(State.RESUMED, held["date"], **held, cause=WORDS, note=WORDS, **named)
            accept(service.store, candidate.id, candidate.version, by="ana", at=now, choice=choice)
    with running_site() as site:
        items = "".join(
            f"<item><guid>{number}&lt;script></guid><title><![CDATA[{WORDS.replace(']]>', '')}]]></title>"
            f"<link><![CDATA[{link}]]></link><author><![CDATA[{RUN}<script>]]></author></item>"
            for number, link in enumerate(LINKS)
        )
        head = "<title>&lt;script>alert(1)&lt;/script></title><link>javascript:alert(1)</link>"
        site.serve("/feed", body=f'<rss version="2.0"><channel>{head}{items}</channel></rss>'.encode())
        site.serve("/bad", 500, WORDS.encode(), Content_Type="text/html")
        for path in ("/feed", "/bad"):
            feed = feed_at(site.url(path), slug=service.feeds[0].slug)
            poll_feed(service.store, feed, service.detectors["us-china"], service.clock)
    with service.store.reading() as db:
        _, contacts = db.record.entries_of("dpct")
        newest = max(contacts, key=lambda contact: contact.id)
    with service.store.writing() as db:
        db.accounts.add_user("ana", "admin", None, at=now)
        link = db.accounts.make_sign_in_link("ana", expires_at=now.replace(year=now.year + 1))
    public = [path.format(contact=f"contact-{newest.id}") for paths in PUBLIC.values() for path in paths]
    signed_in = [path for paths in SIGNED_IN.values() for path in paths]
    with serving(service) as address:
        yield Hostile(service, address, [*public, *REFUSED, *ASKED], list(dict.fromkeys([*signed_in, *pages])), link)
    service.store.close()


def look(page: Page, address: str) -> list[str]:
    """What is wrong with a page, once it is opened, and with the headers that it came with."""
    headers = page.goto(address).headers
    fixed = {"X-Content-Type-Options": "nosniff"} if "/embed/" in address else HEADERS
    found = page.evaluate(
        """() => ({
            ran: window.ran, refused: window.refused,
            links: [...document.querySelectorAll("a[href], area[href]")]
                .map(link => new URL(link.getAttribute("href"), location).protocol)
                .filter(scheme => !["http:", "https:", "mailto:", "webcal:"].includes(scheme)),
            strays: document.querySelectorAll(
                "iframe, base, meta[http-equiv], [onerror], [onload], script:not([src])"
            ).length,
            forms: [...document.forms]
                .map(form => new URL(form.getAttribute("action") || "", location).origin)
                .filter(origin => origin !== location.origin).length,
        })"""
    )
    wrong = [f"{address}: {name} {value}" for name, value in found.items() if value]
    return wrong + [f"{address}: {name}" for name, value in fixed.items() if headers.get(name.lower()) != value]


def test_whatever_a_feed_a_document_or_a_reviewer_wrote_runs_nowhere(hostile: Hostile, browser: Browser, survived):
    context, wrong, strangers = browser.new_context(), [], []
    context.add_init_script(WATCH)
    page = context.new_page()
    page.on("dialog", lambda dialog: (wrong.append(f"a dialog on {page.url}"), dialog.dismiss()))
    page.on("request", lambda request: strangers.append(request.url) if hostile.address not in request.url else None)
    for path in (*hostile.public, *OUTPUTS):
        wrong += look(page, hostile.address + path)
    for path in DOWNLOADS:
        answer = context.request.get(hostile.address + path)
        assert (answer.ok, answer.headers["x-content-type-options"]) == (True, "nosniff")
        assert "html" not in answer.headers["content-type"]
    page.goto(f"{hostile.address}/login/{hostile.link}")
    page.get_by_role("button", name="Sign in").click()
    for path in (*hostile.reviewer, "/", "/channels/dpct"):
        wrong += look(page, hostile.address + path)
    shown = page.goto(hostile.address + hostile.reviewer[-1]).text()
    assert "&lt;script&gt;" in shown, "the words are shown as words"
    context.close()
    assert wrong == [], "\n".join(wrong)
    assert [url for url in strangers if not url.startswith("data:")] == []
    survived(
        "C5 pages and outputs full of hostile words, in a browser",
        len(hostile.public) + len(hostile.reviewer) + len(OUTPUTS) + 2,
    )


SHOWN_ELSEWHERE = {
    "/": "refused", "/channels/dpct": "refused", "/login": "refused", "/nowhere": "refused", "/metrics": "refused",
    "/badge/dpct.svg": "shown", "/timeline.svg": "shown", "/changes.csv": "shown", "/embed/dpct": "shown",
    "/static/icon.svg": "shown",
}  # fmt: skip
"""What pages of other sites may show without reading it: what is made for them."""


@contextmanager
def elsewhere(html: str) -> Iterator[str]:
    """Another site, with this page."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://localhost:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_browser_obeys_the_headers(hostile: Hostile, browser: Browser, survived):
    """No script but ours, no frame but the embedding, no reading across sites but what is public."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(hostile.address)
    with pytest.raises(Exception, match="Content Security Policy"):
        page.add_script_tag(content="window.ran = 1")
    with pytest.raises(Exception, match="Content Security Policy"):
        page.add_style_tag(content="body { color: red }")
    assert page.evaluate("fetch('https://evil.example/').then(() => 'sent', () => 'refused')") == "refused"
    frames = f"<iframe src='{hostile.address}/'></iframe><iframe src='{hostile.address}/embed/dpct'></iframe>"
    with elsewhere(frames) as address:
        page.goto(address)
        page.wait_for_load_state("networkidle")
        whole, embedded = page.frames[1:]
        assert whole.url.startswith("chrome-error:"), "the site stands in no frame"
        assert "Defense Policy" in embedded.content()
        read = "url => fetch(url, {credentials: 'include'}).then(answer => answer.text(), () => 'refused')"
        assert page.evaluate(read, f"{hostile.address}/review") == "refused"
        assert page.evaluate(read, f"{hostile.address}/") == "refused"
        public = "url => fetch(url).then(answer => answer.text(), () => 'refused')"
        assert '"slug"' in page.evaluate(public, f"{hostile.address}/api/v1/channels")
        blind = "url => fetch(url, {mode: 'no-cors'}).then(() => 'shown', () => 'refused')"
        shown = {path: page.evaluate(blind, hostile.address + path) for path in SHOWN_ELSEWHERE}
        assert shown == SHOWN_ELSEWHERE
        with context.expect_page() as opened:
            page.evaluate("url => { window.other = window.open(url); }", hostile.address)
        opened.value.wait_for_load_state()
        assert page.evaluate("window.other.closed"), "whoever opens the site holds nothing of it"
        assert opened.value.evaluate("window.opener") is None
        allows = "names => names.map(name => document.featurePolicy.allowsFeature(name))"
        granted = opened.value.evaluate(
            allows, ["geolocation", "camera", "publickey-credentials-get", "clipboard-write"]
        )
        assert granted == [False, False, True, True]
    context.close()
    survived("C6 ways that a browser refused: scripts, styles, frames, reading, showing and holding across sites", 9)
