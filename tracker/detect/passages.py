"""Press conferences: who asks, told by the labels of their turns, whatever outlet they are of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

LABEL = re.compile(r"\s*(?:(?P<name>[^\s:][^:;?!。？！\n]{1,40}:)|(?P<asks>Q\.? (?=[A-Z\"'])))")
"""Whoever speaks next, at the beginning of a sentence: a name and a colon, or a stenographer's bare `Q`."""

_ASKS = re.compile(r"[?？][\s\"')]*$")


def asking(text: str, sentences: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The labels of those who ask, as spans of a folded text that was cut into sentences.

    They ask whose turn ends in a question mark, where there are several turns.
    """
    turns = [(number, label) for number, span in enumerate(sentences) if (label := LABEL.match(text, *span))]
    if len(turns) < 2:
        return
    for (_, label), (following, _) in pairwise([*turns, (len(sentences), None)]):
        if label["asks"] or _ASKS.search(text[slice(*sentences[following - 1])]):
            yield label.span()
