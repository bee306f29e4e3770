"""The reviewer's calls: the queue, one candidate, the decision on it, splitting and merging."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from flask import Response

from tracker.errors import Conflict, NotFound, Refused, Stale
from tracker.model import Candidate, Status
from tracker.moments import instant_text
from tracker.record.history import in_force
from tracker.reviewing import regroup, review
from tracker.reviewing.deeds import last_deed
from tracker.web.api import schemas
from tracker.web.api.calls import blueprint, fresh, json_answer
from tracker.web.api.candidate import candidate as candidate_shape
from tracker.web.api.choice import check_rejection, choice_of, named_as_sent
from tracker.web.api.cursor import Position, read_cursor, walk_of, write_cursor
from tracker.web.api.document import REVIEWERS_ONLY, answers
from tracker.web.api.parameters import CandidatePath, CandidatesQuery, IfMatch, MergeBody, ReviewBody, SplitBody
from tracker.web.auth import open_to, signed_in
from tracker.web.current import current, moment_from_request
from tracker.web.reach import by_itself, of_candidate
from tracker.web.reviewing.asked import within_of
from tracker.web.reviewing.particulars import particulars_of


@blueprint.get("/v1/candidates", responses=answers(schemas.Candidates, 401, 403), **REVIEWERS_ONLY)
@open_to("reviewer", by_itself)
@fresh
def candidates(query: CandidatesQuery) -> Response:
    """Candidates of a status, newest evidence first; with `q`, those that a release with these words tells of.

    Those that are put aside are pending, and listed with `held` alone.
    """
    moment = moment_from_request()
    after, now, within = _after(query), current().now(), within_of(query.relationship, current().snapshot())
    with current().service.store.reading() as db:
        held = (query.held, now) if query.status is Status.PENDING else None
        found = db.candidates.queue(
            query.status, most=query.most + 1, after=after, words=query.q, held=held, within=within
        )
        pending = db.candidates.counts(within)[Status.PENDING] - db.waiting.count_held(now, within)
    page, more = found[: query.most], len(found) > query.most
    following = write_cursor(_position(page[-1]), moment, walk_of(query)) if more else None
    return json_answer(
        schemas.Candidates(
            status=query.status, pending=pending, candidates=[shape(one) for one in page], next=following
        )
    )


@blueprint.get(
    "/v1/candidates/<int:id>",
    responses=answers(schemas.Candidate, 401, 403, 404),
    **REVIEWERS_ONLY,
)
@open_to("reviewer", of_candidate)
@fresh
def candidate(path: CandidatePath) -> Response:
    """One candidate with its releases, the words that made it fire, and what accepting would record.

    The answer's ETag is its version, with the rows on which accepting it would build; a decision sends it back in
    If-Match.
    """
    return answer(existing(path.id))


@blueprint.post(
    "/v1/candidates/<int:id>/review",
    responses=answers(schemas.Candidate, 401, 403, 404, 409, 412, 413, 415, 428),
    **REVIEWERS_ONLY,
)
@open_to("reviewer", of_candidate)
@fresh
def review_candidate(path: CandidatePath, header: IfMatch, body: ReviewBody) -> Response:
    """Accept a candidate, as proposed or as corrected in the body, or reject it with a reason in `note`.

    Answers the candidate as it stands then; the record has changed by the time of the answer, unless it is `pending`
    with a `first_word`: then a second person is to confirm it.
    """
    found = existing(path.id)
    built_on = check_version(found, header.if_match)
    _check_open(found)
    store, by, at = current().service.store, signed_in().name, current().now()
    if body.decision == "reject":
        check_rejection(body)
        return answer(review.reject(store, found.id, found.version, by=by, at=at, reason=body.note or ""))
    choice = choice_of(body, _question(found, another=body.another).choice, found.signal)
    how = {"choice": choice, "second": current().service.settings.second_person, "built_on": built_on}
    with named_as_sent():
        return answer(review.accept(store, found.id, found.version, by=by, at=at, **how))


@blueprint.post(
    "/v1/candidates/<int:id>/split",
    responses=answers(schemas.Regrouped, 401, 403, 404, 409, 412, 413, 415, 428),
    **REVIEWERS_ONLY,
)
@open_to("reviewer", of_candidate)
@fresh
def split_candidate(path: CandidatePath, header: IfMatch, body: SplitBody) -> Response:
    """Move sightings of a candidate into one of their own, since they tell of another event.

    Refused where a decision rests on them; merging the new candidate into the old one takes it back.
    """
    found = existing(path.id)
    check_version(found, header.if_match)
    store, by, at = current().service.store, signed_in().name, current().now()
    return regrouped(*regroup.split(store, found.id, found.version, body.sightings, by=by, at=at))


@blueprint.post(
    "/v1/candidates/<int:id>/merge",
    responses=answers(schemas.Regrouped, 401, 403, 404, 409, 412, 413, 415, 428),
    **REVIEWERS_ONLY,
)
@open_to("reviewer", of_candidate)
@fresh
def merge_candidate(path: CandidatePath, header: IfMatch, body: MergeBody) -> Response:
    """Move all sightings of a candidate into another of its channel, since they tell of the same event.

    The candidate is `merged` then and says into which. Refused where it was decided; splitting takes it back.
    """
    found = existing(path.id)
    check_version(found, header.if_match)
    store, by, at = current().service.store, signed_in().name, current().now()
    return regrouped(*regroup.merge(store, found.id, found.version, body.into, by=by, at=at))


def regrouped(found: Candidate, other: Candidate) -> Response:
    """Both as they stand now, with the ETag of the first."""
    shaped = shape(found)
    response = json_answer(schemas.Regrouped(candidate=shaped, into=shape(other)))
    response.set_etag(_etag(shaped))
    return response


class _NoVersion(Refused):
    status = 428
    title = "Precondition required"


def check_version(found: Candidate, if_match: str | None) -> list[str]:
    """The keys of the rows on which accepting would build, by the ETag that was read. Raise unless its version is the
    present one.
    """
    if if_match is None or if_match.strip() == "*":
        raise _NoVersion(
            "A decision needs the version that it was made on.",
            "Send the ETag of GET /api/v1/candidates/{id} in If-Match.",
            field="If-Match",
        )
    tags = (tag.split("+") for tag in re.findall(r'(?<!W/)"([^"]*)"', if_match))
    read = next((rows for version, *rows in tags if version == str(found.version)), None)
    if read is None:
        raise Stale(
            f"Candidate {found.id} has changed since you read it. {last_deed(found) or ''}".strip(),
            "Nothing of yours was recorded; read it again and decide.",
            field="If-Match",
        )
    return read


def _check_open(found: Candidate) -> None:
    """Raise unless the candidate can be decided as it stands."""
    if not found.status.open:
        why = last_deed(found) or "The record told of it before it was seen."
        raise Conflict(f"Candidate {found.id} waits for no decision. {why}", "Look at it again.")


def existing(candidate_id: int) -> Candidate:
    with current().service.store.reading() as db:
        found = db.candidates.get(candidate_id)
    if found is None:
        raise NotFound(f"There is no candidate {candidate_id}.", "GET /api/v1/candidates lists those that wait.")
    return found


def _position(found: Candidate) -> Position:
    return instant_text(found.evidence_at), found.id, ""


def _after(query: CandidatesQuery) -> tuple[datetime, int] | None:
    if not query.cursor:
        return None
    (when, number, _), _ = read_cursor(query.cursor, walk_of(query))
    return datetime.fromisoformat(when).astimezone(UTC), number


def answer(found: Candidate) -> Response:
    shaped = shape(found)
    response = json_answer(shaped)
    response.set_etag(_etag(shaped))
    return response


def _etag(shaped: schemas.Candidate) -> str:
    """The version of a candidate, with the rows on which accepting it would build."""
    return "+".join([str(shaped.version), *(shaped.question.builds_on if shaped.question else ())])


def shape(found: Candidate) -> schemas.Candidate:
    address = schemas.Links(self=f"/api/v1/candidates/{found.id}", html=f"/review/{found.id}")
    asked = _question(found) if found.status.open else None
    return candidate_shape(found, asked, address, current().now())


def _question(found: Candidate, *, another: bool = False) -> review.Question:
    snapshot = current().snapshot()
    now = max(current().now(), snapshot.recorded_until)
    changes, contacts = (in_force(rows, now) for rows in snapshot.entries[found.channel])
    return review.question(found, changes, contacts, particulars_of(found), another=another)
