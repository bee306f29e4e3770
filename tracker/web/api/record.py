"""The public reads: relationships, channels, what changed, who met, and how the feeds fare."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from operator import itemgetter

from tracker.errors import Refused
from tracker.health import Fares, health_of
from tracker.history import ChannelView, reports_between, visible_from
from tracker.model import Moment
from tracker.web.api import schemas, shapes
from tracker.web.api.calls import blueprint, rendered
from tracker.web.api.cursor import Item, Position, page_of
from tracker.web.api.document import RECORD, read_answers
from tracker.web.api.parameters import AtMoment, ChannelPath, ChannelsQuery, CoverageQuery, EntriesQuery, Filters
from tracker.web.api.span import span_of
from tracker.web.auth import open_to
from tracker.web.current import Snapshot, current, find_channel, moment_from_request
from tracker.web.words import silence_words


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

    In the configured order. A channel without a state yet at that moment is left out; its own address answers.
    """
    snapshot, moment = current().snapshot(), moment_from_request()
    _check_relationship(snapshot, query.relationship)
    found = [view for view in snapshot.views(moment) if view.state and _asked_for(view, query)]
    read = {pair.slug: _coverage(snapshot, pair.slug) for pair in snapshot.relationships}
    answered = [
        shapes.channel(
            view,
            snapshot.relationship(view.channel.relationship),
            read[view.channel.relationship],
            links_of(view.channel.slug),
        )
        for view in found
    ]
    return schemas.Channels(as_of=moment.as_of, known_at=moment.known_at, count=len(answered), channels=answered)


@blueprint.get("/v1/channels/<slug>", responses=read_answers(schemas.ChannelWithHistory, 404), tags=[RECORD])
@open_to("public")
@rendered
def channel(path: ChannelPath, query: AtMoment) -> schemas.ChannelWithHistory:
    """One channel with its history and contacts, newest first."""
    snapshot, moment = current().snapshot(), moment_from_request()
    found = find_channel(snapshot, path.slug)
    pair = snapshot.relationship(found.relationship)
    read = _coverage(snapshot, pair.slug)
    return shapes.channel_with_history(snapshot.view(found, moment), pair, read, links_of(found.slug))


@blueprint.get("/v1/channels/<slug>/coverage", responses=read_answers(schemas.ChannelCoverage, 404), tags=[RECORD])
@open_to("public")
@rendered
def channel_coverage(path: ChannelPath, query: CoverageQuery) -> schemas.ChannelCoverage:
    """Whether anything was said of a channel in a span, and how far each side's sources were read in it.

    Silence means something only where somebody looked: the holes say where nobody did, and why.
    """
    snapshot, moment = current().snapshot(), moment_from_request()
    found = find_channel(snapshot, path.slug)
    pair, view = snapshot.relationship(found.relationship), snapshot.view(found, moment)
    start, end = span_of(query, current().now())
    with current().service.store.reading() as db:
        reads = db.feeds.reads_since(start, end, relationship=pair.slug)
    publishers = {feed.slug: feed.publisher for feed in snapshot.feeds}
    sides = {}
    for side in pair.sides:
        read = snapshot.coverage_between(pair.slug, side, start, end, reads)
        reports = len(reports_between(view, pair, side, start, end))
        sides[side] = shapes.side_coverage(read, reports, silence_words(read, reports), publishers)
    return schemas.ChannelCoverage(
        as_of=moment.as_of, known_at=moment.known_at, channel=found.slug, start=start, end=end, sides=sides
    )


@blueprint.get("/v1/changes", responses=read_answers(schemas.Changes), tags=[RECORD])
@open_to("public")
@rendered
def changes(query: EntriesQuery) -> schemas.Changes:
    """Status changes across channels, newest first."""
    snapshot, moment = current().snapshot(), moment_from_request()
    found = [
        ((change.effective.first.isoformat(), change.id or 0, change.channel), (change, view))
        for view in _views_asked_for(snapshot, moment, query)
        for change in view.history
    ]
    page, following = _page(found, query)
    return schemas.Changes(
        as_of=moment.as_of,
        known_at=moment.known_at,
        changes=[shapes.status_change(c, snapshot.relationship(view.channel.relationship)) for c, view in page],
        next=following,
    )


@blueprint.get("/v1/contacts", responses=read_answers(schemas.Contacts), tags=[RECORD])
@open_to("public")
@rendered
def contacts(query: EntriesQuery) -> schemas.Contacts:
    """Meetings and calls across channels, newest first; those to come stand before those that were."""
    snapshot, moment = current().snapshot(), moment_from_request()
    found = [
        (((met.first or visible_from(met)).isoformat(), met.id, met.channel), (met, view))
        for view in _views_asked_for(snapshot, moment, query)
        for met in view.contacts
    ]
    page, following = _page(found, query)
    return schemas.Contacts(
        as_of=moment.as_of,
        known_at=moment.known_at,
        contacts=[shapes.contact(c, snapshot.relationship(view.channel.relationship)) for c, view in page],
        next=following,
    )


@blueprint.get("/v1/feeds", responses=read_answers(schemas.Feeds), tags=[RECORD])
@open_to("public")
@rendered
def feeds(query: AtMoment) -> schemas.Feeds:
    """Feeds: when each was last read, what is wrong in words and since when, and when it is polled next.

    The two clocks are accepted as everywhere and change nothing: health is that of now.
    """
    moment_from_request()
    now = current().now()
    found = [shapes.feed(health_of(feed, now)) for feed in current().snapshot().feeds]
    fares = [feed.health for feed in found]
    return schemas.Feeds(
        count=len(found), failing=fares.count(Fares.FAILING), warning=fares.count(Fares.WARNING), feeds=found
    )


def _coverage(snapshot: Snapshot, relationship: str) -> dict[str, schemas.Coverage]:
    now = current().now()
    sides = snapshot.relationship(relationship).sides
    return shapes.coverages(snapshot.coverage(relationship, side, now) for side in sides)


def links_of(slug: str) -> schemas.Links:
    return schemas.Links(self=f"/api/v1/channels/{slug}", html=f"/channels/{slug}")


def _asked_for(view: ChannelView, query: ChannelsQuery) -> bool:
    line = view.channel
    return (
        query.relationship in (None, line.relationship)
        and query.category in (None, line.category)
        and query.state in (None, view.state)
        and _contains(view, query.q or "")
    )


def _contains(view: ChannelView, words: str) -> bool:
    """Whether each of the words occurs in what names or describes the channel."""
    line = view.channel
    texts = (line.slug, line.description, *line.names.values(), *line.counterparts.values())
    told = _folded("\n".join(texts))
    return all(word in told for word in _folded(words).split())


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _check_relationship(snapshot: Snapshot, slug: str | None) -> None:
    known = [pair.slug for pair in snapshot.relationships]
    if slug is not None and slug not in known:
        raise Refused(f"There is no relationship {slug[:60]!r}.", f"Known: {', '.join(known)}.", field="relationship")


def check_filters(snapshot: Snapshot, query: Filters) -> None:
    """Raises Refused where a filter names a relationship or a channel that there is not."""
    _check_relationship(snapshot, query.relationship)
    if query.channel:
        try:
            find_channel(snapshot, query.channel)
        except Refused as unknown:
            raise Refused(unknown.wrong, unknown.remedy, field="channel") from None


def _views_asked_for(snapshot: Snapshot, moment: Moment, query: EntriesQuery) -> Iterable[ChannelView]:
    check_filters(snapshot, query)
    return (snapshot.view(line, moment) for line in snapshot.channels if query.ask_for(line))


def _page(found: list[tuple[Position, Item]], query: EntriesQuery) -> tuple[list[Item], str | None]:
    newest_first = sorted(found, key=itemgetter(0), reverse=True)
    return page_of(newest_first, query.most, query.cursor, query.model_dump(exclude={"limit", "cursor"}))
