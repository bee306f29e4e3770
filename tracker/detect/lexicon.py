"""The words of one relationship, as `lexicon.yaml` and the language files hold them: pure data, checked when read.

A term is a plain phrase in any case. `(a|b)` are alternatives, which may be empty and may hold further ones; `*` ends a
word however it goes on; `...` leaves out a few words of the same sentence; `a & b` are met in one sentence in any
order; a word in capitals (`NATO`) is met only in capitals.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from tracker.detect.normalise import simplify
from tracker.model import Level

MOST_SPELLINGS = 1000
"""Alternatives multiply; a term with more than this is more likely a slip than a wish."""

_LONGEST, _DEEPEST, _MOST_GAPS = 2000, 20, 2
"""Characters of a term, brackets within brackets, and places where words are left out; more would take long to meet."""

_SPACES = re.compile(" {2,}")
_PLAIN = re.compile("[^|()]+")
"""What has but one spelling."""

_INNER_STAR = re.compile(r"\*[A-Za-z0-9*]")
WILDCARD = re.compile(r" ?\.\.\. ?|\*")
"""What in a folded spelling stands for other words than itself."""


@lru_cache(maxsize=20_000)  # when files are read anew, most of their terms are what they were
def _usable(term: str) -> str:
    shown = repr(term if len(term) <= 80 else f"{term[:80]}…")
    if len(term) > _LONGEST:
        raise ValueError(f"the term {shown} has over {_LONGEST} characters; write it as several terms")
    depth = _depth(term)
    if depth is None:
        raise ValueError(f"the term {shown} has an unbalanced bracket; write alternatives as (a|b)")
    if depth > _DEEPEST:
        raise ValueError(f"the term {shown} has over {_DEEPEST} brackets within brackets; write it as several terms")
    by_part = [spellings(part) for part in parts(term)]
    if not all(by_part):
        raise ValueError(f"the term {shown} has a | outside brackets or a & within; write (a|b) and a & b")
    spelt = [spelling for spellings_of_part in by_part for spelling in spellings_of_part]
    if len(spelt) > MOST_SPELLINGS:
        raise ValueError(f"the term {shown} has over {MOST_SPELLINGS} spellings; write it as several terms")
    for spelling in spelt:
        _check(simplify(spelling), shown)
    return term


def _check(spelling: str, shown: str) -> None:
    """Refuse a spelling that would be met everywhere, or nowhere, or only after long trying. Raises ValueError."""
    if spelling.startswith(("*", ".")):
        raise ValueError(f"the term {shown} begins with a wildcard; begin it with a word")
    head = WILDCARD.split(spelling, maxsplit=1)[0].replace("-", " ").strip()
    if len(head.replace(" ", "")) < 2 and head.isascii():
        raise ValueError(f"the term {shown} is too short; give it two letters or one Chinese character")
    if _INNER_STAR.search(spelling):
        raise ValueError(
            f"the term {shown} has a * within a word; let it end the word, which may then go on in any way"
        )
    if spelling.count("...") > _MOST_GAPS:
        raise ValueError(f"the term {shown} leaves out words in over {_MOST_GAPS} places; write it as several terms")


def _depth(term: str) -> int | None:
    """How many brackets stand within one another; None where they do not match."""
    depth = deepest = 0
    for bracket in re.findall("[()]", term):
        depth += 1 if bracket == "(" else -1
        deepest = max(deepest, depth)
        if depth < 0:
            return None
    return deepest if depth == 0 else None


def parts(term: str) -> list[str]:
    """The parts of a term that must all stand in one sentence; most terms have one."""
    return [part.strip() for part in term.split(" & ")]


def spellings(part: str) -> list[str]:
    """Each spelling of a part of a term: `hold(s|ing|) talks` has three."""
    found, rest = _sequence(part, 0)
    return [_SPACES.sub(" ", spelling).strip() for spelling in found] if rest == len(part) else []


def _sequence(text: str, at: int) -> tuple[list[str], int]:
    """The spellings of what stands up to the next `|` or `)` of this level, and where that is."""
    found = [""]
    while at < len(text) and text[at] not in "|)":
        if text[at] == "(":
            choices, at = _choices(text, at + 1)
            found = [one + other for one in found for other in choices][: MOST_SPELLINGS + 1]
        else:
            plain = _PLAIN.match(text, at).group()
            found = [one + plain for one in found]
            at += len(plain)
    return found, at


def _choices(text: str, at: int) -> tuple[list[str], int]:
    found, at = _sequence(text, at)
    while at < len(text) and text[at] == "|":
        more, at = _sequence(text, at + 1)
        found += more
    return found, at + 1


Term = Annotated[str, AfterValidator(_usable)]
Terms = list[Term]

SignalWord = Literal[
    "meet",  # persons of the two sides meet or speak
    "hold",  # a meeting takes place
    "visit",  # somebody goes, comes or takes part
    "act",  # something is done: signed, handed over, sent back
    "agree",  # the sides agree on something
    "occasion",  # nouns alone: talks, consultations
    "create",  # a line or group is made
    "resume",
    "suspend",
    "cancel",
    "postpone",
    "refuse",  # a request or invitation is turned down
    "unanswered",  # nobody answers, comes or picks up
    "end",
]
Mark = Literal[
    "future",  # has not happened yet: will, is to, 将
    "title_future",  # the infinitive of headlines: "to visit"
    "earlier",  # before the news: had met, last met, 此前
    "past",  # history: years ago, anniversaries, 当年
    "since",  # dated from something else: since, after, 以来
    "modal",  # only possible: may, might, 可能
    "wish",  # wanted, asked for, advised: hopes, should, 希望
    "view",  # stressed, reaffirmed, called important: 强调
    "rumor",  # considered, floated, hearsay: 考虑
    "condition",  # if, unless, 如果
    "asked",  # a question, not an answer: whether, 是否
    "fiction",  # games, scenarios, bills, novels
    "denial",  # says that there is nothing: no plans, 没有可以提供的信息
    "opinion",  # a title or opening of a comment, not a report
    "unofficial",  # legislators, scholars, business, retired persons
    "pastime",  # sport, art, families: the same words on other subjects
    "personnel",  # an office changes hands
    "court",  # a prosecution: indicted, 起诉
    "disclosed",  # an older event only now made known: people familiar, 知情
    "attributed",  # told by somebody else: according to, confirmed, 据报道
    "standing",  # an attempt without a day: standing request
    "attempt",  # somebody tried to reach the other side: asked for a call
    "visit",  # a journey to the other side
    "reporting",  # a date beside it is that of the words, not of the event: said on, 表示
    "opening",  # at the head of a sentence: what follows is told again
    "pronoun",  # stands for a person or the two named before: he, 两人
    "closing",  # stands beside the last day: through, 结束
    "question",  # opens a question of a press conference, and with it a passage: 记者问
    "counterpart",  # the other side's holder of the same office
    "both",  # the two sides without their names: 双方
    "masked",  # phrases whose words count for nothing
]


def _written_out(terms: Iterable[str]) -> tuple[str, ...]:
    """The terms as a reader would write them, each once; what leaves words out, or asks for two things, is no name."""
    whole = (term for term in terms if "..." not in term and " & " not in term)
    spelt = (spelling.rstrip("*").strip() for term in whole for spelling in spellings(term))
    return tuple(dict.fromkeys(spelt))


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _as_a_day(told: object) -> object:
    """Of a text only YYYY-MM-DD goes on: a number alone would be read as seconds since 1970."""
    if isinstance(told, str) and not re.fullmatch(r"\d{4}-\d\d-\d\d", told):
        raise ValueError(f'"{told}" is not a day that exists; write YYYY-MM-DD')
    return told


Day = Annotated[date, BeforeValidator(_as_a_day)]


class Holder(_Part):
    """Who held an office, under which names, from and until which day (ISO dates; absent: open)."""

    names: Terms
    since: Day = date.min
    until: Day = date.max


class Office(_Part):
    """An office of one party. `terms` name the office, `own` too, but only in releases of that party ("the President").

    Each counts as a mention of the party. `names` is what pages call it, by language; without any, its slug. `level` is
    that at which its holders meet, left out of an entry that stands for offices of several ranks.
    """

    party: str
    names: dict[str, str] = {}
    level: Level | None = None
    terms: Terms = []
    own: Terms = []
    holders: list[Holder] = []


class Pairing(_Part):
    """Two offices, one of each side, whose contact uses the channel; within a period where it says so.

    `weak`: the two also meet on other channels, so a channel that is named goes first. `seldom`: each usually meets
    somebody else, so only both holders together tell of it.
    """

    offices: tuple[str, str]
    since: Day = date.min
    until: Day = date.max
    weak: bool = False
    seldom: bool = False


class ChannelTerms(_Part):
    """How a channel shows in text.

    `names` name it outright, `described` do so in other words. `topics` are its subject. `matters` count only where
    something is refused or cut. `pairings` are the office holders who use it; `talks` those whose talks use it when
    they name its subject. `umbrella`: its talks touch the subjects of other channels without using those.
    """

    names: Terms = []
    described: Terms = []
    topics: Terms = []
    matters: Terms = []
    pairings: list[Pairing] = []
    talks: list[Pairing] = []
    umbrella: bool = False


class Foreign(_Part):
    """A country that is no party. `names` may be a mere place or subject, and are those of the languages, where these
    know it; `counterparts` mean a partner in talks.
    """

    names: Terms = []
    counterparts: Terms = []


class Language(_Part):
    """The words of one language that say what happened and how it is to be taken, and its names of the world's states;
    they serve every relationship.
    """

    language: str
    signals: dict[SignalWord, Terms]
    marks: dict[Mark, Terms]
    states: dict[str, Terms] = {}


class Lexicon(_Part):
    """Everything that detection knows of one relationship; `signals` and `marks` beyond those of the languages."""

    relationship: str
    parties: dict[str, Terms] = Field(min_length=2, max_length=2)
    pair: Terms
    others: dict[str, Foreign]
    offices: dict[str, Office]
    channels: dict[str, ChannelTerms]
    signals: dict[SignalWord, Terms] = {}
    marks: dict[Mark, Terms] = {}

    def aliases(self, channel: str) -> tuple[str, ...]:
        """The names that lead to a channel, each spelling written out; none for one that the lexicon does not know."""
        terms = self.channels.get(channel)
        return _written_out(terms.names) if terms else ()

    def people(self, channel: str) -> tuple[str, ...]:
        """The offices whose contact uses a channel, and whoever held them."""
        terms = self.channels.get(channel)
        pairings = terms.pairings if terms else []
        offices = [self.offices[slug] for slug in dict.fromkeys(o for pairing in pairings for o in pairing.offices)]
        names = [name for office in offices for holder in office.holders for name in holder.names]
        return _written_out([*(term for office in offices for term in office.terms), *names])

    def speaking(self, languages: Iterable[Language]) -> Lexicon:
        """The lexicon with the words of languages besides its own, and with all states that are no party of it."""
        signals, marks, others = dict(self.signals), dict(self.marks), dict(self.others)
        parties = {term for terms in self.parties.values() for term in terms}
        for language in languages:
            for own, theirs in ((signals, language.signals), (marks, language.marks)):
                for key, terms in theirs.items():
                    own[key] = [*own.get(key, []), *terms]
            for slug, names in language.states.items():
                if parties.isdisjoint(names):
                    known = others.get(slug, Foreign())
                    others[slug] = known.model_copy(update={"names": [*known.names, *names]})
        return self.model_copy(update={"signals": signals, "marks": marks, "others": others})
