"""What was done to the record, act by act, and what lies between two days: pure functions over its rows.

A row is added, replaced by a correction, or withdrawn, and so are its sources; nothing else ever happens to the record.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from tracker.model import Channel, Contact, Entry, Moment, Relationship, Source, State, StatusChange
from tracker.record.attest import visible_from
from tracker.record.disputes import levels_read_anew
from tracker.record.history import ChannelView, as_cited, in_force, view
from tracker.record.lineage import entry_key, first_rows

Row = StatusChange | Contact


class Deed(StrEnum):
    """What an act did. `restored`: a correction was withdrawn, so that the older row stands again."""

    ADDED = "added"
    CORRECTED = "corrected"
    RESTORED = "restored"
    WITHDRAWN = "withdrawn"
    CITED = "cited"
    UNCITED = "uncited"

    @property
    def corrects(self) -> bool:
        """Whether what the record had said before is no longer what it says."""
        return self in (Deed.CORRECTED, Deed.RESTORED, Deed.WITHDRAWN)

    @property
    def ends(self) -> bool:
        """Whether a row stands no more by it: of acts at one instant these are the last."""
        return self in (Deed.RESTORED, Deed.WITHDRAWN)


_OF_THE_ROW = {field.name for field in fields(Entry)} - {"contested", "settled", "unconfirmed"} | {"derived"}
_TOLD = {
    kind: tuple(field.name for field in fields(kind) if field.name not in _OF_THE_ROW)
    for kind in (StatusChange, Contact)
}
"""The fields that tell something of the world; the others are about the row."""


@dataclass(frozen=True)
class Act:
    """One act upon one claim, at a UTC instant. `claim` is the id of the first row that told it: the same through all
    its corrections. `says` is the row that stands after the act (None: withdrawn), `said` what stood before (None:
    added). `sources` are those that a cited or uncited act is about; `why` is the reason that was given.
    """

    at: datetime
    deed: Deed
    claim: int
    says: Row | None
    said: Row | None
    sources: tuple[Source, ...] = ()
    why: str | None = None

    @property
    def row(self) -> Row:
        """The row that the act is about: as it stands, or as it stood before it was withdrawn."""
        return self.says or self.said

    @property
    def altered(self) -> tuple[tuple[str, object, object], ...]:
        """The fields in which a correction differs from what stood before: name, old value, new value. `level_us` is
        the level that documents of a side tell, where a reviewer reads those otherwise that were cited before.
        """
        if self.says is None or self.said is None:
            return ()
        pairs = ((name, getattr(self.said, name), getattr(self.says, name)) for name in _TOLD[type(self.row)])
        return (
            *((name, old, new) for name, old, new in pairs if old != new),
            *levels_read_anew(self.said.sources, self.says.sources),
        )

    def concerns(self, row: Row) -> bool:
        """Whether it is about that very row: what stood before it, or stands after it."""
        return any(one is not None and one.id == row.id and type(one) is type(row) for one in (self.says, self.said))

    @property
    def address(self) -> str:
        """The name of the claim, the same for good: `change-7`, `contact-12`."""
        return entry_key(replace(self.row, id=self.claim))


def acts(rows: Iterable[Row]) -> list[Act]:
    """Every act that made these rows what they are (all of one kind: ids name rows of one table), oldest first."""
    by_id = {row.id: row for row in rows if row.id is not None}
    claims = first_rows(by_id.values())
    told: dict[int, list[Row]] = defaultdict(list)
    for row in by_id.values():
        told[claims[row.id]].append(row)
    found = [act for row in by_id.values() for act in _acts_upon(row, by_id.get(row.replaces), told, claims[row.id])]
    return sorted(found, key=lambda act: (act.at, act.deed.ends, act.row.id))


def acts_of(changes: Iterable[StatusChange], contacts: Iterable[Contact]) -> list[Act]:
    """Every act upon some status changes and contacts, oldest first."""
    return sorted([*acts(changes), *acts(contacts)], key=lambda act: act.at)


def _acts_upon(row: Row, older: Row | None, told: Mapping[int, list[Row]], claim: int) -> Iterator[Act]:
    """`older`: the row that it replaces; `told`: by claim all rows that ever told it."""
    says = _with_sources_at(row, row.recorded_at)
    if older is None:
        yield Act(row.recorded_at, Deed.ADDED, claim, says, None)
    else:
        said = _with_sources_at(older, row.recorded_at)
        corrected = Act(row.recorded_at, Deed.CORRECTED, claim, says, said, why=row.reason)
        yield corrected if corrected.altered else replace(corrected, deed=Deed.CITED, sources=_further(says, said))
    yield from _citations(row, claim)
    if row.withdrawn_at is not None:
        yield _withdrawal(row, claim, told[claim])


def _further(row: Row, older: Row) -> tuple[Source, ...]:
    """The sources of a row that the one before it did not cite."""
    cited = {source.document for source in older.sources}
    return tuple(source for source in row.sources if source.document not in cited)


def _withdrawal(row: Row, claim: int, told: list[Row]) -> Act:
    """`told`: all rows that ever told the claim."""
    at = row.withdrawn_at
    stands = next(iter(in_force(told, at)), None)
    said = _with_sources_at(row, at - timedelta(microseconds=1))
    return Act(at, Deed.RESTORED if stands else Deed.WITHDRAWN, claim, stands, said, why=row.withdrawn_reason)


def _citations(row: Row, claim: int) -> Iterator[Act]:
    """Sources that came to the row later than the row itself, and those taken away while it stood."""
    added: dict[datetime, list[Source]] = {}
    taken: dict[datetime, list[Source]] = {}
    for source in row.sources:
        if source.recorded_at and source.recorded_at > row.recorded_at:
            added.setdefault(source.recorded_at, []).append(source)
        if source.withdrawn_at and source.withdrawn_at != row.withdrawn_at:
            taken.setdefault(source.withdrawn_at, []).append(source)
    for deed, times in ((Deed.CITED, added), (Deed.UNCITED, taken)):
        for at, sources in times.items():
            before = at - timedelta(microseconds=1)
            yield Act(at, deed, claim, _with_sources_at(row, at), _with_sources_at(row, before), tuple(sources))


def _with_sources_at(row: Row, instant: datetime) -> Row:
    return as_cited(row, max(instant, row.recorded_at))


class Corrections:
    """By which act each row came to say what it says, where that is not what its claim had said before."""

    def __init__(self, found: Iterable[Act]) -> None:
        """`found`: every act upon the record, oldest first."""
        self._claims: dict[str, str] = {}
        self._acts: dict[str, list[Act]] = defaultdict(list)
        for act in found:
            if act.says:
                self._claims[entry_key(act.says)] = act.address
            if act.deed in (Deed.CORRECTED, Deed.RESTORED) and act.altered:
                self._acts[act.address].append(act)

    def of(self, row: Entry, known_at: datetime) -> Act | None:
        """The last correction of what a row in force tells, as known at an instant; None where there was none. Of a
        change that follows from a contact it is that of the contact.
        """
        derived = isinstance(row, StatusChange) and row.derived
        claim = self._claims.get(f"contact-{row.follows}" if derived else entry_key(row))
        return next((act for act in reversed(self._acts.get(claim, ())) if act.at <= known_at), None)


@dataclass(frozen=True)
class Span:
    """Days from `first` to `last`, both included: of the world, and of our record in UTC."""

    first: date
    last: date

    @property
    def starts(self) -> datetime:
        return datetime.combine(self.first, time.min, UTC)

    @property
    def ends(self) -> datetime:
        return datetime.combine(self.last, time.max, UTC)

    @property
    def eve(self) -> date:
        """The day before, on which things stood as they did when the span began."""
        return self.first - timedelta(days=1) if self.first > date.min else self.first


@dataclass(frozen=True)
class Difference:
    """What happened to one channel in a span of days. Newest first in `changes` and `contacts`."""

    channel: Channel
    before: ChannelView
    after: ChannelView

    @property
    def changes(self) -> tuple[StatusChange, ...]:
        """The status changes that took effect in the span."""
        eve = self.before.moment.as_of
        return tuple(change for change in self.after.history if change.effective.first > eve)

    @property
    def contacts(self) -> tuple[Contact, ...]:
        """The contacts that the world came to know of in the span: held, announced or failed."""
        eve = self.before.moment.as_of
        return tuple(contact for contact in self.after.contacts if visible_from(contact) > eve)

    @property
    def moved(self) -> tuple[State | None, State | None]:
        """The state before and after."""
        return self.before.state, self.after.state

    def __bool__(self) -> bool:
        return bool(self.changes or self.contacts)


def difference(
    channel: Channel,
    relationship: Relationship,
    changes: Iterable[StatusChange],
    contacts: Iterable[Contact],
    span: Span,
    known_at: datetime,
) -> Difference:
    """What happened to a channel in a span of days, as known at an instant, from all rows ever recorded of it."""
    rows = tuple(changes), tuple(contacts)
    before, after = (view(channel, relationship, *rows, Moment(day, known_at)) for day in (span.eve, span.last))
    return Difference(channel, before, after)


def acts_between(found: Iterable[Act], start: datetime, end: datetime) -> list[Act]:
    """The acts from one instant to another, both included, newest first."""
    return [act for act in found if start <= act.at <= end][::-1]
