"""Sources: what the page of all of them shows, and what that of one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import request

from config.errors import suggest
from db.added import AddedEntry
from db.feeds import FeedHealth
from db.releases import Arrived
from db.sightings import Queued
from tracker.errors import NotFound, Refused
from tracker.model import Relationship
from tracker.polling.health import Fares, Health, health_of
from tracker.record.coverage import Coverage, Hole, HoleKind, Polled, Read, Switch, coverage
from tracker.tongue import gettext
from tracker.web.auth import may
from tracker.web.board import FRESH
from tracker.web.current import Snapshot, current, moment_of
from tracker.web.listening import SILENCE_SPAN, with_signs
from tracker.web.reach import reaches_feed
from tracker.web.scope import scoped_snapshot
from tracker.web.sent import one_of
from tracker.web.sources.rhythm import Rhythm, beginning, rhythm_of
from tracker.web.sources.tend import done_to
from tracker.web.words import capitalised

PAGE = 60
"""Sources on one page."""

ON_TOP = 12
"""Sources of which the top of the first page says what is wrong; the others are counted there."""

MOST_HOLES = 20
MOST_POLLS = 50
MOST_RELEASES = 20

FEEDS_ASKED = ("side", "fares", "after")
FEED_ASKED = ("polls", "done", "asked")
"""What the addresses of the two pages may carry."""

NEEDS = (Fares.FAILING, Fares.WARNING, Fares.PAUSED)
"""What somebody should look at, or once decided."""


@dataclass(frozen=True)
class Line:
    """A source as a row: how it fares, its rhythm, and what was read of it in the last 30 days, or since `since`."""

    health: Health
    rhythm: Rhythm
    read: Coverage
    since: date | None


@dataclass(frozen=True)
class Group:
    """The sources of a side that stand on this page, and how many there are of it in all."""

    relationship: Relationship
    side: str
    polled: int
    fresh: int
    lines: tuple[Line, ...]
    off: tuple[Health, ...]


def fared(snapshot: Snapshot, asked: Mapping[str, str]) -> tuple[Snapshot, datetime, list[Health]]:
    """The record with the sources of the `known_at` that is asked for, that instant, and how each of them fared then;
    now, where none is asked for. Raises Refused.
    """
    heard, now = current().listened(snapshot, asked)
    feeds: Iterable[FeedHealth] = heard.feeds
    if asked.get("known_at"):
        with current().service.store.reading_for_all() as db:
            feeds = [with_signs(db, feed, now) for feed in feeds]
    return heard, now, [health_of(feed, now) for feed in feeds]


def feeds_values() -> dict[str, Any]:
    """What the page of all sources shows. Raises Refused for a filter that it does not know."""
    snapshot, now, told = fared(scoped_snapshot(), request.args)
    past = bool(request.args.get("known_at"))
    chosen = {"side": _side(snapshot), "fares": _fares()}
    wanted = [
        health
        for health in sorted(told, key=_order(snapshot))
        if chosen["side"] in (None, health.feed.side) and chosen["fares"] in (None, health.fares)
    ]
    shown, following = _page_of(wanted, request.args.get("after"))
    whole = not (any(chosen.values()) or request.args.get("after"))
    needing = sorted((one for one in (told if whole else shown) if one.fares in NEEDS), key=lambda one: one.need)
    return {
        "now": now,
        "past": past,
        "kept_from": max((one.feed.kept_from for one in shown if one.feed.kept_from), default=None),
        "chosen": chosen,
        "total": len(wanted),
        "following": following,
        "tally": _tally(told),
        "whole": whole,
        "work": current().service.store.work() if whole and not past and current().service.settings.poll else None,
        "needing": needing,
        "on_top": needing[:ON_TOP] if whole else needing,
        "added": {} if past else _added(),
        "groups": _groups(snapshot, told, _lines(shown, snapshot, now, past=past), shown, now, every_party=whole),
        "sides": _sides(snapshot),
        "unread": current().service.fault if may("admin") and not past else None,
    }


def feed_values(slug: str) -> dict[str, Any]:
    """What the page of one source shows: the public, and what its reader may know besides. Raises NotFound, Refused."""
    past, snapshot = bool(request.args.get("known_at")), current().snapshot()
    feed, switches, now = source_of(snapshot, slug, request.args)
    only, since, known_at = _polls_asked_for(), beginning(now.date()), now if past else None
    reviewer, admin = may("reviewer") and not past, may("admin") and not past
    with current().service.store.reading_for_all() as db:
        arrivals = db.polls.arrivals(slug, since=since, known_at=known_at)
        reads = db.polls.reads_since(slug, since, known_at=known_at)
        polls = db.polls.newest(slug, most=MOST_POLLS, failed=only == "failed", known_at=known_at)
        releases = db.releases.newest(slug, most=MOST_RELEASES, known_at=known_at)
        queued = _queued(db, releases) if reviewer else {}
        polled = current().service.polled(db) if admin else {}
        added = None if past else db.added.get(slug)
    holes = _holes(feed, reads, switches, since, now)
    asked_for = sorted((hole for hole in holes if hole.kind is not HoleKind.NOT_CONFIGURED), key=lambda one: one.start)
    return {
        "now": now,
        "past": past,
        "line": _line(health_of(feed, now), arrivals, reads, switches, now),
        "feed": feed,
        "relationship": snapshot.relationship(feed.relationship),
        "holes": asked_for[: -MOST_HOLES - 1 : -1],
        "holes_left": max(len(asked_for) - MOST_HOLES, 0),
        "polls": polls,
        "only": only,
        "releases": releases,
        "queued": queued,
        "channels": {channel.slug: channel.names for channel in snapshot.channels},
        "admin": admin,
        "tends": admin and reaches_feed(feed),
        "configured": polled.get(slug),
        "added": added,
        "in_file": slug in {one.slug for one in current().service.feeds},
        "done": done_to(slug) if admin else None,
    }


def _added() -> dict[str, AddedEntry]:
    """The entries by which sources are polled that people added."""
    configured = {feed.slug for feed in current().service.feeds}
    with current().service.store.reading() as db:
        return {one.slug: one for one in db.added.all() if not one.removed and one.slug not in configured}


def source_of(snapshot: Snapshot, slug: str, asked: Mapping[str, str]) -> tuple[FeedHealth, Sequence[Switch], datetime]:
    """One source with what was decided of it, and the instant up to which that is told: the `known_at` that is asked
    for, or the present. Raises NotFound, Refused.
    """
    feed = find_feed(snapshot, slug)
    if not asked.get("known_at"):
        return feed, snapshot.sources.by_slug[slug].observed.switches, current().now()
    known_at = moment_of(asked).known_at
    with current().service.store.reading_for_all() as db:
        then, switches = db.past_feeds.get_at(slug, known_at), db.feeds.switches_of(slug)
        if then is None:
            raise NotFound(
                gettext("%(slug)s was no source yet by then.", slug=slug),
                gettext("Send a later known_at, or leave it out."),
                field="known_at",
            )
        return with_signs(db, then, known_at), [switch for switch in switches if switch.at <= known_at], known_at


def find_feed(snapshot: Snapshot, slug: str) -> FeedHealth:
    """The feed of that slug. Raises NotFound with the one that may be meant."""
    known = snapshot.sources.by_slug
    if slug not in known:
        raise NotFound(
            gettext("There is no feed %(slug)s.", slug=repr(slug[:60])),
            capitalised(suggest(slug, known, gettext("the page /feeds lists them."))),
        )
    return known[slug].feed


def _order(snapshot: Snapshot) -> Callable[[Health], tuple[str, int, bool]]:
    """By relationship and side, what is polled first; within that as it is configured."""
    sides, where = {pair.slug: pair.sides for pair in snapshot.relationships}, _place_in(snapshot)

    def place(health: Health) -> tuple[str, int, bool]:
        feed = health.feed
        pair, _ = where(feed)
        known = sides[pair]
        return pair, known.index(feed.side) if feed.side in known else len(known), not feed.enabled

    return place


def _place_in(snapshot: Snapshot) -> Callable[[FeedHealth], tuple[str, str]]:
    """Under which relationship and side a feed stands: the first that is shown of those for which it is read."""
    shown = [pair.slug for pair in snapshot.relationships]
    return lambda feed: (next(pair for pair in feed.relationships if pair in shown), feed.side)


def _page_of(wanted: Sequence[Health], after: str | None) -> tuple[Sequence[Health], str | None]:
    """Up to `PAGE` of them after the one of that slug, and the slug to go on with. Raises Refused."""
    slugs = [health.feed.slug for health in wanted]
    if after and after not in slugs:
        raise Refused(
            gettext("after is %(after)s, which is none of these sources.", after=repr(after[:60])),
            gettext("Leave it out."),
            field="after",
        )
    start = slugs.index(after) + 1 if after else 0
    shown = wanted[start : start + PAGE]
    return shown, shown[-1].feed.slug if start + PAGE < len(wanted) else None


def _tally(told: Iterable[Health]) -> list[tuple[Fares, int]]:
    counts = Counter(health.fares for health in told)
    return [(fares, counts[fares]) for fares in Fares if counts[fares]]


def _lines(shown: Iterable[Health], snapshot: Snapshot, now: datetime, *, past: bool) -> dict[str, Line]:
    """What is drawn and reckoned of those that are polled."""
    since, known_at = beginning(now.date()), now if past else None
    with current().service.store.reading() as db:
        return {
            health.feed.slug: _line(
                health,
                db.polls.arrivals(health.feed.slug, since=since, known_at=known_at),
                db.polls.reads_since(health.feed.slug, since, known_at=known_at),
                snapshot.sources.by_slug[health.feed.slug].observed.switches,
                now,
            )
            for health in shown
            if health.feed.enabled
        }


def _line(
    health: Health, arrivals: dict[date, int], reads: Sequence[Read], switches: Sequence[Switch], now: datetime
) -> Line:
    feed = health.feed
    begun = min((switch.at for switch in switches if switch.polled is not Polled.OFF), default=now)
    start = max(now - SILENCE_SPAN, begun)
    read = coverage(feed.side, [feed.slug], reads, switches, start, now)
    holes = _holes(feed, reads, switches, beginning(now.date()), now)
    return Line(health, rhythm_of(arrivals, holes, now.date()), read, start.date() if start == begun else None)


def _holes(
    feed: FeedHealth, reads: Sequence[Read], switches: Sequence[Switch], start: datetime, now: datetime
) -> tuple[Hole, ...]:
    return coverage(feed.side, [feed.slug], reads, switches, start, now).holes


def _groups(
    snapshot: Snapshot,
    told: Sequence[Health],
    lines: dict[str, Line],
    shown: Sequence[Health],
    now: datetime,
    *,
    every_party: bool,
) -> list[Group]:
    """The sides of this page; with `every_party` also a party of which there is no source, since that says much."""
    groups, place = [], _place_in(snapshot)
    for pair in snapshot.relationships:
        parties = [party.code for party in pair.parties]
        for side in pair.sides:
            own = [health for health in told if place(health.feed) == (pair.slug, side)]
            here = [health for health in shown if place(health.feed) == (pair.slug, side)]
            if not here and not (every_party and not own and side in parties):
                continue
            enabled = [health.feed for health in own if health.feed.enabled]
            fresh = sum(feed.last_read is not None and now - feed.last_read <= FRESH for feed in enabled)
            groups.append(
                Group(
                    pair,
                    side,
                    len(enabled),
                    fresh,
                    tuple(lines[health.feed.slug] for health in here if health.feed.enabled),
                    tuple(health for health in here if not health.feed.enabled),
                )
            )
    return groups


def _sides(snapshot: Snapshot) -> list[tuple[Relationship, str]]:
    """Every side that has a source, once, with a relationship that names it."""
    found: dict[str, Relationship] = {}
    for pair in snapshot.relationships:
        for side in pair.sides:
            if snapshot.sources.serve(pair.slug, side):
                found.setdefault(side, pair)
    return [(pair, side) for side, pair in found.items()]


def _side(snapshot: Snapshot) -> str | None:
    """A side that is asked for: any that a relationship has, also where no source speaks for it yet."""
    return one_of("side", list(dict.fromkeys(side for pair in snapshot.relationships for side in pair.sides)))


def _fares() -> Fares | None:
    asked = one_of("fares", [*Fares])
    return Fares(asked) if asked else None


def _polls_asked_for() -> str | None:
    return one_of("polls", ["failed"])


def _queued(db: Any, releases: Iterable[Arrived]) -> dict[int, list[Queued]]:
    """The candidates of each release; for reviewers alone."""
    return {arrived.release.id: db.sightings.queued_with(arrived.release.id) for arrived in releases}
