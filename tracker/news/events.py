"""What happened to the record's statements, as messages tell it: one event, one message, in the statement's thread.

Pure. A statement appears, is confirmed or contested by a side that had not spoken, is corrected, is withdrawn. What one
decision put on the record, a status change and a contact, is one event: both are told together from then on, in the
thread that the status change names. Where the decision corrected one of the two, the other one is told in that one's
thread from then on. An event is known by the name of its thread and by the instant at which its cause was recorded, so
that the same record gives the same events.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import Any

from tracker.model import Channel, Contact, Entry, Moment, Relationship, Source, StatusChange
from tracker.record.attest import attesting
from tracker.record.disputes import Dispute, disputes
from tracker.record.history import view
from tracker.record.statement import Statement, said_of, statements
from tracker.tongue import ENGLISH, LANGUAGES, gettext, language, name_of, pgettext, speaking
from tracker.wording import change_words, entry_words, listed, recorded_words, sentences, side_in_text

Known = Mapping[tuple[str, datetime], Collection[str]]
"""Events that were noted before, by the statement of their thread and their instant: the statements they tell of."""

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

    `told` is what a message says of the statement as it then stood, in plain JSON values; `also` in it are those that
    the same decision recorded, and `opens` is true where one of all these is new. `before` is the wording that a
    correction or a withdrawal takes back; `reason` says why, where a person said so. All three are in English;
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
    def opens(self) -> bool:
        """Whether it tells something new, and so goes to whoever wants to be told, be they in its thread or not."""
        return self.what.begins or bool(self.told.get("opens"))

    def as_first(self) -> Event:
        """It for a reader who was told nothing of its thread, and to whom all in it is new."""
        if not self.opens or self.what.begins:
            return self
        worded = {tongue: _without(words, "before", "reason") for tongue, words in self.worded.items()}
        return replace(self, what=What.FIRST, before=None, reason=None, worded=worded)

    @property
    def key(self) -> str:
        """`contact-7-r2`: the event by its statement and its place in the thread."""
        return f"{self.statement}-r{self.sequence}"

    @property
    def statements(self) -> frozenset[str]:
        """The statements that it tells of, that of its thread among them."""
        return statements_told(self.statement, self.told)

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


def _without(words: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in words.items() if name not in names}


def statements_told(statement: str, told: Mapping[str, Any]) -> frozenset[str]:
    """The statements that a message of the thread of one tells of, by its words in JSON values."""
    also = (one["statement"] for one in told.get("also", ()))
    return frozenset((statement, told.get("statement", statement), *also))


def events_of(
    channel: Channel,
    relationship: Relationship,
    changes: Sequence[StatusChange],
    contacts: Sequence[Contact],
    *,
    today: date,
    since: datetime,
    known: Known = MappingProxyType({}),
) -> list[Event]:
    """What happened to a channel's statements from `since` on, oldest first, from all rows ever recorded of it.

    Left out is what is `known`, and what the world cannot know before `today` is over.
    """

    @cache
    def stood(at: datetime) -> dict[str, Statement]:
        seen = view(channel, relationship, changes, contacts, Moment(today, at))
        return {statement.key: statement for statement in statements(seen, relationship, changes, contacts)}

    found = []
    latest = stood(END_OF_TIME)
    for keys in _told_as_one(latest, known):
        instants = sorted({at for key in keys for at in latest[key].lineage.instants})
        for sequence, at in enumerate(instants):
            if at < since or (keys[0], at) in known:
                continue
            earlier = [stood(instant) for instant in instants[:sequence]]
            begun = [key for key in keys if latest[key].lineage.recorded_at <= at]
            parts = [_part(stood(at).get(key), [seen[key] for seen in earlier if key in seen]) for key in begun]
            if event := _event(keys[0], sequence, at, parts):
                found.append(event)
    return sorted(found, key=lambda event: (event.at, event.told["day"], event.statement))


def _told_as_one(latest: Mapping[str, Statement], known: Known) -> Iterable[Sequence[str]]:
    """Which statements messages tell together, the one that names their thread first: what one decision put on record,
    and after that what later decisions put there as they corrected it.

    What was told keeps its thread: statements that the world came to know of later, and those that an earlier version
    told apart, have threads of their own, since somebody follows each.
    """
    corrected_by = {
        (row.decision, row.recorded_at): key
        for key, statement in latest.items()
        for row in statement.lineage.rows[1:]
        if row.decision is not None
    }
    found: dict[str, list[str]] = {}
    threads: dict[str, str] = {}
    new = sorted(_new_together(latest, known), key=lambda keys: latest[keys[0]].lineage.recorded_at)
    for keys in new:
        first = latest[keys[0]].lineage.rows[0]
        thread = threads.get(corrected_by.get((first.decision, first.recorded_at)), keys[0])
        told_there = known.get((thread, first.recorded_at), keys)
        if (keys[0], first.recorded_at) in known or keys[0] not in told_there:
            thread = keys[0]
        found.setdefault(thread, []).extend(keys)
        threads.update(dict.fromkeys(keys, thread))
    return found.values()


def _new_together(latest: Mapping[str, Statement], known: Known) -> Iterator[tuple[str, ...]]:
    """Which statements one decision put on record, so that their first message tells all of them.

    A thread that has begun keeps the statements of its first message.
    """
    grouped: dict[object, list[str]] = defaultdict(list)
    for key, statement in latest.items():
        first = statement.lineage.rows[0]
        grouped[key if first.decision is None else (first.decision, first.recorded_at)].append(key)
    for keys in grouped.values():
        keys.sort(key=lambda key: (latest[key].kind != "change", latest[key].lineage.rows[0].id))
        first_told = {key: known.get((key, latest[key].lineage.recorded_at)) for key in keys}
        begun = {key: set(told) for key, told in first_told.items() if told is not None}
        left = [key for key in keys if key not in begun]
        for key, told in begun.items():
            theirs = [other for other in left if other in told]
            yield key, *theirs
            left = [other for other in left if other not in theirs]
        if left:
            yield tuple(left)


@dataclass(frozen=True)
class _Part:
    """One of the statements of a message: as it stands (None: the world cannot know of it yet), how it stood before
    (None: never), and what became of it.
    """

    now: Statement | None
    before: Statement | None
    what: What | None

    @property
    def shown(self) -> bool:
        """Whether it stands, or stood once."""
        return not self.now.withdrawn or self.before is not None


def _part(now: Statement | None, earlier: Sequence[Statement]) -> _Part:
    ever_stood = any(not seen.withdrawn for seen in earlier)
    before = earlier[-1] if ever_stood else None
    return _Part(now, before, became(before, now))


def _event(key: str, sequence: int, at: datetime, parts: Sequence[_Part]) -> Event | None:
    what = None if any(part.now is None for part in parts) else _together(parts)
    if what is None:
        return None
    parts = [part for part in parts if part.shown]
    main = next((part for part in parts if part.what and not part.now.withdrawn), None)
    main = main or next((part for part in parts if not part.now.withdrawn), parts[0])
    others = [part for part in parts if part is not main]
    taken_back = [part.before for part in parts if part.before] if what in (What.CORRECTED, What.WITHDRAWN) else []
    reasons = [_reason(part) for part in (main, *others)]
    opens = {"opens": True} if what is not What.FIRST and any(part.what is What.FIRST for part in parts) else {}
    return Event(
        statement=key,
        sequence=sequence,
        what=what,
        at=at,
        channel=main.now.told.channel,
        told=_told(main, others) | opens,
        before=_wordings(taken_back),
        reason=sentences(*dict.fromkeys(reasons)) or None,
        worded=in_other_languages(
            lambda: (
                _words(main, others)
                | {
                    "before": _wordings(taken_back),
                    "reason": sentences(*map(recorded_words, dict.fromkeys(filter(None, reasons)))) or None,
                }
            )
        ),
    )


def _together(parts: Sequence[_Part]) -> What | None:
    """What happened to the statements of a message as a whole."""
    happened = {part.what for part in parts} - {None}
    if not happened:
        return None
    if all(part.before is None for part in parts):
        return What.FIRST
    if all(part.now.withdrawn for part in parts):
        return What.WITHDRAWN
    if happened & {What.FIRST, What.WITHDRAWN, What.CORRECTED}:
        return What.CORRECTED
    return What.CONTESTED if What.CONTESTED in happened else What.CONFIRMED


def _reason(part: _Part) -> str | None:
    """Why it is not told as before, where a person said so."""
    told = part.now.told
    return {What.WITHDRAWN: told.withdrawn_reason, What.CORRECTED: told.reason}.get(part.what)


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


def _wordings(told: Iterable[Statement]) -> str | None:
    return sentences(*map(_wording, told)) or None


def _wording(statement: Statement) -> str:
    told = [
        entry_words(statement.told) + pgettext("at the end of a sentence", "."),
        recorded_words(said_of(statement.told)),
        gettext("On the word of %(sides)s.", sides=statement.on_the_word_of),
        gettext("(withdrawn)") if statement.withdrawn else None,
    ]
    return sentences(*told)


def _told(main: _Part, others: Sequence[_Part]) -> dict[str, Any]:
    """What a message says. It names no reviewer, and holds nothing that feeds do not show."""
    statement = main.now
    return {
        "relationship": statement.relationship.slug,
        "category": str(statement.view.channel.category),
        "channel": statement.told.channel,
        "day": statement.day.isoformat(),
        **_facts(statement),
        **_words(main, others),
    }


def _facts(statement: Statement) -> dict[str, Any]:
    """What is said of one statement alike in every language."""
    when = statement.when
    return {
        "statement": statement.key,
        "kind": statement.kind,
        "says": str(statement.word),
        "when": {"date": when.value, "precision": str(when.precision)} if when else None,
        "settled": statement.told.settled,
        "unconfirmed": list(statement.told.unconfirmed),
        "corroboration": statement.corroboration,
        "sources": [source_told(source) for source in statement.sources],
    }


def _words(main: _Part, others: Sequence[_Part]) -> dict[str, Any]:
    """What of it is said otherwise in another language."""
    parts = [main, *others]
    standing = [part for part in parts if not part.now.withdrawn] or parts
    confirmed = {side for part in parts for side in _confirming(part)}
    own = _own_words(main.now)
    return {
        "channel_name": name_of(main.now.view.channel.names),
        **own,
        "words": pgettext("between statements", "; ").join(_own_words(part.now)["words"] for part in standing),
        "confirmed_by": _sides(confirmed, main.now.relationship),
        "also": [
            {
                **_facts(part.now),
                **_own_words(part.now),
                "confirmed_by": _sides(_confirming(part), part.now.relationship),
                "what": part.what,
                "withdrawn": part.now.withdrawn,
            }
            for part in others
        ],
    }


def _own_words(statement: Statement) -> dict[str, Any]:
    told = [entry_words(statement.told), *([change_words(statement.begins)] if statement.begins else [])]
    return {
        "words": pgettext("between statements", "; ").join(told),
        "detail": recorded_words(statement.detail),
        "contested": statement.contested,
        "on_the_word_of": statement.on_the_word_of,
    }


def _confirming(part: _Part) -> set[str]:
    """The parties that had not spoken and confirm it now."""
    return attested_by(part.now) - attested_by(part.before) if part.what is What.CONFIRMED else set()


def _sides(codes: Collection[str], relationship: Relationship) -> list[str]:
    return [side_in_text(side, relationship) for side in relationship.sides if side in codes]


def source_told(source: Source) -> dict[str, Any]:
    """A document as messages name it."""
    return {
        "url": source.url,
        "title": source.title,
        "publisher": source.publisher,
        "side": source.side,
        "published": source.published.value if source.published else None,
        "quote": source.quote,
        "level": source.level,
        "denies": source.denies,
    }
