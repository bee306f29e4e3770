"""A channel's state as a small picture for other sites: sign, word and colour, and the same in words."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree
from lxml.builder import ElementMaker

from tracker.model import State
from tracker.record.history import ChannelView
from tracker.web.api.parameters import AtMoment, ChannelPath
from tracker.web.current import current, find_channel, moment_from_request
from tracker.web.outputs.calls import moment_words, output
from tracker.wording import corroboration_words, date_words

SVG = "http://www.w3.org/2000/svg"
_make = ElementMaker(namespace=SVG, nsmap={None: SVG})

COLOURS = {
    State.ACTIVE: "#011F68",
    State.RESUMED: "#0C799A",
    State.PLANNED: "#AF01D6",
    State.SUSPENDED: "#AB4E27",
    State.ENDED: "#3F3F3F",
    None: "#5A5854",
}
"""The colours of the pages on white paper; white words on each have a contrast of 4.5 to 1 or more."""

_NAME_GROUND = "#1B1B1B"
_HEIGHT, _PAD, _SIGN = 24, 8, 14
_NARROW, _WIDE = frozenset("fijlrtI.,:;'|!()[] "), frozenset("mwMW—")


@output("/badge/<slug>.svg", "image/svg+xml")
def badge(path: ChannelPath, query: AtMoment) -> bytes:
    snapshot, moment = current().snapshot(), moment_from_request()
    view = snapshot.view(find_channel(snapshot, path.slug), moment)
    pair = snapshot.relationship(view.channel.relationship)
    return drawn(view, moment_words(moment), corroboration_words(view.corroboration, pair))


def drawn(view: ChannelView, past: str, word_of: str) -> bytes:
    """The badge of a channel; `past` says of which moment it is, where that is not now."""
    name = view.channel.names["en"]
    state = f"{view.state} since {date_words(view.change.effective)}" if view.change else "no state on record"
    shown, sign = f"{state}{past}", _SIGN + 4 if view.state else 0
    left, right = _width(name) + 2 * _PAD, _width(shown) + 2 * _PAD + sign
    # A copy may be kept for long where it is shown: the day that it speaks of is always in its title.
    told = f"{name}: {state}" + (f", on the word of {word_of}" if view.change else "")
    title = f"{told}{past or f', as of {date_words(view.moment.as_of)}'}"
    size = {"width": str(left + right), "height": str(_HEIGHT), "viewBox": f"0 0 {left + right} {_HEIGHT}"}
    picture = _make.svg(
        size | {"role": "img", "aria-label": title},
        _make.title(title),
        _make.rect(width=str(left), height=str(_HEIGHT), fill=_NAME_GROUND),
        _make.rect(x=str(left), width=str(right), height=str(_HEIGHT), fill=COLOURS[view.state]),
        _make.g({"transform": f"translate({left + _PAD} 5)"}, *_sign(view.state)),
        _make.g(
            {"fill": "#FFFFFF", "font-family": "Verdana, 'DejaVu Sans', Geneva, sans-serif", "font-size": "12"},
            _words(name, _PAD),
            _words(shown, left + _PAD + sign),
        ),
    )
    return etree.tostring(picture, xml_declaration=True, encoding="utf-8")


def _words(text: str, x: int) -> etree._Element:
    """Words that fill the place left for them whatever font the reader has."""
    return _make.text(text, x=str(x), y="16", textLength=str(_width(text)), lengthAdjust="spacingAndGlyphs")


def _sign(state: State | None) -> Iterator[etree._Element]:
    """The sign of a state, drawn, since not every font has it."""
    line = {"stroke": "#FFFFFF", "stroke-width": "2", "fill": "none"}
    match state:
        case State.ACTIVE:
            yield _make.circle(cx="7", cy="7", r="5", fill="#FFFFFF")
        case State.RESUMED:
            yield _make.circle(line, cx="7", cy="7", r="5")
            yield _make.path(d="M7 2a5 5 0 0 0 0 10z", fill="#FFFFFF")
        case State.PLANNED:
            yield _make.path(line, d="M7 1.5L12.5 7 7 12.5 1.5 7z")
        case State.SUSPENDED:
            yield _make.path(line, d="M4.5 2v10M9.5 2v10")
        case State.ENDED:
            yield _make.path(line, d="M2.5 2.5l9 9M11.5 2.5l-9 9")


def _width(text: str) -> int:
    """About how wide words are in the badge's font, in pixels."""
    return round(sum(_character(character) for character in text))


def _character(character: str) -> float:
    if ord(character) >= 0x2E80:
        return 12.0
    return 4.6 if character in _NARROW else 10.8 if character in _WIDE else 8.2 if character.isupper() else 7.3
