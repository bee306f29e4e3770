"""The number of a round: `17th round`, `the 18th talks`, `第19次`."""

from __future__ import annotations

import re

from tracker.detect.dates import chinese_number
from tracker.detect.reading import Sentence

_ENGLISH = re.compile(r"\b(\d{1,3})(?:st|nd|rd|th)\b(?! of|[ -]century|[ -]anniversary|[ -]congress| party| floor)")
_CHINESE = re.compile(r"第(\d{1,3}|[一二三四五六七八九十]{1,4})(?:次|轮|届)")
_WORDS = (
    *("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"),
    *("eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth"),
    *("nineteenth", "twentieth"),
)
_WORD = re.compile(rf"\b({'|'.join(_WORDS)}) (?:round|session|edition|meeting)\b")


def round_in(sentence: Sentence) -> int | None:
    """The number of the round that a sentence names; None where it names none or several."""
    text = sentence.folded.lower[sentence.start : sentence.end]
    dates = [(d.start - sentence.start, d.end - sentence.start) for d in sentence.dates]
    found = {int(m[1]) for m in _ENGLISH.finditer(text) if not any(start <= m.start() < end for start, end in dates)}
    found |= {chinese_number(m[1]) for m in _CHINESE.finditer(text)}
    found |= {_WORDS.index(m[1]) + 1 for m in _WORD.finditer(text)}
    return found.pop() if len(found) == 1 else None
