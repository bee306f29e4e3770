"""Where a tie looks for its words: the clauses of its mentions, and one before that says no more than when."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from tracker.detect.dates import DateMention
from tracker.detect.match import Mention
from tracker.detect.sentence import Sentence
from tracker.detect.signals import current
from tracker.detect.ties import Tie

_LEFT = 8
"""Characters beside a day in a clause that says no more than when."""


@dataclass(frozen=True)
class Scope:
    """Where a tie looks for its words: the clauses of its mentions."""

    sentence: Sentence
    clauses: frozenset[int]
    own: tuple[Mention, ...]

    def near(self, mention: Mention | DateMention) -> bool:
        return self.sentence.clause(mention.start) in self.clauses

    @property
    def parties(self) -> frozenset[str]:
        """Parties named in these clauses."""
        return self.sentence.parties_of(m for m in self.sentence.mentions if self.near(m))

    @cached_property
    def signals(self) -> list[Mention]:
        """Signal words of the sentence, without those within the tie's own mentions (`talks` of a channel's name)."""
        words = [w for w in self.sentence.of("signal") if not any(_is_part(w, m) for m in self.own)]
        return current(self.sentence, words)


def _is_part(word: Mention, own: Mention) -> bool:
    """Is the word a part of a longer phrase that ties the channel? A verb that is one part of a description counts."""
    longer = own.end - own.start > word.end - word.start
    return (
        own.kind in ("name", "described", "topic", "matter")
        and longer
        and own.start <= word.start
        and word.end <= own.end
    )


def scope(tie: Tie, sentence: Sentence) -> Scope:
    ends = [sentence.clause(p) for m in tie.mentions for p in (m.start, max(m.start, m.end - 1))]
    first = min(ends)
    if first and _only_a_day(sentence, first - 1):
        first -= 1
    return Scope(sentence, frozenset(range(first, max(ends) + 1)), tie.mentions)


def _only_a_day(sentence: Sentence, clause: int) -> bool:
    """Does a clause say no more than when: `14日至15日,` or "On Monday,"?"""
    start, end = sentence.clauses[clause]
    return any(
        start <= day.start and day.end <= end and end - start - (day.end - day.start) <= _LEFT for day in sentence.dates
    )
