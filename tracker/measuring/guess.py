"""What an unflagged release would most likely report, if it reported anything: the question put of one that was drawn.

It has the look of a finding and is none: its words are marked because the lexicon knows them, or not even that. Pure.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from tracker.detect import Detector, examine
from tracker.detect.match import Mention
from tracker.detect.normalise import fold
from tracker.detect.signals import SIGNAL_OF
from tracker.model import Evidence, PartialDate, Release, Sighting, Signal

_ROLES = {
    "name": "channel",
    "topic": "channel",
    "office": "office",
    "party": "party",
    "pair": "party",
    "signal": "signal",
}
_OPENING = re.compile(r"\W*([一-鿿]{2,4}|\w+(?:\W+\w+){0,2})")
_MOST_MARKS = 6

Marked = tuple[Mention, Evidence]


def guess(release: Release, detector: Detector, confidence: float, rng: random.Random) -> Sighting:
    """The surest of what detection held for probably nothing, else a contact on the channel whose words it has most.

    `confidence` is shown with it; where the release has no word of any channel, `rng` picks one.
    """
    doubted = examine(release, detector)
    if doubted:
        evidence = tuple(words for words in doubted[0].evidence if words.role != "discount")
        return replace(doubted[0], confidence=confidence, flagged=True, doubts=(), evidence=evidence)
    marked = [both for both in _mentions(release, detector) if both[0].kind in _ROLES]
    signals = (SIGNAL_OF[m.key] for m, _ in marked if m.kind == "signal")
    signal = next((signal for signal in signals if signal is not Signal.HELD), Signal.HELD)
    channel = _channel(marked, detector, rng)
    evidence = tuple(islice((e for m, e in marked if m.kind not in ("name", "topic") or m.key == channel), _MOST_MARKS))
    return Sighting(channel, signal, _date(release, signal), confidence, evidence or _opening(release))


def _mentions(release: Release, detector: Detector) -> Iterator[Marked]:
    """What the lexicon knows in a release, each with its place in the original."""
    for field in ("title", "summary"):
        text = getattr(release, field)
        folded = fold(text)
        for mention in detector.index.find(folded, release.published, release.side):
            start, end = folded.span(mention.start, mention.end)
            yield mention, Evidence(field, start, end, text[start:end], _ROLES.get(mention.kind, mention.kind))


def _channel(marked: list[Marked], detector: Detector, rng: random.Random) -> str:
    channels = detector.lexicon.channels
    named = Counter(m.key for m, _ in marked if m.kind in ("name", "topic"))
    offices = {m.key for m, _ in marked if m.kind == "office"}
    served = [slug for slug, terms in channels.items() if any(offices & set(p.offices) for p in terms.pairings)]
    return named.most_common(1)[0][0] if named else rng.choice(served or list(channels))


def _date(release: Release, signal: Signal) -> PartialDate | None:
    """As detection dates what no words date: a contact by the day of publication, a refusal or an end by its month."""
    day = release.published.isoformat()
    return PartialDate(day[:7] if signal in (Signal.REFUSED, Signal.ENDED) else day)


def _opening(release: Release) -> tuple[Evidence, ...]:
    """The first words of the title: without any mark a release would be told from others at a glance."""
    found = _OPENING.match(release.title)
    return (Evidence("title", *found.span(1), found.group(1), "signal"),) if found else ()
