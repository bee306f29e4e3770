"""Several who want the same at once: reviewers, writers, a backup while they write, schedulers, a clock that jumps."""

from __future__ import annotations

import os
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.commands import run
from tests.db.test_store import READ_THEN_WRITE
from tests.feeds.test_poll import HARBOR, feed_at, rss
from tests.make import sighting
from tests.reliability.processes import DICE, ask, child_of, opened, sizes
from tests.site import Site, running_site
from tests.test_review import US, arrive
from tests.web.conftest import serving
from tracker.model import PartialDate, Status
from tracker.reviewing.review import accept
from tracker.scheduler import LEASE_LENGTH, Polling
from tracker.service import Service, utc_now
from tracker.wording import date_words


def candidates(service: Service, number: int) -> list:
    """So many that wait, each of a day of its own."""
    told = []
    for month in range(number):
        day = date(1980 + month // 12, month % 12 + 1, 1)
        news = replace(US, url=f"https://us.example/{day}", title=f"Talks of {day}", published=day)
        told += arrive(service, news, sighting(date=PartialDate(day.isoformat()), starts=day))
    return told


@pytest.mark.parametrize("rounds", [6, pytest.param(40, marks=pytest.mark.long)])
def test_of_two_reviewers_who_decide_at_the_same_moment_one_wins_and_the_other_is_told_who_and_when(
    seeded_2023: Service, survived, rounds: int
):
    service = replace(seeded_2023, clock=utc_now)
    with service.store.writing() as db:
        tokens = {name: db.accounts.make_token(name, "reviewer", at=utc_now()) for name in ("ana", "ben")}
    with serving(service) as address, ThreadPoolExecutor(2) as reviewers:
        for candidate in candidates(service, rounds):
            together = threading.Barrier(2)

            def decide(name: str, body: dict, candidate=candidate, together=together) -> tuple[int, bytes]:
                together.wait(10)
                return ask(
                    address.removeprefix("http://"), "POST", f"/api/v1/candidates/{candidate.id}/review", body,
                    Authorization=f"Bearer {tokens[name]}", If_Match=f'"{candidate.version}"',
                )  # fmt: skip

            told = {
                "ana": reviewers.submit(decide, "ana", {"decision": "accept"}),
                "ben": reviewers.submit(decide, "ben", {"decision": "reject", "note": "No."}),
            }
            answers = {name: future.result() for name, future in told.items()}
            assert sorted(status for status, _ in answers.values()) == [200, 412], answers
            winner = next(name for name, (status, _) in answers.items() if status == 200)
            (refusal,) = (body.decode() for status, body in answers.values() if status == 412)
            assert f"{winner} was first: " in refusal
            assert date_words(utc_now().date()) in refusal
            with service.store.reading() as db:
                (decision,) = db.candidates.get(candidate.id).decisions
            assert decision.decided_by == winner
    survived("A3 two decisions on one candidate at once", rounds)


@pytest.mark.long
def test_many_rounds_of_six_processes_that_read_and_then_write(service: Service, survived):
    url, rounds = f"sqlite:///{service.store.path}", 6
    before = service.store.revisions()["record"]
    for number in range(1, rounds + 1):
        running = [
            subprocess.Popen([sys.executable, "-c", READ_THEN_WRITE, url], stderr=subprocess.PIPE, text=True)
            for _ in range(6)
        ]
        assert [process.communicate()[1] for process in running] == [""] * 6
        assert service.store.revisions()["record"] == before + number * 300
    survived("A4 read-then-write of six processes at once", rounds * 300)


@pytest.mark.parametrize("times", [2, pytest.param(30, marks=pytest.mark.long)])
@pytest.mark.sqlite
def test_a_backup_taken_while_reviews_are_made_is_sound_and_has_what_was_acknowledged_before_it(
    seeded_2023: Service, tmp_path: Path, survived, times: int
):
    """Reviews are made by a process of their own; the commands are those that an operator gives."""
    told = candidates(seeded_2023, times * 15)
    env, database = {"OPENLINES_VAR": str(seeded_2023.settings.var)}, seeded_2023.store.path
    seeded_2023.store.close()
    done: list[int] = []
    with reviewing(database, told) as acknowledged:
        for number in range(times):
            done += acknowledged()
            copy = tmp_path / f"backup-{number}.db"
            kept = run(["backup", str(copy)], env=env)
            assert kept.returncode == 0, kept.stderr
            later = acknowledged()
            folder = tmp_path / f"restored-{number}"
            back = run(["restore", str(copy), "--to", str(folder)], env=env)
            assert back.returncode == 0, back.stderr
            sound = run(["verify"], env={"OPENLINES_VAR": str(folder)})
            assert sound.returncode == 0, sound.stdout + sound.stderr
            with opened(folder / database.name) as store, store.reading() as db:
                found = {one.id for one in told if db.candidates.get(one.id).status is Status.ACCEPTED}
            assert set(done) <= found
            done += later
            assert done, "reviews are made meanwhile"
    survived("A6 backups taken while reviews were made, restored and verified", times)
    survived("A6 reviews acknowledged before a backup, all in it", len(done))


@contextmanager
def reviewing(database: Path, told: list) -> Iterator[Callable[[], list[int]]]:
    """A process that accepts one candidate after the other; what is given tells which it has newly acknowledged."""
    from_it, to_us = os.pipe()
    os.set_blocking(from_it, False)

    def review() -> None:
        with opened(database) as store:
            for candidate in told:
                accept(store, candidate.id, candidate.version, by="ana", at=utc_now())
                os.write(to_us, struct.pack("I", candidate.id))
                time.sleep(0.02)

    def acknowledged() -> list[int]:
        try:
            return [number for (number,) in struct.iter_unpack("I", os.read(from_it, 1 << 16))]
        except BlockingIOError:
            return []

    child, begun = child_of(review)
    try:
        os.read(begun, 1)
        yield acknowledged
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        for pipe in (begun, from_it, to_us):
            os.close(pipe)


@pytest.fixture
def hosts() -> Iterator[Site]:
    with running_site("0.0.0.0") as site:
        yield site


def feeds_on(service: Service, hosts: Site, number: int) -> Service:
    urls = {f"feed-{n}": hosts.url(f"/feed-{n}", f"127.0.0.{n + 1}") for n in range(number)}
    for slug in urls:
        hosts.serve(f"/{slug}", body=rss(HARBOR))
    service = replace(service, feeds=tuple(feed_at(url, slug=slug) for slug, url in urls.items()))
    service.prepare()
    return service


@pytest.mark.parametrize("jumps", [10, pytest.param(300, marks=pytest.mark.long)])
def test_whatever_the_clock_does_each_feed_is_polled_again_and_never_in_a_burst(
    seeded_2023: Service, hosts: Site, survived, jumps: int
):
    service, clock = feeds_on(seeded_2023, hosts, 3), seeded_2023.clock
    polling = Polling(service)
    try:
        wait(polling.tick())
        for _ in range(jumps):
            clock.now += DICE.choice([-1, 1]) * timedelta(
                seconds=DICE.choice([1, 3_600, 86_400, 31_536_000, 94_608_000])
            )
            hosts.seen.clear()
            for _ in range(3):
                wait(polling.tick())
            assert len(hosts.seen) <= 3, "each feed once at most"
            clock.advance(days=2)
            hosts.seen.clear()
            wait(polling.tick())
            assert sorted(path for path, _ in hosts.seen) == ["/feed-0", "/feed-1", "/feed-2"]
    finally:
        polling.stop()
    survived("B12 jumps of the clock, no feed forgotten, no burst", jumps)


LONGER_THAN_A_LEASE = LEASE_LENGTH.total_seconds() * 1.5

SCHEDULE = """
import sys, time
from dataclasses import replace
from pathlib import Path
from config.settings import settings_from
from tests.feeds.test_poll import feed_at
from tracker.scheduler import Polling
from tracker.service import open_service

var, port = sys.argv[1:]
service = open_service(settings_from({"OPENLINES_VAR": var, "OPENLINES_WATCH": "off", "OPENLINES_SAMPLE": "0"}))
feeds = [feed_at(f"http://127.0.0.{n + 1}:{port}/feed-{n}", slug=f"feed-{n}", every=60) for n in range(8)]
polling = Polling(replace(service, feeds=tuple(feeds)), tick_seconds=0.2)
polling.start()
print("begun", flush=True)
sys.stdin.read()
polling.stop()
"""


@pytest.mark.long
def test_several_schedulers_on_one_database_poll_each_due_feed_once_though_one_is_stopped_and_one_killed(
    seeded_2023: Service, hosts: Site, survived
):
    """A process that is stopped stands for a machine that sleeps: its lease passes on, and it wakes up late."""
    service = feeds_on(seeded_2023, hosts, 8)
    service.store.close()
    command = [sys.executable, "-c", SCHEDULE, str(service.settings.var), str(hosts.port)]
    running = [
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ | {"PYTHONPATH": os.getcwd()}
        )
        for _ in range(3)
    ]
    try:
        for process in running:
            assert process.stdout.readline() == b"begun\n"
        deadline = time.monotonic() + 30
        while len(hosts.seen) < 8 and time.monotonic() < deadline:
            time.sleep(0.05)
        running[0].send_signal(signal.SIGSTOP)
        time.sleep(LONGER_THAN_A_LEASE)
        running[0].send_signal(signal.SIGCONT)
        running[1].kill()
        time.sleep(LONGER_THAN_A_LEASE)
        for process in running:
            process.stdin.close()
        codes = [process.wait(60) for process in running]
    finally:
        for process in running:
            process.kill()
            process.wait()
    assert [code for code in codes if code not in (0, -signal.SIGKILL)] == []
    with opened(service.store.path) as store, store.reading() as db:
        polls = db.feeds.reads_since(utc_now() - timedelta(days=1))
    assert {read.feed for read in polls} == {f"feed-{n}" for n in range(8)}
    assert len(hosts.seen) >= len(polls)
    assert not overlapping(polls), "a feed was polled again before it was due"
    assert sizes(service.store.path)["release"] == 1, "one text under eight addresses is one release"
    survived("B13 polls by schedulers that were stopped, killed and side by side", len(polls))


def overlapping(polls: list) -> list:
    """Polls of a feed that came sooner after the one before than its interval, spread by its tenth."""
    last, found = {}, []
    for read in sorted(polls, key=lambda read: read.ended_at):
        before = last.get(read.feed)
        if before and read.ended_at - before < timedelta(seconds=50):
            found.append(read)
        last[read.feed] = read.ended_at
    return found
