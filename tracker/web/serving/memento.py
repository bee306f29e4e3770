"""Asking for a page or an answer as it was at a time, by HTTP alone (RFC 7089, "Memento").

`Accept-Datetime` on an address of the record leads to the same address with both clocks set to that time; that one says
which time it shows. The product is its own time gate: there is one address for each view at each time. The first
memento of a view is that of the instant at which the first of its rows was recorded; a time before leads there.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from urllib.parse import quote, urlencode

from flask import Flask, Response, current_app, redirect, request

from tracker.errors import Refused
from tracker.moments import instant_of
from tracker.tongue import gettext
from tracker.web.cite import shown_at
from tracker.web.current import current
from tracker.web.sent import CLOCKS, names_taken


def register(app: Flask) -> None:
    app.before_request(_to_that_time)
    app.after_request(_say_which_time)


def _to_that_time() -> Response | None:
    asked = request.headers.get("Accept-Datetime")
    if asked is None or not _negotiates() or request.method not in ("GET", "HEAD"):
        return None
    if not {"as_of", "known_at", "cursor"}.isdisjoint(request.args):
        return None  # it has its time, as has each page of a walk
    at = min(max(_read(asked), _first()), current().now())
    clocks = {"as_of": at.date().isoformat(), "known_at": at.strftime("%Y-%m-%dT%H:%M:%SZ")}
    response = redirect(f"{request.path}?{urlencode(request.args.to_dict() | clocks)}", 302)
    response.headers["Vary"] = "Accept-Datetime"
    response.headers["Link"] = _links()
    return response


def _negotiates() -> bool:
    """Whether the view of this request can be asked for by a time."""
    endpoint = request.endpoint
    if endpoint is None or "known_at" not in names_taken(endpoint):
        return False
    return current_app.view_functions[endpoint].open_to == "public"


def _first() -> datetime:
    """When the first row of what is asked for was recorded, and so there was something to see. Raises NotFound."""
    snapshot = current().snapshot()
    shown = shown_at(snapshot, request.path, request.args)
    return shown.first() if shown else snapshot.recorded_until


def _read(text: str) -> datetime:
    """A date of HTTP. Raises Refused."""
    try:
        at = parsedate_to_datetime(text)
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise Refused(
            gettext("Accept-Datetime is %(value)s, which is no date of HTTP.", value=repr(text[:60])),
            gettext("Send one such as Tue, 09 Jan 2024 12:00:00 GMT."),
            field="Accept-Datetime",
        ) from None


def _say_which_time(response: Response) -> Response:
    if _negotiates() and response.status_code in (200, 304):
        response.vary.add("Accept-Datetime")
        known_at = request.args.get("known_at")
        if known_at:
            at = min(instant_of(known_at, "known_at", day=_END), current().now())
            response.headers["Memento-Datetime"] = format_datetime(at.astimezone(UTC), usegmt=True)
            response.headers.add("Link", _links())
    return response


_END = datetime.max.time()


def _links() -> str:
    """The address of the present view, which is its own time gate."""
    return f'<{present_address()}>; rel="original timegate"'


def present_address() -> str:
    """The address of this request without its clocks: what is asked for, as it stands now."""
    own = {name: value for name, value in request.args.items() if name not in CLOCKS}
    return f"{quote(request.path)}?{urlencode(own)}" if own else quote(request.path)
