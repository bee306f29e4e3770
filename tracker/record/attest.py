"""From which day the world can know of a row, and on whose word it is: what was out before is nobody's word. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date
from typing import TypeVar

from tracker.model import THIRD_PARTY, Contact, Outcome, Precision, Relationship, Signal, Source, StatusChange
from tracker.record.disputes import HAPPENED, ONE_DAY, Dispute, contradicts, last_word

AnyEntry = TypeVar("AnyEntry", StatusChange, Contact)

_TOLD_BEFOREHAND = {Outcome.ANNOUNCED, Outcome.CANCELLED, Outcome.POSTPONED}


def visible_from(contact: Contact) -> date:
    """The day from which the world could know of a contact: its own day, or that of the announcement."""
    days = (contact.announced, contact.first)
    first_choice, second_choice = days if contact.outcome in _TOLD_BEFOREHAND else reversed(days)
    return first_choice or second_choice or date.min


def first_seen(entry: StatusChange | Contact) -> date:
    """The day from which the world could know of a row: a change's first day, or that of `visible_from`."""
    return entry.effective.first if isinstance(entry, StatusChange) else visible_from(entry)


def as_seen(entry: AnyEntry, day: date) -> AnyEntry:
    """The row as a view of a day shows it: documents that came out later are nobody's word yet.

    One that is dated a day on counts, as it can be out already in the capital that is ahead.
    """
    until = min(day, date.max - ONE_DAY) + ONE_DAY
    return replace(entry, heard_until=until) if any(source.after(until) for source in entry.sources) else entry


def attesting(entry: StatusChange | Contact) -> tuple[Source, ...]:
    """The sources that can say that it happened: of those that speak of it, none that tells otherwise, and none of a
    side whose last word does.
    """
    told = on_the_event(entry)
    ends = {side: last_word(told, side) for side in {source.side for source in told} - {THIRD_PARTY}}
    against = {side for side, last in ends.items() if contradicts(last, entry)}
    return tuple(source for source in told if source.side not in against and not contradicts(source, entry))


def on_the_event(entry: StatusChange | Contact) -> tuple[Source, ...]:
    """The sources that can speak of what happened, also those that tell otherwise: none that was out before the day
    between the capitals that preceded it, and in a view of a past day none that came out later. What is announced
    happens when it is announced, so its day is that.
    """
    begins = max(first_seen(entry), date.min + ONE_DAY) - ONE_DAY
    return tuple(source for source in entry.heard if not source.published or source.published.last >= begins)


def corroboration(entry: StatusChange | Contact | None, relationship: Relationship) -> str:
    """On whose word a row is: `both` parties', one's (its code), `third-party`, or `none`."""
    return word_of_sides({source.side for source in attesting(entry)} if entry else set(), relationship)


def word_of_sides(sides: Collection[str], relationship: Relationship) -> str:
    """The same of the sides that speak."""
    parties = [party.code for party in relationship.parties if party.code in sides]
    if len(parties) == len(relationship.parties):
        return "both"
    return parties[0] if parties else THIRD_PARTY if sides else "none"


_TOLD_OF = {
    Outcome.HELD: Signal.HELD,
    Outcome.REFUSED: Signal.REFUSED,
    Outcome.NO_ANSWER: Signal.REFUSED,
    Outcome.CANCELLED: Signal.CANCELLED,
    Outcome.POSTPONED: Signal.POSTPONED,
}
"""What a document of a contact says of it, where that was not read."""


def opposed(held: Contact, off: Contact, relationship: Relationship) -> Dispute | None:
    """How two rows of one channel differ on whether a contact took place: one that was held on the word of one party
    alone, and one that did not come about on the word of the other alone, of days that meet. None where they agree.

    Where a party attests both there were two, as there were where the rounds differ.
    """
    if held.settled or off.settled or not (held.substantive and off.substantive and _of_one_time(held, off)):
        return None
    own, others = attesting(held), attesting(off)
    sides = {party.code for party in relationship.parties}
    one, other = ({source.side for source in told} & sides for told in (own, others))
    if not one or not other or one & other:
        return None
    return Dispute(HAPPENED, _speaking(own, one, held), _speaking(others, other, off))


def _of_one_time(held: Contact, off: Contact) -> bool:
    on_days = all(row.date is not None and row.date.precision is Precision.DAY for row in (held, off))
    rounds = {held.round, off.round} - {None}
    return on_days and held.first <= off.last and off.first <= held.last and len(rounds) < 2


def _speaking(told: Collection[Source], sides: Collection[str], row: Contact) -> Source:
    """The last word of the one party that speaks, with what it says."""
    last = last_word(told, next(iter(sides)))
    return last if last.says else replace(last, says=_TOLD_OF[row.outcome])
