"""From weighed ties to sightings: one per event that a release reports of a channel."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from tracker.detect.findings import Finding
from tracker.detect.match import Mention
from tracker.detect.reading import Reading
from tracker.detect.rounds import round_in
from tracker.detect.scope import scope
from tracker.detect.sentence import Sentence
from tracker.detect.signals import BREAKS, WORDS_OF
from tracker.detect.weigh import Weights, probability
from tracker.detect.when import When, dated, on_the_day_of
from tracker.model import Evidence, Sighting, Signal

Event = tuple[Signal, list[Finding]]
"""What happened on a channel, and the findings that tell it, the surest first."""

KEPT = 0.1
"""What is less sure than this is not even kept as probably nothing."""

_SURELY = 0.5
"""The share from which a sentence is taken at its word where it gives another signal than the rest."""

_CLEARLY = 0.8
"""The share from which a sentence that only says "the two" tells an event where others name the channel."""

_ASIDE = 0.3
"""Sentences less likely than this part of the surest one have no say in what happened."""

_MOST_EVIDENCE = 24
"""Quotations kept of one sighting; a long text may say the same a thousand times."""

_MOST_DOUBTS = 3
_HEAVY = 0.3
"""A ground that weighs more than this against a finding is named as a doubt."""


def settle(found: list[Finding], reading: Reading, weights: Weights) -> list[Sighting]:
    """One sighting per channel and event, surest first."""
    events = [(signal, told) for signal, told in events_of(_likely(found), weights) if told[0].confidence >= KEPT]
    dates = {id(event): dated(told, signal, reading, weights.dates) for event in events for signal, told in (event,)}
    held = _day_of_the_news(events, dates)
    surest = _surest(events, reading)
    sightings = []
    for event in events:
        signal, told = event
        when = dates[id(event)]
        if signal is Signal.RESUMED:
            when = on_the_day_of(when, held)
        sightings.append(_flagged(_sighting(signal, told, when, reading), told, surest, reading, weights))
    return sorted(sightings, key=lambda s: (-s.confidence, s.channel, s.signal))


def events_of(found: Iterable[Finding], weights: Weights) -> list[Event]:
    """What the findings of each channel tell that happened on it."""
    return [event for told in _by_channel(found) for event in _events(told, weights).items()]


def _likely(found: list[Finding]) -> list[Finding]:
    """The findings of those channels of which one at least may be kept."""
    channels = {finding.tie.channel for finding in found if finding.confidence >= KEPT}
    return [finding for finding in found if finding.tie.channel in channels]


def _surest(events: Iterable[Event], reading: Reading) -> dict[int, float]:
    """The confidence of what each paragraph tells most surely, where it names what it speaks of."""
    surest: dict[int, float] = {}
    for _, told in events:
        if best := next((f for f in told if f.tie.names), None):
            paragraph = reading.paragraph(best.sentence)
            surest[paragraph] = max(best.confidence, surest.get(paragraph, 0.0))
    return surest


def _flagged(
    sighting: Sighting, told: list[Finding], surest: dict[int, float], reading: Reading, weights: Weights
) -> Sighting:
    """The sighting with whether a reviewer should see it: what a paragraph tells besides its surest needs more.

    An article tells several events for their own sake.
    """
    alone = reading.is_article or sighting.confidence >= surest.get(reading.paragraph(told[0].sentence), 0.0)
    if sighting.confidence < (weights.flag if alone else weights.beside):
        return sighting
    return replace(sighting, flagged=True, doubts=())


def _by_channel(found: Iterable[Finding]) -> list[list[Finding]]:
    """The findings of each channel, the surest first."""
    channels: dict[str, list[Finding]] = {}
    for finding in found:
        channels.setdefault(finding.tie.channel, []).append(finding)
    return [sorted(told, key=_surest_first) for told in channels.values()]


def _events(told: list[Finding], weights: Weights) -> dict[Signal, list[Finding]]:
    """What happened on a channel, by the sentences that name it or its people; then by those that say "the two".

    The latter confirm events, and add what is to follow a contact or went before it, but outvote nobody: whom they mean
    is only guessed, so whatever a text goes on to say of others takes nothing back. What they are to open is told of
    what they open, where the sentence names it. What surely broke or was restored ("it was turned down") is heard as
    if it were named.
    """
    naming, referring = [], []
    for finding in told:
        (naming if finding.tie.names or _turns(finding) else referring).append(finding)
    if not naming:
        return _voted(told, weights)
    events = _voted(naming, weights)
    follows = events.keys() <= {Signal.HELD, Signal.ANNOUNCED}
    for finding in referring:
        own = _own(finding)
        added = follows and own in (Signal.HELD, Signal.ANNOUNCED) and finding.signals[own] >= _CLEARLY
        others = "a surer tie to another channel" in finding.grounds
        if own in events or (added and not others):
            events.setdefault(own, []).append(finding)
    return {signal: sorted(heard, key=_surest_first) for signal, heard in events.items()}


def _turns(finding: Finding) -> bool:
    """Does the sentence say for sure that what the one before or the title named broke off, or is back?"""
    own = _own(finding)
    turning = own in BREAKS or own is Signal.RESUMED
    return turning and "pronoun" not in finding.tie.kinds and finding.signals[own] >= _SURELY


def _voted(told: list[Finding], weights: Weights) -> dict[Signal, list[Finding]]:
    """The event that most findings tell, and another that one of them tells surely."""
    chance = [probability(f.score) for f in told]
    heard = [(f, c) for f, c in zip(told, chance, strict=True) if c >= _ASIDE * chance[0]]
    shares = {s: sum(c * f.signals[s] for f, c in heard) for s in told[0].signals}
    main = max(shares, key=lambda s: (shares[s], s))
    findings = [f for f, _ in heard]
    signal = _sharpened(main, findings)
    events = {signal: _telling(main, findings) if signal is main else findings}
    for finding, _ in heard:
        own = _own(finding)
        sure = finding.signals[own] >= _SURELY and weights.confidence(finding.score) >= weights.beside
        if {own, main} == {Signal.HELD, Signal.ANNOUNCED} and sure and not _bare_headline(finding):
            if all(map(_bare_headline, events[signal])):
                del events[signal]
            events[own] = [finding]
            break
    return events


def _bare_headline(finding: Finding) -> bool:
    """A headline without a day is in the present tense whether it tells of what was or of what will be."""
    return finding.sentence.field == "title" and not finding.sentence.dates


def _own(finding: Finding) -> Signal:
    """The likeliest signal of one finding."""
    return max(finding.signals, key=lambda s: (finding.signals[s], s))


def _surest_first(finding: Finding) -> tuple[float, int]:
    return -finding.score, finding.position


def _telling(signal: Signal, heard: list[Finding]) -> list[Finding]:
    """The findings that give this signal, else all."""
    return [f for f in heard if _own(f) is signal] or heard


def _sharpened(signal: Signal, heard: list[Finding]) -> Signal:
    """The signal as the words of the surest finding's own clauses put it: a contact that is off was cancelled or
    postponed where nothing says that a line is cut, and one that was put off earlier and will be held is announced.
    """
    near = _near(heard[0])
    if signal is Signal.SUSPENDED and near & _TO_COME and near >= {"earlier", "future"}:
        return Signal.ANNOUNCED
    if signal is Signal.SUSPENDED and "suspend" not in near:
        return Signal.POSTPONED if "postpone" in near else Signal.CANCELLED if "cancel" in near else signal
    return signal


_TO_COME = {"a date to come", "a date far ahead"}


def _near(finding: Finding) -> set[str]:
    return {ground.removesuffix(" near") for ground in finding.grounds if ground.endswith(" near")}


def _day_of_the_news(events: list[Event], dates: dict[int, When]) -> When | None:
    held = [(told[0].score, dates[id(event)]) for event in events for signal, told in (event,) if signal is Signal.HELD]
    return max(held, key=lambda pair: pair[0])[1] if held else None


def _sighting(signal: Signal, told: list[Finding], when: When, reading: Reading) -> Sighting:
    best = told[0]
    return Sighting(
        channel=best.tie.channel,
        signal=signal,
        date=when.date,
        confidence=best.confidence,
        evidence=(*_evidence(signal, told, when), *_discounts(best)),
        starts=when.starts,
        flagged=False,
        doubts=tuple(g for g, w in best.weighed if w < -_HEAVY)[:_MOST_DOUBTS],
        undated=when.undated,
        persons=_persons(told),
        round=next((n for f in told if (n := round_in(f.sentence))), None),
    )


def _persons(told: list[Finding]) -> tuple[str, ...]:
    """The offices of both sides whose holders took part; none where only one side's is named."""
    for finding in told:
        if "offices" in finding.tie.kinds:
            return tuple(dict.fromkeys(m.key for m in finding.tie.mentions if m.kind == "office"))
    return ()


def _evidence(signal: Signal, told: list[Finding], when: When) -> tuple[Evidence, ...]:
    found: dict[Evidence, None] = {}
    for finding in told:
        sentence = finding.sentence
        words = [(m, _role(m)) for m in _outermost(finding.tie.mentions)]
        words += [(m, "signal") for m in _signal_words(signal, finding)]
        words += [(m, "party") for m in _parties(sentence)]
        spans = {(m.start, m.end, role) for m, role in words}
        if when.mention and when.sentence is sentence:
            spans.add((when.mention.start, when.mention.end, "date"))
        found.update(dict.fromkeys(sentence.evidence(*span) for span in sorted(spans)))
    if when.mention and not any(e.role == "date" for e in found):
        found[when.sentence.evidence(when.mention.start, when.mention.end, "date")] = None
    return tuple(found)[:_MOST_EVIDENCE]


def _outermost(mentions: Iterable[Mention]) -> list[Mention]:
    """The mentions that lie within no other: a phrase is quoted once, not again with each of its parts, and as that of
    an office where it is one.
    """
    found = sorted(set(mentions), key=lambda m: (m.start, -m.end, _role(m) != "office", m))
    return [m for i, m in enumerate(found) if all(other.end < m.end for other in found[:i])]


def _parties(sentence: Sentence) -> list[Mention]:
    """Words that name both parties: the pair, else the first of each party."""
    first = {m.key: m for m in reversed(sentence.of("party"))}
    return sentence.of("pair")[:1] or list(first.values())


def _discounts(finding: Finding) -> tuple[Evidence, ...]:
    """The marks in the surest sentence that weigh heavily against it, the heaviest first."""
    sentence = finding.sentence
    found: dict[Evidence, None] = {}
    for ground, weight in finding.weighed:
        if weight < -_HEAVY and ground.endswith((" near", " in the sentence", " before the signal")):
            for mark in sentence.marked(ground.split(" ")[0]):
                found[sentence.evidence(mark.start, mark.end, "discount")] = None
    return tuple(found)[:_MOST_DOUBTS]


def _role(mention: Mention) -> str:
    return {"office": "office", "mark": "office"}.get(mention.kind, "channel")


def _signal_words(signal: Signal, finding: Finding) -> list[Mention]:
    """The nearest words of the signal's kinds, in the tie's clauses if there are any."""
    around = scope(finding.tie, finding.sentence)
    words = [w for w in finding.sentence.of("signal") if w.key in WORDS_OF[signal]]
    words = [w for w in words if around.near(w)] or words
    first = finding.tie.mentions[0]
    words.sort(key=lambda w: (WORDS_OF[signal].index(w.key), abs(w.start - first.start)))
    chosen = words[:1]
    if signal is Signal.ANNOUNCED:
        ahead = finding.sentence.marked("future") or (
            finding.sentence.marked("title_future") if finding.sentence.field == "title" else []
        )
        chosen += sorted(ahead, key=lambda m: abs(m.start - first.start))[:1]
    return chosen
