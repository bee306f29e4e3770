"""Where the accounts that two sides give of one event differ. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from tracker.model import THIRD_PARTY, Entry, Level, Outcome, Party, Relationship, Signal, Source, State, StatusChange
from tracker.tongue import msg

ONE_DAY = timedelta(days=1)
"""The parties' capitals may lie half a world apart: two right dates of one event may differ by this much."""

_KINDS = {
    **dict.fromkeys((Signal.HELD, Signal.RESUMED), "happened"),
    **dict.fromkeys((Signal.REFUSED, Signal.CANCELLED, Signal.POSTPONED), "did not"),
    **dict.fromkeys((Signal.SUSPENDED, Signal.ENDED), "cut"),
    Signal.ANNOUNCED: "ahead",
}
"""What signals say of an event, as far as two accounts can differ on it."""

_KINDS_OF_ROWS = {
    **dict.fromkeys((Outcome.HELD, State.ACTIVE, State.RESUMED), "happened"),
    **dict.fromkeys((Outcome.REFUSED, Outcome.NO_ANSWER, Outcome.CANCELLED, Outcome.POSTPONED), "did not"),
    **dict.fromkeys((State.SUSPENDED, State.ENDED), "cut"),
    **dict.fromkeys((Outcome.ANNOUNCED, State.PLANNED), "ahead"),
}


@dataclass(frozen=True)
class Dispute:
    """Two sides' accounts of one event that differ on `about`: whether it happened, the state, the date, the level.

    `other` is None where one party denies what the row tells, whoever else speaks of it.
    """

    about: str
    one: Source
    other: Source | None


def disputes(entry: Entry, relationship: Relationship) -> tuple[Dispute, ...]:
    """In what the parties' own accounts of an event differ, each party's newest; none once a reviewer has settled it.

    Dates that differ by the day between the capitals agree, and an announcement agrees with the contact it announced.
    """
    if entry.settled:
        return ()
    newest = [last_word(entry.heard, party.code) for party in relationship.parties]
    if denied := tuple(Dispute(_DENIAL, one, None) for one in newest if one and one.denies):
        return denied
    one, other = (last_word((s for s in entry.heard if s.says), party.code) for party in relationship.parties)
    told = [about for about, differ in _DIFFER.items() if one and other and differ(one, other)]
    found = [Dispute(about, one, other) for about in told]
    one, other = (last_word(filter(_tells_level, entry.heard), party.code) for party in relationship.parties)
    if one and other and _levels_differ(one, other, relationship):
        found.append(Dispute(_LEVEL, one, other))
    return tuple(found)


_DENIAL, _LEVEL = msg("whether it is so"), msg("the level")


def contradicts(source: Source, entry: Entry) -> bool:
    """Whether a party's document tells otherwise than the row that cites it (that a contact took place or did not, that
    a line is cut or is used), while another side's tells what the row does. Where none does, it is the reading of its
    documents that a reviewer put right. Whoever denies it tells otherwise.
    """
    if source.denies:
        return True
    if source.side == THIRD_PARTY or source.says is None:
        return False
    own = _kind_of(entry)
    others = (other.says for other in entry.heard if other.side != source.side and not other.denies)
    return _kinds_differ(_KINDS[source.says], own) and any(says and _KINDS[says] == own for says in others)


def tells_otherwise(says: Signal, event: Signal) -> bool:
    """Whether a document that says the one tells otherwise of an event that is reported as the other."""
    return _kinds_differ(_KINDS[says], _KINDS[event])


def _kind_of(entry: Entry) -> str:
    return _KINDS_OF_ROWS[entry.state if isinstance(entry, StatusChange) else entry.outcome]


def _kinds_differ(one: str, other: str) -> bool:
    """An announcement agrees with what it announced, whatever became of that."""
    return one != other and ("ahead" not in (one, other) or "cut" in (one, other))


def last_word(sources: Iterable[Source], side: str) -> Source | None:
    """A side's newest document; of those of one day the one that was cited last."""
    own = [source for source in sources if source.side == side]
    return max(
        own, key=lambda s: (s.published.first if s.published else date.min, s.recorded_at or _EVER), default=None
    )


_EVER = datetime.min.replace(tzinfo=UTC)


def _of_two_kinds(one: Source, other: Source, kind: str) -> bool:
    """Whether two accounts differ, and one is of this kind."""
    kinds = _KINDS[one.says], _KINDS[other.says]
    return kind in kinds and _kinds_differ(*kinds)


def _days_apart(one: Source, other: Source) -> bool:
    """Whether the days are apart that two accounts give; the day of an agreement is not that of what was agreed on."""
    if one.dated is None or other.dated is None or (one.says is Signal.ANNOUNCED) != (other.says is Signal.ANNOUNCED):
        return False
    return one.dated.first > other.dated.last + ONE_DAY or other.dated.first > one.dated.last + ONE_DAY


HAPPENED = msg("whether it happened")

_DIFFER = {
    HAPPENED: lambda one, other: not _of_two_kinds(one, other, "cut") and _of_two_kinds(one, other, "happened"),
    msg("the state"): lambda one, other: _of_two_kinds(one, other, "cut"),
    msg("the date"): _days_apart,
}


OF_SIDE = "level_"
"""Begins the name of the field in which stands at which level a side's documents say that they met: `level_us`."""


def told_levels(sources: Iterable[Source]) -> dict[str, Level]:
    """By side the level that its newest document tells which tells one."""
    telling = [source for source in sources if source.level]
    return {side: last_word(telling, side).level for side in dict.fromkeys(source.side for source in telling)}


def levels_read_anew(
    before: Collection[Source], after: Collection[Source]
) -> Iterator[tuple[str, Level | None, Level | None]]:
    """The field of each side of which a document that both rows cite is read otherwise in the later one, with the level
    that the side told, and tells.
    """
    was = {source.document: source.level for source in before}
    otherwise = {one.side for one in after if was.get(one.document, one.level) is not one.level}
    old, new = told_levels(before), told_levels(after)
    return ((f"{OF_SIDE}{side}", old.get(side), new.get(side)) for side in sorted(otherwise))


def _tells_level(source: Source) -> bool:
    return bool(source.level or source.persons) and not source.denies


def _levels_differ(one: Source, other: Source, relationship: Relationship) -> bool:
    """Whether two accounts are of meetings at different levels, by what they say of it, else by the offices that they
    name. Who names the same office speaks of the same meeting, whoever else was there.
    """
    shared = {*one.persons} & {*other.persons}
    if shared and not (one.level and other.level):
        return False
    levels = [source.level or _level_by_offices(source, relationship) for source in (one, other)]
    if None in levels:
        return bool(one.persons and other.persons)
    return levels[0] is not levels[1] and {*levels} != _ALIKE


_ALIKE = {Level.DIRECTORS, Level.WORKING}
"""Levels of which the one word includes the other: at working level meet directors and whoever works for them."""


def _level_by_offices(source: Source, relationship: Relationship) -> Level | None:
    """The highest level of the offices that an account names, where that of each is known."""
    levels = [relationship.level_of(office) for office in source.persons]
    return None if None in levels else min(levels, key=[*Level].index, default=None)


def differs_from(entry: Entry) -> date:
    """The day from which the world can have known what a reviewer noted of accounts that differ: that of the parties'
    newest document, or where none of theirs is cited, of the newest. The note has no day of its own.
    """
    told = [source for source in entry.sources if source.published]
    of_parties = [source for source in told if source.side != THIRD_PARTY]
    return max((source.published.first for source in of_parties or told), default=date.min)


def accounts(entry: Entry, relationship: Relationship) -> list[tuple[Party, Source | None]]:
    """Each party with its newest document that a row cites; None where it cites none of it."""
    return [(party, last_word(entry.heard, party.code)) for party in relationship.parties]


def is_contested(entry: Entry | None, relationship: Relationship) -> bool:
    """Whether accounts of an entry differ: as a reviewer noted, or by what the parties' own documents say."""
    return entry is not None and bool(entry.noted or disputes(entry, relationship))
