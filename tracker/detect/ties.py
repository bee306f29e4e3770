"""What ties a sentence to a channel: its name, its subject, and who holds the offices that use it.

Ties are taken generously; whether one is news is weighed afterwards, from the grounds that `grounds.py` reads.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from tracker.detect.lexicon import Lexicon, Pairing
from tracker.detect.match import Mention
from tracker.detect.reading import Reading
from tracker.detect.sentence import Sentence
from tracker.detect.signals import STRENGTH

KINDS = (
    *("name", "offices", "described", "counterpart", "before", "party"),
    *("pronoun", "topic", "matter", "far", "following", "heading", "onward"),
)
"""How a tie was made, strongest first.

name: the channel's name; described: the same in other words. offices: both holders. Of one holder: counterpart ("his
counterpart"), before (the other was named just before), party (the other's party is named here), far (it is named
elsewhere or speaks). pronoun: both were named just before ("the two"). topic: the channel's subject. matter: what
counts only where something breaks. following: the sentence before told of the channel, and this one says what happened
("It took place on Monday"); heading: the title did. onward: an earlier clause told of it, and this one of what is to
follow ("they spoke on Monday, and will meet in April").
"""

STRONG = ("name", "offices", "described", "counterpart", "before", "pronoun")
"""The kinds that say by themselves which channel is meant."""

REFERRING = frozenset({"pronoun", "following", "heading", "onward"})
"""The kinds that take the channel from another sentence or clause."""

_HEADING = (*STRONG, "topic")
_SUBJECTS = ("topic", "matter")
_SAID = ("name", "described", *_SUBJECTS)
"""The kinds that are made by words for the channel, and not by people."""


@dataclass(frozen=True)
class Tie:
    """The mentions that tie one sentence to one channel, and in which ways they do. `weak`: the offices also meet
    elsewhere.
    """

    channel: str
    kinds: tuple[str, ...]
    mentions: tuple[Mention, ...]
    weak: bool = False

    @property
    def kind(self) -> str:
        return self.kinds[0]

    @property
    def names(self) -> bool:
        """Does the sentence itself say what it speaks of, and not only "the two" or "it"?"""
        return not REFERRING.issuperset(self.kinds)


def ties(reading: Reading, lexicon: Lexicon) -> list[list[Tie]]:
    """All ties of each sentence, title first: one per channel, in the lexicon's order of channels, then those of
    sentences that say what happened, and to what only by reference to the sentence before or to the title.

    None at all where nothing happens: the subjects of sentences that tell of no event are only what a release is about.
    """
    pairings = _pairings(reading, lexicon)
    tied = [_own(sentence, reading, pairings, lexicon) for sentence in reading.all]
    if not any(tied):
        return tied
    heading = {tie.channel for tie in tied[0] if tie.kind in _HEADING}
    told = {id(sentence): own for sentence, own in zip(reading.all, tied, strict=True)}
    whole = [
        [*own, *_referring(sentence, heading, told, reading), *_onward(sentence, own)]
        for sentence, own in zip(reading.all, tied, strict=True)
    ]
    happens = any(
        tie.kind not in _SUBJECTS or sentence.of("signal")
        for sentence, own in zip(reading.all, whole, strict=True)
        for tie in own
    )
    return whole if happens else [[] for _ in whole]


def _own(sentence: Sentence, reading: Reading, pairings: list[tuple[str, Pairing]], lexicon: Lexicon) -> list[Tie]:
    """The ties that a sentence makes by what it names, or by "the two" who were named before."""
    found: dict[str, dict[str, tuple[Mention, ...]]] = {}
    weak: set[str] = set()
    for kind in _SAID:
        for mention in sentence.of(kind):
            kinds = found.setdefault(mention.key, {})
            kinds[kind] = (*kinds.get(kind, ()), mention)
    if pairings and (sentence.of("office") or sentence.marked("pronoun") or sentence.marked("both")):
        around = _around(sentence, reading, [pairing for _, pairing in pairings])
        for slug, pairing in pairings:
            if tied := _by_offices(pairing, sentence, around, lexicon):
                kind, mentions = tied
                found.setdefault(slug, {}).setdefault(kind, mentions)
                if pairing.weak:
                    weak.add(slug)
    return [_tie(slug, found[slug], slug in weak) for slug in lexicon.channels if slug in found] if found else []


def _referring(sentence: Sentence, heading: set[str], told: dict[int, list[Tie]], reading: Reading) -> list[Tie]:
    """The ties that a sentence without a subject of its own takes from the title, `heading`, and the one before."""
    words, own = sentence.of("signal"), told[id(sentence)]
    if sentence.field == "title" or not words or any(tie.kind in STRONG for tie in own):
        return []
    if not (sentence.parties or sentence.marked("pronoun") or sentence.marked("counterpart")):
        return []  # "The museum reopened": of something else altogether
    before = [tie for other in reading.before(sentence, 1) for tie in told[id(other)]]
    following = {tie.channel for tie in before if tie.kind in STRONG}
    word = min(words, key=lambda w: (STRENGTH.index(w.key), w.start))
    channels = sorted((following | heading) - {tie.channel for tie in own})
    ways = {"following": following, "heading": heading}
    return [Tie(channel, tuple(kind for kind, of in ways.items() if channel in of), (word,)) for channel in channels]


def _onward(sentence: Sentence, own: list[Tie]) -> Iterator[Tie]:
    """The ties of a clause that promises a further contact to the channels of which one before told what was."""
    if not own:
        return
    promises = {sentence.clause(m.start) for m in sentence.marked("future")}
    told = [(sentence.clause(w.start), w) for w in sentence.of("signal") if w.key in _CONTACTS]
    for tie in own:
        last = max(sentence.clause(m.start) for m in tie.mentions[: 2 if tie.kind == "offices" else 1])
        if tie.kind not in STRONG or any(clause <= last for clause in promises):
            continue
        onward = [word for clause, word in told if clause > last and clause in promises]
        if onward:
            yield Tie(tie.channel, ("onward",), (onward[0],))


_CONTACTS = frozenset({"meet", "hold", "visit", "create"})


def _pairings(reading: Reading, lexicon: Lexicon) -> list[tuple[str, Pairing]]:
    """Every pairing that holds on the day of publication and of which an office is named, with its channel."""
    named, day = {m.key for sentence in reading.all for m in sentence.of("office")}, reading.release.published
    return [
        (slug, pairing)
        for slug, channel in (lexicon.channels.items() if named else ())
        for pairing in channel.pairings
        if pairing.since <= day <= pairing.until and not named.isdisjoint(pairing.offices)
    ]


def _tie(channel: str, kinds: dict[str, tuple[Mention, ...]], weak: bool) -> Tie:
    order = sorted(kinds, key=KINDS.index)
    mentions = tuple(dict.fromkeys(m for kind in order for m in kinds[kind]))
    return Tie(channel, tuple(order), mentions, weak)


class _Around(NamedTuple):
    """Offices that the title and the two sentences before name, and parties that they name or that speak.

    `meant`: the offices of those named last before the sentence who make a pair: whom "the two" stands for.
    """

    offices: frozenset[str]
    parties: frozenset[str]
    meant: frozenset[str]


def _around(sentence: Sentence, reading: Reading, pairings: list[Pairing]) -> _Around:
    before = [] if sentence.field == "title" else [reading.title, *reading.before(sentence, 2)]
    named: frozenset[str] = frozenset()
    meant = None
    for other in reversed(before):
        named = named.union(m.key for m in other.of("office"))
        if meant is None and any(named.issuperset(pairing.offices) for pairing in pairings):
            meant = named
    parties = frozenset({reading.release.side}).union(reading.title.parties, *(b.parties for b in before))
    return _Around(named, parties, meant or named)


def _by_offices(
    pairing: Pairing, sentence: Sentence, around: _Around, lexicon: Lexicon
) -> tuple[str, tuple[Mention, ...]] | None:
    ours, theirs = (sentence.of("office", slug) for slug in pairing.offices)
    if ours and theirs:
        return "offices", (ours[0], theirs[0])
    if one := ours or theirs:
        missing = pairing.offices[1 if ours else 0]
        if pairing.seldom:
            return ("before", (one[0],)) if missing in around.offices else None
        party = lexicon.offices[missing].party
        if counterpart := sentence.marked("counterpart"):
            return "counterpart", (one[0], counterpart[0])
        if missing in around.offices:
            return "before", (one[0],)
        if party in sentence.parties:
            return "party", (one[0],)
        return ("far", (one[0],)) if party in around.parties else None
    if not around.meant.issuperset(pairing.offices):
        return None
    pronoun = sentence.marked("pronoun") or sentence.marked("both")
    return ("pronoun", (pronoun[0],)) if pronoun else None
