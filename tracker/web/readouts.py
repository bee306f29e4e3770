"""Both readouts of one event side by side: the points with short quotes, and for reviewers the whole texts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from flask import Blueprint, Flask, Response
from markupsafe import Markup

from tracker.errors import NotFound
from tracker.feeds.dates import read_instant
from tracker.model import (
    Candidate,
    Contact,
    Evidence,
    Feed,
    Relationship,
    Release,
    ReleaseHistory,
    Source,
    StatusChange,
)
from tracker.readouts import Comparer, Comparison, Point, PointKind, Readout
from tracker.record.disputes import contradicts, tells_otherwise
from tracker.record.history import in_force
from tracker.tongue import gettext, msg, name_of
from tracker.web.answers import answer, page
from tracker.web.auth import open_to
from tracker.web.claims import find_row
from tracker.web.current import current, find_channel, moment_from_request
from tracker.web.reviewing.marks import marked
from tracker.web.reviewing.quotes import quoted
from tracker.web.sent import CLOCKS, takes
from tracker.web.sources.offices import office_words
from tracker.web.words import date_tag
from tracker.wording import count, side_in_text

KIND_WORDS = {
    PointKind.DATE: msg("Date"),
    PointKind.ROUND: msg("Round"),
    PointKind.PLACE: msg("Place"),
    PointKind.FORM: msg("Form"),
    PointKind.LEVEL: msg("Level"),
    PointKind.PERSON: msg("Who took part"),
    PointKind.ASKED: msg("Who asked"),
    PointKind.TOPIC: msg("Topics"),
    PointKind.TONE: msg("Tone"),
    PointKind.COMMITMENT: msg("Agreed"),
    PointKind.NEXT: msg("Next meeting"),
}

ONLY, BOTH = "only", "both"
"""What marked words are, as `tracker/web/reviewing/marks.py` shows it."""

blueprint = Blueprint("readouts", __name__)


@dataclass(frozen=True)
class Column:
    """One side's readout as it is shown: its title, and the sentences that carry points or the whole text, marked."""

    readout: Readout
    title: Markup
    text: Markup


@dataclass(frozen=True)
class Told:
    """A comparison with what its pages need. `further`: releases of the two sides that are kept and not compared.
    `otherwise`: those of all that deny the event, or tell that it did not come to it.
    """

    comparison: Comparison
    comparer: Comparer
    relationship: Relationship
    further: int
    otherwise: tuple[Readout, ...] = ()

    def columns(self, *, whole: bool) -> list[Column]:
        """Both sides, with the words of their points marked: the whole texts, or short quotes."""
        return [self._column(readout, whole) for readout in self.comparison.readouts]

    def _column(self, readout: Readout, whole: bool) -> Column:
        release, words = readout.release, []
        for point in self.comparison.points:
            if readout.side in point.said:
                role = ONLY if point.only == readout.side else BOTH
                words += [replace(one, role=role) for one in point.said[readout.side].words]
        title, text = ([word for word in words if word.field == field] for field in ("title", "summary"))
        shown = marked(release.summary, text) if whole else quoted(release.summary, text)
        return Column(readout, marked(release.title, title), shown)

    def only(self, side: str) -> list[str]:
        """What a side alone says, in a few words each; what it alone raises once, also where it is agreed."""
        points = [point for point in self.comparison.points if point.only == side]
        raised = {point.key for point in points if point.kind is PointKind.TOPIC}
        told = (p for p in points if p.kind is not PointKind.COMMITMENT or p.key not in raised)
        return [self._in_short(point) for point in told]

    def _in_short(self, point: Point) -> str:
        name = self.name(point)
        match point.kind:
            case PointKind.COMMITMENT:
                return gettext("%(subject)s as agreed", subject=name)
            case PointKind.TONE:
                return gettext("%(tone)s in tone", tone=name)
        return name or gettext(KIND_WORDS[point.kind]).lower()

    def name(self, point: Point) -> str:
        """What a point is about, in the language that is told; empty where its kind says it."""
        if point.kind is PointKind.PERSON:
            return office_words(point.key, self.relationship)
        return name_of(self.names(point)) if point.key else ""

    def other_name(self, point: Point) -> tuple[str, str] | None:
        """The language and the name of a point in the other language of the relationship, where it has one."""
        shown = self.name(point)
        return next(((lang, name) for lang, name in self.names(point).items() if name != shown), None)

    def value(self, point: Point, side: str) -> str:
        """What a side's form or level is called, or the number of its round; empty for other points."""
        if point.kind is PointKind.ROUND and side in point.said:
            return gettext("round %(number)s", number=point.said[side].value)
        names = self.comparer.names.get((point.kind, point.said[side].value)) if side in point.said else None
        return name_of(names) if names else ""

    def names(self, point: Point) -> Mapping[str, str]:
        """What the subject of a point is called, by language; of persons their office alone is known."""
        if point.kind is PointKind.PERSON or not point.key:
            return {}
        named = self.comparer.names.get((point.kind, point.key))
        return named or find_channel(current().snapshot(), point.key).names


@blueprint.get("/claims/<claim>/readouts")
@open_to("public")
@takes(*CLOCKS)
def readouts(claim: str) -> Response:
    return answer(lambda: _readouts(claim))


def _readouts(name: str) -> str:
    moment = moment_from_request()
    entry, told = told_of(name, moment.known_at)
    channel = find_channel(current().snapshot(), entry.channel)
    return page("readouts.html", moment, claim=name, entry=entry, channel=channel, told=told)


def told_of(name: str, known_at: datetime) -> tuple[StatusChange | Contact, Told]:
    """The claim of that name as it was known then, with the readouts that it cites. Raises NotFound."""
    snapshot = current().snapshot()
    stood = in_force([find_row(snapshot, name)], known_at)
    if not stood:
        raise NotFound(
            gettext("%(name)s was not on record at this moment.", name=name),
            gettext("/claims/%(name)s tells what became of it.", name=name),
        )
    (entry,) = stood
    relationship = snapshot.relationship(find_channel(snapshot, entry.channel).relationship)
    if not both_kept(entry.sources, relationship):
        raise NotFound(
            gettext("The words of both sides are not kept for %(name)s.", name=name),
            gettext(
                "/claims/%(name)s names its sources; two readouts can be compared once a release of each side is "
                "cited.",
                name=name,
            ),
        )
    with current().service.store.reading() as db:
        passages = {source.passage.release: source.passage for source in entry.sources if source.passage}
        kept = [(db.releases.history(release), passage.revision) for release, passage in passages.items()]
    otherwise = {source.passage.release for source in entry.sources if source.passage and contradicts(source, entry)}
    return entry, _compared(kept, relationship, otherwise)


def both_kept(sources: Iterable[Source], relationship: Relationship) -> bool:
    """Whether the words of a release of each party are cited and kept."""
    return {party.code for party in relationship.parties} <= {source.side for source in sources if source.passage}


def told_of_candidate(
    candidate: Candidate, histories: Mapping[int, ReleaseHistory], relationship: Relationship
) -> Told | None:
    """The readouts of a candidate that carry it, for `_readouts.html`; None while a side has not spoken."""
    seen = {one.release.id: one for one in candidate.telling}
    kept = [(histories[release], one.revision) for release, one in seen.items()]
    signal = candidate.signal
    otherwise = {release for release, one in seen.items() if tells_otherwise(one.sighting.signal, signal)}
    return _compared(kept, relationship, otherwise)


def _compared(
    kept: Iterable[tuple[ReleaseHistory, int]], relationship: Relationship, otherwise: Collection[int]
) -> Told | None:
    """The fullest readout of each side against the other's; None where a side has none. One of the releases that tell
    `otherwise` of the event stands for its side where the side has no other.
    """
    feeds = current().service.feeds_by_slug
    found = [
        replace(_readout(history, revision, relationship, feeds), otherwise=history.release.id in otherwise)
        for history, revision in kept
    ]
    by_side = [[one for one in found if one.side == party.code] for party in relationship.parties]
    if not all(by_side):
        return None
    first, second = (max(of, key=lambda one: (not one.otherwise, len(one.release.summary))) for of in by_side)
    comparer = current().service.pack(relationship.slug).comparer
    further = sum(map(len, by_side)) - 2
    contrary = tuple(one for of in by_side for one in of if one.otherwise)
    return Told(comparer.compare(first, second), comparer, relationship, further, contrary)


def _readout(history: ReleaseHistory, revision: int, relationship: Relationship, feeds: Mapping[str, Feed]) -> Readout:
    """A release in a revision, with the instant at which its feed says that it was published."""
    said = next(one for one in history.revisions if one.number == revision)
    release: Release = replace(history.release, title=said.title, summary=said.summary)
    feed = feeds.get(release.feed or "")
    zones = [party.timezone for party in relationship.parties if party.code == release.side]
    first = next((one.published_raw for one in history.revisions if one.published_raw), None)
    return Readout(release, read_instant(first, feed.timezone if feed else next(iter(zones), "UTC")))


def standing_words(point: Point, told: Told) -> Markup:
    """Sign and words of who says a point: both, one side alone, both and not the same."""
    first, _ = told.comparison.sides
    if point.only:
        sign, kind = ("◧" if point.only == first else "◨"), "only"
        words = gettext("only %(side)s", side=side_in_text(point.only, told.relationship))
    elif len(point.said) == 1:
        sign, kind, words = "?", "unknown", gettext("not in what we have of the other")
    elif point.contrary:
        sign, kind = "≠", "differs"
        side = side_in_text(told.comparison.otherwise, told.relationship)
        words = gettext("both name it, %(side)s tells otherwise of the event", side=side)
    elif point.differs:
        sign, kind, words = "≠", "differs", gettext("both, not the same")
    elif point.kind is PointKind.PLACE:  # two names of one place look as different as two places
        sign, kind, words = "■", "both", gettext("both name a place")
    else:
        sign, kind, words = "■", "both", gettext("both")
    return Markup('<span class="says says-{}"><span class="sign" aria-hidden="true">{}</span> {}</span>').format(
        kind, sign, words
    )


def apart_words(told: Told) -> str:
    """How far the publications of the two texts that are compared lie apart, as precisely as it is known. A side may
    have spoken earlier in another.
    """
    first, second = (side_in_text(side, told.relationship) for side in told.comparison.sides)
    hours, days = told.comparison.apart.hours, told.comparison.apart.days
    if hours is not None:
        if not hours:
            return gettext("These two texts were published at the same minute.")
        earlier, later = (first, second) if hours > 0 else (second, first)
        minutes = round(abs(hours) * 60)
        span = gettext("%(hours)s\u00a0h %(minutes)s\u00a0min", hours=minutes // 60, minutes=minutes % 60)
        return gettext(
            "Of these two texts, that of %(earlier)s was published first, that of %(later)s %(span)s later.",
            earlier=earlier,
            later=later,
            span=span,
        )
    if not days:
        return gettext("By their own dates these two texts were published on the same day; hours are not known.")
    earlier, later = (first, second) if days > 0 else (second, first)
    return gettext(
        "By their own dates, of these two texts that of %(earlier)s was published first, that of %(later)s %(span)s "
        "later; hours are not known.",
        earlier=earlier,
        later=later,
        span=count(abs(days), "day"),
    )


def first_words(words: Iterable[Evidence], most: int = 3) -> list[str]:
    """Up to `most` different wordings of a point, in the order of the text."""
    return list(dict.fromkeys(word.text for word in words))[:most]


def register(app: Flask) -> None:
    """The blueprint, and what its templates need."""
    app.register_blueprint(blueprint)
    app.jinja_env.filters.update(says=standing_words, apart=apart_words, first_words=first_words, both_kept=both_kept)
    app.jinja_env.filters.update(iso_date=lambda iso: date_tag(date.fromisoformat(iso)))
    app.jinja_env.globals.update(point_kinds=KIND_WORDS)
