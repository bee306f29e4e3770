"""Who may do what: sessions for people, bearer tokens for programs, and the role that each view asks for."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from flask import Response, g, request

from db.accounts import Account, Session, hash_of
from db.audit import What
from db.store import StoreError, Subjects
from tracker.accounts import Act, note
from tracker.errors import NotAllowed, NotSignedIn
from tracker.web.current import current

log = logging.getLogger(__name__)

COOKIE = "openlines_session"
SESSION_LENGTH = timedelta(days=14)

SEEN_EVERY = timedelta(minutes=5)
"""How often it is written down that a session or token was used, so that reads stay reads."""

ROLES = {"public": 0, "reader": 1, "reviewer": 2, "admin": 3}
"""What a view may ask for; each role may do what those before it may."""


def open_to(
    role: str, within: Callable[[Account], None] | None = None
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Say who may call a view; every view of the application has this mark.

    `within` (`tracker/web/reach.py`) is asked of an account that is limited to some relationships, and raises
    NotAllowed for what is not in its reach.
    """

    def mark(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if role != "public":
                require(role)
                if within and signed_in().relationships is not None:
                    within(signed_in())
            return view(*args, **kwargs)

        guarded.open_to, guarded.within = role, within
        return guarded

    return mark


def require(role: str) -> None:
    """Raise NotSignedIn or NotAllowed unless the account behind this request may do what `role` may."""
    account = signed_in()
    if account is None:
        remedy = "Send Authorization: Bearer TOKEN." if request.path.startswith("/api/") else "Sign in first."
        raise NotSignedIn(f"This asks for the role {role}.", remedy)
    if ROLES[account.role] < ROLES[role]:
        raise NotAllowed(f"This asks for the role {role}; {account.name} has {account.role}.", "Ask an admin.")


def may(role: str) -> bool:
    """Whether the account behind this request may do what `role` may."""
    account = signed_in()
    return account is not None and ROLES[account.role] >= ROLES[role]


def as_private(response: Response) -> Response:
    """An answer for one reader alone, signed in or not: no cache may keep it."""
    response.headers["Cache-Control"] = "private, no-store"
    return response


def signed_in() -> Account | None:
    """The account behind this request: a token's for the API, a session's for pages. Looked up once."""
    if not hasattr(g, "account"):
        g.account = _token_account() if request.path.startswith("/api/") else _session_account()
    return g.account


def session() -> Session | None:
    """The session behind this request for a page."""
    return g.get("session") if signed_in() else None


def session_cookie() -> str:
    """The name of the cookie: with https, one that browsers take from this very host alone."""
    return f"__Host-{COOKIE}" if _secure() else COOKIE


def _secure() -> bool:
    return current().service.settings.base_url.startswith("https:")


def _token_account() -> Account | None:
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if not secret:
        return None
    with current().service.store.reading() as db:
        token = db.accounts.token(secret.strip()) if scheme.lower() == "bearer" else None
    if token is None:
        raise NotSignedIn("That token is not valid.", "Make one with: python -m tracker token create NAME")
    g.token = token
    return Account(token.name, token.role, relationships=token.relationships)


def _session_account() -> Account | None:
    secret = request.cookies.get(session_cookie())
    if not secret:
        return None
    with current().service.store.reading() as db:
        found = db.accounts.session(secret, now=current().now())
    if found is None:
        return None
    account, g.session = found
    return account


def finished(response: Response) -> Response:
    """What every answer needs at its end: privacy where somebody is signed in, and when they were last seen."""
    if response.status_code >= 400 and session_cookie() in request.cookies:
        # A refusal names who is signed in, and caches may keep some kinds by themselves.
        as_private(response)
    _note_seen()
    return response


def _note_seen() -> None:
    """Write down, to the minute and seldom, that a session or a token was used. No request fails for it."""
    session, token, now = g.get("session"), g.get("token"), current().service.clock()
    minute = now.replace(second=0, microsecond=0)
    stale_session = session is not None and now - session.seen_at >= SEEN_EVERY
    stale_token = token is not None and (token.used_at is None or now - token.used_at >= SEEN_EVERY)
    if not stale_session and not stale_token:
        return
    try:
        with current().service.store.writing() as db:
            if stale_session:
                db.accounts.see_session(session.id, at=minute)
            else:
                db.accounts.see_token(token.name, at=minute)
    except StoreError as error:
        log.warning("when an account was last used was not written down: %s", error)


def begin_session(db: Subjects, user: str, by: str) -> str:
    """The secret of a new session; the one that the browser had before ends. `by`: password, passkey or link."""
    now, before = current().service.clock(), request.cookies.get(session_cookie())
    found = db.accounts.session(before, now=now) if before else None
    if found:
        db.accounts.end_session(found[1].id, found[1].user, now=now)
    note(db, act(user), What.SIGNED_IN, user, by)
    agent = request.headers.get("User-Agent", "")
    return db.accounts.start_session(user, now=now, expires_at=now + SESSION_LENGTH, agent=agent, by=by)


def keep_cookie(response: Response, secret: str) -> None:
    """Have the browser bring a session's secret from now on."""
    response.set_cookie(
        session_cookie(), secret, max_age=SESSION_LENGTH, httponly=True, samesite="Lax", secure=_secure()
    )


def end_session(response: Response) -> None:
    """End the session of this request, and have the browser forget its secret."""
    secret = request.cookies.get(session_cookie())
    account = signed_in() if secret else None
    if account:
        with current().service.store.writing() as db:
            db.accounts.end_session(hash_of(secret), account.name, now=current().service.clock())
            note(db, act(), What.SIGNED_OUT, account.name)
    response.delete_cookie(session_cookie(), httponly=True, samesite="Lax", secure=_secure())


def act(by: str | None = None) -> Act:
    """What is done in this request, by whoever is signed in if nobody is named."""
    return Act(by or signed_in().name, current().service.clock(), request.remote_addr)


def template_context() -> dict[str, Any]:
    """What every template may ask for: who is signed in (looked up only when it does)."""
    return {"signed_in": signed_in}
