"""The table of what the tests of reliability tried and the product survived, printed when they have run."""

from __future__ import annotations

import os
import platform
import re
import sqlite3
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

NAME = "survived"
BEGIN, END = "<!-- what was survived -->", "<!-- end -->"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--survived", metavar="FILE", help="write the table of what was survived between its marks there")


@pytest.fixture
def survived(request: pytest.FixtureRequest) -> Callable[[str, int], None]:
    """Says that something was tried so often without harm; it counts when the test passes.

    Properties of a test travel with its report, from whichever process ran it.
    """

    def tell(what: str, times: int) -> None:
        request.node.user_properties.append((NAME, [what, times]))

    return tell


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    reports = terminalreporter.getreports("passed")
    told = Counter()
    for report in reports:
        for name, value in report.user_properties:
            if name == NAME and report.when == "call":
                told[value[0]] += value[1]
    if not told:
        return
    failed = sum(len(terminalreporter.getreports(kind)) for kind in ("failed", "error"))
    lines = rows(told)
    terminalreporter.section("what was tried and survived")
    for line in lines:
        terminalreporter.write_line(line)
    if config.option.survived:
        write(Path(config.option.survived), lines, failed)


def rows(told: Counter[str]) -> list[str]:
    """The table in Markdown, by item of the list: A1, A2, … B10."""

    def place(what: str) -> tuple[str, int, str]:
        item = re.match(r"([A-Z])(\d+)", what)
        return (item[1], int(item[2]), what) if item else ("~", 0, what)

    listed = [f"| {what} | {told[what]:,} |" for what in sorted(told, key=place)]
    return ["| what was tried | times |", "|---|--:|", *listed]


def machine() -> str:
    """What kind of machine this is."""
    try:
        system = platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        system = platform.system()
    python, sqlite = platform.python_version(), sqlite3.sqlite_version
    return f"{os.cpu_count()} cores, {system}, Python {python}, SQLite {sqlite}"


def write(page: Path, lines: list[str], failed: int) -> None:
    head, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    tail = rest.partition(END)[2]
    told = f"{datetime.now(UTC):%Y-%m-%d}, {machine()}; {failed or 'no'} test{'s' * (failed != 1)} failed."
    page.write_text("\n".join([head + BEGIN, told, "", *lines, END + tail]), encoding="utf-8")
