"""What an admin does to a source on its page: pause it, resume it, have it polled now; and what is said there then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from flask import Blueprint, Response, redirect, request, url_for

from db.feeds import PollRow
from tracker.errors import Refused
from tracker.operating import tending
from tracker.tongue import gettext
from tracker.web.auth import as_private, open_to, signed_in
from tracker.web.current import current
from tracker.web.reach import of_feed
from tracker.web.sent import one_of

blueprint = Blueprint("tend", __name__, url_prefix="/feeds")
blueprint.after_request(as_private)


class Done(StrEnum):
    """What an admin did to a source a moment ago, as the address of its page says it."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"
    PAUSED = "paused"
    RESUMED = "resumed"
    ASKED = "asked"


@dataclass(frozen=True)
class Deed:
    """What an admin asked for a moment ago: what, when a poll was asked for, and the poll that came of it.

    `put_off`: until when its host asked to be left alone meanwhile. `ticks`: whether a scheduler runs that does what
    was asked.
    """

    done: Done
    asked_at: datetime | None
    poll: PollRow | None
    put_off: datetime | None
    ticks: bool


def done_to(slug: str) -> Deed | None:
    """Raises Refused for a word or an instant in the address that is none."""
    done = one_of("done", [*Done])
    if done is None:
        return None
    asked_at = _instant("asked")
    with current().service.store.reading() as db:
        newest, due = next(iter(db.polls.newest(slug, most=1)), None), db.feeds.get(slug).next_poll
    # One that was in hand when it was asked for will do: it brought what there was.
    came = newest if newest and asked_at and newest.ended_at >= asked_at else None
    put_off = due if due > current().service.clock() else None
    return Deed(Done(done), asked_at, came, put_off, tending.ticks(current().service))


def _instant(name: str) -> datetime | None:
    asked = request.args.get(name)
    try:
        found = datetime.fromisoformat(asked) if asked else None
    except ValueError:
        found = None
    if asked and (found is None or found.tzinfo is None):
        raise Refused(
            gettext("%(name)s is %(asked)s, which is no instant.", name=name, asked=repr(asked[:60])),
            gettext("Leave it out."),
            field=name,
        )
    return found


@blueprint.post("/<slug>/pause")
@open_to("admin", of_feed)
def pause(slug: str) -> Response:
    tending.pause(current().service, slug, by=signed_in().name, because=request.form.get("because"))
    return back(slug, Done.PAUSED)


@blueprint.post("/<slug>/resume")
@open_to("admin", of_feed)
def resume(slug: str) -> Response:
    asked_at = current().service.clock()
    tending.resume(current().service, slug, by=signed_in().name)
    return back(slug, Done.RESUMED, asked_at)


@blueprint.post("/<slug>/now")
@open_to("admin", of_feed)
def poll_now(slug: str) -> Response:
    asked_at = current().service.clock()
    tending.poll_now(current().service, slug, by=signed_in().name)
    return back(slug, Done.ASKED, asked_at)


def back(slug: str, done: Done, asked_at: datetime | None = None) -> Response:
    """To the page of a source, which says what was done to it and, if it was to be polled, whether it was since."""
    asked = asked_at.isoformat() if asked_at else None
    return redirect(url_for("pages.feed", slug=slug, done=done, asked=asked), 303)
