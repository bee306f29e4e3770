"""How much each ground weighs: three scorecards, fitted once to labelled cases and then fixed.

One says how sure it is that a tie is news, one which signal it gives, one which date an event has. A score is a plain
sum of weights, so every finding can list what spoke for it and what against. Fitting is `training/fit.py`; nothing here
learns.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import repeat

from tracker.detect.sentence import Sentence
from tracker.detect.ties import Tie
from tracker.model import Signal

_BETWEEN = re.compile(r"[a-z]+(?:'[a-z]+)?|[\u3400-\u9fff]|[,;:.()\"]")

_GROUPS = {
    "name": "by name",
    "described": "by description",
    **dict.fromkeys(("offices", "counterpart", "before", "pronoun"), "by offices"),
    **dict.fromkeys(("topic", "matter", "party", "far"), "by subject"),
    **dict.fromkeys(("following", "heading", "onward"), "by reference"),
}


@dataclass(frozen=True)
class Scorecard:
    """A weight for each ground. `base` is the score of a tie of which nothing is known."""

    base: float
    weights: Mapping[str, float]

    def sum(self, features: Iterable[str]) -> float:
        return sum(map(self.weights.get, features, repeat(0.0)))

    def score(self, features: Iterable[str]) -> float:
        return self.base + self.sum(features)


@dataclass(frozen=True)
class Weights:
    """What fitting found. `news`: is the tie news; `signals`: which signal it gives.

    `dates`: which of the dates that an event may have it has.
    `scores` and `shares` are the steps of the reliability curve: from a score on, this share of findings was right.
    `flag` is the share from which the surest finding of a paragraph goes to a reviewer, `beside` that for each further.
    """

    news: Scorecard
    signals: Mapping[Signal, Scorecard]
    dates: Scorecard
    scores: tuple[float, ...]
    shares: tuple[float, ...]
    flag: float
    beside: float

    @cached_property
    def telling(self) -> dict[str, tuple[float, ...]]:
        """What each ground weighs for each signal, in the order of `signals`."""
        cards = [card.weights for card in self.signals.values()]
        return {feature: tuple(card.get(feature, 0.0) for card in cards) for feature in set().union(*cards)}

    def confidence(self, score: float) -> float:
        """The share of findings of such a score that were right on labelled cases, read between the steps."""
        i = bisect_right(self.scores, score)
        if i == 0:
            return self.shares[0]
        if i == len(self.scores):
            return self.shares[-1]
        part = (score - self.scores[i - 1]) / (self.scores[i] - self.scores[i - 1])
        return self.shares[i - 1] + part * (self.shares[i] - self.shares[i - 1])


def features(tie: Tie, grounds: Iterable[str]) -> list[str]:
    """Each ground by itself and together with the way in which the tie was made."""
    group = _GROUPS[tie.kind]
    return [feature for ground in grounds for feature in (ground, f"{group}: {ground}")]


def words(tie: Tie, sentence: Sentence, title: Sentence) -> list[str]:
    """The plain words of a tie's sentence and of the title as grounds, and those between the mentions that make it."""
    found = [f'says "{word}"' for word in sentence.words]
    if sentence is not title:
        found += [f'the title says "{word}"' for word in title.words]
    return [*found, *_own(tie, sentence), *_between(tie, sentence)]


def is_word(feature: str) -> bool:
    """Is it a plain word, and not a ground that somebody thought of?"""
    return feature.endswith('"')


def _own(tie: Tie, sentence: Sentence) -> dict[str, None]:
    """The words that make the tie, with the way in which they do: some subjects tell more than others."""
    text = sentence.folded.lower
    return {
        f'{mention.kind} "{text[mention.start : mention.end]}"': None
        for mention in tie.mentions
        if mention.kind in _WORDED
    }


_WORDED = frozenset({"name", "described", "topic", "matter"})


def _between(tie: Tie, sentence: Sentence) -> dict[str, None]:
    """What stands from the first of a tie's mentions to its last, stops included: a verb joins them, a comma parts."""
    first, last = min(m.start for m in tie.mentions), max(m.end for m in tie.mentions)
    text = sentence.folded.lower
    return {
        f'between its words "{found.group()}"': None
        for start, end in sentence.unnamed(first, last)
        for found in _BETWEEN.finditer(text, start, end)
    }


def probability(score: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, score))))


def signal_shares(weights: Weights, found: list[str]) -> dict[Signal, float]:
    """How likely each signal is, by the second scorecard; the shares add up to one."""
    telling = weights.telling
    bases = tuple(card.base for card in weights.signals.values())
    sums = map(sum, zip(bases, *(telling[feature] for feature in found if feature in telling), strict=True))
    scores = dict(zip(weights.signals, sums, strict=True))
    highest = max(scores.values())
    odds = {signal: math.exp(score - highest) for signal, score in scores.items()}
    total = sum(odds.values())
    return {signal: odd / total for signal, odd in odds.items()}
