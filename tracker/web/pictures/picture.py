"""The picture of one channel: states as bands with their causes, contacts as marks; and what was read, day by day.

Pure geometry: positions in percent of the width, so that a picture fits any window. The two parts have scales of their
own, since a channel has years behind it, and our reading of sources weeks.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate

from tracker.model import Contact, Outcome, Precision, State, StatusChange
from tracker.record.coverage import Coverage, FeedCoverage, HoleKind
from tracker.record.history import ChannelView, contact_days
from tracker.tongue import gettext
from tracker.web.listening import LANE_SPAN
from tracker.web.pictures.strip import YEARS, Axis
from tracker.wording import date_words, outcome_words, parts, span_words, state_words

AHEAD = timedelta(days=366)
"""How far beyond the day shown the axis reaches, where something is announced."""

WORD_FITS, WORD_FITS_NARROW, CAUSE_FITS = 8.0, 26.0, 9.0
"""How wide a band must be, in percent, for its state's word (in a wide window, on a phone) and for its cause."""

ALL_FITS_MIDDLING = 16.0
"""The same for both on a tablet and on paper."""

LETTERS_TO_A_PERCENT, MOST_LINES = 1.6, 4
"""How much text a cause has room for."""

MOST_BANDS, BANDS_TOGETHER = 100, 0.5
"""Beyond so many states those that begin nearer to each other than this are one band, of the state that came last."""

MOST_TOLD = 12
"""States that the picture's words tell; the history has all."""

MOST_MARKS, MARKS_TOGETHER = 200, 0.5
"""Beyond so many contacts those of one outcome that are nearer to each other than this are one mark."""

LEAST_LANE_SPAN = timedelta(days=30)

_MET = {Outcome.HELD, Outcome.ANNOUNCED}


@dataclass(frozen=True)
class Band:
    """A state from `x` on, `width` wide. `soft`: how much of its beginning is only known to be somewhere there."""

    change: StatusChange
    x: float
    width: float
    soft: float
    words: str

    @property
    def state(self) -> State:
        return self.change.state

    @property
    def named(self) -> bool:
        return self.width >= WORD_FITS

    @property
    def named_if_narrow(self) -> bool:
        return self.width >= WORD_FITS_NARROW

    @property
    def told_if_middling(self) -> bool:
        return self.width >= ALL_FITS_MIDDLING

    @property
    def explained(self) -> bool:
        return self.width >= CAUSE_FITS


@dataclass(frozen=True)
class Mark:
    """Contacts of one outcome at one place. `met`: held or to be held; the others stand in a row of their own.

    `span`: where the days begin and end that it can have been on, None where the day is known.
    """

    outcome: Outcome
    x: float
    span: tuple[float, float] | None
    words: str

    @property
    def met(self) -> bool:
        return self.outcome in _MET


@dataclass(frozen=True)
class Picture:
    """`today`: where the day shown is, None where the axis ends with it. `words` tell all of it in sentences."""

    axis: Axis
    bands: tuple[Band, ...]
    marks: tuple[Mark, ...]
    today: float | None
    words: str

    @property
    def outcomes(self) -> list[Outcome]:
        """Those that the legend explains."""
        shown = {mark.outcome for mark in self.marks}
        return [outcome for outcome in Outcome if outcome in shown]

    @property
    def lines(self) -> int:
        """How many lines the longest cause takes in a wide window, at most `MOST_LINES`."""
        told = (len(band.change.cause) + 12 for band in self.bands if band.explained)
        rooms = (max(band.width * LETTERS_TO_A_PERCENT - 2, 1) for band in self.bands if band.explained)
        needed = (-(-letters // room) for letters, room in zip(told, rooms, strict=True))
        return int(min(max(needed, default=0), MOST_LINES))


def picture_of(view: ChannelView) -> Picture:
    """The states and contacts of a channel, from its first known year or `YEARS` back to what is announced."""
    axis = _axis(view)
    bands = tuple(_bands(view, axis))
    on_axis = [c for c in view.contacts if contact_days(c)[1] >= axis.start and contact_days(c)[0] <= axis.end]
    today = axis.at(view.moment.as_of) if axis.end > view.moment.as_of else None
    return Picture(axis, bands, tuple(_marks(on_axis, axis)), today, _sentence(bands, on_axis, axis))


def _axis(view: ChannelView) -> Axis:
    as_of = view.moment.as_of
    known = [change.effective.first for change in view.history]
    known += [contact_days(contact)[0] for contact in view.contacts]
    first = max(min(known, default=as_of).year, as_of.year - YEARS, 1)
    to_come = [contact.last for contact in view.contacts if contact.outcome is Outcome.ANNOUNCED and contact.date]
    to_come += [view.change.expected.last] if view.change and view.change.expected else []
    end = max((day for day in to_come if as_of < day <= as_of + AHEAD), default=as_of)
    return Axis(date(min(first, max(as_of.year - 1, 1)), 1, 1), end)


def _bands(view: ChannelView, axis: Axis) -> Iterable[Band]:
    oldest_first = view.states[::-1]
    ends = [*(change.effective.first for change in oldest_first[1:]), view.moment.as_of]
    drawn = [(c, end) for c, end in zip(oldest_first, ends, strict=False) if end >= axis.start]
    if len(drawn) > MOST_BANDS:
        last_of_place = {int(axis.at(c.effective.first) / BANDS_TOGETHER): (c, end) for c, end in drawn}
        drawn = list(last_of_place.values())
    for change, end in drawn:
        x, until = axis.at(change.effective.first), axis.at(end)
        known_by = axis.at(min(change.effective.last, end))
        since = date_words(change.effective)
        words = gettext("%(state)s from %(date)s", state=state_words(change.state), date=since)
        yield Band(change, x, round(max(until - x, 0.3), 2), round(known_by - x, 2), words)


def _marks(contacts: Sequence[Contact], axis: Axis) -> Iterable[Mark]:
    """However many contacts there are, no more marks than can be told apart."""
    crowded = len(contacts) > MOST_MARKS
    places: dict[tuple[Outcome, bool, int], list[Contact]] = defaultdict(list)
    for number, contact in enumerate(contacts):
        place = int(_middle(contact, axis) / MARKS_TOGETHER) if crowded else number
        places[contact.outcome, _is_exact(contact), place].append(contact)
    for (outcome, exact, _), there in places.items():
        first = min(there, key=contact_days)
        span = None if exact else (axis.at(first.date.first), axis.at(first.date.last))
        yield Mark(outcome, _middle(first, axis), span, _mark_words(first, len(there) - 1))


def _is_exact(contact: Contact) -> bool:
    return contact.date is None or contact.date.precision is Precision.DAY


def _mark_words(first: Contact, more: int) -> str:
    told = outcome_words(first.outcome)
    if first.date is None:
        when = date_words(contact_days(first)[0])
        told = gettext("%(outcome)s %(when)s, no date yet", outcome=told, when=when)
    else:
        told = gettext("%(outcome)s, %(when)s", outcome=told, when=span_words(first.date, first.end))
    return gettext("%(told)s and %(more)s more", told=told, more=more) if more else told


def _middle(contact: Contact, axis: Axis) -> float:
    """Where a contact stands: on its first day, or in the middle of those that it can have been on; one without a date
    on the day that told of it.
    """
    if contact.date is None:
        return axis.at(contact_days(contact)[0])
    return round((axis.at(contact.date.first) + axis.at(contact.date.last)) / 2, 2)


def _sentence(bands: Sequence[Band], contacts: Sequence[Contact], axis: Axis) -> str:
    states = parts(band.words for band in bands[-MOST_TOLD:]) or gettext("no state")
    tally = Counter(contact.outcome for contact in contacts)
    told = parts(f"{tally[outcome]:,} {outcome_words(outcome)}" for outcome in Outcome if tally[outcome])
    return gettext(
        "From %(year)s: %(states)s. Contacts: %(contacts)s.",
        year=axis.start.year,
        states=states,
        contacts=told or gettext("none on record"),
    )


@dataclass(frozen=True)
class Cell:
    """Some days alike of what was read of a side: `share` of its sources' time, None where none was watched yet."""

    x: float
    width: float
    share: float | None
    words: str


@dataclass(frozen=True)
class Lane:
    """What was read of one side, and `share`: how much of the time in which its sources were watched at all."""

    read: Coverage
    cells: tuple[Cell, ...]
    share: float | None
    missing: timedelta


@dataclass(frozen=True)
class Watched:
    """What was read of each side from `start` to `end`; `since`: when the first source was configured, None: never."""

    start: datetime
    end: datetime
    since: datetime | None
    lanes: tuple[Lane, ...]

    @property
    def nothing(self) -> bool:
        """Whether no source was read at all."""
        return not any(lane.read.last_read for lane in self.lanes)

    @property
    def days(self) -> list[tuple[float, date]]:
        """Where some days begin, at most six."""
        span = self.end - self.start
        step = max(span // 6, timedelta(days=1))
        firsts = [self.start + step * number for number in range(1, 6) if step * number < span]
        midnights = [datetime.combine(first.date(), time.min, UTC) for first in firsts]
        return [(_percent(m - self.start, span), m.date()) for m in midnights if m > self.start]


def lane_start(since: datetime | None, end: datetime) -> datetime:
    """Where the bar begins: when the first source was configured, but `LEAST_LANE_SPAN` to `LANE_SPAN` back."""
    return max(min(since or end, end - LEAST_LANE_SPAN), end - LANE_SPAN)


def lane_of(read: Coverage) -> Lane:
    """The days of a span in UTC, each with how much of it was read; days alike that follow one another are one cell."""
    days = _days(read.start, read.end)
    asked, missing = _Sums(days), _Sums(days)
    asked.add_all([feed.read_until for feed in read.feeds])
    for hole in read.holes:
        if hole.kind is HoleKind.NOT_CONFIGURED:
            asked.add(hole.start, hole.end, -1)
        else:
            missing.add(hole.start, hole.end)
    each = list(zip(asked.by_day(), missing.by_day(), strict=True))
    shares = [1 - m / a if a else None for a, m in each]
    total, lost = sum([a for a, _ in each], timedelta()), sum([m for _, m in each], timedelta())
    return Lane(read, tuple(_cells(read, days, shares)), 1 - lost / total if total else None, lost)


def _days(start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    first = datetime.combine(start.date(), time.min, UTC)
    cuts = [first + timedelta(days=number) for number in range(1, (end - first).days + 1)]
    inner = [cut for cut in cuts if start < cut < end]
    return list(zip([start, *inner], [*inner, end], strict=True))


class _Sums:
    """How much spans have of each day, together. To add one costs the same however many days it has."""

    def __init__(self, days: Sequence[tuple[datetime, datetime]]) -> None:
        self._days, self._origin = days, days[0][0].date()
        self._parts = [timedelta()] * len(days)
        self._begun = [0] * (len(days) + 1)

    def add_all(self, ends: Sequence[datetime]) -> None:
        """Add spans that begin with the days. Of those that end on the last day, as most do, only that part differs."""
        start, (begins, until) = self._days[0][0], self._days[-1]
        late = [min(end, until) - begins for end in ends if end > begins]
        self.add(start, begins, len(late))
        self._parts[-1] += sum(late, timedelta())
        for end in [end for end in ends if end <= begins]:
            self.add(start, end)

    def add(self, start: datetime, end: datetime, times: int = 1) -> None:
        """Add a span that begins within the days, so many times; with -1 take it away."""
        end = min(end, self._days[-1][1])
        if end <= start:
            return
        first, last = (start.date() - self._origin).days, min((end.date() - self._origin).days, len(self._days) - 1)
        self._parts[first] -= times * (start - self._days[first][0])
        self._parts[last] += times * (end - self._days[last][0])
        self._begun[first] += times
        self._begun[last] -= times

    def by_day(self) -> list[timedelta]:
        whole = accumulate(self._begun)
        return [
            part + number * (ends - begins)
            for part, number, (begins, ends) in zip(self._parts, whole, self._days, strict=False)
        ]


def _cells(read: Coverage, days: Sequence[tuple[datetime, datetime]], shares: Sequence[float | None]) -> Iterable[Cell]:
    shown = [None if share is None else int(share * 100) / 100 for share in shares]
    position = 0
    while position < len(days):
        following = next((n for n in range(position, len(days)) if shown[n] != shown[position]), len(days))
        begins, ends = days[position][0], days[following - 1][1]
        x, until = (_percent(at - read.start, read.end - read.start) for at in (begins, ends))
        yield Cell(x, round(until - x, 2), shown[position], span_words(begins.date(), days[following - 1][0].date()))
        position = following


def _percent(part: timedelta, whole: timedelta) -> float:
    return round(100 * part / whole, 2) if whole else 0.0


@dataclass(frozen=True)
class Gap:
    """Feeds that were not read from and to the same minute for the same reason."""

    feeds: tuple[str, ...]
    start: datetime
    end: datetime
    why: str


def gaps_of(feeds: Iterable[FeedCoverage]) -> list[Gap]:
    """The holes of some feeds, those alike together, the newest first."""
    alike: dict[tuple[datetime, datetime, str], list[str]] = defaultdict(list)
    for feed in feeds:
        for hole in feed.holes:
            minutes = (at.replace(second=0, microsecond=0) for at in (hole.start, hole.end))
            alike[*minutes, hole.why].append(feed.feed)
    found = (Gap(tuple(names), start, end, why) for (start, end, why), names in alike.items())
    return sorted(found, key=lambda gap: (gap.end, gap.start), reverse=True)
