"""What a release says of the channels: `detect(release, detector)`, a pure function of text, lexicon and date.

    detector = Detector(lexicon, weights)   # once per lexicon
    sightings = detect(release, detector)   # surest first; [] when it reports no event

The method is described in docs/detection.md. Nothing here reads files or clocks.
"""

from __future__ import annotations

from collections.abc import Sequence

from tracker.detect.findings import Finding, findings
from tracker.detect.lexicon import Lexicon
from tracker.detect.match import Index, Naming
from tracker.detect.normalise import Folded
from tracker.detect.reading import Reading, folded_texts, read
from tracker.detect.settle import settle
from tracker.detect.weigh import Weights
from tracker.model import Release, Sighting, Signal, State

__all__ = [
    "STATE_SAID",
    "Detector",
    "Detectors",
    "Finding",
    "Lexicon",
    "Reading",
    "Weights",
    "detect",
    "examine",
    "explain",
]

STATE_SAID: dict[Signal, State] = {
    Signal.ANNOUNCED: State.PLANNED,
    Signal.HELD: State.ACTIVE,
    Signal.RESUMED: State.ACTIVE,
    Signal.SUSPENDED: State.SUSPENDED,
    Signal.REFUSED: State.SUSPENDED,
    Signal.CANCELLED: State.SUSPENDED,
    Signal.POSTPONED: State.SUSPENDED,
    Signal.ENDED: State.ENDED,
}
"""The state a signal speaks of, had the channel been suspended before."""


class Detector:
    """A lexicon made ready for matching, with the weights of grounds; build it once and share it between threads."""

    def __init__(self, lexicon: Lexicon, weights: Weights, index: Index | None = None) -> None:
        """`index`: that of the same lexicon, where it is there already; making one takes a tenth of a second."""
        self.lexicon = lexicon
        self.weights = weights
        self.index = index or Index(lexicon)

    def may_concern(self, release: Release) -> bool:
        """The first pass: whether a release names both parties at all. False throws away what is surely irrelevant."""
        return self.index.names_both(release)


def examine(release: Release, detector: Detector) -> list[Sighting]:
    """All that a release may say of channels, surest first; what is probably nothing is there, and not `flagged`."""
    return _examined(release, detector)


class Detectors:
    """Those of several relationships that read the same releases: each text is folded once, and one pass tells which
    of them it may concern at all.
    """

    def __init__(self, detectors: Sequence[Detector]) -> None:
        self._detectors = detectors
        self._naming = Naming([detector.index for detector in detectors])

    def examine(self, release: Release) -> list[Sighting]:
        """As `examine` with one after another."""
        texts = folded_texts(release)
        concerned = self._naming.concerned(texts, release.published, release.side)
        return [said for number in concerned for said in _examined(release, self._detectors[number], texts)]


def _examined(release: Release, detector: Detector, texts: tuple[Folded, Folded] | None = None) -> list[Sighting]:
    reading = read(release, detector.lexicon, detector.index, texts)
    return settle(findings(reading, detector.lexicon, detector.weights), reading, detector.weights) if reading else []


def detect(release: Release, detector: Detector) -> list[Sighting]:
    """The channel events that a release reports, surest first, each with the very words that made it fire."""
    return [sighting for sighting in examine(release, detector) if sighting.flagged]


def explain(release: Release, detector: Detector) -> tuple[Reading | None, list[Finding]]:
    """What detection saw on the way: the text as it was cut and marked, and each tie with its grounds and score."""
    reading = read(release, detector.lexicon, detector.index)
    return reading, findings(reading, detector.lexicon, detector.weights) if reading else []
