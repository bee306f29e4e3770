"""The record as flat tables: which columns there are, what each means, and the rows. Pure; codes and ISO text.

The same columns are served as CSV and exported as files. A date is as precise as it is known and never padded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tracker.model import (
    THIRD_PARTY,
    Category,
    Channel,
    Contact,
    Entry,
    Outcome,
    PartialDate,
    Precision,
    Relationship,
    Source,
    State,
    StatusChange,
)
from tracker.moments import second_text
from tracker.record.attest import corroboration
from tracker.record.differing import contested_words
from tracker.record.disputes import Dispute
from tracker.record.history import ChannelView
from tracker.record.ledger import Act
from tracker.tongue import ENGLISH, speaking

Cell = str | int | bool | None
Row = dict[str, Cell]


@dataclass(frozen=True)
class Column:
    """A column: `kind` is its type in a Table Schema (`partial` for a date of day, month or year); `refers` names the
    table whose key its values are.
    """

    name: str
    about: str
    kind: str = "string"
    required: bool = False
    values: tuple[str, ...] = ()
    refers: str | None = None


@dataclass(frozen=True)
class Table:
    """Rows under columns; `key` names the columns that tell one row from another."""

    name: str
    about: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    rows: tuple[Row, ...]


STATES = tuple(State)
WORDS_OF = ("both", "none", THIRD_PARTY)

CHANNEL = (
    Column("slug", "The channel's name in addresses.", required=True),
    Column("relationship", "Between whom it runs.", required=True, refers="relationships"),
    Column("category", "Its group on the dashboard.", required=True, values=tuple(Category)),
    Column("name", "Its name in English.", required=True),
    Column("other_names", "Its names in other languages, each after its code: `zh: …`; several stand apart by ` | `."),
    Column("counterpart_1", "The office of the first party."),
    Column("counterpart_2", "The office of the second party."),
    Column("description", "What it is for.", required=True),
    Column("cadence", "How often it should meet.", values=("monthly", "quarterly", "semiannual", "annual")),
    Column("established", "Since when it exists.", "partial"),
)

STANDING = (
    Column("state", "Its state at the moment; empty before its first status change.", values=STATES),
    Column("since", "From when on it is in that state.", "partial"),
    Column("since_precision", "How precisely that is known.", values=tuple(Precision)),
    Column("days_in_state", "Whole days since the first day that `since` can mean.", "integer"),
    Column("expected", "Of a planned channel: when it is to take place.", "partial"),
    Column("cause", "Why it is in that state."),
    Column("corroboration", "On whose word: both, a party's code, third-party or none.", required=True),
    Column("contested", "Whether accounts of the sides differ.", "boolean", required=True),
    Column("overdue", "Promised and not seen, or silent beyond its own rhythm.", "boolean", required=True),
    Column("last_contact", "The first day of the last contact held.", "partial"),
    Column("last_refused", "When a contact was last refused or not answered.", "partial"),
    Column("next_contact", "When the next announced contact is to be.", "partial"),
)

MORE = (
    Column("settled", "Why accounts that differ are contested no more."),
    Column("unconfirmed", "What of it could not be confirmed: date, place, or both, set apart by a space."),
)
"""What both have at the end of a row, since it came later."""

REPLACING = (
    Column("corrected", "Whether its statement said otherwise before.", "boolean", required=True),
    Column("reason", "Why the row replaces another, where a reviewer said so."),
)
"""What tells of a row that is one of several which were recorded one after another."""

_TOLD = (
    Column("note", "A remark on the row."),
    Column("contested", "How another side's account differs, in words."),
    Column("corroboration", "On whose word: both, a party's code, third-party or none.", required=True),
    Column("recorded_at", "When we recorded it, in UTC.", "datetime", required=True),
    Column("recorded_by", "The seed, or a reviewer.", required=True, values=("seed", "a reviewer")),
)

CHANGE = (
    Column("id", "The number of the row; empty for a change that follows from a contact by rule.", "integer"),
    Column("channel", "The channel that it befell.", required=True, refers="channels"),
    Column("state", "The state from then on.", required=True, values=STATES),
    Column("effective", "From when on, as precisely as it is known.", "partial", required=True),
    Column("effective_precision", "How precisely.", required=True, values=tuple(Precision)),
    Column("expected", "Of a planned channel: when it is to take place.", "partial"),
    Column("cause", "What happened.", required=True),
    *_TOLD,
)

CONTACT = (
    Column("id", "The number of the row.", "integer", required=True),
    Column("channel", "The channel that it belongs to.", required=True, refers="channels"),
    Column("outcome", "What became of it.", required=True, values=tuple(Outcome)),
    Column("date", "Its (first) day, as precisely as it is known; empty for one announced without a date.", "partial"),
    Column("date_precision", "How precisely.", values=tuple(Precision)),
    Column("end", "Its last day, where it had several.", "date"),
    Column("announced", "The day on which it was announced.", "date"),
    Column("form", "in person, phone, video, …"),
    Column("place", "Where."),
    Column("round", "The number of the round of a series of talks.", "integer"),
    Column("persons", "Who took part."),
    Column("summary", "What it was, in a sentence."),
    Column("asked_by", "The side that asked for it."),
    Column("substantive", "False for what was no use of the channel, such as a handshake.", "boolean", required=True),
    *_TOLD,
)

AT_MOMENT = (
    Column("as_of", "The day in the world that is shown.", "date", required=True),
    Column("known_at", "The instant up to which our record is shown, in UTC.", "datetime", required=True),
)

CITED = (
    Column("sources", "The addresses of the sources, set apart by spaces."),
    Column("source_sides", "The sides that the sources speak for, each once, set apart by spaces."),
)

DENIED = (Column("denied_by", "The addresses of those of the sources that deny what it tells, set apart by spaces."),)
"""At the end of a row, since it came later."""

CORRECTED = (
    Column("corrected_at", "When what the row tells was last corrected, in UTC; empty where it never was.", "datetime"),
    Column("corrected_from", "What it said before: each field that differs, as `name: value`; set apart by ` | `."),
    Column("corrected_why", "Why, in the words of who corrected it."),
)


def channel_row(channel: Channel, relationship: Relationship) -> Row:
    first, second = (channel.counterparts.get(party.code) for party in relationship.parties)
    return {
        "slug": channel.slug,
        "relationship": channel.relationship,
        "category": channel.category,
        "name": channel.names["en"],
        "other_names": other_names(channel.names),
        "counterpart_1": first,
        "counterpart_2": second,
        "description": channel.description,
        "cadence": channel.cadence,
        "established": _date(channel.established),
    }


def standing_row(view: ChannelView) -> Row:
    change, last, refused, coming = view.change, view.last_contact, view.last_refused, view.next_contact
    return {
        "state": view.state,
        "since": _date(change.effective) if change else None,
        "since_precision": change.effective.precision if change else None,
        "days_in_state": view.days_in_state,
        "expected": _date(change.expected) if change else None,
        "cause": change.cause if change else None,
        "corroboration": view.corroboration,
        "contested": view.contested,
        "overdue": view.overdue,
        "last_contact": _date(last.date) if last else None,
        "last_refused": _date(refused.date) if refused else None,
        "next_contact": _date(coming.date) if coming else None,
    }


def change_row(change: StatusChange, relationship: Relationship) -> Row:
    return {
        "id": change.id,
        "channel": change.channel,
        "state": change.state,
        "effective": change.effective.value,
        "effective_precision": change.effective.precision,
        "expected": _date(change.expected),
        "cause": change.cause,
        **_told(change, relationship),
    }


def contact_row(contact: Contact, relationship: Relationship, opposition: Dispute | None = None) -> Row:
    return {
        "id": contact.id,
        "channel": contact.channel,
        "outcome": contact.outcome,
        "date": _date(contact.date),
        "date_precision": contact.date.precision if contact.date else None,
        "end": contact.end.isoformat() if contact.end else None,
        "announced": contact.announced.isoformat() if contact.announced else None,
        "form": contact.form,
        "place": contact.place,
        "round": contact.round,
        "persons": contact.persons,
        "summary": contact.summary,
        "asked_by": contact.asked_by,
        "substantive": contact.substantive,
        **_told(contact, relationship, opposition),
    }


def cited_row(sources: Iterable[Source]) -> Row:
    sources = list(sources)
    return {
        "sources": _addresses(sources),
        "source_sides": " ".join(sorted({source.side for source in sources})),
        "denied_by": _addresses(source for source in sources if source.denies) or None,
    }


def _addresses(sources: Iterable[Source]) -> str:
    return " ".join(dict.fromkeys(source.url.replace(" ", "%20") for source in sources))


def corrected_row(act: Act | None) -> Row:
    """The last correction of a row; of one that was never corrected, empty cells."""
    if act is None:
        return dict.fromkeys(column.name for column in CORRECTED)
    said = " | ".join(f"{name}: {'' if old is None else csv_cell(old)}" for name, old, _ in act.altered)
    return {"corrected_at": second_text(act.at), "corrected_from": said, "corrected_why": act.why}


def _told(entry: Entry, relationship: Relationship, opposition: Dispute | None = None) -> Row:
    return {
        "note": entry.note,
        "contested": _contested(entry, relationship, opposition),
        "corroboration": corroboration(entry, relationship),
        "recorded_at": second_text(entry.recorded_at),
        "recorded_by": entry.recorder,
        "settled": entry.settled,
        "reason": entry.reason,
        "unconfirmed": " ".join(entry.unconfirmed) or None,
    }


def _contested(entry: Entry, relationship: Relationship, opposition: Dispute | None) -> str | None:
    with speaking(ENGLISH):
        return contested_words(entry, relationship, opposition)


def other_names(names: Mapping[str, str]) -> str | None:
    return " | ".join(f"{lang}: {name}" for lang, name in names.items() if lang != "en") or None


def _date(when: PartialDate | None) -> str | None:
    return when.value if when else None


FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""How a cell begins that some spreadsheet, in some language, takes for a formula, or passes by to find one."""


def csv_cell(cell: Cell) -> Cell:
    """A cell as it is written: no spreadsheet may take words for a formula, so an apostrophe stands before those that
    begin as one does.
    """
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, str) and cell.startswith(FORMULAS):
        return f"'{cell}"
    return cell
