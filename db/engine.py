"""What a store asks of a database engine; `db/sqlite` and `db/postgres` each have one that answers it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from db.contents import Contents
from db.integrity import Integrity
from db.queries import Connection
from db.search import Search

Answer = TypeVar("Answer")

BUSY_TIMEOUT = 10.0
"""Seconds that a transaction waits for others before the database is called busy."""


UNFINISHED = "copy_unfinished"
"""Stands among the applied steps while a copy of another database comes in."""


@dataclass(frozen=True)
class Work:
    """How the work of many machines stands: `workers` that are alive, jobs that wait, are in hand, and failed in the
    last week.
    """

    workers: int
    waiting: int
    in_hand: int
    failed: int


@dataclass(frozen=True)
class Behind:
    """How far a replica is behind: bytes of the log that it has not applied yet, and the age in seconds of what it has
    applied; None where it cannot be asked.
    """

    size: int | None
    seconds: int | None


class Engine(Protocol):
    """Connections to one database, and its schema. Everything raises StoreError where the database cannot be used."""

    place: str
    """The database in words: a file, or an address without its password."""

    file: Path | None
    """Where all of it is, if it is one file."""

    search: type[Search]
    integrity: type[Integrity]
    contents: type[Contents]

    def writing(self, patience: float = BUSY_TIMEOUT) -> AbstractContextManager[Connection]:
        """One transaction around the block, one at a time; on disk when it ends, or undone as a whole."""

    def reading(self) -> AbstractContextManager[Connection]:
        """One consistent picture for the queries of the block."""

    def telling(self) -> AbstractContextManager[None]:
        """What fails at reading this database inside the block is told of it, as a StoreError."""

    def until_a_commit(self, ask: Callable[[Connection], Answer]) -> Answer:
        """What `ask` answers, which may be remembered until anybody commits. Only one question may be asked so."""

    def copy_to(self, file: Path) -> None:
        """Write everything, as it stands at one moment, into a new file; others may write meanwhile."""

    def steps(self) -> list[str]:
        """The names of all steps of the schema that this code knows, in their order: the same for both engines."""

    def applied(self) -> list[str]:
        """The names of the steps that were applied to this database, in the order in which they were."""

    def pending_beside(self) -> list[str]:
        """The names of what `migrate` would do beside these steps: to the tables of the work, where it keeps them."""

    def migrate(self) -> list[str]:
        """Apply what is pending, whole or not at all; answers the names of what was. Whoever comes at the same time
        waits, and finds nothing left to do. Raises StoreError.
        """

    def work(self) -> Work | None:
        """How the work stands that workers share; None where one machine does it alone."""

    def close(self) -> None:
        """Close every connection."""
