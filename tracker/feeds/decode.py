"""Bytes to text, in the order of the WHATWG: byte order mark, HTTP header, the document's own declaration, UTF-8."""

from __future__ import annotations

import codecs
import re

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_WITHOUT_BOM = ((b"<\0?\0", "utf-16-le"), (b"\0<\0?", "utf-16-be"))

# Labels name less than the bytes hold: pages that say gb2312 use all of gb18030, and so on.
_WIDER = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "utf-16": "utf-16-le",
}

_CHARSET = re.compile(r"charset\s*=\s*[\"']?([^\s;\"']+)", re.IGNORECASE)
_DECLARATION = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})["']""")
_META = re.compile(rb"""<meta[^>]{1,200}?charset\s*=\s*["']?([\w.:-]{1,40})""", re.IGNORECASE)
_HEAD = 1024
_DAMAGE = 0.02
"""The share of unreadable characters up to which UTF-8 is taken for UTF-8 that was cut or damaged."""


def decode(body: bytes, content_type: str | None) -> str:
    """The body as text. Never fails: what can't be read becomes U+FFFD."""
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding, "replace")
    named = _named(body, content_type)
    # "iso-8859-1" is what servers say who don't know; text that is valid UTF-8 by accident is next to impossible.
    candidates = ["utf-8", *named] if not named or named[0] == "cp1252" else [*named, "utf-8"]
    for encoding in candidates:
        try:
            return body.decode(encoding)
        except UnicodeDecodeError:
            continue
    return _damaged(body, named[0] if named else "utf-8")


def _named(body: bytes, content_type: str | None) -> list[str]:
    """The encodings that header, declaration or first bytes name, best first, those that Python knows."""
    head = body[:_HEAD]
    in_header = _CHARSET.search(content_type or "")
    in_body = _DECLARATION.search(head) or _META.search(head)
    labels = [in_header[1]] if in_header else []
    labels += [encoding for start, encoding in _WITHOUT_BOM if head.startswith(start)]
    labels += [in_body[1].decode("ascii")] if in_body else []
    return [encoding for label in labels if (encoding := _known(label))]


def _known(label: str) -> str | None:
    try:
        codec = codecs.lookup(label)
        "".encode(codec.name)  # refuses what is no text encoding: "base64", "zlib", …
    except (LookupError, ValueError):
        return None
    return _WIDER.get(codec.name, codec.name)


def _damaged(body: bytes, named: str) -> str:
    """Text that no candidate reads without fault: the named encoding if it nearly fits, else GB 18030 if that does."""
    text = body.decode(named, "replace")
    strange = sum(1 for char in text if char > "\x7f")
    if text.count("\ufffd") > strange * _DAMAGE:
        try:
            return body.decode("gb18030")
        except UnicodeDecodeError:
            pass
    return text
