"""What detection misses, measured on live traffic: which unflagged releases a person reads, and what that tells. Pure.

Every unflagged release of a week has the same chance as the others of its side and language, known beforehand. A
release that was drawn and found to report an update stands for as many as its chance says (Horvitz and Thompson).
The method and its limits: docs/decisions/0006-unflagged-releases-are-drawn-as-they-arrive.md.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple, TypeVar

from pydantic import TypeAdapter

from tracker.tongue import msg

T = TypeVar("T")

HIGHEST_RATE = 0.5
"""No stratum is drawn more densely: where last month was quiet, a busy week must not flood the queue."""

ELSEWHERE = msg("Reports an update of another channel")
"""The reason for rejecting a candidate whose release is relevant all the same; a drawn one is then a miss."""

_TAIL = 0.01
"""Left out on each side of what is missed: less than 95 of 100 asks for, so that any hundred intervals keep that
promise, and not only hundreds of them on average.
"""

_WILSON_Z = 1.959964


class Stratum(NamedTuple):
    """Releases of one side in one language: those that share a rate."""

    side: str
    lang: str


class Found(StrEnum):
    """What became of a release that is measured.

    `recorded`: the record told of it already, on its side's word. `elsewhere`: it reports an update, of a channel that
    nobody proposed.
    """

    PENDING = "pending"
    ACCEPTED = "accepted"
    RECORDED = "recorded"
    ELSEWHERE = "elsewhere"
    REJECTED = "rejected"


@dataclass(frozen=True)
class Planned:
    """One stratum in one week (named by its Monday): its rate, and how many unflagged releases have come since."""

    week: date
    stratum: Stratum
    rate: float
    unflagged: int


@dataclass(frozen=True)
class Measured:
    """One release that is measured: a flagged one (all are, with probability 1) or one that was drawn."""

    week: date
    stratum: Stratum
    flagged: bool
    probability: float
    found: Found
    release: int | None = None


@dataclass(frozen=True)
class Decided:
    """Flagged releases that reviewers accepted and rejected, from the first decision to the last."""

    stratum: Stratum
    accepted: int
    rejected: int
    since: datetime
    until: datetime


@dataclass(frozen=True)
class Interval:
    """A share with an interval that holds in 95 of 100 cases."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Estimate:
    """The counts behind a recall, and the recall: None where no release was found to report anything.

    `flagged` were flagged and relevant; `drawn` of the `unflagged` were read and `relevant` of them found relevant;
    `missed` is how many of all unflagged ones that makes.
    """

    flagged: int
    unflagged: int
    drawn: int
    relevant: int
    missed: float
    recall: Interval | None


@dataclass(frozen=True)
class Part:
    """The figures of all releases (`side` and `lang` None), of one side, or of one language."""

    side: str | None
    lang: str | None
    estimate: Estimate | None
    accepted: int
    rejected: int
    precision: Interval | None


@dataclass(frozen=True)
class Figures:
    """What is published of one relationship. `weeks` are those whose releases have all been decided."""

    weeks: tuple[date, ...]
    parts: tuple[Part, ...]
    since: datetime | None
    until: datetime | None

    @property
    def last_day(self) -> date:
        """The Sunday of the last week."""
        return self.weeks[-1] + timedelta(days=6)


_AS_JSON = TypeAdapter(Figures)


def as_told(found: Figures) -> dict[str, Any]:
    """Figures as JSON has them."""
    return _AS_JSON.dump_python(found, mode="json")


def figures_from(told: Mapping[str, Any]) -> Figures:
    """Figures that were written so."""
    return _AS_JSON.validate_python(told)


def week_of(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def rates(traffic: Mapping[Stratum, float], size: float) -> dict[Stratum, float]:
    """The chance of being drawn for the releases of each stratum, given how many it brings a week.

    About `size` a week in all, shared by the square roots of the strata: small ones are read more densely than large
    ones, so that a figure for one side or language does not rest on two or three releases.
    """
    roots = {stratum: math.sqrt(weekly) for stratum, weekly in traffic.items() if weekly > 0}
    whole = sum(roots.values())
    return {
        stratum: min(HIGHEST_RATE, size * root / whole / traffic[stratum])
        for stratum, root in sorted(roots.items())
        if size > 0
    }


def draw(
    releases: Iterable[T], stratum: Callable[[T], Stratum], chances: Mapping[Stratum, float], rng: random.Random
) -> list[T]:
    """The releases that a person is to read: each by its own lot. Strata without a chance are not measured."""
    return [release for release in releases if rng.random() < chances.get(stratum(release), 0)]


def share(part: int, whole: int) -> Interval | None:
    """A share of counts with Wilson's interval; None of nothing."""
    if whole == 0:
        return None
    value, z2 = part / whole, _WILSON_Z**2
    middle = (value + z2 / (2 * whole)) / (1 + z2 / whole)
    reach = _WILSON_Z / (1 + z2 / whole) * math.sqrt(value * (1 - value) / whole + z2 / (4 * whole**2))
    return Interval(value, max(0.0, middle - reach), min(1.0, middle + reach))


def total(weights: Sequence[float], heaviest: float) -> tuple[float, float, float]:
    """How many there are in all where those of the given weights were found: the estimate and its bounds.

    `heaviest` is the largest weight that any could have had. The bounds are those of Fay and Feuer (1997) for a
    weighted sum of rare counts: exact where all weigh the same, else on the safe side. With none found the upper one
    is 4.6 times the heaviest weight: the rule of three, more careful.
    """
    found, spread = sum(weights), sum(weight**2 for weight in weights)
    low = spread / found * _gamma_quantile(_TAIL, found**2 / spread) if weights else 0.0
    more, wider = found + heaviest, spread + heaviest**2
    high = wider / more * _gamma_quantile(1 - _TAIL, more**2 / wider)
    return found, max(low, float(len(weights))), high


def estimate(planned: Sequence[Planned], measured: Sequence[Measured]) -> Estimate:
    """The share of relevant releases that was flagged, from strata whose measured releases are all decided."""
    flagged = sum(row.flagged and _relevant(row) for row in measured)
    drawn = [row for row in measured if not row.flagged]
    weights = [1 / row.probability for row in drawn if _relevant(row)]
    unflagged = sum(row.unflagged for row in planned)
    heaviest = max((1 / row.rate for row in planned if row.unflagged), default=0.0)
    missed, fewest, most = total(weights, heaviest) if heaviest else (0.0, 0.0, 0.0)
    missed, most = min(missed, float(unflagged)), min(most, float(unflagged))
    return Estimate(
        flagged=flagged,
        unflagged=unflagged,
        drawn=len(drawn),
        relevant=len(weights),
        missed=missed,
        recall=Interval(
            flagged / (flagged + missed), flagged / (flagged + most), flagged / max(flagged + fewest, 1)
        )
        if flagged + missed
        else None,
    )  # fmt: skip


def _relevant(row: Measured) -> bool:
    return row.found in (Found.ACCEPTED, Found.RECORDED, Found.ELSEWHERE)


def settled(planned: Iterable[Planned], measured: Iterable[Measured], *, today: date) -> tuple[date, ...]:
    """The weeks that are over and of which no measured release waits for a decision, in their order."""
    waiting = {row.week for row in measured if row.found is Found.PENDING}
    return tuple(sorted({row.week for row in planned if row.unflagged and row.week < week_of(today)} - waiting))


def figures(
    planned: Iterable[Planned],
    measured: Iterable[Measured],
    decided: Iterable[Decided],
    *,
    sides: Sequence[str],
    today: date,
) -> Figures:
    """What may be published: recall of the weeks that are over and wholly decided, precision of all decisions.

    The parts are all releases, then those of each of `sides` in their order, then those in each language.
    """
    planned, measured, decided = list(planned), list(measured), list(decided)
    weeks = settled(planned, measured, today=today)
    planned = [row for row in planned if row.week in weeks]
    measured = [row for row in measured if row.week in weeks]
    begun = any(not row.flagged for row in measured)
    strata = {row.stratum for row in (*planned, *measured, *decided)}
    every = [
        (None, None),
        *((side, None) for side in sides if side in {s.side for s in strata}),
        *((None, lang) for lang in sorted({s.lang for s in strata})),
    ]
    return Figures(
        weeks=weeks if begun else (),
        parts=tuple(_part(side, lang, planned if begun else (), measured, decided) for side, lang in every),
        since=min((row.since for row in decided), default=None),
        until=max((row.until for row in decided), default=None),
    )


def _part(
    side: str | None,
    lang: str | None,
    planned: Iterable[Planned],
    measured: Iterable[Measured],
    decided: Iterable[Decided],
) -> Part:
    def within(row: Planned | Measured | Decided) -> bool:
        return side in (None, row.stratum.side) and lang in (None, row.stratum.lang)

    own = [row for row in planned if within(row)]
    judged = [row for row in decided if within(row)]
    accepted, rejected = sum(row.accepted for row in judged), sum(row.rejected for row in judged)
    return Part(
        side=side,
        lang=lang,
        estimate=estimate(own, [row for row in measured if within(row)]) if own else None,
        accepted=accepted,
        rejected=rejected,
        precision=share(accepted, accepted + rejected),
    )


def _gamma_quantile(probability: float, shape: float) -> float:
    """Where the gamma distribution of that shape (scale 1) has `probability` below it."""
    low, high = 0.0, shape + 10 * math.sqrt(shape) + 20
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if _gamma_below(middle, shape) < probability else (low, middle)
    return (low + high) / 2


def _gamma_below(x: float, shape: float) -> float:
    """The regularised incomplete gamma function P(shape, x): its series, or its continued fraction where that is short.

    Press and others, Numerical Recipes, 6.2.
    """
    if x <= 0:
        return 0.0
    front = math.exp(shape * math.log(x) - x - math.lgamma(shape))
    if x < shape + 1:
        term = series = 1 / shape
        n = shape
        while term > series * 1e-15:
            n += 1
            term *= x / n
            series += term
        return front * series
    b, tiny = x + 1 - shape, 1e-300
    c, d = 1 / tiny, 1 / b
    fraction = d
    for i in range(1, 10_000):
        step = -i * (i - shape)
        b += 2
        d = 1 / (step * d + b or tiny)
        c = b + step / c or tiny
        fraction *= d * c
        if abs(d * c - 1) < 1e-15:
            break
    return 1 - front * fraction
