"""What the record says of a channel at a moment: pure functions over its status changes and contacts.

Two clocks: a row counts when it had been recorded by `known_at`, and when what it tells had happened by `as_of`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from operator import is_
from typing import TypeVar
from zoneinfo import ZoneInfo

from tracker.model import (
    THIRD_PARTY,
    Channel,
    Contact,
    Entry,
    Moment,
    Outcome,
    PartialDate,
    Relationship,
    Signal,
    Source,
    State,
    StatusChange,
)
from tracker.record.attest import as_seen, corroboration, first_seen, on_the_event, opposed, visible_from
from tracker.record.disputes import ONE_DAY, Dispute, contradicts, differs_from, is_contested, last_word
from tracker.record.fates import Fate, Outcomes, Promise, promises_among, when, window

AnyEntry = TypeVar("AnyEntry", bound=Entry)

CADENCE_DAYS = {"monthly": 30, "quarterly": 91, "semiannual": 182, "annual": 365}
CADENCE_GRACE = 1.5
"""A channel with a cadence is overdue when this many of its periods have passed since its last contact."""

DENIED = "denied"
"""What a side says that denies what the record tells of it."""

_UNANSWERED = {Outcome.REFUSED, Outcome.NO_ANSWER}
_NOT_HELD = _UNANSWERED | {Outcome.CANCELLED, Outcome.POSTPONED}

_CUT = frozenset({State.SUSPENDED, State.ENDED})
_IN_USE = frozenset({State.ACTIVE, State.RESUMED})
_TURNS = _CUT | {State.RESUMED}


@dataclass(frozen=True)
class Claim:
    """What one side last said of a channel: a state where its words carry one, else only what happened (`says`).

    `date` is that of what it speaks of; when it spoke is the source's `published`, which may be years later.
    """

    side: str
    says: str
    state: State | None
    date: PartialDate | None
    quote: str | None
    source: Source


@dataclass(frozen=True)
class Reading:
    """A status change as it is read among the others, which keeps its own word.

    `state`: in which the channel is from then on. `begins`: whether it is so by this change, and was not already.
    """

    change: StatusChange
    state: State
    begins: bool

    @property
    def otherwise(self) -> bool:
        """Whether the change does not make the state that it names."""
        return not self.begins or self.state is not self.change.state

    @cached_property
    def turn(self) -> StatusChange:
        """The change with the state that it makes."""
        return self.change if self.change.state is self.state else replace(self.change, state=self.state)


@dataclass(frozen=True)
class ChannelView:
    """A channel at a moment; page and API are two renderings of this. Newest first in `readings` and `contacts`.

    `promises`: every one that was made, the earliest due first; of these `unreported` are those whose day passed
    without a report, until the channel is used after it. `behind`: silent for longer than its own rhythm allows.
    """

    channel: Channel
    relationship: Relationship
    moment: Moment
    readings: tuple[Reading, ...]
    contacts: tuple[Contact, ...]
    claims: tuple[Claim, ...]
    corroboration: str
    contested: bool
    last_contact: Contact | None
    last_refused: Contact | None
    next_contact: Contact | None
    promises: tuple[Promise, ...]
    unreported: tuple[Promise, ...]
    behind: bool

    @cached_property
    def history(self) -> tuple[StatusChange, ...]:
        """Every status change in its own word, and those that follow from contacts; newest first."""
        return tuple(reading.change for reading in self.readings)

    @cached_property
    def states(self) -> tuple[StatusChange, ...]:
        """The changes by which the channel came from one state into another, each with the state that it makes (see
        `read`); newest first.
        """
        return tuple(reading.turn for reading in self.readings if reading.begins)

    def opposition(self, entry: Entry) -> Dispute | None:
        """How the other party's account of a contact, which is a row of its own, differs on whether it took place."""
        return self._oppositions.get(entry.id) if isinstance(entry, Contact) else None

    @cached_property
    def _oppositions(self) -> dict[int | None, Dispute]:
        held = Outcomes([row for row in self.contacts[::-1] if row.outcome is Outcome.HELD and row.first])
        missed = [row for row in self.contacts if row.outcome in _NOT_HELD and row.first]
        found = ((off, one) for off in missed for one in held.near(off.first, off.last))
        differing = ((off, one, opposed(one, off, self.relationship)) for off, one in found)
        return {row.id: dispute for off, one, dispute in differing if dispute for row in (off, one)}

    @property
    def change(self) -> StatusChange | None:
        """The change that made the state in force."""
        return next(iter(self.states), None)

    @property
    def telling(self) -> tuple[StatusChange, ...]:
        """The change in force, and those that say again what it made; newest first."""
        return _telling(self.readings)

    @property
    def overdue(self) -> bool:
        """Whether something was to be heard of it by now: by its rhythm, or by what was promised."""
        return self.behind or bool(self.unreported)

    @property
    def state(self) -> State | None:
        return self.change.state if self.change else None

    @property
    def plan(self) -> Promise | None:
        """What the state in force promises; None where it plans nothing, or an announced contact tells it already."""
        return next((promise for promise in self.promises if promise.made is self.change), None)

    @property
    def expected(self) -> PartialDate | None:
        """When what the state in force plans is to take place, as long as it is neither closed nor past its day."""
        still = self.plan.fate is Fate.OPEN if self.plan else self.next_contact is not None
        return self.change.expected if self.change and still else None

    @property
    def called_off(self) -> Promise | None:
        """What the state in force plans, or the announced contact that tells it, where that was called or put off."""
        if self.state is not State.PLANNED or self.next_contact or self.expected:
            return None
        opens, closes = window(self.change)
        about = [self.plan] if self.plan else [one for one in self.promises if one.touches(opens, closes)]
        return next((one for one in reversed(about) if one.fate in (Fate.POSTPONED, Fate.CANCELLED)), None)

    @property
    def days_in_state(self) -> int | None:
        """Whole days since the first day on which the state can have begun."""
        return (self.moment.as_of - self.change.effective.first).days if self.change else None

    @property
    def sources(self) -> tuple[Source, ...]:
        return self.change.sources if self.change else ()

    def disputed(self, relationship: Relationship) -> list[StatusChange | Contact]:
        """Of the changes that tell of the state in force and the last contact those of which accounts differ; a derived
        one is its contact.
        """
        changes = [change for change in self.telling if not change.derived]
        rows = (*changes, self.last_contact)
        return [row for row in rows if row and (is_contested(row, relationship) or self.opposition(row))]

    @property
    def last_report(self) -> PartialDate | None:
        """The date of the newest document of a party that the record cites, of those published by the moment's day."""
        told = [source.published for source in _documents(self) if source.published and source.side != THIRD_PARTY]
        return max(
            (date for date in told if date.first <= self.moment.as_of), key=lambda date: date.first, default=None
        )


def reports_between(
    view: ChannelView, relationship: Relationship, side: str, start: datetime, end: datetime
) -> list[Source]:
    """The documents of a side that the record cites and that can have been published from `start` to `end`.

    A document's date is that of its side's capital, in UTC where it has none.
    """
    zone = next((ZoneInfo(party.timezone) for party in relationship.parties if party.code == side), UTC)
    found = {}
    for source in _documents(view):
        if source.side == side and source.published:
            begins = datetime.combine(source.published.first, time.min, zone)
            ends = datetime.combine(source.published.last + timedelta(days=1), time.min, zone)
            if begins < end and ends > start:
                found.setdefault(source.document, source)
    return list(found.values())


def _documents(view: ChannelView) -> Iterator[Source]:
    return (source for entry in (*view.history, *view.contacts) for source in entry.sources)


def view(
    channel: Channel,
    relationship: Relationship,
    changes: Iterable[StatusChange],
    contacts: Iterable[Contact],
    moment: Moment,
) -> ChannelView:
    """The channel as it stood at `moment`, from all rows ever recorded of it."""
    known_changes = _by_day(in_force(changes, moment.known_at), moment.as_of)
    known_contacts = sorted(_by_day(in_force(contacts, moment.known_at), moment.as_of), key=when)
    readings = tuple(reversed(read(known_changes, known_contacts)))
    change = next((reading.turn for reading in readings if reading.begins), None)
    last_contact = next((c for c in reversed(known_contacts) if c.outcome is Outcome.HELD and c.substantive), None)
    promises = promises_among(known_changes, known_contacts, moment.as_of)
    coming = [one for one in promises if one.fate is Fate.OPEN and isinstance(one.made, Contact)]
    next_promise = min(coming, key=_due, default=None)
    claims = last_claims(readings, known_contacts, relationship)
    return ChannelView(
        channel=channel,
        relationship=relationship,
        moment=moment,
        readings=readings,
        contacts=tuple(reversed(known_contacts)),
        claims=claims,
        corroboration=corroboration(change, relationship),
        contested=_contested(_telling(readings), last_contact, claims, known_contacts, relationship),
        last_contact=last_contact,
        last_refused=next((c for c in reversed(known_contacts) if c.outcome in _UNANSWERED), None),
        next_contact=next_promise.made if next_promise else None,
        promises=promises,
        unreported=tuple(_unreported(change, last_contact, promises)),
        behind=_behind(channel, change, last_contact, moment.as_of),
    )


def in_force(rows: Iterable[AnyEntry], known_at: datetime) -> list[AnyEntry]:
    """The rows that stood at `known_at`: recorded by then, and neither withdrawn nor replaced by then.

    In the order in which their statements were recorded: a correction stands where what it corrects did. Each keeps
    only the sources that had been cited by then, with what we had seen of their pages.
    """
    known = [row for row in rows if row.recorded_at is None or row.recorded_at <= known_at]
    replaced = {row.replaces for row in known if not _withdrawn(row, known_at)}
    firsts = first_rows(row for row in known if row.id is not None)
    standing = [row for row in known if (row.id is None or row.id not in replaced) and not _withdrawn(row, known_at)]
    return [as_cited(row, known_at) for row in sorted(standing, key=lambda row: firsts.get(row.id, 0))]


def first_rows(rows: Iterable[AnyEntry]) -> dict[int, int]:
    """By the id of each row the id of the first of its statement; `rows` of one kind.

    A row corrects the one that it replaces, unless another did so already and stood then: then it is a statement of
    its own. What was recorded later never changes the answer, so a key that a reader has stays true.
    """
    firsts: dict[int, int] = {}
    replacing: dict[int, list[AnyEntry]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row.id):
        others = replacing[row.replaces] if row.replaces in firsts else None
        taken = others is None or any(not _withdrawn(other, row.recorded_at) for other in others)
        firsts[row.id] = row.id if taken else firsts[row.replaces]
        if others is not None:
            others.append(row)
    return firsts


def as_cited(row: AnyEntry, known_at: datetime) -> AnyEntry:
    """The row with the sources that were cited by then, with what we had seen of their pages.

    The row itself where those are all, as most never change: what is reckoned of a row once is kept with it.
    """
    sources = tuple(_seen_by(known_at, source) for source in row.sources if _cited(source, known_at))
    whole = len(sources) == len(row.sources) and all(map(is_, sources, row.sources))
    return row if whole else replace(row, sources=sources)


def _cited(source: Source, known_at: datetime) -> bool:
    if source.recorded_at is not None and source.recorded_at > known_at:
        return False
    return source.withdrawn_at is None or source.withdrawn_at > known_at


def _seen_by(known_at: datetime, source: Source) -> Source:
    """The source with what we knew of its page by then."""
    if source.page_read is None or source.page_read <= known_at:  # a mark is never younger than the last read
        return source
    return replace(source, pages=tuple(page for page in source.pages if page.noted_at <= known_at), page_read=None)


def _withdrawn(row: Entry, known_at: datetime) -> bool:
    return row.withdrawn_at is not None and row.withdrawn_at <= known_at


def known_row(row: AnyEntry, moment: Moment) -> AnyEntry | None:
    """One row by itself as a view of a moment shows it, whatever became of it; None where it was not on record by then,
    or tells of what the world could not know of yet.

    What was on record by that day was known of by it, though its own day be the next: one capital is ahead.
    """
    if row.recorded_at > moment.known_at:
        return None
    cited = as_cited(row, moment.known_at)
    if row.recorded_at.date() <= moment.as_of < first_seen(row):
        return as_seen(cited, moment.as_of)
    return next(iter(_by_day([cited], moment.as_of)), None)


def _by_day(rows: Iterable[AnyEntry], day: date) -> list[AnyEntry]:
    """The rows that the world could know of by a day, without the word of documents, and notes on accounts that differ,
    that came later.
    """
    known = (as_seen(row, day) for row in rows if first_seen(row) <= day)
    return [replace(row, contested=None) if row.contested and differs_from(row) > day else row for row in known]


def contact_days(contact: Contact) -> tuple[date, date]:
    """The first and last day that a contact can have had; of one without a date the day that told of it."""
    first = contact.first or visible_from(contact)
    return first, contact.last or first


def with_derived(changes: Sequence[StatusChange], contacts: Sequence[Contact]) -> list[StatusChange]:
    """By which changes the channel came from one state into another, oldest first, as `read` tells."""
    return [reading.turn for reading in read(changes, contacts) if reading.begins]


def read(changes: Sequence[StatusChange], contacts: Sequence[Contact]) -> list[Reading]:
    """Each change as it is read among the others, oldest first; those of one day in the given order.

    Where a resumed channel's next contact made it active, that change is added. The next contact is the first one held
    after the last day on which the resumption can have happened, and before any further change that says otherwise.

    A change was stored by the record of its moment, which may have become another since: candidates are decided in any
    order, and decisions are undone. So one that says again in which state the channel is leaves since when it is so,
    but for a plan, which promises something of its own. Active straight after a cut is resumed. Resumed once more, with
    no cut between, is active where a contact was held then, and says nothing new where none was.
    """
    used = sorted((c for c in contacts if c.outcome is Outcome.HELD and c.substantive and c.first), key=when)
    begun = [contact.first for contact in used]

    def next_used(resumed: StatusChange) -> Contact | None:
        place = bisect_right(begun, resumed.effective.last)
        return used[place] if place < len(used) else None

    readings: list[Reading] = []
    stands: StatusChange | None = None
    turned: State | None = None
    for change in (*sorted(changes, key=lambda change: change.effective.first), None):
        met = next_used(stands) if stands and stands.state is State.RESUMED else None
        if met and (change is None or met.first < change.effective.first):
            stands = _made_active(stands, met)
            readings.append(Reading(stands, stands.state, begins=True))
        if change is not None:
            state = _state_made(change, stands.state if stands else None, turned, met)
            begins = stands is None or state is not stands.state or state is State.PLANNED
            readings.append(Reading(change, state, begins))
            stands = readings[-1].turn if begins else stands
            turned = state if state in _TURNS else turned
    return readings


def _state_made(change: StatusChange, stood: State | None, turned: State | None, met: Contact | None) -> State:
    """In which state a channel is by a change. `stood`: in which it was, `turned`: whether it was cut or resumed last,
    `met`: the next contact after it was resumed.
    """
    if change.state is State.ACTIVE and turned in _CUT:
        return State.RESUMED
    if change.state is turned is State.RESUMED and stood in _IN_USE:
        return State.ACTIVE if met and met.first <= change.effective.last else stood
    return change.state


def _telling(readings: Sequence[Reading]) -> tuple[StatusChange, ...]:
    """Of readings, newest first, the changes from that on which made the state in force."""
    begun = next((place for place, reading in enumerate(readings) if reading.begins), -1)
    return tuple(reading.change for reading in readings[: begun + 1])


def _made_active(resumed: StatusChange, contact: Contact) -> StatusChange:
    return StatusChange(
        channel=resumed.channel,
        state=State.ACTIVE,
        effective=contact.date,
        cause=contact.summary or "The next contact after the resumption took place.",
        note="Follows from this contact, the next one after the resumption.",
        sources=contact.sources,
        recorded_at=contact.recorded_at,
        recorded_by=contact.recorded_by,
        derived=True,
        follows=contact.id,
        heard_until=contact.heard_until,
    )


def last_claims(
    readings: Sequence[Reading], contacts: Sequence[Contact], relationship: Relationship
) -> tuple[Claim, ...]:
    """What each side itself last said of the channel, in the fixed order of sides; a silent side has no claim.

    `readings` newest first.
    """
    turns = [reading.turn for reading in reversed(readings) if reading.begins]
    statements: list[tuple[date, Entry, str, State | None]] = [
        (reading.change.effective.first, reading.change, reading.change.state, reading.state)
        for reading in reversed(readings)
        if not reading.change.derived
    ]
    for contact in contacts:
        day = visible_from(contact)
        state = state_at(turns, day) if contact.outcome is Outcome.HELD else None
        # Who reports a contact does not say that the line was cut on that day.
        state = None if state in (State.SUSPENDED, State.ENDED) else state
        statements.append((day, contact, contact.outcome, state))
    # Of one day the words that carry a state say more than those of a contact that fell with it.
    statements.sort(key=lambda told: (told[0], told[3] is not None))
    return tuple(claim for side in relationship.sides if (claim := _last_of(side, statements)))


def _last_of(side: str, statements: Sequence[tuple[date, Entry, str, State | None]]) -> Claim | None:
    for _, entry, says, state in reversed(statements):
        if source := last_word(on_the_event(entry), side):
            recorded = _entry_date(entry)
            if source.denies:
                return Claim(side, DENIED, None, recorded or source.published, source.quote, source)
            if contradicts(source, entry):
                said, told = _SAID[source.says], source.dated or source.published
                return Claim(side, said, said if isinstance(said, State) else None, told, source.quote, source)
            return Claim(side, says, state, _date_told(source, recorded), source.quote, source)
    return None


_SAID: dict[Signal, State | Outcome] = {
    Signal.ANNOUNCED: Outcome.ANNOUNCED,
    Signal.HELD: Outcome.HELD,
    Signal.RESUMED: State.RESUMED,
    Signal.SUSPENDED: State.SUSPENDED,
    Signal.ENDED: State.ENDED,
    Signal.REFUSED: Outcome.REFUSED,
    Signal.CANCELLED: Outcome.CANCELLED,
    Signal.POSTPONED: Outcome.POSTPONED,
}
"""What a side's own words make of a channel, where the row that cites them says otherwise."""


def _date_told(source: Source, recorded: PartialDate | None) -> PartialDate | None:
    """The day that the side's own words give; that of the row where they give none, or mean the same."""
    own = source.dated
    if own and recorded and (own.first > recorded.last + ONE_DAY or recorded.first > own.last + ONE_DAY):
        return own
    return recorded or own or source.published


def state_at(history: Sequence[StatusChange], day: date) -> State | None:
    """The state on `day`; None before the first change. `history` in order, oldest first."""
    begun = bisect_right(history, day, key=lambda change: change.effective.first)
    return history[begun - 1].state if begun else None


def was_cut(history: Iterable[StatusChange]) -> bool:
    """Whether the channel was ever suspended or ended."""
    return any(change.state in (State.SUSPENDED, State.ENDED) for change in history)


def _behind(channel: Channel, change: StatusChange | None, used: Contact | None, as_of: date) -> bool:
    """Whether a channel in use was silent for longer than its own cadence allows."""
    period = CADENCE_DAYS.get(channel.cadence or "")
    in_use = change is not None and change.state in (State.ACTIVE, State.RESUMED)
    return bool(period and in_use and used and (as_of - used.last).days > period * CADENCE_GRACE)


def _unreported(change: StatusChange | None, used: Contact | None, promises: Iterable[Promise]) -> Iterator[Promise]:
    """What was promised of a channel that has a state and has not ended, and is not reported: until it is used after
    the last day.
    """
    if change is None or change.state is State.ENDED:
        return
    since = used.first if used else date.min
    yield from (one for one in promises if one.fate is Fate.LAPSED and one.due >= since)


def _contested(
    telling: Sequence[StatusChange],
    last_used: Contact | None,
    claims: Sequence[Claim],
    contacts: Sequence[Contact],
    relationship: Relationship,
) -> bool:
    """Whether accounts differ: of the changes that tell of the state in force (newest first) or the last contact, or in
    the parties' last words; or whether the last contact took place.

    What a reviewer settled at the newest of these changes stays settled until the next one.
    """
    if any(is_contested(row, relationship) for row in (*telling, last_used)):
        return True
    missed = (row for row in contacts if row.outcome in _NOT_HELD)
    if last_used and any(opposed(last_used, off, relationship) for off in missed):
        return True
    if telling and telling[0].settled:
        return False
    by_parties = [c for c in claims if c.side != THIRD_PARTY and c.state and c.date]
    return any(
        one.state != other.state and abs(one.date.first - other.date.first) <= ONE_DAY
        for one in by_parties
        for other in by_parties
    )


def _due(promise: Promise) -> tuple[bool, date, date]:
    """Dated promises before undated ones, the earliest end of the window first."""
    opens, _ = window(promise.made)
    return promise.dated is None, promise.due, opens


def _entry_date(entry: Entry) -> PartialDate | None:
    return entry.effective if isinstance(entry, StatusChange) else entry.date
