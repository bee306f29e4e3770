"""The shipped comparer and the pairs that were aligned by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from config.pairs import read_pairs
from tests.conftest import ROOT, Shipped
from tests.make import release
from tracker.readouts import Comparer, Comparison, Readout
from tracker.readouts.measure import Pair

SAMPLES = ROOT / "tests/samples/readouts"

Compare = Callable[..., Comparison]


@pytest.fixture(scope="session")
def comparer(shipped: Shipped) -> Comparer:
    (pack,) = shipped.service.packs
    return pack.comparer


@pytest.fixture(scope="session")
def held() -> list[Pair]:
    return read_pairs(SAMPLES / "held.yaml")


@pytest.fixture(scope="session")
def tuned() -> list[Pair]:
    return read_pairs(SAMPLES / "tune.yaml")


@pytest.fixture(scope="session")
def compare(comparer: Comparer) -> Compare:
    """`compare(first, second)`: two texts, the first the United States', the second China's, of 9 January 2024."""

    def run(first: str, second: str, at: tuple[datetime | None, datetime | None] = (None, None)) -> Comparison:
        return comparer.compare(readout("us", first, at[0]), readout("cn", second, at[1]))

    return run


def readout(side: str, text: str, at: datetime | None = None, title: str = "A readout") -> Readout:
    said = release(
        side=side, title=title, summary=text, published=at.astimezone(UTC).date() if at else date(2024, 1, 9)
    )
    return Readout(said, at)
