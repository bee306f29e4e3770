"""What changed between two days, for the page and for the API: the days as they were sent, and what lies between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from tracker.errors import Refused
from tracker.model import Channel
from tracker.moments import day_of
from tracker.record.ledger import Act, Difference, Span, acts_between, difference
from tracker.tongue import gettext
from tracker.web.current import Snapshot


@dataclass(frozen=True)
class Between:
    """What happened to some channels in a span, and what was done to their record in it, the newest first.

    Channels to which nothing happened are left out.
    """

    span: Span
    known_at: datetime
    differences: tuple[Difference, ...]
    acts: tuple[Act, ...]


def span_of_days(first: str | None, last: str | None, as_of: date, *, bound: bool) -> Span:
    """The span from one day to another; without the last one up to `as_of`. Raises Refused that names the field.

    `bound`: `as_of` was asked for, so nothing later may be shown. A cited address has it always, and shows the span
    that was cited.
    """
    if not first:
        raise Refused(
            gettext("from is missing."), gettext("Send the first day of the span, as YYYY-MM-DD."), field="from"
        )
    span = Span(day_of(first, "from"), day_of(last, "to") if last else as_of)
    if span.first > span.last:
        end = "as_of" if bound and not last else "to"
        raise Refused(
            gettext(
                "from is %(first)s, which is after %(end)s (%(last)s).", first=repr(first), end=end, last=span.last
            ),
            gettext("Send the earlier day as from, and the later as %(end)s.", end=end),
            field="from",
        )
    if bound and span.last > as_of:
        raise Refused(
            gettext("to is %(last)s, which is after as_of (%(as_of)s).", last=repr(last), as_of=as_of),
            gettext("Send a day up to as_of as to, or leave one of them out."),
            field="to",
        )
    return span


def between(snapshot: Snapshot, span: Span, known_at: datetime, channels: Sequence[Channel]) -> Between:
    """What lies in a span, of some channels, as known at an instant."""
    found = (
        difference(c, snapshot.relationship(c.relationship), *snapshot.entries[c.slug], span, known_at)
        for c in channels
    )
    slugs = {channel.slug for channel in channels}
    done = acts_between(snapshot.acts, span.starts, min(span.ends, known_at))
    return Between(span, known_at, tuple(filter(None, found)), tuple(act for act in done if act.row.channel in slugs))
