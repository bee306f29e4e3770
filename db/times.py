"""How long the writes of this process took: what a histogram needs, and no more."""

from __future__ import annotations

import threading
import time
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import accumulate

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds: the upper ends of the buckets; a last one has no end."""


class Times:
    """Counts durations; any number of threads may add to it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = [0] * (len(BOUNDS) + 1)
        self._seconds = 0.0

    @contextmanager
    def measured(self) -> Iterator[None]:
        """Count how long the block took, whether it failed or not."""
        began = time.monotonic()
        try:
            yield
        finally:
            took = time.monotonic() - began
            with self._lock:
                self._numbers[bisect_left(BOUNDS, took)] += 1
                self._seconds += took

    def histogram(self) -> tuple[list[tuple[str, int]], float]:
        """How many took so many seconds or less, by upper end as Prometheus writes it, and the sum of seconds."""
        with self._lock:
            numbers, seconds = list(self._numbers), self._seconds
        ends = [*map(str, BOUNDS), "+Inf"]
        return list(zip(ends, accumulate(numbers), strict=True)), seconds
