"""An address tried as a source, for admins: what would be read of it, and the entry that has it polled.

Nothing is stored. The address is asked by the guard of every poll, within a time that a reader waits for a page.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import Future
from contextvars import copy_context
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from flask import Blueprint, render_template, request

from tracker.errors import Refused, TooMany
from tracker.feeds.check import Found, check
from tracker.feeds.failure import FetchFailed, NotAFeed
from tracker.feeds.fetch import Fetched, Limits
from tracker.feeds.guard import Deadline
from tracker.feeds.language import spoken
from tracker.model import Feed, Item
from tracker.service import Service
from tracker.sourcing import GIVEN, SHOWN, as_yaml, configured_as, day_of, draft_of, entry_of, summary_of
from tracker.tongue import gettext
from tracker.web.auth import as_private, open_to
from tracker.web.current import current
from tracker.web.words import LANGUAGE_WORDS
from tracker.wording import side_name

PATIENCE = 15.0
"""Seconds after which a page says that the address took too long."""

AT_ONCE = 2
"""Addresses that are tried at a time; a page that waits for one keeps a thread of the server."""

USUAL_PACE = "30m"

blueprint = Blueprint("new_source", __name__, url_prefix="/feeds/new")
blueprint.after_request(as_private)

_turns = threading.BoundedSemaphore(AT_ONCE)


@dataclass(frozen=True)
class Preview:
    """What one poll of an address would read, in sentences and items, and its entry with the files that may take it."""

    feed: Feed
    sentences: tuple[str, ...]
    items: tuple[tuple[str, str, Item], ...]
    entry: str
    files: tuple[Path, ...]


@blueprint.get("")
@open_to("admin")
def form() -> str:
    return _page({"every": USUAL_PACE})


@blueprint.post("")
@open_to("admin")
def tried() -> str | tuple[str, int]:
    """The preview of an address, or the form as it was sent with what is wrong."""
    sent = request.form
    try:
        return _page(sent, preview=preview_of(sent, current().service))
    except Refused as refused:
        return _page(sent, refused=refused), refused.status


def preview_of(sent: Mapping[str, str], service: Service) -> Preview:
    """Raises Refused that names the field."""
    told = {name: sent.get(name, "").strip() or None for name in ("url", "every", *GIVEN)}
    url, every = told["url"], told["every"] or USUAL_PACE
    if url is None:
        raise Refused(
            "The address is missing.", "Write that of a feed, or of the page that lists releases.", field="url"
        )
    draft = draft_of(url, False, every, told, service.packs)
    try:
        found = read_within(PATIENCE, draft, service, as_listing=bool(sent.get("listing")))
    except (FetchFailed, NotAFeed) as failed:
        raise Refused(failed.about(url), field="url") from failed
    entry = entry_of(found, told["publisher"], every)
    feed = found.feed
    return Preview(
        feed,
        (*summary_of(found), *found.notes, *configured_as(feed, service.packs)),
        tuple(
            (day_of(item, feed), spoken(f"{item.title} {item.summary}", feed.lang), item)
            for item in found.parsed.items[:SHOWN]
        ),
        as_yaml(entry),
        _files(service, feed.side),
    )


def read_within(seconds: float, draft: Feed, service: Service, *, as_listing: bool) -> Found:
    """What `check` finds, if it does within some seconds. Raises FetchFailed, NotAFeed and Refused.

    It is done in a thread of its own, which ends by itself soon after: what hangs holds up no page.
    """
    if not _turns.acquire(blocking=False):
        raise TooMany(f"{AT_ONCE} addresses are being tried already.", "Send it again in a moment.", field="url")
    answer: Future[Found] = Future()
    fetch = partial(_fetched, service, Deadline(seconds))

    def read() -> None:
        try:
            answer.set_result(check(draft, as_listing=as_listing, fetch=fetch))
        except BaseException as error:
            answer.set_exception(error)
        finally:
            _turns.release()

    threading.Thread(target=copy_context().run, args=(read,), name="preview", daemon=True).start()
    try:
        return answer.result(seconds)
    except TimeoutError:
        raise Refused(
            f"{draft.url} could not be read within {seconds:g} seconds.",
            f"Try again, or with more patience: python -m tracker feeds check {draft.url}",
            field="url",
        ) from None


def _fetched(service: Service, deadline: Deadline, url: str, **options: Any) -> Fetched:
    """One answer, in what is left of the time for all of them."""
    limits = replace(options.pop("limits", Limits()), deadline=deadline.left())
    return service.fetch(url, limits=limits, **options)


def _files(service: Service, side: str) -> tuple[Path, ...]:
    """The feeds.yaml of each relationship in which a source of this side may stand."""
    folder = service.settings.config / "relationships"
    pairs = (pack.relationship for pack in service.packs)
    return tuple(folder / pair.slug / "feeds.yaml" for pair in pairs if side in pair.sides)


def _page(sent: Mapping[str, str], *, preview: Preview | None = None, refused: Refused | None = None) -> str:
    pairs = [pack.relationship for pack in current().service.packs]
    sides = {side: side_name(side, pair) for pair in pairs for side in pair.sides}
    languages = sorted({lang for pair in pairs for lang in pair.languages})
    return render_template(
        "feed_new.html",
        form=sent,
        preview=preview,
        refused=refused,
        sides=[*sides.items()],
        languages=[(lang, gettext(LANGUAGE_WORDS.get(lang, lang))) for lang in languages],
    )
