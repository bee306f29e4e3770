"""Which announcement it is that a release calls off or puts off: by the day that its words name, or the only one. Pure.

A release dates the news ("said on Monday") and names beside it the day that is off ("planned for Feb. 10"). Of the
second the record tells by the contact that was announced for it, or by the state that was planned.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from tracker.detect.dates import find_dates, fits
from tracker.detect.normalise import fold, sentences
from tracker.model import Contact, Evidence, KeptSighting, PartialDate, Precision, Signal, StatusChange
from tracker.record.attest import first_seen
from tracker.record.fates import Fate, Promise, promises_among, window

CALLING_OFF = frozenset({Signal.CANCELLED, Signal.POSTPONED})


@dataclass(frozen=True)
class CalledOff:
    """What was called off: the promise, and the day for which it had been arranged where the words name it.

    `which`: the promises between which neither the words nor the record decide, where there are several.
    """

    promise: Promise | None = None
    day: PartialDate | None = None
    end: date | None = None
    which: tuple[Promise, ...] = ()


NOTHING_OFF = CalledOff()


def called_off(
    signal: Signal,
    telling: Iterable[KeptSighting],
    declared: date,
    changes: Iterable[StatusChange],
    contacts: Iterable[Contact],
) -> CalledOff:
    """What releases call off that were made by the day `declared`, of what the rows in force promised then.

    What words name goes before what was open alone. What was made before that day goes before what was made on it, as a
    new date may be told with the news; an announced contact goes before a planned state.
    """
    if signal not in CALLING_OFF:
        return NOTHING_OFF
    rows = [[row for row in of_a_kind if first_seen(row) <= declared] for of_a_kind in (changes, contacts)]
    still = [one for one in promises_among(*rows, declared) if one.fate is Fate.OPEN]
    if not still:
        return NOTHING_OFF
    before = _contacts_first(one for one in still if first_seen(one.made) < declared)
    still = _contacts_first(still)
    telling = list(telling)
    near = list(dict.fromkeys(day for seen in telling for day in _days(seen, declared, whole=False)))
    anywhere = dict.fromkeys(day for seen in telling for day in _days(seen, declared, whole=True))
    for days in (near, [day for day in anywhere if day.precision is Precision.DAY]):
        for those in (before, still):
            if named := [(one, day) for one in those for day in days if _names(day, one)]:
                return _one_of(named)
    ahead = [day for day in near if day.precision is Precision.DAY]
    if signal is Signal.CANCELLED and len(ahead) == 1:
        return CalledOff(day=ahead[0])  # another one, of which the record does not know
    meant = before or still
    return _as_promised(meant[0]) if len(meant) == 1 else CalledOff(which=tuple(meant))


def _contacts_first(promises: Iterable[Promise]) -> list[Promise]:
    """The contacts among them, or all where there is none."""
    promises = list(promises)
    return [one for one in promises if isinstance(one.made, Contact)] or promises


def _one_of(named: list[tuple[Promise, PartialDate]]) -> CalledOff:
    """Of those that words name the one that is dated most closely."""
    closest = max(_closeness(one) for one, _ in named)
    promises = list(dict.fromkeys(one for one, _ in named if _closeness(one) == closest))
    if len(promises) > 1:
        return CalledOff(which=tuple(promises))
    (promise,) = promises
    if promise.dated is None or promise.dated.precision is Precision.YEAR:
        return CalledOff(promise, next(day for one, day in named if one == promise))
    return _as_promised(promise)


def _as_promised(promise: Promise) -> CalledOff:
    return CalledOff(promise, promise.dated, promise.made.end if isinstance(promise.made, Contact) else None)


def _closeness(promise: Promise) -> int:
    return len(promise.dated.value) if promise.dated else 0


def _names(day: PartialDate, promise: Promise) -> bool:
    """Whether a day, month or year that words name is, or lies in, the time of a promise."""
    opens, due = window(promise.made)
    if promise.dated is None and day.precision is not Precision.DAY:
        return False
    if day.precision is Precision.YEAR:
        return day == promise.dated
    return day.first <= due and opens <= day.last


def _days(seen: KeptSighting, declared: date, *, whole: bool) -> Iterator[PartialDate]:
    """The days, months and years after the news that a release names: beside the words that fired, or anywhere."""
    for name in ("title", "summary"):
        text = getattr(seen.release, name)
        folded = fold(text)
        spans = [(start, end) for start, end in sentences(folded.text)]
        if not whole:
            spans = [span for span in spans if _fired(folded.span(*span), name, seen.sighting.evidence)]
        for mention in find_dates(folded.lower, seen.release.published):
            beside = any(start <= mention.start < end for start, end in spans)
            day = mention.future.value
            ahead = day.last > declared if day.precision is not Precision.DAY else day.first > declared
            if beside and ahead and not mention.vague and fits(mention, True, seen.release.published):
                yield day


def _fired(span: tuple[int, int], name: str, evidence: Iterable[Evidence]) -> bool:
    start, end = span
    return any(words.field == name and words.tells and start <= words.start < end for words in evidence)
