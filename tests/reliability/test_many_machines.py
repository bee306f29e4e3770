"""Two web nodes and three workers over one PostgreSQL, each on a machine of its own: whichever of them dies at whatever
moment, and though the server crashes, every release comes once, every acknowledged review stays, every feed is polled.
"""

from __future__ import annotations

import http.client
import random
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import psycopg
import pytest

from config.settings import settings_from
from db.store import Store, StoreError, open_store
from tests.conftest import THEN
from tests.make import sighting
from tests.reliability.machines import Node, database, running, wires
from tests.reliability.processes import DICE, ask
from tests.site import Handler, Site, running_site
from tests.test_cli import configured
from tests.test_review import US, arrive
from tracker.model import PartialDate, Status
from tracker.operating.seed import seed
from tracker.operating.verify import verify
from tracker.service import open_service, utc_now

pytestmark = pytest.mark.long

FEEDS, POLLS, REVIEWS = 120, 500, 100
EVERY = timedelta(minutes=1)
BETWEEN_KILLS = 10.0
SHOWN, BEGIN_WITH, ITEM_SECONDS = 30, 5, 40.0


@dataclass
class Publishers:
    """Feeds that grow until they are told to rest, each at an address of its own, a little away."""

    began: float = field(default_factory=time.monotonic)
    rested: float | None = None

    def items(self, number: int) -> range:
        """The numbers of the items that a feed has had by now."""
        lasted = (self.rested or time.monotonic()) - self.began
        return range(BEGIN_WITH + int(lasted / ITEM_SECONDS + number / FEEDS))

    def serve(self, site: Site, number: int) -> None:
        def answer(handler: Handler) -> None:
            handler.pause(0.3)
            items = "".join(item(number, one) for one in self.items(number)[-SHOWN:])
            head = f"<title>F{number}</title><link>http://news.example/</link><description>x</description>"
            body = f'<?xml version="1.0"?><rss version="2.0"><channel>{head}{items}</channel></rss>'
            handler.answer(body=body.encode(), Content_Type="application/rss+xml")

        site.routes[f"/feed-{number}"] = answer


def item(feed: int, number: int) -> str:
    """An item that no other resembles."""
    words = random.Random(f"{feed} {number}")
    text = " ".join("".join(words.choices("abcdefghiklmnoprstuvw", k=7)) for _ in range(25))
    return (
        f"<item><guid>{feed}-{number}</guid><title>Notice {feed}.{number} {text[:40]}</title>"
        f"<link>http://news.example/{feed}/{number}</link><description>{text}</description></item>"
    )


def entries(urls: list[str]) -> str:
    """feeds.yaml with these."""
    one = (
        "- slug: feed-{}\n  publisher: Publisher {}\n  side: us\n  lang: en\n  kind: feed\n  url: {}\n  every: 1m\n"
        "  allow_private: true\n"
    )
    return "".join(one.format(number, number, url) for number, url in enumerate(urls))


@dataclass
class Reviewer:
    """Accepts one candidate after the other through whichever node answers; notes what was acknowledged, and looks
    whether each node that lives shows it at the next read.
    """

    nodes: list[Node]
    token: str
    candidates: dict[int, int]
    addresses: dict[int, str]
    over: threading.Event = field(default_factory=threading.Event)
    acknowledged: set[int] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    looked: int = 0

    def work(self) -> None:
        for number, version in self.candidates.items():
            while not self.over.wait(1.0) and not self.decided(number, version):
                pass

    def decided(self, number: int, version: int) -> bool:
        answer = self.ask(
            DICE.choice(self.nodes), "POST", f"/api/v1/candidates/{number}/review", {"decision": "accept"},
            Authorization=f"Bearer {self.token}", If_Match=f'"{version}"',
        )  # fmt: skip
        if answer is None or answer[0] == 503:
            return False
        if answer[0] in (409, 412):  # It was kept, and we were not told: the node or the database died before.
            return True
        if answer[0] != 200:
            self.wrong.append(f"{number}: {answer}")
            return True
        self.acknowledged.add(number)
        for node in self.nodes:
            read = self.ask(node, "GET", "/api/v1/channels/dpct")
            if read and read[0] == 200:
                self.looked += 1
                if f'"{self.addresses[number]}"'.encode() not in read[1]:
                    self.wrong.append(f"{number} does not show at {node.at}")
        return True

    def ask(self, node: Node, method: str, path: str, *more, **headers: str) -> tuple[int, bytes] | None:
        with suppress(OSError, http.client.HTTPException):
            return ask(node.at, method, path, *more, **headers)
        return None


@pytest.fixture
def site() -> Iterator[Site]:
    with running_site("0.0.0.0") as site:
        yield site


def test_whatever_dies_releases_come_once_reviews_stay_and_every_feed_is_polled(site: Site, tmp_path: Path, survived):
    with wires(5, FEEDS) as wired, database(wired.server) as server:
        publishers = Publishers()
        for number in range(FEEDS):
            publishers.serve(site, number)
        urls = [site.url(f"/feed-{number}", host) for number, host in enumerate(wired.hosts)]
        shared = {
            "OPENLINES_DATABASE_URL": server.url,
            "OPENLINES_CONFIG": str(configured(tmp_path, entries(urls))),
            "OPENLINES_SECRET_KEY": "s" * 40,
            "OPENLINES_WATCH": "off",
            "OPENLINES_RATE_LIMIT": "off",
            "OPENLINES_BLIND": "0",
            "OPENLINES_SAMPLE": "0",
        }
        waiting = reviews_to_be_made(shared | {"OPENLINES_VAR": str(tmp_path / "var")})
        commands = [("serve", "--no-scheduler")] * 2 + [("worker", "--concurrency", "8")] * 3
        began = utc_now()
        with running(wired, commands, shared, tmp_path) as nodes, closing(open_store(server.url)) as store:
            web = nodes[:2]
            a_form_of_one_node_is_taken_by_another(*web)
            reviewer = Reviewer(web, *waiting)
            thread = threading.Thread(target=reviewer.work)
            thread.start()
            try:
                killed = kill_at_random(nodes, server, store, reviewer)
                thread.join(120)
                assert not thread.is_alive(), "reviews came to a stop"
            finally:
                reviewer.over.set()
                thread.join()
            publishers.rested = time.monotonic()
            rest = utc_now()
            wait_until_all_are_read(store, since=rest)
            ended = utc_now()
            assert [node.stop() for node in nodes] == [0] * 5
            work = store.work()
            assert (work.workers, work.in_hand) == (0, 0)
            polls = polls_of(store)
            assert sum(map(len, polls.values())) >= POLLS
            assert late(polls, began, ended) == []
            every_release_came_once(server.url, publishers)
            assert reviewer.wrong == []
            with store.reading() as db:
                found = {number: db.candidates.get(number) for number in reviewer.candidates}
            assert {number for number, one in found.items() if one.status is Status.ACCEPTED} == found.keys()
            assert reviewer.acknowledged <= found.keys()
            assert [number for number, one in found.items() if len(one.decisions) != 1] == []
            assert verify(store).findings == ()
    where = "namespaces of their own" if wired.apart else "processes alone"
    survived(f"E1 polls by three workers ({where}), every release once", sum(map(len, polls.values())))
    survived("E1 kill -9 of workers", killed["worker"])
    survived("E1 kill -9 of web nodes", killed["serve"])
    survived("E1 crash of PostgreSQL among them", killed["server"])
    survived("E1 reviews acknowledged meanwhile, none lost", len(reviewer.acknowledged))
    survived("E1 reads of a node just after a review, all with it", reviewer.looked)


def reviews_to_be_made(env: dict[str, str]) -> tuple[str, dict[int, int], dict[int, str]]:
    """A reviewer's token; candidates with their versions and the addresses of their releases."""
    service = open_service(settings_from(env), migrate=True)
    with closing(service.store):
        seed(service.store, service.packs, at=service.clock(), until=THEN)
        service.prepare()
        versions, addresses = {}, {}
        for number in range(REVIEWS):
            day = date(1985 + number // 12, 1 + number % 12, 1)
            told = replace(US, url=f"https://us.example/{number}", title=f"Talks of {day:%B %Y}", published=day)
            (one,) = arrive(service, told, sighting(date=PartialDate(day.isoformat()), starts=day))
            versions[one.id], addresses[one.id] = one.version, told.url
        with service.store.writing() as db:
            token = db.accounts.make_token("ana", "reviewer", at=utc_now())
    return token, versions, addresses


def a_form_of_one_node_is_taken_by_another(one: Node, other: Node) -> None:
    """Whoever holds back the balance between nodes sends a reader now here, now there."""
    with closing(http.client.HTTPConnection(one.at, timeout=30)) as connection:
        connection.request("GET", "/login")
        page = connection.getresponse()
        cookie, body = page.headers["Set-Cookie"].partition(";")[0], page.read().decode()
    token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', body)[1]
    form = f"csrf_token={token}&name=nobody&password=a+wrong+password".encode()
    sent = {"Cookie": cookie, "Content_Type": "application/x-www-form-urlencoded"}
    status, told = ask(other.at, "POST", "/login", form, **sent)
    assert status == 401, told


def kill_at_random(nodes: list[Node], server, store: Store, reviewer: Reviewer) -> Counter[str]:
    """Kill -9 one node after another, and start it again a little later, until there were enough polls and reviews;
    half way the database crashes and comes back.
    """
    killed: Counter[str] = Counter()
    while True:
        time.sleep(DICE.uniform(0.5, 1.5) * BETWEEN_KILLS)
        done = count_polls(store)
        if done >= POLLS and len(reviewer.acknowledged) >= REVIEWS * 0.8 and killed["server"]:
            return killed
        if done >= POLLS / 2 and not killed["server"]:
            server.crash()
            time.sleep(DICE.uniform(1, 4))
            server.start()
            killed["server"] += 1
            continue
        node = DICE.choice(nodes)
        node.kill()
        killed[node.command[0]] += 1
        time.sleep(DICE.uniform(0, 3))
        node.start()


def count_polls(store: Store) -> int:
    while True:
        with suppress(StoreError):
            return sum(map(len, polls_of(store).values()))
        time.sleep(0.5)


def polls_of(store: Store) -> dict[str, list]:
    """When each feed was polled, oldest first."""
    with store.reading() as db:
        return {
            f"feed-{number}": sorted(poll.ended_at for poll in db.polls.newest(f"feed-{number}", most=1000))
            for number in range(FEEDS)
        }


def wait_until_all_are_read(store: Store, since) -> None:
    """Until each feed was read after it had ceased to grow."""
    ends = time.monotonic() + 3 * EVERY.total_seconds()
    while True:
        with store.reading() as db:
            behind = [feed.slug for feed in db.feeds.all() if feed.enabled and not (feed.last_read or since) > since]
        if not behind:
            return
        assert time.monotonic() < ends, behind
        time.sleep(1)


def late(polls: dict[str, list], began, ended) -> list[tuple[str, timedelta]]:
    """Feeds that were not polled for more than twice their interval."""
    return [
        (feed, after - before)
        for feed, at in polls.items()
        for before, after in pairwise([began, *at, ended])
        if after - before > 2 * EVERY
    ]


def every_release_came_once(url: str, publishers: Publishers) -> None:
    expected = {f"{number}-{n}" for number in range(FEEDS) for n in publishers.items(number)}
    with psycopg.connect(url) as db:
        came = Counter(guid for (guid,) in db.execute("SELECT guid FROM release WHERE feed LIKE 'feed-%'"))
        named = Counter(guid for (guid,) in db.execute("SELECT guid FROM release_name WHERE feed LIKE 'feed-%'"))
    assert {guid: times for guid, times in came.items() if times > 1} == {}
    assert came.keys() == expected == named.keys()
    assert max(named.values()) == 1
