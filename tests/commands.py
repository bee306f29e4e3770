"""The product's commands as an operator gives them, run within the test's own process.

What only a process of its own can show (signals, two at once, what it imports) is for the few tests that start one.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import chdir, contextmanager
from io import BytesIO

from click.testing import CliRunner

from tests.conftest import ROOT
from tracker.cli import main


def run(
    arguments: Sequence[str], *, stdin: bytes = b"", env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    """`python -m tracker …` to its end, with the settings in `env` and no others."""
    unset = dict.fromkeys(name for name in os.environ if name.startswith("OPENLINES_"))
    given = BytesIO(stdin)
    given.name = "<stdin>"
    with chdir(ROOT), _logs_as_they_were(), CliRunner().isolation(given, unset | (env or {})) as (out, err, _):
        try:
            main(arguments)
        except SystemExit as end:
            code = end.code or 0
        sys.stdout.flush()
        sys.stderr.flush()
    return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())


@contextmanager
def _logs_as_they_were() -> Iterator[None]:
    """A command sends log lines to its standard error, which is gone when it has ended."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
