"""From a release to candidates: each sighting joins the event that it tells of, or opens a candidate for it.

A sighting that is not flagged is probably nothing. It is kept, and moves nothing: it joins quietly what is there, or
opens a candidate that is in no queue.

Where a publisher changes its wording, and thereby what the release reports, the candidate comes back to a reviewer.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from db.candidates import Finding, Known, Said
from db.releases import Kept
from db.store import Store, Subjects
from tracker.model import (
    Candidate,
    Contact,
    KeptSighting,
    PartialDate,
    Release,
    Sighting,
    Signal,
    Source,
    Status,
    StatusChange,
)
from tracker.record.disputes import ONE_DAY
from tracker.record.history import in_force
from tracker.releases.difference import only_cut
from tracker.releases.grouping import (
    Report,
    Tie,
    Voice,
    entries_telling,
    new_evidence,
    report_of,
    same_event,
    together,
    voices_heard,
)
from tracker.releases.quoting import sources_of
from tracker.releases.study import Detect
from tracker.tongue import msg


@dataclass(frozen=True)
class HandedIn:
    """What became of a release that was handed in: as it is kept, and the candidates that it speaks of, but for the
    unlikely.

    `kept_day`: the day of publication that it keeps, where it had come before with another than it has now.
    """

    release: Release
    candidates: list[Candidate]
    kept_day: date | None = None


def hand_in(
    store: Store,
    release: Release,
    detect: Detect,
    *,
    guid: str,
    canonical_url: str | None,
    now: datetime,
    check: Callable[[Release, Iterable[Candidate]], None] | None = None,
) -> HandedIn:
    """Keep a release that somebody handed in, and answer what became of it.

    `release.url` is its address; a release handed in twice is one release, and of the day of publication with which it
    came first: that is its publisher's, and dates like "yesterday" were read by it. Where it has other words now,
    `check` is asked of the release and of the candidates in which it speaks; what it raises undoes all. Raises
    StoreError.
    """
    sightings = detect(release)
    with store.writing() as db:
        kept = db.releases.keep(release, guid=guid, canonical_url=canonical_url, now=now)
        known = release if kept.fresh else db.releases.history(kept.id).release
        if kept.revised and check:
            check(known, db.candidates.of_release(kept.id))
        other_day = known.published != release.published
        as_kept = replace(release, title=known.title, summary=known.summary, published=known.published)
        if as_kept != release:
            release, sightings = as_kept, detect(as_kept)
        take_in(db, release, kept, sightings, now=now)
        found = [found for found in db.candidates.of_release(kept.id) if found.status is not Status.UNLIKELY]
        return HandedIn(replace(known, id=kept.id), found, known.published if other_day else None)


def take_in(db: Subjects, release: Release, kept: Kept, sightings: Iterable[Sighting], *, now: datetime) -> int:
    """Attach what a kept release says to candidates, inside the caller's transaction.

    Answers how many flagged sightings were new. Nothing of the record changes here.
    """
    sightings = list(sightings)
    if kept.revised:
        _compare(db, release, kept, [sighting for sighting in sightings if sighting.flagged], now)
    return sum(_attach(db, release, kept, sighting, now) and sighting.flagged for sighting in sightings)


def in_order(sightings: Iterable[KeptSighting]) -> list[KeptSighting]:
    """As they joined their candidate, the one that opened it first."""
    return sorted(sightings, key=lambda seen: (seen.joined_because is not None, seen.id))


def retell(db: Subjects, candidate_id: int) -> None:
    """Say of a candidate what the sightings that carry it tell together."""
    db.candidates.retell(candidate_id, together(*db.candidates.reports(candidate_id)))


def _compare(db: Subjects, release: Release, kept: Kept, reported: Sequence[Sighting], now: datetime) -> None:
    """Tell the candidates in which a release speaks what it reports otherwise in its new words, or no more.

    A feed that sends teasers where it sent whole texts has taken nothing back, nor has a page that is read at last.
    """
    before = db.releases.history(kept.id).revisions[kept.revision - 2]
    if release.title == before.title and only_cut(before.summary, release.summary):
        return
    for finding in db.candidates.findings(kept.id):
        again = next((one for one in reported if _of_one_event(release, finding.sighting, one)), None)
        if again is None and not finding.lost and not kept.late:
            on_channel = [one for one in reported if one.channel == finding.sighting.channel]
            _lose(db, release, finding, on_channel, now)
        elif again and (finding.lost or _gist(again) != _gist(finding.sighting)):
            _say_otherwise(db, release, kept, finding, again, now)


def _of_one_event(release: Release, one: Sighting, other: Sighting) -> bool:
    return one.channel == other.channel and bool(
        same_event(report_of(one, release.published), report_of(other, release.published))
    )


def _lose(db: Subjects, release: Release, finding: Finding, instead: Sequence[Sighting], now: datetime) -> None:
    """What the new wording no longer gives stays with a mark, for a reviewer. A rejected one needs none."""
    why = f"{_changed(release, now)} it no longer says {_words(finding.sighting)}"
    why += f", and says {_words(instead[0])}." if instead else "."
    db.candidates.reword(finding.id, why, lost=True)
    db.candidates.touch(finding.candidate)
    if finding.status not in (Status.REJECTED, Status.UNLIKELY):
        _bring_back(db, finding.candidate, why, now)


def _say_otherwise(
    db: Subjects, release: Release, kept: Kept, finding: Finding, again: Sighting, now: datetime
) -> None:
    before = f"{'had ceased to say' if finding.lost else 'said'} {_words(finding.sighting)}"
    why = f"{_changed(release, now)} it {before}, and now says {_words(again)}."
    if kept.late:
        why = f"Its page was read on {now:%Y-%m-%d}: the feed {before}; the page says {_words(again)}."
    candidate = finding.candidate
    db.candidates.read_again(candidate, finding.id, kept.revision, again, published=release.published, at=now)
    db.candidates.reword(finding.id, why, lost=False)
    if finding.status is not Status.UNLIKELY:
        _bring_back(db, candidate, why, now)
    retell(db, candidate)


def _bring_back(db: Subjects, candidate: int, why: str, now: datetime) -> None:
    """Put a candidate before a reviewer again, also one that was put aside."""
    db.candidates.set_status(candidate, Status.PENDING, why)
    db.reviewers.release(candidate, why, at=now)


def _gist(sighting: Sighting) -> tuple[Signal, PartialDate | None, date | None]:
    return sighting.signal, sighting.date, sighting.starts


def _changed(release: Release, now: datetime) -> str:
    return f"{release.publisher} changed its wording on {now:%Y-%m-%d}:"


def _words(sighting: Sighting) -> str:
    """`held, 2024-01-08 to 2024-01-09`."""
    if sighting.date is None:
        return f"{sighting.signal}, without a date"
    days = f"{sighting.starts} to {sighting.date}" if sighting.starts else f"{sighting.date}"
    return f"{sighting.signal}, {days}"


def _attach(db: Subjects, release: Release, kept: Kept, sighting: Sighting, now: datetime) -> bool:
    """Whether what the release says is new."""
    report = report_of(sighting, release.published)  # beside the same release: a day put right is the same event
    for said in db.candidates.said_by(kept.id, sighting.channel):
        # A release speaks once of an event, wherever a reviewer has put its words meanwhile.
        if same_event(report_of(said.sighting, release.published), report) and not db.samples.is_guess(said.candidate):
            return (
                not said.sighting.flagged and sighting.flagged and _confirm(db, said, release, kept, sighting, now)
            )  # fmt: skip
    barred = db.candidates.apart(kept.id)
    report = report_of(sighting, release.published, release.side)
    if (match := nearest(db, {release.side}, report, sighting.channel, barred)) is None:
        candidate = db.candidates.open(sighting.channel, report, _first_status(db, release, sighting, now), at=now)
        _add(db, candidate, release, kept, sighting, None, now)
        return True
    known, tie = match
    _add(db, known.id, release, kept, sighting, tie.why, now)
    if sighting.flagged:
        _weigh(db, known, release, sighting, now)
    return True


def _confirm(db: Subjects, said: Said, release: Release, kept: Kept, sighting: Sighting, now: datetime) -> bool:
    """Take what was probably nothing for a report, since the same release now reads so."""
    known = next(known for known in db.candidates.known(said.channel) if known.id == said.candidate)
    db.candidates.read_again(said.candidate, said.id, kept.revision, sighting, published=release.published, at=now)
    _weigh(db, known, release, sighting, now)
    return True


def _weigh(db: Subjects, known: Known, release: Release, sighting: Sighting, now: datetime) -> None:
    """What a flagged report does to the candidate that it has joined, which was `known` before."""
    if known.status.open:
        if known.status is Status.UNLIKELY:
            db.candidates.set_status(known.id, _first_status(db, release, sighting, now))
        elif (why := _new_evidence(known.status, release, sighting, known.voices)) and db.reviewers.release(
            known.id, why, at=now
        ):
            db.candidates.set_status(known.id, Status.PENDING, why)
        retell(db, known.id)
    elif why := _new_evidence(
        known.status, release, sighting, known.voices | _heard_on_record(db, release, sighting, now)
    ):
        db.candidates.set_status(known.id, Status.PENDING, why)


def _new_evidence(status: Status, release: Release, sighting: Sighting, heard: Collection[Voice]) -> str | None:
    return new_evidence(status, sighting.signal, Voice(release.side, release.publisher), heard)


def _first_status(db: Subjects, release: Release, sighting: Sighting, now: datetime) -> Status:
    """Of an event first reported: one that the record tells of, on the word of this side too, needs no reviewer."""
    if not sighting.flagged:
        return Status.UNLIKELY
    heard = _heard_on_record(db, release, sighting, now)
    told_already = bool(heard) and _new_evidence(Status.RECORDED, release, sighting, heard) is None
    return Status.RECORDED if told_already else Status.PENDING


def _add(
    db: Subjects, candidate: int, release: Release, kept: Kept, sighting: Sighting, because: str | None, now: datetime
) -> None:
    db.candidates.add_sighting(
        candidate, kept.id, kept.revision, sighting, published=release.published, at=now, because=because
    )


def nearest(
    db: Subjects, sides: Collection[str], report: Report, channel: str, barred: Collection[int] = ()
) -> tuple[Known, Tie] | None:
    """The candidate of a channel that a report of these sides tells of, and why: of several the one most surely tied,
    one that waits before one that does not, one in which such a side has spoken, the newest. None of the `barred`,
    those that a reviewer split the release from, and none that was drawn and not accepted.
    """
    ties = [
        (known, tie)
        for known in db.candidates.known(channel, report)
        if known.id not in barred and (tie := same_event(report, known.report)) and not db.samples.is_guess(known.id)
    ]
    return max(ties, key=lambda match: _nearness(*match, sides), default=None)


def _nearness(known: Known, tie: Tie, sides: Collection[str]) -> tuple[int, bool, bool, bool, int]:
    waits, doubtful = known.status is Status.PENDING, known.status is Status.UNLIKELY
    return tie.strength, waits, not doubtful, not known.sides.isdisjoint(sides), known.id


def _heard_on_record(db: Subjects, release: Release, sighting: Sighting, now: datetime) -> set[Voice]:
    """Those on whose word the record already tells of the event; empty when it does not."""
    report = report_of(sighting, release.published, release.side)
    return voices_heard(_told_on_record(db, sighting.channel, report, now))


def ask_again(db: Subjects, channel: str, gone: Collection[StatusChange | Contact], now: datetime) -> None:
    """Put those candidates of a channel before a reviewer that have nothing on record any more, since they had it in
    rows that were withdrawn or corrected just now.
    """
    if gone:
        why = msg("The row that told of it was withdrawn or corrected.")
        for candidate in (*_told_no_more(db, channel, gone, now), *_cited_no_more(db, channel, gone, now)):
            _put_again(db, candidate, why)


def ask_of_ended(db: Subjects, channel: str, added: Collection[StatusChange], now: datetime) -> None:
    """Put those accepted candidates of a channel before a reviewer that were cited for a state since it lasted, where
    by the changes that were `added` just now it had ended before their day: else a second cut, taken for a further word
    on the first, would be missed.
    """
    if not added:
        return
    why = msg("It was accepted for a state that had ended before, by what is known now.")
    changes, _ = _standing(db, channel, now)
    cited = [(row, one) for row in changes for one in row.sources if one.decision not in (None, row.decision)]
    for decision in {one.decision for row, one in cited if any(_falls_between(row, new, one) for new in added)}:
        candidate = db.candidates.get(db.candidates.decided(decision))
        if candidate.status is Status.ACCEPTED and candidate.standing.id == decision:
            _put_again(db, candidate.id, why)


def _falls_between(row: StatusChange, new: StatusChange, source: Source) -> bool:
    """Whether another state began after a row, and by the day that a source of it gives."""
    told = source.dated and source.dated.first > row.effective.last + ONE_DAY
    return bool(told) and row.effective.first < new.effective.first <= source.dated.first


def _put_again(db: Subjects, candidate: int, why: str) -> None:
    db.candidates.set_status(candidate, Status.PENDING, why)
    db.candidates.touch(candidate)


def _told_no_more(db: Subjects, channel: str, gone: Collection[StatusChange | Contact], now: datetime) -> Iterator[int]:
    """The recorded candidates of which those rows told, and the record tells no more with the word of all who speak."""
    changes = [row for row in gone if isinstance(row, StatusChange)]
    contacts = [row for row in gone if isinstance(row, Contact)]
    for known in db.candidates.known(channel):
        if known.status is Status.RECORDED and entries_telling(known.report, changes, contacts):
            heard = voices_heard(_told_on_record(db, channel, known.report, now))
            if known.sides - {voice.side for voice in heard}:
                yield known.id


def _cited_no_more(
    db: Subjects, channel: str, gone: Collection[StatusChange | Contact], now: datetime
) -> Iterator[int]:
    """The candidates whose accepting added nothing, since those rows cited their releases, and no row does any more."""
    lost = _cited(gone).difference(_cited(row for rows in _standing(db, channel, now) for row in rows))
    for number in db.candidates.accepted_for_nothing_new(channel):
        releases = sources_of(db.candidates.get(number).telling)
        if not lost.isdisjoint(source.document for source in releases):
            yield number


def _cited(rows: Iterable[StatusChange | Contact]) -> set[tuple[str, str, str]]:
    return {source.document for row in rows for source in row.sources}


def _told_on_record(db: Subjects, channel: str, report: Report, now: datetime) -> list[StatusChange | Contact]:
    return entries_telling(report, *_standing(db, channel, now))


def _standing(db: Subjects, channel: str, now: datetime) -> tuple[list[StatusChange], list[Contact]]:
    changes, contacts = db.record.entries_of(channel)
    return in_force(changes, now), in_force(contacts, now)
