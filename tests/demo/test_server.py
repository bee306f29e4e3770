"""The sample server over real HTTP: feeds, pages, conditional requests, and the story that moves on."""

import threading
from datetime import UTC, datetime

import pytest

from tracker.demo.documents import MARKS
from tracker.demo.server import SampleServer, run_story, sample_feeds
from tracker.demo.story import load_story
from tracker.feeds.fetch import fetch

STORY = load_story()
SLUGS = [feed.slug for feed in STORY.feeds]
WORDED = [feed.slug for feed in STORY.feeds if feed.format != "listing"]
RELEASES = {release.id: release for release in STORY.releases}


@pytest.mark.parametrize("slug", SLUGS)
def test_a_feed_parses_without_a_flaw_in_the_format_it_has(slug, read):
    feed = next(feed for feed in STORY.feeds if feed.slug == slug)
    parsed = read(slug)
    assert (parsed.format, parsed.title, parsed.flaw) == (feed.format, feed.title, None)
    assert "sample" in parsed.title.lower()
    assert "demonstration" in parsed.title


@pytest.mark.parametrize("slug", WORDED)
def test_at_the_last_step_every_release_is_there_newest_first_word_for_word(slug, read, server):
    feed = next(feed for feed in STORY.feeds if feed.slug == slug)
    expected = STORY.shown(server.last_step, slug)
    items = read(slug).items
    assert [item.title for item in items] == [release.title for release in expected]
    assert [item.summary for item in items] == [r.words(server.last_step) + MARKS[feed.lang] for r in expected]
    assert [item.published for item in items] == [release.published.astimezone(UTC) for release in expected]
    assert [item.url for item in items] == [f"{server.base_url}/releases/{release.id}" for release in expected]
    assert len({item.guid for item in items}) == len(items)


def test_the_feeds_together_hold_the_whole_story(read):
    assert sum(len(read(slug).items) for slug in SLUGS) == len(STORY.releases)


def test_a_chinese_feed_comes_in_gb18030_and_reads_right(get, read):
    response, body = get("/feeds/sample-mnd")
    assert response.headers["Content-Type"] == "application/rss+xml; charset=gb18030"
    assert body.startswith(b"<?xml version='1.0' encoding='gb18030'?>")
    assert "刘振立应约同美军参联会主席布朗视频通话".encode("gb18030") in body
    with pytest.raises(UnicodeDecodeError):
        body.decode("utf-8")
    titles = [item.title for item in read("sample-mnd").items]
    assert "刘振立应约同美军参联会主席布朗视频通话" in titles


def test_a_listing_shows_titles_that_say_what_they_are_with_links_and_days(read, server):
    expected = STORY.shown(server.last_step, "sample-mfa-remarks")
    items = read("sample-mfa-remarks").items
    assert [item.title for item in items] == [release.title + MARKS["zh"] for release in expected]
    assert [item.published_raw for item in items] == [str(release.published.date()) for release in expected]
    assert [item.url for item in items] == [f"{server.base_url}/releases/{release.id}" for release in expected]


def test_the_broken_feed_answers_500_until_its_server_recovers(server, get):
    feed = next(feed for feed in STORY.feeds if feed.down)
    first, last = feed.down
    for step in range(server.last_step + 1):
        server.step = step
        assert get(f"/feeds/{feed.slug}")[0].status == (500 if first <= step <= last else 200)


@pytest.mark.parametrize("name", RELEASES)
def test_the_page_of_an_item_shows_its_text_and_says_that_it_is_a_sample(name, get, server):
    release = RELEASES[name]
    feed = next(feed for feed in STORY.feeds if feed.slug == release.feed)
    response, body = get(f"/releases/{name}")
    page = body.decode(feed.encoding)
    assert response.status == 200
    assert response.headers["Content-Type"] == f"text/html; charset={feed.encoding}"
    assert f'<meta charset="{feed.encoding}">' in page
    assert MARKS[feed.lang].strip() in page
    assert ("Sample for demonstration" if feed.lang == "en" else "演示用示例") in page
    assert release.published.isoformat(" ", "minutes") in page


def test_a_release_that_is_not_out_yet_and_an_unknown_path_are_not_found(server, get):
    server.step = RELEASES["mnd-dpct-17"].step - 1
    assert get("/releases/mnd-dpct-17")[0].status == 404
    assert get("/feeds/sample-nothing")[0].status == 404
    assert get("/releases/../server.py")[0].status == 404
    assert get("/")[0].status == 200


@pytest.mark.parametrize("path", [*(f"/feeds/{slug}" for slug in SLUGS), "/releases/dpct-17"])
def test_what_has_not_changed_is_not_sent_again(path, get, server):
    first, _ = get(path)
    again, nothing = get(path, If_None_Match=first.headers["ETag"])
    assert (again.status, nothing) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    server.step = RELEASES["dpct-17"].step
    changed, body = get(path, If_None_Match=first.headers["ETag"])
    assert changed.status == 200
    assert body


def test_polling_reaches_the_feeds_on_loopback_and_knows_the_answer_again(feeds):
    feed = feeds["sample-war-releases"]
    fetched = fetch(feed.url, allow_private=feed.allow_private)
    assert fetched.status == 200
    assert fetch(feed.url, etag=fetched.etag, allow_private=True).status == 304


def test_a_corrected_release_keeps_its_guid_and_changes_its_words(server, read):
    release = RELEASES["dpct-17"]

    def seen():
        return next(item for item in read(release.feed).items if item.title == release.title)

    server.step = release.step
    before = seen()
    server.step = release.correction.step
    after = seen()
    assert before.guid == after.guid
    assert before.published == after.published
    assert "the 16th U.S.-PRC" in before.summary
    assert "the 17th U.S.-PRC" in after.summary


def test_the_page_of_a_corrected_release_says_when_it_was_corrected(server, get):
    release = RELEASES["dpct-17"]
    server.step = release.step
    assert b"Corrected" not in get("/releases/dpct-17")[1]
    server.step = release.correction.step
    assert b"Corrected 2024-01-11 10:00-05:00" in get("/releases/dpct-17")[1]


def test_an_item_has_the_same_guid_wherever_the_server_listens(read, server):
    with SampleServer() as other:
        other.step = server.last_step
        guids = [f'<guid isPermaLink="false">{item.guid}</guid>' for item in read("sample-war-releases").items]
        elsewhere = other.answer("/feeds/sample-war-releases").body.decode()
        assert all(guid in elsewhere for guid in guids)


def test_the_story_runs_to_its_last_step_and_ends():
    with SampleServer() as server:
        assert server.step == 0
        run_story(server, every=0, stop=threading.Event())
        assert server.step == server.last_step
        assert len(server.shown()) == len(STORY.releases)


def test_the_story_stands_still_once_it_is_stopped():
    stop = threading.Event()
    stop.set()
    with SampleServer() as server:
        run_story(server, every=3600, stop=stop)
        assert server.step == 0


@pytest.mark.parametrize("step", [-1, STORY.last_step + 1])
def test_a_step_that_the_story_does_not_have_is_refused(server, step):
    with pytest.raises(ValueError, match=f"no step {step}"):
        server.step = step


def test_a_port_in_use_is_an_error_of_the_system(server):
    with pytest.raises(OSError, match="in use"):
        SampleServer(port=int(server.base_url.rsplit(":", 1)[1]))


def test_the_feeds_to_poll_are_on_loopback_every_five_seconds(server):
    feeds = sample_feeds(server.base_url, "us-china")
    assert {feed.slug for feed in feeds} == {feed.slug for feed in STORY.feeds}
    for feed in feeds:
        assert feed.url == f"{server.base_url}/feeds/{feed.slug}"
        kind = "listing" if feed.slug == "sample-mfa-remarks" else "feed"
        assert (feed.relationship, feed.kind, feed.every) == ("us-china", kind, 5)
        assert feed.allow_private
        assert feed.enabled
        assert feed.publisher.startswith("Sample: ")


def test_newest_is_what_was_published_last():
    shown = STORY.shown(STORY.last_step)
    assert [release.published for release in shown] == sorted((r.published for r in shown), reverse=True)
    assert shown[0].published > datetime(2024, 1, 30, tzinfo=UTC)
