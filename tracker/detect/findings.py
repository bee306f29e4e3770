"""Each tie of a release with its grounds, how sure it is to be news, and which signal it gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from tracker.detect.grounds import ground, grounds
from tracker.detect.lexicon import Lexicon
from tracker.detect.reading import Reading
from tracker.detect.sentence import Sentence
from tracker.detect.ties import Tie
from tracker.detect.weigh import Weights, features, signal_shares, words
from tracker.model import Signal


@dataclass(frozen=True)
class Finding:
    """One tie, weighed. `position` is that of its sentence in the reading, 0 for the title.

    `score` is the sum of the weights of its grounds.
    """

    tie: Tie
    position: int
    sentence: Sentence
    grounds: tuple[str, ...]
    words: tuple[str, ...]
    score: float
    weights: Weights = field(repr=False)

    @property
    def confidence(self) -> float:
        """The share of findings of such a score that were right."""
        return round(self.weights.confidence(self.score), 2)

    @cached_property
    def signals(self) -> dict[Signal, float]:
        """How likely each signal is. Most findings are no news, and are never asked."""
        return signal_shares(self.weights, [*features(self.tie, self.grounds), *self.words])

    @cached_property
    def weighed(self) -> list[tuple[str, float]]:
        """Each ground, and each word that counts, with what it weighs here; the heaviest first."""
        news = self.weights.news
        found = [(ground, news.sum(features(self.tie, [ground]))) for ground in self.grounds]
        found += [(word, news.sum([word])) for word in self.words]
        return sorted(((g, w) for g, w in found if w), key=lambda pair: (-abs(pair[1]), pair[0]))


def findings(reading: Reading, lexicon: Lexicon, weights: Weights) -> list[Finding]:
    """All ties of a reading, in the order of the text."""
    whole = ground(reading, lexicon)
    found = []
    for position, (sentence, tied) in enumerate(zip(reading.all, whole.ties, strict=True)):
        for tie in tied:
            held, said = grounds(tie, position, whole), words(tie, sentence, reading.title)
            score = weights.news.score([*features(tie, held), *said])
            found.append(Finding(tie, position, sentence, tuple(held), tuple(said), score, weights))
    return found
