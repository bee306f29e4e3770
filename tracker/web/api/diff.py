"""What changed between two days, and what the record no longer says."""

from __future__ import annotations

from collections.abc import Sequence

from tracker.model import Channel, Moment
from tracker.record.citation import FORMATS
from tracker.record.ledger import Act
from tracker.web.api import schemas, shapes
from tracker.web.api.calls import blueprint, rendered
from tracker.web.api.cursor import page_moment, page_of
from tracker.web.api.document import RECORD, read_answers
from tracker.web.api.parameters import CitationQuery, CorrectionsQuery, DiffQuery
from tracker.web.api.record import links_of
from tracker.web.api.selection import lines_asked_for
from tracker.web.auth import open_to
from tracker.web.between import between, span_of_days
from tracker.web.cite import Recalled, asked_view
from tracker.web.current import Snapshot, current


@blueprint.get("/v1/diff", responses=read_answers(schemas.Diff), tags=[RECORD])
@open_to("public")
@rendered
def diff(query: DiffQuery) -> schemas.Diff:
    """What changed between two days: in the world, and in our record."""
    snapshot, moment = current().snapshot(), page_moment(query)
    lines = lines_asked_for(snapshot, query, moment.known_at)
    span = span_of_days(query.first, query.last, moment.as_of, bound=bool(query.as_of) and not query.cited)
    found = between(snapshot, span, moment.known_at, lines)
    page, following = _page_of_acts(found.acts, query, moment)
    corrected = snapshot.corrected_at(moment.known_at)
    return schemas.Diff(
        start=span.first,
        end=span.last,
        known_at=moment.known_at,
        count=len(found.differences),
        channels=[
            shapes.difference_of(d, snapshot.relationship(d.channel.relationship), links_of(d.channel.slug), corrected)
            for d in found.differences
        ],
        recorded=len(found.acts),
        record=_shaped(snapshot, page),
        next=following,
    )


@blueprint.get("/v1/corrections", responses=read_answers(schemas.Corrections), tags=[RECORD])
@open_to("public")
@rendered
def corrections(query: CorrectionsQuery) -> schemas.Corrections:
    """Everything that the record once said and says no more, with what it says now: newest first."""
    snapshot, moment = current().snapshot(), page_moment(query)
    asked_for = {channel.slug for channel in lines_asked_for(snapshot, query, moment.known_at)}
    found = [
        act for act in snapshot.corrections if act.row.channel in asked_for and act.at <= moment.known_at
    ]  # fmt: skip
    page, following = _page_of_acts(found, query, moment)
    return schemas.Corrections(
        known_at=moment.known_at, count=len(found), corrections=_shaped(snapshot, page), next=following
    )


@blueprint.get("/v1/citation", responses=read_answers(schemas.CitedView), tags=[RECORD])
@open_to("public")
@rendered
def citation(query: CitationQuery) -> schemas.CitedView:
    """How a page or an answer is cited, with the hash of each row; and what became of one that was cited before."""
    snapshot = current().snapshot()
    asked = asked_view()
    cited = asked.citation
    return schemas.CitedView(
        address=cited.address,
        as_of=cited.as_of,
        known_at=cited.known_at,
        revision=cited.mark.revision,
        count=cited.mark.count,
        sha256=cited.mark.sha256,
        **{form: write(cited) for form, (write, _) in FORMATS.items()},
        rows=[schemas.RowHash(row=name, sha256=digest) for name, digest in asked.hashes],
        since=_since(snapshot, asked.recalled) if asked.recalled else None,
    )


def _since(snapshot: Snapshot, found: Recalled) -> schemas.Since:
    now = found.since.rows
    return schemas.Since(
        holds=found.holds,
        acts=_shaped(snapshot, found.since.acts),
        rows=schemas.Differing(**vars(now)) if now else None,
    )


def _shaped(snapshot: Snapshot, found: Sequence[Act]) -> list[schemas.Act]:
    pairs: dict[str, Channel] = {channel.slug: channel for channel in snapshot.channels}
    amended = snapshot.amended
    return [shapes.act(act, snapshot.relationship(pairs[act.row.channel].relationship), amended) for act in found]


def _page_of_acts(
    found: Sequence[Act], query: CorrectionsQuery | DiffQuery, moment: Moment
) -> tuple[list[Act], str | None]:
    keyed = [((act.at.isoformat(), act.row.id, f"{act.address}~{act.deed}"), act) for act in found]
    return page_of(keyed, query, moment)
