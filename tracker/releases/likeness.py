"""How like two texts are, word by word, to tell an item that came again from another that only begins alike. Pure.

Texts are compared by their runs of three words (in Chinese: of three characters), whatever their case and punctuation.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from tracker.model import Release

NEARLY_THE_SAME = 0.8
"""Texts that share this part of their runs are one with small corrections: two words of a hundred leave 0.9."""

LITTLE = 0.3
"""Texts of which one has no more than this part of the other's runs are of two things: both may name the parties."""

SAME_ITEM_WITHIN = timedelta(days=5)
"""Like texts published further apart than this are two: what is said every week is said anew."""

ENOUGH = 15
"""Runs beyond the title, below which a text is too short to know it by: "Daily briefing" is no identity."""

_KEYS = 3
_SPREAD = 2_654_435_761
_WORD = re.compile(r"[㐀-鿿豈-﫿]|[^\W㐀-鿿豈-﫿]+")
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True)
class Words:
    """What of a release's words is compared: its runs, hashed, and its numbers in their order."""

    runs: frozenset[int]
    numbers: tuple[str, ...]
    telling: bool

    @property
    def keys(self) -> tuple[int, ...]:
        """Three keys, of which texts that are nearly the same share one at least, but for one pair in a hundred.

        The numbers are part of each: what differs in them is never the same, however much boilerplate it shares.
        """
        # Multiplied, since checksums of like texts differ alike.
        numbers = zlib.crc32(" ".join(self.numbers).encode()) * _SPREAD
        smallest = [(run + numbers) % 2**32 for run in sorted(self.runs)[:_KEYS]] or [numbers % 2**32]
        return (*smallest, *[smallest[-1]] * (_KEYS - len(smallest)))


def words_of(release: Release) -> Words:
    """The words of a release as they are compared. `telling`: there are enough of them to know it by."""
    text = _plain(f"{release.title}\n{release.summary}")
    runs = _runs(_WORD.findall(text))
    beyond_title = len(runs) - len(_WORD.findall(release.title))
    return Words(runs, tuple(_NUMBER.findall(text)), beyond_title >= ENOUGH)


def keys_of(release: Release) -> tuple[int, ...]:
    """The keys by which releases with nearly the same words are found; none for a text too short to know it by."""
    words = words_of(release)
    return tuple(dict.fromkeys(words.keys)) if words.telling else ()


def likeness(one: Words, other: Words) -> float:
    """From 0 (nothing in common) to 1 (the same words): the share of all runs that both have."""
    together = len(one.runs | other.runs)
    return len(one.runs & other.runs) / together if together else 0.0


def same_words(one: Words, other: Words) -> str | None:
    """Why two releases of one side and about one time are one release, by their words alone; None when they are not.

    Other numbers make another release: of the briefing of 3 March and that of 4 March all else may be the same.
    """
    if not (one.telling and other.telling) or one.numbers != other.numbers:
        return None
    alike = likeness(one, other)
    if alike == 1:
        return "the same words"
    return f"nearly the same words ({int(alike * 100)} % alike)" if alike >= NEARLY_THE_SAME else None


def another(item: Release, kept: Release) -> bool:
    """Whether an item at another address is another release than the one that its guid names: that was given anew.

    A teaser of what is kept in full may have few words of it, and bears its title and day.
    """
    one, other = words_of(item).runs, words_of(kept).runs
    if len(one & other) > LITTLE * min(len(one), len(other)):
        return False
    titles = plain_words(item.title), plain_words(kept.title)
    return item.published != kept.published or (titles[0] != titles[1] and plain_likeness(*titles) <= LITTLE)


def plain_words(text: str) -> list[str]:
    """The words of a text in their order (in Chinese: characters), without case and punctuation."""
    return _WORD.findall(_plain(text))


def plain_likeness(one: Sequence[str], other: Sequence[str]) -> float:
    """`likeness` of two texts by their plain words, where no release is at hand."""
    return likeness(Words(_runs(one), (), True), Words(_runs(other), (), True))


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _runs(words: Sequence[str]) -> frozenset[int]:
    coded = " ".join(words).encode("utf-8", "surrogatepass").split(b" ")
    return frozenset(map(zlib.crc32, map(b" ".join, zip(coded, coded[1:], coded[2:], strict=False))))
