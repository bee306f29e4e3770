"""The public reads: relationships, channels, what changed, who met, and how the feeds fare."""

from __future__ import annotations

from datetime import datetime

from flask import request

from tracker.polling.health import Fares, health_of
from tracker.web.api import schemas, shapes
from tracker.web.api.calls import blueprint, rendered
from tracker.web.api.cursor import page_moment, page_of
from tracker.web.api.document import RECORD, read_answers
from tracker.web.api.parameters import (
    AtMoment,
    ChangesQuery,
    ChannelPath,
    ChannelQuery,
    ChannelsQuery,
    ContactsQuery,
    FeedPath,
    FeedsQuery,
)
from tracker.web.api.selection import changes_asked_for, channels_asked_for, contacts_asked_for
from tracker.web.api.sorting import CHANGE_KEYS, CONTACT_KEYS, change_position, direction, sorted_by
from tracker.web.auth import open_to
from tracker.web.cited_rows import cites
from tracker.web.current import Snapshot, current, find_channel, moment_from_request
from tracker.web.scope import scoped
from tracker.web.sources.cited import cited_source, cited_sources
from tracker.web.sources.feeds import fared, source_of


@blueprint.get("/v1/relationships", responses=read_answers(schemas.Relationships), tags=[RECORD])
@open_to("public")
@rendered
def relationships(query: AtMoment) -> schemas.Relationships:
    """Relationships: parties, languages, and how many channels are in which state."""
    snapshot, moment = current().snapshot(), moment_from_request()
    views = snapshot.views(moment)
    found = [shapes.relationship(pair, views) for pair in snapshot.relationships]
    return schemas.Relationships(as_of=moment.as_of, known_at=moment.known_at, count=len(found), relationships=found)


@blueprint.get("/v1/channels", responses=read_answers(schemas.Channels), tags=[RECORD])
@open_to("public")
@rendered
def channels(query: ChannelsQuery) -> schemas.Channels:
    """Channels with their state, on whose word, and what each side last said.

    In the configured order, or by `sort`; one without a date to sort by stands last. A channel without a state yet at
    that moment is left out; its own address answers.
    """
    snapshot, moment = current().snapshot(), moment_from_request()
    found = sorted_by(query.sort, channels_asked_for(snapshot, moment, query))
    heard, until = current().listened(snapshot, request.args)
    read = {pair.slug: _coverage(heard, until, pair.slug) for pair in snapshot.relationships}
    answered = [
        shapes.channel(
            view,
            snapshot.relationship(view.channel.relationship),
            read[view.channel.relationship],
            links_of(view.channel.slug),
            snapshot.corrected_at(moment.known_at),
        )
        for view in found
    ]
    return schemas.Channels(as_of=moment.as_of, known_at=moment.known_at, count=len(answered), channels=answered)


@blueprint.get("/v1/channels/<slug>", responses=read_answers(schemas.ChannelWithHistory, 404), tags=[RECORD])
@open_to("public")
@rendered
def channel(path: ChannelPath, query: ChannelQuery) -> schemas.ChannelWithHistory:
    """One channel with its history and contacts, newest first."""
    snapshot, moment = current().snapshot(), moment_from_request()
    found = find_channel(snapshot, path.slug)
    pair = snapshot.relationship(found.relationship)
    read = _coverage(*current().listened(snapshot, request.args), pair.slug)
    corrected = snapshot.corrected_at(moment.known_at)
    return shapes.channel_with_history(snapshot.view(found, moment), pair, read, links_of(found.slug), corrected)


@blueprint.get("/v1/changes", responses=read_answers(schemas.Changes), tags=[RECORD])
@open_to("public")
@rendered
def changes(query: ChangesQuery) -> schemas.Changes:
    """Status changes across channels, newest first unless sorted otherwise."""
    snapshot, moment = current().snapshot(), page_moment(query)
    by, descending = direction(query.sort)
    found = [
        (change_position(CHANGE_KEYS[by](change), change), (change, view))
        for view, change in changes_asked_for(snapshot, moment, query)
    ]
    page, following = page_of(found, query, moment, descending=descending)
    corrected = snapshot.corrected_at(moment.known_at)
    return schemas.Changes(
        as_of=moment.as_of,
        known_at=moment.known_at,
        changes=[
            shapes.status_change(c, snapshot.relationship(view.channel.relationship), corrected) for c, view in page
        ],
        next=following,
    )


@blueprint.get("/v1/contacts", responses=read_answers(schemas.Contacts), tags=[RECORD])
@open_to("public")
@rendered
def contacts(query: ContactsQuery) -> schemas.Contacts:
    """Meetings and calls across channels, newest first unless sorted otherwise; those to come count as the newest."""
    snapshot, moment = current().snapshot(), page_moment(query)
    by, descending = direction(query.sort)
    found = [
        ((CONTACT_KEYS[by](met), met.id, met.channel), (met, view))
        for view, met in contacts_asked_for(snapshot, moment, query)
    ]
    page, following = page_of(found, query, moment, descending=descending)
    corrected = snapshot.corrected_at(moment.known_at)
    return schemas.Contacts(
        as_of=moment.as_of,
        known_at=moment.known_at,
        contacts=[shapes.contact(c, view.relationship, corrected, view.opposition(c)) for c, view in page],
        next=following,
    )


@blueprint.get("/v1/feeds", responses=read_answers(schemas.Feeds), tags=[RECORD])
@open_to("public")
@cites(cited_sources)
@rendered
def feeds(query: FeedsQuery) -> schemas.Feeds:
    """Feeds: when each was last read, what is wrong in words and since when, and when it is polled next.

    With `known_at` those that there were, as they were configured and fared by then; `as_of` is accepted as everywhere
    and changes nothing, since it is our reading that is told.
    """
    moment = moment_from_request()
    _, _, told = fared(scoped(query.relationship), request.args)
    found = [shapes.feed(one) for one in told]
    fares = [feed.health for feed in found]
    return schemas.Feeds(
        as_of=moment.as_of,
        known_at=moment.known_at,
        count=len(found),
        failing=fares.count(Fares.FAILING),
        warning=fares.count(Fares.WARNING),
        feeds=found,
    )


@blueprint.get("/v1/feeds/<slug>", responses=read_answers(schemas.Feed, 404), tags=[RECORD])
@open_to("public")
@cites(cited_source)
@rendered
def feed(path: FeedPath, query: AtMoment) -> schemas.Feed:
    """One feed, as `/feeds` tells of it."""
    moment_from_request()  # refuses what is no day
    found, _, now = source_of(current().snapshot(), path.slug, request.args)
    return shapes.feed(health_of(found, now))


def _coverage(heard: Snapshot, until: datetime, relationship: str) -> dict[str, schemas.Coverage]:
    sides = heard.relationship(relationship).sides
    return shapes.coverages(heard.coverage(relationship, side, until) for side in sides)


def links_of(slug: str) -> schemas.Links:
    return schemas.Links(self=f"/api/v1/channels/{slug}", html=f"/channels/{slug}")
