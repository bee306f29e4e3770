"""Users, sessions, one-time sign-in links and API tokens. Secrets are kept as SHA-256 hashes alone."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from db.queries import Connection, Row, load_queries
from db.text import as_json, instant
from tracker.moments import instant_text

_sql = load_queries("accounts.sql")

SESSIONS_KEPT = timedelta(days=30)
"""How long a session that has ended or expired is kept."""

LONGEST_AGENT = 300
"""Characters that are kept of what a browser calls itself."""


@dataclass(frozen=True)
class Account:
    """A person or a token that may do what its role allows: reader, reviewer or admin.

    `relationships`: of those alone (slugs); None: of all, also of those to come.
    """

    name: str
    role: str
    password_hash: str | None = None
    created_at: datetime | None = None
    disabled_at: datetime | None = None
    relationships: tuple[str, ...] | None = None

    def reaches(self, relationship: str) -> bool:
        return self.relationships is None or relationship in self.relationships


@dataclass(frozen=True)
class Person:
    """A user as an admin sees them: how they can sign in, in how many sessions they are, and when last seen."""

    account: Account
    has_password: bool
    passkeys: int
    sessions: int
    seen_at: datetime | None


@dataclass(frozen=True)
class Session:
    """A sign-in that lasts. `id` is the hash of its secret; `agent`: what the browser calls itself; `by`: password,
    passkey or link, None where that was not kept.
    """

    id: str
    user: str
    began_at: datetime
    seen_at: datetime
    expires_at: datetime
    agent: str
    by: str | None


@dataclass(frozen=True)
class Token:
    """A program's way in."""

    name: str
    role: str
    created_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None = None
    relationships: tuple[str, ...] | None = None


class Accounts:
    """Reads and writes accounts over one connection; writes belong into the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def add_user(self, name: str, role: str, password_hash: str | None, *, at: datetime) -> bool:
        """Whether the user was added; False when the name is taken."""
        values = {"name": name, "role": role, "password_hash": password_hash, "created_at": instant_text(at)}
        return _sql.add_user(self._db, **values) is not None

    def set_password(self, name: str, password_hash: str, *, at: datetime, keep: str | None = None) -> None:
        """Change the password; ends every session of the user but that of the id `keep`, and their links."""
        _sql.set_password(self._db, name=name, password_hash=password_hash)
        self._put_out(name, at=at, keep=keep)

    def set_role(self, name: str, role: str, *, at: datetime) -> None:
        """Change the role; ends every session of the user."""
        _sql.set_role(self._db, name=name, role=role)
        self.end_sessions(name, now=at)

    def user(self, name: str) -> Account | None:
        row = _sql.user(self._db, name=name)
        if row is None:
            return None
        return _account(row, row["password_hash"])

    def users(self) -> list[Account]:
        return [_account(row) for row in _sql.users(self._db)]

    def people(self, *, now: datetime) -> list[Person]:
        """Everybody who may or might sign in, by name."""
        return [_person(row) for row in _sql.people(self._db, now=instant_text(now))]

    def disable_user(self, name: str, *, at: datetime) -> bool:
        """Whether there was such an enabled user; its sessions and links end too."""
        self._put_out(name, at=at)
        return _sql.disable_user(self._db, name=name, at=instant_text(at)) is not None

    def enable_user(self, name: str) -> bool:
        """Whether there was such a disabled user."""
        return _sql.enable_user(self._db, name=name) is not None

    def limit_user(self, name: str, relationships: Sequence[str] | None) -> None:
        """Let a user do what their role allows for these relationships alone; None: for all."""
        _sql.limit_user(self._db, name=name, relationships=None if relationships is None else as_json(relationships))

    def is_last_admin(self, name: str) -> bool:
        """Whether nobody else who is enabled is an admin of all relationships."""
        return [row["name"] for row in _sql.admins(self._db)] == [name]

    def anybody_can_sign_in(self) -> bool:
        """Whether somebody has a password or a passkey."""
        return _sql.anybody_can_sign_in(self._db) is not None

    def make_sign_in_link(self, user: str, *, expires_at: datetime) -> str:
        """A secret that signs `user` in once; only its hash is kept."""
        secret = secrets.token_urlsafe(32)
        _sql.add_sign_in_link(self._db, hash=hash_of(secret), user=user, expires_at=instant_text(expires_at))
        return secret

    def use_sign_in_link(self, secret: str, *, now: datetime) -> str | None:
        """The user whom the link signs in, the first time, before it expires, and while enabled; else None."""
        row = _sql.use_sign_in_link(self._db, hash=hash_of(secret), now=instant_text(now))
        return row["user"] if row else None

    def start_session(
        self, user: str, *, now: datetime, expires_at: datetime, agent: str = "", by: str | None = None
    ) -> str:
        """A secret for the user's cookie; `by` and `agent` as in Session."""
        secret = secrets.token_urlsafe(32)
        _sql.forget_sessions(self._db, user=user, before=instant_text(now - SESSIONS_KEPT))
        instants = {"created_at": instant_text(now), "expires_at": instant_text(expires_at)}
        told = {"hash": hash_of(secret), "user": user, "agent": agent[:LONGEST_AGENT], "signed_in_by": by}
        _sql.add_session(self._db, **told, **instants)
        return secret

    def session(self, secret: str, *, now: datetime) -> tuple[Account, Session] | None:
        """Whose session it is, while it lasts and they are enabled."""
        row = _sql.session(self._db, hash=hash_of(secret), now=instant_text(now))
        return (Account(row["name"], row["role"], relationships=_slugs(row)), _session(row)) if row else None

    def sessions_of(self, user: str, *, now: datetime) -> list[Session]:
        """The sessions of a person that last, the one last seen first."""
        return [_session(row) for row in _sql.sessions_of(self._db, user=user, now=instant_text(now))]

    def see_session(self, session: str, *, at: datetime) -> None:
        _sql.see_session(self._db, hash=session, at=instant_text(at))

    def end_session(self, session: str, user: str, *, now: datetime) -> bool:
        """Whether the user had that session; it has ended."""
        return _sql.end_session(self._db, hash=session, user=user, now=instant_text(now)) is not None

    def end_sessions(self, user: str, *, now: datetime, keep: str | None = None) -> int:
        """How many sessions of the user were ended: all but that of the id `keep`."""
        return len(list(_sql.end_sessions_of(self._db, user=user, now=instant_text(now), keep=keep or "")))

    def _put_out(self, user: str, *, at: datetime, keep: str | None = None) -> None:
        self.end_sessions(user, now=at, keep=keep)
        _sql.end_links_of(self._db, user=user, now=instant_text(at))

    def make_token(
        self, name: str, role: str, *, at: datetime, relationships: Sequence[str] | None = None
    ) -> str | None:
        """A bearer token, shown this once; None when a token of that name is in use. `relationships` as of Account."""
        secret = "ol_" + secrets.token_urlsafe(32)
        values = {"name": name, "role": role, "created_at": instant_text(at)}
        limited = None if relationships is None else as_json(relationships)
        row = _sql.add_token(self._db, hash=hash_of(secret), relationships=limited, **values)
        return secret if row else None

    def token(self, secret: str) -> Token | None:
        row = _sql.token(self._db, hash=hash_of(secret))
        return _token(row) if row else None

    def see_token(self, name: str, *, at: datetime) -> None:
        _sql.see_token(self._db, name=name, at=instant_text(at))

    def tokens(self) -> list[Token]:
        """Every token that was ever made, oldest first."""
        return [_token(row) for row in _sql.tokens(self._db)]

    def revoke_token(self, name: str, *, at: datetime) -> bool:
        return _sql.revoke_token(self._db, name=name, now=instant_text(at)) is not None


def hash_of(secret: str) -> str:
    """What is kept of a secret: 32 random bytes, so a plain hash is as hard to turn back as a slow one."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _person(row: Row) -> Person:
    return Person(_account(row), bool(row["has_password"]), row["passkeys"], row["sessions"], instant(row["seen_at"]))


def _account(row: Row, password_hash: str | None = None) -> Account:
    instants = {key: instant(row[key]) for key in ("created_at", "disabled_at")}
    return Account(row["name"], row["role"], password_hash, **instants, relationships=_slugs(row))


def _slugs(row: Row) -> tuple[str, ...] | None:
    """To which relationships an account is limited."""
    return None if row["relationships"] is None else tuple(json.loads(row["relationships"]))


def _session(row: Row) -> Session:
    instants = [instant(row[name]) for name in ("created_at", "seen_at", "expires_at")]
    return Session(row["hash"], row["user"], *instants, row["agent"], row["signed_in_by"])


def _token(row: Row) -> Token:
    instants = {name: instant(row[name]) for name in ("created_at", "used_at", "revoked_at")}
    return Token(row["name"], row["role"], **instants, relationships=_slugs(row))
