"""Markup to plain text, in time that grows with its length alone.

The standard library's HTML parser takes quadratic time on broken markup in the Python that we support, and what we want
is less than a tree: the words. The result is text, not safe HTML; whoever shows it escapes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import unescape
from xml.etree.ElementTree import Element

MAX_MARKUP = 200_000
"""Characters of one field that are read; what follows is dropped."""

_BLOCKS = (
    "address|article|aside|blockquote|br|caption|center|dd|details|div|dl|dt|fieldset|figcaption|figure|footer|form|"
    "h[1-6]|header|hr|legend|li|main|nav|ol|option|p|pre|section|summary|table|tbody|tfoot|thead|title|tr|ul"
)
_GAPS = "img|td|th"
"""What keeps words apart within a line: one cell of a row may give the day of what another tells."""

_BREAK = "\0"
"""Stands where a block begins or ends; a line break in markup is but a blank."""

_UNSEEN = "head|iframe|math|noscript|object|script|style|svg|template|textarea"

# No pattern crosses a "<": every try ends at the next one, so none of them can be made to start over and over.
_ATTRIBUTES = r"""(?:\s(?:[^<>"']|"[^"<]*"|'[^'<]*')*+|\s[^<>]*|/)?"""
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)|<!\[CDATA\[|\]\]>|<[!?][^<>]*>", re.DOTALL)
_HIDDEN = re.compile(rf"<({_UNSEEN})\b[^<>]*>.*?(?:</\1\s*>|\Z)", re.DOTALL | re.IGNORECASE)
_BLOCK = re.compile(rf"</?(?:\w+:)?(?:{_BLOCKS}){_ATTRIBUTES}>", re.IGNORECASE)
_GAP = re.compile(rf"</?(?:\w+:)?(?:{_GAPS}){_ATTRIBUTES}>", re.IGNORECASE)
_TAG = re.compile(rf"</?[a-zA-Z][\w:-]*{_ATTRIBUTES}>")
_BLOCK_NAME = re.compile(_BLOCKS, re.IGNORECASE)
_GAP_NAME = re.compile(_GAPS, re.IGNORECASE)
_UNSEEN_NAME = re.compile(_UNSEEN, re.IGNORECASE)

# Control characters, marks that reorder or hide text, lone surrogates, and what XML does not allow.
_UNWANTED = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff\ufffe\uffff]"
)


def plain(markup: str) -> str:
    """The words of an HTML fragment, those of each block (a paragraph, an item of a list, a row) on a line of their
    own, as those of a page: tags, comments, scripts and styles gone, entities read.
    """
    text = markup[:MAX_MARKUP]
    if "<" in text:
        text = _COMMENT.sub("", text)
        text = _HIDDEN.sub(" ", text)
        text = _BLOCK.sub(_BREAK, text)
        text = _GAP.sub(" ", text)
        text = _TAG.sub("", text)
    return _lines(unescape(line) for line in text.split(_BREAK))


def _lines(lines: Iterable[str]) -> str:
    return "\n".join(filter(None, map(one_line, lines)))


def one_line(text: str) -> str:
    """Text with blanks folded, and without characters that can't be seen or that mislead the eye."""
    line = " ".join(text.split())
    if line.isprintable():
        return line
    return " ".join(_UNWANTED.sub(_repaired, line).split())


def _repaired(match: re.Match[str]) -> str:
    """Nothing, save for bytes of windows-1252 that came through as control characters: they are quotes and dashes."""
    char = match[0]
    return bytes([ord(char)]).decode("cp1252", "ignore") if "\x80" <= char <= "\x9f" else ""


def element_text(element: Element) -> str:
    """The words of a parsed XHTML element, as `plain` gives them for the same markup in a string."""
    for node in element.iter():
        name = node.tag.rpartition("}")[2] if isinstance(node.tag, str) else ""
        if _UNSEEN_NAME.fullmatch(name):
            node[:] = []
            node.text = None
            node.tail = " " + (node.tail or "")
        elif _BLOCK_NAME.fullmatch(name):
            _set_apart(node, _BREAK)
        elif _GAP_NAME.fullmatch(name):
            _set_apart(node, " ")
    return _lines("".join(element.itertext()).split(_BREAK))


def _set_apart(node: Element, mark: str) -> None:
    node.text = mark + (node.text or "")
    node.tail = mark + (node.tail or "")
