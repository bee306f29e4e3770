"""Public answers as bytes, made once and sent from memory while what they rest on stays the same.

An answer belongs to its address, and where it depends on the mark that a visitor set (`tracker/web/seen.py`) to that
mark: many visitors have the same, and none is given what was made for another one.

A WSGI layer around the application, since asking Flask costs more than the answer: a hit costs one small question to
the database. Kept is what `Current.rendered` vouches for; everything else passes by as it is. All that HTTP asks of
such an answer is here: its tag, whether the reader has it, what it varies by, and in which coding it is sent.
"""

from __future__ import annotations

import gzip
import hashlib
import threading
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from io import BytesIO
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

import brotli
from cachetools import LRUCache
from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header, parse_etags

from db.store import StoreError
from tracker.web.auth import COOKIE
from tracker.web.current import RENDERED, Basis, Current, Rendered
from tracker.web.seen import mark_sent
from tracker.web.serving.keeping import CITATION_STATUS
from tracker.web.serving.language import language_for

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

MOST_BYTES = 64_000_000
"""Bytes of answers kept in memory; the one that was not asked for the longest goes first."""

MOST_MARKED_BYTES = 8_000_000
"""Bytes of those among them that belong to marks, apart from the others: whoever makes marks up drives out no more."""

LONGEST_ADDRESS = 2_000
"""Characters of an address that is worth keeping its answer; what is longer somebody made up."""

OVERHEAD = 3_000 + LONGEST_ADDRESS
"""Bytes that address, headers and bookkeeping of one answer take at most, about."""

WORTH_CODING = 1_000
"""Bytes below which a coding saves no packet."""

IDENTITY = "identity"

CODINGS = {
    # The level at which brotli takes no longer than gzip does, and its answers are still smaller.
    "br": lambda body: brotli.compress(body, quality=5),
    "gzip": lambda body: gzip.compress(body, compresslevel=6, mtime=0),
}
"""How a body is coded, by the names of HTTP; where a reader likes several alike, the first."""

OF_THE_BODY = {"Content-Type", "Content-Length", "Content-Encoding", "Content-Disposition"}
"""Headers that "not modified" leaves out, as it has no body."""

Header = tuple[str, str]
Address = tuple[str, str, str, str]
"""Path, query, language of the answer, and the visitor's mark, which is empty where nothing depends on it."""


@dataclass(frozen=True)
class Answer:
    """An answer in one coding: its bytes, what they rest on, and the headers with which they are sent."""

    basis: Basis
    body: bytes
    tag: str
    headers: tuple[Header, ...]

    @classmethod
    def of(cls, made: Rendered, headers: Iterable[Header]) -> Answer:
        """What was rendered, with the headers of the application and what HTTP asks for beside them."""
        headers = list(headers)
        varies = ["Accept-Encoding", *(value for name, value in headers if name == "Vary")]
        own = [header for header in headers if header[0] not in ("Vary", "Content-Length")]
        # What became of a cited answer is told beside its body, and is another answer where it is told otherwise.
        told = "".join(value for name, value in headers if name == CITATION_STATUS)
        tag = hashlib.sha256(made.body + told.encode()).hexdigest()[:32]
        return cls(made.basis, made.body, tag, (*own, ("Vary", ", ".join(varies))))

    def coded(self, coding: str) -> Answer:
        """The same in a coding, where that is smaller."""
        if coding == IDENTITY or len(self.body) < WORTH_CODING:
            return self
        body = CODINGS[coding](self.body)
        if len(body) >= len(self.body):
            return self
        return replace(
            self, body=body, tag=f"{self.tag}-{coding}", headers=(*self.headers, ("Content-Encoding", coding))
        )

    def send(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        known = environ.get("HTTP_IF_NONE_MATCH")
        if known is not None and self._is_among(known):
            start_response("304 NOT MODIFIED", self._unchanged.copy())
            return ()
        start_response("200 OK", self._whole.copy())
        if environ["REQUEST_METHOD"] == "HEAD":
            return ()
        # A server that takes files sends one as it is; other bodies waitress copies into a buffer first.
        as_file = environ.get("wsgi.file_wrapper")
        return as_file(BytesIO(self.body)) if as_file else (self.body,)

    def _is_among(self, known: str) -> bool:
        """Whether a reader has it by the tags that it sends; also where a proxy on the way has weakened them."""
        return known == f'"{self.tag}"' or parse_etags(known).contains_weak(self.tag)

    @cached_property
    def _whole(self) -> list[Header]:
        return [*self.headers, ("Content-Length", str(len(self.body))), ("ETag", f'"{self.tag}"')]

    @cached_property
    def _unchanged(self) -> list[Header]:
        return [header for header in self._whole if header[0] not in OF_THE_BODY]


@lru_cache(maxsize=256)
def coding_for(accepted: str) -> str:
    """The coding that a reader likes best by its Accept-Encoding; `identity` where it takes none that we make."""
    weighed = parse_accept_header(accepted, Accept)
    taken = [coding for coding in (*CODINGS, IDENTITY) if weighed.quality(coding) > 0]
    return max(taken, key=weighed.quality, default=IDENTITY)


Kept = LRUCache[tuple[Address, str], Answer]


class FromMemory:
    """The application, asked once for what many ask."""

    def __init__(
        self,
        application: WSGIApplication,
        current: Current,
        most_bytes: int = MOST_BYTES,
        most_marked_bytes: int = MOST_MARKED_BYTES,
    ) -> None:
        self._application = application
        self._current = current
        self._kept: Kept = LRUCache(most_bytes, getsizeof=_size)
        self._kept_of_marks: Kept = LRUCache(most_marked_bytes, getsizeof=_size)
        self._lock = threading.Lock()
        self._turns: WeakValueDictionary[Address, threading.Lock] = WeakValueDictionary()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return self._application(environ, start_response)
        if _asks_for_more(environ):
            return self._ask(environ, start_response)
        address, coding = _asked_for(environ)
        answer = self._standing(address, coding)
        if answer is None:
            # Who asks for the same waits for the first, and is given what that one was given.
            with self._turn(address):
                answer = self._standing(address, coding) or self._coded(address, coding)
                if answer is None:
                    return self._ask(environ, start_response)
        return answer.send(environ, start_response)

    def _ask(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """What the application answers: kept, and sent as all of its kind are, where it is vouched for."""
        headers: list[Header] = []

        def start(status: str, given: list[Header], *more: Any) -> Any:
            if status.startswith("200") and RENDERED in environ and "Set-Cookie" not in dict(given):
                return headers.extend(given)
            return start_response(status, given, *more)

        sent = self._application(environ, start)
        if not headers:
            return sent
        sent.close()
        address, coding = _asked_for(environ)
        whole = self._keep(address, IDENTITY, Answer.of(environ[RENDERED], headers))
        return self._keep(address, coding, whole.coded(coding)).send(environ, start_response)

    def _standing(self, address: Address, coding: str) -> Answer | None:
        """What is kept, if it still says what the record says."""
        with self._lock:
            answer = self._room(address).get((address, coding))
        try:
            return answer if answer and answer.basis.holds(self._current.basis()) else None
        except StoreError:
            return None  # The application says what is wrong.

    def _coded(self, address: Address, coding: str) -> Answer | None:
        """What stands in a coding that nobody asked for before."""
        whole = self._standing(address, IDENTITY)
        return whole and self._keep(address, coding, whole.coded(coding))

    def _keep(self, address: Address, coding: str, answer: Answer) -> Answer:
        if sum(map(len, address)) <= LONGEST_ADDRESS:
            with self._lock, suppress(ValueError):  # raised for one that is larger than all that may be kept
                self._room(address)[address, coding] = answer
        return answer

    def _room(self, address: Address) -> Kept:
        *_, mark = address
        return self._kept_of_marks if mark else self._kept

    def _turn(self, address: Address) -> threading.Lock:
        with self._lock:
            return self._turns.setdefault(address, threading.Lock())


def _asked_for(environ: WSGIEnvironment) -> tuple[Address, str]:
    """The address of a request, and the coding in which its answer is sent."""
    address = environ["PATH_INFO"], environ.get("QUERY_STRING", ""), language_for(environ), mark_sent(environ)
    return address, coding_for(environ.get("HTTP_ACCEPT_ENCODING", ""))


def _asks_for_more(environ: WSGIEnvironment) -> bool:
    """Whether more than the address decides what is answered: who asks, or the time that is asked for."""
    return COOKIE in environ.get("HTTP_COOKIE", "") or "HTTP_ACCEPT_DATETIME" in environ


def _size(answer: Answer) -> int:
    return len(answer.body) + OVERHEAD
