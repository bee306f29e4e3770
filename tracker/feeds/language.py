"""Which of English and Chinese a text is in, by its letters."""

from __future__ import annotations

import re

_CHINESE = re.compile(r"[㐀-鿿]")
_LATIN = re.compile(r"[A-Za-z]")

_CHINESE_FROM = 0.2
"""A text of which this share is Chinese characters is Chinese."""

_ENOUGH = 40
"""Letters from which a text may speak against what its feed says; a Chinese character counts as two."""

_CLEARLY = 0.9
"""The share of the letters that must be of the other script then: releases quote names and terms in both."""


def language(text: str) -> str:
    """`zh` or `en`, whichever is the likelier."""
    return "zh" if len(_CHINESE.findall(text)) > _CHINESE_FROM * len(text) else "en"


def spoken(text: str, said: str) -> str:
    """The text's language: what is said of it, unless that is one of the two and the text clearly is in the other."""
    if said not in ("en", "zh"):
        return said
    chinese = 2 * len(_CHINESE.findall(text))
    if said == "en" and chinese < _ENOUGH:
        return said
    latin = len(_LATIN.findall(text))
    other, letters = ("zh", chinese) if said == "en" else ("en", latin)
    return other if letters >= _ENOUGH and letters >= _CLEARLY * (chinese + latin) else said
