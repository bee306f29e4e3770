"""Checks of reviewers on themselves: who reads what blind, decoys that nothing tells apart, figures that tell."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.decoys import read_decoys
from config.errors import ConfigError
from db.blind import Word
from db.store import Store
from tests.engines import REFUSED, Raw
from tests.make import release, sighting
from tests.test_review import US, arrive
from tracker.detect import detect
from tracker.measuring.blind import (
    NO_ADDRESS,
    Answer,
    Check,
    Deeds,
    Reading,
    Said,
    Truth,
    coarse,
    figures,
    is_blind,
    is_right,
    release_of,
    spacing,
)
from tracker.measuring.guess import guess
from tracker.model import Outcome, PartialDate, Signal, State, Status, Verdict
from tracker.releases.grouping import report_of
from tracker.reviewing import decoys
from tracker.service import Service

KEY = b"a key of the tests"
DPCT = Said("dpct", Signal.HELD)
NOTHING = Said(None, None)


# Texts


def test_there_are_decoys_enough_in_both_languages_and_most_only_look_like_updates(service: Service):
    (pack,) = service.packs
    assert len(pack.decoys) >= 30
    for lang in ("en", "zh"):
        own = [decoy for decoy in pack.decoys if decoy.lang == lang]
        assert len([decoy for decoy in own if decoy.truth]) >= 5
        assert len([decoy for decoy in own if not decoy.truth]) >= 8


@pytest.mark.parametrize("published", [date(2026, 11, 28), date(2027, 1, 1), date(2028, 3, 1)])
def test_detection_proposes_what_a_decoy_reports_and_something_of_each_that_reports_nothing(service, published):
    (pack,) = service.packs
    for decoy in pack.decoys:
        text = release_of(decoy, "A ministry", published)
        found = detect(text, pack.detector)
        if decoy.truth:
            told = [(one.channel, one.signal, one.date) for one in found]
            when = PartialDate.of(published + timedelta(days=decoy.truth.day))
            assert told == [(decoy.truth.channel, decoy.truth.signal, when)], decoy.key
        else:
            assert found or guess(text, pack.detector, 0.8, random.Random(1)).evidence, decoy.key
        assert "{" not in text.title + text.summary
        assert text.url.startswith(NO_ADDRESS)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("channel: mmca", "channel: mmcb"), 'no channel is called "mmcb"; did you mean "mmca"?'),
        (("side: us", "side: uk"), 'no side is called "uk"'),
        (("  day: -1\n", ""), "channel, reports and day stand together; write all three for an update, else none"),
        (("day: -1", "day: 9"), "day is 9; write 3 at most, and a minus before it for earlier days"),
        (("key: dpct-held-en", "key: mmca-held-en"), 'the decoy "mmca-held-en" is there twice'),
    ],
)
def test_a_mistake_in_the_file_of_decoys_is_one_sentence(service, tmp_path, change, sentence):
    text = (service.settings.config / "relationships/us-china/decoys.yaml").read_text(encoding="utf-8")
    file = tmp_path / "decoys.yaml"
    file.write_text(text.replace(*change, 1), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_decoys(file, ["mmca", *(channel.slug for channel in service.packs[0].channels)], ["us", "cn"])
    assert sentence in str(caught.value)
    assert str(file) in str(caught.value)


def test_a_relationship_may_have_no_decoys(tmp_path):
    assert read_decoys(tmp_path / "decoys.yaml", [], []) == ()


# Lots


@given(st.integers(1, 20), st.text(max_size=20))
def test_what_is_blind_stays_so_and_its_share_lies_within_its_bounds(percent, reviewer):
    chosen = [is_blind(KEY, reviewer, number, percent) for number in range(1, 2001)]
    assert chosen == [is_blind(KEY, reviewer, number, percent) for number in range(1, 2001)]
    expected, spread = 20 * percent, math.sqrt(2000 * percent / 100 * (1 - percent / 100))
    assert abs(sum(chosen) - expected) <= 5.5 * spread


def test_two_reviewers_and_two_keys_have_lots_of_their_own():
    def chosen(key: bytes, name: str) -> set[int]:
        return {number for number in range(5000) if is_blind(key, name, number, 5)}

    assert len(chosen(KEY, "ana") & chosen(KEY, "ben")) < 30
    assert len(chosen(KEY, "ana") & chosen(b"another", "ana")) < 30
    assert not any(is_blind(KEY, "ana", number, 0) for number in range(5000))


@given(st.integers(1, 20), st.integers(0, 500))
def test_between_two_decoys_lie_as_many_decisions_as_the_share_asks_and_less_than_twice_that(percent, planned):
    assert 100 / percent <= spacing(KEY, "ana", planned, percent) < 2 * math.ceil(100 / percent)


# Figures


@given(st.floats(0, 100_000), st.floats(0, 100_000))
def test_a_time_is_kept_coarsely_in_order_and_no_longer_than_half_an_hour(first, second):
    assert coarse(min(first, second)) <= coarse(max(first, second)) <= 1800
    assert coarse(first) % 5 == 0
    assert first > 1800 or abs(coarse(first) - first) <= max(5, 0.5 * first)


def test_an_update_is_accepted_as_what_it_reports_and_anything_else_is_rejected():
    held, cut = Truth("dpct", Signal.HELD, -1), Truth("dpct", Signal.SUSPENDED, 0)
    assert is_right(held, Answer.ACCEPTED, State.RESUMED, Outcome.HELD)
    assert is_right(cut, Answer.ACCEPTED, State.SUSPENDED, None)
    assert not is_right(held, Answer.ACCEPTED, None, Outcome.ANNOUNCED)
    assert not is_right(held, Answer.REJECTED)
    assert is_right(None, Answer.REJECTED)
    assert not is_right(None, Answer.ACCEPTED, None, Outcome.HELD)
    assert is_right(held, Answer.OTHERWISE) is None


def test_readings_are_held_against_the_proposal_and_against_what_was_decided():
    told = figures(
        Deeds(
            accepted=3,
            rejected=1,
            times=[5, 10, 900],
            readings=[
                Reading(DPCT, DPCT, True),
                Reading(NOTHING, DPCT, True),  # gave way to the proposal
                Reading(NOTHING, DPCT, False),
                Reading(Said("dpct", Signal.ANNOUNCED), DPCT, None),
            ],
            checks=[Check(True, True), Check(False, False), Check(False, True), Check(False, None)],
        )
    )
    assert (told.as_proposed.part, told.as_proposed.whole) == (1, 4)
    assert (told.as_decided.part, told.as_decided.whole) == (2, 3)
    assert (told.gave_way.part, told.gave_way.whole) == (1, 2)
    assert (told.updates.part, told.updates.whole) == (1, 1)
    assert (told.others.part, told.others.whole) == (1, 2)
    assert told.median_time == 10
    empty = figures(Deeds(0, 0, [], [], []))
    assert (empty.as_proposed.share, empty.median_time) == (None, None)


# The whole way, with reviewers whose habits are known


@dataclass
class Reviewer:
    """`care`: how often a text is read, and then decided rightly; whoever does not read accepts."""

    name: str
    care: float
    decided: int = 0
    seen: list[tuple[int, object, bool]] = field(default_factory=list)
    """Number, instant and nature of all that stood in the reviewer's queue."""


@pytest.fixture(scope="module")
def simulated(shipped, tmp_path_factory) -> tuple[Service, list[Reviewer]]:
    """Months of traffic in batches, and what two reviewers made of it: one careful, one a rubber stamp."""
    from tests.conftest import EVERYTHING, Clock

    rng, clock = random.Random(7), Clock()
    service = shipped.over(tmp_path_factory.mktemp("checks"), clock, EVERYTHING)
    service = replace(service, settings=replace(service.settings, blind=20))
    reviewers = [Reviewer("careful", 0.93), Reviewer("stamp", 0.03)]
    real = {}
    for batch in range(170):
        clock.advance(minutes=rng.randrange(20, 600))
        with service.store.writing() as db:
            for _ in range(rng.randrange(1, 5)):
                report = report_of(sighting(), clock().date())
                number = db.candidates.open("dpct", report, Status.PENDING, at=clock())
                real[number] = (clock(), rng.random() < 0.6)
        if batch % 3 == 2:
            for reviewer in reviewers:
                _session(service, reviewer, {n: real[n] for n in real if (n % 2 == 0) == (reviewer.care > 0.5)}, rng)
    yield service, reviewers
    service.store.close()


def _session(service: Service, reviewer: Reviewer, real: dict, rng: random.Random) -> None:
    """One sitting: a reviewer goes through their queue. Each has candidates of their own, so that both see decoys."""
    decoys.dress(service, reviewer.name, rng)
    with service.store.reading() as db:
        waiting = {number: real[number] for number in real if db.candidates.get(number).status is Status.PENDING}
        hidden = {one.number: one for one in db.blind.waiting(reviewer.name)}
    for number in sorted([*waiting, *hidden]):
        service.clock.advance(seconds=40 if reviewer.care > 0.5 else 3)
        reads = rng.random() < reviewer.care
        if number in hidden:
            _answer(service, reviewer, hidden[number], reads)
        else:
            _decide(service, reviewer, number, *waiting[number], reads)


def _answer(service: Service, reviewer: Reviewer, hidden, reads: bool) -> None:
    truth = decoys.decoy_of(service, hidden).truth
    reviewer.seen.append((hidden.number, hidden.opened_at, True))
    accepts = bool(truth) or not reads
    outcome = Outcome.HELD if truth is None or truth.signal is Signal.HELD else None
    given = Answer.ACCEPTED if accepts else Answer.REJECTED
    state = State.SUSPENDED if truth and truth.signal is Signal.SUSPENDED else None
    assert decoys.answer(service, reviewer.name, hidden.number, given, state=state, outcome=outcome)


def _decide(service: Service, reviewer: Reviewer, number: int, opened_at, true: bool, reads: bool) -> None:
    reviewer.seen.append((number, opened_at, False))
    reviewer.decided += 1
    with service.store.writing() as db:
        db.blind.open_item(reviewer.name, number, at=service.clock() - timedelta(seconds=30 if reads else 2))
        if is_blind(KEY, reviewer.name, number, service.settings.blind):
            said = DPCT if true or not reads else NOTHING
            db.blind.add_reading(reviewer.name, number, Word(said, None, DPCT, None), at=service.clock())
        verdict = Verdict.ACCEPT if true or not reads else Verdict.REJECT
        db.candidates.add_decision(number, verdict, by=reviewer.name, at=service.clock())
        status = Status.ACCEPTED if verdict is Verdict.ACCEPT else Status.REJECTED
        assert db.candidates.decide(number, db.candidates.get(number).version, status)
        db.blind.close_item(reviewer.name, number, at=service.clock())
    decoys.plan(service, reviewer.name, KEY, random.Random(number))


def test_the_figures_tell_a_careful_reviewer_from_a_rubber_stamp(simulated):
    service, _ = simulated
    with service.store.reading() as db:
        careful, stamp = (figures(db.blind.deeds(decoys.updates(service), name)) for name in ("careful", "stamp"))
        both = figures(db.blind.deeds(decoys.updates(service)))
    assert careful.others.whole >= 8
    assert stamp.others.whole >= 8
    assert careful.others.share.low > stamp.others.share.high, "who reads rejects what only looks like an update"
    assert stamp.updates.part == stamp.updates.whole, "accepting all is right of updates: they alone tell nothing"
    assert careful.median_time > 3 * stamp.median_time
    assert both.decoys.whole == careful.decoys.whole + stamp.decoys.whole
    assert len(both.deeds.times) == len(careful.deeds.times) + len(stamp.deeds.times)


def test_decoys_and_blind_readings_are_as_many_as_the_setting_says(simulated):
    service, reviewers = simulated
    for reviewer in reviewers:
        shown = sum(decoy for *_, decoy in reviewer.seen)
        assert 10 <= shown <= reviewer.decided * service.settings.blind / 100
        with service.store.reading() as db:
            read = len(db.blind.numbers_read(reviewer.name))
        expected, spread = reviewer.decided * 0.2, math.sqrt(reviewer.decided * 0.2 * 0.8)
        assert abs(read - expected) < 3 * spread


def test_neither_number_nor_age_nor_order_tells_a_decoy(simulated):
    _, reviewers = simulated
    ranks, minutes = [], {True: [], False: []}
    for reviewer in reviewers:
        seen = sorted(reviewer.seen, key=lambda item: (item[1], item[0]))
        assert [number for number, *_ in seen] == sorted(number for number, *_ in seen), "older ones have lower numbers"
        for instant, items in groupby(seen, key=lambda item: item[1]):
            items = list(items)
            for place, (*_, decoy) in enumerate(items):
                minutes[decoy].append(instant.minute)
                if decoy and len(items) > 1:
                    ranks.append(place / (len(items) - 1))
    assert len(ranks) >= 15
    even = math.sqrt(1 / 4 / len(ranks))
    assert abs(sum(ranks) / len(ranks) - 0.5) < 2.6 * even, "neither the first nor the last that came"
    means = [sum(some) / len(some) for some in minutes.values()]
    assert abs(means[0] - means[1]) < 2.6 * 17.3 / math.sqrt(len(minutes[True]))


# What the database refuses


@pytest.fixture
def planted(seeded_2023: Service) -> Service:
    """A decoy beside one candidate, in front of ana."""
    checked = replace(seeded_2023, settings=replace(seeded_2023.settings, blind=20))
    with checked.store.writing() as db:
        db.blind.plan("ana", "denial-leaders-en", 0, at=checked.clock())
    arrive(checked, US, sighting())
    decoys.dress(checked, "ana", random.Random(1))
    return checked


@pytest.fixture
def past(planted: Service, raw: Callable[[Store], Raw]) -> Raw:
    """The database without the foreign key that would refuse first, as any tool may have it."""
    opened = raw(planted.store)
    is_file = planted.store.is_file
    opened.execute(
        "PRAGMA foreign_keys = OFF" if is_file else "ALTER TABLE decision DROP CONSTRAINT decision_candidate_fkey"
    )
    return opened


def test_a_decoy_takes_its_number_and_age_from_the_candidate_beside_which_it_stands(planted):
    with planted.store.reading() as db:
        (hidden,), real = db.blind.waiting("ana"), db.candidates.get(2)
        assert db.candidates.get(1) is None
        assert (hidden.number, hidden.opened_at, hidden.release.published) == (1, real.opened_at, US.published)
        assert db.blind.waiting("ben") == []
    text = hidden.release
    for words in hidden.sighting.evidence:
        assert getattr(text, words.field)[words.start : words.end] == words.text


_DECISION = "INSERT INTO decision (candidate, verdict, decided_by, decided_at) VALUES (1, 'accept', 'ana', '2026-01')"


@pytest.mark.parametrize(
    "statement",
    [
        _DECISION,
        "INSERT INTO candidate (id, channel, signal, status, opened_at, evidence_at, published) "
        "SELECT 1, channel, signal, status, opened_at, evidence_at, published FROM candidate",
        "UPDATE candidate SET id = 1 WHERE id = 2",
        "UPDATE sighting SET candidate = 1",
        "INSERT INTO first_word (candidate, choice, given_by, given_at) VALUES (1, '{}', 'ana', '2026-01-01')",
        "INSERT INTO hold (candidate, reason, held_by, held_at) VALUES (1, 'later', 'ana', '2026-01-01')",
        "INSERT INTO source (url, title, publisher, side, published) "
        "SELECT '', title, publisher, side, published FROM decoy",
        "INSERT INTO source (url, title, publisher, side, published) SELECT url, 'x', 'x', 'us', '' FROM decoy",
        "INSERT INTO release_revision (release, number, title, summary, hash, seen_at) "
        "SELECT 1, 9, title, summary, 'x', '2026-01-01' FROM decoy",
        "UPDATE decoy SET number = 2",
        "UPDATE decoy SET title = 'Another'",
        "DELETE FROM decoy",
    ],
)
def test_nothing_can_rest_on_a_decoy_even_for_whoever_writes_sql(past, statement):
    with pytest.raises(REFUSED, match=r"decoy|candidate"):
        past.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO status_change (channel, state, effective, cause, recorded_at, recorded_by, decision) "
        "VALUES ('dpct', 'active', '2026-01-01', 'x', '2026-01-01', 'ana', {decision})",
        "INSERT INTO contact (channel, outcome, date, recorded_at, recorded_by, decision) "
        "VALUES ('dpct', 'held', '2026-01-01', '2026-01-01', 'ana', {decision})",
        "INSERT INTO citation (status_change, source, recorded_at, decision) VALUES (1, 1, '2026-01-01', {decision})",
    ],
)
def test_no_row_of_the_record_can_come_from_a_decision_on_a_decoy(past, statement):
    """Even where such a decision exists: its own trigger is taken away first."""
    past.drop_triggers("decision_candidate_is_no_decoy")
    decision = past.execute(f"{_DECISION} RETURNING id").fetchone()[0]
    with pytest.raises(REFUSED, match="a decoy cannot reach the record"):
        past.execute(statement.format(decision=decision))


def test_no_row_of_the_record_can_cite_a_decoy(past):
    past.drop_triggers("source_is_no_decoy")
    insert = "INSERT INTO source (url, title, publisher, side) SELECT url, 'x', 'x', 'us' FROM decoy RETURNING id"
    source = past.execute(insert).fetchone()[0]
    with pytest.raises(REFUSED, match="a decoy: it cannot reach the record"):
        past.execute("INSERT INTO citation (status_change, source, recorded_at) VALUES (1, ?, '2026-01-01')", (source,))


def test_what_is_real_goes_its_way_past_the_triggers(planted):
    with planted.store.writing() as db:
        db.candidates.add_decision(2, Verdict.REJECT, by="ana", at=planted.clock())
    (another,) = arrive(planted, release(url="https://us.example/2", title="Another"), sighting(channel="mmca"))
    assert another.id == 3


# Planning


def test_no_decoy_is_planned_before_enough_decisions_nor_while_one_waits_nor_while_nothing_real_does(planted):
    def plan(name: str) -> bool:
        return decoys.plan(planted, name, KEY, random.Random(3))

    assert not plan("ana"), "one waits"
    assert not plan("ben"), "ben has decided nothing"
    with planted.store.writing() as db:
        for _ in range(10):
            db.candidates.add_decision(2, Verdict.REJECT, by="ben", at=planted.clock())
        db.candidates.set_status(2, Status.REJECTED)
    assert not plan("ben"), "nothing waits"
    with planted.store.writing() as db:
        db.candidates.set_status(2, Status.PENDING)
    assert plan("ben")
    assert not plan("ben")


def test_each_decoy_comes_to_a_reviewer_once_and_none_comes_where_checks_are_off(planted):
    with planted.store.writing() as db:
        for decoy in planted.packs[0].decoys:
            if decoy.key != "denial-leaders-en":
                db.blind.plan("ana", decoy.key, 0, at=planted.clock())
        for _ in range(50):
            db.candidates.add_decision(2, Verdict.REJECT, by="ana", at=planted.clock() + timedelta(hours=1))
    assert decoys.answer(planted, "ana", 1, Answer.REJECTED)
    assert not decoys.answer(planted, "ana", 1, Answer.ACCEPTED), "the first answer stays"
    assert not decoys.plan(planted, "ana", KEY), "all of them have come"
    off = replace(planted, settings=replace(planted.settings, blind=0))
    assert not decoys.plan(off, "ben", KEY)
