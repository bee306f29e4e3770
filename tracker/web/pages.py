"""The public pages. A view asks the record, and hands the answer to a template."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from flask import Blueprint, Response, make_response, render_template, request, url_for

from db.store import Subjects
from tracker.citation import FORM_NAMES, Citation
from tracker.errors import Refused
from tracker.model import Category, Moment, Outcome, Relationship, State
from tracker.promises import Fate
from tracker.sampling import Figures
from tracker.sampling import figures as live_figures
from tracker.tongue import msg
from tracker.web.api.parameters import ContactsFilter
from tracker.web.api.selection import contacts_asked_for
from tracker.web.auth import open_to, session_cookie
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
from tracker.web.cite import Recalled, citation_of, recalled
from tracker.web.claims import claim_proof, claim_values
from tracker.web.current import Snapshot, current, find_channel, moment_from_request, shows_the_past
from tracker.web.feeds import FEED_ASKED, FEEDS_ASKED, feed_values, feeds_values
from tracker.web.figures import figures_of, promises_in, views_asked_for
from tracker.web.narrowing import PARAMETERS as NARROWING
from tracker.web.narrowing import narrowing_of
from tracker.web.sent import CLOCKS, LANGUAGE, check_address
from tracker.web.strip import strip_of

Vocabulary = TypeVar("Vocabulary", bound=StrEnum)

PAGE = 50
"""Rows of a paged list."""

NAVIGATION = (
    ("pages.dashboard", msg("Channels")),
    ("timeline.timeline", msg("Timeline")),
    ("pages.changes", msg("Changes")),
    ("pages.contacts", msg("Contacts")),
    ("pages.figures", msg("Figures")),
    ("pages.feeds", msg("Sources")),
    ("pages.method", msg("Method")),
)

blueprint = Blueprint("pages", __name__)


@blueprint.get("/")
@open_to("public")
def dashboard() -> Response:
    return _answer(_dashboard, *CLOCKS, *NARROWING)


def _dashboard() -> str:
    snapshot, moment, now = current().snapshot(), moment_from_request(), current().now()
    today = current().service.today()
    narrowing = narrowing_of(request.args, snapshot.relationships)
    boards = [board(snapshot, relationship, moment, now, today, narrowing) for relationship in snapshot.relationships]
    return _page("dashboard.html", moment, now=now, boards=boards, strip_of=strip_of, narrowing=narrowing)


@blueprint.get("/channels/<slug>")
@open_to("public")
def channel(slug: str) -> Response:
    return _answer(lambda: _channel(slug), *CLOCKS, "all")


def _channel(slug: str) -> str:
    snapshot, moment = current().snapshot(), moment_from_request()
    found = find_channel(snapshot, slug)
    return _page("channel.html", moment, **channel_values(snapshot, found, moment, everything=_asks_for_all()))


def _asks_for_all() -> bool:
    """Whether every contact is to stand open. Raises Refused for what is neither yes nor nothing."""
    asked = request.args.get("all", "")
    if asked not in ("", "1"):
        raise Refused(f"all is {asked[:40]!r}.", "Send all=1, or leave it out.", field="all")
    return bool(asked)


@blueprint.get("/changes")
@open_to("public")
def changes() -> Response:
    between_days = request.args.get("from") or request.args.get("to")
    if between_days:
        return _answer(_between, *CLOCKS, "from", "to", "category")
    return _answer(_changes, *CLOCKS, "from", "to", "state", "category", "channel", "before")


def _changes() -> str:
    snapshot, moment = current().snapshot(), moment_from_request()
    state, category, line = _chosen(State, "state"), _chosen(Category, "category"), _chosen_channel(snapshot)
    rows = [
        row
        for row in changes_of(snapshot.views(moment))
        if state in (None, row.change.state)
        and category in (None, row.view.channel.category)
        and line in (None, row.view.channel.slug)
    ]
    shown, following = page_of(rows, change_key, request.args.get("before"), PAGE)
    chosen = {"state": state, "category": category, "channel": line}
    return _page(
        "changes.html", moment, rows=shown, following=following, total=len(rows), chosen=chosen, snapshot=snapshot
    )


def _between() -> str:
    snapshot, moment = current().snapshot(), moment_from_request()
    category = _chosen(Category, "category")
    asked = request.args
    bound = bool(asked.get("as_of")) and not asked.get("cited")
    span = span_of_days(asked.get("from"), asked.get("to"), moment.as_of, bound=bound)
    asked_for = [line for line in snapshot.channels if category in (None, line.category)]
    found = between(snapshot, span, moment.known_at, asked_for)
    lines = {line.slug: line for line in snapshot.channels}
    return _page("between.html", moment, found=found, chosen={"category": category}, lines=lines, snapshot=snapshot)


@blueprint.get("/corrections")
@open_to("public")
def corrections() -> Response:
    return _answer(_corrections, *CLOCKS, "category", "before")


def _corrections() -> str:
    snapshot, moment = current().snapshot(), moment_from_request()
    category = _chosen(Category, "category")
    lines = {line.slug: line for line in snapshot.channels if category in (None, line.category)}
    found = [act for act in snapshot.corrections if act.at <= moment.known_at and act.row.channel in lines]
    shown, following = page_of(found, act_key, request.args.get("before"), PAGE)
    chosen = {"category": category}
    return _page(
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
def contacts() -> Response:
    return _answer(_contacts, *CLOCKS, "outcome", "category", "channel", "from", "to", "before")


def _contacts() -> str:
    snapshot, moment = current().snapshot(), moment_from_request()
    chosen = {"outcome": _chosen(Outcome, "outcome"), "category": _chosen(Category, "category")}
    chosen |= {name: request.args.get(name) or None for name in ("channel", "from", "to")}
    found = contacts_asked_for(snapshot, moment, ContactsFilter(**chosen))
    rows = sorted((Met(view, contact) for view, contact in found), key=contact_key, reverse=True)
    shown, following = page_of(rows, contact_key, request.args.get("before"), PAGE)
    return _page(
        "contacts.html", moment, rows=shown, following=following, total=len(rows), chosen=chosen, snapshot=snapshot
    )


@blueprint.get("/figures")
@open_to("public")
def figures() -> Response:
    return _answer(_figures_page, *CLOCKS, "category")


def _figures_page() -> str:
    snapshot, moment = current().snapshot(), moment_from_request()
    category = _chosen(Category, "category")
    owed = promises_in(views_asked_for(snapshot, moment, category), Fate.OPEN, Fate.LAPSED)
    shown = figures_of(snapshot, moment, category)
    return _page("figures.html", moment, shown=shown, owed=owed, chosen={"category": category}, snapshot=snapshot)


@blueprint.get("/claims/<claim>")
@open_to("public")
def claim(claim: str) -> Response:
    return _answer(lambda: render_template("claim.html", **claim_values(claim)), "done")


@blueprint.get("/claims/<claim>/proof")
@open_to("public")
def proof_of_claim(claim: str) -> Response:
    return claim_proof(claim)


@blueprint.get("/feeds")
@open_to("public")
def feeds() -> Response:
    return _answer(lambda: _page("feeds.html", moment_from_request(), **feeds_values()), *CLOCKS, *FEEDS_ASKED)


@blueprint.get("/feeds/<slug>")
@open_to("public")
def feed(slug: str) -> Response:
    return _answer(lambda: _page("feed.html", moment_from_request(), **feed_values(slug)), *CLOCKS, *FEED_ASKED)


@blueprint.get("/method")
@open_to("public")
def method() -> Response:
    return _answer(_method, *CLOCKS)


def _method() -> str:
    snapshot, moment = current().snapshot(), moment_from_request()
    with current().service.store.reading() as db:
        live = {r.slug: _figures(db, r) for r in snapshot.relationships}
    service = current().service
    weights = service.packs[0].weights
    return _page(
        "method.html",
        moment,
        snapshot=snapshot,
        live=live,
        measured=service.measured,
        thresholds=(weights.flag, weights.beside),
    )


def _figures(db: Subjects, relationship: Relationship) -> Figures:
    """How well detection does on live traffic; what waits for a decision is not in it."""
    samples, slug = db.samples, relationship.slug
    rows = samples.planned(slug), samples.measured(slug), samples.decided(slug)
    return live_figures(*rows, sides=relationship.sides, today=current().day())


@dataclass(frozen=True)
class Clocks:
    """Which moment a page shows, and how its links and its citation say so."""

    moment: Moment
    past: bool
    _cited: dict[str, Citation] = field(default_factory=dict, compare=False)

    @property
    def latest(self) -> bool:
        """Whether it shows all that is known."""
        return self.moment.known_at >= current().snapshot().now

    @property
    def ahead(self) -> bool:
        """Whether the day that is shown has not come."""
        return self.moment.as_of > current().service.today()

    @property
    def carried(self) -> dict[str, str]:
        """The arguments that keep a link in the same moment."""
        return {name: value for name in ("as_of", "known_at", LANGUAGE) if (value := request.args.get(name))}

    def link(self, endpoint: str, **values: Any) -> str:
        carried = self.carried
        if endpoint.startswith("outputs."):
            carried.pop(LANGUAGE, None)  # what programs read has no choice of language
        return url_for(endpoint, **carried | {name: value for name, value in values.items() if value is not None})

    def citation(self, title: str) -> Citation:
        """How this page is cited as it is now; reckoned once, since it hashes every row that the page shows."""
        if title not in self._cited:
            self._cited[title] = citation_of(current().snapshot(), request.path, request.args, self.moment, title)
        return self._cited[title]

    def recalled(self) -> Recalled | None:
        """What became of the view, where the page is opened by an address by which it was cited."""
        return recalled(current().snapshot(), request.path, request.args, self.moment)

    def cite_as(self, form: str, title: str) -> str:
        """The address of the citation in one form."""
        return url_for("cite.cite", format=form, path=request.full_path.rstrip("?"), title=title)


@blueprint.app_context_processor
def _navigation() -> dict[str, Any]:
    """What the frame of every page needs; pages that show a moment pass a `link` that keeps it."""
    return {"nav": NAVIGATION, "link": url_for, "citation_forms": FORM_NAMES}


def _page(template: str, moment: Moment, **values: Any) -> str:
    clocks = Clocks(moment, shows_the_past())
    corrected = current().snapshot().corrected
    return render_template(template, moment=moment, clocks=clocks, link=clocks.link, corrected=corrected, **values)


def _answer(render: Callable[[], str], *known: str) -> Response:
    """For visitors the bytes rendered once; for who is signed in a page of their own, which nobody may keep.

    `known`: what the address may carry. Raises Refused for anything else.
    """
    check_address(*known)
    if session_cookie() in request.cookies:
        response = make_response(render())
        response.headers["Cache-Control"] = "private, no-store"
    else:
        response = current().rendered(render, "text/html")
    response.vary.update(("Cookie", "Accept-Language"))
    return response


def _chosen_channel(snapshot: Snapshot) -> str | None:
    """The slug of the channel in the address. Raises Refused for one that is not there."""
    slug = request.args.get("channel")
    return find_channel(snapshot, slug).slug if slug else None


def _chosen(vocabulary: type[Vocabulary], name: str) -> Vocabulary | None:
    """The filter of that name in the address. Raises Refused for a word that it does not know."""
    text = request.args.get(name, "")
    if not text:
        return None
    try:
        return vocabulary(text)
    except ValueError:
        known = ", ".join(vocabulary)
        raise Refused(
            f"{name} is {text!r}, which is none that there is.", f"Send one of {known}.", field=name
        ) from None
