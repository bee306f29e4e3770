"""What a search finds, in the order in which it is shown, and as much of each as tells why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from db.search import InRecord, Narrowed
from db.store import Subjects
from tracker.model import Contact, Moment, PartialDate, Release, Source, StatusChange
from tracker.record.citation import entry_rows, fact
from tracker.record.history import ChannelView, contact_days
from tracker.search import Kind, Query
from tracker.search.documents import Passage, channel_passages, entry_passages, names_of
from tracker.search.excerpt import Excerpt, excerpt, met, whole, without
from tracker.search.words import stems
from tracker.tongue import told_first
from tracker.web.current import Snapshot
from tracker.wording import language_of

Place = tuple[Kind, int, float]
"""Where a page goes on: a kind, and how many of it were shown; of releases number and score of the last document."""


@dataclass(frozen=True)
class Asked:
    """What is looked for, among which kinds and at which moment.

    `narrowed` tells of rows and releases which sources and days they are to have; a channel has none of these. Releases
    were published by the day `published_by` (None: any).
    """

    query: Query
    kinds: tuple[Kind, ...]
    moment: Moment
    narrowed: Narrowed
    published_by: date | None = None

    @property
    def narrowed_releases(self) -> Narrowed:
        ends = [day for day in (self.narrowed.last, self.published_by) if day]
        return replace(self.narrowed, last=min(ends, default=None))

    @property
    def past(self) -> bool:
        """Whether it is asked as it was known at an instant. The score of a row depends on what was recorded since, so
        the newest come first then, and channels by how much of what is asked for stands in a name.
        """
        return self.narrowed.known_at is not None

    def among(self, *kinds: Kind) -> Asked:
        return replace(self, kinds=kinds)


@dataclass(frozen=True)
class Hit:
    """One thing found. `says` is its state or outcome, `day` its date; `source` is the document that it is shown with.

    Of the record it has the channel's `view` and, for a row, the `entry`; else the `release`.
    """

    kind: Kind
    title: Excerpt
    excerpt: Excerpt
    day: PartialDate | None = None
    source: Source | None = None
    view: ChannelView | None = None
    entry: StatusChange | Contact | None = None
    release: Release | None = None

    @property
    def telling(self) -> StatusChange | Contact | None:
        """The row that was found, or that made the state of the channel that was."""
        return self.entry or (self.view.change if self.view else None)

    @property
    def says(self) -> str | None:
        match self.entry:
            case StatusChange(state=state):
                return state
            case Contact(outcome=outcome):
                return outcome
        return None


@dataclass(frozen=True)
class Found:
    """A page of what was found, how much there is of each kind, and where the next page goes on (None: nowhere)."""

    hits: tuple[Hit, ...]
    counts: dict[Kind, int]
    following: Place | None

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    def of(self, kind: Kind) -> list[Hit]:
        return [hit for hit in self.hits if hit.kind is kind]


@dataclass(frozen=True)
class _Row:
    """A channel, or a row of the record, that stands at the moment."""

    view: ChannelView
    entry: StatusChange | Contact | None
    rank: tuple[Any, ...]


def find(db: Subjects, snapshot: Snapshot, asked: Asked, *, most: int, after: Place | None = None) -> Found:
    """Up to `most` hits after a place, by kind, the best of each kind first."""
    kind, number, score = after or (asked.kinds[0], 0, 0.0)
    recorded = asked.kinds != (Kind.RELEASE,)
    found_in_record = db.search.in_record(asked.query, known_at=asked.narrowed.known_at) if recorded else []
    rows = _rows(found_in_record, snapshot, asked)
    counts = {kind: len(found) for kind, found in rows.items()}
    hits: list[Hit] = []
    following: Place | None = None
    for one in asked.kinds[asked.kinds.index(kind) :]:
        start = number if one is kind else 0
        room = most - len(hits)
        if one is Kind.RELEASE:
            last = (score, start) if start else None
            found = db.search.releases(asked.query, asked.narrowed_releases, most=room + 1, after=last)
            hits += [_release(one.release, asked.query) for one in found[:room]]
            if len(found) > room:
                score, number = found[room - 1].place if room else (0.0, 0)
                following = (one, number, score)
            elif not start:
                counts[one] = len(found)  # all of them are on this page
        else:
            hits += [_hit(row, asked) for row in rows[one][start : start + room]]
            if len(rows[one]) > start + room:
                following = (one, start + room, 0.0)
                break
    if Kind.RELEASE in asked.kinds and Kind.RELEASE not in counts:
        counts[Kind.RELEASE] = db.search.count_releases(asked.query, asked.narrowed_releases)
    return Found(tuple(hits), counts, following)


def rows_found(db: Subjects, snapshot: Snapshot, asked: Asked) -> dict[str, bytes]:
    """All channels and rows of the record that are found, as they are cited: of a channel only that it is found."""
    rows = _rows(db.search.in_record(asked.query, known_at=asked.narrowed.known_at), snapshot, asked)
    found = [row for of_kind in rows.values() for row in of_kind]
    entries = entry_rows(row.entry for row in found if row.entry)
    return entries | dict(fact(f"channel-{row.view.channel.slug}", {}) for row in found if row.entry is None)


def _rows(found: Iterable[InRecord], snapshot: Snapshot, asked: Asked) -> dict[Kind, list[_Row]]:
    """What stands at the moment of what the index found, by kind, the best first."""
    rows: dict[Kind, list[_Row]] = {kind: [] for kind in asked.kinds if kind is not Kind.RELEASE}
    channels = {channel.slug: channel for channel in snapshot.channels}
    views: dict[str, ChannelView] = {}
    for one in found:
        if one.kind not in rows or one.channel not in channels:
            continue
        if one.channel not in views:
            views[one.channel] = snapshot.view(channels[one.channel], asked.moment)
        if row := _standing(one, views[one.channel], asked):
            rows[one.kind].append(row)
    return {kind: sorted(of_kind, key=lambda row: row.rank) for kind, of_kind in rows.items()}


def _standing(one: InRecord, view: ChannelView, asked: Asked) -> _Row | None:
    if one.kind is Kind.CHANNEL:
        exact = any(stems(name) == asked.query.stems for name in _shown_names(view))
        named = -max(met(name, asked.query) for name in _shown_names(view))
        return _Row(view, None, (not exact, named if asked.past else one.score, view.channel.slug))
    entries: Sequence[StatusChange | Contact] = view.history if one.kind is Kind.CHANGE else view.contacts
    entry = next((entry for entry in entries if entry.id == one.entry), None)
    if entry is None or not _narrowed(entry, asked.narrowed):
        return None
    return _Row(view, entry, (-_days(entry)[1].toordinal() if asked.past else one.score, -one.entry))


def _shown_names(view: ChannelView) -> Iterable[str]:
    """What names a channel, and the short form that its name has in brackets."""
    for name in names_of(view.channel):
        yield name
        yield from (part.strip(" )") for part in name.split("(") if "(" in name)


def _narrowed(entry: StatusChange | Contact, by: Narrowed) -> bool:
    first, last = _days(entry)
    return (
        (by.first is None or last >= by.first)
        and (by.last is None or first <= by.last)
        and (by.side is None or any(source.side == by.side for source in entry.sources))
        and (by.lang is None or any(language_of(source.title) == by.lang for source in entry.sources))
    )


def _days(entry: StatusChange | Contact) -> tuple[date, date]:
    if isinstance(entry, StatusChange):
        return entry.effective.first, entry.effective.last
    return contact_days(entry)


def _hit(row: _Row, asked: Asked) -> Hit:
    title = " ".join(told_first(row.view.channel.names).values())
    if row.entry is None:
        passage = _telling(channel_passages(row.view.channel), without(title, asked.query))
        told = {"kind": Kind.CHANNEL}
    else:
        own = tuple(source for source in row.entry.sources if asked.narrowed.side in (None, source.side))
        passage = _telling(entry_passages(replace(row.entry, sources=own)), asked.query)
        told = {"entry": row.entry, "source": passage.source or next(iter(own), None)} | _kind_and_day(row.entry)
    return Hit(title=whole(title, asked.query), excerpt=excerpt(passage.text, asked.query), view=row.view, **told)


def _kind_and_day(entry: StatusChange | Contact) -> dict[str, Any]:
    if isinstance(entry, StatusChange):
        return {"kind": Kind.CHANGE, "day": entry.effective}
    return {"kind": Kind.CONTACT, "day": entry.date}


def _telling(passages: Sequence[Passage], query: Query) -> Passage:
    """The passage in which most of what was asked for stands; of equals the first."""
    return max(passages, key=lambda passage: met(passage.text, query), default=Passage(""))


def _release(release: Release, query: Query) -> Hit:
    day = PartialDate.of(release.published)
    source = Source(release.url or "", release.title, release.publisher, release.side, day)
    return Hit(
        Kind.RELEASE,
        whole(release.title, query),
        excerpt(release.summary, query),
        day=day,
        source=source,
        release=release,
    )
