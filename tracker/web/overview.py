"""The first screen over several relationships: what stands out in each, a line for each. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from tracker.model import Contact, Moment, Relationship, State
from tracker.record.history import ChannelView
from tracker.web.board import Change, Watch, changes_of, watches
from tracker.web.current import Snapshot
from tracker.web.narrowing import Narrowing
from tracker.web.words import STATE_ORDER

MOST_NAMED = 3
"""Suspended channels that a line names; the others are counted."""


@dataclass(frozen=True)
class Met:
    """The last contact of a relationship, with the channel in which it took place."""

    view: ChannelView
    contact: Contact


@dataclass(frozen=True)
class Row:
    """One relationship at a moment; `shown` of its `total` channels with a state fit what is asked for."""

    relationship: Relationship
    total: int
    shown: int
    counts: tuple[tuple[State, int], ...]
    newest: Change | None
    suspended: tuple[ChannelView, ...]
    overdue: int
    contested: int
    met: Met | None
    watches: tuple[Watch, ...]

    @property
    def looked_at(self) -> bool:
        """Whether any source was read in the last hour."""
        return any(watch.fresh for watch in self.watches)

    @property
    def blind(self) -> list[str]:
        """The sides of which no source was read in the last hour."""
        return [watch.side for watch in self.watches if watch.blind]

    @property
    def named(self) -> tuple[ChannelView, ...]:
        return self.suspended[:MOST_NAMED]

    @property
    def more(self) -> int:
        """How many suspended channels are not named."""
        return len(self.suspended) - len(self.named)


def overview(snapshot: Snapshot, moment: Moment, now: datetime, narrowing: Narrowing) -> list[Row]:
    """Every relationship in its configured order; where something is asked for, those in which it is found."""
    views: dict[str, list[ChannelView]] = {pair.slug: [] for pair in snapshot.relationships}
    for view in snapshot.views(moment):
        if view.state:
            views[view.channel.relationship].append(view)
    rows = [
        _row(pair, views[pair.slug], watches(snapshot.of(pair.slug), pair, now), narrowing)
        for pair in snapshot.relationships
    ]
    return [row for row in rows if row.shown] if narrowing.sent else rows


def _row(pair: Relationship, views: list[ChannelView], watched: list[Watch], narrowing: Narrowing) -> Row:
    tally = Counter(view.state for view in views)
    return Row(
        relationship=pair,
        total=len(views),
        shown=sum(narrowing.fits(view) for view in views),
        counts=tuple((state, tally[state]) for state in STATE_ORDER if tally[state]),
        newest=next(iter(changes_of(views)), None),
        suspended=tuple(view for view in views if view.state is State.SUSPENDED),
        overdue=sum(view.overdue for view in views),
        contested=sum(view.contested for view in views),
        met=_last_met(views),
        watches=tuple(watched),
    )


def _last_met(views: Iterable[ChannelView]) -> Met | None:
    met = [Met(view, view.last_contact) for view in views if view.last_contact]
    return max(met, key=lambda one: (one.contact.first, one.view.channel.slug), default=None)
