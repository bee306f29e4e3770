"""Claims: each row of the record at an address of its own for good, with what became of it, and its proof."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, NoReturn

from flask import Response, request, url_for

from tracker.errors import NotFound
from tracker.model import SEED, Contact, Moment, Source, StatusChange
from tracker.record.history import known_row
from tracker.record.ledger import Act
from tracker.record.lineage import entry_key, known_rows
from tracker.record.proof import FORM, cited_revisions, proof
from tracker.reviewing.amend import ClaimName
from tracker.tongue import gettext
from tracker.verifier import CLAIMS, sha256
from tracker.web.auth import may
from tracker.web.current import Snapshot, current, find_channel
from tracker.wording import recorded_words, sentences


class Standing(StrEnum):
    """What a claim counts for now."""

    STANDS = "stands"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"


class Done(StrEnum):
    """What a reviewer did to a claim a moment ago, as its address says it."""

    CORRECTED = "corrected"
    WITHDRAWN = "withdrawn"
    CITED = "cited"


@dataclass(frozen=True)
class Event:
    """Something that befell a claim: when we recorded it, what, and another claim that it names."""

    at: datetime
    what: str
    claim: str | None = None


@dataclass(frozen=True)
class Claim:
    """A row of the record as known at an instant, with what had become of it by then, oldest first."""

    id: str
    entry: StatusChange | Contact
    standing: Standing
    events: tuple[Event, ...]


def claim_values(name: str, moment: Moment) -> dict[str, Any]:
    """What the page of a claim shows of it at a moment; nothing of a claim that was not on record by then, or tells of
    what had not happened. Raises NotFound.
    """
    snapshot = current().snapshot()
    row = find_row(snapshot, name)
    channel = find_channel(snapshot, row.channel, moment.known_at)
    of_any = {
        "name": name,
        "channel": channel,
        "relationship": snapshot.relationship(channel.relationship),
        "on_record": row.recorded_at <= moment.known_at,
    }
    seen = known_row(row, moment)
    return of_any | (_values(snapshot, name, moment, seen) if seen else {"claim": None})


def _values(snapshot: Snapshot, name: str, moment: Moment, seen: StatusChange | Contact) -> dict[str, Any]:
    """`seen`: the row with the sources that speak for it at the moment."""
    claim = claim_at(snapshot, name, moment.known_at)
    entry = claim.entry
    kind, number = _row_of(name)
    with current().service.store.reading() as db:
        links, head = db.chain.of_claim(kind, number), db.chain.head()
    older = entry_key(replace(entry, id=entry.replaces)) if entry.replaces else None
    return {
        "done": request.args.get("done") if may("reviewer") else None,
        "older": older,
        "older_stands": bool(older) and claim_at(snapshot, older, moment.known_at).standing is Standing.STANDS,
        "claim": claim,
        "entry": entry,
        "cited": seen,
        "own": next(link for link in links if (link.kind, link.entry) == (kind, number)),
        "head": head,
        "address": _address(name),
        "acts": _corrections_of(snapshot, entry, moment.known_at),
    }


def _corrections_of(snapshot: Snapshot, entry: StatusChange | Contact, known_at: datetime) -> list[Act]:
    """The acts by which a row came to say what it says, or says it no more, newest first."""
    return [
        act
        for act in reversed(snapshot.lines[entry.channel].acts)
        if act.deed.corrects and act.at <= known_at and act.concerns(entry)
    ]


def claim_proof(name: str) -> Response:
    """The proof of a claim, made anew for who does not have it: too large to be kept in memory, and soon made.

    Raises NotFound.
    """
    kind, row = _row_of(name)
    address = _address(name)
    with current().service.store.reading() as db:
        etag = sha256(f"{FORM} {address} {db.chain.head().hash}".encode())[:32]
        headers = {"ETag": f'"{etag}"', "Cache-Control": "no-cache"}
        if request.if_none_match.contains(etag):
            return Response(status=304, headers=headers)
        links = db.chain.of_claim(kind, row) or _unknown(name)
        first = links[0].seq
        cited = [db.chain.cited(*which) for which in cited_revisions(links)]
        hashes = list(db.chain.hashes_from(first))
        body = proof(name, address, links, db.chain.hash_at(first - 1), hashes, cited)
    headers["Content-Disposition"] = f'attachment; filename="openlines-{name}.zip"'
    return Response(body, headers=headers, mimetype="application/zip")


def find_row(snapshot: Snapshot, name: str) -> StatusChange | Contact:
    """The row of that name, withdrawn or not, with all that became of it. Raises NotFound."""
    return snapshot.by_name.get(name) or _unknown(name)


def claim_at(snapshot: Snapshot, name: str, known_at: datetime) -> Claim:
    """The claim of that name as it was known at an instant, by which it was on record. Raises NotFound."""
    row = find_row(snapshot, name)
    changes, contacts = snapshot.entries[row.channel]
    known = known_rows(changes if isinstance(row, StatusChange) else contacts, known_at)
    entry = next(one for one in known if one.id == row.id)
    later = [one for one in known if one.replaces == row.id]
    return Claim(name, entry, _standing(entry, later), tuple(sorted(_events(entry, later), key=lambda event: event.at)))


def _standing(entry: StatusChange | Contact, later: Iterable[StatusChange | Contact]) -> Standing:
    if entry.withdrawn_at:
        return Standing.WITHDRAWN
    return Standing.REPLACED if any(row.withdrawn_at is None for row in later) else Standing.STANDS


def _events(entry: StatusChange | Contact, later: Iterable[StatusChange | Contact]) -> Iterable[Event]:
    by = gettext("the seed") if entry.recorded_by == SEED else gettext("a reviewer")
    if entry.replaces:
        told = gettext("Recorded by %(by)s, in the place of", by=by)
        yield Event(entry.recorded_at, told, entry_key(replace(entry, id=entry.replaces)))
    else:
        yield Event(entry.recorded_at, gettext("Recorded by %(by)s.", by=by))
    for source in entry.sources:
        yield from _of_source(source, entry)
    for row in later:
        yield Event(row.recorded_at, gettext("Replaced by"), entry_key(row))
        if row.withdrawn_at:
            yield Event(row.withdrawn_at, gettext("Withdrawn was the row in its place,"), entry_key(row))
    if entry.withdrawn_at:
        told = sentences(gettext("Withdrawn by a reviewer."), recorded_words(entry.withdrawn_reason))
        yield Event(entry.withdrawn_at, told)


def _of_source(source: Source, entry: StatusChange | Contact) -> Iterable[Event]:
    if source.recorded_at > entry.recorded_at:
        yield Event(source.recorded_at, gettext("Cited too: %(title)s (%(publisher)s).", **_named(source)))
    if source.withdrawn_at and source.withdrawn_at != entry.withdrawn_at:
        yield Event(source.withdrawn_at, gettext("No longer cited: %(title)s (%(publisher)s).", **_named(source)))


def _named(source: Source) -> dict[str, str]:
    return {"title": source.title, "publisher": source.publisher}


def _row_of(name: str) -> tuple[str, int]:
    """Kind and id of the row of that name. Raises NotFound."""
    read = ClaimName.read(name)
    return (CLAIMS[read.word], read.id) if str(read) == name else _unknown(name)


def _address(claim: str) -> str:
    return current().service.settings.base_url + url_for("pages.claim", claim=claim)


def _unknown(claim: str) -> NoReturn:
    raise NotFound(
        gettext("There is no claim %(claim)s.", claim=repr(claim[:60])),
        gettext(
            "Claims are named change-7 or contact-12; none is ever taken away, and a channel's page leads to its own."
        ),
    )
