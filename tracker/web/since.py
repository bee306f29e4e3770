"""What changed since a visitor last looked: the brief, the list behind it, and the mark from which it begins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for

from tracker.brief import Brief, News, SidesRead, brief_of, news_of, sentence_of, stirred
from tracker.coverage import Coverage
from tracker.errors import NotAllowed, Refused
from tracker.history import view
from tracker.model import Moment, Relationship
from tracker.moments import instant_of, instant_text
from tracker.tongue import language
from tracker.web.api.span import LONGEST_SPAN
from tracker.web.auth import COOKIE, open_to
from tracker.web.current import (
    CLOCK_SKEW,
    SILENCE_SPAN,
    Snapshot,
    current,
    moment_from_request,
    shows_the_past,
)
from tracker.web.pages import Clocks
from tracker.web.seen import SEEN, mark_of, present_mark
from tracker.web.sent import CLOCKS, check_address

ONE_YEAR = timedelta(days=365)
"""How long a browser keeps the mark."""

MOST = 200
"""News that the list behind a brief shows; the rest stands on the page of changes."""

blueprint = Blueprint("since", __name__)


def after_of(text: str | None, until: datetime, *, past: bool) -> datetime:
    """The instant after which changes are asked for; a day means its beginning. Raises Refused.

    `until`: up to when. `past`: that was asked for, and is not now.
    """
    if not text:
        wrong = "after is missing."
        raise Refused(wrong, "Send the day or the instant after which to tell what changed.", field="after")
    after = instant_of(text, "after", day=time.min)
    if past and after > until:
        raise Refused(f"after is {text!r}, which is later than known_at.", "Send an earlier moment.", field="after")
    if after > current().now() + CLOCK_SKEW:
        raise Refused(f"after is {text!r}, which has not come yet.", "Send a moment up to now.", field="after")
    return after


def brief_since(snapshot: Snapshot, after: datetime, until: Moment, lang: str, *, past: bool) -> Brief:
    """What changed in the record from an instant to a moment. `past`: the moment was asked for, and is not now."""
    then = Moment(min(after.date(), until.as_of), after)
    end = until.known_at if past else current().now()
    read = [_sides_read(snapshot, pair, after, end) for pair in snapshot.relationships]
    return brief_of(_news(snapshot, then, until), read, after, lang)


def _news(snapshot: Snapshot, then: Moment, until: Moment) -> Iterator[News]:
    for channel in snapshot.channels:
        rows = snapshot.entries[channel.slug]
        if stirred(*rows, then, until):
            pair = snapshot.relationship(channel.relationship)
            # Not by the snapshot: the marks of visitors would drive the views out that everybody asks for.
            before = view(channel, pair, *rows, then)
            yield from news_of(before, snapshot.view(channel, until), pair, *rows)


def _sides_read(snapshot: Snapshot, pair: Relationship, after: datetime, end: datetime) -> SidesRead:
    """How far the parties' sources were read, in the last year of a longer span."""
    start = max(min(after, end), end - LONGEST_SPAN)
    reads = None
    if start < snapshot.now - SILENCE_SPAN or end < snapshot.now:
        with current().service.store.reading() as db:
            reads = db.feeds.reads_since(start, end, relationship=pair.slug)
    sides: list[Coverage] = [
        snapshot.coverage_between(pair.slug, party.code, start, end, reads) for party in pair.parties
    ]
    return SidesRead(pair, tuple(sides))


@dataclass(frozen=True)
class Look:
    """The mark that a visitor may set now, and the brief since the one that they have, if they do."""

    mark: str
    brief: Brief | None = None

    @property
    def after(self) -> str:
        return instant_text(self.brief.after)


@blueprint.app_context_processor
def _look() -> dict[str, Any]:
    return {"last_look": last_look, "sentence_of": sentence_of}


def last_look() -> Look:
    """For a page that depends on the mark (`MARKED`): the brief of who brought one, of the present alone."""
    snapshot, now = current().snapshot(), current().now()
    mark, after = instant_text(present_mark(snapshot, now)), mark_of(request.cookies.get(SEEN, ""))
    if after is None or after > now:
        return Look(mark)
    until = Moment(current().service.today(), snapshot.now)
    return Look(mark, brief_since(snapshot, after, until, language(), past=False))


@blueprint.get("/since")
@open_to("public")
def since() -> Response:
    """With a mark in its address the same for all who have the address; else it leads there, or offers to begin."""
    check_address(*CLOCKS, "after")
    if request.args.get("after"):
        return _shared()
    after = mark_of(request.cookies.get(SEEN, ""))
    if after is not None and after <= current().now():
        asked = request.args.to_dict() | {"after": instant_text(after)}
        response = redirect(url_for("since.since", **asked), 302)
    else:
        response = make_response(_page(None, moment_from_request()))
    response.headers["Cache-Control"] = "private, no-store"
    response.vary.update(("Cookie", "Accept-Language"))
    return response


def _shared() -> Response:
    if COOKIE in request.cookies:
        response = make_response(_told())
        response.headers["Cache-Control"] = "private, no-store"
    else:
        response = current().rendered(_told, "text/html")
    response.vary.update(("Cookie", "Accept-Language"))
    return response


def _told() -> str:
    snapshot, moment, past = current().snapshot(), moment_from_request(), shows_the_past()
    after = after_of(request.args["after"], moment.known_at, past=past)
    return _page(brief_since(snapshot, after, moment, language(), past=past), moment)


def _page(brief: Brief | None, moment: Moment) -> str:
    snapshot, clocks = current().snapshot(), Clocks(moment, shows_the_past())
    return render_template(
        "since.html",
        brief=brief,
        most=MOST,
        moment=moment,
        clocks=clocks,
        link=clocks.link,
        mark=instant_text(present_mark(snapshot, current().now())),
        address=_address(instant_text(brief.after)) if brief else None,
    )


def _address(after: str) -> str:
    """Where what changed since a mark stands, whenever it is opened."""
    return current().service.settings.base_url + url_for("since.since", after=after)


@blueprint.post("/since")
@open_to("public")
def remember() -> Response:
    """Set the mark, move it, or forget it: a cookie of this visitor's and nothing else, so the form has no token."""
    _refuse_other_sites()
    back = "since.since" if request.form.get("back") == "since" else "pages.dashboard"
    response = redirect(url_for(back), 303)
    response.headers["Cache-Control"] = "no-store"
    if request.form.get("forget"):
        response.delete_cookie(SEEN, httponly=True, samesite="Lax")
        return response
    text, now = request.form.get("seen", ""), current().now()
    seen = mark_of(text) if text else present_mark(current().snapshot(), now)
    if seen is None or seen > now:
        raise Refused(f"seen is {text[:40]!r}, which is no mark.", "Reload the page and press again.", field="seen")
    response.set_cookie(
        SEEN,
        instant_text(seen),
        max_age=ONE_YEAR,
        httponly=True,
        samesite="Lax",
        secure=current().service.settings.base_url.startswith("https:"),
    )
    return response


def _refuse_other_sites() -> None:
    """A page of another site must not move the mark of who visits it. Raises NotAllowed."""
    origin = request.headers.get("Origin")
    ours = {request.host, urlsplit(current().service.settings.base_url).netloc}
    if origin is not None and urlsplit(origin).netloc not in ours:
        raise NotAllowed("The mark can be set from pages of this site alone.", "Open the page here, and press there.")
