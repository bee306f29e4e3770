"""The chain of entries in the database: written by the rooms that write the entries, in the same transaction."""

from __future__ import annotations

import gzip
import secrets
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from db.queries import Connection, Row, load_queries
from db.text import by, instant
from tracker.record.chain import Checkpoint, Link, linked
from tracker.record.proof import Cited
from tracker.verifier import START, sha256

_sql = load_queries("chain.sql", streams=("links", "links_from"))

_STAMPS = ("withdrawn_at", "withdrawn_by", "withdrawn_reason")
"""What a row gets later, once, and which is an entry of its own then."""

_ROWS = {
    "status_change": _sql.status_change_row,
    "contact": _sql.contact_row,
    "citation": _sql.citation_row,
    "decision": _sql.decision_row,
    "regrouping": _sql.regrouping_row,
    "first_word": _sql.first_word_row,
    "second_word": _sql.second_word_row,
    "basis": _sql.basis_row,
}
_OF_CLAIMS = ("status_change", "contact", "citation")
_CLAIMED = {"status_change": _sql.links_of_status_change, "contact": _sql.links_of_contact}
_WHEN = {
    "decision": "decided_at", "regrouping": "regrouped_at", "first_word": "given_at", "second_word": "given_at",
}  # fmt: skip
_WHO = {
    "decision": "decided_by", "regrouping": "regrouped_by", "first_word": "given_by", "second_word": "given_by",
    "citation": None, "basis": None,
}  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """A row as the chain sees it: what it tells, who acted (None where another entry says so), and when (ISO text)."""

    fields: dict[str, Any]
    name: str | None
    at: str


class Chain:
    """Reads and writes links over one connection; writes belong into the transaction that writes the entry."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def append(self, kind: str, entry: int) -> None:
        """Put a row that was just written at the end of the chain.

        `kind` is its table, with `_withdrawn` after it where it was just taken back.
        """
        row = self.entry(kind, entry)
        last = _sql.last_link(self._db)
        before = _link(last) if last else None
        salt = secrets.token_hex(16)
        _sql.add_link(
            self._db,
            **asdict(linked(before, kind, entry, at=row.at, fields=row.fields, name=row.name, salt=salt)),
        )

    def append_unlinked(self) -> None:
        """Put every entry that is in no link at the end of the chain, in the order of recording."""
        for row in list(_sql.unlinked(self._db)):
            self.append(row["kind"], row["id"])

    def entry(self, kind: str, entry: int) -> Entry | None:
        """The row of a link as it stands now: every column is told but the name, and None where it is gone."""
        table = kind.removesuffix("_withdrawn")
        row = _ROWS[table](self._db, id=entry) if table in _ROWS else None
        if row is None:
            return None
        told = dict(row)
        if kind != table:
            fields = {name: told[name] for name in _STAMPS if name in told and name != "withdrawn_by"}
            return Entry(fields, told.get("withdrawn_by"), told["withdrawn_at"])
        if table == "basis":  # what reviewers did to it stands in it by name, so that a link holds its hash alone
            told["told"] = sha256(told["told"].encode())
        who = _WHO.get(kind, "recorded_by")
        fields = {name: value for name, value in told.items() if name not in ("id", who, *_STAMPS)}
        return Entry(fields, told[who] if who else None, told[_WHEN.get(kind, "recorded_at")])

    def head(self, known_at: datetime | None = None) -> Checkpoint:
        """The last link, as the chain stood at an instant (None: now); link 0 before the first."""
        row = _sql.head(self._db, known_at=by(known_at))
        return _checkpoint(row) if row else Checkpoint(0, START, None)

    def daily_heads(self, known_at: datetime | None = None) -> list[Checkpoint]:
        """The last link of each UTC day up to an instant (None: now), oldest first; that of today may still grow."""
        return [_checkpoint(row) for row in _sql.daily_heads(self._db, known_at=by(known_at))]

    def links(self) -> Iterator[Link]:
        """All links in order, one at a time."""
        return map(_link, _sql.links(self._db))

    def count(self) -> int:
        return _sql.count_links(self._db)["number"]

    def hash_at(self, seq: int) -> str | None:
        """The hash of a link; None where there is none of that number."""
        row = _sql.link(self._db, seq=seq)
        return row["hash"] if row else START if seq == 0 else None

    def hashes_from(self, seq: int) -> Iterator[tuple[int, str, str]]:
        """Number, hash of the entry and hash of each link from `seq` on."""
        return map(tuple, _sql.links_from(self._db, seq=seq))

    def unlinked(self) -> Iterator[tuple[str, int]]:
        """Kind and id of entries that are in no link."""
        rows = (*_sql.unlinked(self._db), *_sql.unlinked_words(self._db))
        return ((row["kind"], row["id"]) for row in rows)

    def of_claim(self, kind: str, entry: int) -> list[Link]:
        """The links of all that is on record of a claim, in order; none: there is no such claim.

        `kind`: status_change or contact. Its own entry, its sources, the decisions behind them, what was taken back,
        and the rows that replaced it.
        """
        return [_link(row) for row in _CLAIMED[kind](self._db, id=entry)]

    def shown(self) -> Iterator[tuple[Link, bool]]:
        """All links in order, and of each whether the proof of some claim shows its entry, and not its hash alone."""
        behind = {(row["kind"], row["id"]) for row in _sql.public_decisions(self._db)}
        for link in self.links():
            yield link, link.kind.removesuffix("_withdrawn") in _OF_CLAIMS or (link.kind, link.entry) in behind

    def cited(self, release: int, revision: int, page: str | None) -> Cited:
        """What is kept of a cited revision; `page`: the SHA-256 of the page that was cited with it."""
        words = _sql.cited_words(self._db, release=release, revision=revision)
        kept = _sql.cited_page(self._db, release=release, revision=revision, sha256=page) if page else None
        body = gzip.decompress(kept["body"]) if kept else None
        return Cited(release, revision, words["title"], words["summary"], body)


def _link(row: Row) -> Link:
    return Link(**dict(row))


def _checkpoint(row: Row) -> Checkpoint:
    return Checkpoint(row["seq"], row["hash"], instant(row["at"]))
