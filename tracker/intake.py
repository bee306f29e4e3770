"""From a release to candidates: each sighting joins the event that it tells of, or opens a candidate for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from db.candidates import Known
from db.feeds import Kept
from db.store import Store, Subjects
from tracker.grouping import entries_telling, new_evidence, same_event, sharper, sides_heard
from tracker.history import in_force
from tracker.model import Candidate, Release, Sighting, Status

Detect = Callable[[Release], list[Sighting]]


def hand_in(
    store: Store, release: Release, detect: Detect, *, guid: str, canonical_url: str | None, now: datetime
) -> list[Candidate]:
    """Keep a release that somebody handed in, and answer the candidates that it speaks of.

    `release.url` is its address; a release handed in twice is one release. Raises StoreError.
    """
    sightings = detect(release)
    with store.writing() as db:
        kept = db.feeds.keep_release(release, guid=guid, canonical_url=canonical_url, now=now)
        take_in(db, release, kept, sightings, now=now)
        return db.candidates.of_release(kept.id)


def take_in(db: Subjects, release: Release, kept: Kept, sightings: Iterable[Sighting], *, now: datetime) -> int:
    """Attach what a kept release says to candidates, inside the caller's transaction.

    Answers how many sightings were new. Nothing of the record changes here.
    """
    return sum(_attach(db, release, kept, sighting, now) for sighting in sightings)


def _attach(db: Subjects, release: Release, kept: Kept, sighting: Sighting, now: datetime) -> bool:
    known = _newest_match(db, release, sighting)
    if known is None:
        return _open(db, release, kept, sighting, now)
    heard = db.candidates.sides_of(known.id)
    if not _add(db, known.id, release, kept, sighting, now):
        return False
    if known.status is Status.PENDING:
        if sharper(sighting, known.date, known.starts):
            db.candidates.sharpen(known.id, sighting)
    elif why := new_evidence(known.status, release.side, heard | _heard_on_record(db, release, sighting, now)):
        db.candidates.reopen(known.id, why)
    return True


def _open(db: Subjects, release: Release, kept: Kept, sighting: Sighting, now: datetime) -> bool:
    """A new candidate; one that the record tells of, on the word of this side too, has no need of a reviewer."""
    heard = _heard_on_record(db, release, sighting, now)
    told_already = bool(heard) and new_evidence(Status.RECORDED, release.side, heard) is None
    status = Status.RECORDED if told_already else Status.PENDING
    candidate = db.candidates.open(sighting, status, published=release.published, at=now)
    return _add(db, candidate, release, kept, sighting, now)


def _add(db: Subjects, candidate: int, release: Release, kept: Kept, sighting: Sighting, now: datetime) -> bool:
    return db.candidates.add_sighting(candidate, kept.id, kept.revision, sighting, published=release.published, at=now)


def _newest_match(db: Subjects, release: Release, sighting: Sighting) -> Known | None:
    guesses = db.samples.guesses(sighting.channel)
    matches = [
        known
        for known in db.candidates.known(sighting.channel)
        if known.id not in guesses
        and same_event(
            sighting.signal,
            sighting.date,
            sighting.starts,
            release.published,
            other_signal=known.signal,
            other_when=known.date,
            other_starts=known.starts,
            other_published=known.published,
        )
    ]
    return matches[-1] if matches else None


def _heard_on_record(db: Subjects, release: Release, sighting: Sighting, now: datetime) -> set[str]:
    """The sides on whose word the record already tells of the event; empty when it does not."""
    changes, contacts = db.record.entries_of(sighting.channel)
    standing = in_force(changes, now), in_force(contacts, now)
    return sides_heard(entries_telling(sighting.signal, sighting.date, sighting.starts, release.published, *standing))
