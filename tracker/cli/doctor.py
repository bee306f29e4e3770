"""The command that looks at everything around the product and says what to do."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click

from config.settings import SettingsError, settings_from
from tracker.operating.doctor import Found, Line, examine


@click.command()
@click.option("--network", is_flag=True, help="Also open a connection to each host of the feeds and the mail server.")
@click.option("--json", "as_json", is_flag=True, help="The lines as JSON.")
def doctor(network: bool, as_json: bool) -> None:
    """Check settings, database, clock, room and who may read what; exit code 1 where something is broken."""
    lines = _examined(network)
    click.echo(json.dumps([asdict(line) for line in lines], ensure_ascii=False, indent=2) if as_json else _told(lines))
    sys.exit(any(line.found is Found.BROKEN for line in lines))


def _examined(network: bool) -> list[Line]:
    try:
        read = settings_from(os.environ)
    except SettingsError as error:
        return [Line("settings", Found.BROKEN, str(error), "Correct that variable; nothing starts before.")]
    named = os.environ.get("OPENLINES_SECRET_KEY_FILE")
    return examine(read, now=datetime.now(UTC), key_file=Path(named) if named else None, network=network)


def _told(lines: Sequence[Line]) -> str:
    return "\n".join(f"{line.found:<6}  {line.about}: {line.says}{' → ' * bool(line.do)}{line.do}" for line in lines)
