"""The reviewer's calls besides deciding: later, another channel, a second person, many at once."""

from __future__ import annotations

from datetime import time
from typing import Any

from flask import Response

from db.store import Store
from tracker.model import Answer, Candidate
from tracker.moments import instant_of
from tracker.reviewing import holding, regroup, review, second
from tracker.web.api import schemas
from tracker.web.api.calls import blueprint, fresh, json_answer
from tracker.web.api.candidates import answer, check_version, existing, regrouped, shape
from tracker.web.api.document import REVIEWERS_ONLY, answers
from tracker.web.api.parameters import CandidatePath, ChannelBody, IfMatch, LaterBody, RejectBody, SecondBody
from tracker.web.auth import open_to, signed_in
from tracker.web.current import current
from tracker.web.reach import by_itself, check_candidates, of_candidate

_ONE = {"responses": answers(schemas.Candidate, 401, 403, 404, 409, 412, 413, 415, 428)} | REVIEWERS_ONLY
_TWO = {"responses": answers(schemas.Regrouped, 401, 403, 404, 409, 412, 413, 415, 428)} | REVIEWERS_ONLY


@blueprint.post("/v1/candidates/<int:id>/later", **_ONE)
@open_to("reviewer", of_candidate)
@fresh
def put_aside(path: CandidatePath, header: IfMatch, body: LaterBody) -> Response:
    """Put a candidate aside for a reason, until an instant or until somebody brings it back.

    It comes back by itself at that instant, and before when a side speaks that had not.
    """
    found = _seen(path, header)
    until = instant_of(body.until, "until", day=time.max) if body.until else None
    return answer(
        holding.hold(_store(), found.id, found.version, reason=body.reason, until=until, **_who())
    )  # fmt: skip


@blueprint.post("/v1/candidates/<int:id>/release", **_ONE)
@open_to("reviewer", of_candidate)
@fresh
def bring_back(path: CandidatePath, header: IfMatch) -> Response:
    """Bring back what was put aside, before its time."""
    found = _seen(path, header)
    return answer(holding.release(_store(), found.id, found.version, **_who()))


@blueprint.post("/v1/candidates/<int:id>/queue", **_ONE)
@open_to("reviewer", of_candidate)
@fresh
def put_in_queue(path: CandidatePath, header: IfMatch) -> Response:
    """Let one that is unlikely, or that the record told of, wait for a decision: it may be another event."""
    found = _seen(path, header)
    return answer(review.put_in_queue(_store(), found.id, found.version, **_who()))


@blueprint.post("/v1/candidates/<int:id>/channel", **_TWO)
@open_to("reviewer", of_candidate)
@fresh
def to_channel(path: CandidatePath, header: IfMatch, body: ChannelBody) -> Response:
    """Move a candidate to the channel of which it really tells.

    It joins the candidate there that tells of the same event, else a new one, which is `into`; it is `merged` itself
    then. Refused where it was decided.
    """
    found = _seen(path, header)
    return regrouped(
        *regroup.to_channel(_store(), found.id, found.version, body.channel, note=body.note, **_who())
    )  # fmt: skip


@blueprint.post("/v1/candidates/<int:id>/channel/back", **_TWO)
@open_to("reviewer", of_candidate)
@fresh
def back_to_channel(path: CandidatePath, header: IfMatch) -> Response:
    """Take back the last move of another candidate to this one; `into` has its sightings again."""
    found = _seen(path, header)
    return regrouped(*regroup.back_to_channel(_store(), found.id, found.version, **_who()))


@blueprint.post("/v1/candidates/<int:id>/second", **_ONE)
@open_to("reviewer", of_candidate)
@fresh
def second_person(path: CandidatePath, header: IfMatch, body: SecondBody) -> Response:
    """Answer what another reviewer accepted, where a second person is asked for; or withdraw what one accepted.

    Confirmed, it is on the record by the time of the answer. The one who accepted it may only withdraw.
    """
    found = _seen(path, header)
    match body.answer:
        case Answer.CONFIRMED:
            return answer(second.confirm(_store(), found.id, found.version, **_who()))
        case Answer.WITHDRAWN:
            return answer(second.withdraw(_store(), found.id, found.version, **_who()))
    return answer(second.refuse(_store(), found.id, found.version, reason=body.note or "", **_who()))


@blueprint.post("/v1/candidates/reject", responses=answers(schemas.Rejected, 401, 403, 413, 415), **REVIEWERS_ONLY)
@open_to("reviewer", by_itself)
@fresh
def reject_many(body: RejectBody) -> Response:
    """Reject several candidates for one reason, each by itself, in the version that was read.

    One that has changed since, was decided, or is not there, is `skipped`, and the rest is rejected all the same.
    """
    versions = {one.id: one.version for one in body.candidates}
    check_candidates(versions)
    clock = current().service.clock
    done = review.reject_each(_store(), versions, by=signed_in().name, clock=clock, reason=body.reason)
    skipped = [schemas.Skipped(id=number, why=refused.wrong) for number, refused in done.skipped.items()]
    return json_answer(schemas.Rejected(rejected=[shape(one) for one in done.rejected], skipped=skipped))


def _seen(path: CandidatePath, header: IfMatch) -> Candidate:
    """The candidate in the version that was read."""
    found = existing(path.id)
    check_version(found, header.if_match)
    return found


def _store() -> Store:
    return current().service.store


def _who() -> dict[str, Any]:
    return {"by": signed_in().name, "at": current().now()}
