"""Both readouts of one event, aligned, for programs."""

from __future__ import annotations

from collections.abc import Iterable

from tracker.model import Evidence
from tracker.readouts import Point, Readout
from tracker.web.api import schemas
from tracker.web.api.calls import blueprint, rendered
from tracker.web.api.document import RECORD, read_answers
from tracker.web.api.parameters import AtMoment, ClaimPath
from tracker.web.auth import open_to
from tracker.web.current import moment_from_request
from tracker.web.readouts import Told, told_of


@blueprint.get("/v1/claims/<name>/readouts", responses=read_answers(schemas.Readouts, 404), tags=[RECORD])
@open_to("public")
@rendered
def readouts(path: ClaimPath, query: AtMoment) -> schemas.Readouts:
    """Both sides' readouts of one event, point by point: what each says, what only one says, and the hours between.

    For rows that cite a kept release of each side. `known_at` leaves out what was cited later; `as_of` is accepted as
    everywhere and changes nothing. Every word is the original's, by offsets; docs/readouts.md describes the method.
    """
    moment = moment_from_request()
    _, told = told_of(path.name, moment.known_at)
    compared = told.comparison
    return schemas.Readouts(
        claim=path.name,
        as_of=moment.as_of,
        known_at=moment.known_at,
        readouts=[_readout(one) for one in compared.readouts],
        hours_apart=None if compared.apart.hours is None else round(compared.apart.hours, 2),
        days_apart=compared.apart.days,
        points=[_point(point, told) for point in compared.points],
        gloss=[
            schemas.GlossTerm(names=dict(term.names), said={side: _quotes(words) for side, words in term.said.items()})
            for term in compared.gloss
        ],
    )


def _readout(one: Readout) -> schemas.ComparedReadout:
    release = one.release
    return schemas.ComparedReadout(
        side=release.side,
        release=release.id,
        lang=release.lang,
        publisher=release.publisher,
        title=release.title,
        url=release.url,
        published=release.published,
        published_at=one.at,
        cut_short=one.cut_short,
        otherwise=one.otherwise,
    )


def _point(point: Point, told: Told) -> schemas.ReadoutPoint:
    return schemas.ReadoutPoint(
        kind=point.kind,
        key=point.key,
        names=dict(told.names(point)),
        said={
            side: schemas.SaidOfPoint(words=_quotes(said.words), value=said.value) for side, said in point.said.items()
        },
        only=point.only,
        differs=point.differs,
    )


def _quotes(words: Iterable[Evidence]) -> list[schemas.Quote]:
    return [schemas.Quote(field=one.field, start=one.start, end=one.end, text=one.text) for one in words]
