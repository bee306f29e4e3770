"""Tries to sign in, counted by whatever they are held against: one row for each, which ends with its window."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from db.queries import Connection, load_queries
from db.text import instant
from tracker.moments import instant_text

_sql = load_queries("attempts.sql")

MOST_KEYS = 10_000
"""Rows that are kept; of more, those that were tried least go first."""


class Tried(NamedTuple):
    """How often in the window that ends then."""

    number: int
    ends_at: datetime


class Attempts:
    """Reads and writes counts over one connection; writes belong into the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def count(self, key: str, *, now: datetime, ends_at: datetime) -> Tried:
        """One try more; where there is no window, one begins that ends at `ends_at`."""
        _sql.forget_ended(self._db, now=instant_text(now))
        row = _sql.count(self._db, key=key, ends_at=instant_text(ends_at))
        _sql.forget_least(self._db, key=key, most=MOST_KEYS)
        return Tried(row["number"], instant(row["ends_at"]))

    def take_back(self, key: str) -> None:
        """A try that was none."""
        _sql.take_back(self._db, key=key)

    def forget(self, key: str) -> None:
        _sql.forget(self._db, key=key)
