"""The record as one SQLite file for other programs: plain tables that refer to one another, and views to read."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

from sqlite_utils import Database

from tracker.record.tables import Column, Table

VIEWS = {
    "states": """
        SELECT name AS channel, category, state, since, corroboration AS on_the_word_of, cause, overdue, contested
        FROM channels WHERE state IS NOT NULL ORDER BY category, name""",
    "timeline": """
        SELECT channels.name AS channel, history.state, history.effective AS "from", history.until_day AS until,
               COALESCE(changes.cause, contacts.summary) AS cause
        FROM history JOIN channels ON channels.slug = history.channel
        LEFT JOIN changes ON changes.id = history.change LEFT JOIN contacts ON contacts.id = history.contact
        ORDER BY history.channel, history.position""",
    "meetings": """
        SELECT channels.name AS channel, contacts.date, contacts."end", contacts.form, contacts.place,
               contacts.persons, contacts.summary
        FROM contacts JOIN channels ON channels.slug = contacts.channel
        WHERE contacts.standing = 1 AND contacts.outcome = 'held' ORDER BY contacts.date DESC""",
    "asked_in_vain": """
        SELECT channels.name AS channel, contacts.date, contacts.outcome, contacts.asked_by, contacts.summary
        FROM contacts JOIN channels ON channels.slug = contacts.channel
        WHERE contacts.standing = 1 AND contacts.outcome IN ('refused', 'no-answer', 'cancelled', 'postponed')
        ORDER BY contacts.date DESC""",
    "taken_back": """
        SELECT 'change' AS kind, id, channel, state AS said, effective AS date, withdrawn_at, withdrawn_reason
        FROM changes WHERE standing = 0
        UNION ALL
        SELECT 'contact', id, channel, outcome, date, withdrawn_at, withdrawn_reason
        FROM contacts WHERE standing = 0""",
    "cited": """
        SELECT COALESCE('change-' || citations.change, 'contact-' || citations.contact) AS row, sources.publisher,
               sources.side, sources.published, sources.title, citations.quote, sources.url
        FROM citations JOIN sources ON sources.id = citations.source
        WHERE citations.withdrawn_at IS NULL ORDER BY citations.id""",
}

_TYPES = {"integer": int, "boolean": int}


def write_sqlite(path: Path, tables: Sequence[Table], about: Mapping[str, str]) -> None:
    """Write the tables into a new file, with what they are (`about`, `about_columns`). Raises OSError."""
    path.touch(exist_ok=False)
    try:
        _write(path, tables, about)
    except sqlite3.OperationalError as error:
        raise OSError(errno.ENOSPC, str(error)) from error


def _write(path: Path, tables: Sequence[Table], about: Mapping[str, str]) -> None:
    keys = {table.name: table.key[0] for table in tables}
    database = Database(path)
    with closing(database.conn):
        with database.atomic():
            for table in tables:
                _put(database, table, keys)
            database["about"].insert_all(({"name": name, "value": value} for name, value in about.items()), pk="name")
            database["about_columns"].insert_all(_described(tables), pk=("table", "column"))
            for name, query in VIEWS.items():
                database.create_view(name, query)
        database.vacuum()


def _put(database: Database, table: Table, keys: Mapping[str, str]) -> None:
    references = [(column.name, column.refers, keys[column.refers]) for column in table.columns if column.refers]
    if any(column.name == "replaces" for column in table.columns):
        references.append(("replaces", table.name, "id"))
    database[table.name].create(
        {column.name: _TYPES.get(column.kind, str) for column in table.columns},
        pk=table.key[0] if len(table.key) == 1 else table.key,
        foreign_keys=references,
        not_null={column.name for column in table.columns if column.required},
    )
    database[table.name].insert_all({column.name: row[column.name] for column in table.columns} for row in table.rows)


def _described(tables: Sequence[Table]) -> list[dict[str, str]]:
    return [_description(table.name, column) for table in tables for column in table.columns]


def _description(table: str, column: Column) -> dict[str, str]:
    return {"table": table, "column": column.name, "about": column.about}
