"""The second person: what one reviewer accepted goes on the record when another one confirms it.

Which states ask for two is a setting; `tracker/reviewing/review.py: accept` stores the first word. That the two are not
one account is a constraint of the database.
"""

from __future__ import annotations

from datetime import datetime

from db.store import Store, Subjects
from tracker.errors import Conflict, NotAllowed, Refused
from tracker.model import Answer, Candidate, FirstWord
from tracker.reviewing.deeds import parties_of, unchanged
from tracker.reviewing.review import asked_now, check, choice_of, put_on_record
from tracker.tongue import gettext
from tracker.wording import instant_words


def confirm(store: Store, candidate_id: int, version: int, *, by: str, at: datetime) -> Candidate:
    """Put on the record what another reviewer accepted; it cites the releases that there are now.

    Raises NotFound, Conflict where nothing waits for a second person, NotAllowed for the one who accepted it, Refused
    where no row can be made of it any more, Stale, StoreError.
    """
    with store.writing() as db:
        candidate, first = _first(db, candidate_id, version)
        _check_other(first, by)
        at = db.record.instant_for(at)
        choice = choice_of(first.choice)
        check(choice, candidate.channel, parties_of(db, candidate.channel), at.date())
        asked = asked_now(db, candidate, at)
        decision = put_on_record(db, candidate, choice, asked, by=by, at=at)
        db.reviewers.add_second_word(first.id, Answer.CONFIRMED, by=by, at=at, decision=decision)
        return db.candidates.get(candidate.id)


def refuse(store: Store, candidate_id: int, version: int, *, by: str, at: datetime, reason: str) -> Candidate:
    """Do not confirm it, for a reason; the candidate waits for a decision as before. Raises as `confirm` does."""
    if not reason.strip():
        raise Refused(
            gettext("Not confirming needs a reason."),
            gettext("Say in a few words what is wrong with it."),
            field="reason",
        )
    with store.writing() as db:
        candidate, first = _first(db, candidate_id, version)
        _check_other(first, by)
        return _answer(db, candidate, first, Answer.REFUSED, by=by, at=at, note=reason.strip())


def withdraw(store: Store, candidate_id: int, version: int, *, by: str, at: datetime) -> Candidate:
    """Take one's own first word back. Raises NotFound, Conflict, NotAllowed for anybody else, Stale, StoreError."""
    with store.writing() as db:
        candidate, first = _first(db, candidate_id, version)
        if first.by != by:
            raise NotAllowed(
                gettext("%(by)s accepted it, not %(other)s.", by=first.by, other=by),
                gettext("Confirm it, or refuse it for a reason."),
            )
        return _answer(db, candidate, first, Answer.WITHDRAWN, by=by, at=at)


def _first(db: Subjects, candidate_id: int, version: int) -> tuple[Candidate, FirstWord]:
    candidate = unchanged(db, candidate_id, version)
    if candidate.first_word is None:
        raise Conflict(
            gettext("Candidate %(id)s waits for no second person.", id=candidate.id),
            gettext("Look at it as it stands now."),
        )
    return candidate, candidate.first_word


def _check_other(first: FirstWord, by: str) -> None:
    if first.by == by:
        raise NotAllowed(
            gettext(
                "You accepted it yourself at %(instant)s; a second person has to say whether that is right.",
                instant=instant_words(first.at),
            ),
            gettext("Wait for another reviewer, or withdraw it."),
        )


def _answer(
    db: Subjects,
    candidate: Candidate,
    first: FirstWord,
    answer: Answer,
    *,
    by: str,
    at: datetime,
    note: str | None = None,
) -> Candidate:
    db.reviewers.add_second_word(first.id, answer, by=by, at=at, note=note)
    db.candidates.touch(candidate.id)
    db.record.bump("decisions")
    return db.candidates.get(candidate.id)
