"""From weighed ties to sightings: one per event that a release reports of a channel."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from tracker.detect.findings import Finding
from tracker.detect.grounds import ARTICLE, scope
from tracker.detect.match import Mention
from tracker.detect.reading import Reading
from tracker.detect.rounds import round_in
from tracker.detect.weigh import Weights, probability
from tracker.detect.when import WORDS_OF, When, dated, on_the_day_of
from tracker.model import Evidence, Sighting, Signal

KEPT = 0.1
"""What is less sure than this is not even kept as probably nothing."""

_SURELY = 0.6
"""The share from which a sentence is taken at its word where it gives another signal than the rest."""

_ASIDE = 0.3
"""Sentences less likely than this part of the surest one have no say in what happened."""

_MOST_EVIDENCE = 24
"""Quotations kept of one sighting; a long text may say the same a thousand times."""

_MOST_DOUBTS = 3
_HEAVY = 0.3
"""A ground that weighs more than this against a finding is named as a doubt."""


def settle(found: list[Finding], reading: Reading, weights: Weights) -> list[Sighting]:
    """One sighting per channel and event, surest first."""
    events = [event for told in _by_channel(found) for event in _events(told, weights)]
    dates = {id(event): dated(told, signal, reading) for event in events for signal, told in (event,)}
    held = _day_of_the_news(events, dates)
    sightings = []
    for event in events:
        signal, told = event
        when = dates[id(event)]
        if signal is Signal.RESUMED:
            when = on_the_day_of(when, held)
        if _confidence(told[0], weights) >= KEPT:
            sightings.append((reading.paragraph(told[0].sentence), _sighting(signal, told, when, reading, weights)))
    sightings.sort(key=lambda at: (-at[1].confidence, at[1].channel, at[1].signal))
    return _flagged(sightings, weights, article=reading.length > ARTICLE)


def _flagged(sightings: list[tuple[int, Sighting]], weights: Weights, *, article: bool) -> list[Sighting]:
    """Each with whether a reviewer should see it: the surest of a paragraph needs less than what it tells besides.

    An article tells several events for their own sake.
    """
    surest: dict[int, float] = {}
    told = []
    for paragraph, sighting in sightings:
        alone = article or sighting.confidence >= surest.setdefault(paragraph, sighting.confidence)
        if sighting.confidence >= (weights.flag if alone else weights.beside):
            sighting = replace(sighting, flagged=True, doubts=())
        told.append(sighting)
    return told


def _by_channel(found: Iterable[Finding]) -> list[list[Finding]]:
    """The findings of each channel, the surest first."""
    channels: dict[str, list[Finding]] = {}
    for finding in found:
        channels.setdefault(finding.tie.channel, []).append(finding)
    return [sorted(told, key=lambda f: (-f.score, f.position)) for told in channels.values()]


def _events(told: list[Finding], weights: Weights) -> list[tuple[Signal, list[Finding]]]:
    """What happened on a channel: its main event, and another that a sentence of its own tells surely."""
    chance = [probability(f.score) for f in told]
    heard = [(f, c) for f, c in zip(told, chance, strict=True) if c >= _ASIDE * chance[0]]
    shares = {s: sum(c * f.signals[s] for f, c in heard) for s in told[0].signals}
    main = max(shares, key=lambda s: (shares[s], s))
    events = [(_sharpened(main, told[0]), _telling(main, [f for f, _ in heard]))]
    for finding, _ in heard[1:]:
        own = max(finding.signals, key=lambda s: (finding.signals[s], s))
        sure = finding.signals[own] >= _SURELY and weights.confidence(finding.score) >= weights.beside
        if {own, main} == {Signal.HELD, Signal.ANNOUNCED} and sure:
            events.append((own, [finding]))
            break
    return events


def _telling(signal: Signal, heard: list[Finding]) -> list[Finding]:
    """The findings that give this signal, else all."""
    return [f for f in heard if max(f.signals, key=lambda s: (f.signals[s], s)) is signal] or heard


def _sharpened(signal: Signal, finding: Finding) -> Signal:
    """The signal as the words of the tie's own clauses put it.

    A contact that is off was cancelled or postponed where nothing says that a line is cut. What is told of a time to
    come, or restored in a clause that only promises a contact, is announced.
    """
    near = {ground.removesuffix(" near") for ground in finding.grounds if ground.endswith(" near")}
    if signal is Signal.SUSPENDED and "suspend" not in near:
        return Signal.POSTPONED if "postpone" in near else Signal.CANCELLED if "cancel" in near else signal
    if signal is Signal.RESUMED and "resume" not in near and "future" in near and near & {"meet", "hold"}:
        return Signal.ANNOUNCED
    ahead = near & {"a date to come", "a date far ahead", "a time to come"}
    if signal is Signal.HELD and ahead and not near & {"a day just past", "a day of the last fortnight"}:
        return Signal.ANNOUNCED
    return signal


def _day_of_the_news(events: list[tuple[Signal, list[Finding]]], dates: dict[int, When]) -> When | None:
    held = [(told[0].score, dates[id(event)]) for event in events for signal, told in (event,) if signal is Signal.HELD]
    return max(held, key=lambda pair: pair[0])[1] if held else None


def _confidence(finding: Finding, weights: Weights) -> float:
    return round(weights.confidence(finding.score), 2)


def _sighting(signal: Signal, told: list[Finding], when: When, reading: Reading, weights: Weights) -> Sighting:
    best = told[0]
    return Sighting(
        channel=best.tie.channel,
        signal=signal,
        date=when.date,
        confidence=_confidence(best, weights),
        evidence=(*_evidence(signal, told, when), *_discounts(best, weights)),
        starts=when.starts,
        flagged=False,
        doubts=tuple(g for g, w in best.weighed(weights) if w < -_HEAVY)[:_MOST_DOUBTS],
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
        words = [(m, _role(m)) for m in finding.tie.mentions]
        words += [(m, "signal") for m in _signal_words(signal, finding)]
        words += [(m, "party") for m in (sentence.of("pair") or sentence.of("party"))[:2]]
        spans = {(m.start, m.end, role) for m, role in words}
        if when.mention and when.sentence is sentence:
            spans.add((when.mention.start, when.mention.end, "date"))
        found.update(dict.fromkeys(sentence.evidence(*span) for span in sorted(spans)))
    if when.mention and not any(e.role == "date" for e in found):
        found[when.sentence.evidence(when.mention.start, when.mention.end, "date")] = None
    return tuple(found)[:_MOST_EVIDENCE]


def _discounts(finding: Finding, weights: Weights) -> tuple[Evidence, ...]:
    """The marks in the surest sentence that weigh heavily against it, the heaviest first."""
    sentence = finding.sentence
    found: dict[Evidence, None] = {}
    for ground, weight in finding.weighed(weights):
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
