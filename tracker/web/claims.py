"""Claims: each row of the record at an address of its own for good, with what became of it, and its proof."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, NoReturn

from flask import Response, request, url_for

from tracker.errors import NotFound
from tracker.model import SEED, Contact, Source, StatusChange
from tracker.record.history import as_cited
from tracker.record.lineage import entry_key
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
    """A row of the record with what became of it, oldest first."""

    id: str
    entry: StatusChange | Contact
    standing: Standing
    events: tuple[Event, ...]


def claim_values(name: str) -> dict[str, Any]:
    """What the page of a claim shows. Raises NotFound."""
    snapshot = current().snapshot()
    claim = find_claim(snapshot, name)
    kind, row = _row_of(name)
    with current().service.store.reading() as db:
        links, head = db.chain.of_claim(kind, row), db.chain.head()
    channel = find_channel(snapshot, claim.entry.channel)
    older = entry_key(replace(claim.entry, id=claim.entry.replaces)) if claim.entry.replaces else None
    return {
        "done": request.args.get("done") if may("reviewer") else None,
        "older": older,
        "older_stands": bool(older) and find_claim(snapshot, older).standing is Standing.STANDS,
        "claim": claim,
        "entry": claim.entry,
        "cited": as_cited(claim.entry, snapshot.now),
        "channel": channel,
        "relationship": snapshot.relationship(channel.relationship),
        "own": next(link for link in links if (link.kind, link.entry) == (kind, row)),
        "head": head,
        "address": _address(name),
    }


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


def find_claim(snapshot: Snapshot, name: str) -> Claim:
    """The claim of that name, withdrawn or not. Raises NotFound."""
    rows = [row for changes, contacts in snapshot.entries.values() for row in (*changes, *contacts)]
    entry = next((row for row in rows if entry_key(row) == name), None) or _unknown(name)
    later = [row for row in rows if type(row) is type(entry) and row.replaces == entry.id]
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
