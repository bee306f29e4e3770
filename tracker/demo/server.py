"""Sample ministries on loopback: their feeds and pages, and the story that they tell step by step."""

from __future__ import annotations

import hashlib
import logging
import threading
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from tracker.demo.documents import LISTED, feed_document, feed_url, index_page, release_page
from tracker.demo.story import SampleFeed, SampleRelease, Story, load_story
from tracker.model import Feed

log = logging.getLogger(__name__)

MAX_ITEMS = 10
"""Items of a feed: the newest, as in the short feeds that ministries publish."""

POLL_EVERY = 5
"""Seconds between two polls of a sample feed."""

_AT_ONCE = 16
"""Requests that are answered at the same time; others wait."""


@dataclass(frozen=True)
class Answer:
    status: HTTPStatus
    body: bytes
    content_type: str = "text/plain; charset=utf-8"

    @property
    def etag(self) -> str:
        return f'"{hashlib.sha256(self.body).hexdigest()[:32]}"'


class SampleServer:
    """An HTTP server on 127.0.0.1 with the sample feeds at /feeds/<slug> and their items at /releases/<id>.

    The port is taken at once (`port` 0: any that is free), requests are answered within `with`. `step` says how far
    the story has gone and may be set from any thread: every request reads it once. Raises OSError for a port in use
    and ConfigError for a mistake in the story.
    """

    def __init__(self, port: int = 0, story: Story | None = None) -> None:
        self.story = story or load_story()
        self._feeds = {feed.slug: feed for feed in self.story.feeds}
        self._releases = {release.id: release for release in self.story.releases}
        self._step = 0
        self._listener = _Listener(self, port)
        self._thread = threading.Thread(target=self._listener.serve_forever, args=(0.05,), name="samples", daemon=True)

    def __enter__(self) -> SampleServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown()
        self._listener.server_close()
        self._thread.join()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._listener.server_port}"

    @property
    def last_step(self) -> int:
        return self.story.last_step

    @property
    def step(self) -> int:
        return self._step

    @step.setter
    def step(self, step: int) -> None:
        """Raises ValueError for a step that the story does not have."""
        if not 0 <= step <= self.last_step:
            raise ValueError(f"the story has no step {step}; use 0 to {self.last_step}")
        self._step = step

    def shown(self) -> tuple[SampleRelease, ...]:
        """The releases that are out now, of all feeds, newest first."""
        return self.story.shown(self._step)

    def answer(self, path: str) -> Answer:
        """What a GET of the path gives at the present step."""
        step = self._step
        match path.split("/")[1:]:
            case [""]:
                return Answer(HTTPStatus.OK, *index_page(self.story, self.base_url))
            case ["feeds", slug] if slug in self._feeds:
                return self._feed(self._feeds[slug], step)
            case ["releases", name] if name in self._releases and self._releases[name].step <= step:
                release = self._releases[name]
                return Answer(HTTPStatus.OK, *release_page(self._feeds[release.feed], release, step))
        return Answer(HTTPStatus.NOT_FOUND, b"There is no such sample.\n")

    def _feed(self, feed: SampleFeed, step: int) -> Answer:
        if feed.out_of_order(step):
            return Answer(HTTPStatus.INTERNAL_SERVER_ERROR, b"This sample feed is out of order, on purpose.\n")
        newest = self.story.shown(step, feed.slug)[:MAX_ITEMS]
        return Answer(HTTPStatus.OK, *feed_document(feed, newest, step, self.base_url))


def run_story(server: SampleServer, every: float, stop: threading.Event) -> None:
    """Move the story on by a step each `every` seconds, until its last step or until `stop` is set."""
    while server.step < server.last_step and not stop.wait(every):
        server.step += 1


def sample_feeds(base_url: str, relationship: str) -> tuple[Feed, ...]:
    """The sample feeds of a server at `base_url`, as feeds to poll. Raises ConfigError for a mistake in the story."""
    return tuple(
        Feed(
            slug=feed.slug,
            relationship=relationship,
            publisher=feed.publisher,
            side=feed.side,
            lang=feed.lang,
            kind="listing" if feed.format == "listing" else "feed",
            url=feed_url(base_url, feed.slug),
            select=LISTED if feed.format == "listing" else None,
            every=POLL_EVERY,
            timezone=feed.timezone,
            allow_private=True,
        )
        for feed in load_story().feeds
    )


class _Handler(BaseHTTPRequestHandler):
    """One request for each connection, none of which may take long."""

    timeout = 10
    server: _Listener

    def do_GET(self) -> None:
        answer = self.server.samples.answer(urlsplit(self.path).path)
        known = answer.status is HTTPStatus.OK and answer.etag in self.headers.get("If-None-Match", "")
        self.send_response(HTTPStatus.NOT_MODIFIED if known else answer.status)
        if answer.status is HTTPStatus.OK:
            self.send_header("ETag", answer.etag)
        if not known:
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if not known:
            self.wfile.write(answer.body)

    def log_message(self, format: str, *args: Any) -> None:
        log.debug(format, *args)


class _Listener(ThreadingHTTPServer):
    """A thread for each request, but never more than a few."""

    daemon_threads = True

    def __init__(self, samples: SampleServer, port: int) -> None:
        self.samples = samples
        self._places = threading.BoundedSemaphore(_AT_ONCE)
        super().__init__(("127.0.0.1", port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._places.acquire()
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        log.debug("a request of %s was broken off", client_address, exc_info=True)
