"""Whether a file of SQLite is whole."""

from __future__ import annotations

import sqlite3

from db import integrity
from db.integrity import EngineState
from db.sqlite.connection import PRAGMAS
from tracker.record.chain import Finding


class Integrity(integrity.Integrity):
    """What the engine finds of its own file, and how it is set."""

    def file_faults(self) -> list[Finding]:
        try:
            said = [row[0] for row in self._db.execute("PRAGMA integrity_check")]
            dangling = list(self._db.execute("PRAGMA foreign_key_check"))
        except sqlite3.DatabaseError as error:
            said, dangling = [str(error)], []
        damage = [Finding("database file", words) for words in said if words != "ok"]
        return damage + [
            Finding(f"{table} {row}", f"it points to a row of {target} that is not there")
            for table, row, target, _ in dangling
        ]

    def quick_faults(self) -> list[str]:
        try:
            return [words for (words,) in self._db.execute("PRAGMA quick_check(5)") if words != "ok"]
        except sqlite3.DatabaseError as error:
            return [str(error)]

    def engine(self) -> EngineState:
        return EngineState(sqlite3.sqlite_version, {name: self._pragma(name) for name in ("journal_mode", *PRAGMAS)})

    def _pragma(self, name: str) -> str:
        return str(self._db.execute(f"PRAGMA {name}").fetchone()[0])
