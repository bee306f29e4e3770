"""The shipped lexicon, compiled once, and a way to write a release in one line."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from config.load import RelationshipPack
from tests.conftest import Shipped
from tracker.detect import Detector, Lexicon, detect
from tracker.model import Release, Sighting

ROOT = Path(__file__).parents[2]
Detect = Callable[..., list[Sighting]]


@pytest.fixture(scope="session")
def pack(shipped: Shipped) -> RelationshipPack:
    (pack,) = shipped.service.packs
    return pack


@pytest.fixture(scope="session")
def lexicon(pack: RelationshipPack) -> Lexicon:
    return pack.lexicon


@pytest.fixture(scope="session")
def detector(pack: RelationshipPack) -> Detector:
    return pack.detector


@pytest.fixture(scope="session")
def sightings_in(detector: Detector) -> Detect:
    """`sightings_in(title, summary, published, side)` -> what detection makes of it."""

    def run(title: str, summary: str, published: str, side: str = "third-party") -> list[Sighting]:
        release = Release(1, side, "en", "test", title, summary, date.fromisoformat(published))
        return detect(release, detector)

    return run
