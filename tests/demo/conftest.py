"""The sample server as it runs in a demonstration, with its whole story out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from http.client import HTTPConnection, HTTPResponse

import pytest

from tracker.demo.server import SampleServer, sample_feeds
from tracker.feeds.parse import Parsed, parse
from tracker.model import Feed


@pytest.fixture(scope="module")
def running() -> Iterator[SampleServer]:
    with SampleServer() as running:
        yield running


@pytest.fixture
def server(running: SampleServer, monkeypatch: pytest.MonkeyPatch) -> SampleServer:
    """The sample server at its last step, in an environment without proxies."""
    for name in ("HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    running.step = running.last_step
    return running


@pytest.fixture
def feeds(server: SampleServer) -> dict[str, Feed]:
    return {feed.slug: feed for feed in sample_feeds(server.base_url, "us-china")}


@pytest.fixture
def get(server: SampleServer) -> Callable[..., tuple[HTTPResponse, bytes]]:
    """GET a path of the server: the response and its body."""

    def get(path: str, **headers: str) -> tuple[HTTPResponse, bytes]:
        connection = HTTPConnection("127.0.0.1", int(server.base_url.rsplit(":", 1)[1]), timeout=10)
        connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        body = response.read()
        connection.close()
        return response, body

    return get


@pytest.fixture
def read(get: Callable[..., tuple[HTTPResponse, bytes]], feeds: dict[str, Feed]) -> Callable[[str], Parsed]:
    """A feed of the server as polling parses it."""

    def read(slug: str) -> Parsed:
        response, body = get(f"/feeds/{slug}")
        feed = feeds[slug]
        return parse(body, content_type=response.headers["Content-Type"], base_url=feed.url, timezone=feed.timezone)

    return read
