"""What the commands share: settings from the environment, the opened service, dates as arguments."""

from __future__ import annotations

import getpass
import os
from datetime import date, datetime
from typing import Any

import click
from rich.console import Console
from rich.table import Column, Table

from config.settings import Settings, settings_from
from tracker.logs import set_up_logs
from tracker.model import PartialDate
from tracker.moments import known_instant
from tracker.service import Service, open_service

WIDE = 10_000
"""Characters of a line that no table of ours reaches."""


def settings(**defaults: str) -> Settings:
    """The settings, with logs set up as they say; `defaults` stand in for unset variables. Raises SettingsError."""
    read = settings_from(defaults | os.environ)
    set_up_logs(read.log_level, read.log_format)
    return read


def opened(*, migrate: bool = False) -> Service:
    """The service over the configured database. Raises ConfigError or StoreError."""
    return open_service(settings(), migrate=migrate)


def who() -> str:
    """The account of this machine that gives the command."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "an operator"


def output() -> Console:
    """Standard output; where it is no terminal, wide enough that whoever reads on gets every word whole."""
    console = Console()
    return console if console.is_terminal else Console(width=WIDE)


def table(first: str, *others: str, **look: Any) -> Table:
    """A table that loses nothing on a narrow terminal: its first column stands in one line, the others fold."""
    return Table(Column(first, no_wrap=True), *(Column(other, overflow="fold") for other in others), **look)


NUMBER = click.IntRange(-(2**63) + 1, 2**63 - 1)
"""The number of a row, as far as databases count."""


class Instant(click.ParamType):
    """A day, which means its end in UTC, or an instant."""

    name = "instant"

    def convert(self, value, param, ctx) -> datetime:
        return value if isinstance(value, datetime) else known_instant(value, param.opts[0] if param else "known_at")


class Day(click.ParamType):
    """A day that exists, as YYYY-MM-DD."""

    name = "date"

    def convert(self, value, param, ctx) -> date:
        try:
            day = value if isinstance(value, date) else date.fromisoformat(value)
        except ValueError:
            day = None
        if day is None or str(day) != str(value):  # ISO 8601 has other ways to write a day
            self.fail(f"{value!r} is not a day that exists; write YYYY-MM-DD.", param, ctx)
        return day


class Since(click.ParamType):
    """The first day of a date as precise as it is given: 2020, 2020-06 or 2020-06-01."""

    name = "date"

    def convert(self, value, param, ctx) -> date:
        try:
            return value if isinstance(value, date) else PartialDate(value).first
        except ValueError:
            self.fail(f"{value!r} is not a date; write YYYY, YYYY-MM or YYYY-MM-DD.", param, ctx)
