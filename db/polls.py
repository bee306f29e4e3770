"""The polls of one feed, as they went, and on which days it brought something: what its page shows."""

from __future__ import annotations

from datetime import date, datetime

from db.feeds import PollRow, read_from
from db.queries import Connection, Row, load_queries
from db.text import by, day, instant
from tracker.moments import instant_text
from tracker.record.coverage import Read

_sql = load_queries("polls.sql")


class Polls:
    """Reads what was kept of polls over one connection; `known_at`: as it stood at that UTC instant, None: now."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def newest(self, feed: str, *, most: int, failed: bool = False, known_at: datetime | None = None) -> list[PollRow]:
        """The newest polls of a feed, or of them those that failed; newest first."""
        rows = _sql.newest_polls(self._db, feed=feed, failed=int(failed), most=most, at=by(known_at))
        return [_poll(row) for row in rows]

    def reads_since(self, feed: str, since: datetime, *, known_at: datetime | None = None) -> list[Read]:
        """What `Feeds.reads_since` tells of one feed up to now, without looking through the polls of all."""
        rows = _sql.telling_polls_of(self._db, feed=feed, since=instant_text(since), at=by(known_at))
        return [read_from(row) for row in rows]

    def arrivals(self, feed: str, *, since: datetime, known_at: datetime | None = None) -> dict[date, int]:
        """How many new items of a feed came on each day of those that were seen since then.

        Items that were there at the first read came on the day that they bear, as in `Feeds.arrival_days`.
        """
        rows = _sql.arrivals(self._db, feed=feed, since=instant_text(since), at=by(known_at))
        return {day(row["day"]): row["number"] for row in rows}


def _poll(row: Row) -> PollRow:
    return PollRow(
        feed=row["feed"],
        started_at=instant(row["started_at"]),
        ended_at=instant(row["ended_at"]),
        outcome=row["outcome"],
        fault=row["fault"],
        status=row["status"],
        items=row["items"],
        fresh=row["fresh"],
        revised=row["revised"],
        overlap=row["overlap"],
        sightings=row["sightings"],
        fault_kind=row["fault_kind"],
        whole=bool(row["whole"]),
    )
