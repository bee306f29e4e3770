"""Addresses that would lead a fetch inside: each is refused in a sentence, and the server behind it hears of nothing.

Each test has its control: where plain requests would have gone there, it is shown to do so, over the same network.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing

import pytest
import requests

from tests.feeds.test_poll import HARBOR, feed_at, rss
from tests.network import PUBLIC, Network, network_in_a_box
from tracker.feeds.failure import FetchFailed, Kind
from tracker.feeds.fetch import Limits, fetch
from tracker.feeds.guard import is_public
from tracker.feeds.hosts import Hosts
from tracker.polling.poll import poll_feed

REFUSED = {Kind.FORBIDDEN_ADDRESS, Kind.BAD_ADDRESS, Kind.DNS}
SECRET = b"secret"

REACHED = [
    # Spellings of this machine.
    "http://127.0.0.1/",
    "http://127.1/",
    "http://127.0.1/",
    "http://2130706433/",
    "http://017700000001/",
    "http://0177.0.0.1/",
    "http://0x7f000001/",
    "http://0x7f.0x0.0x0.0x1/",
    "http://127.255.255.254/",
    "http://0.0.0.0/",
    "http://0/",
    "http://localhost/",
    "http://LOCALHOST:8080/",
    "http://[::1]/",
    "http://[::]/",
    "http://[0:0:0:0:0:0:0:1]/",
    # IPv6 that carries an IPv4 address: mapped, compatible, NAT64, 6to4, Teredo.
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::ffff:169.254.169.254]/",
    "http://[::127.0.0.1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[64:ff9b::10.0.0.1]/",
    "http://[64:ff9b:1::10.0.0.1]/",
    "http://[2002:7f00:1::]/",
    "http://[2002:a00:1::]/",
    "http://[2001:0:1:1:1:1:80ff:fffe]/",
    # Networks that are nobody's business.
    "http://10.0.0.1/",
    "http://172.16.0.1/",
    "http://172.31.255.254/",
    "http://192.168.1.1:8080/",
    "http://100.64.0.1/",
    "http://100.127.255.254/",
    "http://169.254.169.254/latest/meta-data/",
    "http://2852039166/latest/meta-data/",
    "http://0xa9fea9fe/",
    "http://192.0.0.192/opc/v2/",
    "http://168.63.129.16/machine",
    "http://100.100.100.200/latest/meta-data/",
    "http://198.18.0.1/",
    "http://203.0.113.1/",
    "http://224.0.0.251/",
    "http://240.0.0.1/",
    "http://255.255.255.255/",
    "http://[fd00:ec2::254]/",
    "http://[fc00::1]/",
    "http://[fec0::1]/",
    "http://[ff02::1]/",
    "http://[2001:db8::1]/",
    # Users, blanks and signs that make one address look like another.
    "http://news.example@127.0.0.1/",
    "http://news.example:80@127.0.0.1/",
    "http://127.0.0.1\\@news.example/",
    "http://127.0.0.1%2f@10.0.0.1/",
    "http://127.0.0.1#@news.example/",
    "http://127.0.0.1?@news.example/",
    " http://127.0.0.1/",
    "HTTP://127.0.0.1/",
    # Names that lead inside.
    "http://inside.example/",
    "http://metadata.example/",
    "http://six.example/",
    "http://mapped.example/",
    "http://inside.example:8443/",
]
"""Addresses at which plain requests asks a server inside."""

NOT_REACHED = [
    # Digits, letters and full stops of other scripts, and blanks within.
    "http://1\t2\n7.0.0.1/",
    "http://①②⑦.⓪.⓪.①/",
    "http://１２７.０.０.１/",
    "http://127。0。0。1/",
    "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/",
    # What one reader of addresses takes for this machine, and another does not.
    "http://[fe80::1]/",
    "http://[fe80::1%25lo]/",
    "http://127.0.0.1./",
    "http:\\\\127.0.0.1\\",
    "http:///127.0.0.1/",
    "//127.0.0.1/",
    "http://news.example\\@127.0.0.1/",
    "http://[::1]@news.example/",
    "http://127.0.0.1:80:80/",
    "http://127.0.0.1:0/",
    "http://127.0.0.1:-80/",
    "http://[127.0.0.1]/",
    "http://0x7f.1.1.1.1/",
    "http://news.example%00.127.0.0.1/",
    "http://127.0.0.1%00/",
    # Other ways to speak with a machine.
    "https://127.0.0.1/",
    "file:///etc/passwd",
    "file://127.0.0.1/etc/passwd",
    "ftp://127.0.0.1/",
    "gopher://127.0.0.1:6379/_INFO",
    "dict://127.0.0.1:11211/stats",
    "ldap://127.0.0.1/",
    "jar:http://127.0.0.1!/",
    "unix:///var/run/docker.sock",
    "http+unix://%2Fvar%2Frun%2Fdocker.sock/",
    "data:text/xml,<rss/>",
    "javascript:alert(1)",
]
"""Others, of which a careless client may make something."""

HOSTILE = REACHED + NOT_REACHED


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Iterator[Network]:
    with network_in_a_box(monkeypatch) as network:
        network.names |= {
            "inside.example": [["10.0.0.1"]],
            "metadata.example": [["169.254.169.254"]],
            "six.example": [["fd00::1"]],
            "mapped.example": [["::ffff:127.0.0.1"]],
        }
        network.inside.routes = Everything()
        yield network


class Everything(dict):
    """Routes of a server that has an answer for every path."""

    def __missing__(self, path: str):
        return lambda handler: handler.answer(200, SECRET)


def refusal(url: str, **options) -> FetchFailed:
    with pytest.raises(FetchFailed) as caught:
        fetch(url, limits=Limits(deadline=2), **options)
    assert caught.value.sentence.endswith(".")
    assert caught.value.remedy.endswith(".")
    return caught.value


def untouched(network: Network) -> bool:
    return network.inside.seen == [] and all(map(is_public, network.tried))


@pytest.mark.parametrize("url", HOSTILE)
def test_a_hostile_address_is_refused_and_nobody_inside_hears_of_it(network: Network, url: str):
    assert refusal(url).kind in REFUSED
    assert untouched(network)
    assert network.public.seen == []


@pytest.mark.parametrize("url", REACHED)
def test_plain_requests_would_have_gone_there(network: Network, url: str):
    assert requests.get(url, timeout=30).content == SECRET


@pytest.mark.parametrize("url", HOSTILE)
def test_a_public_server_that_redirects_there_leads_nowhere(network: Network, url: str):
    on_one_line = url.translate(dict.fromkeys(map(ord, "\t\n")))
    network.public.redirect("/feed", 302, on_one_line.encode().decode("latin-1"))
    refusal("http://news.example/feed")
    assert untouched(network)


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 305, 306, 307, 308])
@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/", "http://inside.example/", "//169.254.169.254/", "file:///etc/hosts"]
)
def test_no_kind_of_redirect_leads_inside(network: Network, status: int, url: str):
    network.public.redirect("/feed", status, url)
    refusal("http://news.example/feed", etag='"1"') if status != 304 else fetch("http://news.example/feed", etag='"1"')
    assert untouched(network)


def test_a_way_inside_is_seen_after_any_number_of_redirects(network: Network):
    for step in range(4):
        network.public.redirect(f"/{step}", 307, f"/{step + 1}")
    network.public.redirect("/4", 308, "http://inside.example/")
    assert refusal("http://news.example/0").kind is Kind.FORBIDDEN_ADDRESS
    assert untouched(network)


@pytest.mark.parametrize("header", ["Refresh", "Content_Location", "Link"])
def test_only_a_redirect_redirects(network: Network, header: str):
    network.public.serve("/feed", body=b"<rss/>", **{header: "0; url=http://127.0.0.1/"})
    assert fetch("http://news.example/feed").body == b"<rss/>"
    assert untouched(network)


def test_a_name_whose_first_address_is_public_and_the_next_is_not_leads_to_the_first_alone(network: Network):
    network.names["two.example"] = [[PUBLIC, "10.0.0.1"]]
    network.public.serve("/feed", body=b"<rss/>")
    assert fetch("http://two.example/feed").final_url == "http://two.example/feed"
    network.names["two.example"] = [["10.0.0.1", PUBLIC]]
    assert refusal("http://two.example/feed").kind is Kind.FORBIDDEN_ADDRESS
    assert network.tried == [PUBLIC]


def test_a_name_that_answers_otherwise_from_one_moment_to_the_next_is_checked_at_each_connection(network: Network):
    """DNS rebinding: the answer that was checked is the one that is connected to, and the next is checked anew."""
    network.names["rebound.example"] = [[PUBLIC], ["127.0.0.1"]]

    def answer_and_hang_up(handler) -> None:
        handler.answer(302, Location="http://rebound.example/next")
        handler.close_connection = True

    network.public.routes["/feed"] = answer_and_hang_up
    assert refusal("http://rebound.example/feed").kind is Kind.FORBIDDEN_ADDRESS
    assert untouched(network)
    assert len(network.public.seen) == 1


def test_checking_first_and_connecting_later_would_have_been_led_astray(network: Network):
    """The control of the test above: a client that checks a name, and then lets a library look it up again."""
    network.names["rebound.example"] = [[PUBLIC], ["127.0.0.1"]]
    assert is_public(socket.getaddrinfo("rebound.example", 80)[0][4][0])
    assert requests.get("http://rebound.example/", timeout=30).content == SECRET


def test_a_connection_that_is_kept_stays_with_the_address_that_was_checked(network: Network):
    network.names["rebound.example"] = [[PUBLIC], ["127.0.0.1"]]
    network.public.serve("/feed", body=b"<rss/>")
    with closing(Hosts(gap=0)) as hosts:
        for _ in range(3):
            fetch("http://rebound.example/feed", hosts=hosts)
    assert network.tried == [PUBLIC]


PORTS_OF_OTHERS = [0, 21, 22, 23, 25, 53, 110, 143, 389, 445, 3306, 5432, 6379, 8000, 8081, 9200, 11211, 27017, 65535]


@pytest.mark.parametrize("port", PORTS_OF_OTHERS)
def test_a_public_server_is_spoken_to_on_the_ports_of_the_web_alone(network: Network, port: int):
    assert "ports" in refusal(f"http://news.example:{port}/").remedy.lower()
    network.public.redirect("/feed", 302, f"https://news.example:{port}/")
    refusal("http://news.example/feed")
    assert [path for path, _ in network.public.seen] == ["/feed"]


PRIVATE = "http://10.0.0.5/feed"


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.6/",
        "http://127.0.0.1/",
        "http://inside.example/",
        "http://10.0.0.5.inside.example/",
        "http://10.0.0.5@10.0.0.6/",
        "http://10.0.0.6\\@10.0.0.5/",
        "http://10.0.0.5\\@10.0.0.6/",
        "http://10.0.0.6#@10.0.0.5/",
        "http://[::ffff:10.0.0.5]/",
        "http://167772165/",
    ],
)
def test_a_feed_that_may_live_inside_opens_its_own_host_and_no_other(network: Network, url: str):
    network.names["10.0.0.5.inside.example"] = [["10.0.0.6"]]
    network.inside.redirect("/feed", 302, url)
    assert refusal(PRIVATE, allow_private=True).kind in REFUSED
    assert network.tried == ["10.0.0.5"]


def test_an_item_of_a_public_feed_that_links_inside_has_neither_its_page_nor_its_robots_txt_fetched(
    network: Network, seeded_2023
):
    body = rss(HARBOR).replace(b"https://news.example/", b"http://inside.example/")
    network.public.serve("/feed", body=body)
    feed = feed_at("http://news.example/feed", allow_private=False, full_text=True)
    with seeded_2023.store.writing() as db:
        db.feeds.sync([feed], now=seeded_2023.clock())
    row = poll_feed(seeded_2023.store, feed, seeded_2023.detectors["us-china"], seeded_2023.clock)
    assert (row.outcome, row.fresh) == ("read", 1)
    assert untouched(network)
