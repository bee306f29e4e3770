"""What was promised, asked in vain, and counted."""

from __future__ import annotations

from tracker.model import State
from tracker.web.api import schemas, shapes
from tracker.web.api.calls import blueprint, rendered
from tracker.web.api.document import RECORD, read_answers
from tracker.web.api.parameters import FiguresQuery, PromisesQuery
from tracker.web.auth import open_to
from tracker.web.current import moment_from_request
from tracker.web.figures import figures_of, promises_in, quarter_name, views_asked_for
from tracker.web.scope import scoped


@blueprint.get("/v1/promises", responses=read_answers(schemas.Promises), tags=[RECORD])
@open_to("public")
@rendered
def promises(query: PromisesQuery) -> schemas.Promises:
    """What was announced, when it was due, and what became of it; the earliest due first."""
    moment = moment_from_request()
    views = views_asked_for(scoped(query.relationship), moment, query.category)
    fates = (query.fate,) if query.fate else ()
    found = [shapes.promise(owed.promise) for owed in promises_in(views, *fates)]
    return schemas.Promises(as_of=moment.as_of, known_at=moment.known_at, count=len(found), promises=found)


@blueprint.get("/v1/figures", responses=read_answers(schemas.Figures), tags=[RECORD])
@open_to("public")
@rendered
def figures(query: FiguresQuery) -> schemas.Figures:
    """Year by year who met and what was asked in vain, days in each state, and contacts per quarter, from 2020 on."""
    snapshot, moment = scoped(query.relationship), moment_from_request()
    shown, corrected = figures_of(snapshot, moment, query.category), snapshot.corrected_at(moment.known_at)

    def contacts(engagements):
        pairs = ((one.contact, snapshot.relationship(one.view.channel.relationship)) for one in engagements)
        return [shapes.contact(met, pair, corrected) for met, pair in pairs]

    return schemas.Figures(
        as_of=moment.as_of,
        known_at=moment.known_at,
        first=shown.first,
        last=shown.last,
        years=[
            schemas.Engagements(
                year=year.year,
                executed=contacts(year.executed),
                refused_cancelled_or_ignored=contacts(year.in_vain),
            )
            for year in shown.years
        ],
        channels=[
            schemas.ChannelDays(
                channel=row.view.channel.slug,
                days=_by_state(row.total),
                by_year={str(one.year): _by_state(one.days) for one in row.by_year},
            )
            for row in shown.channels
        ],
        quarters=[
            schemas.Quarter(quarter=quarter_name(start), contacts={c.value: n for c, n in counts.items()})
            for start, counts in shown.quarters
        ],
    )


def _by_state(days: dict[State, int]) -> dict[str, int]:
    return {state.value: number for state, number in days.items()}
