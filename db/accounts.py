"""Users, sessions, one-time sign-in links and API tokens. Secrets are kept as SHA-256 hashes alone."""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
from dataclasses import dataclass
from datetime import datetime

from db.queries import load_queries
from db.text import instant, instant_text

_sql = load_queries("accounts.sql")


@dataclass(frozen=True)
class Account:
    """A person or a token that may do what its role allows: reader, reviewer or admin."""

    name: str
    role: str
    password_hash: str | None = None
    created_at: datetime | None = None
    disabled_at: datetime | None = None


class Accounts:
    """Reads and writes accounts over one connection; writes belong into the caller's transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def add_user(self, name: str, role: str, password_hash: str | None, *, at: datetime) -> bool:
        """Whether the user was added; False when the name is taken."""
        values = {"name": name, "role": role, "password_hash": password_hash, "created_at": instant_text(at)}
        return _sql.add_user(self._db, **values) is not None

    def set_password(self, name: str, password_hash: str, *, at: datetime) -> None:
        """Change the password and end every session of the user."""
        _sql.set_password(self._db, name=name, password_hash=password_hash)
        _sql.end_sessions_of(self._db, user=name, now=instant_text(at))

    def user(self, name: str) -> Account | None:
        row = _sql.user(self._db, name=name)
        return _account(row) if row else None

    def users(self) -> list[Account]:
        return [
            Account(row["name"], row["role"], None, instant(row["created_at"]), instant(row["disabled_at"]))
            for row in _sql.users(self._db)
        ]

    def disable_user(self, name: str, *, at: datetime) -> bool:
        """Whether there was such an enabled user; its sessions end too."""
        _sql.end_sessions_of(self._db, user=name, now=instant_text(at))
        return _sql.disable_user(self._db, name=name, at=instant_text(at)) is not None

    def anybody_with_password(self) -> bool:
        return _sql.anybody_with_password(self._db) is not None

    def make_sign_in_link(self, user: str, *, expires_at: datetime) -> str:
        """A secret that signs `user` in once; only its hash is kept."""
        secret = secrets.token_urlsafe(32)
        _sql.add_sign_in_link(self._db, hash=_hash(secret), user=user, expires_at=instant_text(expires_at))
        return secret

    def use_sign_in_link(self, secret: str, *, now: datetime) -> str | None:
        """The user whom the link signs in, the first time and before it expires; else None."""
        row = _sql.use_sign_in_link(self._db, hash=_hash(secret), now=instant_text(now))
        return row["user"] if row else None

    def start_session(self, user: str, *, now: datetime, expires_at: datetime) -> str:
        """A secret for the user's cookie."""
        secret = secrets.token_urlsafe(32)
        instants = {"created_at": instant_text(now), "expires_at": instant_text(expires_at)}
        _sql.add_session(self._db, hash=_hash(secret), user=user, **instants)
        return secret

    def session_user(self, secret: str, *, now: datetime) -> Account | None:
        row = _sql.session_user(self._db, hash=_hash(secret), now=instant_text(now))
        return Account(row["name"], row["role"]) if row else None

    def end_session(self, secret: str, *, now: datetime) -> None:
        _sql.end_session(self._db, hash=_hash(secret), now=instant_text(now))

    def make_token(self, name: str, role: str, *, at: datetime) -> str | None:
        """A bearer token, shown this once; None when a token of that name is in use."""
        secret = "ol_" + secrets.token_urlsafe(32)
        row = _sql.add_token(self._db, hash=_hash(secret), name=name, role=role, created_at=instant_text(at))
        return secret if row else None

    def token(self, secret: str) -> Account | None:
        row = _sql.token(self._db, hash=_hash(secret))
        return Account(row["name"], row["role"]) if row else None

    def tokens(self) -> list[Account]:
        return [
            Account(row["name"], row["role"], None, instant(row["created_at"]), instant(row["revoked_at"]))
            for row in _sql.tokens(self._db)
        ]

    def revoke_token(self, name: str, *, at: datetime) -> bool:
        return _sql.revoke_token(self._db, name=name, now=instant_text(at)) is not None


def _hash(secret: str) -> str:
    # The secrets are 32 random bytes, so a plain hash is as hard to turn back as a slow one.
    return hashlib.sha256(secret.encode()).hexdigest()


def _account(row: sqlite3.Row) -> Account:
    return Account(
        row["name"], row["role"], row["password_hash"], instant(row["created_at"]), instant(row["disabled_at"])
    )
