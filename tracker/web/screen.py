"""What a reviewer sees of candidates: a line of the queue, and the words of releases side by side. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from markupsafe import Markup

from tracker.detect.normalise import fold, sentences
from tracker.grouping import disagree, report_of
from tracker.history import ChannelView
from tracker.model import (
    Candidate,
    Channel,
    Contact,
    Evidence,
    KeptSighting,
    Outcome,
    Relationship,
    State,
    StatusChange,
)
from tracker.review import question
from tracker.web.hints import Hint
from tracker.web.marks import marked

SHORT = {"zh": 400}
"""Characters of a text that is shown whole, by language."""

SHORT_ELSEWHERE = 900

_TELLS_NOTHING = ("party", "discount")
"""Roles of words that alone are no reason to show a sentence."""


@dataclass(frozen=True)
class Line:
    """A candidate as a line of the queue. `best`: its most telling sighting; `moves_to`: the state that accepting it
    would record, `outcome` the contact; neither where the record tells of it already (`told`).
    """

    candidate: Candidate
    channel: Channel
    relationship: Relationship
    best: KeptSighting | None
    heard: tuple[str, ...]
    disagree: bool
    moves_to: State | None
    outcome: Outcome | None
    told: bool


def line_of(
    candidate: Candidate,
    channel: Channel,
    relationship: Relationship,
    changes: Iterable[StatusChange],
    contacts: Iterable[Contact],
) -> Line:
    """The line of a candidate, given the rows of its channel's record that are in force."""
    telling = candidate.telling
    asked = question(candidate, changes, contacts)
    heard = {seen.release.side for seen in telling}
    told = bool(asked.told)
    return Line(
        candidate,
        channel,
        relationship,
        best=max(telling, key=lambda seen: seen.sighting.confidence, default=None),
        heard=tuple(side for side in relationship.sides if side in heard),
        disagree=disagree(report_of(seen.sighting, seen.release.published) for seen in telling),
        moves_to=None if told else asked.choice.state,
        outcome=None if told else asked.choice.outcome,
        told=told,
    )


@dataclass(frozen=True)
class Group:
    """Lines that belong together under a heading: a channel (with its view), a signal, or an age."""

    name: str
    lines: tuple[Line, ...]
    view: ChannelView | None = None


GROUPS: dict[str, Callable[[Line, datetime], str]] = {
    "channel": lambda line, now: line.channel.slug,
    "signal": lambda line, now: line.candidate.signal.value,
    "age": lambda line, now: age_of(line.candidate, now),
}
"""By what the queue may be grouped, with the name of the group of a line."""

AGES = ("today", "this week", "older")


def age_of(candidate: Candidate, now: datetime) -> str:
    """How long a candidate waits, in days since its newest evidence: one of AGES."""
    days = (now - candidate.evidence_at).days
    return AGES[0] if days < 1 else AGES[1] if days < 7 else AGES[2]


def grouped(
    lines: Iterable[Line], by: str, now: datetime, views: Callable[[Channel], ChannelView]
) -> tuple[Group, ...]:
    """Lines in groups, in the order in which each group's first line stands."""
    found: dict[str, list[Line]] = {}
    for line in lines:
        found.setdefault(GROUPS[by](line, now), []).append(line)
    return tuple(
        Group(name, tuple(together), views(together[0].channel) if by == "channel" else None)
        for name, together in found.items()
    )


@dataclass(frozen=True)
class Words:
    """A release on the screen: its title, and the passages whose words fired; `whole` where those are not all of it."""

    seen: KeptSighting
    title: Markup
    passages: tuple[Markup, ...]
    whole: Markup | None


@dataclass(frozen=True)
class Side:
    """What one side released, and what its marked words mean in the other language."""

    code: str
    words: tuple[Words, ...]
    hints: tuple[Hint, ...]


def words_of_release(seen: KeptSighting) -> Words:
    text = seen.release.summary
    evidence = [words for words in seen.sighting.evidence if words.field == "summary"]
    title = marked(seen.release.title, [words for words in seen.sighting.evidence if words.field == "title"])
    if len(text) <= SHORT.get(seen.release.lang, SHORT_ELSEWHERE):
        return Words(seen, title, (marked(text, evidence),) if text.strip() else (), None)
    return Words(
        seen, title, tuple(_part(text, span, evidence) for span in passages(text, evidence)), marked(text, evidence)
    )


def passages(text: str, evidence: Sequence[Evidence]) -> list[tuple[int, int]]:
    """Half-open spans of the sentences of a text in which something fired, those that follow one another as one."""
    starts = [words.start for words in evidence if words.role not in _TELLS_NOTHING]
    folded = fold(text)
    spans = [folded.span(start, end) for start, end in sentences(folded.text)]
    found: list[tuple[int, int]] = []
    before = -2
    for number, (start, end) in enumerate(spans):
        if not any(start <= at < end for at in starts):
            continue
        if number == before + 1:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
        before = number
    return found


def _part(text: str, span: tuple[int, int], evidence: Iterable[Evidence]) -> Markup:
    start, end = span
    inside = [words for words in evidence if words.start < end and words.end > start]
    return marked(text[start:end], [replace(w, start=w.start - start, end=w.end - start) for w in inside])
