"""Copies of releases' pages, and the pages that are still to be fetched."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from datetime import datetime

from db.queries import Connection, load_queries
from db.rows import release_from
from db.text import instant
from tracker.model import PageCopy, Release
from tracker.moments import instant_text

_sql = load_queries("pages.sql")


@dataclass(frozen=True)
class Waiting:
    """A release whose page could not be read yet, the fault in a sentence, and how often it was tried."""

    release: Release
    tries: int
    fault: str


@dataclass(frozen=True)
class Spare:
    """A copy on which nothing rests; in the order in which such are gone through."""

    fetched_at: str
    release: int
    revision: int


class Pages:
    """Reads and writes page copies over one connection; writes belong into the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def keep(self, release: int, revision: int, copy: PageCopy) -> None:
        """Keep the page from which a revision was read. Of one revision the first copy stays."""
        _sql.add_copy(
            self._db,
            release=release,
            revision=revision,
            url=copy.url,
            fetched_at=instant_text(copy.fetched_at),
            content_type=copy.content_type,
            sha256=copy.sha256,
            size=len(copy.body),
            body=copy.zipped,
        )

    def copy_of(self, release: int) -> PageCopy | None:
        """The newest copy of a release's page, or None."""
        row = _sql.newest_copy(self._db, release=release)
        if row is None:
            return None
        return PageCopy(row["url"], instant(row["fetched_at"]), row["content_type"], gzip.decompress(row["body"]))

    def spare(self, before: datetime, *, after: Spare | None, most: int) -> list[Spare]:
        """Copies that were fetched before an instant and on which nothing rests, oldest first, after one of them."""
        place = vars(after) if after else vars(Spare("", 0, 0))
        rows = _sql.spare(self._db, before=instant_text(before), most=most, **place)
        return [Spare(row["fetched_at"], row["release"], row["revision"]) for row in rows]

    def addresses(self, release: int) -> set[str]:
        """Under which addresses, in their plain form, a release came."""
        return {row["canonical_url"] for row in _sql.addresses(self._db, release=release)}

    def drop(self, spare: Spare) -> bool:
        """Remove a copy, unless something rests on it by now."""
        return bool(_sql.drop_spare(self._db, release=spare.release, revision=spare.revision))

    def wait(self, release: int, *, tries: int, fault: str, next_try: datetime | None) -> None:
        """Note that the page is still to be read; `next_try` None: it is given up."""
        _sql.wait_for_page(
            self._db,
            release=release,
            tries=tries,
            fault=fault,
            next_try=instant_text(next_try) if next_try else None,
        )

    def done(self, release: int) -> None:
        _sql.wait_no_more(self._db, release=release)

    def waiting(self, feed: str, *, now: datetime, most: int) -> list[Waiting]:
        """Releases of a feed whose page is to be tried now, the longest waiting first."""
        return [
            Waiting(release_from(row), row["tries"], row["fault"])
            for row in _sql.waiting(self._db, feed=feed, now=instant_text(now), most=most)
        ]

    def fault_of(self, release: int) -> str | None:
        """Why there is no copy of a release's page, in a sentence; None where there is one, or none was asked for."""
        row = _sql.fault_of_page(self._db, release=release)
        return row["fault"] if row else None
