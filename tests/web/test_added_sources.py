"""A source that an admin adds on the page: polled by every process, over restarts, changed, removed, and given out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from concurrent.futures import wait
from dataclasses import replace
from html import unescape

import pytest
import yaml
from playwright.sync_api import Browser, expect

from db.feeds import FeedHealth
from db.store import open_store
from tests.commands import run
from tests.conftest import Clock
from tests.engines import REFUSED
from tests.feeds.layouts import mfa
from tests.feeds.test_poll import TALKS, feed_at, rss
from tests.site import Site
from tests.web.conftest import serving
from tests.web.test_feeds_pages import admin_at, anybody, over
from tests.web.test_pages import signed_in, words_of
from tracker.errors import Conflict, Refused
from tracker.operating import tending
from tracker.scheduler import Polling
from tracker.service import Service

URL = "http://ministry.invalid/releases/feed"
ENTRY = {
    "slug": "ministry", "publisher": "A ministry", "side": "us", "lang": "en", "kind": "feed", "url": URL,
    "timezone": "America/New_York", "every": "2h",
}  # fmt: skip


def sent_by(page: str) -> dict[str, str]:
    """The values of the fields in the form of a page, as a browser sends them."""
    fields = dict(re.findall(r'<input name="([^"]+)" type="text" value="([^"]*)"', page))
    fields |= dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    fields |= dict.fromkeys(re.findall(r'type="checkbox" name="(\w+)" value="yes" checked', page), "yes")
    for name, options in re.findall(r'<select name="(\w+)">(.*?)</select>', page, re.DOTALL):
        fields[name] = next(iter(re.findall(r'value="([^"]*)" selected', options)), "")
    return {name: unescape(value) for name, value in fields.items()}


def polled(service: Service) -> None:
    """One tick of a scheduler of a process of its own, and what it set going."""
    polling = Polling(service)
    wait(polling.tick())
    polling.stop()


def again(service: Service) -> Service:
    """The same database in another process: opened anew, with nothing remembered."""
    return replace(service, store=open_store(service.settings.database_url))


def health(service: Service, slug: str) -> FeedHealth:
    with service.store.reading() as db:
        return db.feeds.get(slug)


def audited(service: Service) -> list[tuple[str, str, str]]:
    with service.store.reading() as db:
        return [(row.actor, row.what, row.subject) for row in db.audit.newest(kind="feed", most=9)]


def added(service: Service, entry: Mapping = ENTRY, by: str = "ana", **others) -> None:
    tending.add(service, {**entry, **others}, relationship="us-china", by=by)


@pytest.fixture
def alone(seeded: Service) -> Service:
    """A service without a configured feed: a tick polls what was added, and nothing else."""
    return over(seeded)


def test_what_a_preview_showed_is_added_and_polled_by_a_process_that_ran_before(
    alone: Service, clock: Clock, through: Site
):
    through.serve(URL, body=rss(*[TALKS] * 3))
    other = again(alone)
    ticking = Polling(other)
    wait(ticking.tick())
    admin = signed_in(alone, "admin")
    clock.advance(seconds=5)
    page = admin.post("/feeds/new", data={"url": URL, "side": "us", "every": "2h", "publisher": "A ministry"}).text
    assert "Add this source" in page
    asked = admin.post("/feeds/new/add", data=sent_by(page))
    assert (asked.status_code, asked.headers["Location"].partition("?")[0]) == (303, "/feeds/ministry-releases")
    told = words_of(admin.get(asked.headers["Location"]).text)
    assert "It is a source now. It is due: the scheduler polls it at its next tick" in told
    wait(ticking.tick())
    ticking.stop()
    assert "✓ read: 3 items, 3 new." in words_of(admin.get(asked.headers["Location"]).text)
    assert "added by ana on 1 Feb 2024 12:00 UTC" in words_of(anybody(alone).get("/feeds").text)
    assert "Addedby ana on 1 Feb 2024 12:00 UTC" in words_of(anybody(other).get("/feeds/ministry-releases").text)
    assert audited(alone) == [("ana", "feed-added", "ministry-releases")]
    other.store.close()


def test_a_restart_keeps_it_and_the_configuration_does_not_take_it_for_gone(alone: Service, through: Site):
    through.serve(URL, body=rss(TALKS))
    added(alone)
    begun = again(alone)
    begun.prepare()
    assert (health(begun, "ministry").enabled, begun.feeds_by_slug["ministry"].every) == (True, 7200)
    polled(begun)
    assert health(begun, "ministry").last_read
    begun.store.close()


def test_the_page_of_one_that_lists_releases_takes_selectors_and_tries_them(alone: Service, through: Site):
    url = "http://ministry.invalid/news"
    through.serve(url, body=mfa().page.encode(), Content_Type="text/html; charset=utf-8")
    admin = signed_in(alone, "admin")
    sent = sent_by(admin.post("/feeds/new", data={"url": url, "side": "cn"}).text)
    wrong = admin.post("/feeds/new", data=sent | {"select.item": "p.nowhere"})
    assert "p.nowhere" in words_of(wrong.text)
    assert sent_by(wrong.text)["select.item"] == "p.nowhere"
    unreadable = admin.post("/feeds/new/add", data=sent | {"select.link": "a["})
    assert (unreadable.status_code, "is not a CSS selector" in unreadable.text) == (400, True)
    assert admin.post("/feeds/new/add", data=sent).status_code == 303
    polled(alone)
    assert health(alone, sent["slug"]).shown


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"slug": "War Releases"}, "is not a short name"),
        ({"slug": "war-releases"}, "There is a source war-releases already."),
        ({"slug": "new"}, "is the address of another page"),
        ({"url": "that of war-releases"}, "a source already"),
        ({"side": "fr"}, "fr"),
        ({"lang": "fr"}, "is no language of this relationship"),
        ({"every": "3"}, "has no unit"),
        ({"publisher": " "}, "publisher is missing."),
        ({"kind": "stream"}, "kind"),
        ({"timezone": "Nowhere"}, "is not a time zone"),
    ],
)  # fmt: skip
def test_what_cannot_be_added_is_said_beside_what_was_typed(seeded: Service, wrong: dict[str, str], said: str):
    known = seeded.feeds_by_slug["war-releases"]
    wrong = {name: known.url if name == "url" else value for name, value in wrong.items()}
    sent = ENTRY | {"publisher": "Typed by hand"} | wrong
    answer = signed_in(seeded, "admin").post("/feeds/new/add", data=sent)
    assert answer.status_code in (400, 409)
    assert said in words_of(answer.text)
    kept = sent_by(answer.text)
    assert {name: kept[name] for name in ("slug", "every")} == {name: sent[name] for name in ("slug", "every")}
    with seeded.store.reading() as db:
        assert db.added.all() == []


@pytest.mark.parametrize("page", ["/feeds/new", "/feeds/new/add"])
def test_all_that_is_wrong_with_a_source_is_said_at_once_each_beside_its_field(seeded: Service, page: str):
    wrong = {"slug": "War Releases", "every": "3", "timezone": "Nowhere"}
    told = words_of(signed_in(seeded, "admin").post(page, data=ENTRY | wrong).text)
    for said in ("is not a short name", "has no unit", "is not a time zone"):
        assert told.count(said) == 2, "in the summary, and beside the field"


def test_what_is_foreign_to_the_relationship_is_said_at_once_too(seeded: Service):
    sent = ENTRY | {"side": "fr", "lang": "fr", "relationship": "us-china"}
    told = words_of(signed_in(seeded, "admin").post("/feeds/new/add", data=sent).text)
    for said in ("is no side of this relationship", "is no language of this relationship"):
        assert said in told


def test_a_page_reaches_no_private_network(alone: Service, site: Site):
    admin = signed_in(alone, "admin")
    sent = ENTRY | {"url": site.serve("/feed", body=rss(TALKS)), "allow_private": "yes", "enabled": "yes"}
    for url in (sent["url"], "http://127.0.0.1/feed"):
        refusal = admin.post("/feeds/new", data=sent | {"url": url})
        assert refusal.status_code == 400
        assert "feeds.yaml alone may name one on a private network or another port" in words_of(refusal.text)
        assert "allow" not in words_of(refusal.text)
    assert admin.post("/feeds/new/add", data=sent).status_code == 303
    polled(alone)
    assert health(alone, "ministry").fault_kind == "forbidden-address"
    assert site.seen == []
    with pytest.raises(Refused, match=r"allow_private can be set in feeds\.yaml alone"):
        added(alone, slug="other", url="http://other.invalid/", allow_private=True)


def test_an_entry_is_changed_on_its_page_and_polled_by_at_once(alone: Service, clock: Clock, through: Site):
    added(alone)
    moved = "http://ministry.invalid/moved"
    through.serve(moved, body=rss(TALKS))
    admin = signed_in(alone, "admin", name="adm")
    shown = sent_by(admin.get("/feeds/ministry/entry").text)
    assert {key: shown[key] for key in ("url", "every", "lang", "publisher")} == {
        key: ENTRY[key] for key in ("url", "every", "lang", "publisher")
    }
    refused = admin.post("/feeds/ministry/entry", data=shown | {"every": "often", "publisher": "Typed"})
    assert (refused.status_code, "is not a pace" in refused.text) == (400, True)
    assert sent_by(refused.text)["publisher"] == "Typed"
    clock.advance(minutes=1)
    done = admin.post(
        "/feeds/ministry/entry", data=shown | {"url": moved, "every": "1h", "side": "cn", "full_text": "yes"}
    )
    assert done.status_code == 303
    polled(alone)
    told = words_of(admin.get(done.headers["Location"]).text)
    assert "Its entry was changed." in told
    assert "✓ read" in told
    assert "changed by adm on 1 Feb 2024 12:01 UTC" in told
    feed = alone.feeds_by_slug["ministry"]
    assert (feed.url, feed.every, feed.side, feed.full_text) == (moved, 3600, "us", True)
    late = admin.post("/feeds/ministry/entry", data=shown | {"publisher": "Too late"})
    assert (late.status_code, "adm changed it on" in words_of(late.text)) == (409, True)
    assert audited(alone)[0] == ("adm", "feed-changed", "ministry")


def test_what_is_removed_is_polled_no_more_and_keeps_what_was_read(alone: Service, clock: Clock, through: Site):
    through.serve(URL, body=rss(TALKS))
    added(alone)
    polled(alone)
    admin = signed_in(alone, "admin", name="adm")
    done = admin.post("/feeds/ministry/entry/remove", data=sent_by(admin.get("/feeds/ministry/entry").text))
    page = words_of(admin.get(done.headers["Location"]).text)
    assert "It was removed." in page
    assert "Removed by adm on 2024-02-01." in page
    assert "Talks With the PLA" in page
    clock.advance(hours=5)
    asked = len(through.seen)
    polled(alone)
    assert len(through.seen) == asked
    assert "Removed by adm" in words_of(anybody(alone).get("/feeds").text)
    assert admin.get("/feeds/ministry/entry").status_code == 404
    assert audited(alone)[0] == ("adm", "feed-removed", "ministry")
    with pytest.raises(Conflict, match="was another source"):
        added(alone, url="http://elsewhere.invalid/")
    added(alone)
    polled(alone)
    assert (health(alone, "ministry").enabled, len(through.seen)) == (True, asked + 1)


def test_what_stands_in_the_file_goes_first_and_that_is_said(seeded: Service):
    added(seeded)
    filed = over(seeded, *seeded.feeds, replace(feed_at(URL, slug="ministry"), publisher="As the file says"))
    assert health(filed, "ministry").publisher == "As the file says"
    admin = signed_in(filed, "admin")
    for path in ("/feeds/ministry", "/feeds/ministry/entry"):
        assert "feeds.yaml has a source of this name too, which goes first" in words_of(admin.get(path).text)
    assert "added by" not in words_of(admin.get("/feeds").text)
    sent = sent_by(admin.get("/feeds/ministry/entry").text)
    assert admin.post("/feeds/ministry/entry", data=ENTRY | sent).status_code == 409
    assert admin.post("/feeds/ministry/entry/remove", data=sent).status_code == 303
    assert health(filed, "ministry").enabled
    assert admin.get("/feeds/war-releases/entry").status_code == 404


def test_an_address_that_the_file_names_otherwise_is_polled_by_the_file_alone(seeded: Service):
    added(seeded)
    filed = over(seeded, *seeded.feeds, feed_at(f"{URL}#top", slug="as-filed"))
    assert [feed.slug for feed in filed.feeds_by_slug.values() if feed.url.startswith(URL)] == ["as-filed"]
    assert (health(filed, "as-filed").enabled, health(filed, "ministry").enabled) == (True, False)
    why = "feeds.yaml names its address too, as as-filed, which goes first: remove what was added."
    assert health(filed, "ministry").reason == why
    assert why in words_of(signed_in(filed, "admin").get("/feeds/ministry").text)
    tending.remove(filed, "ministry", by="ana")
    assert health(filed, "ministry").reason.startswith("Removed by ana")
    assert health(filed, "as-filed").enabled


def test_an_entry_that_is_valid_no_more_stops_by_itself_and_nothing_else(seeded: Service):
    with seeded.store.writing() as db:
        db.added.add("us-china", ENTRY, by="ana", now=seeded.clock())
        db.added.add("gone", ENTRY | {"slug": "gone"}, by="ana", now=seeded.clock())
    seeded.prepare()
    assert "gone" not in seeded.feeds_by_slug
    assert health(seeded, "ministry").enabled


def test_the_deeds_stay_as_they_were_done(seeded: Service, raw):
    added(seeded)
    for attempt in ("UPDATE feed_entry SET entry = '{}'", "DELETE FROM feed_entry"):
        with pytest.raises(REFUSED, match="never changed or deleted"):
            raw(seeded.store).execute(attempt)


def test_only_an_admin_adds_changes_and_removes_and_only_by_a_form_of_ours(seeded: Service):
    added(seeded)
    reviewer, admin = signed_in(seeded, name="ben"), anybody(seeded)
    admin.set_cookie("openlines_session", admin_at(seeded, "")[0]["value"])
    for path in ("/feeds/new/add", "/feeds/ministry/entry", "/feeds/ministry/entry/remove"):
        assert reviewer.post(path, data=ENTRY).status_code == 403
        refused = admin.post(path, data=ENTRY)
        assert (refused.status_code, "The form has expired" in refused.text) == (400, True)
    assert "Change or remove" not in reviewer.get("/feeds/ministry").text


@pytest.mark.long
def test_commands_add_export_and_remove(seeded: Service, through: Site):
    env = {"OPENLINES_VAR": str(seeded.settings.var), "OPENLINES_DATABASE_URL": seeded.settings.database_url}

    def said(*arguments: str) -> tuple[int, str, str]:
        done = run(["feeds", *arguments], env=env)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    through.serve(URL, body=rss(TALKS))
    code, told, shown = said("add", URL, "--side", "us", "--slug", "ministry", "--every", "2h")
    assert (code, "ministry is a source now" in told, "can be read: rss-2.0" in shown) == (0, True, True)
    _, out, _ = said("export")
    assert out.startswith("# relationships/us-china/feeds.yaml\n")
    (entry,) = yaml.safe_load(out)
    assert (entry["slug"], entry["url"], entry["every"]) == ("ministry", URL, "2h")
    for command in ("add", "check"):
        assert "a source already, as ministry" in said(command, URL, "--side", "us")[2]
    refused = said("add", "https://ministry.example:9000/feed", "--side", "us")[2]
    assert "feeds.yaml alone may name one on a private network" in refused
    assert said("remove", "ministry")[0] == 0
    assert said("export") == (0, "", "No feed was added beside feeds.yaml.\n")


def test_an_admin_adds_with_the_keyboard_alone_and_without_scripts(seeded: Service, browser: Browser, through: Site):
    through.serve(URL, body=rss(TALKS))
    with serving(seeded) as address:
        context = browser.new_context(
            viewport={"width": 390, "height": 844}, color_scheme="dark", java_script_enabled=False
        )
        context.add_cookies(admin_at(seeded, address))
        page = context.new_page()
        page.goto(f"{address}/feeds/new?language=zh")
        page.locator("[name=url]").focus()
        page.keyboard.type(URL)
        page.keyboard.press("Enter")
        expect(page.locator("#found")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        page.locator("[formaction]").press("Enter")
        expect(page.get_by_role("status")).to_be_visible()
        assert page.url.startswith(f"{address}/feeds/ministry-releases?done=added")
        context.close()
