"""The record: definitions of relationships and channels, status changes, contacts, sources and their citations."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from db.chain import Chain
from db.past import Past, What
from db.queries import Connection, Row, load_queries
from db.search import Search
from db.text import as_json, day, instant, partial, text_or_none
from db.watch import Marks, marks
from tracker.model import (
    Category,
    Channel,
    Contact,
    Entry,
    Level,
    Outcome,
    Party,
    Passage,
    Relationship,
    Signal,
    Source,
    State,
    StatusChange,
)
from tracker.moments import instant_text
from tracker.record.history import as_cited, in_force

_sql = load_queries("record.sql")
_ADD = {"status_change": _sql.add_status_change, "contact": _sql.add_contact}


@dataclass(frozen=True)
class Origin:
    """Who put a row on the record, when (UTC), and by which decision or which key of the seed."""

    at: datetime
    by: str
    decision: int | None = None
    seed_key: str | None = None
    seed_digest: str | None = None


@dataclass(frozen=True)
class Seeded:
    """A row that the seed wrote earlier: its kind and id, and the digest of what it was written from."""

    kind: type[StatusChange | Contact]
    id: int
    digest: str


class Record:
    """Reads and writes the record over one connection; writes belong into the caller's transaction."""

    def __init__(self, connection: Connection, search: Search) -> None:
        self._db = connection
        self._search = search
        self._chain = Chain(connection)
        self._past = Past(connection)
        self._floor: datetime | None = None

    def define(self, relationships: Iterable[Relationship], channels: Iterable[Channel], *, at: datetime) -> None:
        """Put the definitions as configured; what was defined before is overwritten, what is gone stays. How channels
        were defined until `at` is kept.
        """
        at = self.instant_for(at)
        for position, relationship in enumerate(relationships):
            parties = [asdict(party) for party in relationship.parties]
            _sql.put_relationship(
                self._db,
                slug=relationship.slug,
                position=position,
                names=as_json(relationship.names),
                parties=as_json(parties),
                languages=as_json(relationship.languages),
            )
        for position, channel in enumerate(channels):
            _sql.put_channel(
                self._db,
                slug=channel.slug,
                relationship=channel.relationship,
                position=position,
                category=channel.category,
                names=as_json(channel.names),
                counterparts=as_json(channel.counterparts),
                description=channel.description,
                cadence=channel.cadence,
                established=text_or_none(channel.established),
                aliases=as_json(channel.aliases),
                people=as_json(channel.people),
            )
            self._past.keep_channel(channel.slug, at=at)
        self.index_anew()
        for channel in self.channels():
            if self._search.keep_channel(channel, at=at):
                for row in self._rows_of(channel.slug):
                    self._search.keep_entry(as_cited(row, at), channel, at=at)

    def index_anew(self) -> None:
        """Make searchable what is not yet: channels and their rows, those that no longer stand too, with the names and
        the sources of each time.
        """
        for channel in self.channels():
            if not self._search.knows(channel.slug):
                defined = self.definitions(channel.slug)
                for since, then in defined:
                    self._search.keep_channel(then, at=since)
                for row in self._rows_of(channel.slug):
                    self._index_past_of(row, defined)

    def definitions(self, slug: str) -> list[tuple[datetime, Channel]]:
        """How a channel was defined from when on, the oldest first; the first as if it had always been so."""
        pair = self._channel(slug).relationship
        every = self._past.of(What.CHANNEL, slug)
        return [(kept.since, replace(_channel(kept.told), relationship=pair)) for kept in every]

    def _rows_of(self, slug: str) -> list[Entry]:
        return [row for rows in self.entries_of(slug) for row in rows]

    def _index_past_of(self, row: Entry, defined: Sequence[tuple[datetime, Channel]]) -> None:
        _, channel = defined[0]
        named = dict(defined[1:])
        cited = {at for source in row.sources for at in (source.recorded_at, source.withdrawn_at) if at}
        for at in sorted({row.recorded_at, *named, *cited}):
            channel = named.get(at, channel)
            if at >= row.recorded_at:
                self._search.keep_entry(as_cited(row, at), channel, at=at)

    def _index_entries(self, channel: Channel, *, at: datetime) -> None:
        """Make the rows of a channel searchable by what they and the sources in force tell; what was so before `at`
        stays as it is.
        """
        for rows in self.entries_of(channel.slug):
            for entry in in_force(rows, at):
                self._search.keep_entry(entry, channel, at=at)

    def relationships(self) -> list[Relationship]:
        return [_relationship(row) for row in _sql.relationships(self._db)]

    def channels(self) -> list[Channel]:
        """All channels, in the order of the configuration."""
        return [_channel(row) for row in _sql.channels(self._db)]

    def entries(self, seen: Marks | None = None) -> dict[str, tuple[list[StatusChange], list[Contact]]]:
        """Every row ever recorded, by channel, in the order of recording, its sources with what we saw of their pages
        (`seen`, where that was asked for already): five queries, however long the history.
        """
        rows = _sql.status_changes(self._db), _sql.contacts(self._db), _sql.citations(self._db)
        return self._grouped(*rows, seen or self.marks())

    def marks(self) -> Marks:
        """What we saw of all cited pages."""
        return marks(self._db)

    def channels_since(self, link: int) -> set[str]:
        """The channels of which something was recorded or taken back after a link of the chain."""
        return {row["channel"] for row in _sql.channels_since(self._db, seq=link)}

    def entries_of(self, channel: str, seen: Marks | None = None) -> tuple[list[StatusChange], list[Contact]]:
        """Every row ever recorded of one channel, its sources with what we saw of their pages where that is given."""
        grouped = self._grouped(
            _sql.status_changes_of(self._db, channel=channel),
            _sql.contacts_of(self._db, channel=channel),
            _sql.citations_of(self._db, channel=channel),
            seen,
        )
        return grouped[channel]

    @staticmethod
    def _grouped(
        changes: Iterable[Row],
        contacts: Iterable[Row],
        citations: Iterable[Row],
        seen: Marks | None = None,
    ) -> dict[str, tuple[list[StatusChange], list[Contact]]]:
        cited: dict[tuple[str, int], list[Source]] = defaultdict(list)
        for row in citations:
            entry = ("change", row["status_change"]) if row["contact"] is None else ("contact", row["contact"])
            cited[entry].append(_source(row, seen))
        grouped: dict[str, tuple[list[StatusChange], list[Contact]]] = defaultdict(lambda: ([], []))
        for row in changes:
            grouped[row["channel"]][0].append(_change(row, tuple(cited["change", row["id"]])))
        for row in contacts:
            grouped[row["channel"]][1].append(_contact(row, tuple(cited["contact", row["id"]])))
        return grouped

    def instant_for(self, at: datetime) -> datetime:
        """The instant, or one after whatever earlier transactions recorded or defined otherwise, where a clock was set
        back or the writer waited for its turn: what a view at some `known_at` showed is never joined by a row that came
        later. The first in a transaction to ask must do so before anything of it is in the chain.
        """
        if self._floor is None:
            last = max(filter(None, (self._chain.head().at, self._past.last_change(What.CHANNEL))), default=None)
            self._floor = last + timedelta(microseconds=1) if last and last >= at else datetime.min.replace(tzinfo=UTC)
        return max(at, self._floor)

    def add(self, entry: StatusChange | Contact, origin: Origin) -> int:
        """Add one row with its citations; answers its id."""
        origin = replace(origin, at=self.instant_for(origin.at))
        values = entry_values(entry) | {
            "recorded_at": instant_text(origin.at),
            "recorded_by": origin.by,
            "decision": origin.decision,
            "seed_key": origin.seed_key,
            "seed_digest": origin.seed_digest,
            "replaces": entry.replaces,
            "reason": entry.reason,
        }
        kind = _kind(type(entry))
        entry_id = _ADD[kind](self._db, **values)["id"]
        self._chain.append(kind, entry_id)
        for source in entry.sources:
            self._cite(type(entry), entry_id, source, origin)
        recorded = replace(entry, id=entry_id, recorded_at=origin.at)
        self._search.keep_entry(recorded, self._channel(entry.channel), at=origin.at)
        return entry_id

    def cite(self, kind: type[Entry], entry_id: int, source: Source, origin: Origin) -> None:
        """Add a source to a row of the record, with the hashes of what is kept of it."""
        origin = replace(origin, at=self.instant_for(origin.at))
        self._cite(kind, entry_id, source, origin)
        self._index_row(kind, entry_id, at=origin.at)

    def _index_row(self, kind: type[Entry], entry_id: int, *, at: datetime) -> None:
        """Make a row searchable by what was cited on it at `at`, from then on."""
        row = _sql.channel_of(self._db, **_row_of(kind, entry_id))
        self._index_entries(self._channel(row["channel"]), at=at)

    def _cite(self, kind: type[Entry], entry_id: int, source: Source, origin: Origin) -> None:
        passage = source.passage
        row = _sql.add_citation(
            self._db,
            **_row_of(kind, entry_id),
            source=self._source_id(source),
            quote=source.quote,
            says=source.says,
            dated=text_or_none(source.dated),
            persons=as_json(source.persons) if source.persons else None,
            denies=1 if source.denies else None,
            level=source.level,
            recorded_at=instant_text(origin.at),
            # What a row takes over from the one that it replaces goes with the decision that cited it there.
            decision=source.decision or origin.decision,
            release=passage and passage.release,
            revision=passage and passage.revision,
            quote_field=passage and passage.field,
            quote_start=passage and passage.start,
        )
        self._chain.append("citation", row["id"])

    def carry_citations(self, kind: type[Entry], replaced: int, by: int, *, at: datetime) -> None:
        """Cite on the row `by` what decisions cited on the row that it replaces; undoing them takes both back."""
        at = self.instant_for(at)
        carry = _sql.carry_citations_of_status_change if kind is StatusChange else _sql.carry_citations_of_contact
        carried = sorted(row["id"] for row in carry(self._db, replaced=replaced, by=by, recorded_at=instant_text(at)))
        for citation in carried:
            self._chain.append("citation", citation)
        if carried:
            self._index_row(kind, by, at=at)

    def _source_id(self, source: Source) -> int:
        values = {
            "url": source.url,
            "title": source.title,
            "publisher": source.publisher,
            "side": source.side,
            "published": str(source.published or ""),
        }
        row = _sql.source_id(self._db, **values) or _sql.add_source(self._db, **values)
        return row["id"]

    def cited_addresses(self) -> set[str]:
        """The address of every source that was ever cited."""
        return {row["url"] for row in _sql.cited_addresses(self._db)}

    def row(self, kind: type[Entry], entry_id: int) -> StatusChange | Contact | None:
        """One row ever recorded, with all its citations; None where there is no such row."""
        find = _sql.status_change if kind is StatusChange else _sql.contact
        found = find(self._db, id=entry_id)
        if found is None:
            return None
        changes, contacts = self.entries_of(found["channel"])
        return next(row for row in (changes if kind is StatusChange else contacts) if row.id == entry_id)

    def withdraw(self, kind: type[Entry], entry_id: int, *, at: datetime, by: str, reason: str) -> None:
        """Take one row back: it stays, stamped as withdrawn."""
        at = self.instant_for(at)
        withdraw = _sql.withdraw_status_change if kind is StatusChange else _sql.withdraw_contact
        if withdraw(self._db, id=entry_id, at=instant_text(at), by=by, reason=reason):
            self._chain.append(f"{_kind(kind)}_withdrawn", entry_id)

    def withdraw_decision(self, decision: int, *, at: datetime, by: str, reason: str) -> None:
        """Take back whatever a decision put on the record: the rows stay, stamped as withdrawn."""
        at = self.instant_for(at)
        stamp = {"decision": decision, "at": instant_text(at)}
        withdrawn = {
            "status_change": _sql.withdraw_status_changes(self._db, by=by, reason=reason, **stamp),
            "contact": _sql.withdraw_contacts(self._db, by=by, reason=reason, **stamp),
            "citation": _sql.withdraw_citations(self._db, **stamp),
        }
        for kind, rows in withdrawn.items():
            for row in sorted(row["id"] for row in rows):
                self._chain.append(f"{kind}_withdrawn", row)
        for row in list(_sql.channels_cited_by(self._db, decision=decision)):
            self._index_entries(self._channel(row["channel"]), at=at)

    def _channel(self, slug: str) -> Channel:
        return _channel(_sql.channel(self._db, slug=slug))

    def seeded(self) -> Mapping[str, Seeded]:
        """What the seed wrote so far, by its key; where it corrected a row, the newest."""
        kinds = {StatusChange: _sql.seeded_status_changes(self._db), Contact: _sql.seeded_contacts(self._db)}
        return {
            row["seed_key"]: Seeded(kind, row["id"], row["seed_digest"]) for kind, rows in kinds.items() for row in rows
        }

    def revisions(self) -> dict[str, int]:
        """The counters `record`, `polls` and `decisions`, which every write of their subject bumps."""
        return revisions(self._db)

    def bump(self, subject: str = "record") -> None:
        _sql.bump(self._db, subject=subject)


def revisions(connection: Connection) -> dict[str, int]:
    """The counters, without the rest of the subject."""
    return {row["subject"]: row["number"] for row in _sql.revisions(connection)}


def _kind(entry: type[Entry]) -> str:
    return "status_change" if entry is StatusChange else "contact"


def entry_values(entry: StatusChange | Contact) -> dict[str, Any]:
    """The columns that say what an entry tells (not when or by whom it was recorded)."""
    values: dict[str, Any] = {
        "channel": entry.channel,
        "note": entry.note,
        "contested": entry.contested,
        "settled": entry.settled,
        "unconfirmed": " ".join(entry.unconfirmed) or None,
    }
    if isinstance(entry, StatusChange):
        return values | {
            "state": entry.state,
            "effective": str(entry.effective),
            "expected": text_or_none(entry.expected),
            "cause": entry.cause,
        }
    return values | {
        "outcome": entry.outcome,
        "date": text_or_none(entry.date),
        "end_date": text_or_none(entry.end),
        "announced": text_or_none(entry.announced),
        "form": entry.form,
        "place": entry.place,
        "round": entry.round,
        "persons": entry.persons,
        "summary": entry.summary,
        "asked_by": entry.asked_by,
        "substantive": int(entry.substantive),
    }


def _row_of(kind: type[Entry], entry_id: int) -> dict[str, int | None]:
    return {
        "status_change": entry_id if kind is StatusChange else None,
        "contact": entry_id if kind is Contact else None,
    }


def _relationship(row: Row) -> Relationship:
    first, second = (_party(party) for party in json.loads(row["parties"]))
    return Relationship(row["slug"], json.loads(row["names"]), (first, second), tuple(json.loads(row["languages"])))


def _party(told: dict[str, Any]) -> Party:
    levels = {office: Level(level) for office, level in told.pop("levels", {}).items()}
    return Party(**told, levels=levels)


def _channel(row: Row | Mapping[str, Any]) -> Channel:
    return Channel(
        slug=row["slug"],
        relationship=row["relationship"],
        category=Category(row["category"]),
        names=json.loads(row["names"]),
        counterparts=json.loads(row["counterparts"]),
        description=row["description"],
        cadence=row["cadence"],
        established=partial(row["established"]),
        aliases=tuple(json.loads(row["aliases"])),
        people=tuple(json.loads(row["people"])),
    )


def _source(row: Row, seen: Marks | None) -> Source:
    return Source(
        url=row["url"],
        title=row["title"],
        publisher=row["publisher"],
        side=row["side"],
        published=partial(row["published"]),
        quote=row["quote"],
        says=Signal(row["says"]) if row["says"] else None,
        dated=partial(row["dated"]),
        persons=tuple(json.loads(row["persons"])) if row["persons"] else (),
        denies=bool(row["denies"]),
        level=Level(row["level"]) if row["level"] else None,
        recorded_at=instant(row["recorded_at"]),
        withdrawn_at=instant(row["withdrawn_at"]),
        decision=row["decision"],
        pages=seen.pages.get(row["url"], ()) if seen else (),
        page_read=seen.reads.get(row["url"]) if seen else None,
        passage=_passage(row),
    )


def _passage(row: Row) -> Passage | None:
    if row["release"] is None:
        return None
    return Passage(row["release"], row["revision"], row["quote_field"], row["quote_start"])


def _entry_fields(row: Row, sources: tuple[Source, ...]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "channel": row["channel"],
        "sources": sources,
        "note": row["note"],
        "contested": row["contested"],
        "settled": row["settled"],
        "reason": row["reason"],
        "unconfirmed": tuple((row["unconfirmed"] or "").split()),
        "recorded_at": instant(row["recorded_at"]),
        "recorded_by": row["recorded_by"],
        "decision": row["decision"],
        "replaces": row["replaces"],
        "withdrawn_at": instant(row["withdrawn_at"]),
        "withdrawn_reason": row["withdrawn_reason"],
    }


def _change(row: Row, sources: tuple[Source, ...]) -> StatusChange:
    return StatusChange(
        **_entry_fields(row, sources),
        state=State(row["state"]),
        effective=partial(row["effective"]),
        expected=partial(row["expected"]),
        cause=row["cause"],
    )


def _contact(row: Row, sources: tuple[Source, ...]) -> Contact:
    return Contact(
        **_entry_fields(row, sources),
        outcome=Outcome(row["outcome"]),
        date=partial(row["date"]),
        end=day(row["end_date"]),
        announced=day(row["announced"]),
        form=row["form"],
        place=row["place"],
        round=row["round"],
        persons=row["persons"],
        summary=row["summary"],
        asked_by=row["asked_by"],
        substantive=bool(row["substantive"]),
    )
