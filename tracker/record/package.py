"""The whole record as tables that refer to one another, and what describes them as a Data Package. Pure.

Rows that were replaced or withdrawn are in it, and say so; what nobody has reviewed is not.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from typing import Any, Generic

from tracker.model import Channel, Contact, Level, Moment, Relationship, Signal, Source, StatusChange
from tracker.moments import second_text
from tracker.record.attest import as_seen, first_seen
from tracker.record.chain import Link
from tracker.record.history import AnyEntry, ChannelView, in_force, view
from tracker.record.ledger import Corrections, acts_of
from tracker.record.lineage import known_rows, lineages
from tracker.record.tables import (
    CHANGE,
    CHANNEL,
    CONTACT,
    MORE,
    REPLACING,
    STANDING,
    STATES,
    Column,
    Row,
    Table,
    change_row,
    channel_row,
    contact_row,
    other_names,
    standing_row,
)

LICENCE = {
    "name": "CC-BY-4.0",
    "path": "https://creativecommons.org/licenses/by/4.0/",
    "title": "Creative Commons Attribution 4.0",
}

ABOUT = (
    "Which channels between two powers are open, since when, and who says so. Every row ever recorded is here: what "
    "was corrected is replaced by another row, what was taken back is withdrawn, and standing says what counts. "
    "A date is as precise as it is known: YYYY-MM-DD, YYYY-MM or YYYY. In the CSV files an apostrophe stands before a "
    "cell that begins as a formula would; record.json has the words as they are."
)

Entries = Mapping[str, tuple[Sequence[StatusChange], Sequence[Contact]]]

_RELATIONSHIPS = (
    Column("slug", "The relationship's name in addresses.", required=True),
    Column("name", "Its name in English.", required=True),
    Column("other_names", "Its names in other languages, each after its code."),
    Column("languages", "The languages in which releases are read, set apart by spaces.", required=True),
)
_PARTIES = (
    Column("relationship", "Whose party it is.", required=True, refers="relationships"),
    Column("code", "How sources and claims name it.", required=True),
    Column("position", "1 or 2: the fixed order of the two.", "integer", required=True),
    Column("name", "Its name in English.", required=True),
    Column("other_names", "Its names in other languages, each after its code."),
    Column("timezone", "The time zone of its capital.", required=True),
)
_FATE = (
    Column("statement", "The statement that the row tells: the same through all its corrections.", required=True),
    Column("replaces", "The row that it corrects.", "integer"),
    Column("withdrawn_at", "When it was taken back, in UTC.", "datetime"),
    Column("withdrawn_reason", "Why."),
    Column("standing", "Whether it counts: neither replaced nor withdrawn.", "boolean", required=True),
    *MORE,
    *REPLACING,
    Column("decision", "The decision that recorded it; of seed and amendments none.", "integer", refers="decisions"),
)
_CHANGES = (Column("id", "The number of the row.", "integer", required=True), *CHANGE[1:], *_FATE)
_CONTACTS = (*CONTACT, *_FATE)
_HISTORY = (
    Column("channel", "The channel.", required=True, refers="channels"),
    Column("position", "1 for its first state, and so on.", "integer", required=True),
    Column("state", "The state.", required=True, values=STATES),
    Column("effective", "From when on, as precisely as it is known.", "partial", required=True),
    Column("from_day", "The first day that `effective` can mean: states are reckoned from it.", "date", required=True),
    Column("from_day_latest", "The last day that it can mean.", "date", required=True),
    Column("until_day", "The first day of the next state; empty for the state at the moment.", "date"),
    Column("change", "The status change that tells it.", "integer", refers="changes"),
    Column("contact", "Or the contact that it follows from by rule.", "integer", refers="contacts"),
)
_SOURCES = (
    Column("id", "A hash of the rest: the same in every export.", required=True),
    Column("url", "Where it was published.", required=True),
    Column("title", "Its title.", required=True),
    Column("publisher", "Who published it.", required=True),
    Column("side", "Whom it speaks for: a party's code, or third-party.", required=True),
    Column("published", "The publisher's date.", "partial"),
)
_CITATIONS = (
    Column("id", "The place of the citation in this export.", "integer", required=True),
    Column("change", "The status change that is shown by it.", "integer", refers="changes"),
    Column("contact", "Or the contact.", "integer", refers="contacts"),
    Column("source", "What shows it.", required=True, refers="sources"),
    Column("quote", "The words that do."),
    Column("recorded_at", "When it was cited, in UTC.", "datetime"),
    Column("withdrawn_at", "When that was taken back, in UTC.", "datetime"),
    Column("says", "What the document reports of the event, where that was read from it.", values=tuple(Signal)),
    Column("dated", "The event's day as the document tells it, where that was read from it.", "partial"),
    Column("persons", "Who took part, as the document tells it; set apart by semicolons."),
    Column("level", "At which level it says that the sides met, as a reviewer read it.", values=tuple(Level)),
    Column("denies", "Whether it denies what the row tells, as a reviewer read it.", "boolean", required=True),
    Column("archived", "Whether its words, as they were read, are kept.", "boolean", required=True),
)
_DECISIONS = (
    Column("id", "The number of the decision.", "integer", required=True),
    Column("decided_at", "When, in UTC.", "datetime", required=True),
    Column("verdict", "accept, or undo of an earlier one.", required=True, values=("accept", "reject", "undo")),
    Column("role", "In which role: names are nobody's business.", required=True, values=("seed", "reviewer")),
    Column("candidate", "The number of the report that was decided.", "integer", required=True),
    Column("undoes", "The decision that was undone.", "integer", refers="decisions"),
    Column("note", "What the reviewer noted."),
)
_CHAIN = (
    Column("seq", "The number of the link, from 1.", "integer", required=True),
    Column("hash", "SHA-256 of the hash before and that of the entry, both as hexadecimal text.", required=True),
    Column("entry_sha256", "SHA-256 of the entry.", required=True),
    Column("entry", "The entry as it was hashed, JSON; empty for those that the proof of no claim shows."),
    Column("kind", "What the entry is: status_change, contact, citation, …_withdrawn, decision, …; empty as that."),
    Column("row", "The number of its row.", "integer"),
    Column("at", "Its instant as it was chained, in UTC.", "datetime"),
)


@dataclass(frozen=True)
class _Recorded(Generic[AnyEntry]):
    """A row, the statement that it tells, and whether it counts."""

    entry: AnyEntry
    statement: str
    stands: bool


@dataclass(frozen=True)
class _Known:
    """A channel at the moment with every row that was recorded of it."""

    channel: Channel
    relationship: Relationship
    view: ChannelView
    changes: tuple[_Recorded[StatusChange], ...]
    contacts: tuple[_Recorded[Contact], ...]


def tables_of(
    relationships: Sequence[Relationship],
    channels: Sequence[Channel],
    entries: Entries,
    links: Iterable[tuple[Link, bool]],
    moment: Moment,
) -> tuple[Table, ...]:
    """The record as of a day and as known at an instant; a table comes after those that it refers to.

    `links`: all links of the chain, and whether the entry of each is public. The chain is whole up to the instant,
    whatever the day.
    """
    links = [(link, public) for link, public in links if datetime.fromisoformat(link.at) <= moment.known_at]
    pairs = {pair.slug: pair for pair in relationships}
    known = [_known(channel, pairs[channel.relationship], *entries[channel.slug], moment) for channel in channels]
    changes = [row.entry for one in known for row in one.changes]
    contacts = [row.entry for one in known for row in one.contacts]
    sources = {source_id(source): source for entry in (*changes, *contacts) for source in entry.sources}
    corrections = Corrections(act for rows in entries.values() for act in acts_of(*rows))
    return (
        _table("relationships", "The pairs of parties.", _RELATIONSHIPS, ("slug",), map(_relationship, relationships)),
        _table("parties", "The two parties of each.", _PARTIES, ("relationship", "code"), _parties(relationships)),
        _table(
            "channels", "The channels, each with its state at the moment.", (*CHANNEL, *STANDING), ("slug",),
            (channel_row(one.channel, one.relationship) | standing_row(one.view) for one in known),
        ),
        _table("sources", "The documents that are cited.", _SOURCES, ("id",), map(_source, sorted(sources.items()))),
        _table("decisions", "The decisions behind rows and citations.", _DECISIONS, ("id",), _decisions(links)),
        _table(
            "changes", "Status changes, every row.", _CHANGES, ("id",),
            _rows(known, "changes", change_row, corrections, moment),
        ),
        _table(
            "contacts", "Meetings and calls, held or not, every row.", _CONTACTS, ("id",),
            _rows(known, "contacts", contact_row, corrections, moment),
        ),
        _table("history", "The states that each channel went through.", _HISTORY, ("channel", "position"),
               (row for one in known for row in _history(one.view))),
        _table("citations", "Which source shows which row.", _CITATIONS, ("id",),
               _citations(changes, contacts, moment)),
        _table("chain", "The hash chain of all entries.", _CHAIN, ("seq",), _chain(links)),
    )  # fmt: skip


def newest_instant(entries: Entries) -> datetime | None:
    """When anything was last recorded, cited or withdrawn; None for an empty record."""
    rows = (row for changes, contacts in entries.values() for row in (*changes, *contacts))
    parts = (part for row in rows for part in (row, *row.sources))
    return max((at for part in parts for at in (part.recorded_at, part.withdrawn_at) if at), default=None)


def source_id(source: Source) -> str:
    told = (source.url, source.title, source.publisher, source.side, str(source.published or ""))
    return hashlib.sha256("\0".join(told).encode()).hexdigest()[:16]


def _table(name: str, about: str, columns: Sequence[Column], key: tuple[str, ...], rows: Iterable[Row]) -> Table:
    return Table(name, about, tuple(columns), key, tuple(rows))


def _known(
    channel: Channel,
    pair: Relationship,
    changes: Sequence[StatusChange],
    contacts: Sequence[Contact],
    moment: Moment,
) -> _Known:
    seen = view(channel, pair, changes, contacts, moment)
    return _Known(channel, pair, seen, _recorded(changes, moment), _recorded(contacts, moment))


def _recorded(rows: Sequence[AnyEntry], moment: Moment) -> tuple[_Recorded[AnyEntry], ...]:
    """Every row of the statements that the world could know by the day."""
    families = [one for one in lineages(rows, moment.known_at) if first_seen(one.told) <= moment.as_of]
    statements = {row.id: one.key for one in families for row in one.rows}
    standing = {row.id for row in in_force(rows, moment.known_at)}
    return tuple(
        _Recorded(row, statements[row.id], row.id in standing)
        for row in known_rows(rows, moment.known_at)
        if row.id in statements
    )


def _relationship(pair: Relationship) -> Row:
    return {
        "slug": pair.slug,
        "name": pair.names["en"],
        "other_names": other_names(pair.names),
        "languages": " ".join(pair.languages),
    }


def _parties(relationships: Iterable[Relationship]) -> Iterator[Row]:
    for pair in relationships:
        for position, party in enumerate(pair.parties, start=1):
            yield {
                "relationship": pair.slug,
                "code": party.code,
                "position": position,
                "name": party.names["en"],
                "other_names": other_names(party.names),
                "timezone": party.timezone,
            }


def _rows(
    known: Iterable[_Known],
    kind: str,
    told: Callable[[Any, Relationship], Row],
    corrections: Corrections,
    moment: Moment,
) -> list[Row]:
    """The rows of one kind in the order of recording. One that stands no more is `corrected` as it was recorded."""
    every = [(row, one.relationship) for one in known for row in getattr(one, kind)]
    numbers = {row.entry.id for row, _ in every}
    return [
        told(as_seen(row.entry, moment.as_of), pair)
        | {
            "statement": row.statement,
            "replaces": row.entry.replaces if row.entry.replaces in numbers else None,
            "withdrawn_at": second_text(row.entry.withdrawn_at),
            "withdrawn_reason": row.entry.withdrawn_reason,
            "standing": row.stands,
            "corrected": bool(corrections.of(row.entry, moment.known_at if row.stands else row.entry.recorded_at)),
            "decision": row.entry.decision,
        }
        for row, pair in sorted(every, key=lambda item: item[0].entry.id)
    ]


def _history(seen: ChannelView) -> Iterator[Row]:
    changes = seen.states[::-1]
    for position, (change, following) in enumerate(zip_longest(changes, changes[1:]), start=1):
        yield {
            "channel": change.channel,
            "position": position,
            "state": change.state,
            "effective": change.effective.value,
            "from_day": change.effective.first.isoformat(),
            "from_day_latest": change.effective.last.isoformat(),
            "until_day": following.effective.first.isoformat() if following else None,
            "change": change.id,
            "contact": change.follows,
        }


def _source(item: tuple[str, Source]) -> Row:
    number, source = item
    return {
        "id": number,
        "url": source.url,
        "title": source.title,
        "publisher": source.publisher,
        "side": source.side,
        "published": source.published.value if source.published else None,
    }


def _citations(changes: Iterable[StatusChange], contacts: Iterable[Contact], moment: Moment) -> Iterator[Row]:
    cited = [
        (entry, source)
        for entries in (changes, contacts)
        for entry in sorted(entries, key=lambda entry: entry.id)
        for source in entry.sources
    ]
    for number, (entry, source) in enumerate(cited, start=1):
        withdrawn = source.withdrawn_at and source.withdrawn_at <= moment.known_at
        yield {
            "id": number,
            "change": entry.id if isinstance(entry, StatusChange) else None,
            "contact": entry.id if isinstance(entry, Contact) else None,
            "source": source_id(source),
            "quote": source.quote,
            "recorded_at": second_text(source.recorded_at),
            "withdrawn_at": second_text(source.withdrawn_at) if withdrawn else None,
            "says": source.says,
            "dated": source.dated.value if source.dated else None,
            "persons": "; ".join(source.persons) or None,
            "level": source.level,
            "denies": source.denies,
            "archived": source.archived,
        }


def _decisions(links: Iterable[tuple[Link, bool]]) -> list[Row]:
    """The decisions that are public, in their order."""
    told = [json.loads(link.payload) for link, public in links if public and link.kind == "decision"]
    return [
        {
            "id": entry["id"],
            "decided_at": second_text(datetime.fromisoformat(entry["fields"]["decided_at"])),
            "role": entry["role"],
            **{name: entry["fields"][name] for name in ("verdict", "candidate", "undoes", "note")},
        }
        for entry in sorted(told, key=lambda entry: entry["id"])
    ]


def _chain(links: Iterable[tuple[Link, bool]]) -> Iterator[Row]:
    for link, public in links:
        yield {
            "seq": link.seq,
            "hash": link.hash,
            "entry_sha256": link.payload_hash,
            "entry": link.payload if public else None,
            "kind": link.kind if public else None,
            "row": link.entry if public else None,
            "at": second_text(datetime.fromisoformat(link.at)) if public else None,
        }


def descriptor(tables: Sequence[Table], files: Mapping[str, bytes], moment: Moment) -> dict[str, Any]:
    """The datapackage.json of these tables; `files` are the bytes of each by its name."""
    resources = [
        _resource(table.name, f"{table.name}.csv", files)
        | {"profile": "tabular-data-resource", "description": table.about, "mediatype": "text/csv",
           "encoding": "utf-8", "schema": _schema(table, tables)}
        for table in tables
    ]  # fmt: skip
    whole = _resource("record", "record.json", files) | {
        "profile": "data-resource",
        "description": "All of the tables in one file.",
        "mediatype": "application/json",
        "encoding": "utf-8",
    }
    return {
        "name": "open-lines",
        "title": "Open Lines: the record",
        "description": ABOUT,
        "profile": "data-package",
        "licenses": [LICENCE],
        "as_of": moment.as_of.isoformat(),
        "known_at": second_text(moment.known_at),
        "counts": {table.name: len(table.rows) for table in tables},
        "resources": [*resources, whole],
    }


def _resource(name: str, path: str, files: Mapping[str, bytes]) -> dict[str, Any]:
    body = files[path]
    return {"name": name, "path": path, "bytes": len(body), "hash": f"sha256:{hashlib.sha256(body).hexdigest()}"}


def _schema(table: Table, tables: Sequence[Table]) -> dict[str, Any]:
    keys = {other.name: other.key for other in tables}
    references = [
        (column.name, "" if column.refers == table.name else column.refers, keys[column.refers][0])
        for column in table.columns
        if column.refers
    ]
    if any(column.name == "replaces" for column in table.columns):
        references.append(("replaces", "", "id"))
    return {
        "fields": [_field(column) for column in table.columns],
        "primaryKey": list(table.key),
        "missingValues": [""],
        "foreignKeys": [
            {"fields": [name], "reference": {"resource": other, "fields": [key]}} for name, other, key in references
        ],
    }


def _field(column: Column) -> dict[str, Any]:
    constraints: dict[str, Any] = {"required": True} if column.required else {}
    if column.values:
        constraints["enum"] = [str(value) for value in column.values]
    if column.kind == "partial":
        constraints["pattern"] = r"\d{4}(-\d{2}(-\d{2})?)?"
    kind = "string" if column.kind == "partial" else column.kind
    described = {"name": column.name, "type": kind, "description": column.about}
    return described | ({"constraints": constraints} if constraints else {})
