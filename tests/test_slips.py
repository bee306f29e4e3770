"""Dates of one review that look like a slip of the pen, and those that do not."""

from __future__ import annotations

from datetime import date

import pytest

from tests.make import change, contact
from tracker.model import Outcome, PartialDate, State
from tracker.record.slips import slips

HELD = contact(Outcome.HELD, "2024-01-08", end=date(2024, 1, 9))


@pytest.mark.parametrize("state", [State.RESUMED, State.ACTIVE])
@pytest.mark.parametrize(
    ("effective", "slipped"),
    [
        ("2024-01-08", False),
        ("2024-01-07", False),  # the day between the capitals
        ("2024-01-10", False),
        ("2024-01", False),
        ("2024", False),
        ("2023-01-08", True),
        ("2024-01-06", True),
        ("2024-01-11", True),
        ("2024-02", True),
    ],
)
def test_a_channel_is_in_use_from_the_contact_on_that_shows_it(state: State, effective: str, slipped: bool):
    assert bool(slips(change(state, effective), HELD)) is slipped


@pytest.mark.parametrize(("effective", "slipped"), [("2023-08-05", True), ("2024-01-08", False), ("2024-02-01", False)])
def test_a_contact_after_the_channel_was_cut_is_asked_about(effective: str, slipped: bool):
    assert bool(slips(change(State.SUSPENDED, effective), HELD)) is slipped


def test_a_plan_agrees_with_what_was_announced():
    announced = contact(Outcome.ANNOUNCED, "2024-05", announced=date(2024, 1, 27))
    right = change(State.PLANNED, "2024-01-27", expected=PartialDate("2024"))
    assert slips(right, announced) == ()
    assert slips(right) == ()
    (late,) = slips(change(State.PLANNED, "2024-03-27", expected=PartialDate("2024")), announced)
    assert "announced on 27 Jan 2024" in late
    (other,) = slips(change(State.PLANNED, "2024-01-27", expected=PartialDate("2025")), announced)
    assert other == "It is expected on 2025, and the contact is announced for May 2024."


def test_what_is_expected_before_it_is_planned_is_asked_about_without_a_contact_too():
    assert slips(change(State.PLANNED, "2024-03-01", expected=PartialDate("2023")))
    assert not slips(change(State.PLANNED, "2024-03-01", expected=PartialDate("2024")))


def test_a_contact_that_did_not_come_about_says_nothing_of_the_day_of_a_cut():
    assert slips(change(State.SUSPENDED, "2022-08-05"), contact(Outcome.CANCELLED, "2022-09-20")) == ()


def test_the_last_days_that_there_are_can_be_compared():
    for when in ("9999", "9999-12-31"):
        slips(change(State.PLANNED, when, expected=PartialDate(when)), contact(Outcome.ANNOUNCED, when))
        slips(change(State.SUSPENDED, when), contact(Outcome.HELD, when))
        slips(change(State.RESUMED, when), contact(Outcome.HELD, when))
