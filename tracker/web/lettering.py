"""How wide words are, and what of them fits into a room. Pure; in pixels, never less than sans-serif fonts need."""

from __future__ import annotations

import re

NARROW, WIDE = frozenset("fijlrtI.,:;'’|!()[] -"), frozenset("mwMW—–…@%")
FIRST_IDEOGRAPH = 0x2E80

LEAST_TOLD = 14
"""Characters of a text below which its beginning tells nothing."""

_CLAUSES = re.compile(r"(?<=[;,:])\s|(?<=[，；。：])|(?<=\.)\s(?=[A-Z])")


def width_of(text: str, size: float) -> float:
    """About how wide a text is in a sans-serif font of a size, rather more than less."""
    return size * sum(map(_share, text))


def _share(character: str) -> float:
    """How wide a character is, of the size of its font."""
    if ord(character) >= FIRST_IDEOGRAPH:
        return 1.0
    return 0.36 if character in NARROW else 0.95 if character in WIDE else 0.74 if character.isupper() else 0.57


def fitting(text: str, room: float, size: float) -> str | None:
    """The text, or as many of its first clauses as fit with an ellipsis; None where not even one does."""
    text = text.strip()
    whole = text.removesuffix(".")
    if width_of(whole, size) <= room:
        return whole
    for cut in reversed([match.start() for match in _CLAUSES.finditer(text)]):
        told = f"{text[:cut].rstrip(' ;,:.，；。：')} …"
        if cut >= LEAST_TOLD and width_of(told, size) <= room:
            return told
    return None


def wrapped(text: str, room: float, size: float, most: int) -> list[str]:
    """The text in lines that fit, at most so many; the last ends with an ellipsis where there was more.

    A word that is wider than the room stands in a line of its own.
    """
    lines: list[str] = []
    for word in text.split():
        if lines and width_of(f"{lines[-1]} {word}", size) <= room:
            lines[-1] = f"{lines[-1]} {word}"
        else:
            lines.append(word)
    if len(lines) <= most:
        return lines
    last = lines[most - 1].split()
    while len(last) > 1 and width_of(f"{' '.join(last)} …", size) > room:
        last.pop()
    return [*lines[: most - 1], f"{' '.join(last)} …"]
