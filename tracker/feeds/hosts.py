"""What one process keeps of the hosts that it asks, to be a quiet guest of each, however many feeds live there."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from urllib.parse import urlsplit

from tracker.feeds.failure import FetchFailed, Kind
from tracker.feeds.guard import Deadline, GuardedSession
from tracker.tongue import to_keep

PER_HOST = 2
"""Exchanges with one host at a time."""

GAP = 0.2
"""Seconds between the starts of two exchanges with one host."""

LONGEST_TURN = 60.0
"""Seconds that an exchange waits for its turn at a host before it is put off: as long as two take, one after another,
that hang to their deadlines. A person may be waiting for it too.
"""

LONGEST_ALONE = timedelta(hours=24)
"""A host that asks to be left alone for longer than this is asked again all the same."""

MOST_OPEN = 256
"""Sessions kept with an open connection; the one used longest ago is closed first."""

LONGEST_IDLE = 90.0
"""Seconds for which an open connection is kept unused; most servers hang up sooner."""

MOST_HOSTS = 10_000

_Origin = tuple[str, str, bool]


@dataclass
class _Host:
    """A host's exchanges under way, those that wait for their turn, the longest waiting first, and on our monotonic
    clock when the next may start and until when none may.
    """

    busy: int = 0
    waiting: deque[object] = field(default_factory=deque)
    next_start: float = 0.0
    alone_until: float = 0.0


@dataclass(frozen=True)
class _Idle:
    since: float
    session: GuardedSession


@lru_cache(MOST_HOSTS)
def host_of(url: str) -> str:
    """The host of an address, as turns are counted: whatever the scheme and port; empty where it names none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


class Hosts:
    """Sessions and turns, for any number of threads.

    A session belongs to one thread for one exchange; then it is kept with its connection for the next exchange with
    the same scheme, host and port that checks addresses as it did. `gap` in seconds, `per_host` exchanges at a time.
    `alone`: hosts that asked earlier to be left alone, each until a UTC instant; `remember` is told of further ones.
    """

    def __init__(
        self,
        *,
        per_host: int = PER_HOST,
        gap: float = GAP,
        alone: Mapping[str, datetime] | None = None,
        remember: Callable[[str, datetime], None] | None = None,
    ) -> None:
        self._per_host, self._gap, self._remember = per_host, gap, remember
        self._hosts: dict[str, _Host] = {}
        self._idle: OrderedDict[tuple[_Origin, int], _Idle] = OrderedDict()
        """The sessions of each origin, numbered; the one used longest ago first."""
        self._changed = threading.Condition()
        self.heed(alone or {})

    @contextmanager
    def visit(self, url: str, deadline: Deadline, *, checked: bool) -> Iterator[GuardedSession]:
        """A session for one exchange with the host of `url`, when it is our turn there; `deadline` does not run before.

        Who came first has the first turn. Raises FetchFailed of a kind in `OF_OTHERS` when the host wants to be left
        alone (LEFT_ALONE), or is so busy with us that no turn comes (BUSY).
        """
        parts = urlsplit(url)
        origin = (parts.scheme, parts.netloc.lower(), checked)
        host = self._enter(host_of(url), deadline)
        try:
            session = self._open(origin) or GuardedSession(url, checked=checked)
            session.bounds.deadline = deadline
            try:
                yield session
            except BaseException:
                session.close()
                raise
            self._keep(origin, session)
        finally:
            with self._changed:
                host.busy -= 1
                self._changed.notify_all()

    def leave_alone(self, url: str, until: datetime) -> None:
        """The host of `url` asked for no requests before `until` (UTC): none of its feeds is fetched before."""
        name, until = host_of(url), min(until, datetime.now(UTC) + LONGEST_ALONE)
        self._leave_alone(name, until)
        if self._remember:
            self._remember(name, until)

    def _leave_alone(self, name: str, until: datetime) -> None:
        wait = min(until - datetime.now(UTC), LONGEST_ALONE).total_seconds()
        with self._changed:
            host = self._host(name)
            host.alone_until = max(host.alone_until, time.monotonic() + wait)

    def heed(self, alone: Mapping[str, datetime]) -> None:
        """Leave hosts alone that asked others of ours for it, each until a UTC instant, which may have passed."""
        now = datetime.now(UTC)
        for name, until in alone.items():
            if until > now:
                self._leave_alone(name, until)

    def alone_for(self, url: str) -> timedelta:
        """For how long yet the host of `url` wants to be left alone; zero when it may be asked."""
        with self._changed:
            host = self._hosts.get(host_of(url))
        return timedelta(seconds=max(host.alone_until - time.monotonic(), 0)) if host else timedelta()

    def rest(self, url: str) -> None:
        """Wait until the next exchange with the host of `url` may start, whoever starts it, in whatever process."""
        with self._changed:
            host = self._hosts.get(host_of(url))
        if host and (seconds := host.next_start - time.monotonic()) > 0:
            time.sleep(seconds)

    def close(self) -> None:
        """Close the connections that nobody uses."""
        with self._changed:
            idle, self._idle = self._idle, OrderedDict()
        for kept in idle.values():
            kept.session.close()

    def _host(self, name: str) -> _Host:
        if name not in self._hosts and len(self._hosts) >= MOST_HOSTS:
            now = time.monotonic()
            quiet = {
                name
                for name, host in self._hosts.items()
                if not host.busy and not host.waiting and max(host.next_start, host.alone_until) <= now
            }
            self._hosts = {n: h for n, h in self._hosts.items() if n not in quiet}
        return self._hosts.setdefault(name, _Host())

    def _enter(self, name: str, deadline: Deadline) -> _Host:
        came = time.monotonic()
        with self._changed:
            host = self._host(name)
            self._await_turn(name, host)
            now = time.monotonic()
            if host.alone_until > now:
                raise _left_alone(name, host.alone_until - now)
            host.busy += 1
            start = max(now, host.next_start)
            host.next_start = start + self._gap
        if start > now:
            time.sleep(start - now)
        deadline.put_off(time.monotonic() - came)
        return host

    def _await_turn(self, name: str, host: _Host) -> None:
        turn = object()
        host.waiting.append(turn)
        try:
            if not self._changed.wait_for(lambda: host.waiting[0] is turn and host.busy < self._per_host, LONGEST_TURN):
                raise FetchFailed(
                    Kind.BUSY,
                    to_keep(
                        "%(name)s was busy with other requests of ours for %(longest_turn)s seconds.",
                        name=name,
                        longest_turn=format(LONGEST_TURN, "g"),
                    ),
                    to_keep("It may be slow; the next poll tries again."),
                )
        finally:
            host.waiting.remove(turn)
            self._changed.notify_all()

    def _open(self, origin: _Origin) -> GuardedSession | None:
        stale = []
        with self._changed:
            fresh = time.monotonic() - LONGEST_IDLE
            while self._idle and next(iter(self._idle.values())).since < fresh:
                stale.append(self._idle.popitem(last=False)[1])
            places = ((origin, number) for number in range(self._per_host))
            found = next((kept for place in places if (kept := self._idle.pop(place, None))), None)
        for kept in stale:
            kept.session.close()
        return found.session if found else None

    def _keep(self, origin: _Origin, session: GuardedSession) -> None:
        with self._changed:
            # A session is only made where none is free, so there are no more of an origin than may be busy with it.
            number = next(number for number in range(self._per_host) if (origin, number) not in self._idle)
            self._idle[origin, number] = _Idle(time.monotonic(), session)
            oldest = self._idle.popitem(last=False)[1] if len(self._idle) > MOST_OPEN else None
        if oldest:
            oldest.session.close()


def _left_alone(name: str, seconds: float) -> FetchFailed:
    until = datetime.now(UTC) + timedelta(seconds=seconds)
    return FetchFailed(
        Kind.LEFT_ALONE,
        to_keep(
            "%(name)s asked, in answer to another request, to be left alone until %(until)s UTC.",
            name=name,
            until=until.strftime("%Y-%m-%d %H:%M"),
        ),
        to_keep("It is asked again then; if this lasts, raise the every of its feeds."),
        until,
    )
