"""Signals that nobody has reviewed are noted for who asked for them, and what reviewers made of them."""

from __future__ import annotations

from datetime import datetime

from db.store import Subjects
from tracker.model import Candidate
from tracker.news.events import Event, What
from tracker.news.signals import became, drawn_to_be_read_first, signal_event
from tracker.service import Service, secret_key


def note_signals(service: Service) -> None:
    """Keep what became of signals since the last look, for those who asked for what nobody has reviewed."""
    with service.store.reading() as db:
        since = db.signals.since()
        if since is None or not _signals(db, service, since):
            return
    with service.store.writing() as db:
        for event in _signals(db, service, since):
            db.notifications.note(event, now=service.clock())


def _signals(db: Subjects, service: Service, since: datetime) -> list[Event]:
    """What is to be told of signals: those that may be told at all, and what reviewers made of those that were."""
    now = service.clock()
    channels = {channel.slug: channel for channel in db.record.channels()}
    pairs = {pair.slug: pair for pair in db.record.relationships()}

    def event(what: What, number: int, sequence: int, at: datetime, found: Candidate) -> Event:
        channel = channels[found.channel]
        return signal_event(what, number, sequence, at, found, channel, pairs[channel.relationship])

    fresh = [db.candidates.get(number) for number in db.signals.to_tell(since) if not _read_first(db, service, number)]
    found = [event(What.REPORTED, one.id, 0, one.opened_at, one) for one in fresh if one and not one.held(now)]
    for number, last, sequence in db.signals.told():
        candidate = _holder(db, number)
        what = candidate and became(last, candidate.status)
        if what:
            found.append(event(what, number, sequence + 1, now, candidate))
    return found


def _holder(db: Subjects, number: int) -> Candidate | None:
    """The candidate that has the sightings of another now, through all merges."""
    found = db.candidates.get(number)
    while found and found.merged_into:
        found = db.candidates.get(found.merged_into)
    return found


def _read_first(db: Subjects, service: Service, number: int) -> bool:
    """Whether a reviewer is to read the candidate before its proposal, which no message may give away."""
    percent = service.settings.blind
    reviewers = [user.name for user in db.accounts.users() if user.role != "reader" and not user.disabled_at]
    return bool(percent) and drawn_to_be_read_first(secret_key(service.settings).encode(), reviewers, number, percent)
