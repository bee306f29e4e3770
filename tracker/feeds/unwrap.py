"""Text that a mail program or a PDF wrapped at some column, with its sentences whole again. Pure.

A program breaks a line where the next word would not have fit, a person where something ends. So what was broken by a
program is told from lists, headings and chronologies by its lines that end in the middle of a sentence.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise

WIDEST = 100
"""Columns of the widest lines that are taken to be wrapped; longer ones are paragraphs."""

NARROWEST = 40
"""Columns below which lines are a list or verse."""

_NEARLY = 0.85
"""Lines that a program broke are nearly as long as the longest: those of a PDF are even in print, not in characters."""

_MOST = 2 / 3
"""The part of all lines ending within a sentence that are as long as that in a text that was wrapped."""

_HAN = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef"
_CLOSED = re.compile(r"[.!?:;。！？：；…][\"'”’)）」』]*$")
_OPEN = re.compile(r"[,，、]$|\b(?:a|an|and|as|at|by|for|from|in|of|on|or|that|the|to|with)$", re.IGNORECASE)
_ITEM = re.compile(
    r"\u3000|\s*(?:[-–—*•·▪◦●○■]\s|[(（]?(?:\d{1,2}|[a-z]|[一二三四五六七八九十]{1,3})(?:[)）、．]|\.\s))"
)
_WORD = re.compile(rf"[{_HAN}]|[^\s{_HAN}]+")
_WITHIN_HAN = re.compile(rf"[{_HAN}]\n[{_HAN}]")
_WITHIN_WORD = re.compile(r"[^\W\d_]-\n[^\W\d_]")


def unwrapped(text: str) -> str:
    """The text, each paragraph that was wrapped on one line; of another text nothing is changed."""
    lines = [line.rstrip() for line in text.splitlines()]
    width = _wrapped_at(lines)
    if width is None:
        return text
    told = lines[:1]
    for before, after in pairwise(lines):
        told += [_joint(before, after), after.lstrip()] if _is_wrapped(before, after, width) else ["\n", after]
    return "".join(told)


def _wrapped_at(lines: list[str]) -> int | None:
    """The column at which a program broke the lines; None where people did."""
    within = [pair for pair in pairwise(lines) if _runs_on(*pair) and max(map(_columns, pair)) <= WIDEST]
    width = max((_columns(before) for before, _ in within), default=0)
    full = [pair for pair in within if _is_full(*pair, _NEARLY * width)]
    # Two headings in Chinese look like one sentence.
    enough = 1 if any(_surely_runs_on(*pair) for pair in full) else 2
    return width if width >= NARROWEST and len(full) >= max(enough, _MOST * len(within)) else None


def _is_wrapped(before: str, after: str, width: int) -> bool:
    """Whether a program broke the text between two lines."""
    if _runs_on(before, after):
        return _is_full(before, after, _NEARLY * width)
    apart = not before or not after or before[-1] in ":：" or _ITEM.match(after)
    return not apart and _is_full(before, after, width)


def _runs_on(before: str, after: str) -> bool:
    """Whether a sentence goes on from one line to the next."""
    if not before or not after or _CLOSED.search(before) or _ITEM.match(after):
        return False
    return _surely_runs_on(before, after) or not _joint(before, after)


def _surely_runs_on(before: str, after: str) -> bool:
    return after.lstrip()[0].islower() or _OPEN.search(before) is not None


def _is_full(before: str, after: str, width: float) -> bool:
    """Whether the first word of the next line would not have fit."""
    return _columns(f"{before}{_joint(before, after)}{_WORD.search(after)[0]}") > width


def _joint(before: str, after: str) -> str:
    """What stands between two lines made one: nothing in Chinese, or after a hyphen within a word."""
    seam = f"{before[-2:]}\n{after.lstrip()[:1]}"
    return "" if _WITHIN_HAN.search(seam) or _WITHIN_WORD.search(seam) else " "


def _columns(text: str) -> int:
    """How wide a text is in a terminal, where Chinese characters have two columns."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
