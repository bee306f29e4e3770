"""Whether what is stored is whole: the database, kept words and pages against their hashes, quotes in place."""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from db.queries import Connection, Row, load_queries
from db.text import instant
from tracker.record.chain import Finding, shown
from tracker.verifier import words_hash

_sql = load_queries("integrity.sql", streams=("revisions", "page_copies", "quotes", "evidence"))


@dataclass(frozen=True)
class EngineState:
    """The version of the database engine, and how it is set for a connection of ours."""

    version: str
    settings: dict[str, str]


class Integrity(ABC):
    """Reads over one connection. Each check answers row by row, what is wrong or None, and keeps nothing in memory.

    What the engine finds of itself is told by `db/sqlite/integrity.py` and `db/postgres/integrity.py`.
    """

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    @abstractmethod
    def file_faults(self) -> list[Finding]:
        """What the database engine finds wrong with what it stores, and rows that point to none."""

    @abstractmethod
    def quick_faults(self) -> list[str]:
        """What the database engine finds wrong without looking at indexes; quick where `file_faults` is thorough."""

    @abstractmethod
    def engine(self) -> EngineState:
        """What runs, and how."""

    def newest(self) -> datetime | None:
        """The latest UTC instant at which anything was recorded or polled."""
        said = [row["at"] for row in _sql.newest(self._db) if row["at"]]
        return instant(max(said)) if said else None

    def sizes(self) -> dict[str, int]:
        """How many rows each check will look at: links, revisions, pages, quotes, sightings, and candidates
        on which anything was decided.
        """
        return dict(_sql.sizes(self._db))

    def revisions(self) -> Iterator[Finding | None]:
        """The words of every revision of every release against their hash."""
        for row in _sql.revisions(self._db):
            same = words_hash(row["title"], row["summary"]) == row["hash"]
            yield None if same else Finding(f"release_revision {row['release']}/{row['number']}", "its words changed")

    def pages(self) -> Iterator[Finding | None]:
        """The bytes of every kept page against their hash and size."""
        for row in _sql.page_copies(self._db):
            wrong = _wrong_page(row)
            yield Finding(row["place"], wrong) if wrong else None

    def quotes(self) -> Iterator[Finding | None]:
        """Every quote of a kept release against the words that were cited, and whose the release is and of which day
        against the source that was made of it.
        """
        for row in _sql.quotes(self._db):
            wrong = _wrong_quote(row)
            yield Finding(f"citation {row['id']}", wrong) if wrong else None

    def evidence(self) -> Iterator[Finding | None]:
        """The words that made each sighting fire against the revision in which they stood."""
        for row in _sql.evidence(self._db):
            wrong = _wrong_evidence(row)
            yield Finding(f"sighting {row['id']}", wrong) if wrong else None


def _wrong_page(row: Row) -> str | None:
    try:
        body = gzip.decompress(row["body"])
    except (OSError, EOFError, zlib.error) as error:
        return f"its bytes cannot be unzipped ({error})"
    if hashlib.sha256(body).hexdigest() != row["sha256"]:
        return "its bytes are not those of its SHA-256"
    return None if len(body) == row["size"] else f"it has {len(body)} bytes and says {row['size']}"


def _wrong_quote(row: Row) -> str | None:
    where = _place(row)
    if row["title"] is None:
        return f"{where}, which it cites, is gone"
    if words_hash(row["title"], row["summary"]) != row["words_sha256"]:
        return f"the words of {where} are not those that it cites"
    for column in ("url", "publisher", "side", "published"):
        if row[f"release_{column}"] != row[column]:
            return f"its source has the {column} {shown(row[column])}, {where} has {shown(row[f'release_{column}'])}"
    text = {"title": row["title"], "summary": row["summary"]}.get(row["quote_field"], "")
    if row["quote_start"] is None or text.startswith(row["quote"] or "", row["quote_start"]):
        return None
    return f"its quote does not stand at character {row['quote_start']} of the {row['quote_field']} of {where}"


def _wrong_evidence(row: Row) -> str | None:
    where = _place(row)
    if row["title"] is None:
        return f"{where}, in which it was seen, is gone"
    try:
        for words in json.loads(row["evidence"]):
            start, end = words["start"], words["end"]
            if row[words["field"]][start:end] != words["text"]:
                return f"{words['text']!r} does not stand at {start} to {end} of the {words['field']} of {where}"
    except (ValueError, LookupError, TypeError) as error:
        return f"its evidence cannot be read ({error})"
    return None


def _place(row: Row) -> str:
    return f"release {row['release']}, revision {row['revision']}"
