"""Commands that make the database and load the record into it."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import click

from db.store import open_store
from tracker.cli.common import Day, opened, settings
from tracker.operating.seed import seed


@click.command()
def migrate() -> None:
    """Make the database, or bring its schema up to date."""
    read = settings()
    file = read.database_path
    absent = [path for path in (file, *file.parents) if not os.path.exists(path)] if file else []
    store = open_store(read.database_url, create=True)
    applied = store.migrate()
    if absent:
        click.echo(_made(*absent))
    click.echo(f"{store.place}: applied {', '.join(applied)}." if applied else f"{store.place} is up to date.")
    store.close()


def _made(database: Path, *folders: Path) -> str:
    """The file and its folders, the innermost first, in a sentence: a mistyped path is seen at once."""
    named = f"folder{'s' * (len(folders) > 1)} {', '.join(map(str, reversed(folders)))} and the " if folders else ""
    return f"Made the {named}database {database}."


@click.command(name="seed")
@click.option("--until", type=Day(), help="Load only what had happened by that day.")
def seed_command(until: date | None) -> None:
    """Load the configured channels with their cited history; a second time changes nothing."""
    service = opened()
    done = seed(service.store, service.packs, at=service.clock(), until=until)
    channels = sum(len(pack.channels) for pack in service.packs)
    click.echo(f"{channels} channels in {len(service.packs)} relationship(s).")
    if done.changed:
        click.echo(
            f"{done.added} entries added, {done.corrected} corrected, {done.joined} joined to what reviewers recorded, "
            f"{done.kept} kept as reviewers amended them."
        )
    else:
        click.echo(f"Nothing changed: all {done.unchanged} entries were there.")
    if done.left:
        click.echo(
            f"On record from an earlier configuration, and in its files no more: {', '.join(done.left)}. Withdraw what "
            f"is wrong as a reviewer, at /claims/{done.left[0]}/amend."
        )
    if done.unread:
        click.echo(f"{done.unread} Put its file back, or leave it so: its record stays and is shown.")
    if done.later:
        click.echo(f"{done.later} entries left out: they happened after {until}.")
