"""What a reviewer may do besides accepting and rejecting: later, another channel, a second person, many at once."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for

from tracker.errors import Conflict, Faults, NotFound, Refused
from tracker.measuring.blind import Answer
from tracker.model import Candidate
from tracker.reviewing import deeds, holding, regroup, second
from tracker.reviewing import review as decide
from tracker.tongue import gettext
from tracker.web.auth import as_private, open_to, signed_in
from tracker.web.current import current
from tracker.web.reach import by_itself, check_candidates, of_candidate
from tracker.web.reviewing import decoys
from tracker.web.reviewing.choice import REASONS, reason_from, text_from
from tracker.web.reviewing.review import changed, next_after, sent_version
from tracker.web.sent import whole_number

_SPANS = ("1", "3", "7", "30")
"""Days for which one press puts a candidate aside."""

MOST_AT_ONCE = 100
"""Candidates that are rejected by one press."""

blueprint = Blueprint("deciding", __name__, url_prefix="/review")
blueprint.after_request(as_private)


@blueprint.post("/<int:number>/later")
@open_to("reviewer", of_candidate)
def later(number: int) -> Response | tuple[str, int]:
    """Put a candidate aside and go on to the next, or bring it back by the button `release`."""
    if request.form.get("action") == "release":
        return changed(number, lambda store, who: holding.release(store, number, sent_version(), **who))
    return changed(
        number, lambda store, who: holding.hold(store, number, sent_version(), **_later(), **who), next_after(number)
    )


def _later() -> dict[str, Any]:
    """Why and until when it is put aside. Raises Refused that names each field that is wrong."""
    faults, reason, until = Faults(), "", None
    with faults.gathered():
        reason = text_from(request.form, "later_reason") or ""
    with faults.gathered():
        until = _until()
    if faults.fields and "later_reason" not in faults.fields:
        with faults.gathered():
            holding.check_reason(reason)
    faults.check()
    return {"reason": reason, "until": until}


@blueprint.post("/<int:number>/channel")
@open_to("reviewer", of_candidate)
def channel(number: int) -> Response | tuple[str, int]:
    """Move a candidate to another channel, and show it there; the button `back` takes such a move back."""
    if request.form.get("action") == "back":
        return changed(number, lambda store, who: regroup.back_to_channel(store, number, sent_version(), **who)[1])
    to, note = request.form.get("channel", ""), text_from(request.form, "channel_note")
    return changed(
        number, lambda store, who: regroup.to_channel(store, number, sent_version(), to, note=note, **who)[1]
    )


@blueprint.post("/<int:number>/second")
@open_to("reviewer", of_candidate)
def second_person(number: int) -> Response | tuple[str, int]:
    """Confirm what another reviewer accepted, refuse it for a reason, or withdraw one's own word."""
    match request.form.get("action"):
        case "confirm":
            return changed(number, lambda store, who: second.confirm(store, number, sent_version(), **who))
        case "withdraw":
            return changed(number, lambda store, who: second.withdraw(store, number, sent_version(), **who))
        case _:
            reason = text_from(request.form, "second_reason") or ""
            return changed(
                number, lambda store, who: second.refuse(store, number, sent_version(), reason=reason, **who)
            )


@blueprint.post("/reject")
@open_to("reviewer", by_itself)
def reject_many() -> Response | tuple[str, int]:
    """Reject what was marked, each by itself; what changed meanwhile is left alone and named."""
    service, who = current().service, signed_in().name
    check_candidates(_numbers(request.form.getlist("candidate")))
    try:
        versions, reason = _marked(), reason_from(request.form)
        decide.check_reason(reason)
        checked = [number for number in versions if decoys.answer(number, Answer.REJECTED)]
        real = {number: version for number, version in versions.items() if number not in checked}
        done = decide.reject_each(service.store, real, by=who, clock=service.clock, reason=reason)
    except Refused as refused:
        return _many(_candidates(_numbers(request.form.getlist("candidate"))), refused=refused), refused.status
    decoys.decided(*versions)
    numbers = {"done": [one.id for one in done.rejected], "skipped": list(done.skipped), "checked": checked}
    return redirect(url_for("deciding.rejected", **{name: _joined(some) for name, some in numbers.items()}), 303)


@blueprint.post("/rejected/undo")
@open_to("reviewer", by_itself)
def undo_many() -> Response:
    """Take back what was rejected together; what changed meanwhile is left alone, and shown as it stands."""
    service, who, marked = current().service, signed_in().name, _marked()
    check_candidates(marked)
    for number, version in marked.items():
        with suppress(Conflict, NotFound):
            decide.undo(service.store, number, version, by=who, at=service.clock())
    shown = {name: request.args[name] for name in ("done", "skipped", "checked") if name in request.args}
    return redirect(url_for("deciding.rejected", **shown), 303)


@blueprint.get("/rejected")
@open_to("reviewer", by_itself)
def rejected() -> str:
    """What became of candidates that were rejected together, each with its way back."""
    done, skipped = (_candidates(_numbers(request.args.get(name, "").split("."))) for name in ("done", "skipped"))
    check_candidates(one.id for one in (*done, *skipped))
    return render_template(
        "rejected.html",
        done=done,
        skipped=[(one, deeds.why_left_alone(one)) for one in skipped],
        checked=[
            number for number in _numbers(request.args.get("checked", "").split(".")) if decoys.decoy_here(number)
        ],
        channels={channel.slug: channel for channel in current().snapshot().channels},
    )


def _many(candidates: list[Candidate], *, refused: Refused) -> str:
    return render_template(
        "reject_many.html",
        candidates=candidates,
        refused=refused,
        reasons=REASONS,
        channels={channel.slug: channel for channel in current().snapshot().channels},
    )


def _marked() -> dict[int, int]:
    """The versions in which candidates were marked, by their numbers. Raises Refused."""
    marked = request.form.getlist("candidate")
    if not marked:
        remedy = gettext("Select those that are no update.")
        raise Refused(gettext("No candidate is selected."), remedy, field="candidate")
    if len(marked) > MOST_AT_ONCE:
        raise Refused(
            gettext("%(number)s are selected.", number=len(marked)),
            gettext("Select at most %(most_at_once)s at once.", most_at_once=MOST_AT_ONCE),
            field="candidate",
        )
    parts = [[whole_number(part) for part in text.partition("~")[::2]] for text in marked]
    if any(None in pair for pair in parts):
        raise Refused(
            gettext("The form does not say which are meant."), gettext("Open the queue again."), field="candidate"
        )
    return dict(parts)


def _numbers(texts: list[str]) -> list[int]:
    """The numbers of candidates in what was sent, as far as there are such; what stands after `~` does not matter."""
    numbers = (whole_number(text.partition("~")[0]) for text in texts[:MOST_AT_ONCE])
    return [number for number in numbers if number is not None]


def _joined(numbers: list[int]) -> str | None:
    return ".".join(map(str, numbers)) or None


def _candidates(numbers: list[int]) -> list[Candidate]:
    with current().service.store.reading() as db:
        return [found for number in numbers if (found := decoys.candidate_here(db, number))]


def _until() -> datetime | None:
    """The instant that was named: a time in UTC, or so many days from now. Raises Refused."""
    text, days = text_from(request.form, "until"), text_from(request.form, "days")
    if text is None and days is not None:
        if days not in _SPANS:
            raise Refused(
                gettext("days is %(days)s.", days=repr(days[:20])),
                gettext("Send one of %(known)s, or none.", known=", ".join(_SPANS)),
                field="until",
            )
        return current().service.clock() + timedelta(days=int(days))
    try:
        when = datetime.fromisoformat(text) if text else None
        return when.astimezone(UTC) if when and when.tzinfo else when and when.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise Refused(
            gettext("%(value)s is no time.", value=repr(text)),
            gettext("Write YYYY-MM-DDTHH:MM, in UTC."),
            field="until",
        ) from None
