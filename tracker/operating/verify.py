"""Whether the record is still what was recorded: rows against links, bytes against hashes, and a published head."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeVar

from db.store import Store, StoreError, Subjects
from tracker.errors import Refused
from tracker.record.chain import Checkpoint, Finding, Link, broken_link, broken_row
from tracker.verifier import START

MOST_FINDINGS = 100
"""Findings that are told; of a record that was rewritten, the others say the same."""

T = TypeVar("T")

Watch = Callable[[Iterable[T], str, int], Iterable[T]]
"""Passes rows on, and may show how far they are: what they are, and how many."""


@dataclass(frozen=True)
class Verified:
    """How many rows were looked at, by name; the head of the chain; what is wrong, and how much there is of it."""

    checked: dict[str, int]
    head: Checkpoint
    findings: tuple[Finding, ...]
    found: int


def read_checkpoint(body: bytes, where: str) -> Checkpoint:
    """A checkpoint as `/api/v1/checkpoint` gives it. Raises Refused that names where it came from."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        raise _no_checkpoint(where, "it is not JSON") from None
    if not isinstance(told, dict) or not {"seq", "hash"} <= told.keys():
        raise _no_checkpoint(where, "it is no object with seq and hash")
    seq, hashed = told["seq"], told["hash"]
    if type(seq) is not int or not 0 <= seq < 2**63:
        raise _no_checkpoint(where, "its seq is no number of a link")
    if not isinstance(hashed, str) or not re.fullmatch("[0-9a-f]{64}", hashed):
        raise _no_checkpoint(where, "its hash is not 64 hexadecimal digits in small letters")
    return Checkpoint(seq, hashed, None)


def _no_checkpoint(where: str, why: str) -> Refused:
    return Refused(f"{where} is no checkpoint: {why}.", "Give what /api/v1/checkpoint answered.")


def _unwatched(rows: Iterable[T], _words: str, _number: int) -> Iterable[T]:
    return rows


def verify(store: Store, published: Checkpoint | None = None, watch: Watch = _unwatched) -> Verified:
    """Look at everything in one consistent picture; what is wrong is in the answer. Raises StoreError."""
    with store.reading() as db:
        damaged = db.integrity.file_faults()
    try:
        return _verified(store, published, watch, damaged)
    except StoreError:
        if not damaged:
            raise
        # What cannot be read says nothing of the record.
        return Verified({}, Checkpoint(0, START, None), tuple(damaged[:MOST_FINDINGS]), len(damaged))


def _verified(store: Store, published: Checkpoint | None, watch: Watch, damaged: Sequence[Finding]) -> Verified:
    with store.reading() as db:
        findings, found, sizes = [], 0, db.integrity.sizes()
        for finding in chain(_broken(db, published, sizes, watch), damaged):
            found += 1
            if found <= MOST_FINDINGS:
                findings.append(finding)
        return Verified(sizes, db.chain.head(), tuple(findings), found)


def _broken(db: Subjects, published: Checkpoint | None, sizes: dict[str, int], watch: Watch) -> Iterator[Finding]:
    yield from filter(None, watch(_chain(db), "Links", sizes["links"]))
    for kind, entry in db.chain.unlinked():
        yield Finding(_row(kind, entry), "it is in no link of the chain: the program did not write it")
    if published and (unmet := _unmet(db, published)):
        yield unmet
    yield from filter(None, watch(db.integrity.revisions(), "Words", sizes["revisions"]))
    yield from filter(None, watch(db.integrity.pages(), "Pages", sizes["pages"]))
    yield from filter(None, watch(db.integrity.quotes(), "Quotes", sizes["quotes"]))
    yield from filter(None, watch(db.integrity.evidence(), "Evidence", sizes["sightings"]))
    yield from filter(None, watch(db.bases.faults(), "Bases", sizes["decided"]))


def _chain(db: Subjects) -> Iterator[Finding | None]:
    """Each link against the one before and against its row."""
    before: Link | None = None
    for link in db.chain.links():
        entry = db.chain.entry(link.kind, link.entry)
        fields, name = (entry.fields, entry.name) if entry else (None, None)
        if wrong := broken_link(before, link):
            yield Finding(f"link {link.seq} ({_row(link.kind, link.entry)})", wrong)
        else:
            wrong = broken_row(link, fields, name)
            yield Finding(f"{_row(link.kind, link.entry)} (link {link.seq})", wrong) if wrong else None
        before = link


def _row(kind: str, entry: int) -> str:
    table = kind.removesuffix("_withdrawn")
    return f"{table} {entry}" if table == kind else f"withdrawal of {table} {entry}"


def _unmet(db: Subjects, published: Checkpoint) -> Finding | None:
    """How the chain differs from a head that somebody else kept."""
    ours = db.chain.hash_at(published.seq)
    if ours == published.hash:
        return None
    if ours is None:
        return Finding(
            f"link {published.seq}", "it was published and is not in the chain: the end of the record is gone"
        )
    return Finding(f"link {published.seq}", f"it is {ours}, published was {published.hash}: the chain was rewritten")
