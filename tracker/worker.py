"""One of any number of workers on any number of machines, over a record in PostgreSQL.

What the scheduler does on one machine is done here by jobs of Procrastinate, over the same functions. Nothing but
turns is kept in its tables: what is due stands in the record, so that a job that is lost comes again with the next
tick. Whatever asks a host of publishers is a job under the lock of that host: of all workers one at a time asks it.
"""

from __future__ import annotations

import asyncio
import logging
import random
import threading
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from typing import Any

import psycopg
from procrastinate import App, JobContext, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.jobs import Status
from psycopg_pool import PoolTimeout

from db.postgres.work import ALIVE_SECONDS, OPTIONS
from db.store import StoreError
from tracker.errors import Refused
from tracker.feeds.hosts import host_of
from tracker.notifications.notify import MAIL_WORKERS, WEBHOOK_WORKERS, Notifying
from tracker.polling.desk import poll_if_due
from tracker.polling.poll import logged_as_poll_of
from tracker.polling.rereading import Rereading, read_again
from tracker.polling.retention import Retention
from tracker.reviewing.reckoning import Reckoning
from tracker.reviewing.sampler import sample
from tracker.scheduler import TICK_SECONDS, WORKERS, due_feeds
from tracker.service import Service

log = logging.getLogger(__name__)

HOLDER = "workers"
"""In whose name any worker ticks: they are one holder of the scheduler's lease."""

SIGN_SECONDS, LOOK_SECONDS, PATIENCE = 5.0, 1.0, 10.0
"""Seconds between the signs of life of a worker, between its looks for jobs whose lock has become free (of new ones it
is told), and for which it waits for a connection.
"""

PAGES_A_MINUTE = 48
"""Cited pages chosen by one go, which comes each minute: as many as ticks of one machine choose in that time."""

KEEP_FAILED = timedelta(days=7)
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
"""Seconds until a worker that lost the database tries again."""

RECEIVERS = {"webhook": WEBHOOK_WORKERS, "mail": MAIL_WORKERS}
"""How many of each kind all workers together serve at a time."""

_URGENT = 10
_TO_BE_DONE = ("todo", "doing")

# What goes wrong with a job is logged here, in our words and once; what goes wrong with a worker, by the library.
logging.getLogger("procrastinate.worker").setLevel(logging.CRITICAL)
logging.getLogger("procrastinate.worker.worker").setLevel(logging.WARNING)


class Working:
    """Works in the background, in threads of its own, until it is stopped."""

    def __init__(self, service: Service, *, concurrency: int = WORKERS, tick_seconds: float = TICK_SECONDS) -> None:
        if service.store.is_file:
            raise Refused(
                "Workers share a record that is kept in PostgreSQL, and this one is a file.",
                "Set OPENLINES_DATABASE_URL=postgresql://…, or run: python -m tracker schedule",
            )
        self._service, self._concurrency = service, concurrency
        self._notifying, self._retention, self._reckoning = Notifying(service), Retention(service), Reckoning(service)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._work()), name="worker")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._working: asyncio.Task | None = None
        self._app = self._made(max(1, round(tick_seconds)))

    def _made(self, tick_seconds: int) -> App:
        """The tasks; those that come by the clock are deferred once for each moment, however many workers there are."""
        settings = self._service.settings
        connector = PsycopgConnector(
            conninfo=settings.database_url,
            kwargs={"options": OPTIONS, "application_name": "openlines worker"},
            min_size=1,
            max_size=4,
            timeout=PATIENCE,
        )
        app = App(connector=connector)
        each_tick, each_minute, daily = f"* * * * * */{tick_seconds}", "* * * * *", "17 3 * * *"
        by_clock: list[tuple[str, Callable, str]] = [
            ("tick", self._tick, each_tick),
            ("rescue", self._rescue, each_tick),
            ("notify", self._notify, each_tick),
            ("figures", lambda timestamp: self._reckoning.go(), each_minute),
            ("forget", self._forget, daily),
        ]
        if settings.sample:
            by_clock.append(("sample", lambda timestamp: sample(self._service, random.SystemRandom()), each_tick))
        if settings.keep_pages:
            by_clock.append(("retention", lambda timestamp: self._retention.go(), each_tick))
        if settings.watch:
            by_clock.append(("watch", self._watch, each_minute))
        for name, work, when in by_clock:
            # Two ticks at once do no harm, and a dead worker that held their lock would: polls wait for none.
            lock = None if name in ("tick", "rescue") else name
            task = app.task(work, name=name, lock=lock, queueing_lock=name, priority=_URGENT)
            app.periodic(cron=when)(task)
        for name, work in (
            ("poll", self._poll),
            ("reread", self._reread),
            *((kind, self._serve) for kind in RECEIVERS),
        ):
            app.task(work, name=name)
        return app

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def stop(self) -> None:
        """Let what is in hand be done, take on nothing more, and sign off."""
        self._stopping.set()
        self._notifying.stop()
        if self._thread.is_alive():
            with suppress(RuntimeError):  # It has just ended, having seen that it is to stop.
                if self._loop and self._working:
                    self._loop.call_soon_threadsafe(self._working.cancel)
            self._thread.join()
        self._service.hosts.close()

    async def _work(self) -> None:
        """Work until told to stop; where the database is away, again when it is back."""
        self._loop, pause = asyncio.get_running_loop(), FIRST_PAUSE
        self._loop.set_default_executor(ThreadPoolExecutor(self._concurrency, thread_name_prefix="work"))
        self._loop.set_exception_handler(_left_over)
        while not self._stopping.is_set():
            began = self._loop.time()
            self._working = asyncio.create_task(self._until_it_fails())
            if self._stopping.is_set():
                self._working.cancel()
            try:
                await self._working
            except asyncio.CancelledError:
                return
            except (ConnectorException, psycopg.Error, PoolTimeout) as error:
                pause = FIRST_PAUSE if self._loop.time() - began > LONGEST_PAUSE else min(pause * 2, LONGEST_PAUSE)
                log.error("work pauses for %g seconds: %s", pause, _reason(error))
            else:
                log.warning("the worker ended by itself, and begins again")
            await asyncio.get_running_loop().run_in_executor(None, self._stopping.wait, pause)

    async def _until_it_fails(self) -> None:
        async with self._app.open_async():
            await self._app.run_worker_async(
                concurrency=self._concurrency,
                delete_jobs="successful",
                update_heartbeat_interval=SIGN_SECONDS,
                fetch_job_polling_interval=LOOK_SECONDS,
                stalled_worker_timeout=float(ALIVE_SECONDS),
                install_signal_handlers=False,
                worker_middleware=[_watched],
            )

    async def _tick(self, timestamp: int) -> None:
        """Have each due feed polled, unless that waits or is being done."""
        due = await asyncio.to_thread(due_feeds, self._service, HOLDER)
        await self._defer("poll", {feed.slug: f"host {host_of(feed.url)}" for feed in due or ()})

    async def _watch(self, timestamp: int) -> None:
        """Have some of the cited pages read again."""
        urls = await asyncio.to_thread(lambda: Rereading(self._service).chosen(PAGES_A_MINUTE))
        await self._defer("reread", {url: f"host {host_of(url)}" for url in urls})

    async def _notify(self, timestamp: int) -> None:
        """Note what happened, and have those served who are to be told: so many at a time by all workers together."""
        await asyncio.to_thread(self._notifying.note)
        for kind in self._notifying.kinds:
            due = await asyncio.to_thread(self._notifying.due, kind)
            await self._defer(kind, {str(number): f"receiver {number}" for number in due}, RECEIVERS[kind])

    async def _defer(self, task: str, locks: Mapping[str, str], most: int | None = None) -> None:
        """A job for each of these, under its lock, unless there is one; of that task `most` jobs at a time."""
        known = await self._app.job_manager.list_jobs_async(task=task)
        there = {job.task_kwargs["what"] for job in known if job.status in _TO_BE_DONE}
        fresh = [what for what in locks if what not in there]
        if most is not None:
            fresh = fresh[: max(most - len(there), 0)]
        jobs = [
            self._app.configure_task(
                task, lock=locks[what], queueing_lock=f"{task} {what}", task_kwargs={"what": what}
            ).job
            for what in fresh
        ]
        if jobs:
            try:
                await self._app.job_manager.batch_defer_jobs_async(jobs)
            except AlreadyEnqueued:
                log.info("another worker had the same thought; the next tick brings what is left of it")

    def _poll(self, what: str) -> None:
        """Poll a feed that is still due. The lock of its host is the claim on it: a worker that dies holds nothing."""
        if feed := self._service.feeds_by_slug.get(what):
            with logged_as_poll_of(what):
                poll_if_due(self._service, feed, claim=timedelta())
            self._service.hosts.rest(feed.url)

    def _reread(self, what: str) -> None:
        read_again(self._service, what, if_due=True)
        self._service.hosts.rest(what)

    def _serve(self, what: str) -> None:
        self._notifying.serve(int(what))

    async def _rescue(self, timestamp: int) -> None:
        """Take from dead workers what they had in hand: it is due still, and is deferred anew."""
        jobs = self._app.job_manager
        await jobs.prune_stalled_workers(ALIVE_SECONDS)
        for job in await jobs.get_stalled_jobs(seconds_since_heartbeat=ALIVE_SECONDS):
            log.warning("a worker is gone that had %s in hand", job.call_string)
            try:
                await jobs.finish_job(job, Status.ABORTED, delete_job=True)
            except ConnectorException:
                log.info("%s was ended after all", job.call_string)

    async def _forget(self, timestamp: int) -> None:
        """Jobs that failed long ago go; why they did stands in the log."""
        hours = round(KEEP_FAILED.total_seconds() / 3600)
        await self._app.job_manager.delete_old_jobs(hours, include_failed=True, include_aborted=True)


async def _watched(work: Callable[[], Awaitable[None]], context: JobContext, worker: object) -> None:
    """Say of a job what went wrong; it counts as failed, and what is due of it is deferred by a later tick."""
    try:
        await work()
    except (StoreError, ConnectorException) as error:
        log.error("%s was not done: %s", context.job.call_string, _reason(error))
        raise
    except Exception:
        log.exception("%s failed unexpectedly", context.job.call_string)
        raise


def _left_over(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """What nobody waits for went wrong: most of all the end of a job that others took from us, having given us up."""
    error = context.get("exception")
    if isinstance(error, ConnectorException):
        log.warning("a job was done, and its end not put down: %s", _reason(error))
    else:
        loop.default_exception_handler(context)


def _reason(error: Exception) -> str:
    """What the server or its driver says, in one line."""
    cause = error.__cause__ or error
    if isinstance(cause, psycopg.errors.ForeignKeyViolation):
        return f"it gave no sign for {ALIVE_SECONDS} seconds, and others took what it had in hand"
    return str(cause).strip().partition("\n")[0]
