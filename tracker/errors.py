"""Refusals that people and programs read: what is wrong, and what to do instead."""

from __future__ import annotations

from tracker.tongue import msg


class Refused(Exception):
    """A request that cannot be served as it stands: what is wrong, and what to send instead.

    `field` names the part of the request that is at fault, where there is one. `plain`: the same for a person, which
    pages say in the place of both where those speak of what programs send.
    """

    status = 400
    title = msg("Bad request")

    def __init__(self, wrong: str, remedy: str = "", *, field: str | None = None, plain: str = "") -> None:
        super().__init__(f"{wrong} {remedy}".strip())
        self.wrong, self.remedy, self.field, self.plain = wrong, remedy, field, plain


class NotSignedIn(Refused):
    status = 401
    title = msg("Not signed in")


class NotAllowed(Refused):
    status = 403
    title = msg("Not allowed")


class NotFound(Refused):
    status = 404
    title = msg("Not found")


class Conflict(Refused):
    """Somebody else was first, or the thing has changed since it was read."""

    status = 409
    title = msg("Conflict")


class TooMany(Refused):
    """It is asked for more often than can be right."""

    status = 429
    title = msg("Too many requests")


class Stale(Conflict):
    """The version that a request named with If-Match is not the present one."""

    status = 412
    title = msg("Precondition failed")
