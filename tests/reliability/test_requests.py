"""What strangers may send: forms of other sites, bodies and headers that lie, names of hosts that are not ours."""

from __future__ import annotations

import http.client
import json
import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from datetime import timedelta
from http.cookies import SimpleCookie
from urllib.parse import quote, urlencode

import pytest

from tests.make import sighting
from tests.reliability.processes import ask, sizes
from tests.test_review import US, arrive
from tests.web.conftest import reached_at, serving
from tests.web.test_every_page import PUBLIC
from tracker.service import Service, utc_now
from tracker.web.app import HEADERS, create_app
from tracker.web.auth import COOKIE


@dataclass
class Served:
    """The product on a socket, with a candidate, and somebody who may do everything."""

    service: Service
    address: str
    session: str
    token: str

    def post(self, path: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
        headers.setdefault("Content_Type", "application/x-www-form-urlencoded")
        return ask(self.address, "POST", path, body, **headers)

    def raw(self, request: bytes) -> bytes:
        """What the server answers to these very bytes, until it hangs up or says no more for a second."""
        host, _, port = self.address.partition(":")
        answer = b""
        with closing(socket.create_connection((host, int(port)), timeout=1)) as connection:
            connection.sendall(request)
            try:
                while more := connection.recv(65_536):
                    answer += more
            except TimeoutError:
                pass
            except ConnectionResetError:
                answer = answer or b"reset"
        return answer


@pytest.fixture
def served(seeded_2023: Service) -> Iterator[Served]:
    service = replace(seeded_2023, clock=utc_now)
    arrive(service, US, sighting())
    now = utc_now()
    with service.store.writing() as db:
        db.accounts.add_user("ana", "admin", None, at=now)
        session = db.accounts.start_session("ana", now=now, expires_at=now + timedelta(days=1))
        token = db.accounts.make_token("a-program", "admin", at=now)
    with serving(service) as address:
        yield Served(service, address.removeprefix("http://"), session, token)


BY_A_LINK = {"/subscribe/<secret>", "/unsubscribe/<secret>"}
"""Whoever has the link may do it, also a mail program by one click."""


@pytest.mark.sqlite
def test_every_form_of_another_site_is_refused_and_changes_nothing(served: Served, survived):
    rules = [rule for rule in create_app(served.service).url_map.iter_rules() if "POST" in rule.methods]
    forms = [rule.rule for rule in rules if not rule.rule.startswith("/api/") and rule.rule not in BY_A_LINK]
    before = sizes(served.service.store.path)
    for form in forms:
        path = re.sub(r"<int:[^>]*>|<[^>]*>", "1", form)
        body = urlencode({"action": "accept", "version": 1, "name": "eve", "role": "admin", "csrf_token": "x"}).encode()
        cookies = f"{COOKIE}={served.session}"
        status, answer = served.post(path, body, Cookie=cookies, Origin="https://evil.example")
        assert status in (400, 403), (form, status)
        assert b"Traceback" not in answer
    assert len(forms) > 20
    assert sizes(served.service.store.path) == before
    survived("C2 forms that another site sent", len(forms))


TYPED = "A note that took me ten minutes <b>to write</b>."


@pytest.mark.parametrize("cookie", [f"{COOKIE}=a-session-that-has-ended", ""])
def test_a_form_that_outlived_its_session_comes_back_with_what_was_typed(served: Served, cookie: str):
    body = urlencode({"action": "reject", "version": 1, "note": TYPED, "password": "a secret of mine"}).encode()
    status, answer = served.post("/review/1", body, Cookie=cookie)
    assert status in (400, 401)
    page = answer.decode()
    assert "A note that took me ten minutes &lt;b&gt;to write&lt;/b&gt;." in page
    assert "a secret of mine" not in page
    _, foreign = served.post("/review/1", body, Cookie=cookie, Sec_Fetch_Site="cross-site")
    assert b"ten minutes" not in foreign, "another site puts no words into a page of ours"


def head(*lines: str, body: bytes = b"") -> bytes:
    return "\r\n".join((*lines, "Connection: close", "", "")).encode("latin-1") + body


def hostile_requests(token: str) -> list[bytes]:
    """Bytes that are no request, or one that lies about itself."""
    post, host, auth = "POST /api/v1/releases HTTP/1.1", "Host: localhost", f"Authorization: Bearer {token}"
    json_ = "Content-Type: application/json"
    lies = [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64),
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x00" * 1_000 + b"\r\n\r\n",
        head("GET /%00%ff%fe/../../etc/passwd HTTP/1.1", host),
        head("GET /static/../../../../etc/passwd HTTP/1.1", host),
        head("GET /static/..%2f..%2f..%2fetc%2fpasswd HTTP/1.1", host),
        head("GET http://evil.example/ HTTP/1.1", host),
        head("GET /?" + "a" * 100_000 + " HTTP/1.1", host),
        head("GET / HTTP/1.1", host, "X: " + "y" * 300_000),
        head("GET / HTTP/1.1", host, *(f"X-{n}: y" for n in range(5_000))),
        head("GET / HTTP/1.1", host, "Cookie: " + "; ".join(f"{COOKIE}={n}" for n in range(500))),
        head("GET / HTTP/1.1", host, "Accept-Language: " + ",".join(["zh;q=0.1"] * 5_000)),
        head("GET / HTTP/1.1", host, "Accept-Encoding: br;q=nan, gzip;q=1e309, *;q=-1"),
        head("GET / HTTP/1.1", host, "If-None-Match: " + '"x",' * 5_000),
        *(head("GET / HTTP/1.1", host, f"Cookie: openlines_{name}=\xff\xfe") for name in ("language", "seen", "form")),
        head("GET /api/v1/channels HTTP/1.1", host, "Accept-Datetime: Thu, 31 Feb 99999 25:61:61 GMT"),
        head("GET /api/v1/channels HTTP/1.1", host, "Accept-Datetime: Fri, 31 Dec 9999 23:59:59 -2359"),
        head(post, host, auth, json_, "Content-Length: -1"),
        head(post, host, auth, json_, "Content-Length: 99999999999999999999"),
        head(post, host, auth, json_, "Content-Length: 5", "Content-Length: 6", body=b"{}"),
        head(post, host, auth, json_, "Content-Length: 2", "Transfer-Encoding: chunked", body=b"0\r\n\r\n"),
        head(post, host, auth, json_, "Transfer-Encoding: chunked", body=b"zz\r\n{}\r\n0\r\n\r\n"),
        head(post, host, auth, json_, "Transfer-Encoding: xchunked", body=b"0\r\n\r\n"),
        head(post, host, auth, "Content-Type: application/json; charset=utf-7", "Content-Length: 2", body=b"{}"),
        head(post, host, auth, "Content-Type: multipart/form-data", "Content-Length: 2", body=b"{}"),
        head(post, host, "Authorization: Bearer " + "ÿ" * 500, json_, "Content-Length: 2", body=b"{}"),
        head(post, host, auth, json_, "If-Match: *", "Content-Length: 7", body=b"\xed\xa0\x80{}\x00\x00"),
    ]
    return lies


def test_no_bytes_make_the_server_answer_500_or_stop_answering(served: Served, survived):
    requests = hostile_requests(served.token)
    for request in requests:
        answer = served.raw(request)
        status = re.match(rb"HTTP/\d\.\d (\d+)", answer)
        assert status is None or int(status[1]) != 500, (request[:120], answer[:300])
        assert b"root:" not in answer
        assert b"Traceback" not in answer
        assert ask(served.address, "GET", "/healthz")[0] == 200
    survived("C7 requests that lie about themselves, over a socket", len(requests))


def test_a_body_that_is_never_sent_whole_holds_up_nobody(served: Served, survived):
    """More of them than the server has threads: a request is handed to a thread when all of it is there."""
    host, _, port = served.address.partition(":")
    begun = []
    for _ in range(30):
        begun.append(socket.create_connection((host, int(port))))
        length = "Content-Length: 500000"
        begun[-1].sendall(head("POST /api/v1/releases HTTP/1.1", "Host: localhost", length, body=b'{"text": "'))
    try:
        assert ask(served.address, "GET", "/api/v1/channels")[0] == 200
    finally:
        for connection in begun:
            connection.close()
    survived("C7 clients that send half a body, while others are answered", len(begun))


LIES = {
    "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "X-Forwarded-For": "evil.example",
    "X-Forwarded-Prefix": "//evil.example", "X-Original-URL": "/admin/users", "X-Rewrite-URL": "/admin/users",
    "Forwarded": "host=evil.example;proto=https", "X-Script-Name": "//evil.example",
}  # fmt: skip


@pytest.mark.parametrize("number", [150, pytest.param(1_000, marks=pytest.mark.long)])
def test_connections_that_ask_nothing_and_readers_who_do_not_read_hold_up_nobody(served: Served, survived, number: int):
    """More than the server has threads and, as it comes, connections."""
    host, _, port = served.address.partition(":")
    page = head("GET / HTTP/1.1", "Host: x")
    with ExitStack() as held:
        for place in range(number):
            connection = held.enter_context(socket.create_connection((host, int(port))))
            if place % 20 == 0:
                connection.sendall(page * 8)
        for _ in range(20):
            assert ask(served.address, "GET", "/api/v1/channels")[0] == 200
    survived("C7 idle connections and readers who do not read, while others are answered", number)


def test_the_name_of_a_host_that_somebody_sends_leads_nowhere(served: Served, survived):
    """No answer takes its addresses from what the client says of proxies; for another host there is none at all."""
    pages = [path for paths in PUBLIC.values() for path in paths if "{" not in path]
    outputs = ["/changes.atom", "/changes.json", "/contacts.ics", "/api/v1/openapi.json", "/api/v1/changes", "/review"]
    paths = [*pages, *outputs, "/nowhere", "/cite?path=/&format=text", "/static/icon.svg"]
    with closing(http.client.HTTPConnection(served.address, timeout=30)) as connection:
        for path in paths:
            for host in (served.address, "evil.example"):
                connection.request("GET", quote(path, safe="/?=&%"), headers={**LIES, "Host": host})
                answer = connection.getresponse()
                told = answer.read().decode() + str(answer.headers)
                assert "evil.example" not in told, path
                assert answer.status in ((421,) if host == "evil.example" else (200, 302, 400, 404)), path
    survived("C8 answers to requests that name a foreign host or proxy", 2 * len(paths))


ELSEWHERE = (
    "https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example",
    "\t//evil.example", "/\n/evil.example", "http:evil.example", "javascript:alert(1)", "data:text/html,x",
    "https:/\\evil.example", "/%09/evil.example/..//", "///evil.example", "@evil.example", ".evil.example",
)  # fmt: skip


def led_to(base: str, location: str) -> str:
    """The host to which a browser goes: it leaves out tabs and line ends, and takes `\\` for `/`."""
    plain = re.sub(r"[\t\r\n]", "", location.strip()).replace("\\", "/")
    absolute = re.match(r"(?:[a-z][a-z+.-]*:)?/{2,}([^/]*)|([a-z][a-z+.-]*):", plain, re.I)
    return base if absolute is None else absolute[1] or absolute[2]


def test_no_redirect_leads_to_another_site(served: Served, survived):
    app = create_app(served.service)
    app.config["WTF_CSRF_ENABLED"] = False
    now, tried = utc_now(), 0
    for target in ELSEWHERE:
        with served.service.store.writing() as db:
            secret = db.accounts.make_sign_in_link("ana", expires_at=now + timedelta(days=1))
        client = app.test_client()
        answers = [
            client.get(f"/language/zh?next={quote(target)}"),
            client.get(f"/login?next={quote(target)}"),
            client.post(f"/login/{secret}", data={"next": target}),
            client.post("/login", data={"next": target, "name": "ana", "password": "x"}),
        ]
        for answer in answers:
            location = answer.headers.get("Location", "/")
            assert led_to("here", location) in ("here", "localhost"), (answer.request.url, location)
            for kept in re.findall(r'name="next" value="([^"]*)"', answer.text):
                assert led_to("here", kept) == "here", answer.request.url
            tried += 1
    survived("C10 addresses of other sites where a path of ours belongs", tried)


def test_an_error_that_nobody_foresaw_is_a_page_with_an_id_that_the_log_has(served: Served, caplog):
    """A defect put into the running application: a page that fails, for people and for programs."""
    app = create_app(served.service)
    endpoint = next(rule.endpoint for rule in app.url_map.iter_rules() if rule.rule == "/api/v1/feeds")
    secret = "a-secret-of-the-traceback"

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError(secret)

    app.view_functions["pages.method"] = app.view_functions[endpoint] = broken
    client = app.test_client()
    for path in ("/method", "/api/v1/feeds"):
        caplog.clear()
        answer = client.get(path)
        assert answer.status_code == 500
        (incident,) = re.findall(r"incident ([0-9a-f]{16})", answer.text)
        assert incident in caplog.text
        assert incident == answer.headers["X-Request-ID"]
        assert "ZeroDivisionError" in caplog.text
        assert "ZeroDivision" not in answer.text
        assert secret not in answer.text
    assert json.loads(answer.text)["status"] == 500


def test_behind_tls_a_browser_is_told_to_come_by_nothing_else_and_keeps_cookies_for_this_host(served: Served):
    client = create_app(reached_at(served.service, "https://lines.example.org", rate_limit=1)).test_client()
    for path in ("/", "/", "/api/v1/channels", "/api/v1/channels", "/nowhere", "/embed/dpct"):
        answer = client.get(path)
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000", path
    cookies = SimpleCookie(client.get("/login").headers["Set-Cookie"])
    (cookie,) = cookies.values()
    assert (cookie.key[:7], cookie["secure"], cookie["httponly"], cookie["samesite"]) == ("__Host-", True, True, "Lax")
    assert "Strict-Transport-Security" not in create_app(served.service).test_client().get("/").headers


def test_every_kind_of_answer_bears_the_headers_refusals_and_files_too(served: Served):
    app = create_app(reached_at(served.service, "http://localhost", rate_limit=1))
    app.view_functions["pages.method"] = lambda **_: 1 / 0
    client = app.test_client()
    kinds = {
        200: client.get("/"), 304: None, 302: client.get("/review"), 400: client.get("/?as_of=yesterday"),
        401: client.get("/api/v1/candidates"), 404: client.get("/nowhere"), 405: client.delete("/"),
        413: client.post("/login", data={"name": "x" * 1_100_000}), 421: client.get("/", headers={"Host": "x.example"}),
        429: client.get("/api/v1/candidates"), 500: client.get("/method"),
    }  # fmt: skip
    kinds[304] = client.get("/", headers={"If-None-Match": kinds[200].headers["ETag"]})
    files = [client.get(path) for path in ("/static/icon.svg", "/static/style-0.css", "/static/nowhere", "/healthz")]
    assert {status: answer.status_code for status, answer in kinds.items()} == {status: status for status in kinds}
    for answer in (*kinds.values(), *files):
        assert HEADERS.items() <= dict(answer.headers).items(), answer.status
        for name in (*HEADERS, "Cross-Origin-Resource-Policy", "X-Request-ID"):
            assert len(answer.headers.getlist(name)) == 1, (name, answer.status)
