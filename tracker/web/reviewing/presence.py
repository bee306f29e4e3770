"""Reviewers see each other: opening a candidate leaves a soft mark, which a page that stays open renews.

The mark is no part of the record. Where the database is busy it is left out: no page waits for it.
"""

from __future__ import annotations

import logging
from typing import Any

from flask import Blueprint, Response, make_response, render_template, request

from db.reviewers import Present
from db.store import StoreError
from tracker.reviewing import deeds
from tracker.web.auth import as_private, open_to, signed_in
from tracker.web.current import current
from tracker.web.reach import of_candidate
from tracker.web.reviewing.decoys import existing_here

log = logging.getLogger(__name__)

PATIENCE = 0.1
"""Seconds for which leaving a mark may wait for others who write."""

blueprint = Blueprint("presence", __name__, url_prefix="/review")


@blueprint.app_context_processor
def _others() -> dict[str, Any]:
    """Who else has a candidate open, for templates that ask."""
    return {"others_present": others_present}


@blueprint.get("/<int:number>/present")
@open_to("reviewer", of_candidate)
def present(number: int) -> Response:
    """A fragment of the candidate's page: who else has it open, and what became of the `version` that is open here."""
    with current().service.store.reading() as db:
        found = existing_here(db, number)
    be_present(number)
    opened = request.args.get("version", "")
    overtaken = deeds.stale(found) if opened and opened != str(found.version) else None
    fragment = render_template("_present_now.html", candidate=found, overtaken=overtaken, now=current().now())
    return as_private(make_response(fragment))


def be_present(number: int) -> None:
    """Leave the mark that whoever is signed in has a candidate open, if that is possible at once."""
    service = current().service
    try:
        with service.store.writing(patience=PATIENCE) as db:
            if db.candidates.get(number):
                db.reviewers.be_present(number, signed_in().name, at=service.clock())
    except StoreError as error:
        log.info("who has candidate %s open was not noted: %s", number, error)


def others_present(number: int) -> list[Present]:
    service = current().service
    with service.store.reading() as db:
        return db.reviewers.present(number, at=service.clock(), but=signed_in().name)
