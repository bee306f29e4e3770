"""Refusals that people and programs read: what is wrong, and what to do instead."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager

from tracker.tongue import msg


class Refused(Exception):
    """A request that cannot be served as it stands: what is wrong, and what to send instead.

    `field` names the part of the request that is at fault, where there is one; `beside`: others by which it was judged.
    `plain`: the same for a person, which pages say in the place of both where those speak of what programs send.
    """

    status = 400
    title = msg("Bad request")

    def __init__(
        self, wrong: str, remedy: str = "", *, field: str | None = None, plain: str = "", beside: Collection[str] = ()
    ) -> None:
        super().__init__(f"{wrong} {remedy}".strip())
        self.wrong, self.remedy, self.field, self.plain, self.beside = wrong, remedy, field, plain, beside

    @property
    def parts(self) -> tuple[Refused, ...]:
        """All that is wrong: itself, or what is told together."""
        return (self,)


class RefusedTogether(Refused):
    """Several things that are wrong with one request; it speaks as the first of them where one alone can be said."""

    def __init__(self, parts: Iterable[Refused]) -> None:
        self._parts = tuple(parts)
        first = self._parts[0]
        super().__init__(first.wrong, first.remedy, field=first.field, plain=first.plain)

    @property
    def parts(self) -> tuple[Refused, ...]:
        return self._parts


class Faults:
    """What is wrong with one request, gathered to be told together; of each field what was found first.

    faults = Faults()
    with faults.gathered():
        day = day_from(form, "date")
    faults.check()
    """

    def __init__(self) -> None:
        self._found: list[Refused] = []

    @property
    def fields(self) -> frozenset[str | None]:
        """The fields at fault."""
        return frozenset(one.field for one in self._found)

    def add(self, *refused: Refused) -> None:
        for one in refused:
            if one.field is None or one.field not in self.fields:
                self._found.append(one)

    def renamed(self, fields: Mapping[str, str]) -> Faults:
        """The same, where a caller calls some fields by other names."""
        faults = Faults()
        for one in self._found:
            faults.add(Refused(one.wrong, one.remedy, field=fields.get(one.field, one.field), plain=one.plain))
        return faults

    @contextmanager
    def gathered(self, *, unread: Collection[str | None] = ()) -> Iterator[None]:
        """Goes on behind the block where that refuses what was sent; what else is in the way is raised at once. What
        was judged by fields that are `unread` may come of those alone, and is left out.
        """
        try:
            yield
        except Refused as refused:
            if refused.status != Refused.status:
                raise
            self.add(*(one for one in refused.parts if not set(one.beside) & set(unread)))

    @property
    def refused(self) -> Refused | None:
        """What is wrong: that alone, or all of it together; None where nothing is."""
        return RefusedTogether(self._found) if len(self._found) > 1 else next(iter(self._found), None)

    def check(self) -> None:
        """Raise Refused where something is wrong."""
        if refused := self.refused:
            raise refused


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
