"""What is put among the candidates of whoever is signed in, and which of them they read before the proposal.

Pages of the reviewer look candidates up here; the API, outputs and pages of readers never do.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from datetime import datetime

from flask import current_app

from db.blind import Hidden, Word
from db.store import StoreError, Subjects
from db.waiting import Waiting
from tracker.measuring.blind import Answer, Said, is_blind
from tracker.model import Candidate, KeptSighting, ReleaseHistory, Revision, Status
from tracker.reviewing import decoys
from tracker.reviewing.deeds import existing
from tracker.reviewing.review import Choice
from tracker.web.auth import may, signed_in
from tracker.web.current import current
from tracker.web.reach import reach, relationship_of

log = logging.getLogger(__name__)

PATIENCE = 0.1
"""Seconds for which a check may wait for others who write: no page waits longer for it."""

_VERSION = 2
"""That of a candidate with one release."""


def percent() -> int:
    return current().service.settings.blind


def key() -> bytes:
    return current_app.secret_key.encode()


def make_ready() -> None:
    """Give words to decoys that have found a place, if that is possible at once."""
    if percent() and may("reviewer"):
        try:
            decoys.dress(current().service, signed_in().name)
        except StoreError as error:
            log.info("a check of %s waits: %s", signed_in().name, error)


def hidden(db: Subjects, number: int) -> Hidden | None:
    """The decoy of whoever is signed in that bears a number, answered or not."""
    return db.blind.get(signed_in().name, number) if percent() else None


def candidate_here(db: Subjects, number: int) -> Candidate | None:
    """The candidate, or the decoy in its likeness while it is open. None where there is neither."""
    found = db.candidates.get(number)
    if found is not None:
        return found
    decoy = hidden(db, number)
    return _candidate(decoy) if decoy and decoy.answer is None else None


def existing_here(db: Subjects, number: int) -> Candidate:
    """The same. Raises NotFound where there is neither."""
    return candidate_here(db, number) or existing(db, number)


def _candidate(decoy: Hidden) -> Candidate:
    seen = KeptSighting(decoy.sighting, decoy.release, revision=1, seen_at=decoy.opened_at)
    return Candidate(
        id=decoy.number,
        channel=decoy.sighting.channel,
        signal=decoy.sighting.signal,
        date=decoy.sighting.date,
        starts=decoy.sighting.starts,
        status=Status.PENDING,
        version=_VERSION,
        opened_at=decoy.opened_at,
        evidence_at=decoy.opened_at,
        sightings=(seen,),
    )


def open_on(db: Subjects, channel: str) -> list[Waiting]:
    """The open decoys that are proposed for a channel, in the likeness of candidates that wait."""
    return [one for one in _waiting(db) if one.channel == channel]


def history_of(db: Subjects, seen: KeptSighting) -> ReleaseHistory:
    """What is kept of a release; a decoy's has the words that it shows."""
    told = seen.release
    only = Revision(number=1, title=told.title, summary=told.summary, seen_at=seen.seen_at)
    return db.releases.history(told.id) or ReleaseHistory(told, (only,), ())


def all_waiting(
    db: Subjects, now: datetime, words: str | None = None, within: Collection[str] | None = None
) -> list[Waiting]:
    """What waits for whoever is signed in, by number: candidates `within` some relationships, and decoys among them."""
    return sorted([*db.waiting.all(now, words, within), *_waiting(db, words, within)], key=lambda one: one.id)


def count_waiting(db: Subjects) -> int:
    """How many decoys wait among the candidates."""
    return len(_waiting(db, within=reach())) if may("reviewer") else 0


def _waiting(db: Subjects, words: str | None = None, within: Collection[str] | None = None) -> list[Waiting]:
    found = db.blind.waiting(signed_in().name) if percent() else []
    return [
        _as_waiting(decoy)
        for decoy in found
        if (words or "").lower() in _words(decoy)
        and (within is None or relationship_of(decoy.sighting.channel) in within)
    ]


def _words(decoy: Hidden) -> str:
    return f"{decoy.release.title} {decoy.release.summary}".lower()


def _as_waiting(decoy: Hidden) -> Waiting:
    told = decoy.sighting
    return Waiting(
        id=decoy.number,
        channel=told.channel,
        signal=told.signal,
        date=told.date,
        starts=told.starts,
        opened_at=decoy.opened_at,
        evidence_at=decoy.opened_at,
        sides=frozenset({decoy.release.side}),
    )


def reads_first(db: Subjects) -> Callable[[Waiting | Candidate], bool]:
    """Tells of what waits whether whoever is signed in has still to read it before its proposal."""
    share = percent()
    if not share:
        return lambda one: False
    name, secret, read = signed_in().name, key(), db.blind.numbers_read(signed_in().name)

    def asked(one: Waiting | Candidate) -> bool:
        second = one.first_by if isinstance(one, Waiting) else one.first_word
        return one.again is None and not second and one.id not in read and is_blind(secret, name, one.id, share)

    return asked


def word_on(candidate: Candidate, said: Said, when) -> Word:
    """What was said of a candidate before its proposal was shown, beside that."""
    return Word(said, when, Said(candidate.channel, candidate.signal), candidate.date)


def answer(number: int, given: Answer, choice: Choice | None = None) -> bool:
    """Whether the number is that of an open decoy, which is answered now."""
    if decoy_here(number) is None:
        return False
    state, outcome = (choice.state, choice.outcome) if choice else (None, None)
    return decoys.answer(current().service, signed_in().name, number, given, state=state, outcome=outcome)


def decoy_here(number: int) -> Hidden | None:
    """`hidden`, outside of a transaction."""
    with current().service.store.reading() as db:
        return hidden(db, number)


def opened(number: int) -> None:
    """Remember when an item was opened, if that is possible at once."""
    if percent():
        service = current().service
        try:
            with service.store.writing(patience=PATIENCE) as db:
                db.blind.open_item(signed_in().name, number, at=service.clock())
        except StoreError as error:
            log.info("when candidate %s was opened was not noted: %s", number, error)


def decided(*numbers: int) -> None:
    """Note how long decisions took, and plan a decoy if it is time, if that is possible at once."""
    if percent():
        service, name = current().service, signed_in().name
        try:
            with service.store.writing(patience=PATIENCE) as db:
                for number in numbers:
                    db.blind.close_item(name, number, at=service.clock())
            decoys.plan(service, name, key(), within=reach())
        except StoreError as error:
            log.info("the checks of %s wait: %s", name, error)
