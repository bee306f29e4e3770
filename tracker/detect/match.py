"""Where a lexicon's terms stand in a text, all of them found in one pass (Aho-Corasick), however many there are."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import chain, islice
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick

from tracker.detect.lexicon import WILDCARD, Lexicon, parts, spellings
from tracker.detect.normalise import Folded, fold
from tracker.model import Release


class Mention(NamedTuple):
    """Folded characters [start, end) that say `key`, a thing of the given kind."""

    start: int
    end: int
    kind: str
    key: str


class _Holding(NamedTuple):
    """From when to when, and in whose releases ("": in all), a term means what it says."""

    since: date = date.min
    until: date = date.max
    side: str = ""


class _Entry(NamedTuple):
    """A spelling of a term: the words up to its first wildcard, and how to go on from there. `holding` None: always."""

    kind: str
    key: str
    literal: str
    tail: re.Pattern[str] | None
    capitals: tuple[tuple[int, str], ...]
    holding: _Holding | None


_CAPITALS = re.compile(r"\b(?:[A-Z]\.){2,}|\b[A-Z]{2,}\b")
_ALPHANUMERIC = frozenset(string.ascii_lowercase + string.digits)
_APOSTROPHE = re.compile(r"'(?!(?:s|d|m|t|ll|re|ve)\b)[a-z]")
_GAP = r"[^.。;!?！？\n]{0,40}?"
NAMES = ("party", "pair", "office", "other", "partner")
"""The kinds of mentions that name parties, countries and office holders."""

_NAMING = ("party", "pair", "office", "name")


def _goes_on(keys: str, end: int) -> bool:
    """Does the word go on, over an apostrophe too? `O'Neill` names no `O`; `Neill's` and `Neill'll` have ended."""
    return keys[end] in _ALPHANUMERIC or (keys[end] == "'" and _APOSTROPHE.match(keys, end) is not None)


def _tail(words: str) -> re.Pattern[str] | None:
    """What follows a spelling's first words: `*` ends a word however it goes on, `...` leaves out a few words."""
    if not words:
        return None
    pieces = []
    for piece in re.split(r"( ?\.\.\. ?|\*)", words):
        if piece == "*":
            pieces.append(r"[a-z0-9]*")
        elif piece.strip() == "...":
            pieces.append(_GAP)
        else:
            pieces.append(re.escape(piece))
    ends_in_word = words[-1] in _ALPHANUMERIC
    return re.compile("".join(pieces) + (r"(?![a-z0-9])" if ends_in_word else ""))


def _entry(kind: str, key: str, spelling: str, holding: _Holding | None) -> _Entry:
    text = fold(spelling).text.replace("-", " ")
    wildcard = WILDCARD.search(text)
    head = text[: wildcard.start()] if wildcard else text
    capitals = tuple((m.start(), m.group()) for m in _CAPITALS.finditer(head))
    return _Entry(kind, key, head.lower(), _tail(text[len(head) :].lower()), capitals, holding)


class _Terms:
    """Entries by their literal, and the automaton that finds the literals."""

    def __init__(self, entries: Iterable[_Entry]) -> None:
        by_literal: dict[str, list[_Entry]] = {}
        for entry in entries:
            by_literal.setdefault(entry.literal, []).append(entry)
        self._literals = [
            _Literal(words[0] in _ALPHANUMERIC, words[-1] in _ALPHANUMERIC, begun)
            for words, begun in by_literal.items()
        ]
        self._automaton = AhoCorasick(by_literal)

    def find(self, folded: Folded, published: date, side: str) -> Iterator[Mention]:
        text, keys, length = folded.text, folded.keys, len(folded.text)
        for number, start, end in self._automaton.find_matches_as_indexes(keys, overlapping=True):
            begins_word, ends_word, entries = self._literals[number]
            if begins_word and start and keys[start - 1] in _ALPHANUMERIC:
                continue
            open_end = ends_word and end < length and _goes_on(keys, end)
            for kind, key, _, tail, capitals, holding in entries:
                stop = end
                if tail is not None:
                    match = tail.match(keys, end)
                    if match is None:
                        continue
                    stop = match.end()
                elif open_end:
                    continue
                if capitals and not all(text.startswith(word, start + at) for at, word in capitals):
                    continue
                if holding is None or _holds(holding, published, side):
                    yield Mention(start, stop, kind, key)


class _Literal(NamedTuple):
    """Whether a literal begins and ends in a word, and the entries that begin with it."""

    begins_word: bool
    ends_word: bool
    entries: list[_Entry]


def _holds(holding: _Holding, published: date, side: str) -> bool:
    return holding.since <= published <= holding.until and holding.side in ("", side)


class _Combination(NamedTuple):
    """A term of several parts, each known by its number."""

    kind: str
    key: str
    parts: tuple[str, ...]


class Index:
    """All terms of a lexicon. Those that name a party stand apart too: most releases are told by them to be no news."""

    def __init__(self, lexicon: Lexicon, more: Iterable[tuple[str, str, str]] = ()) -> None:
        """`more`: terms of other kinds, as (kind, key, term), that are found in the same pass."""
        entries: list[_Entry] = []
        combinations: list[_Combination] = []
        for kind, key, term, holding in chain(_terms(lexicon), ((*one, None) for one in more)):
            if len(parts(term)) == 1:
                entries += [_entry(kind, key, spelling, holding) for spelling in spellings(term)]
                continue
            numbers = []
            for part in parts(term):
                numbers.append(_PART + part)
                entries += [_entry("part", _PART + part, spelling, holding) for spelling in spellings(part)]
            combinations.append(_Combination(kind, key, tuple(numbers)))
        self._all = _Terms(dict.fromkeys(entries))
        self._entries = [entry for entry in entries if entry.kind in _NAMING]
        self._naming = _Terms(self._entries)
        self._by_part: dict[str, list[_Combination]] = {}
        for combination in combinations:
            self._by_part.setdefault(combination.parts[0], []).append(combination)
        self.parties = frozenset(lexicon.parties)
        self._itself = {party: frozenset({party}) for party in lexicon.parties}
        self._of_office = {slug: self._itself[office.party] for slug, office in lexicon.offices.items()}

    def parties_named(self, folded: Folded, published: date, side: str) -> frozenset[str]:
        """The parties that a text may speak of: by name, by an office, or as a pair. Cheaper than `find`.

        A party that names a channel outright ("the working group met") speaks of both.
        """
        named: set[str] = set()
        for mention in self._naming.find(folded, published, side):
            named |= self.spoken_of(mention.kind, mention.key, side)
            if len(named) == len(self.parties):
                break
        return frozenset(named)

    def spoken_of(self, kind: str, key: str, side: str) -> frozenset[str]:
        """The parties that one mention speaks of."""
        match kind:
            case "pair":
                return self.parties
            case "name":
                return self.parties if side in self.parties else frozenset()
            case "office":
                return self._of_office[key]
            case _:
                return self._itself[key]

    def names_both(self, release: Release) -> bool:
        """Whether a release names both parties, its own side counted; most releases of a feed do not."""
        named = {release.side}
        for text in (release.title, release.summary):
            named |= self.parties_named(fold(text), release.published, release.side)
        return named >= self.parties

    def find(self, folded: Folded, published: date, side: str = "") -> list[Mention]:
        """Every mention, in the order of the text, without those inside a masked phrase or a longer like mention.

        Parts of combinations are among them where all their others stand in the text, as mentions of the kind `part`:
        see `combined`.
        """
        found = list(self._all.find(folded, published, side))
        here = {m.key for m in found if m.kind == "part"}
        whole = {n for part in here for c in self._by_part.get(part, ()) if here.issuperset(c.parts) for n in c.parts}
        return _longest([m for m in found if m.kind != "part" or m.key in whole], folded.keys)

    def combined(self, mentions: list[Mention]) -> list[Mention]:
        """The mentions of one sentence with its parts put together; parts that miss their others are gone."""
        parts = [m for m in mentions if m.kind == "part"]
        if not parts:
            return mentions
        here: dict[str, list[Mention]] = {}
        for part in parts:
            here.setdefault(part.key, []).append(part)
        found = [m for m in mentions if m.kind != "part"]
        for part in here:
            for kind, key, numbers in self._by_part.get(part, ()):
                if all(number in here for number in numbers):
                    found += [m._replace(kind=kind, key=key) for m in _closest([here[n] for n in numbers])]
        return sorted(dict.fromkeys(found))


class Naming:
    """The first pass of several lexicons in one: which of them a text may concern, by the terms that name parties."""

    def __init__(self, indexes: Sequence[Index]) -> None:
        self._indexes = indexes
        owners: dict[_Entry, list[int]] = {}
        for number, index in enumerate(indexes):
            for entry in dict.fromkeys(index._entries):
                owners.setdefault(entry, []).append(number)
        # A term of several lexicons is looked for once; a mention's key leads back to it.
        self._owners = list(owners.items())
        self._terms = _Terms(entry._replace(key=str(place)) for place, entry in enumerate(owners))

    def concerned(self, texts: Iterable[Folded], published: date, side: str) -> list[int]:
        """The numbers of the indexes for which `names_both` would hold."""
        named: list[set[str]] = [{side} for _ in self._indexes]
        met: set[str] = set()
        for mention in chain.from_iterable(self._terms.find(text, published, side) for text in texts):
            if mention.key not in met:
                met.add(mention.key)
                entry, owners = self._owners[int(mention.key)]
                for number in owners:
                    named[number] |= self._indexes[number].spoken_of(entry.kind, entry.key, side)
        return [number for number, index in enumerate(self._indexes) if named[number] >= index.parties]


_PART = "part of a term: "


def _terms(lexicon: Lexicon) -> Iterator[tuple[str, str, str, _Holding | None]]:
    """Every term with its kind, its key, and when it holds."""

    def of(kind: str, key: str, terms: list[str], holding: _Holding | None = None):
        for term in terms:
            yield kind, key, term, holding

    for party, terms in lexicon.parties.items():
        yield from of("party", party, terms)
    yield from of("pair", "", lexicon.pair)
    for country, foreign in lexicon.others.items():
        yield from of("other", country, foreign.names)
        yield from of("partner", country, foreign.counterparts)
    for slug, office in lexicon.offices.items():
        yield from of("office", slug, office.terms)
        yield from of("office", slug, office.own, _Holding(side=office.party))
        for holder in office.holders:
            yield from of("office", slug, holder.names, _Holding(holder.since, holder.until))
    for slug, channel in lexicon.channels.items():
        yield from of("name", slug, channel.names)
        yield from of("described", slug, channel.described)
        yield from of("topic", slug, channel.topics)
        yield from of("matter", slug, channel.matters)
    for word, terms in lexicon.signals.items():
        yield from of("signal", word, terms)
    for mark, terms in lexicon.marks.items():
        yield from of("mark", mark, terms)


def _closest(found: list[list[Mention]]) -> list[Mention]:
    """One mention of each part, as near as they stand to one of the first part."""

    def around(first: Mention) -> list[Mention]:
        return [first, *(min(part, key=lambda m: abs(m.start - first.start)) for part in found[1:])]

    return min(map(around, found[0]), key=lambda chosen: max(chosen).start - min(chosen).start)


def _longest(found: list[Mention], keys: str) -> list[Mention]:
    found.sort(key=lambda m: (m.start, -m.end))
    misread = _misread([m for m in found if m.kind in NAMES], keys)
    masked = _merged([(m.start, m.end) for m in found if m.key == "masked"])
    offices = _outermost([m for m in found if m.kind == "office"])
    foreign_ends = {m.end + gap for m in found if m.kind in ("other", "partner") for gap in range(4)}
    partner_starts = {m.start - gap for m in found if m.kind == "partner" for gap in range(2)}
    kept: list[Mention] = []
    last: dict[tuple[str, str], int] = {}
    inside = word = -1
    spans = iter(masked)
    span = next(spans, None)
    for mention in found:
        while span and span[1] <= mention.start:
            span = next(spans, None)
        if mention.key == "masked" or mention in misread:
            continue
        if span and span[0] < mention.end and not (mention.start <= span[0] and span[1] <= mention.end):
            continue
        if mention.kind == "office":
            # "India's national security adviser", "defense minister Park": the office of another country.
            if mention.start in foreign_ends or mention.end in partner_starts:
                continue
            if (mention.start, mention.end) not in offices:
                continue
        if mention.kind == "other" and mention.end <= inside:
            continue  # the countries in an office's own title are no partners
        if mention.kind == "office":
            inside = max(inside, mention.end)
        if mention.kind in ("signal", "mark"):
            if mention.end - mention.start == 1 and mention.end <= word:
                continue  # one character of a longer Chinese word: 待 in 接待
            word = max(word, mention.end)
        thing = (mention.kind, mention.key)
        if mention.end <= last.get(thing, -1):
            continue
        last[thing] = mention.end
        kept.append(mention)
    return kept


def _misread(names: list[Mention], keys: str) -> set[Mention]:
    """Names of parties, countries and offices that a longer one shows to be none.

    Chinese is written without blanks: where two names share a character, the longer one is meant.
    One country within the name of another is not meant either ("Guinea" in "Papua New Guinea").
    """
    misread: set[Mention] = set()
    for number, first in enumerate(names):
        for second in islice(names, number + 1, None):
            if second.start >= first.end:
                break
            if second.end <= first.end:
                if first.kind == second.kind == "other" and second.key != first.key:
                    misread.add(second)
            elif second.start > first.start and keys[second.start] >= _FIRST_HAN:
                shorter = min(first, second, key=lambda m: m.end - m.start)
                if first.end - first.start != second.end - second.start and shorter.kind != "pair":
                    misread.add(shorter)
    return misread


_FIRST_HAN = "\u3400"


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Overlapping spans as one; the spans are sorted by their start."""
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _outermost(offices: list[Mention]) -> set[tuple[int, int]]:
    """The spans within no longer one: "the President" in the words for the president's envoy is not the president."""
    kept: set[tuple[int, int]] = set()
    furthest = -1
    for office in offices:
        if office.end > furthest or (office.start, office.end) in kept:
            kept.add((office.start, office.end))
            furthest = max(furthest, office.end)
    return kept
