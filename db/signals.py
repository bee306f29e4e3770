"""Which signals that nobody has reviewed may be told, and of which of those told the candidate stands otherwise now."""

from __future__ import annotations

from datetime import datetime

from db.queries import Connection, load_queries
from db.text import instant
from tracker.moments import instant_text
from tracker.news.events import What

_sql = load_queries("signals.sql")


class Signals:
    """Reads over one connection; what is told of signals are events (`db/notifications.py`)."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def since(self) -> datetime | None:
        """From when on signals concern anybody; None where nobody asked for them."""
        return instant(_sql.since(self._db)["since"])

    def to_tell(self, since: datetime) -> list[int]:
        """The candidates opened from `since` on that wait, may be told, and were not."""
        return [row["id"] for row in _sql.to_tell(self._db, since=instant_text(since))]

    def told(self) -> list[tuple[int, What, int]]:
        """Of each signal whose candidate stands otherwise than was told: its number, what was told last, and the place
        of that in its thread.
        """
        return [(row["number"], What(row["what"]), row["sequence"]) for row in _sql.told(self._db)]
