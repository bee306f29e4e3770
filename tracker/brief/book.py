"""What a language has to bring to tell a brief, and what of the sides' sources was read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from tracker.brief.news import News
from tracker.model import Relationship
from tracker.record.coverage import Coverage


class Looked(StrEnum):
    """How far the sources of a side were read since a mark."""

    WHOLE = "whole"
    IN_PART = "in-part"
    NOT_AT_ALL = "not-at-all"
    NOT_AGAIN = "not-again"
    NO_SOURCE = "no-source"


def looked(read: Coverage) -> Looked:
    """`not-again`: no source was due again yet."""
    if read.start >= read.end:
        return Looked.NOT_AGAIN
    if not read.feeds:
        return Looked.NO_SOURCE
    if read.complete:
        return Looked.WHOLE
    if not read.holes:
        return Looked.NOT_AGAIN
    return Looked.IN_PART if read.share else Looked.NOT_AT_ALL


@dataclass(frozen=True)
class SidesRead:
    """How far the sources of both parties of a relationship were read, in the fixed order of the parties."""

    relationship: Relationship
    sides: tuple[Coverage, ...]

    @property
    def since(self) -> datetime:
        return min(read.start for read in self.sides)

    @property
    def until(self) -> datetime:
        """Up to when all of them were read."""
        return min(read.read_until for read in self.sides)


def alike(read: Sequence[SidesRead]) -> Looked | None:
    """How far all sides were read, where that is the same for all."""
    (found, *others) = {looked(side) for pair in read for side in pair.sides}
    return None if others else found


def holes_of(read: Coverage) -> list[tuple[datetime, datetime]]:
    """The spans in which some source of a side was not read, in the order of time."""
    found: list[tuple[datetime, datetime]] = []
    for hole in sorted(read.holes, key=lambda hole: hole.start):
        if found and hole.start <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], hole.end)
        else:
            found.append((hole.start, hole.end))
    return found


class Book(Protocol):
    """The sentences of one language."""

    between: str
    """What stands between two sentences."""

    most: int
    """The size of the longest brief."""

    def size(self, text: str) -> int:
        """The length of a text as its readers count it."""

    def told(self, group: Sequence[News]) -> str:
        """One news, or several channels' changes to the same state on the same day and word."""

    def opening(self, after: datetime, number: int) -> str:
        """How many news there are since a mark; that there are none is a sentence too."""

    def more(self, number: int) -> str:
        """How many news are left out."""

    def coverage(self, read: Sequence[SidesRead], after: datetime) -> str:
        """How far the sides' sources were read since the mark."""

    def coverage_in_short(self, *, whole: bool) -> str:
        """The same where there is no room for more."""
