"""The story that ships, and the mistakes that an editor of it can make."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from config.errors import ConfigError
from tracker.demo.run import BEGINS, world_day
from tracker.demo.server import MAX_ITEMS, SampleServer
from tracker.demo.story import Story, load_story

FEED = """
feeds:
- {slug: one, title: A sample, publisher: "Sample: one", side: us, lang: en, format: atom, timezone: UTC}
releases:
"""
RELEASE = """
- {id: first, feed: one, step: 0, published: 2024-01-09T10:00:00Z, title: A title, summary: Some words.}
"""


def story_of(tmp_path: Path, text: str) -> Story:
    path = tmp_path / "releases.yaml"
    path.write_text(text, encoding="utf-8")
    return load_story(path)


def test_the_feeds_are_of_both_parties_and_the_press_in_four_formats_and_a_listing_and_one_breaks():
    feeds = {feed.slug: (feed.side, feed.lang, feed.format, feed.encoding) for feed in load_story().feeds}
    assert feeds == {
        "sample-war-releases": ("us", "en", "rss-2.0", "utf-8"),
        "sample-white-house": ("us", "en", "atom", "utf-8"),
        "sample-mnd": ("cn", "zh", "rss-2.0", "gb18030"),
        "sample-mfa": ("cn", "zh", "json-feed", "utf-8"),
        "sample-press": ("third-party", "en", "rss-1.0", "utf-8"),
        "sample-mfa-remarks": ("cn", "zh", "listing", "utf-8"),
        "sample-broken": ("cn", "zh", "rss-2.0", "utf-8"),
    }
    assert [feed.slug for feed in load_story().feeds if feed.down] == ["sample-broken"]


def test_every_step_brings_something():
    story = load_story()
    corrections = {release.correction.step for release in story.releases if release.correction}
    assert {release.step for release in story.releases} | corrections == set(range(story.last_step + 1))


def test_what_comes_later_in_a_feed_was_published_later():
    releases = load_story().releases
    for slug in {release.feed for release in releases}:
        steps = [release.step for release in reversed(load_story().shown(99, slug))]
        assert steps == sorted(steps), slug


def test_every_feed_fits_into_what_it_shows_and_has_something_from_the_start():
    story = load_story()
    for feed in story.feeds:
        assert 1 <= len(story.shown(0, feed.slug)) <= len(story.shown(story.last_step, feed.slug)) <= MAX_ITEMS


def test_the_story_begins_on_the_day_up_to_which_the_demonstration_knows_the_record():
    with SampleServer() as server:
        assert world_day(server) == BEGINS


def test_each_turn_of_the_thaw_is_told_by_both_sides_and_a_good_part_of_the_rest_must_not_be_flagged():
    story = load_story()
    sides = {feed.slug: feed.side for feed in story.feeds}
    told = {
        (expected.channel, expected.signal, str(expected.date), sides[release.feed])
        for release in story.releases
        for expected in release.expect
    }
    for channel, day in [
        ("nuclear-arms-control", "2023-11-06"),
        ("leaders", "2023-11-15"),
        ("joint-staff", "2023-12-21"),
        ("dpct", "2024-01-09"),
        ("strategic-channel", "2024-01-27"),
        ("counternarcotics", "2024-01-30"),
    ]:
        assert {(channel, "held", day, "us"), (channel, "held", day, "cn")} <= told
    assert Counter(bool(release.expect) for release in story.releases)[False] >= 15


def test_a_line_break_of_the_file_leaves_no_blank_between_chinese_characters(tmp_path: Path):
    folded = "- id: first\n  feed: one\n  step: 0\n  published: 2024-01-09T10:00:00Z\n  title: A title\n"
    story = story_of(tmp_path, FEED + folded + "  summary: >-\n    双方通话，\n    定于 May 再谈 AI 议题。\n")
    assert story.releases[0].summary == "双方通话，定于 May 再谈 AI 议题。"


def test_a_correction_replaces_the_words_from_its_step_on(tmp_path: Path):
    corrected = RELEASE.replace(
        "Some words.", 'Some words., correction: {step: 2, at: "2024-01-10T08:00:00Z", summary: Better words.}'
    )
    release = story_of(tmp_path, FEED + corrected).releases[0]
    assert [release.words(step) for step in range(4)] == ["Some words."] * 2 + ["Better words."] * 2
    assert release.updated(1) == datetime(2024, 1, 9, 10, tzinfo=UTC)
    assert release.updated(2) == datetime(2024, 1, 10, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (FEED + RELEASE + RELEASE, '"first" stands here twice'),
        (FEED + RELEASE.replace("feed: one", "feed: two"), 'release "first" names the feed "two"'),
        (FEED + RELEASE.replace("10:00:00Z", "10:00:00"), "releases #1.published: input should have timezone info"),
        (FEED + RELEASE.replace("summary:", "sumary:"), "did you mean"),
        (
            FEED + RELEASE.replace("Some words.", 'A., correction: {step: 1, at: "2024-01-01T00:00:00Z", summary: B.}'),
            "a correction comes before what it corrects",
        ),
    ],
    ids=["id-twice", "unknown-feed", "no-zone", "wrong-key", "correction-too-early"],
)
def test_a_mistake_in_the_story_is_one_sentence_with_its_place(tmp_path: Path, text: str, words: str):
    with pytest.raises(ConfigError) as caught:
        story_of(tmp_path, text)
    assert words in str(caught.value)
    assert "releases.yaml, line" in str(caught.value)
