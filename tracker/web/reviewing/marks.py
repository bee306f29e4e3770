"""The words of a release that made a sighting fire, marked in place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import groupby, pairwise

from markupsafe import Markup, escape

from tracker.model import Evidence, Release
from tracker.releases.difference import Change, difference
from tracker.search.excerpt import Excerpt
from tracker.tongue import gettext, language, msg, told_first

ROLES = {
    "channel": msg("names the channel"),
    "office": msg("names the offices"),
    "party": msg("names a side"),
    "signal": msg("says what happened"),
    "date": msg("says when"),
    "form": msg("says in what form"),
    "discount": msg("speaks against it"),
    "only": msg("said by this side alone"),
    "both": msg("said by both"),
}
"""What the words of each role do, as the legend puts it; an unknown role is shown by its own name."""

_AROUND = 120
"""Characters of unchanged words that are shown before and after a change."""

_CLASS = re.compile(r"[^a-z0-9-]+")


def marked_field(release: Release, field: str, evidence: Iterable[Evidence]) -> Markup:
    """The `title` or `summary` of a release with the evidence that points into it marked."""
    return marked(getattr(release, field), [words for words in evidence if words.field == field])


def marked(text: str, evidence: Iterable[Evidence]) -> Markup:
    """`text` as HTML in which every span of evidence stands in `mark` elements with the class of its role.

    Spans may overlap, touch, or reach beyond the text: it is cut wherever one begins or ends, and each piece carries
    the roles of all spans over it. The text content of the result is `text`.
    """
    spans = [(max(words.start, 0), min(words.end, len(text)), words.role) for words in evidence]
    edges = sorted({0, len(text)} | {edge for start, end, _ in spans if start < end for edge in (start, end)})
    pieces = [(text[start:end], _roles_over(start, end, spans)) for start, end in pairwise(edges)]
    joined = [("".join(words for words, _ in same), roles) for roles, same in groupby(pieces, key=lambda p: p[1])]
    return Markup("").join(_mark(words, roles) for words, roles in joined)


def _roles_over(start: int, end: int, spans: list[tuple[int, int, str]]) -> tuple[str, ...]:
    return tuple(sorted({role for first, last, role in spans if first <= start and end <= last}))


def _mark(words: str, roles: tuple[str, ...]) -> Markup:
    # A bare carriage return would be read back as a line feed.
    words = escape(words).replace("\r", Markup("&#13;"))
    if not roles:
        return words
    classes = " ".join("role-" + _CLASS.sub("-", role.lower()) for role in roles)
    title = "; ".join(gettext(ROLES.get(role, role)) for role in roles)
    return Markup('<mark class="{}" title="{}">{}</mark>').format(classes, title, words)


def highlighted(part: Excerpt) -> Markup:
    """A text, or a part of it, with the words in `mark` that were looked for."""
    edges = [0, *(edge for span in part.marks for edge in span), len(part.text)]
    pieces = [escape(part.text[start:end]) for start, end in pairwise(edges)]
    pieces[1::2] = [Markup("<mark>{}</mark>").format(words) for words in pieces[1::2]]
    return Markup("{}{}{}").format("" if part.opens else "… ", Markup("").join(pieces), "" if part.closes else " …")


def highlighted_names(part: Excerpt, names: Mapping[str, str]) -> Markup:
    """The names of a channel, which `part` has one after the other, each marked with its language, with the words in
    `mark` that were looked for.
    """
    told, start = [], 0
    for lang, name in told_first(names).items():
        end = start + len(name)
        within = (span for span in part.marks if span[0] < end and span[1] > start)
        inside = tuple((max(first, start) - start, min(last, end) - start) for first, last in within)
        words = highlighted(Excerpt(name, inside))
        told.append(words if lang == language() else Markup('<span lang="{}">{}</span>').format(lang, words))
        start = end + 1
    return Markup(" ").join(told)


def reworded(before: str, after: str) -> Markup:
    """Both wordings as one text: `del` for words that are gone, `ins` for new ones, and what is unchanged between them,
    cut where it is long.
    """
    pieces = difference(before, after)
    last = len(pieces) - 1
    return Markup("").join(
        _unchanged(piece.text, opens=place == 0, closes=place == last)
        if piece.change is Change.SAME
        else Markup("<{0}>{1}</{0}>").format("del" if piece.change is Change.OLD else "ins", piece.text)
        for place, piece in enumerate(pieces)
    )


def _unchanged(text: str, *, opens: bool, closes: bool) -> Markup:
    before, after = "" if opens else text[:_AROUND], "" if closes else text[-_AROUND:]
    return escape(text if len(text) <= 2 * _AROUND + 3 else f"{before} … {after}")
