"""Text that was wrapped at a column, and text whose lines are its own."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.feeds.unwrap import unwrapped

TALKS = (
    "The Department of Defense held the 17th Defense Policy Coordination Talks between the United States and China at "
    "the Pentagon on Jan. 8-9, where Deputy Assistant Secretary Michael Chase met with Maj. Gen. Song Yanchao and "
    "agreed on a follow-up. The two sides will meet again in the spring."
)
MEETING = (
    "1月8日至9日，中美两军第十七次国防部防务政策磋商在华盛顿举行。双方就两军关系、地区安全问题以及下一步交流安排深入交换了意见，"
    "一致认为应保持沟通，避免误解误判。中方强调，美方应当切实尊重中国核心利益和重大关切，停止对台售武。"
)


def at(columns: int, text: str, **options: str) -> str:
    return textwrap.fill(text, columns, **options)


@pytest.mark.parametrize("columns", [60, 66, 72, 80, 99])
def test_a_wrapped_paragraph_is_one_line(columns):
    assert unwrapped(at(columns, TALKS)) == TALKS


@pytest.mark.parametrize("characters", [22, 30, 36, 40])
def test_chinese_is_joined_without_a_blank(characters):
    lines = [MEETING[at : at + characters] for at in range(0, len(MEETING), characters)]
    told = unwrapped("\n".join(lines))
    assert "\n" not in told
    assert "".join(told.split()) == MEETING
    assert "两军" in told


def test_paragraphs_items_and_short_lines_stay_apart():
    items = [f"- {TALKS}", "- Talks on AI", f"(1) {TALKS}", "(2) Talks on AI"]
    paragraphs = [TALKS, "\n".join(items), "8 January: talks\n9 January: no talks", TALKS]
    wrapped = [
        at(72, TALKS),
        "\n".join(at(72, item, subsequent_indent="  ") for item in items),
        paragraphs[2],
        at(72, TALKS),
    ]
    assert unwrapped("\n\n".join(wrapped)) == "\n\n".join(paragraphs)


def test_a_word_broken_at_its_hyphen_is_one_word_and_a_dash_stays_a_dash():
    text = (
        "The two sides met in the capital on Tuesday and heard the report of the vice-\n"
        "minister of defence on the talks that were held in the spring of that year -\n"
        "they were the first ones."
    )
    told = unwrapped(text)
    assert "\n" not in told
    assert "vice-minister of defence" in told
    assert "year - they" in told


@pytest.mark.parametrize(
    "text",
    [
        "",
        "One line.",
        f"{TALKS}\n{TALKS}",
        "Resumption of the talks between the two sides in Geneva on Monday\nTalks on AI",
        "8 January 2024: The two sides held talks in Geneva.\n9 January 2024: They adjourned.\n10 January: Nothing.",
        "1月8日，双方在日内瓦举行了第十七次国防部防务政策磋商\n1月9日，休会\n1月10日，双方再次举行磋商并发表联合声明",
        "中美两军举行第十八次国防部防务政策磋商会议情况通报\n双方就两军关系深入交换了意见",
        "the resumption of the talks on maritime safety\nthe hotline\nthe exchange of officers\nthe rules of the road",
        "a rose\nis a\nrose",
    ],
)
def test_lines_that_nobody_wrapped_stay(text):
    assert unwrapped(text) == text


@given(st.text(alphabet="ab磋商。.-:1 \n\r\f\u3000", max_size=200), st.integers(20, 80))
def test_nothing_but_white_space_changes(text, columns):
    for given_text in (text, textwrap.fill(text, columns)):
        assert "".join(unwrapped(given_text).split()) == "".join(given_text.split())


@given(
    st.lists(st.sampled_from(["Talks", "held", "on", "8", "January", "again.", "(1)"]), max_size=80),
    st.integers(20, 120),
)
def test_words_stay_words_in_their_order(words, columns):
    assert unwrapped(textwrap.fill(" ".join(words), columns)).split() == words
