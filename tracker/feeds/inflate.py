"""Undo a Content-Encoding within bounds: never more than so many bytes, and never a stream without its end."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

from tracker.tongue import to_keep

MAX_MEMBERS = 64
"""gzip members in one answer; an honest server sends one, and each further one costs a copy of what is left."""

_GZIP_WINDOW = 16 + zlib.MAX_WBITS
_CODINGS = {"": None, "identity": None, "gzip": "gzip", "x-gzip": "gzip", "deflate": "deflate"}


class TooLarge(Exception):
    """The body, as sent or as inflated, is larger than allowed."""


class BadEncoding(Exception):
    """The body isn't what its Content-Encoding says; the message says how."""


def inflate(chunks: Iterable[bytes], coding: str, max_bytes: int) -> bytes:
    """The whole body. `coding` is the Content-Encoding header; `max_bytes` bounds it both as sent and as inflated.

    Raises TooLarge or BadEncoding.
    """
    name = coding.strip().lower()
    if name not in _CODINGS:
        raise BadEncoding(to_keep("it is encoded as %(coding)s, which was not asked for", coding=repr(coding.strip())))
    reader = _Inflater(_CODINGS[name], max_bytes)
    received = 0
    for chunk in chunks:
        received += len(chunk)
        if received > max_bytes:
            raise TooLarge
        reader.feed(chunk)
    return reader.finish()


class _Inflater:
    def __init__(self, coding: str | None, max_bytes: int) -> None:
        self._coding, self._room = coding, max_bytes
        self._out = bytearray()
        self._members = 0
        self._stream: zlib._Decompress | None = None
        self._ended = False

    def feed(self, data: bytes) -> None:
        if self._coding is None:
            self._keep(data)
            return
        while data and not self._ended:
            if self._stream is None and self._is_padding(data):
                self._ended = True
                return
            stream = self._stream = self._stream or self._open(data)
            try:
                # One byte more than there is room for, so that an exact fit isn't taken for too much.
                self._keep(stream.decompress(data, self._room + 1))
            except zlib.error as error:
                raise BadEncoding(to_keep("its %(coding)s stream is damaged", coding=self._coding)) from error
            data = stream.unconsumed_tail
            if stream.eof:
                self._stream, data = None, stream.unused_data

    def _is_padding(self, data: bytes) -> bool:
        """Whether what follows a finished stream is no further gzip member."""
        return self._members > 0 and (self._coding != "gzip" or data[:1] != b"\x1f")

    def finish(self) -> bytes:
        if self._stream is not None:
            raise BadEncoding(to_keep("its %(coding)s stream ends before its end", coding=self._coding))
        return bytes(self._out)

    def _keep(self, data: bytes) -> None:
        self._room -= len(data)
        if self._room < 0:
            raise TooLarge
        self._out += data

    def _open(self, start: bytes) -> zlib._Decompress:
        self._members += 1
        if self._members > MAX_MEMBERS:
            raise BadEncoding(to_keep("its gzip stream has more than %(max_members)s members", max_members=MAX_MEMBERS))
        if self._coding == "gzip":
            return zlib.decompressobj(_GZIP_WINDOW)
        # Servers send "deflate" both with the zlib header of the standard and without.
        has_header = start[0] & 0x0F == zlib.DEFLATED and (len(start) < 2 or int.from_bytes(start[:2], "big") % 31 == 0)
        return zlib.decompressobj(zlib.MAX_WBITS if has_header else -zlib.MAX_WBITS)
