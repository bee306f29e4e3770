"""Which of a release's dates is that of a signal."""

from __future__ import annotations

from datetime import date, timedelta

from tracker.detect.anchors import Anchor
from tracker.detect.dates import DateMention
from tracker.detect.reading import Reading, Sentence
from tracker.detect.signals import BREAKS, Governing
from tracker.model import PartialDate, Precision, Signal


def chosen(sentence: Sentence, anchor: Anchor, found: Governing, reading: Reading) -> DateMention | None:
    """The sentence's own date nearest the signal, else the day said in the sentence before."""
    published = reading.release.published
    if sentence.marked("standing") and found.signal is Signal.REFUSED:
        return None
    future = found.signal is Signal.ANNOUNCED
    own = [d for d in sentence.dates if _usable(d, sentence, anchor, found) and fits(d, future, published)]
    if own:
        return min(own, key=lambda d: _cost(d, sentence, anchor, found))
    if sentence.field == "summary" and sentence.number and found.signal not in (Signal.SUSPENDED, Signal.ENDED):
        for before in reversed(reading.body[max(0, sentence.number - 2) : sentence.number]):
            days = [d for d in before.dates if d.past.is_day and fits(d, future, published)]
            if future:
                days = [d for d in days if d.future.value.first > published and before.marked("future")]
                days = [] if before.of("name") else days
            if days or future:
                return next(iter(days), None)
    return None


def fits(mention: DateMention, future: bool, published: date) -> bool:
    """Can an announcement (or else a report) made on that day mean this date?"""
    span = mention.read(future).value
    return span.last >= published if future else span.first <= published + timedelta(days=1)


def _usable(mention: DateMention, sentence: Sentence, anchor: Anchor, found: Governing) -> bool:
    """Not a date of somebody's words, of older things, or of another channel's clause."""
    if found.signal not in BREAKS and sentence.said(mention):
        return False
    clause = sentence.clause(mention.start)
    if clause in found.clauses:
        return True
    if sentence.marked("background", clause):
        return False
    others = [m for m in sentence.of("name") if m.key != anchor.channel and sentence.clause(m.start) == clause]
    return not others


def _cost(
    mention: DateMention, sentence: Sentence, anchor: Anchor, found: Governing
) -> tuple[bool, bool, bool, bool, int]:
    closing = any(
        0 <= m.start - mention.end <= 4 or 0 <= mention.start - m.end <= 10 for m in sentence.marked("closing")
    )
    near = (found.words[0],) if found.signal is Signal.REFUSED else (*anchor.mentions, found.words[0])
    distances = [abs(mention.start - m.start) for m in near]
    year = mention.past.value.precision is Precision.YEAR
    return not closing, year, mention.vague, sentence.clause(mention.start) not in found.clauses, min(distances)


def fallback(found: Governing, sentence: Sentence, reading: Reading) -> PartialDate | None:
    """What publication itself says of the date where no words do."""
    published = reading.release.published
    if found.signal in (Signal.SUSPENDED, Signal.CANCELLED, Signal.POSTPONED, Signal.HELD):
        return PartialDate.of(published)
    if found.signal in (Signal.REFUSED, Signal.ENDED) and not sentence.marked("standing"):
        return PartialDate(f"{published:%Y-%m}")
    return None
