"""Log lines on standard error, one event a line, as text or as JSON. Each says of which request or poll it is."""

from __future__ import annotations

import json
import logging
import random
import re
import sys
import time
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, datetime

_QUIET = ("apscheduler", "procrastinate", "waitress", "urllib3", "trafilatura", "htmldate", "courlan")
"""Libraries whose own events are of interest only when something is wrong."""

_SILENT = ("waitress.queue", "psycopg.pool")
"""These warn of each request that waits for a thread, and many times of each that finds the database away: thousands of
lines when many come at once. That the database is away is said by us, once for each request.
"""

_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
"""What would end a line, or move what stands in it; words of strangers may hold it."""

_doing: ContextVar[Mapping[str, str]] = ContextVar("doing", default={})  # noqa: B039  never changed, only replaced


class during:
    """Every line that is logged within the block, in this thread, bears these names and values.

    As a generator it would cost each request twice as much.
    """

    __slots__ = ("_before", "_doing")

    def __init__(self, **doing: str) -> None:
        self._doing = doing

    def __enter__(self) -> None:
        self._before = _doing.set({**_doing.get(), **self._doing})

    def __exit__(self, *_: object) -> None:
        _doing.reset(self._before)


def doing() -> Mapping[str, str]:
    """What lines that are logged now bear."""
    return _doing.get()


def new_id() -> str:
    """An id for a request or a poll, which none other has; it is no secret."""
    return f"{random.getrandbits(64):016x}"


def with_fields(**fields: object) -> dict[str, object]:
    """What stands in a line as JSON beside its message, given to a logger as `extra`."""
    return {"fields": fields}


class TextLines(logging.Formatter):
    converter = time.gmtime

    def __init__(self) -> None:
        super().__init__("%(asctime)sZ %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S")

    def formatMessage(self, record: logging.LogRecord) -> str:
        line = _BREAKS.sub(lambda found: ascii(found[0])[1:-1], super().formatMessage(record))
        ids = " ".join(f"{name}={value}" for name, value in doing().items())
        return f"{line} [{ids}]" if ids else line


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        event = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "thread": record.threadName,
            **doing(),
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            event["exception"] = self.formatException(record.exc_info)
        return json.dumps(event, ensure_ascii=False)


def set_up_logs(level: str, form: str) -> None:
    """Send every log line to standard error; `form` is text or json."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else TextLines())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.root.level))
    for name in _SILENT:
        logging.getLogger(name).setLevel(max(logging.ERROR, logging.root.level))
