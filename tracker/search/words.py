"""The words of a text as search knows them: folded, initials without stops, Chinese cut into overlapping pairs.

Chinese has no spaces, and the usual index knows nothing but words between spaces. Each run of n characters becomes its
n - 1 pairs and its last character: a word of two characters is then one entry of the index, a longer one a phrase, and
a single character the beginning of an entry.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from operator import add
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tracker.detect.normalise import Folded

_UNSPACED = "\u1100-\u11ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
"""Characters of scripts in which words are not, or not only, told apart by spaces: Han, kana, and Hangul as folded."""

_INITIALS = r"\b(?:[A-Za-z]\.){2,}(?:[A-Za-z]\b)?"
_RUN = re.compile(f"[{_UNSPACED}]+")
_DOTTED = re.compile(_INITIALS)
_STOPPED = re.compile(r"\.[A-Za-z]\.")
"""Stands in all initials, and is found much faster where there are none."""

_PIECE = re.compile(f"(?P<run>[{_UNSPACED}]+)|(?P<initials>{_INITIALS})|[^\\W_{_UNSPACED}]+")

_ENDINGS = ("ation", "ating", "ement", "ence", "ance", "ing", "ity", "ive", "ed", "es")

_stemming = threading.Lock()


@dataclass(frozen=True)
class Piece:
    """A word, or a run of an unspaced script: its form, and where it stands in the folded text (half-open)."""

    form: str
    unspaced: bool
    start: int
    end: int


def folded(text: str) -> Folded:
    """The text as detection folds it."""
    return _fold()(text)


@cache
def _fold() -> Any:
    # When first needed: most commands search nothing, and its tables take longer to read than they run.
    from tracker.detect.normalise import fold

    return fold


@cache
def _stemmer() -> Any:
    import snowballstemmer

    return snowballstemmer.stemmer("porter")


def indexed(text: str) -> str:
    """The text as it is put into an index, which splits it at spaces and punctuation and stems what is English."""
    plain = folded(text).text
    if _STOPPED.search(plain):
        plain = _DOTTED.sub(lambda found: found.group().replace(".", ""), plain)
    return _RUN.sub(lambda run: f" {' '.join(pairs(run.group()))} ", plain)


def pairs(run: str) -> list[str]:
    """The entries of a run that stands alone: its overlapping pairs, then its last character."""
    return [*map(add, run, run[1:]), run[-1]]


def pieces(text: Folded) -> Iterator[Piece]:
    """The words and runs of a folded text in their order."""
    for found in _PIECE.finditer(text.lower):
        form = found.group().replace(".", "") if found["initials"] else found.group()
        yield Piece(form, found["run"] is not None, found.start(), found.end())


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """What the forms of an English word have in common: `talk` of talks, talked and talking."""
    with _stemming:  # the stemmer keeps the word that it works on
        return _stemmer().stemWord(word)


def finished(beginning: str) -> list[str]:
    """Words that a beginning which ends within an ending may be meant for: "coordinat" is not found by its own letters,
    since the stem of "coordination" is shorter.
    """
    words = (
        beginning + ending[cut:]
        for ending in _ENDINGS
        for cut in range(1, len(ending))
        if beginning.endswith(ending[:cut])
    )
    return [word for word in words if len(stem(word)) < len(beginning)]


def stems(text: str) -> tuple[str, ...]:
    """A name as it is compared with what was asked for: its words in their order, whatever their form and case."""
    return tuple(piece.form if piece.unspaced else stem(piece.form) for piece in pieces(folded(text)))
