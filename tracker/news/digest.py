"""A digest: what happened since the last one, told to one reader. Pure.

A reader is told a statement once, as it stands; what they were told in an earlier digest and is not so any more comes
with its old wording.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from tracker.model import Relationship
from tracker.news.events import Event, What
from tracker.record.coverage import Coverage
from tracker.tongue import gettext, msg, ngettext
from tracker.wording import instant_words, parts, side_name, time_words

MONDAY = 0


@dataclass(frozen=True)
class Item:
    """What became of one statement since the reader was last told of it; `before` is the wording that they had."""

    what: What
    event: Event
    before: str | None = None


@dataclass(frozen=True)
class Section:
    """What became of the items."""

    what: What
    items: tuple[Item, ...]

    @property
    def title(self) -> str:
        return gettext(_TITLES[self.what])


_TITLES = {
    What.WITHDRAWN: msg("Withdrawn"),
    What.CORRECTED: msg("Corrected"),
    What.REJECTED: msg("Signals that a reviewer rejected"),
    What.CONTESTED: msg("Contested: the sides differ"),
    What.CONFIRMED: msg("Confirmed by a party that had not spoken"),
    What.FIRST: msg("New on the record"),
    What.ACCEPTED: msg("Signals that a reviewer accepted"),
    What.REOPENED: msg("Signals that wait for a review again"),
    What.REPORTED: msg("Not reviewed; may be wrong"),
}
"""What a reader must unlearn comes first, what nobody has reviewed last."""

_COUNTED = {
    What.WITHDRAWN: msg("%(num)s withdrawn"),
    What.CORRECTED: msg("%(num)s corrected"),
    What.REJECTED: msg("%(num)s rejected"),
    What.CONTESTED: msg("%(num)s contested"),
    What.CONFIRMED: msg("%(num)s confirmed"),
    What.FIRST: msg("%(num)s new"),
    What.ACCEPTED: msg("%(num)s accepted"),
    What.REOPENED: msg("%(num)s waiting again"),
    What.REPORTED: msg("%(num)s not reviewed"),
}


def sections(events: Iterable[Event], heard: Collection[str]) -> list[Section]:
    """The events of one reader (each thread in order), a statement told once, under what became of it in the end.

    `heard`: the statements that earlier digests told.
    """
    threads: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        threads[event.statement].append(event)
    items = [item for thread in threads.values() if (item := _item(thread, thread[0].statement in heard))]
    grouped = ((what, tuple(item for item in items if item.what is what)) for what in _TITLES)
    return [Section(what, found) for what, found in grouped if found]


def _item(thread: Sequence[Event], heard: bool) -> Item | None:
    """None for what appeared and was taken back, or was decided, before the reader heard of it."""
    last = thread[-1]
    if last.candidate:
        return _signal(last, heard)
    if not heard:
        return None if last.what is What.WITHDRAWN else Item(What.FIRST, last)
    if last.what is What.WITHDRAWN:
        return Item(What.WITHDRAWN, last, _heard(thread))
    happened = {event.what for event in thread}
    if happened & {What.CORRECTED, What.WITHDRAWN}:
        return Item(What.CORRECTED, last, _heard(thread))
    return Item(What.CONTESTED if What.CONTESTED in happened else What.CONFIRMED, last)


def _signal(last: Event, heard: bool) -> Item | None:
    if heard:
        return Item(last.what, last)
    return Item(What.REPORTED, last) if last.what in (What.REPORTED, What.REOPENED) else None


def _heard(thread: Sequence[Event]) -> str | None:
    """What the reader was told in an earlier digest: what the first correction since then took back."""
    return next((event.before for event in thread if event.before), None)


def subject(found: Sequence[Section], every: str) -> str:
    """`Open Lines, daily: 2 new, 1 corrected`."""
    told = parts(gettext(_COUNTED[section.what], num=len(section.items)) for section in found)
    return gettext("Open Lines, %(every)s: %(told)s", every=gettext(every), told=told or gettext("nothing changed"))


def coverage_words(read: Coverage, relationship: Relationship) -> str:
    """How far a side's sources were read, so that silence is not taken for calm."""
    side = side_name(read.side, relationship)
    if not read.feeds:
        return gettext("%(side)s: no source was to be read.", side=side)
    sources = ngettext("%(num)s source", "%(num)s sources", len(read.feeds))
    if read.complete:
        until = instant_words(read.read_until)
        return gettext(
            "%(side)s: %(sources)s, read without a gap up to %(until)s.", side=side, sources=sources, until=until
        )
    return gettext(
        "%(side)s: %(sources)s, read for %(share)s %% of the whole span, %(span)s; what was said meanwhile "
        "may be missing.",
        side=side,
        sources=sources,
        share=int(read.share * 100),
        span=time_words(read.start, read.end),
    )


def slot_after(moment: datetime, every: str, hour: int) -> datetime:
    """When the next digest is due: at that hour in UTC, every day or every Monday."""
    slot = datetime.combine(moment.date(), time(hour), moment.tzinfo)
    while slot <= moment or (every == "weekly" and slot.weekday() != MONDAY):
        slot += timedelta(days=1)
    return slot


def slot_before(moment: datetime, every: str, hour: int) -> datetime:
    """When the last digest was due."""
    return slot_after(moment, every, hour) - timedelta(days=7 if every == "weekly" else 1)
