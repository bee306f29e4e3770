"""Which relationships a view shows: all, or the one that its address names."""

from __future__ import annotations

from typing import Any

from flask import Flask, request

from tracker.model import Channel, Relationship
from tracker.web.current import Snapshot, current
from tracker.web.sent import check_word

SCOPE = "relationship"
"""The name in an address."""

SCOPED = {
    "pages.dashboard", "pages.changes", "pages.contacts", "pages.corrections", "pages.figures", "pages.feeds",
    "timeline.timeline", "search.search", "since.since", "outputs.channels_csv", "outputs.changes_csv",
    "outputs.contacts_csv", "outputs.contacts_ics", "outputs.years_csv",
}  # fmt: skip
"""Views that can be asked for one relationship; links between them keep it."""


def scoped(slug: str | None) -> Snapshot:
    """The record as it stands, of one relationship or of all (None). Raises Refused for one that there is not."""
    snapshot = current().snapshot()
    if not slug:
        return snapshot
    check_word(SCOPE, slug, [pair.slug for pair in snapshot.relationships])
    return snapshot.of(slug)


def scoped_snapshot() -> Snapshot:
    """The same, of what the address of this request names."""
    return scoped(request.args.get(SCOPE))


def pairs() -> tuple[Relationship, ...]:
    """The relationships among which there is a choice; none where there is one alone."""
    found = current().snapshot().relationships
    return found if len(found) > 1 else ()


def pair_of(channel: Channel) -> Relationship | None:
    """The relationship that has to be said beside a channel's name: where several are shown together."""
    if request.args.get(SCOPE) or not pairs():
        return None
    return current().snapshot().relationship(channel.relationship)


def pair_with(side: str) -> Relationship:
    """A relationship that names a side: the first of which it is a party, else the first."""
    found = current().snapshot().relationships
    return next((pair for pair in found if side in (party.code for party in pair.parties)), found[0])


def register(app: Flask) -> None:
    app.context_processor(_scope)


def _scope() -> dict[str, Any]:
    return {"pairs": pairs, "pair_of": pair_of, "pair_with": pair_with, "scope": request.args.get(SCOPE) or None}
