"""Channels, changes and contacts as CSV: the rows that the API answers to the same parameters, all of them at once."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from flask import request, url_for

from tracker.model import Channel, Moment
from tracker.moments import second_text
from tracker.record.figures import years
from tracker.record.tables import (
    AT_MOMENT,
    CHANGE,
    CHANNEL,
    CITED,
    CONTACT,
    CORRECTED,
    DENIED,
    MORE,
    STANDING,
    Column,
    Row,
    change_row,
    channel_row,
    cited_row,
    contact_row,
    corrected_row,
    csv_cell,
    standing_row,
)
from tracker.web.api.parameters import ChangesFilter, ChannelsFilter, ContactsFilter, FiguresQuery
from tracker.web.api.selection import changes_asked_for, channels_asked_for, contacts_asked_for
from tracker.web.board import Met, contact_key
from tracker.web.current import Document, current, moment_from_request
from tracker.web.figures import views_asked_for
from tracker.web.outputs.calls import LICENCE, absolute, output
from tracker.web.scope import scoped

CSV = "text/csv"

_LINE = (
    Column("channel_name", "The channel's name in English.", required=True),
    Column("relationship", "Between whom the channel runs.", required=True),
    Column("category", "The channel's group on the dashboard.", required=True),
)
_URL = Column("url", "The page that shows it.", required=True)
_DERIVED = Column("derived", "Whether it follows from a contact by rule, and was not recorded itself.", "boolean")

CHANNELS_CSV = (*AT_MOMENT, *CHANNEL, *STANDING, *CITED, _URL, *DENIED, *CORRECTED)
CHANGES_CSV = (*AT_MOMENT, *CHANGE[:2], *_LINE, *CHANGE[2:], _DERIVED, *CITED, _URL, *MORE, *CORRECTED, *DENIED)
CONTACTS_CSV = (*AT_MOMENT, *CONTACT[:2], *_LINE, *CONTACT[2:], *CITED, _URL, *MORE, *CORRECTED, *DENIED)
_YEAR = (
    Column("year", "The year in which it took place, or for which it was asked.", "integer", required=True),
    Column("group", "executed, or refused-cancelled-or-ignored (what was put off included).", required=True),
)
YEARS_CSV = (*AT_MOMENT, *_YEAR, *CONTACT[:2], *_LINE, *CONTACT[2:], *CITED, _URL, *MORE, *CORRECTED, *DENIED)


@output("/channels.csv", CSV)
def channels_csv(query: ChannelsFilter) -> Document:
    snapshot, moment = current().snapshot(), moment_from_request()
    corrected = snapshot.corrected_at(moment.known_at)
    rows = (
        channel_row(view.channel, snapshot.relationship(view.channel.relationship))
        | standing_row(view)
        | cited_row(view.sources)
        | _page_of(view.channel)
        | corrected_row(corrected(view.change) if view.change else None)
        for view in channels_asked_for(snapshot, moment, query)
    )
    return _table("channels", moment, CHANNELS_CSV, rows)


@output("/changes.csv", CSV)
def changes_csv(query: ChangesFilter) -> Document:
    snapshot, moment = current().snapshot(), moment_from_request()
    corrected = snapshot.corrected_at(moment.known_at)
    found = changes_asked_for(snapshot, moment, query)
    rows = (
        change_row(change, view.relationship)
        | _line(view.channel)
        | {"derived": change.derived}
        | cited_row(change.sources)
        | _page_of(view.channel)
        | corrected_row(corrected(change))
        for view, change in sorted(found, key=lambda row: (row[1].effective.first, row[1].channel), reverse=True)
    )
    return _table("changes", moment, CHANGES_CSV, rows)


@output("/contacts.csv", CSV)
def contacts_csv(query: ContactsFilter) -> Document:
    snapshot, moment = current().snapshot(), moment_from_request()
    corrected = snapshot.corrected_at(moment.known_at)
    found = [Met(view, contact) for view, contact in contacts_asked_for(snapshot, moment, query)]
    rows = (
        contact_row(row.contact, row.view.relationship, row.view.opposition(row.contact))
        | _line(row.view.channel)
        | cited_row(row.contact.sources)
        | _page_of(row.view.channel)
        | corrected_row(corrected(row.contact))
        for row in sorted(found, key=contact_key, reverse=True)
    )
    return _table("contacts", moment, CONTACTS_CSV, rows)


@output("/years.csv", CSV)
def years_csv(query: FiguresQuery) -> Document:
    """Contacts by year in two groups: what was executed, and what was asked in vain."""
    snapshot, moment = scoped(query.relationship), moment_from_request()
    views, corrected = views_asked_for(snapshot, moment, query.category), snapshot.corrected_at(moment.known_at)
    rows = (
        contact_row(one.contact, one.view.relationship, one.view.opposition(one.contact))
        | {"year": year.year, "group": group}
        | _line(one.view.channel)
        | cited_row(one.contact.sources)
        | _page_of(one.view.channel)
        | corrected_row(corrected(one.contact))
        for year in years(views)
        for group, engagements in (("executed", year.executed), ("refused-cancelled-or-ignored", year.in_vain))
        for one in engagements
    )
    return _table("years", moment, YEARS_CSV, rows)


def _line(channel: Channel) -> Row:
    return {
        "channel_name": channel.names["en"],
        "relationship": channel.relationship,
        "category": channel.category,
    }


def _page_of(channel: Channel) -> Row:
    return {"url": absolute(url_for("pages.channel", slug=channel.slug))}


def _table(name: str, moment: Moment, columns: tuple[Column, ...], rows: Iterable[Row]) -> Document:
    """The rows as a file to keep: its name says of when it is, and so does each row.

    With a byte order mark: without one, Excel takes Chinese names for another encoding.
    """
    clocks = {"as_of": moment.as_of.isoformat(), "known_at": second_text(moment.known_at)}
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(column.name for column in columns)
    for row in rows:
        cells = clocks | row
        writer.writerow(csv_cell(cells[column.name]) for column in columns)
    return Document(file.getvalue().encode("utf-8-sig"), _headers(name, clocks))


def _headers(name: str, clocks: dict[str, str]) -> tuple[tuple[str, str], ...]:
    known = f"_known-at-{clocks['known_at'].replace(':', '')}" if request.args.get("known_at") else ""
    file_name = f"open-lines-{name}_as-of-{clocks['as_of']}{known}.csv"
    return (
        ("Content-Disposition", f'attachment; filename="{file_name}"'),
        ("Link", f'<{LICENCE}>; rel="license"'),
    )
