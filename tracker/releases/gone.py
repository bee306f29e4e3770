"""What a publisher took out of a feed, told from what only scrolled out of its window. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise


@dataclass(frozen=True)
class Shown:
    """A release (its id) as a feed showed it, with the instant of publication that it gave, None without one."""

    release: int
    published: datetime | None


def gone(before: Sequence[Shown], now: Sequence[Shown]) -> set[int]:
    """The releases that were taken out between two good reads, both in the order of their document.

    A feed drops its oldest items. One that is missing though an older one below it still stands was taken out. Of items
    without dates, or with the same one, the place alone speaks, and less surely: there must be something that still
    stands on both sides of it, or nothing that is new and could have pushed it out. Where nothing of before is left,
    the window has moved on: no judgement. Pinned items, which are old and stand on top, are never below another.
    """
    still = {shown.release for shown in now}
    pushed = bool(still - {shown.release for shown in before})
    order = list(reversed(before)) if _oldest_first(before) else list(before)
    standing = [place for place, shown in enumerate(order) if shown.release in still]
    return {
        shown.release
        for place, shown in enumerate(order)
        if shown.release not in still
        and any(
            _older(order[other], shown, by_place=not pushed or standing[0] < place)
            for other in standing
            if other > place
        )
    }


def _older(below: Shown, missing: Shown, *, by_place: bool) -> bool:
    if below.published is None or missing.published is None or below.published == missing.published:
        return by_place
    return below.published < missing.published


def _oldest_first(shown: Sequence[Shown]) -> bool:
    dates = [one.published for one in shown if one.published]
    rising = sum(earlier < later for earlier, later in pairwise(dates))
    falling = sum(earlier > later for earlier, later in pairwise(dates))
    return rising > falling
