"""Which sightings tell of one event, by the hand of a reviewer: a candidate is split in two, or merged into another.

Sightings move, and nothing of the record does. What a decision rests on stays where it was decided. Each move is kept
as a row; merging takes a split back, and splitting a merge.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from db.store import Store, Subjects
from tracker.errors import Conflict, Refused
from tracker.grouping import new_evidence, report_of
from tracker.intake import in_order, retell
from tracker.model import Candidate, Decision, KeptSighting, Move, Status, Verdict
from tracker.review import unchanged

_OUTCOME = {Verdict.ACCEPT: Status.ACCEPTED, Verdict.REJECT: Status.REJECTED}


def split(
    store: Store, candidate_id: int, version: int, sightings: Iterable[int], *, by: str, at: datetime
) -> tuple[Candidate, Candidate]:
    """Move some sightings of a candidate (by their ids) into one of their own; answers both, as they stand then.

    The new one waits for a decision, or is unlikely where none of its sightings is flagged. Raises NotFound, Refused
    for sightings that are not the candidate's or are all of it, Conflict where a decision rests on one of them, Stale,
    StoreError.
    """
    with store.writing() as db:
        candidate = unchanged(db, candidate_id, version)
        moved, rest = _parted(candidate, set(sightings))
        if held := next((seen for seen in moved if _rests_on(candidate.standing, seen)), None):
            raise Conflict(
                f"What {_decided(candidate)} rests on “{held.release.title}”.",
                "Undo that decision first, then split.",
            )
        first = moved[0]
        own = db.candidates.open(
            candidate.channel, report_of(first.sighting, first.release.published), _status(moved), at=at
        )
        _move(db, moved, own, because=f"{by} split them off together.", by=by)
        db.candidates.make_first(first.id)
        db.candidates.make_first(rest[0].id)
        db.candidates.add_regrouping(Move.SPLIT, candidate.id, own, (seen.id for seen in moved), by=by, at=at)
        db.candidates.touch(candidate.id)
        _settle_again(db, candidate, rest)
        retell(db, own)
        if db.candidates.get(candidate.id).status.open:
            # What was decided keeps the date that was decided.
            retell(db, candidate.id)
        db.record.bump("decisions")
        return db.candidates.get(candidate.id), db.candidates.get(own)


def merge(
    store: Store, candidate_id: int, version: int, into: int, *, by: str, at: datetime
) -> tuple[Candidate, Candidate]:
    """Move all sightings of a candidate into another of the same channel; answers both, as they stand then.

    The emptied one says where they went. The other comes back to the queue where a further release of such a side
    would bring it back. Raises NotFound, Refused for another that cannot take them, Conflict where the candidate was
    decided or merged already, Stale, StoreError.
    """
    with store.writing() as db:
        candidate = unchanged(db, candidate_id, version)
        target = _target(db, candidate, into)
        _check_free(candidate)
        moved, telling = in_order(candidate.sightings), candidate.telling
        because = f"{by} merged candidate {candidate.id} into this one."
        _move(db, telling, target.id, because=because, by=by)
        # What had joined quietly goes along, and stays quiet.
        _move(db, (seen for seen in moved if seen not in telling), target.id, because=because, by=None)
        db.candidates.empty(candidate.id, target.id)
        db.candidates.add_regrouping(Move.MERGE, candidate.id, target.id, (seen.id for seen in moved), by=by, at=at)
        db.candidates.touch(target.id)
        if target.status.open:
            retell(db, target.id)
        if why := _brings_back(candidate, target, by):
            db.candidates.set_status(target.id, Status.PENDING, why)
        db.record.bump("decisions")
        return db.candidates.get(candidate.id), db.candidates.get(target.id)


def _parted(candidate: Candidate, chosen: set[int]) -> tuple[list[KeptSighting], list[KeptSighting]]:
    """The sightings that were chosen and the rest, each in order."""
    if unknown := chosen - {seen.id for seen in candidate.sightings}:
        raise Refused(
            f"Sighting {min(unknown)} is none of candidate {candidate.id}.", "Send ids of its own.", field="sightings"
        )
    moved = [seen for seen in in_order(candidate.sightings) if seen.id in chosen]
    rest = [seen for seen in in_order(candidate.sightings) if seen.id not in chosen]
    if not moved:
        raise Refused("Nothing is to be split off.", "Choose what tells of another event.", field="sightings")
    if all(seen.withheld for seen in rest):
        raise Refused(
            "Nothing would be left of the candidate.", "Leave at least one of its sightings.", field="sightings"
        )
    return moved, rest


def _rests_on(decision: Decision | None, seen: KeptSighting) -> bool:
    return decision is not None and (seen.joined_after is None or seen.joined_after < decision.id)


def _decided(candidate: Candidate) -> str:
    decision = candidate.standing
    return f"{decision.decided_by} {decision.verdict}ed at {decision.decided_at:%Y-%m-%d %H:%M} UTC"


def _status(sightings: Iterable[KeptSighting]) -> Status:
    return Status.PENDING if any(seen.sighting.flagged for seen in sightings) else Status.UNLIKELY


def _move(db: Subjects, sightings: Iterable[KeptSighting], candidate: int, *, because: str, by: str | None) -> None:
    for seen in sightings:
        db.candidates.move(seen.id, candidate, because=because, by=by)


def _settle_again(db: Subjects, candidate: Candidate, rest: Sequence[KeptSighting]) -> None:
    """Let a candidate that came back stand as it was decided, where what had brought it back was split off."""
    decision = candidate.standing
    if decision is None or candidate.status is not Status.PENDING:
        return
    decided = _OUTCOME[decision.verdict]
    heard = {seen.release.side for seen in rest if _rests_on(decision, seen)}
    later = [seen for seen in rest if not _rests_on(decision, seen) and seen in candidate.telling]
    if not any(new_evidence(decided, seen.release.side, heard) for seen in later):
        db.candidates.set_status(candidate.id, decided)


def _target(db: Subjects, candidate: Candidate, into: int) -> Candidate:
    """The candidate that is to take the sightings. Raises Refused that says why it cannot."""
    target = db.candidates.get(into)
    if target is None:
        raise Refused(f"There is no candidate {into}.", "Name one of the same channel.", field="into")
    if target.id == candidate.id:
        raise Refused("A candidate is not merged into itself.", "Name another of the same channel.", field="into")
    if target.channel != candidate.channel:
        raise Refused(
            f"Candidate {into} is of the channel {target.channel}, this one of {candidate.channel}.",
            "Name one of the same channel.",
            field="into",
        )
    if target.merged_into:
        raise Refused(
            f"Candidate {into} was merged into {target.merged_into}.", f"Name {target.merged_into}.", field="into"
        )
    return target


def _check_free(candidate: Candidate) -> None:
    if candidate.merged_into:
        raise Conflict(f"Candidate {candidate.id} was merged into {candidate.merged_into}.", "Look there.")
    if candidate.standing:
        raise Conflict(
            f"What {_decided(candidate)} rests on the releases of candidate {candidate.id}.",
            "Undo that decision first, or merge the other candidate into this one.",
        )


def _brings_back(candidate: Candidate, target: Candidate, by: str) -> str | None:
    """Why the target waits for a decision now and did not before (a sentence), or None."""
    if target.status is Status.UNLIKELY:
        waits = candidate.status is Status.PENDING or _status(candidate.sightings) is Status.PENDING
        return f"{by} merged candidate {candidate.id} into it." if waits else None
    if target.status.open:
        return None
    heard = {seen.release.side for seen in target.telling}
    reasons = (new_evidence(target.status, seen.release.side, heard) for seen in candidate.telling)
    return next(filter(None, reasons), None)
