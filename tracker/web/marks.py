"""The words of a release that made a sighting fire, marked in place."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby, pairwise

from markupsafe import Markup, escape

from tracker.model import Evidence, Release

ROLES = {
    "channel": "names the channel",
    "office": "names the offices",
    "party": "names a side",
    "signal": "says what happened",
    "date": "says when",
    "form": "says in what form",
    "discount": "speaks against it",
}
"""What the words of each role do, as the legend puts it; an unknown role is shown by its own name."""

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
    title = "; ".join(ROLES.get(role, role) for role in roles)
    return Markup('<mark class="{}" title="{}">{}</mark>').format(classes, title, words)
