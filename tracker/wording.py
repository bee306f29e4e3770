"""Dates, instants, sides and counts in plain words, the same on pages, in feeds, calendars and messages. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime

from tracker.model import Contact, Outcome, PartialDate, Precision, Relationship, StatusChange

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def date_words(value: PartialDate | date) -> str:
    """`5 Aug 2022`, `May 2021` or `2005`: never more than is known."""
    day = value if isinstance(value, date) else value.first
    precision = Precision.DAY if isinstance(value, date) else value.precision
    parts = {Precision.DAY: f"{day.day} ", Precision.MONTH: "", Precision.YEAR: ""}[precision]
    month = "" if precision is Precision.YEAR else f"{MONTHS[day.month - 1]} "
    return f"{parts}{month}{day.year:04}"


def span_words(first: PartialDate | date, last: date | None) -> str:
    """`8-9 Jan 2024`, `28 Feb - 2 Mar 2024`, `30 Dec 2024 - 1 Jan 2025`, with en dashes."""
    start = first if isinstance(first, date) else first.first
    if last is None or last == start:
        return date_words(first)
    if (start.year, start.month) == (last.year, last.month):
        return f"{start.day}–{date_words(last)}"
    if start.year == last.year:
        return f"{start.day} {MONTHS[start.month - 1]} – {date_words(last)}"
    return f"{date_words(first)} – {date_words(last)}"


def instant_words(instant: datetime) -> str:
    """`14 Mar 2026 09:20 UTC`."""
    instant = instant.astimezone(UTC)
    return f"{date_words(instant.date())} {instant:%H:%M} UTC"


def count(number: int, word: str, many: str | None = None) -> str:
    """`1 channel`, `2,045 channels`."""
    return f"{number:,} {word if number == 1 else many or word + 's'}"


def listed(words: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    words = list(words)
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def outcome_words(outcome: Outcome) -> str:
    return outcome.value.replace("-", " ")


def side_name(side: str, relationship: Relationship) -> str:
    """The party of that code by name, else `third parties`."""
    return next((party.names["en"] for party in relationship.parties if party.code == side), "third parties")


def corroboration_words(corroboration: str, relationship: Relationship) -> str:
    """On whose word: both sides, one of them alone, third parties alone, or nobody's."""
    match corroboration:
        case "both":
            return "both sides"
        case "none":
            return "no source"
        case _:
            return f"{side_name(corroboration, relationship)} only"


def contact_words(contact: Contact) -> str:
    """What became of a contact, as far as it is known: `contact held 8–9 Jan 2024, talks, Geneva`."""
    when = span_words(contact.date, contact.end) if contact.date else None
    asked = f"on {date_words(contact.announced)}" if contact.announced else "on a day not known"
    match contact.outcome:
        case Outcome.HELD:
            told = f"contact held {when or asked}"
        case Outcome.ANNOUNCED:
            told = f"contact announced for {when}" if when else f"contact announced {asked}, no date yet"
        case Outcome.REFUSED:
            told = f"contact refused, {when or asked}"
        case Outcome.NO_ANSWER:
            told = f"contact asked for and not answered, {when or asked}"
        case _:
            told = f"contact {outcome_words(contact.outcome)}, {f'planned for {when}' if when else asked}"
    return ", ".join(filter(None, [told, contact.form, contact.place]))


def change_words(change: StatusChange) -> str:
    """`suspended since 5 Aug 2022`, `planned since 15 Nov 2023, expected Jan 2024`."""
    expected = f", expected {date_words(change.expected)}" if change.expected else ""
    return f"{change.state} since {date_words(change.effective)}{expected}"


def entry_words(entry: StatusChange | Contact) -> str:
    """What a row of the record says, in a few words without the name of its channel."""
    return change_words(entry) if isinstance(entry, StatusChange) else contact_words(entry)
