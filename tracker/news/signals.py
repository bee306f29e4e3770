"""Signals that nobody has reviewed, as messages to those who asked for them, and what reviewers made of them. Pure.

A signal is told once, as it stood; what other sides add while it waits is not. See docs/notifications.md for those that
are never told, which `db/queries/signals.sql: to_tell` leaves out.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from tracker.measuring.blind import is_blind
from tracker.model import Candidate, Channel, KeptSighting, PartialDate, Relationship, Status
from tracker.news.events import Event, What, in_other_languages, source_told
from tracker.record.attest import word_of_sides
from tracker.releases.quoting import sources_of
from tracker.tongue import gettext, name_of
from tracker.wording import corroboration_words, date_words

_MADE_OF_IT = {
    Status.PENDING: What.REOPENED,
    Status.ACCEPTED: What.ACCEPTED,
    Status.RECORDED: What.ACCEPTED,
    Status.REJECTED: What.REJECTED,
}


def became(last: What, status: Status) -> What | None:
    """What those who were told of a signal `last` are told now that its candidate stands so; None: nothing."""
    made = _MADE_OF_IT.get(status)
    waits = made is What.REOPENED and last is What.REPORTED
    return None if waits or made is last else made


def drawn_to_be_read_first(key: bytes, reviewers: Iterable[str], number: int, percent: float) -> bool:
    """Whether one of the reviewers is to read a candidate before they know what is proposed of it."""
    return any(is_blind(key, reviewer, number, percent) for reviewer in reviewers)


def signal_event(
    what: What, number: int, sequence: int, at: datetime, candidate: Candidate, channel: Channel, pair: Relationship
) -> Event:
    """The message about the signal `number`, in the words of the candidate that has its sightings now."""
    flagged = [seen for seen in candidate.sightings if seen.sighting.flagged and not seen.lost]
    return Event(
        statement=f"signal-{number}",
        sequence=sequence,
        what=what,
        at=at,
        channel=channel.slug,
        told=_told(candidate, flagged, channel, pair) | _words(candidate, flagged, channel, pair),
        worded=in_other_languages(lambda: _words(candidate, flagged, channel, pair)),
        candidate=number,
    )


def _told(candidate: Candidate, flagged: list[KeptSighting], channel: Channel, pair: Relationship) -> dict[str, Any]:
    when = candidate.date
    return {
        "kind": "signal",
        "relationship": pair.slug,
        "category": str(channel.category),
        "channel": channel.slug,
        "says": str(candidate.signal),
        "when": {"date": when.value, "precision": str(when.precision)} if when else None,
        "day": (when.first if when else candidate.opened_at.date()).isoformat(),
        "settled": None,
        "corroboration": _corroboration(flagged, pair),
        "sources": [source_told(source) for source in sources_of(flagged)],
    }


def _words(candidate: Candidate, flagged: list[KeptSighting], channel: Channel, pair: Relationship) -> dict[str, Any]:
    return {
        "channel_name": name_of(channel.names),
        "words": _reported(gettext(str(candidate.signal)), candidate.date),
        "detail": "",
        "contested": None,
        "on_the_word_of": corroboration_words(_corroboration(flagged, pair), pair),
        "confirmed_by": [],
    }


def _reported(signal: str, when: PartialDate | None) -> str:
    if when is None:
        return gettext("reported as %(signal)s, on a day not known", signal=signal)
    return gettext("reported as %(signal)s, %(date)s", signal=signal, date=date_words(when))


def _corroboration(flagged: Iterable[KeptSighting], pair: Relationship) -> str:
    return word_of_sides({seen.release.side for seen in flagged}, pair)
