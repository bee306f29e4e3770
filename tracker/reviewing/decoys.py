"""Decoys on their way: planned for a reviewer who has decided enough, given words once they have a place, answered.

Between the two stands the opening of candidates (`db/candidates.py`), beside one of which a decoy takes its number and
age: so neither tells one from the other.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Collection, Iterator

from config.load import RelationshipPack
from db.blind import Hidden
from db.store import Subjects
from tracker.detect import Detector, detect
from tracker.measuring.blind import Answer, Decoy, is_right, release_of, spacing
from tracker.measuring.guess import guess
from tracker.model import Feed, Outcome, Release, Sighting, State, Status
from tracker.service import Service

MOST_TURNS = 10
"""A decoy takes its place before or behind one of the next five candidates that are opened."""

_RECENT = 200
_USUAL_CONFIDENCE = (0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9)

_lots = secrets.SystemRandom()


def plan(
    service: Service,
    reviewer: str,
    key: bytes,
    rng: random.Random = _lots,
    *,
    within: Collection[str] | None = None,
) -> bool:
    """Plan the next decoy of a reviewer if it is time, `within` some relationships or any; whether it was. Raises
    StoreError.

    There is one at a time, at most one beside as many decisions as the setting says, and none while nothing waits.
    """
    known, percent = _known(service, within), service.settings.blind
    if not percent:
        return False
    with service.store.writing() as db:
        so_far = db.blind.planned(reviewer)
        if so_far.unanswered & known.keys() or not db.candidates.counts(within)[Status.PENDING]:
            return False
        if db.blind.decisions_since(reviewer, so_far.last) < spacing(key, reviewer, len(so_far.keys), percent):
            return False
        left = sorted(known.keys() - so_far.keys)
        if left:
            db.blind.plan(reviewer, rng.choice(left), rng.randrange(MOST_TURNS), at=service.clock())
        return bool(left)


def dress(service: Service, reviewer: str, rng: random.Random = _lots) -> None:
    """Give words to those decoys of a reviewer that have a place: one query where there are none. Raises StoreError."""
    if not service.settings.blind:
        return
    with service.store.reading() as db:
        undressed = db.blind.undressed(reviewer)
    known = _known(service) if undressed else {}
    waiting = [bare for bare in undressed if bare.key in known]
    if not waiting:
        return
    with service.store.writing() as db:
        for bare in waiting:
            pack, decoy, publishers = known[bare.key]
            release = release_of(decoy, rng.choice(publishers), bare.published)
            db.blind.dress(bare.id, release, _proposal(db, release, pack.detector, rng))


def answer(
    service: Service,
    reviewer: str,
    number: int,
    answered: Answer,
    *,
    state: State | None = None,
    outcome: Outcome | None = None,
) -> bool:
    """Note what a reviewer did with their decoy, and whether it was right; whether it was open. Raises StoreError."""
    with service.store.writing() as db:
        hidden = db.blind.get(reviewer, number)
        if hidden is None or hidden.answer is not None:
            return False
        decoy = decoy_of(service, hidden)
        right = is_right(decoy.truth, answered, state, outcome) if decoy else None
        given = answered if right is not None else Answer.OTHERWISE
        noted = db.blind.answer(reviewer, number, given, right, at=service.clock())
        db.record.bump("decisions")
        return noted


def decoy_of(service: Service, hidden: Hidden) -> Decoy | None:
    """The text that a decoy is made of; None where the configuration has it no more."""
    return next((decoy for pack in service.packs for decoy in pack.decoys if decoy.key == hidden.key), None)


def updates(service: Service) -> set[str]:
    """The keys of the decoys that report an update."""
    return {decoy.key for pack in service.packs for decoy in pack.decoys if decoy.truth}


def _known(
    service: Service, within: Collection[str] | None = None
) -> dict[str, tuple[RelationshipPack, Decoy, list[str]]]:
    """The decoys that can be shown by key, each with its relationship and who may publish it."""
    return {
        decoy.key: (pack, decoy, publishers)
        for pack in service.packs
        if within is None or pack.relationship.slug in within
        for decoy in pack.decoys
        if (publishers := list(_publishers(pack.feeds, decoy)))
    }


def _publishers(feeds: tuple[Feed, ...], decoy: Decoy) -> Iterator[str]:
    """Who is read on the decoy's side in its language; rather those whose pages are not kept, as there is none here."""
    speak = [feed for feed in feeds if feed.enabled and (feed.side, feed.lang) == (decoy.side, decoy.lang)]
    plain = [feed for feed in speak if not feed.full_text]
    return (feed.publisher for feed in plain or speak)


def _proposal(db: Subjects, release: Release, detector: Detector, rng: random.Random) -> Sighting:
    """What detection makes of a decoy's words, as it does of those of a release, flagged or drawn."""
    found = detect(release, detector)
    confidences = db.samples.confidences(most=_RECENT) or _USUAL_CONFIDENCE
    return found[0] if found else guess(release, detector, rng.choice(confidences), rng)
