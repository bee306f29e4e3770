"""Passkeys of people, and the challenges that their authenticators answer: each once, within minutes."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from db.queries import Connection, Row, load_queries
from db.text import instant
from tracker.moments import instant_text

_sql = load_queries("passkeys.sql")

MOST_CHALLENGES = 10_000
"""Challenges that wait for their answer; of more, the oldest go."""

ANYBODY = ""
"""Whose challenge it is that may be answered by whoever signs in."""


@dataclass(frozen=True)
class Passkey:
    """A public key by which `user` signs in. `id` and `public_key` as base64url."""

    id: str
    user: str
    name: str
    public_key: str
    sign_count: int
    created_at: datetime
    used_at: datetime | None = None


class Passkeys:
    """Reads and writes passkeys over one connection; writes belong into the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def handle(self, user: str) -> str:
        """What authenticators know a person by: hex of random bytes, made once."""
        return _sql.handle(self._db, user=user, fresh=secrets.token_hex(32))["handle"]

    def challenge(self, user: str, *, now: datetime, expires_at: datetime) -> str:
        """Hex of random bytes, to be answered by the authenticator of `user`, or of ANYBODY."""
        challenge = secrets.token_hex(32)
        _sql.forget_challenges(self._db, now=instant_text(now))
        _sql.add_challenge(self._db, challenge=challenge, user=user, expires_at=instant_text(expires_at))
        _sql.forget_oldest_challenges(self._db, challenge=challenge, most=MOST_CHALLENGES)
        return challenge

    def use_challenge(self, challenge: str, user: str, *, now: datetime) -> bool:
        """Whether that challenge was given to `user` and still waits; it does not from now on."""
        return _sql.use_challenge(self._db, challenge=challenge, user=user, now=instant_text(now)) is not None

    def add(self, passkey: Passkey) -> bool:
        """Whether it was added; False where it is known already."""
        told = {name: getattr(passkey, name) for name in ("id", "user", "name", "public_key", "sign_count")}
        return _sql.add_passkey(self._db, created_at=instant_text(passkey.created_at), **told) is not None

    def used(self, key: str, *, sign_count: int, at: datetime) -> None:
        _sql.used(self._db, id=key, sign_count=sign_count, at=instant_text(at))

    def get(self, key: str) -> Passkey | None:
        row = _sql.passkey(self._db, id=key)
        return _passkey(row) if row else None

    def of(self, user: str) -> list[Passkey]:
        """A person's passkeys, oldest first."""
        return [_passkey(row) for row in _sql.passkeys_of(self._db, user=user)]

    def remove(self, key: str, user: str) -> str | None:
        """The name of the passkey of `user` that was removed; None where there is none."""
        row = _sql.remove_passkey(self._db, id=key, user=user)
        return row["name"] if row else None


def _passkey(row: Row) -> Passkey:
    instants = {name: instant(row[name]) for name in ("created_at", "used_at")}
    return Passkey(row["id"], row["user"], row["name"], row["public_key"], row["sign_count"], **instants)
