"""How wide words are, and what of them fits into a room. Pure; in pixels, never less than sans-serif fonts need."""

from __future__ import annotations

NARROW, WIDE = frozenset("fijlrtI.,:;'’|!()[] -"), frozenset("mwMW—–…@%")
FIRST_IDEOGRAPH = 0x2E80

LEAST_TOLD = 18
"""Characters of a text of which fewer tell nothing."""

_CLAUSE_ENDS = (";", ",", ":", ".")


def width_of(text: str, size: float) -> float:
    """About how wide a text is in a sans-serif font of a size, rather more than less: some are as wide as Verdana."""
    return size * sum(map(_share, text))


def _share(character: str) -> float:
    """How wide a character is, of the size of its font."""
    if ord(character) >= FIRST_IDEOGRAPH:
        return 1.0
    return 0.4 if character in NARROW else 1.0 if character in WIDE else 0.78 if character.isupper() else 0.63


def fitting(text: str, room: float, size: float) -> str | None:
    """The text without its full stop if it fits, else as many words as do with an ellipsis; None where too few do.

    It ends with a clause where one ends not long before.
    """
    whole = text.strip().removesuffix(".")
    if width_of(whole, size) <= room:
        return whole
    words = whole.split()
    while words and width_of(f"{' '.join(words)} …", size) > room:
        words.pop()
    clause = next((place for place in range(len(words), 0, -1) if words[place - 1].endswith(_CLAUSE_ENDS)), 0)
    if len(" ".join(words[:clause])) >= max(LEAST_TOLD, 0.6 * len(" ".join(words))):
        words = words[:clause]
    told = " ".join(words).rstrip(";,:.")
    return f"{told} …" if len(told) >= LEAST_TOLD else None


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
