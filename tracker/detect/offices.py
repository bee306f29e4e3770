"""Who is meant by the words for an office: its holders of a day, and what they are called in a language."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from tracker.detect.lexicon import Holder, Office, spellings
from tracker.detect.normalise import fold
from tracker.wording import language_of


def holders_on(office: Office, day: date) -> list[Holder]:
    """Who held an office on a day."""
    return [holder for holder in office.holders if holder.since <= day <= holder.until]


def holder_called(office: Office, words: str, day: date) -> Holder | None:
    """The holder of that day whose name the words are; None where they name the office alone."""
    return next((holder for holder in holders_on(office, day) if _is_called(holder, words)), None)


def is_one_person(holder: Holder) -> bool:
    """Whether the names of a holder are those of one person: the Latin ones share a word. An office may be held by
    several, who are listed as one; which of them is meant is then not known.
    """
    latin = [spelt for name in holder.names for spelt in spellings(name) if spelt.isascii()]
    return not latin or bool(set.intersection(*(set(spelt.lower().split()) for spelt in latin)))


def first_in(lang: str, terms: Iterable[str]) -> str | None:
    """The first of some terms that is written in a language, in its first spelling."""
    plain = (term for term in terms if "&" not in term and "..." not in term and "*" not in term)
    return next((spellings(term)[0] for term in plain if language_of(term) == lang), None)


def _is_called(holder: Holder, words: str) -> bool:
    wanted = fold(words).lower
    return any(fold(spelt).lower == wanted for name in holder.names for spelt in spellings(name))
