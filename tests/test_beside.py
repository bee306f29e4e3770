"""The process beside: it answers as we would, is there for bursts alone, and nothing depends on it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from functools import partial

import pytest

from config.load import load_relationships
from config.settings import settings_from
from tests.conftest import ROOT
from tests.feeds.test_poll import HARBOR, TALKS, feed_at, rss
from tests.make import release
from tracker import beside as module
from tracker.beside import FEW, Beside
from tracker.detect import Detector, examine
from tracker.scheduler import Polling
from tracker.study import study

TOLD = [
    release(title=TALKS[0], summary=TALKS[1]),
    release(title="国防部例行记者会", summary="中美两军于1月8日至9日举行国防部工作会晤。", side="cn", lang="zh"),
    release(title="Harbor Day", summary="A harbor was opened."),
]


@pytest.fixture(scope="module")
def detectors() -> dict[str, Detector]:
    packs = load_relationships(settings_from({"OPENLINES_CONFIG": str(ROOT / "config")}).config)
    return {pack.relationship.slug: Detector(pack.lexicon, pack.weights) for pack in packs}


@pytest.fixture(scope="module")
def beside(detectors) -> Iterator[Beside]:
    """One that all tests share, so that few processes are started."""
    opened = Beside(lambda: detectors, cores=2)
    yield opened
    opened.close()


def burst(number: int = 0) -> list:
    return [replace(told, title=f"{told.title} {number}-{copy}") for copy in range(FEW) for told in TOLD]


def here(detectors, releases):
    return study(releases, partial(examine, detector=detectors["us-china"]))


def test_it_answers_what_we_would_whoever_asks_first(beside, detectors):
    bursts = [burst(number) for number in range(6)]
    with ThreadPoolExecutor(len(bursts)) as threads:
        answers = list(threads.map(partial(beside.study, "us-china"), bursts))
    assert answers == [here(detectors, releases) for releases in bursts]
    assert [bool(told.sightings) for told in answers[0][:3]] == [True, True, False]
    assert beside._process.poll() is None


@pytest.mark.parametrize(("cores", "number"), [(2, FEW - 1), (1, 3 * FEW)])
def test_a_few_releases_and_a_single_core_start_nothing(detectors, cores, number):
    alone = Beside(lambda: detectors, cores=cores)
    assert alone.study("us-china", burst()[:number]) == here(detectors, burst()[:number])
    assert alone._process is None


def test_when_it_is_killed_nothing_is_lost_and_another_comes(beside, detectors):
    beside.study("us-china", burst())
    first = beside._process
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    assert beside.study("us-china", burst()) == here(detectors, burst())
    assert beside._process is None
    beside.study("us-china", burst())
    assert beside._process.pid != first.pid


def test_a_signal_to_the_whole_group_leaves_it_to_us_to_end_it_and_so_does_idleness(beside, monkeypatch):
    beside.study("us-china", burst())
    process = beside._process
    for name in (signal.SIGINT, signal.SIGTERM):
        os.kill(process.pid, name)
    beside.study("us-china", burst())
    assert beside._process is process
    beside.rest()
    assert process.poll() is None
    monkeypatch.setattr(module, "REST", 0.0)
    beside.rest()
    assert process.returncode == 0


def test_the_scheduler_hands_it_the_burst_of_a_new_feed_and_ends_it_with_itself(seeded_2023, site):
    items = [(f"{HARBOR[0]} {number}", *HARBOR[1:]) for number in range(FEW)]
    service = replace(seeded_2023, feeds=(feed_at(site.serve("/feed", body=rss(TALKS, *items))),))
    service.prepare()
    polling = Polling(service)
    polling._beside = Beside(lambda: service.compiled, cores=2)
    wait(polling.tick())
    process = polling._beside._process
    with service.store.reading() as db:
        assert [found.channel for found in db.candidates.queue("pending", most=9)] == ["dpct"]
    polling.stop()
    assert process.returncode == 0
