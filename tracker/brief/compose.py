"""A brief put together: as much as fits, what is left out by number, and how far anybody looked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from tracker.brief.book import Book, Looked, SidesRead, alike
from tracker.brief.chinese import Chinese
from tracker.brief.english import English
from tracker.brief.news import News
from tracker.tongue import speaking

BOOKS: dict[str, Book] = {"en": English(), "zh": Chinese()}
"""By the code of the language."""

OPENING, MORE, COVERAGE = "opening", "more", "coverage"


@dataclass(frozen=True)
class Sentence:
    """A sentence with the claims that say so. `kind` is that of its news, or `opening`, `more`, `coverage`, which rest
    on no claim: they count, and say what was read. `news`: how many it tells.
    """

    kind: str
    words: str
    claims: tuple[str, ...] = ()
    news: int = 0


@dataclass(frozen=True)
class Brief:
    """What changed after an instant, as readers are told it in a language. `news`: all of it, the heaviest first."""

    lang: str
    after: datetime
    news: tuple[News, ...]
    sentences: tuple[Sentence, ...]
    read: tuple[SidesRead, ...]

    @property
    def left_out(self) -> int:
        """How many news have no sentence here."""
        return len(self.news) - sum(sentence.news for sentence in self.sentences)

    @property
    def text(self) -> str:
        return BOOKS[self.lang].between.join(sentence.words for sentence in self.sentences)


def sentence_of(group: Sequence[News], lang: str) -> Sentence:
    """The sentence on one news, or on several that are alike."""
    claims = dict.fromkeys(claim for one in group for claim in one.claims)
    with speaking(lang):
        return Sentence(group[0].kind, BOOKS[lang].told(group), tuple(claims), len(group))


def brief_of(news: Iterable[News], read: Sequence[SidesRead], after: datetime, lang: str) -> Brief:
    """The brief of some news. It is no longer than its language allows: 150 words of English, 300 characters of
    Chinese.
    """
    ordered, book = tuple(sorted(news, key=lambda one: one.order)), BOOKS[lang]
    with speaking(lang):
        opening = Sentence(OPENING, book.opening(after, len(ordered)))
        closing = Sentence(COVERAGE, _coverage(book, read, after))
        groups = list(_fitting(ordered, book, book.most - book.size(opening.words) - book.size(closing.words)))
        left_out = len(ordered) - sum(map(len, groups))
        more = (Sentence(MORE, book.more(left_out)),) if left_out else ()
        told = [sentence_of(group, lang) for group in groups]
    return Brief(lang, after, ordered, (opening, *told, *more, closing), tuple(read))


def _fitting(news: Sequence[News], book: Book, room: int) -> Iterator[Sequence[News]]:
    """The heaviest that fit, by sentences, with room left to say how many do not."""
    left = len(news)
    groups: dict[tuple[object, ...], list[News]] = {}
    for one in news:
        groups.setdefault(one.alike, []).append(one)
    for group in groups.values():
        for size in range(len(group), 0, -1):
            told = book.size(book.told(group[:size]))
            if told + (book.size(book.more(left - size)) if left > size else 0) <= room:
                break
        else:
            return
        yield group[:size]
        room, left = room - told, left - size
        if size < len(group):
            return


def _coverage(book: Book, read: Sequence[SidesRead], after: datetime) -> str:
    """In full where it takes no more than half of the brief."""
    told = book.coverage(read, after)
    if book.size(told) <= book.most // 2:
        return told
    return book.coverage_in_short(whole=alike(read) is Looked.WHOLE)
