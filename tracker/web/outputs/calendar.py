"""Contacts as a calendar (RFC 5545) to subscribe to.

All-day events of those whose day is known. A date is never padded: a contact known to the month or year alone, or
announced without a date, is in no calendar. An announced contact gives way to the one that says what became of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from flask import url_for
from icalendar import Calendar, Event

from tracker import __version__
from tracker.model import Channel, Contact, Outcome, Precision
from tracker.record.differing import contested_words
from tracker.record.history import contact_days
from tracker.record.statement import Statement, said_of, statements
from tracker.web.api.parameters import AtMoment, ChannelPath, ContactsFilter
from tracker.web.api.selection import days_asked_for, lines_asked_for
from tracker.web.current import Snapshot, current, find_channel, moment_from_request
from tracker.web.outputs.calls import LICENCE_WORDS, absolute, authority, moment_words, output, own_address
from tracker.web.words import capitalised
from tracker.wording import category_words, contact_words, count, instant_words

CALENDAR = "text/calendar"

STATUS = {
    Outcome.HELD: "CONFIRMED",
    Outcome.ANNOUNCED: "TENTATIVE",
    Outcome.CANCELLED: "CANCELLED",
    Outcome.POSTPONED: "CANCELLED",
    # What has a day here is the refusal, and that did take place.
    Outcome.REFUSED: "CONFIRMED",
    Outcome.NO_ANSWER: "CONFIRMED",
}

ASK_AGAIN = timedelta(hours=1)


@dataclass(frozen=True)
class Day:
    """What a calendar shows of a statement: the row whose day it takes, and whether that day still holds."""

    statement: Statement
    contact: Contact
    stands: bool


@output("/contacts.ics", CALENDAR)
def contacts_ics(query: ContactsFilter) -> bytes:
    snapshot, known_at = current().snapshot(), moment_from_request().known_at
    narrowed = f", {category_words(query.category).lower()}" if query.category else ""
    lines, days = lines_asked_for(snapshot, query, known_at), days_asked_for(query.first, query.last)
    told = (statement for line in lines for statement in _contacts(snapshot, line))
    asked_for = (one for one in told if query.outcome in (None, one.told.outcome) and _within(one, days))
    return _calendar(f"Open Lines: contacts{narrowed}", asked_for)


@output("/channels/<slug>/contacts.ics", CALENDAR)
def channel_contacts_ics(path: ChannelPath, query: AtMoment) -> bytes:
    snapshot = current().snapshot()
    line = find_channel(snapshot, path.slug, moment_from_request().known_at)
    return _calendar(f"Open Lines: {line.names['en']}", _contacts(snapshot, line))


def _calendar(name: str, asked_for: Iterable[Statement]) -> bytes:
    moment, told = moment_from_request(), list(asked_for)
    days = [day for statement in told if (day := day_of(statement))]
    left_out = sum(not statement.withdrawn for statement in told) - sum(day.stands for day in days)
    calendar = Calendar.new(
        prodid=f"-//Open Lines//Open Lines {__version__}//EN",
        uid=own_address(),
        name=f"{name}{moment_words(moment)}",
        description=f"{LICENCE_WORDS}. Left out for want of a known day: {count(left_out, 'contact')}.",
        url=absolute(url_for("pages.contacts")),
        source=own_address(),
    )
    calendar.add("refresh-interval", ASK_AGAIN, parameters={"value": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    for day in days:
        calendar.add_component(_event(day))
    return calendar.to_ical()


def _contacts(snapshot: Snapshot, line: Channel) -> Iterator[Statement]:
    """The contacts of a channel but for announced ones of which the record tells what became of them."""
    moment = moment_from_request()
    view, pair = snapshot.view(line, moment), snapshot.relationship(line.relationship)
    closed = {
        one.made.id for one in view.promises if one.closed_by and not one.lapsed_on and isinstance(one.made, Contact)
    }
    for statement in statements(view, pair, (), snapshot.entries[line.slug][1]):
        met = statement.told.outcome is Outcome.ANNOUNCED and statement.told.id in closed
        if statement.withdrawn or not met:
            yield statement


def _within(statement: Statement, asked: tuple[date, date]) -> bool:
    """Whether it can have been between two days. What gave way to another day goes by the one on which it was shown, so
    that who takes the calendar of a span is told that it is off.
    """
    shown = day_of(statement)
    begins, ends = contact_days(shown.contact if shown else statement.told)
    return begins <= asked[1] and ends >= asked[0]


def day_of(statement: Statement) -> Day | None:
    """What to show: the day that holds, or the last that was given if it holds no more; None where there was none."""
    told = statement.told
    if not statement.withdrawn and _has_day(told):
        return Day(statement, told, stands=True)
    earlier = next((row for row in (told, *statement.lineage.earlier) if _has_day(row)), None)
    return Day(statement, earlier, stands=False) if earlier else None


def _has_day(contact: Contact) -> bool:
    return contact.date is not None and contact.date.precision is Precision.DAY


def _event(day: Day) -> Event:
    statement, contact, lineage = day.statement, day.contact, day.statement.lineage
    channel = statement.view.channel
    address = f"{absolute(url_for('pages.channel', slug=channel.slug))}#{statement.key}"
    status = STATUS[contact.outcome] if day.stands else "CANCELLED"
    return Event.new(
        uid=f"{statement.key}@{authority()}",
        start=contact.first,
        # Without an end it is of one day (RFC 5545); no day comes after the last that there is.
        end=contact.last + timedelta(days=1) if contact.last < date.max else None,
        summary=_summary(day),
        description="\n".join(_description(day)),
        location=contact.place,
        status=status,
        transparency="TRANSPARENT",
        categories=[channel.category, channel.slug, contact.outcome],
        sequence=lineage.revisions,
        created=lineage.recorded_at,
        last_modified=lineage.revised_at,
        # Without a METHOD this is when the event was last revised, so that the same record gives the same bytes.
        stamp=lineage.revised_at,
        url=address,
    )


def _summary(day: Day) -> str:
    mark = "" if day.stands else "Withdrawn: " if day.statement.withdrawn else "No longer on this day: "
    outcome = "" if day.contact.outcome is Outcome.HELD else f"{capitalised(day.contact.outcome.replace('-', ' '))}: "
    return f"{mark}{outcome}{day.statement.view.channel.names['en']}"


def _description(day: Day) -> Iterable[str]:
    statement = day.statement
    yield f"{capitalised(contact_words(day.contact))}."
    if detail := said_of(day.contact):
        yield detail
    if day.contact.persons:
        yield day.contact.persons
    if not day.stands:
        yield "It was withdrawn." if statement.withdrawn else f"Now: {contact_words(statement.told)}."
    for words in statement.earlier if day.stands else ():
        yield f"Before, it said: {words}"
    if differ := contested_words(day.contact, statement.relationship, statement.view.opposition(day.contact)):
        yield f"Contested. {differ}"
    yield f"On the word of {statement.on_the_word_of}. Recorded {instant_words(statement.lineage.recorded_at)}."
    for source in statement.sources:
        yield f"{statement.cited(source)}: {source.title} {source.url}"
