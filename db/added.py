"""Entries of feeds that people added beside the configuration: added, changed, removed, each deed a row that stays."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from db.audit import Audit, What
from db.queries import Connection, Row, load_queries
from db.text import instant
from tracker.moments import instant_text

_sql = load_queries("added.sql")

_DEEDS = {"added": What.FEED_ADDED, "changed": What.FEED_CHANGED, "removed": What.FEED_REMOVED}


@dataclass(frozen=True)
class AddedEntry:
    """An entry as it stands, or as it was when it was `removed`: the keys and values of one of feeds.yaml.

    `version`: the number of what was done to it last, by `by` at `at` (UTC).
    """

    version: int
    slug: str
    relationship: str
    entry: Mapping[str, Any]
    added_by: str
    added_at: datetime
    by: str
    at: datetime
    removed: bool

    @property
    def changed(self) -> bool:
        """Whether it was changed since it was added."""
        return self.at != self.added_at


class AddedFeeds:
    """Reads and writes these entries over one connection; writes belong into the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def add(self, relationship: str, entry: Mapping[str, Any], *, by: str, now: datetime) -> None:
        self._note("added", relationship, entry, by, now)

    def change(self, relationship: str, entry: Mapping[str, Any], *, by: str, now: datetime) -> None:
        self._note("changed", relationship, entry, by, now)

    def remove(self, known: AddedEntry, *, by: str, now: datetime) -> None:
        self._note("removed", known.relationship, known.entry, by, now)

    def _note(self, deed: str, relationship: str, entry: Mapping[str, Any], by: str, now: datetime) -> None:
        slug, text = entry["slug"], json.dumps(dict(entry), ensure_ascii=False)
        _sql.add(self._db, slug=slug, deed=deed, relationship=relationship, entry=text, by=by, at=instant_text(now))
        Audit(self._db).note(_DEEDS[deed], slug, by=by, at=now, detail=entry["url"])

    def all(self) -> list[AddedEntry]:
        """Every entry ever added, as it stands or as it was removed, in the order in which they were added."""
        return [_entry(row) for row in _sql.newest(self._db)]

    def get(self, slug: str) -> AddedEntry | None:
        """The entry of that slug, unless it was removed or never added."""
        return next((one for one in self.all() if one.slug == slug and not one.removed), None)


def _entry(row: Row) -> AddedEntry:
    return AddedEntry(
        version=row["id"],
        slug=row["slug"],
        relationship=row["relationship"],
        entry=json.loads(row["entry"]),
        added_by=row["added_by"],
        added_at=instant(row["added_at"]),
        by=row["done_by"],
        at=instant(row["done_at"]),
        removed=row["deed"] == "removed",
    )
