"""Short quotes of a text: the sentences in which marked words stand, and no more of it than proves them.

Whole texts are kept for proof and belong to their publishers; public pages show what a point needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from markupsafe import Markup

from tracker.detect.normalise import fold, sentences
from tracker.model import Evidence
from tracker.web.reviewing.marks import marked

MOST = 1_600
"""Characters of one text that are quoted on a page."""

LONGEST = 400
"""Characters of a sentence that are quoted; of a longer one what stands around its first marked words."""


def quoted(text: str, evidence: Iterable[Evidence]) -> Markup:
    """The sentences that hold words of evidence, marked, with dots for what is left out, up to `MOST` characters."""
    words = sorted(evidence, key=lambda one: one.start)
    pieces, end = [], 0
    room = MOST
    for start, stop in _spans(text):
        here = [one for one in words if start <= one.start < stop]
        start, stop = _shortened(start, stop, here)
        if not here or stop - start > room:
            continue
        room -= stop - start
        pieces.append(_between(text[end:start], bool(pieces)))
        pieces.append(marked(text[start:stop], [_moved(one, start) for one in here]))
        end = stop
    return Markup("").join([*pieces, " …" if text[end:].strip() else ""])


def _between(left: str, quoted_before: bool) -> str:
    """What stands for the part between two quotes: itself where it is blank, else dots."""
    if not left.strip():
        return left
    return " … " if quoted_before else "… "


def _spans(text: str) -> list[tuple[int, int]]:
    folded = fold(text)
    return [folded.span(start, end) for start, end in sentences(folded.text)]


def _shortened(start: int, stop: int, words: Sequence[Evidence]) -> tuple[int, int]:
    if stop - start <= LONGEST or not words:
        return start, stop
    begin = max(start, words[0].start - LONGEST // 4)
    return begin, min(stop, begin + LONGEST)


def _moved(word: Evidence, by: int) -> Evidence:
    return Evidence(word.field, word.start - by, word.end - by, word.text, word.role)
