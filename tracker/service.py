"""The product as it runs: settings, store, configured relationships and the detection of each, put together once."""

from __future__ import annotations

import logging
import os
import secrets
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property, partial
from pathlib import Path
from tempfile import NamedTemporaryFile

from config.load import Loaded, RelationshipPack, feeds_of, load
from config.settings import SHORTEST_SECRET, Settings
from config.weights import Measured, read_measured
from db.past import CASES, What
from db.store import Store, StoreError, Subjects, open_store
from tracker.added import judged, why_removed
from tracker.detect import Detector, Detectors, examine
from tracker.errors import NotFound
from tracker.feeds.fetch import Fetched, fetch
from tracker.feeds.hosts import Hosts
from tracker.feeds.robots import Robots
from tracker.model import Feed, Release, Sighting
from tracker.releases.study import Detect

log = logging.getLogger(__name__)


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(eq=False)
class Service:
    """Everything that a command, the scheduler or a request needs. `clock` gives the present UTC instant.

    `measured` says how well detection does on labelled cases. `packs` and `feeds` are the configuration in force, which
    `tracker/operating/reloading.py` alone replaces; `fault` says what keeps a newer one from being taken, None:
    nothing does.
    """

    settings: Settings
    store: Store
    packs: tuple[RelationshipPack, ...]
    feeds: tuple[Feed, ...]
    clock: Callable[[], datetime] = utc_now
    world_day: Callable[[], date] | None = None
    measured: Measured | None = None
    loaded: Loaded | None = None
    fault: str | None = None

    def __post_init__(self) -> None:
        self.take(self.packs, self.feeds)

    def take(self, packs: tuple[RelationshipPack, ...], feeds: tuple[Feed, ...]) -> None:
        """Have these in force from now on. Who works with what was in force before ends with it."""
        self.packs, self.feeds = packs, feeds
        self._together: dict[frozenset[str], Detectors] = {}

    def today(self) -> date:
        """The day that a view shows when none is asked for: today in UTC, or that of a demonstration's story."""
        return self.world_day() if self.world_day else self.clock().date()

    @property
    def compiled(self) -> dict[str, Detector]:
        """The lexicon of each relationship, made ready on first use."""
        return {pack.relationship.slug: pack.detector for pack in self.packs}

    def pack(self, relationship: str) -> RelationshipPack:
        """All that is configured of a relationship. Raises NotFound for one that is not, or not yet in this process."""
        for pack in self.packs:
            if pack.relationship.slug == relationship:
                return pack
        raise NotFound(f"The relationship {relationship!r} is not configured.", "Try again in a moment if it is new.")

    @property
    def detectors(self) -> dict[str, Detect]:
        """Detection by relationship; what is probably nothing is there, and not flagged."""
        return {slug: partial(examine, detector=detector) for slug, detector in self.compiled.items()}

    def detect_for(self, relationships: Iterable[str]) -> Detect:
        """Detection of what a release may say of the channels of some relationships."""
        wanted = frozenset(relationships)
        together = self._together
        if wanted not in together:
            slugs = [pack.relationship.slug for pack in self.packs if pack.relationship.slug in wanted]
            together[wanted] = Detectors([self.pack(slug).detector for slug in slugs])
        return together[wanted].examine

    def detect_all(self, release: Release) -> list[Sighting]:
        """What a release may say of the channels of any relationship."""
        return self.detect_for(self.compiled)(release)

    @cached_property
    def hosts(self) -> Hosts:
        """What is kept of the hosts that are asked: connections, turns, and who wants to be left alone, also since
        before this process began.
        """
        with self.store.reading() as db:
            alone = db.hosts.left_alone()
        return Hosts(alone=alone, remember=self._leave_alone)

    def _leave_alone(self, host: str, until: datetime) -> None:
        try:
            with self.store.writing() as db:
                db.hosts.leave_alone(host, until, now=utc_now())
        except StoreError as error:
            log.warning("that %s asked to be left alone until %s holds for this process alone: %s", host, until, error)

    @cached_property
    def fetch(self) -> Callable[..., Fetched]:
        """`tracker.feeds.fetch.fetch` with the operator's contact, over the hosts that are known."""
        return partial(fetch, contact=self.settings.contact, hosts=self.hosts)

    @cached_property
    def robots(self) -> Robots:
        """Which pages may be read."""
        return Robots(self.fetch)

    def prepare(self) -> None:
        """Tell the database which relationships, channels and feeds are configured; what it recorded stays."""
        self.define(self.packs, self.feeds)

    def define(self, packs: Iterable[RelationshipPack], feeds: Iterable[Feed]) -> None:
        packs = list(packs)
        with self.store.writing() as db:
            db.record.define(
                [pack.relationship for pack in packs],
                [channel for pack in packs for channel in pack.channels],
                at=self.clock(),
            )
            self._tell_feeds(db, packs, feeds)
            if self.measured:
                shipped = {"measured": self.measured.model_dump(mode="json", by_alias=True)}
                weights = [packs[0].weights.flag, packs[0].weights.beside] if packs else []
                db.past.keep(What.MEASURED, CASES, shipped | {"thresholds": weights}, at=self.clock())

    def take_over_feeds(self, db: Subjects) -> None:
        """Tell the database which feeds there are now, those that people added included."""
        self._tell_feeds(db, self.packs, self.feeds)

    def _tell_feeds(self, db: Subjects, packs: Iterable[RelationshipPack], feeds: Iterable[Feed]) -> None:
        added, now = db.added.all(), self.clock()
        found = judged(added, feeds, packs)
        db.feeds.sync(found.feeds.values(), now=now, why_gone=why_removed(added) | found.left_out)
        db.record.bump("polls")

    def polled(self, db: Subjects) -> dict[str, Feed]:
        """Every feed by its slug: the configured ones, then those that people added, as they stand now."""
        return judged(db.added.all(), self.feeds, self.packs).feeds

    @property
    def feeds_by_slug(self) -> dict[str, Feed]:
        """The same, for who reads nothing else."""
        with self.store.reading() as db:
            return self.polled(db)


def open_service(settings: Settings, *, migrate: bool = False, clock: Callable[[], datetime] = utc_now) -> Service:
    """Load the configuration and open the database; with `migrate`, make it or bring it up to date first.

    Raises ConfigError or StoreError; nothing is written when the configuration is wrong.
    """
    loaded, measured = load(settings.config), read_measured(settings.config)
    store = open_store(settings.database_url, create=migrate, replica=settings.replica_url)
    if migrate:
        store.migrate()
    else:
        store.check_schema()
    return Service(settings, store, loaded.packs, feeds_of(loaded.packs), clock, measured=measured, loaded=loaded)


def secret_key(settings: Settings) -> str:
    """The key that signs cookies: as set, else made once and kept in the folder for runtime data (mode 0600).

    Raises StoreError when the folder cannot be written to.
    """
    if settings.secret_key:
        return settings.secret_key
    path = settings.var / "secret.key"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _make_key(path)
        fault = key_fault(path)
    except OSError as error:
        do = "let this user read it" if path.exists() else "make the folder writable, or set OPENLINES_SECRET_KEY"
        raise StoreError(f"{path} cannot be kept or read ({error.strerror}); {do}.") from error
    if fault:
        raise StoreError(f"{fault}; remove it, and another is made at the start.")
    return path.read_text().strip()


def key_fault(path: Path) -> str | None:
    """What is wrong with the key in a file, in words; None where it can be used. Raises OSError."""
    try:
        key = path.read_text().strip()
    except UnicodeDecodeError:
        key = ""
    return f"{path} holds no key of {SHORTEST_SECRET} characters or more" if len(key) < SHORTEST_SECRET else None


def _make_key(path: Path) -> None:
    """Whole or not at all: whoever starts at the same moment reads the key of whoever came first."""
    with NamedTemporaryFile("w", dir=path.parent, prefix=".secret-") as made:  # of mode 0600
        made.write(secrets.token_urlsafe(48))
        made.flush()
        os.fsync(made.fileno())
        with suppress(FileExistsError):
            os.link(made.name, path)
