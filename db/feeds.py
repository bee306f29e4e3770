"""Feeds with their health as it is now, their polls, and the lease of the scheduler."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from db.audit import Audit
from db.audit import What as Deed
from db.past import Past
from db.queries import Connection, Row, load_queries
from db.text import by, day, instant
from tracker.model import Feed
from tracker.moments import instant_text
from tracker.record.coverage import Polled, Read, Switch
from tracker.tongue import msg

_sql = load_queries("feeds.sql")

_BEYOND = timedelta(days=2)
"""How far beyond a span failures are looked for; no feed is left untried for longer."""

_UNREAD_PAGES = 3
"""The newest releases of a feed, of which none may wait in vain for its page where all is well."""

NOT_CONFIGURED = msg("No longer in the configuration.")


@dataclass(frozen=True)
class Paused:
    """A person's word that a feed is not to be polled until it is resumed; `by` is None where that was not kept."""

    at: datetime
    by: str | None
    because: str | None


@dataclass(frozen=True)
class Gap:
    """A time in which a feed was not read. `bridged`: afterwards it still showed items known from before."""

    start: datetime
    end: datetime
    bridged: bool


@dataclass(frozen=True)
class FeedHealth:
    """What is known of a feed now, or was at some instant. Instants are UTC; `fault` is a sentence, None after a good
    read.

    `full_read`: when it last gave its items, whether they had changed or not. `lies`: its 304 is not to be believed.
    Of the last answer with a body: the items `shown`, how many were `undated`, its `flaw` if it could only be read
    leniently, what is wrong with its `ids`, and for how long it says that it stays `good_for`. `newest` is the last day
    on which a new item came, `rhythm` the usual time between such days, `longest_break` the longest that is its habit.
    `also`: the relationships beside its own for which it is read. `page_fault`: why none of the pages of its newest
    releases could be read.

    As a feed stood at an instant nobody knows any more when it was to be polled next (`next_poll` is None), nor what
    only the next poll needs. `kept_from`: since when it is kept how it is configured, where that is later: shown is the
    first that was kept, and what its answers said of themselves is not known.
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
    next_poll: datetime | None
    failures: int
    last_read: datetime | None
    last_new: datetime | None
    fault_kind: str | None
    fault: str | None
    moved_to: str | None
    etag: str | None
    last_modified: str | None
    unconfirmed: str | None = None
    full_read: datetime | None = None
    lies: bool = False
    failing_since: datetime | None = None
    paused: Paused | None = None
    shown: int | None = None
    undated: int | None = None
    flaw: str | None = None
    newest: date | None = None
    rhythm: timedelta | None = None
    longest_break: timedelta | None = None
    good_for: timedelta = timedelta()
    gap: Gap | None = None
    also: tuple[str, ...] = ()
    kept_from: datetime | None = None
    page_fault: str | None = None
    ids: str | None = None

    @property
    def relationships(self) -> tuple[str, ...]:
        """The relationships for which it is read."""
        return (self.relationship, *self.also)

    def serves(self, relationship: str, side: str) -> bool:
        """Whether it is read for a side of a relationship."""
        return self.side == side and relationship in self.relationships


@dataclass(frozen=True)
class PollRow:
    """One poll as it is kept: when, how it ended, and what was read.

    `whole`: the source shows whatever came since the poll before, though none of it was known.
    """

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
    fault_kind: str | None = None
    whole: bool = False


class Feeds:
    """Reads and writes feeds and polls over one connection; writes belong into the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection
        self._past = Past(connection)

    def sync(self, feeds: Iterable[Feed], *, now: datetime, why_gone: Mapping[str, str] | None = None) -> None:
        """Take over the feeds that there are; one that there is no more is disabled and keeps its history.

        `why_gone`: the reason of some of these, in a sentence.
        """
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
                unconfirmed=feed.unconfirmed,
                now=instant_text(now),
            )
        _sql.unshare_feeds(self._db)
        for feed in configured:
            for relationship in feed.also:
                _sql.share_feed(self._db, feed=feed.slug, relationship=relationship)
        for gone in {row["slug"] for row in _sql.slugs(self._db)} - {feed.slug for feed in configured}:
            _sql.disable_feed(self._db, slug=gone, reason=(why_gone or {}).get(gone, NOT_CONFIGURED))
        self._note_switches(now)
        self._past.keep_feeds(at=now)

    def _note_switches(self, now: datetime) -> None:
        """Note where the configuration decides otherwise than before; a pause outlives it."""
        decided = {switch.feed: switch.polled for switch in self.switches()}
        for feed in self.all():
            before = decided.get(feed.slug)
            if feed.enabled and before in (None, Polled.OFF):
                self.note_switch(feed.slug, Polled.ON, at=now)
            elif not feed.enabled and before is not Polled.OFF:
                self.note_switch(feed.slug, Polled.OFF, at=now, reason=feed.reason)

    def note_switch(self, feed: str, polled: Polled, *, at: datetime, reason: str | None = None) -> None:
        """Note that from `at` on the feed is polled, paused or off, so that its silence is read rightly."""
        _sql.add_switch(self._db, feed=feed, at=instant_text(at), polled=polled.value, reason=reason)

    def switches(self) -> list[Switch]:
        """Every such decision, a feed's oldest first."""
        return [_switch(row) for row in _sql.switches(self._db)]

    def switches_of(self, slug: str) -> list[Switch]:
        return [_switch(row) for row in _sql.switches_of(self._db, feed=slug)]

    def all(self) -> list[FeedHealth]:
        """Every feed ever configured, in the order of the configuration."""
        shares: dict[str, list[str]] = {}
        for row in _sql.shares(self._db):
            shares.setdefault(row["feed"], []).append(row["relationship"])
        unread = self._unread_pages()
        return [
            replace(_health(row, shares.get(row["slug"], ())), page_fault=unread.get(row["slug"]))
            for row in _sql.feeds(self._db)
        ]

    def changed(self, after: int) -> list[str]:
        """The feeds of which something that is shown, or their polls, changed after a revision of polls."""
        return [row["slug"] for row in _sql.changed(self._db, after=after)]

    def get(self, slug: str) -> FeedHealth | None:
        feed = self._whole(_sql.feed(self._db, slug=slug))
        return feed and replace(feed, page_fault=self._unread_pages(slug).get(slug))

    def _unread_pages(self, slug: str = "") -> dict[str, str]:
        """Why the pages of the newest releases of feeds, or of one, could not be read, where none could."""
        return {row["feed"]: row["fault"] for row in _sql.unread_pages(self._db, feed=slug, newest=_UNREAD_PAGES)}

    def _whole(self, row: Row | None) -> FeedHealth | None:
        if row is None:
            return None
        return _health(row, [share["relationship"] for share in _sql.shares_of(self._db, feed=row["slug"])])

    def polled_since(self, before: FeedHealth) -> bool:
        """Whether a poll of the feed was kept since it was as `before`: each puts down when it read, or a failure."""
        row = _sql.reads_so_far(self._db, slug=before.slug)
        return (instant(row["last_read"]), row["failures"]) != (before.last_read, before.failures)

    def due(self, now: datetime, *, most: int) -> list[str]:
        """Feeds whose time has come and whom nobody polls now, the longest waiting first."""
        return [row["slug"] for row in _sql.due(self._db, now=instant_text(now), most=most)]

    def claim(self, slug: str, *, now: datetime, until: datetime) -> FeedHealth | None:
        """The feed, which is now the caller's until `until`; None where it was not due and free."""
        return self._whole(_sql.claim(self._db, slug=slug, now=instant_text(now), until=instant_text(until)))

    def put_off(self, slug: str, *, until: datetime) -> None:
        """Poll the feed no sooner than `until`; nothing is held against it."""
        _sql.put_off(self._db, slug=slug, until=instant_text(until))

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
        full: bool = True,
        lies: bool = False,
    ) -> None:
        _sql.record_read(
            self._db,
            slug=slug,
            now=instant_text(now),
            next_poll=instant_text(next_poll),
            etag=etag,
            last_modified=last_modified,
            moved_to=moved_to,
            full=int(full),
            lies=int(lies),
        )
        if anything_new:
            _sql.record_new(self._db, slug=slug, now=instant_text(now))

    def record_fault(self, slug: str, *, next_poll: datetime, kind: str, fault: str) -> None:
        _sql.record_fault(self._db, slug=slug, next_poll=instant_text(next_poll), fault_kind=kind, fault=fault)

    def give_back(self, slug: str, *, next_poll: datetime) -> None:
        """Give a claimed feed back that was not asked, to be polled at another time."""
        _sql.give_back(self._db, slug=slug, next_poll=instant_text(next_poll))

    def record_answer(
        self,
        slug: str,
        *,
        shown: int | None,
        undated: int,
        flaw: str | None,
        ids: str | None = None,
        good_for: timedelta = timedelta(),
    ) -> None:
        """Keep how many items an answer showed (None: that tells nothing), how many of them had no date that can be
        read, its flaw, what is wrong with its ids, and for how long it says that it stays good.
        """
        seconds = int(good_for.total_seconds())
        _sql.record_answer(self._db, slug=slug, shown=shown, undated=undated, flaw=flaw, ids=ids, good_for=seconds)

    def arrival_days(self, slug: str, *, most: int, known_at: datetime | None = None) -> list[date]:
        """The newest days on which new items of a feed came, newest first.

        Items that were there at the first read came on the day that they bear; later ones when they were first seen.
        """
        return [day(row["day"]) for row in _sql.arrival_days(self._db, feed=slug, most=most, at=by(known_at))]

    def record_rhythm(
        self, slug: str, *, newest: date, rhythm: timedelta | None, longest_break: timedelta | None = None
    ) -> None:
        spans = {"rhythm": rhythm, "longest_break": longest_break}
        seconds = {name: None if span is None else int(span.total_seconds()) for name, span in spans.items()}
        _sql.record_rhythm(self._db, slug=slug, newest=newest.isoformat(), **seconds)

    def record_gap(self, slug: str, gap: Gap) -> None:
        span = {"gap_from": instant_text(gap.start), "gap_to": instant_text(gap.end)}
        _sql.record_gap(self._db, slug=slug, **span, bridged=int(gap.bridged))

    def pause(self, slug: str, *, now: datetime, by: str, because: str | None) -> None:
        """Not to be polled by any scheduler until it is resumed."""
        _sql.pause(self._db, slug=slug, now=instant_text(now), by=by, because=because)
        self.note_switch(slug, Polled.PAUSED, at=now, reason=because)
        self._past.keep_feed(slug, at=now)
        Audit(self._db).note(Deed.FEED_PAUSED, slug, by=by, at=now, detail=because)

    def resume(self, slug: str, *, now: datetime, by: str) -> None:
        _sql.resume(self._db, slug=slug)
        self.note_switch(slug, Polled.ON, at=now)
        self._past.keep_feed(slug, at=now)
        Audit(self._db).note(Deed.FEED_RESUMED, slug, by=by, at=now)

    def make_due(self, slug: str, *, now: datetime) -> None:
        """Due at the next tick, whatever its backoff; a host that asked to be left alone still is."""
        _sql.make_due(self._db, slug=slug, now=instant_text(now))

    def hurry(self, slug: str, *, now: datetime, by: str) -> None:
        """The same because somebody asked for it."""
        self.make_due(slug, now=now)
        Audit(self._db).note(Deed.FEED_HURRIED, slug, by=by, at=now)

    def bring_back(self, *, now: datetime, latest_poll: datetime, latest_claim: datetime) -> None:
        """Make due and free what waits for longer than anything can: the clock stood ahead when that was written."""
        instants = {"now": now, "latest_poll": latest_poll, "latest_claim": latest_claim}
        _sql.bring_back(self._db, **{key: instant_text(value) for key, value in instants.items()})

    def add_poll(self, poll: PollRow) -> None:
        """Keep a poll, with the good one before it and whether it vouches for the time between them."""
        before = _sql.before_poll(self._db, feed=poll.feed)
        read = Read(
            feed=poll.feed,
            every=timedelta(seconds=before["every"]),
            ended_at=poll.ended_at,
            after=instant(before["last_good"]),
            fault=poll.fault,
            fault_kind=poll.fault_kind,
            overlap=_overlaps(poll.outcome, poll.overlap, poll.whole),
        )
        _sql.add_poll(
            self._db,
            feed=poll.feed,
            started_at=instant_text(poll.started_at),
            ended_at=instant_text(poll.ended_at),
            outcome=poll.outcome,
            fault=poll.fault,
            fault_kind=poll.fault_kind,
            status=poll.status,
            items=poll.items,
            fresh=poll.fresh,
            revised=poll.revised,
            overlap=poll.overlap,
            sightings=poll.sightings,
            whole=int(poll.whole),
            every=before["every"],
            after=before["last_good"],
            vouches=int(read.vouches),
        )

    def reads_since(
        self,
        since: datetime,
        until: datetime | None = None,
        *,
        relationship: str = "",
        known_at: datetime | None = None,
    ) -> list[Read]:
        """The polls that tell how far feeds were read from `since` to `until` (None: now), oldest first; those that had
        ended by `known_at` (None: now).

        Good polls that vouch for the time before them are left out, but for the one up to `until` and the one after
        it: what is not there left no hole. Failures are told a little beyond, since they say why a hole went on.
        """
        known = by(known_at)
        rows = _sql.telling_polls(
            self._db,
            since=instant_text(since),
            at=min(by(until), known),
            until=min(by(until and until + _BEYOND), known),
            known_at=known,
            relationship=relationship,
        )
        return [read_from(row) for row in rows]

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


def read_from(row: Row | Mapping[str, Any]) -> Read:
    """A poll as coverage reads it."""
    return Read(
        feed=row["feed"],
        every=timedelta(seconds=row["every"]),
        ended_at=instant(row["ended_at"]),
        after=instant(row["after"]),
        fault=row["fault"],
        fault_kind=row["fault_kind"],
        overlap=_overlaps(row["outcome"], row["overlap"], row["whole"]),
    )


def _overlaps(outcome: str, known: int, whole: bool) -> bool:
    """Whether an answer showed that nothing was missed: an empty one does not, unless it shows whatever there was."""
    return outcome == "unchanged" or known > 0 or bool(whole)


def _switch(row: Row) -> Switch:
    return Switch(row["feed"], instant(row["at"]), Polled(row["polled"]), row["reason"])


def _health(row: Row, also: Iterable[str]) -> FeedHealth:
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
        unconfirmed=row["unconfirmed"],
        next_poll=instant(row["next_poll"]),
        failures=row["failures"],
        last_read=instant(row["last_read"]),
        last_new=instant(row["last_new"]),
        fault_kind=row["fault_kind"],
        fault=row["fault"],
        moved_to=row["moved_to"],
        etag=row["etag"],
        last_modified=row["last_modified"],
        full_read=instant(row["full_read"]),
        lies=bool(row["lies"]),
        failing_since=instant(row["failing_since"]),
        paused=_paused(row),
        shown=row["shown"],
        undated=row["undated"],
        flaw=row["flaw"],
        ids=row["ids"],
        newest=day(row["newest"]),
        rhythm=_span(row["rhythm"]),
        longest_break=_span(row["longest_break"]),
        good_for=timedelta(seconds=row["good_for"]),
        gap=_gap(row),
        also=tuple(also),
    )


def _span(seconds: int | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)


def _paused(row: Row) -> Paused | None:
    if row["paused_at"] is None:
        return None
    return Paused(instant(row["paused_at"]), row["paused_by"], row["paused_because"])


def _gap(row: Row) -> Gap | None:
    if row["gap_from"] is None:
        return None
    return Gap(instant(row["gap_from"]), instant(row["gap_to"]), bool(row["gap_bridged"]))
