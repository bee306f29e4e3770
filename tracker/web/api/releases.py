"""Handing a release in, by the same path as a poll's, with the candidates as the answer; and what is kept of one."""

from __future__ import annotations

from dataclasses import replace

from flask import Response

from tracker.errors import Faults, NotFound, Refused
from tracker.model import Release
from tracker.polling import handin
from tracker.web.api import schemas, shapes
from tracker.web.api.calls import blueprint, fresh, json_answer
from tracker.web.api.candidates import shape
from tracker.web.api.document import REVIEWERS_ONLY, answers, problems_of
from tracker.web.api.parameters import ReleaseBody, ReleasePath
from tracker.web.auth import open_to
from tracker.web.current import current
from tracker.web.reach import by_itself, check_relationships, reach, reaches
from tracker.web.serving.kept_page import kept_page


@blueprint.post(
    "/v1/releases",
    responses=answers(schemas.HandedIn, 401, 403, 413, 415, status=201),
    **REVIEWERS_ONLY,
)
@open_to("reviewer", by_itself)
@fresh
def hand_in(body: ReleaseBody) -> Response:
    """Hand in a release, as text or by its address, and see which candidates it speaks of.

    With `text` (or `summary`) and `published` nothing is fetched. With a `url` alone the page is fetched and read.
    A release handed in twice is one release, and keeps the date that was given first: where another is given later,
    `note` says so. The record changes only when a reviewer accepts a candidate.
    """
    if body.relationship:
        check_relationships([body.relationship])
    release = _release(body)
    handed_in = handin.take(current().service, release, relationship=body.relationship, within=reach())
    answer = schemas.HandedIn(
        release=shapes.release(handed_in.release),
        candidates=[shape(one) for one in handed_in.candidates if reaches(one.channel)],
        note=handin.other_day(release, handed_in),
    )
    return json_answer(answer, 201)


@blueprint.get(
    "/v1/releases/<int:id>",
    responses=answers(schemas.ReleaseHistory, 401, 403, 404),
    **REVIEWERS_ONLY,
)
@open_to("reviewer", by_itself)
@fresh
def kept_release(path: ReleasePath) -> Response:
    """All that is kept of a release.

    Every wording with what it changed, every name it came under, and whether its publisher took it out.
    """
    with current().service.store.reading() as db:
        found = db.releases.history(path.id)
    if found is None:
        raise NotFound(f"There is no release {path.id}.", "The sightings of candidates have the numbers of theirs.")
    return json_answer(shapes.release_history(found))


@blueprint.get(
    "/v1/releases/<int:id>/page",
    responses=problems_of(400, 401, 403, 404, 429)
    | {200: {"description": "The page as gzip.", "content": {"application/gzip": {"schema": {"type": "string"}}}}},
    **REVIEWERS_ONLY,
)
@open_to("reviewer", by_itself)
@fresh
def page(path: ReleasePath) -> Response:
    """The newest copy of a release's own page, byte for byte as the publisher's server sent it, zipped.

    Its SHA-256 is that of the page before zipping.
    """
    return kept_page(path.id)


def _release(body: ReleaseBody) -> Release:
    """What was sent, or the page that it names. Raises Refused with all that is wrong; a page is fetched only where
    nothing is.
    """
    service, faults = current().service, Faults()
    told = {"side": body.side, "published": body.published, "lang": body.lang}
    with faults.gathered():
        handin.check_told(service, relationship=body.relationship, **told)
    told["publisher"] = body.publisher
    words = body.text if body.text is not None else body.summary
    if words is None and body.url:
        with faults.gathered():
            handin.check_address(body.url)
        faults.check()
        page = handin.release_from_page(body.url, service.fetch, **told)
        return replace(page, title=body.title) if body.title else page
    with faults.gathered():
        if words is None and body.title is None:
            raise Refused("There is nothing to read.", "Send text with published, or a url.", field="text")
        release = handin.release_from_text(body.title or "", words or "", url=body.url or None, **told)
    faults.check()
    return release
