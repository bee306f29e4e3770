"""Where the words of a query stand in a text as it was written, and the part of it that shows them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from tracker.search.query import Query, Term
from tracker.search.words import Piece, folded, pieces, stem

Span = tuple[int, int]
"""Half-open, in characters."""

LONGEST = 240
_BEFORE = 60
_LONGEST_WORD = 30
_LONGEST_READ = 20_000
"""Characters of a text that are looked through; what stands further on is not shown."""

_STOPS = ".。!！?？;；\n"


@dataclass(frozen=True)
class Excerpt:
    """A part of a text, the spans in it to be marked, and whether it begins and ends where the text does."""

    text: str
    marks: tuple[Span, ...]
    opens: bool = True
    closes: bool = True


def marks(text: str, query: Query) -> tuple[Span, ...]:
    """The spans of `text` that the query asks for, in order, none touching another."""
    read = folded(text[:_LONGEST_READ])
    told = list(pieces(read))
    found = sorted(read.span(*span) for term in query.wanted for span in _places(term, told))
    joined: list[Span] = []
    for start, end in found:
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return tuple(joined)


def whole(text: str, query: Query) -> Excerpt:
    return Excerpt(text, marks(text, query))


def excerpt(text: str, query: Query, longest: int = LONGEST) -> Excerpt:
    """The part of `text`, of about `longest` characters, in which most of what was asked for stands."""
    found = marks(text, query)
    if len(text) <= longest:
        return Excerpt(text, found)
    start = _start(text, found, longest)
    end = _after_word(text, min(start + longest, len(text)))
    shown = tuple((max(a, start) - start, min(b, end) - start) for a, b in found if a < end and b > start)
    return Excerpt(text[start:end], shown, opens=start == 0, closes=end == len(text))


def met(text: str, query: Query) -> int:
    """How many of the wanted terms stand in a text."""
    told = list(pieces(folded(text[:_LONGEST_READ])))
    return sum(any(True for _ in _places(term, told)) for term in query.wanted)


def without(text: str, query: Query) -> Query:
    """The query for what of it does not stand in a text."""
    told = list(pieces(folded(text)))
    return replace(query, wanted=tuple(term for term in query.wanted if not any(True for _ in _places(term, told))))


def _places(term: Term, told: Sequence[Piece]) -> Iterator[Span]:
    """Where in the folded text a term stands."""
    for at in range(len(told) - len(term.pieces) + 1):
        beside = told[at : at + len(term.pieces)]
        if all(_meets(term, place, piece) for place, piece in enumerate(beside)):
            yield from _within(term, beside)


def _meets(term: Term, place: int, piece: Piece) -> bool:
    """Whether a piece of a text is what the term wants at a place: at its ends, runs may go on."""
    form, unspaced = term.pieces[place]
    first, last = place == 0, place == len(term.pieces) - 1
    if unspaced != piece.unspaced:
        return False
    if unspaced:
        if first and last:
            return form in piece.form
        return piece.form.endswith(form) if first else piece.form.startswith(form) if last else form == piece.form
    if last and term.prefix and piece.form.startswith(form):
        return True
    return stem(form) == stem(piece.form)


def _within(term: Term, beside: Sequence[Piece]) -> Iterator[Span]:
    """Where in pieces that meet a term its own characters stand."""
    (first, unspaced), (last, runs_on) = term.pieces[0], term.pieces[-1]
    if len(beside) == 1 and unspaced:
        run, at = beside[0], beside[0].form.find(first)
        while at >= 0:
            yield run.start + at, run.start + at + len(first)
            at = run.form.find(first, at + len(first))
        return
    start = beside[0].end - len(first) if unspaced else beside[0].start
    yield start, beside[-1].start + len(last) if runs_on else beside[-1].end


def _start(text: str, found: Sequence[Span], longest: int) -> int:
    """Where the excerpt begins: before the mark from which on most marks fit in, at a sentence or a word."""
    if not found:
        return 0
    reach = longest - _BEFORE
    best = max(found, key=lambda mark: (sum(mark[0] <= a < mark[0] + reach for a, _ in found), -mark[0]))
    if best[0] <= _BEFORE:
        return 0
    earliest = best[0] - _BEFORE
    stop = max(text.rfind(sign, earliest, best[0]) for sign in _STOPS)
    at = stop + 1 if stop >= 0 else earliest
    while at < best[0] and (text[at].isspace() or (stop < 0 and _within_word(text, at))):
        at += 1
    return at


def _after_word(text: str, end: int) -> int:
    """`end`, moved back to where no word of letters is cut."""
    if end == len(text):
        return end
    at = end
    while at > end - _LONGEST_WORD and _within_word(text, at):
        at -= 1
    return len(text[: end if _within_word(text, at) else at].rstrip())


def _within_word(text: str, at: int) -> bool:
    return 0 < at < len(text) and text[at - 1].isascii() and text[at - 1].isalnum() and text[at].isalnum()
