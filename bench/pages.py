"""Whether a page of a long record answers like one of a short one: 300 channels, 10,000 changes or 40 relationships of
25 channels each against ten channels.

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
from tests.many import slug_of
from tracker.model import Contact, Outcome, PartialDate
from tracker.service import utc_now

ROUNDS = 5
TEN, MANY = "10", "300"
TIMES = "145"
"""So many times the history of all channels is 10,000 changes of state and more."""

LONG = ("sized", "27", TIMES)
PAIRS = ("many", "40", "25")

PAGES = {
    f"dashboard, {MANY} channels": ("/", "/", ("sized", MANY, "1")),
    f"timeline, {MANY} channels": ("/timeline", "/timeline", ("sized", MANY, "1")),
    "dashboard, 10,000 changes": ("/", "/", LONG),
    "list of 10,000 changes": ("/changes", "/changes", LONG),
    "channel of 10,000 changes": ("/channels/dpct", "/channels/dpct", LONG),
    "overview, 40 relationships": ("/", "/", PAIRS),
    "dashboard of one of 40": ("/", f"/?relationship={slug_of(0)}", PAIRS),
    "changes of 40 relationships": ("/changes", "/changes", PAIRS),
}
"""By its name the page of ten channels, the page that is held against it, and over which server."""


def main() -> None:
    table = Table(
        "page", "kB", "of ten/s", "ours/s", "cost", "min", "max", "aim", "after a poll", "after a row", title="pages"
    )
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as place, ExitStack() as running:

        def server(*size: str) -> tuple[int, Path]:
            folder = Path(place) / "-".join(size)
            folder.mkdir()
            return running.enter_context(serving(*size, folder=folder)), folder

        short = server("sized", TEN, "1")
        servers = {size: server(*size) for size in {size for *_, size in PAGES.values()}}
        for name, (few, many, size) in PAGES.items():
            _compare(table, name, Asked(short[0], few), Asked(servers[size][0], many), (short[1], servers[size][1]))
    table.caption = (
        f"br, {CONNECTIONS} connections, {THREADS} threads, median of {ROUNDS}; load {load:.1f} before, "
        f"{os.getloadavg()[0]:.1f} after, {os.cpu_count()} processors"
    )
    Console(width=140).print(table)


def _compare(table: Table, name: str, few: Asked, many: Asked, folders: tuple[Path, Path]) -> None:
    few, many = few.coded("br"), many.coded("br")
    pairs = [(few.rate(), many.rate()) for _ in range(ROUNDS)]
    costs = [few_rate / many_rate for few_rate, many_rate in pairs]
    rates = (f"{statistics.median(column):.0f}" for column in zip(*pairs, strict=True))
    figures = (f"{found:.2f}" for found in (statistics.median(costs), min(costs), max(costs)))
    anew = (
        " → ".join(
            f"{first_read(asked, folder, write) * 1000:.0f}" for asked, folder in zip((few, many), folders, strict=True)
        )
        for write in (poll, _row)
    )
    table.add_row(name, f"{len(many.answer()) / 1000:.0f}", *rates, *figures, "≤ 1.5", *(f"{one} ms" for one in anew))


def _row(db: Subjects) -> None:
    """One more contact, of another channel than the one whose page is asked for (dpct is the first)."""
    met = Contact(
        channel=db.record.channels()[1].slug, outcome=Outcome.HELD, date=PartialDate("2024-05-05"), summary="Met."
    )
    db.record.add(met, Origin(utc_now(), "bench"))
    db.record.bump()


if __name__ == "__main__":
    main()
