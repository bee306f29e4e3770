"""What a host lets programs read, by its robots.txt (RFC 9309). Feeds are published for programs; pages are not."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from protego import Protego

from tracker.feeds.failure import OF_OTHERS, FetchFailed, Kind
from tracker.feeds.fetch import Fetched, Limits, check_target, fetch
from tracker.tongue import to_keep

AGENT = "OpenLines"
"""The name by which a robots.txt may speak to us."""

GOOD_FOR = 24 * 3600.0
"""Seconds for which a host's rules are believed."""

RETRY_AFTER = 3600.0
"""Seconds after which a robots.txt that could not be read is asked for again."""

MOST_HOSTS = 2_000
"""Hosts whose rules are remembered; the one asked longest ago is forgotten first."""

_USER_AGENT = re.compile(r"user[\s-]?agent\s*[:\s]\s*(?P<product>\*(?=\s|#|$)|[\w-]*)", re.ASCII | re.IGNORECASE)
"""Each spelling that the parser takes, and the product that is named, which may be followed by its version."""

_OURS = {"*": "*", AGENT.lower(): AGENT}
_LIMITS = Limits(max_bytes=1_000_000, deadline=15.0)
_NO_RULES = frozenset({Kind.BOT_WALL, Kind.NOT_FOUND, Kind.GONE, Kind.BAD_ANSWER, Kind.REDIRECTS})
"""Answers that mean that there are no rules; after any other failure there may be some, so nothing is read."""


@dataclass(frozen=True)
class _Rules:
    """What is known of a host's robots.txt, on our clock until when: rules, or why it could not be read."""

    rules: Protego | FetchFailed
    until: float


class Robots:
    """Tells why a page may not be read, from its host's robots.txt, which is asked for once a day at most.

    `fetch` is how it is asked for, bounded and guarded. A robots.txt that is not there allows everything; one that
    cannot be read (no connection, a fault of the server, too many requests) allows nothing, and is asked for again
    after an hour; one that was not asked for, because of other requests of ours to its host, at the next time. Any
    number of threads may ask.
    """

    def __init__(self, fetch: Callable[..., Fetched] = fetch, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch, self._clock = fetch, clock
        self._known: dict[str, _Rules] = {}
        self._lock = threading.Lock()

    def refusal(self, url: str, *, allow_private: bool = False) -> FetchFailed | None:
        """Why `url` may not be read, with a remedy; None where it may be. Raises nothing.

        `allow_private` as for `fetch`. Its kind is ROBOTS where the robots.txt says so or could not be read, one of
        `OF_OTHERS` where it was not asked for, and that of a bad address for what is none (absolute, http or https).
        """
        try:
            check_target(url, checked=False)
        except FetchFailed as failed:
            return failed
        parts = urlsplit(url)
        rules = self._rules(f"{parts.scheme}://{parts.netloc.lower()}", allow_private)
        if isinstance(rules, FetchFailed):
            return rules if rules.kind in OF_OTHERS else _unread(rules)
        return None if rules.can_fetch(url, AGENT) else _kept_away()

    def forbids(self, url: str, *, allow_private: bool = False) -> FetchFailed | None:
        """As `refusal`, but by a rule alone: where none is known, a page that an operator named may be read."""
        parts = urlsplit(url)
        rules = self._rules(f"{parts.scheme}://{parts.netloc.lower()}", allow_private)
        return None if isinstance(rules, FetchFailed) or rules.can_fetch(url, AGENT) else _kept_away()

    def _rules(self, origin: str, allow_private: bool) -> Protego | FetchFailed:
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
            return _Rules(failed, self._clock() + (0 if failed.kind in OF_OTHERS else RETRY_AFTER))
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
        named = _USER_AGENT.match(line)
        if not named:
            agents.clear()
            lines.append(line)
            continue
        agent = _OURS.get(named["product"].lower(), "another")
        if agent not in agents:
            agents.add(agent)
            lines.append(f"User-agent: {agent}")
    return Protego.parse("\n".join(lines))


def _kept_away() -> FetchFailed:
    return FetchFailed(
        Kind.ROBOTS,
        to_keep("The site's robots.txt keeps programs away from this page."),
        to_keep("Read it, and hand it in by file."),
    )


def _unread(failed: FetchFailed) -> FetchFailed:
    return FetchFailed(
        Kind.ROBOTS,
        to_keep("The site's robots.txt could not be read: %(why)s", why=failed.sentence),
        to_keep("No page of the site is read before it can be; it is asked for again after an hour."),
    )


_ALL = _parse("")
