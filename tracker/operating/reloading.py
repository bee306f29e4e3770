"""Configuration that changes while the product runs: noticed, loaded and checked whole, and only then put in force.

Every process looks for itself, since each has packs of its own. A look costs the stamps of the files; what lies still
since the look before, and is not what was read last, is read: so a folder that is being copied is waited for. A mistake
leaves in force what was, and is said in the log, to admins on /feeds, and in /readyz.

A relationship of which nothing is on record has its history loaded too. What is on record changes by `seed` alone.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence

from config.errors import ConfigError
from config.files import Stamp, stamp_of_all
from config.load import Loaded, RelationshipPack, feeds_of, load, unread_words
from db.store import StoreError
from tracker.operating.seed import seed
from tracker.service import Service

log = logging.getLogger(__name__)

LOOK_SECONDS = 5.0


class Reloading:
    """Looks after the configuration of one process, in a thread of its own, until it is stopped."""

    def __init__(self, service: Service, *, seconds: float = LOOK_SECONDS) -> None:
        self._service, self._seconds = service, seconds
        # What changed since it was read at the start is noticed too.
        self._read = service.loaded.stamp if service.loaded else self._stamp()
        self._seen = self._stamp()
        self._asked = self._stopped = False
        self._woken = threading.Event()
        self._thread = threading.Thread(target=self._keep_looking, name="reload", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def at_once(self, *_: object) -> None:
        """Have everything read at the next moment, whether or not a file has changed; the handler of a signal."""
        self._asked = True
        self._woken.set()

    def stop(self) -> None:
        self._stopped = True
        self._woken.set()
        if self._thread.is_alive():
            self._thread.join()

    def look(self) -> bool:
        """Whether another configuration was put in force. Raises StoreError; it is tried again at the next look."""
        asked, self._asked = self._asked, False
        stamp = self._stamp()
        still, self._seen = stamp == self._seen, stamp
        if not asked and (stamp == self._read or not still):
            return False
        self._read = stamp
        try:
            return reload(self._service)
        except StoreError:
            self._asked = True
            raise

    def _keep_looking(self) -> None:
        while not self._stopped:
            self._woken.wait(self._seconds)
            self._woken.clear()
            try:
                if not self._stopped:
                    self.look()
            except StoreError as error:
                log.error("the configuration was not reloaded: %s", error)
            except Exception:
                self._service.fault = "it could not be looked after; the log of this process says why."
                log.exception("looking after the configuration failed unexpectedly")

    def _stamp(self) -> Stamp:
        return stamp_of_all(self._service.settings.config)


def reload(service: Service) -> bool:
    """Put the configuration in force as its files stand now; whether they could be read. Raises StoreError."""
    folder = service.settings.config
    try:
        loaded = load(folder, service.loaded)
    except ConfigError as error:
        service.fault = str(error.within(folder))
        log.error("the configuration in force stays; what is wrong with the new one: %s", error)
        return False
    known = {id(pack) for pack in service.packs}
    changed = [pack for pack in loaded.packs if id(pack) not in known]
    for pack in changed:
        _ = pack.detector  # Made ready before a poll waits for it.
    _put_in_force(service, loaded, changed)
    log.info(
        "the configuration was read again: %d relationships, changed %s",
        *(len(loaded.packs), ", ".join(pack.relationship.slug for pack in changed) or "none"),
    )
    return True


def _put_in_force(service: Service, loaded: Loaded, changed: Sequence[RelationshipPack]) -> None:
    """In the database first, so that whoever works by it finds there what it names."""
    feeds = feeds_of(loaded.packs)
    with service.store.reading() as db:
        recorded = {channel for channel, rows in db.record.entries().items() if any(rows)}
        unread = unread_words(db.record.channels(), loaded.packs)
    service.define(loaded.packs, feeds)
    new = [p.relationship.slug for p in changed if recorded.isdisjoint(line.slug for line in p.channels)]
    if new:
        seeded = seed(service.store, loaded.packs, at=service.clock(), only=new)
        log.info("%d rows were loaded of %s", seeded.added, ", ".join(new))
    if unread:
        log.warning("%s", unread)
    service.take(loaded.packs, feeds)
    service.loaded, service.fault = loaded, None
    with service.store.writing() as db:
        db.record.bump("polls")  # what was rendered meanwhile rests on the older configuration
