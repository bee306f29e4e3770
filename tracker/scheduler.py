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
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

from apscheduler.schedulers.background import BackgroundScheduler

from db.store import StoreError
from tracker.poll import CLAIM, LONGEST_RETRY_AFTER, poll_feed
from tracker.sampler import sample
from tracker.service import Service

log = logging.getLogger(__name__)

LEASE = "scheduler"
LEASE_LENGTH = timedelta(seconds=60)
TICK_SECONDS = 5
LATE = 2 * LEASE_LENGTH
"""A last tick longer ago than this (24 ticks) is no lease on its way to another process: nobody polls."""

WORKERS = 8
"""Feeds polled at a time; they wait for the network nearly all of it."""


class Polling:
    """Polls due feeds in the background until it is stopped."""

    def __init__(self, service: Service, *, tick_seconds: float = TICK_SECONDS) -> None:
        self._service = service
        self._holder = f"{socket.gethostname()}-{os.getpid()}-{uuid4().hex[:8]}"
        self._workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="poll")
        self._free = threading.BoundedSemaphore(WORKERS)
        self._sampling = threading.Lock()
        self._slowest = timedelta(seconds=max((feed.every for feed in service.feeds), default=0))
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
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)
        self._workers.shutdown(wait=True)
        try:
            with self._service.store.writing() as db:
                db.feeds.give_back_lease(LEASE, self._holder)
        except StoreError as error:
            log.warning("the scheduler's lease was not given back: %s", error)

    def tick(self) -> list[Future]:
        """Claim the feeds that are due, as many as there are free workers, and have them polled.

        What earlier polls brought is measured meanwhile. Answers the polls.
        """
        now = self._service.clock()
        try:
            with self._service.store.writing() as db:
                if not db.feeds.take_lease(LEASE, self._holder, now=now, until=now + LEASE_LENGTH):
                    return []
                latest_poll = now + max(2 * self._slowest, LONGEST_RETRY_AFTER)
                db.feeds.bring_back(now=now, latest_poll=latest_poll, latest_claim=now + 2 * CLAIM)
                due = db.feeds.due(now, most=WORKERS)
                claimed = [
                    slug
                    for slug in due
                    if slug in self._service.feeds_by_slug
                    and self._free.acquire(blocking=False)
                    and self._claimed(db, slug, now)
                ]
        except StoreError as error:
            log.error("tick: %s", error)
            return []
        self._workers.submit(self._sample)
        return [self._workers.submit(self._poll, slug) for slug in claimed]

    def _claimed(self, db, slug: str, now) -> bool:
        claimed = db.feeds.claim(slug, now=now, until=now + CLAIM)
        if not claimed:
            self._free.release()
        return claimed

    def _poll(self, slug: str) -> None:
        feed = self._service.feeds_by_slug[slug]
        try:
            poll_feed(self._service.store, feed, self._service.detectors[feed.relationship], self._service.clock)
        except StoreError as error:
            # The claim runs out by itself; the feed is polled again then.
            log.error("poll of %s was not kept: %s", slug, error)
        except Exception:
            log.exception("poll of %s failed unexpectedly", slug)
        finally:
            self._free.release()

    def _sample(self) -> None:
        """Draw from the releases that came since the last tick, so that those drawn are as new as those flagged."""
        if not self._sampling.acquire(blocking=False):
            return
        try:
            sample(self._service, random.SystemRandom())
        except StoreError as error:
            log.error("sample: %s", error)
        except Exception:
            log.exception("the sample failed unexpectedly")
        finally:
            self._sampling.release()
