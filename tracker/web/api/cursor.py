"""Opaque cursors: where a page ended and which moment it showed, bound to what was asked, signed.

The following pages show the moment of the first one, so that what is written meanwhile neither hides nor repeats a row.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from operator import itemgetter
from typing import Any, TypeVar

from flask import current_app, request
from itsdangerous import BadData, URLSafeSerializer

from tracker.errors import Refused
from tracker.model import Moment
from tracker.tongue import gettext
from tracker.web.api.parameters import Page
from tracker.web.current import moment_from_request

Position = tuple[str, int, str]
"""A sort key: an ISO date or instant, an id, a name."""

Item = TypeVar("Item")


def write_cursor(position: Position, moment: Moment, asked: Mapping[str, Any]) -> str:
    """The cursor of the page that begins after a position. `asked`: what stays the same from page to page."""
    return _signer().dumps([_digest(asked), moment.as_of.isoformat(), moment.known_at.isoformat(), *position])


def read_cursor(cursor: str, asked: Mapping[str, Any]) -> tuple[Position, Moment]:
    """Where it goes on, and the moment to show. Raises Refused for what we did not write, and for another walk."""
    try:
        written = _signer().loads(cursor)
    except BadData:
        written = None
    # Base64 reads several texts as one; only ours is the cursor.
    if written is None or _signer().dumps(written) != cursor:
        raise Refused(
            gettext("This is no cursor of ours, or it was changed on the way."),
            gettext("Send the `next` of the page before as it is, or leave it out to begin anew."),
            field="cursor",
        )
    digest, as_of, known_at, *position = written
    if digest != _digest(asked):
        raise Refused(
            gettext("This cursor belongs to another call or to other filters."),
            gettext("Send it where it came from, with the same filters, or leave it out to begin anew."),
            field="cursor",
        )
    return tuple(position), Moment(date.fromisoformat(as_of), datetime.fromisoformat(known_at))


def page_moment(query: Page) -> Moment:
    """The two clocks of a page: those of the first page, which its cursor keeps. Raises Refused."""
    asked = moment_from_request()
    return read_cursor(query.cursor, walk_of(query))[1] if query.cursor else asked


def page_of(
    items: Iterable[tuple[Position, Item]], query: Page, moment: Moment, *, descending: bool = True
) -> tuple[list[Item], str | None]:
    """As many of the items as are asked for, after the cursor, and the cursor of the next page. Raises Refused.

    Positions are unique. The last comes first, or the first where not `descending`.
    """
    ordered = sorted(items, key=itemgetter(0), reverse=descending)
    if query.cursor:
        after, _ = read_cursor(query.cursor, walk_of(query))
        ordered = [item for item in ordered if (item[0] < after if descending else item[0] > after)]
    page = ordered[: query.most]
    following = write_cursor(page[-1][0], moment, walk_of(query)) if len(ordered) > len(page) else None
    return [item for _, item in page], following


def walk_of(query: Page) -> dict[str, Any]:
    """What was asked of which call, as far as it is the same from page to page."""
    return {"call": request.path} | query.model_dump(mode="json", exclude={"limit", "cursor", "fields"})


def _digest(asked: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:12]


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.secret_key, salt="cursor", signer_kwargs={"digest_method": hashlib.sha256})
