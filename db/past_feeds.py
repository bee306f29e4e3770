"""Feeds as they stood at an instant: as they were configured and tended then, and what their polls had told by then."""

from __future__ import annotations

from datetime import datetime

from db.feeds import FeedHealth, Gap, Paused, read_from
from db.past import Kept, Past, What
from db.queries import Connection, Row, load_queries
from db.text import instant
from tracker.moments import instant_text
from tracker.record.coverage import Polled

_sql = load_queries("past_feeds.sql")

_LAST = "\U0010ffff"
"""Sorts after every slug."""


class PastFeeds:
    """Reads them over one connection, from the polls, the decisions on feeds, and what is kept of each (`Past`)."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection
        self._past = Past(connection)

    def all_at(self, known_at: datetime) -> list[FeedHealth]:
        """Every feed that there was at an instant as it stood then, in the order of the configuration; its rhythm and
        its gap are looked for of one feed alone (`Feeds.arrival_days`, `gap_by`).
        """
        kept = self._past.at(What.FEED, known_at)
        every = _sql.feeds_at(self._db, first="", last=_LAST, at=instant_text(known_at))
        rows = [row for row in every if row["slug"] in kept]
        found = [(kept[row["slug"]].told, _health_at(row, kept[row["slug"]], known_at)) for row in rows]
        found.sort(key=lambda one: (one[0]["relationship"], one[0]["position"], one[0]["slug"]))
        return [health for _, health in found]

    def get_at(self, slug: str, known_at: datetime) -> FeedHealth | None:
        """One feed as it stood at an instant; None where there was none."""
        kept = self._past.one_at(What.FEED, slug, known_at)
        row = next(iter(_sql.feeds_at(self._db, first=slug, last=slug, at=instant_text(known_at))), None)
        return _health_at(row, kept, known_at) if row and kept else None

    def gap_by(self, slug: str, known_at: datetime, *, since: datetime) -> Gap | None:
        """The last gap of a feed that had ended by an instant, and not before `since`."""
        for row in _sql.gaps(self._db, feed=slug, since=instant_text(since), at=instant_text(known_at)):
            read = read_from(dict(row) | {"feed": slug, "fault": None, "fault_kind": None})
            if read.late or row["items"]:
                return Gap(read.after, read.ended_at, read.overlap)
        return None


def _health_at(row: Row, kept: Kept, known_at: datetime) -> FeedHealth:
    """A feed as it stood: as it was kept, and what decisions and polls tell (`row`)."""
    told, by_then = kept.told, kept.since <= known_at
    polled, decided_at = Polled(row["polled"]), instant(row["decided_at"])
    paused_by = told["paused_by"] if by_then and told["paused_at"] == row["decided_at"] else None
    off = polled is Polled.OFF
    return FeedHealth(
        slug=row["slug"],
        relationship=told["relationship"],
        publisher=told["publisher"],
        side=told["side"],
        lang=told["lang"],
        kind=told["kind"],
        url=told["url"],
        every=told["every"],
        enabled=not off,
        reason=(told["reason"] if by_then and not told["enabled"] else row["decided_because"]) if off else None,
        unconfirmed=told["unconfirmed"],
        next_poll=None,
        failures=row["failures"],
        last_read=instant(row["last_read"]),
        last_new=instant(row["last_new"]),
        fault_kind=row["fault_kind"],
        fault=row["fault"],
        moved_to=told["moved_to"] if by_then else None,
        etag=None,
        last_modified=None,
        failing_since=instant(row["failing_since"]),
        paused=Paused(decided_at, paused_by, row["decided_because"]) if polled is Polled.PAUSED else None,
        shown=told["shown"] if by_then else None,
        undated=told["undated"] if by_then else None,
        flaw=told["flaw"] if by_then else None,
        # What was kept by an earlier version has neither.
        ids=told.get("ids") if by_then else None,
        page_fault=told.get("page_fault") if by_then else None,
        also=tuple(told["also"]),
        kept_from=None if by_then else kept.since,
    )
