"""How long others may keep a public answer: what its Cache-Control says.

A reader asks each time whether an answer still stands, which costs next to nothing: a decision shows in our very next
answer. A cache in front of us (a CDN) may answer by itself for half a minute, and asks then. With both clocks set to
the past the rows of an answer change no more, and it may do so for an hour: what stands beside the rows, as how far
sources were read and what became of cited pages, lags so long, and an error of ours stays no longer. Pages differ for
who is signed in; nobody answers for us there.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import Request

from tracker.moments import known_instant

RECORD_PAGES = {
    "pages.dashboard", "pages.channel", "pages.changes", "pages.contacts", "pages.corrections", "pages.figures",
    "timeline.timeline", "outputs.timeline_svg",
    "api.relationships", "api.channels", "api.channel", "api.changes", "api.contacts", "api.corrections",
    "api.promises", "api.figures",
}  # fmt: skip
"""The views that show rows of the record at a moment, and little beside them."""


CITATION_STATUS = "Citation-Status"
"""The header that says what became of an answer since it was cited (`tracker/web/serving/cited.py`)."""

PAGES = "no-cache"
PRESENT = "public, max-age=0, s-maxage=30, must-revalidate"
PAST = "public, max-age=0, s-maxage=3600, must-revalidate"

SETTLED = timedelta(hours=1)
"""What was recorded up to so long ago is all on record: no write takes that long."""


def settles(request: Request, mimetype: str) -> datetime | None:
    """When the rows of the answer to a good request change no more: where it sets both clocks, and is for programs."""
    if mimetype == "text/html" or b"known_at=" not in request.query_string or request.endpoint not in RECORD_PAGES:
        return None
    if request.args.get("cited"):
        return None  # its headers say what changed since
    as_of, known_at = request.args.get("as_of"), request.args.get("known_at")
    return known_instant(known_at) + SETTLED if as_of and known_at else None


def keeping(mimetype: str, settled: datetime | None, now: datetime) -> str:
    """The Cache-Control of a public answer whose rows settle then."""
    if mimetype == "text/html":
        return PAGES
    return PAST if settled and settled < now else PRESENT
