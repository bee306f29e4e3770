"""Amending the record beside the queue: a reviewer corrects a row, withdraws it, or cites a further source for it.

Each is one transaction. The older words stay as they were: a correction is a row that replaces another, a withdrawal a
stamp, and what an older `known_at` shows never changes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from db.audit import What
from db.record import Origin
from db.store import Store, Subjects
from tracker.errors import Conflict, Faults, NotFound, Refused
from tracker.model import Contact, Entry, Level, Source, StatusChange
from tracker.polling.intake import ask_again
from tracker.record.disputes import told_levels
from tracker.record.history import in_force
from tracker.record.lineage import first_rows
from tracker.record.rows import check_asked_by, check_levels, check_row, check_source
from tracker.reviewing.deeds import parties_of, relationship_of
from tracker.reviewing.writing import with_levels
from tracker.tongue import gettext
from tracker.wording import instant_words

Row = StatusChange | Contact

AMENDABLE = {
    StatusChange: ("state", "effective", "expected", "cause", "note", "contested", "settled", "unconfirmed"),
    Contact: (
        "outcome", "date", "end", "announced", "form", "place", "round", "persons", "summary", "asked_by",
        "substantive", "note", "contested", "settled", "unconfirmed",
    ),
}  # fmt: skip
"""The fields of a row that a correction may say otherwise."""

_KINDS = {"change": StatusChange, "contact": Contact}


@dataclass(frozen=True)
class ClaimName:
    """The name of a row of the record: `change-7`, `contact-12`."""

    kind: type[Entry]
    id: int

    @classmethod
    def read(cls, text: str) -> ClaimName:
        """Raises NotFound for what is no such name."""
        word, _, number = text.partition("-")
        if word not in _KINDS or not (number.isascii() and number.isdecimal() and len(number) < 19):
            raise NotFound(
                gettext("There is no claim %(value)s.", value=repr(text[:60])),
                gettext("Claims are named change-7 or contact-12."),
            )
        return cls(_KINDS[word], int(number))

    @property
    def word(self) -> str:
        return next(word for word, kind in _KINDS.items() if kind is self.kind)

    def __str__(self) -> str:
        return f"{self.word}-{self.id}"


@dataclass(frozen=True)
class Claim:
    """All rows that ever told one claim, oldest first, and the one that stands (None: withdrawn).

    `name` is that of its first row, the same for good.
    """

    name: ClaimName
    rows: tuple[Row, ...]
    standing: Row | None

    @property
    def newest(self) -> Row:
        """The row that stands, else the last one that stood."""
        return self.standing or self.rows[-1]


def find_claim(name: ClaimName, rows: tuple[Row, ...] | list[Row], known_at: datetime) -> Claim | None:
    """The claim that a row belongs to, whichever of its rows is named; `rows`: all of its kind on its channel."""
    by_id = {row.id: row for row in rows if row.recorded_at <= known_at}
    if name.id not in by_id:
        return None
    firsts = first_rows(by_id.values())
    first = firsts[name.id]
    told = tuple(row for row in by_id.values() if firsts[row.id] == first)
    return Claim(ClaimName(name.kind, first), told, next(iter(in_force(told, known_at)), None))


def correct(
    store: Store,
    name: ClaimName,
    amended: dict[str, Any],
    *,
    reason: str,
    by: str,
    at: datetime,
    levels: Mapping[str, Level | None] = MappingProxyType({}),
    faults: Faults | None = None,
) -> ClaimName:
    """Replace the row of that name by one that says `amended` otherwise, and keeps its sources; answers the new row.
    `levels`: by party at which level the sources that speak for it say that the sides met, None where they leave it
    open. `faults`: what was wrong with other fields, and is told with the rest.

    Raises NotFound, Refused for a correction that cannot be, Conflict where the row stands no more, StoreError.
    """
    faults = faults or Faults()
    with faults.gathered():
        check_reason(reason)
    with store.writing() as db:
        at = db.record.instant_for(at)
        row = _standing(db, name, at)
        told = told_levels(row.sources)
        otherwise = {side: level for side, level in levels.items() if level is not told.get(side)}
        sources = with_levels(row.sources, otherwise)
        fresh = replace(row, **amended, sources=sources, replaces=row.id, reason=reason.strip())
        with faults.gathered():
            _check_levels(levels, row, parties_of(db, row.channel))
        if faults.fields <= {"reason"}:
            with faults.gathered():
                _check_that_it_changes(row, fresh)
        with faults.gathered(unread=faults.fields):
            check_row(fresh, at.date())
        with faults.gathered():
            check_asked_by(amended.get("asked_by"), parties_of(db, row.channel))
        faults.check()
        added = ClaimName(name.kind, db.record.add(fresh, Origin(at, by)))
        ask_again(db, row.channel, [row], at)
        db.audit.note(What.CORRECTED, str(added), by=by, at=at, detail=fresh.reason)
        db.record.bump()
    return added


def withdraw(store: Store, name: ClaimName, *, reason: str, by: str, at: datetime) -> None:
    """Take the row of that name back; where it corrected another, that one stands again. Raises as `correct` does."""
    check_reason(reason)
    with store.writing() as db:
        at = db.record.instant_for(at)
        row = _standing(db, name, at)
        db.record.withdraw(name.kind, name.id, at=at, by=by, reason=reason.strip())
        ask_again(db, row.channel, [row], at)
        db.audit.note(What.WITHDRAWN, str(name), by=by, at=at, detail=reason.strip())
        db.record.bump()


def cite(store: Store, name: ClaimName, source: Source, *, by: str, at: datetime, faults: Faults | None = None) -> None:
    """Cite a further source for the row of that name. Raises as `correct` does."""
    faults = faults or Faults()
    with store.writing() as db:
        at = db.record.instant_for(at)
        row = _standing(db, name, at)
        if any(known.document == source.document for known in row.sources):
            raise Conflict(gettext("The row cites this source already."), gettext("Nothing was recorded."))
        with faults.gathered():
            check_source(source, relationship_of(db, row.channel).sides, at.date())
        faults.check()
        db.record.cite(name.kind, name.id, source, Origin(at, by))
        db.audit.note(What.CITED, str(name), by=by, at=at, detail=source.url)
        db.record.bump()


def _standing(db: Subjects, name: ClaimName, at: datetime) -> Row:
    """The row of that name, with the sources that count now. Raises NotFound, Conflict where it stands no more."""
    row = db.record.row(name.kind, name.id)
    if row is None:
        raise NotFound(
            gettext("There is no claim %(name)s.", name=name), gettext("The page of a channel links its claims.")
        )
    changes, contacts = db.record.entries_of(row.channel)
    rows = changes if name.kind is StatusChange else contacts
    standing = next((kept for kept in in_force(rows, at) if kept.id == name.id), None)
    if standing is None:
        raise Conflict(
            _what_became_of(row, rows), gettext("Nothing of yours was recorded; look at the claim as it stands now.")
        )
    return standing


def _what_became_of(row: Row, rows: list[Row]) -> str:
    if row.withdrawn_at:
        return gettext("The row was withdrawn at %(instant)s.", instant=instant_words(row.withdrawn_at))
    later = next(other for other in rows if other.replaces == row.id and other.withdrawn_at is None)
    return gettext(
        "%(name)s was first: corrected it at %(instant)s.",
        name=later.recorded_by,
        instant=instant_words(later.recorded_at),
    )


def check_reason(reason: str) -> None:
    """Raise Refused for an amendment without a reason."""
    if not reason.strip():
        raise Refused(
            gettext("The record says why it was amended."), gettext("Give the reason in a sentence."), field="reason"
        )


def _check_levels(levels: Collection[str], row: Row, parties: Collection[str]) -> None:
    """Raise Refused for the level that a side is to tell of which the row cites nothing."""
    check_levels(levels, parties)
    for side in levels:
        if not any(source.side == side for source in row.sources):
            raise Refused(
                gettext("The row cites no document of %(side)s.", side=side),
                gettext("Cite one, and say its level there."),
                field="levels",
            )


def _check_that_it_changes(row: Row, fresh: Row) -> None:
    told = (*AMENDABLE[type(row)], "sources")
    if all(getattr(row, name) == getattr(fresh, name) for name in told):
        raise Refused(
            gettext("The correction says what the row says already."),
            gettext("Change a field, or leave it as it is."),
        )
