"""The log: what libraries say of themselves is told when something is wrong, and no more than once."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from waitress.task import ThreadedTaskDispatcher

from tracker.logs import _QUIET, _SILENT, set_up_logs


@pytest.fixture(autouse=True)
def _as_they_were() -> Iterator[None]:
    loggers = [logging.getLogger(name) for name in ("", *_QUIET, *_SILENT)]
    handlers, levels = list(logging.root.handlers), [one.level for one in loggers]
    yield
    logging.root.handlers[:] = handlers
    for one, level in zip(loggers, levels, strict=True):
        one.setLevel(level)


def test_requests_that_wait_for_a_thread_are_no_lines_of_the_log(capsys):
    """waitress warns of each; when a thousand come at once the log has to be readable."""
    set_up_logs("info", "text")
    dispatcher = ThreadedTaskDispatcher()
    for _ in range(3):
        dispatcher.add_task(None)
    assert capsys.readouterr().err == ""


def test_a_pool_that_looks_for_its_database_again_and_again_is_no_line_of_the_log(capsys):
    set_up_logs("info", "text")
    logging.getLogger("psycopg.pool").warning("error connecting in 'reading'")
    assert capsys.readouterr().err == ""


def test_libraries_are_no_louder_than_the_log_is_set_to_be(capsys):
    set_up_logs("error", "text")
    logging.getLogger("waitress").warning("a client went away")
    logging.getLogger("waitress").error("a defect")
    assert [line.partition(" ERROR ")[2] for line in capsys.readouterr().err.splitlines()] == ["waitress: a defect"]
