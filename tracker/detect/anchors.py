"""What ties a sentence to a channel: its name, its subject, the holders of its offices, a visit, a request refused."""

from __future__ import annotations

from dataclasses import dataclass

from tracker.detect.lexicon import Lexicon, Pairing
from tracker.detect.match import Mention
from tracker.detect.reading import Reading, Sentence


@dataclass(frozen=True)
class Anchor:
    """Mentions of a sentence that tie it to a channel.

    `kind`: name, topic, refusal, visit, offices, weak (offices that also meet elsewhere), pronoun ("the two").
    """

    channel: str
    kind: str
    mentions: tuple[Mention, ...]


def anchors(sentence: Sentence, reading: Reading, lexicon: Lexicon) -> list[Anchor]:
    """All anchors of a sentence; a channel's name makes its other anchors needless."""
    found = [Anchor(m.key, "name", (m,)) for m in sentence.of("name")]
    named = {a.channel for a in found}
    for slug, channel in lexicon.channels.items():
        if any(_names(s, slug) for s in _and_next(sentence, reading)):
            for pairing in channel.talks:
                ours, theirs = (sentence.of("office", office) for office in pairing.offices)
                if ours and theirs:
                    found.append(Anchor(slug, "offices", (ours[0], theirs[0])))
        tied = _by_offices(slug, channel.pairings, sentence, reading, lexicon)
        if tied is None or tied.kind == "pronoun":
            tied = _by_visit(slug, channel.visitors, sentence, reading, lexicon) or tied
        if tied:
            found.append(tied)
            named.add(slug)
    if any(a.kind == "name" or _explicit(a) for a in found):
        found = [a for a in found if a.kind == "name" or not any(m.kind == "mark" for m in a.mentions)]
    if any(a.kind == "offices" for a in found):
        found = [a for a in found if a.kind != "visit"]
    found += [Anchor(m.key, "refusal", (m,)) for m in sentence.of("refusal") if m.key not in named]
    return found or [Anchor(m.key, "topic", (m,)) for m in sentence.of("topic")]


def _explicit(anchor: Anchor) -> bool:
    """Are both office holders named?"""
    return anchor.kind == "offices" and sum(m.kind == "office" for m in anchor.mentions) == 2


def _names(sentence: Sentence, channel: str) -> bool:
    return bool(sentence.of("name", channel) or sentence.of("topic", channel)) and not sentence.marked("background")


def _and_next(sentence: Sentence, reading: Reading) -> list[Sentence]:
    return [sentence, *(reading.body[sentence.number + 1 : sentence.number + 2] if sentence.field == "summary" else [])]


def _by_offices(
    slug: str, pairings: list[Pairing], sentence: Sentence, reading: Reading, lexicon: Lexicon
) -> Anchor | None:
    for pairing in pairings:
        if pairing.since <= reading.release.published <= pairing.until:
            mentions = _pair(sentence, reading, lexicon, pairing.offices)
            if mentions:
                kind = "weak" if pairing.weak else "offices"
                return Anchor(slug, kind if any(m.kind == "office" for m in mentions) else "pronoun", mentions)
    return None


def _pair(
    sentence: Sentence, reading: Reading, lexicon: Lexicon, offices: tuple[str, str]
) -> tuple[Mention, ...] | None:
    """Both holders; or one with "his counterpart"; or one, or "he" and "the two", with the rest named just before."""
    ours, theirs = (sentence.of("office", slug) for slug in offices)
    if ours and theirs:
        return ours[0], theirs[0]
    one = ours or theirs
    pronoun = sentence.marked("pronoun")
    if sentence.partners or not (one or pronoun):
        return None
    missing = [slug for slug, found in zip(offices, (ours, theirs), strict=True) if not found]
    if one:
        party = lexicon.offices[missing[0]].party
        counterpart = sentence.marked("counterpart")
        if counterpart and (party in sentence.parties or party in reading.title.parties):
            return one[0], counterpart[0]
    if not one and (not sentence.dates or sentence.of("name")):
        return None
    if sentence.field == "summary" and all(
        any(b.of("office", slug) for b in _before(sentence, reading)) for slug in missing
    ):
        return (one or pronoun)[0], *pronoun[:1]
    return None


def _before(sentence: Sentence, reading: Reading) -> list[Sentence]:
    return [reading.title, *reading.body[max(0, sentence.number - 1) : sentence.number]]


def _by_visit(slug: str, visitors: list[str], sentence: Sentence, reading: Reading, lexicon: Lexicon) -> Anchor | None:
    """The holder of an office, named here or just before, on a journey to the other side."""
    journey = sentence.marked("visit")
    if not journey:
        return None
    for office in visitors:
        if holder := sentence.of("office", office):
            return Anchor(slug, "visit", (holder[0], journey[0]))
    for before in reversed(_before(sentence, reading) if sentence.field == "summary" else []):
        if sentence.marked("pronoun") and any(before.of("office", office) for office in visitors):
            return Anchor(slug, "visit", (journey[0],))
    return None
