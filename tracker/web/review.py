"""The reviewer's pages: the queue, a candidate with its releases, and the decision. Views ask, call, answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for

from db.store import Subjects
from tracker import review as decide
from tracker.errors import Conflict, NotFound, Refused
from tracker.history import in_force
from tracker.model import Candidate, Moment, Status
from tracker.review import Choice
from tracker.web.auth import open_to, signed_in
from tracker.web.choice import REASONS, choice_from, preview, reason_from, typed
from tracker.web.current import current, find_channel

QUEUE_LENGTH = 100
"""Candidates shown at once; the rest follow on further pages."""

blueprint = Blueprint("review", __name__, url_prefix="/review")


@blueprint.app_context_processor
def _queue_size() -> dict[str, Any]:
    """How many candidates wait, for the frame of every page; counted only where a page shows it."""
    return {"pending_count": _pending_count}


def _pending_count() -> int:
    with current().service.store.reading() as db:
        return db.candidates.counts()[Status.PENDING]


@blueprint.after_request
def _keep_private(response: Response) -> Response:
    """What waits for review is nobody else's: no cache may keep it."""
    response.headers["Cache-Control"] = "private, no-store"
    return response


@blueprint.get("", strict_slashes=False)
@open_to("reviewer")
def queue() -> str:
    snapshot = current().snapshot()
    channel = request.args.get("channel") or None
    if channel:
        find_channel(snapshot, channel)
    status = _status(request.args.get("status", Status.PENDING))
    with current().service.store.reading() as db:
        counts = db.candidates.counts()
        waiting = _listed(db, status, channel, _after(request.args.get("after")))
        decided = _decided(db)
    following = waiting[QUEUE_LENGTH - 1] if len(waiting) > QUEUE_LENGTH else None
    return render_template(
        "queue.html",
        candidates=waiting[:QUEUE_LENGTH],
        following=f"{following.evidence_at.isoformat()}~{following.id}" if following else None,
        counts=counts,
        status=status,
        chosen=channel,
        channels={channel.slug: channel for channel in snapshot.channels},
        decided=decided,
        snapshot=snapshot,
        now=current().now(),
    )


def _status(word: str) -> Status:
    try:
        return Status(word)
    except ValueError:
        raise Refused(f"status is {word!r}.", f"Send one of {', '.join(Status)}.", field="status") from None


def _after(text: str | None) -> tuple[datetime, int] | None:
    """The place in the queue that a page ended with."""
    if not text:
        return None
    instant, _, candidate = text.partition("~")
    try:
        # A plus sign that was not escaped arrives as a space.
        return datetime.fromisoformat(instant.replace(" ", "+")).astimezone(UTC), int(candidate)
    except ValueError:
        raise Refused(f"after is {text!r}.", "Follow the link of the page before.", field="after") from None


def _listed(db: Subjects, status: Status, channel: str | None, after: tuple[datetime, int] | None) -> list[Candidate]:
    """One candidate more than a page shows, newest evidence first."""
    if channel is None:
        return db.candidates.queue(status, most=QUEUE_LENGTH + 1, after=after)
    found = [db.candidates.get(known.id) for known in db.candidates.known(channel) if known.status is status]
    found.sort(key=_place, reverse=True)
    return [candidate for candidate in found if after is None or _place(candidate) < after][: QUEUE_LENGTH + 1]


def _place(candidate: Candidate) -> tuple[datetime, int]:
    return candidate.evidence_at, candidate.id


@blueprint.get("/<int:number>")
@open_to("reviewer")
def candidate(number: int) -> str:
    return _page(number)


@blueprint.post("/<int:number>")
@open_to("reviewer")
def decision(number: int) -> Response | tuple[str, int] | str:
    """Check, accept or reject, by the button that was pressed. Check is the first of the form, so that Enter in a
    text field shows what would be recorded, and records nothing.
    """
    form = request.form
    try:
        match form.get("action"):
            case "accept":
                _accept(number)
            case "reject":
                _reject(number)
            case _:
                choice_from(form)
                return _page(number, form=form, checked=True)
    except Conflict as conflict:
        return _page(number, form=form, conflict=conflict), 409
    except NotFound:
        raise
    except Refused as refused:
        return _page(number, form=form, refused=refused), refused.status
    return redirect(_next(number), 303)


def _accept(number: int) -> None:
    choice = choice_from(request.form)
    version = _version()
    service = current().service
    decide.accept(service.store, number, version, by=signed_in().name, at=service.clock(), choice=choice)


def _reject(number: int) -> None:
    service = current().service
    reason = reason_from(request.form)
    decide.reject(service.store, number, _version(), by=signed_in().name, at=service.clock(), reason=reason)


def _version() -> int:
    text = request.form.get("version", "")
    if not (text.isascii() and text.isdecimal()):
        raise Refused("The form does not say which version it decides.", "Open the candidate again.", field="version")
    return int(text)


def _next(number: int) -> str:
    """The candidate that waits after the one just decided, else the queue; both offer to undo."""
    channel = request.args.get("channel") or None
    with current().service.store.reading() as db:
        decided = db.candidates.get(number)
        rest = _listed(db, Status.PENDING, channel, _place(decided)) or _listed(db, Status.PENDING, channel, None)
    if rest:
        return url_for("review.candidate", number=rest[0].id, decided=number, channel=channel)
    return url_for("review.queue", decided=number, channel=channel)


@blueprint.post("/<int:number>/undo")
@open_to("reviewer")
def undo(number: int) -> Response | tuple[str, int]:
    service = current().service
    try:
        decide.undo(service.store, number, _version(), by=signed_in().name, at=service.clock())
    except Conflict as conflict:
        return _page(number, conflict=conflict), 409
    return redirect(url_for("review.candidate", number=number), 303)


def _decided(db: Subjects) -> Candidate | None:
    """The candidate that was decided a moment ago, while it still is."""
    text = request.args.get("decided", "")
    found = db.candidates.get(int(text)) if text.isascii() and text.isdecimal() and len(text) < 19 else None
    return found if found and found.status in (Status.ACCEPTED, Status.REJECTED) else None


def _page(
    number: int,
    *,
    form: Mapping[str, str] | None = None,
    checked: bool = False,
    refused: Refused | None = None,
    conflict: Conflict | None = None,
) -> str:
    """A candidate as it stands now, with what the reviewer typed where they typed something."""
    snapshot, now = current().snapshot(), current().now()
    with current().service.store.reading() as db:
        found = db.candidates.get(number)
        if found is None:
            raise NotFound(f"There is no candidate {number}.", "The queue at /review lists those that wait.")
        changes, contacts = db.record.entries_of(found.channel)
        decided = _decided(db)
    changes, contacts = in_force(changes, now), in_force(contacts, now)
    asked = decide.question(found, changes, contacts)
    channel = find_channel(snapshot, found.channel)
    relationship = snapshot.relationship(channel.relationship)
    choice = _typed_choice(form) or asked.choice
    return render_template(
        "candidate.html",
        candidate=found,
        asked=asked,
        channel=channel,
        relationship=relationship,
        preview=preview(
            asked, choice, channel, relationship, changes, contacts, Moment(current().service.today(), now)
        ),
        form=typed(asked.choice) if form is None else form,
        reasons=REASONS,
        checked=checked,
        rejecting=request.form.get("action") == "reject",
        refused=refused,
        conflict=conflict,
        decided=decided,
        now=now,
        snapshot=snapshot,
    )


def _typed_choice(form: Mapping[str, str] | None) -> Choice | None:
    """What was typed, as far as it can be read as a choice."""
    try:
        return choice_from(form) if form else None
    except Refused:
        return None
