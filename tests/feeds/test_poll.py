"""One poll of one feed over real HTTP, and what it leaves behind."""

from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.site import Site
from tracker.feeds import hosts
from tracker.feeds.guard import Deadline
from tracker.feeds.hosts import PER_HOST
from tracker.model import Feed, Selectors
from tracker.polling.desk import poll_if_due
from tracker.polling.outcome import LONGEST_WAIT, OVERTAKEN, POSTPONED, next_poll
from tracker.polling.poll import CLAIM, poll_feed
from tracker.service import Service

TALKS = (
    "Talks With the PLA",
    "Deputy Assistant Secretary of Defense Michael Chase met with Maj. Gen. Song Yanchao at the Pentagon on "
    "Jan. 8-9 for the 17th Defense Policy Coordination Talks between the United States and China.",
)
HARBOR = ("Harbor Day", "The band will play on the pier on Saturday afternoon.")


def rss(*items: tuple[str, str], published: str = "Wed, 10 Jan 2024 09:00:00 -0500", prefix: str = "r") -> bytes:
    entries = "".join(
        f"<item><guid>{prefix}{number}</guid><title>{title}</title><description>{text}</description>"
        f"<link>https://news.example/{prefix}{number}</link><pubDate>{published}</pubDate></item>"
        for number, (title, text) in enumerate(items)
    )
    head = "<title>Sample</title><link>https://news.example/</link><description>Sample</description>"
    return f'<?xml version="1.0"?><rss version="2.0"><channel>{head}{entries}</channel></rss>'.encode()


def feed_at(url: str, **over) -> Feed:
    values = {
        "slug": "sample",
        "relationship": "us-china",
        "publisher": "Department",
        "side": "us",
        "lang": "en",
        "kind": "feed",
        "url": url,
        "every": 1800,
        "timezone": "America/New_York",
        "allow_private": True,
    }
    return Feed(**(values | over))


@pytest.fixture
def polled(seeded_2023: Service):
    """Polls a feed as if it were configured; answers the row and the service."""

    def poll(feed: Feed):
        with seeded_2023.store.writing() as db:
            db.feeds.sync([feed], now=seeded_2023.clock())
        row = poll_feed(seeded_2023.store, feed, seeded_2023.detectors["us-china"], seeded_2023.clock)
        seeded_2023.clock.advance(minutes=30)
        return row

    poll.service = seeded_2023
    return poll


def pending(service: Service):
    with service.store.reading() as db:
        return db.candidates.queue("pending", most=50)


def health(service: Service):
    with service.store.reading() as db:
        return db.feeds.get("sample")


def test_a_poll_brings_releases_and_candidates_and_leaves_a_row(polled, site: Site):
    feed = feed_at(site.serve("/feed", body=rss(TALKS, HARBOR)))
    row = polled(feed)
    assert (row.outcome, row.items, row.fresh, row.sightings) == ("read", 2, 2, 1)
    (candidate,) = pending(polled.service)
    assert (candidate.channel, candidate.signal, str(candidate.date)) == ("dpct", "held", "2024-01-09")
    (seen,) = candidate.sightings
    for words in seen.sighting.evidence:
        assert getattr(seen.release, words.field)[words.start : words.end] == words.text


def test_an_item_seen_twice_is_one_release(polled, site: Site):
    feed = feed_at(site.serve("/feed", body=rss(TALKS)))
    polled(feed)
    row = polled(feed)
    assert (row.fresh, row.revised, row.overlap, row.sightings) == (0, 0, 1, 0)
    assert len(pending(polled.service)) == 1


@pytest.mark.parametrize(
    "again",
    [
        rss((TALKS[0] + ", Corrected", TALKS[1])),
        rss((TALKS[0], TALKS[1])).replace(b"<guid>r0", b"<guid>other").replace(b"Talks With", b"Talks with"),
        rss(TALKS).replace(b"<guid>r0", b"<guid>x").replace(b"</link><pub", b"?utm_source=rss</link><pub").replace(
            b"17th", b"seventeenth"
        ),
        rss(TALKS).replace(b"<guid>r0", b"<guid>y").replace(b"https://news.example/r0", b"http://news.example/r0/")
        .replace(b"17th", b"seventeenth"),
    ],
    ids=["edited title", "new guid", "tracking parameters", "http and a slash"],
)  # fmt: skip
def test_an_edited_item_is_a_revision_of_the_same_release(polled, site: Site, again: bytes):
    feed = feed_at(site.serve("/feed", body=rss(TALKS)))
    polled(feed)
    site.serve("/feed", body=again)
    row = polled(feed)
    assert (row.fresh, row.revised) == (0, 1)
    with polled.service.store.reading() as db:
        ((_, kept),) = db.releases.stored(feed="sample")
    assert kept.revision == 2
    assert len(pending(polled.service)) == 1


def test_what_a_process_that_was_suspended_has_in_hand_is_dropped_when_another_polled_meanwhile(polled, site: Site):
    older, newer = rss(HARBOR), rss(("Harbor Day, Moved", HARBOR[1]), TALKS)
    feed = feed_at(site.serve("/feed", body=older))
    polled(feed)

    def suspended(handler) -> None:
        site.serve("/feed", body=newer)
        assert polled(feed).outcome == "read"
        handler.answer(body=older)

    site.routes["/feed"] = suspended
    assert polled(feed).outcome == OVERTAKEN
    with polled.service.store.reading() as db:
        kept = {release.title: was.revision for release, was in db.releases.stored(feed="sample")}
        assert [one.gone_since for one in db.releases.newest("sample", most=9)] == [None, None]
        assert len(db.polls.newest("sample", most=9)) == 2
    assert kept == {"Harbor Day, Moved": 2, TALKS[0]: 1}


def test_a_feed_that_changes_its_encoding_brings_nothing_anew(polled, site: Site):
    item = ("外交部发言人答记者问", "中美两军在华盛顿举行工作会晤，双方就共同关心的问题交换了意见。")
    feed = feed_at(site.url(), lang="zh")
    rows = []
    for encoding, named in (("utf-8", "utf-8"), ("gb18030", "gb2312"), ("gb18030", "utf-8"), ("utf-16", None)):
        body = rss(item).decode().replace('<?xml version="1.0"?>', "").encode(encoding)
        site.serve("/feed", body=body, Content_Type="text/xml" + (f"; charset={named}" if named else ""))
        rows.append(polled(feed))
    assert [(row.fresh, row.revised) for row in rows] == [(1, 0), (0, 0), (0, 0), (0, 0)]


def test_items_that_share_one_address_are_releases_of_their_own(polled, site: Site):
    body = rss(TALKS, HARBOR).replace(b"https://news.example/r1", b"https://news.example/r0")
    row = polled(feed_at(site.serve("/feed", body=body)))
    assert row.fresh == 2


def test_what_has_not_changed_is_not_sent_again(polled, site: Site):
    body = rss(TALKS)

    def conditional(handler):
        if handler.headers["If-None-Match"] == '"1"':
            handler.answer(304)
        else:
            handler.answer(200, body, ETag='"1"')

    site.routes["/feed"] = conditional
    feed = feed_at(site.url())
    polled(feed)
    rows = [polled(feed), polled(feed)]
    assert [row.outcome for row in rows] == ["unchanged", "unchanged"]
    assert [row.status for row in rows] == [304, 304]
    assert health(polled.service).last_read > health(polled.service).last_new


def test_a_failure_is_said_in_words_backs_off_and_a_success_resets_it(polled, site: Site):
    feed = feed_at(site.serve("/feed", status=500))
    waits = []
    for _ in range(8):
        row = polled(feed)
        assert row.outcome == "failed"
        assert "500" in row.fault
        waits.append(health(polled.service).next_poll - row.ended_at)
    assert health(polled.service).failures == 8
    assert waits[1] > waits[0] * 1.5
    assert max(waits) <= LONGEST_WAIT * 1.1
    site.serve("/feed", body=rss(TALKS))
    polled(feed)
    assert (health(polled.service).failures, health(polled.service).fault) == (0, None)


@pytest.mark.parametrize(
    ("status", "body", "headers", "words"),
    [
        (200, b"<!doctype html><html><body>Please sign in</body></html>", {"Content_Type": "text/html"}, "HTML"),
        (404, b"", {}, "404"),
        (200, b"", {}, "empty"),
        (200, b"x" * 6_000_000, {}, "5 MB"),
    ],
    ids=["a login page", "gone", "nothing", "too large"],
)
def test_each_way_to_fail_is_shown_on_the_feed(polled, site: Site, status, body, headers, words):
    row = polled(feed_at(site.serve("/feed", status=status, body=body, **headers)))
    assert row.outcome == "failed"
    assert words.lower() in row.fault.lower()
    assert health(polled.service).fault == row.fault


@pytest.mark.parametrize(
    ("path", "status"),
    [("/gone", 404), ("/login", 200), ("http://127.0.0.1:1/feed", None)],
    ids=["404", "HTML", "none"],
)
def test_a_failed_poll_keeps_the_status_of_its_answer(polled, site: Site, path: str, status: int | None):
    site.serve("/gone", 404)
    site.serve("/login", body=b"<!doctype html><html><body>Please sign in</body></html>", Content_Type="text/html")
    polled(feed_at(path if path.startswith("http") else site.url(path)))
    with polled.service.store.reading() as db:
        (row,) = db.polls.newest("sample", most=9)
    assert (row.outcome, row.status) == ("failed", status)


def test_the_server_says_when_to_come_back(polled, site: Site):
    row = polled(feed_at(site.serve("/feed", status=503, Retry_After="7200")))
    # The header counts from the real time of the answer and the test's clock stands years before: capped at a day.
    wait = health(polled.service).next_poll - row.ended_at
    assert wait == timedelta(hours=24)


def test_a_date_that_is_missing_or_in_the_future_is_the_day_on_which_the_item_was_seen(polled, site: Site):
    for published in ("", "Fri, 01 Jan 2100 00:00:00 GMT", "Thu, 01 Jan 1970 00:00:00 GMT"):
        site.serve("/feed", body=rss(HARBOR, published=published, prefix=published[:3] or "none"))
        polled(feed_at(site.url()))
    with polled.service.store.reading() as db:
        assert {str(release.published) for release, _ in db.releases.stored()} == {"2024-02-01"}


def test_the_wait_is_spread_grows_with_failures_and_never_ends(clock):
    feed = feed_at("https://news.example/feed")
    now = clock()
    every = timedelta(seconds=feed.every)
    waits = [next_poll(feed, now, failures=failures) - now for failures in range(60)]
    assert all(every * 0.94 <= waits[n] <= every * 1.06 for n in (0, 1))
    assert waits[2] > waits[1] * 1.8
    assert max(waits) <= LONGEST_WAIT * 1.06
    others = {next_poll(replace(feed, slug=f"f{n}"), now) for n in range(20)}
    assert len(others) == 20


def liar(site: Site, *bodies: bytes):
    """A server that answers 304 whenever it may, whatever became of the feed."""

    def answer(handler) -> None:
        if "If-None-Match" in handler.headers:
            handler.answer(304)
        else:
            handler.answer(200, bodies[min(len(asked_in_full(site)), len(bodies)) - 1], ETag='"1"')

    site.routes["/feed"] = answer
    return feed_at(site.url())


def asked_in_full(site: Site) -> list[str]:
    return [path for path, headers in site.seen if "If-None-Match" not in headers]


def test_a_server_that_says_not_modified_for_ever_is_found_within_a_day_and_believed_no_more(polled, site: Site):
    feed = liar(site, rss(HARBOR), rss(HARBOR, TALKS), rss(HARBOR, TALKS, ("Third", "The band played.")))
    assert [polled(feed).outcome for _ in range(4)] == ["read", "unchanged", "unchanged", "unchanged"]
    polled.service.clock.advance(hours=22)
    row = polled(feed)
    assert (row.outcome, row.fresh) == ("read", 1)
    assert health(polled.service).lies
    assert polled(feed).fresh == 1, "read in full at once, not after another day"


def test_an_honest_server_is_read_in_full_once_a_day_and_stays_believed(polled, site: Site):
    feed = liar(site, rss(HARBOR))
    for _ in range(100):
        polled(feed)
    assert len(asked_in_full(site)) == 3
    assert not health(polled.service).lies


def test_a_feed_that_moved_is_believed_anew(polled, site: Site):
    polled(liar(site, rss(HARBOR), rss(HARBOR, TALKS)))
    polled.service.clock.advance(days=1)
    polled(feed_at(site.url()))
    assert health(polled.service).lies
    polled(feed_at(site.serve("/new", body=rss(HARBOR))))
    assert not health(polled.service).lies


@pytest.mark.parametrize(
    ("headers", "low", "high"),
    [
        ({"Cache_Control": "max-age=60"}, 28, 32),
        ({"Cache_Control": "max-age=2700"}, 42, 48),
        ({"Cache_Control": "max-age=86400"}, 57, 63),
        ({"Cache_Control": "no-cache, max-age=86400"}, 28, 32),
    ],
)
def test_cache_headers_put_the_next_poll_off_a_little_and_never_bring_it_forward(
    polled, site: Site, headers, low, high
):
    row = polled(feed_at(site.serve("/feed", body=rss(HARBOR), **headers)))
    assert timedelta(minutes=low) <= health(polled.service).next_poll - row.ended_at <= timedelta(minutes=high)


@pytest.mark.parametrize("end", ["</rss>", ""], ids=["sound", "damaged"])
@pytest.mark.parametrize(
    ("hint", "least", "most"),
    [
        ("<ttl>45</ttl>", 42, 48),
        ("<ttl>10080</ttl>", 57, 63),
        ("<ttl>5</ttl>", 28, 32),
        ("<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>1</sy:updateFrequency>", 57, 63),
    ],
)
def test_what_a_feed_says_of_itself_is_a_hint_that_a_304_leaves_standing(
    polled, site: Site, hint: str, least: int, most: int, end: str
):
    head = '<rss xmlns:sy="http://purl.org/rss/1.0/modules/syndication/" version'
    body = rss(TALKS).decode().replace("<rss version", head).replace("<item>", f"{hint}<item>").replace("</rss>", end)
    feed = feed_at(site.serve("/feed", body=body.encode(), ETag='"1"'))
    for answer in ("read", "unchanged"):
        row = polled(feed)
        assert row.outcome == answer
        wait = health(polled.service).next_poll - row.ended_at
        assert timedelta(minutes=least) <= wait <= timedelta(minutes=most)
        site.serve("/feed", 304)


def test_cache_headers_never_put_a_poll_off_for_longer_than_hours(clock):
    feed, now, week = feed_at("https://news.example/feed", every=4 * 3600), clock(), timedelta(days=7)
    assert next_poll(feed, now, fresh_for=week) - now <= timedelta(hours=6) * 1.06
    rare = replace(feed, every=12 * 3600)
    assert next_poll(rare, now, fresh_for=week) - now >= timedelta(hours=12) * 0.94


def test_a_feed_that_had_no_turn_at_its_host_is_due_again_soon_and_has_not_failed(polled, site: Site, monkeypatch):
    monkeypatch.setattr(hosts, "LONGEST_TURN", 0.05)
    service, feed = polled.service, feed_at(site.serve("/feed", body=rss(HARBOR)))
    with service.store.writing() as db:
        db.feeds.sync([feed], now=service.clock())
    with ExitStack() as others:
        for _ in range(PER_HOST):
            others.enter_context(service.hosts.visit(site.url("/hangs"), Deadline(30), checked=False))
        assert poll_if_due(service, feed).outcome == POSTPONED
    with service.store.reading() as db:
        assert db.feeds.reads_since(service.clock() - timedelta(days=1)) == []
    assert (health(service).failures, health(service).fault, site.seen) == (0, None, [])
    service.clock.advance(minutes=2)
    assert poll_if_due(service, feed).outcome == "read"


def test_a_feed_whose_host_asked_another_to_be_left_alone_waits_and_has_not_failed(polled, site: Site):
    service = polled.service
    service.hosts.leave_alone(site.url(), datetime.now(UTC) + timedelta(hours=2))
    feed = feed_at(site.serve("/feed", body=rss(HARBOR)))
    with service.store.writing() as db:
        db.feeds.sync([feed], now=service.clock())
        assert db.feeds.claim("sample", now=service.clock(), until=service.clock() + CLAIM)
    row = poll_feed(service.store, feed, service.detectors["us-china"], service.clock, service.fetch)
    assert (row.outcome, row.fault_kind, site.seen) == ("failed", "left-alone", [])
    assert health(service).failures == 0
    service.clock.now = health(service).next_poll
    with service.store.writing() as db:
        assert db.feeds.claim("sample", now=service.clock(), until=service.clock() + CLAIM)


def test_a_listing_is_read_only_where_robots_txt_allows_it(polled, site: Site):
    site.serve("/news", body=b"<ul><li><a href='/1'>Talks were held in Beijing</a> 2024-01-09</li></ul>")
    site.serve("/robots.txt", body=b"User-agent: *\nDisallow: /news\n")
    select = Selectors(item="li", link="a", title="a", date=None)
    feed = feed_at(site.url("/news"), kind="listing", select=select)
    row = polled(feed)
    assert (row.outcome, row.fault_kind) == ("failed", "robots")
    assert "robots.txt keeps programs away" in row.fault
    assert "/news" not in [path for path, _ in site.seen]
    site.serve("/robots.txt", 500)
    assert polled(feed).outcome == "read", "no rule is known, and a source that is configured is not given up"
    feed = feed_at(site.serve("/feed", body=rss(TALKS)))
    site.serve("/robots.txt", body=b"User-agent: *\nDisallow: /\n")
    assert polled(feed).outcome == "read", "a feed is there for programs"
