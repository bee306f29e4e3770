"""Releases drawn from live traffic: unmarked in the queue, never on the record by themselves, drawn once."""

from __future__ import annotations

import json
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime

import pytest

from tests.feeds.test_poll import TALKS, feed_at
from tests.make import release
from tests.web.test_pages import signed_in, words_of
from tracker.cases import measurement
from tracker.intake import take_in
from tracker.model import Status
from tracker.review import accept, reject, undo
from tracker.sampler import sample
from tracker.sampling import ELSEWHERE, Decided, Found, Measured, Planned, Stratum, figures
from tracker.scheduler import Polling
from tracker.service import Service
from tracker.web.app import create_app

FEEDS = (
    feed_at("https://us.example/feed", slug="us-feed"),
    feed_at("https://cn.example/feed", slug="cn-feed", side="cn", lang="zh"),
)
PLAIN = {
    "us-feed": ("Harbor Day {}", "The band will play on the pier on Saturday afternoon."),
    "cn-feed": ("港口开放日第{}期", "乐队将在周六下午演出。"),
}


class Traffic:
    """A service whose feeds bring releases as the test says."""

    def __init__(self, service: Service) -> None:
        self.service = replace(service, feeds=FEEDS, settings=replace(service.settings, sample=20))
        self.service.prepare()
        self.rng = random.Random(11)
        self._number = 0

    def come(self, number: int, feed: str = "us-feed", words: tuple[str, str] | None = None) -> None:
        """So many releases arrive now, as a poll would bring them."""
        configured, now = self.service.feeds_by_slug[feed], self.service.clock()
        for _ in range(number):
            self._number += 1
            title, summary = words or PLAIN[feed]
            arrived = release(
                title=title.format(self._number), summary=summary, side=configured.side, lang=configured.lang,
                publisher=configured.publisher, feed=feed, url=f"https://{feed}.example/{self._number}",
                published=now.date(),
            )  # fmt: skip
            sightings = self.service.detectors["us-china"](arrived)
            with self.service.store.writing() as db:
                kept = db.feeds.keep_release(arrived, guid=arrived.url, canonical_url=arrived.url, now=now)
                take_in(db, arrived, kept, sightings, now=now)

    def sample(self):
        return sample(self.service, self.rng)["us-china"]

    def week_passes(self) -> None:
        self.service.clock.advance(weeks=1)
        self.sample()

    def a_week(self) -> None:
        """A first week, of which the rates of the next are reckoned."""
        self.sample()
        self.come(200)
        self.come(50, "cn-feed")
        self.week_passes()

    def pending(self):
        with self.service.store.reading() as db:
            return db.candidates.queue(Status.PENDING, most=500)

    def figures(self, today: date | None = None):
        with self.service.store.reading() as db:
            rows = [rows("us-china") for rows in (db.samples.planned, db.samples.measured, db.samples.decided)]
        return figures(*rows, sides=("us", "cn", "third-party"), today=today or self.service.clock().date())

    def method(self) -> str:
        return words_of(create_app(self.service).test_client().get("/method").text)


@pytest.fixture
def traffic(seeded_2023: Service) -> Traffic:
    return Traffic(seeded_2023)


def decide(traffic: Traffic, candidate, *, relevant: bool, reason: str = "Nothing of the kind."):
    store, at = traffic.service.store, traffic.service.clock()
    if relevant:
        return accept(store, candidate.id, candidate.version, by="ana", at=at)
    return reject(store, candidate.id, candidate.version, by="ana", at=at, reason=reason)


def test_the_first_week_only_counts_and_then_about_as_many_are_drawn_as_were_asked_for(traffic):
    traffic.a_week()
    assert traffic.pending() == []
    with traffic.service.store.reading() as db:
        (week,) = {row.week for row in db.samples.planned("us-china")}
        chances = db.samples.rates("us-china", week)
    assert 200 * chances[Stratum("us", "en")] + 50 * chances[Stratum("cn", "zh")] == pytest.approx(20)
    traffic.come(200)
    traffic.come(50, "cn-feed")
    passed = traffic.sample()
    assert (passed.releases, passed.flagged) == (250, 0)
    assert 10 <= passed.drawn <= 32
    assert len(traffic.pending()) == passed.drawn
    assert {seen.release.side for c in traffic.pending() for seen in c.sightings} == {"us", "cn"}


def test_each_release_is_passed_once_however_many_processes_draw(traffic):
    traffic.a_week()
    traffic.come(300)
    with ThreadPoolExecutor(6) as workers:
        rounds = list(workers.map(lambda seed: sample(traffic.service, random.Random(seed))["us-china"], range(6)))
    assert sum(passed.releases for passed in rounds) == 300
    assert sum(passed.drawn for passed in rounds) == len(traffic.pending()) > 0
    with traffic.service.store.reading() as db:
        assert sum(row.unflagged for row in db.samples.planned("us-china")) == 300


def test_a_drawn_release_looks_like_one_that_was_flagged(traffic):
    """Nothing that a page or the API shows of it is of another kind: same instants, same steps of the number."""
    traffic.a_week()
    for _ in range(40):
        traffic.service.clock.advance(minutes=7)
        traffic.come(10)
        traffic.come(1, words=TALKS)
        traffic.sample()
    everything = traffic.pending()
    drawn = [c for c in everything if c.sightings[0].release.title.startswith("Harbor")]
    assert len(drawn) > 20
    flagged = [c for c in everything if c not in drawn]
    assert flagged
    arrivals = {seen.seen_at for c in everything for seen in c.sightings}
    for candidate in drawn:
        (seen,) = candidate.sightings
        assert candidate.opened_at == candidate.evidence_at == seen.seen_at
        assert seen.seen_at in arrivals
        assert candidate.version == 2
        assert candidate.again is None
        assert seen.sighting.flagged
        assert seen.sighting.confidence in {s.sighting.confidence for c in flagged for s in c.sightings} | {
            0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9,
        }  # fmt: skip
        assert seen.sighting.evidence
        for words in seen.sighting.evidence:
            assert getattr(seen.release, words.field)[words.start : words.end] == words.text
    by_number = sorted(everything, key=lambda c: c.id)
    assert [c.opened_at for c in by_number] == sorted(c.opened_at for c in by_number), "numbers grow with age"
    client = signed_in(traffic.service)
    pages = client.get("/review").text + "".join(client.get(f"/review/{c.id}").text for c in drawn[:3])
    assert not any(word in words_of(pages).lower() for word in ("sample", "drawn", "lot ", "unflagged", "guess"))
    assert words_of(pages).count("Harbor Day") > 20


def test_what_was_drawn_waits_and_changes_nothing_until_a_person_accepts_it(traffic):
    traffic.a_week()
    before = traffic.service.store.revisions()["record"]
    page = traffic.method()
    traffic.come(200)
    traffic.sample()
    assert traffic.service.store.revisions()["record"] == before
    assert traffic.method() == page
    assert "No sample has been decided yet" in page


def test_a_report_never_joins_what_was_drawn_until_that_is_accepted(traffic):
    """A real report of the same day on the same channel is an event of its own, whatever was asked of a drawn one."""
    traffic.a_week()
    traffic.come(200)
    traffic.sample()
    drawn = traffic.pending()
    for candidate in drawn[:10]:
        (seen,) = candidate.sightings
        real = replace(seen.release, id=None, url="https://real.example/1", side="third-party", feed=None)
        with traffic.service.store.writing() as db:
            kept = db.feeds.keep_release(real, guid=str(candidate.id), canonical_url=None, now=traffic.service.clock())
            take_in(db, real, kept, [seen.sighting], now=traffic.service.clock())
            opened = db.candidates.of_release(kept.id)
        assert candidate.id not in {c.id for c in opened}


def test_a_later_week_has_new_rates_and_after_a_pause_what_came_meanwhile_is_left_alone(traffic):
    traffic.a_week()
    traffic.come(50)
    traffic.week_passes()
    with traffic.service.store.reading() as db:
        weeks = {row.week: row for row in db.samples.planned("us-china") if row.stratum.side == "us"}
    first, second = sorted(weeks)
    assert (weeks[first].unflagged, weeks[second].unflagged) == (50, 0)
    assert weeks[second].rate != weeks[first].rate
    traffic.service.clock.advance(weeks=5)
    waiting = len(traffic.pending())
    traffic.come(300)
    traffic.sample()
    assert len(traffic.pending()) == waiting, "they are old by now, and would stand out"


def test_no_sample_is_drawn_where_none_is_asked_for(traffic):
    off = replace(traffic.service, settings=replace(traffic.service.settings, sample=0))
    assert sample(off, random.Random(1)) == {}


def test_misses_found_are_published_when_the_week_is_decided_and_can_be_reckoned_from_the_export(traffic):
    traffic.a_week()
    for _ in range(12):
        traffic.service.clock.advance(hours=1)
        traffic.come(20)
        traffic.sample()
    traffic.come(4, words=TALKS)
    traffic.come(60, "cn-feed")
    traffic.sample()
    waiting = traffic.pending()
    drawn = [c for c in waiting if "Harbor" in c.sightings[0].release.title or c.sightings[0].release.side == "cn"]
    (talks,) = [c for c in waiting if c not in drawn]
    missed, elsewhere, *others = drawn
    decide(traffic, talks, relevant=True)
    decide(traffic, missed, relevant=True)
    decide(traffic, elsewhere, relevant=False, reason=f"{ELSEWHERE}: of the climate talks.")
    for candidate in others:
        decide(traffic, candidate, relevant=False)
    assert "No sample has been decided yet" in traffic.method(), "the week is not over"
    traffic.week_passes()
    found = traffic.figures()
    everything = found.parts[0].estimate
    assert (everything.flagged, everything.unflagged, everything.drawn, everything.relevant) == (
        4, 300, len(drawn), 2,
    )  # fmt: skip
    page = traffic.method()
    assert f"4 relevant releases flagged; 2 found in {len(drawn)} drawn of 300 not flagged" in page
    assert f"Recall {round(everything.recall.value * 100)} %" in page
    assert "4 accepted of 4 flagged releases decided" in page
    assert "ana" not in Counter(page.split())
    rows = [
        json.loads(json.dumps(row)) for row in measurement(traffic.service.store, ["us-china"], traffic.service.today())
    ]
    assert reckoned(rows, traffic.service.clock().date()) == found
    with traffic.service.store.reading() as db:
        decided = db.candidates.get(missed.id)
    undo(traffic.service.store, decided.id, decided.version, by="ben", at=traffic.service.clock())
    assert "No sample has been decided yet" in traffic.method()


def reckoned(rows: list[dict], today: date):
    """The figures, from nothing but the exported rows."""
    planned, measured, decided = [], [], []
    for row in rows:
        stratum = Stratum(row["side"], row["lang"])
        if "rate" in row:
            planned.append(Planned(date.fromisoformat(row["week"]), stratum, row["rate"], row["unflagged"]))
        elif "release" in row:
            week, lot = date.fromisoformat(row["week"]), (row["flagged"], row["probability"])
            measured.append(Measured(week, stratum, *lot, Found(row["found"]), row["release"]))
        else:
            since, until = (datetime.fromisoformat(row[name]) for name in ("since", "until"))
            decided.append(Decided(stratum, row["accepted"], row["rejected"], since, until))
    return figures(planned, measured, decided, sides=("us", "cn", "third-party"), today=today)


def test_the_scheduler_draws_by_itself(traffic):
    traffic.a_week()
    traffic.come(200)
    with traffic.service.store.writing() as db:
        db.feeds.sync([], now=traffic.service.clock())
    polling = Polling(traffic.service)
    assert polling.tick() == []
    polling.stop()
    assert traffic.pending()
