"""Whether a database of PostgreSQL is whole, as far as one that is asked over a connection can tell."""

from __future__ import annotations

import psycopg

from db import integrity
from db.integrity import EngineState
from tracker.record.chain import Finding

SETTINGS = ("fsync", "full_page_writes", "synchronous_commit")

_UNCHECKED = """
SELECT conrelid::regclass::text AS relation, conname FROM pg_constraint
WHERE connamespace = current_schema()::regnamespace AND NOT convalidated
"""


class Integrity(integrity.Integrity):
    """What the server says of itself. It checks its pages as it reads them, and foreign keys as rows are written."""

    def file_faults(self) -> list[Finding]:
        return [
            Finding(row["relation"], f"its rows were never checked against {row['conname']}")
            for row in self._db.execute(_UNCHECKED)
        ]

    def quick_faults(self) -> list[str]:
        try:
            self._db.execute("SELECT COUNT(*) FROM relationship").fetchone()
        except psycopg.Error as error:
            return [str(error)]
        return []

    def engine(self) -> EngineState:
        said = {name: self._db.execute(f"SHOW {name}").fetchone()[0] for name in SETTINGS}
        return EngineState(self._db.execute("SHOW server_version").fetchone()[0], said)
