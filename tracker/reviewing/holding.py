"""Later: a reviewer puts a candidate aside for a reason, until an instant or until somebody brings it back.

It comes back by itself: whether it is held follows from the clock. A side that had not spoken, and a release that
changes what it reports, bring it back too (`tracker/polling/intake.py`), and so does every decision.
"""

from __future__ import annotations

from datetime import datetime

from db.store import Store
from tracker.errors import Conflict, Faults, Refused
from tracker.model import Candidate, Status
from tracker.reviewing.deeds import check_no_first_word, unchanged
from tracker.tongue import gettext, msg
from tracker.wording import instant_words


def hold(
    store: Store, candidate_id: int, version: int, *, by: str, at: datetime, reason: str, until: datetime | None = None
) -> Candidate:
    """Put a candidate aside until the UTC instant `until`, or for good; whoever held it before is told so.

    Raises NotFound, Refused without a reason or for an instant that has passed, Conflict where it does not wait for a
    decision, Stale, StoreError.
    """
    faults = Faults()
    with faults.gathered():
        check_reason(reason)
    if until is not None and until <= at:
        wrong = gettext("%(instant)s has passed.", instant=instant_words(until))
        faults.add(Refused(wrong, msg("Name a later time, or none."), field="until"))
    faults.check()
    with store.writing() as db:
        candidate = unchanged(db, candidate_id, version)
        if candidate.status is not Status.PENDING:
            raise Conflict(
                gettext("Candidate %(id)s is %(status)s.", id=candidate.id, status=candidate.status),
                gettext("Only one that waits is put aside."),
            )
        check_no_first_word(candidate)
        db.reviewers.release(candidate.id, f"{by} put it aside anew.", at=at, by=by)
        db.reviewers.hold(candidate.id, reason.strip(), until, by=by, at=at)
        db.candidates.touch(candidate.id)
        return db.candidates.get(candidate.id)


def check_reason(reason: str) -> None:
    """Raise Refused for putting aside without a reason."""
    if not reason.strip():
        raise Refused(
            msg("Putting it aside needs a reason."), msg("Say in a few words what it waits for."), field="reason"
        )


def release(store: Store, candidate_id: int, version: int, *, by: str, at: datetime) -> Candidate:
    """Bring back what was put aside, before its time. Raises NotFound, Conflict where nothing holds it, Stale."""
    with store.writing() as db:
        candidate = unchanged(db, candidate_id, version)
        if candidate.held(at) is None:
            raise Conflict(
                gettext("Candidate %(id)s is not put aside.", id=candidate.id),
                gettext("It waits in the queue, or was decided."),
            )
        db.reviewers.release(candidate.id, f"{by} brought it back.", at=at, by=by)
        db.candidates.touch(candidate.id)
        return db.candidates.get(candidate.id)
