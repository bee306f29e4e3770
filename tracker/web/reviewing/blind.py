"""Checks of reviewers on themselves, as pages: the text before the proposal, what was a decoy, one's own figures."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for

from db.blind import Hidden, Word
from db.store import Subjects
from tracker.errors import Faults, NotFound, Refused
from tracker.measuring.blind import FEWEST, Answer, Figures, Said, figures
from tracker.model import Candidate, KeptSighting, PartialDate, Signal, Status
from tracker.reviewing.decoys import decoy_of, updates
from tracker.reviewing.triage import following
from tracker.tongue import gettext, msg
from tracker.web.auth import as_private, open_to, signed_in
from tracker.web.current import current, find_channel
from tracker.web.reach import by_itself, of_candidate
from tracker.web.reviewing import decoys
from tracker.web.reviewing.asked import asked_for, moment_now, waiting
from tracker.web.reviewing.choice import partial_from, text_from, word_from
from tracker.web.words import web_address

NO_UPDATE = "none"
"""What the form sends for a text that reports no update."""

blueprint = Blueprint("blind", __name__, url_prefix="/review")
blueprint.after_request(as_private)


@blueprint.app_context_processor
def _checks() -> dict[str, Any]:
    """For templates that ask: whether reviewers are checked, what all of them did, and where an original is."""
    return {"checked_percent": decoys.percent, "checks_of_all": _figures, "original_of": _original_of, "fewest": FEWEST}


def _figures(reviewer: str | None = None) -> Figures:
    """What the checks tell of one reviewer, or of all."""
    service = current().service
    with service.store.reading() as db:
        return figures(db.blind.deeds(updates(service), reviewer))


def _original_of(candidate: Candidate, seen: KeptSighting) -> str:
    """Where the release itself is. While a decision is open the way leads through us, for every candidate alike: so
    no address need be made up for a decoy.
    """
    if not decoys.percent() or candidate.status is not Status.PENDING:
        return seen.release.url
    return url_for("blind.original", number=candidate.id, place=candidate.shown.index(seen))


@blueprint.get("/<int:number>/original/<int:place>")
@open_to("reviewer", of_candidate)
def original(number: int, place: int) -> Response:
    """Lead to a release where it was published. Who asks for that of a decoy is told that there is none."""
    with current().service.store.reading() as db:
        found = decoys.existing_here(db, number)
    if decoys.answer(number, Answer.OTHERWISE):
        return redirect(url_for("review.candidate", number=number), 303)
    address = web_address(found.shown[place].release.url) if place < len(found.shown) else None
    if address is None:
        raise NotFound(gettext("There is no such release."), gettext("Open the candidate again."))
    return redirect(address, 302)


def before(number: int) -> str | None:
    """What is shown instead of a candidate: that it was a decoy, or its text before the proposal. None: nothing."""
    with current().service.store.reading() as db:
        decoy, found = decoys.hidden(db, number), decoys.candidate_here(db, number)
        blind = found and found.status is Status.PENDING and decoys.reads_first(db)(found)
    if decoy and decoy.answer:
        return _told(decoy)
    return _text_alone(found) if blind else None


def word_of(db: Subjects, number: int) -> Word | None:
    """What whoever is signed in said of a candidate before the proposal was shown."""
    return db.blind.reading(signed_in().name, number) if decoys.percent() else None


def _told(decoy: Hidden) -> str:
    snapshot = current().snapshot()
    asked = asked_for(request.args, snapshot)
    with current().service.store.reading() as db:
        after = following(waiting(db, asked, snapshot, moment_now()), decoy.number)
    return render_template(
        "checked.html",
        decoy=decoy,
        known=decoy_of(current().service, decoy),
        after=after,
        kept=asked.kept,
        channels={channel.slug: channel for channel in snapshot.channels},
    )


def _text_alone(candidate: Candidate, refused: Refused | None = None) -> str:
    snapshot = current().snapshot()
    channel = find_channel(snapshot, candidate.channel)
    relationship = snapshot.relationship(channel.relationship)
    return render_template(
        "blind.html",
        candidate=candidate,
        relationship=relationship,
        channels=[one for one in snapshot.channels if one.relationship == relationship.slug],
        signals=tuple(Signal),
        no_update=NO_UPDATE,
        kept=asked_for(request.args, snapshot).kept,
        form=request.form,
        refused=refused,
        now=current().now(),
    )


@blueprint.post("/<int:number>/blind")
@open_to("reviewer", of_candidate)
def read(number: int) -> Response | tuple[str, int]:
    """Keep what a reviewer says of the text alone, then show the candidate as usual. The first word stays."""
    service, snapshot = current().service, current().snapshot()
    with service.store.reading() as db:
        found = decoys.existing_here(db, number)
    try:
        said, when = _said()
        if said.channel:
            find_channel(snapshot, said.channel)
    except NotFound:
        raise
    except Refused as refused:
        return _text_alone(found, refused), refused.status
    with service.store.writing() as db:
        db.blind.add_reading(signed_in().name, number, decoys.word_on(found, said, when), at=service.clock())
    return redirect(url_for("review.candidate", number=number, **asked_for(request.args, snapshot).kept), 303)


def _said() -> tuple[Said, PartialDate | None]:
    """What was said, and of which day. Raises Refused."""
    form = request.form
    channel, signal = text_from(form, "channel"), word_from(form, "signal", Signal)
    if channel == NO_UPDATE:
        return Said(None, None), None
    faults, when = Faults(), None
    if channel is None:
        wrong, remedy = msg("The channel is missing."), msg("Choose one, or say that it reports no update.")
        faults.add(Refused(wrong, remedy, field="channel"))
    if signal is None:
        faults.add(Refused(msg("What it reports is missing."), msg("Choose one word for it."), field="signal"))
    with faults.gathered():
        when = partial_from(form, "date")
    faults.check()
    return Said(channel, signal), when


@blueprint.get("/mine")
@open_to("reviewer", by_itself)
def mine() -> str:
    """One's own figures, which nobody else sees."""
    service, name = current().service, signed_in().name
    with service.store.reading() as db:
        answered = db.blind.answered(name)
    return render_template(
        "mine.html",
        figures=_figures(name),
        answered=[(one, decoy_of(service, one)) for one in answered],
        channels={channel.slug: channel for channel in current().snapshot().channels},
    )
