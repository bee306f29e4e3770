"""The store: one database with its subjects, opened by URL. The only door to SQL for the rest of the house."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from db.accounts import Accounts
from db.added import AddedFeeds
from db.attempts import Attempts
from db.audit import Audit
from db.bases import Bases
from db.blind import Blind
from db.candidates import Candidates
from db.chain import Chain
from db.engine import BUSY_TIMEOUT, UNFINISHED, Behind, Engine, Work
from db.errors import StoreError
from db.feeds import Feeds
from db.hosts import Hosts
from db.integrity import Integrity
from db.notifications import Notifications
from db.pages import Pages
from db.passkeys import Passkeys
from db.past import Past
from db.past_feeds import PastFeeds
from db.polls import Polls
from db.queries import Connection
from db.record import Record, revisions
from db.releases import Releases
from db.reviewers import Reviewers
from db.samples import Samples
from db.search import Search
from db.sightings import Sightings
from db.signals import Signals
from db.sqlite.connection import alone_with
from db.sqlite.engine import SCHEME, open_sqlite
from db.times import Times
from db.waiting import WaitingList
from db.watch import Watch

if TYPE_CHECKING:
    from db.postgres.replica import Replica

__all__ = ["Store", "StoreError", "Subjects", "alone_with", "open_store"]


@dataclass(frozen=True)
class Subjects:
    """The rooms of the database over one connection."""

    record: Record
    feeds: Feeds
    added: AddedFeeds
    polls: Polls
    hosts: Hosts
    releases: Releases
    pages: Pages
    candidates: Candidates
    waiting: WaitingList
    reviewers: Reviewers
    accounts: Accounts
    passkeys: Passkeys
    attempts: Attempts
    audit: Audit
    samples: Samples
    blind: Blind
    sightings: Sightings
    signals: Signals
    watch: Watch
    search: Search
    chain: Chain
    bases: Bases
    past: Past
    past_feeds: PastFeeds
    integrity: Integrity
    notifications: Notifications


class Store:
    """A database. Every thread has its own connection; writes go through `writing()`, one at a time."""

    def __init__(self, engine: Engine, replica: Replica | None = None) -> None:
        self._connections, self._replica = engine, replica
        self.write_times = Times()

    @property
    def place(self) -> str:
        """The database in words."""
        return self._connections.place

    @property
    def path(self) -> Path:
        """The file that it is. Raises StoreError where a server keeps it."""
        if self._connections.file is None:
            raise StoreError(f"{self.place} is no file; ask the server that keeps it.")
        return self._connections.file

    @property
    def is_file(self) -> bool:
        """Whether all of it is one file, as with SQLite."""
        return self._connections.file is not None

    @contextmanager
    def writing(self, patience: float = BUSY_TIMEOUT) -> Iterator[Subjects]:
        """All or nothing, on disk when the block ends. Raises StoreError when the database stays busy or is full.

        `patience`: for how many seconds it may be busy.
        """
        with self.write_times.measured(), self._connections.writing(patience) as connection:
            subjects = self.subjects(connection)
            yield subjects
            subjects.bases.write()
            subjects.search.write()

    @contextmanager
    def reading(self) -> Iterator[Subjects]:
        """One consistent picture for several reads."""
        with self._connections.reading() as connection:
            yield self.subjects(connection)

    @contextmanager
    def reading_for_all(self) -> Iterator[Subjects]:
        """As `reading`, for what is public: from the replica, where there is one and it has what was told by now.

        What has no revision of its own (accounts, who looks at what) is not to be read so.
        """
        with ExitStack() as opened:
            connection = self._replica.reader(opened, self.revisions()) if self._replica else None
            yield self.subjects(connection or opened.enter_context(self._connections.reading()))

    def behind(self) -> Behind | None:
        """How far the replica is behind; None where there is none. Raises StoreError."""
        return self._replica.behind(self._connections) if self._replica else None

    def revisions(self) -> dict[str, int]:
        """The counters that public writes bump; one tiny query where nothing was written. Raises StoreError."""
        return self._connections.until_a_commit(revisions)

    def migrate(self) -> list[str]:
        """Bring the schema up to date; answers the names of the steps that were applied.

        Raises StoreError when the database was made by newer code.
        """
        return self._connections.migrate() if self.pending() else []

    def pending(self) -> list[str]:
        """The names of the steps that `migrate` would apply. Raises StoreError as it does."""
        applied, known = self._connections.applied(), self._connections.steps()
        if UNFINISHED in applied:
            raise StoreError(
                f"{self.place} has a part of a copy; run copy-to again from the same record, or make an empty database."
            )
        newer = [name for name in applied if name not in known]
        if newer:
            raise StoreError(
                f"{self.place} was made by a newer version of Open Lines (it has {newer[-1]}, which this version does "
                "not know); upgrade the program, or point OPENLINES_DATABASE_URL at another database."
            )
        return [name for name in known if name not in applied] + self._connections.pending_beside()

    def work(self) -> Work | None:
        """How the work stands that workers share; None where one machine does it alone. Raises StoreError."""
        return self._connections.work()

    def is_ours(self) -> bool:
        """Whether a migration of ours was ever applied. Raises StoreError where the file cannot be read."""
        return bool(self._connections.applied())

    def copy_to(self, file: Path) -> None:
        """Write everything, as it stands at one moment, into a new file; others may write meanwhile.

        Raises StoreError.
        """
        self._connections.copy_to(file)

    def check_schema(self) -> None:
        """Raise StoreError unless the schema is the one that this code expects."""
        pending = self.pending()
        if pending and not self.is_ours():
            raise StoreError(
                f"{self.place} holds no record of Open Lines; name another in OPENLINES_DATABASE_URL, or to begin one "
                "run: python -m tracker migrate"
            )
        if pending:
            raise StoreError(
                f"{self.place} is not up to date ({len(pending)} migration{'s' * (len(pending) > 1)} pending, first "
                f"{pending[0]}); run: python -m tracker migrate"
            )

    def close(self) -> None:
        self._connections.close()
        if self._replica:
            self._replica.close()

    def subjects(self, connection: Connection) -> Subjects:
        """The rooms over a connection of ours, which whoever uses it answers for."""
        search, bases = self._connections.search(connection), Bases(connection)
        return Subjects(
            Record(connection, search),
            Feeds(connection),
            AddedFeeds(connection),
            Polls(connection),
            Hosts(connection),
            Releases(connection, search, bases),
            Pages(connection),
            Candidates(connection, bases),
            WaitingList(connection),
            Reviewers(connection),
            Accounts(connection),
            Passkeys(connection),
            Attempts(connection),
            Audit(connection),
            Samples(connection),
            Blind(connection),
            Sightings(connection),
            Signals(connection),
            Watch(connection),
            search,
            Chain(connection),
            bases,
            Past(connection),
            PastFeeds(connection),
            self._connections.integrity(connection),
            Notifications(connection),
        )


def open_store(url: str, *, create: bool = False, replica: str | None = None) -> Store:
    """The store at `url`: sqlite:///path or postgresql://…, with the URL of a `replica` that may be away.

    Raises StoreError when the file is missing and not to be created, or the server cannot be reached.
    """
    if url.startswith(SCHEME):
        return Store(open_sqlite(url, create=create))
    from db.postgres.engine import open_postgres  # who stores in SQLite need not load the driver
    from db.postgres.replica import Replica

    return Store(open_postgres(url), Replica(replica) if replica else None)
