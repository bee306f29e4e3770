"""The reviewer's pages: the queue, a candidate with its releases, and the decision. Views ask, call, answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for

from db.store import Store
from tracker import tongue
from tracker.errors import Conflict, NotFound, Refused
from tracker.measuring.blind import Answer
from tracker.model import Candidate, Signal, Status
from tracker.reviewing import regroup
from tracker.reviewing import review as decide
from tracker.reviewing.deeds import parties_of
from tracker.reviewing.review import Choice
from tracker.reviewing.triage import following
from tracker.tongue import gettext
from tracker.web.auth import as_private, open_to, signed_in
from tracker.web.current import current
from tracker.web.reach import by_itself, in_reach, of_candidate, reach
from tracker.web.reviewing import blind, decoys
from tracker.web.reviewing.asked import asked_for
from tracker.web.reviewing.candidate_page import candidate_page, queue_of
from tracker.web.reviewing.choice import (
    checked_choice,
    dates_of,
    doubts,
    reason_from,
    reason_mark,
)
from tracker.web.reviewing.presence import be_present
from tracker.web.reviewing.queue import settled_page, status_asked_for, waiting_page
from tracker.web.reviewing.screen import SIGNAL_WORDS
from tracker.web.sent import whole_number
from tracker.web.serving.kept_page import kept_page

blueprint = Blueprint("review", __name__, url_prefix="/review")
blueprint.after_request(as_private)
blueprint.before_request(decoys.make_ready)


@blueprint.app_context_processor
def _queue_size() -> dict[str, Any]:
    """How much waits for a person, for the frame of every page; counted only where a page shows it."""
    return {"pending_count": _pending_count}


def _pending_count() -> int:
    within, now = reach(), current().service.clock()
    with current().service.store.reading() as db:
        waiting = db.candidates.counts(within)[Status.PENDING] - db.waiting.count_held(now, within)
        notices = db.watch.count_notices() if within is None else len([n for n in db.watch.notices() if in_reach(n)])
        return waiting + decoys.count_waiting(db) + notices


@blueprint.app_template_filter("signal")
def signal_words(signal: Signal) -> str:
    """What a release reports, as a word in the reader's language."""
    return tongue.gettext(SIGNAL_WORDS[signal])


blueprint.add_app_template_filter(reason_mark, "reason")


@blueprint.get("", strict_slashes=False)
@open_to("reviewer", by_itself)
def queue() -> str:
    status = status_asked_for()
    return waiting_page() if status is Status.PENDING else settled_page(status)


@blueprint.get("/keys")
@open_to("reviewer", by_itself)
def keys() -> str:
    return render_template("keys.html")


@blueprint.get("/<int:number>")
@open_to("reviewer", of_candidate)
def candidate(number: int) -> str:
    be_present(number)
    decoys.opened(number)
    return blind.before(number) or candidate_page(number)


@blueprint.get("/releases/<int:number>/page")
@open_to("reviewer", by_itself)
def page(number: int) -> Response:
    return kept_page(number)


@blueprint.post("/<int:number>")
@open_to("reviewer", of_candidate)
def decision(number: int) -> Response | tuple[str, int] | str:
    """Check, accept or reject, by the button that was pressed. Check is the first of the form, so that Enter in a
    text field shows what would be recorded, and records nothing.
    """
    form, then = request.form, next_after(number)
    checked = decoys.decoy_here(number)
    if checked and checked.answer:
        return redirect(_itself(number), 303)
    try:
        match form.get("action"):
            case "accept":
                if not _accept(number):
                    return candidate_page(number, form=form)
            case "reject":
                _reject(number)
            case _:
                _check(number)
                return candidate_page(number, form=form, checked=True)
    except Conflict as conflict:
        return candidate_page(number, form=form, conflict=conflict), 409
    except NotFound:
        raise
    except Refused as refused:
        return candidate_page(number, form=form, refused=refused), refused.status
    decoys.decided(number)
    return redirect(_itself(number) if checked else then, 303)


def _itself(number: int) -> str:
    return url_for("review.candidate", number=number, **_kept())


def _kept() -> dict[str, str]:
    """What the address carries along."""
    return asked_for(request.args, current().snapshot()).kept


def _check(number: int) -> Choice:
    """The choice that was typed. Raises Refused for one that cannot be recorded, Conflict where the candidate cannot be
    decided any more.
    """
    with current().service.store.reading() as db:
        found = decoys.existing_here(db, number)
        parties = parties_of(db, found.channel)
    decide.check_open(found, sent_version())
    return checked_choice(request.form, found.channel, parties, current().now().date())


def _accept(number: int) -> bool:
    """Whether it was accepted: not while its dates look like a slip that nobody has confirmed."""
    choice, version = _check(number), sent_version()
    if request.form.get("dates_right") != dates_of(choice) and _doubted(number, choice):
        return False
    service = current().service
    if decoys.decoy_here(number):
        decoys.answer(number, Answer.ACCEPTED, choice)
        return True
    second = service.settings.second_person
    who = {"by": signed_in().name, "at": service.clock()}
    decide.accept(service.store, number, version, choice=choice, second=second, built_on=sent_rows(), **who)
    return True


def _doubted(number: int, choice: Choice) -> bool:
    with current().service.store.reading() as db:
        asked = decide.asked_now(db, decoys.existing_here(db, number), db.record.instant_for(current().now()))
    return bool(doubts(asked, choice))


def _reject(number: int) -> None:
    service = current().service
    reason, version = reason_from(request.form), sent_version()
    if decoys.decoy_here(number):
        decide.check_reason(reason)
        decoys.answer(number, Answer.REJECTED)
        return
    decide.reject(service.store, number, version, by=signed_in().name, at=service.clock(), reason=reason)


def sent_version() -> int:
    version = whole_number(request.form.get("version", ""))
    if version is None:
        raise Refused(
            gettext("The form does not say which version it decides."),
            gettext("Open the candidate again."),
            field="version",
        )
    return version


def sent_rows() -> list[str] | None:
    """The keys of the rows of the record that the form was made with, where it says so."""
    return request.form["rows"].split() if "rows" in request.form else None


def next_after(number: int) -> str:
    """Where a decision leads: to the candidate that waits after it in its queue, else the queue; both offer to undo."""
    snapshot = current().snapshot()
    with current().service.store.reading() as db:
        asked, queue = queue_of(db, snapshot)
    after = following(queue, number)
    if after:
        return url_for("review.candidate", number=after.id, decided=number, **asked.kept)
    return url_for("review.queue", decided=number, **asked.kept)


@blueprint.post("/<int:number>/undo")
@open_to("reviewer", of_candidate)
def undo(number: int) -> Response | tuple[str, int]:
    return changed(number, lambda store, who: decide.undo(store, number, sent_version(), **who))


@blueprint.post("/<int:number>/queue")
@open_to("reviewer", of_candidate)
def put_in_queue(number: int) -> Response | tuple[str, int]:
    return changed(number, lambda store, who: decide.put_in_queue(store, number, sent_version(), **who))


@blueprint.post("/<int:number>/split")
@open_to("reviewer", of_candidate)
def split(number: int) -> Response | tuple[str, int]:
    """What was marked as telling of another event becomes a candidate of its own, as the page says then."""
    return changed(
        number,
        lambda store, who: regroup.split(store, number, sent_version(), _chosen(), **who)[1],
        lambda own: url_for("review.candidate", number=number, split=own.id, **_kept()),
    )


@blueprint.post("/<int:number>/merge")
@open_to("reviewer", of_candidate)
def merge(number: int) -> Response | tuple[str, int]:
    """The candidate becomes part of another one, which is shown then."""
    into = whole_number(request.form.get("into", ""))
    if into is not None and decoys.answer(into, Answer.OTHERWISE):
        return redirect(_itself(into), 303)
    return changed(number, lambda store, who: regroup.merge(store, number, sent_version(), _into(), **who)[1])


def changed(
    number: int,
    change: Callable[[Store, dict[str, Any]], Candidate],
    then: str | Callable[[Candidate], str] | None = None,
) -> Response | tuple[str, int]:
    """Make a change in the reviewer's name, then go to an address, or one for the candidate that it answers, else to
    that candidate; a refusal is said on the page.
    """
    service = current().service
    if decoys.decoy_here(number):
        decoys.answer(number, Answer.OTHERWISE)
        return redirect(_itself(number), 303)
    try:
        shown = change(service.store, {"by": signed_in().name, "at": service.clock()})
    except Conflict as conflict:
        return candidate_page(number, conflict=conflict), 409
    except NotFound:
        raise
    except Refused as refused:
        return candidate_page(number, refused=refused), refused.status
    if callable(then):
        then = then(shown)
    return redirect(then or _itself(shown.id), 303)


def _chosen() -> list[int]:
    return [_number(text, "sightings") for text in request.form.getlist("sighting")]


def _into() -> int:
    return _number(request.form.get("into", ""), "into")


def _number(text: str, field: str) -> int:
    number = whole_number(text)
    if number is None:
        raise Refused(
            gettext("The form does not say which one is meant."), gettext("Choose one that it offers."), field=field
        )
    return number
