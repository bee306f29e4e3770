"""What the page of one channel needs beyond its view: what is waited for, other names, contacts by year. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from tracker.model import Channel, Contact, Outcome
from tracker.record.attest import visible_from
from tracker.record.fates import Fate, Promise
from tracker.record.history import ChannelView, Reading
from tracker.record.rhythm import Rhythm

OPEN_CONTACTS = 10
"""So many contacts stand open on the page, and the rest of their year with them; older ones are folded by year."""

MOST_CONTACTS, MOST_CHANGES = 60, 40
"""Rows that a page holds at most; lists of their own hold the rest."""

MOST_UNFOLDED = 300
"""Contacts that a page holds at most where all are asked for."""

MOST_PROMISES, MOST_GAPS = 20, 12
"""Announcements, and holes of one side, that the page tells."""

WAITED_FOR = 3
"""Promises that the head of the page tells; a section of its own tells all."""

_SMALL_WORDS = {"and", "for", "in", "of", "on", "the", "to"}
_MOST_WORDINGS = 3


@dataclass(frozen=True)
class Waiting:
    """What is waited for on a channel: open promises, the soonest first, then those whose day passed without a report
    since its last contact, the newest first; and the `rhythm` by which it should be used again.
    """

    open: tuple[Promise, ...]
    unreported: tuple[Promise, ...]
    rhythm: Rhythm | None

    @property
    def shown(self) -> tuple[Promise, ...]:
        return (*self.open, *self.unreported)[:WAITED_FOR]

    @property
    def more(self) -> int:
        return len(self.open) + len(self.unreported) - len(self.shown)

    def __bool__(self) -> bool:
        return bool(self.open or self.unreported or self.rhythm)


def waiting_for(view: ChannelView, rhythm: Rhythm | None) -> Waiting:
    """Of a view and its rhythm; one whose day passed is waited for until the channel was used after it."""
    still = tuple(one for one in view.promises if one.fate is Fate.OPEN)
    return Waiting(still, view.unreported[::-1], rhythm)


@dataclass(frozen=True)
class Year:
    """Contacts of one year; None: their day is not known. `folded`: closed until a reader opens it."""

    year: int | None
    contacts: tuple[Contact, ...]
    folded: bool

    @property
    def tally(self) -> list[tuple[Outcome, int]]:
        counts = Counter(contact.outcome for contact in self.contacts)
        return [(outcome, counts[outcome]) for outcome in Outcome if counts[outcome]]


def years_of(contacts: Sequence[Contact], *, unfolded: bool = False) -> list[Year]:
    """Contacts, newest first, by year: the years of the newest `OPEN_CONTACTS` in sight, those before them folded."""
    years: list[Year] = []
    before = 0
    for year, those in groupby(contacts, key=_year):
        years.append(Year(year, tuple(those), folded=not unfolded and before >= OPEN_CONTACTS))
        before += len(years[-1].contacts)
    return years


def _year(contact: Contact) -> int | None:
    day = contact.first or visible_from(contact)
    return None if day == date.min else day.year


def wordings_of(channel: Channel) -> list[tuple[str, str]]:
    """A few other names under which texts speak of a channel, each with its language: proper names, not patterns.

    A name that differs from one already there by a spelling, or is a part of one, says nothing new.
    """
    known = [*channel.names.values()]
    found: dict[str, list[str]] = {"en": [], "zh": []}
    for alias in channel.aliases:
        lang = "en" if alias.isascii() else "zh"
        if _is_name(alias) and len(found[lang]) < _MOST_WORDINGS and not any(_within(alias, name) for name in known):
            found[lang].append(alias)
            known.append(alias)
    return [(lang, alias) for lang, aliases in found.items() for alias in aliases]


def _is_name(alias: str) -> bool:
    if not alias.isascii():
        return len(alias) > 3
    words = alias.replace("-", " ").split()
    return all(word in _SMALL_WORDS or word[0].isupper() or word[0].isdigit() for word in words)


def _within(alias: str, name: str) -> bool:
    """Whether a name says it already. Chinese names put either party first, so that their characters alone count."""
    if alias.isascii():
        return _folded(alias) in _folded(name)
    return set(alias) - set("两国") <= set(name)


def _folded(name: str) -> str:
    return name.casefold().replace("defence", "defense").replace("theatre", "theater").replace("co-ord", "coord")


def shown_of(rows: Sequence[Reading | Contact], most: int) -> tuple[Sequence, int]:
    """The rows that a page holds, and how many more there are."""
    return rows[:most], max(len(rows) - most, 0)
