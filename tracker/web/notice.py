"""What was decided a moment ago and what that put on the record, said above the next page with the way back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import request

from db.store import Subjects
from tracker.amend import Row
from tracker.model import Candidate, Status
from tracker.web.current import Snapshot

UNDO_SHOWN = timedelta(minutes=1)
"""How long the way back from a decision is prominent; it stays open after that."""


def decided_before(db: Subjects) -> Candidate | None:
    """The candidate that was decided a moment ago, while it still is."""
    text = request.args.get("decided", "")
    found = db.candidates.get(int(text)) if text.isascii() and text.isdecimal() and len(text) < 19 else None
    return found if found and found.status in (Status.ACCEPTED, Status.REJECTED) else None


def _recorded(snapshot: Snapshot, decided: Candidate | None) -> dict[str, list[Row]]:
    """The rows that a decision put on the record, and those on record before for which it cited its releases."""
    told = decided.standing if decided else None
    rows = [row for kind in snapshot.entries[decided.channel] for row in kind] if told else []
    return {
        "added": [row for row in rows if row.decision == told.id],
        "cited": [
            row
            for row in rows
            if row.decision != told.id and any(source.recorded_at == told.decided_at for source in row.sources)
        ],
    }


def told_of(decided: Candidate | None, snapshot: Snapshot, now: datetime) -> dict[str, Any]:
    """What the notice of a decision needs."""
    return {"recorded": _recorded(snapshot, decided), "fresh": _fresh(decided, now)}


def _fresh(decided: Candidate | None, now: datetime) -> int:
    """Seconds for which the way back from a decision stays prominent."""
    left = decided.standing.decided_at + UNDO_SHOWN - now if decided else timedelta(0)
    return max(0, round(left.total_seconds()))
