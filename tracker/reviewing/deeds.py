"""Which candidate a reviewer means, and who did what to it since they looked: said to whoever comes second."""

from __future__ import annotations

from collections.abc import Collection
from operator import itemgetter

from db.store import Subjects
from tracker.errors import Conflict, NotFound, Stale
from tracker.model import (
    Answer,
    Candidate,
    Decision,
    FirstWord,
    Hold,
    Move,
    Regrouping,
    Relationship,
    SecondWord,
    Verdict,
)
from tracker.tongue import gettext, msg
from tracker.wording import instant_words

_DECIDED = {
    Verdict.ACCEPT: msg("%(name)s was first: accepted at %(instant)s."),
    Verdict.REJECT: msg("%(name)s was first: rejected at %(instant)s."),
}

_ANSWERED = {
    Answer.CONFIRMED: msg("%(name)s confirmed what %(first)s had accepted."),
    Answer.REFUSED: msg("%(name)s refused what %(first)s had accepted."),
    Answer.WITHDRAWN: msg("%(name)s withdrew what %(first)s had accepted."),
}


def existing(db: Subjects, candidate_id: int) -> Candidate:
    """The candidate of that number. Raises NotFound."""
    candidate = db.candidates.get(candidate_id)
    if candidate is None:
        raise NotFound(
            gettext("There is no candidate %(number)s.", number=candidate_id),
            gettext("The queue at /review lists those that wait."),
        )
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
        return Stale(deed, gettext("Nothing of yours was recorded; look at the candidate as it stands now."))
    return Stale(
        gettext(
            "Candidate %(number)s has changed since you opened it (new evidence, or a decision taken back).",
            number=candidate.id,
        ),
        gettext("Nothing of yours was recorded; look at it again and decide."),
    )


def stale_rows(candidate: Candidate, rows: Collection[str]) -> Stale:
    """That accepting would build on other rows of the record than a reviewer saw; `rows`: the keys of those of now."""
    remedy = gettext("Nothing of yours was recorded; look at it again and decide.")
    if not rows:
        gone = gettext("What the record told of candidate %(number)s stands no more.", number=candidate.id)
        return Stale(gone, remedy)
    return Stale(
        gettext(
            "What the record tells of candidate %(number)s has changed since you opened it; it is in %(rows)s now.",
            number=candidate.id,
            rows=", ".join(rows),
        ),
        remedy,
    )


def check_nothing_accepted(candidate: Candidate) -> None:
    """Raise Conflict where an earlier accepting of a candidate stands on the record."""
    if candidate.standing and candidate.standing.verdict is Verdict.ACCEPT:
        raise Conflict(
            gettext("What %(decided)s stands on the record.", decided=decided_words(candidate.standing)),
            gettext("Undo that decision first, or split off what tells of something else."),
        )


def why_left_alone(candidate: Candidate) -> Conflict:
    """Why one of several was not rejected with the others."""
    try:
        if candidate.status.open:
            check_nothing_accepted(candidate)
    except Conflict as conflict:
        return conflict
    return stale(candidate)


def decided_words(decision: Decision) -> str:
    """Who decided what and when, as the subject of a sentence."""
    told = {"accept": msg("%(name)s accepted at %(instant)s"), "reject": msg("%(name)s rejected at %(instant)s")}
    return gettext(told[decision.verdict], name=decision.decided_by, instant=instant_words(decision.decided_at))


def last_deed(candidate: Candidate) -> str | None:
    """Who did what to it last, and when, besides bringing evidence or taking a decision back; None: nobody did."""
    decision = candidate.standing
    if decision is not None and not candidate.status.open:
        return gettext(_DECIDED[decision.verdict], name=decision.decided_by, instant=instant_words(decision.decided_at))
    deeds = [
        *((move.at, _regrouped(candidate, move)) for move in candidate.regroupings[-1:]),
        *((hold.at, held_words(hold)) for hold in candidate.holds[-1:] if not hold.released_because),
        *((word.at, _answered(word)) for word in candidate.second_words),
        *((word.at, _said_first(word)) for word in [candidate.first_word] if word),
    ]
    decided_at = candidate.decisions[-1].decided_at if candidate.decisions else None
    last = max(deeds, key=itemgetter(0), default=None)
    return last[1] if last and (decided_at is None or last[0] >= decided_at) else None


def held_words(hold: Hold) -> str:
    """Who put a candidate aside, until when and why, in a sentence."""
    told = {"name": hold.by, "instant": instant_words(hold.at), "reason": hold.reason}
    if hold.until is None:
        return gettext("%(name)s put it aside at %(instant)s: %(reason)s", **told)
    until = instant_words(hold.until)
    return gettext("%(name)s put it aside until %(until)s at %(instant)s: %(reason)s", until=until, **told)


def _answered(word: SecondWord) -> str:
    return gettext(_ANSWERED[word.answer], name=word.by, first=word.first.by)


def _regrouped(candidate: Candidate, last: Regrouping) -> str:
    return gettext(
        _regrouping(candidate, last),
        name=last.by,
        instant=instant_words(last.at),
        number=candidate.id,
        into=candidate.merged_into,
        source=last.taken_from,
        other=last.given_to,
    )


def _regrouping(candidate: Candidate, last: Regrouping) -> str:
    """The sentence that tells of it, with its places."""
    match last.move:
        case Move.CHANNEL if candidate.merged_into:
            return msg("%(name)s was first: moved it to another channel, as candidate %(into)s at %(instant)s.")
        case Move.CHANNEL if last.given_to == candidate.id:
            return msg("Candidate %(number)s was given what stood on another channel by %(name)s at %(instant)s.")
        case Move.CHANNEL:
            return msg("Candidate %(number)s was moved back by %(name)s at %(instant)s.")
        case _ if candidate.merged_into:
            return msg("%(name)s was first: merged it into candidate %(into)s at %(instant)s.")
        case Move.SPLIT:
            return msg("Candidate %(number)s was split into %(source)s and %(other)s by %(name)s at %(instant)s.")
    return msg("Candidate %(number)s was merged with another by %(name)s at %(instant)s.")


def check_no_first_word(candidate: Candidate) -> None:
    """Raise Conflict while a candidate waits for a second person."""
    if candidate.first_word:
        remedy = gettext("Confirm or refuse that first; they may withdraw it.")
        raise Conflict(_said_first(candidate.first_word), remedy)


def _said_first(word: FirstWord) -> str:
    return gettext(
        "%(name)s accepted it at %(instant)s, which waits for a second person.",
        name=word.by,
        instant=instant_words(word.at),
    )


def relationship_of(db: Subjects, channel: str) -> Relationship:
    """The relationship that a channel is of."""
    slug = next(line.relationship for line in db.record.channels() if line.slug == channel)
    return next(pair for pair in db.record.relationships() if pair.slug == slug)


def parties_of(db: Subjects, channel: str) -> list[str]:
    """The codes of the two parties that a channel is between."""
    return [party.code for party in relationship_of(db, channel).parties]
