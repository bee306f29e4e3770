"""The pages of sources: what everybody sees, what an admin does there, and an address tried as a new one."""

from __future__ import annotations

import re
import shutil
from concurrent.futures import wait
from dataclasses import replace
from datetime import date, timedelta
from html import unescape
from pathlib import Path

import pytest
import yaml
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, expect

from config.errors import ConfigError
from config.load import load_relationships
from db.feeds import Gap, PollRow
from tests.conftest import ROOT, Clock
from tests.feeds.layouts import mfa
from tests.feeds.test_poll import TALKS, feed_at, rss
from tests.make import release
from tests.site import Handler, Site
from tests.test_cli import feed_entry
from tests.test_sampler import REPORTED, Traffic
from tests.web.api_client import Api, assert_problem
from tests.web.conftest import serving
from tests.web.test_pages import signed_in, words_of
from tracker.feeds.failure import Kind
from tracker.scheduler import Polling
from tracker.service import Service
from tracker.web.app import create_app
from tracker.web.auth import COOKIE
from tracker.web.sources import feeds, new_source

WALL = "The server answered 403 Forbidden. It may turn away unknown clients."


def anybody(service: Service) -> FlaskClient:
    return create_app(service).test_client()


def admin_at(service: Service, address: str) -> list[dict[str, str]]:
    """The cookie of an admin, as a browser takes it."""
    now = service.clock()
    with service.store.writing() as db:
        db.accounts.add_user("adm", "admin", None, at=now)
        secret = db.accounts.start_session("adm", now=now, expires_at=now + timedelta(days=1))
    return [{"name": COOKIE, "value": secret, "url": address}]


def read(service: Service, slug: str, **over) -> None:
    """A good poll of a feed, just now."""
    now = service.clock()
    with service.store.writing() as db:
        row = PollRow(slug, now, now + timedelta(seconds=1), "read", status=200, items=10, overlap=10)
        db.feeds.add_poll(replace(row, **over))
        db.feeds.record_read(
            slug, now=now, next_poll=now + timedelta(minutes=30), etag=None, last_modified=None, moved_to=None,
            anything_new=bool(over.get("fresh")),
        )  # fmt: skip
        db.record.bump("polls")


def fail(service: Service, slug: str) -> None:
    now = service.clock()
    with service.store.writing() as db:
        db.feeds.add_poll(PollRow(slug, now, now + timedelta(seconds=3), "failed", WALL, 403, fault_kind=Kind.BOT_WALL))
        db.feeds.record_fault(slug, next_poll=now + timedelta(hours=1), kind=Kind.BOT_WALL, fault=WALL)
        db.record.bump("polls")


def over(service: Service, *configured) -> Service:
    """The service with these feeds alone."""
    made = replace(service, feeds=tuple(configured))
    made.prepare()
    return made


# --- All of them


def test_what_needs_somebody_stands_on_top_with_its_cause_and_remedy(seeded: Service, clock: Clock):
    quiet, paused, well = [feed for feed in seeded.feeds if feed.enabled and feed.side == "cn"][:3]
    for feed in (quiet, paused, well):
        read(seeded, feed.slug, fresh=1)
    with seeded.store.writing() as db:
        db.feeds.record_rhythm(quiet.slug, newest=date(2024, 1, 1), rhythm=timedelta(days=2))
        db.feeds.pause(paused.slug, now=clock(), by="ana", because="Its <server> moves.")
        db.record.bump("polls")
    page = anybody(seeded).get("/feeds").text
    top, _, tables = page.partition("<table")
    assert "2 sources to look at" in top
    assert "brought nothing new since 2024-01-01 (30 days); usually something comes every 2 days" in top
    assert "Look at the publisher" in top
    assert "Paused by ana on 2024-02-01 12:00 UTC: Its &lt;server&gt; moves." in top
    assert top.index(f'href="/feeds/{quiet.slug}"') < top.index(f'href="/feeds/{paused.slug}"')
    assert f'href="/feeds/{well.slug}"' not in top
    row = words_of(re.search(rf'<tr id="feed-{quiet.slug}">.*?</tr>', tables, re.DOTALL)[0])
    assert "△ worth a look" in row
    assert "usually every 2 days" in row


def test_a_party_of_which_no_source_is_polled_is_said_to_be_unheard(seeded: Service):
    page = words_of(anybody(over(seeded, feed_at("https://us.example/feed"))).get("/feeds").text)
    assert "No source of this side is polled. Its silence says nothing." in page


def test_hundreds_of_sources_come_page_by_page_each_once(seeded: Service):
    sides = ("us", "cn", "third-party")
    service = over(
        seeded,
        *(
            feed_at(f"https://n{n}.example/", slug=f"source-{n}", side=sides[n % 3], enabled=n % 7 != 0)
            for n in range(2 * feeds.PAGE + 20)
        ),
    )
    for n in range(1, 50, 7):
        fail(service, f"source-{n}")
    for n in range(2, 100, 7):
        fail(service, f"source-{n}")
    client = anybody(service)
    page = client.get("/feeds").text
    assert page.partition("<table")[0].count('class="who-fares"') == feeds.ON_TOP
    assert "21 cannot be read" in words_of(page)
    found, following = [], "/feeds"
    while following:
        page = client.get(following).text
        here = re.findall(r'id="feed-([^"]+)"', page)
        assert 0 < len(here) <= feeds.PAGE
        found += [slug for slug in here if slug.startswith("source-")]
        further = re.search(r'class="further"><a href="([^"]+)"', page)
        following = further[1].replace("&amp;", "&") if further else None
    assert len(found) == len(set(found)) == 2 * feeds.PAGE + 20


def test_sources_are_narrowed_by_side_and_by_how_they_fare(seeded: Service):
    service = over(seeded, *(feed_at(f"https://{s}.example/", slug=f"of-{s}", side=s) for s in ("us", "cn")))
    fail(service, "of-us")
    read(service, "of-cn")
    client = anybody(service)
    shown = {query: re.findall(r'id="feed-(of-[^"]+)"', client.get(f"/feeds?{query}").text) for query in (
        "fares=failing", "fares=read", "side=cn", "side=us&fares=read",
    )}  # fmt: skip
    assert shown == {
        "fares=failing": ["of-us"], "fares=read": ["of-cn"], "side=cn": ["of-cn"], "side=us&fares=read": [],
    }  # fmt: skip
    assert WALL in words_of(client.get("/feeds?fares=failing").text)
    for query, said in (
        ("fares=well", "What can: failing, "),
        ("side=fr", "What can: us, cn, third-party."),
        ("after=x", "none"),
    ):
        refused = client.get(f"/feeds?{query}")
        assert (refused.status_code, said in words_of(refused.text)) == (400, True)


def test_a_side_may_be_asked_for_at_a_time_before_any_source_was_read(seeded: Service):
    answer = anybody(seeded).get("/feeds?side=cn&known_at=2019-01-01")
    assert (answer.status_code, 'id="feed-' in answer.text) == (200, False)


def english_on(page: str) -> list[str]:
    """The texts of the main part that have three English words in a row, those that are marked as English included."""
    main = re.sub(r"<(script|style|code|svg|textarea).*?</\1>", "", page.partition("<main")[2], flags=re.DOTALL)
    return [text for text in re.findall(r">([^<>]+)<", main) if re.search(r"[a-z]{2,} [a-z]{2,} [a-z]{2,}", text)]


def test_chinese_pages_tell_in_chinese_what_is_wrong_with_sources(seeded: Service, clock: Clock):
    service = over(
        seeded,
        *(
            feed_at(f"https://n{n}.example/", slug=f"of-{n}", side="cn", publisher="外交部", lang="zh")
            for n in range(7)
        ),
    )
    now = clock()
    fault = (
        "The name n0.example could not be resolved: it has no address. "
        "Check its spelling and this machine's name servers."
    )
    flaw = "The document is not well-formed XML (line 3: junk); what could be made out was read."
    with service.store.writing() as db:
        db.feeds.add_poll(PollRow("of-0", now, now, "failed", fault, fault_kind=Kind.DNS))
        db.feeds.record_fault("of-0", next_poll=now, kind=Kind.DNS, fault=fault)
        db.feeds.pause("of-1", now=now, by="ana", because=None)
        db.feeds.record_gap("of-3", Gap(now - timedelta(days=2), now, bridged=False))
        db.feeds.record_gap("of-4", Gap(now - timedelta(days=2), now, bridged=True))
    for n in range(2, 7):
        read(service, f"of-{n}")
    with service.store.writing() as db:
        day = timedelta(days=1)
        db.feeds.record_rhythm("of-2", newest=date(2024, 1, 1), rhythm=day, longest_break=9 * day)
        db.feeds.record_answer("of-5", shown=0, undated=0, flaw=None)
        db.feeds.record_answer("of-6", shown=3, undated=3, flaw=flaw)
        db.record.bump("polls")
    clock.advance(days=2)
    client = anybody(service)
    paths = [f"/feeds/of-{n}" for n in range(7)] + [
        f"/feeds?fares={fares}" for fares in ("failing", "warning", "paused")
    ]
    paths += ["/feeds/nothing", "/feeds?side=fr", "/feeds?after=x"]
    found = {path: english_on(client.get(path, headers={"Accept-Language": "zh"}).text) for path in paths}
    assert {path: texts for path, texts in found.items() if texts} == {}
    assert "无法解析名称n0.example：没有地址。" in client.get("/feeds/of-0?language=zh").text
    fail(service, "of-2")
    assert f'<span lang="en">{WALL}</span>' in client.get("/feeds/of-2?language=zh").text


# --- One of them


def test_a_source_shows_its_polls_its_holes_and_its_releases(seeded: Service, clock: Clock):
    service = over(seeded, feed_at("https://us.example/feed", slug="us-feed"))
    read(service, "us-feed")
    for minutes in (30, 30):
        clock.advance(minutes=minutes)
        fail(service, "us-feed")
    clock.advance(hours=5)
    with service.store.writing() as db:
        arrived = release(title="Talks <held>", feed="us-feed", url="https://us.example/1", published=date(2024, 1, 31))
        db.releases.keep(arrived, guid="1", canonical_url=arrived.url, now=clock())
    read(service, "us-feed", fresh=1)
    client = anybody(service)
    page = words_of(client.get("/feeds/us-feed").text)
    assert "✓ read" in page
    assert page.count(f"✗ failed: {WALL} 403 – – 3.0 s") == 2
    assert "✓ read 200 10 1 1.0 s" in page
    assert "turned us away from 1 Feb 2024 12:00 UTC to 1 Feb 2024 18:00 UTC, 6 h" in page
    assert "31 Jan 2024 Talks <held> seen 1 Feb 2024 18:00 UTC" in page
    assert "New items came on 1 of the last 60 days" in page
    failed = words_of(client.get("/feeds/us-feed?polls=failed").text)
    assert (failed.count("✗ failed"), failed.count("✓ read 200")) == (2, 0)


def test_a_source_that_there_is_not_is_answered_by_the_nearest(seeded: Service):
    answer = anybody(seeded).get("/feeds/war-release")
    assert (answer.status_code, 'Did you mean "war-releases"?' in words_of(answer.text)) == (404, True)


def test_how_one_source_fares_is_an_answer_of_the_api_too(seeded: Service):
    fail(seeded, "war-releases")
    api = Api(seeded)
    one = api.json("/feeds/war-releases")
    assert one in api.json("/feeds")["feeds"]
    assert (one["health"], one["fault"]) == ("failing", WALL)
    assert_problem(api.get("/feeds/war-release"), 404, says='Did you mean "war-releases"?')
    assert 'href="/api/v1/feeds/war-releases"' in api.client.get("/feeds/war-releases").text


def test_a_reviewer_sees_which_releases_are_in_the_queue_and_cannot_tell_drawn_ones(
    seeded_2023: Service, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(feeds, "MOST_RELEASES", 200)
    traffic = Traffic(seeded_2023)
    traffic.a_week()
    traffic.come(1, words=TALKS, said=REPORTED)
    traffic.come(199)
    traffic.sample()
    with traffic.service.store.reading() as db:
        shown = [one.release.id for one in db.releases.newest("us-feed", most=200)]
    waiting = {c.id for c in traffic.pending() if {seen.release.id for seen in c.sightings} & set(shown)}
    assert len(waiting) > 1, "one was flagged, others were drawn"
    page = signed_in(traffic.service).get("/feeds/us-feed").text
    lines = re.findall(r'<a href="/review/(\d+)">Candidate \1</a>: ([^<]*)<', page)
    assert {int(number) for number, _ in lines} == waiting
    assert {words.rpartition(", ")[2] for _, words in lines} == {"waiting"}
    assert "/review/" not in anybody(traffic.service).get("/feeds/us-feed").text


def test_what_only_an_admin_sees_is_kept_by_nobody_and_shown_to_nobody_else(seeded: Service):
    admin, reviewer = signed_in(seeded, "admin", "adm"), signed_in(seeded, name="ben")
    seen = admin.get("/feeds/mnd-news")
    assert seen.headers["Cache-Control"] == "private, no-store"
    assert "public addresses alone" in seen.text
    assert 'action="/feeds/mnd-news/pause"' in seen.text
    for other in (reviewer, anybody(seeded)):
        page = other.get("/feeds/mnd-news?done=asked").text
        assert 'action="/feeds/mnd-news' not in page
        assert "public addresses alone" not in page
        assert "It is due" not in page
        assert "Add a source" not in other.get("/feeds").text
    assert "private" not in anybody(seeded).get("/feeds/mnd-news").headers["Cache-Control"]


# --- What an admin does


@pytest.mark.parametrize(
    "path", ["/feeds/mnd-news/pause", "/feeds/mnd-news/resume", "/feeds/mnd-news/now", "/feeds/new"]
)
def test_only_an_admin_may_and_only_by_a_form_of_ours(seeded: Service, path: str):
    assert signed_in(seeded, name="ben").post(path).status_code == 403
    assert anybody(seeded).post(path).status_code in (400, 401)
    client = anybody(seeded)
    client.set_cookie(COOKIE, admin_at(seeded, "")[0]["value"])
    refused = client.post(path)
    assert (refused.status_code, "The form has expired" in refused.text) == (400, True)


def test_a_pause_says_who_since_when_and_why_to_everybody_and_ends_by_a_resume(seeded: Service, clock: Clock):
    admin, reader = signed_in(seeded, "admin"), anybody(seeded)
    read(seeded, "mnd-news")
    done = admin.post("/feeds/mnd-news/pause", data={"because": "  Its server\nmoves. "}, follow_redirects=True)
    assert "It is paused, and stays so over restarts" in words_of(done.text)
    assert "Paused by ana on 2024-02-01 12:00 UTC: Its server moves." in words_of(reader.get("/feeds/mnd-news").text)
    again = admin.post("/feeds/mnd-news/pause", data={"because": "Mine."})
    assert (again.status_code, "paused already, by ana" in words_of(again.text)) == (409, True)
    assert admin.post("/feeds/mnd-news/now").status_code == 409
    clock.advance(minutes=1)
    done = admin.post("/feeds/mnd-news/resume", follow_redirects=True)
    assert "no scheduler runs now" in words_of(done.text)
    assert "Paused by" not in words_of(reader.get("/feeds/mnd-news").text)
    assert admin.post("/feeds/mnd-news/resume").status_code == 409
    long = admin.post("/feeds/mnd-news/pause", data={"because": "x" * 301})
    assert (long.status_code, "301 characters" in long.text) == (400, True)
    assert admin.post("/feeds/nothing/pause").status_code == 404


def test_a_poll_that_was_asked_for_is_done_at_the_next_tick_and_said(seeded: Service, clock: Clock, site: Site):
    feed = feed_at(site.serve("/feed", body=rss(TALKS)), slug="us-feed")
    service = over(seeded, feed)
    admin, polling = signed_in(service, "admin"), Polling(service)
    wait(polling.tick())
    clock.advance(minutes=1)
    wait(polling.tick())
    assert len(site.seen) == 1, "it is not due yet"
    asked = admin.post("/feeds/us-feed/now").headers["Location"]
    assert "the scheduler polls it at its next tick" in words_of(admin.get(asked).text)
    clock.advance(seconds=2)
    wait(polling.tick())
    assert len(site.seen) == 2
    told = words_of(admin.get(asked).text)
    assert "It was polled at 1 Feb 2024 12:01 UTC. ✓ read: 1 item, 0 new." in told
    polling.stop()


def test_a_poll_that_its_host_does_not_want_now_is_said_to_be_put_off(seeded: Service, clock: Clock, site: Site):
    feed = feed_at(site.serve("/feed", status=503, Retry_After="7200"), slug="us-feed")
    service = over(seeded, feed)
    admin, polling = signed_in(service, "admin"), Polling(service)
    wait(polling.tick())
    clock.advance(seconds=1)
    asked = admin.post("/feeds/us-feed/now").headers["Location"]
    wait(polling.tick())
    assert len(site.seen) == 1
    assert "asked to be left alone" in words_of(admin.get(asked).text)
    polling.stop()


# --- A new one


def entry_on(page: str) -> str:
    return unescape(re.search(r"<textarea[^>]*>([^<]*)</textarea>", page)[1])


def test_an_address_is_shown_as_it_would_be_read_with_an_entry_that_the_configuration_takes(
    seeded: Service, through: Site, tmp_path: Path
):
    url = "http://ministry.invalid/releases/feed"
    through.serve(url, body=rss(*[TALKS] * 12))
    admin = signed_in(seeded, "admin")
    page = admin.post("/feeds/new", data={"url": url, "side": "us", "every": "2h"})
    shown = words_of(page.text)
    assert (page.status_code, page.headers["Cache-Control"]) == (200, "private, no-store")
    assert f"{url} can be read: rss-2.0 “Sample”, 12 items." in shown
    assert shown.count("2024-01-10 English Talks With the PLA") == 10
    assert "no restart is needed" in shown
    entry = entry_on(page.text)
    assert yaml.safe_load(entry)[0] | {"slug": "ministry-releases", "every": "2h"} == yaml.safe_load(entry)[0]
    shutil.copytree(ROOT / "config", tmp_path / "config")
    file = tmp_path / "config" / "relationships" / "us-china" / "feeds.yaml"
    assert f"{Path(*file.parts[-4:])}" in shown
    file.write_text(file.read_text(encoding="utf-8") + "\n" + entry, encoding="utf-8")
    packs = load_relationships(tmp_path / "config")
    assert url in [feed.url for pack in packs for feed in pack.feeds]


def test_a_page_without_a_feed_is_shown_with_the_selectors_that_read_it(seeded: Service, through: Site):
    url = "http://ministry.invalid/news"
    through.serve(url, body=mfa().page.encode(), Content_Type="text/html; charset=utf-8")
    page = signed_in(seeded, "admin").post("/feeds/new", data={"url": url, "side": "cn"}).text
    assert "The address is a page, to be read by the selectors of its list." in words_of(page)
    (entry,) = yaml.safe_load(entry_on(page))
    assert (entry["kind"], entry["timezone"], sorted(entry["select"])) == (
        "listing", "Asia/Shanghai", ["item", "link", "title"],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"url": ""}, "The address is missing."),
        ({"url": "nonsense"}, "is not a web address"),
        ({"url": "http://ministry.invalid/", "side": "fr"}, "'fr' is no side."),
        ({"url": "http://ministry.invalid/", "slug": "new"}, "is the address of another page"),
        ({"url": "http://ministry.invalid/", "every": "3"}, "has no unit"),
        ({"url": "http://ministry.invalid/nothing"}, "404"),
    ],
)
def test_what_is_wrong_with_an_address_is_said_beside_what_was_typed(
    seeded: Service, through: Site, sent: dict[str, str], said: str
):
    through.serve("http://ministry.invalid/nothing", 404)
    answer = signed_in(seeded, "admin").post("/feeds/new", data=sent)
    assert (answer.status_code, said in words_of(answer.text)) == (400, True)
    assert f'value="{sent["url"]}"' in answer.text
    assert "aria-invalid" in answer.text or sent.get("side")


def test_an_address_inside_our_network_is_not_asked(seeded: Service, site: Site):
    for url in (site.url("/feed"), f"http://localhost:{site.port}/", "http://127.0.0.1/", "http://[::1]:8080/"):
        answer = signed_in(seeded, "admin", name=f"adm{len(url)}").post("/feeds/new", data={"url": url})
        assert answer.status_code == 400
        assert re.search("not on the public internet|public servers are not asked|resolved", words_of(answer.text))
    assert site.seen == []


def test_an_address_that_never_answers_holds_up_nobody(seeded: Service, through: Site, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(new_source, "PATIENCE", 0.3)
    url = "http://slow.invalid/feed"

    def drip(handler: Handler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while handler.pause(0.02):
            handler.wfile.write(b" ")

    through.routes[url] = drip
    answer = signed_in(seeded, "admin").post("/feeds/new", data={"url": url})
    assert answer.status_code == 400
    assert re.search(r"within 0\.\d+ seconds", words_of(answer.text))


def test_no_more_addresses_are_tried_at_a_time_than_pages_may_wait_for(seeded: Service, through: Site):
    for _ in range(new_source.AT_ONCE):
        assert new_source._turns.acquire(blocking=False)
    try:
        refused = signed_in(seeded, "admin").post("/feeds/new", data={"url": "http://ministry.invalid/"})
    finally:
        for _ in range(new_source.AT_ONCE):
            new_source._turns.release()
    assert (refused.status_code, "being tried already" in words_of(refused.text)) == (429, True)
    assert through.seen == []


def test_no_feed_can_be_called_as_the_page_that_adds_one(tmp_path: Path):
    shutil.copytree(ROOT / "config", tmp_path / "config")
    file = tmp_path / "config" / "relationships" / "us-china" / "feeds.yaml"
    file.write_text(feed_entry("new", "https://ministry.example/feed"), encoding="utf-8")
    with pytest.raises(
        ConfigError, match=r'feeds\.yaml, line 1, .*"new" is the address of another page; choose another'
    ):
        load_relationships(tmp_path / "config")


# --- In a browser


def test_an_admin_pauses_and_resumes_with_the_keyboard_alone_and_without_scripts(seeded: Service, browser: Browser):
    fail(seeded, "mnd-news")
    with serving(seeded) as address:
        context = browser.new_context(
            viewport={"width": 390, "height": 844}, color_scheme="dark", java_script_enabled=False
        )
        context.add_cookies(admin_at(seeded, address))
        page = context.new_page()
        page.goto(f"{address}/feeds")
        page.get_by_role("link", name="Ministry of National Defense of the PRC", exact=True).first.press("Enter")
        page.get_by_label("Why it is paused").focus()
        page.keyboard.type("Its server moves.")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_contain_text("It is paused")
        expect(page.locator("main")).to_contain_text("adm paused it on")
        page.get_by_role("button", name="Resume").press("Enter")
        expect(page.locator("main")).to_contain_text("Poll it now")
        context.close()


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), pytest.param(1440, "light", marks=pytest.mark.long)])
def test_no_page_of_sources_scrolls_sideways(seeded: Service, page: Page, width: int, scheme: str, clock: Clock):
    read(seeded, "mnd-news")
    for _ in range(3):
        clock.advance(hours=6)
        fail(seeded, "mnd-news")
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme=scheme)
    with serving(seeded) as address:
        page.context.add_cookies(admin_at(seeded, address))
        for path in ("/feeds", "/feeds?fares=failing", "/feeds/mnd-news", "/feeds/new"):
            page.goto(address + path)
            root = "document.documentElement"
            assert page.evaluate(f"{root}.scrollWidth <= {root}.clientWidth"), path
