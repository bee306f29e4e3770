"""On whose word the record rests: its claims counted by side, and the sides that an editor should still seek. Pure.

A claim is a status change or a contact that stands on the record; a change that follows from a contact is none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from tracker.model import THIRD_PARTY, Category, Channel, Contact, PartialDate, Relationship, StatusChange
from tracker.record.attest import attesting, corroboration
from tracker.record.history import in_force

BOTH, NONE = "both", "none"


@dataclass(frozen=True)
class Resting:
    """A claim with what it rests on (`both`, a party's code, `third-party` or `none`) and the parties unheard."""

    channel: Channel
    claim: StatusChange | Contact
    on: str
    unheard: tuple[str, ...]

    @property
    def date(self) -> PartialDate | None:
        """When it was so or took place; of an announcement without a date, the day on which it was made."""
        if isinstance(self.claim, StatusChange):
            return self.claim.effective
        announced = self.claim.announced
        return self.claim.date or (PartialDate.of(announced) if announced else None)

    @property
    def first(self) -> date:
        return self.date.first if self.date else date.min


@dataclass(frozen=True)
class Tally:
    """How many claims rest on what. `counts` holds every answer of `corroboration`, in a fixed order."""

    counts: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def share_both(self) -> float | None:
        """The share that rests on both parties, 0 to 1; None where nothing is claimed."""
        return self.counts[BOTH] / self.total if self.total else None


def resting(
    relationship: Relationship,
    channels: Iterable[Channel],
    entries: Mapping[str, tuple[Iterable[StatusChange], Iterable[Contact]]],
    known_at: datetime,
    *,
    since: date | None = None,
    category: Category | None = None,
) -> list[Resting]:
    """The claims on record at `known_at` that begin on `since` or later, newest first.

    `entries`: every row ever recorded, by channel, as the store gives them.
    """
    codes = [party.code for party in relationship.parties]
    found = []
    for channel in channels:
        if channel.relationship != relationship.slug or category not in (None, channel.category):
            continue
        changes, contacts = entries.get(channel.slug, ((), ()))
        for claim in (*in_force(changes, known_at), *in_force(contacts, known_at)):
            sides = {source.side for source in attesting(claim)}
            unheard = tuple(code for code in codes if code not in sides)
            found.append(Resting(channel, claim, corroboration(claim, relationship), unheard))
    found.sort(key=lambda one: one.first, reverse=True)
    return [one for one in found if since is None or one.first >= since]


def tally(claims: Iterable[Resting], relationship: Relationship) -> Tally:
    """Count claims by what they rest on: both, each party alone, third parties alone, none."""
    seen = Counter(one.on for one in claims)
    order = (BOTH, *(party.code for party in relationship.parties), THIRD_PARTY, NONE)
    return Tally({on: seen[on] for on in order})


def by_category(claims: Iterable[Resting], relationship: Relationship) -> dict[Category, Tally]:
    """A tally for each category that has claims, in the dashboard's order."""
    claims = list(claims)
    grouped = {category: [one for one in claims if one.channel.category is category] for category in Category}
    return {category: tally(found, relationship) for category, found in grouped.items() if found}
