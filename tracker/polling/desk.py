"""Where polls are begun and kept: one thread that asks and tells the record for many that wait for the network.

Each of those reads one feed at a time, and touches nothing that all share. What they bring is kept together, with what
is begun for them next: one transaction for all that came in since the last.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from datetime import timedelta
from queue import Empty, SimpleQueue

from db.feeds import PollRow
from db.store import StoreError, Subjects
from tracker.feeds.hosts import PER_HOST, host_of
from tracker.model import Feed
from tracker.polling.outcome import Begun, Brought, keep, keep_of_group
from tracker.polling.poll import CLAIM, begin, logged_as_poll_of, read, report
from tracker.service import Service

log = logging.getLogger(__name__)

LONGEST_GROUP = 0.1
"""Seconds after which no further poll is let into a transaction: others want to write too."""


def begin_if_due(service: Service, db: Subjects, feed: Feed, *, claim: timedelta = CLAIM) -> Begun | None:
    """Claim the feed for so long, or put it off where its host asked any of us to be left alone; None: not claimed."""
    now = service.clock()
    if alone := service.hosts.alone_for(feed.url):
        db.feeds.put_off(feed.slug, until=now + alone)
        return None
    health = db.feeds.claim(feed.slug, now=now, until=now + claim)
    return begin(db, feed, health, now) if health else None


def poll_if_due(service: Service, feed: Feed, *, claim: timedelta = CLAIM) -> PollRow | None:
    """Begin the poll of a feed, and end it. None where it was not polled. Raises StoreError."""
    with service.store.writing() as db:
        service.hosts.heed(db.hosts.left_alone())
        begun = begin_if_due(service, db, feed, claim=claim)
    if begun is None:
        return None
    brought = read_with(service, begun)
    with service.store.writing() as db:
        row = keep(db, brought)
    report(row)
    return row


def read_with(service: Service, begun: Begun) -> Brought:
    """What a poll that has begun brings, read as the service reads."""
    detect = service.detect_for(begun.feed.relationships)
    return read(service.store, begun, detect, service.clock, service.fetch, service.robots)


@dataclass
class _Poll:
    """A poll in hand, how its lines are logged, what it brought (None: it failed unexpectedly), and the row it left."""

    begun: Begun
    lines: AbstractContextManager[None]
    brought: Brought | None = None
    row: PollRow | None = None

    @property
    def slug(self) -> str:
        return self.begun.feed.slug

    def keep(self, db: Subjects) -> None:
        with self.lines:
            self.row = keep_of_group(db, self.brought)

    def report(self) -> None:
        with self.lines:
            report(self.row)


class Desk:
    """Has feeds polled, by so many `hands` at a time, which are threads of `workers`, as is the one at the desk."""

    def __init__(self, service: Service, workers: ThreadPoolExecutor, *, hands: int) -> None:
        self._service, self._workers, self._hands = service, workers, hands
        self._lock = threading.Lock()
        self._due: list[Feed] = []
        self._at_work: Future | None = None
        self._closed = False
        # What follows is touched by the thread at the desk alone.
        self._in_hand = 0
        self._asked: Counter[str] = Counter()
        self._came: SimpleQueue[_Poll | None] = SimpleQueue()

    def serve(self, due: list[Feed]) -> list[Future]:
        """Have these polled, in their order, instead of those that still wait; answers what ends when all are."""
        with self._lock:
            self._due = [] if self._closed else due
            if self._due and (self._at_work is None or self._at_work.done()):
                self._at_work = self._workers.submit(self._work)
            elif self._due:
                self._came.put(None)  # so that the desk looks up, though nobody may come back for long
            return [self._at_work] if self._due else []

    def close(self) -> None:
        """Begin no more polls, and wait until those in hand are kept."""
        with self._lock:
            self._closed, self._due = True, []
            at_work = self._at_work
        if at_work:
            wait([at_work])

    def _work(self) -> None:
        """Keep what comes and begin what is due, until nothing is."""
        try:
            while self._is_wanted():
                self._exchange(self._came.get() if self._in_hand else None)
        except Exception:
            log.exception("polling failed unexpectedly")
            raise

    def _is_wanted(self) -> bool:
        with self._lock:
            if not self._in_hand and not self._due:
                self._at_work = None
                return False
            return True

    def _exchange(self, came: _Poll | None) -> None:
        """Keep what came, with what comes meanwhile, and begin further polls: all in one transaction."""
        kept, begun = self._back(came), []
        try:
            with self._service.store.writing() as db:
                for poll in self._coming(kept):
                    poll.keep(db)
                if kept:
                    db.record.bump("polls")
                for poll in self._begin(db):
                    begun.append(poll)
        except Exception as error:
            log.error("polls wait for the next tick: %s", error, exc_info=not isinstance(error, StoreError))
            with self._lock:
                self._due = []
            for poll in begun:
                self._count(poll, -1)
            for poll in kept:
                self._keep_alone(poll)
            return
        for poll in begun:
            self._workers.submit(self._read, poll)
        for poll in kept:
            poll.report()

    def _back(self, poll: _Poll | None) -> list[_Poll]:
        """Who read it is free again; answers it where it brought something to keep."""
        if poll is None:
            return []
        self._count(poll, -1)
        return [poll] if poll.brought else []

    def _coming(self, kept: list[_Poll]) -> Iterator[_Poll]:
        """What came, and what comes while that is kept, which joins it: as long as others may wait."""
        until = time.monotonic() + LONGEST_GROUP
        yield from tuple(kept)
        with suppress(Empty):
            while time.monotonic() <= until:
                for poll in self._back(self._came.get_nowait()):
                    kept.append(poll)
                    yield poll

    def _begin(self, db: Subjects) -> Iterator[_Poll]:
        """Begin polls as long as hands are free."""
        self._service.hosts.heed(db.hosts.left_alone())
        while self._in_hand < self._hands and (feed := self._next()):
            if begun := begin_if_due(self._service, db, feed):
                poll = _Poll(begun, logged_as_poll_of(feed.slug))
                self._count(poll, 1)
                yield poll

    def _next(self) -> Feed | None:
        """The feed that has waited longest among those whose host is not being asked for others already.

        So a slow host with many feeds holds up its own feeds, and never all hands.
        """
        with self._lock:
            for position, feed in enumerate(self._due):
                if self._asked[host_of(feed.url)] < PER_HOST:
                    return self._due.pop(position)
        return None

    def _count(self, poll: _Poll, number: int) -> None:
        self._in_hand += number
        self._asked[host_of(poll.begun.feed.url)] += number

    def _keep_alone(self, poll: _Poll) -> None:
        """Keep one of a group that was not kept as a whole: what is wrong with one stops none of the others."""
        with poll.lines:
            try:
                with self._service.store.writing() as db:
                    row = keep(db, poll.brought)
                report(row)
            except StoreError as error:
                # A claim runs out by itself; the feed is polled again then.
                log.error("poll of %s was not kept: %s", poll.slug, error)
            except Exception:
                log.exception("poll of %s failed unexpectedly", poll.slug)

    def _read(self, poll: _Poll) -> None:
        """What a hand does."""
        with poll.lines:
            try:
                poll.brought = read_with(self._service, poll.begun)
            except StoreError as error:
                # A claim runs out by itself; the feed is polled again then.
                log.error("poll of %s was not kept: %s", poll.slug, error)
            except Exception:
                log.exception("poll of %s failed unexpectedly", poll.slug)
        self._came.put(poll)
