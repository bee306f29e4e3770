"""Commands that keep the record safe: a checked copy of it while it runs, and the way back."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from db.store import open_store
from tracker.cli.common import settings
from tracker.errors import Refused
from tracker.operating.backup import PutBack, back_up, put_back
from tracker.operating.verify import Verified

DATABASE = "openlines.db"


@click.command()
@click.argument("to", metavar="FILE|FOLDER", type=click.Path(path_type=Path))
@click.option("--keep", type=click.IntRange(min=1), help="In a FOLDER: how many backups stay there, the newest.")
def backup(to: Path, keep: int | None) -> None:
    """Copy the database while it runs, check the copy, and only then give it its name.

    In a folder each backup is called by its time. The key that signs cookies is no part of it.
    """
    if to == Path():
        raise Refused("No file or folder is named.", "Name one; an empty word may be a variable that is not set.")
    store = open_store(settings().database_url)
    if not store.is_file:
        raise Refused(
            f"{store.place} is on a server, which makes its own backups.",
            f"Run: pg_dump --format=custom --file={to} with that address; then verify what pg_restore makes of it.",
        )
    try:
        kept = back_up(store, to, now=datetime.now(UTC), keep=keep)
    finally:
        store.close()
    held = _held(kept.verified) if kept.verified else f"The file is whole; {kept.pending} migrations are pending."
    click.echo(f"Kept {kept.file}, {kept.size / 1e6:.1f} MB. {held}")
    if keep and not kept.is_record:
        click.echo("No older backup was removed: this one was not verified, or nothing is on record in it.")
    elif kept.dropped:
        click.echo(f"Removed {', '.join(path.name for path in kept.dropped)}: {keep} are kept.")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--to", type=click.Path(path_type=Path), help="The folder for runtime data; else the configured database."
)
@click.option("--force", is_flag=True, help="Where a database is there already, put it aside.")
def restore(file: Path, to: Path | None, force: bool) -> None:
    """Check a backup, and put a copy of it where the database belongs. End serve and schedule first."""
    configured = settings().database_path
    database = to / DATABASE if to else configured
    if database is None:
        raise Refused(
            "OPENLINES_DATABASE_URL names a server, which takes back its own backups.",
            "Run pg_restore there. A backup of SQLite goes into a folder with --to, then on by copy-to.",
        )
    done = put_back(file, database, now=datetime.now(UTC), force=force)
    click.echo(f"Restored {file} to {database}. {_held(done.verified)}")
    click.echo(_next(done, elsewhere=configured is None or database.absolute() != configured.absolute()))


def _held(verified: Verified) -> str:
    checked, head = verified.checked, verified.head
    until = f"the last of {head.at:%Y-%m-%d %H:%M:%S} UTC" if head.at else "nothing recorded yet"
    return (
        f"All in it is as it was recorded: {checked['links']} links ({until}), {checked['revisions']} wordings of "
        f"releases, {checked['pages']} pages, {checked['sightings']} sightings. Head: link {head.seq}, {head.hash}."
    )


def _next(done: PutBack, *, elsewhere: bool) -> str:
    told = [f"Applied {', '.join(done.migrated)}."] if done.migrated else []
    if done.before:
        told.append(f"What was there is now {done.before}; remove it when you miss nothing.")
    if elsewhere:
        told.append(f"Set OPENLINES_DATABASE_URL=sqlite:///{done.database}.")
    told.append("What was revoked, disabled or sent since the backup is not known to it: look at /admin.")
    told.append("Next: python -m tracker verify --checkpoint with a head that was kept elsewhere, then serve.")
    return " ".join(told)
