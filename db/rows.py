"""Rows as the product's types, where several subjects read the same columns."""

from __future__ import annotations

import json
from collections.abc import Iterable

from db.queries import Row
from db.text import day, instant, partial
from tracker.model import (
    Decision,
    Evidence,
    KeptSighting,
    Move,
    PageKept,
    Regrouping,
    Release,
    Sighting,
    Signal,
    Verdict,
)


def release_from(row: Row, *, key: str = "id") -> Release:
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


def sighting_from(channel: str, row: Row) -> Sighting:
    """The sighting of a channel in a row of the table `sighting`."""
    return Sighting(
        channel=channel,
        signal=Signal(row["signal"]),
        date=partial(row["date"]),
        confidence=row["confidence"],
        evidence=tuple(Evidence(**words) for words in json.loads(row["evidence"])),
        starts=day(row["starts"]),
        flagged=bool(row["flagged"]),
        doubts=tuple(json.loads(row["doubts"])),
        undated=row["undated"],
        persons=tuple(json.loads(row["persons"])),
        round=row["round"],
    )


def kept_sightings_from(channel: str, rows: Iterable[Row]) -> Iterable[KeptSighting]:
    for row in rows:
        yield KeptSighting(
            sighting=sighting_from(channel, row),
            release=release_from(row, key="release"),
            revision=row["revision"],
            seen_at=instant(row["seen_at"]),
            id=row["id"],
            joined_because=row["joined_because"],
            joined_by=row["joined_by"],
            joined_after=row["joined_after"],
            withheld=bool(row["withheld"]),
            page=_page(row),
            reworded=row["reworded"],
            lost=bool(row["lost"]),
        )


def _page(row: Row) -> PageKept | None:
    if row["sha256"] is None and row["page_fault"] is None:
        return None
    return PageKept(row["sha256"], row["size"], instant(row["fetched_at"]), row["page_fault"])


def regrouping_from(row: Row) -> Regrouping:
    return Regrouping(
        row["id"],
        Move(row["move"]),
        row["taken_from"],
        row["given_to"],
        tuple(json.loads(row["sightings"])),
        row["regrouped_by"],
        instant(row["regrouped_at"]),
        row["note"],
    )


def decision_from(row: Row) -> Decision:
    return Decision(
        row["id"],
        row["candidate"],
        Verdict(row["verdict"]),
        row["decided_by"],
        instant(row["decided_at"]),
        row["note"],
        row["undoes"],
    )
