"""Checks of reviewers on themselves: what is read before its proposal is shown, decoys, and what both tell. Pure.

A *decoy* is a text of our own writing with a known answer among the candidates of one reviewer. A *blind reading* is
what a reviewer says of a candidate's releases before the proposal is shown. Both are chosen by a keyed hash: the same
for one reviewer at every look, and not to be foreseen without the key.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from statistics import median

from tracker.measuring.sampling import Interval, share
from tracker.model import Outcome, Release, Signal, State

FEWEST = 20
"""Of fewer checks nothing is said in public: an interval would span most of what is possible."""

NO_ADDRESS = "https://sample.invalid/"
"""Where the address of a decoy's release begins. No such site can exist (RFC 2606); no page leads there."""

_STEPS = ((60, 5), (300, 15), (1800, 60))
"""Up to so many seconds, a time is kept in steps of so many."""

_DAY = re.compile(r"\{([+-]?\d+)\}")


@dataclass(frozen=True)
class Truth:
    """What a decoy reports, so many days from its publication."""

    channel: str
    signal: Signal
    day: int


@dataclass(frozen=True)
class Decoy:
    """A text of our own writing. `truth` is None where it reports no update; `why` says to the reviewer how one sees
    that. `{-1}` in `title` and `text` stands for a day, counted from that of publication.
    """

    key: str
    side: str
    lang: str
    title: str
    text: str
    why: str
    truth: Truth | None = None


class Answer(StrEnum):
    """What a reviewer did with a decoy. `otherwise`: put aside, moved, or the original asked for; neither right nor
    wrong.
    """

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    OTHERWISE = "otherwise"


@dataclass(frozen=True)
class Said:
    """A reviewer's word on a text: the channel of which it reports an update, and what. Both None: none."""

    channel: str | None
    signal: Signal | None


@dataclass(frozen=True)
class Reading:
    """What was said before the proposal, what that was, and whether the candidate was accepted; None: not decided."""

    said: Said
    proposed: Said
    accepted: bool | None


@dataclass(frozen=True)
class Check:
    """One decoy that was answered: whether it reported an update, and whether the answer was right; None: neither."""

    update: bool
    right: bool | None


@dataclass(frozen=True)
class Counted:
    """A share with the counts behind it."""

    part: int
    whole: int

    @property
    def share(self) -> Interval | None:
        return share(self.part, self.whole)


@dataclass(frozen=True)
class Deeds:
    """What is counted of one reviewer, or of all, in the days from `since` to `until` (None: nothing was done).

    `times`: seconds from opening a candidate to its decision, coarse.
    """

    accepted: int
    rejected: int
    times: Sequence[int]
    readings: Sequence[Reading]
    checks: Sequence[Check]
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True)
class Figures:
    """What the checks tell. `as_proposed` and `as_decided`: blind readings that agree with the proposal, and with what
    was decided then. `gave_way`: of the readings that saw no such update, those whose candidate was accepted after all.
    `updates` and `others`: decoys answered rightly, of those that reported an update and of those that only looked so.
    """

    deeds: Deeds
    median_time: int | None
    as_proposed: Counted
    as_decided: Counted
    gave_way: Counted
    updates: Counted
    others: Counted

    @property
    def decoys(self) -> Counted:
        return Counted(self.updates.part + self.others.part, self.updates.whole + self.others.whole)


def is_blind(key: bytes, reviewer: str, number: int, percent: float) -> bool:
    """Whether a reviewer reads the candidate of that number before its proposal; so are about `percent` of all."""
    return _lot(key, "blind", reviewer, number) < percent / 100


def spacing(key: bytes, reviewer: str, planned: int, percent: float) -> int:
    """Decisions of a reviewer before the decoy after `planned` ones: at least 100 / percent, and up to twice that."""
    least = -(-100 // percent)
    return int(least + _lot(key, "decoy", reviewer, planned) * least)


def _lot(key: bytes, what: str, reviewer: str, number: int) -> float:
    """A number from 0 up to 1 that nobody can foresee without the key."""
    digest = hmac.digest(key, f"{what}\n{reviewer}\n{number}".encode(), hashlib.sha256)
    return int.from_bytes(digest[:7]) / (1 << 56)


def release_of(decoy: Decoy, publisher: str, published: date) -> Release:
    """The decoy's text as a release that was published on that day."""

    def day(match: re.Match[str]) -> str:
        when = published + timedelta(days=int(match[1]))
        return f"{when.month}月{when.day}日" if decoy.lang == "zh" else f"{when:%B} {when.day}"

    return Release(
        id=None,
        side=decoy.side,
        lang=decoy.lang,
        publisher=publisher,
        title=_DAY.sub(day, decoy.title),
        summary=_DAY.sub(day, decoy.text),
        published=published,
        url=NO_ADDRESS + decoy.key,
        feed=None,
    )


def is_right(
    truth: Truth | None, answer: Answer, state: State | None = None, outcome: Outcome | None = None
) -> bool | None:
    """Whether a decoy was answered rightly: rejected where it reports no update, else accepted as what it reports."""
    if answer is Answer.OTHERWISE:
        return None
    if truth is None:
        return answer is Answer.REJECTED
    return answer is Answer.ACCEPTED and truth.signal.value in (state, outcome)


def coarse(seconds: float) -> int:
    """A time in steps that grow with it, at most half an hour: enough to tell a glance from a reading."""
    step = next((step for most, step in _STEPS if seconds <= most), None)
    return max(step, round(seconds / step) * step) if step else _STEPS[-1][0]


def figures(deeds: Deeds) -> Figures:
    decided = [reading for reading in deeds.readings if reading.accepted is not None]
    against = [reading for reading in decided if not _sees(reading)]
    return Figures(
        deeds=deeds,
        median_time=round(median(deeds.times)) if deeds.times else None,
        as_proposed=_counted(reading.said == reading.proposed for reading in deeds.readings),
        as_decided=_counted(_sees(reading) == reading.accepted for reading in decided),
        gave_way=_counted(bool(reading.accepted) for reading in against),
        updates=_scored(check for check in deeds.checks if check.update),
        others=_scored(check for check in deeds.checks if not check.update),
    )


def _sees(reading: Reading) -> bool:
    """Whether the reviewer saw an update of the channel that was proposed."""
    return reading.said.channel == reading.proposed.channel


def _scored(checks: Iterable[Check]) -> Counted:
    return _counted(check.right for check in checks if check.right is not None)


def _counted(agreed: Iterable[bool]) -> Counted:
    agreed = list(agreed)
    return Counted(sum(agreed), len(agreed))
