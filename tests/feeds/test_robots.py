"""robots.txt over real HTTP: what may be read, for how long that is believed, and what a missing one means."""

from __future__ import annotations

from contextlib import ExitStack, closing
from functools import partial

import pytest

from tests.site import Site
from tracker.feeds import hosts as module
from tracker.feeds.failure import Kind
from tracker.feeds.fetch import fetch
from tracker.feeds.guard import Deadline
from tracker.feeds.hosts import PER_HOST, Hosts
from tracker.feeds.robots import GOOD_FOR, RETRY_AFTER, Robots

RULES = b"""\xef\xbb\xbf# ours
User-agent: *
Disallow: /private/
Allow: /private/press/
Disallow: /*.pdf$

User-agent: OtherBot
User-agent: openlines
Disallow: /news/drafts/
Crawl-delay: 5

User-agent: OtherBot
Disallow: /
"""


class Hours:
    """A clock of seconds that the test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def hours() -> Hours:
    return Hours()


@pytest.fixture
def robots(hours: Hours) -> Robots:
    return Robots(clock=hours)


def ask(robots: Robots, site: Site, path: str) -> bool:
    return robots.refusal(site.url(path), allow_private=True) is None


def asked(site: Site) -> int:
    return len(site.seen)


@pytest.mark.parametrize(
    ("path", "allowed"), [("/news/1.html", True), ("/news/drafts/1.html", False), ("/private/", True), ("/", True)]
)
def test_a_group_that_names_us_is_the_one_that_holds(robots, site, path, allowed):
    site.serve("/robots.txt", body=RULES)
    assert ask(robots, site, path) is allowed


@pytest.mark.parametrize(
    ("path", "allowed"),
    [("/private/1.html", False), ("/private/press/1.html", True), ("/a.pdf", False), ("/a.pdf?page=2", True)],
)
def test_else_the_group_for_everybody_with_the_longest_rule_first(robots, site, path, allowed):
    site.serve("/robots.txt", body=RULES.replace(b"openlines", b"AnotherBot"))
    assert ask(robots, site, path) is allowed


OTHERS = ("NotOpenLinesBot", "OpenLinesBot", "Baiduspider*", "Googlebot # *** google", "My-OpenLines")
SPELLINGS = (
    "user-agent:OPENLINES",
    "User agent: OpenLines/1.0 # ours",
    "useragent: *  # all",
    "User-Agent : openlines",
)


@pytest.mark.parametrize("agent", OTHERS)
def test_a_group_for_another_whose_name_holds_ours_or_a_star_is_not_ours(robots, site, agent):
    site.serve("/robots.txt", body=f"User-agent: {agent}\nDisallow: /\n".encode())
    assert ask(robots, site, "/news/1.html")


@pytest.mark.parametrize("line", SPELLINGS)
def test_a_group_is_ours_in_each_spelling(robots, site, line):
    site.serve("/robots.txt", body=f"{line}\nDisallow: /\n".encode())
    assert not ask(robots, site, "/news/1.html")


@pytest.mark.parametrize("status", [401, 403, 404, 410, 418])
def test_a_robots_txt_that_is_not_there_allows_everything(robots, site, status):
    site.serve("/robots.txt", status)
    assert ask(robots, site, "/private/")


@pytest.mark.parametrize("status", [429, 500, 503])
def test_one_that_cannot_be_read_allows_nothing_until_it_can(robots, hours, site, status):
    site.serve("/robots.txt", status)
    assert not ask(robots, site, "/news/1.html")
    site.serve("/robots.txt", body=RULES)
    assert not ask(robots, site, "/news/1.html"), "not asked again at once"
    hours.now += RETRY_AFTER
    assert ask(robots, site, "/news/1.html")
    assert asked(site) == 2


def test_a_host_that_cannot_be_reached_allows_nothing(robots, closed_port):
    assert robots.refusal(f"http://127.0.0.1:{closed_port}/news", allow_private=True)


def test_one_that_was_not_asked_for_because_of_other_requests_of_ours_is_asked_for_at_the_next_time(site, monkeypatch):
    monkeypatch.setattr(module, "LONGEST_TURN", 0.05)
    site.serve("/robots.txt", body=RULES)
    with closing(Hosts(gap=0)) as hosts:
        robots = Robots(partial(fetch, hosts=hosts))
        with ExitStack() as others:
            for _ in range(PER_HOST):
                others.enter_context(hosts.visit(site.url("/hangs"), Deadline(30), checked=False))
            assert robots.refusal(site.url("/news/1.html"), allow_private=True).kind is Kind.BUSY
        assert ask(robots, site, "/news/1.html")


@pytest.mark.parametrize(
    ("status", "rules", "told"),
    [
        (200, b"User-agent: *\nDisallow: /", "The site's robots.txt keeps programs away from this page."),
        (503, b"", "The site's robots.txt could not be read: The server answered 503 Service Unavailable."),
    ],
)
def test_the_one_cause_of_a_refusal_is_told(robots, site, status, rules, told):
    site.serve("/robots.txt", status, rules)
    refusal = robots.refusal(site.url("/news/1.html"), allow_private=True)
    assert (refusal.kind, refusal.sentence) == (Kind.ROBOTS, told)


def test_a_private_host_is_not_asked_unless_it_may_be(robots, site):
    site.serve("/robots.txt", body=RULES)
    assert robots.refusal(site.url("/news"))
    assert asked(site) == 0


def test_the_rules_are_asked_for_once_a_day(robots, hours, site):
    site.serve("/robots.txt", body=RULES)
    assert ask(robots, site, "/a")
    assert not ask(robots, site, "/news/drafts/")
    assert asked(site) == 1
    site.serve("/robots.txt", body=b"User-agent: *\nDisallow: /a")
    hours.now += GOOD_FOR
    assert not ask(robots, site, "/a")
    assert asked(site) == 2


def test_a_redirected_robots_txt_is_followed(robots, site):
    site.redirect("/robots.txt", 301, "/elsewhere.txt")
    site.serve("/elsewhere.txt", body=b"User-agent: *\nDisallow: /a")
    assert not ask(robots, site, "/a")


def test_a_page_where_rules_should_be_forbids_nothing(robots, site):
    site.serve("/robots.txt", body="<html><body>找不到页面</body></html>".encode("gb18030"))
    assert ask(robots, site, "/a")


@pytest.mark.parametrize("url", ["", "feed", "ftp://example.org/", "http://", "http://[::1", "javascript:alert(1)"])
def test_what_is_no_address_may_not_be_read(robots, url):
    assert robots.refusal(url)


def test_many_agents_over_many_rules_cost_little(robots, site):
    agents = b"".join(b"User-agent: bot%d\n" % number for number in range(20_000))
    rules = b"".join(b"Disallow: /x%d*y\n" % number for number in range(20_000))
    site.serve("/robots.txt", body=agents + b"user agent OpenLines\n" + rules)
    assert not ask(robots, site, "/x19999zzzy")  # each rule copied to each agent would take all memory
