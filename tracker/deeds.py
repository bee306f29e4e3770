"""Which candidate a reviewer means, and who did what to it since they looked: said to whoever comes second."""

from __future__ import annotations

from datetime import datetime
from operator import itemgetter

from db.store import Subjects
from tracker.errors import Conflict, NotFound, Stale
from tracker.model import Candidate, FirstWord, Hold, Move, Regrouping


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
    """Who did what to it last, and when, besides bringing evidence or taking a decision back; None: nobody did."""
    decision = candidate.standing
    if decision is not None and not candidate.status.open:
        return f"{decision.decided_by} was first: {decision.verdict}ed at {minute(decision.decided_at)}."
    deeds = [
        *((move.at, _regrouped(candidate, move)) for move in candidate.regroupings[-1:]),
        *((hold.at, held_words(hold)) for hold in candidate.holds[-1:] if not hold.released_because),
        *((word.at, f"{word.by} {word.answer} what {word.first.by} had accepted.") for word in candidate.second_words),
        *((word.at, _said_first(word)) for word in [candidate.first_word] if word),
    ]
    decided_at = candidate.decisions[-1].decided_at if candidate.decisions else None
    last = max(deeds, key=itemgetter(0), default=None)
    return last[1] if last and (decided_at is None or last[0] >= decided_at) else None


def held_words(hold: Hold) -> str:
    """Who put a candidate aside, until when and why, in a sentence."""
    until = f" until {minute(hold.until)}" if hold.until else ""
    return f"{hold.by} put it aside{until} at {minute(hold.at)}: {hold.reason}"


def _regrouped(candidate: Candidate, last: Regrouping) -> str:
    if candidate.merged_into:
        deed = "moved it to another channel, as" if last.move is Move.CHANNEL else "merged it into"
        return f"{last.by} was first: {deed} candidate {candidate.merged_into} at {minute(last.at)}."
    others = f"split into {last.taken_from} and {last.given_to}" if last.move is Move.SPLIT else "merged with another"
    if last.move is Move.CHANNEL:
        others = "given what stood on another channel" if last.given_to == candidate.id else "moved back"
    return f"Candidate {candidate.id} was {others} by {last.by} at {minute(last.at)}."


def minute(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M} UTC"


def check_no_first_word(candidate: Candidate) -> None:
    """Raise Conflict while a candidate waits for a second person."""
    if candidate.first_word:
        raise Conflict(_said_first(candidate.first_word), "Confirm or refuse that first; they may withdraw it.")


def _said_first(word: FirstWord) -> str:
    return f"{word.by} accepted it at {minute(word.at)}, which waits for a second person."
