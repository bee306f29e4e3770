"""How far each side's sources were read in a span, and so what its silence on a channel means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tracker.model import Moment
from tracker.moments import instant_text
from tracker.record.citation import Rows, differing, fact
from tracker.record.coverage import Coverage
from tracker.record.history import reports_between
from tracker.web.api import schemas, shapes
from tracker.web.api.calls import blueprint, rendered
from tracker.web.api.document import RECORD, read_answers
from tracker.web.api.parameters import ChannelPath, CoverageQuery
from tracker.web.api.span import Span, span_of
from tracker.web.auth import open_to
from tracker.web.cited_rows import Facts, Since, cites, hole_row
from tracker.web.current import Snapshot, current, find_channel, moment_from_request
from tracker.web.measures import silence_words


@dataclass(frozen=True)
class _Span:
    """A channel in a span: the reports of each side, and how far its sources were read, by the polls that had ended at
    `known_at` (None: now).
    """

    start: datetime
    end: datetime
    sides: Mapping[str, tuple[int, Coverage]]
    publishers: Mapping[str, str]


def _span(snapshot: Snapshot, slug: str, moment: Moment, query: CoverageQuery, span: Span | None = None) -> _Span:
    """What a call for a channel asks for, or the same of another `span`. Raises NotFound, Refused."""
    found = find_channel(snapshot, slug)
    pair, view = snapshot.relationship(found.relationship), snapshot.view(found, moment)
    heard, until = current().listened(snapshot, {"known_at": query.known_at or ""})
    start, end = span or span_of(query, until)
    with current().service.store.reading() as db:
        known_at = until if query.known_at else None
        reads = db.feeds.reads_since(start, end, relationship=pair.slug, known_at=known_at)
    sides = {
        side: (
            len(reports_between(view, pair, side, start, end)),
            heard.coverage_between(pair.slug, side, start, end, reads),
        )
        for side in pair.sides
    }
    return _Span(start, end, sides, {feed.slug: feed.publisher for feed in heard.feeds})


@dataclass(frozen=True)
class _Read(Facts):
    """How far sources were read, as it is cited: what each side said, when each feed was last read, and each hole."""

    slug: str
    asked: Mapping[str, str]

    def rows(self, moment: Moment) -> Rows:
        return self._rows(moment)

    def since(self, moment: Moment) -> Since:
        """How the same span reads by what was known later."""
        then, present = self._told(moment), Moment(moment.as_of, current().now())
        return Since(rows=differing(self._rows(moment), self._rows(present, (then.start, then.end))))

    def _told(self, moment: Moment, span: Span | None = None) -> _Span:
        sent = {name: value for name in ("from", "to") if (value := self.asked.get(name))}
        query = CoverageQuery.model_validate(sent | {"known_at": instant_text(moment.known_at)})
        return _span(self.snapshot, self.slug, moment, query, span)

    def _rows(self, moment: Moment, span: Span | None = None) -> Rows:
        told = self._told(moment, span)
        rows: dict[str, bytes] = {}
        for side, (reports, read) in told.sides.items():
            until = {"start": told.start, "end": told.end, "reports": reports, "read_until": read.read_until}
            rows |= [fact(f"side-{side}", until)]
            rows |= [fact(f"feed-{one.feed}", {"side": side, "last_read": one.last_read}) for one in read.feeds]
            rows |= map(hole_row, read.holes)
        return rows


def _cited_coverage(snapshot: Snapshot, parts: Mapping[str, Any], asked: Mapping[str, str]) -> _Read:
    find_channel(snapshot, parts["slug"])
    return _Read(snapshot, parts["slug"], asked)


@blueprint.get("/v1/channels/<slug>/coverage", responses=read_answers(schemas.ChannelCoverage, 404), tags=[RECORD])
@open_to("public")
@cites(_cited_coverage)
@rendered
def channel_coverage(path: ChannelPath, query: CoverageQuery) -> schemas.ChannelCoverage:
    """Whether anything was said of a channel in a span, and how far each side's sources were read in it.

    Silence means something only where somebody looked: the holes say where nobody did, and why. With `known_at` it is
    told by the polls that had ended, and what was decided of feeds, by then.
    """
    moment = moment_from_request()
    told = _span(current().snapshot(), path.slug, moment, query)
    sides = {
        side: shapes.side_coverage(read, reports, silence_words(read, reports), told.publishers)
        for side, (reports, read) in told.sides.items()
    }
    return schemas.ChannelCoverage(
        as_of=moment.as_of, known_at=moment.known_at, channel=path.slug, start=told.start, end=told.end, sides=sides
    )
