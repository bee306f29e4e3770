"""How much each ground weighs: two scorecards, fitted once to labelled cases and then fixed.

One says how sure it is that a tie is news, the other which signal it gives. A score is a plain sum of weights, so every
finding can list what spoke for it and what against. Fitting is `training/fit.py`; nothing here learns.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from tracker.detect.reading import Sentence
from tracker.detect.ties import Tie
from tracker.model import Signal

_WORD = re.compile(r"[a-z]{3,}(?:'[a-z]+)?")
_HAN = re.compile(r"[\u3400-\u9fff]{2,}")
_NAMES = ("party", "pair", "office", "other", "partner")

_GROUPS = {
    "name": "by name",
    "described": "by description",
    **dict.fromkeys(("offices", "counterpart", "before", "pronoun"), "by offices"),
    **dict.fromkeys(("topic", "matter", "party", "far"), "by subject"),
}


@dataclass(frozen=True)
class Scorecard:
    """A weight for each ground. `base` is the score of a tie of which nothing is known."""

    base: float
    weights: Mapping[str, float]

    def sum(self, features: Iterable[str]) -> float:
        weights = self.weights
        return sum(weights[f] for f in features if f in weights)

    def score(self, features: Iterable[str]) -> float:
        return self.base + self.sum(features)


@dataclass(frozen=True)
class Weights:
    """What fitting found. `news`: is the tie news; `signals`: which signal it gives.

    `scores` and `shares` are the steps of the reliability curve: from a score on, this share of findings was right.
    `flag` is the share from which the surest finding of a paragraph goes to a reviewer, `beside` that for each further.
    """

    news: Scorecard
    signals: Mapping[Signal, Scorecard]
    scores: tuple[float, ...]
    shares: tuple[float, ...]
    flag: float
    beside: float

    @cached_property
    def telling(self) -> dict[str, list[tuple[Signal, float]]]:
        """The signals that each ground speaks for or against, with its weight for each."""
        found: dict[str, list[tuple[Signal, float]]] = {}
        for signal, card in self.signals.items():
            for feature, weight in card.weights.items():
                found.setdefault(feature, []).append((signal, weight))
        return found

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


def words(sentence: Sentence) -> list[str]:
    """The plain words of a sentence as grounds: English words, pairs of Chinese characters, no names of anybody."""
    text = sentence.folded.lower
    names = sorted((m.start, m.end) for m in sentence.mentions if m.kind in _NAMES)
    found: dict[str, None] = {}
    for start, end in _between(names, sentence.start, sentence.end):
        for word in _WORD.finditer(text, start, end):
            found[f'says "{word.group()}"'] = None
        for run in _HAN.finditer(text, start, end):
            found.update((f'says "{a}{b}"', None) for a, b in pairwise(run.group()))
    return list(found)


def _between(spans: list[tuple[int, int]], start: int, end: int) -> Iterator[tuple[int, int]]:
    """What lies between the spans, from `start` to `end`."""
    for first, last in spans:
        if first > start:
            yield start, first
        start = max(start, last)
    if start < end:
        yield start, end


def probability(score: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, score))))


def signal_shares(weights: Weights, found: list[str]) -> dict[Signal, float]:
    """How likely each signal is, by the second scorecard; the shares add up to one."""
    sums = dict.fromkeys(weights.signals, 0.0)
    for feature in found:
        for signal, weight in weights.telling.get(feature, ()):
            sums[signal] += weight
    scores = {signal: card.base + sums[signal] for signal, card in weights.signals.items()}
    highest = max(scores.values())
    odds = {signal: math.exp(score - highest) for signal, score in scores.items()}
    total = sum(odds.values())
    return {signal: odd / total for signal, odd in odds.items()}
