"""From which day the world can know of a row, and on whose word it is: what was out before is nobody's word. Pure."""

from __future__ import annotations

from datetime import date

from tracker.disputes import ONE_DAY
from tracker.model import THIRD_PARTY, Contact, Outcome, Relationship, Source, StatusChange

_TOLD_BEFOREHAND = {Outcome.ANNOUNCED, Outcome.CANCELLED, Outcome.POSTPONED}


def visible_from(contact: Contact) -> date:
    """The day from which the world could know of a contact: its own day, or that of the announcement."""
    days = (contact.announced, contact.first)
    first_choice, second_choice = days if contact.outcome in _TOLD_BEFOREHAND else reversed(days)
    return first_choice or second_choice or date.min


def first_seen(entry: StatusChange | Contact) -> date:
    """The day from which the world could know of a row: a change's first day, or that of `visible_from`."""
    return entry.effective.first if isinstance(entry, StatusChange) else visible_from(entry)


def attesting(entry: StatusChange | Contact) -> tuple[Source, ...]:
    """The sources that can say that it happened: none that was out before the day between the capitals that preceded
    it. What is announced happens when it is announced, so its day is that.
    """
    begins = max(first_seen(entry), date.min + ONE_DAY) - ONE_DAY
    return tuple(source for source in entry.sources if not source.published or source.published.last >= begins)


def corroboration(entry: StatusChange | Contact | None, relationship: Relationship) -> str:
    """On whose word a row is: `both` parties', one's (its code), `third-party`, or `none`."""
    sides = {source.side for source in attesting(entry)} if entry else set()
    parties = [party.code for party in relationship.parties if party.code in sides]
    if len(parties) == len(relationship.parties):
        return "both"
    return parties[0] if parties else THIRD_PARTY if sides else "none"
