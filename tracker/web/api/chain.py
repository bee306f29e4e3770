"""The heads of the record's hash chain: whoever keeps one can tell later whether what stood before was rewritten."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tracker.model import Moment
from tracker.record.chain import Checkpoint, daily_checkpoints
from tracker.record.citation import Rows, fact
from tracker.web.api import schemas
from tracker.web.api.calls import blueprint, rendered
from tracker.web.api.cursor import page_moment, page_of
from tracker.web.api.document import RECORD, read_answers
from tracker.web.api.parameters import AtMoment, CheckpointsQuery
from tracker.web.auth import open_to
from tracker.web.cited_rows import Facts, cites
from tracker.web.current import Snapshot, current, moment_from_request


@dataclass(frozen=True)
class _Heads(Facts):
    """Heads of the chain as they are cited: the last one, or with `daily` those of the days that were over."""

    daily: bool

    def rows(self, moment: Moment) -> Rows:
        heads = heads_of_days(moment.known_at) if self.daily else [_head(moment.known_at)]
        return dict(fact(f"checkpoint-{head.seq}", vars(head)) for head in heads)


def _cited(snapshot: Snapshot, parts: Mapping[str, Any], asked: Mapping[str, str]) -> _Heads:
    return _Heads(snapshot, daily=False)


def _cited_by_day(snapshot: Snapshot, parts: Mapping[str, Any], asked: Mapping[str, str]) -> _Heads:
    return _Heads(snapshot, daily=True)


@blueprint.get("/v1/checkpoint", responses=read_answers(schemas.Checkpoint), tags=[RECORD])
@open_to("public")
@cites(_cited)
@rendered
def checkpoint(query: AtMoment) -> schemas.Checkpoint:
    """The head of the hash chain as it stood at `known_at`.

    Kept by somebody else, it proves later that nothing before it was changed. `python -m tracker verify --checkpoint`
    and the check in each proof (`/claims/{id}/proof`) compare with it. The chain is of our record, so that `as_of` is
    accepted as everywhere and changes nothing.
    """
    moment = moment_from_request()
    head = _head(moment.known_at if query.known_at else None)
    return schemas.Checkpoint(seq=head.seq, hash=head.hash, at=head.at)


@blueprint.get("/v1/checkpoints", responses=read_answers(schemas.Checkpoints), tags=[RECORD])
@open_to("public")
@cites(_cited_by_day)
@rendered
def checkpoints(query: CheckpointsQuery) -> schemas.Checkpoints:
    """The last head of every UTC day that was over by `known_at` and on which something was recorded, newest first."""
    moment = page_moment(query)
    found = [
        ((head.at.isoformat(), head.seq, ""), schemas.DailyCheckpoint(day=head.at.date(), **vars(head)))
        for head in heads_of_days(moment.known_at if query.known_at else None)
    ]
    page, following = page_of(found, query, moment)
    return schemas.Checkpoints(checkpoints=page, next=following)


def _head(known_at: datetime | None) -> Checkpoint:
    with current().service.store.reading() as db:
        return db.chain.head(known_at)


def heads_of_days(known_at: datetime | None) -> list[Checkpoint]:
    """The heads of the days that were over at an instant (None: now), newest first, as the chain stood then."""
    today = known_at.date() if known_at else current().day()
    with current().service.store.reading_for_all() as db:
        return daily_checkpoints(db.chain.daily_heads(known_at), today)
