"""The shipped lexicon, compiled once, and a way to write a release in one line."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from config.yamlfile import read_yaml
from tracker.detect import Detector, Lexicon, detect
from tracker.model import Release, Sighting

ROOT = Path(__file__).parents[2]
Detect = Callable[..., list[Sighting]]


@pytest.fixture(scope="session")
def lexicon() -> Lexicon:
    return read_yaml(ROOT / "config/relationships/us-china/lexicon.yaml", Lexicon)


@pytest.fixture(scope="session")
def detector(lexicon: Lexicon) -> Detector:
    return Detector(lexicon)


@pytest.fixture(scope="session")
def sightings_in(detector: Detector) -> Detect:
    """`sightings_in(title, summary, published, side)` -> what detection makes of it."""

    def run(title: str, summary: str, published: str, side: str = "third-party") -> list[Sighting]:
        release = Release(1, side, "en", "test", title, summary, date.fromisoformat(published))
        return detect(release, detector)

    return run
