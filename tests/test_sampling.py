"""The arithmetic of the measurement, on worlds whose truth is known."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

import pytest

from tracker.measuring.sampling import (
    HIGHEST_RATE,
    Decided,
    Estimate,
    Found,
    Measured,
    Planned,
    Stratum,
    draw,
    estimate,
    figures,
    rates,
    share,
    total,
)

US, CN, CN_EN, PRESS = Stratum("us", "en"), Stratum("cn", "zh"), Stratum("cn", "en"), Stratum("third-party", "en")
MONDAY = date(2026, 1, 5)
World = Mapping[Stratum, tuple[int, int, int]]
"""Of each stratum, a week: unflagged releases, how many of them are relevant, and relevant ones that are flagged."""

WORLDS: dict[str, World] = {
    "a few missed everywhere": {US: (400, 2, 8), CN: (300, 3, 6), CN_EN: (60, 1, 2), PRESS: (300, 4, 9)},
    "nothing missed": {US: (400, 0, 8), CN: (300, 0, 6)},
    "missed in the large stratum, which is drawn thinly": {US: (2000, 3, 4), CN_EN: (10, 0, 1)},
    "missed in the small stratum, which is drawn densely": {US: (2000, 0, 4), CN_EN: (10, 2, 1)},
    "most is missed": {US: (200, 40, 4), CN: (100, 30, 5)},
    "one week in which one of two is missed": {US: (300, 1, 1)},
}


def lived(world: World, weeks: int, rng: random.Random) -> tuple[list[Planned], list[Measured]]:
    """Some weeks of a world, drawn from and decided truthfully."""
    chances = rates({stratum: unflagged for stratum, (unflagged, _, _) in world.items()}, 20)
    planned, measured = [], []
    for monday in (MONDAY + timedelta(weeks=number) for number in range(weeks)):
        for stratum, (unflagged, missed, flagged) in world.items():
            planned.append(Planned(monday, stratum, chances[stratum], unflagged))
            measured += [Measured(monday, stratum, True, 1, Found.ACCEPTED)] * flagged
            releases = [Found.ACCEPTED] * missed + [Found.REJECTED] * (unflagged - missed)
            for found in draw(releases, lambda _, own=stratum: own, chances, rng):
                measured.append(Measured(monday, stratum, False, chances[stratum], found))
    return planned, measured


def covers(found: Estimate, flagged: int, missed: int) -> bool:
    truth = flagged / (flagged + missed)
    return found.recall.low - 1e-9 <= truth <= found.recall.high + 1e-9


@pytest.mark.parametrize("weeks", [1, 4, 13])
@pytest.mark.parametrize("name", WORLDS)
def test_the_interval_covers_the_true_recall_in_95_of_100_runs(name, weeks):
    world, rng = WORLDS[name], random.Random(20260105)
    missed = weeks * sum(missed for _, missed, _ in world.values())
    flagged = weeks * sum(flagged for _, _, flagged in world.values())
    hits = sum(covers(estimate(*lived(world, weeks, rng)), flagged, missed) for _ in range(100))
    assert hits >= 95


@pytest.mark.parametrize("part", [{"side": "us"}, {"side": "cn"}, {"lang": "en"}, {"lang": "zh"}])
def test_it_does_so_for_each_side_and_language_too(part):
    world, rng, hits = WORLDS["a few missed everywhere"], random.Random(7), 0
    own = {s: n for s, n in world.items() if all(getattr(s, name) == value for name, value in part.items())}
    for _ in range(100):
        rows = lived(world, 8, rng)
        seen = figures(*rows, (), sides=("us", "cn", "third-party"), today=MONDAY + timedelta(weeks=9))
        (found,) = [p for p in seen.parts if (p.side, p.lang) == (part.get("side"), part.get("lang"))]
        hits += covers(found.estimate, 8 * sum(n[2] for n in own.values()), 8 * sum(n[1] for n in own.values()))
    assert hits >= 95


def test_the_estimate_of_what_is_missed_is_right_on_average():
    world, rng = WORLDS["a few missed everywhere"], random.Random(3)
    estimates = [estimate(*lived(world, 4, rng)).missed for _ in range(1500)]
    assert sum(estimates) / len(estimates) == pytest.approx(40, rel=0.05)


def test_with_nothing_found_the_bound_is_the_rule_of_three_and_not_zero():
    found, low, high = total([], 50)
    assert (found, low) == (0, 0)
    assert high == pytest.approx(4.605 * 50, rel=1e-3)


def test_with_equal_weights_the_bounds_are_the_exact_ones_of_a_rare_count():
    # The 98 % interval for a count of 5 (half of the chi-square quantiles): low 0.01 of 10, high 0.99 of 12 degrees.
    found, low, high = total([10.0] * 5, 10)
    assert (found, low, high) == pytest.approx((50, 10 * 2.558 / 2, 10 * 26.217 / 2), rel=1e-3)


def test_wilson_at_the_edges():
    assert share(0, 0) is None
    nothing, all_of_it = share(0, 10), share(10, 10)
    assert (nothing.low, all_of_it.high) == pytest.approx((0, 1))
    assert nothing.high == pytest.approx(0.2775, abs=1e-3)
    assert share(9, 10).low == pytest.approx(0.596, abs=1e-3)


def test_rates_add_up_to_the_size_and_favour_small_strata():
    chances = rates({US: 900, CN: 100}, 20)
    assert chances[US] * 900 + chances[CN] * 100 == pytest.approx(20)
    assert chances[CN] > chances[US]
    assert rates({CN_EN: 2, US: 2}, 20) == {CN_EN: HIGHEST_RATE, US: HIGHEST_RATE}
    assert rates({US: 100}, 0) == {}
    assert rates({}, 20) == {}


def test_every_release_of_a_stratum_has_its_chance_and_none_without():
    drawn = draw([US] * 20_000 + [CN] * 100, lambda stratum: stratum, {US: 0.1}, random.Random(5))
    assert set(drawn) == {US}
    assert len(drawn) == pytest.approx(2000, rel=0.1)


def test_a_week_counts_when_it_is_over_and_all_of_it_is_decided():
    second = MONDAY + timedelta(weeks=1)
    planned = [Planned(MONDAY, US, 0.5, 40), Planned(second, US, 0.5, 40)]
    measured = [
        Measured(MONDAY, US, True, 1, Found.ACCEPTED),
        Measured(MONDAY, US, False, 0.5, Found.ACCEPTED),
        Measured(second, US, True, 1, Found.ACCEPTED),
        Measured(second, US, False, 0.5, Found.PENDING),
    ]

    def weeks(*rows: Measured, today: date = second + timedelta(weeks=1)) -> int:
        return len(figures(planned, rows, (), sides=("us",), today=today).weeks)

    assert weeks(*measured) == 1
    assert weeks(*measured[:3], Measured(second, US, False, 0.5, Found.REJECTED)) == 2
    assert weeks(*measured[:2], today=second) == 1
    assert weeks(*measured[:2], today=MONDAY + timedelta(days=6)) == 0
    assert weeks(measured[0], measured[2]) == 0, "with none drawn there is nothing to say"


def test_a_release_of_another_channel_is_a_miss_and_one_that_the_record_told_is_none():
    planned = [Planned(MONDAY, US, 0.5, 40)]
    flagged = [Measured(MONDAY, US, True, 1, found) for found in (Found.ACCEPTED, Found.RECORDED, Found.REJECTED)]
    drawn = [Measured(MONDAY, US, False, 0.5, found) for found in (Found.ELSEWHERE, Found.REJECTED)]
    found = estimate(planned, [*flagged, *drawn])
    assert (found.flagged, found.drawn, found.relevant, found.missed) == (2, 2, 1, 2)
    assert found.recall.value == 0.5
    assert estimate(planned, drawn[1:]).recall is None


def test_precision_is_of_all_decisions_with_their_dates():
    first, last = datetime(2026, 1, 6, tzinfo=UTC), datetime(2026, 2, 6, tzinfo=UTC)
    decided = [Decided(US, 9, 1, first, first), Decided(CN, 3, 2, last, last)]
    seen = figures((), (), decided, sides=("us", "cn"), today=MONDAY)
    assert [(p.side, p.lang, p.accepted, p.rejected) for p in seen.parts] == [
        (None, None, 12, 3), ("us", None, 9, 1), ("cn", None, 3, 2), (None, "en", 9, 1), (None, "zh", 3, 2),
    ]  # fmt: skip
    assert (seen.since, seen.until) == (first, last)
    assert all(part.estimate is None for part in seen.parts)
