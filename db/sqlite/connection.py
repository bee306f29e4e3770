"""SQLite connections as the product needs them, and the one write transaction that everything goes through.

A transaction begins IMMEDIATE: a deferred one that reads and then writes is refused with "database is locked" when
another process wrote in between, whatever the busy timeout.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from sqlite_utils import Database

from db.engine import BUSY_TIMEOUT, Answer
from db.errors import StoreError
from db.sqlite.commits import Commits

_MOST_BLOCKS, _LONGEST_BATCH = 64, 0.1
"""Blocks that are brought to disk at once, and seconds after which no further one is let in."""

_NOBODY_CAME = 0.1
"""Seconds after which a thread looks whether its batch waits for somebody who is gone."""

_BLIND = 0.05
"""Seconds for which the word of who commits is believed without asking SQLite."""

PRAGMAS = {"foreign_keys": 1, "busy_timeout": round(BUSY_TIMEOUT * 1000), "synchronous": 2}


_MAKE_ROOM = "make room on its disk, then try again"


def _is_for_room(error: Exception) -> bool:
    """Whether SQLite failed at the disk, which is full or broken: as an error of writing it cannot tell which."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)


def _is_damage(error: sqlite3.Error) -> bool:
    """Whether the file failed and no statement did. Of text that is no UTF-8 Python complains, without a code."""
    told_by_python = type(error) is sqlite3.OperationalError and not hasattr(error, "sqlite_errorcode")
    return type(error) is sqlite3.DatabaseError or told_by_python


class _Batch:
    """The blocks of several threads in one transaction: what is brought to disk at once."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.blocks = 0
        self.ended = threading.Event()
        self.error: sqlite3.Error | None = None
        self._began = time.monotonic()

    @property
    def is_full(self) -> bool:
        return self.blocks >= _MOST_BLOCKS or time.monotonic() - self._began >= _LONGEST_BATCH


class _Looked(NamedTuple):
    """What a thread knew when it last asked SQLite: the word before that, the count, and what the question answered."""

    word: bytes | None
    until: float
    version: int
    answer: Any


class Connections:
    """One connection per thread to one SQLite file, and one for all that is written, closed together."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        self._all: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._waiting = 0
        self._writer: sqlite3.Connection | None = None
        self._batch: _Batch | None = None
        self._commits = Commits(path)

    def get(self) -> sqlite3.Connection:
        """This thread's connection, opened on first use. Raises StoreError when the file cannot be opened."""
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._opened()
            self._local.looked = None
        return connection

    def _opened(self) -> sqlite3.Connection:
        connection = self._open()
        with self._lock:
            self._all.append(connection)
        return connection

    def database(self) -> Database:
        return Database(self.get())

    def _open(self) -> sqlite3.Connection:
        _make_for_owner_alone(self.path)
        _refuse_read_only(self.path)
        try:
            # One thread uses a connection; `close` may be called from another when the process ends.
            connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
            connection.row_factory = sqlite3.Row
            for pragma, value in PRAGMAS.items():
                connection.execute(f"PRAGMA {pragma} = {value}")
                (answer,) = connection.execute(f"PRAGMA {pragma}").fetchone()
                if answer != value:
                    raise StoreError(f"{self.path}: SQLite did not take {pragma} = {value}; use a newer SQLite.")
            mode = _to_write_ahead(connection)
        except sqlite3.Error as error:
            if _is_for_room(error):
                raise StoreError(f"{self.path} cannot be used ({error}); {_MAKE_ROOM}.") from error
            raise StoreError(
                f"{self.path} cannot be used as a database ({error}); check that the folder exists and can be "
                "written to, and that the file is an Open Lines database."
            ) from error
        if mode != "wal":
            raise StoreError(f"{self.path}: write-ahead logging is not possible here; put the file on a local disk.")
        return connection

    @contextmanager
    def writing(self, patience: float = BUSY_TIMEOUT) -> Iterator[sqlite3.Connection]:
        """One transaction around the block, on disk when it ends; anything raised inside undoes it. Does not nest.

        `patience`: seconds to wait for other processes, and as many for threads of this one where that is less than
        usual, before it is given up with a StoreError.

        Threads of one process take turns: SQLite's own waiting is blind to who came first, and starves some. Those who
        wait for their turn share the way to the disk with the one before them: each block is undone by itself, and none
        ends before all of them are kept.
        """
        batch: _Batch | None = None
        try:
            with self._in_turn(patience):
                batch = self._batch or self._begin(patience)
                try:
                    with _undone_if_it_fails(batch.connection):
                        yield batch.connection
                    batch.blocks += 1
                except sqlite3.DatabaseError as error:
                    if not (isinstance(error, sqlite3.OperationalError) or _is_damage(error)):
                        raise
                    if not batch.connection.in_transaction:
                        batch.error = error
                    raise self._unwritten(error) from error
                finally:
                    if not self._waiting or batch.is_full or batch.error:
                        self._commit(batch)
        finally:
            # Also by who failed: whoever was to come next, and bring it to disk, may have lost patience.
            if batch:
                self._await(batch)
        if batch.error:
            raise self._unwritten(batch.error) from batch.error

    @contextmanager
    def _in_turn(self, patience: float) -> Iterator[None]:
        with self._lock:
            self._waiting += 1
        try:
            # Of threads nobody starves, so that those with the usual patience wait their turn.
            came = self._turn.acquire(timeout=patience if patience < BUSY_TIMEOUT else -1)
        finally:
            with self._lock:
                self._waiting -= 1
        if not came:
            raise StoreError(f"{self.path} is busy; try again in a moment.")
        try:
            yield
        finally:
            self._turn.release()

    def _begin(self, patience: float) -> _Batch:
        if self._writer is None:
            self._writer = self._opened()
        try:
            self._writer.execute(f"PRAGMA busy_timeout = {round(patience * 1000)}")
            self._writer.execute("BEGIN IMMEDIATE")
        except sqlite3.DatabaseError as error:
            if _is_damage(error):
                raise self._damaged(error) from error
            raise StoreError(f"{self.path} is busy ({error}); try again in a moment.") from error
        self._batch = _Batch(self._writer)
        return self._batch

    def _commit(self, batch: _Batch) -> None:
        self._batch = None
        try:
            if batch.error is None:
                batch.connection.execute("COMMIT")
                self._commits.tell()
        except sqlite3.Error as error:
            _roll_back(batch.connection)
            batch.error = error
        finally:
            batch.ended.set()

    def _await(self, batch: _Batch) -> None:
        """Wait until the batch is on disk, and see to it where whoever was to come next never came."""
        while not batch.ended.wait(_NOBODY_CAME):
            with self._turn:
                if self._batch is batch:
                    self._commit(batch)

    def _unwritten(self, error: sqlite3.Error) -> StoreError:
        if _is_damage(error):
            return self._damaged(error)
        do = f"; {_MAKE_ROOM}" if _is_for_room(error) else ""
        return StoreError(f"{self.path} could not be written ({error}); nothing was changed{do}.")

    def _damaged(self, error: sqlite3.Error) -> StoreError:
        return StoreError(f"{self.path} is damaged ({error}); put back a backup.")

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Raises StoreError where the file turns out to be damaged inside the block."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            if not _is_damage(error):
                raise
            raise self._damaged(error) from error

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One consistent snapshot for several queries. Raises StoreError where the file turns out to be damaged."""
        connection = self.get()
        connection.execute("BEGIN")
        try:
            with self.telling():
                yield connection
        finally:
            _roll_back(connection)

    def until_a_commit(self, ask: Callable[[sqlite3.Connection], Answer]) -> Answer:
        """What `ask` answers on this thread's connection, asked again only after anybody committed.

        Whoever commits through this product says so before it answers to anybody; every now and then SQLite is asked,
        whose `data_version` moves with what other connections commit, by whatever program; this one never writes.
        Only one question may be asked so. Raises StoreError.
        """
        connection, last = self.get(), self._local.looked
        word, now = self._commits.word(), time.monotonic()
        if last and word and word == last.word and now < last.until:
            return last.answer
        if last is None or now >= last.until:
            self._commits.share()
            word = self._commits.word()
        try:
            (version,) = connection.execute("PRAGMA data_version").fetchone()
            answer = last.answer if last and version == last.version else ask(connection)
        except sqlite3.Error as error:
            raise StoreError(f"{self.path} cannot be read ({error}); try again in a moment.") from error
        self._local.looked = _Looked(word, now + _BLIND, version, answer)
        return answer

    def copy_to(self, file: Path) -> None:
        """Write the whole database, as it stands at one moment, into a new file that needs no other beside it.

        Others may write meanwhile: all pages are copied in one step, since a copy in several begins anew whenever
        another process writes. Raises StoreError.
        """
        try:
            copy = sqlite3.connect(file, isolation_level=None)
        except sqlite3.Error as error:
            raise StoreError(f"{file} cannot be made ({error}); choose a folder that can be written to.") from error
        try:
            self.get().backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.Error as error:
            raise StoreError(
                f"{self.path} was not copied ({error}); make room where the copy goes, or choose another "
                "disk; nothing was kept."
            ) from error
        finally:
            copy.close()

    def close(self) -> None:
        with self._lock:
            for connection in self._all:
                connection.close()
            self._all.clear()
        self._commits.close()
        self._local, self._writer = threading.local(), None


def _to_write_ahead(connection: sqlite3.Connection) -> str:
    """Write ahead from here on; answers the mode that the file is in. Raises sqlite3.Error.

    Of several who open a new file at once, SQLite turns away some without waiting, whatever the busy timeout.
    """
    until = time.monotonic() + BUSY_TIMEOUT
    while True:
        try:
            return connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(_SOON)


_SOON = 0.01
"""Seconds after which one who was turned away tries again."""


def _make_for_owner_alone(file: Path) -> None:
    """A new file is made before SQLite makes it, which would let others read it; its log gets the same rights.

    One that is there is not even opened: to close it would end the locks that this process holds on it.
    """
    with suppress(OSError):  # It is there; or it cannot be made, which SQLite tells in its own way.
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _refuse_read_only(file: Path) -> None:
    """Raise StoreError where nothing can be written: SQLite opens such a file all the same, or cannot say why not."""
    for place in (file.parent, file):
        if place.exists() and not os.access(place, os.W_OK):
            raise StoreError(
                f"{place} is read-only for the user that runs Open Lines; give that user the right to write there, or "
                "name another database with OPENLINES_DATABASE_URL."
            )


@contextmanager
def alone_with(file: Path) -> Iterator[None]:
    """A database that is one file, without a log beside it, and that nobody else can open while the block runs.

    Raises StoreError where another process has it open, or it is no file. A damaged file stays as it is, and its log
    with it.
    """
    try:
        connection = sqlite3.connect(file, isolation_level=None, timeout=1)
    except sqlite3.Error as error:
        raise StoreError(f"{file} cannot be opened ({error}); see what is there, or name another place.") from error
    try:
        # Leaving the log takes the only connection there is; so nobody has one from here on.
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorname.startswith("SQLITE_BUSY"):
            connection.close()
            remedy = "end what runs on it (serve, schedule, Litestream), then try again."
            raise StoreError(f"{file} is in use ({error}); {remedy}") from error
    try:
        yield
    finally:
        connection.close()


@contextmanager
def _undone_if_it_fails(connection: sqlite3.Connection) -> Iterator[None]:
    """A part of a transaction, of which SQLite itself undoes the whole when the disk is full or fails."""
    connection.execute("SAVEPOINT block")
    try:
        yield
        connection.execute("RELEASE block")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK TO block")
            connection.execute("RELEASE block")
        raise


def _roll_back(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK")
