"""What reviewers decided, as labelled cases that `evaluate` runs on, and the measurement that the figures come from.

A case is a release of which every word that detection found has been decided by a person who saw it. Where they left
what was proposed, the release is labelled as it was read; where they corrected it, their word is the label. Nothing
here teaches by itself: a file comes out, for people who write rules.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from db.sightings import RecordedChange, RecordedContact
from db.store import Store, Subjects
from tracker.detect import STATE_SAID
from tracker.measuring.sampling import ELSEWHERE, settled
from tracker.model import (
    Candidate,
    Decision,
    KeptSighting,
    Outcome,
    PartialDate,
    Signal,
    State,
    Status,
    Verdict,
)
from tracker.releases.quoting import quote_of

BATCH = 200
"""Releases read at a time."""

KINDS = {
    "Not about this channel": "same-words",
    "Tells of an earlier event again": "background",
    "Says what might be, not what was": "hypothetical",
    "Other parties, not these two": "other-pair",
}
"""The kind of a case that a rejection's first words tell; any other is `routine`."""

_LABELS = {Signal.CANCELLED: Signal.SUSPENDED, Signal.POSTPONED: Signal.SUSPENDED}
"""Labels do not tell a contact called off from a channel cut."""

_SIGNAL_OF_OUTCOME = {
    Outcome.HELD: Signal.HELD,
    Outcome.ANNOUNCED: Signal.ANNOUNCED,
    Outcome.REFUSED: Signal.REFUSED,
    Outcome.NO_ANSWER: Signal.REFUSED,
    Outcome.CANCELLED: Signal.CANCELLED,
    Outcome.POSTPONED: Signal.POSTPONED,
}

_SIGNALS_OF_STATE = {
    State.PLANNED: (Signal.ANNOUNCED, Signal.RESUMED),
    State.ACTIVE: (Signal.RESUMED, Signal.HELD),
    State.RESUMED: (Signal.RESUMED, Signal.HELD),
    State.SUSPENDED: (Signal.SUSPENDED, Signal.CANCELLED, Signal.POSTPONED),
    State.ENDED: (Signal.ENDED,),
}
"""What may have been signalled where only a state was recorded; the first, unless the candidate says another."""

Case = dict[str, Any]
_Row = RecordedChange | RecordedContact


@dataclass
class Exported:
    """The cases as they are read, and afterwards how many releases were left out, by the reason in words."""

    store: Store
    left_out: Counter[str] = field(default_factory=Counter)
    written: int = 0

    def __iter__(self) -> Iterator[Case]:
        after = 0
        while True:
            with self.store.reading() as db:
                releases = db.sightings.decided_releases(after=after, most=BATCH)
                cases = [_case(db, release) for release in releases]
            for case in cases:
                if isinstance(case, str):
                    self.left_out[case] += 1
                else:
                    self.written += 1
                    yield case
            if len(releases) < BATCH:
                return
            after = releases[-1]


def _case(db: Subjects, release: int) -> Case | str:
    """The case of a release, or why there is none."""
    speaks_of = db.candidates.of_release(release)
    # What joined a candidate quietly was read by nobody.
    told = {c.id: seen for c in speaks_of for seen in reversed(c.telling) if seen.release.id == release}
    candidates = [candidate for candidate in speaks_of if candidate.id in told]
    if any(candidate.status is Status.PENDING for candidate in candidates):
        return "a candidate of theirs waits for a decision"
    decisions = {c.id: c.standing for c in candidates if c.status in (Status.ACCEPTED, Status.REJECTED)}
    if any(_unread(told[number], decision) for number, decision in decisions.items()):
        return "they came after the decision and joined it unread"
    if any((decision.note or "").startswith(ELSEWHERE) for decision in decisions.values()):
        return "they report an update of a channel that nobody proposed"
    newest = max(told.values(), key=lambda seen: seen.revision).release
    text = (newest.title, newest.summary)
    updates = [
        _update(db, candidate, told[candidate.id], text)
        for candidate in candidates
        if candidate.status in (Status.ACCEPTED, Status.RECORDED)
    ]
    notes = [decision.note for decision in decisions.values() if decision.note]
    case = {
        "id": f"r-{release}",
        "lang": newest.lang,
        "side": newest.side,
        "publisher": newest.publisher,
        "published": newest.published.isoformat(),
        "url": newest.url,
        "title": newest.title,
        "summary": newest.summary,
        "relevant": bool(updates),
        "kind": updates[0]["signal"] if updates else _kind(notes),
        "why": "; ".join(dict.fromkeys(notes)),
        "updates": updates,
    }
    lot = db.sightings.lot_of(release)
    return case | {"sample": lot} if lot else case


def _unread(seen: KeptSighting, decision: Decision) -> bool:
    """Whether a release came after the decision, and not by a reviewer's hand."""
    return seen.joined_by is None and seen.seen_at > decision.decided_at


def _kind(notes: Sequence[str]) -> str:
    return next((kind for note in notes for reason, kind in KINDS.items() if note.startswith(reason)), "routine")


def _update(db: Subjects, candidate: Candidate, seen: KeptSighting, text: tuple[str, str]) -> dict[str, str | None]:
    signal, when = _decided(db, candidate) or (seen.sighting.signal, seen.sighting.date)
    signal = _LABELS.get(signal, signal)
    quote = quote_of(seen)
    return {
        "channel": candidate.channel,
        "signal": signal.value,
        "state": STATE_SAID[signal].value,
        "date": when.value if when else None,
        "evidence": quote if quote and any(quote in words for words in text) else None,
    }


def _decided(db: Subjects, candidate: Candidate) -> tuple[Signal, PartialDate | None] | None:
    """Signal and date as a reviewer corrected them; None where they left them as proposed."""
    rows = _recorded(db, candidate.decisions)
    own = [row for row in rows if row.own]
    if not own:
        return None
    signal = _signal(candidate.signal, own)
    when = _date(signal, own)
    reported = min(seen.release.published for seen in candidate.telling)
    undated = candidate.date is None and when in (None, PartialDate.of(reported))
    if signal is candidate.signal and (when == candidate.date or undated):
        return None
    return signal, when


def _recorded(db: Subjects, decisions: Sequence[Decision]) -> list[_Row]:
    """What the candidate's last acceptance with anything of its own put on the record; contacts first."""
    for decision in reversed(decisions):
        if decision.verdict is Verdict.ACCEPT:
            changes, contacts = db.sightings.recorded_by(decision.id)
            if any(row.own for row in (*contacts, *changes)):
                return [*contacts, *changes]
    return []


def _signal(proposed: Signal, rows: Sequence[_Row]) -> Signal:
    match rows[0]:
        case RecordedContact(outcome=outcome):
            return _SIGNAL_OF_OUTCOME[outcome]
        case RecordedChange(state=state):
            possible = _SIGNALS_OF_STATE[state]
            return proposed if proposed in possible else possible[0]


def _date(signal: Signal, rows: Sequence[_Row]) -> PartialDate | None:
    match rows[0]:
        case RecordedContact(date=when):
            return when
        case RecordedChange(effective=effective, expected=expected):
            return expected if signal is Signal.ANNOUNCED else effective


def measurement(store: Store, relationships: Sequence[str], today: date) -> Iterator[dict[str, Any]]:
    """All that the published figures are reckoned from, a row at a time; of a week only when all of it is decided.

    Rows with `rate` are strata of a week, with `release` measured releases, with `rejected` what reviewers decided
    of flagged ones.
    """
    for relationship in relationships:
        with store.reading() as db:
            planned, measured = db.samples.planned(relationship), db.samples.measured(relationship)
            decided = db.samples.decided(relationship)
        weeks = settled(planned, measured, today=today)
        for row in (*planned, *measured, *decided):
            if getattr(row, "week", None) in (None, *weeks):
                yield {"relationship": relationship, **_plain(row)}


def _plain(row: Any) -> dict[str, Any]:
    values = {name: value for name, value in vars(row).items() if name != "stratum"}
    texts = {name: value.isoformat() for name, value in values.items() if isinstance(value, date)}
    return values | texts | row.stratum._asdict()
