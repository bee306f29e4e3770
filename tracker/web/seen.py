"""The mark that a visitor may set: up to when they have seen the record. It names nobody, and many have the same.

Nothing is set unless it is asked for, and the server keeps nothing of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Any

from tracker.web.current import Snapshot
from tracker.web.sent import cookie_sent

SEEN = "openlines_seen"
"""The cookie that holds the mark, as `instant_text` writes it."""

MARKED = {"/"}
"""The paths whose answer depends on the mark."""

_MARK = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)


def mark_of(text: str) -> datetime | None:
    """The instant of a mark; None for what is none."""
    if not _MARK.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def mark_sent(environ: Mapping[str, Any]) -> str:
    """The mark that a request brings to an address whose answer depends on it; empty where it brings none."""
    text = cookie_sent(environ, SEEN) if environ["PATH_INFO"] in MARKED else ""
    return text if mark_of(text) else ""


def present_mark(snapshot: Snapshot, now: datetime) -> datetime:
    """The mark of who sees the record now: its newest revision, or the beginning of the day where that is later.

    All who look on one day at one revision have the same, so that what is made for one of them serves the others; and
    no later day is lost, on which something promised may lapse.
    """
    return max(snapshot.recorded_until, datetime.combine(now.astimezone(UTC).date(), time.min, UTC))
