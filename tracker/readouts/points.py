"""What is found of two readouts: points, each with the words of the sides that say it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property

from tracker.model import Evidence, Release

_CUT_SHORT = re.compile(r"(?:…|\.\.\.|\[…\]|\[\.\.\.\]|read more|continue reading|阅读全文|更多)\s*$", re.IGNORECASE)
_HALF_A_DAY_AND_MORE = 1
"""Days by which two right dates of one event may differ: capitals lie half a day apart."""


class PointKind(StrEnum):
    """What a point is about, in the order in which points are told."""

    DATE = "date"
    ROUND = "round"
    PLACE = "place"
    FORM = "form"
    LEVEL = "level"
    PERSON = "person"
    ASKED = "asked"
    TOPIC = "topic"
    TONE = "tone"
    COMMITMENT = "commitment"
    NEXT = "next"


@dataclass(frozen=True)
class Readout:
    """The words of one side: a release in the revision that is compared. `at` is the UTC instant of its publication,
    None where only its day is known. `otherwise`: it denies the event, or tells that it did not come to it.
    """

    release: Release
    at: datetime | None = None
    otherwise: bool = False

    @property
    def side(self) -> str:
        return self.release.side

    @cached_property
    def cut_short(self) -> bool:
        """Whether what we have of it is only its beginning, by its own last words."""
        return _CUT_SHORT.search(self.release.summary) is not None


@dataclass(frozen=True)
class Said:
    """What a side says of a point: its very words, and what they mean where they can be told apart by that.

    `value`: of a date the (first) day in ISO form, of a form or level its key, of a round its number in
    digits; else None.
    """

    words: tuple[Evidence, ...]
    value: str | None = None


@dataclass(frozen=True)
class Point:
    """One thing that at least one side says. `key`: the subject of a topic, tone or commitment, a person's office.

    `only` is the side that alone says it; None where both do, or where what the other does not say is not known, since
    we have only its beginning, or no words of its language. `contrary`: both name it, and one tells otherwise of the
    event, so that they do not agree on it.
    """

    kind: PointKind
    key: str | None
    said: Mapping[str, Said]
    only: str | None = None
    contrary: bool = False

    @property
    def differs(self) -> bool:
        """Whether both say it, and not the same: another form, level or number, days that no time zone explains, or
        anything where one tells otherwise of the event.
        """
        if self.contrary:
            return True
        values = [said.value for said in self.said.values()]
        if len(values) < 2 or None in values or values[0] == values[1]:
            return False
        if self.kind is not PointKind.DATE:
            return True
        first, second = map(date.fromisoformat, values)
        return abs((second - first).days) > _HALF_A_DAY_AND_MORE


@dataclass(frozen=True)
class Apart:
    """How far the two publications lie apart. `hours`, from the first side's to the second's, below zero where the
    second was earlier; None where an instant is not known. `days`: the same between the local days of publication.
    """

    hours: float | None
    days: int


@dataclass(frozen=True)
class Gloss:
    """A fixed term that occurs: its key, what it is called by language, and where each side says it."""

    key: str
    names: Mapping[str, str]
    said: Mapping[str, tuple[Evidence, ...]]


@dataclass(frozen=True)
class Comparison:
    """Two readouts side by side, in the order in which they were given."""

    readouts: tuple[Readout, Readout]
    points: tuple[Point, ...]
    apart: Apart
    gloss: tuple[Gloss, ...]

    @property
    def sides(self) -> tuple[str, str]:
        first, second = self.readouts
        return first.side, second.side

    @property
    def otherwise(self) -> str | None:
        """The side that tells otherwise of the event than the other; None where neither or both do."""
        first, second = self.readouts
        if first.otherwise == second.otherwise:
            return None
        return first.side if first.otherwise else second.side

    def words_of(self, side: str) -> tuple[Evidence, ...]:
        """All words of a side that are in a point, with the kind of the point as their role."""
        return tuple(dict.fromkeys(word for p in self.points if side in p.said for word in p.said[side].words))
