"""Where a connection may go: checked on the address itself, before a packet is sent."""

from __future__ import annotations

import socket

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.feeds.failure import FetchFailed, Kind
from tracker.feeds.fetch import Limits, fetch
from tracker.feeds.guard import Deadline, GuardedSession, connect, is_public

HOSTILE_HOSTS = [
    "localhost",
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "0x7f.1",
    "127.255.255.254",
    "0.0.0.0",
    "0",
    "::1",
    "::",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "::127.0.0.1",
]


@pytest.mark.parametrize("host", HOSTILE_HOSTS)
def test_no_spelling_of_this_machine_is_connected_to(host):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        with pytest.raises(FetchFailed) as caught:
            connect(host, listener.getsockname()[1], deadline=Deadline(2), checked=True)
        assert caught.value.kind in {Kind.FORBIDDEN_ADDRESS, Kind.DNS}  # DNS: a machine without IPv6 knows no ::1
        with pytest.raises(BlockingIOError):
            listener.accept()


def test_the_same_connection_is_made_where_the_operator_allows_it():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        connect("127.0.0.1", listener.getsockname()[1], deadline=Deadline(2), checked=False).close()


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://10.0.0.1/",
        "http://172.16.0.1/",
        "http://192.168.1.1:8080/",
        "http://100.64.0.1/",
        "https://[fe80::1]/",
        "http://[fd00::1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://①②⑦.0.0.1/",
        "http://127.0.0.1%2f@example.org/",
        "http://8.8.8.8:22/",
        "http://8.8.8.8:25/",
        "http://8.8.8.8:0/",
    ],
)
def test_addresses_inside_a_network_and_other_ports_are_refused(url):
    with pytest.raises(FetchFailed) as caught:
        fetch(url)
    assert caught.value.kind in {Kind.FORBIDDEN_ADDRESS, Kind.BAD_ADDRESS}


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8"])
def test_public_addresses(address):
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "169.254.169.254",
        "100.64.0.1",
        "192.0.0.192",
        "168.63.129.16",
        "192.88.99.1",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "0.0.0.0",
        "::",
        "::1",
        "::7f00:1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2001:0:1:1:1:1:80ff:fffe",
        "fe80::1%lo",
        "fec0::1",
        "fc00::1",
        "ff02::1",
        "2001:db8::1",
        "3fff::1",
    ],
)
def test_addresses_that_are_not_public(address):
    assert not is_public(address)


@given(st.ip_addresses(v=4))
def test_an_address_within_another_is_judged_by_what_it_is(inner):
    number = int(inner)
    forms = [
        f"::ffff:{inner}",
        f"::ffff:0:{inner}",
        f"::{inner}",
        f"64:ff9b::{inner}",
        f"64:ff9b:1::{inner}",
        f"2002:{number >> 16:x}:{number & 0xFFFF:x}::1",
        f"2001:0:808:808::{(number ^ 0xFFFFFFFF) >> 16:x}:{(number ^ 0xFFFFFFFF) & 0xFFFF:x}",
    ]
    assert is_public(str(inner)) or not any(map(is_public, forms))


def test_a_deadline_that_has_passed_has_nothing_left():
    deadline = Deadline(0)
    assert deadline.passed
    with pytest.raises(TimeoutError):
        deadline.left()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "feed",
        "ftp://example.org/",
        "file:///etc/passwd",
        "http://",
        "http:///feed",
        "http://[::1",
        "http://example.org:port/",
        "http://example.org:99999/",
        "http://user:secret@example.org/",
        "http://" + "a" * 70 + ".example/",
        "http://example..org/",
        "http://*.example.org/",
    ],
)
def test_what_is_no_address_is_refused_in_words(url):
    with pytest.raises(FetchFailed) as caught:
        fetch(url, limits=Limits(deadline=0.4))
    assert caught.value.kind in {Kind.BAD_ADDRESS, Kind.DNS}


@settings(max_examples=60)
@given(st.text(max_size=30), st.sampled_from(["", "http://", "https://", "http://127.0.0.1:1/", "http://[", "//"]))
def test_no_address_whatever_lets_another_exception_out(text, start):
    with pytest.raises(FetchFailed):
        fetch(start + text, allow_private=start.endswith("1/"), limits=Limits(deadline=0.05))


def test_a_session_reads_nothing_of_what_comes_with_a_redirect(site):
    """It may have no end."""

    def endless(handler):
        handler.answer(307, b"some of it", Location="/secret", Content_Length="1000000000")
        handler.pause(10)

    site.routes["/hook"] = endless
    with GuardedSession(site.url(), checked=False) as session:
        session.bounds.deadline = Deadline(0.4)
        answer = session.post(site.url("/hook"), data=b"{}", stream=True, allow_redirects=False)
        answer.close()
    assert answer.status_code == 307
