"""The span that a call asks about, read and refused in words: pure but for what was sent."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from tracker.errors import Refused
from tracker.moments import instant_of
from tracker.web.api.parameters import CoverageQuery
from tracker.web.listening import SILENCE_SPAN

LONGEST_SPAN = timedelta(days=366)

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""Nothing was polled before."""


Span = tuple[datetime, datetime]
"""Where it begins and ends."""


def span_of(query: CoverageQuery, now: datetime) -> Span:
    """The span that is asked for; what is still to come of the day of `now`, or of `known_at`, is left out. Raises
    Refused.
    """
    end = instant_of(query.to, "to", day=time.max) if query.to else now
    if end > now:
        if end.date() > now.date() or len(query.to) > len("YYYY-MM-DD"):
            if query.known_at:
                wrong, remedy = "is later than known_at", "Send a moment up to known_at"
            else:
                wrong, remedy = "has not come yet", "Send a moment up to now"
            raise Refused(f"to is {query.to!r}, which {wrong}.", f"{remedy}, or leave it out.", field="to")
        end = now
    if end <= EARLIEST:
        raise _too_early("to", query.to)
    start = instant_of(query.since, "from", day=time.min) if query.since else max(end - SILENCE_SPAN, EARLIEST)
    if start >= end:
        raise Refused(
            f"from is {query.since!r}, which is not before to ({query.to or 'now'}).",
            "Send the earlier moment as from, and the later as to.",
            field="from",
        )
    if start < EARLIEST:
        raise _too_early("from", query.since)
    if end - start > LONGEST_SPAN:
        raise Refused(
            f"The span has {(end - start).days} days, and the longest that is answered has {LONGEST_SPAN.days}.",
            "Send from and to that are closer, and ask several times.",
            field="from",
        )
    return start, end


def _too_early(field: str, text: str) -> Refused:
    return Refused(
        f"{field} is {text!r}, and nothing was polled before {EARLIEST.year}.", "Send a later moment.", field=field
    )
