"""The scheduler in a process of its own."""

from __future__ import annotations

import signal
import threading

import click

from tracker.cli.common import opened
from tracker.reloading import Reloading
from tracker.scheduler import Polling


@click.command()
def schedule() -> None:
    """Poll the feeds on schedule, beside any number of web processes on this machine."""
    service = opened()
    service.prepare()
    polling, reloading, stop = Polling(service), Reloading(service), threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    signal.signal(signal.SIGHUP, reloading.at_once)
    polling.start()
    reloading.start()
    enabled = sum(feed.enabled for feed in service.feeds)
    click.echo(f"Polling {enabled} feeds; end with Ctrl-C.")
    stop.wait()
    reloading.stop()
    polling.stop()
    service.store.close()
