"""Public answers kept as bytes: when they stand, in which coding they are sent, and that each is made once."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from email.utils import format_datetime

import brotli
import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import Client
from werkzeug.wsgi import ClosingIterator

import db.sqlite.connection
from tests.conftest import Clock, Shipped
from tests.web.test_outputs_shown import outputs_of
from tests.web.test_pages import signed_in
from tracker.service import Service
from tracker.web.app import create_app
from tracker.web.current import RENDERED, Current, Rendered
from tracker.web.serving.memory import FromMemory, coding_for
from tracker.web.serving.request_log import HEADER

CHANNELS = "/api/v1/channels"
PAST = "?as_of=2022-09-01&known_at=2024-02-01T12:00:00Z"


def kept_addresses(app: Flask) -> list[str]:
    """The address of every view that answers everybody alike, as the application has it now, and as it was before."""
    rules = [rule for rule in app.url_map.iter_rules() if "GET" in rule.methods]
    filled = {rule.rule.replace("<slug>", "dpct").replace("<claim>", "change-1"): rule.endpoint for rule in rules}
    shown = [(f"{path}{clocks}", endpoint) for path, endpoint in filled.items() for clocks in ("", PAST)]
    reader = app.test_client()
    return [
        address
        for address, endpoint in shown
        if "<" not in address and getattr(app.view_functions[endpoint], "open_to", "") == "public"
        if "Accept-Encoding" in (answer := reader.get(address)).headers.get("Vary", "") and answer.status_code == 200
    ]


@pytest.fixture(scope="module")
def client(shipped: Shipped, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """A visitor of the whole record, for tests that only read."""
    service = shipped.over(tmp_path_factory.mktemp("memory"), Clock(), date.max)
    yield create_app(service).test_client()
    service.store.close()


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("", "identity"),
        ("gzip", "gzip"),
        ("GZIP", "gzip"),
        ("br", "br"),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip;q=1.0, br;q=0.5", "gzip"),
        ("gzip;q=0.2", "gzip"),
        ("gzip;q=0", "identity"),
        ("gzip;q=0, *", "br"),
        ("br;q=0, *;q=0.1", "gzip"),
        ("*;q=0", "identity"),
        ("identity, gzip;q=0.5", "identity"),
        ("identity;q=0, zstd", "identity"),
        ("deflate", "identity"),
        ("br;q=, gzip;q=much, ;;", "br"),
    ],
)
def test_a_body_is_sent_in_the_coding_that_its_reader_likes_best(accepted: str, coding: str):
    assert coding_for(accepted) == coding


@given(st.dictionaries(st.sampled_from(["br", "gzip", "identity", "deflate"]), st.integers(0, 1000), min_size=1))
def test_no_coding_is_sent_that_its_reader_refuses_or_likes_less(weights: dict[str, int]):
    found = coding_for(", ".join(f"{name};q={weight / 1000:.3f}" for name, weight in weights.items()))
    takes = {name: weight for name, weight in weights.items() if weight and name != "deflate"}
    assert weights.get(found) == max(takes.values()) if takes else found == "identity"


@pytest.mark.parametrize("address", [CHANNELS, "/", "/changes.atom"])
def test_each_coding_holds_the_same_bytes_under_a_tag_of_its_own(client: FlaskClient, address: str):
    plain = client.get(address)
    tags = {plain.headers["ETag"]}
    assert "Content-Encoding" not in plain.headers
    for coding, opened in (("gzip", gzip.decompress), ("br", brotli.decompress)):
        coded = client.get(address, headers={"Accept-Encoding": coding})
        assert coded.headers["Content-Encoding"] == coding
        assert coded.headers["Content-Length"] == str(len(coded.data))
        assert opened(coded.data) == plain.data
        assert len(coded.data) < len(plain.data) / 2
        tag = coded.headers["ETag"]
        assert tag not in tags
        tags.add(tag)
        again = client.get(address, headers={"Accept-Encoding": coding, "If-None-Match": tag})
        assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
        assert "Content-Encoding" not in again.headers
        assert client.get(address, headers={"If-None-Match": tag}).status_code == 200, "the bytes are others"
        for answer in (plain, coded, again):
            assert "Accept-Encoding" in answer.headers["Vary"]
            assert len(answer.headers.getlist("Vary")) == 1


def test_a_small_body_is_sent_as_it_is(client: FlaskClient):
    small = client.get(f"{CHANNELS}?q=nothing-is-called-so", headers={"Accept-Encoding": "gzip, br"})
    assert (small.status_code, small.get_json()["count"]) == (200, 0)
    assert "Content-Encoding" not in small.headers
    assert small.headers["Vary"] == "Accept-Encoding, Accept-Datetime"


@pytest.mark.parametrize("known", ["{}", '"other", {}', "W/{}", "*", '"a,b",  {}'])
def test_a_reader_may_name_the_answers_that_it_has_in_every_way_of_http(client: FlaskClient, known: str):
    first = client.get("/changes")
    again = client.get("/changes", headers={"If-None-Match": known.format(first.headers["ETag"])})
    assert (again.status_code, again.data) == (304, b"")
    for name in ("Content-Security-Policy", "Cache-Control", "Vary", "ETag"):
        assert again.headers[name] == first.headers[name]
    assert "Content-Type" not in again.headers


def test_a_reader_of_an_older_answer_gets_the_present_one(client: FlaskClient):
    for known in ('"other"', "", "rubbish", '"' + client.get("/").headers["ETag"].strip('"')[:-1] + '"'):
        assert client.get("/", headers={"If-None-Match": known}).status_code == 200


@pytest.mark.parametrize("coding", ["identity", "gzip"])
def test_asking_for_the_headers_alone_gives_those_of_the_answer(seeded: Service, coding: str):
    client, taken = create_app(seeded).test_client(), {"Accept-Encoding": coding}
    first = client.head(CHANNELS, headers=taken)
    whole = client.get(CHANNELS, headers=taken)
    assert (first.status_code, first.data, client.head(CHANNELS, headers=taken).data) == (200, b"", b"")
    first.headers.remove(HEADER)
    assert dict(first.headers) | {HEADER: whole.headers[HEADER]} == dict(whole.headers)
    assert whole.headers["Content-Length"] == str(len(whole.data))


def test_who_is_signed_in_gets_pages_of_their_own_and_the_answers_of_everybody(seeded: Service):
    member = signed_in(seeded)
    visitor = member.application.test_client()
    for page in ("/", "/channels/dpct"):
        assert "Sign in" in visitor.get(page).text
        own = member.get(page, headers={"Accept-Encoding": "gzip"})
        assert "Sign in" not in own.text
        assert own.headers["Cache-Control"] == "private, no-store"
        assert {"ETag", "Content-Encoding"}.isdisjoint(own.headers.keys())
        assert "Sign in" in visitor.get(page).text
    told = [reader.get(CHANNELS) for reader in (visitor, member, visitor)]
    assert len({answer.headers["ETag"] for answer in told}) == 1
    token = {"Authorization": "Bearer nobody"}
    assert visitor.get(CHANNELS, headers=token).data == told[0].data, "a public read asks nobody who they are"


def test_a_time_that_is_asked_for_leads_there_though_the_present_is_in_memory(seeded: Service):
    client = create_app(seeded).test_client()
    client.get("/channels/dpct")
    then = {"Accept-Datetime": format_datetime(seeded.clock().replace(year=2023), usegmt=True)}
    assert client.get("/channels/dpct", headers=then).status_code == 302
    assert client.get("/channels/dpct").status_code == 200


def test_what_is_refused_or_not_there_is_not_kept(client: FlaskClient):
    for address, status in ((f"{CHANNELS}?state=open", 400), (f"{CHANNELS}/nowhere", 404), ("/nowhere", 404)):
        for method in ("GET", "HEAD"):
            answer = client.open(address, method=method, headers={"Accept-Encoding": "gzip"})
            assert answer.status_code == status
            assert {"ETag", "Content-Encoding"}.isdisjoint(answer.headers.keys())


@pytest.mark.sqlite
def test_while_the_database_cannot_be_asked_nothing_is_said_from_memory(seeded: Service, monkeypatch):
    monkeypatch.setattr(db.sqlite.connection, "_BLIND", 0)
    client = create_app(seeded).test_client()
    assert client.get("/").status_code == 200
    seeded.store._connections.get().close()
    for address in ("/", CHANNELS):
        assert client.get(address).status_code == 503
    seeded.store.close()
    assert client.get("/").status_code == 200


@pytest.mark.long
def test_what_stays_in_memory_is_what_would_be_rendered_anew(seeded: Service, clock: Clock):
    """Of the clock's effect on an answer: a second application, which has the record as the first has it, and no
    answers yet, says at any later time what the first one sends.
    """
    kept = create_app(seeded)
    addresses, reader = kept_addresses(kept), kept.test_client()
    assert {"/", "/changes", f"/channels/dpct{PAST}", CHANNELS, f"{CHANNELS}/dpct{PAST}", *outputs_of(kept)} <= {
        *addresses
    }
    for passed in ({"minutes": 7}, {"hours": 11}, {"days": 40}):
        clock.advance(**passed)
        anew = create_app(seeded)
        anew.extensions["openlines"]._snapshot = kept.extensions["openlines"]._snapshot
        fresh = anew.test_client()
        for address in addresses:
            told, made = reader.get(address), fresh.get(address)
            assert (told.status_code, told.data) == (200, made.data), (address, passed)
            for answer in (told, made):
                for of_the_request in ("RateLimit", HEADER):
                    answer.headers.pop(of_the_request, None)
            assert list(told.headers) == list(made.headers), (address, passed)


@pytest.mark.parametrize(
    ("address", "stands_for"),
    [
        ("/", "a minute"),
        ("/channels/dpct", "a minute"),
        (CHANNELS, "a minute"),
        ("/changes", "a day"),
        ("/api/v1/changes", "a day"),
        ("/changes.atom", "a day"),
        (f"/channels/dpct{PAST}", "a day"),
        (f"/changes{PAST}", "a day"),
    ],
)
@pytest.mark.sqlite
def test_an_answer_that_did_not_ask_the_clock_stands_for_the_day(
    seeded: Service, clock: Clock, monkeypatch, address: str, stands_for: str
):
    monkeypatch.setattr(db.sqlite.connection, "_BLIND", 0)
    client = create_app(seeded).test_client()
    client.get(address)
    asked: list[str] = []
    seeded.store._connections.get().set_trace_callback(asked.append)

    def from_memory() -> bool:
        asked.clear()
        assert client.get(address).status_code == 200
        return asked == ["PRAGMA data_version"]

    assert from_memory()
    clock.advance(minutes=1)
    assert from_memory() == (stands_for == "a day")
    assert from_memory()
    clock.advance(days=1)
    assert not from_memory()


class Told:
    """An application that says its path over and over, and remembers how often it was asked."""

    def __init__(self, service: Service, most_bytes: int = 1_000_000) -> None:
        self.current, self.asked = Current(service), []
        self.several = threading.Event()
        self.reader = Client(FromMemory(self, self.current, most_bytes))

    def __call__(self, environ, start_response):
        self.asked.append(environ["PATH_INFO"])
        if len(self.asked) > 1:
            self.several.set()
        environ[RENDERED] = Rendered(self.current.basis(), environ["PATH_INFO"].encode() * 1000)
        start_response("200 OK", [("Content-Type", "text/plain")])
        return ClosingIterator([])

    def get(self, path: str, coding: str = "identity") -> bytes:
        answer = self.reader.get(path, headers={"Accept-Encoding": coding})
        assert answer.status_code == 200
        return gzip.decompress(answer.data) if "Content-Encoding" in answer.headers else answer.data


class Slow(Told):
    """One that takes its time, unless it is asked by a second one meanwhile."""

    def __call__(self, environ, start_response):
        answer = super().__call__(environ, start_response)
        self.several.wait(0.3)
        return answer


def test_many_readers_of_one_address_wait_for_what_is_made_once(seeded: Service):
    slow = Slow(seeded)
    with ThreadPoolExecutor(8) as readers:
        told = list(readers.map(lambda n: slow.get("/a", ("identity", "gzip")[n % 2]), range(8)))
    assert (set(told), slow.asked) == ({b"/a" * 1000}, ["/a"])


def test_memory_holds_so_many_bytes_and_what_was_asked_for_last(service: Service):
    told = Told(service, most_bytes=50_000)
    for number in range(100):
        assert told.get(f"/{number:03}") == f"/{number:03}".encode() * 1000
        assert told.get("/000") == b"/000" * 1000
    assert len(told.asked) == 100, "what is asked for again and again stays"
    told.get("/099")
    assert told.asked[-1] == "/099"
    assert len(told.asked) == 100
    told.get("/001")
    assert told.asked[-1] == "/001"
    kept = told.reader.application._kept
    assert 40_000 < kept.currsize <= 50_000


def test_an_address_too_long_and_an_answer_too_large_are_answered_and_not_kept(service: Service):
    told = Told(service, most_bytes=50_000)
    told.get("/small")
    for address in ("/" + "large" * 10, "/?" + "q" * 2000):
        assert told.get(address) == told.get(address)
    assert len(told.asked) == 5
    told.get("/small")
    assert len(told.asked) == 5, "what is too large drives nothing out"
