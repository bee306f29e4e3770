"""`python -m tracker …`: every command of the product."""

from __future__ import annotations

import gc
import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module

import click

from config.errors import ConfigError
from db.store import StoreError
from tracker import __version__
from tracker.errors import Refused

_COMMANDS = {
    "migrate": "record.migrate",
    "seed": "record.seed_command",
    "add-file": "documents.add_file",
    "add-url": "documents.add_url",
    "sources": "sources.sources",
    "serve": "run.serve_command",
    "schedule": "schedule.schedule",
    "worker": "schedule.worker",
    "demo": "run.demo",
    "poll": "feeds.poll",
    "feeds": "feeds.feeds",
    "watch": "watch.watch",
    "detect": "detection.detect",
    "evaluate": "detection.evaluate_command",
    "readouts": "readouts.readouts",
    "export": "learning.export",
    "sample": "learning.sample",
    "replay": "learning.replay",
    "verify": "verify.verify_command",
    "backup": "backup.backup",
    "restore": "backup.restore",
    "copy-to": "copying.copy_to_command",
    "doctor": "doctor.doctor",
    "subscriptions": "notifications.subscriptions",
    "deliveries": "notifications.deliveries",
    "user": "accounts.user",
    "token": "accounts.token",
}
"""Each command, and where it stands in this room."""


class _Commands(click.Group):
    """Reads a command's code when it is asked for: that of all others takes longer than most commands run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, name = _COMMANDS[cmd_name].split(".")
        return getattr(import_module(f"tracker.cli.{module}"), name)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="Open Lines")
def cli() -> None:
    """Open Lines: which channels between two powers are open, since when, and who says so."""
    gc.enable()  # the command is loaded, and begins


class _Output(io.FileIO):
    """Standard output. Once its reader (head, less) has seen enough what more is written goes nowhere, so that a
    command is done to its end, and its exit code is its own.
    """

    def write(self, data: bytes) -> int:
        """Raises Refused where nothing can be written, as on a full disk."""
        try:
            return super().write(data)
        except OSError as error:
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())
            if isinstance(error, BrokenPipeError):
                return len(data)
            wrong = f"Standard output cannot be written ({error.strerror})."
            raise Refused(wrong, "Make room where it goes, or send it elsewhere.") from error


def _opened_output() -> io.TextIOWrapper:
    """Standard output as the process was given it; where that is closed, one that goes nowhere."""
    if sys.stdout is None:
        return open(os.devnull, "w", encoding="utf-8")
    writer = io.BufferedWriter(_Output(sys.stdout.fileno(), "w", closefd=False))
    return io.TextIOWrapper(writer, encoding=sys.stdout.encoding, line_buffering=sys.stdout.line_buffering)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command: that of `arguments`, else of the command line.

    What an operator can mend is one sentence on standard error and exit code 2.
    """
    if sys.stdout is sys.__stdout__:  # and not what a test reads
        sys.stdout = _opened_output()
    # Half a surrogate pair in a release cannot be written as UTF-8; as \uXXXX it can, and JSON reads it back.
    sys.stdout.reconfigure(errors="backslashreplace")
    try:
        cli(arguments, prog_name="python -m tracker")
    except (ConfigError, StoreError, Refused) as error:
        click.echo(str(error), err=True)
        sys.exit(2)
