"""How often one client may ask what is made for programs: 429 in words, and headers that say what is left.

Each client has a bucket of requests that fills again evenly. It is kept in this process, and is arithmetic on one
number, since an answer from memory costs little itself.
"""

from __future__ import annotations

import ipaddress
import threading
import time
from collections.abc import Callable, Hashable, Iterable
from functools import lru_cache
from math import ceil
from typing import TYPE_CHECKING, Any, NamedTuple

from tracker.web.outputs import for_programs
from tracker.web.serving.problem import problem

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

WINDOW = 60
"""Seconds in which an empty bucket fills."""

MOST_CLIENTS = 100_000
"""Buckets that are kept."""


class Taken(NamedTuple):
    """Whether a request may be served, how many more may be at once, and in how many seconds another may (if not), or
    all may again.
    """

    granted: bool
    left: int
    seconds: int


ROUNDING = 1e-9
"""By so much a level may fall short of a whole request, since sums of seconds are rounded."""


class Buckets:
    """A bucket of `limit` requests for each client. Safe to use from several threads."""

    def __init__(self, limit: int) -> None:
        self._limit, self._rate = limit, limit / WINDOW
        self._levels: dict[Hashable, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def take(self, client: Hashable, now: float) -> Taken:
        """One request of a client at `now`, in seconds of a clock that never goes back."""
        with self._lock:
            level, at = self._levels.get(client, (self._limit, now))
            level = min(self._limit, level + (now - at) * self._rate)
            if level < 1 - ROUNDING:
                return Taken(False, 0, ceil((1 - level) / self._rate))
            level = max(level, 1.0)
            self._levels[client] = level - 1, now
            if len(self._levels) > MOST_CLIENTS:
                self._forget(now)
        return Taken(True, int(level - 1), ceil((self._limit - level + 1) / self._rate))

    def _forget(self, now: float) -> None:
        """Drop the buckets that are full again; all of them, when so many clients ask at once."""
        kept = {client: (level, at) for client, (level, at) in self._levels.items() if now - at < WINDOW}
        self._levels = kept if len(kept) <= MOST_CLIENTS // 2 else {}


class RateLimited:
    """Counts what is asked of the API and the outputs, per address, and per token beside it; not pages and health.

    Outside Flask, so that what is refused costs next to nothing.
    """

    def __init__(
        self,
        application: WSGIApplication,
        limit: int,
        dress: Callable[[WSGIApplication], WSGIApplication],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`dress` puts on a refusal what every answer of the application bears."""
        self._application, self._dress, self._clock = application, dress, clock
        self._buckets = Buckets(limit)
        self._policy = ("RateLimit-Policy", f'"client";q={limit};w={WINDOW}')
        self._remedy = f"Wait so long (Retry-After), and ask less often: each client may ask {limit:,} times a minute."

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if not for_programs(environ["PATH_INFO"]):
            return self._application(environ, start_response)
        taken = self._take(environ)
        fields = (self._policy, ("RateLimit", f'"client";r={taken.left};t={taken.seconds}'))

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            return start_response(status, [*headers, *fields], *more)

        if taken.granted:
            return self._application(environ, start)
        wrong = f"Too many requests; the next is answered in {taken.seconds} s."
        refusal = problem(429, "Too many requests", wrong, self._remedy)
        refusal.headers["Retry-After"] = str(taken.seconds)
        return self._dress(refusal)(environ, start)

    def _take(self, environ: WSGIEnvironment) -> Taken:
        """A request counts against its address, whatever token it shows, and against the token, whoever shows it."""
        now = self._clock()
        taken = self._buckets.take(network_of(environ.get("REMOTE_ADDR", "")), now)
        token = environ.get("HTTP_AUTHORIZATION")
        if token is None or not taken.granted:
            return taken
        return min(taken, self._buckets.take(hash(token), now))


@lru_cache(maxsize=10_000)
def network_of(address: str) -> str:
    """What stands for one client: an IPv4 address, or the /64 of an IPv6 one, all of which a single client can have."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if found.version == 4:
        return address
    return str(found.ipv4_mapped or ipaddress.ip_network((found, 64), strict=False))
