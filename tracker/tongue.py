"""The language in which words are told: English, as it stands in the code, or one that has a catalogue in `locale/`.

It holds for one request or one letter (a context variable), so that pure code words a sentence without being handed a
language. What programs read (API, feeds, log) is told in English. Catalogues are gettext's, read as they were written.
"""

from __future__ import annotations

import gettext as catalogues
import io
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ENGLISH = "en"

LANGUAGES = {ENGLISH: "English", "zh": "中文"}
"""What there is, each under its own name."""

HTML_TAGS = {"en": "en", "zh": "zh-Hans"}
"""The same as HTML names them."""

FOLDER = Path(__file__).parent / "locale"

KEPT = "kept"
"""The sense under which a catalogue has the texts of `to_keep`."""

_PLACE = re.compile(r"%\((\w+)\)s")

_spoken: ContextVar[str] = ContextVar("spoken", default=ENGLISH)


def language() -> str:
    """The language that is told now, as a key of `LANGUAGES`."""
    return _spoken.get()


def speak(chosen: str) -> None:
    """Tell all that follows in this context in a language. For a request; else `speaking` ends by itself."""
    _spoken.set(chosen)


@contextmanager
def speaking(chosen: str) -> Iterator[None]:
    """Tell what is worded inside in a language."""
    token = _spoken.set(chosen)
    try:
        yield
    finally:
        _spoken.reset(token)


def gettext(text: str, **values: Any) -> str:
    """The text in the language that is told, with its `%(name)s` filled in; English where it is not translated."""
    # A catalogue has its own header under the empty text.
    return _filled(_catalogue(language()).gettext(text), values) if text else ""


def ngettext(one: str, many: str, number: int, **values: Any) -> str:
    """The same of one of two texts, by a number, which is filled in as `num`."""
    return many_of(one, many, number) % ({"num": f"{number:,}"} | values)


def many_of(one: str, many: str, number: int) -> str:
    """One of two texts, by a number, with nothing filled in."""
    return _catalogue(language()).ngettext(one, many, number)


def pgettext(sense: str, text: str, **values: Any) -> str:
    """The same of a word that English uses in several senses."""
    return _filled(_catalogue(language()).pgettext(sense, text), values)


def msg(text: str) -> str:
    """The text as it is: it is translated where it is told."""
    return text


def pmsg(_sense: str, text: str) -> str:
    """The same of a text that `pgettext` translates."""
    return text


def msgs(one: str, many: str) -> tuple[str, str]:
    """The same of two texts between which a number decides."""
    return one, many


def to_keep(text: str, **values: Any) -> str:
    """A sentence to be stored: in English, whatever is told. `retold` tells it where it is read."""
    return _filled(text, values)


def retold(text: str) -> str:
    """Sentences that `to_keep` made, in the language that is told; as they are where one of them is none of ours.

    What was filled in is told likewise where it is ours: a sentence about another.
    """
    return (_retold(text, language()) or text) if text and language() != ENGLISH else text


@lru_cache(maxsize=4096)
def _retold(text: str, chosen: str) -> str | None:
    for form, template in _forms(chosen):
        found = form.match(text)
        if found is None:
            continue
        following = text[found.end() :].strip()
        rest = _retold(following, chosen) if following else ""
        if rest is not None:
            values = {name: _retold(value, chosen) or value for name, value in found.groupdict().items()}
            return template % values + rest
    return None


@cache
def _forms(chosen: str) -> list[tuple[re.Pattern[str], str]]:
    """How each text that is kept looks once it is filled in, and how it is told; those of the most words first."""
    with (FOLDER / f"{chosen}.po").open("rb") as file:
        kept = [message for message in read_po(file, locale=chosen) if message.context == KEPT and message.string]
    kept.sort(key=lambda message: len(_PLACE.sub("", message.id)), reverse=True)
    return [
        (_form(message.id), message.string if _PLACE.search(message.id) else _literal(message.string))
        for message in kept
    ]


def _form(text: str) -> re.Pattern[str]:
    literal, places = _PLACE.split(text)[::2], _PLACE.findall(text)
    literal = [words.replace("%%", "%") for words in literal] if places else literal
    form = re.escape(literal[0])
    for place, following in zip(places, literal[1:], strict=True):
        form += f"(?P<{place}>.*{'?' if following else ''}){re.escape(following)}"
    return re.compile(form + r"(?=\s|$)", re.DOTALL)


def _literal(text: str) -> str:
    """To be filled in with nothing."""
    return text.replace("%", "%%")


def name_of(names: Mapping[str, str]) -> str:
    """The name in the language that is told, else the English one."""
    return names.get(language()) or names[ENGLISH]


def told_first(names: Mapping[str, str]) -> dict[str, str]:
    """All names by their languages, that in the language that is told first."""
    return {lang: names[lang] for lang in sorted(names, key=lambda lang: lang != language())}


def _filled(text: str, values: Mapping[str, Any]) -> str:
    return text % values if values else text


@cache
def _catalogue(chosen: str) -> catalogues.NullTranslations:
    if chosen == ENGLISH:
        return catalogues.NullTranslations()
    with (FOLDER / f"{chosen}.po").open("rb") as file:
        written = read_po(file, locale=chosen)
    compiled = io.BytesIO()
    write_mo(compiled, written)
    compiled.seek(0)
    return catalogues.GNUTranslations(compiled)
