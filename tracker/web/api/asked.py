"""What a search asks for, read from a request and refused in words, for the page and the API alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from db.search import Narrowed
from tracker.errors import Refused
from tracker.model import Moment, PartialDate
from tracker.record.citation import Rows
from tracker.record.ledger import Act
from tracker.record.lineage import entry_key
from tracker.search import Kind, read_query
from tracker.tongue import gettext
from tracker.web.api.cursor import read_cursor, write_cursor
from tracker.web.auth import may, require
from tracker.web.cite import acts_after
from tracker.web.cited_rows import Shown, Since
from tracker.web.current import UNSETTLED, Snapshot, current, moment_from_request
from tracker.web.found import Asked, Place, rows_found
from tracker.web.scope import SCOPE, scoped
from tracker.web.sent import check_word

LONGEST_QUERY = 200
"""Characters that are read of what somebody looks for; more is refused."""

_PUBLIC = (Kind.CHANNEL, Kind.CHANGE, Kind.CONTACT)


NAMES = ("q", SCOPE, "kind", "side", "lang", "from", "to", "as_of", "known_at")
"""What an address may say of a search, beside the page of it."""


def asked_for(sent: Mapping[str, str], moment: Moment | None = None) -> Asked:
    """What is asked for: `q`, `kind`, `side`, `lang`, `from`, `to`, and the two clocks, which are those of the request
    where no `moment` is given.

    Releases are for reviewers, as they are one by one. Raises Refused that names the field.
    """
    q, moment = sent.get("q", ""), moment or moment_from_request()
    if len(q) > LONGEST_QUERY:
        long = f"{len(q):,}"
        raise Refused(
            gettext("q has %(count)s characters, and at most %(most)s are read.", count=long, most=LONGEST_QUERY),
            gettext("Send the few words that matter."),
            field="q",
        )
    relationships = scoped(sent.get(SCOPE)).relationships
    _check("side", sent, sorted({side for pair in relationships for side in pair.sides}))
    _check("lang", sent, sorted({lang for pair in relationships for lang in pair.languages}))
    first, last = _date("from", sent), _date("to", sent)
    if first and last and first.first > last.last:
        raise Refused(
            gettext("from is %(first)s, which is after to (%(last)s).", first=repr(str(first)), last=last),
            gettext("Send the earlier day as from, and the later as to."),
            field="from",
        )
    narrowed = Narrowed(
        side=sent.get("side"),
        lang=sent.get("lang"),
        first=first.first if first else None,
        last=last.last if last else None,
        known_at=moment.known_at if "known_at" in sent else None,
    )
    return Asked(read_query(q), _kinds(sent), moment, narrowed, moment.as_of if "as_of" in sent else None)


def _kinds(sent: Mapping[str, str]) -> tuple[Kind, ...]:
    """The kind that is asked for, else all that may be seen; releases belong to no one relationship."""
    if "kind" not in sent:
        return kinds_open() if SCOPE not in sent else _PUBLIC
    _check("kind", sent, [*Kind])
    kind = Kind(sent["kind"])
    if kind not in _PUBLIC:
        require("reviewer")
        if SCOPE in sent:
            raise Refused(
                gettext("Releases belong to no one relationship."),
                gettext("Leave out kind or relationship."),
                field="kind",
            )
    return (kind,)


def kinds_open() -> tuple[Kind, ...]:
    """What who asks may see."""
    return tuple(Kind) if may("reviewer") else _PUBLIC


def _check(name: str, sent: Mapping[str, str], known: Sequence[str]) -> None:
    if name in sent:
        check_word(name, sent[name], known)


def _date(name: str, sent: Mapping[str, str]) -> PartialDate | None:
    try:
        return PartialDate(sent[name]) if name in sent else None
    except ValueError:
        raise Refused(
            gettext("%(name)s is %(value)s, which is no date.", name=name, value=repr(sent[name][:40])),
            gettext("Send YYYY-MM-DD, YYYY-MM or YYYY."),
            field=name,
        ) from None


@dataclass(frozen=True)
class _FoundRows(Shown):
    """What of the record a search finds, all of it, as anyone sees it who is not signed in."""

    snapshot: Snapshot
    sent: Mapping[str, str]

    def rows(self, moment: Moment) -> Rows:
        clocks = {"as_of": moment.as_of.isoformat(), "known_at": moment.known_at.isoformat()}
        asked = asked_for({**self.sent, **clocks}, moment)
        with current().service.store.reading_for_all() as db:
            return rows_found(db, self.snapshot, asked.among(*(kind for kind in asked.kinds if kind in _PUBLIC)))

    def since(self, moment: Moment) -> Since:
        """What was done to the claims of which a row was found then, or is now."""
        present = Moment(moment.as_of, self.snapshot.now)
        found = {*self.rows(moment), *self.rows(present)}
        claims = {act.address for act in self.snapshot.acts if not found.isdisjoint(_rows_of(act))}
        return Since(tuple(act for act in acts_after(self.snapshot, moment.known_at) if act.address in claims))

    def settled(self) -> datetime:
        """No row is recorded before those that there are; what a channel is called may have changed since."""
        return max(self.snapshot.recorded_until, current().now() - UNSETTLED)

    def first(self) -> datetime:
        acts = self.snapshot.acts
        return acts[0].at if acts else self.snapshot.now


def _rows_of(act: Act) -> set[str]:
    return {entry_key(row) for row in (act.says, act.said) if row}


def cited_search(snapshot: Snapshot, parts: Mapping[str, Any], asked: Mapping[str, str]) -> Shown | None:
    """What of a search is cited; None where nothing is looked for, or releases, which are for reviewers."""
    sent = {name: value for name in NAMES if (value := asked.get(name, "").strip())}
    if not read_query(sent.get("q", "")) or sent.get("kind") == Kind.RELEASE:
        return None
    return _FoundRows(scoped(sent.get(SCOPE)), sent)


def read_place(cursor: str | None, asked: Asked, sent: Mapping[str, str]) -> Place | None:
    """Where a page goes on; None: at the beginning. Raises Refused for what is no cursor, or of another search."""
    if not cursor:
        return None
    (kind, number, score), _ = read_cursor(cursor, sent)
    if Kind(kind) not in asked.kinds:
        require("reviewer")
    return Kind(kind), number, float(score)


def write_place(place: Place | None, asked: Asked, sent: Mapping[str, str]) -> str | None:
    if place is None:
        return None
    kind, number, score = place
    return write_cursor((kind, number, repr(score)), asked.moment, sent)
