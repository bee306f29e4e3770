"""Which sightings tell of one event, by the hand of a reviewer: a candidate is split in two, merged into another, or
moved to the channel of which it really tells.

Sightings move, and nothing of the record does. What a decision rests on stays where it was decided. Each move is kept
as a row; merging takes a split back, splitting a merge, and moving back a move to another channel.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from db.store import Store, Subjects
from tracker.errors import Conflict, Refused
from tracker.model import Candidate, Decision, KeptSighting, Move, Regrouping, Status, Verdict
from tracker.polling.intake import in_order, nearest, retell
from tracker.releases.grouping import Voice, new_evidence, report_of, together
from tracker.reviewing.deeds import check_no_first_word, decided_words, unchanged
from tracker.tongue import gettext, to_keep

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
        check_no_first_word(candidate)
        moved, rest = _parted(candidate, set(sightings))
        _check_unused(candidate, moved)
        first = moved[0]
        own = db.candidates.open(
            candidate.channel, report_of(first.sighting, first.release.published), _status(moved), at=at
        )
        _move(db, moved, own, because=to_keep("%(by)s split them off together.", by=by), by=by)
        db.candidates.make_first(first.id)
        db.candidates.add_regrouping(Move.SPLIT, candidate.id, own, (seen.id for seen in moved), by=by, at=at)
        retell(db, own)
        _leave_the_rest(db, candidate, rest)
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
        _join(db, candidate, target, Move.MERGE, by=by, at=at)
        return db.candidates.get(candidate.id), db.candidates.get(target.id)


def to_channel(
    store: Store, candidate_id: int, version: int, channel: str, *, by: str, at: datetime, note: str | None = None
) -> tuple[Candidate, Candidate]:
    """Move a candidate to another channel of its relationship; answers both, as they stand then.

    Its sightings join the candidate of that channel which tells of the same event, else they make a new one that waits.
    The emptied one says where they went. `note`: why. Raises NotFound, Refused for a channel that cannot be, Conflict
    where the candidate was decided or merged already or waits for a second person, Stale, StoreError.
    """
    with store.writing() as db:
        candidate = unchanged(db, candidate_id, version)
        _check_channel(db, candidate, channel)
        _check_free(candidate)
        telling = in_order(candidate.telling)
        report = together(*(report_of(seen.sighting, seen.release.published, seen.release.side) for seen in telling))
        sides = {seen.release.side for seen in telling}
        known = nearest(db, sides, report, channel)
        if known:
            target = db.candidates.get(known[0].id)
            check_no_first_word(target)
            _join(db, candidate, target, Move.CHANNEL, by=by, at=at, note=note)
            own = known[0].id
        else:
            own = db.candidates.open(channel, report, Status.PENDING, at=at)
            _join(db, candidate, db.candidates.get(own), Move.CHANNEL, by=by, at=at, note=note)
            db.candidates.make_first(telling[0].id)
        return db.candidates.get(candidate.id), db.candidates.get(own)


def movable_back(db: Subjects, candidate: Candidate) -> Regrouping | None:
    """The last move from another channel into a candidate that can be taken back: what it emptied is empty still, and
    something of it is still here.
    """
    moves = [one for one in candidate.regroupings if one.move is Move.CHANNEL and one.given_to == candidate.id]
    held = {seen.id for seen in candidate.sightings}
    return next((one for one in reversed(moves) if _emptied_into(db, one) and not held.isdisjoint(one.sightings)), None)


def back_to_channel(
    store: Store, candidate_id: int, version: int, *, by: str, at: datetime
) -> tuple[Candidate, Candidate]:
    """Take back the last move from another channel into a candidate; answers it and the one that has its sightings
    again, as they stand then.

    A candidate that nothing else tells of is left empty. Raises NotFound, Conflict where nothing can be moved back, or
    a decision rests on it, Stale, StoreError.
    """
    with store.writing() as db:
        candidate = unchanged(db, candidate_id, version)
        check_no_first_word(candidate)
        if (move := movable_back(db, candidate)) is None:
            raise Conflict(
                gettext("Nothing was moved to candidate %(id)s that can go back.", id=candidate.id),
                gettext("Move it as a whole."),
            )
        moved = [seen for seen in in_order(candidate.sightings) if seen.id in move.sightings]
        rest = [seen for seen in in_order(candidate.sightings) if seen.id not in move.sightings]
        _check_unused(candidate, moved)
        because = to_keep("%(by)s moved it back from candidate %(number)s.", by=by, number=candidate.id)
        db.candidates.refill(move.taken_from, Status.PENDING, because)
        _move(db, moved, move.taken_from, because=because, by=by)
        db.candidates.make_first(moved[0].id)
        db.candidates.add_regrouping(
            Move.CHANNEL, candidate.id, move.taken_from, (seen.id for seen in moved), by=by, at=at
        )
        retell(db, move.taken_from)
        if rest:
            _leave_the_rest(db, candidate, rest)
        else:
            _leave_empty(db, candidate, move.taken_from, by=by, at=at)
        db.record.bump("decisions")
        return db.candidates.get(candidate.id), db.candidates.get(move.taken_from)


def _emptied_into(db: Subjects, move: Regrouping) -> bool:
    emptied = db.candidates.get(move.taken_from)
    return emptied is not None and emptied.merged_into == move.given_to


def _leave_the_rest(db: Subjects, candidate: Candidate, rest: Sequence[KeptSighting]) -> None:
    """What a candidate is without the sightings that were just taken from it."""
    db.candidates.make_first(rest[0].id)
    db.candidates.touch(candidate.id)
    if candidate.standing is None and candidate.status is Status.PENDING:
        db.candidates.set_status(candidate.id, _status(rest), candidate.again)
    _settle_again(db, candidate, rest)
    if db.candidates.get(candidate.id).status.open:
        # What was decided keeps the date that was decided.
        retell(db, candidate.id)


def _leave_empty(db: Subjects, candidate: Candidate, into: int, *, by: str, at: datetime) -> None:
    db.candidates.empty(candidate.id, into)
    db.reviewers.release(candidate.id, f"Candidate {into} has its releases.", at=at, by=by)


def _join(
    db: Subjects,
    candidate: Candidate,
    target: Candidate,
    move: Move,
    *,
    by: str,
    at: datetime,
    note: str | None = None,
) -> None:
    """Give all sightings of a candidate to another."""
    moved, telling = in_order(candidate.sightings), candidate.telling
    because, deed = _told(move, candidate, by)
    _move(db, telling, target.id, because=because, by=by)
    # What had joined quietly goes along, and stays quiet.
    _move(db, (seen for seen in moved if seen not in telling), target.id, because=because, by=None)
    _leave_empty(db, candidate, target.id, by=by, at=at)
    db.candidates.add_regrouping(move, candidate.id, target.id, (seen.id for seen in moved), by=by, at=at, note=note)
    db.candidates.touch(target.id)
    if target.status.open:
        retell(db, target.id)
    if why := _brings_back(candidate, target, deed):
        db.candidates.set_status(target.id, Status.PENDING, why)
        db.reviewers.release(target.id, why, at=at, by=by)
    db.record.bump("decisions")


def _parted(candidate: Candidate, chosen: set[int]) -> tuple[list[KeptSighting], list[KeptSighting]]:
    """The sightings that were chosen and the rest, each in order."""
    if unknown := chosen - {seen.id for seen in candidate.sightings}:
        raise Refused(
            gettext("Sighting %(sighting)s is none of candidate %(id)s.", sighting=min(unknown), id=candidate.id),
            gettext("Send ids of its own."),
            field="sightings",
        )
    moved = [seen for seen in in_order(candidate.sightings) if seen.id in chosen]
    rest = [seen for seen in in_order(candidate.sightings) if seen.id not in chosen]
    if not moved:
        raise Refused(
            gettext("Nothing is to be split off."), gettext("Choose what tells of another event."), field="sightings"
        )
    if all(seen.withheld for seen in rest):
        raise Refused(
            gettext("Nothing would be left of the candidate."),
            gettext("Leave at least one of its sightings."),
            field="sightings",
        )
    return moved, rest


def _check_unused(candidate: Candidate, moved: Iterable[KeptSighting]) -> None:
    """Raise Conflict where what was decided rests on one of the sightings."""
    if held := next((seen for seen in moved if _rests_on(candidate.standing, seen)), None):
        raise Conflict(
            gettext(
                "What %(decided)s rests on “%(title)s”.",
                decided=decided_words(candidate.standing),
                title=held.release.title,
            ),
            gettext("Undo that decision first."),
        )


def _rests_on(decision: Decision | None, seen: KeptSighting) -> bool:
    return decision is not None and (seen.joined_after is None or seen.joined_after < decision.id)


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
    heard = {_voice(seen) for seen in rest if _rests_on(decision, seen)}
    later = [seen for seen in rest if not _rests_on(decision, seen) and seen in candidate.telling]
    by_hand = decided is Status.REJECTED and any(seen.joined_by and seen.sighting.flagged for seen in later)
    if not by_hand and not any(new_evidence(decided, seen.sighting.signal, _voice(seen), heard) for seen in later):
        db.candidates.set_status(candidate.id, decided)


def _target(db: Subjects, candidate: Candidate, into: int) -> Candidate:
    """The candidate that is to take the sightings. Raises Refused that says why it cannot."""
    target = db.candidates.get(into)
    if target is None:
        raise Refused(
            gettext("There is no candidate %(into)s.", into=into),
            gettext("Name one of the same channel."),
            field="into",
        )
    if target.id == candidate.id:
        raise Refused(
            gettext("A candidate is not merged into itself."),
            gettext("Name another of the same channel."),
            field="into",
        )
    if target.channel != candidate.channel:
        raise Refused(
            gettext(
                "Candidate %(into)s is of the channel %(channel)s, this one of %(other)s.",
                into=into,
                channel=target.channel,
                other=candidate.channel,
            ),
            gettext("Name one of the same channel."),
            field="into",
        )
    if target.merged_into:
        raise Refused(
            gettext("Candidate %(into)s was merged into %(merged_into)s.", into=into, merged_into=target.merged_into),
            gettext("Name %(merged_into)s.", merged_into=target.merged_into),
            field="into",
        )
    if target.first_word:
        raise Refused(
            gettext("Candidate %(into)s waits for a second person, who was shown what it holds now.", into=into),
            gettext("Have it answered first."),
            field="into",
        )
    return target


def _check_channel(db: Subjects, candidate: Candidate, channel: str) -> None:
    """Raise Refused unless the channel is another one of the candidate's relationship."""
    if not channel:
        raise Refused(gettext("No channel is chosen."), gettext("Choose the one of which it tells."), field="channel")
    by_slug = {one.slug: one for one in db.record.channels()}
    if channel not in by_slug:
        raise Refused(
            gettext("There is no channel %(channel)s.", channel=repr(channel)),
            gettext("Name one by its slug."),
            field="channel",
        )
    if channel == candidate.channel:
        raise Refused(gettext("It stands on that channel already."), gettext("Name another one."), field="channel")
    if by_slug[channel].relationship != by_slug[candidate.channel].relationship:
        raise Refused(
            gettext("%(channel)s is a channel of other parties.", channel=channel),
            gettext("Name one of the same parties."),
            field="channel",
        )


def _check_free(candidate: Candidate) -> None:
    check_no_first_word(candidate)
    if candidate.merged_into:
        raise Conflict(
            gettext(
                "Candidate %(id)s was merged into %(merged_into)s.", id=candidate.id, merged_into=candidate.merged_into
            ),
            gettext("Look there."),
        )
    if candidate.standing:
        raise Conflict(
            gettext(
                "What %(decided)s rests on the releases of candidate %(id)s.",
                decided=decided_words(candidate.standing),
                id=candidate.id,
            ),
            gettext("Undo that decision first, or merge the other candidate into this one."),
        )


def _told(move: Move, candidate: Candidate, by: str) -> tuple[str, str]:
    """Who gave its sightings to another: as a reason on that one, and as a deed that brings it back."""
    named = {"by": by, "number": candidate.id, "channel": candidate.channel}
    if move is Move.MERGE:
        because = to_keep("%(by)s merged candidate %(number)s into this one.", **named)
        return because, to_keep("%(by)s merged candidate %(number)s into it.", **named)
    because = to_keep("%(by)s moved candidate %(number)s of %(channel)s to this one.", **named)
    return because, to_keep("%(by)s moved candidate %(number)s of %(channel)s to it.", **named)


def _brings_back(candidate: Candidate, target: Candidate, deed: str) -> str | None:
    """Why the target waits for a decision now and did not before, or was put aside (a sentence), or None."""
    if target.status is Status.UNLIKELY:
        waits = candidate.status is Status.PENDING or _status(candidate.sightings) is Status.PENDING
        return deed if waits else None
    if target.status is Status.PENDING and not any(hold.released_because is None for hold in target.holds):
        return None
    if target.status is Status.REJECTED and candidate.status is Status.PENDING:
        return deed
    heard = {_voice(seen) for seen in target.telling}
    reasons = (new_evidence(target.status, seen.sighting.signal, _voice(seen), heard) for seen in candidate.telling)
    return next(filter(None, reasons), None)


def _voice(seen: KeptSighting) -> Voice:
    return Voice(seen.release.side, seen.release.publisher)
