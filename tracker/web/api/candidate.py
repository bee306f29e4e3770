"""Candidates as answers of the API."""

from __future__ import annotations

from datetime import datetime

from tracker import model
from tracker.record.lineage import entry_key
from tracker.reviewing.review import Choice, Question, choice_of
from tracker.web.api import schemas, shapes


def candidate(
    found: model.Candidate, question: Question | None, links: schemas.Links, now: datetime
) -> schemas.Candidate:
    """A candidate as it stands at the UTC instant; `question` where it can be decided."""
    return schemas.Candidate(
        id=found.id,
        channel=found.channel,
        signal=found.signal,
        date=shapes.partial_date(found.date),
        starts=found.starts,
        status=found.status,
        version=found.version,
        opened_at=found.opened_at,
        evidence_at=found.evidence_at,
        again=found.again,
        question=_question(question) if question else None,
        sightings=[_sighting(seen) for seen in found.shown],
        decisions=[
            schemas.Decision(verdict=d.verdict, decided_by=d.decided_by, decided_at=d.decided_at, note=d.note)
            for d in found.decisions
        ],
        regroupings=[
            schemas.Regrouping(
                move=r.move,
                taken_from=r.taken_from,
                given_to=r.given_to,
                sightings=list(r.sightings),
                by=r.by,
                at=r.at,
                note=r.note,
            )
            for r in found.regroupings
        ],
        merged_into=found.merged_into,
        held=_held(found.held(now)),
        first_word=_first_word(found.first_word) if found.first_word else None,
        second_words=[
            schemas.SecondWord(first_by=w.first.by, answer=w.answer, by=w.by, at=w.at, note=w.note)
            for w in found.second_words
        ],
        links=links,
    )


def _held(hold: model.Hold | None) -> schemas.Hold | None:
    return schemas.Hold(by=hold.by, at=hold.at, until=hold.until, reason=hold.reason) if hold else None


def _first_word(word: model.FirstWord) -> schemas.FirstWord:
    choice = choice_of(word.choice)
    return schemas.FirstWord(by=word.by, at=word.at, choice=_proposed(choice), note=choice.note)


def _question(question: Question) -> schemas.Question:
    off = question.off
    return schemas.Question(
        now=question.now,
        proposed=_proposed(question.choice),
        why=question.why,
        told=len(question.told),
        builds_on=list(question.builds_on),
        calls_off=entry_key(off.promise.made) if off.promise else None,
        which=[entry_key(promise.made) for promise in off.which],
    )


def _proposed(choice: Choice) -> schemas.Proposed:
    contact = schemas.ProposedContact(
        outcome=choice.outcome,
        date=shapes.partial_date(choice.date),
        end=choice.end,
        announced=choice.announced,
        form=choice.form,
        place=choice.place,
        persons=choice.persons,
        round=choice.round,
    ) if choice.outcome else None  # fmt: skip
    return schemas.Proposed(
        state=choice.state,
        effective=shapes.partial_date(choice.effective),
        expected=shapes.partial_date(choice.expected),
        contact=contact,
        levels=dict(choice.levels),
        cause=choice.cause,
    )


def _sighting(seen: model.KeptSighting) -> schemas.Sighting:
    said = seen.sighting
    return schemas.Sighting(
        id=seen.id,
        signal=said.signal,
        date=shapes.partial_date(said.date),
        starts=said.starts,
        confidence=round(said.confidence, 3),
        flagged=said.flagged,
        doubts=list(said.doubts),
        undated=said.undated,
        persons=list(said.persons),
        round=said.round,
        joined_because=seen.joined_because,
        reworded=seen.reworded,
        lost=seen.lost,
        evidence=[
            schemas.Evidence(field=w.field, start=w.start, end=w.end, text=w.text, role=w.role) for w in said.evidence
        ],
        release=shapes.release(seen.release),
        revision=seen.revision,
        page=_page(seen),
        seen_at=seen.seen_at,
    )


def _page(seen: model.KeptSighting) -> schemas.PageKept | None:
    if seen.page is None:
        return None
    kept = seen.page
    href = f"/api/v1/releases/{seen.release.id}/page" if kept.sha256 else None
    return schemas.PageKept(
        sha256=kept.sha256, bytes=kept.size, fetched_at=kept.fetched_at, href=href, fault=kept.fault
    )
