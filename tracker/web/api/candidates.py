"""The reviewer's calls: the queue, one candidate, and the decision on it."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from flask import Response

from db.text import instant_text
from tracker import review
from tracker.errors import Conflict, NotFound, Refused, Stale
from tracker.history import in_force
from tracker.model import Candidate, Status
from tracker.web.api import schemas, shapes
from tracker.web.api.calls import blueprint, fresh, json_answer
from tracker.web.api.choice import check_rejection, choice_of
from tracker.web.api.cursor import read_cursor, write_cursor
from tracker.web.api.document import REVIEWERS_ONLY, answers
from tracker.web.api.parameters import CandidatePath, CandidatesQuery, IfMatch, ReviewBody
from tracker.web.auth import open_to, signed_in
from tracker.web.current import current, moment_from_request

ANY_CANDIDATE = f"<int(max={2**63 - 1}):id>"


@blueprint.get("/v1/candidates", responses=answers(schemas.Candidates, 401, 403), **REVIEWERS_ONLY)
@open_to("reviewer")
@fresh
def candidates(query: CandidatesQuery) -> Response:
    """Candidates of a status, newest evidence first."""
    moment_from_request()
    filters = {"status": query.status}
    after = _after(query.cursor, filters)
    with current().service.store.reading() as db:
        found = db.candidates.queue(query.status, most=query.most + 1, after=after)
        pending = db.candidates.counts()[Status.PENDING]
    page, more = found[: query.most], len(found) > query.most
    following = write_cursor((instant_text(page[-1].evidence_at), page[-1].id, ""), filters) if more else None
    return json_answer(
        schemas.Candidates(
            status=query.status, pending=pending, candidates=[shape(one) for one in page], next=following
        )
    )


@blueprint.get(
    f"/v1/candidates/{ANY_CANDIDATE}",
    responses=answers(schemas.Candidate, 401, 403, 404),
    **REVIEWERS_ONLY,
)
@open_to("reviewer")
@fresh
def candidate(path: CandidatePath) -> Response:
    """One candidate with its releases, the words that made it fire, and what accepting would record.

    The answer's ETag is its version; a decision sends it back in If-Match.
    """
    return _answer(_existing(path.id))


@blueprint.post(
    f"/v1/candidates/{ANY_CANDIDATE}/review",
    responses=answers(schemas.Candidate, 401, 403, 404, 409, 412, 415, 428),
    **REVIEWERS_ONLY,
)
@open_to("reviewer")
@fresh
def review_candidate(path: CandidatePath, header: IfMatch, body: ReviewBody) -> Response:
    """Accept a candidate, as proposed or as corrected in the body, or reject it with a reason in `note`.

    Answers the candidate as it stands then; the record has changed by the time of the answer.
    """
    found = _existing(path.id)
    _check_open(found, header.if_match)
    store, by, at = current().service.store, signed_in().name, current().now()
    if body.decision == "reject":
        check_rejection(body)
        return _answer(review.reject(store, found.id, found.version, by=by, at=at, reason=body.note or ""))
    choice = choice_of(body, _question(found).choice)
    return _answer(review.accept(store, found.id, found.version, by=by, at=at, choice=choice))


class _NoVersion(Refused):
    status = 428
    title = "Precondition required"


def _check_open(found: Candidate, if_match: str | None) -> None:
    """Raise unless the candidate is pending and the version that was read is the present one."""
    if if_match is None or if_match.strip() == "*":
        raise _NoVersion(
            "A decision needs the version that it was made on.",
            "Send the ETag of GET /api/v1/candidates/{id} in If-Match.",
            field="If-Match",
        )
    if str(found.version) not in re.findall(r'(?<!W/)"([^"]*)"', if_match):
        raise _stale(found)
    if found.status is not Status.PENDING:
        raise Conflict(f"Candidate {found.id} waits for no decision. {_decided(found)}".strip(), "Look at it again.")


def _stale(found: Candidate) -> Stale:
    why = "" if found.status is Status.PENDING else _decided(found)
    return Stale(
        f"Candidate {found.id} has changed since you read it. {why}".strip(),
        "Nothing of yours was recorded; read it again and decide.",
        field="If-Match",
    )


def _decided(found: Candidate) -> str:
    """Who decided it, and when."""
    if not found.decisions:
        return "The record told of it before it was seen."
    last = found.decisions[-1]
    return f"{last.decided_by} was first: {last.verdict}ed at {last.decided_at:%Y-%m-%d %H:%M} UTC."


def _existing(candidate_id: int) -> Candidate:
    with current().service.store.reading() as db:
        found = db.candidates.get(candidate_id)
    if found is None:
        raise NotFound(f"There is no candidate {candidate_id}.", "GET /api/v1/candidates lists those that wait.")
    return found


def _after(cursor: str | None, filters: dict[str, str]) -> tuple[datetime, int] | None:
    if not cursor:
        return None
    when, number, _ = read_cursor(cursor, filters)
    try:
        return datetime.fromisoformat(when).astimezone(UTC), number
    except (ValueError, OverflowError):
        raise Refused("This is no cursor of ours.", "Send the `next` of the page before.", field="cursor") from None


def _answer(found: Candidate) -> Response:
    response = json_answer(shape(found))
    response.set_etag(str(found.version))
    return response


def shape(found: Candidate) -> schemas.Candidate:
    address = schemas.Links(self=f"/api/v1/candidates/{found.id}", html=f"/review/{found.id}")
    asked = _question(found) if found.status is Status.PENDING else None
    return shapes.candidate(found, asked, address)


def _question(found: Candidate) -> review.Question:
    now = current().now()
    changes, contacts = current().snapshot().entries[found.channel]
    return review.question(found, in_force(changes, now), in_force(contacts, now))
