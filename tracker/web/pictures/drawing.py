"""How the picture of channels is put down: on a page by percent and classes, in a file by pixels and colours.

The same macros draw both. The file carries its looks as attributes, since our policy for answers allows no style within
them, and since programs for slides read attributes best.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import url_for
from markupsafe import Markup

from tracker.model import Category, Contact, StatusChange
from tracker.record.lineage import entry_key
from tracker.tongue import name_of
from tracker.web.outputs.badge import COLOURS
from tracker.web.pictures.lanes import Lane, Picture
from tracker.web.pictures.lettering import wrapped

LANE = 38
"""The height of a lane in pixels; within it marks stand above the band, notes below it."""

SHEET, MARGIN, NAMES = 1280, 24, 272
"""The width of the file, its margins, and the room for the names of channels."""

HEAD, FOOT = 122, 40
"""What stands above the first picture of a file and below the last."""

_YEARS, _GROUP, _KEY_LINE, _KEY_COLUMNS = 20, 26, 15, 3

INK, QUIET, RULE, RULE_STRONG = "#1B1B1B", "#5A5854", "#DCD9D2", "#8D8A83"

_LOOKS = {
    "grid": {"stroke": RULE, "stroke-width": "1"},
    "strong": {"stroke": RULE, "stroke-width": "1.6"},
    "turn": {"stroke": INK, "stroke-width": "1", "stroke-dasharray": "1 3"},
    "today": {"stroke": INK, "stroke-width": "1.5"},
    "label": {"fill": QUIET, "font-size": "12"},
    "named": {"fill": INK, "font-size": "11"},
    "day": {"fill": INK, "font-size": "11", "font-weight": "700"},
    "mark": {"stroke": INK, "stroke-width": "1.7", "fill": "none"},
    "reach": {"stroke": INK, "stroke-width": "1", "opacity": ".45"},
    "note": {"fill": INK, "font-size": "11"},
    "number": {"fill": INK, "font-size": "11", "font-weight": "700"},
    "soft": {"opacity": ".35"},
    "for-wide": {},
}


@dataclass(frozen=True)
class PagePen:
    """Draws on a page: positions in percent of the lane, looks by classes of the style sheet.

    `ways`: the arguments by which its links keep the moment of the page.
    """

    ways: Mapping[str, str]
    on_page = True

    def at(self, x: float) -> str:
        return f"{x:g}%"

    wide = at

    def look(self, *names: str) -> Markup:
        return Markup('class="{}"').format(" ".join(names))

    def claim(self, entry: StatusChange | Contact) -> str | None:
        name = claim_of(entry)
        return name and url_for("pages.claim", claim=name, **self.ways)


class FilePen:
    """Draws in a file: positions in pixels of the sheet, looks by attributes."""

    on_page = False

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url

    def at(self, x: float) -> str:
        return f"{MARGIN + NAMES + self._pixels(x):.2f}".rstrip("0").rstrip(".")

    def wide(self, width: float) -> str:
        return f"{self._pixels(width):.2f}".rstrip("0").rstrip(".")

    def look(self, *names: str) -> Markup:
        looks: dict[str, str] = {}
        for name in names:
            state = name.removeprefix("state-")
            colour = COLOURS.get(state)
            looks |= {"fill": colour, "stroke": colour} if colour else _LOOKS[name]
        return Markup(" ").join(Markup('{}="{}"').format(name, value) for name, value in looks.items())

    def claim(self, entry: StatusChange | Contact) -> str | None:
        name = claim_of(entry)
        return name and f"{self._base_url}/claims/{name}"

    def _pixels(self, share: float) -> float:
        return share / 100 * (SHEET - 2 * MARGIN - NAMES)


def claim_of(entry: StatusChange | Contact) -> str | None:
    """The name of a row; of a change that follows from a contact the contact's; None where neither was recorded."""
    if isinstance(entry, StatusChange) and entry.derived:
        return f"contact-{entry.follows}" if entry.follows else None
    return entry_key(entry) if entry.id else None


@dataclass(frozen=True)
class Placed:
    """A lane of a file: where it begins, and its channel's name in lines."""

    lane: Lane
    y: int
    name: tuple[str, ...]


@dataclass(frozen=True)
class Told:
    """A line of the key to the numbers, with the number where it begins a cause."""

    x: int
    y: int
    number: int | None
    text: str


@dataclass(frozen=True)
class Sheet:
    """Where the parts of one picture stand in a file, in pixels from its top."""

    top: int
    years: int
    groups: tuple[tuple[Category, int], ...]
    lanes: tuple[Placed, ...]
    end: int
    key: tuple[Told, ...]
    bottom: int


def sheet_of(picture: Picture, top: int) -> Sheet:
    """A picture from `top` on: labels, years, lanes in groups, years again, the key to the numbers."""
    y = years = top + labels_height(picture)
    y += _YEARS
    groups, lanes = [], []
    for category, there in picture.groups:
        groups.append((category, y))
        y += _GROUP
        for lane in there:
            name = tuple(wrapped(name_of(lane.view.channel.names), NAMES - 16, 12.5, 2))
            lanes.append(Placed(lane, y, name))
            y += LANE
    end = y
    key, bottom = _key(picture, end + 2 * _YEARS + 12)
    return Sheet(top, years, tuple(groups), tuple(lanes), end, tuple(key), bottom)


def labels_height(picture: Picture) -> int:
    """How much room the names of the days take on which several channels changed."""
    lines = max((len(named.lines) for named in picture.turns), default=0)
    return lines * 13 + 6 if lines else 0


def _key(picture: Picture, top: int) -> tuple[Sequence[Told], int]:
    """The causes of which the picture has only numbers, in columns, and where they end."""
    room = (SHEET - 2 * MARGIN) // _KEY_COLUMNS
    blocks = [
        (cause.number, wrapped(cause.change.cause, room - 40, 11, 3)) for cause in picture.causes if not cause.told
    ]
    height = -(-sum(len(lines) for _, lines in blocks) // _KEY_COLUMNS)
    told: list[Told] = []
    column, y, lowest = 0, 0, 0
    for number, lines in blocks:
        if y >= height and column < _KEY_COLUMNS - 1:
            column, y = column + 1, 0
        for place, text in enumerate(lines):
            x = MARGIN + column * room
            told.append(Told(x, top + y * _KEY_LINE, None if place else number, text))
            y += 1
        lowest = max(lowest, y)
    return told, top + lowest * _KEY_LINE + (16 if blocks else 0)
