"""Cited pages that are read again: when, every visit, what stands of each, copies, and who has seen what changed."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit

from db.queries import Connection, Row, load_queries
from db.text import as_json, instant, partial
from tracker.model import Outcome, PageCopy, PageMark, PageState, PartialDate, State
from tracker.moments import instant_text
from tracker.record.history import AnyEntry
from tracker.releases.watch import CLAIM, LONGEST_WAIT, Watched, noticed

_sql = load_queries("watch.sql")


@dataclass(frozen=True)
class Visit:
    """One visit to a cited page as it is kept. Instants are UTC.

    `found` is None where the visit gave no verdict, for `fault`. `sha256`: of what the server sent; `words`: how many
    were read of it. `stands_since`: set where what was found stands by this visit, since that instant; `asks`: a
    person should look then. `missing` and `moved_to` as in a finding.
    """

    url: str
    at: datetime
    found: PageState | None
    fault: str | None = None
    status: int | None = None
    final_url: str | None = None
    sha256: str | None = None
    words: int | None = None
    stands_since: datetime | None = None
    missing: tuple[str, ...] = ()
    moved_to: str | None = None
    asks: bool = False
    id: int | None = None


@dataclass(frozen=True)
class Claim:
    """What the record tells on the word of a page: of a channel a state, or a contact with its outcome, with its date.

    `told`: the cause or summary; `quote`: the words that are cited; `title` and `publisher` as the source is cited.
    """

    channel: str
    says: State | Outcome
    date: PartialDate | None
    told: str
    quote: str | None
    title: str
    publisher: str


@dataclass(frozen=True)
class Acknowledged:
    by: str
    at: datetime
    note: str


@dataclass(frozen=True)
class Notice:
    """A visit by which something stands of a page, for a reviewer: with the claims that rest on the page, the hash of
    the copy against which it was held, and who has acknowledged it.
    """

    visit: Visit
    claims: tuple[Claim, ...]
    baseline: str | None
    acknowledged: Acknowledged | None = None


class Watch:
    """Reads and writes the watch over one connection; writes belong into the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def unwatched(self, now: datetime) -> list[Watched]:
        """The pages that the record cites and nobody watches yet, with the time of their first visit."""
        found = ((row["url"], partial(row["published"])) for row in _sql.unwatched(self._db))
        return [noticed(url, published, now) for url, published in found if _has_host(url)]

    def begin(self, pages: Iterable[Watched]) -> None:
        """Watch these pages from now on; one that is watched already stays as it is."""
        for page in pages:
            _sql.watch(self._db, url=page.url, next_visit=instant_text(page.next_visit), reads=page.reads)

    def due(self, now: datetime, *, most: int) -> list[str]:
        """Pages that the record cites, whose time has come and whom nobody reads now, the longest waiting first."""
        return [row["url"] for row in _sql.due(self._db, most=most, **_limits(now))]

    def claim(self, url: str, *, now: datetime, if_due: bool) -> bool:
        """Whether the page is free (and due, where that is asked) and is now the caller's, for `CLAIM`."""
        until = instant_text(now + CLAIM)
        return _sql.claim(self._db, url=url, until=until, if_due=int(if_due), **_limits(now)) is not None

    def put_off(self, url: str, *, until: datetime) -> None:
        """Read the page no sooner than `until`; nothing is held against it."""
        _sql.put_off(self._db, url=url, until=instant_text(until))

    def give_back(self, url: str, *, next_visit: datetime) -> None:
        """Give a page up that was claimed and not read, until its next visit; nothing is held against it."""
        _sql.give_back(self._db, url=url, next_visit=instant_text(next_visit))

    def get(self, url: str) -> Watched | None:
        row = _sql.page(self._db, url=url)
        return _watched(row) if row else None

    def all(self) -> list[Watched]:
        """Every page that is or was watched, by the time of its next visit."""
        return [_watched(row) for row in _sql.pages(self._db)]

    def quotes(self, url: str) -> list[str]:
        """The words that the record quotes from a page."""
        return [row["quote"] for row in _sql.quotes(self._db, url=url)]

    def baseline(self, url: str, canonical_url: str) -> PageCopy | None:
        """The copy against which a page is held: that of its release when it was cited, else of our first read."""
        sha256 = _sql.page(self._db, url=url)["baseline"]
        if sha256 is None:
            row = _sql.copy_when_cited(self._db, url=url, canonical_url=canonical_url)
            sha256 = row["sha256"] if row else None
        return self.copy(sha256) if sha256 else None

    def copy(self, sha256: str) -> PageCopy | None:
        """The copy with that hash, of a cited page or of a release's."""
        row = _sql.copy_by_hash(self._db, sha256=sha256)
        if row is None:
            return None
        return PageCopy(row["url"], instant(row["fetched_at"]), row["content_type"], gzip.decompress(row["body"]))

    def keep_copy(self, copy: PageCopy) -> None:
        """Keep a page as it was sent, unless the same bytes are kept already."""
        _sql.keep_copy(
            self._db,
            sha256=copy.sha256,
            url=copy.url,
            fetched_at=instant_text(copy.fetched_at),
            content_type=copy.content_type,
            size=len(copy.body),
            body=copy.zipped,
        )

    def settle(self, page: Watched, *, baseline: str | None) -> None:
        """Put down how the watch on a page stands after a visit, and give it back."""
        _sql.settle(
            self._db,
            url=page.url,
            baseline=baseline,
            next_visit=instant_text(page.next_visit),
            reads=page.reads,
            failures=page.failures,
            fault=page.fault,
            state=page.state,
            since=_instant_or_none(page.since),
            missing=as_json(page.missing),
            moved_to=page.moved_to,
            doubted=page.doubted,
            doubted_since=_instant_or_none(page.doubted_since),
            doubts=page.doubts,
            last_read=_instant_or_none(page.last_read),
        )

    def add_visit(self, visit: Visit) -> Visit:
        """Keep a visit; answers it with its id."""
        row = _sql.add_visit(
            self._db,
            url=visit.url,
            at=instant_text(visit.at),
            found=visit.found,
            fault=visit.fault,
            status=visit.status,
            final_url=visit.final_url,
            sha256=visit.sha256,
            words=visit.words,
            stands_since=_instant_or_none(visit.stands_since),
            missing=as_json(visit.missing),
            moved_to=visit.moved_to,
            asks=int(visit.asks),
        )
        return replace(visit, id=row["id"])

    def visits(self, url: str) -> list[Visit]:
        """All visits to a page, oldest first."""
        return [_visit(row) for row in _sql.visits(self._db, url=url)]

    def standing(self, url: str) -> Visit | None:
        """The visit by which what stands of a page stands; None before the first."""
        row = _sql.standing(self._db, url=url)
        return _visit(row) if row else None

    def notices(self) -> list[Notice]:
        """What changed of cited pages and waits for a person, newest first."""
        return [self._notice(row) for row in _sql.notices(self._db)]

    def count_notices(self) -> int:
        return _sql.count_notices(self._db)["number"]

    def notice(self, visit: int) -> Notice | None:
        """What a visit made stand, acknowledged or not; None where there is no such visit."""
        row = _sql.visit(self._db, id=visit)
        if row is None:
            return None
        seen = _sql.acknowledgement(self._db, visit=visit)
        by = Acknowledged(seen["acknowledged_by"], instant(seen["acknowledged_at"]), seen["note"]) if seen else None
        return replace(self._notice(row), acknowledged=by)

    def acknowledge(self, visit: int, *, by: str, at: datetime, note: str) -> bool:
        """Note that a person has seen it; False where somebody was first."""
        return _sql.acknowledge(self._db, visit=visit, by=by, at=instant_text(at), note=note) is not None

    def _notice(self, row: Row) -> Notice:
        url = row["url"]
        claims = [_of_change(change) for change in _sql.changes_resting_on(self._db, url=url)]
        claims += [_of_contact(contact) for contact in _sql.contacts_resting_on(self._db, url=url)]
        return Notice(_visit(row), tuple(claims), row["baseline"])


@dataclass(frozen=True)
class Marks:
    """What is shown of each cited page, by its address: its marks, oldest first, and when it was last read."""

    pages: dict[str, tuple[PageMark, ...]]
    reads: dict[str, datetime]

    def unlike(self, before: Marks) -> set[str]:
        """The addresses of which something else is shown now."""
        pairs = (self.pages, before.pages), (self.reads, before.reads)
        return {url for now, then in pairs for url in now.keys() | then.keys() if now.get(url) != then.get(url)}

    def on(self, entry: AnyEntry, urls: set[str]) -> AnyEntry:
        """A row with what is shown of those of its pages that are among `urls`; itself where it cites none of them."""
        if urls.isdisjoint(source.url for source in entry.sources):
            return entry
        sources = (
            replace(source, pages=self.pages.get(source.url, ()), page_read=self.reads.get(source.url))
            if source.url in urls
            else source
            for source in entry.sources
        )
        return replace(entry, sources=tuple(sources))


def marks(connection: Connection) -> Marks:
    """The marks of all cited pages."""
    pages: dict[str, list[PageMark]] = defaultdict(list)
    for row in _sql.telling_visits(connection):
        mark = PageMark(PageState(row["found"]), instant(row["stands_since"]), instant(row["at"]), row["moved_to"])
        pages[row["url"]].append(mark)
    reads = {row["url"]: instant(row["last_read"]) for row in _sql.last_reads(connection)}
    return Marks({url: tuple(told) for url, told in pages.items()}, reads)


def _limits(now: datetime) -> dict[str, str]:
    """Now, and the latest instants that a visit and a claim can have: beyond them our clock was wrong."""
    return {
        "now": instant_text(now),
        "latest_visit": instant_text(now + 2 * LONGEST_WAIT),
        "latest_claim": instant_text(now + 2 * CLAIM),
    }


def _watched(row: Row) -> Watched:
    return Watched(
        url=row["url"],
        next_visit=instant(row["next_visit"]),
        reads=row["reads"],
        failures=row["failures"],
        fault=row["fault"],
        state=PageState(row["state"]) if row["state"] else None,
        since=instant(row["since"]),
        missing=tuple(json.loads(row["missing"])),
        moved_to=row["moved_to"],
        doubted=PageState(row["doubted"]) if row["doubted"] else None,
        doubted_since=instant(row["doubted_since"]),
        doubts=row["doubts"],
        last_read=instant(row["last_read"]),
    )


def _visit(row: Row) -> Visit:
    return Visit(
        url=row["url"],
        at=instant(row["at"]),
        found=PageState(row["found"]) if row["found"] else None,
        fault=row["fault"],
        status=row["status"],
        final_url=row["final_url"],
        sha256=row["sha256"],
        words=row["words"],
        stands_since=instant(row["stands_since"]),
        missing=tuple(json.loads(row["missing"])),
        moved_to=row["moved_to"],
        asks=bool(row["asks"]),
        id=row["id"],
    )


def _of_change(row: Row) -> Claim:
    said = State(row["state"]), partial(row["effective"]), row["cause"]
    return Claim(row["channel"], *said, row["quote"], row["title"], row["publisher"])


def _of_contact(row: Row) -> Claim:
    said = Outcome(row["outcome"]), partial(row["date"] or row["announced"]), row["summary"] or ""
    return Claim(row["channel"], *said, row["quote"], row["title"], row["publisher"])


def _has_host(url: str) -> bool:
    try:
        return bool(urlsplit(url).hostname)
    except ValueError:
        return False


def _instant_or_none(value: datetime | None) -> str | None:
    return instant_text(value) if value else None
