"""One sentence of a release: its clauses, mentions and dates, and what they are to each other."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, pairwise

from tracker.detect.dates import DateMention
from tracker.detect.match import NAMES, Mention
from tracker.detect.normalise import Folded, clauses
from tracker.model import Evidence

_BEFORE_PARTNER = re.compile(
    r"(?:\b(?:with|and|between|from|counterparts?,?|by) (?:the |its |his )?|[同与和跟向对、]|-)$"
)
_AFTER_PARTNER = re.compile(
    r"(?:'s)?\s?(?:defen[cs]e|foreign|prime|vice) (?:minister|secretary|premier)|[方防外财总首]|(?:国防|外交)部"
)
_SAID_WHERE = re.compile(r"(?:[上下]午|晚间?)?(?:在|对|向|接受|就此|就|于|主持)[^,;。:]{1,18}")

_IMPRINT = re.compile(
    r"\s*\(?(?:(?:责任编辑|编辑|责编|校对|来源|发布时间|发布日期|更新时间?"
    r"|(?:last |first )?(?:updated|published|posted|modified)(?: (?:on|at))?|(?:release )?date)\s?:"
    r"|last updated\b|updated (?:on|at)\b)"
)
"""How a line begins that tells when a text was set or changed."""

_MOST_ALIKE = 16
"""Mentions of one thing that are read in one sentence: more say nothing new, and each is weighed against the others."""

_WORD = re.compile(r"[a-z]{3,}(?:'[a-z]+)?")
_HAN = re.compile(r"[\u3400-\u9fff]{2,}")

_JOINED = re.compile(r"\s?(?:and|-|&|[与和同、])\s?(?:the )?")


@dataclass
class Sentence:
    """One sentence of the folded `field`, or the whole title. Positions are those of the folded text.

    `dateline`: where that of the field ends, 0 where it has none.
    """

    field: str
    folded: Folded
    start: int
    end: int
    number: int
    mentions: list[Mention]
    dates_of_field: Callable[[], list[DateMention]] = field(repr=False)
    source: str = field(repr=False)
    office_party: dict[str, str] = field(repr=False, default_factory=dict)
    dateline: int = 0
    _by_kind: dict[tuple[str, str | None], list[Mention]] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        for mention in self.mentions:
            alike = self._by_kind.setdefault((mention.kind, mention.key), [])
            if len(alike) < _MOST_ALIKE:
                alike.append(mention)
                self._by_kind.setdefault((mention.kind, None), []).append(mention)

    @cached_property
    def dates(self) -> list[DateMention]:
        """The dates that begin here, without those of the text itself in its dateline or imprint.

        They are looked for when they are asked for, since most texts speak of no channel.
        """
        if _IMPRINT.match(self.folded.lower, self.start, self.end):
            return []
        found = self.dates_of_field()
        first, last = (
            bisect_left(found, position, key=lambda mention: mention.start)
            for position in (max(self.start, self.dateline), self.end)
        )
        return found[first:last]

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
        return sorted((m.start, m.end) for m in self.mentions if m.kind in NAMES)

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
