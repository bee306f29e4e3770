"""A second server that follows the first, for public reads: asked only where it has what readers were told already."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from contextlib import ExitStack

from psycopg import Connection, Error

from db.engine import Behind
from db.errors import StoreError
from db.postgres.connection import Connections
from db.record import revisions

log = logging.getLogger(__name__)

_ENDS = "SELECT pg_current_wal_lsn()::text AS place"
_BEHIND = """
SELECT GREATEST(pg_wal_lsn_diff('{place}', pg_last_wal_replay_lsn()), 0) AS size,
    EXTRACT(EPOCH FROM NOW() - pg_last_xact_replay_timestamp()) AS age
WHERE pg_is_in_recovery()
"""


AWAY_SECONDS = 5.0
"""For how long nobody asks it again that could not be asked: who reads is not to wait for it each time."""


class Replica(Connections):
    """Connections to it, for reading alone."""

    _away_until = 0.0

    def reader(self, opened: ExitStack, told: Mapping[str, int]) -> Connection | None:
        """A snapshot of it that has at least the revisions that the first server tells, open until the stack ends.

        None where it is behind, or away.
        """
        if time.monotonic() < self._away_until:
            return None
        with ExitStack() as trial:
            try:
                connection = trial.enter_context(self.reading())
                stands = revisions(connection)
            except (StoreError, Error) as error:
                self._away_until = time.monotonic() + AWAY_SECONDS
                log.warning("the first server is read, since the replica cannot be: %s", error)
                return None
            if any(stands.get(subject, -1) < number for subject, number in told.items()):
                return None
            opened.push(trial.pop_all())
        return connection

    def behind(self, first: Connections) -> Behind:
        """How far it is behind; without figures where it cannot be asked, or follows nobody."""
        with first.reading() as connection:
            place = connection.execute(_ENDS).fetchone()["place"]
        if time.monotonic() < self._away_until:
            return Behind(None, None)
        try:
            with self.reading() as connection:
                row = connection.execute(_BEHIND.format(place=place)).fetchone()
        except (StoreError, Error):
            row, self._away_until = None, time.monotonic() + AWAY_SECONDS
        if row is None:
            return Behind(None, None)
        # Where nothing is written, the last transaction grows old and nothing is missing.
        return Behind(int(row["size"]), round(row["age"] or 0) if row["size"] else 0)
