"""The reviewer's pages: the queue, a candidate with its releases, and the decision. Views ask, call, answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for

from db.store import Store, Subjects
from tracker import regroup
from tracker import review as decide
from tracker.amend import Row
from tracker.errors import Conflict, NotFound, Refused
from tracker.grouping import disagree, report_of
from tracker.history import in_force
from tracker.model import Candidate, Moment, Status
from tracker.promises import Fate
from tracker.review import Choice
from tracker.web.auth import open_to, signed_in
from tracker.web.choice import REASONS, choice_from, preview, reason_from, typed
from tracker.web.current import Snapshot, current, find_channel
from tracker.web.figures import Owed, promises_in
from tracker.web.kept_page import kept_page
from tracker.web.presence import be_present

QUEUE_LENGTH = 100
"""Candidates shown at once; the rest follow on further pages."""

MOST_NOTICES = 50
"""Cited pages that changed shown at once."""

blueprint = Blueprint("review", __name__, url_prefix="/review")


@blueprint.app_context_processor
def _queue_size() -> dict[str, Any]:
    """How much waits for a person, for the frame of every page; counted only where a page shows it."""
    return {"pending_count": _pending_count}


def _pending_count() -> int:
    with current().service.store.reading() as db:
        waiting = db.candidates.counts()[Status.PENDING] - db.waiting.count_held(current().service.clock())
        return waiting + db.watch.count_notices()


@blueprint.after_request
def keep_private(response: Response) -> Response:
    """What waits for review is nobody else's: no cache may keep it."""
    response.headers["Cache-Control"] = "private, no-store"
    return response


@blueprint.get("", strict_slashes=False)
@open_to("reviewer")
def queue() -> str:
    snapshot = current().snapshot()
    channel, words = request.args.get("channel") or None, request.args.get("q", "").strip() or None
    if channel:
        find_channel(snapshot, channel)
    status = _status(request.args.get("status", Status.PENDING))
    after = _after(request.args.get("after"))
    with current().service.store.reading() as db:
        counts = db.candidates.counts()
        found = db.candidates.queue(status, most=QUEUE_LENGTH + 1, after=after, channel=channel, words=words)
        decided = _decided(db)
        notices = db.watch.notices() if status is Status.PENDING and not words else []
    following = found[QUEUE_LENGTH - 1] if len(found) > QUEUE_LENGTH else None
    return render_template(
        "queue.html",
        candidates=found[:QUEUE_LENGTH],
        notices=[n for n in notices if not channel or channel in (claim.channel for claim in n.claims)],
        most_notices=MOST_NOTICES,
        following=f"{following.evidence_at.isoformat()}~{following.id}" if following else None,
        counts=counts,
        status=status,
        chosen=channel,
        words=words,
        channels={channel.slug: channel for channel in snapshot.channels},
        decided=decided,
        recorded=_recorded(snapshot, decided),
        lapsed=_lapsed(snapshot, channel) if status is Status.PENDING and not words else [],
        snapshot=snapshot,
        now=current().now(),
    )


def _lapsed(snapshot: Snapshot, channel: str | None) -> list[Owed]:
    """Promises whose day has passed without a report: what became of them is for a reviewer to record."""
    views = snapshot.views(Moment(current().service.today(), snapshot.now))
    return promises_in([view for view in views if channel in (None, view.channel.slug)], Fate.LAPSED)


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


@blueprint.get("/<int:number>")
@open_to("reviewer")
def candidate(number: int) -> str:
    be_present(number)
    return _page(number)


@blueprint.get("/releases/<int:number>/page")
@open_to("reviewer")
def page(number: int) -> Response:
    return kept_page(number)


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
                _check(number)
                return _page(number, form=form, checked=True)
    except Conflict as conflict:
        return _page(number, form=form, conflict=conflict), 409
    except NotFound:
        raise
    except Refused as refused:
        return _page(number, form=form, refused=refused), refused.status
    return redirect(_next(number), 303)


def _check(number: int) -> None:
    with current().service.store.reading() as db:
        channel = decide.existing(db, number).channel
    decide.check(choice_from(request.form), channel, current().now().date())


def _accept(number: int) -> None:
    choice = choice_from(request.form)
    version = sent_version()
    service = current().service
    second = service.settings.second_person
    decide.accept(service.store, number, version, by=signed_in().name, at=service.clock(), choice=choice, second=second)


def _reject(number: int) -> None:
    service = current().service
    reason = reason_from(request.form)
    decide.reject(service.store, number, sent_version(), by=signed_in().name, at=service.clock(), reason=reason)


def sent_version() -> int:
    text = request.form.get("version", "")
    if not (text.isascii() and text.isdecimal()):
        raise Refused("The form does not say which version it decides.", "Open the candidate again.", field="version")
    return int(text)


def _next(number: int) -> str:
    """The candidate that waits after the one just decided, else the queue; both offer to undo."""
    channel = request.args.get("channel") or None
    with current().service.store.reading() as db:
        decided = db.candidates.get(number)
        place = decided.evidence_at, decided.id
        older = db.candidates.queue(Status.PENDING, most=1, after=place, channel=channel)
        rest = older or db.candidates.queue(Status.PENDING, most=1, channel=channel)
    if rest:
        return url_for("review.candidate", number=rest[0].id, decided=number, channel=channel)
    return url_for("review.queue", decided=number, channel=channel)


@blueprint.post("/<int:number>/undo")
@open_to("reviewer")
def undo(number: int) -> Response | tuple[str, int]:
    return changed(number, lambda store, who: decide.undo(store, number, sent_version(), **who))


@blueprint.post("/<int:number>/queue")
@open_to("reviewer")
def put_in_queue(number: int) -> Response | tuple[str, int]:
    return changed(number, lambda store, who: decide.put_in_queue(store, number, sent_version(), **who))


@blueprint.post("/<int:number>/split")
@open_to("reviewer")
def split(number: int) -> Response | tuple[str, int]:
    """What was marked as telling of another event becomes a candidate of its own."""
    return changed(number, lambda store, who: regroup.split(store, number, sent_version(), _chosen(), **who)[0])


@blueprint.post("/<int:number>/merge")
@open_to("reviewer")
def merge(number: int) -> Response | tuple[str, int]:
    """The candidate becomes part of another one, which is shown then."""
    return changed(number, lambda store, who: regroup.merge(store, number, sent_version(), _into(), **who)[1])


def changed(number: int, change: Callable[[Store, dict[str, Any]], Candidate]) -> Response | tuple[str, int]:
    """Make a change in the reviewer's name and show the candidate that it answers; a refusal is said on the page."""
    service = current().service
    try:
        shown = change(service.store, {"by": signed_in().name, "at": service.clock()})
    except Conflict as conflict:
        return _page(number, conflict=conflict), 409
    except NotFound:
        raise
    except Refused as refused:
        return _page(number, refused=refused), refused.status
    query = request.query_string.decode()
    return redirect(url_for("review.candidate", number=shown.id) + (f"?{query}" if query else ""), 303)


def _chosen() -> list[int]:
    return [_number(text, "sightings") for text in request.form.getlist("sighting")]


def _into() -> int:
    return _number(request.form.get("into", ""), "into")


def _number(text: str, field: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise Refused("The form does not say which one is meant.", "Choose one that it offers.", field=field)
    return int(text)


def _decided(db: Subjects) -> Candidate | None:
    """The candidate that was decided a moment ago, while it still is."""
    text = request.args.get("decided", "")
    found = db.candidates.get(int(text)) if text.isascii() and text.isdecimal() and len(text) < 19 else None
    return found if found and found.status in (Status.ACCEPTED, Status.REJECTED) else None


def _recorded(snapshot: Snapshot, decided: Candidate | None) -> dict[str, list[Row]]:
    """The rows that a decision put on the record, and those on record before for which it cited its releases."""
    told = decided.standing if decided else None
    rows = [row for kind in snapshot.entries[decided.channel] for row in kind] if told else []
    return {
        "added": [row for row in rows if row.decision == told.id],
        "cited": [
            row
            for row in rows
            if row.decision != told.id and any(source.recorded_at == told.decided_at for source in row.sources)
        ],
    }


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
        histories = {seen.release.id: db.releases.history(seen.release.id) for seen in found.shown}
        decided = _decided(db)
        others = [
            other
            for status in (Status.PENDING, Status.UNLIKELY)
            for other in db.candidates.queue(status, most=QUEUE_LENGTH, channel=found.channel)
            if other.id != number
        ]
    changes, contacts = in_force(changes, now), in_force(contacts, now)
    asked = decide.question(found, changes, contacts)
    channel = find_channel(snapshot, found.channel)
    relationship = snapshot.relationship(channel.relationship)
    choice = _typed_choice(form) or asked.choice
    return render_template(
        "candidate.html",
        candidate=found,
        histories=histories,
        others=others,
        disagree=disagree(report_of(seen.sighting, seen.release.published) for seen in found.telling),
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
        recorded=_recorded(snapshot, decided),
        now=now,
        snapshot=snapshot,
    )


def _typed_choice(form: Mapping[str, str] | None) -> Choice | None:
    """What was typed, as far as it can be read as a choice."""
    try:
        return choice_from(form) if form else None
    except Refused:
        return None
