"""What a row must say before it is put on the record, whoever writes it: a decision or a correction. Pure."""

from __future__ import annotations

from datetime import date, timedelta

from tracker.attest import visible_from
from tracker.errors import Refused
from tracker.model import Contact, Outcome, State, StatusChange

AHEAD = timedelta(days=1)
"""A day that has begun somewhere on Earth may be ahead of ours by this much."""


def check_row(row: StatusChange | Contact, today: date) -> None:
    """Raise Refused, which names the field, for a row that cannot be: incomplete, out of order, or of a day to come.

    A row dated in the future would be on record and yet on no page of the present.
    """
    if isinstance(row, StatusChange):
        _check_change(row, today + AHEAD)
    else:
        _check_contact(row, today + AHEAD)


def _check_change(row: StatusChange, latest: date) -> None:
    if not row.cause.strip():
        raise Refused("A state needs its cause in a sentence.", "Say what made it so.", field="cause")
    if row.expected and row.state is not State.PLANNED:
        raise Refused("Only a planned channel expects a date.", "Leave expected out, or say planned.", field="expected")
    if row.effective.first > latest:
        raise Refused(
            f"A state cannot hold from {row.effective}, which has not come.",
            "Of what is to come say planned, from the day of the announcement, and when it is expected.",
            field="effective",
        )


def _check_contact(row: Contact, latest: date) -> None:
    if row.date is None and (row.announced is None or row.outcome is Outcome.HELD):
        raise Refused("A contact needs a date.", "Give YYYY-MM-DD, YYYY-MM or YYYY.", field="date")
    if row.end and (row.date is None or row.end < row.date.first):
        raise Refused("A contact cannot end before it begins.", "Give a later last day, or none.", field="end")
    if row.announced and row.announced > latest:
        raise Refused(
            f"Nothing was announced on {row.announced}, which has not come.",
            "Give the day of the announcement.",
            field="announced",
        )
    if row.outcome is Outcome.HELD and row.date.first > latest:
        raise Refused(
            f"A contact of {row.date}, which has not come, cannot have been held.",
            "Give the day on which it was, or say announced.",
            field="date",
        )
    if visible_from(row) > latest:
        raise Refused(
            f"A contact of {row.date} is known from some day on that has come.",
            "Say on which day it was announced.",
            field="announced",
        )
