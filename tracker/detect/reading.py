"""A release laid out for scoring: its sentences, each with clauses, mentions and dates."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache, cached_property, partial
from itertools import chain, pairwise

from tracker.detect.dates import DateMention, find_dates
from tracker.detect.lexicon import Lexicon
from tracker.detect.match import Index, Mention
from tracker.detect.normalise import LONGEST, Folded, clauses, fold, sentences
from tracker.model import Evidence, Release

_BEFORE_PARTNER = re.compile(
    r"(?:\b(?:with|and|between|from|counterparts?,?|by) (?:the |its |his )?|[同与和跟向对、]|-)$"
)
_AFTER_PARTNER = re.compile(
    r"(?:'s)?\s?(?:defen[cs]e|foreign|prime|vice) (?:minister|secretary|premier)|[方防外财总首]|(?:国防|外交)部"
)
_ASKS_WITHIN = 12
"""Characters of a sentence's beginning in which the mark of a question opens a passage."""

_TURN = re.compile(r"[^\s:][^:;?!。？！\n]{1,40}:")
"""Whoever speaks next in a press conference: a name and a colon, at the beginning of a sentence."""

_SAID_WHERE = re.compile(r"(?:[上下]午|晚间?)?(?:在|对|向|接受|就此|就|于|主持)[^,;。:]{1,18}")

_MOST_ALIKE = 16
"""Mentions of one thing that are read in one sentence: more say nothing new, and each is weighed against the others."""

ARTICLE = 2500
"""The characters from which a text is an article."""

REACH, ARTICLE_REACH = timedelta(days=45), timedelta(days=200)

_WORD = re.compile(r"[a-z]{3,}(?:'[a-z]+)?")
_HAN = re.compile(r"[\u3400-\u9fff]{2,}")
_NAMES = ("party", "pair", "office", "other", "partner")

_JOINED = re.compile(r"\s?(?:and|-|&|[与和同、])\s?(?:the )?")


@dataclass
class Sentence:
    """One sentence of the folded `field`, or the whole title. Positions are those of the folded text."""

    field: str
    folded: Folded
    start: int
    end: int
    number: int
    mentions: list[Mention]
    dates_of_field: Callable[[], list[DateMention]] = field(repr=False)
    source: str = field(repr=False)
    office_party: dict[str, str] = field(repr=False, default_factory=dict)

    @cached_property
    def dates(self) -> list[DateMention]:
        """The dates that begin here; looked for when they are asked for, since most texts speak of no channel."""
        return _between(self.dates_of_field(), self.start, self.end)

    @cached_property
    def clauses(self) -> list[tuple[int, int]]:
        return clauses(self.folded.text, self.start, self.end)

    @cached_property
    def _clause_starts(self) -> list[int]:
        return [start for start, _ in self.clauses]

    def clause(self, position: int) -> int:
        """The number of the clause in which a position lies."""
        return max(0, bisect_right(self._clause_starts, position) - 1)

    def of(self, kind: str, key: str | None = None) -> list[Mention]:
        """Mentions of a kind, or of one key of it; of each key the first few."""
        return self._by_kind.get((kind, key), [])

    @cached_property
    def _by_kind(self) -> dict[tuple[str, str | None], list[Mention]]:
        found: dict[tuple[str, str | None], list[Mention]] = {}
        for mention in self.mentions:
            alike = found.setdefault((mention.kind, mention.key), [])
            if len(alike) < _MOST_ALIKE:
                alike.append(mention)
                found.setdefault((mention.kind, None), []).append(mention)
        return found

    def marked(self, key: str, clause: int | None = None) -> list[Mention]:
        """Marks of the sentence, or of one clause."""
        found = self.of("mark", key)
        return found if clause is None else [m for m in found if self.clause(m.start) == clause]

    def promises(self, clause: int) -> bool:
        """Does a clause tell of what is to come? A headline does so in words of its own, of which a day is none."""
        headline = self.marked("title_future", clause) if self.field == "title" else []
        own = [m for m in headline if not any(d.start < m.end and m.start < d.end for d in self.dates)]
        return bool(own or self.marked("future", clause))

    @cached_property
    def marks(self) -> frozenset[str]:
        """Which marks stand here at all."""
        return frozenset(m.key for m in self.of("mark"))

    @cached_property
    def words(self) -> list[str]:
        """Its plain words, each once: English words, pairs of Chinese characters, no names of anybody."""
        text = self.folded.lower
        found: dict[str, None] = {}
        for start, end in self.unnamed(self.start, self.end):
            for word in _WORD.finditer(text, start, end):
                found[word.group()] = None
            for run in _HAN.finditer(text, start, end):
                found.update((a + b, None) for a, b in pairwise(run.group()))
        return list(found)

    def unnamed(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """What lies between the names of persons, countries and offices, from `start` to `end`."""
        for first, last in self._names:
            if start < first < end:
                yield start, first
            start = max(start, last)
        if start < end:
            yield start, end

    @cached_property
    def _names(self) -> list[tuple[int, int]]:
        return sorted((m.start, m.end) for m in self.mentions if m.kind in _NAMES)

    @cached_property
    def parties(self) -> frozenset[str]:
        """Parties named here, by name, by an office of theirs, or as a pair."""
        return self.parties_of(chain(self.of("party"), self.of("office"), self.of("pair")))

    def parties_of(self, mentions: Iterable[Mention]) -> frozenset[str]:
        """The parties that some mentions name."""
        named: set[str] = set()
        for mention in mentions:
            match mention.kind:
                case "party":
                    named.add(mention.key)
                case "office":
                    named.add(self.office_party[mention.key])
                case "pair":
                    named.update(self.office_party.values())
        return frozenset(named)

    @cached_property
    def partners(self) -> list[Mention]:
        """Other countries that stand here as a partner in talks, not as a place or a subject."""
        found = self.of("partner")
        for mention in self.of("other"):
            before = self.folded.lower[max(self.start, mention.start - 24) : mention.start]
            beside = _BEFORE_PARTNER.search(before) or _AFTER_PARTNER.match(self.folded.lower, mention.end)
            if any(self._joined(mention, party) for party in self.of("party")):
                found.append(mention._replace(kind="partner"))
            elif beside:
                found.append(mention)
        return found

    def _joined(self, country: Mention, party: Mention) -> bool:
        """Is it a pair, the country and the party joined by "and" or a hyphen?"""
        first, second = (country, party) if country.start < party.start else (party, country)
        return _JOINED.fullmatch(self.folded.lower, first.end, max(first.end, second.start)) is not None

    def said(self, mention: DateMention) -> bool:
        """Is it the day of somebody's words, as in "said on Friday", "speaking to X on Friday," or `13日表示`?"""
        text = self.folded.lower
        clause = self.clause(mention.start)
        opens = self.clauses[clause][0] + 2
        for mark in self.marked("reporting"):
            on = text.endswith(" on", mark.start, mark.end) and text[mark.end : mention.start].strip()
            if mark.start <= opens and mark.end <= mention.start and self.clause(mark.start) == clause and not on:
                return True  # and not "said they will meet on the margins of something in October"
            latin = text[mark.start].isascii()
            between = text[mention.end : mark.start] if mention.end <= mark.start else ","
            if (len(between) <= (1 if latin else 5) and "," not in between) or self._where_said(mention, mark):
                return True
            if latin and mark.end <= mention.start and text[mark.end : mention.start].strip() in ("", "on"):
                return True
        return False

    def _where_said(self, mention: DateMention, mark: Mention) -> bool:
        """Do only the place and the hearers stand between them: `周二在论坛上说`, `对国会议员说`?"""
        between = self.folded.text[mention.end : mark.start]
        if not _SAID_WHERE.fullmatch(between):
            return False
        return not any(mention.end <= w.start < mark.start for w in self.of("signal") if w.key in ("meet", "visit"))

    def evidence(self, start: int, end: int, role: str) -> Evidence:
        """The original's words at folded characters [start, end)."""
        first, last = self.folded.span(start, end)
        return Evidence(self.field, first, last, self.source[first:last], role)


@dataclass(frozen=True)
class Reading:
    """A release's title and the sentences of its summary. `rest`: how a title goes on that is too long to be one."""

    release: Release
    title: Sentence
    body: list[Sentence]
    rest: list[Sentence] = field(default_factory=list)

    @cached_property
    def all(self) -> list[Sentence]:
        return [self.title, *self.body, *self.rest]

    @cached_property
    def _passages(self) -> list[int]:
        """The number of the passage of each sentence of the body: a question of a press conference opens a new one."""
        numbers, number = [], 0
        for sentence in self.body:
            number += any(m.start <= sentence.start + _ASKS_WITHIN for m in sentence.marked("question"))
            numbers.append(number)
        return numbers

    @cached_property
    def _questions(self) -> frozenset[int]:
        """The numbers of the sentences of the body that are a journalist's, up to the next name and colon."""
        found, passage, asks = [], 0, False
        for sentence, number in zip(self.body, self._passages, strict=True):
            if number != passage:
                passage, asks = number, True
            elif asks and _TURN.match(sentence.folded.text, sentence.start + _blank(sentence)):
                asks = False
            if asks:
                found.append(sentence.number)
        return frozenset(found)

    def asked(self, sentence: Sentence) -> bool:
        """Is it part of a journalist's question, where the text says who speaks?"""
        return sentence.field == "summary" and sentence.number in self._questions

    def passage(self, sentence: Sentence) -> int:
        """The number of a sentence's passage; 0 until a first question is asked, and for the title."""
        return self._passages[sentence.number] if sentence.field == "summary" else 0

    def paragraph(self, sentence: Sentence) -> int:
        """The number of a sentence's paragraph; the title goes with the first."""
        return 0 if sentence.field == "title" else sentence.folded.text[: sentence.start].lstrip().count("\n")

    def before(self, sentence: Sentence, most: int) -> list[Sentence]:
        """Up to `most` sentences before one of the body, the nearest last, within its passage."""
        if sentence.field == "title":
            return []
        near = self.body[max(0, sentence.number - most) : sentence.number]
        here = self.passage(sentence)
        return [other for other in near if self.passage(other) == here]

    def after(self, sentence: Sentence) -> list[Sentence]:
        """The sentence after one of the body or after the title, if its passage goes on."""
        following = 0 if sentence.field == "title" else sentence.number + 1
        return [
            other for other in self.body[following : following + 1] if self.passage(other) == self.passage(sentence)
        ]

    @cached_property
    def is_article(self) -> bool:
        """An article of its own length tells several events, and older ones than a press release does."""
        return len(self.title.folded.text) + (len(self.body[-1].folded.text) if self.body else 0) > ARTICLE

    @property
    def reach(self) -> timedelta:
        """How far back a day may lie that is this release's news."""
        return ARTICLE_REACH if self.is_article else REACH


def folded_texts(release: Release) -> tuple[Folded, Folded]:
    """Title and summary as they are compared."""
    return fold(release.title), fold(release.summary)


def read(
    release: Release, lexicon: Lexicon, index: Index, folded: tuple[Folded, Folded] | None = None
) -> Reading | None:
    """Title and summary, cut into sentences with what each mentions; None where not both parties are spoken of.

    `folded`: `folded_texts` of the release, where that was done already.
    """
    texts = list(
        zip(("title", "summary"), (release.title, release.summary), folded or folded_texts(release), strict=True)
    )
    named = {release.side}.union(*(index.parties_named(told, release.published, release.side) for _, _, told in texts))
    if not named >= set(lexicon.parties):
        return None
    found = [index.find(told, release.published, release.side) for _, _, told in texts]
    if not _speaks_of_both(release, lexicon, [m for mentions in found for m in mentions]):
        return None
    office_party = {slug: office.party for slug, office in lexicon.offices.items()}
    fields: list[list[Sentence]] = []
    for (name, text, told), mentions in zip(texts, found, strict=True):
        dates = cache(partial(find_dates, told.lower, release.published))
        whole = name == "title" and len(told.text) <= LONGEST
        spans = [(0, len(told.text))] if whole else sentences(told.text)
        fields.append(
            [
                Sentence(
                    name,
                    told,
                    start,
                    end,
                    number,
                    index.combined([m for m in _between(mentions, start, end) if m.end <= end]),
                    dates,
                    text,
                    office_party,
                )
                for number, (start, end) in enumerate(spans)
            ]
        )
    title, body = fields
    return Reading(release, title[0], body, title[1:])


def _blank(sentence: Sentence) -> int:
    """The white space before a sentence's first word."""
    text = sentence.folded.text[sentence.start : sentence.end]
    return len(text) - len(text.lstrip())


def _between(found: list, start: int, end: int) -> list:
    """Those that begin in [start, end), of a list that is sorted by its starts."""
    first = bisect_left(found, start, key=_start)
    return found[first : bisect_left(found, end, lo=first, key=_start)]


def _start(found: Mention | DateMention) -> int:
    return found.start


def _speaks_of_both(release: Release, lexicon: Lexicon, mentions: list[Mention]) -> bool:
    """The cheap test that sends most of a feed's items home: both parties, and something of a channel."""
    spoken = {release.side} | {m.key for m in mentions if m.kind == "party"}
    spoken |= {lexicon.offices[m.key].party for m in mentions if m.kind == "office"}
    if any(m.kind == "pair" or (m.kind == "name" and release.side in lexicon.parties) for m in mentions):
        spoken |= set(lexicon.parties)
    tied = any(m.kind in ("name", "topic", "matter", "office", "part") for m in mentions)
    return tied and set(lexicon.parties) <= spoken
