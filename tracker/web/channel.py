"""What the page of one channel is made of: its view, its picture, what is waited for and what was read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from flask import request

from tracker.model import Channel, Contact, Moment, Relationship, StatusChange
from tracker.record.fates import Promise
from tracker.record.history import ChannelView
from tracker.record.ledger import Act
from tracker.record.rhythm import Rung, ladder, rhythm_of
from tracker.web.board import References, Silence, Silences, watches
from tracker.web.current import Snapshot, current, shows_the_past
from tracker.web.pictures.line import (
    MOST_CHANGES,
    MOST_CONTACTS,
    MOST_GAPS,
    MOST_PROMISES,
    MOST_UNFOLDED,
    Waiting,
    shown_of,
    waiting_for,
    wordings_of,
    years_of,
)
from tracker.web.pictures.picture import Watched, gaps_of, lane_of, lane_start, picture_of


def channel_values(snapshot: Snapshot, channel: Channel, moment: Moment, *, everything: bool) -> dict[str, Any]:
    """The values of the template. `everything`: all contacts stand open, as far as one page can hold them."""
    view, relationship = snapshot.view(channel, moment), snapshot.relationship(channel.relationship)
    readings, more_changes = shown_of(view.readings, MOST_CHANGES)
    history = [reading.change for reading in readings]
    contacts, more_contacts = shown_of(view.contacts, MOST_UNFOLDED if everything else MOST_CONTACTS)
    promises, rhythm = view.promises, rhythm_of(view)
    waiting = waiting_for(view, rhythm)
    rungs = ladder(view)
    silence, watched = _read(snapshot, view, relationship)
    return {
        "view": view,
        "relationship": relationship,
        "unread": not shows_the_past() and not _is_configured(channel),
        "described_today": channel.description == snapshot.lines[channel.slug].channel.description,
        "picture": picture_of(view),
        "readings": readings,
        "more_changes": more_changes,
        "years": years_of(contacts, unfolded=everything),
        "more_contacts": more_contacts,
        "everything": everything,
        "references": References((*history, *contacts, *_named_above(view, waiting, promises, rungs))),
        "claims": {claim.side: claim for claim in view.claims},
        "waiting": waiting,
        "promises": promises[::-1],
        "rungs": rungs,
        "wordings": wordings_of(channel),
        "silence": silence,
        "watched": watched,
        "gaps_of": gaps_of,
        "most_gaps": MOST_GAPS,
        "most_promises": MOST_PROMISES,
        "most_corrections": MOST_CHANGES,
        "corrections": [act for act in snapshot.corrections if _concerns(act, channel, moment)],
        "anchors": snapshot.lines[channel.slug].anchors(moment.known_at),
    }


def _is_configured(channel: Channel) -> bool:
    """Whether a file has it, so that releases are read for it."""
    return any(channel.slug == one.slug for pack in current().service.packs for one in pack.channels)


def _named_above(
    view: ChannelView, waiting: Waiting, promises: Sequence[Promise], rungs: Sequence[Rung]
) -> Iterator[StatusChange | Contact]:
    """The rows that the head and the promises cite, which may be older than those listed."""
    yield from filter(None, (view.change, view.last_contact, view.last_refused, view.next_contact))
    yield from (promise.made for promise in (*waiting.shown, *promises[-MOST_PROMISES:]))
    yield from (rung.row for rung in rungs)


def _concerns(act: Act, channel: Channel, moment: Moment) -> bool:
    return act.row.channel == channel.slug and act.at <= moment.known_at


def _read(
    snapshot: Snapshot, view: ChannelView, relationship: Relationship
) -> tuple[Silence, Watched] | tuple[None, None]:
    """What was read since the last report, and day by day, as it was known; of a past day in the world alone the API
    tells, when asked for a span.
    """
    if shows_the_past() and not request.args.get("known_at"):
        return None, None
    snapshot, now = current().listened(snapshot, request.args)
    sides = [watch.side for watch in watches(snapshot, relationship, now)]
    silence = Silences(snapshot, relationship, sides, now).of(view)
    return silence, _watched(snapshot, relationship, sides, now)


def _watched(snapshot: Snapshot, relationship: Relationship, sides: list[str], now: datetime) -> Watched:
    since = snapshot.sources.watched_since.get(relationship.slug)
    start = lane_start(since, now)
    read = (snapshot.coverage_between(relationship.slug, side, start, now) for side in sides)
    return Watched(start, now, since, tuple(lane_of(one) for one in read))
