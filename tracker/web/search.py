"""The search page: what was found by kind, or all of one kind page by page."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, request, url_for

from tracker.errors import Refused
from tracker.search import Kind
from tracker.tongue import gettext, msg
from tracker.web.answers import page
from tracker.web.api.asked import NAMES, asked_for, cited_search, kinds_open, read_place, write_place
from tracker.web.auth import as_private, open_to
from tracker.web.cited_rows import cites
from tracker.web.current import current
from tracker.web.found import Asked, Found, find
from tracker.web.scope import scoped_snapshot
from tracker.web.sent import takes
from tracker.wording import side_name

OF_EACH = 5
"""Hits of each kind that are shown together; the rest follow kind by kind."""

PAGE = 30

KIND_WORDS = {
    Kind.CHANNEL: msg("Channels"),
    Kind.CHANGE: msg("Changes of state"),
    Kind.CONTACT: msg("Contacts"),
    Kind.RELEASE: msg("Releases"),
}

blueprint = Blueprint("search", __name__)


@blueprint.get("/search")
@open_to("public")
@takes(*NAMES, "cited", "cursor")
@cites(cited_search)
def search() -> Response:
    snapshot = scoped_snapshot()
    sent = {name: value for name in NAMES if (value := request.args.get(name, "").strip())}
    asked = asked_for(sent)
    if request.args.get("cursor") and not (asked.query and "kind" in sent):
        raise Refused(
            gettext("cursor goes on with a search for one kind, and none is asked for."),
            gettext("Leave it out to begin anew."),
            field="cursor",
        )
    found = _find(asked, sent) if asked.query else None
    following = write_place(found.following, asked, sent) if found and "kind" in sent else None
    html = page(
        "search.html",
        asked.moment,
        asked=asked,
        found=found,
        sent=sent,
        kinds=kinds_open(),
        sides=_sides(),
        following=url_for("search.search", **sent, cursor=following) if following else None,
        kind_words=KIND_WORDS,
        snapshot=snapshot,
    )
    # What may be seen depends on who asks, and there are more questions than a cache should hold.
    return as_private(make_response(html))


def _sides() -> dict[str, str]:
    """The sides of all relationships, with their names."""
    pairs = scoped_snapshot().relationships
    return {side: side_name(side, pair) for pair in pairs for side in pair.sides}


def _find(asked: Asked, sent: dict[str, str]) -> Found:
    """All of the kind that was chosen, page by page; else the best of each kind."""
    snapshot = scoped_snapshot()
    with current().service.store.reading_for_all() as db:
        if "kind" in sent:
            return find(db, snapshot, asked, most=PAGE, after=read_place(request.args.get("cursor"), asked, sent))
        found = [find(db, snapshot, asked.among(kind), most=OF_EACH) for kind in asked.kinds]
    return Found(
        hits=tuple(hit for one in found for hit in one.hits),
        counts={kind: number for one in found for kind, number in one.counts.items()},
        following=None,
    )
