"""The public pages. A view asks the record, and hands the answer to a template."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, Response, request, url_for

from tracker.errors import Refused
from tracker.model import Category, Outcome, State
from tracker.record.citation import FORM_NAMES
from tracker.record.fates import Fate
from tracker.tongue import gettext, msg
from tracker.web.answers import answer, page, word_of
from tracker.web.api.parameters import ContactsFilter
from tracker.web.api.selection import contacts_asked_for
from tracker.web.auth import open_to
from tracker.web.between import between, span_of_days
from tracker.web.board import (
    Met,
    act_key,
    board,
    change_key,
    changes_of,
    contact_key,
    page_of,
)
from tracker.web.channel import channel_values
from tracker.web.cited_rows import cites
from tracker.web.claims import claim_proof, claim_values
from tracker.web.current import Snapshot, current, find_channel, moment_from_request
from tracker.web.figures import figures_of, promises_in, views_asked_for
from tracker.web.method import cited_method, method_values
from tracker.web.narrowing import PARAMETERS as NARROWING
from tracker.web.narrowing import narrowing_of
from tracker.web.overview import overview
from tracker.web.pictures.strip import strip_of
from tracker.web.scope import SCOPE, scoped_snapshot
from tracker.web.sent import CLOCKS, check_address, takes
from tracker.web.sources.cited import cited_page, cited_sources
from tracker.web.sources.feeds import FEED_ASKED, FEEDS_ASKED, feed_values, feeds_values

PAGE = 50
"""Rows of a paged list."""

MEASURED_WORDS = (
    msg("own"),
    msg("development"),
    msg("held out"),
    msg("each judged by weights that were fitted without it"),
    msg("never fitted or tuned on"),
)
"""How measured.json tells of its sets of cases, for the catalogues of the interface."""

NAVIGATION = (
    ("pages.dashboard", msg("Channels")),
    ("timeline.timeline", msg("Timeline")),
    ("pages.changes", msg("Changes")),
    ("pages.contacts", msg("Contacts")),
    ("pages.figures", msg("Figures")),
    ("pages.feeds", msg("Sources")),
    ("pages.method", msg("Method")),
)

_PLACE = re.compile(r"\d{4}-\d\d-\d\d[^~]*~[^~]+~\d{8,}(~\w+)?", re.ASCII)
"""How a place in a list is written (`tracker/web/board.py`)."""

blueprint = Blueprint("pages", __name__)


@blueprint.get("/")
@open_to("public")
@takes(*CLOCKS, SCOPE, *NARROWING)
def dashboard() -> Response:
    return answer(_dashboard)


def _dashboard() -> str:
    """The board of a relationship; of several, where none is chosen, what stands out in each."""
    snapshot, moment = scoped_snapshot(), moment_from_request()
    narrowing = narrowing_of(request.args, snapshot.relationships)
    now, today = current().now(), current().service.today()
    if len(snapshot.relationships) > 1:
        rows = overview(snapshot, moment, now, narrowing)
        return page("overview.html", moment, now=now, rows=rows, narrowing=narrowing)
    boards = [board(snapshot, pair, moment, now, today, narrowing) for pair in snapshot.relationships]
    return page("dashboard.html", moment, now=now, boards=boards, strip_of=strip_of, narrowing=narrowing)


@blueprint.get("/channels/<slug>")
@open_to("public")
@takes(*CLOCKS, "all")
def channel(slug: str) -> Response:
    return answer(lambda: _channel(slug))


def _channel(slug: str) -> str:
    snapshot, moment = current().snapshot(), moment_from_request()
    found = find_channel(snapshot, slug, moment.known_at)
    return page("channel.html", moment, **channel_values(snapshot, found, moment, everything=_asks_for_all()))


def _asks_for_all() -> bool:
    """Whether every contact is to stand open. Raises Refused for what is neither yes nor nothing."""
    asked = request.args.get("all", "")
    if asked not in ("", "1"):
        raise Refused(
            gettext("all is %(asked)s.", asked=repr(asked[:40])), gettext("Send all=1, or leave it out."), field="all"
        )
    return bool(asked)


@blueprint.get("/changes")
@open_to("public")
@takes(*CLOCKS, SCOPE, "from", "to", "state", "category", "channel", "before")
def changes() -> Response:
    if request.args.get("from") or request.args.get("to"):
        check_address(*CLOCKS, SCOPE, "from", "to", "category", "channel")
        return answer(_between)
    return answer(_changes)


def _changes() -> str:
    snapshot, moment = scoped_snapshot(), moment_from_request()
    state, category, line = word_of(State, "state"), word_of(Category, "category"), _chosen_channel(snapshot)
    rows = [
        row
        for row in changes_of(snapshot.views(moment))
        if state in (None, row.change.state)
        and category in (None, row.view.channel.category)
        and line in (None, row.view.channel.slug)
    ]
    shown, following = page_of(rows, change_key, _before(), PAGE)
    chosen = {"state": state, "category": category, "channel": line}
    return page(
        "changes.html", moment, rows=shown, following=following, total=len(rows), chosen=chosen, snapshot=snapshot
    )


def _between() -> str:
    snapshot, moment = scoped_snapshot(), moment_from_request()
    category, slug = word_of(Category, "category"), _chosen_channel(snapshot)
    asked = request.args
    bound = bool(asked.get("as_of")) and not asked.get("cited")
    span = span_of_days(asked.get("from"), asked.get("to"), moment.as_of, bound=bound)
    lines = {line.slug: line for line in snapshot.channels_at(moment.known_at)}
    asked_for = [line for line in lines.values() if category in (None, line.category) and slug in (None, line.slug)]
    found = between(snapshot, span, moment.known_at, asked_for)
    chosen = {"category": category, "channel": slug}
    return page("between.html", moment, found=found, chosen=chosen, lines=lines, snapshot=snapshot)


@blueprint.get("/corrections")
@open_to("public")
@takes(*CLOCKS, SCOPE, "category", "before")
def corrections() -> Response:
    return answer(_corrections)


def _corrections() -> str:
    snapshot, moment = scoped_snapshot(), moment_from_request()
    category = word_of(Category, "category")
    lines = {line.slug: line for line in snapshot.channels_at(moment.known_at) if category in (None, line.category)}
    found = [act for act in snapshot.corrections if act.at <= moment.known_at and act.row.channel in lines]
    shown, following = page_of(found, act_key, _before(), PAGE)
    chosen = {"category": category}
    return page(
        "corrections.html",
        moment,
        acts=shown,
        following=following,
        total=len(found),
        chosen=chosen,
        lines=lines,
        snapshot=snapshot,
    )


@blueprint.get("/contacts")
@open_to("public")
@takes(*CLOCKS, SCOPE, "outcome", "category", "channel", "from", "to", "before")
def contacts() -> Response:
    return answer(_contacts)


def _contacts() -> str:
    snapshot, moment = scoped_snapshot(), moment_from_request()
    chosen = {"outcome": word_of(Outcome, "outcome"), "category": word_of(Category, "category")}
    chosen |= {"channel": _chosen_channel(snapshot)} | {name: request.args.get(name) or None for name in ("from", "to")}
    found = contacts_asked_for(snapshot, moment, ContactsFilter(**chosen))
    rows = sorted((Met(view, contact) for view, contact in found), key=contact_key, reverse=True)
    shown, following = page_of(rows, contact_key, _before(), PAGE)
    return page(
        "contacts.html", moment, rows=shown, following=following, total=len(rows), chosen=chosen, snapshot=snapshot
    )


@blueprint.get("/figures")
@open_to("public")
@takes(*CLOCKS, SCOPE, "category")
def figures() -> Response:
    return answer(_figures_page)


def _figures_page() -> str:
    snapshot, moment = scoped_snapshot(), moment_from_request()
    category = word_of(Category, "category")
    owed = promises_in(views_asked_for(snapshot, moment, category), Fate.OPEN, Fate.LAPSED)
    shown = figures_of(snapshot, moment, category)
    return page("figures.html", moment, shown=shown, owed=owed, chosen={"category": category}, snapshot=snapshot)


@blueprint.get("/claims/<claim>")
@open_to("public")
@takes(*CLOCKS, "done")
def claim(claim: str) -> Response:
    return answer(lambda: _claim(claim))


def _claim(name: str) -> str:
    moment = moment_from_request()
    return page("claim.html", moment, **claim_values(name, moment))


@blueprint.get("/claims/<claim>/proof")
@open_to("public")
@takes()
def proof_of_claim(claim: str) -> Response:
    return claim_proof(claim)


@blueprint.get("/feeds")
@open_to("public")
@takes(*CLOCKS, SCOPE, *FEEDS_ASKED)
@cites(cited_sources)
def feeds() -> Response:
    return answer(lambda: page("feeds.html", moment_from_request(), **feeds_values()))


@blueprint.get("/feeds/<slug>")
@open_to("public")
@takes(*CLOCKS, *FEED_ASKED)
@cites(cited_page)
def feed(slug: str) -> Response:
    return answer(lambda: page("feed.html", moment_from_request(), **feed_values(slug)))


@blueprint.get("/method")
@open_to("public")
@takes(*CLOCKS)
@cites(cited_method)
def method() -> Response:
    return answer(lambda: page("method.html", moment_from_request(), **method_values()))


@blueprint.app_context_processor
def _navigation() -> dict[str, Any]:
    """What the frame of every page needs; pages that show a moment pass a `link` that keeps it."""
    return {"nav": NAVIGATION, "link": url_for, "citation_forms": FORM_NAMES}


def _before() -> str | None:
    """Where in a list its next rows begin. Raises Refused for what no page of a list ends with."""
    place = request.args.get("before") or None
    if place and not _PLACE.fullmatch(place):
        raise Refused(
            gettext("before is %(place)s, which is no place in this list.", place=repr(place[:40])),
            gettext("Leave it out to begin with the newest."),
            field="before",
        )
    return place


def _chosen_channel(snapshot: Snapshot) -> str | None:
    """The slug of the channel in the address. Raises Refused for one that is not there."""
    slug = request.args.get("channel")
    return find_channel(snapshot, slug).slug if slug else None
