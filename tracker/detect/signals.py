"""Which signal a sentence gives of one thing it mentions, and what speaks against taking it as news."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tracker.detect.match import Mention
from tracker.detect.sentence import Sentence
from tracker.model import Signal

SIGNAL_OF = {
    "refuse": Signal.REFUSED,
    "unanswered": Signal.REFUSED,
    "cancel": Signal.CANCELLED,
    "postpone": Signal.POSTPONED,
    "suspend": Signal.SUSPENDED,
    "end": Signal.ENDED,
    "resume": Signal.RESUMED,
    "create": Signal.ANNOUNCED,
    "meet": Signal.HELD,
    "hold": Signal.HELD,
    "visit": Signal.HELD,
    "act": Signal.HELD,
    "agree": Signal.HELD,
    "occasion": Signal.HELD,
}
"""The signal that each kind of word gives, the most telling kinds first."""
WORDS_OF = {
    Signal.HELD: ("meet", "hold", "visit", "act", "agree", "occasion"),
    Signal.ANNOUNCED: ("create", "agree", "meet", "hold", "visit", "act", "occasion"),
    Signal.RESUMED: ("resume",),
    Signal.SUSPENDED: ("suspend", "end", "cancel", "postpone"),
    Signal.CANCELLED: ("cancel", "suspend"),
    Signal.POSTPONED: ("postpone", "suspend"),
    Signal.REFUSED: ("refuse", "unanswered"),
    Signal.ENDED: ("end", "suspend", "cancel"),
}
"""The kinds of words that tell each signal, the most telling first."""
STRENGTH = tuple(SIGNAL_OF)
"""The kinds of words, the most telling first."""
BREAKS = frozenset({Signal.REFUSED, Signal.CANCELLED, Signal.POSTPONED, Signal.SUSPENDED, Signal.ENDED})
"""Signals that tell of a contact that did not come about, or of a line that stopped."""
_ATTRIBUTE = re.compile(r"[^,;:。]{0,10}?的")
_RELATIVE = re.compile(r"\b(?:that|which|who|whom)\b")


@dataclass(frozen=True)
class Governing:
    """The signal that governs a tie, the words that give it, and the clauses in which to look for objections.

    `weak`: only a noun such as "talks" speaks for it, no verb.
    """

    signal: Signal
    words: tuple[Mention, ...]
    clauses: frozenset[int]
    weak: bool = False


def distance(a: Mention, b: Mention) -> int:
    """Characters between two mentions; 0 when they touch or overlap."""
    return max(b.start - a.end, a.start - b.end, 0)


def governing(sentence: Sentence, mentions: tuple[Mention, ...]) -> Governing | None:
    """The strongest signal of the mentions' clauses; a list item without one takes that of a clause before or after."""
    words = sentence.of("signal")
    if not words:
        return None
    ends = [sentence.clause(p) for a in mentions for p in (a.start, max(a.start, a.end - 1))]
    here = set(range(min(ends), max(ends) + 1))
    attempt = sentence.marked("attempt")
    refused = [w for w in words if SIGNAL_OF[w.key] is Signal.REFUSED]
    broken = [w for w in words if SIGNAL_OF[w.key] in BREAKS and w not in refused]
    own = [w for w in words if sentence.clause(w.start) in here and SIGNAL_OF[w.key] in BREAKS]
    if attempt and refused and all(w in refused for w in own) and not any(w.end < mentions[0].start for w in broken):
        return _told(sentence, refused[0], here, mentions)
    names = sentence.of("name")
    nouns = {
        w
        for w in words
        if w.key == "occasion" or (any(_inside(w, n) for n in names) and SIGNAL_OF[w.key] is Signal.HELD)
    }
    near = [w for w in words if w not in nouns and sentence.clause(w.start) in here]
    dated = any(sentence.clause(d.start) in here for d in sentence.dates if not sentence.said(d))
    if not near and dated:
        near = [w for w in nouns if sentence.clause(w.start) in here]
    if not near and not _has_future(sentence, here):
        near = _carried(sentence, [w for w in words if w not in nouns], min(here), max(here))
    if not near:
        near = [w for w in nouns if sentence.clause(w.start) in here]
    if not near:
        return None
    near = _main(sentence, near)
    word = min(near, key=lambda w: (STRENGTH.index(w.key), min(distance(w, a) for a in mentions), w.start))
    return _told(sentence, word, here, mentions, weak=word in nouns)


def _main(sentence: Sentence, words: list[Mention]) -> list[Mention]:
    """The words without those in a relative clause behind another: "take up the talks that he had broken off"."""
    first: dict[int, int] = {}
    for word in words:
        clause = sentence.clause(word.start)
        first[clause] = min(word.end, first.get(clause, word.end))
    text = sentence.folded.lower
    return [w for w in current(sentence, words) if not _RELATIVE.search(text, first[sentence.clause(w.start)], w.start)]


def current(sentence: Sentence, words: list[Mention]) -> list[Mention]:
    """The words without breaks that a resumption in their clause has ended: `停摆一年多的磋商恢复`."""
    resumed = {sentence.clause(w.start) for w in words if w.key == "resume"}
    text = sentence.folded.text
    return [
        w
        for w in words
        if SIGNAL_OF[w.key] not in BREAKS
        or sentence.clause(w.start) not in resumed
        or not _ATTRIBUTE.match(text, w.end)
    ]


def _inside(word: Mention, name: Mention) -> bool:
    return name.start <= word.start and word.end <= name.end


def _has_future(sentence: Sentence, here: set[int]) -> bool:
    return any(sentence.marked("future", clause) for clause in here)


def _carried(sentence: Sentence, words: list[Mention], first: int, last: int) -> list[Mention]:
    """The verbs of the nearest clause that has any: an item of a list is governed by the verb before the list."""
    by_clause: dict[int, list[Mention]] = {}
    for word in words:
        by_clause.setdefault(sentence.clause(word.start), []).append(word)
    for clause in (*range(first - 1, -1, -1), *range(last + 1, len(sentence.clauses))):
        if clause in by_clause:
            return by_clause[clause]
    return []


def _told(
    sentence: Sentence, word: Mention, here: set[int], mentions: tuple[Mention, ...], weak: bool = False
) -> Governing:
    spanned = frozenset(here | {sentence.clause(word.start)})
    signal = SIGNAL_OF[word.key]
    future = [m for clause in spanned for m in sentence.marked("future", clause)]
    if sentence.field == "title":
        future += sentence.marked("title_future")
    future = [
        m for m in future if not (m.start > word.end and _RELATIVE.search(sentence.folded.lower, word.end, m.start))
    ]
    if signal is Signal.HELD and future:
        return Governing(Signal.ANNOUNCED, (word, min(future, key=lambda m: distance(m, word))), spanned, weak)
    earlier = [m for m in sentence.marked("future") if m.end <= word.start]
    days = [d for d in sentence.dates if d.past.is_day and sentence.clause(d.start) in spanned]
    if signal is Signal.HELD and earlier and not days and sentence.clause(word.start) in here and sentence.of("name"):
        return Governing(Signal.ANNOUNCED, (word, earlier[-1]), spanned, weak)
    return Governing(signal, (word,), spanned, weak)


def objection(sentence: Sentence, found: Governing, dated: bool) -> str | None:
    """The mark that makes the signal no news: condition, denial, doubt or background; None when it stands.

    `dated`: the signal's own clauses name a day, which a wish or an agenda seldom does.
    """
    opening = sentence.marked("opening")
    firm = dated or found.signal in BREAKS
    if any(
        m.start < found.words[0].end or not firm
        for m in [m for kind in ("condition", "asked", "fiction") for m in sentence.marked(kind)]
    ):
        return "condition"
    if opening and opening[0].start <= sentence.start + 2 and not dated:
        return "background"
    denial = sentence.marked("denial")
    if found.signal is not Signal.REFUSED and any(
        not dated or sentence.clause(m.start) in found.clauses for m in denial
    ):
        return "denial"
    if any(
        _retells(sentence, mark, found)
        for clause in found.clauses
        for kind in ("earlier", "past", "since")
        for mark in sentence.marked(kind, clause)
    ):
        return "background"
    if found.signal is not Signal.REFUSED and _doubted(sentence, found, dated):
        return "doubt"
    return None


def _retells(sentence: Sentence, mark: Mention, found: Governing) -> bool:
    """Does the mark put the signal itself into the past, not only a relative clause after it?"""
    word = found.words[0]
    if any(_inside(mark, w) for w in found.words):
        return False
    return not (mark.start > word.end and _RELATIVE.search(sentence.folded.lower, word.end, mark.start))


def _doubted(sentence: Sentence, found: Governing, dated: bool) -> bool:
    """A wish before the signal: in its clauses, or anywhere before where neither verb nor day makes it firm."""
    word = found.words[0]
    firm = (dated and not found.weak) or found.signal in BREAKS
    for mark in [m for kind in ("modal", "wish", "rumor", "view") for m in sentence.marked(kind)]:
        inside = sentence.clause(mark.start) in found.clauses
        if mark.start < word.start and (inside or not firm):
            return True
        if inside and found.signal is not Signal.HELD and found.signal not in BREAKS:
            return True
    return False
