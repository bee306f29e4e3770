"""How values are written in the database: instants, dates and small objects as text, the same in every engine."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from tracker.model import PartialDate
from tracker.moments import instant_text


def instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


@lru_cache(maxsize=10_000)
def partial(text: str | None) -> PartialDate | None:
    """The date; the same one for the same text, since a record has many of one day."""
    return PartialDate(text) if text else None


def by(known_at: datetime | None) -> str:
    """An instant that nothing known then is after, for a query; None: now."""
    return instant_text(known_at) if known_at else "9999"


def text_or_none(value: object | None) -> str | None:
    return None if value is None else str(value)


def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def listed(slugs: Iterable[str] | None) -> str:
    """Slugs as a query takes them, |one|other|; None, which is all, as the empty text."""
    return "" if slugs is None else f"|{'|'.join(slugs)}|"


def like_pattern(words: str) -> str:
    """Words as a pattern for LIKE, with `!` before what would mean something there."""
    escaped = words.replace("!", "!!").replace("%", "!%").replace("_", "!_").split()
    return f"%{'%'.join(escaped)}%" if escaped else ""
