"""The whole record as a folder of files, and as one SQLite file: made aside, then put in place in one step.

The same record gives the same bytes: unless another instant is asked for, it is exported as known when anything was
last recorded, and not as known when the command ran.
"""

from __future__ import annotations

import csv
import io
import json
import os
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path

from db.export import write_sqlite
from db.store import Store
from tracker.errors import Refused
from tracker.model import Moment
from tracker.moments import second_text
from tracker.record.package import ABOUT, LICENCE, descriptor, newest_instant, tables_of
from tracker.record.tables import Table, csv_cell


def read_record(store: Store, as_of: date, known_at: datetime | None) -> tuple[Moment, tuple[Table, ...]]:
    """The record as tables, and the moment that they show. Raises Refused where there is nothing on record."""
    with store.reading() as db:
        relationships, channels, entries = db.record.relationships(), db.record.channels(), db.record.entries()
        links = list(db.chain.shown())
    newest = newest_instant(entries)
    if newest is None:
        raise Refused("There is nothing on record.", "Load it with: python -m tracker seed")
    moment = Moment(as_of, known_at or newest)
    return moment, tables_of(relationships, channels, {c.slug: entries[c.slug] for c in channels}, links, moment)


def write_folder(folder: Path, moment: Moment, tables: Sequence[Table]) -> None:
    """CSV, JSON and datapackage.json in a new folder. Raises Refused where there is one with something in it, or where
    it cannot be written; then nothing is left behind.
    """
    refuse_taken(folder)
    files = {f"{table.name}.csv": _csv(table) for table in tables}
    files["record.json"] = _json(_whole(moment, tables))
    files["datapackage.json"] = _json(descriptor(tables, files, moment))
    with _made_aside(folder) as aside:
        aside.mkdir(parents=True)
        for name, body in files.items():
            (aside / name).write_bytes(body)


def write_database(file: Path, moment: Moment, tables: Sequence[Table]) -> None:
    """One SQLite file. Raises Refused where there is a file already, or where it cannot be written."""
    refuse_taken(file)
    about = {
        "title": "Open Lines: the record",
        "description": ABOUT,
        "licence": f"{LICENCE['title']} ({LICENCE['path']})",
        "as_of": moment.as_of.isoformat(),
        "known_at": second_text(moment.known_at),
    }
    with _made_aside(file) as aside:
        aside.parent.mkdir(parents=True, exist_ok=True)
        write_sqlite(aside, tables, about)


def refuse_taken(path: Path) -> None:
    """Raise Refused unless nothing is at `path`, or an empty folder."""
    if path.is_dir() and not any(path.iterdir()):
        return
    if path.exists() or path.is_symlink():
        what = "is a folder with something in it" if path.is_dir() else "is there already"
        raise Refused(f"{path} {what}, and is left as it is.", "Name a place where nothing is, or remove it first.")


@contextmanager
def _made_aside(path: Path) -> Iterator[Path]:
    """A place beside `path` to write in; it becomes `path` when all is written, and is removed when anything fails."""
    aside = path.parent / f".{path.name}.{secrets.token_hex(4)}"
    try:
        yield aside
        os.rename(aside, path)
    except OSError as error:
        raise Refused(
            f"{path} cannot be written ({error.strerror}).", "Name a place that can, with room for it."
        ) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
        if aside.is_file():
            aside.unlink()


def _csv(table: Table) -> bytes:
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(column.name for column in table.columns)
    writer.writerows([csv_cell(row[column.name]) for column in table.columns] for row in table.rows)
    return file.getvalue().encode()


def _whole(moment: Moment, tables: Sequence[Table]) -> dict[str, object]:
    return {
        "as_of": moment.as_of.isoformat(),
        "known_at": second_text(moment.known_at),
        "licence": LICENCE,
        **{table.name: table.rows for table in tables},
    }


def _json(value: object) -> bytes:
    return f"{json.dumps(value, ensure_ascii=False, indent=1)}\n".encode()
