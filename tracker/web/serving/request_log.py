"""Every request has an id: its answer bears it, and so does every log line of it. What became of it is a line too.

A line tells no more than an operator needs: no address of a reader, nothing of a query, and no part of a path that
could let somebody in. What changes something, and what fails inside, is told at level info, all else at debug.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from time import perf_counter
from typing import TYPE_CHECKING, Any

from tracker.logs import during, new_id, with_fields

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger(__name__)

HEADER = "X-Request-ID"

_GIVEN = re.compile(r"[A-Za-z0-9._-]{8,64}")
"""An id that a proxy may have given."""

_SECRET = re.compile(r"[\w-]{32,}", re.ASCII)
"""What may be a secret in a path, also in one that is mistyped: ours have 32 characters or more."""


class Logged:
    """The application, each request of which has an id. `proxied`: that of a trusted proxy in front is taken over.

    Whether a request came through the proxy shows by X-Forwarded-For, which the server takes away from all others.
    """

    def __init__(self, application: WSGIApplication, *, proxied: bool) -> None:
        self._application, self._proxied = application, proxied

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request, began = self._given(environ) or new_id(), perf_counter()
        sent: tuple[str, list[tuple[str, str]]] | None = None

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            nonlocal sent
            headers.append((HEADER, request))
            sent = status, headers
            return start_response(status, headers, *more)

        with during(request=request):
            body = self._application(environ, start)
            if sent:
                _tell(environ, *sent, perf_counter() - began)
        return body

    def _given(self, environ: WSGIEnvironment) -> str | None:
        if not self._proxied or "HTTP_X_FORWARDED_FOR" not in environ:
            return None
        given = environ.get("HTTP_X_REQUEST_ID", "")
        return given if _GIVEN.fullmatch(given) else None


def _tell(environ: WSGIEnvironment, status: str, headers: list[tuple[str, str]], seconds: float) -> None:
    method = environ["REQUEST_METHOD"]
    level = logging.INFO if status[0] == "5" or method not in ("GET", "HEAD", "OPTIONS") else logging.DEBUG
    if not log.isEnabledFor(level):
        return
    told = {
        "method": method,
        "path": told_path(environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")),
        "status": int(status[:3]),
        "ms": round(seconds * 1000, 1),
        "bytes": next((int(value) for name, value in headers if name == "Content-Length"), None),
    }
    log.log(level, "%(method)s %(path)s: %(status)s in %(ms)s ms", told, extra=with_fields(**told))


def told_path(path: str) -> str:
    """A path as the log may have it."""
    return _SECRET.sub("…", path)
