"""Today's detection over stored releases: what it would read otherwise than what is kept, and taking that in.

What is kept is never removed. A sighting that today's rules no longer find stays with its candidate, for a reviewer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from db.releases import Kept
from db.sightings import Told
from db.store import Store
from tracker.model import Feed, PartialDate, Release, Sighting, Signal
from tracker.polling.intake import take_in
from tracker.releases.grouping import report_of, same_event
from tracker.releases.study import Detect
from tracker.service import Service

BATCH = 500
"""Stored releases read at a time: memory stays the same however many there are."""


class Change(StrEnum):
    """How today's reading of a release differs from what is kept."""

    GAINED = "gained"
    LOST = "lost"
    CHANGED = "changed"


@dataclass(frozen=True)
class Difference:
    """On one channel: what is kept (`before`, None: nothing), and what is read now (`after`, None: nothing)."""

    channel: str
    before: Told | None
    after: Sighting | None

    @property
    def change(self) -> Change:
        if self.before is None:
            return Change.GAINED
        return Change.LOST if self.after is None else Change.CHANGED


@dataclass(frozen=True)
class Replayed:
    """A stored release read again."""

    release: Release
    kept: Kept
    differences: list[Difference] = field(default_factory=list)

    @property
    def news(self) -> list[Sighting]:
        """What taking it in would add or try to add."""
        return [one.after for one in self.differences if one.after]


def replay(
    service: Service, *, feed: str | None = None, since: date = date.min, only: Sequence[int] | None = None
) -> Iterator[Replayed]:
    """Every stored release (of a feed, from a day on, or `only` those ids) with what differs. Writes nothing."""
    feeds = service.feeds_by_slug
    for release, kept in _stored(service.store, feed, since, only):
        found = _detection(service, feeds, release)(release)
        with service.store.reading() as db:
            told = db.sightings.told_by(kept.id)
        yield Replayed(release, kept, differences(release, told, found))


def write(service: Service, replayed: Replayed) -> int:
    """Take in what is new in a release, in one transaction; answers how many sightings were. Raises StoreError."""
    with service.store.writing() as db:
        return take_in(db, replayed.release, replayed.kept, replayed.news, now=service.clock())


def differences(release: Release, told: Iterable[Told], found: Iterable[Sighting]) -> list[Difference]:
    """Kept and present readings of one release side by side, channel by channel. Pure.

    Two findings that tell one event are one, as they are when they are taken in.
    """
    told = list(told)
    left, fresh = list(told), []
    for sighting in found:
        same = next((one for one in left if _says(one.sighting) == _says(sighting)), None)
        if same:
            left.remove(same)
        else:
            fresh.append(sighting)
    known = [one.sighting for one in told if one not in left]
    differing = []
    for sighting in fresh:
        before = next((one for one in left if one.sighting.channel == sighting.channel), None)
        if before:
            left.remove(before)
        elif any(_one_event(release, sighting, one) for one in known):
            continue
        known.append(sighting)
        differing.append(Difference(sighting.channel, before, sighting))
    return differing + [Difference(one.sighting.channel, one, None) for one in left]


def _says(sighting: Sighting) -> tuple[str, Signal, PartialDate | None, bool]:
    return sighting.channel, sighting.signal, sighting.date, sighting.flagged


def _one_event(release: Release, one: Sighting, other: Sighting) -> bool:
    return one.channel == other.channel and bool(
        same_event(report_of(one, release.published), report_of(other, release.published))
    )


def _stored(store: Store, feed: str | None, since: date, only: Sequence[int] | None) -> Iterator[tuple[Release, Kept]]:
    after, wanted = 0, set(only) if only is not None else None
    while True:
        with store.reading() as db:
            batch = db.releases.stored(feed=feed, since=since, after=after, most=BATCH)
        yield from (both for both in batch if wanted is None or both[1].id in wanted)
        if len(batch) < BATCH:
            return
        after = batch[-1][1].id


def _detection(service: Service, feeds: Mapping[str, Feed], release: Release) -> Detect:
    polled = feeds.get(release.feed or "")
    return service.detect_for(polled.relationships) if polled else service.detect_all
