"""What a row must say before it is put on the record, whoever writes it: a decision or a correction. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, timedelta

from tracker.errors import Faults, Refused
from tracker.model import EARLIEST, LATEST, Contact, Outcome, PartialDate, Precision, Source, State, StatusChange
from tracker.record.attest import visible_from
from tracker.tongue import gettext

AHEAD = timedelta(days=1)
"""A day that has begun somewhere on Earth may be ahead of ours by this much."""


_FORETOLD = (Outcome.HELD, Outcome.ANNOUNCED)
"""Outcomes of what can only have been announced beforehand; what was called off or refused is told of later too."""

LONGEST_WORDS = 1_000
"""Characters of a sentence, a name or a quote that a person writes into the record: pages show each whole."""

LONGEST_NAME = 120
"""Characters of a place, or of the form of a contact: many lists show both in one line."""

LARGEST_ROUND = 999
"""No series of talks has had more rounds; what is larger is a year or a slip."""


def no_round(told: object) -> Refused:
    """What is said of a number that counts no round."""
    return Refused(
        gettext("%(value)s is no number of a round.", value=repr(str(told)[:20])),
        gettext("Write 17, or leave it empty."),
        field="round",
    )


def check_source(source: Source, sides: Collection[str], today: date) -> None:
    """Raise Refused, naming the fields, for a source that speaks for none of the `sides`, or is of a day to come."""
    faults = Faults()
    if source.side not in sides:
        faults.add(
            Refused(
                gettext("There is no side %(side)s.", side=repr(source.side)),
                gettext("Send one of %(known)s.", known=", ".join(sides)),
                field="side",
            )
        )
    if source.published and source.published.first > today + AHEAD:
        faults.add(
            Refused(
                gettext("Nothing was published on %(published)s, which has not come.", published=source.published),
                gettext("Give the publisher’s date, or leave it empty."),
                field="published",
            )
        )
    faults.check()


def check_asked_by(asked_by: str | None, parties: Collection[str]) -> None:
    """Raise Refused where somebody is said to have asked for a contact who is none of the parties."""
    if asked_by is not None and asked_by not in parties:
        raise Refused(
            gettext("%(value)s is none of the two parties.", value=repr(asked_by)),
            gettext("Send one of %(known)s.", known=", ".join(parties)),
            field="asked_by",
        )


def check_levels(levels: Collection[str], parties: Collection[str]) -> None:
    """Raise Refused for levels told by a side that is none of the parties: only theirs are held against each other."""
    for side in levels:
        if side not in parties:
            raise Refused(
                gettext("%(value)s is none of the two parties.", value=repr(side)),
                gettext("Send one of %(known)s.", known=", ".join(parties)),
                field="levels",
            )


def _tellable(row: StatusChange | Contact) -> set[str]:
    """What of a row can be unconfirmed."""
    told = {"date": row.effective} if isinstance(row, StatusChange) else {"date": row.date, "place": row.place}
    return {word for word, value in told.items() if value is not None}


def check_row(row: StatusChange | Contact, today: date) -> None:
    """Raise Refused, which names the fields, for a row that cannot be: incomplete, out of order, or of a day to come.

    A row dated in the future would be on record and yet on no page of the present.
    """
    faults = Faults()
    faults.add(*_years(row), *_unconfirmable(row))
    faults.add(*(_of_change if isinstance(row, StatusChange) else _of_contact)(row, today + AHEAD))
    faults.check()


def _years(row: StatusChange | Contact) -> Iterator[Refused]:
    for field in ("effective", "expected", "date", "end", "announced"):
        told = getattr(row, field, None)
        day = told.first if isinstance(told, PartialDate) else told
        if day and not EARLIEST <= day <= LATEST:
            years = {"earliest": EARLIEST.year, "latest": LATEST.year}
            yield Refused(
                gettext("“%(value)s” lies outside the years %(earliest)s to %(latest)s.", value=str(told), **years),
                gettext("Give the year that is meant."),
                field=field,
            )


def _unconfirmable(row: StatusChange | Contact) -> Iterator[Refused]:
    if not set(row.unconfirmed) <= _tellable(row):
        yield Refused(
            gettext("The row says nothing of the kind that could be unconfirmed."),
            gettext("Choose what it says."),
            field="unconfirmed",
            beside=("effective", "date", "place"),
        )


def _of_change(row: StatusChange, latest: date) -> Iterator[Refused]:
    if not row.cause.strip():
        yield Refused(gettext("A state needs its cause in a sentence."), gettext("Say what made it so."), field="cause")
    if row.expected and row.state is not State.PLANNED:
        yield Refused(
            gettext("Only a planned channel expects a date."),
            gettext("Leave expected out, or say planned."),
            field="expected",
            beside=("state",),
        )
    if row.effective.first > latest:
        yield Refused(
            gettext("A state cannot hold from %(effective)s, which has not come.", effective=row.effective),
            gettext("Of what is to come say planned, from the day of the announcement, and when it is expected."),
            field="effective",
        )


def _of_contact(row: Contact, latest: date) -> Iterator[Refused]:
    if row.date is None and (row.announced is None or row.outcome is Outcome.HELD):
        yield Refused(
            gettext("A contact needs a date."),
            gettext("Give YYYY-MM-DD, YYYY-MM or YYYY."),
            field="date",
            beside=("outcome", "announced"),
        )
    if row.end and (row.date is None or row.end < row.date.first):
        yield Refused(
            gettext("A contact cannot end before it begins."),
            gettext("Give a later last day, or none."),
            field="end",
            beside=("date",),
        )
    elif row.end and row.date.precision is not Precision.DAY:
        yield Refused(
            gettext("A contact of %(date)s has a last day and no first.", date=row.date),
            gettext("Give its first day as YYYY-MM-DD, or leave the last day out."),
            field="end",
            beside=("date",),
        )
    for field, name in (("form", row.form), ("place", row.place)):
        if name and len(name) > LONGEST_NAME:
            yield Refused(
                gettext("That is %(count)s characters long.", count=len(name)),
                gettext("Say it in at most %(most)s.", most=LONGEST_NAME),
                field=field,
            )
    if row.round is not None and not 1 <= row.round <= LARGEST_ROUND:
        yield no_round(row.round)
    yield from _of_announcement(row, latest)
    if row.outcome is Outcome.HELD and row.date and row.date.first > latest:
        yield Refused(
            gettext("A contact of %(date)s, which has not come, cannot have been held.", date=row.date),
            gettext("Give the day on which it was, or say announced."),
            field="date",
            beside=("outcome",),
        )
    elif row.outcome is Outcome.HELD and row.end and row.end > latest:
        yield Refused(
            gettext("A contact that lasts until %(end)s, which has not come, cannot have been held.", end=row.end),
            gettext("Give its last day once that has come, and leave it out until then."),
            field="end",
            beside=("outcome", "date"),
        )
    elif (row.date or row.announced) and visible_from(row) > latest:
        yield Refused(
            gettext("A contact of %(date)s is known from some day on that has come.", date=row.date),
            gettext("Say on which day it was announced."),
            field="announced",
            beside=("outcome", "date", "end"),
        )


def _of_announcement(row: Contact, latest: date) -> Iterator[Refused]:
    if row.announced and row.announced > latest:
        yield Refused(
            gettext("Nothing was announced on %(announced)s, which has not come.", announced=row.announced),
            gettext("Give the day of the announcement."),
            field="announced",
        )
    ends = row.end or (row.date and row.date.last)
    if row.outcome in _FORETOLD and row.announced and ends and row.announced > ends + AHEAD:
        yield Refused(
            gettext(
                "A contact of %(date)s was not announced later, on %(announced)s.",
                date=row.date,
                announced=row.announced,
            ),
            gettext("Give the day on which it was announced beforehand, or leave it empty."),
            field="announced",
            beside=("outcome", "date", "end"),
        )
