"""An address tried as a source, and added as one, for admins: what would be read of it, its entry, and its beginning.

The address is asked by the guard of every poll, within a time that a reader waits for a page. What is added is polled
from the next tick on; its entry is kept in the database, as it would stand in feeds.yaml.
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

from flask import Blueprint, Response, render_template, request

from tracker.added import checked
from tracker.errors import Refused, TooMany
from tracker.feeds.check import Found, check
from tracker.feeds.failure import FetchFailed, NotAFeed
from tracker.feeds.fetch import Fetched, Limits
from tracker.feeds.guard import Deadline
from tracker.feeds.language import spoken
from tracker.model import Feed, Item, Selectors
from tracker.operating import tending
from tracker.polling.sourcing import (
    GIVEN,
    SHOWN,
    as_yaml,
    day_of,
    draft_of,
    entry_of,
    in_order,
    known_as,
    relationship_of,
    remedy_where_added,
    summary_of,
)
from tracker.service import Service
from tracker.tongue import gettext, name_of
from tracker.web.auth import as_private, open_to, signed_in
from tracker.web.current import current
from tracker.web.reach import by_itself, check_relationships, packs_in_reach
from tracker.web.sources.tend import Done, back
from tracker.web.words import LANGUAGE_WORDS
from tracker.wording import side_name

PATIENCE = 15.0
"""Seconds after which a page says that the address took too long."""

AT_ONCE = 2
"""Addresses that are tried at a time; a page that waits for one keeps a thread of the server."""

USUAL_PACE = "30m"

SELECTORS = ("item", "link", "title", "date")

FIELDS = ("url", "every", "date_format", *GIVEN, *(f"select.{name}" for name in SELECTORS))
"""Fields beside which a page says what is wrong with them."""

blueprint = Blueprint("new_source", __name__, url_prefix="/feeds/new")
blueprint.after_request(as_private)

_turns = threading.BoundedSemaphore(AT_ONCE)


@dataclass(frozen=True)
class Preview:
    """What one poll of an address would read, in sentences and items, and its entry with the files that may take it."""

    sentences: tuple[str, ...]
    items: tuple[tuple[str, str, Item], ...]
    entry: dict[str, Any]
    files: tuple[Path, ...]

    @property
    def yaml(self) -> str:
        return as_yaml(self.entry)


@blueprint.get("")
@open_to("admin", by_itself)
def form() -> str:
    return _page({"every": USUAL_PACE})


@blueprint.post("")
@open_to("admin", by_itself)
def tried() -> str | tuple[str, int]:
    """The preview of an address, with the form that adds it, or the form as it was sent with what is wrong."""
    sent = request.form
    try:
        preview = preview_of(sent, current().service)
    except Refused as refused:
        return _page(sent, refused=refused), refused.status
    return _page({**sent, **fields_of(preview.entry)}, preview=preview)


@blueprint.post("/add")
@open_to("admin", by_itself)
def added() -> Response | tuple[str, int]:
    """The page of the source that was added, or the form as it was sent with what is wrong."""
    sent, service = request.form, current().service
    asked_at = service.clock()
    try:
        entry = entry_sent(sent)
        relationship = relationship_of(entry.get("side", ""), packs_in_reach(), sent.get("relationship"))
        check_relationships([relationship] if relationship else [])
        feed = tending.add(service, entry, relationship=relationship, by=signed_in().name)
    except Refused as refused:
        return _page(sent, refused=refused), refused.status
    return back(feed.slug, Done.ADDED, asked_at)


def entry_sent(sent: Mapping[str, str]) -> dict[str, Any]:
    """The entry of a form, unchecked. What only feeds.yaml may say is not taken from one."""
    said = {name: text for name, text in ((name, text.strip()) for name, text in sent.items()) if text}
    select = {name: said[f"select.{name}"] for name in SELECTORS if f"select.{name}" in said}
    taken = said | {"select": select, "full_text": "full_text" in said}
    return in_order({name: value for name, value in taken.items() if name != "allow_private"})


def fields_of(entry: Mapping[str, Any]) -> dict[str, str]:
    """What a form shows of an entry."""
    select = {f"select.{name}": how for name, how in entry.get("select", {}).items()}
    plain = {name: str(value) for name, value in entry.items() if name not in ("select", "full_text")}
    return plain | select | ({"full_text": "yes"} if entry.get("full_text") else {})


def preview_of(sent: Mapping[str, str], service: Service) -> Preview:
    """Raises Refused that names the field."""
    told = {name: sent.get(name, "").strip() or None for name in ("url", "every", *GIVEN)}
    url, every = told["url"], told["every"] or USUAL_PACE
    if url is None:
        raise Refused(
            gettext("The address is missing."),
            gettext("Write that of a feed, or of the page that lists releases."),
            field="url",
        )
    known = [*service.feeds_by_slug.values()]
    draft = draft_of(url, False, every, told, packs_in_reach(), known)
    draft = _by_selectors(replace(draft, full_text=bool(sent.get("full_text"))), entry_sent(sent), every)
    try:
        found = read_within(PATIENCE, draft, service, as_listing=bool(sent.get("listing")))
    except (FetchFailed, NotAFeed) as failed:
        raise Refused(failed.sentence, remedy_where_added(failed), field="url") from failed
    feed = found.feed
    return Preview(
        (*summary_of(found), *found.notes, *known_as(feed, known)),
        tuple(
            (day_of(item, feed), spoken(f"{item.title} {item.summary}", feed.lang), item)
            for item in found.parsed.items[:SHOWN]
        ),
        entry_of(found, told["publisher"], every),
        _files(service, feed.side),
    )


def _by_selectors(draft: Feed, entry: Mapping[str, Any], every: str) -> Feed:
    """The draft, read as a listing where the form says by which selectors. Raises Refused."""
    if "select" not in entry:
        return draft
    listed = {"kind": "listing", "select": entry["select"], "date_format": entry.get("date_format")}
    checked(in_order(vars(draft) | {"lang": draft.lang or "en", "every": every} | listed))
    return replace(draft, **listed | {"select": Selectors(**entry["select"])})


def read_within(seconds: float, draft: Feed, service: Service, *, as_listing: bool) -> Found:
    """What `check` finds, if it does within some seconds. Raises FetchFailed, NotAFeed and Refused.

    It is done in a thread of its own, which ends by itself soon after: what hangs holds up no page.
    """
    if not _turns.acquire(blocking=False):
        raise TooMany(
            gettext("%(number)s addresses are being tried already.", number=AT_ONCE),
            gettext("Send it again in a moment."),
            field="url",
        )
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
        patience = f"{seconds:g}"
        raise Refused(
            gettext("%(url)s could not be read within %(number)s seconds.", url=draft.url, number=patience),
            gettext("Try again, or with more patience: python -m tracker feeds check %(url)s", url=draft.url),
            field="url",
        ) from None


def _fetched(service: Service, deadline: Deadline, url: str, **options: Any) -> Fetched:
    """One answer, in what is left of the time for all of them."""
    limits = replace(options.pop("limits", Limits()), deadline=deadline.left())
    return service.fetch(url, limits=limits, **options)


def _files(service: Service, side: str) -> tuple[Path, ...]:
    """The feeds.yaml of each relationship in which a source of this side may stand."""
    folder = service.settings.config / "relationships"
    pairs = (pack.relationship for pack in packs_in_reach())
    return tuple(folder / pair.slug / "feeds.yaml" for pair in pairs if side in pair.sides)


def words_of_form() -> dict[str, Any]:
    """What a form of an entry offers to choose from."""
    pairs = [pack.relationship for pack in packs_in_reach()]
    sides = {side: side_name(side, pair) for pair in pairs for side in pair.sides}
    languages = sorted({lang for pair in pairs for lang in pair.languages})
    return {
        "sides": [*sides.items()],
        "languages": [(lang, gettext(LANGUAGE_WORDS.get(lang, lang))) for lang in languages],
        "pairs": [(pair.slug, name_of(pair.names)) for pair in pairs],
        "beside": FIELDS,
    }


def _page(sent: Mapping[str, str], *, preview: Preview | None = None, refused: Refused | None = None) -> str:
    return render_template("feed_new.html", form=sent, preview=preview, refused=refused, **words_of_form())
