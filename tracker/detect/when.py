"""Which of a release's dates is that of an event, and what to say where no words date it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from tracker.detect.dates import DateMention, Span
from tracker.detect.findings import Finding
from tracker.detect.grounds import scope
from tracker.detect.reading import Reading, Sentence
from tracker.model import PartialDate, Precision, Signal

BREAKS = frozenset({Signal.REFUSED, Signal.CANCELLED, Signal.POSTPONED, Signal.SUSPENDED, Signal.ENDED})
"""Signals that tell of a contact that did not come about, or of a line that stopped."""

_BY_PUBLICATION = frozenset({Signal.HELD, Signal.SUSPENDED, Signal.CANCELLED, Signal.POSTPONED})
"""Undated reports of these are news of the day on which they are published."""


@dataclass(frozen=True)
class When:
    """The date of an event, its first day when it took several, the words that say it, or why there is none."""

    date: PartialDate | None
    starts: date | None = None
    mention: DateMention | None = None
    sentence: Sentence | None = None
    undated: str | None = None


def dated(told: list[Finding], signal: Signal, reading: Reading) -> When:
    """The date of the event that the findings of one channel tell of, the surest finding first."""
    best = told[0]
    if signal is Signal.REFUSED and best.sentence.marked("standing"):
        return When(None, undated="The request merely stands; no day of it is said.")
    published = reading.release.published
    found = None
    for rank, finding in enumerate(told):
        for mention in _usable(finding, signal, reading):
            cost = (*_cost(mention, finding, signal), rank)
            if found is None or cost < found[0]:
                found = (cost, mention, finding.sentence)
        if found and rank == 0 and found[1].past.is_day:
            break
    if found is None or not found[1].read(signal is Signal.ANNOUNCED).is_day:
        found = _just_before(best, signal, reading) or found
    if found is None:
        return _undated(signal, published)
    _, mention, sentence = found
    span = mention.read(signal is Signal.ANNOUNCED)
    starts = span.first if signal in (Signal.HELD, Signal.ANNOUNCED) else None
    return When(span.value, starts, mention, sentence)


def _usable(finding: Finding, signal: Signal, reading: Reading) -> Iterable[DateMention]:
    """Dates of the finding's sentence that can be the event's: not those of somebody's words or of another channel."""
    sentence, around = finding.sentence, scope(finding.tie, finding.sentence)
    for mention in sentence.dates:
        if signal not in BREAKS and sentence.said(mention):
            continue
        if not fits(mention, signal is Signal.ANNOUNCED, reading.release.published):
            continue
        if not around.near(mention) and _of_another(mention, finding):
            continue
        yield mention


def _of_another(mention: DateMention, finding: Finding) -> bool:
    """Does the date's clause name another channel, or tell of something earlier?"""
    sentence = finding.sentence
    clause = sentence.clause(mention.start)
    if any(sentence.marked(mark, clause) for mark in ("earlier", "past")):
        return True
    return any(m.key != finding.tie.channel and sentence.clause(m.start) == clause for m in sentence.of("name"))


def fits(mention: DateMention, future: bool, published: date) -> bool:
    """Can an announcement (or else a report) made on that day mean this date?"""
    span = mention.read(future).value
    return span.last >= published if future else span.first <= published + timedelta(days=1)


def _cost(mention: DateMention, finding: Finding, signal: Signal) -> tuple[bool, bool, bool, bool, bool, int]:
    sentence, around = finding.sentence, scope(finding.tie, finding.sentence)
    closing = any(
        0 <= m.start - mention.end <= 4 or 0 <= mention.start - m.end <= 10 for m in sentence.marked("closing")
    )
    precision = mention.read(signal is Signal.ANNOUNCED).value.precision
    near = [*finding.tie.mentions, *(w for w in around.signals() if around.near(w))]
    distance = min((abs(mention.start - m.start) for m in near), default=0)
    return (
        sentence.said(mention),
        precision is Precision.YEAR,
        mention.vague,
        not (closing or around.near(mention)),
        not closing,
        distance,
    )


def _just_before(best: Finding, signal: Signal, reading: Reading) -> tuple[tuple, DateMention, Sentence] | None:
    """A day said in the two sentences before, of the same passage, where the sentence itself names none."""
    if signal in (Signal.SUSPENDED, Signal.ENDED):
        return None
    published, future = reading.release.published, signal is Signal.ANNOUNCED
    for sentence in reversed(reading.before(best.sentence, 2)):
        days = [
            d
            for d in sentence.dates
            if d.read(future).is_day and fits(d, future, published) and not sentence.said(d)
        ]
        if future:
            days = [d for d in days if d.future.value.first > published and sentence.marked("future")]
            days = [] if sentence.of("name") else days
        elif any(sentence.marked(mark) for mark in ("earlier", "past")):
            days = []
        if days:
            return (), days[0], sentence
    return None


def _undated(signal: Signal, published: date) -> When:
    if signal in _BY_PUBLICATION:
        return When(PartialDate.of(published))
    if signal is Signal.ANNOUNCED:
        return When(None, undated="The release does not say when it is to take place.")
    return When(PartialDate(f"{published:%Y-%m}"))


def on_the_day_of(when: When, held: When | None) -> When:
    """An undated restoration declared in the report of a meeting was declared on that day."""
    return replace(when, date=held.date) if held and when.mention is None else when


def span_of(when: When) -> Span | None:
    return Span(when.date, when.starts) if when.date else None
