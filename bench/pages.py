"""Whether a page of a long record answers like one of a short one: 300 channels or 10,000 changes against ten channels.

    python -m bench.pages

Asked by turns in one run. From memory, as readers are answered; beside it the first answer after a poll and after a row
was added to the record, when the page is made anew.
"""

from __future__ import annotations

import os
import statistics
import tempfile
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.load import CONNECTIONS
from bench.servers import THREADS, serving
from bench.status import Asked, first_read, poll
from db.record import Origin
from db.store import Subjects
from tracker.model import Contact, Outcome, PartialDate
from tracker.service import utc_now

ROUNDS = 5
TEN, MANY = "10", "300"
TIMES = "145"
"""So many times the history of all channels is 10,000 changes of state and more."""

PAGES = {
    f"dashboard, {MANY} channels": ("/", MANY, "1"),
    f"timeline, {MANY} channels": ("/timeline", MANY, "1"),
    "dashboard, 10,000 changes": ("/", "27", TIMES),
    "list of 10,000 changes": ("/changes", "27", TIMES),
    "channel of 10,000 changes": ("/channels/dpct", "27", TIMES),
}


def main() -> None:
    table = Table(
        "page", "kB", "of ten/s", "ours/s", "cost", "min", "max", "aim", "after a poll", "after a row", title="pages"
    )
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as place, ExitStack() as running:

        def server(*size: str) -> tuple[int, Path]:
            folder = Path(place) / "-".join(size)
            folder.mkdir()
            return running.enter_context(serving("sized", *size, folder=folder)), folder

        servers = {size: server(*size) for size in {(TEN, "1"), *((many, times) for _, many, times in PAGES.values())}}
        for name, (path, *size) in PAGES.items():
            _compare(table, name, path, servers[TEN, "1"], servers[tuple(size)])
    table.caption = (
        f"br, {CONNECTIONS} connections, {THREADS} threads, median of {ROUNDS}; load {load:.1f} before, "
        f"{os.getloadavg()[0]:.1f} after, {os.cpu_count()} processors"
    )
    Console(width=140).print(table)


def _compare(table: Table, name: str, path: str, short: tuple[int, Path], long: tuple[int, Path]) -> None:
    few, many = Asked(short[0], path).coded("br"), Asked(long[0], path).coded("br")
    pairs = [(few.rate(), many.rate()) for _ in range(ROUNDS)]
    costs = [few_rate / many_rate for few_rate, many_rate in pairs]
    rates = (f"{statistics.median(column):.0f}" for column in zip(*pairs, strict=True))
    figures = (f"{found:.2f}" for found in (statistics.median(costs), min(costs), max(costs)))
    anew = (
        " → ".join(
            f"{first_read(asked, folder, write) * 1000:.0f}" for asked, (_, folder) in ((few, short), (many, long))
        )
        for write in (poll, _row)
    )
    table.add_row(name, f"{len(many.answer()) / 1000:.0f}", *rates, *figures, "≤ 1.5", *(f"{one} ms" for one in anew))


def _row(db: Subjects) -> None:
    """One more contact, of another channel than the one whose page is asked for."""
    met = Contact(channel="mmca", outcome=Outcome.HELD, date=PartialDate("2024-05-05"), summary="Met.")
    db.record.add(met, Origin(utc_now(), "bench"))
    db.record.bump()


if __name__ == "__main__":
    main()
