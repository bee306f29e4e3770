"""What feeds, calendars and messages tell of the record: one statement at a time, through its corrections. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from tracker.model import Contact, Entry, PartialDate, Relationship, Source, StatusChange
from tracker.record.attest import as_seen, corroboration, first_seen, visible_from
from tracker.record.differing import contested_words
from tracker.record.history import ChannelView
from tracker.record.lineage import Lineage, lineages
from tracker.tongue import gettext
from tracker.wording import change_words, corroboration_words, date_words, entry_words, side_name


@dataclass(frozen=True)
class Statement:
    """A status change or a contact as readers follow it: under one key, whatever is corrected or withdrawn.

    `begins` is the state that follows from a contact by rule, if it makes a resumed channel active.
    """

    view: ChannelView
    relationship: Relationship
    lineage: Lineage[StatusChange] | Lineage[Contact]
    begins: StatusChange | None = None

    @property
    def key(self) -> str:
        return self.lineage.key

    @cached_property
    def told(self) -> StatusChange | Contact:
        return as_seen(self.lineage.told, self.view.moment.as_of)

    @property
    def withdrawn(self) -> bool:
        return self.lineage.standing is None

    @property
    def corrected(self) -> bool:
        """Whether what holds is not what was said first."""
        return not self.withdrawn and self.told.id != self.lineage.rows[0].id

    @property
    def kind(self) -> str:
        return "change" if isinstance(self.told, StatusChange) else "contact"

    @property
    def word(self) -> str:
        """The state or the outcome."""
        return self.told.state if isinstance(self.told, StatusChange) else self.told.outcome

    @property
    def detail(self) -> str:
        """The sentence that was recorded with it."""
        return said_of(self.told)

    @property
    def title(self) -> str:
        """It in one sentence, which begins with what became of it where that is not plain."""
        mark = "Withdrawn: " if self.withdrawn else "Corrected: " if self.corrected else ""
        then = f"; {change_words(self.begins)}" if self.begins else ""
        return f"{mark}{self.view.channel.names['en']}: {entry_words(self.told)}{then}"

    @property
    def earlier(self) -> tuple[str, ...]:
        """What it said before it was corrected, or what a correction said that was taken back; the newest first."""
        return tuple(f"{entry_words(row)}. {said_of(row)}".strip() for row in self.lineage.earlier)

    @property
    def day(self) -> date:
        """The first day on which it can have been so; for the order among what was recorded in one instant."""
        return _first_day(self.told)

    @property
    def when(self) -> PartialDate | None:
        return self.told.effective if isinstance(self.told, StatusChange) else self.told.date

    @property
    def sources(self) -> tuple[Source, ...]:
        return self.told.sources

    @property
    def corroboration(self) -> str:
        return corroboration(self.told, self.relationship)

    @property
    def on_the_word_of(self) -> str:
        return corroboration_words(self.corroboration, self.relationship)

    @property
    def contested(self) -> str | None:
        """How accounts of it differ, by a reviewer's note and by the documents themselves; None where they agree."""
        return contested_words(self.told, self.relationship, self.view.opposition(self.told))

    def cited(self, source: Source) -> str:
        """`The ministry (its party, 10 Jan 2024)`: who published it, for whom it speaks, when; whether it denies."""
        published = f", {date_words(source.published)}" if source.published else ""
        denies = f", {gettext('denies it')}" if source.denies else ""
        return f"{source.publisher} ({side_name(source.side, self.relationship)}{published}){denies}"


def said_of(entry: Entry) -> str:
    """The sentence that was recorded with a row; empty where there is none."""
    return (entry.cause if isinstance(entry, StatusChange) else entry.summary) or ""


def statements(
    view: ChannelView, relationship: Relationship, changes: Iterable[StatusChange], contacts: Iterable[Contact]
) -> Iterator[Statement]:
    """Every statement of a channel that the world could know by the view's day, from all rows ever recorded of it."""
    moment = view.moment
    begins = {change.follows: change for change in view.history if change.derived}
    for lineage in (*lineages(changes, moment.known_at), *lineages(contacts, moment.known_at)):
        if first_seen(lineage.told) <= moment.as_of:
            standing = lineage.standing
            follows = begins.get(standing.id) if isinstance(standing, Contact) else None
            yield Statement(view, relationship, lineage, follows)


def _first_day(entry: StatusChange | Contact) -> date:
    if isinstance(entry, StatusChange):
        return entry.effective.first
    return entry.first or visible_from(entry)
