"""One candidate on one screen, as it stands now: what is read for it, and what of that each part of the page shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import render_template, request

from db.blind import Word
from db.store import Subjects
from db.waiting import Similar, Waiting
from tracker import tongue
from tracker.errors import Conflict, Refused
from tracker.model import (
    THIRD_PARTY,
    Candidate,
    Contact,
    Moment,
    Move,
    Relationship,
    Release,
    ReleaseHistory,
    Status,
    StatusChange,
)
from tracker.record.history import in_force
from tracker.releases.grouping import disagree, report_of
from tracker.reviewing import review as decide
from tracker.reviewing.review import Choice
from tracker.web.current import Snapshot, current, find_channel
from tracker.web.readouts import told_of_candidate
from tracker.web.reviewing import blind, decoys
from tracker.web.reviewing.asked import Asked, asked_for, moment_now, waiting
from tracker.web.reviewing.choice import REASONS, choice_from, dates_of, doubts, preview, typed
from tracker.web.reviewing.hints import hints
from tracker.web.reviewing.notice import decided_before, told_of
from tracker.web.reviewing.particulars import particulars_of
from tracker.web.reviewing.screen import Side, words_of_release
from tracker.web.sent import whole_number

MOST_OTHERS = 100
"""Candidates with which one may be merged."""

SIMILAR = 4
"""Decisions on like candidates shown beside one."""


@dataclass(frozen=True)
class _Read:
    """What is read of a candidate, of its channel's record in force, of its queue, and of what was done just before.

    `others`: those with which it may be merged, the newest first. `split_off`: the candidate that was split off it a
    moment ago, with the releases that went there.
    """

    found: Candidate
    word: Word | None
    changes: list[StatusChange]
    contacts: list[Contact]
    histories: Mapping[int, ReleaseHistory]
    asked: Asked
    queue: Sequence[Waiting]
    similar: Sequence[Similar]
    others: Sequence[Waiting]
    decided: Candidate | None
    split_off: tuple[int, tuple[Release, ...]] | None


def candidate_page(
    number: int,
    *,
    form: Mapping[str, str] | None = None,
    checked: bool = False,
    refused: Refused | None = None,
    conflict: Conflict | None = None,
) -> str:
    """A candidate as it stands now, with what the reviewer typed where they typed something, and what is wrong with it.

    `checked`: it can be recorded as it was typed. Raises NotFound where there is none of that number.
    """
    snapshot, now = current().snapshot(), current().now()
    with current().service.store.reading() as db:
        read = _read(db, number, snapshot)
    channel = find_channel(snapshot, read.found.channel)
    relationship = snapshot.relationship(channel.relationship)
    return render_template(
        "candidate.html",
        candidate=read.found,
        channel=channel,
        relationship=relationship,
        word=read.word,
        checked=checked,
        refused=refused,
        conflict=conflict,
        now=now,
        snapshot=snapshot,
        **_of_releases(read, relationship, snapshot),
        **_of_queue(read),
        **_of_decision(read, relationship, snapshot, form),
        **told_of(read.decided, snapshot, now),
    )


def queue_of(db: Subjects, snapshot: Snapshot) -> tuple[Asked, list[Waiting]]:
    """The queue from which a candidate was opened, in its order."""
    asked = asked_for(request.args, snapshot)
    return asked, waiting(db, asked, snapshot, moment_now())


def _read(db: Subjects, number: int, snapshot: Snapshot) -> _Read:
    now = db.record.instant_for(current().now())
    found = decoys.existing_here(db, number)
    changes, contacts = db.record.entries_of(found.channel)
    asked, queue = queue_of(db, snapshot)
    return _Read(
        found,
        word=blind.word_of(db, number),
        changes=in_force(changes, now),
        contacts=in_force(contacts, now),
        histories={seen.release.id: decoys.history_of(db, seen) for seen in found.shown},
        asked=asked,
        queue=queue,
        similar=db.waiting.similar(found.id, found.channel, found.signal, most=SIMILAR),
        others=_others(db, found),
        decided=decided_before(db, now),
        split_off=_split_off(db, found),
    )


def _others(db: Subjects, found: Candidate) -> list[Waiting]:
    """Those of its channel that wait, the newest first, then what is probably nothing; without what is still to be read
    before its proposal.
    """
    reads_first = decoys.reads_first(db)
    pending = db.waiting.beside(found.channel, Status.PENDING, most=MOST_OTHERS)
    pending = sorted([*pending, *decoys.open_on(db, found.channel)], key=lambda one: (one.evidence_at, one.id))
    unlikely = db.waiting.beside(found.channel, Status.UNLIKELY, most=MOST_OTHERS)
    others = [*(one for one in reversed(pending) if not reads_first(one)), *unlikely]
    return [one for one in others if one.id != found.id]


def _split_off(db: Subjects, found: Candidate) -> tuple[int, tuple[Release, ...]] | None:
    """What the address says was split off it, as far as that is so, and still lies there."""
    number = whole_number(request.args.get("split", ""))
    parted = (one for one in found.regroupings if one.move is Move.SPLIT and one.taken_from == found.id)
    move = next((one for one in parted if one.given_to == number), None)
    own = db.candidates.get(number) if move else None
    moved = {seen.release.id: seen.release for seen in own.shown if seen.id in move.sightings} if own else {}
    return (number, tuple(moved.values())) if moved else None


def _of_releases(read: _Read, relationship: Relationship, snapshot: Snapshot) -> dict[str, Any]:
    """What was released: each side's words, and how far they agree."""
    return {
        "histories": read.histories,
        "disagree": disagree(report_of(seen.sighting, seen.release.published) for seen in read.found.telling),
        "sides": _sides(read.found, relationship, snapshot),
        "told": told_of_candidate(read.found, read.histories, relationship),
        "reads": tongue.language(),
    }


def _of_queue(read: _Read) -> dict[str, Any]:
    """Where it stands among those that wait, what it may be merged with, and how like ones were decided."""
    return {
        "beside": _beside(read.queue, read.found.id),
        "place": next((place for place, one in enumerate(read.queue, 1) if one.id == read.found.id), None),
        "waiting": len(read.queue),
        "kept": read.asked.kept,
        "others": read.others,
        "similar": read.similar,
        "split_off": read.split_off,
    }


def _of_decision(
    read: _Read, relationship: Relationship, snapshot: Snapshot, form: Mapping[str, str] | None
) -> dict[str, Any]:
    """What is asked, what was typed, and what accepting that would change."""
    asked = decide.question(read.found, read.changes, read.contacts, particulars_of(read.found))
    rejecting = request.form.get("action") == "reject"
    typed_choice = None if rejecting else _typed_choice(form)
    choice = typed_choice or asked.choice
    chosen = decide.as_chosen(asked, typed_choice, read.changes, read.contacts) if typed_choice else asked
    moment = Moment(current().service.today(), current().now())
    channel = find_channel(snapshot, read.found.channel)
    return {
        "asked": asked,
        "chosen": chosen,
        "preview": preview(chosen, channel, relationship, read.changes, read.contacts, moment),
        "doubts": doubts(asked, choice),
        "dates": dates_of(choice),
        "form": typed(asked.choice) if form is None or rejecting else form,
        "typing": form is not None and not rejecting,
        "rejecting": rejecting,
        "reason_text": request.form.get("reason_text", ""),
        "reasons": REASONS,
    }


def _beside(queue: Sequence[Waiting], number: int) -> tuple[int | None, int | None]:
    """The numbers of those that wait before and after a candidate, each None at the end of the queue."""
    numbers = [one.id for one in queue]
    if number not in numbers:
        return None, next(iter(numbers), None)
    place = numbers.index(number)
    return (numbers[place - 1] if place else None), next(iter(numbers[place + 1 :]), None)


def _sides(candidate: Candidate, relationship: Relationship, snapshot: Snapshot) -> list[Side]:
    """What each side released, the two parties always, third parties where they spoke."""
    detector = current().service.pack(relationship.slug).detector
    sides = []
    for code in relationship.sides:
        seen = [seen for seen in candidate.shown if seen.release.side == code]
        if seen or code != THIRD_PARTY:
            known = hints(seen, snapshot.channels, relationship, detector)
            sides.append(Side(code, tuple(map(words_of_release, seen)), known))
    return sides


def _typed_choice(form: Mapping[str, str] | None) -> Choice | None:
    """What was typed, as far as it can be read as a choice."""
    try:
        return choice_from(form) if form else None
    except Refused:
        return None
