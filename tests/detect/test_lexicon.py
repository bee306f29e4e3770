"""The lexicon says what is wrong with it, and its terms match as its docstring promises."""

from __future__ import annotations

from datetime import date

import pytest
from pydantic import ValidationError

from tracker.detect import Lexicon
from tracker.detect.match import Index
from tracker.detect.normalise import fold

SMALL = {
    "relationship": "a-b",
    "parties": {"a": ["Aland"], "b": ["Bland", "贝国"]},
    "pair": ["Aland-Bland"],
    "others": {},
    "offices": {
        "a-chief": {"party": "a", "holders": [{"names": ["Ann"], "since": "2020-01-01", "until": "2021-12-31"}]}
    },
    "channels": {
        "line": {"names": ["(hot|cold) line(s|)", "RED", "talk* on ... trade", "(h(igh|ot)(|-level)|top) meeting"]},
        "pact": {"described": ["1998 & (accord|pact)"]},
    },
    "signals": {"meet": ["met"]},
    "marks": {"masked": ["hot line dance"]},
}


def found(text: str, published: date = date(2021, 1, 1)) -> list[tuple[str, str]]:
    folded = fold(text)
    index = Index(Lexicon.model_validate(SMALL))
    mentions = index.combined(index.find(folded, published))
    return [(m.key, folded.text[m.start : m.end]) for m in mentions]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the cold lines rang", [("line", "cold lines")]),
        ("a Hot-Line", [("line", "Hot-Line")]),
        ("a high-level meeting", [("line", "high-level meeting")]),
        ("the pact of 1998", [("pact", "pact"), ("pact", "1998")]),
        ("the pact of 1999", []),
        ("RED is red", [("line", "RED")]),
        ("talking on farm trade", [("line", "talking on farm trade")]),
        ("talks on farms. Free trade", []),
        ("a hot line dance", []),
        ("shot lines", []),
        ("貝國", [("b", "贝国")]),
    ],
)
def test_terms_match_words_alternatives_wildcards_and_capitals(text: str, expected: list[tuple[str, str]]):
    assert found(text) == expected


def test_a_name_stands_for_an_office_only_while_its_holder_has_it():
    assert found("Ann") == [("a-chief", "Ann")]
    assert found("Ann", date(2023, 1, 1)) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"colour": "red"}, "colour"),
        ({"pair": ["x"]}, "too short"),
        ({"pair": ["(a|b"]}, "unbalanced bracket"),
        ({"pair": ["*land"]}, "begins with a wildcard"),
        ({"pair": ["(a|*b) line"]}, "begins with a wildcard"),
        ({"pair": ["(a|b|c|d)(a|b|c|d)(a|b|c|d)(a|b|c|d)(a|b|c|d)"]}, "over 1000 spellings"),
        ({"pair": ["(a|b)" * 300]}, "over 1000 spellings"),
        ({"pair": ["(" * 30 + "line" + ")" * 30]}, "over 20 brackets within brackets"),
        ({"pair": ["line" * 1000]}, "over 2000 characters"),
        ({"pair": ["hot|cold"]}, "outside brackets"),
        ({"pair": ["a.*b(c|d)+[x]"]}, "within a word"),
        ({"pair": ["line" + "*" * 500]}, "within a word"),
        ({"pair": ["hot ... cold ... warm ... line"]}, "over 2 places"),
        ({"pair": ["[]"]}, "too short"),
        ({"pair": ["\u200b\u200b"]}, "too short"),
        ({"signals": {"shouted": ["at"]}}, "shouted"),
    ],
)
def test_a_mistake_in_the_lexicon_is_named(change: dict, words: str):
    with pytest.raises(ValidationError, match=words):
        Lexicon.model_validate(SMALL | change)
