"""How often anybody may try to sign in: counted in the database, so that all processes count together.

A try counts against the address from which it comes and against the name that it names, known or not. It is counted
before it is looked at; a good one is taken back. What is held back is refused whatever it brings.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from flask import current_app, request

from db.store import Subjects
from tracker.web.serving.limits import network_of

WINDOW = timedelta(minutes=15)
"""How long tries are counted together, from the first on."""

MOST_OF_NAME, MOST_OF_ADDRESS = 10, 30


@dataclass(frozen=True)
class Held:
    """That a try is refused unlooked at: for so many seconds more, for the name's sake or the address's, and whether
    it is the first that is.
    """

    seconds: int
    by_name: bool
    first: bool


def count(db: Subjects, name: str | None, *, now: datetime) -> Held | None:
    """Count a try to sign in with that name (None: by what names nobody); what holds it back, or None."""
    for key, most in _held_against(name):
        tried = db.attempts.count(key, now=now, ends_at=now + WINDOW)
        if tried.number > most:
            seconds = ceil((tried.ends_at - now).total_seconds())
            return Held(seconds, key.startswith("name:"), tried.number == most + 1)
    return None


def take_back(db: Subjects, name: str | None) -> None:
    """A try that was counted was good: it counts no more against the address, and the name begins anew."""
    db.attempts.take_back(_address_key())
    if name is not None:
        db.attempts.forget(_name_key(name))


def _held_against(name: str | None) -> Iterator[tuple[str, int]]:
    """An address that is held back adds nothing to the count of a name."""
    yield _address_key(), MOST_OF_ADDRESS
    if name is not None:
        yield _name_key(name), MOST_OF_NAME


def _address_key() -> str:
    return f"address:{network_of(request.remote_addr or '')}"


def _name_key(name: str) -> str:
    """Some type their password where the name belongs; it must not be kept."""
    return "name:" + hmac.new(current_app.secret_key.encode(), name.encode(), hashlib.sha256).hexdigest()
