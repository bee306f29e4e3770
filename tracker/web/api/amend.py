"""Amending the record by a reviewer's token: correct a row, withdraw it, cite a further source."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response

from tracker.errors import Faults, Refused
from tracker.model import Source, StatusChange
from tracker.reviewing import amend
from tracker.reviewing.amend import AMENDABLE, ClaimName, find_claim
from tracker.web.api import schemas, shapes
from tracker.web.api.calls import blueprint, fresh, json_answer
from tracker.web.api.document import REVIEWERS_ONLY, answers
from tracker.web.api.parameters import ClaimPath, CorrectionBody, SourceBody, WithdrawalBody
from tracker.web.auth import open_to, signed_in
from tracker.web.current import current, find_channel
from tracker.web.reach import of_claim
from tracker.web.words import web_address

_REQUIRED = {"state", "effective", "cause", "outcome", "substantive"}
"""Fields that a row of their kind always has."""


@blueprint.post(
    "/v1/claims/<name>/correction", responses=answers(schemas.Act, 401, 403, 404, 409, 413, 415), **REVIEWERS_ONLY
)
@open_to("reviewer", of_claim)
@fresh
def correct_claim(path: ClaimPath, body: CorrectionBody) -> Response:
    """Replace a row by one that says otherwise, and keeps its sources. Answers what was done.

    The name is that of the row that was read: where it stands no more, somebody else was first, and 409 says who.
    """
    name = ClaimName.read(path.name)
    told = {field: getattr(body, field) for field in body.model_fields_set - {"reason", "levels"}}
    faults = Faults()
    for field in sorted(told):
        if field not in AMENDABLE[name.kind]:
            faults.add(Refused(f"A {name.word} has no {field}.", "Send fields of that kind of row.", field=field))
        elif told[field] is None and field in _REQUIRED:
            faults.add(Refused(f"{field} cannot be null.", "A row of the record always says it.", field=field))
    told = {field: value for field, value in told.items() if field not in faults.fields}
    if "unconfirmed" in told:
        told["unconfirmed"] = tuple(sorted(set(told["unconfirmed"] or ())))
    return _done(
        name,
        lambda store, who: amend.correct(
            store, name, told, reason=body.reason, levels=body.levels, faults=faults, **who
        ),
    )


@blueprint.post(
    "/v1/claims/<name>/withdrawal", responses=answers(schemas.Act, 401, 403, 404, 409, 413, 415), **REVIEWERS_ONLY
)
@open_to("reviewer", of_claim)
@fresh
def withdraw_claim(path: ClaimPath, body: WithdrawalBody) -> Response:
    """Take a row back; where it corrected another, that one stands again. Answers what was done."""
    name = ClaimName.read(path.name)
    return _done(name, lambda store, who: amend.withdraw(store, name, reason=body.reason, **who))


@blueprint.post(
    "/v1/claims/<name>/sources", responses=answers(schemas.Act, 401, 403, 404, 409, 413, 415), **REVIEWERS_ONLY
)
@open_to("reviewer", of_claim)
@fresh
def cite_source(path: ClaimPath, body: SourceBody) -> Response:
    """Cite a further source for a row. Answers what was done."""
    name = ClaimName.read(path.name)
    faults = Faults()
    if web_address(body.url) is None:
        faults.add(Refused(f"{body.url[:80]!r} is no address of a page.", "Send one with http or https.", field="url"))
    told = {name: getattr(body, name) for name in SourceBody.model_fields}
    source = Source(**told)
    return _done(name, lambda store, who: amend.cite(store, name, source, faults=faults, **who))


def _done(name: ClaimName, deed: Callable[[Any, dict[str, Any]], object]) -> Response:
    """Do it in the reviewer's name, and answer the newest act upon the claim."""
    deed(current().service.store, {"by": signed_in().name, "at": current().service.clock()})
    snapshot = current().snapshot()
    for changes, contacts in snapshot.entries.values():
        claim = find_claim(name, changes if name.kind is StatusChange else contacts, snapshot.now)
        if claim:
            act = [act for act in snapshot.acts if act.address == str(claim.name)][-1]
            relationship = snapshot.relationship(find_channel(snapshot, act.row.channel).relationship)
            return json_answer(shapes.act(act, relationship, snapshot.amended))
    raise AssertionError(f"{name} was amended and is not on the record")
