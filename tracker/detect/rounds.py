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
_WORD = re.compile(rf"\b({'|'.join(_WORDS)}) (?:round|edition)\b(?! (?:since|in) )")


def round_in(sentence: Sentence) -> int | None:
    """The number of the round that a sentence tells of, earlier ones apart; None where it names none or several."""
    text = sentence.folded.lower
    found = {
        number
        for pattern, number_of in _FORMS
        for match in pattern.finditer(text, sentence.start, sentence.end)
        if not _is_date(match, sentence) and not _earlier(match, sentence)
        for number in [number_of(match[1])]
    }
    return found.pop() if len(found) == 1 else None


_FORMS = ((_ENGLISH, int), (_CHINESE, chinese_number), (_WORD, lambda word: _WORDS.index(word) + 1))


def _is_date(match: re.Match[str], sentence: Sentence) -> bool:
    return any(d.start <= match.start() < d.end for d in sentence.dates)


def _earlier(match: re.Match[str], sentence: Sentence) -> bool:
    clause = sentence.clause(match.start())
    return any(sentence.marked(mark, clause) for mark in ("earlier", "past"))
