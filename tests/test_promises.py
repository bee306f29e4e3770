"""What became of promises, how far a channel has come back, and the figures of the record."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.load import load_relationships
from tests.conftest import ROOT
from tests.make import CHANNEL, US_CHINA, change, contact, moment, source
from tracker.model import Category, Contact, Outcome, PartialDate, State, StatusChange
from tracker.record.fates import Fate, meets, when, window
from tracker.record.figures import contacts_per_quarter, days_in_states, quarters, stays, years
from tracker.record.history import state_at, view
from tracker.record.rhythm import Step, ladder, rhythm_of


def seen(day: str, changes=(), contacts=(), channel=CHANNEL):
    return view(channel, US_CHINA, changes, contacts, moment(day))


def promise(when: str | None, **over) -> Contact:
    return contact(Outcome.ANNOUNCED, when, announced=date(2024, 1, 5), id=1, **over)


@pytest.mark.parametrize(
    ("when", "last", "lapses"),
    [
        ("2024-03-08", "2024-03-08", "2024-03-09"),
        ("2024-03", "2024-03-31", "2024-04-01"),
        ("2024", "2024-12-31", "2025-01-01"),
        (None, "2025-01-04", "2025-01-05"),
    ],
)
def test_a_promise_lapses_the_day_after_its_last_day_whatever_its_precision(when, last, lapses):
    (before,) = seen(last, contacts=[promise(when)]).promises
    assert (before.fate, before.due.isoformat(), before.lapsed_on) == (Fate.OPEN, last, None)
    (after,) = seen(lapses, contacts=[promise(when)]).promises
    assert (after.fate, after.lapsed_on.isoformat()) == (Fate.LAPSED, lapses)


@pytest.mark.parametrize(
    ("outcome", "fate"),
    [(Outcome.HELD, Fate.HELD), (Outcome.POSTPONED, Fate.POSTPONED), (Outcome.CANCELLED, Fate.CANCELLED)],
)
def test_what_was_reported_in_its_time_closes_a_promise(outcome, fate):
    closing = contact(outcome, "2024-03-08", announced=date(2024, 3, 1), id=2)
    (closed,) = seen("2024-06-01", contacts=[promise("2024-03-08"), closing]).promises
    assert (closed.fate, closed.closed_by, closed.lapsed_on) == (fate, closing, None)


def test_a_promise_kept_late_is_closed_and_keeps_its_lapse():
    late = contact(Outcome.HELD, "2024-04-10", id=2)
    (kept,) = seen("2024-06-01", contacts=[promise("2024-03"), late]).promises
    assert (kept.fate, kept.closed_by, kept.lapsed_on) == (Fate.HELD, late, date(2024, 4, 1))
    months_later = contact(Outcome.HELD, "2024-05-10", id=2)
    (lapsed,) = seen("2024-06-01", contacts=[promise("2024-03"), months_later]).promises
    assert lapsed.fate is Fate.LAPSED, "another meeting, not the one that was promised"


def test_a_planned_state_is_a_promise_and_is_not_told_twice_beside_its_announcement():
    plan = change(State.PLANNED, "2024-01-05", expected=PartialDate("2024-03"), id=9)
    assert [one.made for one in seen("2024-02-01", [plan]).promises] == [plan]
    assert [type(one.made) for one in seen("2024-02-01", [plan], [promise("2024-03-08")]).promises] == [Contact]


def test_a_planned_state_without_a_date_promises_the_channels_next_contact_within_a_year():
    plan = change(State.PLANNED, "2023-11-15", id=9)
    (made,) = seen("2023-11-20", [plan]).promises
    assert (made.made, made.fate, made.dated, made.due) == (plan, Fate.OPEN, None, date(2024, 11, 14))
    (lapsed,) = seen("2024-11-15", [plan]).promises
    assert (lapsed.fate, lapsed.lapsed_on) == (Fate.LAPSED, date(2024, 11, 15))
    there, next_one = contact(Outcome.HELD, "2023-11-15", id=1), contact(Outcome.HELD, "2024-01-08", id=2)
    (kept,) = seen("2024-02-01", [plan], [there, next_one]).promises
    assert (kept.fate, kept.closed_by, kept.lapsed_on) == (Fate.HELD, next_one, None), "not where it was agreed"


def test_a_planned_state_that_is_cut_before_its_contact_is_called_off_by_the_cut():
    plan, cut = change(State.PLANNED, "2023-11-15", id=8), change(State.SUSPENDED, "2024-02-01", id=9)
    (made,) = seen("2024-03-01", [plan, cut], [contact(Outcome.HELD, "2025-06-01", id=3)]).promises
    assert (made.fate, made.closed_by) == (Fate.CANCELLED, cut)


def test_a_refused_call_does_not_take_back_what_was_agreed_without_a_date():
    plan = change(State.PLANNED, "2023-11-15", id=9)
    (made,) = seen("2024-03-01", [plan], [contact(Outcome.REFUSED, "2023-12-01", id=3)]).promises
    assert made.fate is Fate.OPEN


@pytest.mark.parametrize("more", [(), ("2024-03-20",)])
def test_a_new_date_named_with_the_news_leaves_no_doubt_which_was_put_off(more):
    off = contact(Outcome.POSTPONED, "2024-02-20", announced=date(2024, 2, 20), id=2)
    anew = contact(Outcome.ANNOUNCED, "2024-05-08", announced=date(2024, 2, 20), id=3)
    others = [contact(Outcome.ANNOUNCED, day, announced=date(2024, 1, 6), id=4) for day in more]
    first, *_, last = seen("2024-03-19", contacts=[promise("2024-03-08"), off, anew, *others]).promises
    assert (first.fate, last.fate) == (Fate.LAPSED if more else Fate.POSTPONED, Fate.OPEN)
    assert first.closed_by == (None if more else off)


def test_a_new_date_named_with_the_news_goes_not_before_an_older_plan():
    plan = change(State.PLANNED, "2023-12-20", id=9, sources=(source(url="https://example.org/plan"),))
    off = contact(Outcome.POSTPONED, "2024-02-20", announced=date(2024, 2, 20), id=2)
    anew = contact(Outcome.ANNOUNCED, "2024-05-08", announced=date(2024, 2, 20), id=3)
    found = {one.made.id: one.fate for one in seen("2024-03-20", [plan], [off, anew]).promises}
    assert found == {9: Fate.POSTPONED, 3: Fate.OPEN}


@pytest.mark.parametrize(
    "over",
    [
        {"decision": 7},
        {"sources": (source(url="https://example.org/joint"),)},
        {"announced": date(2023, 11, 16)},
    ],
)
def test_one_announcement_is_one_promise_where_a_state_and_a_contact_tell_of_it(over):
    joint = (source(url="https://example.org/joint"), source(url="https://example.org/more"))
    plan = change(State.PLANNED, "2023-11-15", id=9, decision=7, sources=joint)
    told = contact(Outcome.ANNOUNCED, "2024-01-08", id=1, **({"announced": date(2023, 12, 20)} | over))
    assert [one.made for one in seen("2023-12-31", [plan], [told]).promises] == [told]
    apart = replace(
        told, decision=None, sources=(source(url="https://example.org/other"),), announced=date(2023, 12, 20)
    )
    assert [one.made for one in seen("2023-12-31", [plan], [apart]).promises] == [apart, plan]


@pytest.fixture(scope="module")
def shipped() -> dict:
    """The shipped record by channel, each entry under an id of its own."""
    (pack,) = load_relationships(Path(ROOT / "config"))
    rows = [replace(one.entry, id=number) for number, one in enumerate(pack.entries, start=1)]
    return {
        line.slug: (
            line,
            [row for row in rows if row.channel == line.slug and isinstance(row, StatusChange)],
            [row for row in rows if row.channel == line.slug and isinstance(row, Contact)],
        )
        for line in pack.channels
    }


def shown(shipped, slug: str, day: str = "2025-12-31"):
    line, changes, contacts = shipped[slug]
    return view(line, US_CHINA, changes, contacts, moment(day))


@pytest.mark.parametrize(
    ("slug", "rungs"),
    [
        ("dpct", ["2023-11-15", "2024-01-08", "2024-01-08", "2024-09-14"]),
        ("mmca", ["2023-11-15", "2024-04-03", "2024-04-03", "2024-11-06"]),
        ("theater-commanders", ["2023-11-15", "2024-09-09", "2024-09-18"]),
        ("defense-ministers", ["2023-11-15", "2024-04-16", "2024-05-31"]),
        ("joint-staff", ["2023-11-15", "2023-12-21", "2023-12-21"]),
        ("mil-mil-exchanges", ["2023-11-15", "2023-12-21", "2024-04-21"]),
    ],
)
def test_the_military_channels_came_back_by_these_rungs(shipped, slug, rungs):
    reached = ladder(shown(shipped, slug))
    assert [str(rung.date) for rung in reached] == rungs
    assert [rung.step for rung in reached] == list(Step)[: len(rungs)]


def test_on_the_day_of_the_summit_agreed_is_the_only_rung_and_before_it_there_is_none(shipped):
    assert [rung.step for rung in ladder(shown(shipped, "dpct", "2023-11-15"))] == [Step.AGREED]
    assert ladder(shown(shipped, "dpct", "2023-11-14")) == ()
    assert ladder(shown(shipped, "dpct", "2022-08-04")) == (), "it had never been cut"


def test_a_rhythm_says_when_the_next_contact_is_due_and_by_how_many_months_it_is_late():
    yearly = replace(CHANNEL, cadence="annual")
    met = contact(Outcome.HELD, "2024-01-08", end=date(2024, 1, 9), id=1)
    using = [change(State.ACTIVE, "2020", id=1)]
    on_time = rhythm_of(seen("2025-01-08", using, [met], yearly))
    assert (on_time.expected_by, on_time.days_late) == (date(2025, 1, 8), 0)
    late = rhythm_of(seen("2025-03-20", using, [met], yearly))
    assert (late.months_late, late.days_late) == (2, 71)
    assert rhythm_of(seen("2025-03-20", using, [met])) is None
    assert rhythm_of(seen("2025-03-20", [change(State.SUSPENDED, "2024-02", id=1)], [met], yearly)) is None


DAYS = st.dates(date(2020, 1, 1), date(2023, 12, 31))


MADE = st.tuples(DAYS, st.sampled_from([4, 7, 10]), st.integers(0, 40), st.sampled_from(Outcome))


@given(st.lists(MADE.filter(lambda told: told[3] not in (Outcome.CANCELLED, Outcome.POSTPONED)), max_size=25))
def test_a_promise_is_closed_by_the_first_contact_that_meets_it_however_many_there_are(told):
    contacts = [
        contact(
            outcome, day.isoformat()[:length], id=number, announced=day - timedelta(days=ahead),
            end=day + timedelta(days=ahead) if length == 10 and outcome is Outcome.HELD else None,
        )
        for number, (day, length, ahead, outcome) in enumerate(told, start=1)
    ]  # fmt: skip
    view = seen("2030-01-01", contacts=contacts)
    outcomes = sorted((c for c in view.contacts[::-1] if c.outcome is not Outcome.ANNOUNCED), key=when)
    for promise in view.promises:
        met = next((c for c in outcomes if meets(c, promise.made)), None)
        late = (c for c in outcomes if c.outcome is Outcome.HELD and 0 < (c.first - promise.due).days <= 31)
        assert promise.closed_by == (met or next(late, None))
        assert (promise.lapsed_on is None) == (met is not None)


PROMISED = st.tuples(DAYS, st.sampled_from([4, 7, 10]), st.integers(0, 40))


@given(st.lists(PROMISED, max_size=8), st.lists(PROMISED, max_size=8))
def test_a_planned_state_is_told_where_no_announcement_at_all_can_be_of_the_same(plans, told):
    changes = [
        change(State.PLANNED, str(day - timedelta(days=ahead)), id=n, expected=PartialDate(str(day)[:length]))
        for n, (day, length, ahead) in enumerate(plans, start=1)
    ]
    contacts = [
        contact(
            Outcome.ANNOUNCED,
            str(day)[:length] if ahead else None,
            id=n,
            announced=day - timedelta(days=ahead),
        )
        for n, (day, length, ahead) in enumerate(told, start=1)
    ]
    found = seen("2030-01-01", changes, contacts).promises
    windows = [window(promise) for promise in contacts]
    alone = [c for c in changes if not any(o <= c.expected.last and c.expected.first <= e for o, e in windows)]
    assert {one.made.id for one in found if isinstance(one.made, StatusChange)} == {c.id for c in alone}


@given(st.lists(st.tuples(DAYS, st.sampled_from(State)), max_size=8), DAYS, DAYS)
def test_days_in_states_are_what_counting_day_by_day_gives(told, one, other):
    changes = [change(state, day.isoformat(), id=number) for number, (day, state) in enumerate(told, start=1)]
    first, last = sorted((one, other))
    found = seen("2023-06-30", changes)
    counted = dict.fromkeys(State, 0)
    day = first
    while day <= min(last, date(2023, 6, 29)):
        state = state_at(found.states[::-1], day)
        if state:
            counted[state] += 1
        day += timedelta(days=1)
    assert days_in_states(found, first, last) == counted


@pytest.mark.parametrize("day", ["2023-11-15", "2023-11-16", "2024-03-01"])
def test_a_state_that_lasts_has_as_many_days_in_the_figures_as_on_the_first_screen(day):
    found = seen(day, [change(State.SUSPENDED, "2022-08-05"), change(State.PLANNED, "2023-11-15")])
    days = days_in_states(found, date(2020, 1, 1), date(2030, 1, 1))
    assert (days[State.PLANNED], days[State.SUSPENDED]) == (found.days_in_state, 467)


def test_stays_follow_one_another_without_a_gap_up_to_the_day():
    history = [change(State.ACTIVE, "2020"), change(State.SUSPENDED, "2022-08-05"), change(State.PLANNED, "2023-11-15")]
    told = stays(history, date(2023, 12, 31))
    assert [(stay.state, stay.first.isoformat(), stay.last.isoformat()) for stay in told] == [
        (State.ACTIVE, "2020-01-01", "2022-08-04"),
        (State.SUSPENDED, "2022-08-05", "2023-11-14"),
        (State.PLANNED, "2023-11-15", "2023-12-31"),
    ]


def test_a_year_has_two_groups_and_a_quarter_counts_what_was_held():
    rows = [
        contact(Outcome.HELD, "2022-06-10", id=1),
        contact(Outcome.REFUSED, "2022-08-05", id=2),
        contact(Outcome.NO_ANSWER, "2022-08", id=3),
        contact(Outcome.ANNOUNCED, "2023-01", announced=date(2022, 12, 1), id=4),
        contact(Outcome.HELD, "2023", id=5),
    ]
    found = seen("2024-01-01", contacts=rows)
    assert [(y.year, len(y.executed), len(y.in_vain)) for y in years([found])] == [(2023, 1, 0), (2022, 1, 2)]
    counts = dict(contacts_per_quarter([found], date(2022, 1, 1), date(2023, 12, 31)))
    assert {start.isoformat(): n for start, by in counts.items() if (n := by[Category.MILITARY])} == {"2022-04-01": 1}


@given(DAYS, DAYS)
def test_quarters_cover_a_span_and_follow_one_another(one, other):
    first, last = sorted((one, other))
    told = list(quarters(first, last))
    assert told[0][0] <= first <= told[0][1]
    assert told[-1][0] <= last <= told[-1][1]
    assert all(end + timedelta(days=1) == start for (_, end), (start, _) in pairwise(told))


def test_a_day_in_one_city_is_not_kept_by_a_contact_of_that_month_in_another():
    announced = promise("2024-02-24", place="Geneva")
    met = contact(Outcome.HELD, "2024-02", place="Washington", id=2)
    (one,) = seen("2024-04-01", contacts=[announced, met]).promises
    assert one.closed_by is None
    on_the_day = contact(Outcome.HELD, "2024-02-24", place="Washington", id=2)
    (one,) = seen("2024-04-01", contacts=[announced, on_the_day]).promises
    assert one.closed_by is not None
    (one,) = seen("2024-04-01", contacts=[announced, replace(met, place="Geneva")]).promises
    assert one.closed_by is not None


def test_a_channel_that_is_cut_still_has_not_come_back_though_somebody_met():
    cut = change(State.SUSPENDED, "2024-01-05", id=1)
    met = contact(Outcome.HELD, "2024-02", form="in person", id=2)
    assert ladder(seen("2024-04-01", [cut], [met])) == ()
    back = change(State.RESUMED, "2024-02-01", id=3)
    assert ladder(seen("2024-04-01", [cut, back], [met]))


def test_who_met_while_a_channel_was_cut_is_no_rung_of_its_coming_back():
    cut, back = change(State.SUSPENDED, "2024-01-05", id=1), change(State.RESUMED, "2024-03-10", id=3)
    meanwhile, met = (
        contact(Outcome.HELD, day, form="in person", id=id) for day, id in (("2024-02-01", 2), ("2024-05", 4))
    )
    rungs = ladder(seen("2024-12-01", [cut, back], [meanwhile, met]))
    assert [(rung.step, str(rung.date)) for rung in rungs] == [
        (Step.FIRST_CONTACT, "2024-03-10"),
        (Step.FIRST_ROUND, "2024-05"),
    ]


@pytest.mark.parametrize(("cadence", "reached"), [("quarterly", True), (None, False)])
def test_a_channel_without_a_rhythm_is_never_back_in_it(cadence, reached):
    cut, back = change(State.SUSPENDED, "2024-01-05", id=1), change(State.RESUMED, "2024-03-10", id=2)
    met = [contact(Outcome.HELD, day, id=id) for day, id in (("2024-03-10", 3), ("2024-05-10", 4))]
    rungs = ladder(seen("2024-12-01", [cut, back], met, replace(CHANNEL, cadence=cadence)))
    assert (Step.RHYTHM in [rung.step for rung in rungs]) is reached
