"""Loading the configured record into the database: what is missing is added, what was corrected replaces its row.

Every entry has a key that stays the same, so seeding twice changes nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from config.load import RelationshipPack, SeedEntry
from db.record import Origin, Seeded, entry_values
from db.store import Store, Subjects
from tracker.grouping import says_the_same
from tracker.history import in_force, visible_from
from tracker.model import SEED, Contact, Source, StatusChange


@dataclass(frozen=True)
class Seeding:
    """How many entries were added, corrected, joined to a reviewer's row that says the same, or left out as later."""

    added: int = 0
    corrected: int = 0
    joined: int = 0
    unchanged: int = 0
    later: int = 0

    @property
    def changed(self) -> int:
        return self.added + self.corrected + self.joined


def seed(store: Store, packs: Iterable[RelationshipPack], *, at: datetime, until: date | None = None) -> Seeding:
    """Define the relationships and channels and load their history, in one transaction.

    With `until` only what the world could know by that day is loaded. Raises StoreError; then nothing was written.
    """
    packs = list(packs)
    with store.writing() as db:
        db.record.define(
            [pack.relationship for pack in packs], [channel for pack in packs for channel in pack.channels]
        )
        seeded, counts = db.record.seeded(), dict.fromkeys(("added", "corrected", "joined", "unchanged", "later"), 0)
        standing = _by_reviewers(db, at)
        for seed_entry in (entry for pack in packs for entry in pack.entries):
            if until and _happened(seed_entry.entry) > until:
                counts["later"] += 1
            else:
                counts[_load(db, seed_entry, seeded.get(seed_entry.key), standing, at)] += 1
        result = Seeding(**counts)
        db.record.bump()
    return result


def _load(
    db: Subjects,
    seed_entry: SeedEntry,
    earlier: Seeded | None,
    standing: dict[str, list[StatusChange | Contact]],
    at: datetime,
) -> str:
    """Put one entry on the record; answers what that was: added, corrected, joined or unchanged."""
    entry, digest = seed_entry.entry, _digest(seed_entry.entry)
    origin = Origin(at, SEED, seed_key=seed_entry.key, seed_digest=digest)
    if earlier and earlier.digest == digest:
        return "unchanged"
    if earlier:
        db.record.add(replace(entry, replaces=earlier.id), origin)
        return "corrected"
    for row in standing.get(entry.channel, ()):
        if says_the_same(entry, row):
            return _join(db, entry, row, origin)
    db.record.add(entry, origin)
    return "added"


def _join(db: Subjects, entry: StatusChange | Contact, row: StatusChange | Contact, origin: Origin) -> str:
    """A reviewer recorded the entry before it was seeded: its row gets the sources that it lacks."""
    cited = {source.url for source in row.sources}
    missing = [source for source in entry.sources if source.url not in cited]
    for source in missing:
        db.record.cite(type(row), row.id, source, origin)
    return "joined" if missing else "unchanged"


def _by_reviewers(db: Subjects, at: datetime) -> dict[str, list[StatusChange | Contact]]:
    return {
        channel: [row for row in (*in_force(changes, at), *in_force(contacts, at)) if row.recorded_by != SEED]
        for channel, (changes, contacts) in db.record.entries().items()
    }


def _happened(entry: StatusChange | Contact) -> date:
    return entry.effective.first if isinstance(entry, StatusChange) else visible_from(entry)


def _digest(entry: StatusChange | Contact) -> str:
    """A hash of all that an entry tells, its sources included."""
    told = [entry_values(entry), [_source_values(source) for source in entry.sources]]
    return hashlib.sha256(json.dumps(told, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _source_values(source: Source) -> list[str | None]:
    return [source.url, source.title, source.publisher, source.side, str(source.published or ""), source.quote]
