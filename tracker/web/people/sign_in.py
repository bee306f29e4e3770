"""Signing in, by password, passkey or one-time link, and out."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import ceil

from argon2.exceptions import VerificationError
from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for

from db.accounts import Account
from db.audit import NOBODY, What
from db.passkeys import ANYBODY
from db.store import Subjects
from tracker.accounts import note
from tracker.errors import NotFound, Refused
from tracker.passwords import passwords
from tracker.tongue import gettext, ngettext
from tracker.web.auth import act, as_private, begin_session, end_session, keep_cookie, open_to
from tracker.web.current import current
from tracker.web.people import throttle
from tracker.web.people.passkeys import CHALLENGE_LASTS, Used, request_options, site_of
from tracker.web.people.throttle import Held
from tracker.web.sent import own_path, takes

blueprint = Blueprint("auth", __name__)


@blueprint.get("/login")
@open_to("public")
@takes("next")
def login() -> Response:
    return _form(own_path(request.args.get("next")))


@blueprint.post("/login")
@open_to("public")
def sign_in() -> Response:
    name, password = request.form.get("name", "").strip(), request.form.get("password", "")
    target = own_path(request.form.get("next"))
    held = _counted(name)
    if held:
        return _held(held, target, name)
    with current().service.store.reading() as db:
        account = db.accounts.user(name)

    def still_theirs(db: Subjects) -> str | None:
        """Who it is, unless the password was changed or they were shut out while it was checked."""
        return account.name if db.accounts.user(account.name) == account else None

    begun = _begin(still_theirs, target, "password") if password_fits(account, password) else None
    if begun is None:
        _refuse(account.name if account else NOBODY, "password")
        return _form(target, gettext("That name and password do not belong together."), 401, name)
    return begun


@blueprint.get("/login/<secret>")
@open_to("public")
@takes()
def link(secret: str) -> Response:
    """A page with a button: programs that look at the links of a message before its reader does use nothing up."""
    return as_private(make_response(render_template("accounts/link.html", secret=secret)))


@blueprint.post("/login/<secret>")
@open_to("public")
def sign_in_by_link(secret: str) -> Response:
    held = _counted(None)
    if held:
        return _held(held, "")
    begun = _begin(lambda db: db.accounts.use_sign_in_link(secret, now=current().now()), "", "link")
    if begun is None:
        _refuse(NOBODY, "link")
        return _form("", gettext("This sign-in link has been used or has expired. An admin can make another."), 401)
    return begun


@blueprint.post("/login/passkey/options")
@open_to("public")
def passkey_options() -> Response:
    """What the browser's authenticators are asked, as JSON."""
    site, now = site_of(current().service.settings.base_url), current().now()
    if site is None:
        raise NotFound(gettext("Passkeys cannot be used at this address."), gettext("Sign in by password or link."))
    with current().service.store.writing() as db:
        challenge = db.passkeys.challenge(ANYBODY, now=now, expires_at=now + CHALLENGE_LASTS)
    return as_private(Response(request_options(site, challenge), mimetype="application/json"))


@blueprint.post("/login/passkey")
@open_to("public")
def sign_in_by_passkey() -> Response:
    target = own_path(request.form.get("next"))
    held = _counted(None)
    if held:
        return _held(held, target)
    try:
        user = _owner(Used.read(request.form.get("credential", "")))
    except Refused as refused:
        _refuse(NOBODY, "passkey")
        return _form(target, gettext("%(wrong)s Try again, or sign in otherwise.", wrong=refused.wrong), 401)
    return _begin(lambda db: user, target, "passkey")


def _owner(used: Used) -> str:
    """Whose passkey was used. Raises Refused where it is nobody's, or the answer is not good or too late."""
    service, now = current().service, current().now()
    site = site_of(service.settings.base_url)
    with service.store.writing() as db:
        asked = db.passkeys.use_challenge(used.challenge, ANYBODY, now=now)
        passkey = db.passkeys.get(used.key)
        owner = db.accounts.user(passkey.user) if passkey else None
    if site is None or not asked:
        raise Refused(gettext("That took too long, or was sent twice."))
    if passkey is None or owner is None or owner.disabled_at:
        raise Refused(gettext("That passkey is not known here any more."))
    sign_count = used.verified(site, passkey)
    with service.store.writing() as db:
        db.passkeys.used(passkey.id, sign_count=sign_count, at=now)
    return owner.name


@blueprint.post("/logout")
@open_to("public")
def sign_out() -> Response:
    response = redirect(url_for("pages.dashboard"), 303)
    end_session(response)
    return response


@cache
def _nobody() -> str:
    """A hash to check for unknown names, so that a wrong name takes as long as a wrong password."""
    return passwords.hash("nobody has this password")


def password_fits(account: Account | None, password: str) -> bool:
    """Whether the account is there, enabled, and has this password; it takes as long for one that is not there."""
    usable = account is not None and account.password_hash and account.disabled_at is None
    try:
        fits = passwords.verify(account.password_hash if usable else _nobody(), password)
    except VerificationError:
        return False
    return bool(fits and usable)


def held_words(held: Held) -> str:
    """Why a try is refused unlooked at, and until when."""
    minutes = ceil(held.seconds / 60)
    if held.by_name:
        return ngettext(
            "Too many tries with this name. Wait %(num)s minute; a passkey or a one-time link still signs in.",
            "Too many tries with this name. Wait %(num)s minutes; a passkey or a one-time link still signs in.",
            minutes,
        )
    return ngettext(
        "Too many tries from this address. Wait %(num)s minute.",
        "Too many tries from this address. Wait %(num)s minutes.",
        minutes,
    )


def _counted(name: str | None) -> Held | None:
    """Count this try; the first that is held back is noted in the audit, those after it are not."""
    with current().service.store.writing() as db:
        held = throttle.count(db, name, now=current().now())
        if held and held.first:
            known = held.by_name and db.accounts.user(name) is not None
            note(db, act(NOBODY), What.THROTTLED, name if known else NOBODY)
    return held


def _refuse(name: str, how: str) -> None:
    """Note a try that failed, of nobody too: it takes as long."""
    with current().service.store.writing() as db:
        note(db, act(NOBODY), What.REFUSED, name, how)


def _held(held: Held, target: str, name: str = "") -> Response:
    response = _form(target, held_words(held), 429, name)
    response.headers["Retry-After"] = str(held.seconds)
    return response


def _begin(admitted: Callable[[Subjects], str | None], target: str, by: str) -> Response | None:
    """Begin the session of whom `admitted` names, in one transaction with what it reads; None where that is nobody."""
    with current().service.store.writing() as db:
        user = admitted(db)
        if user is None:
            return None
        throttle.take_back(db, user if by == "password" else None)
        secret = begin_session(db, user, by)
        home = "account.own" if db.accounts.user(user).role == "reader" else "review.queue"
    response = redirect(target or url_for(home), 303)
    keep_cookie(response, secret)
    return response


def _form(target: str, wrong: str | None = None, status: int = 200, name: str = "") -> Response:
    usable = site_of(current().service.settings.base_url) is not None
    page = render_template("login.html", target=target, name=name, wrong=wrong, passkeys=usable)
    return as_private(make_response(page, status))
