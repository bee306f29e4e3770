"""How often a client may ask, and what it is told: the bucket by itself, and in front of the real application."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import Client, TestResponse

from tests.web.api_client import Api, assert_problem
from tests.web.conftest import serving_application
from tracker.service import Service
from tracker.web.app import create_app
from tracker.web.serving.limits import MOST_CLIENTS, WINDOW, Buckets, RateLimited, network_of
from tracker.web.serving.server import proxied

LIMIT = 3


class Seconds:
    """A clock of seconds that the test sets."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def ask(seeded: Service, seconds: Seconds) -> Callable[..., TestResponse]:
    """Asks the real application, whose clients may ask three times a minute."""
    client = Client(RateLimited(create_app(seeded).wsgi_app, LIMIT, lambda refusal: refusal, seconds), TestResponse)

    def asked(path: str = "/api/v1/channels", address: str = "192.0.2.1", **headers: str) -> TestResponse:
        return client.get(path, headers=headers, environ_base={"REMOTE_ADDR": address})

    return asked


def test_what_is_left_is_told_until_nothing_is(ask: Callable[..., TestResponse], seconds: Seconds) -> None:
    told = [ask() for _ in range(LIMIT + 1)]
    assert [answer.status_code for answer in told] == [200, 200, 200, 429]
    assert [answer.headers["RateLimit"] for answer in told] == [
        '"client";r=2;t=20',
        '"client";r=1;t=40',
        '"client";r=0;t=60',
        '"client";r=0;t=20',
    ]
    assert {answer.headers["RateLimit-Policy"] for answer in told} == {'"client";q=3;w=60'}
    assert told[-1].headers["Retry-After"] == "20"
    assert told[-1].headers["Cache-Control"] == "no-store"
    body = json.loads(told[-1].data)
    assert (told[-1].mimetype, body["status"]) == ("application/problem+json", 429)
    assert "answered in 20 s" in body["detail"]
    assert "3 times a minute" in body["remedy"]
    seconds.now += 19
    assert ask().status_code == 429
    seconds.now += 1
    assert ask().status_code == 200


def test_an_answer_that_stands_counts_too(ask: Callable[..., TestResponse]) -> None:
    etag = ask().headers["ETag"]
    assert [ask(**{"If-None-Match": etag}).status_code for _ in range(LIMIT)] == [304, 304, 429]


def test_each_address_counts_for_itself_and_a_token_for_itself(ask: Callable[..., TestResponse]) -> None:
    token = {"Authorization": "Bearer one"}
    assert [ask(address=f"192.0.2.{n}", **token).status_code for n in range(1, 5)] == [200, 200, 200, 429]
    assert ask(address="192.0.2.9").status_code == 200
    # Another token at each request opens nothing: the address counts too.
    tried = [ask(address="192.0.2.8", Authorization=f"Bearer {n}").status_code for n in range(LIMIT + 1)]
    assert tried == [200, 200, 200, 429]


def test_pages_and_health_are_not_counted_and_outputs_are(ask: Callable[..., TestResponse]) -> None:
    for path in ("/", "/healthz", "/readyz", "/metrics", "/static/icon.svg"):
        answers = [ask(path) for _ in range(LIMIT + 1)]
        assert 429 not in {answer.status_code for answer in answers}
        assert "RateLimit" not in answers[0].headers
    assert [ask("/changes.atom").status_code for _ in range(LIMIT + 1)] == [200, 200, 200, 429]


def test_an_error_of_the_caller_counts_and_says_what_is_left(ask: Callable[..., TestResponse]) -> None:
    assert ask("/api/v1/nothing").headers["RateLimit"] == '"client";r=2;t=20'


def test_the_setting_puts_the_limit_before_the_application(seeded: Service) -> None:
    api = Api(replace(seeded, settings=replace(seeded.settings, rate_limit=1)))
    assert api.get("/channels").status_code == 200
    refused = api.get("/channels")
    assert_problem(refused, 429, says="Too many requests")
    assert refused.headers["Access-Control-Allow-Origin"] == "*"
    assert "RateLimit" in refused.headers["Access-Control-Expose-Headers"]
    assert re.fullmatch(r'"client";r=0;t=\d+', refused.headers["RateLimit"])


@given(
    limit=st.integers(1, 50),
    gaps=st.lists(st.floats(0, 5, allow_nan=False), min_size=1, max_size=200),
)
def test_no_client_gets_more_than_its_bucket_and_what_flows_in(limit: int, gaps: list[float]) -> None:
    buckets, now, granted = Buckets(limit), 0.0, []
    for gap in gaps:
        now += gap
        taken = buckets.take("one", now)
        if taken.granted:
            granted.append(now)
            assert 0 <= taken.left < limit
            # All of it is there again when it says so.
            assert granted[-1] + taken.seconds >= now
        else:
            # Who waits as long as it says is served.
            assert Buckets.take(buckets, "one", now + taken.seconds).granted
            now += taken.seconds
            granted.append(now)
    for first, start in enumerate(granted):
        for last in range(first, len(granted)):
            allowed = limit + (granted[last] - start) * limit / WINDOW
            assert last - first + 1 <= allowed + 1e-6


def test_who_waits_as_long_as_it_says_is_served_though_sums_of_seconds_are_rounded() -> None:
    buckets, now = Buckets(1), 241.49140606396136
    assert buckets.take("one", now).granted
    refused = buckets.take("one", now)
    assert not refused.granted
    assert buckets.take("one", now + refused.seconds).granted


def test_threads_take_no_more_than_there_is() -> None:
    buckets, granted = Buckets(100), []

    def take() -> None:
        granted.extend(buckets.take("one", 0.0).granted for _ in range(50))

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert granted.count(True) == 100


def test_buckets_that_are_full_again_are_forgotten() -> None:
    buckets = Buckets(10)
    for client in range(MOST_CLIENTS):
        buckets.take(client, 0.0)
    assert buckets.take("newest", WINDOW + 1.0).left == 9
    assert len(buckets._levels) == 1


@pytest.mark.parametrize(
    ("address", "client"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("localhost", "localhost"),
    ],
)
def test_a_client_is_an_address_or_the_network_that_a_single_one_has(address: str, client: str) -> None:
    assert network_of(address) == client


@pytest.mark.parametrize(
    ("trusted", "seen"), [(None, "127.0.0.1"), ("127.0.0.1", "192.0.2.7"), ("10.0.0.1", "127.0.0.1")]
)
def test_only_the_proxy_that_is_trusted_says_who_asks(trusted: str | None, seen: str) -> None:
    """With what the server is started with, a header counts from that address alone, and of it the last entry."""
    told = []

    def application(environ, start_response):
        told.append(environ["REMOTE_ADDR"])
        start_response("204 No Content", [])
        return []

    with serving_application(application, **proxied(trusted)) as address:
        requests.get(address, headers={"X-Forwarded-For": "203.0.113.5, 192.0.2.7"}, timeout=10)
    assert told == [seen]
