"""What a search asks for, read from a request and refused in words, for the page and the API alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from db.search import Narrowed
from tracker.errors import Refused
from tracker.model import PartialDate
from tracker.search import Kind, read_query
from tracker.web.api.cursor import read_cursor, write_cursor
from tracker.web.auth import may, require
from tracker.web.current import current, moment_from_request
from tracker.web.found import Asked, Place

LONGEST_QUERY = 200
"""Characters that are read of what somebody looks for; more is refused."""

_PUBLIC = (Kind.CHANNEL, Kind.CHANGE, Kind.CONTACT)


def asked_for(sent: Mapping[str, str]) -> Asked:
    """What a request asks for: `q`, `kind`, `side`, `lang`, `from`, `to`, and the two clocks.

    Releases are for reviewers, as they are one by one. Raises Refused that names the field.
    """
    q, moment = sent.get("q", ""), moment_from_request()
    if len(q) > LONGEST_QUERY:
        raise Refused(
            f"q has {len(q):,} characters, and at most {LONGEST_QUERY} are read.",
            "Send the few words that matter.",
            field="q",
        )
    relationships = current().snapshot().relationships
    _one_of({side for pair in relationships for side in pair.sides}, "side", sent)
    _one_of({lang for pair in relationships for lang in pair.languages}, "lang", sent)
    first, last = _date("from", sent), _date("to", sent)
    if first and last and first.first > last.last:
        raise Refused(
            f"from ({first}) is after to ({last}).", "Send the earlier day as from, the later as to.", field="from"
        )
    until = last.last if last else None
    narrowed = Narrowed(
        side=sent.get("side"),
        lang=sent.get("lang"),
        first=first.first if first else None,
        last=min(until or moment.as_of, moment.as_of) if "as_of" in sent else until,
        known_at=moment.known_at if "known_at" in sent else None,
    )
    return Asked(read_query(q), _kinds(sent), moment, narrowed)


def _kinds(sent: Mapping[str, str]) -> tuple[Kind, ...]:
    """The kind that is asked for, else all that may be seen."""
    if "kind" not in sent:
        return kinds_open()
    _one_of(tuple(Kind), "kind", sent)
    kind = Kind(sent["kind"])
    if kind not in _PUBLIC:
        require("reviewer")
    return (kind,)


def kinds_open() -> tuple[Kind, ...]:
    """What who asks may see."""
    return tuple(Kind) if may("reviewer") else _PUBLIC


def _one_of(known: Iterable[str], name: str, sent: Mapping[str, str]) -> None:
    if name in sent and sent[name] not in known:
        listed = ", ".join(known if isinstance(known, tuple) else sorted(known))
        raise Refused(f"{name} cannot be {sent[name][:40]!r}.", f"It is one of {listed}.", field=name)


def _date(name: str, sent: Mapping[str, str]) -> PartialDate | None:
    try:
        return PartialDate(sent[name]) if name in sent else None
    except ValueError:
        raise Refused(
            f"{name} is {sent[name][:40]!r}, which is no date.", "Send YYYY-MM-DD, YYYY-MM or YYYY.", field=name
        ) from None


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
