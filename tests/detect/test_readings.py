"""Words that only seem to say something: names cut wrong, datelines, labels, ordinals, states that nobody listed."""

from __future__ import annotations

from datetime import date

import pytest

from tests.detect.conftest import Detect
from tracker.detect import Detector, examine, explain
from tracker.detect.normalise import fold
from tracker.detect.rounds import ordinals
from tracker.model import Release

TALKS = "The U.S. and Chinese defense departments held the Defense Policy Coordination Talks"


def named(detector: Detector, text: str) -> set[tuple[str, str]]:
    """Who is named in a text, each with the words."""
    folded = fold(text)
    kinds = ("party", "pair", "office", "other", "partner")
    return {
        (m.key or m.kind, folded.text[m.start : m.end])
        for m in detector.index.find(folded, date(2024, 3, 1))
        if m.kind in kinds
    }


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("奥斯汀在华盛顿会见客人", {("us-defense-secretary", "奥斯汀"), ("us", "华盛顿")}),
        ("在华府表示", {("us", "华府")}),
        ("在华期间", {("cn", "在华")}),
        ("对美好生活的向往", set()),
        ("对美军售", {("us", "对美")}),
        ("美中情局局长", {("us", "中情局")}),
        ("美中东特使", set()),
        ("会谈中加强协调", set()),
        ("中加外长会谈", {("canada", "中加")}),
        ("会谈中印太司令部司令表示", {("us", "印太司令部"), ("us-indopacific-commander", "印太司令部司令")}),
        ("会谈中美方表示", {("us", "美方")}),
        ("中新社记者", set()),
        ("克里姆林宫发言人", set()),
        ("联合演习特点", set()),
        ("中美国防部工作会晤", {("pair", "中美"), ("us", "美国防部")}),
        ("巴布亚新几内亚总理", {("papua-new-guinea", "巴布亚新几内亚")}),
    ],
)
def test_chinese_names_are_cut_where_their_words_end(detector: Detector, text: str, names: set[tuple[str, str]]):
    found = named(detector, text)
    assert names <= found
    assert {key for key, _ in found} == {key for key, _ in names}, found


@pytest.mark.parametrize(
    "text", ["They spoke of the South China Sea.", "Pope Leo follows Pius XI.", "He rose before a slow waltz."]
)
def test_places_persons_and_dances_are_no_party(detector: Detector, text: str):
    assert named(detector, text) == set()


@pytest.mark.parametrize("country", ["Sweden", "Kenya", "Argentina", "Papua New Guinea", "Qatar"])
def test_a_state_that_the_lexicon_does_not_list_is_another_country_all_the_same(sightings_in: Detect, country: str):
    found = sightings_in(
        "Readout",
        f"Secretary Austin met with the defense minister of {country} on Tuesday to discuss security at sea and the "
        "South China Sea.",
        "2024-03-01",
        "us",
    )
    assert found == []


@pytest.mark.parametrize(
    "dateline",
    ["GENEVA, Feb. 29 (Reuters) - ", "BEIJING, Feb. 29 (Xinhua) -- ", "WASHINGTON (AFP) Feb 29, 2024 - ", "PARIS -- "],
)
def test_a_dateline_is_neither_the_day_of_the_event_nor_a_party(detector: Detector, dateline: str):
    release = Release(1, "third-party", "en", "", "News", f"{dateline}{TALKS} on Monday.", date(2024, 3, 1))
    (found,) = [s for s in examine(release, detector) if s.channel == "dpct"]
    assert found.date.value == "2024-02-26"
    assert all(evidence.start >= len(dateline) for evidence in found.evidence)


@pytest.mark.parametrize(
    "dateline", ["新华社日内瓦2月29日电 ", "中新社华盛顿2月29日电(记者张三)", "(本社记者王五北京29日电)"]
)
def test_a_chinese_dateline_is_not_the_day_of_the_event(detector: Detector, dateline: str):
    text = f"{dateline}第十八次中美国防部工作会晤26日举行。"
    (found,) = [
        s
        for s in examine(Release(1, "third-party", "zh", "", "消息", text, date(2024, 3, 1)), detector)
        if s.channel == "dpct"
    ]
    assert found.date.value == "2024-02-26"


@pytest.mark.parametrize("imprint", ["Updated: March 1, 2024", "编辑：李明 2024年3月1日", "Published on: 1 March 2024"])
def test_the_day_of_an_imprint_is_not_that_of_the_event(detector: Detector, imprint: str):
    text = f"{TALKS} on Feb. 26.\n{imprint}"
    (found,) = [
        s
        for s in examine(Release(1, "third-party", "en", "", "News", text, date(2024, 3, 1)), detector)
        if s.channel == "dpct"
    ]
    assert found.date.value == "2024-02-26"


def test_whoever_asks_is_known_by_the_question_and_the_label_is_no_subject(detector: Detector):
    text = (
        "Tourism and Youth Weekly: Blinken and Wang Yi are to speak on Monday. Do you confirm that?\n"
        "Spokesperson: I have nothing on that.\n"
        "Harbor Evening Post: When will the Secretary visit China?\n"
        "Spokesperson: We will let you know."
    )
    reading, found = explain(Release(1, "cn", "en", "", "Press conference", text, date(2024, 3, 1)), detector)
    assert [reading.asked(sentence) for sentence in reading.body] == [True, True, False, True, False]
    assert [reading.passage(sentence) for sentence in reading.body] == [1, 1, 1, 2, 2]
    assert not [f for f in found if f.tie.channel == "people-to-people"]
    (asked,) = [f for f in found if f.tie.channel == "strategic-channel" and f.position == 1]
    assert "not taken up in the answer" in asked.grounds


def test_headings_with_a_colon_ask_nothing(detector: Detector):
    text = "Climate: China and the U.S. met in May.\nTrade: China and the U.S. agreed to meet in June."
    reading, _ = explain(Release(1, "us", "en", "", "Fact sheet", text, date(2024, 3, 1)), detector)
    assert not any(reading.asked(sentence) for sentence in reading.body)
    assert {m.key for s in reading.body for m in s.of("topic")} >= {"climate", "trade-consultation"}


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("the 17th round", [17]),
        ("the 17th u.s.-prc defense policy coordination talks", [17]),
        ("it was the 19th in the series", [19]),
        ("the 17th meeting of the mmca working group", [17]),
        ("第18次中美国防部工作会晤", [18]),
        ("第十九轮在华盛顿举行", [19]),
        ("这是第17次。", [17]),
        ("the 47th president held talks", []),
        ("the 7th fleet", []),
        ("talks at the 38th parallel", []),
        ("the 29th defense secretary met him", []),
        ("the 80th session of the un general assembly", []),
        ("第80届联大期间会谈", []),
        ("第二十届四中全会", []),
        ("第2次访问", []),
    ],
)
def test_an_ordinal_counts_rounds_only_where_it_counts_what_meets(text: str, numbers: list[int]):
    assert [one.number for one in ordinals(text, 0, len(text))] == numbers
