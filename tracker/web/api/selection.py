"""Which channels, changes and contacts a request asks for: one answer for the API, for tables, feeds and calendars."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from tracker.errors import Refused
from tracker.model import Channel, Contact, Moment, StatusChange
from tracker.moments import day_of
from tracker.record.history import ChannelView, contact_days
from tracker.tongue import gettext
from tracker.web.api.parameters import ChangesFilter, ChannelsFilter, ContactsFilter, EntriesFilter
from tracker.web.current import Snapshot, find_channel
from tracker.web.narrowing import Narrowing, known_word


def channels_asked_for(snapshot: Snapshot, moment: Moment, query: ChannelsFilter) -> list[ChannelView]:
    """The channels that have a state and fit. Raises Refused for a relationship or a word that there is not."""
    _check_relationship(snapshot, query.relationship)
    word = known_word(query.word, snapshot.relationships)
    asked = Narrowing(query.state, query.category, word, query.only, query.q or "")
    return [
        view
        for view in snapshot.views(moment)
        if view.state and query.relationship in (None, view.channel.relationship) and asked.fits(view)
    ]


def changes_asked_for(
    snapshot: Snapshot, moment: Moment, query: ChangesFilter
) -> Iterator[tuple[ChannelView, StatusChange]]:
    """Status changes with their channels. Raises Refused for a relationship or channel that is not there."""
    for view in _views(snapshot, moment, query):
        for change in view.history:
            if query.state in (None, change.state):
                yield view, change


def contacts_asked_for(
    snapshot: Snapshot, moment: Moment, query: ContactsFilter
) -> Iterator[tuple[ChannelView, Contact]]:
    """The same of contacts, also of those that can have been within some days. Raises Refused for what is no day."""
    first, last = days_asked_for(query.first, query.last)
    for view in _views(snapshot, moment, query):
        for contact in view.contacts:
            begins, ends = contact_days(contact)
            if query.outcome in (None, contact.outcome) and begins <= last and ends >= first:
                yield view, contact


def days_asked_for(first: str | None, last: str | None) -> tuple[date, date]:
    """The days from one to another, both included, as they were sent. Raises Refused that names the field."""
    begins = day_of(first, "from") if first else date.min
    ends = day_of(last, "to") if last else date.max
    if begins > ends:
        raise Refused(
            gettext("from is %(first)s, which is after to (%(last)s).", first=repr(first), last=ends),
            gettext("Send the earlier day as from, and the later as to."),
            field="from",
        )
    return begins, ends


def lines_asked_for(snapshot: Snapshot, query: EntriesFilter, known_at: datetime) -> list[Channel]:
    """The channels whose entries are asked for, as they were defined at an instant.

    Raises Refused for a relationship or channel that is not there.
    """
    _check_relationship(snapshot, query.relationship)
    if query.channel:
        try:
            find_channel(snapshot, query.channel)
        except Refused as unknown:
            raise Refused(unknown.wrong, unknown.remedy, field="channel") from None
    return [
        line
        for line in snapshot.channels_at(known_at)
        if query.relationship in (None, line.relationship)
        and query.channel in (None, line.slug)
        and query.category in (None, line.category)
    ]


def _views(snapshot: Snapshot, moment: Moment, query: EntriesFilter) -> Iterator[ChannelView]:
    return (snapshot.view(line, moment) for line in lines_asked_for(snapshot, query, moment.known_at))


def _check_relationship(snapshot: Snapshot, slug: str | None) -> None:
    known = [pair.slug for pair in snapshot.relationships]
    if slug is not None and slug not in known:
        raise Refused(f"There is no relationship {slug[:60]!r}.", f"Known: {', '.join(known)}.", field="relationship")
