"""People and tokens: who is added, what they may do, and who is kept out. Each is one transaction with its audit row.

All raise StoreError.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from db.accounts import Account
from db.audit import What
from db.store import Store, Subjects
from tracker.errors import Conflict, NotFound, Refused
from tracker.model import SEED
from tracker.passwords import check_password, passwords
from tracker.tongue import gettext

COMMAND_LINE = "command line"
ROLES = ("reader", "reviewer", "admin")
LINK_LASTS = timedelta(hours=24)


@dataclass(frozen=True)
class Act:
    """Who does something: a person's name, or COMMAND_LINE; when, and from which address, where there is one."""

    by: str
    at: datetime
    address: str | None = None


_NAME = re.compile(r"\w[\w.@+-]{0,63}")


def add_user(store: Store, name: str, role: str, act: Act, *, password: str | None = None) -> None:
    """Raises Refused for a name, role or password that is not taken, Conflict where somebody has the name."""
    _check_name(name)
    _check_role(role)
    with store.reading() as db:
        if db.accounts.user(name):
            raise _taken(name)
    hashed = _hashed(password, name) if password is not None else None
    with store.writing() as db:
        if not db.accounts.add_user(name, role, hashed, at=act.at):  # Somebody took it meanwhile.
            raise _taken(name)
        note(db, act, What.USER_ADDED, name, role)


def set_password(store: Store, name: str, password: str, act: Act, *, keep_session: str | None = None) -> None:
    """Ends the user's other sessions, and links. Raises NotFound, Refused for a password that is not taken."""
    with store.reading() as db:
        known_user(db, name)
    hashed = _hashed(password, name)
    with store.writing() as db:
        db.accounts.set_password(name, hashed, at=act.at, keep=keep_session)
        note(db, act, What.PASSWORD_SET, name)


def change_role(store: Store, name: str, role: str, act: Act) -> bool:
    """Whether the role is another one now; if so the user's sessions have ended.

    Raises NotFound, Refused for an unknown role, Conflict where nobody would be left to administer.
    """
    _check_role(role)
    with store.writing() as db:
        before = known_user(db, name).role
        if before == role:
            return False
        _keep_an_admin(db, name)
        db.accounts.set_role(name, role, at=act.at)
        note(db, act, What.ROLE_CHANGED, name, f"{before} → {role}")
    return True


def limit_user(store: Store, name: str, relationships: Sequence[str] | None, act: Act) -> bool:
    """Whether the user is limited otherwise now: to these relationships (slugs), or (None) to none.

    Raises NotFound for a user, Refused for a relationship that there is not or where none is named, Conflict where
    nobody would be left to administer all of them.
    """
    with store.writing() as db:
        before = known_user(db, name).relationships
        limits = _known_relationships(db, relationships)
        if before == limits:
            return False
        if limits is not None:
            _keep_an_admin(db, name)
        db.accounts.limit_user(name, limits)
        note(db, act, What.LIMITED, name, limits_words(limits))
    return True


def limits_words(relationships: Sequence[str] | None) -> str:
    """To which relationships an account is limited, as the audit and the command line say it."""
    return "all relationships" if relationships is None else ", ".join(relationships)


def disable_user(store: Store, name: str, act: Act) -> bool:
    """Whether it made a difference; sessions and links have ended. Raises NotFound, Conflict for the last admin."""
    with store.writing() as db:
        known_user(db, name)
        _keep_an_admin(db, name)
        disabled = db.accounts.disable_user(name, at=act.at)
        if disabled:
            note(db, act, What.USER_DISABLED, name)
    return disabled


def enable_user(store: Store, name: str, act: Act) -> bool:
    """Whether it made a difference. Raises NotFound."""
    with store.writing() as db:
        known_user(db, name)
        enabled = db.accounts.enable_user(name)
        if enabled:
            note(db, act, What.USER_ENABLED, name)
    return enabled


def end_sessions(store: Store, name: str, act: Act, *, keep: str | None = None) -> int:
    """How many sessions of the user have ended: all but that of the id `keep`. Raises NotFound."""
    with store.writing() as db:
        known_user(db, name)
        ended = db.accounts.end_sessions(name, now=act.at, keep=keep)
        if ended:
            note(db, act, What.SESSIONS_ENDED, name, str(ended))
    return ended


def make_link(store: Store, name: str, act: Act) -> str:
    """The secret of a link that signs the user in once, within a day. Raises NotFound, Conflict where disabled."""
    with store.writing() as db:
        if known_user(db, name).disabled_at:
            raise Conflict(
                gettext("%(name)s is disabled: a link would not sign them in.", name=name),
                gettext("Enable them first."),
            )
        note(db, act, What.LINK_MADE, name)
        return db.accounts.make_sign_in_link(name, expires_at=act.at + LINK_LASTS)


def make_token(store: Store, name: str, role: str, act: Act, *, relationships: Sequence[str] | None = None) -> str:
    """The secret of a token, which nobody sees again; for these relationships (slugs) alone, or (None) for all.

    Raises Refused, Conflict where one of that name is in use.
    """
    _check_name(name)
    _check_role(role)
    with store.writing() as db:
        limits = _known_relationships(db, relationships)
        secret = db.accounts.make_token(name, role, at=act.at, relationships=limits)
        if secret is None:
            raise Conflict(
                gettext("There is a token %(name)s in use.", name=name),
                gettext("Revoke it first, or choose another name."),
                field="name",
            )
        note(db, act, What.TOKEN_MADE, name, role if limits is None else f"{role}, {limits_words(limits)}")
    return secret


def revoke_token(store: Store, name: str, act: Act) -> None:
    """Raises NotFound where none of that name is in use."""
    with store.writing() as db:
        if not db.accounts.revoke_token(name, at=act.at):
            raise NotFound(
                gettext("There is no token %(name)s in use.", name=name),
                gettext("The list of tokens has those that are."),
            )
        note(db, act, What.TOKEN_REVOKED, name)


def known_user(db: Subjects, name: str) -> Account:
    """Raises NotFound with the names that there are."""
    account = db.accounts.user(name)
    if account is None:
        names = ", ".join(account.name for account in db.accounts.users()) or gettext("nobody yet")
        raise NotFound(gettext("There is no user %(name)s.", name=name), gettext("Known: %(names)s.", names=names))
    return account


def note(db: Subjects, act: Act, what: What, subject: str, detail: str | None = None) -> None:
    """Put what is done into the audit, in the transaction that does it."""
    db.audit.note(what, subject, by=act.by, at=act.at, detail=detail, address=act.address)


def _known_relationships(db: Subjects, asked: Sequence[str] | None) -> tuple[str, ...] | None:
    """Those that are asked for, each once, in the order of the configuration. Raises Refused."""
    if asked is None:
        return None
    known = [pair.slug for pair in db.record.relationships()]
    for slug in asked:
        if slug not in known:
            raise Refused(
                gettext("There is no relationship “%(slug)s”.", slug=slug[:60]),
                gettext("Choose one of %(known)s.", known=", ".join(known)),
                field="relationships",
            )
    if not asked:
        raise Refused(
            gettext("No relationship is named."),
            gettext("Name one or more, or all of them."),
            field="relationships",
        )
    return tuple(slug for slug in known if slug in asked)


def _keep_an_admin(db: Subjects, name: str) -> None:
    if db.accounts.is_last_admin(name):
        raise Conflict(gettext("%(name)s is the last admin.", name=name), gettext("Make somebody else an admin first."))


def _check_name(name: str) -> None:
    if name == SEED:
        raise Refused(
            gettext("“%(name)s” names what the configuration recorded.", name=name),
            gettext("Choose another name."),
            field="name",
        )
    if not _NAME.fullmatch(name):
        raise Refused(
            gettext("“%(name)s” cannot be a name.", name=name[:80]),
            gettext("Use up to 64 letters, digits and . _ - + @, without spaces, a letter or digit first."),
            field="name",
        )


def _check_role(role: str) -> None:
    if role not in ROLES:
        raise Refused(
            gettext("There is no role “%(role)s”.", role=role[:40]),
            gettext("Choose one of %(roles)s.", roles=", ".join(ROLES)),
            field="role",
        )


def _taken(name: str) -> Conflict:
    return Conflict(
        gettext("There is a user %(name)s already.", name=name),
        gettext("Choose another name, or change that user."),
        field="name",
    )


def _hashed(password: str, name: str) -> str:
    check_password(password, name)
    return passwords.hash(password)
