"""Where the accounts that two sides give of one event differ. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from tracker.model import THIRD_PARTY, Entry, Party, Relationship, Signal, Source
from tracker.tongue import msg

ONE_DAY = timedelta(days=1)
"""The parties' capitals may lie half a world apart: two right dates of one event may differ by this much."""

_HAPPENED = {Signal.HELD, Signal.RESUMED}
_DID_NOT = {Signal.REFUSED, Signal.CANCELLED, Signal.POSTPONED}
_CUT = {Signal.SUSPENDED, Signal.ENDED}


@dataclass(frozen=True)
class Dispute:
    """Two sides' accounts of one event that differ on `about`: whether it happened, the state, the date, the level."""

    about: str
    one: Source
    other: Source


def disputes(entry: Entry, relationship: Relationship) -> tuple[Dispute, ...]:
    """In what the parties' own accounts of an event differ, each party's newest; none once a reviewer has settled it.

    Dates that differ by the day between the capitals agree, and an announcement agrees with the contact it announced.
    """
    if entry.settled:
        return ()
    read = [source for source in entry.heard if source.says]
    one, other = (_newest(read, party.code) for party in relationship.parties)
    if one is None or other is None:
        return ()
    return tuple(Dispute(about, one, other) for about, differ in _DIFFER.items() if differ(one, other))


def _newest(sources: Iterable[Source], side: str) -> Source | None:
    own = [source for source in sources if source.side == side]
    return max(own, key=lambda s: s.published.first if s.published else date.min, default=None)


def _of_two_kinds(one: Source, other: Source, kinds: set[Signal], others: set[Signal]) -> bool:
    return (one.says in kinds and other.says in others) or (one.says in others and other.says in kinds)


def _days_apart(one: Source, other: Source) -> bool:
    if one.dated is None or other.dated is None:
        return False
    return one.dated.first > other.dated.last + ONE_DAY or other.dated.first > one.dated.last + ONE_DAY


_DIFFER = {
    msg("whether it happened"): lambda one, other: _of_two_kinds(one, other, _HAPPENED, _DID_NOT),
    msg("the state"): lambda one, other: _of_two_kinds(one, other, _CUT, _HAPPENED | _DID_NOT | {Signal.ANNOUNCED}),
    msg("the date"): _days_apart,
    msg("the level"): lambda one, other: bool(one.persons and other.persons) and not {*one.persons} & {*other.persons},
}


def differs_from(entry: Entry) -> date:
    """The day from which the world can have known what a reviewer noted of accounts that differ: that of the parties'
    newest document, or where none of theirs is cited, of the newest. The note has no day of its own.
    """
    told = [source for source in entry.sources if source.published]
    of_parties = [source for source in told if source.side != THIRD_PARTY]
    return max((source.published.first for source in of_parties or told), default=date.min)


def accounts(entry: Entry, relationship: Relationship) -> list[tuple[Party, Source | None]]:
    """Each party with its newest document that a row cites; None where it cites none of it."""
    return [(party, _newest(entry.heard, party.code)) for party in relationship.parties]


def is_contested(entry: Entry | None, relationship: Relationship) -> bool:
    """Whether accounts of an entry differ: as a reviewer noted, or by what the parties' own documents say."""
    return entry is not None and bool(entry.contested or disputes(entry, relationship))
