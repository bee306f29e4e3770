"""When feeds are polled: one short tick asks the database what is due; APScheduler only says "now".

Any number of processes may run it. A lease lets one of them tick, and a claim on each feed makes sure that it is
polled once even where a lease has changed hands.
"""

from __future__ import annotations

import logging
import os
import random
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

from apscheduler.schedulers.background import BackgroundScheduler

from db.store import StoreError
from tracker.model import Feed
from tracker.notifications.notify import Notifying
from tracker.polling.desk import Desk
from tracker.polling.outcome import LONGEST_RETRY_AFTER
from tracker.polling.poll import CLAIM
from tracker.polling.rereading import Rereading
from tracker.polling.retention import Retention
from tracker.reviewing.reckoning import Reckoning
from tracker.reviewing.sampler import sample
from tracker.service import Service

log = logging.getLogger(__name__)

LEASE = "scheduler"
LEASE_LENGTH = timedelta(seconds=60)
TICK_SECONDS = 5
LATE = 2 * LEASE_LENGTH
"""A last tick longer ago than this (24 ticks) is no lease on its way to another process: nobody polls."""

WORKERS = 32
"""Feeds polled at a time; they wait for the network nearly all of it."""

MOST_DUE = 2_000
"""Due feeds that a tick brings; those beyond are brought by the next one."""


def due_feeds(service: Service, holder: str) -> list[Feed] | None:
    """One tick's question: the feeds that are due, the longest waiting first; None where another `holder` ticks.

    What waits for longer than anything can, twice the interval of the slowest feed, was put off by a clock that stood
    ahead, and is due. Raises StoreError.
    """
    now = service.clock()
    with service.store.writing() as db:
        if not db.feeds.take_lease(LEASE, holder, now=now, until=now + LEASE_LENGTH):
            return None
        feeds = service.polled(db)
        slowest = timedelta(seconds=max((feed.every for feed in feeds.values()), default=0))
        latest_poll = now + max(2 * slowest, LONGEST_RETRY_AFTER)
        db.feeds.bring_back(now=now, latest_poll=latest_poll, latest_claim=now + 2 * CLAIM)
        due = db.feeds.due(now, most=MOST_DUE)
    return [feeds[slug] for slug in due if slug in feeds]


class Polling:
    """Polls due feeds in the background until it is stopped."""

    def __init__(self, service: Service, *, tick_seconds: float = TICK_SECONDS) -> None:
        self._service = service
        self._holder = f"{socket.gethostname()}-{os.getpid()}-{uuid4().hex[:8]}"
        # Beside the feeds: the desk, the sample, the watch, old pages, and figures.
        self._workers = ThreadPoolExecutor(WORKERS + 5, thread_name_prefix="poll")
        self._desk = Desk(service, self._workers, hands=WORKERS)
        self._stopped = False
        self._sampling, self._watching, self._tidying = threading.Lock(), threading.Lock(), threading.Lock()
        self._counting = threading.Lock()
        self._rereading, self._retention, self._reckoning = Rereading(service), Retention(service), Reckoning(service)
        self._notifying = Notifying(service)
        # A tick that was missed (the machine slept, or was busy) runs once when it can, however late.
        defaults = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        self._scheduler = BackgroundScheduler(timezone="UTC", job_defaults=defaults)
        self._scheduler.add_job(self.tick, "interval", seconds=tick_seconds, id="tick")

    def start(self) -> None:
        """Tick at once and then on schedule."""
        self._scheduler.start()
        self._workers.submit(self.tick)

    def stop(self) -> None:
        """Let the polls in hand finish, then give the lease back."""
        self._stopped = True
        self._desk.close()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)
        self._workers.shutdown(wait=True)
        self._notifying.stop()
        self._service.hosts.close()
        try:
            with self._service.store.writing() as db:
                db.feeds.give_back_lease(LEASE, self._holder)
        except StoreError as error:
            log.warning("the scheduler's lease was not given back: %s", error)

    def tick(self) -> list[Future]:
        """Look up which feeds are due and have them polled; answers what will be done when they are.

        What earlier polls brought is measured meanwhile, some of the pages that the record cites are read again, old
        copies of pages go where that is set, figures of detection are reckoned anew where something was decided, and
        what was reviewed is told to who asked for it.
        """
        try:
            due = due_feeds(self._service, self._holder)
        except StoreError as error:
            log.error("tick: %s", error)
            return []
        if due is not None:
            self._workers.submit(self._alone, "the sample", self._sampling, self._sample)
            if self._service.settings.watch:
                self._workers.submit(self._alone, "the watch", self._watching, self._watch)
            self._workers.submit(self._alone, "old pages", self._tidying, self._retention.go)
            self._workers.submit(self._alone, "the figures", self._counting, self._reckoning.go)
            self._notifying.tick()
        return self._desk.serve(due or [])

    def _alone(self, name: str, turn: threading.Lock, work: Callable[[], object]) -> None:
        """Do what belongs to a tick beside its polls, unless that of an earlier tick is still being done."""
        if not turn.acquire(blocking=False):
            return
        try:
            work()
        except StoreError as error:
            log.error("%s: %s", name, error)
        except Exception:
            log.exception("%s failed unexpectedly", name)
        finally:
            turn.release()

    def _sample(self) -> None:
        """Draw from the releases that came since the last tick, so that those drawn are as new as those flagged."""
        sample(self._service, random.SystemRandom())

    def _watch(self) -> None:
        self._rereading.go(lambda: self._stopped)
