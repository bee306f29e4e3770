"""Rows as the product's types, where several subjects read the same columns."""

from __future__ import annotations

import sqlite3

from db.text import day
from tracker.model import Release


def release_from(row: sqlite3.Row, *, key: str = "id") -> Release:
    """The release of a row that has its columns and those of its revision; `key` is the column with its number."""
    return Release(
        id=row[key],
        side=row["side"],
        lang=row["lang"],
        publisher=row["publisher"],
        title=row["title"],
        summary=row["summary"],
        published=day(row["published"]),
        url=row["url"],
        feed=row["feed"],
    )
