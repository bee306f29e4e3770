"""Under which names the service answers, and what becomes of requests for others."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import Client, TestResponse

from config.settings import settings_from
from tests.web.conftest import reached_at
from tracker.service import Service
from tracker.web.app import HEADERS, create_app
from tracker.web.serving.own_hosts import MOST_TOLD, OwnHosts, host_of
from tracker.web.serving.server import address_of

OURS = frozenset({"lines.example", "192.0.2.7", "2001:db8::5"})


def hello(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello"]


def status_of(host: str, path: str = "/") -> int:
    client = Client(OwnHosts(hello, OURS, lambda refusal: refusal), TestResponse)
    return client.get(path, environ_overrides={"HTTP_HOST": host}).status_code


@pytest.mark.parametrize(
    "host",
    ["lines.example", "LINES.example", "lines.example.", "lines.example:8443", "192.0.2.7:80", "[2001:DB8::5]:80"],
)
def test_a_name_of_ours_is_answered_however_it_is_written_and_at_any_port(host: str):
    assert status_of(host) == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("evil.example", 421), ("lines.example.evil.example", 421), ("evil-lines.example", 421), ("localhost", 421),
        ("www.lines.example", 421), ("192.0.2.8", 421), ("[::1]", 421), ("[2001:db8::6]", 421),
        ("", 400), (" ", 400), ("lines.example@evil.example", 400), ("evil.example/lines.example", 400),
        ("lines.example, evil.example", 400), ("lines.example:0", 400), ("lines.example:99999", 400), ("[::zz]", 400),
        ("lines.example\tx", 400), ("lines。example", 400),
    ],
)  # fmt: skip
def test_another_name_is_misdirected_and_one_that_cannot_be_is_a_bad_request(host: str, status: int):
    assert status_of(host) == status
    assert status_of(host, "/healthz") == 200, "what watches over the service asks by whatever address it has"


@given(st.one_of(st.text(max_size=40), st.from_regex(r"[a-z\[\]:.0-9-]{0,30}", fullmatch=True)))
def test_whatever_is_sent_as_a_host_is_refused_in_words(host: str):
    sent = host.encode().decode("latin-1")
    assert status_of(sent) in (400, 421)


@pytest.fixture
def client(seeded: Service) -> FlaskClient:
    return create_app(reached_at(seeded, "https://lines.example")).test_client()


def test_a_foreign_name_is_refused_in_words_also_where_the_answer_stands_in_memory(client: FlaskClient, caplog):
    caplog.set_level("WARNING")
    for path in ("/", "/api/v1/channels", "/static/icon.svg", "/login"):
        assert client.get(path).status_code == 200
        refused = client.get(path, headers={"Host": "evil.example:81"})
        told = json.loads(refused.data)
        assert (refused.status_code, refused.mimetype, told["status"]) == (421, "application/problem+json", 421)
        assert "does not answer under that name" in told["detail"]
        assert "in the log" in told["remedy"]
        assert (refused.headers["Cache-Control"], "Set-Cookie" in refused.headers) == ("no-store", False)
        assert HEADERS.items() <= dict(refused.headers).items()
        assert "Strict-Transport-Security" in refused.headers
    (line,) = [record for record in caplog.records if record.name == "tracker.web.serving.own_hosts"]
    assert "the host evil.example, and this service answers as lines.example, localhost" in line.getMessage()
    assert "add it to OPENLINES_TRUSTED_HOSTS" in line.getMessage()


def test_whoever_makes_names_up_fills_no_log(client: FlaskClient, caplog):
    caplog.set_level("WARNING")
    for number in range(MOST_TOLD + 20):
        client.get("/", headers={"Host": f"{number}.example"})
    assert len(caplog.records) == MOST_TOLD


@pytest.mark.parametrize(
    ("env", "address"),
    [
        ({"PORT": "0"}, "http://127.0.0.1:8123"),
        ({"HOST": "0.0.0.0", "PORT": "0"}, "http://127.0.0.1:8123"),
        ({"HOST": "::1"}, "http://[::1]:8123"),
        ({"BASE_URL": "https://lines.example"}, "https://lines.example"),
        ({"HOST": "0.0.0.0", "BASE_URL": "http://10.0.0.5:8000"}, "http://10.0.0.5:8000"),
    ],
)
def test_the_link_that_signs_the_first_admin_in_is_at_a_name_of_ours(env: dict[str, str], address: str):
    settings = settings_from({f"OPENLINES_{name}": value for name, value in env.items()})
    assert address_of(settings, 8123) == address
    assert host_of(urlsplit(address).netloc) in settings.hosts
