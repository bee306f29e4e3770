"""Feeds with their health, polls, and the releases that they brought, in every revision."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from db.queries import load_queries
from db.text import day, instant, instant_text
from tracker.coverage import Read
from tracker.model import Feed, Release

_sql = load_queries("feeds.sql")


@dataclass(frozen=True)
class Paused:
    """A person's word that a feed is not to be polled until it is resumed."""

    at: datetime
    by: str
    because: str | None


@dataclass(frozen=True)
class Gap:
    """A time in which a feed was not read. `bridged`: afterwards it still showed items known from before."""

    start: datetime
    end: datetime
    bridged: bool


@dataclass(frozen=True)
class FeedHealth:
    """What is known of a feed now. Instants are UTC; `fault` is a sentence, None after a good read.

    Of the last answer with a body: the items `shown`, how many were `undated`, and its `flaw` if it could only be read
    leniently. `newest` is the last day on which a new item came, `rhythm` the usual time between such days.
    """

    slug: str
    relationship: str
    publisher: str
    side: str
    lang: str
    kind: str
    url: str
    every: int
    enabled: bool
    reason: str | None
    next_poll: datetime
    failures: int
    last_read: datetime | None
    last_new: datetime | None
    fault_kind: str | None
    fault: str | None
    moved_to: str | None
    etag: str | None
    last_modified: str | None
    failing_since: datetime | None = None
    paused: Paused | None = None
    shown: int | None = None
    undated: int | None = None
    flaw: str | None = None
    newest: date | None = None
    rhythm: timedelta | None = None
    gap: Gap | None = None


@dataclass(frozen=True)
class PollRow:
    """One poll as it is kept: when, how it ended, and what was read."""

    feed: str
    started_at: datetime
    ended_at: datetime
    outcome: str
    fault: str | None = None
    status: int | None = None
    items: int = 0
    fresh: int = 0
    revised: int = 0
    overlap: int = 0
    sightings: int = 0


@dataclass(frozen=True)
class Kept:
    """What became of a release that came in: its id, the revision that holds its words, and whether they are new."""

    id: int
    revision: int
    fresh: bool
    revised: bool


class Feeds:
    """Reads and writes feeds, polls and releases over one connection; writes belong into the caller's transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def sync(self, feeds: Iterable[Feed], *, now: datetime) -> None:
        """Take over the configured feeds; one that is configured no more is disabled and keeps its history."""
        configured = list(feeds)
        for position, feed in enumerate(configured):
            _sql.put_feed(
                self._db,
                slug=feed.slug,
                relationship=feed.relationship,
                position=position,
                publisher=feed.publisher,
                side=feed.side,
                lang=feed.lang,
                kind=feed.kind,
                url=feed.url,
                every=feed.every,
                enabled=int(feed.enabled),
                reason=feed.reason,
                now=instant_text(now),
            )
        for gone in {row["slug"] for row in _sql.feeds(self._db)} - {feed.slug for feed in configured}:
            _sql.disable_feed(self._db, slug=gone, reason="No longer in the configuration.")

    def all(self) -> list[FeedHealth]:
        """Every feed ever configured, in the order of the configuration."""
        return [_health(row) for row in _sql.feeds(self._db)]

    def get(self, slug: str) -> FeedHealth | None:
        row = _sql.feed(self._db, slug=slug)
        return _health(row) if row else None

    def due(self, now: datetime, *, most: int) -> list[str]:
        """Feeds whose time has come and whom nobody polls now, the longest waiting first."""
        return [row["slug"] for row in _sql.due(self._db, now=instant_text(now), most=most)]

    def claim(self, slug: str, *, now: datetime, until: datetime) -> bool:
        """Whether the feed was due and free and is now the caller's until `until`."""
        return _sql.claim(self._db, slug=slug, now=instant_text(now), until=instant_text(until)) is not None

    def record_read(
        self,
        slug: str,
        *,
        now: datetime,
        next_poll: datetime,
        etag: str | None,
        last_modified: str | None,
        moved_to: str | None,
        anything_new: bool,
    ) -> None:
        _sql.record_read(
            self._db,
            slug=slug,
            now=instant_text(now),
            next_poll=instant_text(next_poll),
            etag=etag,
            last_modified=last_modified,
            moved_to=moved_to,
        )
        if anything_new:
            _sql.record_new(self._db, slug=slug, now=instant_text(now))

    def record_fault(self, slug: str, *, next_poll: datetime, kind: str, fault: str) -> None:
        _sql.record_fault(self._db, slug=slug, next_poll=instant_text(next_poll), fault_kind=kind, fault=fault)

    def record_answer(self, slug: str, *, shown: int, undated: int, flaw: str | None) -> None:
        """Keep how many items an answer showed, how many of them had no date that can be read, and its flaw."""
        _sql.record_answer(self._db, slug=slug, shown=shown, undated=undated, flaw=flaw)

    def arrival_days(self, slug: str, *, most: int) -> list[date]:
        """The newest days on which new items of a feed came, newest first.

        Items that were there at the first read came on the day that they bear; later ones when they were first seen.
        """
        return [day(row["day"]) for row in _sql.arrival_days(self._db, feed=slug, most=most)]

    def record_rhythm(self, slug: str, *, newest: date, rhythm: timedelta | None) -> None:
        seconds = None if rhythm is None else int(rhythm.total_seconds())
        _sql.record_rhythm(self._db, slug=slug, newest=newest.isoformat(), rhythm=seconds)

    def record_gap(self, slug: str, gap: Gap) -> None:
        span = {"gap_from": instant_text(gap.start), "gap_to": instant_text(gap.end)}
        _sql.record_gap(self._db, slug=slug, **span, bridged=int(gap.bridged))

    def pause(self, slug: str, *, now: datetime, by: str, because: str | None) -> None:
        """Not to be polled by any scheduler until it is resumed."""
        _sql.pause(self._db, slug=slug, now=instant_text(now), by=by, because=because)

    def resume(self, slug: str) -> None:
        _sql.resume(self._db, slug=slug)

    def make_due(self, slug: str, *, now: datetime) -> None:
        """Due at the next tick, whatever a backoff or the server asked for."""
        _sql.make_due(self._db, slug=slug, now=instant_text(now))

    def bring_back(self, *, now: datetime, latest_poll: datetime, latest_claim: datetime) -> None:
        """Make due and free what waits for longer than anything can: the clock stood ahead when that was written."""
        instants = {"now": now, "latest_poll": latest_poll, "latest_claim": latest_claim}
        _sql.bring_back(self._db, **{key: instant_text(value) for key, value in instants.items()})

    def add_poll(self, poll: PollRow) -> None:
        _sql.add_poll(
            self._db,
            feed=poll.feed,
            started_at=instant_text(poll.started_at),
            ended_at=instant_text(poll.ended_at),
            outcome=poll.outcome,
            fault=poll.fault,
            status=poll.status,
            items=poll.items,
            fresh=poll.fresh,
            revised=poll.revised,
            overlap=poll.overlap,
            sightings=poll.sightings,
        )

    def reads_since(self, since: datetime) -> list[Read]:
        """What was read of every feed since an instant, oldest first, as coverage reckons with it."""
        return [
            Read(
                feed=row["feed"],
                relationship=row["relationship"],
                side=row["side"],
                every=timedelta(seconds=row["every"]),
                ended_at=instant(row["ended_at"]),
                fault=row["fault"],
                overlap=row["overlap"] > 0 or row["outcome"] == "unchanged" or row["items"] == 0,
            )
            for row in _sql.polls_since(self._db, since=instant_text(since))
        ]

    def known_fingerprints(self, feed: str) -> dict[str, str]:
        """The fingerprint of every release of a feed in its newest revision, by guid."""
        return {row["guid"]: row["hash"] for row in _sql.known_releases(self._db, feed=feed)}

    def keep_release(
        self,
        release: Release,
        *,
        guid: str,
        canonical_url: str | None,
        address_is_identity: bool = True,
        published_raw: str | None = None,
        now: datetime,
    ) -> Kept:
        """Keep a release that came in: a new one, a further revision of one we have, or nothing that is new.

        The same guid in a feed, or the same address from the same side, is the same release.
        `address_is_identity` is False where several items of one feed share an address.
        """
        known = _sql.release_by_guid(self._db, feed=release.feed, guid=guid)
        if known is None and canonical_url and address_is_identity:
            known = _sql.release_by_address(self._db, canonical_url=canonical_url, side=release.side)
        digest = release.fingerprint
        if known is None:
            row = _sql.add_release(
                self._db,
                feed=release.feed,
                guid=guid,
                url=release.url,
                canonical_url=canonical_url,
                side=release.side,
                publisher=release.publisher,
                lang=release.lang,
                published=release.published.isoformat(),
                first_seen=instant_text(now),
            )
            self._add_revision(row["id"], 1, release, published_raw, digest, now)
            return Kept(row["id"], 1, fresh=True, revised=False)
        if known["hash"] == digest:
            return Kept(known["id"], known["revision"], fresh=False, revised=False)
        number = known["revision"] + 1
        self._add_revision(known["id"], number, release, published_raw, digest, now)
        _sql.set_revision(self._db, release=known["id"], number=number)
        return Kept(known["id"], number, fresh=False, revised=True)

    def _add_revision(
        self, release_id: int, number: int, release: Release, published_raw: str | None, digest: str, now: datetime
    ) -> None:
        _sql.add_revision(
            self._db,
            release=release_id,
            number=number,
            title=release.title,
            summary=release.summary,
            published_raw=published_raw,
            hash=digest,
            seen_at=instant_text(now),
        )

    def count_releases(self, *, feed: str | None = None, since: date = date.min) -> int:
        return _sql.count_releases(self._db, feed=feed or "", since=since.isoformat())["number"]

    def releases(
        self, *, feed: str | None = None, since: date = date.min, after: int = 0, most: int = 1_000
    ) -> list[tuple[Release, Kept]]:
        """Up to `most` stored releases in their newest revision, in the order of arrival, after the one of that id."""
        return [
            (
                Release(
                    id=row["id"],
                    side=row["side"],
                    lang=row["lang"],
                    publisher=row["publisher"],
                    title=row["title"],
                    summary=row["summary"],
                    published=day(row["published"]),
                    url=row["url"],
                    feed=row["feed"],
                ),
                Kept(row["id"], row["revision"], fresh=False, revised=False),
            )
            for row in _sql.releases(self._db, feed=feed or "", since=since.isoformat(), after=after, most=most)
        ]

    def take_lease(self, name: str, holder: str, *, now: datetime, until: datetime) -> bool:
        """Whether `holder` has the lease now: it was free, had run out, or was its own.

        One that is held for longer than twice what is asked for was taken while the clock stood ahead, and is free.
        """
        instants = {"now": now, "until": until, "latest": until + (until - now)}
        texts = {key: instant_text(value) for key, value in instants.items()}
        return _sql.take_lease(self._db, name=name, holder=holder, **texts) is not None

    def give_back_lease(self, name: str, holder: str) -> None:
        _sql.release_lease(self._db, name=name, holder=holder)

    def last_tick(self, name: str) -> datetime | None:
        row = _sql.lease(self._db, name=name)
        return instant(row["last_tick"]) if row else None


def _health(row: sqlite3.Row) -> FeedHealth:
    return FeedHealth(
        slug=row["slug"],
        relationship=row["relationship"],
        publisher=row["publisher"],
        side=row["side"],
        lang=row["lang"],
        kind=row["kind"],
        url=row["url"],
        every=row["every"],
        enabled=bool(row["enabled"]),
        reason=row["reason"],
        next_poll=instant(row["next_poll"]),
        failures=row["failures"],
        last_read=instant(row["last_read"]),
        last_new=instant(row["last_new"]),
        fault_kind=row["fault_kind"],
        fault=row["fault"],
        moved_to=row["moved_to"],
        etag=row["etag"],
        last_modified=row["last_modified"],
        failing_since=instant(row["failing_since"]),
        paused=_paused(row),
        shown=row["shown"],
        undated=row["undated"],
        flaw=row["flaw"],
        newest=day(row["newest"]),
        rhythm=None if row["rhythm"] is None else timedelta(seconds=row["rhythm"]),
        gap=_gap(row),
    )


def _paused(row: sqlite3.Row) -> Paused | None:
    if row["paused_at"] is None:
        return None
    return Paused(instant(row["paused_at"]), row["paused_by"], row["paused_because"])


def _gap(row: sqlite3.Row) -> Gap | None:
    if row["gap_from"] is None:
        return None
    return Gap(instant(row["gap_from"]), instant(row["gap_to"]), bool(row["gap_bridged"]))
