"""The store: one database with its subjects, opened by URL. The only door to SQL for the rest of the house."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from db.accounts import Accounts
from db.added import AddedFeeds
from db.attempts import Attempts
from db.audit import Audit
from db.blind import Blind
from db.candidates import Candidates
from db.chain import Chain
from db.connection import BUSY_TIMEOUT, Connections, StoreError, alone_with
from db.feeds import Feeds
from db.hosts import Hosts
from db.integrity import Integrity
from db.migrations import migrations
from db.notifications import Notifications
from db.pages import Pages
from db.passkeys import Passkeys
from db.polls import Polls
from db.record import Record
from db.releases import Releases
from db.reviewers import Reviewers
from db.samples import Samples
from db.sightings import Sightings
from db.sqlite.search import Search
from db.times import Times
from db.waiting import WaitingList
from db.watch import Watch

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
    watch: Watch
    search: Search
    chain: Chain
    integrity: Integrity
    notifications: Notifications


class Store:
    """A database file. Every thread has its own connection; writes go through `writing()`, one at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connections = Connections(path)
        self.write_times = Times()

    @contextmanager
    def writing(self, patience: float = BUSY_TIMEOUT) -> Iterator[Subjects]:
        """All or nothing, on disk when the block ends. Raises StoreError when the database stays busy or is full.

        `patience`: for how many seconds it may be busy.
        """
        with self.write_times.measured(), self._connections.writing(patience) as connection:
            subjects = _subjects(connection)
            yield subjects
            subjects.search.write()

    @contextmanager
    def reading(self) -> Iterator[Subjects]:
        """One consistent picture for several reads."""
        with self._connections.reading() as connection:
            yield _subjects(connection)

    def revisions(self) -> dict[str, int]:
        """The counters that public writes bump; one tiny query where nothing was written. Raises StoreError."""
        return self._connections.until_a_commit(lambda connection: Record(connection, Search(connection)).revisions())

    def migrate(self) -> list[str]:
        """Bring the schema up to date; answers the names of the steps that were applied.

        Raises StoreError when the database was made by newer code.
        """
        pending = self.pending()
        if pending:
            migrations.apply(self._connections.database())
        return pending

    def pending(self) -> list[str]:
        """The names of the steps that `migrate` would apply. Raises StoreError as it does."""
        self._refuse_newer()
        return [step.name for step in migrations.pending(self._connections.database())]

    def is_ours(self) -> bool:
        """Whether a migration of ours was ever applied. Raises StoreError where the file cannot be read."""
        return bool(migrations.applied(self._connections.database()))

    def copy_to(self, file: Path) -> None:
        """Write everything, as it stands at one moment, into a new file; others may write meanwhile.

        Raises StoreError.
        """
        self._connections.copy_to(file)

    def check_schema(self) -> None:
        """Raise StoreError unless the schema is the one that this code expects."""
        pending = self.pending()
        if pending:
            raise StoreError(
                f"{self.path} is not up to date ({len(pending)} migration{'s' * (len(pending) > 1)} pending, first "
                f"{pending[0]}); run: python -m tracker migrate"
            )

    def _refuse_newer(self) -> None:
        known = {step.name for step in migrations._migrations}
        newer = [step.name for step in migrations.applied(self._connections.database()) if step.name not in known]
        if newer:
            raise StoreError(
                f"{self.path} was made by a newer version of Open Lines (it has {newer[-1]}, which this version does "
                "not know); upgrade the program, or point OPENLINES_DATABASE_URL at another database."
            )

    def close(self) -> None:
        self._connections.close()


def _subjects(connection) -> Subjects:
    search = Search(connection)
    return Subjects(
        Record(connection, search),
        Feeds(connection),
        AddedFeeds(connection),
        Polls(connection),
        Hosts(connection),
        Releases(connection, search),
        Pages(connection),
        Candidates(connection),
        WaitingList(connection),
        Reviewers(connection),
        Accounts(connection),
        Passkeys(connection),
        Attempts(connection),
        Audit(connection),
        Samples(connection),
        Blind(connection),
        Sightings(connection),
        Watch(connection),
        search,
        Chain(connection),
        Integrity(connection),
        Notifications(connection),
    )


def open_store(url: str, *, create: bool = False) -> Store:
    """The store at `url` (sqlite:///path). Raises StoreError when the file is missing and not to be created."""
    path = Path(url.removeprefix("sqlite:///"))
    if create:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{path.parent} cannot be made ({error.strerror}); choose a writable folder.") from error
    elif not path.exists():
        raise StoreError(f"{path} does not exist; run: python -m tracker migrate")
    return Store(path)
