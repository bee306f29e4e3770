"""What releases say of a contact beside what happened and when: read in their own words, and never guessed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from tests.conftest import Shipped
from tests.make import release
from tracker.detect import detect
from tracker.model import Signal
from tracker.readouts import Particulars, particulars

Told = Callable[..., Particulars]

PUBLISHED = date(2024, 1, 10)
TALKS = "The United States and China held the 17th U.S.-PRC Defense Policy Coordination Talks"
LONG_CHINESE = "1月8日至9日，第17次中美国防部工作会晤在华盛顿举行，国际军事合作办公室副主任宋延超与美方共同主持。"


@pytest.fixture(scope="session")
def read(shipped: Shipped) -> Told:
    """`read("dpct", text, …)`: what texts (English of the first side, Chinese of the second) say of a channel's event,
    as it is detected in them; a text with a line break has a title.
    """
    (pack,) = shipped.service.packs

    def run(
        channel: str, *texts: str, signal: Signal = Signal.HELD, published: date = date(2024, 1, 10)
    ) -> Particulars:
        told = []
        for text in texts:
            title, _, body = text.rpartition("\n")
            chinese = not text.isascii()
            document = release(
                side="cn" if chinese else "us",
                lang="zh" if chinese else "en",
                title=title or ("消息" if chinese else "A readout"),
                summary=body,
                published=published,
            )
            found = [said for said in detect(document, pack.detector) if said.channel == channel]
            assert found, f"nothing is detected in {text!r}"
            told += [(said, document) for said in found]
        return particulars(signal, told, pack.comparer, pack.relationship.languages)

    return run


def values(found: Particulars) -> dict[str, str | None]:
    return {name: one.value for name, one in vars(found).items() if one}


def words(found: Particulars, name: str) -> list[str]:
    return [one.text for one in getattr(found, name).words]


def test_form_place_and_round_are_read_with_the_words_that_say_them(read: Told):
    found = read("dpct", f"{TALKS} at the Pentagon on January 8-9, 2024.")
    assert values(found) == {"form": "in person", "place": "Pentagon", "round": "17"}
    assert words(found, "form") == ["held the 17th", "at the Pentagon"]
    assert words(found, "place") == ["at the Pentagon"]
    assert words(found, "round") == ["17th"]


def test_what_the_words_are_stands_where_their_offsets_say(read: Told, shipped: Shipped):
    text = f"{TALKS} at the Pentagon on January 8-9, 2024."
    found = read("dpct", text)
    for one in (found.form, found.place, found.round):
        for said in one.words:
            assert text[said.start : said.end] == said.text


def test_a_release_that_says_nothing_of_it_leaves_all_empty(read: Told):
    assert values(read("dpct", "U.S. and China held the Defense Policy Coordination Talks on January 8, 2024.")) == {}


@pytest.mark.parametrize(
    ("text", "form"),
    [
        (
            "The Secretary of Defense spoke by video teleconference with PRC Minister of National Defense Dong Jun",
            "video",
        ),
        ("The Secretary of Defense spoke by phone with PRC Minister of National Defense Dong Jun", "phone"),
        ("The Secretary of Defense met with PRC Minister of National Defense Dong Jun in Singapore", "in person"),
        ("The Secretary of Defense met with PRC Minister of National Defense Dong Jun", None),
        ("The Secretary of Defense spoke with PRC Minister of National Defense Dong Jun", None),
    ],
)
def test_a_form_is_proposed_only_where_the_words_leave_no_other(read: Told, text: str, form: str | None):
    found = read("defense-ministers", f"The Secretary of Defense {text} on January 9, 2024.")
    assert values(found).get("form") == form


def test_a_call_has_no_place(read: Told):
    call = "The Secretary of Defense spoke by video call in Washington with PRC Minister of National Defense Dong Jun"
    assert values(read("defense-ministers", f"{call} on January 9, 2024.")).get("place") is None


def test_where_and_how_they_are_to_meet_next_is_not_where_and_how_they_met(read: Told):
    met = "The Secretary of Defense met with PRC Minister of National Defense Dong Jun in Singapore on January 9, 2024"
    found = read("defense-ministers", f"{met}, and they agreed to hold a video call and to meet again in Beijing.")
    assert values(found)["form"] == "in person"
    assert values(found)["place"] == "Singapore"


def test_two_places_leave_the_choice_to_the_reviewer_and_show_both(read: Told):
    found = read("dpct", f"{TALKS} in Washington, at the Pentagon, on January 8-9, 2024.")
    assert found.place.value is None
    assert words(found, "place") == ["in Washington", "at the Pentagon"]


def test_accounts_that_number_the_round_otherwise_leave_it_open(read: Told):
    found = read("dpct", f"{TALKS} at the Pentagon on January 8-9, 2024.", LONG_CHINESE.replace("17", "16"))
    assert found.round.value is None
    assert words(found, "round") == ["17th", "第16次"]
    assert read("dpct", LONG_CHINESE).round.value == "17"


def test_the_number_of_a_conference_where_they_met_is_no_round(read: Told):
    text = "6月10日，国防部长魏凤和在新加坡出席第19届香格里拉对话会期间，与美国国防部长举行会谈。"
    assert read("defense-ministers", f"中美两国防长会谈\n{text}", published=date(2022, 6, 10)).round is None


def test_the_record_is_written_in_its_language_where_a_release_speaks_it(read: Told):
    both = read("dpct", LONG_CHINESE, f"{TALKS} at the Pentagon on January 8-9, 2024.")
    assert both.place.value == "Pentagon"
    assert words(both, "place") == ["at the Pentagon", "在华盛顿"]
    assert read("dpct", LONG_CHINESE).place.value == "华盛顿", "else in the very words"


def test_persons_are_told_as_far_as_the_words_name_them(read: Told):
    title = "The National Security Advisor met with Wang Yi in Bangkok on January 26-27, 2024."
    named = "National Security Advisor Jake Sullivan met with Wang Yi in Bangkok on January 26-27, 2024."
    of_both = {"published": date(2024, 1, 27)}
    assert values(read("strategic-channel", title, **of_both))["persons"] == "National Security Advisor; Wang Yi"
    told = values(read("strategic-channel", named, **of_both))["persons"]
    assert told == "Jake Sullivan, National Security Advisor; Wang Yi"


def test_of_an_announcement_only_the_round_is_read(read: Told):
    text = (
        "The United States and China announced in Washington that they will hold the 18th Defense Policy Coordination "
    )
    found = read("dpct", f"{text}Talks in Beijing on February 14, 2024.", signal=Signal.ANNOUNCED)
    assert values(found).keys() <= {"round"}


def test_why_a_channel_was_cut_is_quoted_where_a_release_says_so(read: Told):
    cut = "China announced on August 5, 2022 that it suspended the defense policy talks with the United States"
    said = {"signal": Signal.SUSPENDED, "published": date(2022, 8, 5)}
    found = read("dpct", f"In response to Speaker Pelosi's visit to Taiwan, {cut}.", **said)
    assert found.cause.value == "In response to Speaker Pelosi's visit to Taiwan."
    assert read("dpct", f"{cut}.", **said).cause is None


@pytest.mark.parametrize(
    ("text", "level"),
    [
        (f"{TALKS}, a working-level meeting, on January 8-9, 2024.", "working"),
        (f"{TALKS} at the ministerial level on January 8-9, 2024.", "ministers"),
        (f"{TALKS} at vice-ministerial level on January 8-9, 2024.", "deputies"),
        ("1月8日至9日，第17次中美国防部工作会晤以司局级会谈形式在华盛顿举行。", "directors"),
        ("1月8日至9日，第17次中美国防部工作会晤在华盛顿以副部长级会谈形式举行。", "deputies"),
    ],
)
def test_the_level_is_read_where_a_release_says_it_outright(read: Told, text: str, level: str):
    found = read("dpct", text)
    assert {side: one.value for side, one in found.levels.items()} == {"us" if text.isascii() else "cn": level}


def test_each_side_has_the_level_that_its_own_release_tells(read: Told):
    found = read(
        "dpct", f"{TALKS} at ministerial level on January 8-9, 2024.", LONG_CHINESE.replace("国防部", "国防部工作层")
    )
    assert {side: one.value for side, one in found.levels.items()} == {"us": "ministers", "cn": "working"}


@pytest.mark.parametrize(
    "text",
    [
        f"Senior officials met as {TALKS} on January 8-9, 2024.",
        f"{TALKS} on January 8-9, 2024, and agreed to meet at ministerial level in the fall.",
        f"{TALKS} on January 8-9, 2024, on a call of the President.",
        f"{TALKS} at ministerial level, the first at working level in years, on January 8-9, 2024.",
    ],
)
def test_a_level_that_is_vague_said_of_another_meeting_or_said_in_two_ways_is_none(read: Told, text: str):
    assert read("dpct", text).levels == {}
