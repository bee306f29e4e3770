"""What the tests of feeds share: sample files, an environment without proxies, ports that do not answer."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.site import Site, running_site

SAMPLES = Path(__file__).parent.parent / "samples" / "feeds"


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def closed_port() -> int:
    """A port on which nothing listens."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


@pytest.fixture
def deaf_port() -> Iterator[int]:
    """A port that lets no connection through: its queue is full and nobody accepts."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        queue = [socket.socket() for _ in range(3)]
        for sock in queue:
            sock.setblocking(False)
            sock.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]
        for sock in queue:
            sock.close()


@pytest.fixture
def many_hosts() -> Iterator[Site]:
    """A server that is reached as 127.0.0.1, 127.0.0.2 and so on: to a client, hosts of their own."""
    with running_site("0.0.0.0") as site:
        yield site


@pytest.fixture
def sample() -> Callable[[str], bytes]:
    return lambda name: (SAMPLES / name).read_bytes()
