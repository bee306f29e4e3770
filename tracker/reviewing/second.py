"""The second person: what one reviewer accepted goes on the record when another one confirms it.

Which states ask for two is a setting; `tracker/reviewing/review.py: accept` stores the first word. That the two are not
one account is a constraint of the database.
"""

from __future__ import annotations

from datetime import datetime

from db.store import Store, Subjects
from tracker.errors import Conflict, NotAllowed, Refused
from tracker.model import Answer, Candidate, FirstWord
from tracker.record.lineage import entry_key
from tracker.reviewing.deeds import parties_of, unchanged
from tracker.reviewing.review import Question, asked_now, check, choice_of, put_on_record
from tracker.tongue import gettext
from tracker.wording import instant_words


def confirm(store: Store, candidate_id: int, version: int, *, by: str, at: datetime) -> Candidate:
    """Put on the record what another reviewer accepted; it cites the releases that there are now.

    Raises NotFound, Conflict where nothing waits for a second person or a row on which it builds is newer than what was
    accepted, NotAllowed for whoever accepted it, Refused where no row can be made of it any more, Stale, StoreError.
    """
    with store.writing() as db:
        candidate, first = _first(db, candidate_id, version)
        _check_other(first, by)
        at = db.record.instant_for(at)
        asked = asked_now(db, candidate, at, choice_of(first.choice))
        _check_rows_of_then(asked, first)
        check(asked.choice, candidate.channel, parties_of(db, candidate.channel), at.date())
        decision = put_on_record(db, asked, by=by, at=at)
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


def _check_rows_of_then(asked: Question, first: FirstWord) -> None:
    """Raise Conflict where a row was recorded or corrected since, which the first person did not see."""
    if newer := next((row for row in asked.standing if row.recorded_at > first.at), None):
        raise Conflict(
            gettext("%(row)s was recorded after %(name)s accepted it.", row=entry_key(newer), name=first.by),
            gettext("Do not confirm it, and decide by the record as it stands now."),
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
