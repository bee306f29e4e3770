"""Requests for a name that is not ours are answered by nobody: 421 in words, before anything else is asked.

So a page of another site whose name is led to this machine reads nothing here, and nothing is ever made from a name
that a stranger sent. Ports are not compared: a proxy in front may have another one.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from werkzeug.sansio.utils import host_is_trusted

from config.hosts import plain
from tracker.web.serving.problem import problem

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger(__name__)

FOR_MACHINES = frozenset({"/healthz", "/readyz", "/metrics"})
"""What watches over the service asks by whatever address it has, and is answered."""

MOST_TOLD = 100
"""Foreign names that the log tells of, each once; whoever makes names up fills no log."""


class OwnHosts:
    """The application for requests that ask for one of `hosts`, which are written as `config.hosts.plain` writes them.

    Werkzeug's TRUSTED_HOSTS is looked at when Flask is asked, which is after answers from memory, and knows no
    addresses of IPv6.
    """

    def __init__(
        self,
        application: WSGIApplication,
        hosts: frozenset[str],
        dress: Callable[[WSGIApplication], WSGIApplication],
    ) -> None:
        """`dress` puts on a refusal what every answer of the application bears."""
        self._application, self._hosts, self._dress = application, hosts, dress
        self._told: set[str] = set()
        self._lock = threading.Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        host = host_of(environ.get("HTTP_HOST", ""))
        if host in self._hosts or environ["PATH_INFO"] in FOR_MACHINES:
            return self._application(environ, start_response)
        if host is None:
            wrong = "The request names no host, or one that cannot be."
            refusal = problem(400, "Bad request", wrong, "Send one header Host, with the name that you ask for.")
        else:
            self._tell(host)
            wrong = "This service does not answer under that name."
            refusal = problem(421, "Misdirected request", wrong, "Its operator finds in the log how to add a name.")
        return self._dress(refusal)(environ, start_response)

    def _tell(self, host: str) -> None:
        with self._lock:
            if host in self._told or len(self._told) >= MOST_TOLD:
                return
            self._told.add(host)
        log.warning(
            "somebody asked for the host %s, and this service answers as %s: if readers come by it, set "
            "OPENLINES_BASE_URL to their address, or add it to OPENLINES_TRUSTED_HOSTS",
            *(host[:100], ", ".join(sorted(self._hosts))),
        )


@lru_cache(maxsize=1_000)
def host_of(asked: str) -> str | None:
    """The name or address in a header Host, as hosts are compared; None where there can be none of that kind."""
    if not host_is_trusted(asked):
        return None
    try:
        return plain(urlsplit(f"//{asked}").hostname or "")
    except ValueError:
        return None
