"""Which of the candidates that wait are shown, in which order, and how many there are of each kind. Pure.

What matters first: a side that speaks anew, or releases that disagree; then what would change a state; then the rest.
Of those that matter alike the one whose newest evidence is the oldest comes first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum

from db.waiting import Waiting
from tracker.model import Category, Signal, State
from tracker.record.proposals import propose


class Order(StrEnum):
    MATTERS = "matters"
    OLDEST = "oldest"
    NEWEST = "newest"


class Grouping(StrEnum):
    """What those of one group have in common."""

    CHANNEL = "channel"
    SIGNAL = "signal"
    AGE = "age"


class Matter(IntEnum):
    """Why a candidate comes before others; the smallest first."""

    NEW_OR_DISPUTED = 0
    CHANGES_STATE = 1
    FURTHER = 2


class Age(StrEnum):
    """How long ago the newest evidence came."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    OLDER = "older"


_AGES = {Age.DAY: timedelta(days=1), Age.WEEK: timedelta(days=7), Age.MONTH: timedelta(days=30)}


@dataclass(frozen=True)
class Wanted:
    """What is asked for; None: any. `again`: only what came back; `held`: only what is put aside, which else is left
    out; `second`: only what waits for a second person.
    """

    channel: str | None = None
    category: Category | None = None
    signal: Signal | None = None
    side: str | None = None
    again: bool = False
    held: bool = False
    second: bool = False


@dataclass(frozen=True)
class Counted:
    """How many wait by channel, by signal, by side that has spoken and by age, the most frequent first; those that came
    back, and those that wait for a second person. `oldest`: when the newest evidence of the oldest of them came.
    """

    total: int
    channels: dict[str, int]
    signals: dict[Signal, int]
    sides: dict[str, int]
    ages: dict[Age, int]
    again: int
    second: int
    oldest: datetime | None


@dataclass(frozen=True)
class Group:
    """Candidates of one channel, signal or age, which `name` names, in the order of the list."""

    name: str
    candidates: tuple[Waiting, ...]


def chosen(waiting: Iterable[Waiting], wanted: Wanted, categories: Mapping[str, Category]) -> list[Waiting]:
    """Those that are asked for; `categories` by the slug of the channel."""
    return [one for one in waiting if _fits(one, wanted, categories)]


def _fits(one: Waiting, wanted: Wanted, categories: Mapping[str, Category]) -> bool:
    return (
        one.held == wanted.held
        and wanted.channel in (None, one.channel)
        and wanted.category in (None, categories.get(one.channel))
        and wanted.signal in (None, one.signal)
        and (wanted.side is None or wanted.side in one.sides)
        and (one.again is not None or not wanted.again)
        and (one.first_by is not None or not wanted.second)
    )


def matter(one: Waiting, states: Mapping[str, State | None]) -> Matter:
    """Why it comes before others, given the present state of each channel by its slug."""
    if one.again is not None or one.disputed:
        return Matter.NEW_OR_DISPUTED
    asked = propose(one.signal, states.get(one.channel), cut_before=False)
    return Matter.CHANGES_STATE if asked.state is not None else Matter.FURTHER


def in_order(waiting: Iterable[Waiting], order: Order, states: Mapping[str, State | None]) -> list[Waiting]:
    match order:
        case Order.NEWEST:
            return sorted(waiting, key=_age, reverse=True)
        case Order.OLDEST:
            return sorted(waiting, key=_age)
    return sorted(waiting, key=lambda one: (matter(one, states), *_age(one)))


def _age(one: Waiting) -> tuple[datetime, int]:
    return one.evidence_at, one.id


def grouped(ordered: Iterable[Waiting], by: Grouping, now: datetime) -> list[Group]:
    """Candidates that have something in common together; the group whose first comes first in the order is first."""
    groups: dict[str, list[Waiting]] = {}
    for one in ordered:
        groups.setdefault(_name(one, by, now), []).append(one)
    return [Group(name, tuple(candidates)) for name, candidates in groups.items()]


def _name(one: Waiting, by: Grouping, now: datetime) -> str:
    match by:
        case Grouping.SIGNAL:
            return one.signal
        case Grouping.AGE:
            return _aged(one, now)
    return one.channel


def following(ordered: Sequence[Waiting], number: int) -> Waiting | None:
    """The one after the candidate of that number, else the first but it; None where it is alone.

    Asked before a decision, it is the next one after it.
    """
    numbers = [one.id for one in ordered]
    place = numbers.index(number) + 1 if number in numbers else 0
    return next((one for one in (*ordered[place:], *ordered[:place]) if one.id != number), None)


def counted(waiting: Sequence[Waiting], now: datetime) -> Counted:
    return Counted(
        total=len(waiting),
        channels=_most_first(Counter(one.channel for one in waiting)),
        signals=_most_first(Counter(one.signal for one in waiting)),
        sides=_most_first(Counter(side for one in waiting for side in one.sides)),
        ages={age: number for age in Age if (number := sum(_aged(one, now) is age for one in waiting))},
        again=sum(one.again is not None for one in waiting),
        second=sum(one.first_by is not None for one in waiting),
        oldest=min((one.evidence_at for one in waiting), default=None),
    )


def _aged(one: Waiting, now: datetime) -> Age:
    return next((age for age, time in _AGES.items() if now - one.evidence_at <= time), Age.OLDER)


def _most_first(counts: Counter) -> dict:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
