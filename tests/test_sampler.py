"""Releases drawn from live traffic: unmarked in the queue, never on the record by themselves, drawn once."""

from __future__ import annotations

import json
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime

import pytest

from tests.conftest import Clock, settings_in
from tests.feeds.test_poll import TALKS, feed_at
from tests.make import release, sighting
from tests.many import SHARED, partner, release_on, slug_of, write_packs
from tests.test_review import CN, US, arrive
from tests.web.api_client import Api
from tests.web.test_pages import signed_in, words_of
from tracker.errors import Refused
from tracker.measuring.sampling import ELSEWHERE, Decided, Found, Measured, Planned, Stratum, figures
from tracker.model import PartialDate, Sighting, Status
from tracker.polling.intake import take_in
from tracker.reviewing.cases import measurement
from tracker.reviewing.regroup import merge, split
from tracker.reviewing.review import accept, reject, undo
from tracker.reviewing.sampler import sample
from tracker.scheduler import Polling
from tracker.service import Service, open_service
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

    def come(
        self, number: int, feed: str = "us-feed", words: tuple[str, str] | None = None, said: Sighting | None = None
    ) -> None:
        """So many releases arrive now, as a poll would bring them; detection makes `said` of each, or what it will."""
        configured, now = self.service.feeds_by_slug[feed], self.service.clock()
        for _ in range(number):
            self._number += 1
            title, summary = words or PLAIN[feed]
            if words:  # each with a number of its own: the same words again would be the same release
                summary = f"{summary} Release {self._number}."
            arrived = release(
                title=title.format(self._number), summary=summary, side=configured.side, lang=configured.lang,
                publisher=configured.publisher, feed=feed, url=f"https://{feed}.example/{self._number}",
                published=now.date(),
            )  # fmt: skip
            sightings = [said] if said else self.service.detectors["us-china"](arrived)
            with self.service.store.writing() as db:
                kept = db.releases.keep(arrived, guid=arrived.url, canonical_url=arrived.url, now=now)
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
            kept = db.releases.keep(real, guid=str(candidate.id), canonical_url=None, now=traffic.service.clock())
            take_in(db, real, kept, [seen.sighting], now=traffic.service.clock())
            opened = db.candidates.of_release(kept.id)
        assert candidate.id not in {c.id for c in opened}


def test_what_a_reviewer_merged_into_a_drawn_release_is_joined_there(traffic):
    traffic.a_week()
    traffic.come(40)
    traffic.sample()
    drawn, *_ = traffic.pending()
    real = sighting(channel=drawn.channel, date=PartialDate.of(drawn.sightings[0].release.published), starts=None)
    (own,) = arrive(traffic.service, US, real)
    merge(traffic.service.store, own.id, own.version, drawn.id, by="ana", at=traffic.service.clock())
    (joined,) = arrive(traffic.service, CN, real)
    assert (joined.id, len(joined.sightings)) == (drawn.id, 3)


def test_what_detection_finds_in_a_drawn_release_later_is_an_event_of_its_own(traffic):
    """The question that was put of the release is no finding of it."""
    traffic.a_week()
    traffic.come(200)
    traffic.sample()
    for candidate in traffic.pending()[:5]:
        (seen,) = candidate.sightings
        url, now = seen.release.url, traffic.service.clock()
        with traffic.service.store.writing() as db:
            kept = db.releases.keep(seen.release, guid=url, canonical_url=url, now=now)
            assert take_in(db, seen.release, kept, [seen.sighting], now=now) == 1
            assert take_in(db, seen.release, kept, [seen.sighting], now=now) == 0
            assert len(db.candidates.of_release(kept.id)) == 2


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


DOUBTED = sighting(
    date=PartialDate("2024-02-08"), starts=None, flagged=False, confidence=0.15, doubts=("a wish, not an event",)
)
REPORTED = replace(DOUBTED, flagged=True, confidence=0.9, doubts=())


def drawn_and_others(traffic: Traffic):
    """What waits, parted by whether it was drawn."""
    waiting = traffic.pending()
    drawn = [c for c in waiting if c.sightings[-1].release.title.startswith("Harbor")]
    return drawn, [c for c in waiting if c not in drawn]


def test_what_joined_a_candidate_quietly_is_not_found_relevant_with_it(traffic):
    """Nobody read those releases: they count by the verdict on what was drawn, and as flagged not at all."""
    traffic.a_week()
    traffic.come(1, words=TALKS, said=REPORTED)
    traffic.come(100, said=DOUBTED)
    traffic.sample()
    drawn, (talks,) = drawn_and_others(traffic)
    assert drawn
    assert len(talks.sightings) == 101
    decide(traffic, talks, relevant=True)
    for candidate in drawn:
        decide(traffic, candidate, relevant=False)
    traffic.week_passes()
    found = traffic.figures().parts[0]
    assert (found.estimate.drawn, found.estimate.relevant, found.estimate.missed) == (len(drawn), 0, 0)
    assert (found.accepted, found.rejected) == (1, 0)


def test_a_drawn_release_that_a_reviewer_merges_into_an_event_is_a_miss_and_no_flagged_release(traffic):
    traffic.a_week()
    traffic.come(40)
    traffic.sample()
    missed, *others = traffic.pending()
    traffic.come(1, words=TALKS, said=replace(REPORTED, channel=missed.channel))
    traffic.sample()
    _, (talks,) = drawn_and_others(traffic)
    decide(traffic, talks, relevant=True)
    for candidate in others:
        decide(traffic, candidate, relevant=False)
    traffic.week_passes()
    client = create_app(traffic.service).test_client()
    assert "No sample has been decided yet" in words_of(client.get("/method").text)
    merge(traffic.service.store, missed.id, missed.version, talks.id, by="ana", at=traffic.service.clock())
    assert "1 relevant release flagged; 1 found in" in words_of(client.get("/method").text)
    found = traffic.figures().parts[0]
    assert (found.estimate.flagged, found.estimate.relevant) == (1, 1)
    assert (found.accepted, found.rejected) == (1, 0)


def test_beside_a_drawn_release_that_waits_nothing_tells_what_detection_thought_of_it(traffic):
    """In no list, count or search, at no address of a page or of the API, nor among what joined another candidate."""
    traffic.a_week()
    traffic.come(1, words=TALKS, said=REPORTED)
    traffic.come(40, said=DOUBTED)
    traffic.come(40, said=replace(DOUBTED, channel="climate"))
    traffic.sample()
    drawn, (talks,) = drawn_and_others(traffic)
    titles = {seen.release.title for candidate in drawn for seen in candidate.sightings}
    assert DOUBTED.confidence not in {candidate.sightings[0].sighting.confidence for candidate in drawn}
    with traffic.service.store.reading() as db:
        (unlikely,) = [known.id for known in db.candidates.known("climate") if known.status is Status.UNLIKELY]
    store, at = traffic.service.store, traffic.service.clock()
    pages, api = signed_in(traffic.service), Api(traffic.service)
    as_reviewer = {"headers": api.token("reviewer")}

    def listed(status, words=""):
        return [one["id"] for one in api.json(f"/candidates?status={status}&q={words}", **as_reviewer)["candidates"]]

    def sightings():
        return api.json(f"/candidates/{talks.id}", **as_reviewer)["sightings"]

    for candidate in reversed(drawn):
        title = candidate.sightings[0].release.title
        assert listed("pending", title) == [candidate.id], "found as itself alone"
        assert title not in pages.get(f"/review/{talks.id}").text
        assert "probably nothing" not in pages.get(f"/review/{candidate.id}").text, "nor offered for merging"
        assert listed("unlikely") == listed("unlikely", title) == []
        assert "0 probably nothing" in words_of(pages.get("/review?status=unlikely").text)
        assert pages.get(f"/review/{unlikely}").status_code == 404
        assert api.get(f"/candidates/{unlikely}", **as_reviewer).status_code == 404
        assert titles.isdisjoint(seen["release"]["title"] for seen in sightings())
        with pytest.raises(Refused, match="Nothing would be left"):
            split(store, talks.id, talks.version, [seen["id"] for seen in sightings()], by="ana", at=at)
        decide(traffic, candidate, relevant=False)
        titles.remove(title)
    assert listed("unlikely") == [unlikely]
    assert pages.get(f"/review/{unlikely}").status_code == 200
    assert len(sightings()) == 41


def test_the_scheduler_draws_by_itself(traffic):
    traffic.a_week()
    traffic.come(200)
    with traffic.service.store.writing() as db:
        db.feeds.sync([], now=traffic.service.clock())
    polling = Polling(traffic.service)
    assert polling.tick() == []
    polling.stop()
    assert traffic.pending()


class Always(random.Random):
    """Draws whatever has a chance."""

    def random(self) -> float:
        return 0.0


def test_a_release_of_a_shared_feed_is_measured_for_each_relationship_by_what_it_says_of_that_one(tmp_path):
    write_packs(tmp_path / "config", 2)
    settings = replace(settings_in(tmp_path), config=tmp_path / "config", sample=20)
    service, (first, second) = open_service(settings, migrate=True, clock=Clock()), (slug_of(0), slug_of(1))
    service.prepare()
    feed = service.feeds_by_slug[SHARED]
    detect, store = service.detect_for(feed.relationships), service.store

    def come(title: str, text: str) -> None:
        now = service.clock()
        told = release(title=title, summary=text, side="hub", feed=SHARED, url=title, published=now.date())
        with store.writing() as db:
            kept = db.releases.keep(told, guid=title, canonical_url=None, now=now)
            take_in(db, told, kept, detect(told), now=now)

    sample(service, Always())
    come("Harbor Day", "The band will play.")
    service.clock.advance(weeks=1)
    sample(service, Always())
    come("Harbor Day again", "The band will play.")
    come(*release_on(0))
    passed = sample(service, Always())
    assert [(passed[one].releases, passed[one].flagged, passed[one].drawn) for one in (first, second)] == [
        (2, 1, 1), (2, 0, 2),
    ]  # fmt: skip
    with store.reading() as db:
        waiting = db.candidates.queue(Status.PENDING, most=9)
    assert len(waiting) == 4
    for candidate in waiting:
        name = (candidate.id, candidate.version)
        if candidate.channel.startswith(partner(0)[0]) and "Harbor" not in candidate.sightings[0].release.title:
            accept(store, *name, by="ana", at=service.clock())
        else:
            reject(store, *name, by="ana", at=service.clock(), reason="Nothing of the kind.")
    with store.reading() as db:
        found = {pair: [(one.flagged, one.found) for one in db.samples.measured(pair)] for pair in (first, second)}
        assert [one.accepted for one in db.samples.decided(first)] == [1]
        assert db.samples.decided(second) == []
    assert found == {
        first: [(False, Found.REJECTED), (True, Found.ACCEPTED)],
        second: [(False, Found.REJECTED), (False, Found.REJECTED)],
    }
    store.close()
