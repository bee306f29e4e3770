"""The id that every request has, the lines that bear it, and what they do not tell."""

from __future__ import annotations

import json
import logging
import re
import secrets
import urllib.request
from dataclasses import replace

import pytest

from tests.conftest import LogLines
from tests.web.conftest import serving_application
from tracker.logs import TextLines, during
from tracker.service import Service
from tracker.web.app import create_app
from tracker.web.serving.request_log import HEADER
from tracker.web.serving.server import proxied


def test_every_answer_bears_an_id_of_its_own_whoever_made_it(seeded: Service):
    app = create_app(replace(seeded, settings=replace(seeded.settings, rate_limit=3)))
    client = app.test_client()
    first = client.get("/api/v1/channels")
    answers = [
        first,
        client.get("/api/v1/channels"),
        client.get("/api/v1/channels", headers={"If-None-Match": first.headers["ETag"]}),
        client.get("/api/v1/channels"),
        client.get("/", headers={"Host": "evil.example"}),
        *(client.get(path) for path in ("/", "/nowhere", "/static/icon.svg", "/healthz")),
        client.post("/login"),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 304, 429, 421, 200, 404, 200, 200, 400]
    ids = [answer.headers[HEADER] for answer in answers]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[0-9a-f]{16}", one) for one in ids)


def test_the_lines_of_a_request_bear_its_id_and_no_others(seeded: Service, log_lines: LogLines):
    app = create_app(seeded)

    def broken(**_: object) -> None:
        logging.getLogger("tracker.somewhere").warning("it comes")
        raise ZeroDivisionError

    app.view_functions["pages.method"] = broken
    answer = app.test_client().get("/method")
    logging.getLogger("tracker.somewhere").warning("it is over")
    warned, failed, ended, after = (line for line in log_lines() if line["logger"].startswith("tracker"))
    assert {line["request"] for line in (warned, failed, ended)} == {answer.headers[HEADER]}
    assert answer.headers[HEADER] in answer.text
    assert "ZeroDivisionError" in failed["exception"]
    told = {name: ended[name] for name in ("level", "method", "path", "status", "bytes")}
    assert told == {
        "level": "info", "method": "GET", "path": "/method", "status": 500,
        "bytes": len(answer.data),
    }  # fmt: skip
    assert ended["ms"] >= 0
    assert "request" not in after


def test_what_changes_something_or_fails_is_info_and_what_is_read_is_debug(seeded: Service, log_lines: LogLines):
    client = create_app(seeded).test_client()
    client.environ_base["REMOTE_ADDR"] = "198.51.100.7"
    for path in ("/", "/nowhere", "/api/v1/channels?q=a-query"):
        client.get(path)
    client.post("/login")
    lines = log_lines()
    told = [(line["level"], line["method"], line["path"], line["status"]) for line in lines if "path" in line]
    assert told == [
        ("debug", "GET", "/", 200), ("debug", "GET", "/nowhere", 404), ("debug", "GET", "/api/v1/channels", 200),
        ("info", "POST", "/login", 400),
    ]  # fmt: skip
    assert "198.51.100.7" not in json.dumps(lines), "nor who reads"


def test_no_line_tells_what_could_let_somebody_in(seeded: Service, log_lines: LogLines):
    """Also where it stands in an address that is mistyped, or in a query, or is sent by what fails."""
    app = create_app(seeded)
    client, link, letter = app.test_client(), secrets.token_urlsafe(32), secrets.token_urlsafe(24)
    app.view_functions["auth.link"] = app.view_functions["subscribe.begin"] = lambda **_: 1 / 0
    tried = [
        f"/login/{link}",
        f"/login/{link}/",
        f"/en//login/{link}x",
        f"/subscribe/{letter}",
        f"/unsubscribe/{letter}",
    ]
    for path in (*tried, f"/?token={link}", f"/nowhere/%0a{link}"):
        client.get(path)
        client.post(path, headers={"Authorization": f"Bearer {link}", "Cookie": f"openlines_session={link}"})
    written = log_lines()
    assert len(written) > 2 * len(tried)
    told = json.dumps(written, ensure_ascii=False)
    assert "/login/…" in told
    assert link not in told
    assert letter not in told


@pytest.mark.parametrize(
    ("given", "taken"), [("a1b2c3d4-from-nginx", True), ("short", False), ("x" * 65, False), ("a b\"'<c>defgh", False)]
)
def test_an_id_is_taken_over_from_the_trusted_proxy_alone_and_only_if_it_is_one(
    seeded: Service, given: str, taken: bool
):
    over = create_app(replace(seeded, settings=replace(seeded.settings, trusted_proxy="127.0.0.1")))
    for trusted, forwarded, expected in (
        ("127.0.0.1", "203.0.113.9", taken),
        ("127.0.0.1", None, False),
        ("10.9.9.9", "203.0.113.9", False),
    ):
        with serving_application(over, **proxied(trusted)) as address:
            sent = {HEADER: given} | ({"X-Forwarded-For": forwarded} if forwarded else {})
            with urllib.request.urlopen(urllib.request.Request(f"{address}/healthz", headers=sent)) as answer:
                assert (answer.headers[HEADER] == given) == expected


def test_without_a_proxy_nobody_says_what_a_request_is_called(seeded: Service):
    client = create_app(seeded).test_client()
    sent = {HEADER: "a1b2c3d4-from-a-stranger", "X-Forwarded-For": "203.0.113.9"}
    assert client.get("/healthz", headers=sent).headers[HEADER] != sent[HEADER]


def test_a_line_of_text_is_one_line_whatever_strangers_wrote_into_it():
    record = logging.LogRecord(
        "feeds", logging.WARNING, "x", 1, "poll: %s", ("a\n2026 ERROR forged\r\x1b[2J\u2028b",), None
    )
    with during(poll="0a1b", feed="war-releases"):
        line = TextLines().format(record)
    assert line.endswith("WARNING feeds: poll: a\\n2026 ERROR forged\\r\\x1b[2J\\u2028b [poll=0a1b feed=war-releases]")
    assert len(line.splitlines()) == 1
