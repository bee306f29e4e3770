"""Bytes to text, in the order of the WHATWG: byte order mark, HTTP header, the document's own declaration, UTF-8.

But for one thing: what is valid UTF-8 is UTF-8, whatever it is called. Text in another encoding is so by accident next
to never, and servers that declare wrongly are many.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_WITHOUT_BOM = re.compile(rb"(?P<little>(?:\s\0)*[<{\[]\0)|(?:\0\s)*\0[<{\[]")
"""A document in UTF-16 begins with a bracket: `<` of markup, `{` or `[` of JSON."""

# Labels name less than the bytes hold: pages that say gb2312 use all of gb18030, and so on.
_WIDER = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "cp950": "big5hkscs",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "utf-16": "utf-16-le",
}
_CHINESE = ("gb18030", "big5hkscs")

_NO_CHARSET = frozenset({"utf-7", "punycode", "idna", "unicode-escape", "raw-unicode-escape", "undefined"})
"""Codecs of Python that no browser knows as a charset: they read plain text as something else, or take ages."""

_CHARSET = re.compile(r"charset\s*=\s*[\"']?([^\s;\"']+)", re.IGNORECASE)
_DECLARATION = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})["']""")
_META = re.compile(rb"""<meta[^>]{1,200}?charset\s*=\s*["']?([\w.:-]{1,40})""", re.IGNORECASE)
_HEAD = 1024
_DAMAGE = 0.02
"""The share of unreadable characters up to which UTF-8 is taken for UTF-8 that was cut or damaged."""

_SOME, _FILLED = 4, 0.1
"""How many of its characters, and what share of them, are common ones in a text that is clearly Chinese."""

_COMMON = frozenset(
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说日月部美外交防商"
    "這個國為時來們於會對發動過說與長開關議問題華軍務經濟新聞話"
)
"""Characters that fill Chinese text; read in the wrong encoding it hardly has any."""


def decode(body: bytes, content_type: str | None) -> str:
    """The body as text. Never fails: what can't be read becomes U+FFFD."""
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding, "replace")
    if wide := _WITHOUT_BOM.match(body):
        return body.decode("utf-16-le" if wide["little"] else "utf-16-be", "replace")
    named = _named(body, content_type)
    for encoding in _in_order(named):
        if (text := _sound(body, encoding)) is not None:
            doubtful = encoding in _CHINESE and len(set(named)) > 1
            return _likeliest([text, *_in_chinese(body)]) if doubtful else _unless_chinese(text, encoding, body)
    return _damaged(body, named[0] if named else "utf-8")


def _in_order(named: Sequence[str]) -> list[str]:
    # To UTF-8 these are ASCII with control characters, and so valid.
    hidden = [encoding for encoding in named if encoding.startswith(("utf-16", "iso2022", "hz"))]
    return [*hidden, "utf-8", *(encoding for encoding in named if encoding not in hidden)]


def _sound(body: bytes, encoding: str) -> str | None:
    """The body in an encoding, None where it is not valid in it."""
    try:
        return body.decode(encoding)
    except UnicodeDecodeError:
        return None


def _named(body: bytes, content_type: str | None) -> list[str]:
    """The encodings that header and declaration name, best first, those that Python knows.

    UTF-16 is that only where there are zero bytes: what can be read as ASCII so far is something else.
    """
    head = body[:_HEAD]
    in_header = _CHARSET.search(content_type or "")
    in_body = _DECLARATION.search(head) or _META.search(head)
    labels = [in_header[1]] if in_header else []
    labels += [in_body[1].decode("ascii")] if in_body else []
    known = [encoding for label in labels if (encoding := _known(label))]
    return [encoding for encoding in known if b"\0" in head or not encoding.startswith("utf-16")]


def _known(label: str) -> str | None:
    try:
        codec = codecs.lookup(label)
        "".encode(codec.name)  # refuses what is no text encoding: "base64", "zlib", …
    except (LookupError, ValueError):
        return None
    return None if codec.name.replace("_", "-") in _NO_CHARSET else _WIDER.get(codec.name, codec.name)


def _unless_chinese(text: str, encoding: str, body: bytes) -> str:
    """The text, unless it is clearly Chinese in another encoding: in one of single bytes anything can be read, and much
    of Big5 in GB 18030.
    """
    if encoding == "utf-8" or text.isascii() or _is_chinese(text):
        return text
    other = _likeliest(_in_chinese(body))
    return other if _is_chinese(other) else text


def _is_chinese(text: str) -> bool:
    """Whether what is not ASCII in it is mostly Chinese, with many of the characters that fill it."""
    strange = [char for char in text if char > "\x7f"]
    common = sum(map(_COMMON.__contains__, strange))
    return common >= _SOME and common >= len(strange) * _FILLED


def _damaged(body: bytes, named: str) -> str:
    """Text that no candidate reads without fault: the named encoding if it nearly fits, else a Chinese one."""
    text = body.decode(named, "replace")
    strange = sum(1 for char in text if char > "\x7f")
    if text.count("\ufffd") > strange * _DAMAGE:
        return _likeliest(_in_chinese(body)) or text
    return text


def _in_chinese(body: bytes) -> list[str]:
    return [text for encoding in _CHINESE if (text := _sound(body, encoding)) is not None]


def _likeliest(texts: Sequence[str]) -> str:
    """Of readings of the same bytes the one that is most like Chinese; the first where none is more so than others."""
    return max(texts, key=lambda text: sum(map(_COMMON.__contains__, text)), default="")
