"""Many channels on one axis of time: states as bands, contacts as marks, causes as notes that never overlap.

Pure geometry. Positions are in percent of the axis, so that a picture fits any window; notes are placed for an axis
that is at least so many pixels wide (`WIDE`, or `SLIM` where it may be any), and on a wider one they have more room.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from tracker.model import Category, Contact, Outcome, State, StatusChange
from tracker.record.history import ChannelView, contact_days
from tracker.tongue import gettext, ngettext
from tracker.web.pictures.grid import Line, grid_of
from tracker.web.pictures.lettering import fitting, width_of, wrapped
from tracker.web.pictures.strip import Axis, Spell, spells_of
from tracker.web.pictures.turns import Turn, turns_of
from tracker.wording import contact_words, date_words, outcome_words, parts, state_words

WIDE, SLIM = 944.0, 280.0
"""Pixels that an axis has in a wide window, and at least in any."""

LETTER = 11.0
"""The size of notes and labels in pixels."""

SIGN, GAP = 13.0, 7.0
"""Pixels of a state's sign before a note, and between two notes."""

SHIFT = 12.0
"""Pixels by which a note may stand beside its place before it is told together with the one before it."""

PIXEL = 100 / WIDE
"""Bands and marks that are nearer than this cannot be told apart, and are drawn as one."""

MOST_NAMED, LEAST_LABEL, MOST_LABEL, LABEL_LINES = 6, 130.0, 215.0, 4
"""How many days are named above the picture, how wide their names are in pixels, and in how many lines."""

MARKS = {Outcome.HELD: "held", Outcome.ANNOUNCED: "announced"}
"""How an outcome is drawn; any other is `failed`."""


@dataclass(frozen=True)
class Band:
    """A state from `x` on. `soft` is how much of its beginning is only known to be somewhere there.

    `changes` are those that began within a pixel, the last of them drawn.
    """

    x: float
    width: float
    soft: float
    changes: tuple[StatusChange, ...]
    words: str

    @property
    def change(self) -> StatusChange:
        return self.changes[-1]


@dataclass(frozen=True)
class Mark:
    """Contacts drawn as one: alike and within a pixel. `reach` is where they can have been, if no day is known."""

    kind: str
    x: float
    reach: tuple[float, float] | None
    contacts: tuple[Contact, ...]
    words: str


@dataclass(frozen=True)
class Note:
    """What stands under a lane from `x` on: the sign of a state, a text, and the numbers under which causes are told.

    `numbers` are those of all causes that it stands for, also where the `whole` text stands there.
    """

    x: float
    width: float
    state: State
    text: str
    whole: bool
    numbers: tuple[int, ...]
    change: StatusChange

    @property
    def number(self) -> str:
        """`7`, or `7–9` of several; empty where the whole text stands there."""
        ends = (*self.numbers[:1], *self.numbers[1:][-1:])
        return "" if self.whole else "–".join(str(number) for number in ends)


@dataclass(frozen=True)
class Lane:
    """A channel as drawn: `notes` for a wide axis, `slim` for any. `words` tell it to those who do not see it."""

    view: ChannelView
    bands: tuple[Band, ...]
    marks: tuple[Mark, ...]
    notes: tuple[Note, ...]
    slim: tuple[Note, ...]
    words: str


@dataclass(frozen=True)
class Named:
    """A day on which several channels changed, as a line through the picture; `lines` name it, none where no room is.

    `left`: the name stands left of the line.
    """

    turn: Turn
    x: float
    lines: tuple[str, ...]
    left: bool = False

    @property
    def channels(self) -> int:
        return len({change.channel for change in self.turn.changes})


@dataclass(frozen=True)
class Cause:
    """A numbered cause: `told` where the picture has its words in a wide window."""

    number: int
    view: ChannelView
    change: StatusChange
    told: bool = False


@dataclass(frozen=True)
class Picture:
    """Everything that is drawn. `today`: where the day of the moment is, None where it is not on the axis."""

    axis: Axis
    grid: tuple[Line, ...]
    turns: tuple[Named, ...]
    groups: tuple[tuple[Category, tuple[Lane, ...]], ...]
    causes: tuple[Cause, ...]
    today: float | None

    @property
    def lanes(self) -> list[Lane]:
        return [lane for _, lanes in self.groups for lane in lanes]


def picture_of(views: Sequence[ChannelView], axis: Axis) -> Picture:
    """The channels of some views, all of one moment, in the order of categories."""
    grouped = [(one, [view for view in views if view.channel.category is one]) for one in Category]
    ordered = [view for _, there in grouped for view in there]
    turns = [turn for turn in turns_of(ordered) if axis.start <= turn.day <= axis.end]
    causes = _numbered(ordered, axis, turns)
    numbers = {id(cause.change): cause.number for cause in causes}
    groups = tuple(
        (category, tuple(_lane(view, axis, turns, numbers) for view in there)) for category, there in grouped if there
    )
    told = {id(note.change) for _, lanes in groups for lane in lanes for note in lane.notes if note.whole}
    as_of = views[0].moment.as_of if views else None
    return Picture(
        axis=axis,
        grid=tuple(grid_of(axis, SLIM)),
        turns=tuple(_named(turns, axis)),
        groups=groups,
        causes=tuple(replace(cause, told=id(cause.change) in told) for cause in causes),
        today=axis.at(as_of) if as_of and axis.start <= as_of <= axis.end else None,
    )


def _numbered(views: Iterable[ChannelView], axis: Axis, turns: Sequence[Turn]) -> list[Cause]:
    """The changes on the axis whose cause no common day tells, lane by lane and oldest first."""
    found = [
        (view, change)
        for view in views
        for change in view.states[::-1]
        if axis.start <= change.effective.first <= axis.end and not _explained(change, turns)
    ]
    return [Cause(number, view, change) for number, (view, change) in enumerate(found, start=1)]


def _explained(change: StatusChange, turns: Iterable[Turn]) -> bool:
    return any(turn.explains(change) for turn in turns if turn.day == change.effective.first)


def _lane(view: ChannelView, axis: Axis, turns: Sequence[Turn], numbers: dict[int, int]) -> Lane:
    until = min(view.moment.as_of, axis.end)
    spells = [
        spell
        for spell in spells_of(view, until)
        if (spell.until > axis.start or spell.first >= axis.start) and spell.first <= until
    ]
    changes = [spell.change for spell in spells]
    marks = tuple(marks_of(view.contacts, axis))
    return Lane(
        view=view,
        bands=tuple(bands_of(spells, axis)),
        marks=marks,
        notes=tuple(notes_of(changes, axis, numbers, WIDE)),
        slim=tuple(notes_of(changes, axis, numbers, SLIM, texts=False)),
        words=_sentences(changes, [contact for mark in marks for contact in mark.contacts]),
    )


def _sentences(changes: Sequence[StatusChange], contacts: Sequence[Contact]) -> str:
    states = parts(state_since(change) for change in changes)
    tally = Counter(contact.outcome for contact in contacts)
    told = parts(f"{tally[outcome]:,} {outcome_words(outcome)}" for outcome in Outcome if tally[outcome])
    return gettext(
        "States: %(states)s. Contacts: %(contacts)s.",
        states=states or gettext("none on record"),
        contacts=told or gettext("none on record"),
    )


def bands_of(spells: Sequence[Spell], axis: Axis) -> Iterable[Band]:
    """The states one after the other; those that begin within a pixel of one another as one."""
    together: list[list[Spell]] = []
    for spell in spells:
        if together and axis.at(spell.first) - axis.at(together[-1][0].first) < PIXEL:
            together[-1].append(spell)
        else:
            together.append([spell])
    for place, there in enumerate(together):
        until = together[place + 1][0].first if place + 1 < len(together) else there[-1].until
        x, end = axis.at(there[0].first), axis.at(until)
        if end > x:
            change = there[-1].change
            vague = change.effective.last > change.effective.first
            known_by = axis.at(min(change.effective.last, until)) if vague else x
            words = _told([state_since(spell.change) for spell in there])
            changes = tuple(spell.change for spell in there)
            yield Band(x, round(end - x, 2), round(max(known_by - x, 0.0), 2), changes, words)


def marks_of(contacts: Iterable[Contact], axis: Axis) -> Iterable[Mark]:
    """The contacts that can have been on the axis, from left to right."""
    places: dict[tuple[int, str], list[Contact]] = defaultdict(list)
    for contact in contacts:
        first, last = contact_days(contact)
        if first <= axis.end and last >= axis.start:
            places[int(_middle(contact, axis) / PIXEL), MARKS.get(contact.outcome, "failed")].append(contact)
    for (_, kind), there in sorted(places.items()):
        there = there[::-1]
        first, last = contact_days(there[-1])
        vague = there[-1].date is not None and there[-1].date.first != there[-1].date.last
        reach = (axis.at(first), round(axis.at(last) - axis.at(first), 2)) if vague else None
        yield Mark(kind, _middle(there[0], axis), reach, tuple(there), _told([contact_words(one) for one in there]))


def _middle(contact: Contact, axis: Axis) -> float:
    """Where a contact stands: on its first day, or in the middle of the month or year that is all we know."""
    first, last = contact_days(contact)
    vague = contact.date is not None and contact.date.first != contact.date.last
    return round((axis.at(first) + axis.at(last)) / 2, 2) if vague else axis.at(first)


def _told(words: Sequence[str]) -> str:
    if len(words) <= 3:
        return parts(words)
    more = len(words) - 2
    return parts([*words[:2], ngettext("and %(num)s more", "and %(num)s more", more)])


def state_since(change: StatusChange) -> str:
    """`active since 5 Aug 2022`."""
    return gettext("%(state)s since %(date)s", state=state_words(change.state), date=date_words(change.effective))


def notes_of(
    changes: Sequence[StatusChange], axis: Axis, numbers: dict[int, int], wide: float, *, texts: bool = True
) -> Iterable[Note]:
    """The notes of a lane from left to right, on an axis that is `wide` pixels wide.

    A cause stands in words where they fit before the next change, else as its number; what a common day explains, or
    began before the axis, is a sign alone. Notes that would overlap stand aside a little, else are told as one.
    """
    unit = 100 / wide
    notes: list[Note] = []
    for place, change in enumerate(changes):
        x = axis.at(change.effective.first) / unit
        following = axis.at(changes[place + 1].effective.first) / unit if place + 1 < len(changes) else wide + GAP
        free = notes[-1].x + notes[-1].width + GAP if notes else 0.0
        number = numbers.get(id(change))
        if notes and not notes[-1].numbers and not notes[-1].text and number and free > x:
            notes.pop()  # a mere sign gives way to what has something to tell
            free = notes[-1].x + notes[-1].width + GAP if notes else 0.0
        room = following - max(x, free) - SIGN - GAP if texts else 0.0
        note = _note_of(change, x, axis, number, room)
        start = min(max(x, free), wide - note.width)
        if start >= free and start - x <= SHIFT:
            notes.append(replace(note, x=start))
        elif note.numbers:
            _join(notes, note, wide)
    return [replace(note, x=round(note.x * unit, 3), width=round(note.width * unit, 3)) for note in notes]


def _note_of(change: StatusChange, x: float, axis: Axis, number: int | None, room: float) -> Note:
    """A note with as much of the cause as fits; of a state that began before the axis, since when it stands."""
    if change.effective.first < axis.start:
        return _note(x, change, fitting(state_since(change), room, LETTER) or "")
    if number is None:
        return _note(x, change)
    whole = _note(x, change, fitting(change.cause, room, LETTER) or "", numbers=(number,), whole=True)
    if whole.text and not whole.text.endswith("…"):
        return whole
    beside = fitting(change.cause, room - width_of(f"{number} ", LETTER), LETTER)
    return _note(x, change, beside or "", numbers=(number,))


def _note(
    x: float, change: StatusChange, text: str = "", *, numbers: tuple[int, ...] = (), whole: bool = False
) -> Note:
    note = Note(x, 0.0, change.state, text, whole, numbers, change)
    label = " ".join(filter(None, (note.number, text)))
    return replace(note, width=SIGN + width_of(label, LETTER))


def _join(notes: list[Note], note: Note, wide: float) -> None:
    """Tell a note together with the last, and with those before it that it would overlap then."""
    while notes:
        last = notes.pop()
        note = _note(last.x, last.change, numbers=(*last.numbers, *note.numbers))
        note = replace(note, x=min(note.x, wide - note.width))
        if not notes or note.x >= notes[-1].x + notes[-1].width + GAP:
            break
    notes.append(note)


def _named(turns: Sequence[Turn], axis: Axis) -> Iterable[Named]:
    """Each common day, those of most channels with their names as far as there is room."""
    placed: dict[date, tuple[float, float]] = {}
    for turn in sorted(turns, key=lambda turn: (-len(turn.changes), turn.day))[:MOST_NAMED]:
        x = axis.at(turn.day) / PIXEL
        box = (x, x + LEAST_LABEL) if x + LEAST_LABEL <= WIDE else (x - LEAST_LABEL, x)
        if all(box[1] + GAP <= begins or ends + GAP <= box[0] for begins, ends in placed.values()):
            placed[turn.day] = box
    for turn in turns:
        x = axis.at(turn.day)
        if turn.day not in placed:
            yield Named(turn, x, ())
            continue
        begins = placed[turn.day][0]
        left = begins < x / PIXEL - 1
        room = LEAST_LABEL
        if not left:
            following = min((box[0] for box in placed.values() if box[0] > begins), default=WIDE)
            room = min(following - begins - GAP, MOST_LABEL)
        cause = turn.cause or ngettext("%(num)s change", "%(num)s changes", len(turn.changes))
        yield Named(turn, x, (date_words(turn.day), *wrapped(cause, room - 5, LETTER, LABEL_LINES - 1)), left)
