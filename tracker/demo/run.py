"""The demonstration put together: a record of 2023-11-01, sample feeds on loopback, and a story that moves on."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date

from config.settings import Settings
from tracker.demo.server import SampleServer, run_story, sample_feeds
from tracker.operating.seed import seed
from tracker.service import Service, open_service

BEGINS = date(2023, 11, 1)
"""Channels stood suspended on this day; what followed arrives as releases."""


@contextmanager
def playing(settings: Settings, every: float) -> Iterator[Service]:
    """A service over a new database and the sample feeds, whose world moves on by a step each `every` seconds.

    Raises StoreError or ConfigError.
    """
    folder = settings.var / "demo"
    database = folder / "openlines.db"
    for name in (database.name, f"{database.name}-wal", f"{database.name}-shm"):
        (folder / name).unlink(missing_ok=True)
    opened = open_service(replace(settings, var=folder, database_url=f"sqlite:///{database}"), migrate=True)
    server = SampleServer()
    _reach_loopback_directly()
    relationship = opened.packs[0].relationship.slug
    service = replace(opened, feeds=sample_feeds(server.base_url, relationship), world_day=lambda: world_day(server))
    seed(service.store, service.packs, at=service.clock(), until=BEGINS)
    service.prepare()
    stop = threading.Event()
    story = threading.Thread(target=run_story, args=(server, every, stop), name="story", daemon=True)
    with server:
        story.start()
        try:
            yield service
        finally:
            stop.set()
            story.join()


def _reach_loopback_directly() -> None:
    """A proxy of the environment is for the world outside; the sample feeds are on this machine."""
    for name in ("NO_PROXY", "no_proxy"):
        os.environ[name] = ",".join(filter(None, (os.environ.get(name), "127.0.0.1")))


def world_day(server: SampleServer) -> date:
    """The day on which the story stands: that of the newest release shown, else the day on which it begins."""
    return max((release.published.date() for release in server.shown()), default=BEGINS)
