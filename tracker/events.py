"""What happened to the record's statements, as messages tell it: one event, one message, in the statement's thread.

Pure. A statement appears, is confirmed or contested by a side that had not spoken, is corrected, is withdrawn. An
event is known by its statement and by the instant at which its cause was recorded, so that the same record gives the
same events.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from typing import Any

from tracker.attest import attesting
from tracker.disputes import Dispute, disputes
from tracker.history import view
from tracker.model import Channel, Contact, Entry, Moment, Relationship, StatusChange
from tracker.statement import Statement, said_of, statements
from tracker.wording import change_words, entry_words, listed, side_in_text

END_OF_TIME = datetime.fromisoformat("9999-12-31T00:00:00Z")


class What(StrEnum):
    """What became of a statement."""

    FIRST = "first"
    CONFIRMED = "confirmed"
    CONTESTED = "contested"
    CORRECTED = "corrected"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Event:
    """One thing that happened to a statement, at a UTC instant; `sequence` grows along the statement's thread.

    `told` is what a message says of the statement as it then stood, in plain JSON values. `before` is the wording that
    a correction or a withdrawal takes back; `reason` says why, where a person said so.
    """

    statement: str
    sequence: int
    what: What
    at: datetime
    channel: str
    told: dict[str, Any]
    before: str | None = None
    reason: str | None = None

    @property
    def key(self) -> str:
        """`contact-7-r2`: the event by its statement and its place in the thread."""
        return f"{self.statement}-r{self.sequence}"

    @property
    def title(self) -> str:
        """It in one sentence, which begins with what happened where it is not new."""
        confirmed = f"Confirmed by {listed(self.told['confirmed_by'])}: " if self.what is What.CONFIRMED else ""
        marks = {What.CORRECTED: "Corrected: ", What.WITHDRAWN: "Withdrawn: ", What.CONTESTED: "Contested: "}
        mark = marks.get(self.what, confirmed)
        return f"{mark}{self.told['channel_name']}: {self.told['words']}"


def events_of(
    channel: Channel,
    relationship: Relationship,
    changes: Sequence[StatusChange],
    contacts: Sequence[Contact],
    *,
    today: date,
    since: datetime,
    known: Collection[tuple[str, datetime]] = (),
) -> list[Event]:
    """What happened to a channel's statements from `since` on, oldest first, from all rows ever recorded of it.

    Left out is what is `known` by statement and instant, and what the world cannot know before `today` is over.
    """

    @cache
    def stood(at: datetime) -> dict[str, Statement]:
        seen = view(channel, relationship, changes, contacts, Moment(today, at))
        return {statement.key: statement for statement in statements(seen, relationship, changes, contacts)}

    found = []
    for key, latest in stood(END_OF_TIME).items():
        instants = latest.lineage.instants
        for sequence, at in enumerate(instants):
            if at < since or (key, at) in known:
                continue
            earlier = [seen for instant in instants[:sequence] if (seen := stood(instant).get(key))]
            ever_stood = any(not seen.withdrawn for seen in earlier)
            event = _event(earlier[-1] if ever_stood else None, stood(at).get(key), sequence, at)
            if event:
                found.append(event)
    return sorted(found, key=lambda event: (event.at, event.told["day"], event.statement))


def _event(before: Statement | None, now: Statement | None, sequence: int, at: datetime) -> Event | None:
    what = became(before, now)
    if what is None:
        return None
    confirmed = speaking(now) - speaking(before) if what is What.CONFIRMED else ()
    return Event(
        statement=now.key,
        sequence=sequence,
        what=what,
        at=at,
        channel=now.told.channel,
        told=_told(now, confirmed),
        before=_wording(before) if what in (What.CORRECTED, What.WITHDRAWN) else None,
        reason={What.WITHDRAWN: now.told.withdrawn_reason, What.CORRECTED: now.told.reason}.get(what),
    )


def became(before: Statement | None, now: Statement | None) -> What | None:
    """What happened between two looks at one statement; None where readers need not be told.

    A party's word more is a confirmation, unless it says otherwise. That of a third party is neither, and stands in
    the feeds alone.
    """
    if now is None or (now.withdrawn and (before is None or before.withdrawn)):
        return None
    if before is None:
        return What.FIRST
    if now.withdrawn:
        return What.WITHDRAWN
    if before.withdrawn or _claim(before.told) != _claim(now.told) or speaking(before) - speaking(now):
        return What.CORRECTED
    if _differ(now) and not _differ(before):
        return What.CONTESTED
    return What.CONFIRMED if speaking(now) - speaking(before) else None


def _claim(entry: Entry) -> Entry:
    """What a row says, whoever recorded it, when, why, and from which documents."""
    blank = {"id": None, "reason": None, "recorded_at": None, "recorded_by": None, "decision": None, "replaces": None}
    return replace(entry, sources=(), withdrawn_at=None, withdrawn_reason=None, **blank)


def speaking(statement: Statement) -> set[str]:
    """The parties on whose word it stands."""
    parties = {party.code for party in statement.relationship.parties}
    return parties & {source.side for source in attesting(statement.told)}


def _differ(statement: Statement) -> tuple[Dispute, ...]:
    """In what the parties' accounts of it differ."""
    return disputes(statement.told, statement.relationship)


def _contested(statement: Statement) -> str | None:
    told = [statement.told.contested, *(f"The sides differ on {one.about}." for one in _differ(statement))]
    return " ".join(filter(None, told)) or None


def _wording(statement: Statement) -> str:
    said = f"{entry_words(statement.told)}. {said_of(statement.told)}".strip()
    taken_back = " (withdrawn)" if statement.withdrawn else ""
    return f"{said} On the word of {statement.on_the_word_of}.{taken_back}"


def _told(statement: Statement, confirmed: Iterable[str]) -> dict[str, Any]:
    """What a message says. It names no reviewer, and holds nothing that feeds do not show."""
    relationship, when = statement.relationship, statement.when
    then = f"; {change_words(statement.begins)}" if statement.begins else ""
    names = (side_in_text(side, relationship) for side in relationship.sides if side in confirmed)
    return {
        "kind": statement.kind,
        "relationship": relationship.slug,
        "category": str(statement.view.channel.category),
        "channel": statement.told.channel,
        "channel_name": statement.view.channel.names["en"],
        "says": str(statement.word),
        "words": f"{entry_words(statement.told)}{then}",
        "detail": statement.detail,
        "when": {"date": when.value, "precision": str(when.precision)} if when else None,
        "day": statement.day.isoformat(),
        "contested": _contested(statement),
        "settled": statement.told.settled,
        "corroboration": statement.corroboration,
        "on_the_word_of": statement.on_the_word_of,
        "confirmed_by": list(names),
        "sources": list(_cited(statement)),
    }


def _cited(statement: Statement) -> Iterator[dict[str, Any]]:
    for source in statement.sources:
        yield {
            "url": source.url,
            "title": source.title,
            "publisher": source.publisher,
            "side": source.side,
            "published": source.published.value if source.published else None,
            "quote": source.quote,
        }
