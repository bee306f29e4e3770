"""The feeds as a process has them, with what tells how far each was read: read once, and after a poll those alone that
changed since.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

from db.feeds import EVER, FeedHealth
from db.store import Subjects
from tracker.coverage import Observed, Switch, observed

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
    """Every feed in the order of the configuration, and for which sides of which relationships each is read.

    `relationship`: of which alone `feeds` tells; None: of all.
    """

    by_slug: Mapping[str, Heard]
    serving: Mapping[tuple[str, str], Sequence[str]]
    relationship: str | None = None

    def of(self, relationship: str) -> Sources:
        return replace(self, relationship=relationship)

    @cached_property
    def feeds(self) -> tuple[FeedHealth, ...]:
        feeds = [heard.feed for heard in self.by_slug.values()]
        if self.relationship is None:
            return tuple(feeds)
        return tuple([feed for feed in feeds if self.relationship in (feed.relationship, *feed.also)])

    def serve(self, relationship: str, side: str) -> list[Heard]:
        """Those that are read for a side of a relationship."""
        return [self.by_slug[slug] for slug in self.serving.get((relationship, side), ())]

    def switches(self, relationship: str) -> list[Switch]:
        """What was decided of those that are read for a relationship, a feed's oldest first."""
        own = [
            self.by_slug[slug] for (pair, _), slugs in self.serving.items() if pair == relationship for slug in slugs
        ]
        return [switch for heard in own for switch in heard.observed.switches]


class Listening:
    """What was read so far, and up to which revision of polls."""

    def __init__(self) -> None:
        self._sources = Sources({}, {})
        self._revision = EVER

    def sources(self, db: Subjects, now: datetime) -> Sources:
        """Every feed as it stands now; one that did not change is the one that was read before."""
        revision = db.record.revisions()["polls"]
        changed = self._changed(db) if revision >= self._revision > EVER else None
        if changed is None:
            feeds = db.feeds.all()
            self._sources = Sources(_heard(db, feeds, now, EVER), _serving(feeds))
        elif changed:
            anew = _heard(db, changed, now, self._revision)
            self._sources = Sources({**self._sources.by_slug, **anew}, self._sources.serving)
        self._revision = revision
        return self._sources

    def _changed(self, db: Subjects) -> list[FeedHealth] | None:
        """The feeds that changed since; None where they are other ones now, or may have another order."""
        changed, known = db.feeds.all(after=self._revision), self._sources.by_slug
        if len(changed) >= len(known) or any(not _stands(feed, known.get(feed.slug)) for feed in changed):
            return None
        return changed


def _stands(feed: FeedHealth, known: Heard | None) -> bool:
    """Whether a feed is read for whom it was before."""
    return known is not None and feed.side == known.feed.side and _pairs(feed) == _pairs(known.feed)


def _pairs(feed: FeedHealth) -> tuple[str, ...]:
    return feed.relationship, *feed.also


def _heard(db: Subjects, feeds: Iterable[FeedHealth], now: datetime, after: int) -> dict[str, Heard]:
    by_slug = {feed.slug: feed for feed in feeds}
    reads, switches = db.feeds.reads_that_tell(now - LANE_SPAN, after=after), db.feeds.switches(after=after)
    return {one.feed: Heard(by_slug[one.feed], one) for one in observed(by_slug, reads, switches)}


def _serving(feeds: Iterable[FeedHealth]) -> dict[tuple[str, str], list[str]]:
    serving: dict[tuple[str, str], list[str]] = defaultdict(list)
    for feed in feeds:
        for pair in _pairs(feed):
            serving[pair, feed.side].append(feed.slug)
    return dict(serving)
