"""The language of a text, and of an item whose feed says another."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.feeds.test_poll import TALKS, feed_at
from tracker.feeds.language import language, spoken
from tracker.model import Item
from tracker.polling.arrival import release_of

NOW = datetime(2024, 1, 10, 12, tzinfo=UTC)
REMARKS = "国防部新闻发言人就第十七次中美国防部工作会晤答记者问，双方就落实两国元首重要共识进行了交流。"


@pytest.mark.parametrize(("text", "found"), [(TALKS[1], "en"), (REMARKS, "zh"), ("", "en"), ("答记者问 AUKUS", "zh")])
def test_a_text_is_english_or_chinese_by_its_characters(text, found):
    assert language(text) == found


@pytest.mark.parametrize(
    ("title", "summary", "said", "kept"),
    [
        (TALKS[0], TALKS[1], "zh", "en"),
        ("国防部工作会晤", REMARKS, "en", "zh"),
        ("国防部工作会晤", REMARKS + " AUKUS", "en", "zh"),
        (TALKS[0], TALKS[1], "en", "en"),
        ("Talks", "Held.", "zh", "zh"),  # too short to tell
        ("答记者问", "", "en", "en"),
        (
            "Chinese terms",
            "Officials spoke of 新型大国关系, which is a new type of relations of great powers.",
            "zh",
            "zh",
        ),
        ("Readout", TALKS[1] + REMARKS, "en", "en"),  # both at once: the feed's word stands
        ("Консультации", "Стороны провели очередной раунд консультаций по вопросам безопасности.", "zh", "zh"),
        (TALKS[0], TALKS[1], "ko", "ko"),  # a language that we cannot tell from others
    ],
)
def test_an_item_speaks_its_own_language_where_that_is_clear(title, summary, said, kept):
    item = Item("g", None, title, summary, NOW)
    assert release_of(feed_at("https://news.example/", lang=said), item, NOW).lang == kept
    assert spoken(f"{title} {summary}", said) == kept
