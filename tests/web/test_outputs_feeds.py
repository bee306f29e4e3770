"""The feeds, as a reader's program takes them: feedparser for Atom, the standard's schema for JSON Feed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import feedparser
import pytest
from jsonschema_rs import Draft202012Validator

from db.record import Origin
from tests.conftest import EVERYTHING, Clock, Shipped
from tests.make import release, sighting
from tests.test_review import US, arrive, decide
from tests.web.api_client import Api, api_over
from tracker.model import Contact, PartialDate, StatusChange
from tracker.reviewing.review import undo
from tracker.service import Service
from tracker.web.app import create_app

PERSON = {"type": "object", "minProperties": 1, "properties": {"name": {"type": "string"}, "url": {"type": "string"}}}
INSTANT = {"type": "string", "format": "date-time", "pattern": "Z$"}
JSON_FEED = {
    # What https://www.jsonfeed.org/version/1.1/ asks for, and nothing that it does not know but extensions.
    "type": "object",
    "required": ["version", "title", "items"],
    "patternProperties": {"^_[a-z_]+$": {"type": "object", "required": ["about"]}},
    "additionalProperties": False,
    "properties": {
        "version": {"const": "https://jsonfeed.org/version/1.1"},
        "title": {"type": "string", "minLength": 1},
        "home_page_url": {"type": "string", "format": "uri"},
        "feed_url": {"type": "string", "format": "uri"},
        "next_url": {"type": "string", "format": "uri"},
        "language": {"type": "string"},
        "authors": {"type": "array", "items": PERSON},
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id"],
                "anyOf": [{"required": ["content_html"]}, {"required": ["content_text"]}],
                "patternProperties": {"^_[a-z_]+$": {"type": "object"}},
                "additionalProperties": False,
                "properties": {
                    "id": {"type": "string", "minLength": 1},
                    "url": {"type": "string", "format": "uri"},
                    "external_url": {"type": "string", "format": "uri"},
                    "title": {"type": "string"},
                    "summary": {"type": "string"},
                    "content_html": {"type": "string"},
                    "content_text": {"type": "string"},
                    "date_published": INSTANT,
                    "date_modified": INSTANT,
                    "tags": {"type": "array", "items": {"type": "string"}},
                },
            },
        },
    },
}


@pytest.fixture(scope="module")
def api(shipped: Shipped, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """The whole record, for tests that only read."""
    with api_over(shipped, tmp_path_factory.mktemp("feeds"), EVERYTHING) as api:
        yield api


def atom(client, address: str = "/changes.atom"):
    answer = client.get(address)
    assert (answer.status_code, answer.mimetype) == (200, "application/atom+xml"), answer.text
    parsed = feedparser.parse(answer.data)
    assert not parsed.bozo, parsed.get("bozo_exception")
    return parsed


def json_feed(client, address: str = "/changes.json"):
    answer = client.get(address)
    assert (answer.status_code, answer.mimetype) == (200, "application/feed+json"), answer.text
    feed = json.loads(answer.data)
    Draft202012Validator(JSON_FEED, validate_formats=True).validate(feed)
    return feed


def test_an_entry_says_what_happened_in_one_sentence_on_whose_word_and_when_we_knew(api: Api):
    found = {entry.id: entry for entry in atom(api.client, "/channels/dpct/changes.atom").entries}
    contacts = api.json("/channels/dpct")["contacts"]
    newest = found[f"tag:127.0.0.1,2026:contact-{contacts[0]['id']}"]
    assert newest.title == (
        "Defense Policy Coordination Talks (DPCT): contact held 8–9 Jan 2024, in person, Washington (Pentagon)"
    )
    content = newest.content[0].value
    assert "On the word of both sides" in content
    assert 'When we recorded it: <time datetime="2024-02-01T12:00:00Z">1 Feb 2024 12:00 UTC' in content
    assert newest.link == f"http://127.0.0.1:8000/channels/dpct#contact-{contacts[0]['id']}"
    cited = {link.href for link in newest.links if link.rel == "via"}
    assert cited == {source["url"] for source in contacts[0]["sources"]}
    assert {tag.term for tag in newest.tags} == {"military", "dpct", "contact", "held"}


def test_both_feeds_hold_every_change_and_contact_once_over_their_pages(api: Api):
    changes = {f"change-{c['id']}" for c in walk(api, "changes") if not c["derived"]}
    contacts = {f"contact-{c['id']}" for c in walk(api, "contacts")}
    for read, entries, following in ((atom, _atom_ids, _atom_next), (json_feed, _json_ids, _json_next)):
        kind = "atom" if read is atom else "json"
        walked, address = [], f"/changes.{kind}?limit=60"
        while address:
            page = read(api.client, address)
            walked += entries(page)
            address = following(page)
        assert len(walked) == len(set(walked))
        assert {number.removeprefix("tag:127.0.0.1,2026:") for number in walked} == changes | contacts


def walk(api: Api, kind: str) -> list[dict]:
    rows, cursor = [], ""
    while cursor is not None:
        page = api.json(f"/{kind}?limit=200&cursor={cursor}")
        rows, cursor = rows + page[kind], page["next"]
    return rows


def _atom_ids(feed):
    return [entry.id for entry in feed.entries]


def _atom_next(feed):
    return next((link.href for link in feed.feed.links if link.rel == "next"), None)


def _json_ids(feed):
    return [item["id"] for item in feed["items"]]


def _json_next(feed):
    return feed.get("next_url")


@pytest.mark.parametrize(
    ("address", "home"),
    [
        ("/changes.atom", "http://127.0.0.1:8000/changes"),
        ("/changes.atom?category=military", "http://127.0.0.1:8000/changes?category=military"),
        ("/channels/dpct/changes.atom", "http://127.0.0.1:8000/channels/dpct"),
    ],
)
def test_a_feed_names_itself_its_page_and_its_licence(api: Api, address: str, home: str):
    links = {link.rel: link.href for link in atom(api.client, address).feed.links}
    assert (links["self"], links["alternate"]) == (f"http://127.0.0.1:8000{address}", home)
    assert links["license"] == "https://creativecommons.org/licenses/by/4.0/"
    as_json = json_feed(api.client, address.replace(".atom", ".json"))
    assert (as_json["home_page_url"], as_json["_open_lines"]["licence"]) == (home, links["license"])


def test_feeds_have_ids_of_their_own_and_filters_narrow_them(api: Api):
    every = ["/changes.atom", "/changes.atom?category=military", "/channels/dpct/changes.atom"]
    feeds = [atom(api.client, address) for address in every]
    assert len({feed.feed.id for feed in feeds}) == 3
    military = {channel["slug"] for channel in api.json("/channels?category=military")["channels"]}
    assert {
        item["_open_lines"]["channel"]
        for item in json_feed(api.client, "/changes.json?category=military&limit=200")["items"]
    } <= military


def test_both_clocks_choose_what_is_told(api: Api):
    then = json_feed(api.client, "/channels/dpct/changes.json?as_of=2022-09-01")
    assert then["title"] == "Open Lines: Defense Policy Coordination Talks (DPCT), as of 1 Sep 2022"
    assert then["_open_lines"]["as_of"] == "2022-09-01"
    assert max(item["_open_lines"]["when"]["date"] for item in then["items"]) == "2022-08-05"
    assert atom(api.client, "/changes.atom?known_at=2023-01-01").entries == []


def test_a_month_stays_a_month(api: Api):
    items = json_feed(api.client, "/channels/mmca/changes.json?as_of=2019-01-01")["items"]
    (began,) = [item for item in items if item["_open_lines"]["when"]["date"] == "1998-01"]
    assert began["title"].endswith("active since Jan 1998")
    assert "known to the month only" in began["content_html"]
    assert "1 Jan 1998" not in began["content_html"]


def talks_of_january(service: Service) -> Contact:
    with service.store.reading() as db:
        return next(row for row in db.record.entries_of("dpct")[1] if row.date == PartialDate("2024-01-08"))


def test_a_correction_comes_again_under_its_id_and_says_what_it_said_before(seeded: Service, clock: Clock):
    client, wrong = create_app(seeded).test_client(), talks_of_january(seeded)
    before = {entry.id: entry for entry in atom(client, "/channels/dpct/changes.atom").entries}
    clock.advance(days=2)
    right = replace(wrong, end=None, place="Arlington", replaces=wrong.id)
    with seeded.store.writing() as db:
        db.record.add(right, Origin(clock(), "ana"))
        db.record.bump()
    feed = atom(client, "/channels/dpct/changes.atom")
    first = feed.entries[0]
    assert {entry.id for entry in feed.entries} == set(before)
    assert first.id == f"tag:127.0.0.1,2026:contact-{wrong.id}"
    assert first.title.startswith("Corrected: ")
    assert first.title.endswith("contact held 8 Jan 2024, in person, Arlington")
    assert "Before, it said: <del>contact held 8–9 Jan 2024" in first.content[0].value
    assert (first.published, first.updated) == ("2024-02-01T12:00:00Z", "2024-02-03T12:00:00Z")
    assert feed.feed.updated == first.updated
    (item,) = [item for item in json_feed(client)["items"] if item["id"] == first.id]
    assert item["_open_lines"]["corrected"]
    assert item["date_modified"] == "2024-02-03T12:00:00Z"
    assert "ana" not in json.dumps(item)
    # As we knew it the day before, nothing had been corrected.
    assert atom(client, "/channels/dpct/changes.atom?known_at=2024-02-02").entries[0].title in {
        entry.title for entry in before.values()
    }


def test_a_withdrawal_comes_again_under_its_id(seeded_2023: Service, clock: Clock):
    client = create_app(seeded_2023).test_client()
    (candidate,) = arrive(seeded_2023, US, sighting())
    decided = decide(seeded_2023, candidate)
    accepted = [entry for entry in atom(client, "/channels/dpct/changes.atom").entries if "Jan 2024" in entry.title]
    clock.advance(hours=1)
    undo(seeded_2023.store, decided.id, decided.version, by="ana", at=clock())
    again = {entry.id: entry for entry in atom(client, "/channels/dpct/changes.atom").entries}
    assert len(accepted) == 2
    for entry in accepted:
        gone = again[entry.id]
        assert gone.title == f"Withdrawn: {entry.title}"
        assert "The decision was undone." in gone.content[0].value
        assert (entry.updated, gone.updated) == ("2024-02-01T12:00:01Z", "2024-02-01T13:00:01Z")
        assert any(link.rel == "via" for link in gone.links), "what it rested on is still said"


HOSTILE = "<script>alert(1)</script>]]>&\x0b\x00\ufffe\"' =1+1 中文"


def test_hostile_words_stay_words(seeded_2023: Service):
    client = create_app(seeded_2023).test_client()
    bad = release(title=HOSTILE, summary=HOSTILE, publisher=HOSTILE, url="javascript:alert(3)")
    (candidate,) = arrive(seeded_2023, bad, sighting())
    decide(seeded_2023, candidate)
    for entry in atom(client, "/channels/dpct/changes.atom").entries:
        assert "<script" not in entry.content[0].value
        assert not any(link.href.startswith("javascript:") for link in entry.links)
    raw = client.get("/channels/dpct/changes.atom").data
    assert "中文" in raw.decode()
    for item in json_feed(client)["items"]:
        assert "<script" not in item["content_html"]
        assert not item.get("external_url", "https:").startswith("javascript:")


def test_a_feed_keeps_its_bytes_while_nothing_changes_though_sources_are_polled(seeded: Service, clock: Clock):
    client = create_app(seeded).test_client()
    addresses = ("/changes.atom", "/changes.json", "/contacts.ics", "/channels/dpct/changes.atom")
    first = {address: client.get(address).headers["ETag"] for address in addresses}
    clock.advance(hours=3)
    with seeded.store.writing() as db:
        db.record.bump("polls")
    for address, etag in first.items():
        assert client.get(address, headers={"If-None-Match": etag}).status_code == 304


def test_pages_lead_to_the_feeds(api: Api):
    page = api.client.get("/channels/dpct").text
    for address in ("/changes.atom", "/changes.json", "/channels/dpct/changes.atom", "/channels/dpct/changes.json"):
        assert f'href="{address}"' in page.partition("</head>")[0]
    assert 'href="webcal://127.0.0.1:8000/channels/dpct/contacts.ics"' in page
    assert 'id="contact-' in page, "the address of a statement leads to its row"
    listed = api.client.get("/changes?category=military&state=suspended&as_of=2022-09-01").text
    assert 'href="/changes.csv?as_of=2022-09-01&amp;state=suspended&amp;category=military"' in listed
    assert 'href="/changes.atom?category=military"' in listed


def test_every_address_of_an_entry_is_an_anchor_of_its_page(api: Api):
    for line in ("dpct", "mmca", "leaders"):
        page = api.client.get(f"/channels/{line}").text
        for item in json_feed(api.client, f"/channels/{line}/changes.json?limit=200")["items"]:
            assert f'id="{item["url"].partition("#")[2]}"' in page


def test_the_heads_of_days_that_are_over_stand_in_the_feed_of_all_changes(seeded: Service, clock: Clock):
    client = create_app(seeded).test_client()
    assert not heads(client, "/changes.json"), "the day is not over"
    clock.advance(days=1)
    (head,) = heads(client, "/changes.json")
    kept = client.get("/api/v1/checkpoints").get_json()["checkpoints"]
    assert [(head["day"], head["seq"], head["hash"])] == [(one["day"], one["seq"], one["hash"]) for one in kept]
    told = feedparser.parse(client.get("/changes.atom").data)
    assert head["hash"] in next(entry.summary for entry in told.entries if "checkpoint" in entry.id)
    assert not heads(client, "/changes.json?category=military")


def test_a_feed_of_the_past_has_the_heads_of_the_days_that_were_over_then(seeded: Service, clock: Clock):
    client = create_app(seeded).test_client()
    clock.advance(days=1)
    known_at, shown = clock().isoformat(timespec="seconds").replace("+00:00", "Z"), heads(client, "/changes.json")
    with seeded.store.writing() as db:
        db.record.withdraw(StatusChange, 1, at=clock(), by="ana", reason="No.")
        db.record.bump()
    clock.advance(days=1)
    assert len(heads(client, "/changes.json")) == 2
    assert heads(client, f"/changes.json?known_at={known_at}") == shown
    assert heads(client, f"/changes.json?known_at={known_at[:10]}") == shown, "the day is not over while it is the last"
    assert not heads(client, f"/changes.json?known_at={shown[0]['day']}")


def heads(client, path: str) -> list[dict]:
    items = json_feed(client, path)["items"]
    return [item["_open_lines"] for item in items if item["_open_lines"]["kind"] == "checkpoint"]
