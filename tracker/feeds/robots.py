"""What a host lets programs read, by its robots.txt (RFC 9309). Feeds are published for programs; pages are not."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from protego import Protego

from tracker.feeds.failure import FetchFailed, Kind
from tracker.feeds.fetch import Fetched, Limits, fetch

AGENT = "OpenLines"
"""The name by which a robots.txt may speak to us."""

GOOD_FOR = 24 * 3600.0
"""Seconds for which a host's rules are believed."""

RETRY_AFTER = 3600.0
"""Seconds after which a robots.txt that could not be read is asked for again."""

MOST_HOSTS = 2_000
"""Hosts whose rules are remembered; the one asked longest ago is forgotten first."""

_LIMITS = Limits(max_bytes=1_000_000, deadline=15.0)
_NO_RULES = frozenset({Kind.BOT_WALL, Kind.NOT_FOUND, Kind.GONE, Kind.BAD_ANSWER, Kind.REDIRECTS})
"""Answers that mean that there are no rules; after any other failure there may be some, so nothing is read."""


@dataclass(frozen=True)
class _Rules:
    rules: Protego
    until: float


class Robots:
    """Answers whether a page may be read, from its host's robots.txt, which is asked for once a day at most.

    `fetch` is how it is asked for, bounded and guarded. A robots.txt that is not there allows everything; one that
    cannot be read (no connection, a fault of the server, too many requests) allows nothing, and is asked for again
    after an hour. Any number of threads may ask.
    """

    def __init__(self, fetch: Callable[..., Fetched] = fetch, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch, self._clock = fetch, clock
        self._known: dict[str, _Rules] = {}
        self._lock = threading.Lock()

    def allowed(self, url: str, *, allow_private: bool = False) -> bool:
        """Whether `url` (absolute, http or https) may be read; what is no such address may not. Raises nothing.

        `allow_private` as for `fetch`.
        """
        try:
            parts = urlsplit(url)
        except ValueError:
            return False
        if parts.scheme not in ("http", "https") or not parts.netloc:
            return False
        return self._rules(f"{parts.scheme}://{parts.netloc.lower()}", allow_private).can_fetch(url, AGENT)

    def _rules(self, origin: str, allow_private: bool) -> Protego:
        with self._lock:
            known = self._known.get(origin)
        if known is None or known.until <= self._clock():
            known = self._read(origin, allow_private)
            with self._lock:
                self._known.pop(origin, None)
                self._known[origin] = known
                if len(self._known) > MOST_HOSTS:
                    del self._known[next(iter(self._known))]
        return known.rules

    def _read(self, origin: str, allow_private: bool) -> _Rules:
        try:
            answer = self._fetch(f"{origin}/robots.txt", allow_private=allow_private, limits=_LIMITS)
        except FetchFailed as failed:
            if failed.kind in _NO_RULES:
                return _Rules(_ALL, self._clock() + GOOD_FOR)
            return _Rules(_NOTHING, self._clock() + RETRY_AFTER)
        return _Rules(_parse(answer.body.decode("utf-8-sig", "replace")), self._clock() + GOOD_FOR)


def _parse(text: str) -> Protego:
    """The rules in a robots.txt, in which each group is first cut down to the agents that concern us.

    The parser copies every rule to every agent of its group, so thousands of agents over thousands of rules would take
    all memory.
    """
    lines, agents = [], set()
    for line in map(str.strip, text.splitlines()):
        if not line or line.startswith("#"):
            continue
        if not line.lower().startswith("user"):  # each spelling of User-agent that the parser takes begins so
            agents.clear()
            lines.append(line)
            continue
        agent = next((name for name in ("*", AGENT) if name.lower() in line.lower()), "another")
        if agent not in agents:
            agents.add(agent)
            lines.append(f"User-agent: {agent}")
    return Protego.parse("\n".join(lines))


_ALL = _parse("")
_NOTHING = _parse("User-agent: *\nDisallow: /")
