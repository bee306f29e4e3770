"""What a public read costs, in ratios against peers that are asked by turns with it in the same run.

    python -m bench.status

A bare Flask "hello" on the same server and Datasette's JSON of the same rows are the peers, both asked for it uncoded,
as the product is; beside Datasette stands the server alone, which no application over it can outdo. The product with a
hundred times the history is held against the product as it is. Servers are processes of their own with as many threads
each.
"""

from __future__ import annotations

import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from rich.console import Console
from rich.table import Table

from bench.load import CONNECTIONS, ask, rate
from bench.servers import THREADS, datasette, export, serving
from db.store import Subjects, open_store

ROUNDS = 3
TIMES = 100
CHANNELS = "/api/v1/channels"
CONTACTS = "/api/v1/contacts?limit=200"
SOURCES = """json_group_array(json_object('url', url, 'title', title, 'publisher', publisher, 'side', side,
                                          'published', published, 'quote', quote))"""

CHANNELS_WHOLE = f"""
WITH cited AS (
    SELECT "change", contact, {SOURCES} AS sources
    FROM citations JOIN sources ON sources.id = citations.source GROUP BY "change", contact
), told AS (
    SELECT channel, outcome, date, json_object(
        'id', id, 'outcome', outcome, 'date', date, 'precision', date_precision, 'end', "end", 'announced', announced,
        'form', form, 'place', place, 'round', round, 'persons', persons, 'summary', summary, 'asked_by', asked_by,
        'substantive', substantive, 'note', note, 'contested', contested, 'corroboration', corroboration,
        'recorded_at', recorded_at, 'recorded_by', recorded_by, 'sources', json(cited.sources)) AS contact
    FROM contacts LEFT JOIN cited ON cited.contact = contacts.id WHERE standing
)
SELECT channels.*, cited.sources AS sources,
    (SELECT contact FROM told WHERE channel = slug AND outcome = 'held' AND date = last_contact) AS last,
    (SELECT contact FROM told WHERE channel = slug AND outcome NOT IN ('held', 'planned') AND date = last_refused)
        AS refused,
    (SELECT contact FROM told WHERE channel = slug AND outcome = 'planned' AND date = next_contact) AS next
FROM channels
LEFT JOIN history ON history.channel = slug
    AND position = (SELECT max(position) FROM history WHERE channel = slug)
LEFT JOIN cited ON cited."change" IS history."change" AND cited.contact IS history.contact
"""
"""Channels as the call of the API has them, with the last contacts and the sources of what they say; but for each
side's words and the coverage, which the call has as well and the exported file has not.
"""

FLAT = "/record/channels.json?_shape=array&_size=max&_nocount=1&_nofacet=1"
"""How Datasette answers the rows of a table alone, without counting or suggesting."""

FLAT_OURS = (
    f"{CHANNELS}?fields=relationship,names,category,counterparts,description,state,since,expected,cause,corroboration,"
    "contested,overdue,days_in_state"
)
"""The same of the API, but for the dates of the last and next contacts, which it has as contacts with their sources."""

WITH_SOURCES = f"""
SELECT contacts.*, (
    SELECT {SOURCES}
    FROM citations JOIN sources ON sources.id = citations.source WHERE citations.contact = contacts.id
) AS sources FROM contacts
"""
"""Contacts with the sources that they cite, as the call of the API has them."""


@dataclass(frozen=True)
class Asked:
    port: int
    path: str
    headers: dict[str, str] = field(default_factory=dict)

    def rate(self) -> float:
        return rate(self.port, self.path, self.headers)

    def answer(self) -> bytes:
        return ask(self.port, self.path, self.headers)[1]

    def coded(self, coding: str) -> Asked:
        return Asked(self.port, self.path, {"Accept-Encoding": coding})

    def known(self) -> Asked:
        """The same by a reader who has the answer, whichever it is."""
        return Asked(self.port, self.path, {"If-None-Match": "*"})


def main() -> None:
    table = Table("request", "peer", "peer/s", "ours/s", "figure", "min", "max", "aim", title="status")
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as place, ExitStack() as running:
        today, old = (Path(place) / name for name in ("today", "old"))
        for folder in (today, old):
            folder.mkdir()
        hello = Asked(running.enter_context(serving("hello", folder=today)), "/")
        ours = running.enter_context(serving("product", "1", folder=today))
        aged = running.enter_context(serving("product", str(TIMES), folder=old))
        rows = running.enter_context(datasette(export(today)))
        _against_hello(table, hello, ours)
        bare = running.enter_context(serving("bare", folder=today))
        _against_datasette(table, rows, ours, bare)
        _against_age(table, (ours, today), (aged, old))
    table.caption = (
        f"{CONNECTIONS} connections, {THREADS} threads, median of {ROUNDS}; load {load:.1f} before, "
        f"{os.getloadavg()[0]:.1f} after, {os.cpu_count()} processors"
    )
    Console(width=110).print(table)


def _against_hello(table: Table, hello: Asked, ours: int) -> None:
    channels, dashboard = Asked(ours, CHANNELS), Asked(ours, "/")
    for name, asked in {
        "one channel": Asked(ours, f"{CHANNELS}/dpct"),
        "channels": channels,
        "channels, gzip": channels.coded("gzip"),
        "channels, unchanged": channels.known(),
        "dashboard": dashboard,
        "dashboard, br": dashboard.coded("br"),
    }.items():
        _compare(table, f"{name}: {len(asked.answer()) / 1000:.0f} kB", "hello", hello, asked, "≥ 0.8")


def _against_datasette(table: Table, port: int, ours: int, bare: int) -> None:
    def by(sql: str) -> str:
        return f"/record.json?{urlencode({'sql': sql, '_shape': 'array'})}"

    for name, peer, call, aim in (
        ("channels, their contacts and sources", Asked(port, by(CHANNELS_WHOLE)), Asked(ours, CHANNELS), "≥ 20"),
        ("contacts and their sources", Asked(port, by(WITH_SOURCES)), Asked(ours, CONTACTS), "≥ 20"),
        ("channels, flat", Asked(port, FLAT), Asked(ours, FLAT_OURS), "the server's"),
    ):
        told, rows = json.loads(call.answer())[name.split()[0].rstrip(",")], json.loads(peer.answer())
        assert len(told) == len(rows) > 0, (name, len(told), len(rows))
        _compare(table, f"{name}: {len(rows)} rows", "Datasette", peer, call, aim)
    _compare(table, "the server alone, 5 bytes", "Datasette, flat", peer, Asked(bare, "/"), "")


def _against_age(table: Table, today: tuple[int, Path], aged: tuple[int, Path]) -> None:
    """How much more a read costs with a longer history: from memory, and made anew."""
    for name, path in {"channels": CHANNELS, "dashboard": "/"}.items():
        now, later = Asked(today[0], path), Asked(aged[0], path)
        what = f"{TIMES} × history, {name}"
        _compare(table, f"{what}: cost", "today", now, later, "≤ 1.2", figure=lambda peer, ours: peer / ours)
        first, late = first_read(now, today[1]), first_read(later, aged[1])
        shown = f"{first * 1000:.0f} ms", f"{late * 1000:.0f} ms", f"{late / first:.1f}"
        table.add_row(f"{what}: made anew", "today", *shown)


def poll(db: Subjects) -> None:
    """What a poll that brings nothing writes for the public."""
    db.record.bump("polls")


def first_read(asked: Asked, folder: Path, write: Callable[[Subjects], None] = poll) -> float:
    """Seconds until an answer after something was written, when the answer is made anew."""
    store = open_store(f"sqlite:///{folder}/openlines.db")
    with store.writing() as db:
        write(db)
    store.close()
    started = time.perf_counter()
    asked.answer()
    return time.perf_counter() - started


def _compare(
    table: Table,
    name: str,
    against: str,
    peer: Asked,
    ours: Asked,
    aim: str,
    figure: Callable[[float, float], float] = lambda peer, ours: ours / peer,
) -> None:
    pairs = [(peer.rate(), ours.rate()) for _ in range(ROUNDS)]
    figures = [figure(*pair) for pair in pairs]
    rates = (f"{statistics.median(column):.0f}" for column in zip(*pairs, strict=True))
    shown = (f"{found:.2f}" for found in (statistics.median(figures), min(figures), max(figures)))
    table.add_row(name, against, *rates, *shown, aim)


if __name__ == "__main__":
    main()
