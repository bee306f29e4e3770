"""What a release says of the channels: `detect(release, detector)`, a pure function of text, lexicon and date.

    detector = Detector(lexicon)          # once per lexicon
    sightings = detect(release, detector) # surest first; [] when it reports no event

The method is described in docs/detection.md. Nothing here reads files or clocks.
"""

from __future__ import annotations

from tracker.detect.lexicon import Lexicon
from tracker.detect.match import Index
from tracker.detect.reading import read
from tracker.detect.score import sightings
from tracker.model import Release, Sighting, Signal, State

__all__ = ["STATE_SAID", "Detector", "Lexicon", "detect", "examine"]

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
    """A lexicon made ready for matching; build it once and share it between threads."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self.index = Index(lexicon)


def examine(release: Release, detector: Detector) -> list[Sighting]:
    """All that a release may say of channels, surest first; what is probably nothing is there, and not `flagged`."""
    reading = read(release, detector.lexicon, detector.index)
    return sightings(reading, detector.lexicon) if reading else []


def detect(release: Release, detector: Detector) -> list[Sighting]:
    """The channel events that a release reports, surest first, each with the very words that made it fire."""
    return [sighting for sighting in examine(release, detector) if sighting.flagged]
