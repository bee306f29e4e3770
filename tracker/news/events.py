"""What happened to the record's statements, as messages tell it: one event, one message, in the statement's thread.

Pure. A statement appears, is confirmed or contested by a side that had not spoken, is corrected, is withdrawn. An
event is known by its statement and by the instant at which its cause was recorded, so that the same record gives the
same events.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from typing import Any

from tracker.model import Channel, Contact, Entry, Moment, Relationship, Source, StatusChange
from tracker.record.attest import attesting
from tracker.record.disputes import Dispute, disputes
from tracker.record.history import view
from tracker.record.statement import Statement, said_of, statements
from tracker.tongue import ENGLISH, LANGUAGES, gettext, language, name_of, pgettext, speaking
from tracker.wording import change_words, entry_words, listed, recorded_words, sentences, side_in_text

END_OF_TIME = datetime.fromisoformat("9999-12-31T00:00:00Z")


class What(StrEnum):
    """What became of a statement; the last four: of a signal, which nobody had reviewed when it was told."""

    FIRST = "first"
    CONFIRMED = "confirmed"
    CONTESTED = "contested"
    CORRECTED = "corrected"
    WITHDRAWN = "withdrawn"
    REPORTED = "reported"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    REOPENED = "reopened"

    @property
    def begins(self) -> bool:
        """Whether it is the first message of its thread."""
        return self in (What.FIRST, What.REPORTED)


@dataclass(frozen=True)
class Event:
    """One thing that happened to a statement, at a UTC instant; `sequence` grows along the statement's thread.

    `told` is what a message says of the statement as it then stood, in plain JSON values. `before` is the wording that
    a correction or a withdrawal takes back; `reason` says why, where a person said so. All three are in English;
    `worded` has, by language, what is told otherwise in another one: fields of `told`, `before` and `reason`.
    """

    statement: str
    sequence: int
    what: What
    at: datetime
    channel: str
    told: dict[str, Any]
    before: str | None = None
    reason: str | None = None
    worded: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    candidate: int | None = None

    def spoken(self) -> Event:
        """It in the language that is told; in English, where it was noted before there was that language."""
        words = dict(self.worded.get(language(), {}))
        whole = {name: words.pop(name) for name in ("before", "reason") if name in words}
        return replace(self, told=self.told | words, **whole)

    @property
    def key(self) -> str:
        """`contact-7-r2`: the event by its statement and its place in the thread."""
        return f"{self.statement}-r{self.sequence}"

    @property
    def title(self) -> str:
        """It in one sentence, which begins with what happened where it is not new."""
        confirmed = f"Confirmed by {listed(self.told['confirmed_by'])}: " if self.what is What.CONFIRMED else ""
        mark = _MARKS.get(self.what, confirmed)
        return f"{mark}{self.told['channel_name']}: {self.told['words']}"


_MARKS = {
    What.CORRECTED: "Corrected: ",
    What.WITHDRAWN: "Withdrawn: ",
    What.CONTESTED: "Contested: ",
    What.REPORTED: "Not reviewed, may be wrong: ",
    What.ACCEPTED: "Accepted by a reviewer: ",
    What.REJECTED: "Rejected by a reviewer: ",
    What.REOPENED: "Waits for a review again, may be wrong: ",
}


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
    confirmed = attested_by(now) - attested_by(before) if what is What.CONFIRMED else ()
    taken_back = before if what in (What.CORRECTED, What.WITHDRAWN) else None
    reason = {What.WITHDRAWN: now.told.withdrawn_reason, What.CORRECTED: now.told.reason}.get(what)
    return Event(
        statement=now.key,
        sequence=sequence,
        what=what,
        at=at,
        channel=now.told.channel,
        told=_told(now, confirmed),
        before=_wording(taken_back),
        reason=reason,
        worded=in_other_languages(
            lambda: _words(now, confirmed) | {"before": _wording(taken_back), "reason": recorded_words(reason)}
        ),
    )


def in_other_languages(words: Callable[[], dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """What `words` answers in each language but English, by language."""
    told = {}
    for tongue in LANGUAGES.keys() - {ENGLISH}:
        with speaking(tongue):
            told[tongue] = words()
    return told


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
    if before.withdrawn or _claim(before.told) != _claim(now.told) or attested_by(before) - attested_by(now):
        return What.CORRECTED
    if _differ(now) and not _differ(before):
        return What.CONTESTED
    return What.CONFIRMED if attested_by(now) - attested_by(before) else None


def _claim(entry: Entry) -> Entry:
    """What a row says, whoever recorded it, when, why, and from which documents."""
    blank = {"id": None, "reason": None, "recorded_at": None, "recorded_by": None, "decision": None, "replaces": None}
    return replace(entry, sources=(), withdrawn_at=None, withdrawn_reason=None, **blank)


def attested_by(statement: Statement) -> set[str]:
    """The parties on whose word it stands."""
    parties = {party.code for party in statement.relationship.parties}
    return parties & {source.side for source in attesting(statement.told)}


def _differ(statement: Statement) -> tuple[Dispute, ...]:
    """In what the parties' accounts of it differ."""
    return disputes(statement.told, statement.relationship)


def _contested(statement: Statement) -> str | None:
    differ = (gettext("The sides differ on %(about)s.", about=gettext(one.about)) for one in _differ(statement))
    told = [recorded_words(statement.told.noted), *differ]
    return sentences(*told) or None


def _wording(statement: Statement | None) -> str | None:
    if statement is None:
        return None
    told = [
        entry_words(statement.told) + pgettext("at the end of a sentence", "."),
        recorded_words(said_of(statement.told)),
        gettext("On the word of %(sides)s.", sides=statement.on_the_word_of),
        gettext("(withdrawn)") if statement.withdrawn else None,
    ]
    return sentences(*told)


def _told(statement: Statement, confirmed: Collection[str]) -> dict[str, Any]:
    """What a message says. It names no reviewer, and holds nothing that feeds do not show."""
    relationship, when = statement.relationship, statement.when
    return {
        "kind": statement.kind,
        "relationship": relationship.slug,
        "category": str(statement.view.channel.category),
        "channel": statement.told.channel,
        "says": str(statement.word),
        "when": {"date": when.value, "precision": str(when.precision)} if when else None,
        "day": statement.day.isoformat(),
        "settled": statement.told.settled,
        "corroboration": statement.corroboration,
        "sources": [source_told(source) for source in statement.sources],
        **_words(statement, confirmed),
    }


def _words(statement: Statement, confirmed: Collection[str]) -> dict[str, Any]:
    """What of it is said otherwise in another language."""
    relationship = statement.relationship
    told = [entry_words(statement.told), *([change_words(statement.begins)] if statement.begins else [])]
    return {
        "channel_name": name_of(statement.view.channel.names),
        "words": pgettext("between statements", "; ").join(told),
        "detail": recorded_words(statement.detail),
        "contested": _contested(statement),
        "on_the_word_of": statement.on_the_word_of,
        "confirmed_by": [side_in_text(side, relationship) for side in relationship.sides if side in confirmed],
    }


def source_told(source: Source) -> dict[str, Any]:
    """A document as messages name it."""
    return {
        "url": source.url,
        "title": source.title,
        "publisher": source.publisher,
        "side": source.side,
        "published": source.published.value if source.published else None,
        "quote": source.quote,
    }
