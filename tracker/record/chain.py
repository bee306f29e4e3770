"""The chain of entries: whatever is put on the record, or taken back, is a link whose hash holds all links before it.

Pure. How an entry is written and hashed stands in `tracker/verifier.py`, which travels with every proof. The name of
the person who acted goes in as a salted hash only: an entry can be shown without it, and a name that was changed later
is found all the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from tracker.model import SEED
from tracker.verifier import START, canonical, link_hash, sha256

_ENTRY = {"seq", "kind", "id", "at", "fields", "role", "seal"}


@dataclass(frozen=True)
class Checkpoint:
    """A head of the chain: number and hash of a link, and when it was made (a UTC instant; None before the first)."""

    seq: int
    hash: str
    at: datetime | None


@dataclass(frozen=True)
class Finding:
    """Something that is not as it was recorded: which row or link, and what differs."""

    place: str
    what: str

    def __str__(self) -> str:
        return f"{self.place}: {self.what}."


@dataclass(frozen=True)
class Link:
    """An entry in the chain. `seq` counts from 1; `at` is the entry's instant as ISO text, never before the last one.

    `kind` and `entry` name the row; `payload` is the entry as canonical JSON, `payload_hash` and `hash` are SHA-256 in
    hexadecimal. `salt` stays with us: with it, and the name of who acted, the payload's `seal` can be made again.
    """

    seq: int
    kind: str
    entry: int
    at: str
    salt: str
    payload: str
    payload_hash: str
    hash: str


def linked(
    before: Link | None, kind: str, entry: int, *, at: str, fields: Mapping[str, Any], name: str | None, salt: str
) -> Link:
    """The link that puts an entry after another. `name`: who acted, or None where another entry says so.

    Raises ValueError for a field that is neither text, a whole number nor null: it could be written in two ways.
    """
    for field, value in fields.items():
        if not isinstance(value, str | int | None):
            raise ValueError(f"{field} of {kind} {entry} is {type(value).__name__}; only text and whole numbers chain")
    seq, at = (before.seq + 1, max(at, before.at)) if before else (1, at)
    told = {"seq": seq, "kind": kind, "id": entry, "at": at, "fields": dict(fields)}
    payload = canonical(told | {"role": role_of(name), "seal": seal(name, salt)})
    hashed, last = sha256(payload), before.hash if before else START
    return Link(seq, kind, entry, at, salt, payload.decode(), hashed, link_hash(last, hashed))


def role_of(name: str | None) -> str | None:
    """In which role somebody acted; the public chain shows this and no name."""
    return None if name is None else SEED if name == SEED else "reviewer"


def seal(name: str | None, salt: str) -> str:
    """What the chain holds in the place of a name."""
    return sha256(f"{salt}{name or ''}".encode())


def broken_link(before: Link | None, link: Link) -> str | None:
    """What is wrong with a link by itself and with the one before it, in words; None if nothing is."""
    last = before.seq if before else 0
    if link.seq != last + 1:
        return f"it follows link {last}; what stood between is gone"
    if sha256(link.payload.encode()) != link.payload_hash:
        return "its payload is not the one that was hashed"
    if link.hash != link_hash(before.hash if before else START, link.payload_hash):
        return "its hash does not follow from the link before and its entry"
    told = json.loads(link.payload)
    if not isinstance(told, dict) or told.keys() != _ENTRY or not isinstance(told["fields"], dict):
        return "its payload is no entry"
    for name, value in (("seq", link.seq), ("kind", link.kind), ("id", link.entry), ("at", link.at)):
        if told[name] != value:
            return f"its {name} is {value!r}, in the chain it is {told[name]!r}"
    return None


def broken_row(link: Link, fields: Mapping[str, Any] | None, name: str | None) -> str | None:
    """How a row as it stands (None: it is gone) differs from what was put on the record, in words; None if it does not.

    A column that came with a later version is in no older link, and has to be empty in that row.
    """
    told = json.loads(link.payload)
    if fields is None:
        return "it is gone; the chain has it"
    for field, recorded in told["fields"].items():
        if field not in fields:
            return f"it has no {field} any more"
        if fields[field] != recorded:
            return f"its {field} is {shown(fields[field])}, recorded was {shown(recorded)}"
    for field in fields.keys() - told["fields"].keys():
        if fields[field] is not None:
            return f"its {field} is {shown(fields[field])}, and nothing of the kind was recorded"
    if (told["role"], told["seal"]) != (role_of(name), seal(name, link.salt)):
        return "who acted is not the one that was recorded"
    return None


def shown(value: Any) -> str:
    """A value as a finding names it, cut where it is long."""
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= 80 else f"{text[:76]}…{text[-1]}"


def daily_checkpoints(heads: Iterable[Checkpoint], today: date) -> list[Checkpoint]:
    """Of the last links of each UTC day those of days that are over, newest first: they never change again."""
    return sorted((head for head in heads if head.at and head.at.date() < today), key=lambda h: h.seq, reverse=True)
