"""What a row must say before it is put on the record, whoever writes it: a decision or a correction. Pure."""

from __future__ import annotations

from datetime import date, timedelta

from tracker.errors import Refused
from tracker.model import Contact, Outcome, State, StatusChange
from tracker.record.attest import visible_from
from tracker.tongue import gettext

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
        raise Refused(gettext("A state needs its cause in a sentence."), gettext("Say what made it so."), field="cause")
    if row.expected and row.state is not State.PLANNED:
        raise Refused(
            gettext("Only a planned channel expects a date."),
            gettext("Leave expected out, or say planned."),
            field="expected",
        )
    if row.effective.first > latest:
        raise Refused(
            gettext("A state cannot hold from %(effective)s, which has not come.", effective=row.effective),
            gettext("Of what is to come say planned, from the day of the announcement, and when it is expected."),
            field="effective",
        )


def _check_contact(row: Contact, latest: date) -> None:
    if row.date is None and (row.announced is None or row.outcome is Outcome.HELD):
        raise Refused(gettext("A contact needs a date."), gettext("Give YYYY-MM-DD, YYYY-MM or YYYY."), field="date")
    if row.end and (row.date is None or row.end < row.date.first):
        raise Refused(
            gettext("A contact cannot end before it begins."), gettext("Give a later last day, or none."), field="end"
        )
    if row.announced and row.announced > latest:
        raise Refused(
            gettext("Nothing was announced on %(announced)s, which has not come.", announced=row.announced),
            gettext("Give the day of the announcement."),
            field="announced",
        )
    if row.outcome is Outcome.HELD and row.date.first > latest:
        raise Refused(
            gettext("A contact of %(date)s, which has not come, cannot have been held.", date=row.date),
            gettext("Give the day on which it was, or say announced."),
            field="date",
        )
    if visible_from(row) > latest:
        raise Refused(
            gettext("A contact of %(date)s is known from some day on that has come.", date=row.date),
            gettext("Say on which day it was announced."),
            field="announced",
        )
