"""Who did what: sign-ins, accounts, tokens, amendments and feeds in a table of their own, decisions from theirs.

A row is written in the transaction of what it tells, and never changed or deleted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from db.queries import Connection, Row, load_queries
from db.text import instant
from tracker.moments import instant_text

_sql = load_queries("audit.sql")

NOBODY = "?"
"""Who was refused, where no such name is known: what was typed there may be a password, and is not kept."""


class What(StrEnum):
    """What may have been done, as the table writes it."""

    SIGNED_IN = "signed-in"
    REFUSED = "refused"
    THROTTLED = "throttled"
    SIGNED_OUT = "signed-out"
    USER_ADDED = "user-added"
    USER_DISABLED = "user-disabled"
    USER_ENABLED = "user-enabled"
    ROLE_CHANGED = "role-changed"
    LIMITED = "limited"
    PASSWORD_SET = "password-set"  # noqa: S105
    LINK_MADE = "link-made"
    SESSIONS_ENDED = "sessions-ended"
    PASSKEY_ADDED = "passkey-added"
    PASSKEY_REMOVED = "passkey-removed"
    TOKEN_MADE = "token-made"  # noqa: S105
    TOKEN_REVOKED = "token-revoked"  # noqa: S105
    CORRECTED = "corrected"
    WITHDRAWN = "withdrawn"
    CITED = "cited"
    FEED_ADDED = "feed-added"
    FEED_CHANGED = "feed-changed"
    FEED_REMOVED = "feed-removed"
    FEED_PAUSED = "feed-paused"
    FEED_RESUMED = "feed-resumed"
    FEED_HURRIED = "feed-hurried"


_KINDS = {
    "sign-in": (What.SIGNED_IN, What.REFUSED, What.THROTTLED, What.SIGNED_OUT),
    "token": (What.TOKEN_MADE, What.TOKEN_REVOKED),
    "amendment": (What.CORRECTED, What.WITHDRAWN, What.CITED),
    "feed": (
        What.FEED_ADDED,
        What.FEED_CHANGED,
        What.FEED_REMOVED,
        What.FEED_PAUSED,
        What.FEED_RESUMED,
        What.FEED_HURRIED,
    ),
}
_KIND_OF = {what: kind for kind, all_of_it in _KINDS.items() for what in all_of_it}

KINDS = ("sign-in", "account", "token", "decision", "amendment", "feed")
"""What the audit may be filtered by; what is of no other kind is about accounts."""


class Position(NamedTuple):
    """Where a row stands in the audit: instants may be equal, the three together are not."""

    at: str
    place: int
    id: int


AFTER_ALL = Position("9999", 0, 0)


@dataclass(frozen=True)
class Audited:
    """One thing that somebody did. `what`: a word of `What`, a verdict (accept, reject, undo) or a move (split, merge).

    `subject`: the name of a user, token or feed, the number of a candidate, or a claim such as `change-5`.
    """

    position: Position
    at: datetime
    actor: str
    kind: str
    what: str
    subject: str
    detail: str | None
    address: str | None


class Audit:
    """Reads and writes the audit over one connection; writes belong into the transaction of what they tell."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def note(
        self, what: What, subject: str, *, by: str, at: datetime, detail: str | None = None, address: str | None = None
    ) -> None:
        told = {"actor": by, "kind": _KIND_OF.get(what, "account"), "what": what.value, "subject": subject}
        _sql.add_audit(self._db, at=instant_text(at), detail=detail, address=address, **told)

    def newest(
        self, *, person: str | None = None, kind: str | None = None, before: Position = AFTER_ALL, most: int
    ) -> list[Audited]:
        """What a person did (everybody's where None), or what was done to them; the newest first, before a position."""
        asked = {"person": person, "kind": kind, "most": most, **before._asdict()}
        return [_audited(row) for row in _sql.newest(self._db, **asked)]


def _audited(row: Row) -> Audited:
    told = {name: row[name] for name in ("actor", "kind", "what", "subject", "detail", "address")}
    return Audited(Position(row["at"], row["place"], row["id"]), instant(row["at"]), **told)
