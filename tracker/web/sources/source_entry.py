"""The entry by which a source is polled that somebody added, for admins: changed, removed, and shown for feeds.yaml."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, Response, render_template, request

from db.added import AddedEntry
from tracker.errors import NotFound, Refused
from tracker.operating import tending
from tracker.polling.sourcing import as_yaml
from tracker.tongue import gettext
from tracker.web.auth import as_private, open_to, signed_in
from tracker.web.current import current
from tracker.web.reach import of_feed
from tracker.web.sent import whole_number
from tracker.web.sources.new_source import entry_sent, fields_of, words_of_form
from tracker.web.sources.tend import Done, back

blueprint = Blueprint("source_entry", __name__, url_prefix="/feeds/<slug>/entry")
blueprint.after_request(as_private)


@blueprint.get("")
@open_to("admin", of_feed)
def form(slug: str) -> str:
    added = _added(slug)
    return _page(added, fields_of(added.entry))


@blueprint.post("")
@open_to("admin", of_feed)
def changed(slug: str) -> Response | tuple[str, int]:
    """The page of the source that was changed, or the form as it was sent with what is wrong."""
    asked_at, sent = current().service.clock(), request.form
    try:
        tending.change(current().service, slug, entry_sent(sent), version=_version(), by=signed_in().name)
    except Refused as refused:
        added = _added(slug)
        return _page(added, sent, refused=refused), refused.status
    return back(slug, Done.CHANGED, asked_at)


@blueprint.post("/remove")
@open_to("admin", of_feed)
def removed(slug: str) -> Response:
    tending.remove(current().service, slug, version=_version(), by=signed_in().name)
    return back(slug, Done.REMOVED)


def _added(slug: str) -> AddedEntry:
    with current().service.store.reading() as db:
        added = db.added.get(slug)
    if added is None:
        raise NotFound(
            gettext("There is no source “%(name)s” that was added here.", name=slug[:60]),
            gettext("Those that stand in feeds.yaml are changed there."),
        )
    return added


def _version() -> int:
    """What the form shows; none that there is where it does not say, which is refused as outdated."""
    return whole_number(request.form.get("version", "")) or 0


def _page(added: AddedEntry, sent: Mapping[str, str], *, refused: Refused | None = None) -> str:
    return render_template(
        "feed_entry.html",
        added=added,
        form=sent,
        refused=refused,
        entry=as_yaml(added.entry),
        in_file=added.slug in {feed.slug for feed in current().service.feeds},
        **words_of_form(),
    )
