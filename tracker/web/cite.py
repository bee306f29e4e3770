"""Citing a view: which rows an address shows, the address that shows them for good, and what changed since."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from html import unescape
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

from flask import Blueprint, Response, current_app, request
from werkzeug.exceptions import HTTPException

from tracker.errors import Refused
from tracker.model import Channel, Entry, Moment
from tracker.moments import instant_text
from tracker.record.citation import FORMATS, PUBLISHER, Citation, Mark, Rows, entry_rows, hashes, mark_of
from tracker.record.history import contact_days, known_row
from tracker.record.ledger import Act, acts_between
from tracker.tongue import gettext, language, speaking
from tracker.web.api.selection import days_asked_for
from tracker.web.auth import open_to
from tracker.web.cited_rows import Shown, Since
from tracker.web.claims import find_row
from tracker.web.current import Snapshot, current, find_channel, moment_of
from tracker.web.narrowing import narrowing_of
from tracker.web.sent import LANGUAGE, is_tag, names_taken, takes

blueprint = Blueprint("cite", __name__)

_UNCITED = {LANGUAGE, "as_of", "known_at", "cited", "limit", "cursor", "before", "done"}
"""Parameters that are not part of what is asked for: the clocks are written anew, and a list is cited whole."""

_OF_ONE_CHANNEL = {"channels", "badge", "embed"}
"""How addresses begin that go on with the slug of a channel."""

LONGEST_TITLE = 200

_OF_THE_SITE = re.compile(rf"\s*[:：]\s*{PUBLISHER}\Z")
"""How the title of a page ends; a citation names the publisher beside it."""

_TITLE = re.compile("<title>(.*?)</title>", re.DOTALL)

_OF_CHANNELS = {"word", "only", "q"}
"""Filters that choose channels where those are listed; other views with words are cited whole."""

_CHANNELS_LISTED = {"/", "/channels.csv", "/api/v1/channels"}


@dataclass(frozen=True)
class Scope(Shown):
    """Which rows of the record an address shows: of some channels, status changes, contacts or both.

    `channels` are those of any category: which were of the one that is asked for, the moment tells. `asked`: what the
    address asks for besides; a list of changes or contacts shows those that fit, any other view the channels that are
    in the state; `listed`: of these those alone that have one. `claim`: the one row that a claim's own page shows.
    `once`: what older versions cited it by, where that was something else.
    """

    snapshot: Snapshot
    channels: tuple[Channel, ...]
    changes: bool
    contacts: bool
    asked: Mapping[str, str]
    claim: Entry | None = None
    listed: bool = False
    once: Scope | None = None

    def rows(self, moment: Moment) -> Rows:
        return entry_rows(self._entries(moment))

    def rows_once(self, moment: Moment) -> Rows | None:
        return self.once.rows(moment) if self.once else None

    def _entries(self, moment: Moment) -> list[Entry]:
        """The recorded rows at a moment; what follows by rule is no row of its own. Raises Refused for no day."""
        if self.claim:
            return [*filter(None, [known_row(self.claim, moment)])]
        if moment.known_at >= self.snapshot.recorded_until:  # as known now, of which the page has the views already
            moment = Moment(moment.as_of, self.snapshot.now)
        state, outcome = self.asked.get("state") or None, self.asked.get("outcome") or None
        views = [self.snapshot.view(channel, moment) for channel in self._channels(moment)]
        if self.changes and self.contacts:
            narrowing = narrowing_of(self.asked, self.snapshot.relationships)
            views = [view for view in views if narrowing.fits(view) and (view.state or not self.listed)]
            state = None
        found: list[Entry] = []
        if self.changes:
            found += (row for v in views for row in v.history if not row.derived and state in (None, row.state))
        if self.contacts:
            first, last = (None, None) if self.changes else (self.asked.get("from"), self.asked.get("to"))
            begins, ends = days_asked_for(first, last)
            found += (
                row
                for view in views
                for row in view.contacts
                if outcome in (None, row.outcome) and _meets(contact_days(row), begins, ends)
            )
        return found

    def _channels(self, moment: Moment) -> list[Channel]:
        """Those that were of the category that is asked for."""
        category, lines = self.asked.get("category") or None, self.snapshot.lines
        then = (lines[channel.slug].channel_at(moment.known_at) for channel in self.channels)
        return [channel for channel in then if category in (None, channel.category)]

    def since(self, moment: Moment) -> Since:
        found = acts_after(self.snapshot, moment.known_at)
        if self.claim:
            return Since(tuple(act for act in found if act.concerns(self.claim)))
        slugs = {channel.slug for channel in self._channels(moment)}
        return Since(tuple(act for act in found if act.row.channel in slugs and self._tells_of(act)))

    def _tells_of(self, act: Act) -> bool:
        return self.changes if act.address.startswith("change") else self.contacts

    def settled(self) -> datetime:
        """With the present instant, a row that is being written just now could still come to stand before it."""
        return self.snapshot.recorded_until

    def first(self) -> datetime:
        if self.claim:
            return self.claim.recorded_at
        recorded = (self.snapshot.lines[channel.slug].acts for channel in self.channels)
        return min((acts[0].at for acts in recorded if acts), default=self.snapshot.recorded_until)


def acts_after(snapshot: Snapshot, known_at: datetime) -> list[Act]:
    """What was done to the record after an instant, newest first."""
    return [act for act in acts_between(snapshot.acts, known_at, snapshot.now) if act.at > known_at]


def shown_at(snapshot: Snapshot, path: str, asked: Mapping[str, str]) -> Shown | None:
    """What an address of ours shows, by its view's own word (`cites`), else rows of the record; None: nothing for all.

    Raises NotFound for a channel, claim or feed that there is not, HTTPException for no address of ours.
    """
    endpoint, parts = current_app.create_url_adapter(request).match(path, "GET")
    find = getattr(current_app.view_functions[endpoint], "cites", None)
    return find(snapshot, parts, asked) if find else _scope_of(snapshot, path, asked)


def _scope_of(snapshot: Snapshot, path: str, asked: Mapping[str, str]) -> Scope:
    """The pages and calls of a channel, or of a claim of it, show its rows, lists those that their filters let through.

    Raises NotFound for a channel or claim that there is not.
    """
    parts = path.removeprefix("/api/v1").strip("/").split("/")
    only = {"changes": (True, False), "contacts": (False, True)}.get(parts[0].partition(".")[0], (True, True))
    tells_of_both = path in ("/changes.atom", "/changes.json") or (path == "/changes" and _asks_for_a_span(asked))
    if tells_of_both:
        only = (True, True)
    if parts[0] in _OF_ONE_CHANNEL and len(parts) > 1:
        return Scope(snapshot, (find_channel(snapshot, parts[1].removesuffix(".svg")),), *only, {})
    if parts[0] == "claims" and len(parts) > 1:
        claim = find_row(snapshot, parts[1])
        return Scope(snapshot, (find_channel(snapshot, claim.channel),), *only, {}, claim if _is_claim(path) else None)
    channels = (
        line
        for line in snapshot.channels
        if asked.get("relationship", line.relationship) == line.relationship
        and asked.get("channel", line.slug) == line.slug
    )
    whole = {name: value for name, value in asked.items() if name not in _OF_CHANNELS}
    scope = Scope(snapshot, tuple(channels), *only, whole)
    if tells_of_both:
        return replace(scope, once=replace(scope, contacts=False))
    if path in _CHANNELS_LISTED:
        once = replace(scope, asked=asked) if path == "/" else scope
        return replace(scope, asked=asked, listed=True, once=once)
    return scope


def _asks_for_a_span(asked: Mapping[str, str]) -> bool:
    return bool(asked.get("from") or asked.get("to"))


def _meets(days: tuple[date, date], first: date, last: date) -> bool:
    return days[0] <= last and days[1] >= first


def cited_address(path: str, asked: Mapping[str, str], moment: Moment, mark: Mark) -> str:
    """The address that shows the same for good: both clocks are written out, and the mark of what it showed."""
    kept = {name: value for name, value in asked.items() if name not in _UNCITED and not is_tag(name) and value}
    clocks = {"as_of": moment.as_of.isoformat(), "known_at": instant_text(moment.known_at), "cited": str(mark)}
    return f"{current().service.settings.base_url}{path}?{urlencode(kept | clocks)}"


def _is_claim(path: str) -> bool:
    return path.startswith("/claims/") and path.count("/") == 2


def citation_of(snapshot: Snapshot, path: str, asked: Mapping[str, str], moment: Moment, title: str) -> Citation:
    """The citation of what an address shows at a moment; of the present it is what is settled of it. Raises Refused."""
    shown = shown_at(snapshot, path, asked)
    if shown is None:
        raise Refused(
            gettext("What %(path)s shows is for who asks: no address shows it to all.", path=path),
            gettext("Cite a page or a call that shows rows of the record, such as /channels/dpct."),
            field="path",
        )
    moment = Moment(moment.as_of, min(moment.known_at, shown.settled()))
    mark = mark_of(shown.rows(moment), snapshot.revision_at(moment.known_at))
    address = cited_address(path, asked, moment, mark)
    return Citation(_OF_THE_SITE.sub("", title), address, moment.as_of, moment.known_at, current().day(), mark)


@dataclass(frozen=True)
class Recalled:
    """A view opened by the address by which it was cited: whether it shows what it showed, and what changed since."""

    cited: Mark
    shown: Mark
    since: Since

    @property
    def holds(self) -> bool:
        return self.shown.holds(self.cited)


def mark_in(asked: Mapping[str, str]) -> Mark | None:
    """The mark in an address, None where it has none. Raises Refused for what is no mark, or lacks its clocks."""
    if not asked.get("cited"):
        return None
    if not asked.get("known_at"):
        raise Refused(
            gettext("A cited address has both clocks."), gettext("Open the address as it was cited."), field="known_at"
        )
    return Mark.read(asked["cited"])


def recalled(snapshot: Snapshot, path: str, asked: Mapping[str, str], moment: Moment) -> Recalled | None:
    """What the mark in an address says of its view; None where it has none, or nothing for all. Raises Refused for what
    is no mark.
    """
    cited = mark_in(asked)
    shown = shown_at(snapshot, path, asked) if cited else None
    if shown is None:
        return None
    revision = snapshot.revision_at(moment.known_at)
    marks = [mark_of(rows, revision) for rows in (shown.rows(moment), shown.rows_once(moment)) if rows is not None]
    mark = next((mark for mark in marks if mark.holds(cited)), marks[0])
    return Recalled(cited, mark, shown.since(moment))


@blueprint.get("/cite")
@open_to("public")
@takes("path", "title", "format")
def cite() -> Response:
    """The citation of a page or of an answer of the API, as a file of one form."""
    form = request.args.get("format", "text")
    if form not in FORMATS:
        raise Refused(
            gettext("format is %(form)s.", form=repr(form[:40])),
            gettext("Send one of %(known)s.", known=", ".join(FORMATS)),
            field="format",
        )
    write, media_type = FORMATS[form]
    typed = media_type if media_type.startswith("text/") else f"{media_type}; charset=utf-8"  # Flask says it of texts
    return current().rendered(lambda: write(asked_view().citation), typed)


def _own_address(text: str) -> SplitResult:
    """An address of ours at which the record can be read at a moment, as it was sent or printed. Raises Refused."""
    try:
        address = urlsplit(text.removeprefix(current().service.settings.base_url))
    except ValueError:  # Brackets that do not fit.
        address = urlsplit("")
    is_ours = address.path.startswith("/") and not address.netloc and not address.scheme
    try:
        endpoint, _ = current_app.create_url_adapter(request).match(address.path, "GET")
    except HTTPException:  # which a redirect of the router is too
        is_ours = False
    if not is_ours or "cited" not in names_taken(endpoint):
        raise _no_address()
    return address


def _no_address() -> Refused:
    return Refused(
        gettext("path is no address of this site that can be cited."),
        gettext("Send one such as /channels/dpct."),
        field="path",
    )


def _title_of(address: SplitResult) -> str:
    """The title of the page at an address of ours; of what is no page, its path. Raises Refused for one that does not
    open, as it says itself.

    It is opened as a visitor opens it, so that no address is given out for good that says something else, or nothing.
    """
    with (
        speaking(language()),
        current_app.app_context(),
        current_app.test_request_context(address.geturl(), headers={"Accept-Language": language()}),
    ):
        answer = current_app.preprocess_request()
        response = current_app.make_response(current_app.dispatch_request() if answer is None else answer)
        if response.status_code != 200:
            raise _no_address()
        found = _TITLE.search(response.get_data(as_text=True)) if response.mimetype == "text/html" else None
    return " ".join(unescape(found[1]).split()) if found else address.path


@dataclass(frozen=True)
class AskedView:
    """The view that a call names by its path: its citation, each row by name with its hash, what became of it."""

    citation: Citation
    hashes: list[tuple[str, str]]
    recalled: Recalled | None


def asked_view() -> AskedView:
    """The view at the address in `path`, under the `title` that is sent, else the one that its page has. Raises Refused
    that names the field.
    """
    address = _own_address(request.args.get("path", ""))
    asked, snapshot = dict(parse_qsl(address.query)), current().snapshot()
    try:
        title = " ".join(request.args.get("title", "").split()), _title_of(address)
        moment = moment_of(asked)
        citation = citation_of(snapshot, address.path, asked, moment, next(filter(None, title))[:LONGEST_TITLE])
        rows = shown_at(snapshot, address.path, asked).rows(Moment(citation.as_of, citation.known_at))
        return AskedView(
            citation,
            hashes(rows),
            recalled(snapshot, address.path, asked, moment),
        )
    except Refused as refused:
        raise Refused(refused.wrong, refused.remedy, field="path", plain=refused.plain) from None
