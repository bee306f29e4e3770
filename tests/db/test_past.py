"""What is overwritten where it stands, as it stood: kept when it differs, and never changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from db.past import What
from db.store import open_store
from tests.engines import REFUSED
from tests.feeds.test_poll import feed_at
from tests.make import CHANNEL, US_CHINA
from tests.reliability.old_schemas import STEPS, make_old_database

pytestmark = pytest.mark.both_engines

AT = datetime(2024, 2, 1, 12, tzinfo=UTC)
LATER = AT + timedelta(days=1)


@pytest.fixture
def store(new_database):
    store = open_store(new_database(), create=True)
    store.migrate()
    yield store
    store.close()


def test_what_stands_is_kept_when_it_differs_and_told_of_any_instant(store):
    with store.writing() as db:
        for at, number in ((AT, 1), (LATER, 1), (LATER, 2)):
            db.past.keep(What.MEASURED, "cases", {"number": number, "名": "值"}, at=at)
        db.past.keep(What.MEASURED, "live x", {"number": 9}, at=LATER)
    with store.reading() as db:
        kept = db.past.of(What.MEASURED, "cases")
        told = [db.past.at(What.MEASURED, at) for at in (AT - timedelta(days=1), AT, LATER)]
    assert [(one.since, one.told["number"]) for one in kept] == [(AT, 1), (LATER, 2)]
    assert [kept["cases"].told["number"] for kept in told] == [1, 1, 2]
    assert [kept["cases"].since for kept in told] == [AT, AT, LATER]
    assert told[0]["live x"].since == LATER, "the first that was kept, which says that it came later"
    assert told[0]["cases"].told["名"] == "值"


def test_of_a_feed_that_is_wrong_at_each_poll_it_is_kept_when_that_began(store):
    told = [
        {"shown": 9, "undated": 0, "flaw": None},
        *({"shown": 9, "undated": 0, "flaw": f"It is not well-formed XML (line {line})."} for line in (3, 4, 9)),
        *({"shown": shown, "undated": shown, "flaw": None} for shown in (9, 8)),
        {"shown": 8, "undated": 2, "flaw": None},
        {"shown": 7, "undated": 1, "flaw": None},
        {"shown": 7, "undated": 0, "flaw": None},
    ]
    with store.writing() as db:
        db.record.define([US_CHINA], [CHANNEL], at=AT)
        db.feeds.sync([feed_at("https://news.example/feed")], now=AT)
        before = len(db.past.of(What.FEED, "sample"))
        for hour, answer in enumerate(told):
            db.feeds.record_answer("sample", **answer)
            db.past.keep_feed("sample", at=AT + timedelta(hours=hour))
        kept = db.past.of(What.FEED, "sample")[before:]
    assert [(one.told["flaw"] or "", one.told["undated"]) for one in kept] == [
        ("It is not well-formed XML (line 3).", 0),
        ("", 9),
        ("", 2),
        ("", 0),
    ]


@pytest.mark.parametrize("attempt", ["UPDATE past SET told = '{}'", "DELETE FROM past"])
def test_it_is_never_changed(store, attempt: str):
    with store.writing() as db:
        db.past.keep(What.MEASURED, "cases", {"number": 1}, at=AT)
    with pytest.raises(REFUSED), store.writing() as db:
        db.past._db.execute(attempt)


def test_a_database_that_is_brought_up_to_date_keeps_how_all_stands(tmp_path):
    file = make_old_database(tmp_path / "old.db", STEPS.index("m0031_past"))
    store = open_store(f"sqlite:///{file}")
    before = datetime.now(UTC)
    store.migrate()
    with store.reading() as db:
        channels, feeds = db.record.channels(), db.feeds.all()
        kept = {what: db.past.at(what, before) for what in (What.CHANNEL, What.FEED)}
    store.close()
    assert kept[What.CHANNEL].keys() == {channel.slug for channel in channels} != set()
    assert kept[What.FEED].keys() == {feed.slug for feed in feeds} != set()
    assert all(one.since >= before for found in kept.values() for one in found.values())
    feed = feeds[0]
    assert kept[What.FEED][feed.slug].told["publisher"] == feed.publisher
