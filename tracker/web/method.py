"""The page on method: its figures as they stand, or as they were kept at a `known_at`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import request

from config.weights import Measured
from db.past import CASES, Kept, What
from db.store import Subjects
from tracker.measuring.sampling import figures_from
from tracker.model import Moment
from tracker.record.citation import Rows, fact, json_told
from tracker.reviewing.reckoning import name_of, reckoned
from tracker.web.cited_rows import Facts
from tracker.web.current import Snapshot, current, moment_from_request


def method_values() -> dict[str, Any]:
    """What the template shows. In the past a figure that was not kept by then is None."""
    snapshot, moment = current().snapshot(), moment_from_request()
    known_at = moment.known_at if request.args.get("known_at") else None
    with current().service.store.reading() as db:
        told = _kept_by(db, snapshot, known_at) if known_at else _now(db, snapshot)
    return {"snapshot": snapshot, "past": known_at is not None, **told}


def _now(db: Subjects, snapshot: Snapshot) -> dict[str, Any]:
    service, today = current().service, current().day()
    weights = service.packs[0].weights
    return {
        "live": {pair.slug: reckoned(db, pair, today) for pair in snapshot.relationships},
        "measured": service.measured,
        "thresholds": (weights.flag, weights.beside),
    }


def _kept_by(db: Subjects, snapshot: Snapshot, known_at: datetime) -> dict[str, Any]:
    """What was in force at an instant; `live_since`: since when the figures of a relationship stood so."""
    told = _in_force(db, known_at)
    cases = told.get(CASES)
    live = {pair.slug: told.get(name_of(pair.slug)) for pair in snapshot.relationships}
    return {
        "live": {slug: figures_from(one.told) if one else None for slug, one in live.items()},
        "live_since": {slug: one.since for slug, one in live.items() if one},
        "measured": Measured.model_validate(cases.told["measured"]) if cases else None,
        "thresholds": cases.told["thresholds"] if cases else None,
    }


def _in_force(db: Subjects, known_at: datetime) -> dict[str, Kept]:
    return {name: one for name, one in db.past.at(What.MEASURED, known_at).items() if one.since <= known_at}


@dataclass(frozen=True)
class _Measured(Facts):
    """The figures that were kept by then: those shipped, and those of each relationship."""

    def rows(self, moment: Moment) -> Rows:
        return dict(self._kept(moment))

    def _kept(self, moment: Moment) -> Iterator[tuple[str, bytes]]:
        with current().service.store.reading() as db:
            kept = _in_force(db, moment.known_at)
        for name, one in kept.items():
            yield fact(f"figures-{name.replace(' ', '-')}", {"since": one.since, "told": json_told(one.told)})


def cited_method(snapshot: Snapshot, parts: Mapping[str, Any], asked: Mapping[str, str]) -> _Measured:
    return _Measured(snapshot)
