"""Where admins see and change who may do what: people, tokens, and what was done by whom."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for

from db.audit import AFTER_ALL, KINDS, Position
from db.store import Store
from db.text import instant
from tracker import accounts
from tracker.accounts import ROLES
from tracker.errors import Refused
from tracker.tongue import gettext
from tracker.web.auth import act, as_private, open_to, signed_in
from tracker.web.current import current
from tracker.web.people import audit_words
from tracker.web.reach import of_everything
from tracker.web.sent import whole_number

MOST = 50
"""Rows of the audit on one page."""

LATEST = 8
"""Rows of it on the page of one person."""

blueprint = Blueprint("admin", __name__, url_prefix="/admin")
blueprint.after_request(as_private)
for _filter in ("what_words", "actor_words", "subject_words", "subject_address", "detail_words"):
    blueprint.add_app_template_filter(getattr(audit_words, _filter), f"audit_{_filter}")
blueprint.add_app_template_filter(audit_words.role_words, "role_words")


@blueprint.get("/users")
@open_to("admin", of_everything)
def users() -> Response:
    return _users()


@blueprint.post("/users")
@open_to("admin", of_everything)
def add_user() -> Response:
    """Add a person; the answer shows the link by which they sign in first, this once."""
    sent = request.form
    name, role = sent.get("name", "").strip(), sent.get("role", "")
    try:
        accounts.add_user(current().service.store, name, role, act())
    except Refused as refused:
        return _users(refused=refused)
    return _users(made_for=name, made_link=_link(name))


@blueprint.get("/users/<name>")
@open_to("admin", of_everything)
def user(name: str) -> Response:
    return _user(name)


@blueprint.post("/users/<name>")
@open_to("admin", of_everything)
def change_user(name: str) -> Response:
    """Do what the button says; a new link is shown in the answer, this once."""
    action = request.form.get("action", "")
    try:
        if action == "link":
            return _user(name, made_link=_link(name))
        if action not in _DEEDS:
            raise Refused(
                gettext("The form does not say what to do."), gettext("Press one of its buttons."), field="action"
            )
        done = _DEEDS[action](name)
    except Refused as refused:
        if refused.status == 404:
            raise
        return _user(name, refused=refused)
    ends_sessions = action in ("sessions", "disable") or (action == "role" and done)
    if signed_in().name == name and ends_sessions:
        return redirect(url_for("auth.login"), 303)  # They have just ended their own session.
    return redirect(url_for("admin.user", name=name, done=action), 303)


_DEEDS: dict[str, Callable[[str], Any]] = {
    "role": lambda name: accounts.change_role(_store(), name, request.form.get("role", ""), act()),
    "limit": lambda name: accounts.limit_user(_store(), name, _limits(), act()),
    "disable": lambda name: accounts.disable_user(_store(), name, act()),
    "enable": lambda name: accounts.enable_user(_store(), name, act()),
    "sessions": lambda name: accounts.end_sessions(_store(), name, act()),
}
"""What each button on the page of a person does."""


@blueprint.get("", strict_slashes=False)
@open_to("admin", of_everything)
def front() -> Response:
    return redirect(url_for("admin.users"), 303)


@blueprint.get("/tokens")
@open_to("admin", of_everything)
def tokens() -> Response:
    return _tokens()


@blueprint.post("/tokens")
@open_to("admin", of_everything)
def make_token() -> Response:
    """Make a token; the answer shows it, this once."""
    name, role = request.form.get("name", "").strip(), request.form.get("role", "")
    try:
        secret = accounts.make_token(_store(), name, role, act(), relationships=_limits())
    except Refused as refused:
        return _tokens(refused=refused)
    return _tokens(made_for=name, secret=secret)


@blueprint.post("/tokens/revoke")
@open_to("admin", of_everything)
def revoke_token() -> Response:
    accounts.revoke_token(_store(), request.form.get("name", ""), act())
    return redirect(url_for("admin.tokens", done="revoked"), 303)


@blueprint.get("/audit")
@open_to("admin", of_everything)
def audit() -> Response:
    """Who did what, newest first. Raises Refused for a kind that there is not, or a cursor that is none."""
    person, kind = request.args.get("person", "").strip(), request.args.get("kind", "")
    if kind and kind not in KINDS:
        raise Refused(
            gettext("There is no kind %(kind)s.", kind=repr(kind[:40])),
            gettext("Choose one of %(known)s.", known=", ".join(KINDS)),
            field="kind",
        )
    before = _position(request.args.get("before", ""))
    with _store().reading() as db:
        rows = db.audit.newest(person=person or None, kind=kind or None, before=before, most=MOST + 1)
        names = [account.name for account in db.accounts.users()]
    return _page(
        "accounts/audit.html",
        rows=rows[:MOST],
        following=_cursor(rows[MOST - 1].position) if len(rows) > MOST else None,
        later=before != AFTER_ALL,
        person=person,
        kind=kind,
        kinds=audit_words.KIND_WORDS,
        names=[*names, accounts.COMMAND_LINE],
    )


def _cursor(position: Position) -> str:
    return "~".join(map(str, position))


def _position(cursor: str) -> Position:
    """Where a page begins. Raises Refused."""
    if not cursor:
        return AFTER_ALL
    at, _, rest = cursor.partition("~")
    place, number = map(whole_number, rest.partition("~")[::2])
    try:
        if place is None or number is None:
            raise ValueError(cursor)
        instant(at)
        return Position(at, place, number)
    except ValueError:
        raise Refused(
            gettext("This is no place in the audit."),
            gettext("Follow the link at the end of a page, or begin anew."),
            field="before",
        ) from None


def _limits() -> list[str] | None:
    """The relationships that were ticked, where the form says that not all are meant."""
    return request.form.getlist("relationships") if request.form.get("limited") else None


def _store() -> Store:
    return current().service.store


def _link(name: str) -> str:
    secret = accounts.make_link(_store(), name, act())
    return f"{current().service.settings.base_url}/login/{secret}"


def _users(refused: Refused | None = None, **made: str) -> Response:
    now = current().now()
    with _store().reading() as db:
        people = db.accounts.people(now=now)
    return _page("accounts/users.html", refused, people=people, now=now, **made)


def _user(name: str, refused: Refused | None = None, made_link: str | None = None) -> Response:
    now = current().now()
    with _store().reading() as db:
        accounts.known_user(db, name)
        person = next(person for person in db.accounts.people(now=now) if person.account.name == name)
        sessions, latest = db.accounts.sessions_of(name, now=now), db.audit.newest(person=name, most=LATEST)
    told = {"person": person, "sessions": sessions, "latest": latest, "made_link": made_link, "now": now}
    return _page("accounts/user.html", refused, **told)


def _tokens(refused: Refused | None = None, **made: str) -> Response:
    with _store().reading() as db:
        known = db.accounts.tokens()
    return _page("accounts/tokens.html", refused, known=known, now=current().now(), **made)


def _page(template: str, refused: Refused | None = None, **values: Any) -> Response:
    done = request.args.get("done")
    page = render_template(template, refused=refused, done=done, roles=ROLES, sent=request.form, **values)
    return make_response(page, refused.status if refused else 200)
