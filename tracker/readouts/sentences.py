"""A sentence of a readout with what the lexicon finds in it, and how its parts are told apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from tracker.detect.dates import find_dates
from tracker.detect.match import Mention
from tracker.detect.normalise import Folded, clauses
from tracker.detect.rounds import Ordinal, counts_a_conference, ordinals
from tracker.model import Evidence, Release
from tracker.readouts.points import PointKind

AGREED, SETTLED, SPEAKS, ATTENDING, PLACE, GLOSS = "agreed", "settled", "speaks", "attending", "place", "gloss"
BECAUSE, OUTRIGHT, VAGUE = "because", "outright", "vague"
"""Kinds of words beside those of points."""

_EDGES = " 、，,。.;；:：\n"
"""What may stand at the edge of a mention and is no part of what is said."""


@dataclass(frozen=True)
class Sentence:
    """A sentence of a field, or the whole title; positions are those of the folded field."""

    field: str
    folded: Folded
    start: int
    end: int
    mentions: Sequence[Mention]
    lead: bool

    def of(self, *kinds: str) -> list[Mention]:
        return [mention for mention in self.mentions if mention.kind in kinds]

    def clause(self, position: int) -> tuple[int, int]:
        """The span of the clause in which a position lies."""
        cut = clauses(self.folded.text, self.start, self.end)
        return next((span for span in cut if span[0] <= position < span[1]), (self.start, self.end))


def agreed_spans(sentence: Sentence) -> Iterator[tuple[int, int]]:
    """The parts of a sentence in which what is named is agreed."""
    speaks = [mention.start for mention in sentence.of(SPEAKS)]
    topics = sentence.of(PointKind.TOPIC)
    for mention in sentence.of(AGREED, SETTLED):
        if any(topic.start <= mention.start and mention.end <= topic.end for topic in topics):
            continue  # "the consensus that the two reached" is what they speak of
        if mention.kind == AGREED:
            yield mention.start, min((start for start in speaks if start >= mention.end), default=sentence.end)
        else:
            yield sentence.clause(mention.start)[0], mention.end


def persons(sentence: Sentence) -> list[Mention]:
    """The offices whose holders are named.

    Not those whose title goes on to be another's (the president's adviser), is part of a lesser one (an assistant
    secretary), or is followed at once by who else bears it.
    """
    named, ranks = sentence.of("office"), sentence.of(PointKind.LEVEL)
    text = sentence.folded.text

    def lent(one: Mention) -> bool:
        after = one.end + text.startswith(" ", one.end)
        return any(
            one.start < other.start < one.end < other.end or (other.start == after and other.key != one.key)
            for other in named
        ) or any(rank.start < one.start and one.end <= rank.end for rank in ranks)

    return [one for one in named if not lent(one)]


def rounds(sentence: Sentence, published: date) -> list[Ordinal]:
    """The numbers of rounds that a sentence tells of: no day of a month, no conference at which they met, no round that
    is agreed on or to come.
    """
    text = sentence.folded.lower
    dates = [(one.start, one.end) for one in find_dates(text[: sentence.end], published)]
    ahead = [*agreed_spans(sentence), *((one.start + 1, sentence.end) for one in sentence.of(PointKind.NEXT))]
    return [
        one
        for one in ordinals(text, sentence.start, sentence.end)
        if not any(start <= one.start < end for start, end in (*dates, *ahead))
        and not counts_a_conference(text, sentence.clause(one.start)[0], one.start)
    ]


def outermost(mentions: list[Mention]) -> list[Mention]:
    """Without those that stand within a longer one of the same kind: a deputy is no minister."""
    return [
        one
        for one in mentions
        if not any(
            other.start <= one.start and one.end <= other.end and (other.start, other.end) != (one.start, one.end)
            for other in mentions
        )
    ]


def evidence(release: Release, sentence: Sentence, start: int, end: int, role: str) -> Evidence | None:
    """The original's words at folded characters [start, end), without what only stands at their edges."""
    text = sentence.folded.text
    while start < end and text[start] in _EDGES:
        start += 1
    while start < end and text[end - 1] in _EDGES:
        end -= 1
    if start == end:
        return None
    first, last = sentence.folded.span(start, end)
    return Evidence(sentence.field, first, last, getattr(release, sentence.field)[first:last], role)
