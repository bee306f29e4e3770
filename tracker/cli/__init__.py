"""`python -m tracker …`: every command of the product."""

from __future__ import annotations

import sys

import click

from config.errors import ConfigError
from db.store import StoreError
from tracker import __version__
from tracker.cli import accounts, detection, feeds, learning, record, run, sources, watch
from tracker.errors import Refused


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="Open Lines")
def cli() -> None:
    """Open Lines: which channels between two powers are open, since when, and who says so."""


for room in (record, sources, run, feeds, watch, detection, learning, accounts):
    for command in room.commands:
        cli.add_command(command)


def main() -> None:
    """Run one command; what an operator can mend is one sentence on standard error and exit code 2."""
    # Half a surrogate pair in a release cannot be written as UTF-8; as \uXXXX it can, and JSON reads it back.
    sys.stdout.reconfigure(errors="backslashreplace")
    try:
        cli(prog_name="python -m tracker")
    except (ConfigError, StoreError, Refused) as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    except BrokenPipeError:
        # The reader of our output (head, less) has seen enough.
        sys.stderr.close()
        sys.exit(0)
