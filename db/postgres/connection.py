"""PostgreSQL connections as the product needs them, and the one write transaction that everything goes through.

Writers take turns, in whatever process on whatever machine: a transaction begins by waiting for one lock, which the
server gives up when it ends. The subjects read before they write (the end of the chain, the candidates of a channel),
and what they read then stands until they are done, as in SQLite. Statements see what was committed before each of them,
so that nothing is read from before the turn came.
"""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import TransactionStatus
from psycopg_pool import ConnectionPool, PoolTimeout

from db.engine import BUSY_TIMEOUT, Answer
from db.errors import StoreError
from db.postgres.rows import adapt, row_factory
from db.postgres.standing import Standing

OLDEST = 150_000
"""The oldest version of the server that is tried."""

_TURN = 0x0BE1_11E5
"""The number of the lock for which writers wait."""

_CONNECT_SECONDS, _READ_PATIENCE, _LOOK_AGAIN = 5, 5.0, 0.25
_IDLE_SECONDS = 300.0
_MOST = {"reading": 16, "writing": 4}
"""Connections of each pool."""

_OPTIONS = (
    "-c synchronous_commit=on -c idle_in_transaction_session_timeout=60s -c TimeZone=UTC "
    "-c jit=off -c random_page_cost=1.1"
)
"""A commit is on disk when it is acknowledged; whoever vanishes with the lock in hand loses it after a minute. No query
runs for so long that compiling it would pay: that takes a second where many rows are expected. The record is in memory
or on no turning disk, so that what an index leads to is asked for rather than looked for in the whole table.
"""

_BEGIN_READING = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"
_BEGIN_WRITING = "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = {}; SELECT pg_advisory_xact_lock({})"


class Connections:
    """Two pools over one database, for reading and for writing, closed together."""

    file = None

    def __init__(self, url: str) -> None:
        self.place = place_of(url)
        self._url = url
        self._local = threading.local()
        self._away_since: dict[str, float] = {}
        self._standing = Standing(self.alone, self.place)
        self._make_pools()

    def _make_pools(self) -> None:
        """Pools that open when they are first asked, each process its own: threads do not survive a fork."""
        self._process = os.getpid()
        self._pools = {name: self._pool(name, most) for name, most in _MOST.items()}

    def _pool(self, name: str, most: int) -> ConnectionPool:
        return ConnectionPool(
            self._url,
            kwargs={
                "autocommit": True,
                "row_factory": row_factory,
                "options": _OPTIONS,
                "connect_timeout": _CONNECT_SECONDS,
                "application_name": f"openlines {name}",
            },
            configure=lambda connection: adapt(connection.adapters),
            min_size=0,
            max_size=most,
            max_idle=_IDLE_SECONDS,
            reconnect_timeout=0,  # whoever asks next tries again
            reconnect_failed=self._note_away,
            name=name,
            open=False,
        )

    def _note_away(self, pool: ConnectionPool) -> None:
        self._away_since[pool.name] = time.monotonic()

    def alone(self) -> psycopg.Connection:
        """A connection of the caller's own. Raises StoreError, which says why there is none."""
        try:
            connection = psycopg.connect(
                self._url, autocommit=True, row_factory=row_factory, options=_OPTIONS, connect_timeout=_CONNECT_SECONDS
            )
        except psycopg.Error as error:
            raise StoreError(f"{self.place} cannot be reached ({_said(error)}); {_REMEDY}") from error
        adapt(connection.adapters)
        return connection

    @contextmanager
    def writing(self, patience: float = BUSY_TIMEOUT) -> Iterator[psycopg.Connection]:
        """One transaction around the block, on disk when it ends; anything raised inside undoes it. Does not nest.

        `patience`: seconds to wait for whoever writes before it is given up with a StoreError.
        """
        begin = _BEGIN_WRITING.format(max(1, round(patience * 1000)), _TURN)
        with self._lent("writing", begin, patience) as connection:
            try:
                yield connection
            except psycopg.OperationalError as error:
                raise StoreError(f"{self.place} could not be written ({_said(error)}); nothing was changed.") from error
            if connection.info.transaction_status == TransactionStatus.INERROR:
                # What the block made light of has undone it all, and a COMMIT would say nothing of that.
                raise StoreError(f"{self.place} could not be written (a statement failed); nothing was changed.")
            try:
                connection.execute("COMMIT")
            except psycopg.IntegrityError as error:
                raise StoreError(f"{self.place} could not be written ({_said(error)}); nothing was changed.") from error
            except psycopg.OperationalError as error:
                raise StoreError(
                    f"{self.place} did not say whether it kept what was written ({_said(error)}); look before you try "
                    "again."
                ) from error

    @contextmanager
    def reading(self) -> Iterator[psycopg.Connection]:
        """One consistent snapshot for several queries. Raises StoreError."""
        with self._lent("reading", _BEGIN_READING, _READ_PATIENCE) as connection:
            self._local.reader = connection
            try:
                with self.telling():
                    yield connection
            finally:
                self._local.reader = None

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Raises StoreError where the server fails inside the block."""
        try:
            yield
        except psycopg.OperationalError as error:
            raise StoreError(f"{self.place} cannot be read ({_said(error)}); try again in a moment.") from error

    def until_a_commit(self, ask: Callable[[psycopg.Connection], Answer]) -> Answer:
        """What `ask` answers, remembered until anybody commits: one round trip. Raises StoreError."""
        if reader := getattr(self._local, "reader", None):
            return ask(reader)
        return self._standing.until_a_commit(ask)

    @contextmanager
    def _lent(self, what_for: str, begin: str, patience: float) -> Iterator[psycopg.Connection]:
        """A connection of a pool in a transaction, which is undone unless the block ended it."""
        if self._process != os.getpid():
            self._make_pools()
        pool = self._pools[what_for]
        connection = self._begun(pool, begin, patience)
        try:
            yield connection
        finally:
            if not connection.closed and connection.info.transaction_status:
                _roll_back(connection)
            pool.putconn(connection)

    def _begun(self, pool: ConnectionPool, begin: str, patience: float) -> psycopg.Connection:
        """A connection on which the transaction has begun: those that the server dropped meanwhile are put away."""
        began = time.monotonic()
        while True:
            connection = self._taken(pool, began, patience)
            try:
                if begin:
                    connection.execute(begin)
            except (psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled) as error:
                _roll_back(connection)
                pool.putconn(connection)
                raise StoreError(f"{self.place} is busy; try again in a moment.") from error
            except psycopg.OperationalError:
                connection.close()
                pool.putconn(connection)
            else:
                return connection

    def _taken(self, pool: ConnectionPool, began: float, patience: float) -> psycopg.Connection:
        """A connection of a pool. Where the server is away, readers are told at once; writers wait for it."""
        pool.open()
        while True:
            try:
                return pool.getconn(timeout=_LOOK_AGAIN)
            except PoolTimeout as error:
                is_away = self._away_since.get(pool.name, 0) > began
                if time.monotonic() - began >= patience or (is_away and pool.name == "reading"):
                    if is_away:
                        self.alone().close()  # says why
                    raise StoreError(f"{self.place} is busy ({_said(error)}); try again in a moment.") from error

    def copy_to(self, file: Path) -> None:
        """Raises StoreError: the server's own tools copy it."""
        raise StoreError(f"{self.place} is copied by PostgreSQL's own tools: pg_dump --format=custom --file={file}")

    def close(self) -> None:
        self._standing.close()
        for pool in self._pools.values():
            pool.close()
        self._make_pools()


_REMEDY = (
    "check that the server runs and that its address is right (OPENLINES_DATABASE_URL, or the one given to copy-to), "
    "then try again."
)


def place_of(url: str) -> str:
    """The address of a database without its password."""
    try:
        known = conninfo_to_dict(url)
    except psycopg.ProgrammingError as error:
        # What is quoted may be the password.
        said = re.sub(r'"[^"]*"?', "“…”", _said(error))
        raise StoreError(
            f"OPENLINES_DATABASE_URL names no database ({said}); write what is no letter or digit in user and password "
            "as %20, %25 and the like."
        ) from error
    host, name = known.get("host", ""), known.get("dbname", "")
    port = f":{known['port']}" if "port" in known else ""
    return f"postgresql://{host}{port}/{name}"


def _roll_back(connection: psycopg.Connection) -> None:
    try:
        connection.execute("ROLLBACK")
    except psycopg.Error:
        connection.close()


def _said(error: Exception) -> str:
    """The first line of what the server or its driver says."""
    return str(error).strip().partition("\n")[0].strip() or type(error).__name__
