"""What changed since a visitor last looked: the brief, the list behind it, and the mark from which it begins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, make_response, redirect, request, url_for

from tracker.brief import Brief, sentence_of
from tracker.errors import NotAllowed, Refused
from tracker.model import Moment
from tracker.moments import instant_text
from tracker.tongue import gettext, language
from tracker.web.answers import answer, page
from tracker.web.auth import as_private, open_to
from tracker.web.briefing import after_of, brief_since
from tracker.web.current import current, moment_from_request, shows_the_past
from tracker.web.scope import SCOPE, scoped_snapshot
from tracker.web.seen import SEEN, mark_of, present_mark
from tracker.web.sent import CLOCKS, sent_once, takes

ONE_YEAR = timedelta(days=365)
"""How long a browser keeps the mark."""

MOST = 200
"""News that the list behind a brief shows; the rest stands on the page of changes."""

blueprint = Blueprint("since", __name__)


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
    snapshot, now = scoped_snapshot(), current().now()
    mark, after = instant_text(present_mark(current().snapshot(), now)), mark_of(request.cookies.get(SEEN, ""))
    if after is None or after > now:
        return Look(mark)
    until = Moment(current().service.today(), snapshot.now)
    return Look(mark, brief_since(snapshot, after, until, language(), past=False))


@blueprint.get("/since")
@open_to("public")
@takes(*CLOCKS, SCOPE, "after")
def since() -> Response:
    """With a mark in its address the same for all who have the address; else it leads there, or offers to begin."""
    if request.args.get("after"):
        return answer(_told)
    scoped_snapshot()  # refuses a relationship that there is not, also where nothing is told of it yet
    after = mark_of(request.cookies.get(SEEN, ""))
    if after is not None and after <= current().now():
        asked = sent_once() | {"after": instant_text(after)}
        response = redirect(url_for("since.since", **asked), 302)
    else:
        response = make_response(_page(None, moment_from_request()))
    as_private(response)
    response.vary.update(("Cookie", "Accept-Language"))
    return response


def _told() -> str:
    snapshot, moment, past = scoped_snapshot(), moment_from_request(), shows_the_past()
    after = after_of(request.args["after"], moment.known_at, past=past)
    return _page(brief_since(snapshot, after, moment, language(), past=past), moment)


def _page(brief: Brief | None, moment: Moment) -> str:
    return page(
        "since.html",
        moment,
        brief=brief,
        most=MOST,
        mark=instant_text(present_mark(current().snapshot(), current().now())),
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
        raise Refused(
            gettext("seen is %(value)s, which is no mark.", value=repr(text[:40])),
            gettext("Reload the page and press again."),
            field="seen",
        )
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
    if origin is not None and origin.partition("://")[2] not in ours:
        raise NotAllowed(
            gettext("The mark can be set from pages of this site alone."),
            gettext("Open the page here, and press there."),
        )
