"""What of sources is cited: how each was configured, read and failing, and of one alone its holes, polls and releases.

How a source fares follows from these by rules of ours; the rules and their words are no part of what is cited.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from db.feeds import FeedHealth
from tracker.model import Moment
from tracker.moments import instant_text
from tracker.record.citation import Rows, fact
from tracker.record.coverage import Switch, coverage
from tracker.web.cited_rows import Facts, Shown, hole_row
from tracker.web.current import Snapshot, current
from tracker.web.scope import SCOPE, scoped
from tracker.web.sources.feeds import MOST_POLLS, MOST_RELEASES, fared, find_feed, source_of
from tracker.web.sources.rhythm import beginning

_TOLD = (
    "relationship", "publisher", "side", "lang", "kind", "url", "every", "enabled", "reason", "unconfirmed", "also",
    "failures", "failing_since", "fault_kind", "fault", "last_read", "last_new", "moved_to", "shown", "undated", "flaw",
    "kept_from",
)  # fmt: skip


@dataclass(frozen=True)
class _OfFeeds(Facts):
    """Rows of sources; there was one to see when the first was configured."""

    asked: Mapping[str, str]

    def first(self) -> datetime:
        decided = (heard.observed.switches[:1] for heard in self.snapshot.sources.by_slug.values())
        return min((switch.at for switches in decided for switch in switches), default=self.snapshot.now)


@dataclass(frozen=True)
class _Sources(_OfFeeds):
    """All sources that are asked for, by `relationship`, `side` and how they fare."""

    def rows(self, moment: Moment) -> Rows:
        wanted = (feed for feed in self._asked_for(moment) if self.asked.get("side") in (None, "", feed.side))
        return dict(_feed_row(feed) for feed in wanted)

    def _asked_for(self, moment: Moment) -> Iterable[FeedHealth]:
        scope = scoped(self.asked.get(SCOPE))
        if fares := self.asked.get("fares"):
            return [one.feed for one in fared(scope, _at(moment))[2] if one.fares == fares]
        pairs = {pair.slug for pair in scope.relationships}
        with current().service.store.reading_for_all() as db:
            return [feed for feed in db.past_feeds.all_at(moment.known_at) if not pairs.isdisjoint(feed.relationships)]


@dataclass(frozen=True)
class _Source(_OfFeeds):
    """One source: itself alone, or with `whole` what its page shows of it besides."""

    slug: str
    whole: bool

    def first(self) -> datetime:
        switches = self.snapshot.sources.by_slug[self.slug].observed.switches
        return switches[0].at if switches else self.snapshot.now

    def rows(self, moment: Moment) -> Rows:
        feed, switches, known_at = source_of(self.snapshot, self.slug, _at(moment))
        return dict([_feed_row(feed), *(self._of_page(feed, switches, known_at) if self.whole else ())])

    def _of_page(self, feed: FeedHealth, switches: Sequence[Switch], known_at: datetime) -> Iterator[tuple[str, bytes]]:
        since, failed = beginning(known_at.date()), self.asked.get("polls") == "failed"
        with current().service.store.reading_for_all() as db:
            reads = db.polls.reads_since(self.slug, since, known_at=known_at)
            polls = db.polls.newest(self.slug, most=MOST_POLLS, failed=failed, known_at=known_at)
            releases = db.releases.newest(self.slug, most=MOST_RELEASES, known_at=known_at)
        yield from map(hole_row, coverage(feed.side, [self.slug], reads, switches, since, known_at).holes)
        yield from (fact(f"poll-{instant_text(poll.started_at)}", vars(poll)) for poll in polls)
        for one in releases:
            told = {name: getattr(one.release, name) for name in ("title", "summary", "url", "published")}
            yield fact(f"release-{one.release.id}", told | {"first_seen": one.first_seen})


def _at(moment: Moment) -> dict[str, str]:
    return {"known_at": instant_text(moment.known_at)}


def _feed_row(feed: FeedHealth) -> tuple[str, bytes]:
    paused = {"paused_at": feed.paused.at, "paused_because": feed.paused.because} if feed.paused else {}
    return fact(f"feed-{feed.slug}", {name: getattr(feed, name) for name in _TOLD} | paused)


def cited_sources(snapshot: Snapshot, parts: Mapping[str, Any], asked: Mapping[str, str]) -> Shown:
    return _Sources(snapshot, asked)


def cited_source(snapshot: Snapshot, parts: Mapping[str, Any], asked: Mapping[str, str]) -> Shown:
    """One source as a call tells of it."""
    return _Source(snapshot, asked, find_feed(snapshot, parts["slug"]).slug, whole=False)


def cited_page(snapshot: Snapshot, parts: Mapping[str, Any], asked: Mapping[str, str]) -> Shown:
    """One source as its page tells of it."""
    return _Source(snapshot, asked, find_feed(snapshot, parts["slug"]).slug, whole=True)
