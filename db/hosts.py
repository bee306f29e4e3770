"""Until when hosts asked to be left alone, so that this outlives the process that was told."""

from __future__ import annotations

from datetime import datetime

from db.queries import Connection, load_queries
from db.text import instant
from tracker.moments import instant_text

_sql = load_queries("hosts.sql")


class Hosts:
    """Reads and writes the waits of hosts over one connection; writes belong into the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def leave_alone(self, host: str, until: datetime, *, now: datetime) -> None:
        """Note that `host` asked for no requests before `until`; waits that are over at `now` are forgotten."""
        _sql.forget_waits(self._db, now=instant_text(now))
        _sql.note_wait(self._db, host=host, until=instant_text(until))

    def left_alone(self) -> dict[str, datetime]:
        """The UTC instant until which each of the hosts asked to be left alone; it may have passed."""
        return {row["host"]: instant(row["until"]) for row in _sql.waits(self._db)}
