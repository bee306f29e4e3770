"""Full-text search by SQLite's FTS5, which stems and counts by itself; its index keeps no texts."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from db import search
from db.queries import Shared
from tracker.search import Query, Term


class Search(search.Search):
    """The index in two FTS5 tables; the score is `bm25`."""

    _found = Shared(Path(__file__).with_name("search.sql"))

    def _kept(self, number: int, **fields: str) -> dict[str, int | str]:
        return {"id": number} | fields

    def _expression(self, query: Query) -> str:
        """All that a person typed stands within quotes, where nothing is an operator."""
        wanted = " AND ".join(map(_phrase, query.wanted))
        return f"({wanted}) NOT ({_either(query.unwanted)})" if query.unwanted else wanted


def _either(terms: Iterable[Term]) -> str:
    return " OR ".join(map(_phrase, terms))


def _phrase(term: Term) -> str:
    words = _quoted(term.entries)
    if not term.open_ended:
        return words
    if not term.prefix:
        return f"{words} *"
    # The stem of a whole word may be shorter than what was typed of it: "coordinating" is "coordin".
    return f"({' OR '.join([words, f'{words} *', *map(_quoted, term.finished)])})"


def _quoted(entries: Iterable[str]) -> str:
    return f'"{" ".join(entries)}"'
