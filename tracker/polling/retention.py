"""Copies of releases' pages that are old and on which nothing rests go, a few at a time, where the operator says so.

What supports a row of the record or a candidate that waits is not this room's to judge alone: the database refuses to
delete it (`spare_page`).
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from db.pages import Spare
from tracker.feeds.address import canonical_url
from tracker.service import Service

log = logging.getLogger(__name__)

AT_ONCE = 50
"""Copies that one step looks at: a short write, beside polls and reviewers."""

REST = timedelta(hours=1)
"""After all copies were gone through."""


class Retention:
    """Goes through the copies, oldest first, a step each time it is asked, and remembers how far it came."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._after: Spare | None = None
        self._rested_at: datetime | None = None

    def go(self) -> int:
        """Remove some copies that are older than OPENLINES_KEEP_PAGES; answers how many. Raises StoreError."""
        days, now = self._service.settings.keep_pages, self._service.clock()
        if not days or self._rests(now):
            return 0
        before = now - timedelta(days=days)
        with self._service.store.reading() as db:
            spare = db.pages.spare(before, after=self._after, most=AT_ONCE)
            # A source may name the page of a release in other words, with another scheme or a mark at its end.
            cited = {canonical_url(url) for url in db.record.cited_addresses()} if spare else set()
            chosen = [one for one in spare if not db.pages.addresses(one.release) & cited]
        self._after, self._rested_at = (spare[-1], None) if len(spare) == AT_ONCE else (None, now)
        return self._drop(chosen, before) if chosen else 0

    def _rests(self, now: datetime) -> bool:
        return self._rested_at is not None and timedelta(0) <= now - self._rested_at < REST

    def _drop(self, chosen: list[Spare], before: datetime) -> int:
        with self._service.store.writing() as db:
            dropped = sum(db.pages.drop(one) for one in chosen)
        log.info("%d copies of releases' pages from before %s, on which nothing rests, were removed", dropped,
                 f"{before:%Y-%m-%d}")  # fmt: skip
        return dropped
