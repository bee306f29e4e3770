"""Fetching, against real servers: what an answer holds, and every way in which there is none, in words."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import zlib
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from tests.certificates import certificate_in
from tracker.feeds.failure import FetchFailed, Kind
from tracker.feeds.fetch import MAX_WAIT, Fetched, Limits, fetch, retry_instant
from tracker.feeds.hosts import Hosts

SHORT = Limits(deadline=0.4)
SMALL = Limits(max_bytes=10_000)


def get(url: str, **options: object) -> Fetched:
    return fetch(url, **{"allow_private": True, **options})


def failure(url: str, **options: object) -> FetchFailed:
    with pytest.raises(FetchFailed) as caught:
        get(url, **options)
    assert caught.value.sentence.endswith((".", "…"))
    assert caught.value.remedy.endswith(".")
    return caught.value


def test_an_answer_has_its_body_its_type_and_its_validators(site):
    url = site.serve(
        "/feed",
        body=b"<rss/>",
        Content_Type="application/rss+xml; charset=gbk",
        ETag='W/"1"',
        Last_Modified="Wed, 03 Aug 2022 02:20:00 GMT",
    )
    assert get(url) == Fetched(
        status=200,
        final_url=url,
        permanent_url=None,
        body=b"<rss/>",
        content_type="application/rss+xml; charset=gbk",
        etag='W/"1"',
        last_modified="Wed, 03 Aug 2022 02:20:00 GMT",
    )


def test_the_request_says_who_asks_and_how_to_reach_them(site):
    get(site.serve("/feed"), contact="https://example.org/contact")
    headers = site.seen[0][1]
    assert headers["User-Agent"].startswith("OpenLines/")
    assert headers["User-Agent"].endswith(" (+https://example.org/contact)")
    assert headers["Accept-Encoding"] == "gzip, deflate"
    assert "If-None-Match" not in headers


def test_credentials_of_the_users_netrc_are_not_sent(site, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    get(site.serve("/feed"))
    assert "Authorization" not in site.seen[0][1]


def conditional(handler):
    same = handler.headers.get("If-None-Match") == '"1"'
    unchanged = handler.headers.get("If-Modified-Since") == "Wed, 03 Aug 2022 02:20:00 GMT"
    handler.answer(304 if same or unchanged else 200, b"" if same or unchanged else b"<rss/>", ETag='"1"')


@pytest.mark.parametrize(
    "validator", [{"etag": '"1"'}, {"last_modified": "Wed, 03 Aug 2022 02:20:00 GMT"}], ids=["etag", "last-modified"]
)
def test_an_unchanged_feed_answers_304_with_no_body(site, validator):
    site.routes["/feed"] = conditional
    answer = get(site.url(), **validator)
    assert (answer.status, answer.body, answer.not_modified) == (304, b"", True)


def test_a_server_that_ignores_validators_gives_the_whole_feed(site):
    assert get(site.serve("/feed", body=b"<rss/>"), etag='"1"').body == b"<rss/>"


def test_a_304_that_was_not_asked_for_is_a_failure(site):
    assert failure(site.serve("/feed", 304)).kind is Kind.BAD_ANSWER


@pytest.mark.parametrize("status", [301, 308])
def test_permanent_redirects_name_the_new_address(site, status):
    site.redirect("/old", status, "/older")
    site.redirect("/older", 301, site.url("/new"))
    new = site.serve("/new", body=b"<rss/>")
    answer = get(site.url("/old"))
    assert (answer.final_url, answer.permanent_url) == (new, new)


@pytest.mark.parametrize("status", [302, 303, 307])
def test_a_passing_redirect_is_followed_and_changes_no_address(site, status):
    site.redirect("/old", 301, "/passing")
    site.redirect("/passing", status, "/new")
    new = site.serve("/new", body=b"<rss/>")
    answer = get(site.url("/old"))
    assert (answer.final_url, answer.permanent_url) == (new, None)


def test_a_cookie_that_a_redirect_sets_is_carried_along(site):
    site.serve("/feed", 302, Location="/in", Set_Cookie="seen=1; Path=/")
    site.routes["/in"] = lambda handler: handler.answer(200 if handler.headers["Cookie"] == "seen=1" else 403)
    assert get(site.url()).status == 200


def test_what_comes_with_a_redirect_is_not_read(site):
    """It may have no end."""

    def endless(handler):
        handler.answer(302, b"some of it", Location="/new", Content_Length="1000000000")
        handler.pause(10)

    site.routes["/feed"] = endless
    site.serve("/new", body=b"<rss/>")
    assert get(site.url(), limits=Limits(deadline=5)).body == b"<rss/>"


def test_a_loop_of_redirects_ends(site):
    site.redirect("/a", 302, "/b")
    site.redirect("/b", 302, "/a")
    assert failure(site.url("/a"), hosts=Hosts(gap=0)).kind is Kind.REDIRECTS
    assert len(site.seen) == Limits().redirects + 1


def test_a_redirect_to_https_is_followed_there(site):
    url = site.redirect("/feed", 301, f"https://127.0.0.1:{site.port}/feed")
    assert failure(url).kind is Kind.TLS  # it was tried: this server speaks no TLS


@pytest.mark.parametrize("to", ["ftp://127.0.0.1/feed", "file:///etc/passwd", "javascript:alert(1)", "gopher://x/"])
def test_a_redirect_to_another_scheme_is_refused(site, to):
    assert failure(site.redirect("/feed", 302, to)).kind is Kind.BAD_ADDRESS


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.2", "2130706433", "0177.0.0.1", "127.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"]
)
def test_a_private_feed_may_not_redirect_to_another_private_address(site, host):
    site.serve("/secret", body=b"secret")
    url = site.redirect("/feed", 302, f"http://{host}:{site.port}/secret")
    failed = failure(url)
    assert failed.kind is Kind.FORBIDDEN_ADDRESS
    assert failed.sentence.startswith(f"{url} led to http://{host}:{site.port}/secret. ")
    assert "that is configured alone" in failed.remedy
    assert failure(site.redirect("/feed", 302, f"http://{host}/secret")).kind is Kind.FORBIDDEN_ADDRESS
    assert [path for path, _ in site.seen] == ["/feed", "/feed"]


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, Kind.BOT_WALL),
        (403, Kind.BOT_WALL),
        (404, Kind.NOT_FOUND),
        (406, Kind.BOT_WALL),
        (410, Kind.GONE),
        (418, Kind.BAD_ANSWER),
        (451, Kind.BOT_WALL),
        (500, Kind.SERVER_ERROR),
        (502, Kind.SERVER_ERROR),
        (599, Kind.SERVER_ERROR),
        (204, Kind.BAD_ANSWER),
        (300, Kind.BAD_ANSWER),
    ],
)
def test_every_other_status_is_a_failure_that_names_it(site, status, kind):
    failed = failure(site.serve("/feed", status))
    assert failed.kind is kind
    assert str(status) in failed.sentence


def test_a_server_error_is_told_in_a_sentence(site):
    assert failure(site.serve("/feed", 500)).sentence == "The server answered 500 Internal Server Error."


def test_two_lengths_for_one_answer_are_the_fault_of_the_server(site):
    failed = failure(site.serve("/feed", body=b"hello", Content_Length="5, 7"))
    assert failed.kind is Kind.BROKEN_OFF
    assert "sent what is not HTTP" in failed.sentence


def test_a_challenge_of_a_delivery_network_is_a_wall_whatever_its_status(site):
    assert failure(site.serve("/feed", 503, cf_mitigated="challenge")).kind is Kind.BOT_WALL


@pytest.mark.parametrize(("status", "kind"), [(429, Kind.RATE_LIMITED), (503, Kind.SERVER_ERROR)])
def test_retry_after_is_read_in_both_its_forms(site, status, kind):
    before = datetime.now(UTC)
    failed = failure(site.serve("/feed", status, Retry_After="120"))
    assert failed.kind is kind
    assert before + timedelta(seconds=120) <= failed.retry_after <= datetime.now(UTC) + timedelta(seconds=120)
    later = (before + timedelta(hours=2)).replace(microsecond=0)
    assert failure(site.serve("/feed", status, Retry_After=format_datetime(later, usegmt=True))).retry_after == later


NOW = datetime(2024, 1, 9, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "instant"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("Mon, 30 Nov 99999999999999999999 10:00:00 GMT", None),
        ("Mon, 30 Nov 2026 99999999999999999999:00:00 GMT", None),
        ("-5", None),
        ("1.5", None),
        ("٣", None),
        ("0", NOW),
        ("Tue, 09 Jan 2024 11:00:00 GMT", NOW),
        ("Tue, 09 Jan 2024 13:00:00 GMT", NOW + timedelta(hours=1)),
        ("9" * 5000, NOW + MAX_WAIT),
        ("Fri, 31 Dec 9999 23:59:59 GMT", NOW + MAX_WAIT),
        ("Fri, 31 Dec 9999 23:59:59 -2300", NOW + MAX_WAIT),
    ],
)
def test_retry_after_table(header, instant):
    assert retry_instant(header, NOW) == instant


def hang(handler):
    handler.pause(30)


def drip_headers(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while handler.pause(0.02):
        handler.wfile.write(b"X-Drip: 1\r\n" if handler.pause(0.02) else b"")


def drip_continues(handler):
    while handler.pause(0.005):
        handler.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")


def hang_in_body(handler):
    handler.answer(200, b"<rss>", Content_Length="100")
    handler.pause(30)


def drip_body(handler):
    handler.answer(200, b"<rss>", Content_Length="100000")
    while handler.pause(0.02):
        handler.wfile.write(b" ")


@pytest.mark.parametrize("route", [hang, drip_headers, drip_continues, hang_in_body, drip_body])
def test_a_server_that_keeps_us_waiting_is_left_at_the_deadline(site, route):
    site.routes["/feed"] = route
    failed = failure(site.url(), limits=SHORT)
    assert failed.kind is Kind.TIMEOUT
    assert "0.4 seconds" in failed.sentence


def test_the_deadline_is_for_all_redirects_together(site):
    def slow(handler):
        handler.pause(0.15)
        handler.answer(302, Location="/feed")

    site.routes["/feed"] = slow
    assert failure(site.url(), limits=SHORT).kind is Kind.TIMEOUT


def test_a_port_that_accepts_nobody_is_left_at_the_deadline(deaf_port):
    failed = failure(f"http://127.0.0.1:{deaf_port}/", limits=SHORT)
    assert failed.kind is Kind.TIMEOUT
    assert "accept a connection" in failed.sentence


def test_a_server_that_hangs_in_the_tls_handshake_is_left_at_the_deadline():
    with socket.create_server(("127.0.0.1", 0)) as listener:  # the kernel accepts, and nobody speaks
        url = f"https://127.0.0.1:{listener.getsockname()[1]}/"
        assert failure(url, limits=SHORT).kind is Kind.TIMEOUT


@pytest.mark.parametrize(
    ("days", "vouched", "said"), [(1, False, "self-signed certificate"), (-1, True, "certificate has expired")]
)
def test_a_server_whose_certificate_is_not_valid_is_not_believed(tmp_path, monkeypatch, days, vouched, said):
    certificate_in(tmp_path, until=timedelta(days=days))
    if vouched:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "cert.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def greet() -> None:
            with suppress(OSError):
                context.wrap_socket(listener.accept()[0], server_side=True)

        server = threading.Thread(target=greet)
        server.start()
        failed = failure(f"https://localhost:{listener.getsockname()[1]}/", limits=Limits(deadline=5))
        server.join()
    assert failed.kind is Kind.TLS
    assert said in failed.sentence
    assert "renew its certificate" in failed.remedy


def test_a_closed_port_refuses_the_connection(closed_port):
    failed = failure(f"http://127.0.0.1:{closed_port}/feed")
    assert failed.kind is Kind.REFUSED_CONNECTION
    assert str(closed_port) in failed.sentence


def test_an_unknown_name_is_told():
    assert failure("http://feeds.invalid/", limits=Limits(deadline=1)).kind is Kind.DNS


def test_a_name_server_that_keeps_us_waiting_is_left_at_the_deadline(monkeypatch):
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *question, **options: over.wait(30) and [])
    failed = failure("http://feeds.example/", limits=SHORT)
    over.set()
    assert failed.kind is Kind.DNS
    assert "no answer within 0.4 seconds" in failed.sentence


def test_a_large_body_is_left_unread(site):
    def flood(handler):
        handler.send_response(200)
        handler.end_headers()
        for _ in range(50):
            handler.wfile.write(bytes(1_000_000))
        handler.close_connection = True

    site.routes["/feed"] = flood
    failed = failure(site.url())
    assert failed.kind is Kind.TOO_LARGE
    assert "5 MB" in failed.sentence


def test_an_announced_size_is_believed_before_the_body_is_read(site):
    assert failure(site.serve("/feed", body=b"", Content_Length="50000000")).kind is Kind.TOO_LARGE


def test_a_body_of_exactly_the_limit_is_read(site):
    assert len(get(site.serve("/feed", body=bytes(10_000)), limits=SMALL).body) == 10_000
    assert failure(site.serve("/feed", body=bytes(10_001)), limits=SMALL).kind is Kind.TOO_LARGE


RAW_DEFLATE = zlib.compressobj(wbits=-15)
TEXT = b"<rss>" + b"words " * 1000 + b"</rss>"


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(TEXT, mtime=0)),
        ("x-gzip", gzip.compress(TEXT, mtime=0)),
        ("GZIP", gzip.compress(TEXT[:100], mtime=0) + gzip.compress(TEXT[100:], mtime=0)),
        ("gzip", gzip.compress(TEXT, mtime=0) + b"\0" * 512),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", RAW_DEFLATE.compress(TEXT) + RAW_DEFLATE.flush()),
        ("identity", TEXT),
    ],
)
def test_compressed_bodies_are_inflated(site, coding, body):
    assert get(site.serve("/feed", body=body, Content_Encoding=coding), limits=SMALL).body == TEXT


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_bomb_is_stopped_while_it_inflates(site, coding):
    pack = gzip.compress if coding == "gzip" else zlib.compress
    body = pack(bytes(50_000_000), 9)
    assert len(body) < 1_000_000
    assert failure(site.serve("/feed", body=body, Content_Encoding=coding)).kind is Kind.TOO_LARGE


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(TEXT, mtime=0)[:-1]),
        ("gzip", gzip.compress(TEXT, mtime=0)[:40]),
        ("gzip", gzip.compress(TEXT, mtime=0) + gzip.compress(TEXT, mtime=0)[:30]),
        ("deflate", zlib.compress(TEXT)[:-3]),
        ("gzip", TEXT),
        ("gzip", gzip.compress(b"", mtime=0) * 1000),
        ("br", TEXT),
        ("gzip, gzip", gzip.compress(gzip.compress(TEXT, mtime=0), mtime=0)),
    ],
    ids=["no-end", "cut", "second-cut", "deflate-cut", "not-gzip", "many-members", "unasked", "twice"],
)
def test_a_damaged_stream_is_a_failure_and_never_a_short_feed(site, coding, body):
    assert failure(site.serve("/feed", body=body, Content_Encoding=coding)).kind is Kind.BAD_ENCODING


def cut_short(handler):
    handler.answer(200, b"<rss>", Content_Length="100")
    handler.close_connection = True


def cut_chunk(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n<rss>")
    handler.close_connection = True


def no_http(handler):
    handler.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n")
    handler.close_connection = True


def endless_header(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000 + b"\r\n\r\n")
    handler.close_connection = True


def nothing(handler):
    handler.close_connection = True


@pytest.mark.parametrize("route", [cut_short, cut_chunk, no_http, endless_header, nothing])
def test_an_answer_that_breaks_off_is_a_failure(site, route):
    site.routes["/feed"] = route
    assert failure(site.url()).kind is Kind.BROKEN_OFF


def test_a_chunked_body_is_read_to_its_end(site):
    site.routes["/feed"] = lambda handler: handler.wfile.write(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<rss>\r\n6\r\n</rss>\r\n0\r\n\r\n"
    )
    assert get(site.url()).body == b"<rss></rss>"


def test_a_proxy_of_the_environment_is_used_and_resolves_the_name_itself(site, monkeypatch):
    site.serve("http://feeds.invalid/feed", body=b"<rss/>")
    monkeypatch.setenv("http_proxy", site.url(""))
    assert fetch("http://feeds.invalid/feed").body == b"<rss/>"


def test_a_proxy_is_held_to_the_deadline_too(site, monkeypatch):
    site.routes["http://feeds.invalid/feed"] = drip_body
    monkeypatch.setenv("http_proxy", site.url(""))
    assert failure("http://feeds.invalid/feed", limits=SHORT).kind is Kind.TIMEOUT


@pytest.mark.parametrize("proxy", ["http://127.0.0.1:{}", "socks5://127.0.0.1:{}"])
def test_a_proxy_that_is_down_or_of_another_kind_is_named_as_the_fault(closed_port, monkeypatch, proxy):
    monkeypatch.setenv("http_proxy", proxy.format(closed_port))
    assert failure("http://feeds.invalid/feed").kind is Kind.PROXY
