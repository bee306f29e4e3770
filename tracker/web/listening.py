"""The feeds as a process has them, with what tells how far each was read: read once, and after a poll those alone that
changed since.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

from db.feeds import FeedHealth
from db.store import Subjects
from tracker.polling.health import GAP_SAID_FOR, YEAR_DAYS, longest_break, usual_gap
from tracker.record.coverage import Observed, Read, Switch, observed

SILENCE_SPAN, LANE_SPAN = timedelta(days=30), timedelta(days=90)
"""How far back silence since the last report is looked at on pages, and what was read is drawn there at most; the API
answers for longer spans.
"""


@dataclass(frozen=True, eq=False)
class Heard:
    """A feed as it fares, and what is known of its polls in the last `LANE_SPAN` at least."""

    feed: FeedHealth
    observed: Observed


@dataclass(frozen=True, eq=False)
class Sources:
    """Every feed in the order of the configuration; by relationship and side those that are read for it, and since when
    any was to be read for a relationship.

    `relationship`: of which alone `feeds` tells; None: of all.
    """

    by_slug: Mapping[str, Heard]
    sides: Mapping[tuple[str, str], Sequence[Heard]]
    watched_since: Mapping[str, datetime]
    relationship: str | None = None

    def of(self, relationship: str) -> Sources:
        return replace(self, relationship=relationship)

    @cached_property
    def feeds(self) -> tuple[FeedHealth, ...]:
        feeds = [heard.feed for heard in self.by_slug.values()]
        if self.relationship is None:
            return tuple(feeds)
        return tuple([feed for feed in feeds if self.relationship in feed.relationships])

    def serve(self, relationship: str, side: str) -> Sequence[Heard]:
        """Those that are read for a side of a relationship."""
        return self.sides.get((relationship, side), ())

    def with_changed(self, changed: Mapping[str, Heard]) -> Sources:
        """The same with some as they are now."""
        touched = {(pair, heard.feed.side) for heard in changed.values() for pair in heard.feed.relationships}
        sides = {side: [changed.get(one.feed.slug, one) for one in self.sides[side]] for side in touched}
        return replace(self, by_slug={**self.by_slug, **changed}, sides={**self.sides, **sides})


def sources_at(db: Subjects, known_at: datetime) -> Sources:
    """The feeds as they stood at an instant, with the polls that had ended and the decisions taken by then."""
    feeds = {feed.slug: feed for feed in db.past_feeds.all_at(known_at)}
    reads = db.feeds.reads_since(known_at - LANE_SPAN, known_at=known_at)
    return _sources(feeds, reads, [switch for switch in db.feeds.switches() if switch.at <= known_at])


def with_signs(db: Subjects, feed: FeedHealth, known_at: datetime) -> FeedHealth:
    """A feed as it stood at an instant, with what tells whether it had fallen silent by then."""
    days = db.feeds.arrival_days(feed.slug, most=YEAR_DAYS, known_at=known_at)
    usual = usual_gap(days)
    return replace(
        feed,
        newest=days[0] if days else None,
        rhythm=usual,
        longest_break=longest_break(days, usual) if usual else None,
        gap=db.past_feeds.gap_by(feed.slug, known_at, since=known_at - GAP_SAID_FOR),
    )


class Listening:
    """What was read so far, and up to which revision of polls."""

    def __init__(self) -> None:
        self._sources = Sources({}, {}, {})
        self._revision: int | None = None

    def sources(self, db: Subjects, now: datetime) -> Sources:
        """Every feed as it stands now; one that did not change is the one that was read before."""
        revision = db.record.revisions()["polls"]
        changed = self._changed(db, revision, now - LANE_SPAN)
        if changed is None:
            self._sources = _everything(db, now - LANE_SPAN)
        elif changed:
            self._sources = self._sources.with_changed(changed)
        self._revision = revision
        return self._sources

    def _changed(self, db: Subjects, revision: int, since: datetime) -> dict[str, Heard] | None:
        """The feeds that changed since; None where they may be other ones now, or have another order."""
        known = self._sources.by_slug
        if self._revision is None or revision < self._revision:
            return None
        slugs = db.feeds.changed(self._revision)
        if len(slugs) >= len(known) or not known.keys() >= set(slugs):
            return None
        changed = {slug: _heard(db, slug, since) for slug in slugs}
        return changed if all(_stands(heard.feed, known[slug].feed) for slug, heard in changed.items()) else None


def _heard(db: Subjects, slug: str, since: datetime) -> Heard:
    reads, switches = db.polls.reads_since(slug, since), db.feeds.switches_of(slug)
    return Heard(db.feeds.get(slug), *observed([slug], reads, switches))


def _everything(db: Subjects, since: datetime) -> Sources:
    return _sources({feed.slug: feed for feed in db.feeds.all()}, db.feeds.reads_since(since), db.feeds.switches())


def _sources(feeds: Mapping[str, FeedHealth], reads: Sequence[Read], switches: Sequence[Switch]) -> Sources:
    told = observed(feeds, reads, switches)
    by_slug = {one.feed: Heard(feeds[one.feed], one) for one in told}
    sides: dict[tuple[str, str], list[Heard]] = defaultdict(list)
    watched: dict[str, datetime] = {}
    for heard in by_slug.values():
        begun = heard.observed.watched_since
        for pair in heard.feed.relationships:
            sides[pair, heard.feed.side].append(heard)
            if begun:
                watched[pair] = min(begun, watched.get(pair, begun))
    return Sources(by_slug, dict(sides), watched)


def _stands(feed: FeedHealth, known: FeedHealth) -> bool:
    """Whether a feed is read for whom it was before."""
    return (feed.side, feed.relationships) == (known.side, known.relationships)
