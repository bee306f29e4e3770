"""Which reports tell of one event, and why: pure, and never a matter of which came first."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.make import sighting
from tracker.model import PartialDate, Signal
from tracker.releases.grouping import Report, Strength, disagree, report_of, same_event, together

PUBLISHED = date(2024, 1, 9)


def report(when: str | None = "2024-01-09", *, starts: date | None = None, days_later: int = 0, **over) -> Report:
    said = sighting(date=PartialDate(when) if when else None, starts=starts, **over)
    return report_of(said, PUBLISHED + timedelta(days=days_later))


def why(one: Report, other: Report) -> str | None:
    tie = same_event(one, other)
    return tie.why if tie else None


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (report(), report(), "Both give 9 Jan 2024."),
        (report("2024-01-08"), report("2024-01-09"), "Their dates meet: 8 Jan 2024 and 9 Jan 2024."),
        (
            report(starts=date(2024, 1, 8)),
            report("2024-01-10"),
            "Their dates meet: 8–9 Jan 2024 and 10 Jan 2024.",
        ),
        (report("2024-01-08"), report("2024-01-10"), None),
        (report(None), report(days_later=3), "No date in one; published 3 days apart."),
        (report(None), report(None), "No date in either; published on one day."),
        (report(None), report(days_later=11), None),
        (report("2024-01"), report(days_later=1), "Their dates meet: Jan 2024 and 9 Jan 2024; published 1 day apart."),
        (report("2024-01"), report(days_later=40), None),
        (report("2024-01"), report("2024"), "Their dates meet: Jan 2024 and 2024; published on one day."),
        (report(), report(signal=Signal.ANNOUNCED), None),
        (report(signal=Signal.CANCELLED), report(signal=Signal.POSTPONED), "Both give 9 Jan 2024."),
    ],
)
def test_reports_of_like_signals_whose_dates_meet_tell_of_one_event_and_say_why(one, other, expected):
    assert why(one, other) == expected


def of(side: str, *days: str) -> Report:
    """What a side tells, of one day in each of its reports."""
    return together(*(report_of(sighting(date=PartialDate(day), starts=None), PUBLISHED, side) for day in days))


@pytest.mark.parametrize(
    ("one", "other", "tied"),
    [
        (of("us", "2024-01-08"), of("us", "2024-01-09"), False),
        (of("us", "2024-01-08"), of("us", "2024-01-08"), True),
        (of("us", "2024-01-08"), of("cn", "2024-01-09"), True),
        (of("third-party", "2024-01-08"), of("third-party", "2024-01-09"), True),
        (together(of("us", "2024-01-08"), of("cn", "2024-01-09")), of("cn", "2024-01-09"), True),
        (together(of("us", "2024-01-08"), of("cn", "2024-01-09")), of("us", "2024-01-09"), False),
    ],
)
def test_the_day_between_the_capitals_is_none_between_two_days_of_one_party(one, other, tied):
    assert bool(same_event(one, other)) is tied
    assert bool(same_event(other, one)) is tied


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (report(round=17), report(round=18), "Both give 9 Jan 2024. They name different rounds: 17 and 18."),
        (report(round=17), report("2024-01-10", round=18), None),
        (report(None, round=17), report(None, round=18), None),
        (report(round=17), report("2024-01-19", round=17), "Both name round 17."),
        (report(round=17), report("2024-01-20", round=17), None),
        (report(round=17), report(None, round=17, days_later=300), "Both name round 17."),
        (report(round=17), report(None, round=17, days_later=400), None),
        (report(round=17), report(None, round=17, signal=Signal.ANNOUNCED), None),
        (report(round=17), report(), "Both give 9 Jan 2024."),
        (report(round=17, persons=("us-a",)), report(round=17, persons=("us-b",)), "Both name round 17."),
    ],
)
def test_the_number_of_the_round_decides_where_both_know_it(one, other, expected):
    assert why(one, other) == expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("2024-01-09", "2024-01-09", "Both give 9 Jan 2024."),
        ("2024-01-08", "2024-01-09", None),
        ("2024-01", "2024-01-09", None),
        (None, "2024-01-09", None),
    ],
)
def test_reports_of_other_persons_need_a_day_that_both_name(one, other, expected):
    assert why(report(one, persons=("us-a", "cn-a")), report(other, persons=("us-b",))) == expected
    assert why(report(one, persons=("us-a", "cn-a")), report(other, persons=("us-a",)))
    assert why(report(one, persons=("us-a", "cn-a")), report(other))


DAYS = st.dates(date(2023, 12, 20), date(2024, 2, 10))
REPORTS = st.builds(
    Report,
    signal=st.sampled_from([Signal.HELD, Signal.CANCELLED, Signal.SUSPENDED]),
    date=st.none()
    | st.builds(lambda day, length: PartialDate(day.isoformat()[:length]), DAYS, st.sampled_from([4, 7, 10])),
    starts=st.none() | DAYS,
    published=DAYS,
    rounds=st.frozensets(st.integers(16, 18), max_size=2),
    persons=st.frozensets(st.sampled_from("abc"), max_size=2),
)


@given(REPORTS, REPORTS)
def test_it_never_matters_which_report_came_first(one, other):
    assert same_event(one, other) == same_event(other, one)
    assert disagree([one, other]) == disagree([other, one])


@given(REPORTS)
def test_a_report_tells_of_its_own_event_and_agrees_with_itself(one):
    assert same_event(one, one)
    assert not disagree([one, one])


@given(REPORTS, REPORTS)
def test_two_known_rounds_are_one_event_only_on_a_day_that_both_name(one, other):
    if one.rounds and other.rounds and not one.rounds & other.rounds and same_event(one, other):
        assert one.to_the_day
        assert other.to_the_day
        assert max(one.span[0], other.span[0]) <= min(one.span[1], other.span[1])


def test_a_round_ties_more_surely_than_a_date_and_one_date_than_two_that_meet():
    ties = [
        same_event(report(None), report()),
        same_event(report("2024-01-08"), report()),
        same_event(report(), report()),
        same_event(report(round=17), report(round=17)),
    ]
    assert [tie.strength for tie in ties] == sorted(Strength)


def test_reports_together_tell_the_first_signal_the_sharpest_date_and_all_rounds_and_persons():
    vague = report("2024-01", persons=("us-a",), signal=Signal.SUSPENDED)
    sharp = report("2024-01-09", starts=date(2024, 1, 8), days_later=2, round=17, persons=("cn-a",))
    told = together(vague, sharp)
    assert (told.signal, told.date, told.starts) == (Signal.SUSPENDED, sharp.date, sharp.starts)
    assert (told.published, told.rounds, told.persons) == (sharp.published, {17}, {"us-a", "cn-a"})


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (report(), report(starts=date(2024, 1, 8)), False),
        (report("2024-01"), report(), False),
        (report(None), report(), False),
        (report("2024-01-08"), report(), True),
        (report("2024-02"), report(), True),
        (report(signal=Signal.POSTPONED), report(signal=Signal.CANCELLED), True),
    ],
)
def test_reports_disagree_where_neither_date_lies_in_the_other_or_signals_differ(one, other, expected):
    assert disagree([one, other]) is expected
