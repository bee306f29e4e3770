"""The sample server as it runs in a demonstration, with its whole story out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from http.client import HTTPConnection, HTTPResponse

import pytest

from tracker.demo.server import SampleServer, sample_feeds
from tracker.feeds.fetch import fetch
from tracker.feeds.parse import Parsed
from tracker.feeds.source import read_source
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
def read(feeds: dict[str, Feed]) -> Callable[[str], Parsed]:
    """A source of the server as polling reads it."""
    get = partial(fetch, allow_private=True)
    return lambda slug: read_source(feeds[slug], get(feeds[slug].url), get)
