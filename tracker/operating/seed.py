"""Loading the configured record into the database: what is missing is added, what was corrected replaces its row.

Every entry has a key that stays the same, so seeding twice changes nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from config.load import RelationshipPack, SeedEntry, unread_words
from db.record import Origin, Seeded, entry_values
from db.store import Store, Subjects
from tracker.errors import Refused
from tracker.model import SEED, Contact, Source, StatusChange
from tracker.record.attest import first_seen
from tracker.record.history import in_force
from tracker.record.lineage import entry_key
from tracker.releases.grouping import says_the_same

Rows = Mapping[str, tuple[list[StatusChange], list[Contact]]]
"""All rows ever recorded, by channel."""


@dataclass(frozen=True)
class Seeding:
    """How many entries were added, corrected, joined to a reviewer's row that says the same, or left out as later.

    `kept`: corrected in the configuration, but a reviewer had withdrawn the row, and that stands. `left`: the rows in
    force that the seed wrote and the configuration has no more (`change-7`): nothing takes them back by itself.
    `unread`: which channels on record are in no file, in a sentence.
    """

    added: int = 0
    corrected: int = 0
    joined: int = 0
    kept: int = 0
    unchanged: int = 0
    later: int = 0
    left: tuple[str, ...] = ()
    unread: str | None = None

    @property
    def changed(self) -> int:
        return self.added + self.corrected + self.joined


@dataclass(frozen=True)
class Reviewed:
    """A reviewer's row, with the ids of the rows that it put right."""

    row: StatusChange | Contact
    predecessors: frozenset[int]

    def stands_for(self, kind: type, row_id: int) -> bool:
        return isinstance(self.row, kind) and row_id in self.predecessors


def seed(
    store: Store,
    packs: Iterable[RelationshipPack],
    *,
    at: datetime,
    until: date | None = None,
    only: Collection[str] | None = None,
) -> Seeding:
    """Define the relationships and channels and load their history, in one transaction.

    With `until` only what the world could know by that day is loaded, with `only` that of these relationships. Raises
    StoreError, and Refused for a channel that is on record under another relationship; then nothing was written.
    """
    packs = list(packs)
    with store.writing() as db:
        seeded = db.record.seeded()
        _refuse_moved(packs, seeded)
        db.record.define(
            [pack.relationship for pack in packs], [channel for pack in packs for channel in pack.channels], at=at
        )
        counts = Counter[str]()
        at, rows = db.record.instant_for(at), db.record.entries()
        reviewed, withdrawn = _by_reviewers(rows, at), _withdrawn(rows)
        loaded = [pack for pack in packs if only is None or pack.relationship.slug in only]
        for seed_entry in (entry for pack in loaded for entry in pack.entries):
            if until and first_seen(seed_entry.entry) > until:
                counts["later"] += 1
            else:
                counts[_load(db, seed_entry, seeded.get(seed_entry.key), reviewed, withdrawn, at)] += 1
        db.record.bump()
        unread = unread_words(db.record.channels(), packs)
    return Seeding(**counts, left=_left(packs, seeded, rows, at), unread=unread)


def _refuse_moved(packs: Iterable[RelationshipPack], seeded: Iterable[str]) -> None:
    """Raise Refused where a channel's entries were loaded under another relationship alone, by their keys: its folder
    was renamed, and all of it would be recorded a second time, in force beside the first.
    """
    owners: dict[str, set[str]] = {}
    for key in seeded:
        relationship, channel, _ = key.split("/", 2)
        owners.setdefault(channel, set()).add(relationship)
    for pack in packs:
        now = pack.relationship.slug
        for channel in pack.channels:
            before = owners.get(channel.slug, {now})
            if now not in before:
                raise Refused(
                    f'The channel {channel.slug} is on record under the relationship "{min(before)}", and its file '
                    f'stands under "{now}": it would be recorded a second time. Nothing was written.',
                    f'Call the folder "{min(before)}" again, or move the channel back: those names stay for good.',
                )


def _left(packs: Iterable[RelationshipPack], seeded: Mapping[str, Seeded], rows: Rows, at: datetime) -> tuple[str, ...]:
    """The rows in force of these packs' channels that were seeded from an entry that is there no more."""
    known = {entry.key for pack in packs for entry in pack.entries}
    gone = {(one.kind, one.id) for key, one in seeded.items() if key not in known}
    channels = [rows[channel.slug] for pack in packs for channel in pack.channels if channel.slug in rows]
    standing = (row for pair in channels for kind in pair for row in in_force(kind, at))
    return tuple(entry_key(row) for row in standing if (type(row), row.id) in gone)


def _load(
    db: Subjects,
    seed_entry: SeedEntry,
    earlier: Seeded | None,
    reviewed: dict[str, list[Reviewed]],
    withdrawn: set[tuple[type, int]],
    at: datetime,
) -> str:
    """Put one entry on the record; answers what that was: added, corrected, joined, kept or unchanged."""
    entry, digest = seed_entry.entry, _digest(seed_entry.entry)
    origin = Origin(at, SEED, seed_key=seed_entry.key, seed_digest=digest)
    if earlier and earlier.digest == digest:
        return "unchanged"
    for theirs in reviewed.get(entry.channel, ()):
        if theirs.stands_for(type(entry), earlier.id) if earlier else says_the_same(entry, theirs.row):
            return _join(db, entry, theirs.row, origin)
    if earlier and (type(entry), earlier.id) in withdrawn:
        return "kept"
    added = db.record.add(replace(entry, replaces=earlier and earlier.id), origin)
    if not earlier:
        return "added"
    db.record.carry_citations(type(entry), earlier.id, added, at=at)
    return "corrected"


def _join(db: Subjects, entry: StatusChange | Contact, row: StatusChange | Contact, origin: Origin) -> str:
    """A reviewer recorded the entry, or put the seed's row right: that row stays, and gets the sources it lacks."""
    cited = {source.url for source in row.sources}
    missing = [source for source in entry.sources if source.url not in cited]
    for source in missing:
        db.record.cite(type(row), row.id, source, origin)
    return "joined" if missing else "unchanged"


def _withdrawn(rows: Rows) -> set[tuple[type, int]]:
    """The rows that a reviewer took back, by kind and id."""
    every = (row for changes, contacts in rows.values() for row in (*changes, *contacts))
    return {(type(row), row.id) for row in every if row.withdrawn_at is not None}


def _by_reviewers(rows: Rows, at: datetime) -> dict[str, list[Reviewed]]:
    """The rows in force that reviewers recorded, by channel."""
    return {
        channel: [
            Reviewed(row, _predecessors(row, rows_of))
            for rows_of in pair
            for row in in_force(rows_of, at)
            if row.recorded_by != SEED
        ]
        for channel, pair in rows.items()
    }


def _predecessors(row: StatusChange | Contact, rows: Iterable[StatusChange | Contact]) -> frozenset[int]:
    """The rows that `row` replaces, and those that they replaced."""
    replaces, found, one = {other.id: other.replaces for other in rows}, set(), row.replaces
    while one is not None:
        found.add(one)
        one = replaces.get(one)
    return frozenset(found)


def _digest(entry: StatusChange | Contact) -> str:
    """A hash of all that an entry tells, its sources included."""
    values = entry_values(entry)
    if values["unconfirmed"] is None:
        del values["unconfirmed"]  # as it was before there was such a mark, so that nothing is seeded anew for it
    told = [values, [_source_values(source) for source in entry.sources]]
    return hashlib.sha256(json.dumps(told, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _source_values(source: Source) -> list[str | None]:
    return [source.url, source.title, source.publisher, source.side, str(source.published or ""), source.quote]
