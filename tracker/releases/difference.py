"""What differs between two wordings, as people read it: word by word, in Chinese character by character. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import groupby

MOST_WORDS = 1_500
"""Longer stretches that differ are compared sentence by sentence: time grows with the square of their length."""

_ELLIPSIS = re.compile(r"\s*\[?(?:…|\.{3})\]?\s*$")
_WORD = re.compile(r"[㐀-鿿豈-﫿]|\s+|[^\W㐀-鿿豈-﫿]+|.", re.DOTALL)
_SENTENCE = re.compile(r".*?(?:[.!?]\s+|[。！？]|\n|\Z)", re.DOTALL)


class Change(StrEnum):
    SAME = "same"
    OLD = "old"
    NEW = "new"


@dataclass(frozen=True)
class Piece:
    """Words that both wordings have, or the old one alone, or the new one alone."""

    change: Change
    text: str


def difference(before: str, after: str) -> tuple[Piece, ...]:
    """The pieces of both wordings in order: those but the new are `before`, those but the old are `after`."""
    old, new = _WORD.findall(before), _WORD.findall(after)
    head = _alike(old, new)
    tail = _alike(old[head:][::-1], new[head:][::-1])
    left, right = old[head : len(old) - tail], new[head : len(new) - tail]
    if max(len(left), len(right)) > MOST_WORDS:
        left, right = (_SENTENCE.findall("".join(words)) for words in (left, right))
    middle = _compared(left, right) if max(len(left), len(right)) <= MOST_WORDS else _replaced(left, right)
    pieces = [(Change.SAME, old[:head]), *middle, (Change.SAME, old[len(old) - tail :])]
    return tuple(_joined((change, "".join(words)) for change, words in pieces))


def only_cut(before: str, after: str) -> bool:
    """Whether a text is but the beginning of what it was and says so by an ellipsis, or is empty: a teaser, no edit."""
    before, after = (" ".join(text.split()) for text in (before, after))
    beginning = _ELLIPSIS.sub("", after)
    return before.startswith(beginning) and (beginning != after or not after)


def only_spaced(before: str, after: str) -> bool:
    """Whether two wordings differ in white space at most: where their lines are broken is no edit."""
    return before.split() == after.split()


def _alike(one: Sequence[str], other: Sequence[str]) -> int:
    """How many words two wordings begin with together."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (left, right) in pairs if left != right), min(len(one), len(other)))


def _compared(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[Change, Sequence[str]]]:
    # What is everywhere in a text is no anchor in it: looking for it at every place would take minutes.
    for kind, start, end, begins, ends in SequenceMatcher(None, old, new, autojunk=True).get_opcodes():
        if kind == "equal":
            yield Change.SAME, old[start:end]
        else:
            yield from _replaced(old[start:end], new[begins:ends])


def _replaced(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[Change, Sequence[str]]]:
    yield Change.OLD, old
    yield Change.NEW, new


def _joined(pieces: Iterable[tuple[Change, str]]) -> Iterator[Piece]:
    """Neighbours of one kind together."""
    pieces = [piece for piece in pieces if piece[1]]
    for change, same in groupby(pieces, key=lambda piece: piece[0]):
        yield Piece(change, "".join(text for _, text in same))
