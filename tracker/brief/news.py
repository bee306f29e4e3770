"""What became of a channel's statements between two marks, and of what was promised."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from tracker.model import Channel, Contact, Entry, Moment, Outcome, Relationship, State, StatusChange
from tracker.news.events import What, attested_by, became
from tracker.record.attest import first_seen
from tracker.record.disputes import is_contested
from tracker.record.fates import Fate, Promise, window
from tracker.record.history import AnyEntry, ChannelView
from tracker.record.lineage import entry_key
from tracker.record.statement import Statement, statements


class NewsKind(StrEnum):
    """What is told: the first are the heaviest. `detail`: a correction that a brief has no words for."""

    CORRECTED = "corrected"
    WITHDRAWN = "withdrawn"
    STATE = "state"
    CONTESTED = "contested"
    CONTACT = "contact"
    LAPSED = "lapsed"
    ANNOUNCED = "announced"
    CONFIRMED = "confirmed"
    DETAIL = "detail"


_WEIGHTS = {kind: weight for weight, kind in enumerate(NewsKind)} | {NewsKind.WITHDRAWN: 0}
"""What a reader must unlearn comes first, then where lines were cut or restored, then who met."""

LATE = timedelta(days=30)
"""What lies further before the first mark than this and was recorded after it is old news: it comes after the rest."""

_BY_WHAT = {What.WITHDRAWN: NewsKind.WITHDRAWN, What.CONTESTED: NewsKind.CONTESTED, What.CONFIRMED: NewsKind.CONFIRMED}


@dataclass(frozen=True)
class News:
    """What became of one statement between two marks. `before`: as it stood at the first, if it did.

    `confirmed_by` are the sides that have spoken since, for what they confirm. `promise` is the one that a contact
    keeps, or that has lapsed. `late`: it happened long before, and was merely recorded between them.
    """

    kind: NewsKind
    statement: Statement
    before: Statement | None = None
    confirmed_by: tuple[str, ...] = ()
    promise: Promise | None = None
    late: bool = False

    @property
    def told(self) -> StatusChange | Contact:
        return self.statement.told

    @property
    def channel(self) -> Channel:
        return self.statement.view.channel

    @property
    def relationship(self) -> Relationship:
        return self.statement.relationship

    @property
    def claims(self) -> tuple[str, ...]:
        """The rows that say so by their names, as of `/claims/change-7`: all that its sentence rests on."""
        rows = [self.told, self.before and self.before.told, self.promise and self.promise.made, self._resumed]
        return tuple(dict.fromkeys(entry_key(row) for row in rows if row))

    @property
    def _resumed(self) -> StatusChange | None:
        """The resumption after which this contact made the channel active by rule."""
        states = self.statement.view.states
        return states[states.index(begins) + 1] if (begins := self.statement.begins) else None

    @property
    def contested(self) -> bool:
        return is_contested(self.told, self.relationship) or self.statement.view.opposition(self.told) is not None

    @property
    def alike(self) -> tuple[object, ...]:
        """What changes of state have in common that are told in one sentence; no other news shares its own."""
        told = self.told
        if self.kind is not NewsKind.STATE:
            return self.kind, *self.claims
        return self.relationship.slug, told.state, told.effective, self.contested, self.statement.corroboration

    @property
    def superseded(self) -> bool:
        """Whether it tells of a state after which the channel has come to another."""
        in_force = [change.id for change in self.statement.view.telling]
        return isinstance(self.told, StatusChange) and bool(in_force) and self.told.id not in in_force

    @property
    def order(self) -> tuple[bool, int, int, str, int]:
        """What is new in the world before what is old, then by weight, then the newest event, then by name: the same
        for the same record. That a channel is planned weighs as any other state.
        """
        announced = self.kind is NewsKind.ANNOUNCED and isinstance(self.told, StatusChange)
        weight = _WEIGHTS[NewsKind.STATE if announced else self.kind]
        return self.late, weight, -self.statement.day.toordinal(), self.channel.slug, self.told.id


def stirred(changes: Iterable[StatusChange], contacts: Iterable[Contact], after: Moment, until: Moment) -> bool:
    """Whether there can be news of a channel with these rows."""
    return any(_stirs(row, after, until) for row in (*changes, *contacts))


def _stirs(row: StatusChange | Contact, after: Moment, until: Moment) -> bool:
    """Whether a row was recorded or taken back between the marks, or a source of it, or its day came, or the last day
    of what it promises passed.
    """
    stamps = (stamp for part in (row, *row.sources) for stamp in (part.recorded_at, part.withdrawn_at))
    if any(stamp and after.known_at < stamp <= until.known_at for stamp in stamps):
        return True
    due = _due(row)
    return after.as_of < first_seen(row) <= until.as_of or (due is not None and after.as_of <= due < until.as_of)


def _due(row: StatusChange | Contact) -> date | None:
    """The last day on which what a row promises is to take place; None where it promises nothing."""
    return window(row)[1] if _promises(row) else None


def _stirred(rows: Sequence[AnyEntry], after: Moment, until: Moment) -> list[AnyEntry]:
    """Of rows of one kind those that stirred, with all that they correct and that correct them."""
    firsts: dict[int, int] = {}
    for row in sorted(rows, key=lambda row: row.id):
        firsts[row.id] = firsts.get(row.replaces, row.id)
    found = {firsts[row.id] for row in rows if _stirs(row, after, until)}
    return [row for row in rows if firsts[row.id] in found]


def _promises(row: StatusChange | Contact) -> bool:
    return row.state is State.PLANNED if isinstance(row, StatusChange) else row.outcome is Outcome.ANNOUNCED


def news_of(
    now: ChannelView,
    after: Moment,
    relationship: Relationship,
    changes: Sequence[StatusChange],
    contacts: Sequence[Contact],
) -> list[News]:
    """The news of a channel from a moment to that of its view, from all rows ever recorded of it.

    A promise that was made and kept since is told once, where it was kept; of states that lie long back the last alone.
    In no order.
    """
    rows = [_stirred(of_a_kind, after, now.moment) for of_a_kind in (changes, contacts)]
    then = replace(now, moment=after, readings=())  # of that time the statements are asked, and no more of the view
    before = {statement.key: statement for statement in statements(then, relationship, *rows)}
    standing = {entry_key(s.told): s for s in statements(now, relationship, *rows)}
    promises = now.promises
    # Of a contact that was agreed and then announced, the announcement says more: it stands last.
    by_rank = sorted(promises, key=lambda promise: isinstance(promise.made, Contact))
    kept = {entry_key(p.closed_by): p for p in by_rank if p.closed_by and p.fate is Fate.HELD}
    found = [one for row, s in standing.items() if (one := _news(before.get(s.key), s, kept.get(row), after))]
    new = {entry_key(one.told) for one in found if one.kind is NewsKind.ANNOUNCED}
    lapsed = [
        News(NewsKind.LAPSED, standing[made], promise=promise)
        for promise in promises
        if promise.fate is Fate.LAPSED and (made := entry_key(promise.made)) in standing
        if made in new or after.as_of < promise.lapsed_on <= now.moment.as_of
    ]
    told_with = {entry_key(one.promise.made) for one in (*found, *lapsed) if one.promise}
    alone = [one for one in found if one.kind is not NewsKind.ANNOUNCED or entry_key(one.told) not in told_with]
    return [*(one for one in alone if not (one.late and one.superseded)), *lapsed]


def _news(before: Statement | None, now: Statement, promise: Promise | None, after: Moment) -> News | None:
    what = became(before, now)
    match what:
        case None:
            return None
        case What.FIRST:
            kind = _kind(now.told)
            late = first_seen(now.told) <= after.as_of - LATE
            return News(kind, now, promise=promise if kind is NewsKind.CONTACT else None, late=late)
        case What.CORRECTED:
            altered = before.withdrawn or _told(before.told) != _told(now.told)
            return News(NewsKind.CORRECTED if altered else NewsKind.DETAIL, now, before)
        case What.CONFIRMED:
            new = attested_by(now) - attested_by(before)
            sides = tuple(side for side in now.relationship.sides if side in new)
            return News(NewsKind.CONFIRMED, now, before, sides)
    return News(_BY_WHAT[what], now, before)


def _kind(told: StatusChange | Contact) -> NewsKind:
    if _promises(told):
        return NewsKind.ANNOUNCED
    return NewsKind.STATE if isinstance(told, StatusChange) else NewsKind.CONTACT


def _told(entry: Entry) -> tuple[object, ...]:
    """What a brief says of a row."""
    if isinstance(entry, StatusChange):
        return entry.state, entry.effective, entry.expected
    return entry.outcome, entry.date, entry.end, entry.announced, entry.form, entry.place
