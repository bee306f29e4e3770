"""Which day an event has: one that its release names near what tells it, that of publication, its month, or none.

Each of these is an option. What is true of one is noted in short phrases, its grounds, and a scorecard that is fitted
like those of `weigh.py` says how much each ground speaks for it; the option with the highest sum is taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from tracker.detect.dates import DateMention, Span, fits
from tracker.detect.findings import Finding
from tracker.detect.reading import Reading
from tracker.detect.scope import scope
from tracker.detect.sentence import Sentence
from tracker.detect.signals import WORDS_OF
from tracker.detect.weigh import Scorecard
from tracker.model import PartialDate, Precision, Signal
from tracker.tongue import msg

_KINDS = {signal: signal.value for signal in Signal} | dict.fromkeys(
    (Signal.SUSPENDED, Signal.CANCELLED, Signal.POSTPONED), "off"
)
"""The kinds of events whose days are told in the same way."""

_FAR = 2
"""Sentences from what tells an event in which its day may stand."""

_OFFSETS = sorted((off for off in range(-_FAR, _FAR + 1) if off), key=abs)
"""The nearest first."""

_STEPS = (-400, -90, -45, -14, -8, -3, -2, -1, 0, 1, 2, 7, 14, 45, 90, 400)
"""Days from publication, as far as grounds tell them apart."""

_JUST_PAST = -2
_MONTHS = range(-3, 7)
_AROUND = 24
"""Characters before and after a date in which its own small words stand ("since", "of", 于)."""

_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?|\d+|[\u3400-\u9fff]|[^\s]")


Telling = dict[int, Finding]
"""The surest finding of each sentence that tells an event, by its position; the surest of all stands first."""


@dataclass(frozen=True)
class When:
    """The date of an event, its first day when it took several, the words that say it, or why there is none."""

    date: PartialDate | None
    starts: date | None = None
    mention: DateMention | None = None
    sentence: Sentence | None = None
    undated: str | None = None


@dataclass(frozen=True)
class Option:
    """A date that an event may have (None: none is said), on what grounds, and the words that say it, if any do."""

    date: PartialDate | None
    grounds: tuple[str, ...]
    mention: DateMention | None = None
    sentence: Sentence | None = None


def dated(told: list[Finding], signal: Signal, reading: Reading, card: Scorecard) -> When:
    """The date of the event that the findings of one channel tell of, the surest finding first."""
    best = max(options(told, signal, reading), key=lambda option: card.sum(option.grounds))
    if best.date is None:
        return When(None, undated=_WHY_NONE.get(signal, _HAPPENED))
    return When(best.date, _first_day(best, told, signal), best.mention, best.sentence)


_WHY_NONE = {
    Signal.REFUSED: msg("The request merely stands; no day of it is said."),
    Signal.ANNOUNCED: msg("The release does not say when it is to take place."),
}
_HAPPENED = msg("The release does not say when it happened.")


def options(told: list[Finding], signal: Signal, reading: Reading) -> list[Option]:
    """Every date that the event may have, in the order of the text; then those that no words say."""
    telling: Telling = {}
    for finding in told:
        telling.setdefault(finding.position, finding)
    named = [
        Option(
            mention.read(signal is Signal.ANNOUNCED).value,
            tuple(_of_words(mention, sentence, position, telling, signal, reading)),
            mention,
            sentence,
        )
        for position, sentence in _around(told[0], telling, reading)
        for mention in sentence.dates
        # An article tells of old days, and quotes people who speak of them now.
        if not (reading.is_article and sentence.said(mention))
    ]
    days = {option.date.value for option in named if option.date}
    broader = {whole for day in days for whole in _broader(day)}
    named = [replace(option, grounds=(*option.grounds, *_of_others(option, days, broader))) for option in named]
    around = list(_of_silence(named, told, signal, reading))
    unsaid = [
        Option(day, (name, *(f"{name}: {ground}" for ground in around)))
        for name, day in _unsaid(signal, reading.release.published).items()
    ]
    kind = _KINDS[signal]
    return [
        replace(option, grounds=tuple(g for one in option.grounds for g in (one, f"{kind}: {one}")))
        for option in (*named, *unsaid)
    ]


def _unsaid(signal: Signal, published: date) -> dict[str, PartialDate | None]:
    """The dates that no words say: what is only announced is not of the day of its news, and a refusal may be older."""
    days = {"no date": None}
    if signal is not Signal.ANNOUNCED:
        days["the day of publication"] = PartialDate.of(published)
    if signal is Signal.REFUSED:
        days["the month of publication"] = PartialDate(f"{published:%Y-%m}")
    return days


def _of_others(option: Option, days: set[str], broader: set[str]) -> Iterator[str]:
    """Whether another date that is named says more closely what this one says, or less."""
    if option.date.value in broader:
        yield "another date says it more closely"
    if not days.isdisjoint(_broader(option.date.value)):
        yield "says more closely what another date says"


def _broader(day: str) -> tuple[str, ...]:
    """The month and the year of a day, the year of a month; none of a year."""
    return tuple(day[:end] for end in (4, 7) if len(day) > end)


def _around(surest: Finding, telling: Telling, reading: Reading) -> Iterator[tuple[int, Sentence]]:
    """The sentences that tell the event, those near them of the surest one's passage, and the title."""
    passage = reading.passage(surest.sentence)
    near = {other + off for other in telling for off in range(-_FAR, _FAR + 1)}
    for position, sentence in enumerate(reading.all):
        if position in telling or not position or (position in near and reading.passage(sentence) == passage):
            yield position, sentence


def _of_words(
    mention: DateMention, sentence: Sentence, position: int, telling: Telling, signal: Signal, reading: Reading
) -> Iterator[str]:
    """What is true of a date that the text names."""
    yield from _of_place(mention, sentence, position, telling)
    future, published = signal is Signal.ANNOUNCED, reading.release.published
    span = mention.read(future)
    if not fits(mention, future, published):
        yield "such a day cannot be meant"
    if sentence.said(mention):
        yield "the day of somebody's words"
    if mention.vague:
        yield "a stretch of days"
    if mention.ahead:
        yield "a stretch that lies ahead"
    if span.first:
        yield "several days"
    yield f"a {span.value.precision.name.lower()}"
    yield "the first date of its sentence" if mention is sentence.dates[0] else "a later date of its sentence"
    clause = sentence.clause(mention.start)
    kinds = {word.key for word in sentence.of("signal") if sentence.clause(word.start) == clause}
    if kinds & set(WORDS_OF[signal]) - {"occasion"}:
        yield "a verb of the event in its clause"
    yield from (f"{kind} in its clause" for kind in sorted(kinds))
    yield from _of_distance(span, published, reading)
    yield from _of_small_words(mention, sentence)


def _of_place(mention: DateMention, sentence: Sentence, position: int, telling: Telling) -> Iterator[str]:
    """Where it stands, seen from what tells the event."""
    if not position:
        yield "in the title"
    finding = telling.get(position)
    if finding is None:
        away = next((off for off in _OFFSETS if position - off in telling), -_FAR - 1)
        yield f"{away:+d} sentences from what tells it"
        if sentence.of("name"):
            yield "a channel is named beside it"
        if sentence.of("other"):
            yield "another country is named beside it"
        return
    surest = finding is next(iter(telling.values()))
    yield "where the event is told most surely" if surest else "where the event is told, too"
    if scope(finding.tie, sentence).near(mention):
        yield "in the clauses that tell the event"
    else:
        yield "opens what tells the event" if _opens(mention, finding) else "apart from what tells the event"
    clause = sentence.clause(mention.start)
    if any(m.key != finding.tie.channel and sentence.clause(m.start) == clause for m in sentence.of("name")):
        yield "another channel is named in its clause"


def _opens(mention: DateMention, finding: Finding) -> bool:
    """Does it open what the clauses of a tie tell: `10日上午,两位司令视频通话`?"""
    sentence = finding.sentence
    first = min(m.start for m in finding.tie.mentions)
    later = any(mention.start < other.start < first and not sentence.said(other) for other in sentence.dates)
    return mention.end <= first and ";" not in sentence.folded.text[mention.end : first] and not later


def _of_distance(span: Span, published: date, reading: Reading) -> Iterator[str]:
    """How far from publication; of the days that an article tells of none is nearer than another."""
    if span.is_day:
        days = (span.value.first - published).days
        if reading.is_article and -reading.reach.days <= days < _JUST_PAST:
            days = _JUST_PAST
        yield f"up to {next((step for step in _STEPS if days <= step), 'more')} days from publication"
    elif span.value.precision is Precision.MONTH:
        first = span.value.first
        months = (first.year - published.year) * 12 + first.month - published.month
        yield f"{max(_MONTHS[0], min(_MONTHS[-1], months)):+d} months from publication"


def _of_small_words(mention: DateMention, sentence: Sentence) -> Iterator[str]:
    text = sentence.folded.lower
    before = _WORD.findall(text[max(sentence.start, mention.start - _AROUND) : mention.start])
    after = _WORD.findall(text[mention.end : min(sentence.end, mention.end + _AROUND)])
    for far, words in (("", (before[-1:], after[:1])), ("further ", (before[-2:-1], after[1:2]))):
        for side, found in zip(("before", "after"), words, strict=True):
            yield from (f'{far}{side} it "{word}"' for word in found)


def _of_silence(named: list[Option], told: list[Finding], signal: Signal, reading: Reading) -> Iterator[str]:
    """What is true of the release where no words date the event."""
    future, published = signal is Signal.ANNOUNCED, reading.release.published
    telling = {id(finding.sentence) for finding in told}
    days = (
        o
        for o in named
        if id(o.sentence) in telling
        and o.mention.read(future).is_day
        and fits(o.mention, future, published)
        and not o.sentence.said(o.mention)
    )
    yield "no day is said where the event is told" if next(days, None) is None else "a day is said where it is told"
    if not named:
        yield "no dates near it"
    if any(finding.sentence.marked("standing") for finding in told):
        yield "it merely stands"
    if reading.release.side != "third-party":
        yield "a party speaks"
    refuses = any(f"refuse {where}" in told[0].grounds for where in ("near", "in the title"))
    if refuses and reading.release.side != "third-party":
        yield "a party says no itself"
    yield from (ground for ground in told[0].grounds if ground.endswith(" near") or ground in _TELLING)


_TELLING = frozenset({"no objection", "told in several sentences"})


def _first_day(best: Option, told: list[Finding], signal: Signal) -> date | None:
    """The first of several days of a contact: as said with the last, or where another finding says the whole span."""
    if best.mention is None or signal not in (Signal.HELD, Signal.ANNOUNCED):
        return None
    future = signal is Signal.ANNOUNCED
    spans = [best.mention.read(future), *(d.read(future) for f in told for d in f.sentence.dates)]
    return next((other.first for other in spans if other.value == best.date and other.first), None)


def on_the_day_of(when: When, held: When | None) -> When:
    """An undated restoration declared in the report of a meeting was declared on that day."""
    return replace(when, date=held.date, undated=held.undated) if held and when.mention is None else when
