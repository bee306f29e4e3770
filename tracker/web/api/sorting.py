"""In which order lists stand: the keys by which a caller may sort. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tracker.model import Contact, State, StatusChange
from tracker.record.attest import visible_from
from tracker.record.history import ChannelView

CHANNEL_KEYS: dict[str, Callable[[ChannelView], Any]] = {
    "name": lambda view: view.channel.names.get("en", view.channel.slug).casefold(),
    "category": lambda view: view.channel.category,
    "state": lambda view: list(State).index(view.state),
    "since": lambda view: view.change.effective.first,
    "last_contact": lambda view: view.last_contact and view.last_contact.first,
}
"""Of channels that have a state; None where there is nothing to sort by."""

CHANGE_KEYS: dict[str, Callable[[StatusChange], str]] = {
    "effective": lambda change: change.effective.first.isoformat(),
    "recorded_at": lambda change: change.recorded_at.isoformat(),
}

CONTACT_KEYS: dict[str, Callable[[Contact], str]] = {
    "date": lambda met: (met.first or visible_from(met)).isoformat(),
    "recorded_at": lambda met: met.recorded_at.isoformat(),
}


def change_position(key: str, change: StatusChange) -> tuple[str, int, str]:
    """Where a change stands in its list. One that follows from a contact has no id, and is told apart by it."""
    return (key, change.id, change.channel) if change.id else (key, 0, f"{change.channel}~{change.follows}")


def direction(sort: str) -> tuple[str, bool]:
    """By which key, and whether descending: `-` before its name."""
    return sort.removeprefix("-"), sort.startswith("-")


def sorted_by(sort: str | None, views: Sequence[ChannelView]) -> list[ChannelView]:
    """The channels by one of their keys, equal ones in the given order, those without it last either way."""
    if not sort:
        return list(views)
    by, descending = direction(sort)
    keyed = [(CHANNEL_KEYS[by](view), view) for view in views]
    told = sorted((pair for pair in keyed if pair[0] is not None), key=lambda pair: pair[0], reverse=descending)
    return [view for _, view in told] + [view for key, view in keyed if key is None]
