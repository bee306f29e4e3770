"""The picture of all channels on one axis of time: as a page with the table behind it, and as a file for slides."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate, islice

from flask import Blueprint, Response, render_template, request, url_for
from markupsafe import Markup

from tracker.errors import Refused
from tracker.model import Category, Contact, Moment, Outcome, PartialDate, Relationship, StatusChange
from tracker.record.history import ChannelView, contact_days
from tracker.tongue import gettext, name_of, ngettext, pgettext
from tracker.web.answers import answer, carried, page, word_of
from tracker.web.api.parameters import EntriesFilter, TimelineQuery
from tracker.web.api.selection import lines_asked_for
from tracker.web.auth import open_to
from tracker.web.current import Snapshot, current, find_channel, moment_from_request
from tracker.web.figures import FIRST_YEAR
from tracker.web.outputs.calls import absolute, output
from tracker.web.pictures.drawing import FOOT, HEAD, FilePen, PagePen, Sheet, labels_height, sheet_of
from tracker.web.pictures.lanes import Lane, Picture, picture_of
from tracker.web.pictures.strip import Axis, spells_of
from tracker.web.sent import CLOCKS, takes
from tracker.web.words import STATE_ORDER, filled, said
from tracker.wording import contact_words, date_words, parts, state_words

FILTERS = ("from", "to", "category", "relationship", "after")

MOST_LANES, MOST_ENTRIES = 40, 600
"""Channels in one picture, and changes and contacts if it is not one channel; the next follow on a page of theirs."""

MOST_PICTURES = 4
"""Relationships of which pictures stand on one page, and in one file; the others are asked for one by one."""

MOST_ROWS = 1000
"""Rows of the table behind a picture, and causes below it; the tables for programs have all."""

YEARS_BEFORE = 6
"""How many years before a moment that lies before the record begins are shown."""

EARLIEST, LATEST = 1900, 2199

blueprint = Blueprint("timeline", __name__)


@dataclass(frozen=True)
class Row:
    """What the picture has of a channel in one state: `change` is None before the first, `until` where it lasts."""

    view: ChannelView
    change: StatusChange | None
    until: date | None
    contacts: tuple[Contact, ...]


@dataclass(frozen=True)
class Shown:
    """The picture of one relationship, its table, and which of its channels it has: `first` to `last` of `total`."""

    relationship: Relationship
    picture: Picture
    rows: tuple[Row, ...]
    first: int
    last: int
    total: int
    following: str | None
    words: Markup

    @property
    def cut(self) -> bool:
        """Whether the table has not all rows."""
        return len(self.rows) >= MOST_ROWS


@dataclass(frozen=True)
class Asked:
    """What an address asks for besides the clocks and the days; `after`: the channel that the picture goes on after."""

    category: Category | None = None
    relationship: str | None = None
    after: str | None = None


@blueprint.get("/timeline")
@open_to("public")
@takes(*CLOCKS, *FILTERS)
def timeline() -> Response:
    return answer(_timeline)


def _timeline() -> str:
    snapshot, moment, sent = current().snapshot(), moment_from_request(), request.args
    asked = Asked(word_of(Category, "category"), sent.get("relationship") or None, sent.get("after") or None)
    views = views_asked_for(snapshot, moment, asked)
    years = years_offered(views, moment)
    axis = axis_asked_for(sent.get("from"), sent.get("to"), years)
    pictures = pictures_of(snapshot.relationships, views, axis, asked.after)
    return page(
        "timeline.html",
        moment,
        snapshot=snapshot,
        pictures=pictures,
        others=others_than(pictures, snapshot.relationships, views),
        span=span_words_of(axis),
        year=axis.start.year if axis.start.year == axis.end.year else None,
        years=years,
        asked=asked,
        pen=PagePen(carried()),
        most=MOST_ROWS,
        contact_words=contact_words,
        labels_height=labels_height,
        kept={name: sent[name] for name in ("from", "to", "category", "relationship") if sent.get(name)},
    )


@output("/timeline.svg", "image/svg+xml")
def timeline_svg(query: TimelineQuery) -> str:
    snapshot, moment = current().snapshot(), moment_from_request()
    views = views_asked_for(snapshot, moment, Asked(query.category, query.relationship, query.after))
    axis = axis_asked_for(query.first, query.last, years_offered(views, moment))
    pictures = pictures_of(snapshot.relationships, views, axis, query.after)
    sheets: list[Sheet] = []
    for shown in pictures:
        sheets.append(sheet_of(shown.picture, sheets[-1].bottom if sheets else HEAD))
    address = absolute(url_for("timeline.timeline"), **request.args | {"as_of": moment.as_of.isoformat()})
    return render_template(
        "timeline.svg",
        pictures=list(zip(pictures, sheets, strict=True)),
        height=(sheets[-1].bottom if sheets else HEAD) + FOOT,
        moment=moment,
        span=span_words_of(axis),
        category=query.category,
        pen=FilePen(current().service.settings.base_url),
        address=address,
        correction=snapshot.corrected_at(moment.known_at),
        words=Markup(" ").join(shown.words for shown in pictures).striptags(),
    )


def axis_asked_for(first: str | None, last: str | None, years: Sequence[int]) -> Axis:
    """From the first day of one date to the last of another, each a day, month or year; without them all years offered.

    Raises Refused that names the field.
    """
    begins = _date("from", first).first if first else date(years[0], 1, 1)
    ends = _date("to", last).last if last else date(max(years[-1], begins.year), 12, 31)
    if begins >= ends:
        raise Refused(
            gettext(
                "from is %(first)s, which is not before to (%(ends)s).",
                first=repr(first or begins.isoformat()),
                ends=ends,
            ),
            gettext("Send the earlier day or year as from, and the later as to."),
            field="from",
        )
    return Axis(begins, ends)


def _date(field: str, text: str) -> PartialDate:
    try:
        value = PartialDate(text)
    except ValueError:
        value = None
    if value is None or not EARLIEST <= value.first.year <= LATEST:
        raise Refused(
            gettext(
                "%(field)s is %(value)s, which is no year or day from %(earliest)s to %(latest)s.",
                field=field,
                value=repr(text[:40]),
                earliest=EARLIEST,
                latest=LATEST,
            ),
            gettext("Send a year as YYYY, or a day as YYYY-MM-DD."),
            field=field,
        )
    return value


def years_offered(views: Iterable[ChannelView], moment: Moment) -> list[int]:
    """From the year since which the record is complete to that of the moment, or the next if something is due then."""
    this = moment.as_of.year
    due = (
        contact.last.year
        for view in views
        for contact in view.contacts
        if contact.outcome is Outcome.ANNOUNCED and contact.date
    )
    first = FIRST_YEAR if this >= FIRST_YEAR else max(this - YEARS_BEFORE, 1)
    last = this + 1 if this + 1 in due else this
    return list(range(first, last + 1))


def span_words_of(axis: Axis) -> str:
    """`2022`, `2020 to 2026`, or the days where it is no whole years."""
    whole = (axis.start.month, axis.start.day, axis.end.month, axis.end.day) == (1, 1, 12, 31)
    first, last = (date_words(PartialDate(f"{day.year:04}") if whole else day) for day in (axis.start, axis.end))
    return first if first == last else pgettext("a span of time", "%(first)s to %(last)s", first=first, last=last)


def views_asked_for(snapshot: Snapshot, moment: Moment, asked: Asked) -> list[ChannelView]:
    """The channels of which the record tells anything, in the order of categories.

    Raises Refused for a relationship or a channel to go on after that is not there.
    """
    if asked.after:
        find_channel(snapshot, asked.after)
    query = EntriesFilter(category=asked.category, relationship=asked.relationship)
    lines = lines_asked_for(snapshot, query, moment.known_at)
    views = (snapshot.view(line, moment) for line in lines)
    order = list(Category)
    return sorted(
        (view for view in views if view.history or view.contacts), key=lambda view: order.index(view.channel.category)
    )


def pictures_of(
    relationships: Iterable[Relationship], views: Sequence[ChannelView], axis: Axis, after: str | None
) -> list[Shown]:
    """The picture of each relationship that has channels among the views, from the one after `after` on; of the first
    few where there are many.
    """
    shown: list[Shown] = []
    for relationship in relationships:
        own = [view for view in views if view.channel.relationship == relationship.slug]
        before = next((place for place, view in enumerate(own, start=1) if view.channel.slug == after), 0)
        part = own[before : before + _fitting(own[before : before + MOST_LANES], axis)]
        if part and len(shown) < MOST_PICTURES:
            shown.append(_shown(relationship, picture_of(part, axis), before, len(own)))
    return shown


def others_than(
    pictures: Sequence[Shown], relationships: Iterable[Relationship], views: Iterable[ChannelView]
) -> list[Relationship]:
    """The relationships of which there would be pictures, and are none here."""
    drawn = {shown.relationship.slug for shown in pictures}
    known = {view.channel.relationship for view in views} - drawn
    return [pair for pair in relationships if pair.slug in known]


def _fitting(views: Sequence[ChannelView], axis: Axis) -> int:
    """How many channels, from the first on, have together no more on the axis than a picture takes; one at least."""
    entries = accumulate(
        sum(axis.start <= change.effective.first <= axis.end for change in view.states)
        + sum(first <= axis.end and last >= axis.start for first, last in map(contact_days, view.contacts))
        for view in views
    )
    return max(sum(number <= MOST_ENTRIES for number in entries), 1)


def _shown(relationship: Relationship, picture: Picture, before: int, total: int) -> Shown:
    lanes = picture.lanes
    last = before + len(lanes)
    return Shown(
        relationship=relationship,
        picture=picture,
        rows=tuple(islice(_rows(lanes, picture.axis), MOST_ROWS)),
        first=before + 1,
        last=last,
        total=total,
        following=lanes[-1].view.channel.slug if last < total else None,
        words=_sentences(picture, relationship),
    )


def _rows(lanes: Iterable[Lane], axis: Axis) -> Iterator[Row]:
    """Every state on the axis with the contacts that fell in it, channel by channel and oldest first."""
    for lane in lanes:
        view = lane.view
        contacts = [contact for mark in lane.marks for contact in mark.contacts]
        spells = spells_of(view, date.max)
        begins = [spell.first for spell in spells]
        # A contact belongs to the state that its first day is in; before the first state there is none.
        within: dict[int, list[Contact]] = defaultdict(list)
        for contact in contacts:
            within[bisect_right(begins, contact_days(contact)[0]) - 1].append(contact)
        if within[-1]:
            yield Row(view, None, begins[0] if begins else None, tuple(within[-1]))
        for place, spell in enumerate(spells):
            begins_there = axis.start <= spell.first <= axis.end
            if within[place] or begins_there or (spell.first <= axis.end and spell.until > axis.start):
                until = None if spell.until == date.max else spell.until
                yield Row(view, spell.change, until, tuple(within[place]))


def _sentences(picture: Picture, relationship: Relationship) -> Markup:
    """The picture in a few sentences: how many channels stand how, and on which days several changed at once."""
    views = [lane.view for lane in picture.lanes]
    as_of = views[0].moment.as_of
    states = Counter(view.state for view in views)
    told = parts(
        gettext("%(number)s %(state)s", number=states[state], state=state_words(state))
        for state in STATE_ORDER
        if states[state]
    )
    if states[None]:
        told = parts(filter(None, [told, gettext("%(number)s without a state", number=states[None])]))
    sentences = [
        ngettext(
            "%(pair)s, %(span)s: %(num)s channel. As of %(day)s: %(states)s.",
            "%(pair)s, %(span)s: %(num)s channels. As of %(day)s: %(states)s.",
            len(views),
            pair=name_of(relationship.names),
            span=span_words_of(picture.axis),
            day=date_words(as_of),
            states=told or gettext("none with a state"),
        )
    ]
    for named in picture.turns:
        if named.lines and named.turn.cause:
            sentences.append(
                filled(
                    gettext("On %(day)s %(number)s channels changed at once (%(cause)s)."),
                    day=date_words(named.turn.day),
                    number=named.channels,
                    cause=said(named.turn.cause),
                )
            )
    return Markup(" ").join(sentences)
