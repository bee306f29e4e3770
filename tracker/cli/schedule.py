"""Polling in a process of its own: the scheduler of one machine, and one of the workers of many."""

from __future__ import annotations

import gc
import signal
import threading
from typing import TYPE_CHECKING

import click

from tracker.cli.common import opened
from tracker.errors import Refused
from tracker.operating.reloading import Reloading
from tracker.scheduler import WORKERS, Polling
from tracker.service import Service

if TYPE_CHECKING:
    from tracker.worker import Working


@click.command()
def schedule() -> None:
    """Poll the feeds on schedule, beside any number of web processes on this machine."""
    service = opened()
    if not service.store.is_file:
        raise Refused("Where PostgreSQL keeps the record, workers poll.", "Run: python -m tracker worker")
    enabled = sum(feed.enabled for feed in service.feeds)
    _run(Polling(service), service, f"Polling {enabled} feeds")


@click.command()
@click.option(
    "--concurrency", type=click.IntRange(1), default=WORKERS, show_default=True, help="Jobs that it does at a time."
)
def worker(concurrency: int) -> None:
    """Do a share of the work, beside any number of workers on any number of machines: with PostgreSQL alone."""
    from tracker.worker import Working  # who has no PostgreSQL need not load what it takes

    service = opened()
    _run(Working(service, concurrency=concurrency), service, f"Working, {concurrency} jobs at a time")


def _run(polling: Polling | Working, service: Service, says: str) -> None:
    """Work until SIGINT or SIGTERM; then let what is in hand be done."""
    service.prepare()
    reloading, stop = Reloading(service), threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    signal.signal(signal.SIGHUP, reloading.at_once)
    gc.freeze()  # What stays for good is not looked through for garbage; a look takes all polls 0.1 s.
    polling.start()
    reloading.start()
    click.echo(f"{says}; end with Ctrl-C.")
    stop.wait()
    reloading.stop()
    polling.stop()
    service.store.close()
