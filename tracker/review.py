"""From a candidate to the record: what a reviewer is asked, and what their decision writes.

Nothing else in the product writes status changes or contacts, but the seed. A decision and what it puts on the record
are one transaction; taking it back withdraws those rows and leaves them in place.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from db.record import Origin
from db.store import Store, Subjects
from tracker.detect.normalise import fold, sentences
from tracker.errors import Conflict, NotFound, Refused, Stale
from tracker.grouping import Span, entries_telling, event_span, says_the_same
from tracker.history import in_force, propose, state_at, was_cut, with_derived
from tracker.model import (
    Candidate,
    Contact,
    KeptSighting,
    Move,
    Outcome,
    PartialDate,
    Passage,
    Proposal,
    Signal,
    Source,
    State,
    Status,
    StatusChange,
    Verdict,
)
from tracker.rows import check_row

LONGEST_QUOTE = 300
"""Characters of a release that are quoted on the record; the whole text stays in the release."""


@dataclass(frozen=True)
class Choice:
    """What a reviewer wants recorded: a state from `effective` on, a contact, or both.

    Of a planned state `expected` says when it is to take place. `cause` is the sentence that the record shows.
    """

    state: State | None = None
    effective: PartialDate | None = None
    expected: PartialDate | None = None
    outcome: Outcome | None = None
    date: PartialDate | None = None
    end: date | None = None
    announced: date | None = None
    form: str | None = None
    place: str | None = None
    cause: str = ""
    note: str | None = None


@dataclass(frozen=True)
class Question:
    """A candidate as it is put to a reviewer.

    `now`: the state at the time of the event; `told`: rows of the record that tell of it already; `choice`: what
    accepting as it stands would record; `why` it is proposed.
    """

    candidate: Candidate
    now: State | None
    told: tuple[StatusChange | Contact, ...]
    choice: Choice
    why: str


def question(candidate: Candidate, changes: Iterable[StatusChange], contacts: Iterable[Contact]) -> Question:
    """What to ask of a candidate, given the rows of its channel's record that are in force."""
    changes, contacts = list(changes), list(contacts)
    first, _ = span_of(candidate)
    history = with_derived(changes, contacts)
    now = state_at(history, first - timedelta(days=1))
    told = entries_telling(candidate.signal, candidate.date, candidate.starts, _reported(candidate), changes, contacts)
    before = [change for change in history if change.effective.first < first]
    proposal = propose(candidate.signal, now, cut_before=was_cut(before))
    if not told and proposal.state is None and proposal.contact is None:
        told = [change for change in before[-1:] if not change.derived]
    why = "The record tells of this already; the releases become further sources." if told else proposal.why
    return Question(candidate, now, tuple(told), _as_told(_choice(candidate, proposal), told), why)


def span_of(candidate: Candidate) -> Span:
    """The first and last day that the candidate's event can have."""
    return event_span(candidate.date, candidate.starts, _reported(candidate))


def _reported(candidate: Candidate) -> date:
    """The day of the first release about it."""
    return min((seen.release.published for seen in candidate.telling), default=candidate.opened_at.date())


def _choice(candidate: Candidate, proposal: Proposal) -> Choice:
    first, last = span_of(candidate)
    reported = _reported(candidate)
    told_beforehand = candidate.signal in (Signal.ANNOUNCED, Signal.CANCELLED, Signal.POSTPONED)
    when = PartialDate.of(candidate.starts) if candidate.starts else candidate.date
    if when is None and not told_beforehand:
        when = PartialDate.of(first)
    several_days = candidate.starts is not None and last > candidate.starts
    return Choice(
        state=proposal.state,
        effective=(PartialDate.of(reported) if told_beforehand else when) if proposal.state else None,
        expected=candidate.date if proposal.state is State.PLANNED and candidate.signal is Signal.ANNOUNCED else None,
        outcome=proposal.contact,
        date=when if proposal.contact else None,
        end=last if proposal.contact and several_days else None,
        announced=reported if proposal.contact and told_beforehand else None,
        cause=_cause(candidate.telling),
    )


def _as_told(choice: Choice, told: Sequence[StatusChange | Contact]) -> Choice:
    """The choice in the record's own terms, where the record tells of the event: accepting then adds sources only."""
    for entry in told:
        if isinstance(entry, StatusChange):
            choice = replace(choice, state=entry.state, effective=entry.effective, expected=entry.expected)
        else:
            choice = replace(choice, outcome=entry.outcome, date=entry.date, end=entry.end, announced=entry.announced)
    return choice


def _cause(sightings: Sequence[KeptSighting]) -> str:
    """The title of the most telling release, with who published it: a fact, until a reviewer words it better."""
    if not sightings:
        return ""
    best = max(sightings, key=lambda seen: seen.sighting.confidence).release
    return f"{best.title} ({best.publisher})"


def accept(
    store: Store, candidate_id: int, version: int, *, by: str, at: datetime, choice: Choice | None = None
) -> Candidate:
    """Record what a candidate reports, as proposed or as the reviewer's `choice` says; cites its releases.

    Raises NotFound, Refused for a choice that records nothing or is incomplete, Stale when the candidate is not
    open any more or has new evidence since `version`, StoreError.
    """
    with store.writing() as db:
        candidate = _open(db, candidate_id, version)
        changes, contacts = db.record.entries_of(candidate.channel)
        at = db.record.instant_for(at)
        changes, contacts = in_force(changes, at), in_force(contacts, at)
        asked = question(candidate, changes, contacts)
        choice = choice or asked.choice
        check(choice, candidate.channel, at.date())
        sources = tuple(_sources(candidate.telling))
        entries = _entries(candidate.channel, choice, sources)
        decision = db.candidates.add_decision(candidate.id, Verdict.ACCEPT, by=by, at=at, note=choice.note)
        own = [row for row in _own_rows(candidate, changes, contacts) if row not in asked.told]
        standing = [*asked.told, *own]
        _record(db, entries, standing, Origin(at, by, decision))
        _settle(db, candidate, version, Status.ACCEPTED)
        db.record.bump()
        return db.candidates.get(candidate.id)


def reject(store: Store, candidate_id: int, version: int, *, by: str, at: datetime, reason: str) -> Candidate:
    """Turn a candidate down for a reason; the record stays as it is. Raises as `accept` does."""
    if not reason.strip():
        raise Refused("A rejection needs a reason.", "Say in a few words why this is no update.", field="note")
    with store.writing() as db:
        candidate = _open(db, candidate_id, version)
        db.candidates.add_decision(candidate.id, Verdict.REJECT, by=by, at=at, note=reason.strip())
        _settle(db, candidate, version, Status.REJECTED)
        return db.candidates.get(candidate.id)


def undo(store: Store, candidate_id: int, version: int, *, by: str, at: datetime) -> Candidate:
    """Take the last decision back: its rows are withdrawn, never deleted, and the candidate waits again.

    Raises NotFound, Conflict when there is nothing to undo, Stale when the candidate has changed since `version`.
    """
    with store.writing() as db:
        at = db.record.instant_for(at)
        candidate = existing(db, candidate_id)
        last = candidate.standing
        if last is None:
            raise Conflict("There is no decision to undo.", "Decide the candidate first.")
        if candidate.version != version or not db.candidates.undo(candidate.id, version, "A decision was undone."):
            raise stale(candidate)
        db.candidates.add_decision(candidate.id, Verdict.UNDO, by=by, at=at, undoes=last.id)
        db.record.bump("decisions")
        if last.verdict is Verdict.ACCEPT:
            db.record.withdraw_decision(last.id, at=at, by=by, reason="The decision was undone.")
            db.record.bump()
        return db.candidates.get(candidate.id)


def put_in_queue(store: Store, candidate_id: int, version: int, *, by: str, at: datetime) -> Candidate:
    """Let what was taken for probably nothing wait for a decision. Raises NotFound, Conflict, Stale, StoreError."""
    with store.writing() as db:
        candidate = unchanged(db, candidate_id, version)
        if candidate.status is not Status.UNLIKELY:
            raise Conflict(
                f"Candidate {candidate.id} is {candidate.status}.", "Only an unlikely one is put in the queue."
            )
        db.candidates.set_status(candidate.id, Status.PENDING, f"{by} put it in the queue at {_minute(at)}.")
        db.candidates.touch(candidate.id)
        return db.candidates.get(candidate.id)


def existing(db: Subjects, candidate_id: int) -> Candidate:
    """The candidate of that number. Raises NotFound."""
    candidate = db.candidates.get(candidate_id)
    if candidate is None:
        raise NotFound(f"There is no candidate {candidate_id}.", "The queue at /review lists those that wait.")
    return candidate


def unchanged(db: Subjects, candidate_id: int, version: int) -> Candidate:
    """The candidate in the version that a reviewer saw. Raises NotFound, Stale."""
    candidate = existing(db, candidate_id)
    if candidate.version != version:
        raise stale(candidate)
    return candidate


def stale(candidate: Candidate) -> Stale:
    """Who was first, or that new evidence came in."""
    if (deed := last_deed(candidate)) is not None:
        return Stale(deed, "Nothing of yours was recorded; look at the candidate as it stands now.")
    return Stale(
        f"Candidate {candidate.id} has changed since you opened it (new evidence, or a decision taken back).",
        "Nothing of yours was recorded; look at it again and decide.",
    )


def last_deed(candidate: Candidate) -> str | None:
    """Who decided it, or split or merged it last, and when; None where only evidence came since."""
    decision = candidate.standing
    if decision is not None and not candidate.status.open:
        return f"{decision.decided_by} was first: {decision.verdict}ed at {_minute(decision.decided_at)}."
    last = candidate.regroupings[-1] if candidate.regroupings else None
    if last is None or (candidate.decisions and last.at < candidate.decisions[-1].decided_at):
        return None
    if candidate.merged_into:
        return f"{last.by} was first: merged it into candidate {last.given_to} at {_minute(last.at)}."
    others = f"split into {last.taken_from} and {last.given_to}" if last.move is Move.SPLIT else "merged with another"
    return f"Candidate {candidate.id} was {others} by {last.by} at {_minute(last.at)}."


def _minute(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M} UTC"


def _open(db: Subjects, candidate_id: int, version: int) -> Candidate:
    candidate = unchanged(db, candidate_id, version)
    if not candidate.status.open:
        raise stale(candidate)
    return candidate


def _settle(db: Subjects, candidate: Candidate, version: int, status: Status) -> None:
    if not db.candidates.decide(candidate.id, version, status):
        raise stale(candidate)
    db.record.bump("decisions")


def check(choice: Choice, channel: str, today: date) -> None:
    """Raise Refused, which names the field, for a choice of which no row can be made."""
    if choice.state is None and choice.outcome is None:
        raise Refused("Nothing would be recorded.", "Choose a state or a contact, or reject it.", field="state")
    if choice.state and choice.effective is None:
        raise Refused(
            "A state needs the date from which it holds.", "Give YYYY-MM-DD, YYYY-MM or YYYY.", field="effective"
        )
    for row in _entries(channel, choice, ()):
        check_row(row, today)


def _sources(sightings: Iterable[KeptSighting]) -> Iterable[Source]:
    """Each release once: after a merge one may speak twice of a candidate."""
    for seen in {seen.release.id: seen for seen in sightings}.values():
        release = seen.release
        yield Source(
            url=release.url or "",
            title=release.title,
            publisher=release.publisher,
            side=release.side,
            published=PartialDate.of(release.published),
            quote=quote_of(seen),
            says=seen.sighting.signal,
            dated=seen.sighting.date,
            persons=seen.sighting.persons,
            passage=passage_of(seen),
        )


def quote_of(seen: KeptSighting) -> str | None:
    """The sentence of the release that says what happened; of a very long one, what stands about those words."""
    found = _quoted(seen)
    return found[2] if found else None


def passage_of(seen: KeptSighting) -> Passage:
    """Where the quote stands: in the revision that was read for the sighting."""
    field, start, _ = _quoted(seen) or (None, None, "")
    return Passage(seen.release.id, seen.revision, field, start)


def _quoted(seen: KeptSighting) -> tuple[str, int, str] | None:
    """The field of the release, the character at which the quote begins, and the quote."""
    fired = [words for words in seen.sighting.evidence if words.role not in ("party", "discount")]
    fired = fired or list(seen.sighting.evidence)
    if not fired:
        return None
    signal = next((words for words in fired if words.role == "signal"), fired[0])
    text = getattr(seen.release, signal.field)
    start, end = _sentence_around(text, signal.start)
    if end - start > LONGEST_QUOTE:
        start = max(start, signal.start - LONGEST_QUOTE // 2)
        end = min(end, start + LONGEST_QUOTE)
    quoted = text[start:end].strip()
    return signal.field, start + text[start:end].index(quoted), quoted


def _sentence_around(text: str, position: int) -> tuple[int, int]:
    folded = fold(text)
    spans = [folded.span(start, end) for start, end in sentences(folded.text)]
    return next(((start, end) for start, end in spans if start <= position < end), (position, len(text)))


def _entries(channel: str, choice: Choice, sources: tuple[Source, ...]) -> list[StatusChange | Contact]:
    entries: list[StatusChange | Contact] = []
    if choice.outcome:
        entries.append(
            Contact(
                channel=channel,
                outcome=choice.outcome,
                date=choice.date,
                end=choice.end,
                announced=choice.announced,
                form=choice.form,
                place=choice.place,
                summary=choice.cause or None,
                note=choice.note,
                sources=sources,
            )
        )
    if choice.state:
        entries.append(
            StatusChange(
                channel=channel,
                state=choice.state,
                effective=choice.effective,
                expected=choice.expected,
                cause=choice.cause,
                note=choice.note,
                sources=sources,
            )
        )
    return entries


def _own_rows(
    candidate: Candidate, changes: Iterable[StatusChange], contacts: Iterable[Contact]
) -> list[StatusChange | Contact]:
    """What an earlier accepting of this candidate put on the record and still stands."""
    accepted = {decision.id for decision in candidate.decisions if decision.verdict is Verdict.ACCEPT}
    return [entry for entry in (*changes, *contacts) if entry.decision in accepted]


def _record(
    db: Subjects,
    entries: Sequence[StatusChange | Contact],
    standing: Sequence[StatusChange | Contact],
    origin: Origin,
) -> None:
    """Add the entries. Where the record tells of the event already, a row that says the same gets the sources, and a
    row that says otherwise is replaced by one that keeps its sources.
    """
    replaced: set[tuple[type, int]] = set()
    for entry in entries:
        like = [other for other in standing if type(other) is type(entry)]
        if any(says_the_same(entry, other) for other in like):
            continue
        if like:
            corrected = like[0]
            entry = replace(
                entry,
                replaces=corrected.id,
                reason=entry.note or "A reviewer decided otherwise.",
                sources=(*corrected.sources, *_uncited(entry, corrected)),
            )
            replaced.add((type(corrected), corrected.id))
        db.record.add(entry, origin)
    for other in standing:
        if (type(other), other.id) not in replaced and entries:
            for source in _uncited(entries[0], other):
                db.record.cite(type(other), other.id, source, origin)


def _uncited(entry: StatusChange | Contact, other: StatusChange | Contact) -> list[Source]:
    """The sources of `entry` that `other` does not cite."""
    cited = {(source.url, source.title) for source in other.sources}
    return [source for source in entry.sources if (source.url, source.title) not in cited]
