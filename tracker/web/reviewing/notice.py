"""What was decided a moment ago and what that put on the record, said above the next page with the way back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import request

from db.store import Subjects
from tracker.model import Candidate, Decision, FirstWord, Hold, Status
from tracker.reviewing.amend import Row
from tracker.web.current import Snapshot
from tracker.web.sent import whole_number

UNDO_SHOWN = timedelta(minutes=1)
"""How long the way back from a decision is prominent; it stays open after that."""


def decided_before(db: Subjects, now: datetime) -> Candidate | None:
    """The candidate that was decided a moment ago, put aside, or given to a second person, while that still holds."""
    number = whole_number(request.args.get("decided", ""))
    found = None if number is None else db.candidates.get(number)
    return found if found and (_deed(found, now) or found.first_word) else None


def _deed(candidate: Candidate, now: datetime) -> Decision | Hold | None:
    """The decision that stands, or what puts it aside."""
    return candidate.standing if candidate.status in (Status.ACCEPTED, Status.REJECTED) else candidate.held(now)


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
    return {"decided": decided, "recorded": _recorded(snapshot, decided), "fresh": _fresh(decided, now)}


def _fresh(decided: Candidate | None, now: datetime) -> int:
    """Seconds for which the way back stays prominent."""
    if decided is None:
        return 0
    match _deed(decided, now) or decided.first_word:
        case Decision(decided_at=at) | Hold(at=at) | FirstWord(at=at):
            return max(0, round((at + UNDO_SHOWN - now).total_seconds()))
    return 0
