"""The record as it is served: loaded once per revision, and rendered for an address once while nothing moves.

What is shown may depend on the clock too (sources read in the last hour): such an answer is good for a minute. That is
found out by whether the clock was asked, so that a view of the past, or of changes alone, stays for the day.
"""

from __future__ import annotations

import difflib
import threading
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property, lru_cache, partial

from cachetools import LRUCache
from flask import Response, current_app, g, request

from db.feeds import FeedHealth
from tracker.errors import NotFound, Refused
from tracker.model import Channel, Contact, Entry, Moment, Relationship, StatusChange
from tracker.moments import day_of, known_instant, told_of
from tracker.record.coverage import Coverage, Read, coverage, covered
from tracker.record.history import ChannelView
from tracker.record.ledger import Act, Corrections
from tracker.record.lineage import entry_key
from tracker.search.documents import names_of
from tracker.search.words import stems
from tracker.service import Service
from tracker.tongue import gettext
from tracker.web.listening import Listening, Sources, sources_at
from tracker.web.reading import Line, Reading, Rows
from tracker.web.serving.keeping import keeping, settles
from tracker.wording import either

RENDERED = "openlines.rendered"
"""Where a request's environ has what was rendered for it, if everybody who asks for its address may have that."""

COVERAGE_SPAN = timedelta(hours=24)
"""How far back the coverage shown beside a state looks."""

CLOCK_SKEW = timedelta(seconds=5)
"""A reader's clock may be ahead of ours by this much; what it calls now is now."""

UNSETTLED = timedelta(minutes=5)
"""A poll or a decision is in the database no later than this after its own instant: its transaction is over by then."""

INSTANTS = 8
"""Instants for which it is remembered how sources stood."""

SHORTEST_MISSPELT = 4
"""Characters of a name that may be meant by one that is written nearly so; shorter ones resemble too much."""


@dataclass(frozen=True)
class Snapshot:
    """The whole record and the state of polling at one revision; `now` is when it was read."""

    revisions: dict[str, int]
    now: datetime
    relationships: tuple[Relationship, ...]
    channels: tuple[Channel, ...]
    lines: dict[str, Line]
    sources: Sources

    @property
    def feeds(self) -> tuple[FeedHealth, ...]:
        """Every feed ever configured, in the order of the configuration."""
        return self.sources.feeds

    @cached_property
    def entries(self) -> dict[str, Rows]:
        """Every row ever recorded, by channel."""
        return {slug: line.rows for slug, line in self.lines.items()}

    @cached_property
    def by_name(self) -> dict[str, StatusChange | Contact]:
        """Every row ever recorded, by its name as a claim."""
        return {entry_key(row): row for changes, contacts in self.entries.values() for row in (*changes, *contacts)}

    @cached_property
    def acts(self) -> tuple[Act, ...]:
        """Everything that was ever done to the record, oldest first."""
        found = (act for line in self.lines.values() for act in line.acts)
        return tuple(sorted(found, key=lambda act: act.at))

    @cached_property
    def corrections(self) -> tuple[Act, ...]:
        """The acts that changed what the record had said, newest first."""
        return tuple(act for act in reversed(self.acts) if act.deed.corrects)

    @cached_property
    def amended(self) -> Corrections:
        """By which act a row came to say what it says."""
        return Corrections(self.acts)

    def corrected_at(self, known_at: datetime) -> Callable[[Entry], Act | None]:
        """Tells of a row of a view by which act it was corrected last, as known at an instant; None: by none."""
        return partial(self.amended.of, known_at=known_at)

    @cached_property
    def written(self) -> tuple[datetime, ...]:
        """The instants at which something was done to the record, each once, oldest first."""
        return tuple(sorted({act.at for act in self.acts}))

    def revision_at(self, known_at: datetime) -> int:
        """How often the record had been written to by an instant: what is written later never changes it."""
        return bisect_right(self.written, known_at)

    @cached_property
    def called(self) -> tuple[tuple[str, str], ...]:
        """Everything that a channel is called, with its slug."""
        return tuple((name, line.slug) for line in self.channels for name in (line.slug, *names_of(line)))

    @cached_property
    def recorded_until(self) -> datetime:
        """When the newest row was recorded or taken back, or a channel was last defined otherwise: whatever comes
        later has a later instant.
        """
        redefined = [line.redefined for line in self.lines.values() if line.redefined]
        return max((*redefined, *(act.at for act in self.acts[-1:])), default=self.now)

    def channels_at(self, known_at: datetime) -> tuple[Channel, ...]:
        """Every channel as it was defined at an instant."""
        return tuple([self.lines[channel.slug].channel_at(known_at) for channel in self.channels])

    def listening_to(self, sources: Sources) -> Snapshot:
        """The same record, with the sources as they stood at another instant; what is reckoned of rows stays."""
        other = copy(self)
        vars(other).pop("_parts", None)
        object.__setattr__(other, "sources", sources.of(self.sources.relationship))
        return other

    def of(self, relationship: str) -> Snapshot:
        """The same of one relationship alone; what is reckoned of it is reckoned once."""
        if relationship not in self._parts:
            channels = tuple(line for line in self.channels if line.relationship == relationship)
            self._parts[relationship] = replace(
                self,
                relationships=(self.relationship(relationship),),
                channels=channels,
                lines={line.slug: self.lines[line.slug] for line in channels},
                sources=self.sources.of(relationship),
            )
        return self._parts[relationship]

    @cached_property
    def _parts(self) -> dict[str, Snapshot]:
        return {}

    def relationship(self, slug: str) -> Relationship:
        return next(relationship for relationship in self.relationships if relationship.slug == slug)

    def view(self, channel: Channel, moment: Moment) -> ChannelView:
        return self.lines[channel.slug].view(moment)

    def views(self, moment: Moment) -> list[ChannelView]:
        """Every channel at a moment, in the configured order; those without a state yet included."""
        return [self.view(channel, moment) for channel in self.channels]

    def coverage(self, relationship: str, side: str, now: datetime) -> Coverage:
        """What was read of a side's feeds in the last day."""
        return self.coverage_between(relationship, side, now - COVERAGE_SPAN, now)

    def coverage_between(
        self, relationship: str, side: str, start: datetime, end: datetime, reads: Sequence[Read] | None = None
    ) -> Coverage:
        """What was read of a side's feeds in a span: by `reads`, or up to now by those of the last `LANE_SPAN`."""
        own = [heard.observed for heard in self.sources.serve(relationship, side)]
        if reads is None:
            return covered(side, own, start, end)
        switches = [switch for feed in own for switch in feed.switches]
        return coverage(side, [feed.feed for feed in own], reads, switches, start, end)

    def enabled_feeds(self, relationship: str, side: str) -> list[FeedHealth]:
        return [heard.feed for heard in self.sources.serve(relationship, side) if heard.feed.enabled]


@dataclass(frozen=True)
class Document:
    """What was rendered, and the headers that belong to it."""

    body: str | bytes
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Basis:
    """What an answer rests on: the counters of public writes, the day in UTC, the day shown as today, and the minute
    (None where the clock was not asked).
    """

    revisions: dict[str, int]
    day: date
    today: date
    minute: datetime | None

    def holds(self, now: Basis) -> bool:
        """Whether what was made on it would be made alike now."""
        return (
            self.revisions == now.revisions
            and (self.minute is None or self.minute == now.minute)
            and (self.day, self.today) == (now.day, now.today)
        )


@dataclass(frozen=True)
class Rendered:
    """What was rendered, and what that rests on."""

    basis: Basis
    body: bytes


class Current:
    """The service as requests see it."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self._lock = threading.Lock()
        self._snapshot: Snapshot | None = None
        self._reading, self._listening = Reading(), Listening()
        self._heard: LRUCache[datetime, Sources] = LRUCache(INSTANTS)

    def now(self) -> datetime:
        """The present instant. An answer for which it is asked stands for a minute; `day` leaves it its day."""
        g.asked_the_clock = True
        return self.service.clock()

    def day(self) -> date:
        """The present day in UTC."""
        return self.service.clock().date()

    def basis(self) -> Basis:
        """What is rendered now rests on; one tiny query. Raises StoreError."""
        now = self.service.clock()
        revisions, today = self.service.store.revisions(), self.service.today()
        return Basis(revisions, now.date(), today, now.replace(second=0, microsecond=0))

    def snapshot(self) -> Snapshot:
        """The newest revision of the record; read again only when a counter has moved, and then only what moved."""
        revisions = self.service.store.revisions()
        snapshot = self._snapshot
        if snapshot is None or snapshot.revisions != revisions:
            with self._lock:
                snapshot = self._snapshot
                if snapshot is None or snapshot.revisions != revisions:
                    snapshot = self._snapshot = self._load()
        return snapshot

    def _load(self) -> Snapshot:
        with self.service.store.reading_for_all() as db:
            relationships, channels = tuple(db.record.relationships()), tuple(db.record.channels())
            lines = self._reading.lines(db, channels, relationships)
            redefined = (line.redefined for line in lines.values())
            now = max(filter(None, (self.service.clock(), db.chain.head().at, *redefined)))
            return Snapshot(
                revisions=db.record.revisions(),
                now=now,
                relationships=relationships,
                channels=channels,
                lines=lines,
                sources=self._listening.sources(db, now),
            )

    def listened(self, snapshot: Snapshot, asked: Mapping[str, str]) -> tuple[Snapshot, datetime]:
        """The record with the sources as they stood at the `known_at` that is asked for, and that instant; where none
        is, with the sources as they are, and the present. Raises Refused for what is no `known_at`.
        """
        if not asked.get("known_at"):
            return snapshot, self.now()
        known_at = moment_of(asked).known_at
        return snapshot.listening_to(self._heard_at(known_at)), known_at

    def _heard_at(self, known_at: datetime) -> Sources:
        """What was heard by an instant: kept for the next who asks, where no poll can come before it any more."""
        with self._lock:
            heard = self._heard.get(known_at)
        if heard is None:
            with self.service.store.reading_for_all() as db:
                heard = sources_at(db, known_at)
            if known_at < self.service.clock() - UNSETTLED:
                with self._lock:
                    self._heard[known_at] = heard
        return heard

    def rendered(self, render: Callable[[], str | bytes | Document], mimetype: str) -> Response:
        """The answer to this request, which everybody may have until its basis moves (`tracker/web/serving/memory.py`).

        For public answers only: the address alone decides what is shown.
        """
        basis = self.basis()
        g.asked_the_clock = False
        made = render()
        document = made if isinstance(made, Document) else Document(made)
        body = document.body.encode() if isinstance(document.body, str) else document.body
        now, settled = self.service.clock(), settles(request, mimetype)
        # What has not settled is looked at by the minute, so that others may keep it for longer once it has.
        by_the_minute = g.asked_the_clock or (settled is not None and settled >= now)
        request.environ[RENDERED] = Rendered(basis if by_the_minute else replace(basis, minute=None), body)
        kept = ("Cache-Control", keeping(mimetype, settled, now))
        return Response(body, headers=[kept, *document.headers], mimetype=mimetype)


def current() -> Current:
    return current_app.extensions["openlines"]


def moment_from_request() -> Moment:
    """The two clocks of a request. Raises Refused that names the field."""
    return moment_of(request.args)


def moment_of(asked: Mapping[str, str]) -> Moment:
    """The two clocks as they were sent: `as_of` (a day) and `known_at` (a day or instant), each now when not given.

    Now is when the newest revision was read: nothing was recorded since, and an answer keeps its bytes until then.
    Raises Refused that names the field.
    """
    now = current().snapshot().now
    as_of, known_at = asked.get("as_of", ""), asked.get("known_at", "")
    day = told_of(day_of(as_of, "as_of"), as_of, "as_of") if as_of else current().service.today()
    return Moment(day, _known(known_at, now) if known_at else now)


def shows_the_past() -> bool:
    return any(request.args.get(name) for name in ("as_of", "known_at", "cited"))


def find_channel(snapshot: Snapshot, slug: str, known_at: datetime | None = None) -> Channel:
    """The channel of that slug as it was defined at an instant (None: now).

    Raises NotFound with those that may be meant.
    """
    for channel in snapshot.channels:
        if channel.slug == slug:
            return snapshot.lines[slug].channel_at(known_at) if known_at else channel
    if near := _near(slug, snapshot.called):
        meant = gettext("Did you mean %(names)s?", names=either(near))
        raise NotFound(gettext("There is no channel %(slug)s.", slug=repr(slug)), meant)
    raise NotFound(
        f"There is no channel {slug!r}.",
        "GET /api/v1/channels lists them.",
        plain=gettext("There is no channel “%(name)s”. The dashboard lists all that there are.", name=slug[:60]),
    )


@lru_cache(maxsize=256)
def _near(asked: str, called: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    """Up to three channels that are called so, else that have its words in a name, else that are written nearly so.

    Empty where there is none: that is better than a wrong one.
    """
    words = stems(asked.replace("-", " "))
    named = [(stems(name), slug) for name, slug in called] if words else []
    written = {name.lower(): slug for name, slug in called if len(name) >= SHORTEST_MISSPELT}
    near = (
        [slug for name, slug in named if name == words]
        or [slug for name, slug in named if set(words) <= set(name)]
        or [written[name] for name in difflib.get_close_matches(asked.lower(), written, n=3, cutoff=0.6)]
    )
    return tuple(dict.fromkeys(near))[:3]


def _known(text: str, now: datetime) -> datetime:
    """`known_at` of a request: an instant as it was asked for, so that the answer says so. Of today it is what we know
    now. Refused are a later moment, since nobody knows what will be known then, and years that cannot be reckoned.
    """
    instant, clock = known_instant(text), current().service.clock()
    # What has come does not go again, so that the answer outlives the minute.
    today = len(text) == len("YYYY-MM-DD") and instant.date() == clock.date()
    if instant > clock + CLOCK_SKEW and not today:
        raise Refused(
            f"known_at is {text!r}, which has not come yet.",
            "Send a moment up to now, or leave it out.",
            field="known_at",
            plain=gettext(
                "“%(value)s” has not come yet, and nobody knows what will be known by then. Choose a day up to today.",
                value=text,
            ),
        )
    told_of(instant.date(), text, "known_at")
    return min(instant, now if today else max(now, clock))
