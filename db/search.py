"""Full-text search: what is searchable of the record and of releases, and what a query finds.

The index holds no texts, only where words stand, under the number of a document. A document is never changed: other
words make another, and the one before says until when it stood. So an index can be asked for any past, and what an
older version of the program put in need not be known to take it out.

How words are kept and found is each engine's own affair: `db/sqlite/search.py`, `db/postgres/search.py`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

from db.queries import Connection, Shared, load_queries
from db.rows import release_from
from tracker.model import Channel, Contact, Release, StatusChange
from tracker.moments import instant_text
from tracker.search import Document, Kind, Query, of_channel, of_entry, of_release

_sql = load_queries("search.sql", streams=("every_revision", "every_document"))

_ALWAYS, _NOW = "", "9999"
"""Sort before and after every instant."""

_AT_ONCE = 1_000
"""Releases whose words are held in memory while an index is filled."""

MOST_OF_RECORD = 5_000
"""Rows of the record that one query finds at most, the best; in the past all, since what is best changes later."""

_ALL = 2**62


@dataclass(frozen=True)
class InRecord:
    """A channel, or a row of the record (`entry`, its id), that a query finds. The lower the score the better."""

    kind: Kind
    channel: str
    entry: int
    score: float


@dataclass(frozen=True)
class FoundRelease:
    """A release in the revision that a query finds; `place` is where the next page goes on."""

    release: Release
    place: tuple[float, int]


@dataclass(frozen=True)
class Narrowed:
    """Which releases are looked for: of a side, in a language, published from `first` to `last`; None: any.

    `known_at`: as they were known at this UTC instant; None: now.
    """

    side: str | None = None
    lang: str | None = None
    first: date | None = None
    last: date | None = None
    known_at: datetime | None = None


class Search(ABC):
    """Reads and writes the index over one connection; writes belong into the caller's transaction, which ends with
    `write`. The part that both engines share.
    """

    _found: ClassVar[Shared]
    """The engine's own queries: `add_record_words`, `add_release_words`, `found_in_record`, `found_releases` (by score,
    the lower the better) and `count_releases`.
    """

    def __init__(self, connection: Connection) -> None:
        self._db = connection
        self._record_words: list[dict[str, int | str]] = []
        self._release_words: list[dict[str, int | str]] = []

    @abstractmethod
    def _expression(self, query: Query) -> str:
        """The query in the engine's own language; nothing in it is an operator but what we put there."""

    @abstractmethod
    def _kept(self, number: int, **fields: str) -> dict[str, Any]:
        """What `add_record_words` and `add_release_words` take: words by field, the most telling first."""

    def write(self) -> None:
        """Put the words of all that was kept into the index; the last thing that a transaction does.

        At once, since SQLite's index writes out what it has whenever another table's statement opens a savepoint.
        """
        self._found.add_record_words(self._db, self._record_words)
        self._found.add_release_words(self._db, self._release_words)
        self._record_words, self._release_words = [], []

    def knows(self, channel: str) -> bool:
        """Whether a channel is searchable, and with it its rows."""
        return _sql.standing(self._db, kind=Kind.CHANNEL, channel=channel, entry=0) is not None

    def keep_channel(self, channel: Channel, *, at: datetime) -> bool:
        """Make a channel searchable as it is defined from `at` on; one that was not searchable, as if it had always
        been so. Whether it was defined otherwise.
        """
        return self._keep(Kind.CHANNEL, channel.slug, 0, of_channel(channel), since=_ALWAYS, at=at)

    def keep_entry(self, entry: StatusChange | Contact, channel: Channel, *, at: datetime) -> None:
        """Make a recorded row searchable as it and its sources stand from `at` on."""
        kind = Kind.CHANGE if isinstance(entry, StatusChange) else Kind.CONTACT
        self._keep(
            kind, entry.channel, entry.id, of_entry(entry, channel), since=instant_text(entry.recorded_at), at=at
        )

    def _keep(self, kind: Kind, channel: str, entry: int, document: Document, *, since: str, at: datetime) -> bool:
        subject = {"kind": kind, "channel": channel, "entry": entry}
        before = _sql.standing(self._db, **subject)
        if before and before["digest"] == document.digest:
            return False
        if before:
            since = instant_text(at)
            _sql.end_record_document(self._db, id=before["id"], until=since)
        number = _sql.add_record_document(self._db, since=since, digest=document.digest, **subject)["id"]
        self._record_words.append(self._kept(number, **vars(document)))
        return True

    def keep_release(self, release_id: int, revision: int, release: Release, *, now: datetime) -> None:
        """Make a new revision of a release searchable; the one before was the newest until now."""
        if revision > 1:
            _sql.end_release_document(self._db, release=release_id, until=instant_text(now))
        self._add_release(release_id, revision, release, since=instant_text(now))

    def _add_release(
        self, release_id: int, revision: int, release: Release, *, since: str, until: str | None = None
    ) -> None:
        number = _sql.add_release_document(
            self._db,
            release=release_id,
            revision=revision,
            side=release.side,
            lang=release.lang,
            published=release.published.isoformat(),
            since=since,
            until=until,
        )["id"]
        document = of_release(release)
        self._release_words.append(self._kept(number, title=document.names, body=document.words))

    def fill(self) -> None:
        """Index every revision of the releases that are there, of which none may be indexed yet."""
        for row in _sql.every_revision(self._db):
            self._add_release(row["id"], row["number"], release_from(row), since=row["seen_at"], until=row["until"])
            if len(self._release_words) == _AT_ONCE:
                self.write()
        self.write()

    def is_filled(self) -> bool:
        """Whether anything of the record is searchable."""
        return _sql.any_of_record(self._db) is not None

    def fill_kept(self) -> None:
        """Index the words of the documents of releases that are there, of which none may be indexed yet."""
        for row in _sql.every_document(self._db):
            document = of_release(release_from(row))
            self._release_words.append(self._kept(row["document"], title=document.names, body=document.words))
            if len(self._release_words) == _AT_ONCE:
                self.write()
        self.write()

    def in_record(self, query: Query, *, known_at: datetime | None = None) -> list[InRecord]:
        """What of the record a query finds, the best first, with what was recorded by `known_at` (None: now).

        Rows that were replaced or withdrawn since are among it.
        """
        if not query:
            return []
        known, most = (instant_text(known_at), _ALL) if known_at else (_NOW, MOST_OF_RECORD)
        rows = self._found.found_in_record(self._db, words=self._expression(query), known_at=known, most=most)
        return [InRecord(Kind(row["kind"]), row["channel"], row["entry"], row["score"]) for row in rows]

    def releases(
        self, query: Query, narrowed: Narrowed, *, most: int, after: tuple[float, int] | None = None
    ) -> list[FoundRelease]:
        """The `most` releases that a query finds best, of equals the newest first, after one's place."""
        if not query:
            return []
        score, document = after or (0.0, 0)
        rows = self._found.found_releases(
            self._db, words=self._expression(query), score=score, id=document, most=most, **_values(narrowed)
        )
        return [
            FoundRelease(
                release_from(_sql.release_in(self._db, release=row["release"], revision=row["revision"])),
                (row["score"], row["id"]),
            )
            for row in list(rows)
        ]

    def count_releases(self, query: Query, narrowed: Narrowed) -> int:
        if not query:
            return 0
        return self._found.count_releases(self._db, words=self._expression(query), **_values(narrowed))["number"]


def _values(narrowed: Narrowed) -> dict[str, str]:
    return {
        "side": narrowed.side or "",
        "lang": narrowed.lang or "",
        "first": (narrowed.first or date.min).isoformat(),
        "last": (narrowed.last or date.max).isoformat(),
        "known_at": instant_text(narrowed.known_at) if narrowed.known_at else _NOW,
    }
