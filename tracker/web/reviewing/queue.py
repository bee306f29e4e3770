"""The queue of the reviewer: what waits, in groups, each candidate as one line; and what is in it no more."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from flask import render_template, request

from db.store import Subjects
from db.waiting import Waiting
from db.watch import Notice
from tracker.errors import Refused
from tracker.model import Moment, Status
from tracker.record.fates import Fate
from tracker.record.history import in_force
from tracker.reviewing.triage import Grouping, Order, Wanted, chosen, counted, grouped
from tracker.tongue import gettext
from tracker.web.current import Snapshot, current, find_channel
from tracker.web.figures import Owed, promises_in
from tracker.web.reach import reach
from tracker.web.reviewing.asked import Asked, asked_for, moment_now, ordered
from tracker.web.reviewing.choice import REASONS
from tracker.web.reviewing.decoys import all_waiting, candidate_here, count_waiting, reads_first
from tracker.web.reviewing.notice import decided_before, told_of
from tracker.web.reviewing.screen import Line, line_of
from tracker.web.sent import whole_number

QUEUE_LENGTH = 100
"""Candidates shown at once; the rest follow on further pages."""

MOST_PAGES = 99_999
"""Pages that a queue has at most."""

MOST_TEXTS = 10
"""Texts that are read before their proposal, shown at once; the rest come when these are decided."""

MOST_NOTICES = 50
"""Cited pages that changed shown at once."""


def status_asked_for() -> Status:
    word = request.args.get("status", Status.PENDING)
    try:
        return Status(word)
    except ValueError:
        raise Refused(
            gettext("status is %(word)s.", word=repr(word)),
            gettext("Send one of %(known)s.", known=", ".join(Status)),
            field="status",
        ) from None


def _after(text: str | None) -> tuple[datetime, int] | None:
    """The place in the queue that a page ended with."""
    if not text:
        return None
    instant, _, candidate = text.partition("~")
    try:
        # A plus sign that was not escaped arrives as a space.
        return datetime.fromisoformat(instant.replace(" ", "+")).astimezone(UTC), int(candidate)
    except ValueError:
        raise Refused(
            gettext("after is %(value)s.", value=repr(text)),
            gettext("Follow the link of the page before."),
            field="after",
        ) from None


def waiting_page() -> str:
    """What waits, in groups, each candidate as one line."""
    snapshot, moment = current().snapshot(), moment_now()
    asked, page = asked_for(request.args, snapshot), _page_number()
    with current().service.store.reading() as db:
        everything, blind = all_waiting(db, moment.known_at, asked.words, asked.within), reads_first(db)
        before = {one.id: one for one in everything if blind(one)}
        found = [one for one in ordered(everything, asked, snapshot, moment) if one.id not in before]
        shown = found[(page - 1) * QUEUE_LENGTH : page * QUEUE_LENGTH]
        lines = {waits.id: _line(waits, db, snapshot, moment.known_at) for waits in shown}
        first = [] if asked.narrow else [one for one in before.values() if not one.held]
        texts = [(one, candidate_here(db, one.id)) for one in first[:MOST_TEXTS]]
        counts, decided = _counts(db, moment.known_at, asked.within), decided_before(db, moment.known_at)
        notices = [] if asked.words else [notice for notice in db.watch.notices() if _shown(notice, asked)]
    channel = asked.wanted.channel
    return render_template(
        "queue.html",
        **told_of(decided, snapshot, moment.known_at),
        counts=counts,
        asked=asked,
        groups=grouped(shown, asked.by, moment.known_at),
        lines=lines,
        texts=texts,
        more_texts=len(first) - len(texts),
        found=len(found),
        numbers=counted(chosen(everything, Wanted(), {}), moment.known_at),
        page=page,
        more=len(found) > page * QUEUE_LENGTH,
        orders=tuple(Order),
        groupings=tuple(Grouping),
        reasons=REASONS,
        notices=[n for n in notices if not channel or channel in (claim.channel for claim in n.claims)],
        most_notices=MOST_NOTICES,
        channels={channel.slug: channel for channel in snapshot.channels},
        views={view.channel.slug: view for view in snapshot.views(Moment(moment.as_of, snapshot.now))},
        lapsed=[] if asked.words else [owed for owed in _lapsed(snapshot, channel) if asked.shows(owed.view.channel)],
        snapshot=snapshot,
        limits=reach(),
        now=moment.known_at,
    )


def _counts(db: Subjects, now: datetime, within: tuple[str, ...] | None) -> dict[Status | Literal["held"], int]:
    """How many candidates there are of each status; those that are put aside do not wait, and stand under `held`."""
    counts, held = db.candidates.counts(within), db.waiting.count_held(now, within)
    return {Status.PENDING: counts.pop(Status.PENDING) - held + count_waiting(db), "held": held} | counts


def _line(waits: Waiting, db: Subjects, snapshot: Snapshot, now: datetime) -> Line:
    channel = find_channel(snapshot, waits.channel)
    changes, contacts = (in_force(rows, now) for rows in snapshot.entries[channel.slug])
    relationship = snapshot.relationship(channel.relationship)
    return line_of(waits, candidate_here(db, waits.id), channel, relationship, changes, contacts)


def _page_number() -> int:
    text = request.args.get("page", "1")
    number = whole_number(text)
    if not number or number > MOST_PAGES:
        wrong = gettext("page is %(value)s.", value=repr(text[:20]))
        raise Refused(wrong, gettext("Follow the links of the queue."), field="page")
    return number


def settled_page(status: Status) -> str:
    """What is not in the queue: decided, merged, on record already, or probably nothing."""
    snapshot = current().snapshot()
    asked = asked_for(request.args, snapshot)
    channel, after = asked.wanted.channel, _after(request.args.get("after"))
    now = current().now()
    with current().service.store.reading() as db:
        counts = _counts(db, now, asked.within)
        found = db.candidates.queue(
            status, most=QUEUE_LENGTH + 1, after=after, channel=channel, words=asked.words, within=asked.within
        )
        decided = decided_before(db, now)
    following = found[QUEUE_LENGTH - 1] if len(found) > QUEUE_LENGTH else None
    return render_template(
        "settled.html",
        candidates=found[:QUEUE_LENGTH],
        following=f"{following.evidence_at.isoformat()}~{following.id}" if following else None,
        counts=counts,
        status=status,
        asked=asked,
        channels={channel.slug: channel for channel in snapshot.channels},
        **told_of(decided, snapshot, now),
        snapshot=snapshot,
        now=now,
    )


def _shown(notice: Notice, asked: Asked) -> bool:
    """Whether what became of a cited page bears on a relationship that is shown."""
    lines = current().snapshot().lines
    return any(asked.shows(lines[claim.channel].channel) for claim in notice.claims)


def _lapsed(snapshot: Snapshot, channel: str | None) -> list[Owed]:
    """Promises whose day has passed without a report: what became of them is for a reviewer to record."""
    views = snapshot.views(Moment(current().service.today(), snapshot.now))
    return promises_in([view for view in views if channel in (None, view.channel.slug)], Fate.LAPSED)
