"""Releases measured as they arrive: flagged ones are noted, of the others some are drawn and enter the queue.

A drawn release enters within seconds of those that were flagged, with the instant at which it came, as a candidate
like any other. That it was drawn stands in the table `sample` alone.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from db.samples import Arrival, Standing
from db.store import Subjects
from tracker.detect import Detector, detect
from tracker.measuring.guess import guess
from tracker.measuring.sampling import Stratum, draw, rates, week_of
from tracker.model import Sighting, Status
from tracker.releases.grouping import report_of
from tracker.service import Service

BATCH = 200
"""Releases passed in one transaction."""

LOOK_BACK = timedelta(weeks=4)
"""The traffic that a week's rates are reckoned from."""

_RECENT = 200
_USUAL_CONFIDENCE = (0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9)
"""Shown with a drawn release while detection has flagged nothing whose confidence could be borrowed."""


@dataclass(frozen=True)
class Passed:
    """What one round did: releases passed, and how many of them were flagged and drawn."""

    releases: int = 0
    flagged: int = 0
    drawn: int = 0

    def __add__(self, other: Passed) -> Passed:
        return Passed(self.releases + other.releases, self.flagged + other.flagged, self.drawn + other.drawn)


def sample(service: Service, rng: random.Random) -> dict[str, Passed]:
    """Pass all releases that came since the last time, by relationship. Any number of processes may do so at once.

    Does nothing where the settings ask for no sample. Raises StoreError.
    """
    if not service.settings.sample:
        return {}
    return {slug: _pass_all(service, slug, detector, rng) for slug, detector in service.compiled.items()}


def _pass_all(service: Service, relationship: str, detector: Detector, rng: random.Random) -> Passed:
    now = service.clock()
    passed = Passed()
    while True:
        with service.store.reading() as db:
            standing = db.samples.standing(relationship)
            live = standing is not None and not _paused(standing, now)
            chances = db.samples.rates(relationship, standing.week) if live else {}
            arrivals = db.samples.arrivals(relationship, standing.passed, most=BATCH) if live else []
        if not arrivals:
            _keep_week(service, relationship, standing, now)
            return passed
        batch = _pass(service, relationship, detector, standing, chances, arrivals, now, rng)
        if batch is None:
            return passed
        passed += batch


def _keep_week(service: Service, relationship: str, standing: Standing | None, now: datetime) -> None:
    """Fix the rates of a week that has begun, once all that came before is passed.

    The first week of all has no rates: its traffic is what those of the next are reckoned from.
    """
    week = week_of(now.date())
    if standing and standing.week >= week:
        return
    monday = datetime.combine(week, time(), UTC)
    with service.store.writing() as db:
        if db.samples.standing(relationship) == standing:
            traffic = _weekly(db.samples.traffic(relationship, monday - LOOK_BACK, monday), monday)
            planned = rates(traffic, service.settings.sample)
            behind = standing is None or _paused(standing, now)
            passed = db.samples.newest_release() if behind else standing.passed
            db.samples.begin_week(relationship, week, passed, planned)


def _paused(standing: Standing, now: datetime) -> bool:
    """Whether nothing was passed for a week and more: what came meanwhile is old, and would stand out in the queue."""
    return standing.week < week_of(now.date()) - timedelta(weeks=1)


def _weekly(traffic: Mapping[Stratum, tuple[int, datetime]], monday: datetime) -> dict[Stratum, float]:
    """Releases a week, over the weeks of which there are any."""
    first = min((since for _, since in traffic.values()), default=monday)
    weeks = max(1, -((first - monday) // timedelta(weeks=1)))
    return {stratum: releases / weeks for stratum, (releases, _) in traffic.items()}


def _pass(
    service: Service,
    relationship: str,
    detector: Detector,
    standing: Standing,
    chances: Mapping[Stratum, float],
    arrivals: list[Arrival],
    now: datetime,
    rng: random.Random,
) -> Passed | None:
    """Measure the arrivals in one transaction; None where somebody else has done so meanwhile."""
    measured = [arrival for arrival in arrivals if _stratum(arrival) in chances]
    unflagged = [arrival for arrival in measured if not detect(arrival.release, detector)]
    flagged = {arrival.release.id for arrival in measured} - {arrival.release.id for arrival in unflagged}
    drawn = draw(unflagged, _stratum, chances, rng)
    with service.store.writing() as db:
        if not db.samples.pass_by(relationship, standing, arrivals[-1].release.id):
            return None
        for stratum, number in Counter(map(_stratum, unflagged)).items():
            db.samples.count_unflagged(relationship, standing.week, stratum, number)
        for arrival in measured:
            if arrival.release.id in flagged:
                db.samples.add(relationship, standing.week, arrival.release, probability=1, candidate=None, at=now)
        confidences = db.samples.confidences(most=_RECENT) or _USUAL_CONFIDENCE
        for arrival in drawn:
            chance, question = (
                chances[_stratum(arrival)],
                guess(arrival.release, detector, rng.choice(confidences), rng),
            )
            candidate = _enter(db, arrival, question)
            db.samples.add(
                relationship, standing.week, arrival.release, probability=chance, candidate=candidate, at=now
            )
    return Passed(len(arrivals), len(flagged), len(drawn))


def _stratum(arrival: Arrival) -> Stratum:
    return Stratum(arrival.release.side, arrival.release.lang)


def _enter(db: Subjects, arrival: Arrival, question: Sighting) -> int:
    """A candidate of its own for a drawn release, as old as if it had been flagged when it came."""
    release, at = arrival.release, arrival.first_seen
    report = report_of(question, release.published)
    candidate = db.candidates.open(question.channel, report, Status.PENDING, at=at)
    db.candidates.add_sighting(
        candidate, release.id, arrival.revision, question, published=release.published, at=at, because=None
    )
    return candidate
