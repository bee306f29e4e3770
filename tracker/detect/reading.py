"""A release laid out for scoring: its sentences, each with clauses, mentions and dates."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache, cached_property, partial

from tracker.detect.dates import find_dates
from tracker.detect.lexicon import Lexicon
from tracker.detect.match import NAMES, Index, Mention
from tracker.detect.normalise import LONGEST, Folded, fold, sentences
from tracker.detect.passages import LABEL, asking
from tracker.detect.sentence import Sentence
from tracker.model import Release

_ASKS_WITHIN = 12
"""Characters of a sentence's beginning in which the mark of a question opens a passage."""

_ANSWERS = 2
"""Sentences at the beginning of an answer that say whether it takes the question up."""

_DATELINE = re.compile(
    r"\s*[A-Z][A-Z .'/-]{2,30}(?:, (?!--?\s)[\w. ]{3,30}?)??(?:,? ?[A-Z][a-z]{2,8}\.? \d{1,2}(?:, \d{4})?)?"
    r"\s?(?:\([^()]{2,40}\)\s?)?(?:[A-Z][a-z]{2,8}\.? \d{1,2}(?:, \d{4})?\s?)?--?\s"
    r"|\s*\(?[\u3400-\u9fff ]{0,20}(?:\d{4}年)?(?:\d{1,2}月)?\d{1,2}日(?:消息|综合|专)?[电讯](?![话视])"
)
"""Where and when an agency's text was sent, before its first words: `BERN, Jan. 12 (Agency) - `, `日内瓦1月12日电`."""

ARTICLE = 2500
"""The characters from which a text is an article."""

REACH, ARTICLE_REACH = timedelta(days=45), timedelta(days=200)


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
            elif asks and LABEL.match(sentence.folded.text, sentence.start):
                asks = False
            if asks:
                found.append(sentence.number)
        return frozenset(found)

    def answer(self, sentence: Sentence) -> list[Sentence]:
        """How the answer begins to the question of which a sentence is part; nothing where none is known."""
        if not self.asked(sentence):
            return []
        here = self.passage(sentence)
        told = [other for other in self.body[sentence.number + 1 :] if not self.asked(other)]
        return [other for other in told[:_ANSWERS] if self.passage(other) == here]

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
        here, passages = sentence.number, self._passages
        return [self.body[n] for n in range(max(0, here - most), here) if passages[n] == passages[here]]

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
        dateline = _dateline(told) if name == "summary" else 0
        mentions = [m for m in mentions if m.end > dateline or m.kind not in NAMES]
        whole = name == "title" and len(told.text) <= LONGEST
        spans = [(0, len(told.text))] if whole else sentences(told.text)
        mentions = _with_questions(mentions, list(asking(told.text, spans)))
        fields.append(
            [
                Sentence(name, told, *span, number, index.combined(own), dates, text, office_party, dateline)
                for number, (span, own) in enumerate(zip(spans, _shared_out(mentions, spans), strict=True))
            ]
        )
    title, body = fields
    return Reading(release, title[0], body, title[1:])


def _shared_out(mentions: list[Mention], spans: list[tuple[int, int]]) -> Iterator[list[Mention]]:
    """The mentions that lie in each span; both are in the order of the text."""
    place = 0
    for start, end in spans:
        first = place
        while place < len(mentions) and mentions[place].start < end:
            place += 1
        yield [m for m in mentions[first:place] if m.start >= start and m.end <= end]


def _with_questions(mentions: list[Mention], labels: list[tuple[int, int]]) -> list[Mention]:
    """The mentions of a text with marks where somebody asks; a label holds a name, no subject ("Tourism News:")."""
    if not labels:
        return mentions
    starts = [start for start, _ in labels]

    def labels_somebody(mention: Mention) -> bool:
        at = bisect_right(starts, mention.start) - 1
        return at >= 0 and mention.start < labels[at][1]

    kept = [m for m in mentions if m.kind in (*NAMES, "mark") or not labels_somebody(m)]
    return sorted([*kept, *(Mention(*label, "mark", "question") for label in labels)], key=lambda m: (m.start, -m.end))


def _dateline(told: Folded) -> int:
    """Where the dateline of a text ends; whoever is named in it is not spoken of."""
    found = _DATELINE.match(told.text)
    return found.end() if found else 0


def _speaks_of_both(release: Release, lexicon: Lexicon, mentions: list[Mention]) -> bool:
    """The cheap test that sends most of a feed's items home: both parties, and something of a channel."""
    spoken = {release.side} | {m.key for m in mentions if m.kind == "party"}
    spoken |= {lexicon.offices[m.key].party for m in mentions if m.kind == "office"}
    if any(m.kind == "pair" or (m.kind == "name" and release.side in lexicon.parties) for m in mentions):
        spoken |= set(lexicon.parties)
    tied = any(m.kind in ("name", "topic", "matter", "office", "part") for m in mentions)
    return tied and set(lexicon.parties) <= spoken
