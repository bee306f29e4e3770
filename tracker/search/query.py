"""What a person types into a search box, read: words, "phrases", and -what is not wanted. Pure.

Nothing that can be typed is an error of syntax: what has no words asks for nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from tracker.search.words import Piece, finished, folded, pairs, pieces, stems

SHORTEST_PREFIX = 3
"""Letters from which on the last word is also taken as the beginning of a longer one."""

_CHUNK = re.compile(r'(-?)(?:"([^"]*)"?|([^\s"]+))')


class Kind(StrEnum):
    """What is found, in the order in which it is shown."""

    CHANNEL = "channel"
    CHANGE = "change"
    CONTACT = "contact"
    RELEASE = "release"


@dataclass(frozen=True)
class Term:
    """Words and runs that must stand side by side. `prefix`: the last may go on; `excluded`: they must not stand there.

    `pieces`: each with whether it is a run of an unspaced script.
    """

    pieces: tuple[tuple[str, bool], ...]
    prefix: bool = False
    excluded: bool = False

    @property
    def entries(self) -> tuple[str, ...]:
        """The entries of an index that must follow one another."""
        found: list[str] = []
        for place, (form, unspaced) in enumerate(self.pieces):
            if not unspaced:
                found.append(form)
            elif place < len(self.pieces) - 1 or len(form) == 1:
                found += pairs(form)
            else:
                found += pairs(form)[:-1]  # the run may go on
        return tuple(found)

    @property
    def finished(self) -> list[tuple[str, ...]]:
        """The same with words that the last one may be the beginning of, and that its letters do not find."""
        entries = self.entries
        return [(*entries[:-1], word) for word in finished(entries[-1])] if self.prefix else []

    @property
    def open_ended(self) -> bool:
        """Whether the last entry is only the beginning of what is looked for."""
        form, unspaced = self.pieces[-1]
        return self.prefix or (unspaced and len(form) == 1)


@dataclass(frozen=True)
class Query:
    """All of `wanted` must stand in what is found, and none of `unwanted`. `stems`: all that was typed, to compare."""

    wanted: tuple[Term, ...]
    unwanted: tuple[Term, ...] = ()
    stems: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.wanted)


def read_query(text: str) -> Query:
    """What a text asks for. The last word, unless quoted, may be the beginning of a longer one."""
    chunks = list(_CHUNK.finditer(folded(text).text))
    terms = [term for chunk in chunks for term in _terms(chunk, last=chunk is chunks[-1])]
    # The same word twice asks for no more than once.
    wanted = tuple(dict.fromkeys(term for term in terms if not term.excluded))
    return Query(wanted, tuple(term for term in terms if term.excluded), stems(text))


def _terms(chunk: re.Match[str], *, last: bool) -> list[Term]:
    minus, quoted, bare = chunk.groups()
    found = list(pieces(folded(quoted if bare is None else bare)))
    if not found:
        return []
    excluded = bool(minus)
    if bare is None or excluded:
        return [Term(_told(found), excluded=excluded)]
    # Runs of either script stand for themselves: two that touch ask for both, side by side or not.
    parts = [list(same) for _, same in groupby(found, key=lambda piece: piece.unspaced)]
    return [Term(_told(part), prefix=last and part is parts[-1] and _may_go_on(part[-1], bare)) for part in parts]


def _told(found: list[Piece]) -> tuple[tuple[str, bool], ...]:
    return tuple((piece.form, piece.unspaced) for piece in found)


def _may_go_on(piece: Piece, bare: str) -> bool:
    return not piece.unspaced and piece.form.isalpha() and len(piece.form) >= SHORTEST_PREFIX and piece.end == len(bare)
