"""Cited pages that changed, for reviewers: what was, what is, what rests on it, and who has seen it."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, render_template, request, url_for

from db.watch import Notice
from tracker.errors import Conflict, NotFound, Refused
from tracker.model import PageState
from tracker.polling.rereading import wording
from tracker.tongue import gettext, msg
from tracker.web.auth import as_private, open_to, signed_in
from tracker.web.current import current
from tracker.web.reach import by_itself, of_visit
from tracker.web.serving.kept_page import kept_copy
from tracker.wording import instant_words

LONGEST_NOTE = 2_000
"""Characters of a note."""

_BEGINNING = 600
"""Characters that are shown of what stands in a page's place."""

blueprint = Blueprint("cited_pages", __name__, url_prefix="/review/pages")
blueprint.after_request(as_private)


@blueprint.get("/<int:visit>")
@open_to("reviewer", of_visit)
def changed(visit: int) -> str:
    return _page(visit)


@blueprint.post("/<int:visit>")
@open_to("reviewer", of_visit)
def acknowledge(visit: int) -> Response | tuple[str, int]:
    """Note that a reviewer has seen it. The record stays as it is."""
    note = request.form.get("note", "").strip()
    try:
        _acknowledge(visit, note)
    except NotFound:
        raise
    except Refused as refused:
        return _page(visit, note=note, refused=refused), refused.status
    return redirect(url_for("review.queue", _anchor="cited-pages"), 303)


@blueprint.get("/copies/<sha256>")
@open_to("reviewer", by_itself)
def copy(sha256: str) -> Response:
    return kept_copy(sha256)


def _acknowledge(visit: int, note: str) -> None:
    if not note:
        raise Refused(
            gettext("An acknowledgement needs a note."),
            gettext("Say in a few words what follows from it."),
            field="note",
        )
    if len(note) > LONGEST_NOTE:
        raise Refused(
            gettext("The note has %(number)s characters.", number=format(len(note), ",")),
            gettext("Write at most %(longest_note)s.", longest_note=format(LONGEST_NOTE, ",")),
            field="note",
        )
    service = current().service
    with service.store.writing() as db:
        _found(db.watch.notice(visit), visit)
        if not db.watch.acknowledge(visit, by=signed_in().name, at=service.clock(), note=note):
            first = db.watch.notice(visit).acknowledged
            wrong = gettext("%(name)s was first, at %(instant)s.", name=first.by, instant=instant_words(first.at))
            raise Conflict(wrong, msg("Nothing of yours was kept."))


def _found(notice: Notice | None, visit: int) -> Notice:
    if notice is None:
        raise NotFound(
            gettext("No change of a cited page has the number %(visit)s.", visit=visit),
            gettext("The queue at /review lists them."),
        )
    return notice


def _page(visit: int, *, note: str = "", refused: Refused | None = None) -> str:
    with current().service.store.reading() as db:
        notice = _found(db.watch.notice(visit), visit)
        visits = db.watch.visits(notice.visit.url)
        copies = [db.watch.copy(sha256) if sha256 else None for sha256 in (notice.baseline, notice.visit.sha256)]
    before, after = (wording(copy) if copy else None for copy in copies)
    replaced = notice.visit.found is PageState.SOFT_GONE
    return render_template(
        "cited_page.html",
        notice=notice,
        visits=visits,
        copies=copies,
        before=before,
        after=after if copies[0] != copies[1] else None,
        beginning=after.text[:_BEGINNING] if after and replaced else None,
        channels={channel.slug: channel for channel in current().snapshot().channels},
        later=any(one.stands_since and one.id > visit for one in visits),
        note=note,
        refused=refused,
    )
