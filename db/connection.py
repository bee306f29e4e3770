"""SQLite connections as the product needs them, and the one write transaction that everything goes through.

A transaction begins IMMEDIATE: a deferred one that reads and then writes is refused with "database is locked" when
another process wrote in between, whatever the busy timeout.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlite_utils import Database

BUSY_TIMEOUT_MS = 10_000

_PRAGMAS = {"foreign_keys": 1, "busy_timeout": BUSY_TIMEOUT_MS, "synchronous": 2}


class StoreError(Exception):
    """The database cannot be used as it stands; the message is one sentence with the remedy."""


class Connections:
    """One connection per thread to one SQLite file, closed together."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        self._all: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        self._turn = threading.Lock()

    def get(self) -> sqlite3.Connection:
        """This thread's connection, opened on first use. Raises StoreError when the file cannot be opened."""
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._open()
            with self._lock:
                self._all.append(connection)
        return connection

    def database(self) -> Database:
        return Database(self.get())

    def _open(self) -> sqlite3.Connection:
        try:
            # One thread uses a connection; `close` may be called from another when the process ends.
            connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
            connection.row_factory = sqlite3.Row
            for pragma, value in _PRAGMAS.items():
                connection.execute(f"PRAGMA {pragma} = {value}")
                (answer,) = connection.execute(f"PRAGMA {pragma}").fetchone()
                if answer != value:
                    raise StoreError(f"{self.path}: SQLite did not take {pragma} = {value}; use a newer SQLite.")
            (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
        except sqlite3.Error as error:
            raise StoreError(
                f"{self.path} cannot be used as a database ({error}); check that the folder exists and can be "
                "written to, and that the file is an Open Lines database."
            ) from error
        if mode != "wal":
            raise StoreError(f"{self.path}: write-ahead logging is not possible here; put the file on a local disk.")
        return connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """BEGIN IMMEDIATE … COMMIT around the block; anything raised inside undoes it. Does not nest.

        Threads of one process take turns: SQLite's own waiting is blind to who came first, and starves some.
        """
        with self._turn:
            yield from self._written(self.get())

    def _written(self, connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise StoreError(f"{self.path} is busy ({error}); try again in a moment.") from error
        try:
            yield connection
            connection.execute("COMMIT")
        except sqlite3.OperationalError as error:
            _roll_back(connection)
            raise StoreError(f"{self.path} could not be written ({error}); nothing was changed.") from error
        except BaseException:
            _roll_back(connection)
            raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One consistent snapshot for several queries. Raises StoreError where the file turns out to be damaged."""
        connection = self.get()
        connection.execute("BEGIN")
        try:
            yield connection
        except sqlite3.DatabaseError as error:
            if type(error) is not sqlite3.DatabaseError:
                raise
            raise StoreError(f"{self.path} is damaged ({error}); put back a backup.") from error
        finally:
            _roll_back(connection)

    def close(self) -> None:
        with self._lock:
            for connection in self._all:
                connection.close()
            self._all.clear()
        self._local = threading.local()


def _roll_back(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK")
