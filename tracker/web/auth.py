"""Who may do what: sessions for people, bearer tokens for programs, and the role that each view asks for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import cache, wraps
from typing import Any
from urllib.parse import urlsplit

from argon2.exceptions import VerificationError
from flask import Blueprint, Response, g, redirect, render_template, request, url_for

from db.accounts import Account
from tracker.errors import NotAllowed, NotSignedIn
from tracker.passwords import passwords
from tracker.web.current import current

COOKIE = "openlines_session"
SESSION_LENGTH = timedelta(days=14)

ROLES = {"public": 0, "reader": 1, "reviewer": 2, "admin": 3}
"""What a view may ask for; each role may do what those before it may."""

blueprint = Blueprint("auth", __name__)


def open_to(role: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Say who may call a view; every view of the application has this mark."""

    def mark(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if role != "public":
                require(role)
            return view(*args, **kwargs)

        guarded.open_to = role
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


def signed_in() -> Account | None:
    """The account behind this request: a token's for the API, a session's for pages. Looked up once."""
    if not hasattr(g, "account"):
        g.account = _token_account() if request.path.startswith("/api/") else _session_account()
    return g.account


def _token_account() -> Account | None:
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if not secret:
        return None
    with current().service.store.reading() as db:
        account = db.accounts.token(secret.strip()) if scheme.lower() == "bearer" else None
    if account is None:
        raise NotSignedIn("That token is not valid.", "Make one with: python -m tracker token create NAME")
    return account


def _session_account() -> Account | None:
    secret = request.cookies.get(COOKIE)
    if not secret:
        return None
    with current().service.store.reading() as db:
        return db.accounts.session_user(secret, now=current().now())


@blueprint.after_app_request
def _keep_private(response: Response) -> Response:
    """A refusal names who is signed in, and caches may keep some kinds by themselves."""
    if response.status_code >= 400 and COOKIE in request.cookies:
        response.headers["Cache-Control"] = "private, no-store"
    return response


def template_context() -> dict[str, Any]:
    """What every template may ask for: who is signed in (looked up only when it does)."""
    return {"signed_in": signed_in}


def safe_target(target: str | None) -> str:
    """Where to go after signing in: a path of this site, else the queue."""
    parts = urlsplit(target or "")
    own = target and target.startswith("/") and not target.startswith(("//", "/\\")) and not parts.netloc
    return target if own else url_for("review.queue")


@blueprint.get("/login")
@open_to("public")
def login() -> str:
    return render_template("login.html", target=safe_target(request.args.get("next")), name="", wrong=None)


@blueprint.post("/login")
@open_to("public")
def sign_in() -> Response | tuple[str, int]:
    name, password = request.form.get("name", "").strip(), request.form.get("password", "")
    target = safe_target(request.form.get("next"))
    with current().service.store.reading() as db:
        account = db.accounts.user(name)
    if not _password_fits(account, password):
        wrong = "That name and password do not belong together."
        return render_template("login.html", target=target, name=name, wrong=wrong), 401
    return _start_session(account.name, target)


@blueprint.get("/login/<secret>")
@open_to("public")
def sign_in_by_link(secret: str) -> Response | tuple[str, int]:
    with current().service.store.writing() as db:
        user = db.accounts.use_sign_in_link(secret, now=current().now())
    if user is None:
        wrong = "This sign-in link has been used or has expired. `python -m tracker user link NAME` makes another."
        return render_template("login.html", target=safe_target(None), name="", wrong=wrong), 401
    return _start_session(user, safe_target(None))


@blueprint.post("/logout")
@open_to("public")
def sign_out() -> Response:
    secret = request.cookies.get(COOKIE)
    if secret:
        with current().service.store.writing() as db:
            db.accounts.end_session(secret, now=current().now())
    response = redirect(url_for("pages.dashboard"), 303)
    response.delete_cookie(COOKIE)
    return response


@cache
def _nobody() -> str:
    """A hash to check for unknown names, so that a wrong name takes as long as a wrong password."""
    return passwords.hash("nobody has this password")


def _password_fits(account: Account | None, password: str) -> bool:
    usable = account is not None and account.password_hash and account.disabled_at is None
    try:
        fits = passwords.verify(account.password_hash if usable else _nobody(), password)
    except VerificationError:
        return False
    return bool(fits and usable)


def _start_session(user: str, target: str) -> Response:
    now = current().now()
    with current().service.store.writing() as db:
        secret = db.accounts.start_session(user, now=now, expires_at=now + SESSION_LENGTH)
    response = redirect(target, 303)
    response.set_cookie(
        COOKIE,
        secret,
        max_age=SESSION_LENGTH,
        httponly=True,
        samesite="Lax",
        secure=current().service.settings.base_url.startswith("https:"),
    )
    return response
