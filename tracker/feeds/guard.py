"""Connections that know where they may go and when they must be done.

A feed's address is not ours: its name may resolve to a machine inside our network, and its server may answer one byte
at a time. So we resolve the name ourselves, connect to exactly the address that was checked, and give each single read
only what is left of the deadline of the whole exchange. A connection that is used again was checked when it was made.
"""

from __future__ import annotations

import http.client
import io
import ipaddress
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from tracker.feeds.failure import FetchFailed, Kind
from tracker.tongue import to_keep

MAX_ADDRESSES = 8
"""How many of a name's addresses are tried."""

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_NOT_PUBLIC = tuple(
    map(
        ipaddress.ip_network,
        (
            "192.0.0.0/24",  # of protocols; a cloud's metadata is at 192.0.0.192
            "192.88.99.0/24",  # relays of 6to4, which are no more
            "168.63.129.16/32",  # another cloud's metadata
            "3fff::/20",  # of documents
        ),
    )
)
"""What the Python that we support takes for public, and is not; registered by IANA, but for one cloud's own."""

_LOW_32_BITS = 0xFFFFFFFF


class Deadline:
    """A bound on one exchange, in seconds from now on a clock that nobody sets."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    @property
    def passed(self) -> bool:
        return time.monotonic() >= self._end

    def left(self) -> float:
        """Seconds left, always above zero. Raises TimeoutError when there are none."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("the deadline has passed")
        return left

    def put_off(self, seconds: float) -> None:
        """Let it pass so much later: what we waited for ourselves is not held against the server."""
        self._end += seconds


@dataclass
class Bounds:
    """What the connections of a session obey: whether addresses are checked, and the deadline of the exchange in hand.

    `reused` tells of the exchange in hand whether it went over a connection that was open before.
    """

    checked: bool
    deadline: Deadline = field(default_factory=lambda: Deadline(0))
    reused: bool = False


def is_public(address: str) -> bool:
    """Whether an IP address (text, a zone allowed) is one that the public internet routes to.

    IPv6 forms that carry an IPv4 address (mapped, 6to4, Teredo, NAT64) are judged by the address that they carry.
    """
    ip = ipaddress.ip_address(address)
    inner = _carried(ip) if ip.version == 6 else None
    if inner is not None:
        return is_public(str(inner))
    local = ip.is_multicast or ip.is_reserved or ip.is_unspecified or getattr(ip, "is_site_local", False)
    return ip.is_global and not local and not any(ip in network for network in _NOT_PUBLIC)


def _carried(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if ip.teredo:
        return ip.teredo[1]
    if ip in _NAT64:
        return ipaddress.IPv4Address(int(ip) & _LOW_32_BITS)
    return ip.ipv4_mapped or ip.sixtofour


def connect(host: str, port: int, *, deadline: Deadline, checked: bool) -> socket.socket:
    """A connected socket to the first of the host's addresses that answers. Raises FetchFailed.

    `checked`: an address that is not public ends the attempt before a single packet is sent to it.
    """
    addresses = _resolve(host, port, deadline)[:MAX_ADDRESSES]
    problem: OSError | None = None
    for position, (family, kind, protocol, _, address) in enumerate(addresses):
        if checked and not is_public(str(address[0])):
            raise FetchFailed(
                Kind.FORBIDDEN_ADDRESS,
                to_keep(
                    "%(host)s is at %(address)s, an address that is not on the public internet.",
                    host=host,
                    address=address[0],
                ),
                to_keep(
                    "For a server of your own set allow_private: true, or --allow-private; otherwise correct the "
                    "address."
                ),
            )
        sock = socket.socket(family, kind, protocol)
        try:
            # Each address gets its share, so that a dead first one leaves time for the next.
            sock.settimeout(deadline.left() / (len(addresses) - position))
            sock.connect(address)
            sock.settimeout(deadline.left())
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return sock
        except OSError as error:
            sock.close()
            problem = error
    raise _no_connection(host, port, deadline, problem)


def _resolve(host: str, port: int, deadline: Deadline) -> list[tuple[Any, ...]]:
    """getaddrinfo within the deadline; it can't be interrupted, so a thread of its own is left behind if it hangs."""
    found: list[tuple[Any, ...]] = []
    problems: list[Exception] = []

    def look_up() -> None:
        try:
            found.extend(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            problems.append(error)

    if _is_literal(host):
        look_up()
    else:
        thread = threading.Thread(target=look_up, name=f"resolve {host}", daemon=True)
        thread.start()
        thread.join(deadline.left())
    if found:
        return found
    reason = (
        problems[0]
        if problems
        else to_keep("no answer within %(seconds)s seconds", seconds=format(deadline.seconds, "g"))
    )
    detail = getattr(reason, "strerror", None) or reason
    raise FetchFailed(
        Kind.DNS,
        to_keep("The name %(host)s could not be resolved: %(detail)s.", host=host, detail=detail),
        to_keep("Check its spelling and this machine's name servers."),
    )


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _no_connection(host: str, port: int, deadline: Deadline, problem: OSError | None) -> FetchFailed:
    if isinstance(problem, TimeoutError):
        return FetchFailed(
            Kind.TIMEOUT,
            to_keep(
                "%(host)s did not accept a connection on port %(port)s within %(seconds)s seconds.",
                host=host,
                port=port,
                seconds=format(deadline.seconds, "g"),
            ),
            to_keep("It may be down, or refuse this machine's network; the next poll tries again."),
        )
    if isinstance(problem, ConnectionRefusedError):
        return FetchFailed(
            Kind.REFUSED_CONNECTION,
            to_keep("%(host)s refused the connection on port %(port)s.", host=host, port=port),
            to_keep("Nothing may be listening there: check the address, or wait for its server to come back."),
        )
    return FetchFailed(
        Kind.UNREACHABLE,
        to_keep(
            "%(host)s could not be reached on port %(port)s: %(detail)s.",
            host=host,
            port=port,
            detail=problem.strerror if problem else to_keep("it has no address"),
        ),
        to_keep("Check this machine's network and the address."),
    )


class _TimedReader(io.RawIOBase):
    """A socket's stream in which no read outlives the deadline, however many bytes drip in before."""

    def __init__(self, stream: io.RawIOBase, sock: socket.socket, bounds: Bounds) -> None:
        self._stream, self._sock, self._bounds = stream, sock, bounds

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(self._bounds.deadline.left())
        return self._stream.readinto(buffer)  # type: ignore[attr-defined]

    def close(self) -> None:
        self._stream.close()
        super().close()


class _TimedResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, bounds: Bounds, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_TimedReader(self.fp.detach(), sock, bounds))  # type: ignore[attr-defined]


class _Bounded:
    """What both kinds of connection share: our way to connect, and reads within the deadline."""

    def __init__(self, *args: Any, bounds: Bounds, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._bounds = bounds
        self.response_class = partial(_TimedResponse, bounds=bounds)

    def request(self, *args: Any, **kwargs: Any) -> None:
        self._bounds.reused = self.sock is not None  # type: ignore[attr-defined]
        super().request(*args, **kwargs)  # type: ignore[misc]

    def _new_conn(self) -> socket.socket:
        host, port, bounds = self._dns_host, self.port, self._bounds  # type: ignore[attr-defined]
        if not self.proxy:  # type: ignore[attr-defined]
            return connect(host, port, deadline=bounds.deadline, checked=bounds.checked)
        try:
            return connect(host, port, deadline=bounds.deadline, checked=False)
        except FetchFailed as failure:
            raise FetchFailed(
                Kind.PROXY,
                to_keep("The proxy could not be used: %(sentence)s", sentence=failure.sentence),
                to_keep("Check HTTP_PROXY, HTTPS_PROXY and NO_PROXY in the environment."),
            ) from failure


class _HTTPConnection(_Bounded, HTTPConnection):
    pass


class _HTTPSConnection(_Bounded, HTTPSConnection):
    pass


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _HTTPConnection


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _HTTPSConnection


class GuardedAdapter(HTTPAdapter):
    """A requests adapter for one host: its every connection is made by `connect`, its every read is timed by `bounds`.

    Through a proxy the address check does not take place: we connect to the proxy, which is the operator's choice, and
    it is the proxy that resolves the feed's name. The deadline holds all the same.
    """

    def __init__(self, bounds: Bounds) -> None:
        self._pools = {"http": partial(_HTTPPool, bounds=bounds), "https": partial(_HTTPSPool, bounds=bounds)}
        self._pool: HTTPConnectionPool | None = None
        super().__init__(pool_connections=1, pool_maxsize=1)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = self._pools
        return manager

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> HTTPConnectionPool:
        """The connections to the one host that is asked, looked up once."""
        if self._pool is None:
            self._pool = super().get_connection_with_tls_context(*args, **kwargs)
        return self._pool


class GuardedSession(requests.Session):
    """A session with the host of `url`, for one thread at a time; set `bounds.deadline` before each exchange.

    What the environment says of proxies and certificates is looked up once; a ~/.netrc is never used.
    """

    def __init__(self, url: str, *, checked: bool) -> None:
        super().__init__()
        self.bounds = Bounds(checked)
        self.headers.clear()
        self.adapter = GuardedAdapter(self.bounds)
        self.mount("http://", self.adapter)
        self.mount("https://", self.adapter)
        told = self.merge_environment_settings(url, {}, None, None, None)
        self.proxies, self.verify, self.trust_env = told["proxies"], told["verify"], False

    def resolve_redirects(self, *args: Any, **kwargs: Any) -> Iterator[Any]:
        """None: who asks follows them, if at all. What comes with one may have no end, and would be read here."""
        return iter(())
