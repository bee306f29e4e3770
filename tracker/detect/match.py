"""Where a lexicon's terms stand in a text.

English terms are found by their first word, Chinese ones by their first characters: a text costs a few dictionary
look-ups per word or character, however many terms there are.
"""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import NamedTuple

from tracker.detect.lexicon import Lexicon
from tracker.detect.normalise import Folded, simplify


class Mention(NamedTuple):
    """Folded characters [start, end) that say `key`, a thing of the given kind."""

    start: int
    end: int
    kind: str
    key: str


class _Entry(NamedTuple):
    kind: str
    key: str
    matches: Callable[[str, int], re.Match[str] | None]
    cased: bool
    since: date
    until: date
    side: str


_CAPITALS = re.compile(r"\b(?:[A-Z]\.){2,}|\b[A-Z]{2,}\b")
_WORD = re.compile(r"[a-z0-9]+")
_NAMING = {"party", "pair", "office"}
_GAP = r"[^.。;!?！？\n]{0,40}?"


def _alternatives(term: str) -> Iterable[str]:
    """`hold(s|ing|) talks` -> each spelling."""
    parts = re.split(r"\(([^()]*)\)", term)
    choices = [part.split("|") if i % 2 else [part] for i, part in enumerate(parts)]
    return (re.sub(r" +", " ", "".join(choice)).strip() for choice in itertools.product(*choices))


def _pattern(spelling: str) -> str:
    pieces = []
    for piece in re.split(r"(\.\.\.|\*|[ -]+)", spelling):
        if piece == "...":
            pieces.append(_GAP)
        elif piece == "*":
            pieces.append(r"\w*")
        elif piece and not piece.strip(" -"):
            pieces.append(r"[\s-]+")
        else:
            pieces.append(re.escape(piece))
    body = re.sub(r"(?:\[\\s-\]\+)?" + re.escape(_GAP) + r"(?:\[\\s-\]\+)?", lambda _: _GAP, "".join(pieces))
    before = r"(?<![A-Za-z0-9])" if spelling[0].isascii() and spelling[0].isalnum() else ""
    after = r"(?![A-Za-z0-9])" if spelling[-1].isascii() and spelling[-1].isalnum() else ""
    return before + body + after


class _Terms:
    """Terms by how they begin."""

    def __init__(self) -> None:
        self._words: dict[str, list[_Entry]] = defaultdict(list)
        self._stems: dict[str, list[_Entry]] = defaultdict(list)
        self._characters: dict[str, list[_Entry]] = defaultdict(list)

    def place(self, spelling: str, entry: _Entry) -> None:
        word = _WORD.match(spelling)
        if not word:
            self._characters[spelling[:2]].append(entry)
        elif spelling[word.end() : word.end() + 1] == "*":
            self._stems[word.group()[:2]].append(entry)
        else:
            self._words[word.group()].append(entry)

    def find(self, folded: Folded, published: date, side: str) -> Iterator[Mention]:
        lower, text = folded.lower, folded.text
        for i, entry in self._candidates(lower):
            match = entry.matches(text if entry.cased else lower, i)
            if match and entry.since <= published <= entry.until and entry.side in ("", side):
                yield Mention(i, match.end(), entry.kind, entry.key)

    def _candidates(self, lower: str) -> Iterator[tuple[int, _Entry]]:
        words, stems = self._words, self._stems
        for word in _WORD.finditer(lower):
            i, first = word.start(), word.group()
            for entry in words.get(first, ()):
                yield i, entry
            for entry in stems.get(first[:2], ()):
                yield i, entry
        if not lower.isascii():
            characters = self._characters
            for i, character in enumerate(lower):
                if character > "\x7f":
                    for entry in characters.get(character, ()):
                        yield i, entry
                    for entry in characters.get(lower[i : i + 2], ()):
                        yield i, entry


class Index:
    """All terms of a lexicon. Those that name a party stand apart too: most releases are told by them to be no news."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._terms, self._naming = _Terms(), _Terms()
        self._parties = frozenset(lexicon.parties)
        self._office_party = {slug: office.party for slug, office in lexicon.offices.items()}
        for party, terms in lexicon.parties.items():
            self._add("party", party, terms)
        self._add("pair", "", lexicon.pair)
        for country, foreign in lexicon.others.items():
            self._add("other", country, foreign.names)
            self._add("partner", country, foreign.counterparts)
        for slug, office in lexicon.offices.items():
            self._add("office", slug, office.terms)
            self._add("office", slug, office.own, side=office.party)
            for holder in office.holders:
                self._add("office", slug, holder.names, holder.since, holder.until)
        for slug, channel in lexicon.channels.items():
            self._add("name", slug, channel.names)
            self._add("topic", slug, channel.topics)
            self._add("refusal", slug, channel.refusals)
        for word, terms in lexicon.signals.items():
            self._add("signal", word, terms)
        for mark, terms in lexicon.marks.items():
            self._add("mark", mark, terms)

    def _add(
        self, kind: str, key: str, terms: list[str], since: date = date.min, until: date = date.max, side: str = ""
    ) -> None:
        for term in terms:
            for spelling in _alternatives(simplify(term)):
                cased = bool(_CAPITALS.search(spelling))
                pattern = re.compile(_pattern(spelling if cased else spelling.lower()))
                entry = _Entry(kind, key, pattern.match, cased, since, until, side)
                self._terms.place(spelling.lower(), entry)
                if kind in _NAMING:
                    self._naming.place(spelling.lower(), entry)

    def parties_named(self, folded: Folded, published: date, side: str) -> frozenset[str]:
        """The parties that a text may speak of: by name, by an office, or as a pair. Cheaper than `find`."""
        named: set[str] = set()
        for mention in self._naming.find(folded, published, side):
            match mention.kind:
                case "pair":
                    return self._parties
                case "office":
                    named.add(self._office_party[mention.key])
                case _:
                    named.add(mention.key)
            if len(named) == len(self._parties):
                break
        return frozenset(named)

    def find(self, folded: Folded, published: date, side: str = "") -> list[Mention]:
        """Every mention, in the order of the text, without those inside a masked phrase or a longer like mention."""
        return _longest(list(self._terms.find(folded, published, side)))


def _longest(found: list[Mention]) -> list[Mention]:
    masked = [(m.start, m.end) for m in found if m.key == "masked"]
    offices = [m for m in found if m.kind == "office"]
    foreign = [m for m in found if m.kind in ("other", "partner")]
    kept: list[Mention] = []
    last: dict[tuple[str, str], int] = {}
    for mention in sorted(found, key=lambda m: (m.start, -m.end)):
        if mention.key == "masked" or any(a < mention.end and mention.start < b for a, b in masked):
            continue
        if mention.kind == "office" and (_within_longer(mention, offices) or _foreign_holder(mention, foreign)):
            continue
        thing = (mention.kind, mention.key)
        if mention.end <= last.get(thing, -1):
            continue
        last[thing] = mention.end
        kept.append(mention)
    return kept


def _within_longer(office: Mention, offices: list[Mention]) -> bool:
    """`US President` in the words for the president's envoy is not the president."""
    return any(
        o.start <= office.start and office.end <= o.end and o.end - o.start > office.end - office.start for o in offices
    )


def _foreign_holder(office: Mention, foreign: list[Mention]) -> bool:
    """Is it the office of another country: "India's national security adviser", "defense minister Park"?"""
    return any(
        0 <= office.start - f.end <= 3 or (f.kind == "partner" and 0 <= f.start - office.end <= 1) for f in foreign
    )
