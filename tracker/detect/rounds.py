"""The number of a round: `17th round`, `the 18th talks`, `第19次`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from tracker.detect.dates import chinese_number
from tracker.detect.sentence import Sentence

_ENGLISH = re.compile(
    r"\b(\d{1,3})(?:st|nd|rd|th)\b"
    r"(?! (?:of|president|secretary|fleet|parallel|year|national|central|general|party|plenum)\b)"
    r"(?! session of the (?:un|general)\b)"
    r"(?=(?: (?!held|met|meets?|hosted|joined|attended|said|told|and|to|in|on|at|with\b)[^\s,;:()]+){0,7}?"
    r" (?:rounds?|editions?|sessions?|meetings?|talks|dialogues?|consultations?|negotiations|working groups?)\b"
    r"| (?:in|of) (?:the|its|their|this) (?:series|kind|talks)\b)"
)
"""A number of rounds counts what meets: the 7th Fleet and the 47th president are none."""
_CHINESE = re.compile(
    r"第(\d{1,3}|[一二三四五六七八九十]{1,4})(?:轮|[次届](?!联大|联合国|中央|全国|总统)"
    r"(?=[^,。;:]{0,14}?(?:会议|会晤|会谈|磋商|对话|谈判|工作组|论坛)|[,。;:)\s]|$))"
)
_WORDS = (
    *("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"),
    *("eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth"),
    *("nineteenth", "twentieth"),
)
_SERIES = r"(?:working group|dialogue|talks|consultations?|mechanism|commission|committee)"
_WORD = re.compile(
    rf"\b({'|'.join(_WORDS)}) (?:(?:round|edition)\b(?! (?:since|in) )"
    rf"|(?:meeting|session)\b(?= of the (?:[\w.'-]+ ){{0,8}}{_SERIES}))"
)
_CHINESE_FIRST = re.compile(r"(首)(?:轮|次(?=会议|会晤|会谈|磋商|对话))")
_ELSEWHERE = re.compile(r"出席|\b(?:margins|sidelines) of\b|\battend")
"""Before a number in its clause: it counts a conference at which they also were."""


class Ordinal(NamedTuple):
    """A number by which something is counted, at the half-open span [start, end) of a folded text."""

    start: int
    end: int
    number: int


def ordinals(text: str, start: int, end: int) -> Iterator[Ordinal]:
    """What may number a round in a part of a folded, lower-case text; days of a month are among it."""
    for pattern, number_of in _FORMS:
        for match in pattern.finditer(text, start, end):
            yield Ordinal(*match.span(), number_of(match[1]))


def round_in(sentence: Sentence) -> int | None:
    """The number of the round that a sentence tells of, earlier ones apart; None where it names none or several."""
    found = {
        one.number
        for one in ordinals(sentence.folded.lower, sentence.start, sentence.end)
        if not _is_date(one, sentence) and not _earlier(one, sentence) and not _elsewhere(one, sentence)
    }
    return found.pop() if len(found) == 1 else None


_FORMS = (
    (_ENGLISH, int),
    (_CHINESE, chinese_number),
    (_CHINESE_FIRST, lambda _: 1),
    (_WORD, lambda word: _WORDS.index(word) + 1),
)


def _is_date(one: Ordinal, sentence: Sentence) -> bool:
    return any(d.start <= one.start < d.end for d in sentence.dates)


def _earlier(one: Ordinal, sentence: Sentence) -> bool:
    clause = sentence.clause(one.start)
    return any(sentence.marked(mark, clause) for mark in ("earlier", "past"))


def _elsewhere(one: Ordinal, sentence: Sentence) -> bool:
    start, _ = sentence.clauses[sentence.clause(one.start)]
    return counts_a_conference(sentence.folded.lower, start, one.start)


def counts_a_conference(text: str, start: int, end: int) -> bool:
    """Whether a number at `end` counts something that was only attended, by what its clause says from `start` on."""
    return _ELSEWHERE.search(text, start, end) is not None
