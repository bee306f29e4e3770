"""Commands that make the database and load the record into it."""

from __future__ import annotations

from datetime import date

import click

from db.store import open_store
from tracker.cli.common import Day, opened, settings
from tracker.seed import seed


@click.command()
def migrate() -> None:
    """Make the database, or bring its schema up to date."""
    store = open_store(settings().database_url, create=True)
    applied = store.migrate()
    click.echo(f"{store.path}: applied {', '.join(applied)}." if applied else f"{store.path} is up to date.")


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
    if done.later:
        click.echo(f"{done.later} entries left out: they happened after {until}.")
