"""Readers that others wrote, run in processes of their own with bounds on processor time, memory and patience.

Our own readers take time that grows with the length of a text alone. feedparser, lxml, Beautiful Soup and trafilatura
mostly do: of 2 MB that are made for it, each can be kept busy for minutes inside one call, which no thread can
interrupt and during which nothing else in its process runs. What does that here ends its own process, and no other.
"""

from __future__ import annotations

import os
import resource
import signal
import threading
from collections.abc import Callable
from concurrent.futures import TimeoutError as NoAnswer
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any, TypeVar

from pebble import ProcessExpired, ProcessPool

from tracker.feeds.failure import NotAFeed, NotAPage
from tracker.tongue import to_keep

T = TypeVar("T")


@dataclass(frozen=True)
class Limits:
    """Of one reading: processor seconds, bytes of address space, and seconds by the clock for a busy machine."""

    cpu: int = 10
    memory: int = 1_000_000_000
    patience: float = 120.0


LIMITS = Limits()

WORKERS = min(os.cpu_count() or 1, 4)
TASKS_OF_ONE = 500
"""Readings after which a process is replaced: what libraries leave behind does not pile up."""

_READERS = (
    "tracker.feeds.robust", "tracker.feeds.listing", "tracker.feeds.page", "tracker.feeds.propose", "trafilatura",
)  # fmt: skip
"""What those processes load once for all of them."""

_lock = threading.Lock()
_pool: ProcessPool | None = None


class Unreadable(Exception):
    """A reader came to no end within its limits, or failed; the message says how, to follow "Reading it"."""


def confined(read: Callable[..., T], *args: Any, **options: Any) -> T:
    """What `read(*args, **options)` answers; it is a function of a module, and all that goes in and out is pickled.

    Raises NotAFeed and NotAPage as `read` does, and Unreadable for whatever else becomes of it.
    """
    limits = LIMITS
    try:
        try:
            return _run(limits, read, args, options)
        except BrokenProcessPool:
            # A process died with nothing in hand, and with it all of them: what waited for one had no part in it.
            return _run(limits, read, args, options)
    except (NotAFeed, NotAPage):
        raise
    except ProcessExpired as expired:
        if expired.exitcode in (-signal.SIGXCPU, -signal.SIGKILL):
            raise Unreadable(to_keep("took more than %(cpu)s seconds of work", cpu=limits.cpu)) from expired
        raise Unreadable(to_keep("was broken off")) from expired
    except NoAnswer as expired:
        raise Unreadable(
            to_keep("came to no end within %(patience)s seconds", patience=format(limits.patience, "g"))
        ) from expired
    except MemoryError as error:
        raise Unreadable(
            to_keep("needed more than %(memory)s GB of memory", memory=format(limits.memory / 1_000_000_000, "g"))
        ) from error
    except Exception as error:  # libraries meet here what nobody foresaw: any fault of theirs means the same to us
        raise Unreadable(to_keep("failed (%(name)s)", name=type(error).__name__)) from error


def _run(limits: Limits, read: Callable[..., T], args: tuple[Any, ...], options: dict[str, Any]) -> T:
    reading = _processes().schedule(limited, args=(limits, read, *args), kwargs=options, timeout=limits.patience)
    return reading.result()


def _processes() -> ProcessPool:
    """The processes, made when the first is needed: by a server that has loaded the readers and runs no threads."""
    global _pool
    with _lock:
        if _pool is None or not _pool.active:
            context = get_context("forkserver")
            context.set_forkserver_preload(list(_READERS))
            _pool = ProcessPool(max_workers=WORKERS, max_tasks=TASKS_OF_ONE, context=context)
        return _pool


def limited(limits: Limits, read: Callable[..., T], *args: Any, **options: Any) -> T:
    """What `read` answers, in a process that ends when it comes to no end: in this one."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime) + 1 + limits.cpu)
    _limit(resource.RLIMIT_AS, limits.memory)
    return read(*args, **options)


def _limit(what: int, most: int) -> None:
    """Set the limit that holds, and leave the one up to which it may be raised again."""
    _, highest = resource.getrlimit(what)
    resource.setrlimit(what, (most if highest == resource.RLIM_INFINITY else min(most, highest), highest))
