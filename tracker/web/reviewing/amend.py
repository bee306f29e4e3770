"""The reviewer's page of one claim: correct it, withdraw it, or cite a further source. Views read the form and call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for

from tracker.errors import Conflict, Faults, NotFound, Refused
from tracker.model import Entry, Level, Outcome, Source, State, StatusChange
from tracker.record.disputes import told_levels
from tracker.reviewing import amend
from tracker.reviewing.amend import AMENDABLE, Claim, ClaimName
from tracker.tongue import gettext
from tracker.web.auth import as_private, open_to, signed_in
from tracker.web.claims import Done
from tracker.web.current import current, find_channel
from tracker.web.reach import of_claim
from tracker.web.reviewing.choice import (
    day_from,
    level_fields,
    levels_from,
    partial_from,
    round_from,
    text_from,
    word_from,
)
from tracker.web.words import web_address
from tracker.wording import unconfirmed_words

blueprint = Blueprint("amend", __name__, url_prefix="/claims")
blueprint.after_request(as_private)

Row = amend.Row


@blueprint.get("/<name>/amend")
@open_to("reviewer", of_claim)
def form(name: str) -> str:
    return _page(ClaimName.read(name))


@blueprint.post("/<name>/amend")
@open_to("reviewer", of_claim)
def amended(name: str) -> Response | tuple[str, int]:
    """Correct, withdraw or cite, by the button that was pressed; a refusal keeps what was typed."""
    named, sent = ClaimName.read(name), request.form.to_dict()
    try:
        if sent.get("action") not in _DEEDS:
            raise Refused(
                gettext("The form does not say what to do."), gettext("Press one of its buttons."), field="action"
            )
        deed, done = _DEEDS[sent["action"]]
        shown = deed(named, sent, {"by": signed_in().name, "at": current().service.clock()})
    except Conflict as conflict:
        return _page(named, sent, conflict), 409
    except NotFound:
        raise
    except Refused as refused:
        return _page(named, sent, refused), refused.status
    return redirect(url_for("pages.claim", claim=shown, done=done), 303)


def _correct(name: ClaimName, sent: Mapping[str, str], who: dict[str, Any]) -> ClaimName:
    told: dict[str, Any] = {}
    faults = Faults()
    for field in AMENDABLE[name.kind]:
        with faults.gathered():
            told[field] = read_field(sent, field)
    levels = levels_from(sent, faults)
    reason = sent.get("reason", "")
    return amend.correct(current().service.store, name, told, reason=reason, levels=levels, faults=faults, **who)


def _withdraw(name: ClaimName, sent: Mapping[str, str], who: dict[str, Any]) -> ClaimName:
    amend.withdraw(current().service.store, name, reason=sent.get("reason", ""), **who)
    return name


def _cite(name: ClaimName, sent: Mapping[str, str], who: dict[str, Any]) -> ClaimName:
    source, faults = source_from(sent)
    amend.cite(current().service.store, name, source, faults=faults, **who)
    return name


_DEEDS: dict[str, tuple[Callable[[ClaimName, Mapping[str, str], dict[str, Any]], ClaimName], Done]] = {
    "correct": (_correct, Done.CORRECTED),
    "withdraw": (_withdraw, Done.WITHDRAWN),
    "cite": (_cite, Done.CITED),
}
"""What each button does, which answers the row to show then, and what the page of that row says was done."""


def read_field(sent: Mapping[str, str], name: str) -> Any:
    """One field of a row as it was typed. Raises Refused that names it."""
    match name:
        case "state":
            return _required(word_from(sent, name, State), name)
        case "outcome":
            return _required(word_from(sent, name, Outcome), name)
        case "effective":
            return _required(partial_from(sent, name), name)
        case "expected" | "date":
            return partial_from(sent, name)
        case "end" | "announced":
            return day_from(sent, name)
        case "round":
            return round_from(sent, name)
        case "substantive":
            return sent.get(name) == "yes"
        case "cause":
            return text_from(sent, name) or ""
        case "unconfirmed":
            return _unconfirmed(sent.get(name, ""))
    return text_from(sent, name)


def _required(value: Any, name: str) -> Any:
    if value is None:
        raise Refused(
            gettext("%(name)s is missing.", name=name), gettext("A row of the record always says it."), field=name
        )
    return value


def _unconfirmed(text: str) -> tuple[str, ...]:
    words = tuple(sorted(set(text.split())))
    if not set(words) <= {"date", "place"}:
        raise Refused(
            gettext("%(value)s is nothing that can be unconfirmed.", value=repr(text[:20])),
            gettext("Choose date, place or both."),
            field="unconfirmed",
        )
    return words


def source_from(sent: Mapping[str, str]) -> tuple[Source, Faults]:
    """What can be read of a source as it was typed, and what is wrong with the rest."""
    faults, read = Faults(), {}
    for name in ("url", "title", "publisher", "side", "published", "quote", "level"):
        read[name] = None if name in ("published", "quote", "level") else ""
        with faults.gathered():
            read[name] = _field_of_source(sent, name)
    return Source(**read, denies=bool(sent.get("denies"))), faults


def _field_of_source(sent: Mapping[str, str], name: str) -> Any:
    match name:
        case "published":
            return partial_from(sent, name)
        case "quote":
            return text_from(sent, name)
        case "level":
            return word_from(sent, name, Level)
        case "url":
            address = _required(text_from(sent, name), name)
            url = web_address(address)
            if url is None:
                raise Refused(
                    gettext("%(sent)s is no address of a page.", sent=repr(address[:80])),
                    gettext("Send one with http or https."),
                    field="url",
                )
            return url
    return _required(text_from(sent, name), name)


def typed(row: Row) -> dict[str, str]:
    """A row as the text of the form's fields."""
    shown = {name: getattr(row, name) for name in AMENDABLE[type(row)]}
    words = {name: "" if value is None else str(value) for name, value in shown.items()}
    words["unconfirmed"] = " ".join(row.unconfirmed)
    words |= level_fields(told_levels(row.sources))
    return words | ({"substantive": "yes" if row.substantive else "no"} if "substantive" in words else {})


def _claim(name: ClaimName) -> Claim:
    snapshot = current().snapshot()
    for changes, contacts in snapshot.entries.values():
        rows = changes if name.kind is StatusChange else contacts
        claim = amend.find_claim(name, rows, snapshot.now)
        if claim:
            return claim
    raise NotFound(
        gettext("There is no claim %(name)s.", name=name), gettext("The page of a channel links its claims.")
    )


def _older(claim: Claim) -> ClaimName | None:
    """The row that stands again when the one that stands is withdrawn."""
    older = next((row for row in claim.rows if row.id == claim.newest.replaces), None)
    return ClaimName(claim.name.kind, older.id) if older and not older.withdrawn_at else None


def _unconfirmed_options(kind: type[Entry]) -> list[tuple[str, str]]:
    told = ("date",) if kind is StatusChange else ("date", "place", "date place")
    return [(words, unconfirmed_words(words.split())) for words in told]


def _page(name: ClaimName, sent: Mapping[str, str] | None = None, refused: Refused | None = None) -> str:
    """Both forms tell the row as it stands; what was sent by one of them stands in its own fields alone."""
    claim, snapshot = _claim(name), current().snapshot()
    channel = find_channel(snapshot, claim.newest.channel)
    return render_template(
        "amend.html",
        claim=claim,
        row=claim.newest,
        named=name,
        stands=ClaimName(name.kind, claim.newest.id),
        older=_older(claim),
        channel=channel,
        relationship=snapshot.relationship(channel.relationship),
        form=typed(claim.newest) | dict(sent or {}),
        unconfirmed_options=[("", gettext("nothing")), *_unconfirmed_options(name.kind)],
        refused=refused,
    )
