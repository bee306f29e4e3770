"""The heads of the record's hash chain: whoever keeps one can tell later whether what stood before was rewritten."""

from __future__ import annotations

from tracker.record.chain import daily_checkpoints
from tracker.web.api import schemas
from tracker.web.api.calls import blueprint, rendered
from tracker.web.api.cursor import page_moment, page_of
from tracker.web.api.document import RECORD, read_answers
from tracker.web.api.parameters import AtMoment, CheckpointsQuery
from tracker.web.auth import open_to
from tracker.web.current import current, moment_from_request


@blueprint.get("/v1/checkpoint", responses=read_answers(schemas.Checkpoint), tags=[RECORD])
@open_to("public")
@rendered
def checkpoint(query: AtMoment) -> schemas.Checkpoint:
    """The head of the hash chain now. Kept by somebody else, it proves later that nothing before it was changed.

    `python -m tracker verify --checkpoint` and the check in each proof (`/claims/{id}/proof`) compare with it. The two
    clocks are accepted as everywhere and change nothing.
    """
    moment_from_request()
    with current().service.store.reading() as db:
        head = db.chain.head()
    return schemas.Checkpoint(seq=head.seq, hash=head.hash, at=head.at)


@blueprint.get("/v1/checkpoints", responses=read_answers(schemas.Checkpoints), tags=[RECORD])
@open_to("public")
@rendered
def checkpoints(query: CheckpointsQuery) -> schemas.Checkpoints:
    """The last head of every UTC day that is over and on which something was recorded, newest first."""
    moment = page_moment(query)
    with current().service.store.reading() as db:
        days = daily_checkpoints(db.chain.daily_heads(), current().day())
    found = [
        ((head.at.isoformat(), head.seq, ""), schemas.DailyCheckpoint(day=head.at.date(), **vars(head)))
        for head in days
    ]
    page, following = page_of(found, query, moment)
    return schemas.Checkpoints(checkpoints=page, next=following)
