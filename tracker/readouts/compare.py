"""Points of a readout by the words of the lexicon, and those of two readouts aligned."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from tracker.detect.dates import find_dates
from tracker.detect.lexicon import ChannelTerms, Lexicon
from tracker.detect.match import Index, Mention
from tracker.detect.normalise import Folded, fold, sentences
from tracker.model import Evidence, Release
from tracker.readouts.points import Apart, Comparison, Gloss, Point, PointKind, Readout, Said
from tracker.readouts.sentences import (
    AGREED,
    ATTENDING,
    BECAUSE,
    GLOSS,
    OUTRIGHT,
    PLACE,
    SETTLED,
    SPEAKS,
    VAGUE,
    Sentence,
    agreed_spans,
    evidence,
    outermost,
    persons,
    rounds,
)
from tracker.readouts.words import ReadoutLanguage, ReadoutTerms

LEAD = 2
"""Sentences at the beginning of a readout that say who met when, where and how; what follows is what they said."""

MOST_ALIKE = 16
"""Wordings of one point that are kept of one side: more say nothing new."""


_Key = tuple[PointKind, str | None]


@dataclass
class _Found:
    """The points of one readout as they are found: where each is said, and what is meant."""

    release: Release
    words: dict[_Key, list[Evidence]] = field(default_factory=dict)
    values: dict[_Key, str] = field(default_factory=dict)

    def add(self, kind: PointKind, key: str | None, sentence: Sentence, start: int, end: int) -> None:
        if said := evidence(self.release, sentence, start, end, kind):
            _put(self.words.setdefault((kind, key), []), said, self.release)

    def said(self, key: _Key) -> Said | None:
        words = self.words.get(key)
        return Said(tuple(words), self.values.get(key)) if words else None


class Comparer:
    """The words of one relationship made ready for comparing; build it once and share it between threads."""

    def __init__(self, lexicon: Lexicon, languages: Iterable[ReadoutLanguage], terms: ReadoutTerms) -> None:
        """Making the index takes some hundredths of a second; it is made when it is first needed."""
        self._lexicon = lexicon
        self._languages = list(languages)
        self._terms = terms

    @property
    def lexicon(self) -> Lexicon:
        return self._lexicon

    @cached_property
    def names(self) -> Mapping[_Key, Mapping[str, str]]:
        """What forms, levels, topics, tones and commitments are called, by language; not those that channels name."""
        found: dict[_Key, dict[str, str]] = {}
        for language in self._languages:
            named = {PointKind.FORM: language.forms, PointKind.LEVEL: language.levels}
            named |= {
                PointKind.TOPIC: language.topics,
                PointKind.TONE: language.tones,
                PointKind.COMMITMENT: language.topics,
            }
            for kind, called in named.items():
                for key, one in called.items():
                    found.setdefault((kind, key), {})[language.language] = one.name
        for key, subject in self._terms.topics.items():
            if subject.names:
                found[PointKind.TOPIC, key] = found[PointKind.COMMITMENT, key] = dict(subject.names)
        return found

    def compare(self, first: Readout, second: Readout) -> Comparison:
        """The two side by side. They must be of two sides. Linear in their length but for what is found in them."""
        sentences_of = {one.side: self._read(one.release) for one in (first, second)}
        found = {one.side: self._points(one.release, sentences_of[one.side]) for one in (first, second)}
        return Comparison(
            (first, second),
            tuple(self._aligned(first, second, found)),
            _apart(first, second),
            tuple(self._glossed((first, second), sentences_of)),
        )

    @cached_property
    def _index(self) -> Index:
        named = {
            slug: ChannelTerms(names=channel.names)
            for slug, channel in self._lexicon.channels.items()
            if slug in self._terms.topics
        }
        without = {"signals": {}, "marks": {}, "channels": named}
        return Index(self._lexicon.model_copy(update=without), self._all_terms())

    def _all_terms(self) -> Iterator[tuple[str, str, str]]:
        for language in self._languages:
            for kind, called in (
                (PointKind.FORM, language.forms),
                (PointKind.TOPIC, language.topics),
                (PointKind.TONE, language.tones),
            ):
                yield from ((kind, key, term) for key, one in called.items() for term in one.terms)
            for level, rank in language.levels.items():
                for kind, terms in ((PointKind.LEVEL, rank.said), (OUTRIGHT, rank.outright), (VAGUE, rank.vague)):
                    yield from ((kind, level, term) for term in terms)
            for kind in (PointKind.ASKED, PointKind.NEXT, AGREED, SETTLED, SPEAKS, ATTENDING, BECAUSE):
                yield from ((kind, "", term) for term in getattr(language, kind))
            yield from (("mark", "masked", term) for term in language.masked)
        for kind, subjects in ((PointKind.TOPIC, self._terms.topics), (GLOSS, self._terms.gloss)):
            for key, subject in subjects.items():
                yield from ((kind, key, term) for term in (*subject.names.values(), *subject.terms))
        for office, terms in self._terms.offices.items():
            yield from (("office", office, term) for term in terms)
        yield from ((PLACE, "", term) for term in self._terms.places)
        yield from ((PointKind.ASKED, "", term) for term in self._terms.asked)

    def passages(self, release: Release, words: Iterable[Evidence]) -> list[Sentence]:
        """The title, and the sentences of the body, as far as some words of the release stand there. Each is read by
        itself.
        """
        places = [(word.field, word.start) for word in words]
        read = []
        for name, text in (("title", release.title), ("summary", release.summary)):
            starts = [start for field, start in places if field == name]
            folded = fold(text) if starts else None
            for start, end in _spans(name, folded) if folded else ():
                first, last = folded.span(start, end)
                if any(first <= at < last for at in starts):
                    part = folded.part(start, end)
                    mentions = self._index.find(part, release.published, release.side)
                    read.append(Sentence(name, part, 0, len(part.text), self._index.combined(mentions), lead=False))
        return read

    def _read(self, release: Release) -> list[Sentence]:
        """The title, and the sentences of the body, each with what is mentioned in it."""
        read = []
        for name, text in (("title", release.title), ("summary", release.summary)):
            folded = fold(text)
            mentions = self._index.find(folded, release.published, release.side)
            starts = [mention.start for mention in mentions]
            for number, (start, end) in enumerate(_spans(name, folded)):
                here = mentions[bisect_left(starts, start) : bisect_left(starts, end)]
                read.append(Sentence(name, folded, start, end, self._index.combined(here), number < LEAD))
        return read

    def _points(self, release: Release, read: list[Sentence]) -> _Found:
        found = _Found(release)
        # The body says it in full; the title stands in where its first sentence does not.
        title = [sentence for sentence in read if sentence.field == "title"]
        body = [sentence for sentence in read if sentence.lead and sentence.field != "title"]
        lead = [*body[:1], *title, *body[1:]]
        self._first_day(found, lead)
        self._only_round(found, lead[: 1 + bool(title)])
        self._first_place(found, lead)
        self._first_of(found, lead, PointKind.FORM, [key for one in self._languages for key in one.forms])
        self._first_of(found, lead, PointKind.LEVEL, [key for one in self._languages for key in one.levels])
        for sentence in read:
            self._of_lead(found, sentence)
            self._of_sentence(found, sentence)
        return found

    def _of_lead(self, found: _Found, sentence: Sentence) -> None:
        """Who met, and by whose wish; of persons also those that a later sentence names as taking part."""
        if sentence.lead or sentence.of(ATTENDING):
            for person in persons(sentence):
                found.add(PointKind.PERSON, person.key, sentence, person.start, person.end)
        if sentence.lead:
            for mention in sentence.of(PointKind.ASKED):
                found.add(PointKind.ASKED, None, sentence, mention.start, mention.end)

    def _of_sentence(self, found: _Found, sentence: Sentence) -> None:
        """What they spoke about and how, what they agreed on, and when they meet again."""
        topics = _topics(sentence)
        for topic in topics:
            found.add(PointKind.TOPIC, topic.key, sentence, topic.start, topic.end)
        for tone in sentence.of(PointKind.TONE):
            found.add(PointKind.TONE, tone.key, sentence, tone.start, tone.end)
        for start, end in agreed_spans(sentence):
            for topic in topics:
                if start <= topic.start < end:
                    found.add(PointKind.COMMITMENT, topic.key, sentence, topic.start, topic.end)
        for following in sentence.of(PointKind.NEXT):
            found.add(PointKind.NEXT, None, sentence, following.start, following.end)

    def _first_day(self, found: _Found, lead: list[Sentence]) -> None:
        for sentence in lead:
            for mention in find_dates(sentence.folded.lower[: sentence.end], found.release.published):
                span = mention.read(future=False)
                if sentence.start <= mention.start and span.is_day and not mention.vague:
                    found.add(PointKind.DATE, None, sentence, mention.start, mention.end)
                    found.values[PointKind.DATE, None] = (span.first or span.value.first).isoformat()
                    return

    def _only_round(self, found: _Found, opening: list[Sentence]) -> None:
        """Which round of a series it was: the opening alone numbers it, and where it has two numbers none is sure."""
        numbered = [(sentence, one) for sentence in opening for one in rounds(sentence, found.release.published)]
        if len({one.number for _, one in numbered}) == 1:
            for sentence, one in numbered:
                found.add(PointKind.ROUND, None, sentence, one.start, one.end)
            found.values[PointKind.ROUND, None] = str(numbered[0][1].number)

    def _first_place(self, found: _Found, lead: list[Sentence]) -> None:
        """Where they met: what a later sentence names may be where they met before."""
        for sentence in lead:
            for mention in sentence.of(PLACE):
                found.add(PointKind.PLACE, None, sentence, mention.start, mention.end)
            if (PointKind.PLACE, None) in found.words:
                return

    def _first_of(self, found: _Found, lead: list[Sentence], kind: PointKind, order: list[str]) -> None:
        """The form or level that counts: the first of its order in the opening words, else in those after them."""
        opening = 1 + any(sentence.field == "title" for sentence in lead)
        for sentences_read in (lead[:opening], lead[opening:]):
            said = [(sentence, mention) for sentence in sentences_read for mention in outermost(sentence.of(kind))]
            if said:
                chosen = min((mention.key for _, mention in said), key=order.index)
                for sentence, mention in said:
                    if mention.key == chosen:
                        found.add(kind, None, sentence, mention.start, mention.end)
                found.values[kind, None] = chosen
                return

    def _aligned(self, first: Readout, second: Readout, found: Mapping[str, _Found]) -> Iterator[Point]:
        keys = dict.fromkeys(key for one in (first, second) for key in found[one.side].words)
        order, contrary = list(PointKind), first.otherwise != second.otherwise
        for key in sorted(keys, key=lambda key: order.index(key[0])):
            said = {one.side: words for one in (first, second) if (words := found[one.side].said(key))}
            only = None
            for one, other in ((first, second), (second, first)):
                if one.side in said and other.side not in said and self._is_read(other):
                    only = one.side
            if said:
                yield Point(*key, said, only, contrary=contrary and len(said) > 1)

    def _is_read(self, readout: Readout) -> bool:
        """Whether what a readout does not say is known: all of it is there, in a language whose words we have."""
        return not readout.cut_short and readout.release.lang in (one.language for one in self._languages)

    def _glossed(self, readouts: Sequence[Readout], read: Mapping[str, list[Sentence]]) -> Iterator[Gloss]:
        for key, subject in self._terms.gloss.items():
            said = {}
            for readout in readouts:
                words = [
                    evidence(readout.release, sentence, mention.start, mention.end, GLOSS)
                    for sentence in read[readout.side]
                    for mention in sentence.of(GLOSS)
                    if mention.key == key
                ]
                if words := tuple(dict.fromkeys(filter(None, words))):
                    said[readout.side] = words
            if said:
                yield Gloss(key, subject.names, said)


def _spans(name: str, folded: Folded) -> list[tuple[int, int]]:
    """The sentences of a field; a title is one."""
    return [(0, len(folded.text))] if name == "title" and folded.text else sentences(folded.text)


def _topics(sentence: Sentence) -> list[Mention]:
    """What is spoken about; words within the name of an office or of another channel are none of it."""
    named = sentence.of("office", "name")
    return [
        topic
        for topic in sentence.of(PointKind.TOPIC, "name")
        if not any(one.start <= topic.start and topic.end <= one.end and one.key != topic.key for one in named)
    ]


def _put(words: list[Evidence], word: Evidence, release: Release) -> None:
    """Add words; those that overlap are one: 两军战区领导 and 战区领导通话."""
    for number, there in enumerate(words):
        if there.field == word.field and there.start < word.end and word.start < there.end:
            start, end = min(there.start, word.start), max(there.end, word.end)
            text = getattr(release, word.field)[start:end]
            words[number] = replace(there, start=start, end=end, text=text)
            return
    if len(words) < MOST_ALIKE:
        words.append(word)


def _apart(first: Readout, second: Readout) -> Apart:
    hours = (second.at - first.at).total_seconds() / 3600 if first.at and second.at else None
    return Apart(hours, (second.release.published - first.release.published).days)
