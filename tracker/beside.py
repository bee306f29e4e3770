"""A second process that studies releases where many come at once, while the first one stores and serves.

Python computes on one core at a time, and what a process does for a burst of releases its readers wait for. So a burst
is handed to a process of our own: it is started when one comes, ends when none came for a while, and ends by itself
when we are gone, since its input does. Nothing depends on it: what it does not answer is studied here.
"""

from __future__ import annotations

import logging
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import BinaryIO

from tracker.detect import Detector, examine
from tracker.model import Release
from tracker.study import Studied, study

log = logging.getLogger(__name__)

FEW = 10
"""Releases fewer than which are studied at once sooner than they are handed over."""

REST = 300.0
"""Seconds without work after which the process ends."""

_CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
_PATIENCE = 10.0
_GONE = (OSError, EOFError, pickle.UnpicklingError)


class Beside:
    """Studies releases by the detector of their relationship, for any number of threads; close it at the end.

    On a machine with one core all is studied here.
    """

    def __init__(self, detectors: Callable[[], Mapping[str, Detector]], *, cores: int = _CORES) -> None:
        self._detectors, self._alone = detectors, cores < 2
        self._turn = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._worked = 0.0

    def study(self, relationship: str, releases: Sequence[Release]) -> list[Studied]:
        answer = None if self._alone or len(releases) < FEW else self._ask(relationship, releases)
        # What failed there fails here too, where it is told with its place.
        return answer or _study(self._detectors()[relationship], releases)

    def rest(self) -> None:
        """End the process if it had nothing to do for a while."""
        with self._turn:
            if self._process and time.monotonic() - self._worked > REST:
                self._end()

    def close(self) -> None:
        with self._turn:
            self._end()

    def _ask(self, relationship: str, releases: Sequence[Release]) -> list[Studied] | None:
        with self._turn:
            try:
                if self._process is None:
                    self._start()
                _send(self._process.stdin, (relationship, releases))
                return pickle.load(self._process.stdout)  # noqa: S301 - our own process wrote it
            except _GONE as error:
                log.warning("the process beside ended (%s); another is started when it is needed", error)
                self._end()
                return None
            finally:
                self._worked = time.monotonic()

    def _start(self) -> None:
        path = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        command = [sys.executable, "-m", __name__]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self._process = subprocess.Popen(command, env=path, **pipes)  # noqa: S603 - this very module
        _send(self._process.stdin, {slug: (made.lexicon, made.weights) for slug, made in self._detectors().items()})

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        for end in (process.stdin, process.stdout):
            with suppress(OSError):  # what it was still to be sent it does not need any more
                end.close()
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _send(stream: BinaryIO, message: object) -> None:
    pickle.dump(message, stream, pickle.HIGHEST_PROTOCOL)
    stream.flush()


def _study(detector: Detector, releases: Sequence[Release]) -> list[Studied]:
    return study(releases, partial(examine, detector=detector))


def _serve() -> None:
    """Study what comes in until the input ends. Signals are for the first process, which ends this one."""
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.SIG_IGN)
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever else is printed goes elsewhere
    try:
        told = pickle.load(sys.stdin.buffer)  # noqa: S301 - the process that started us wrote it
        detectors = {slug: Detector(lexicon, weights) for slug, (lexicon, weights) in told.items()}
        while True:
            relationship, releases = pickle.load(sys.stdin.buffer)  # noqa: S301
            try:
                _send(answers, _study(detectors[relationship], releases))
            except Exception:
                _send(answers, None)
    except (EOFError, BrokenPipeError):
        pass


if __name__ == "__main__":
    _serve()
