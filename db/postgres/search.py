"""Full-text search by PostgreSQL's own: `tsvector` under a GIN index, with the words that we cut and stem ourselves.

PostgreSQL's parsers tell hosts, numbers with signs and hyphened words apart, and cannot cut Chinese; what stands in the
index is to be the same as in SQLite's. So words are cut here as FTS5's `unicode61` cuts them, and stemmed by the same
algorithm.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from db import search
from db.queries import Shared
from tracker.search import Query, Term, stem

_WORD = re.compile(r"[^\W_]+")
_NOWHERE = "'_'"
"""An entry that no document has: what is asked for where signs alone are."""

_WEIGHTS = "ABC"
"""Of the fields of a document, the most telling first."""

_LONGEST, _LAST, _MOST = 500, 16_383, 255
"""Characters of an entry, the last place that can be told, and places of one entry: PostgreSQL's own bounds, about."""


class Search(search.Search):
    """The index in two tables of vectors; the score is `ts_rank` by the length of the document."""

    _found = Shared(Path(__file__).with_name("search.sql"))

    def _kept(self, number: int, **fields: str) -> dict[str, int | str]:
        return {"document": number, "words": vector(fields.values())}

    def _expression(self, query: Query) -> str:
        """Each entry stands within quotes, where nothing is an operator."""
        wanted = " & ".join(map(_phrase, query.wanted))
        return f"{wanted} & !({' | '.join(map(_phrase, query.unwanted))})" if query.unwanted else wanted


def vector(fields: Iterable[str]) -> str:
    """Fields of indexed text as the text of a `tsvector`. What ends one field and begins the next is no phrase."""
    places: dict[str, list[str]] = defaultdict(list)
    place = 0
    for weight, field in zip(_WEIGHTS, fields, strict=False):
        place += 1
        for entry in _entries(field):
            place += 1
            if len(places[entry]) < _MOST:
                places[entry].append(f"{min(place, _LAST)}{weight}")
    return " ".join(f"'{entry}':{','.join(found)}" for entry, found in places.items())


def _entries(text: str) -> Iterable[str]:
    plain = "".join(mark for mark in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(mark))
    return map(_entry, _WORD.findall(plain))


def _entry(word: str) -> str:
    """A word as FTS5's stemmer leaves it: very short and very long ones are as they are."""
    return stem(word) if word.isascii() and 2 < len(word) < 64 else word[:_LONGEST]


def _phrase(term: Term) -> str:
    words = _followed(term.entries)
    if not term.open_ended:
        return words
    if not term.prefix:
        return f"{words}:*"
    # The stem of a whole word may be shorter than what was typed of it: "coordinating" is "coordin".
    return f"({' | '.join([words, f'{words}:*', *map(_followed, term.finished)])})"


def _followed(words: Iterable[str]) -> str:
    """Entries that follow one another; a sign after them is of the last."""
    return " <-> ".join(f"'{entry}'" for entry in _entries(" ".join(words))) or _NOWHERE
