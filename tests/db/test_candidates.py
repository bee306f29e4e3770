"""What grouping asks of the candidates that are there: all that it needs, at a cost that does not grow with them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db.store import Store, Subjects
from tests.make import release, sighting
from tracker.model import PartialDate, Sighting, Signal, Status
from tracker.polling.intake import in_order, take_in
from tracker.releases.grouping import report_of, same_event, together

pytestmark = pytest.mark.both_engines

AT = datetime(2024, 2, 1, tzinfo=UTC)
IN_A_STORE = settings(
    max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
DAYS = st.dates(date(2022, 6, 1), date(2025, 6, 1))
DATES = st.builds(lambda day, length: PartialDate(day.isoformat()[:length]), DAYS, st.sampled_from([4, 7, 10]))
SAID = st.builds(
    sighting,
    signal=st.sampled_from([Signal.HELD, Signal.CANCELLED]),
    date=st.none() | DATES,
    starts=st.none() | DAYS,
    round=st.none() | st.integers(17, 18),
    persons=st.sampled_from([(), ("a",), ("a", "b")]),
    flagged=st.booleans(),
)


class Undone(Exception):
    pass


@contextmanager
def undone(store: Store) -> Iterator[Subjects]:
    """A transaction of which nothing is kept."""
    try:
        with store.writing() as db:
            yield db
            raise Undone
    except Undone:
        pass


SIDE = release().side


def add(db: Subjects, candidate: int, number: int, said: Sighting, published: date, because: str | None = None) -> None:
    document = replace(release(url=f"https://us.example/{number}", title=f"Release {number}"), published=published)
    kept = db.releases.keep(document, guid=document.url, canonical_url=document.url, now=AT)
    db.candidates.add_sighting(
        candidate, kept.id, kept.revision, said, published=published, at=AT, because=because
    )  # fmt: skip


@IN_A_STORE
@given(st.lists(st.tuples(SAID, DAYS), min_size=1, max_size=30), SAID, DAYS)
def test_no_candidate_of_the_same_event_is_missed_however_far_its_news_lies(seeded_2023, there, said, published):
    report = report_of(said, published, SIDE)
    with undone(seeded_2023.store) as db:
        for number, (earlier, day) in enumerate(there):
            add(db, db.candidates.open("dpct", report_of(earlier, day), Status.PENDING, at=AT), number, earlier, day)
        all_known = db.candidates.known("dpct")
        near = db.candidates.known("dpct", report)
    assert len(all_known) == len(there)
    assert [one.report for one in all_known] == [report_of(earlier, day, SIDE) for earlier, day in there]
    assert {one.id for one in near} >= {one.id for one in all_known if same_event(report, one.report)}


def test_candidates_of_other_times_and_kinds_are_not_looked_at(seeded_2023):
    """Of other years where a round is named, else of other days, of which there may be any number."""
    told = sighting(date=PartialDate("2024-01-08"), starts=None, round=None)
    with undone(seeded_2023.store) as db:
        for number, month in enumerate(f"{year}-{month:02}" for year in range(2022, 2026) for month in (1, 3, 6)):
            said, day = replace(told, date=PartialDate(month)), date.fromisoformat(f"{month}-09")
            add(db, db.candidates.open("dpct", report_of(said, day), Status.PENDING, at=AT), number, said, day)
            other = replace(said, signal=Signal.ENDED)
            add(db, db.candidates.open("dpct", report_of(other, day), Status.PENDING, at=AT), number, other, day)
        reports = [report_of(one, date(2024, 1, 9)) for one in (told, replace(told, round=17))]
        near, named = (db.candidates.known("dpct", report) for report in reports)
    assert [str(one.report.date) for one in near] == ["2024-01"]
    assert {str(one.report.date)[:4] for one in named} == {"2023", "2024", "2025"}
    assert {one.report.signal for one in (*near, *named)} == {Signal.HELD}


@IN_A_STORE
@given(st.lists(st.tuples(SAID, DAYS), min_size=1, max_size=12))
def test_what_alike_sightings_report_is_told_once_and_tells_the_same(seeded_2023, told):
    with undone(seeded_2023.store) as db:
        candidate = db.candidates.open("dpct", report_of(*told[0]), Status.PENDING, at=AT)
        for number, (said, day) in enumerate(told * 2):
            add(db, candidate, number, said, day, because="They meet." if number else None)
        telling = in_order(db.candidates.get(candidate).telling)
        whole = together(*(report_of(seen.sighting, seen.release.published) for seen in telling))
        reports = db.candidates.reports(candidate)
    assert len(reports) <= len(told)
    assert together(*reports) == replace(whole, rounds=frozenset(), persons=frozenset())


@pytest.mark.sqlite
def test_a_further_report_of_an_event_reads_no_more_than_the_tenth_did(seeded_2023):
    """Of statements and of rows; the time that these take is the database's."""
    read, asked, counts = 0, 0, []

    def row(*args) -> sqlite3.Row:
        nonlocal read
        read += 1
        return sqlite3.Row(*args)

    def statement(_: str) -> None:
        nonlocal asked
        asked += 1

    with undone(seeded_2023.store) as db:
        connection = db.candidates._db
        connection.row_factory = row
        connection.set_trace_callback(statement)
        try:
            for number in range(60):
                document = release(url=f"https://us.example/{number}", title=f"Release {number}")
                kept = db.releases.keep(document, guid=document.url, canonical_url=document.url, now=AT)
                before = read, asked
                take_in(db, document, kept, [sighting()], now=AT)
                counts.append((read - before[0], asked - before[1]))
        finally:
            connection.set_trace_callback(None)
            connection.row_factory = sqlite3.Row
        assert len(db.candidates.known("dpct")) == 1
    assert counts[-1] == counts[9]
