"""What is made of releases before they are stored: the events that they report, and the keys that find like ones.

It needs the processor and nothing else: no network, no database. So it is done before a transaction begins.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tracker.model import Release, Sighting
from tracker.releases.likeness import keys_of

Detect = Callable[[Release], list[Sighting]]


@dataclass(frozen=True)
class Studied:
    """What a release says, and the keys that find releases with nearly the same words."""

    sightings: Sequence[Sighting]
    keys: Sequence[int]


def study(release: Release, detect: Detect) -> Studied:
    return Studied(detect(release), keys_of(release))
