"""The command that moves the record from one database to another."""

from __future__ import annotations

from collections.abc import Iterable

import click
from rich.console import Console
from rich.progress import track

from config.settings import database_url
from db.store import open_store
from tracker.cli.common import settings
from tracker.errors import Refused
from tracker.operating.copying import copy_to


@click.command(name="copy-to")
@click.argument("url")
def copy_to_command(url: str) -> None:
    """Copy the record into the empty database of URL (sqlite:///path/to/file.db or postgresql://…), and verify it.

    End serve, schedule and workers first. Run again, it goes on where it was ended, or says that all is there.
    """
    try:
        wanted = database_url(url)
    except ValueError as error:
        wrong, _, remedy = str(error).partition("; ")
        raise Refused(f"{wrong}.", f"{remedy[:1].upper()}{remedy[1:]}.") from None
    source = open_store(settings().database_url)
    target = open_store(wanted, create=True)
    try:
        moved = copy_to(source, target, _watched)
    finally:
        source.close()
        target.close()
    rows, head = moved.copied.rows, moved.verified.head
    total, found = sum(rows.values()), moved.copied.found
    copied = "All was there already" if found == total else f"Copied {total - found} rows"
    click.echo(
        f"{copied}: {total} rows in {len(rows)} tables of {target.place} are those of {source.place}. "
        f"Head: link {head.seq}, {head.hash}.\n"
        "Next: set OPENLINES_DATABASE_URL to it, and start serve."
    )


def _watched(rows: Iterable, table: str, number: int) -> Iterable:
    console = Console(stderr=True)
    return track(rows, table, total=number, console=console, transient=True) if console.is_terminal else rows
