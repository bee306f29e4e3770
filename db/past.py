"""What is overwritten where it stands, as it stood before: definitions of channels, feeds, figures of detection.

Kept is how a thing stands from an instant on, whenever that differs from how it stood. How it was before the first that
was kept nobody knows.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from db.queries import Connection, Row, load_queries
from db.text import instant
from tracker.moments import instant_text

_sql = load_queries("past.sql")

_OF_FEED = (
    "slug", "relationship", "position", "publisher", "side", "lang", "kind", "url", "every", "enabled", "reason",
    "unconfirmed", "paused_at", "paused_by", "paused_because", "shown", "undated", "flaw", "ids", "moved_to",
    "page_fault",
)  # fmt: skip
"""What of a feed no poll tells."""


class What(StrEnum):
    """What is kept so: of a channel its definition; of a feed how it is configured, whether it is paused, and what its
    last answer said of itself; of detection what was measured before it was shipped (`CASES`), and on live traffic.
    """

    CHANNEL = "channel"
    FEED = "feed"
    MEASURED = "measured"


CASES = "cases"
"""Under which name it is kept what was measured on labelled cases."""


@dataclass(frozen=True)
class Kept:
    """How a thing stood from `since` (UTC) on: its row, as JSON has it."""

    name: str
    since: datetime
    told: Mapping[str, Any]


class Past:
    """Reads and writes it over one connection; writes belong into the transaction that overwrites the thing."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def keep(self, what: What, name: str, told: Mapping[str, Any], *, at: datetime) -> None:
        """Keep how a thing stands from `at` on, where it stood otherwise."""
        text = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        last = _sql.last(self._db, subject=what, name=name)
        if last is None or last["told"] != text:
            _sql.add(self._db, subject=what, name=name, at=instant_text(at), told=text)

    def keep_channel(self, slug: str, *, at: datetime) -> None:
        """Keep how a channel is defined."""
        self.keep(What.CHANNEL, slug, dict(_sql.channel(self._db, slug=slug)), at=at)

    def keep_feed(self, slug: str, *, at: datetime) -> None:
        """Keep how a feed is configured, with what of its health no poll tells.

        The numbers in that (of items, of the line with a flaw) may be others at each poll: those of when it began stay.
        """
        row = dict(_sql.feed(self._db, slug=slug))
        told = {name: row[name] for name in _OF_FEED if name in row}  # in a migration the table is as it was then
        told["also"] = [row["relationship"] for row in _sql.shares(self._db, slug=slug)]
        if told["shown"] and not told["undated"]:
            told["shown"] = None  # its polls tell it, and it is no sign of anything
        last = _sql.last(self._db, subject=What.FEED, name=slug)
        if last is None or _but_for_numbers(json.loads(last["told"])) != _but_for_numbers(told):
            self.keep(What.FEED, slug, told, at=at)

    def keep_feeds(self, *, at: datetime) -> None:
        for row in list(_sql.feeds(self._db)):
            self.keep_feed(row["slug"], at=at)

    def keep_all(self, *, at: datetime) -> None:
        """Keep how all stands now: for a migration."""
        for row in list(_sql.channels(self._db)):
            self.keep_channel(row["slug"], at=at)
        self.keep_feeds(at=at)

    def of(self, what: What, name: str) -> list[Kept]:
        """All that was kept of a thing, the oldest first."""
        return [_kept(row) for row in _sql.every(self._db, subject=what, name=name)]

    def last_change(self, what: What) -> datetime | None:
        """When anything of that kind was kept last that stood otherwise before."""
        return instant(_sql.last_change(self._db, subject=what)["at"])

    def one_at(self, what: What, name: str, known_at: datetime) -> Kept | None:
        """How one thing stood, as `at` tells of all; None where nothing was ever kept of it."""
        row = _sql.standing_one(self._db, subject=what, name=name, known_at=instant_text(known_at))
        return _kept(row) if row else None

    def at(self, what: What, known_at: datetime) -> dict[str, Kept]:
        """How every thing stood at an instant, by name; where nothing was kept by then, the first that was (`since` is
        later).
        """
        rows = _sql.standing(self._db, subject=what, known_at=instant_text(known_at))
        return {row["name"]: _kept(row) for row in rows}


def _but_for_numbers(told: Mapping[str, Any]) -> dict[str, Any]:
    """How a feed stands, and what is wrong with its answers: of their items whether some or all have no date."""
    shown, undated = told["shown"], told["undated"]
    signs = {"shown": bool(shown), "undated": bool(undated) and ("all" if undated == shown else "some")}
    sentences = {name: _NUMBER.sub("", told.get(name) or "") for name in ("flaw", "ids", "page_fault")}
    return {**told, **signs, **sentences}


_NUMBER = re.compile(r"\d+")


def _kept(row: Row) -> Kept:
    return Kept(row["name"], instant(row["at"]), json.loads(row["told"]))
