"""Documents that are made to keep a reader busy or to fill its memory, each as the answer of a real server.

Each is read, or refused in a sentence; `python -m bench.bombs` says what each costs. What keeps a library's reader busy
ends the process in which it runs, within limits that are set lower here, and harms nothing that is read beside it.
"""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from bench.bombs import BOMBS, SELECT, Bomb
from tests.feeds.test_full_text import TEASER, linked, releases
from tests.feeds.test_poll import TALKS, feed_at, polled  # noqa: F401 - `polled` is a fixture
from tests.site import Site
from tracker.feeds import confined as module
from tracker.feeds.confined import Limits, Unreadable, confined
from tracker.feeds.decode import decode
from tracker.feeds.failure import FetchFailed, NotAFeed, NotAPage
from tracker.feeds.fetch import fetch
from tracker.feeds.page import LIMITS, read_page
from tracker.feeds.source import read_source

BUSY = PAGE_BOMB, AUTHOR_BOMB = tuple(
    next(bomb for bomb in BOMBS if bomb.name.startswith(name)) for name in ("page: 150,000", "damaged: an author")
)


@pytest.fixture(autouse=True)
def little_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LIMITS", Limits(cpu=1))


def read(bomb: Bomb, site: Site) -> str:
    """`read`, or the refusal."""
    coding = {"Content_Encoding": bomb.coding} if bomb.coding else {}
    url = site.serve("/bomb", body=bomb.make(), **coding)
    try:
        if bomb.kind == "page":
            answer = fetch(url, allow_private=True, limits=LIMITS)
            read_page(decode(answer.body, answer.content_type), url)
        else:
            kind = "feed" if bomb.kind == "damaged" else bomb.kind
            get = partial(fetch, allow_private=True)
            read_source(feed_at(url, kind=kind, select=SELECT if kind == "listing" else None), get(url), get)
    except (FetchFailed, NotAFeed, NotAPage) as refused:
        return str(refused)
    return "read"


@pytest.mark.parametrize(
    "bomb",
    [
        pytest.param(bomb, id=bomb.name, marks=[] if bomb.told else pytest.mark.long)  # What is refused is quick.
        for bomb in BOMBS
        if bomb not in BUSY
    ],
)
def test_a_bomb_is_read_or_refused_in_words(site: Site, bomb: Bomb, monkeypatch: pytest.MonkeyPatch):
    # What can be read is read also where the processors are busy with more than this.
    monkeypatch.setattr(module, "LIMITS", Limits(cpu=5))
    assert (bomb.told or "read") in read(bomb, site)


def test_what_is_read_beside_a_bomb_comes_to_no_harm(site: Site):
    with ThreadPoolExecutor(12) as threads:
        bombs = [threads.submit(confined, *work) for work in [(os._exit, 3), (bytearray, 2_000_000_000)] * 3]
        lengths = [threads.submit(confined, len, "x" * size) for size in range(20)]
        assert [length.result() for length in lengths] == list(range(20))
        assert all(isinstance(bomb.exception(), Unreadable) for bomb in bombs)


def test_a_process_that_died_with_nothing_in_hand_breaks_off_no_reading(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "LIMITS", Limits(cpu=5))
    for _ in range(3):
        for process in {confined(os.getpid) for _ in range(10)}:
            os.kill(process, signal.SIGKILL)
        assert confined(len, "two") == 3


@pytest.mark.parametrize(
    ("work", "words"),
    [
        ((os._exit, 3), "was broken off"),
        ((bytearray, 2_000_000_000), "needed more than 1 GB of memory"),
        ((int, "x"), "failed (ValueError)"),
        ((sum, range(10**12)), "took more than 1 seconds of work"),
    ],
    ids=["dies", "memory", "fails", "endless"],
)
def test_whatever_becomes_of_a_reading_is_said_in_words(work: tuple, words: str):
    with pytest.raises(Unreadable) as caught:
        confined(*work)
    assert str(caught.value) == words


def test_a_reading_that_waits_for_ever_is_broken_off(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "LIMITS", Limits(patience=0.3))
    with pytest.raises(Unreadable, match=r"came to no end within 0\.3 seconds"):
        confined(input_that_never_comes)


def input_that_never_comes() -> None:
    ours, _theirs = os.pipe()
    os.read(ours, 1)


def test_a_release_whose_page_is_a_bomb_is_kept_with_the_words_of_its_feed(polled, site: Site):  # noqa: F811
    site.serve("/r0", body=PAGE_BOMB.make())
    site.serve("/feed", body=linked(site, TALKS[0]))
    row = polled(feed_at(site.url(), full_text=True))
    assert (row.outcome, row.fresh) == ("read", 1)
    ((title, summary, _),) = releases(polled.service)
    assert (title, summary) == (TALKS[0], TEASER)
    with polled.service.store.reading() as db:
        (kept,) = (kept for _, kept in db.releases.stored())
        assert db.pages.fault_of(kept.id).startswith("Reading the page took more than 1 seconds of work.")


def test_a_feed_that_is_a_bomb_is_a_failing_feed(polled, site: Site):  # noqa: F811
    row = polled(feed_at(site.serve("/feed", body=AUTHOR_BOMB.make())))
    assert (row.outcome, row.fault_kind) == ("failed", "not-a-feed")
    assert row.fault.startswith("The feed is damaged, and reading it took more than 1 seconds of work.")
