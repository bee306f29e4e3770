"""How well detection does on live traffic, reckoned from what reviewers decided, and kept as it stood.

What became of a candidate is overwritten where it stands, so that the figures of a past instant cannot be reckoned
later: they are kept when they change (`db/past.py`), soon after the decisions on which they rest.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from db.past import What
from db.store import Subjects
from tracker.measuring.sampling import Figures, as_told, figures
from tracker.model import Relationship
from tracker.service import Service

REST = timedelta(minutes=10)
"""After the figures were reckoned; also where decisions were taken since."""

_LIVE = "live "


def name_of(relationship: str) -> str:
    """Under which name the figures of a relationship are kept."""
    return f"{_LIVE}{relationship}"


def reckoned(db: Subjects, relationship: Relationship, today: date) -> Figures:
    """The figures as they stand; what waits for a decision is not in them."""
    samples, slug = db.samples, relationship.slug
    rows = samples.planned(slug), samples.measured(slug), samples.decided(slug)
    return figures(*rows, sides=relationship.sides, today=today)


class Reckoning:
    """Keeps the figures of every relationship when it is asked to and anything may have changed them."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._rested_at: datetime | None = None
        self._stood: tuple[Any, ...] | None = None

    def go(self) -> bool:
        """Whether the figures were reckoned. Raises StoreError."""
        now = self._service.clock()
        stands = self._service.store.revisions()["decisions"], now.date()
        rests = self._rested_at is not None and timedelta(0) <= now - self._rested_at < REST
        if rests or stands == self._stood:
            return False
        with self._service.store.reading() as db:
            told = {pair.slug: as_told(reckoned(db, pair, now.date())) for pair in db.record.relationships()}
        with self._service.store.writing() as db:
            for slug, figures_then in told.items():
                db.past.keep(What.MEASURED, name_of(slug), figures_then, at=now)
        self._rested_at, self._stood = now, stands
        return True
