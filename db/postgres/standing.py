"""Whether anybody committed: what each public read asks, and so below everything that costs time."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable

import psycopg
from psycopg.pq import ExecStatus

from db.engine import Answer
from db.errors import StoreError

_NAME, _VISIBLE = b"visible", b"SELECT pg_current_snapshot()::text"
"""Which transactions are visible now: while that is the same, so is whatever a query answers."""

_PATIENCE = 5.0
"""Seconds that a thread waits for others that ask."""


class Standing:
    """One connection of the process, by which its threads ask in turn; what was asked after a thread came is its answer
    too. `connect` opens it.
    """

    def __init__(self, connect: Callable[[], psycopg.Connection], place: str) -> None:
        self._connect, self._place = connect, place
        self._lock = threading.Lock()
        self._connection: psycopg.Connection | None = None
        self._inherited: list[psycopg.Connection] = []
        self._process = os.getpid()
        self._visible: bytes | None = None
        self._asked_at = 0.0
        self._answer = None

    def until_a_commit(self, ask: Callable[[psycopg.Connection], Answer]) -> Answer:
        """What `ask` answers, which is remembered until anybody commits. Raises StoreError."""
        if self._process != os.getpid():
            self._after_a_fork()
        came = time.perf_counter()
        if not self._lock.acquire(timeout=_PATIENCE):
            raise StoreError(f"{self._place} does not answer; try again in a moment.")
        try:
            if self._visible is not None and self._asked_at > came:
                return self._answer
            try:
                return self._asked(ask)
            except psycopg.OperationalError:
                self._drop()  # It had dropped the connection; a new one tells whether it is there.
            try:
                return self._asked(ask)
            except psycopg.OperationalError as error:
                self._drop()
                raise StoreError(f"{self._place} cannot be read ({error}); try again in a moment.") from error
        finally:
            self._lock.release()

    def close(self) -> None:
        with self._lock:
            self._drop()

    def _asked(self, ask: Callable[[psycopg.Connection], Answer]) -> Answer:
        if self._connection is None:
            self._connection = self._connect()
            self._connection.pgconn.prepare(_NAME, _VISIBLE)
        self._asked_at = time.perf_counter()
        told = self._connection.pgconn.exec_prepared(_NAME, [])
        if told.status != ExecStatus.TUPLES_OK:
            raise psycopg.OperationalError(told.error_message.decode(errors="replace").strip())
        visible = told.get_value(0, 0)
        if visible != self._visible:
            # Asked after: what was committed meanwhile is told already, and asked for once more.
            self._answer = ask(self._connection)
            self._visible = visible
        return self._answer

    def _drop(self) -> None:
        if self._connection:
            self._connection.close()
        self._connection = self._visible = None

    def _after_a_fork(self) -> None:
        """The connection and the lock are those of the process that began; its connection is not ours to close."""
        self._process, self._lock = os.getpid(), threading.Lock()
        if self._connection:
            self._inherited.append(self._connection)
        self._connection = self._visible = None
