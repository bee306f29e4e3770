"""The rows of the record as a process has them: read once, and of what was read again only what has moved since.

A row is only ever added, or stamped as taken back, and the chain tells of which channel. So what was reckoned of the
others stands, whoever writes; pages that we read again are marked on the rows that cite them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property, lru_cache

from db.store import Subjects
from db.watch import Marks
from tracker.model import Channel, Contact, Moment, Relationship, StatusChange
from tracker.record.chain import Checkpoint
from tracker.record.history import ChannelView, view
from tracker.record.ledger import Act, acts_of
from tracker.record.lineage import anchors

VIEWS = 8
"""Views of one channel at different moments that are remembered."""

Rows = tuple[list[StatusChange], list[Contact]]
"""Every row ever recorded of a channel, in the order of recording."""

Definitions = Sequence[tuple[datetime, Channel]]
"""How a channel was defined from when on, the oldest first, which is taken to have been so always."""


@dataclass(frozen=True, eq=False)
class Line:
    """One channel with every row ever recorded of it; what is reckoned of them is reckoned once."""

    channel: Channel
    relationship: Relationship
    rows: Rows
    defined: Definitions

    @cached_property
    def acts(self) -> list[Act]:
        """Everything that was ever done to its record, oldest first."""
        return acts_of(*self.rows)

    @cached_property
    def settled(self) -> datetime:
        """From when on it is known as it is known now: nothing was recorded, taken back or seen later."""
        return max((*_instants(self.rows), self.redefined or _NEVER))

    @property
    def redefined(self) -> datetime | None:
        """From when on it is defined as it is; None: always."""
        return self.defined[-1][0] if len(self.defined) > 1 else None

    def channel_at(self, known_at: datetime) -> Channel:
        """The channel as it was defined at an instant."""
        later = (channel for since, channel in reversed(self.defined[1:]) if since <= known_at)
        return next(later, self.defined[0][1])

    def view(self, moment: Moment) -> ChannelView:
        """The channel at a moment. A page asks for the same several times, and most pages for that of now."""
        seen = self._view(Moment(moment.as_of, min(moment.known_at, self.settled)))
        return seen if seen.moment == moment else replace(seen, moment=moment)

    def anchors(self, known_at: datetime) -> Mapping[str, str | None]:
        """By the key of a row the key of the statement that it tells, as known at an instant."""
        return self._anchors(min(known_at, self.settled))

    @cached_property
    def _anchors(self) -> Callable[[datetime], Mapping[str, str | None]]:
        return lru_cache(maxsize=VIEWS)(lambda known_at: anchors(*self.rows, known_at))

    @cached_property
    def _view(self) -> Callable[[Moment], ChannelView]:
        return lru_cache(maxsize=VIEWS)(
            lambda moment: view(self.channel_at(moment.known_at), self.relationship, *self.rows, moment)
        )


_NEVER = datetime.min.replace(tzinfo=UTC)


def _instants(rows: Rows) -> Iterator[datetime]:
    for row in (row for kind in rows for row in kind):
        yield from filter(None, (row.recorded_at, row.withdrawn_at))
        for source in row.sources:
            yield from filter(None, (source.recorded_at, source.withdrawn_at, source.page_read))
            yield from (page.noted_at for page in source.pages)


class Reading:
    """What was read so far: every line, up to which link of the chain, and how cited pages stood."""

    def __init__(self) -> None:
        self._lines: dict[str, Line] = {}
        self._revision: int | None = None
        self._head: Checkpoint | None = None
        self._marks = Marks({}, {})

    def lines(self, db: Subjects, channels: Iterable[Channel], pairs: Iterable[Relationship]) -> dict[str, Line]:
        """The lines of all channels as they stand now; one that did not move is the one that was read before."""
        revision, head, marks = db.record.revisions()["record"], db.chain.head(), db.record.marks()
        moved = self._moved(db, revision, head)
        if moved is None:
            rows = db.record.entries(marks)
        else:
            rows = self._kept(marks) | {slug: db.record.entries_of(slug, marks) for slug in moved}
        by_slug = {pair.slug: pair for pair in pairs}
        self._lines = {
            channel.slug: self._line(db, channel, by_slug[channel.relationship], rows.get(channel.slug) or ([], []))
            for channel in channels
        }
        self._revision, self._head, self._marks = revision, head, marks
        return self._lines

    def _moved(self, db: Subjects, revision: int, head: Checkpoint) -> set[str] | None:
        """The channels of which something was recorded since; None where only reading everything tells."""
        before = self._head
        if before is None or db.chain.hash_at(before.seq) != before.hash:
            return None
        if head.seq == before.seq:
            # A counter that moves though the chain does not: somebody wrote past it.
            return set() if revision == self._revision else None
        return db.record.channels_since(before.seq)

    def _kept(self, marks: Marks) -> dict[str, Rows]:
        """The rows that were read, as their pages now stand."""
        urls = marks.unlike(self._marks)
        return {slug: _marked(line.rows, marks, urls) for slug, line in self._lines.items()}

    def _line(self, db: Subjects, channel: Channel, relationship: Relationship, rows: Rows) -> Line:
        line = self._lines.get(channel.slug)
        same = line and line.channel == channel
        if same and line.rows is rows and line.relationship == relationship:
            return line
        return Line(channel, relationship, rows, line.defined if same else db.record.definitions(channel.slug))


def _marked(rows: Rows, marks: Marks, urls: set[str]) -> Rows:
    """The rows as these pages now stand; the same rows where they cite none of them."""
    if urls.isdisjoint(source.url for kind in rows for row in kind for source in row.sources):
        return rows
    changes, contacts = ([marks.on(row, urls) for row in kind] for kind in rows)
    return changes, contacts
