"""What every test may use: a real database in a temporary folder, the shipped configuration, one fixed clock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from config.settings import Settings, settings_from
from tests.site import Site, running_site
from tracker.seed import seed
from tracker.service import Service, open_service

ROOT = Path(__file__).parent.parent


@dataclass
class Clock:
    """A clock that the test sets; it gives UTC instants."""

    now: datetime = field(default_factory=lambda: datetime(2024, 2, 1, 12, 0, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


def settings_in(folder: Path) -> Settings:
    """The shipped configuration with its data in a folder; pages that the record cites are left alone."""
    places = {"OPENLINES_VAR": str(folder), "OPENLINES_CONFIG": str(ROOT / "config")}
    return settings_from(places | {"OPENLINES_WATCH": "off"})


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def service(tmp_path: Path, clock: Clock) -> Iterator[Service]:
    """The shipped configuration over an empty, migrated database."""
    opened = open_service(settings_in(tmp_path / "var"), migrate=True, clock=clock)
    opened.prepare()
    yield opened
    opened.store.close()


@pytest.fixture
def seeded(service: Service, clock: Clock) -> Service:
    """The same, with the whole record."""
    seed(service.store, service.packs, at=clock())
    return service


@pytest.fixture
def seeded_2023(service: Service, clock: Clock) -> Service:
    """The same, with what had happened by 2023-11-01, when channels stood suspended."""
    seed(service.store, service.packs, at=clock(), until=date(2023, 11, 1))
    return service


@pytest.fixture
def site() -> Iterator[Site]:
    """A real HTTP server on loopback, scripted by the test."""
    with running_site() as site:
        yield site
