"""From a candidate to the record: what a reviewer is asked, and what their decision writes.

Nothing else in the product writes status changes or contacts, but the seed. A decision and what it puts on the record
are one transaction; taking it back withdraws those rows and leaves them in place.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from db.record import Origin
from db.store import Store, Subjects
from tracker.errors import Conflict, Faults, NotFound, Refused
from tracker.model import (
    Candidate,
    Contact,
    Decision,
    Level,
    Outcome,
    PartialDate,
    Proposal,
    Signal,
    Source,
    State,
    Status,
    StatusChange,
    Verdict,
)
from tracker.polling.intake import ask_again, ask_of_ended
from tracker.readouts import Comparer, Particular, Particulars, particulars
from tracker.record.disputes import OF_SIDE, told_levels
from tracker.record.history import in_force, state_at, was_cut, with_derived
from tracker.record.lineage import entry_key
from tracker.record.proposals import propose
from tracker.record.rows import check_asked_by, check_levels, check_row
from tracker.releases.grouping import (
    Report,
    Span,
    days_of,
    entries_telling,
    event_span,
    on_another_day,
    on_that_day,
    report_of,
)
from tracker.releases.quoting import sources_of
from tracker.reviewing.called_off import NOTHING_OFF, CalledOff, called_off
from tracker.reviewing.deeds import (
    check_no_first_word,
    check_nothing_accepted,
    existing,
    parties_of,
    stale,
    stale_rows,
    unchanged,
)
from tracker.reviewing.writing import Row, Written, uncited, why_told, with_levels, writes
from tracker.tongue import ENGLISH, gettext, msg, speaking
from tracker.wording import date_words, instant_words

NOTHING_READ = Particulars()


@dataclass(frozen=True)
class Choice:
    """What a reviewer wants recorded: a state from `effective` on, a contact, or both.

    Of a planned state `expected` says when it is to take place. `persons` who took part in a contact, `round` its
    number in a series of talks, `asked_by` the party that had asked for it. `cause` is the sentence that the record
    shows. `levels`: by party at which level its releases say that they met; of what they leave open nothing is kept.
    `another`: it is another event than that of which the record tells, so that rows are added and none is corrected.
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
    persons: str | None = None
    round: int | None = None
    asked_by: str | None = None
    cause: str = ""
    note: str | None = None
    levels: Mapping[str, Level] = field(default_factory=dict)
    another: bool = False

    def as_text(self) -> dict[str, str]:
        """What is chosen, field by field, as `choice_of` reads it again."""
        chosen = {name: value for name, value in vars(self).items() if name != "levels"}
        told = {name: str(value) for name, value in chosen.items() if value is not None and value is not False}
        return told | {f"{OF_SIDE}{side}": str(level) for side, level in self.levels.items()}


_READ = {
    "state": State,
    "effective": PartialDate,
    "expected": PartialDate,
    "outcome": Outcome,
    "date": PartialDate,
    "end": date.fromisoformat,
    "announced": date.fromisoformat,
    "round": int,
    "another": bool,
}


def choice_of(told: Mapping[str, str]) -> Choice:
    """The choice that `Choice.as_text` wrote."""
    levels = {name.removeprefix(OF_SIDE): Level(text) for name, text in told.items() if name.startswith(OF_SIDE)}
    read = {name: _READ.get(name, str)(text) for name, text in told.items() if not name.startswith(OF_SIDE)}
    return Choice(**read, levels=levels)


@dataclass(frozen=True)
class Question:
    """A candidate as it is put to a reviewer.

    `now`: the state at the time of the event; `told`: rows of the record that tell of it already; `own`: others that an
    earlier accepting of it put there; `choice`: what accepting as it stands would record, and `written` what becomes of
    its rows; `why` it is proposed; `read`: what of that the releases say in so many words; `off`: which announcement it
    calls off or puts off.
    """

    candidate: Candidate
    now: State | None
    told: tuple[Row, ...]
    choice: Choice
    why: str
    read: Particulars = NOTHING_READ
    off: CalledOff = NOTHING_OFF
    own: tuple[Row, ...] = ()
    written: tuple[Written, ...] = ()

    @property
    def standing(self) -> tuple[Row, ...]:
        """The rows in force that its acceptance may cite for or correct, first that on which `choice` is modelled."""
        return (*reversed(self.told), *self.own)

    @property
    def builds_on(self) -> tuple[str, ...]:
        """The keys of those rows: what a reviewer was shown with them holds no more once they are others."""
        return tuple(map(entry_key, self.standing))


def read_particulars(candidate: Candidate, comparer: Comparer, languages: Sequence[str]) -> Particulars:
    """What the releases that carry a candidate say of it in so many words. `languages`: those of its relationship."""
    telling = sorted(candidate.telling, key=lambda seen: seen.sighting.confidence, reverse=True)
    told = ((seen.sighting, seen.release) for seen in telling if not seen.lost)
    return particulars(candidate.signal, told, comparer, languages)


def question(
    candidate: Candidate,
    changes: Iterable[StatusChange],
    contacts: Iterable[Contact],
    read: Particulars = NOTHING_READ,
    *,
    another: bool = False,
) -> Question:
    """What to ask of a candidate, given the rows of its channel's record that are in force, and what its releases were
    `read` to say beside what happened and when. `another`: it is another event than that of which the record tells.
    """
    changes, contacts = list(changes), list(contacts)
    first, _ = span_of(candidate)
    history = with_derived(changes, contacts)
    now = state_at(history, first - timedelta(days=1))
    told = [] if another else entries_telling(_report(candidate), changes, contacts)
    before = [change for change in history if change.effective.first < first]
    met = any(one.outcome is Outcome.HELD and one.substantive and one.last and one.last < first for one in contacts)
    proposal = propose(candidate.signal, now, cut_before=was_cut(before), met_before=met)
    if not told and not another and proposal.state is None and proposal.contact is None:
        told = [change for change in before[-1:] if not change.derived]
    reported = _reported(candidate)
    off = NOTHING_OFF if told else called_off(candidate.signal, candidate.telling, reported, changes, contacts)
    choice = _as_told(_of_what_is_off(_choice(candidate, proposal, read), off), told)
    choice = replace(choice, levels=_levels(choice, candidate, told), another=another)
    own = () if another else tuple(row for row in _own_rows(candidate, changes, contacts) if row not in told)
    asked = Question(candidate, now, tuple(told), choice, proposal.why, read, off, own)
    written = writes(rows_of(candidate.channel, choice), asked.standing)
    return replace(asked, why=why_of(asked, written), written=written)


def as_chosen(
    asked: Question, choice: Choice, changes: Iterable[StatusChange], contacts: Iterable[Contact]
) -> Question:
    """The question as a reviewer's choice puts it, given the rows that are in force: `told` are the rows that tell of
    what is chosen, and `choice` is in the record's own terms where that tells of its day.

    None where it is another event, nor a contact on another day of a party that is cited there, save one that this
    candidate itself put there; another on the very day that is chosen, though the releases did not name that.
    """
    changes, contacts = list(changes), list(contacts)
    if choice.another:
        return replace(asked, choice=choice, told=(), own=())
    report = _as_dated(asked.candidate, choice)
    own = _own_rows(asked.candidate, changes, contacts)
    told = [row for row in asked.told if row in own or not on_another_day(report, row)]
    known = [*told, *asked.own]
    same = [row for row in contacts if row.outcome is choice.outcome and row not in known and on_that_day(report, row)]
    states = [row for row in changes if (row.state, row.effective) == (choice.state, choice.effective)]
    found = [*same, *(row for row in states if row not in known)]
    return replace(asked, choice=_with_unsaid(choice, found), told=(*told, *found))


def _as_dated(candidate: Candidate, choice: Choice) -> Report:
    """What a candidate reports, of the days of a contact that was chosen."""
    report = _report(candidate)
    if choice.outcome is None or choice.date is None:
        return report
    starts = choice.date.first if choice.end else None
    dated = replace(report, date=PartialDate.of(choice.end) if choice.end else choice.date, starts=starts)
    sides = {seen.release.side for seen in candidate.telling}
    return replace(dated, days=frozenset().union(*(days_of(side, dated) for side in sides)))


def _with_unsaid(choice: Choice, found: Sequence[Row]) -> Choice:
    """A choice of a day on which the record has it already, with what is said there and was not chosen."""
    for row in found:
        if isinstance(row, StatusChange):
            choice = replace(choice, cause=row.cause)
            continue
        days = {"date": row.date, "end": row.end} if choice.end is None else {}
        unsaid = [name for name in _TOLD[Contact] if name != "end" and getattr(choice, name) is None]
        choice = replace(choice, **days, **{name: getattr(row, name) for name in unsaid})
    return choice


def why_of(asked: Question, written: Sequence[Written]) -> str:
    """Why it is asked, in a sentence, by what a choice would write: of what the record tells of, that it does."""
    accepted = asked.candidate.standing and asked.candidate.standing.verdict is Verdict.ACCEPT
    if accepted and all(seen.lost for seen in asked.candidate.telling):
        return msg("The record rests on words that their publisher took back: undo the last decision, or let it stand.")
    return why_told(written) if asked.told or any(one.corrects for one in written) else asked.why


def span_of(candidate: Candidate) -> Span:
    """The first and last day that the candidate's event can have."""
    return event_span(candidate.date, candidate.starts, _reported(candidate))


def _report(candidate: Candidate) -> Report:
    """What a candidate reports, as news of the day of its first release, with the days that each side gives."""
    days = (report_of(seen.sighting, seen.release.published, seen.release.side).days for seen in candidate.telling)
    told = Report(candidate.signal, candidate.date, candidate.starts, _reported(candidate))
    return replace(told, days=frozenset().union(*days))


def _reported(candidate: Candidate) -> date:
    """The day of the first release about it."""
    return min((seen.release.published for seen in candidate.telling), default=candidate.opened_at.date())


def _choice(candidate: Candidate, proposal: Proposal, read: Particulars) -> Choice:
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
        form=_said(read.form) if proposal.contact else None,
        place=_said(read.place) if proposal.contact else None,
        persons=_said(read.persons) if proposal.contact else None,
        round=int(number) if proposal.contact and (number := _said(read.round)) else None,
        cause=_said(read.cause) or "",
        levels={side: Level(level) for side, one in read.levels.items() if (level := _said(one))},
    )


def _said(one: Particular | None) -> str | None:
    return one.value if one else None


def _of_what_is_off(choice: Choice, off: CalledOff) -> Choice:
    """The choice with the day for which what is called off had been arranged: by that it closes what was promised, and
    stands in the year for which it was asked. The day of the news stays that of its announcement.
    """
    if off.day is None or choice.outcome is None:
        return choice
    return replace(choice, date=off.day, end=off.end)


def _as_told(choice: Choice, told: Sequence[Row]) -> Choice:
    """The choice in the record's own terms, where the record tells of the event: accepting then adds sources only."""
    for entry in told:
        choice = replace(choice, **{name: getattr(entry, name) for name in _TOLD[type(entry)]})
    causes = [entry.cause for entry in told if isinstance(entry, StatusChange)]
    if not causes and choice.state is None:
        causes = [entry.summary for entry in told if isinstance(entry, Contact) and entry.summary]
    return replace(choice, cause=causes[-1]) if causes else choice


def _levels(choice: Choice, candidate: Candidate, told: Sequence[Row]) -> Mapping[str, Level]:
    """The levels of a choice; of a side whose releases are cited already, as a reviewer read these then."""
    own = {source.document for source in sources_of(candidate.telling)}
    cited = [source for row in told for source in row.sources if source.document in own]
    kept = {side: level for side, level in choice.levels.items() if all(source.side != side for source in cited)}
    return kept | told_levels(cited)


_TOLD: Mapping[type, tuple[str, ...]] = {
    StatusChange: ("state", "effective", "expected"),
    Contact: ("outcome", "date", "end", "announced", "form", "place", "persons", "round"),
}
"""What a row says that a choice says too, but for its sentence."""


_REPORTED = {
    Signal.ANNOUNCED: "It was announced",
    Signal.HELD: "A contact was held",
    Signal.RESUMED: "It was said to be resumed",
    Signal.SUSPENDED: "It was said to be suspended",
    Signal.ENDED: "It was said to be ended",
    Signal.REFUSED: "A contact was refused",
    Signal.CANCELLED: "A contact was called off",
    Signal.POSTPONED: "A contact was put off",
}


def with_plain_cause(choice: Choice, signal: Signal) -> Choice:
    """A choice of who adds no word: a state without a cause gets a plain sentence of what was reported, and when, since
    the record shows none without. On pages a person writes it.
    """
    if choice.state is None or choice.cause.strip():
        return choice
    with speaking(ENGLISH):
        when = date_words(choice.announced or choice.date or choice.effective)
        return replace(choice, cause=f"{_REPORTED[signal]}, {when}.")


def accept(
    store: Store,
    candidate_id: int,
    version: int,
    *,
    by: str,
    at: datetime,
    choice: Choice | None = None,
    second: Collection[State] = (),
    built_on: Collection[str] | None = None,
) -> Candidate:
    """Record what a candidate reports, as proposed or as the reviewer's `choice` says; cites its releases.

    Where that would put one of the `second` states on the record, nothing is recorded: it becomes the candidate's first
    word, and waits for a second person. `built_on`: the keys of the rows that the reviewer was shown as those that it
    cites for or corrects, where they were shown any. Raises NotFound, Refused for a choice that records nothing or is
    incomplete, Stale when the candidate is not open any more, has new evidence since `version` or would build on other
    rows, Conflict while it waits for a second person, StoreError.
    """
    with store.writing() as db:
        candidate = _open(db, candidate_id, version)
        at = db.record.instant_for(at)
        asked = asked_now(db, candidate, at, choice, built_on=built_on)
        check(asked.choice, candidate.channel, parties_of(db, candidate.channel), at.date())
        if _asks_second(asked, second):
            db.reviewers.add_first_word(candidate.id, asked.choice.as_text(), by=by, at=at)
            db.reviewers.release(candidate.id, "It was accepted.", at=at, by=by)
            db.candidates.touch(candidate.id)
        else:
            put_on_record(db, asked, by=by, at=at)
        return db.candidates.get(candidate.id)


def asked_now(
    db: Subjects,
    candidate: Candidate,
    at: datetime,
    choice: Choice | None = None,
    *,
    built_on: Collection[str] | None = None,
) -> Question:
    """What is asked of a candidate, by the record as it stands inside the caller's transaction, and as it is chosen:
    without a choice as proposed. Raises Stale where it would build on other rows than those whose keys are given.
    """
    changes, contacts = (in_force(rows, at) for rows in db.record.entries_of(candidate.channel))
    asked = question(candidate, changes, contacts)
    if built_on is not None and sorted(built_on) != sorted(asked.builds_on):
        raise stale_rows(candidate, asked.builds_on)
    if choice is None:
        return replace(asked, choice=with_plain_cause(asked.choice, candidate.signal))
    return as_chosen(asked, choice, changes, contacts)


def put_on_record(db: Subjects, asked: Question, *, by: str, at: datetime) -> int:
    """Accept a candidate as it is asked inside the caller's transaction; answers the decision's id. Raises Stale."""
    candidate, choice = asked.candidate, asked.choice
    entries = rows_of(candidate.channel, choice, cited_for(candidate, choice))
    decision = db.candidates.add_decision(candidate.id, Verdict.ACCEPT, by=by, at=at, note=choice.note)
    _record(db, candidate.channel, entries, asked.standing, Origin(at, by, decision))
    _settle(db, candidate, Status.ACCEPTED, by=by, at=at)
    db.record.bump()
    return decision


def cited_for(candidate: Candidate, choice: Choice) -> tuple[Source, ...]:
    """The sources that accepting a choice cites, each with the level that its side tells."""
    return with_levels(sources_of(candidate.telling), choice.levels)


def _asks_second(asked: Question, second: Collection[State]) -> bool:
    """Whether a choice would say something new of a state for which one person is not enough."""
    return any(
        isinstance(one.row, StatusChange) and one.row.state in second and one.stands is None
        for one in writes(rows_of(asked.candidate.channel, asked.choice), asked.standing)
    )


def reject(store: Store, candidate_id: int, version: int, *, by: str, at: datetime, reason: str) -> Candidate:
    """Turn a candidate down for a reason; the record stays as it is. Raises as `accept` does, and Conflict while it
    rests on an earlier accepting of the candidate: what stands there is withdrawn by its undoing, and not in passing.
    """
    check_reason(reason)
    with store.writing() as db:
        candidate = _open(db, candidate_id, version)
        check_nothing_accepted(candidate)
        db.candidates.add_decision(candidate.id, Verdict.REJECT, by=by, at=at, note=reason.strip())
        _settle(db, candidate, Status.REJECTED, by=by, at=at)
        return db.candidates.get(candidate.id)


def check_reason(reason: str) -> None:
    """Raise Refused for a rejection without a reason."""
    if not reason.strip():
        raise Refused(
            gettext("A rejection needs a reason."), gettext("Say in a few words why this is no update."), field="note"
        )


@dataclass(frozen=True)
class Rejections:
    """What became of candidates that were to be turned down together: those that were, and why others were not."""

    rejected: tuple[Candidate, ...]
    skipped: dict[int, Refused]


def reject_each(
    store: Store, versions: Mapping[int, int], *, by: str, clock: Callable[[], datetime], reason: str
) -> Rejections:
    """Turn candidates down for one reason, each by itself as `reject` does; `versions` by their numbers.

    One that has changed since, was decided, or is not there, is skipped. Raises Refused without a reason, StoreError.
    """
    rejected, skipped = [], {}
    for number, version in versions.items():
        try:
            rejected.append(reject(store, number, version, by=by, at=clock(), reason=reason))
        except (Conflict, NotFound) as refused:
            skipped[number] = refused
    return Rejections(tuple(rejected), skipped)


def undo(store: Store, candidate_id: int, version: int, *, by: str, at: datetime) -> Candidate:
    """Take the last decision back: its rows are withdrawn, never deleted, and the candidate waits again.

    Raises NotFound, Conflict when there is nothing to undo, a row of it was corrected or cited for since or it waits
    for a second person, Stale when the candidate has changed since `version`.
    """
    with store.writing() as db:
        at = db.record.instant_for(at)
        candidate = existing(db, candidate_id)
        last = candidate.standing
        if last is None:
            raise Conflict(gettext("There is no decision to undo."), gettext("Decide the candidate first."))
        check_no_first_word(candidate)
        written = _written_by(db, candidate.channel, last) if last.verdict is Verdict.ACCEPT else []
        _check_that_nobody_corrected(db, candidate.channel, written)
        _check_that_nothing_else_was_cited(db, written)
        if candidate.version != version or not db.candidates.undo(candidate.id, version, msg("A decision was undone.")):
            raise stale(candidate)
        db.candidates.add_decision(candidate.id, Verdict.UNDO, by=by, at=at, undoes=last.id)
        db.record.bump("decisions")
        if last.verdict is Verdict.ACCEPT:
            db.record.withdraw_decision(last.id, at=at, by=by, reason="The decision was undone.")
            ask_again(db, candidate.channel, written, at)
            db.record.bump()
        return db.candidates.get(candidate.id)


def _written_by(db: Subjects, channel: str, decision: Decision) -> list[Row]:
    """The rows that a decision put on the record, but for those that were withdrawn since."""
    rows = (row for kind in db.record.entries_of(channel) for row in kind)
    return [row for row in rows if row.decision == decision.id and row.withdrawn_at is None]


def _check_that_nothing_else_was_cited(db: Subjects, written: Iterable[Row]) -> None:
    """Raise Conflict where a row has a source that was cited for it later, by another candidate or by hand: withdrawn,
    the row would take that with it, and accepting anew would not bring it back.
    """
    for row in written:
        since = (one for one in row.sources if one.withdrawn_at is None and one.decision != row.decision)
        later = next((one for one in since if one.recorded_at > row.recorded_at), None)
        if later is None:
            continue
        if later.decision is None:
            raise Conflict(
                gettext("%(row)s was given a further source since.", row=entry_key(row)),
                gettext("Correct that row, which keeps its sources, or withdraw it first."),
            )
        raise Conflict(
            gettext(
                "Candidate %(id)s was accepted for %(row)s as well.",
                id=db.candidates.decided(later.decision),
                row=entry_key(row),
            ),
            gettext("Correct that row, which keeps its sources, or undo that other decision first."),
        )


def _check_that_nobody_corrected(db: Subjects, channel: str, written: Iterable[Row]) -> None:
    """Raise Conflict where a row of a decision was replaced: taken back, it would leave the row in its place behind,
    and what it had replaced itself would stand again beside that. It names the newest correction, which alone can be
    withdrawn.
    """
    changes, contacts = db.record.entries_of(channel)
    own = {entry_key(row): row for row in written}
    corrected: list[tuple[Row, Row]] = []
    for row in (*changes, *contacts):
        replaced = own.get(entry_key(replace(row, id=row.replaces))) if row.replaces else None
        if replaced and row.decision != replaced.decision and row.withdrawn_at is None:
            own[entry_key(row)] = replaced
            corrected.append((replaced, row))
    if corrected:
        replaced, newest = corrected[-1]
        raise Conflict(
            gettext("%(row)s was corrected since.", row=entry_key(replaced)),
            gettext("Withdraw the correction, %(row)s, first.", row=entry_key(newest)),
        )


def put_in_queue(store: Store, candidate_id: int, version: int, *, by: str, at: datetime) -> Candidate:
    """Let what was taken for probably nothing, or for what the record told of, wait for a decision. Raises NotFound,
    Conflict, Stale, StoreError.
    """
    with store.writing() as db:
        candidate = unchanged(db, candidate_id, version)
        if candidate.status not in (Status.UNLIKELY, Status.RECORDED):
            raise Conflict(
                gettext("Candidate %(id)s is %(status)s.", id=candidate.id, status=candidate.status),
                gettext("Only one that is unlikely or recorded is put in the queue."),
            )
        with speaking(ENGLISH):
            why = f"{by} put it in the queue at {instant_words(at)}."
        db.candidates.set_status(candidate.id, Status.PENDING, why)
        db.candidates.touch(candidate.id)
        return db.candidates.get(candidate.id)


def _open(db: Subjects, candidate_id: int, version: int) -> Candidate:
    candidate = existing(db, candidate_id)
    check_open(candidate, version)
    return candidate


def check_open(candidate: Candidate, version: int) -> None:
    """Raise Stale where a candidate is not open, or not as a reviewer saw it in that version any more; Conflict while
    it waits for a second person.
    """
    if candidate.version != version or not candidate.status.open:
        raise stale(candidate)
    check_no_first_word(candidate)


def _settle(db: Subjects, candidate: Candidate, status: Status, *, by: str, at: datetime) -> None:
    if not db.candidates.decide(candidate.id, candidate.version, status):
        raise stale(candidate)
    db.reviewers.release(candidate.id, "It was decided.", at=at, by=by)
    db.record.bump("decisions")


def check(choice: Choice, channel: str, parties: Collection[str], today: date) -> None:
    """Raise Refused, which names the fields, for a choice of which no row can be made between those `parties`."""
    faults = Faults()
    if choice.state is None and choice.outcome is None:
        faults.add(
            Refused(
                gettext("Nothing would be recorded."),
                gettext("Choose a state or a contact, or reject it."),
                field="state",
                beside=("outcome",),
            )
        )
    if choice.state and choice.effective is None:
        faults.add(
            Refused(
                gettext("A state needs the date from which it holds."),
                gettext("Give YYYY-MM-DD, YYYY-MM or YYYY."),
                field="effective",
            )
        )
        # What else is wrong with the state is told as of a day on which it may hold.
        choice = replace(choice, effective=PartialDate.of(today))
    for row in rows_of(channel, choice):
        with faults.gathered():
            check_row(row, today)
    with faults.gathered():
        check_asked_by(choice.asked_by, parties)
    with faults.gathered():
        check_levels(choice.levels, parties)
    faults.check()


def rows_of(channel: str, choice: Choice, sources: tuple[Source, ...] = ()) -> list[Row]:
    """The rows of a choice, complete or not."""
    entries: list[Row] = []
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
                persons=choice.persons,
                round=choice.round,
                asked_by=choice.asked_by,
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


def _own_rows(candidate: Candidate, changes: Iterable[StatusChange], contacts: Iterable[Contact]) -> list[Row]:
    """What an earlier accepting of this candidate put on the record and still stands."""
    accepted = {decision.id for decision in candidate.decisions if decision.verdict is Verdict.ACCEPT}
    return [entry for entry in (*changes, *contacts) if entry.decision in accepted]


def _record(db: Subjects, channel: str, rows: Sequence[Row], standing: Sequence[Row], origin: Origin) -> None:
    """Add the rows. Where the record tells of the event already, a row that says the same gets the sources, and a row
    that says otherwise is replaced by one that keeps its sources.
    """
    written = writes(rows, standing)
    replaced = {(type(one.corrects), one.corrects.id) for one in written if one.corrects}
    for one in written:
        if one.stands is None:
            db.record.add(one.row, origin)
    for other in standing:
        if (type(other), other.id) not in replaced and rows:
            for source in uncited(rows[0], other):
                db.record.cite(type(other), other.id, source, origin)
    ask_again(db, channel, [one.corrects for one in written if one.corrects], origin.at)
    added = [one.row for one in written if one.stands is None]
    ask_of_ended(db, channel, [row for row in added if isinstance(row, StatusChange)], origin.at)
