"""A digest: what happened since the last one, told to one reader. Pure.

A reader is told a statement once, as it stands; what they were told in an earlier digest and is not so any more comes
with its old wording.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from tracker.coverage import Coverage
from tracker.events import Event, What
from tracker.model import Relationship
from tracker.wording import count, instant_words, side_name

MONDAY = 0


@dataclass(frozen=True)
class Item:
    """What became of one statement since the reader was last told of it; `before` is the wording that they had."""

    what: What
    event: Event
    before: str | None = None


@dataclass(frozen=True)
class Section:
    """A heading with the items below it."""

    title: str
    items: tuple[Item, ...]


_TITLES = {
    What.WITHDRAWN: "Withdrawn",
    What.CORRECTED: "Corrected",
    What.CONTESTED: "Contested: the sides differ",
    What.CONFIRMED: "Confirmed by a party that had not spoken",
    What.FIRST: "New on the record",
}
"""What a reader must unlearn comes first."""


def sections(events: Iterable[Event], heard: Collection[str]) -> list[Section]:
    """The events of one reader (each thread in order), a statement told once, under what became of it in the end.

    `heard`: the statements that earlier digests told.
    """
    threads: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        threads[event.statement].append(event)
    items = [item for thread in threads.values() if (item := _item(thread, thread[0].statement in heard))]
    grouped = ((title, tuple(item for item in items if item.what is what)) for what, title in _TITLES.items())
    return [Section(title, found) for title, found in grouped if found]


def _item(thread: Sequence[Event], heard: bool) -> Item | None:
    """None for what appeared and was taken back before the reader heard of it."""
    last = thread[-1]
    if not heard:
        return None if last.what is What.WITHDRAWN else Item(What.FIRST, last)
    if last.what is What.WITHDRAWN:
        return Item(What.WITHDRAWN, last, _heard(thread))
    happened = {event.what for event in thread}
    if happened & {What.CORRECTED, What.WITHDRAWN}:
        return Item(What.CORRECTED, last, _heard(thread))
    return Item(What.CONTESTED if What.CONTESTED in happened else What.CONFIRMED, last)


def _heard(thread: Sequence[Event]) -> str | None:
    """What the reader was told in an earlier digest: what the first correction since then took back."""
    return next((event.before for event in thread if event.before), None)


def subject(found: Sequence[Section], every: str) -> str:
    """`Open Lines, daily: 2 new, 1 corrected`."""
    told = ", ".join(f"{len(section.items)} {section.title.split()[0].strip(':').lower()}" for section in found)
    return f"Open Lines, {every}: {told or 'nothing changed'}"


def coverage_words(read: Coverage, relationship: Relationship) -> str:
    """How far a side's sources were read, so that silence is not taken for calm."""
    side = side_name(read.side, relationship)
    if not read.feeds:
        return f"{side}: no source was to be read."
    sources = count(len(read.feeds), "source")
    if read.complete:
        return f"{side}: {sources}, read without a gap up to {instant_words(read.read_until)}."
    return f"{side}: {sources}, read {int(read.share * 100)} % of the time; what was said meanwhile may be missing."


def slot_after(moment: datetime, every: str, hour: int) -> datetime:
    """When the next digest is due: at that hour in UTC, every day or every Monday."""
    slot = datetime.combine(moment.date(), time(hour), moment.tzinfo)
    while slot <= moment or (every == "weekly" and slot.weekday() != MONDAY):
        slot += timedelta(days=1)
    return slot


def slot_before(moment: datetime, every: str, hour: int) -> datetime:
    """When the last digest was due."""
    return slot_after(moment, every, hour) - timedelta(days=7 if every == "weekly" else 1)
