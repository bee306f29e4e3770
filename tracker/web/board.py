"""What the pages say of several channels at once: counts, what was read, what changed and what is due. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import TypeVar

from db.feeds import FeedHealth
from tracker.model import Category, Contact, Moment, PartialDate, Relationship, Source, State, StatusChange
from tracker.record.attest import visible_from
from tracker.record.coverage import Coverage
from tracker.record.fates import Fate
from tracker.record.history import ChannelView, in_force
from tracker.record.ledger import Act
from tracker.record.lineage import entry_key
from tracker.record.rhythm import Rhythm, rhythm_of
from tracker.web.current import Snapshot
from tracker.web.listening import SILENCE_SPAN
from tracker.web.narrowing import Narrowing, other_forms
from tracker.web.pictures.strip import Axis, axis_until
from tracker.web.words import STATE_ORDER

Row = TypeVar("Row")

FRESH = timedelta(hours=1)
"""A source counts as being watched when it was read within this time."""

RECENT_CHANGES = 3

EVERYTHING = Narrowing()


@dataclass(frozen=True)
class Watch:
    """How far one side's enabled sources are being read now."""

    side: str
    feeds: int
    fresh: int
    failing: tuple[FeedHealth, ...]

    @property
    def blind(self) -> bool:
        """No source of the side was read in the last hour: its silence says nothing."""
        return self.fresh == 0


@dataclass(frozen=True)
class Silence:
    """What was read of each side since the last report of a channel, or in the last `SILENCE_SPAN` if that is shorter.

    `since` is the date of that report, None where none is on record; `whole`: the span begins there.
    """

    since: PartialDate | None
    whole: bool
    sides: tuple[Coverage, ...]

    @property
    def known(self) -> bool:
        """Whether every moment of it was looked at."""
        return all(side.complete for side in self.sides)


class Silences:
    """The silences of the channels of one relationship; channels of equal spans share what was reckoned."""

    def __init__(self, snapshot: Snapshot, relationship: Relationship, sides: Sequence[str], now: datetime) -> None:
        self._snapshot, self._relationship, self._sides, self._now = snapshot, relationship, sides, now
        self._earliest = now - SILENCE_SPAN
        self._read: dict[datetime, tuple[Coverage, ...]] = {}

    def of(self, view: ChannelView) -> Silence:
        since = view.last_report
        start = datetime.combine(since.first if since else date.min, time.min, UTC)
        return Silence(since, start >= self._earliest, self._covered(max(start, self._earliest)))

    @property
    def usual(self) -> Silence:
        """That of a channel on which no report came in all of `SILENCE_SPAN`."""
        return Silence(None, False, self._covered(self._earliest))

    def _covered(self, start: datetime) -> tuple[Coverage, ...]:
        if start not in self._read:
            self._read[start] = tuple(
                self._snapshot.coverage_between(self._relationship.slug, side, start, self._now) for side in self._sides
            )
        return self._read[start]


@dataclass(frozen=True)
class Change:
    """A status change with the channel it befell and the state that it ended. `place`: how many came before it."""

    view: ChannelView
    change: StatusChange
    before: State | None
    place: int


@dataclass(frozen=True)
class Met:
    """A contact with the channel it belongs to."""

    view: ChannelView
    contact: Contact


@dataclass(frozen=True)
class Slider:
    """The days that the dashboard can slide to: from the axis of today back to its beginning, the present included.

    `turns` are the days on which a state changed.
    """

    start: date
    end: date
    turns: tuple[date, ...]

    def steps_to(self, day: date) -> int:
        """How many days after the start a day lies; days beyond are moved to the ends."""
        return (min(max(day, self.start), self.end) - self.start).days


@dataclass(frozen=True)
class Overdue:
    """A channel that was not used for longer than its own rhythm allows."""

    view: ChannelView
    rhythm: Rhythm


@dataclass(frozen=True)
class Coming:
    """What is to be heard of a channel next: an announced contact, or, where that is None, what a plan promises.

    `date` is None where no time was given; `until` is the last day on which it is to take place, for the order.
    """

    view: ChannelView
    contact: Contact | None
    date: PartialDate | None
    until: date

    @property
    def slug(self) -> str:
        return self.view.channel.slug


@dataclass(frozen=True)
class Board:
    """The first screen of one relationship.

    `overdue` are the channels behind their own rhythm, `unreported` those of which something that was announced was not
    reported by its last day, and `lapsed` the number of all such announcements, those of channels used since included.
    `forms`: see `other_forms`.
    """

    relationship: Relationship
    counts: list[tuple[State, int]]
    total: int
    shown: int
    groups: list[tuple[Category, list[ChannelView]]]
    watches: list[Watch]
    newest: Change | None
    recent: list[Change]
    coming: list[Coming]
    overdue: list[Overdue]
    unreported: list[ChannelView]
    lapsed: int
    differing: list[ChannelView]
    forms: str
    axis: Axis
    slider: Slider
    silences: Silences

    @property
    def blind(self) -> list[Watch]:
        return [watch for watch in self.watches if watch.blind]

    @property
    def fresh(self) -> int:
        """How many of the `feeds` sources of all sides were read in the last hour."""
        return sum(watch.fresh for watch in self.watches)

    @property
    def feeds(self) -> int:
        return sum(watch.feeds for watch in self.watches)


def board(
    snapshot: Snapshot,
    relationship: Relationship,
    moment: Moment,
    now: datetime,
    today: date,
    narrowing: Narrowing = EVERYTHING,
) -> Board:
    """The channels that have a state at `moment`, grouped; filters narrow what is listed, not what is counted."""
    views = [v for v in snapshot.views(moment) if v.state and v.channel.relationship == relationship.slug]
    shown = [view for view in views if narrowing.fits(view)]
    tally = Counter(view.state for view in views)
    changes = changes_of(views)
    return Board(
        relationship=relationship,
        counts=[(one, tally[one]) for one in STATE_ORDER if tally[one]],
        total=len(views),
        shown=len(shown),
        groups=[(one, group) for one in Category if (group := [v for v in shown if v.channel.category is one])],
        watches=watches(snapshot, relationship, now),
        newest=changes[0] if changes else None,
        recent=changes[:RECENT_CHANGES],
        coming=sorted(filter(None, map(_coming, views)), key=lambda one: (one.date is None, one.until, one.slug)),
        overdue=[Overdue(view, rhythm) for view in views if view.behind and (rhythm := rhythm_of(view))],
        unreported=[view for view in views if view.unreported],
        lapsed=sum(promise.fate is Fate.LAPSED for view in views for promise in view.promises),
        differing=[view for view in views if view.contested],
        forms=other_forms(views),
        axis=axis_until(moment.as_of),
        slider=_slider(snapshot, relationship, moment, today),
        silences=Silences(snapshot, relationship, [party.code for party in relationship.parties], now),
    )


def _slider(snapshot: Snapshot, relationship: Relationship, moment: Moment, today: date) -> Slider:
    start = axis_until(today).start
    rows = (
        row
        for channel in snapshot.channels
        if channel.relationship == relationship.slug
        for row in in_force(snapshot.entries[channel.slug][0], moment.known_at)
    )
    return Slider(start, today, tuple(sorted({r.effective.first for r in rows if start <= r.effective.first <= today})))


def _coming(view: ChannelView) -> Coming | None:
    """By the announced contact that is next, or by a plan that has a date, whichever is to take place first."""
    contact, plan = view.next_contact, view.plan
    planned = Coming(view, None, plan.dated, plan.due) if plan and plan.dated and view.expected else None
    if contact is None:
        return planned
    announced = Coming(view, contact, contact.date, contact.last or visible_from(contact))
    sooner = planned and (announced.date is None or planned.until < announced.until)
    return planned if sooner else announced


def watches(snapshot: Snapshot, relationship: Relationship, now: datetime) -> list[Watch]:
    """Each party in the fixed order, then third parties where any of their sources is configured."""
    sides = [party.code for party in relationship.parties]
    found = [_watch(side, snapshot.enabled_feeds(relationship.slug, side), now) for side in relationship.sides]
    return [watch for watch in found if watch.feeds or watch.side in sides]


def _watch(side: str, feeds: Sequence[FeedHealth], now: datetime) -> Watch:
    since = now - FRESH
    fresh = [feed for feed in feeds if feed.last_read is not None and feed.last_read >= since]
    return Watch(side, len(feeds), len(fresh), tuple([feed for feed in feeds if feed.fault]))


def changes_of(views: Iterable[ChannelView]) -> list[Change]:
    """Every status change of some channels, newest first."""
    changes = [
        Change(view, reading.change, before.state if before else None, place)
        for view in views
        for place, (before, reading) in enumerate(pairwise((None, *view.readings[::-1])))
    ]
    return sorted(changes, key=change_key, reverse=True)


def change_key(row: Change) -> str:
    """Where a change stands among all; what a page ends with, the next begins after."""
    change = row.change
    return f"{change.effective.first}~{change.channel}~{row.place:08}"


def contact_key(row: Met) -> str:
    contact = row.contact
    return f"{contact.first or visible_from(contact)}~{contact.channel}~{contact.id or 0:08}"


def act_key(act: Act) -> str:
    """Where an act upon the record stands among all."""
    return f"{act.at.isoformat()}~{act.address}~{act.row.id:08}~{act.deed}"


def page_of(
    rows: Sequence[Row], key: Callable[[Row], str], before: str | None, size: int
) -> tuple[Sequence[Row], str | None]:
    """Up to `size` rows of those sorted newest first that come after the key `before`; and the key to go on with."""
    rest = [row for row in rows if before is None or key(row) < before]
    shown = rest[:size]
    return shown, key(shown[-1]) if len(rest) > len(shown) else None


@dataclass(frozen=True)
class Reference:
    """A document cited on a page: its number there, and the words quoted from it.

    `kept_with` names a row that cites it, with whose proof its words as we keep them go out; None where none are kept.
    """

    number: int
    source: Source
    quotes: tuple[str, ...]
    kept_with: str | None


class References:
    """The documents that a page cites, numbered in the order in which they are first cited."""

    def __init__(self, entries: Iterable[StatusChange | Contact]) -> None:
        self._quotes: dict[tuple, list[str]] = {}
        self._sources: dict[tuple, Source] = {}
        self._kept: dict[tuple, str] = {}
        for row, source in [(entry, source) for entry in entries for source in entry.sources]:
            self._sources.setdefault(_identity(source), source)
            if source.archived and row.id:
                self._kept.setdefault(_identity(source), entry_key(row))
            quotes = self._quotes.setdefault(_identity(source), [])
            if source.quote and source.quote not in quotes:
                quotes.append(source.quote)
        self._numbers = {identity: number for number, identity in enumerate(self._sources, start=1)}

    def number(self, source: Source) -> int:
        return self._numbers[_identity(source)]

    def __iter__(self):
        for identity, source in self._sources.items():
            quotes, kept_with = tuple(self._quotes[identity]), self._kept.get(identity)
            yield Reference(self._numbers[identity], source, quotes, kept_with)

    def __len__(self) -> int:
        return len(self._sources)


def _identity(source: Source) -> tuple:
    return source.url, source.title, source.publisher, source.side, source.published
