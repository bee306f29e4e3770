"""What a person sees and changes of their own account: passkeys, password, sessions."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for

from db.audit import What
from db.passkeys import Passkey
from tracker import accounts
from tracker.accounts import note
from tracker.errors import Conflict, NotAllowed, NotFound, Refused, TooMany
from tracker.tongue import gettext
from tracker.web.auth import act, as_private, open_to, session, signed_in
from tracker.web.current import current
from tracker.web.people import throttle
from tracker.web.people.audit_words import WAY_WORDS, browser_words
from tracker.web.people.passkeys import CHALLENGE_LASTS, Made, Site, creation_options, site_of
from tracker.web.people.sign_in import held_words, password_fits

FRESH = timedelta(minutes=15)
"""How long after signing in it is plain that it is still the same person."""

LONGEST_NAME = 60
MOST_PASSKEYS = 20

blueprint = Blueprint("account", __name__, url_prefix="/account")
blueprint.after_request(as_private)
blueprint.add_app_template_filter(browser_words, "browser")
blueprint.add_app_template_global(WAY_WORDS, "way_words")


@blueprint.get("")
@open_to("reader")
def own() -> Response:
    return _page()


@blueprint.post("/password")
@open_to("reader")
def set_password() -> Response:
    """Set or change it. The old one is asked for, unless the person has just signed in."""
    sent, who = request.form, signed_in().name
    try:
        if not _is_fresh():
            _check_old_password(who, sent.get("old", ""))
        if sent.get("password", "") != sent.get("again", ""):
            raise Refused(gettext("The two passwords differ."), gettext("Type the same one twice."), field="again")
        accounts.set_password(current().service.store, who, sent.get("password", ""), act(), keep_session=session().id)
    except Refused as refused:
        return _page(refused=refused)
    return _done("password")


@blueprint.post("/passkeys/options")
@open_to("reader")
def passkey_options() -> Response:
    """What the browser's authenticator is asked to make, as JSON."""
    site, who, now = _passkey_site(), signed_in().name, _now()
    with current().service.store.writing() as db:
        known = db.passkeys.of(who)
        if len(known) >= MOST_PASSKEYS:
            raise Conflict(
                gettext("You have %(most_passkeys)s passkeys.", most_passkeys=MOST_PASSKEYS),
                gettext("Remove one first."),
            )
        challenge = db.passkeys.challenge(who, now=now, expires_at=now + CHALLENGE_LASTS)
        options = creation_options(site, who, db.passkeys.handle(who), challenge, known)
    return Response(options, mimetype="application/json")


@blueprint.post("/passkeys")
@open_to("reader")
def add_passkey() -> Response:
    site, who, now = _passkey_site(), signed_in().name, _now()
    name = request.form.get("name", "").strip()[:LONGEST_NAME] or browser_words(request.headers.get("User-Agent", ""))
    try:
        made = Made.read(request.form.get("credential", ""))
        with current().service.store.writing() as db:
            asked = db.passkeys.use_challenge(made.challenge, who, now=now)
        if not asked:
            raise Refused(gettext("That took too long, or was sent twice."), gettext("Try again."), field="credential")
        key, public_key, sign_count = made.verified(site)
        with current().service.store.writing() as db:
            if not db.passkeys.add(Passkey(key, who, name, public_key, sign_count, now)):
                raise Conflict(gettext("This passkey is known already."), field="credential")
            note(db, act(), What.PASSKEY_ADDED, who, name)
    except Refused as refused:
        return _page(refused=refused)
    return _done("passkey-added")


@blueprint.post("/passkeys/remove")
@open_to("reader")
def remove_passkey() -> Response:
    who = signed_in().name
    with current().service.store.writing() as db:
        name = db.passkeys.remove(request.form.get("passkey", ""), who)
        if name is None:
            raise NotFound(
                gettext("You have no such passkey."), gettext("Your account page lists those that you have.")
            )
        note(db, act(), What.PASSKEY_REMOVED, who, name)
    return _done("passkey-removed")


@blueprint.post("/sessions")
@open_to("reader")
def end_sessions() -> Response:
    """End the session that the button names, or all but this one."""
    who, ended = signed_in().name, request.form.get("session", "")
    if ended == "others":
        accounts.end_sessions(current().service.store, who, act(), keep=session().id)
        return _done("sessions")
    with current().service.store.writing() as db:
        if not db.accounts.end_session(ended, who, now=_now()):
            raise NotFound(
                gettext("You have no such session."),
                gettext("It may have ended; your account page lists those that last."),
            )
        note(db, act(), What.SESSIONS_ENDED, who, "1")
    return _done("sessions")


def _check_old_password(who: str, old: str) -> None:
    """Raises Refused where it is not theirs; tries count as those to sign in do."""
    with current().service.store.writing() as db:
        held = throttle.count(db, who, now=_now())
        account = db.accounts.user(who)
    if held:
        raise TooMany(held_words(held), field="old")
    if not account.password_hash:
        raise NotAllowed(*_sign_in_again(), field="old")
    if not password_fits(account, old):
        raise Refused(gettext("That is not your password."), gettext("Type the one you have now."), field="old")
    with current().service.store.writing() as db:
        throttle.take_back(db, who)


def _passkey_site() -> Site:
    """For whom a passkey is made. Raises NotFound where none can be, NotAllowed where the sign-in is not fresh."""
    site = site_of(current().service.settings.base_url)
    if site is None:
        raise NotFound(gettext("Passkeys cannot be used at this address."), gettext("Set a password instead."))
    if not _is_fresh():
        raise NotAllowed(*_sign_in_again())
    return site


def _sign_in_again() -> tuple[str, str]:
    return gettext("You signed in some time ago."), gettext("Sign in again first.")


def _is_fresh() -> bool:
    return _now() - session().began_at <= FRESH


def _now() -> datetime:
    return current().now()


def _done(what: str) -> Response:
    return redirect(url_for("account.own", done=what), 303)


def _page(refused: Refused | None = None) -> Response:
    who, now = signed_in(), _now()
    with current().service.store.reading() as db:
        account = db.accounts.user(who.name)
        passkeys, sessions = db.passkeys.of(who.name), db.accounts.sessions_of(who.name, now=now)
    page = render_template(
        "accounts/own.html",
        account=account,
        passkeys=passkeys,
        sessions=sorted(sessions, key=lambda one: one.id != session().id),
        here=session().id,
        fresh=_is_fresh(),
        site=site_of(current().service.settings.base_url),
        refused=refused,
        done=request.args.get("done"),
        longest_name=LONGEST_NAME,
        now=now,
    )
    return make_response(page, refused.status if refused else 200)
