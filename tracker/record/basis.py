"""What the decisions on a candidate rest on: its own row, its sightings, the releases in which they were seen. Pure.

The rows are told by a name such as `sighting 12` and by their columns. A basis holds what is new or other since the
basis before, None for a row that is no part of it any more; all bases of a candidate together say how it stood last.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tracker.record.chain import Finding, shown

Rows = Mapping[str, Mapping[str, Any]]

CHANGES_BY_ITSELF = {"release": frozenset({"gone_since"}), "candidate": frozenset({"version", "evidence_at"})}
"""Columns by table that no decision rests on: since when a feed shows a release no more, which polls note; how often a
candidate was touched, also by a hold, and its place in the queue.
"""


def as_told(changed: Mapping[str, Mapping[str, Any] | None]) -> str:
    """The one way to write a basis, as JSON."""
    return json.dumps(changed, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def together(told: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The rows as all bases of a candidate, oldest first, say that they stood last. Raises ValueError."""
    rows: dict[str, dict[str, Any]] = {}
    for one in told:
        changed = json.loads(one)
        if not isinstance(changed, dict) or not all(isinstance(row, dict | None) for row in changed.values()):
            raise ValueError("it names no rows")
        for name, row in changed.items():
            rows.pop(name, None)
            if row is not None:
                rows[name] = row
    return rows


def changed(before: Rows, now: Rows) -> dict[str, Mapping[str, Any] | None]:
    """What is new or other, and None for what is gone."""
    gone = dict.fromkeys(before.keys() - now.keys())
    return gone | {name: row for name, row in now.items() if before.get(name) != row}


def differing(recorded: Rows, now: Rows) -> Iterator[Finding]:
    """How rows as they stand differ from those on which the decisions rest, each in words.

    A column that came with a later version was told by no older basis, and has to be empty in that row.
    """
    for name, row in recorded.items():
        if name not in now:
            yield Finding(name, "it is gone; a decision rests on it")
        else:
            yield from (Finding(name, wrong) for wrong in _differing(row, now[name]))
    for name in sorted(now.keys() - recorded.keys()):
        yield Finding(name, "it came to what a decision rests on, and the program did not bring it there")


def _differing(recorded: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    for column in (*recorded, *(column for column in now if column not in recorded)):
        was, is_ = recorded.get(column), now.get(column)
        if was != is_:
            yield f"its {column} is {shown(is_)}, decided was on {shown(was)}"
