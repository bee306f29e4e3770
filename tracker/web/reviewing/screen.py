"""What a reviewer sees of candidates: a line of the queue, and the words of releases side by side. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

from db.waiting import Waiting
from tracker.detect.normalise import fold, sentences
from tracker.model import (
    Candidate,
    Channel,
    Contact,
    Evidence,
    KeptSighting,
    Outcome,
    Relationship,
    Signal,
    State,
    StatusChange,
)
from tracker.reviewing.review import question
from tracker.tongue import msg
from tracker.web.reviewing.hints import Hint
from tracker.web.reviewing.marks import marked

SIGNAL_WORDS = {
    Signal.ANNOUNCED: msg("announced"),
    Signal.HELD: msg("held"),
    Signal.RESUMED: msg("resumed"),
    Signal.SUSPENDED: msg("suspended"),
    Signal.ENDED: msg("ended"),
    Signal.REFUSED: msg("refused"),
    Signal.CANCELLED: msg("cancelled"),
    Signal.POSTPONED: msg("postponed"),
}

SHORT = {"zh": 400}
"""Characters of a text that is shown whole, by language."""

SHORT_ELSEWHERE = 900


@dataclass(frozen=True)
class Line:
    """A candidate as a line of the queue. `best`: its most telling sighting; `moves_to`: the state that accepting it
    would record, `outcome` the contact; neither where the record tells of it already (`told`). `which`: several
    announcements were open, and it does not say which of them is off.
    """

    waits: Waiting
    candidate: Candidate
    channel: Channel
    relationship: Relationship
    best: KeptSighting | None
    moves_to: State | None
    outcome: Outcome | None
    told: bool
    which: bool

    @property
    def heard(self) -> tuple[str, ...]:
        return tuple(side for side in self.relationship.sides if side in self.waits.sides)


def line_of(
    waits: Waiting,
    candidate: Candidate,
    channel: Channel,
    relationship: Relationship,
    changes: Iterable[StatusChange],
    contacts: Iterable[Contact],
) -> Line:
    """The line of a candidate that waits, given the rows of its channel's record that are in force."""
    asked = question(candidate, changes, contacts)
    new = [one.row for one in asked.written if not one.stands]
    return Line(
        waits,
        candidate,
        channel,
        relationship,
        best=max(candidate.telling, key=lambda seen: seen.sighting.confidence, default=None),
        moves_to=next((row.state for row in new if isinstance(row, StatusChange)), None),
        outcome=next((row.outcome for row in new if isinstance(row, Contact)), None),
        told=bool(asked.told) and not new,
        which=bool(asked.off.which),
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
    starts = [words.start for words in evidence if words.tells]
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
