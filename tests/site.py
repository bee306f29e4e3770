"""A real HTTP server on loopback whose every path a test scripts."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    """Looks its path up among the site's routes. `pause` waits a moment and says whether the test still runs."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        site: Site = self.server.site
        site.seen.append((self.path, dict(self.headers)))
        try:
            site.routes[self.path](self)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        self.server.site.posted.append((self.path, dict(self.headers), self.rfile.read(length)))
        self.do_GET()

    def answer(self, status: int = 200, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def pause(self, seconds: float) -> bool:
        return not self.server.site.over.wait(seconds)

    def log_message(self, *args: object) -> None:
        pass


def _no_rules(handler: Handler) -> None:
    handler.answer(404)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    block_on_close = False

    def handle_error(self, *args: object) -> None:
        """Clients that hang up are what these tests are about."""


class Server6(Server):
    address_family = socket.AF_INET6

    def server_bind(self) -> None:
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()


@dataclass
class Site:
    """`routes` maps a path to what answers it; `seen` lists the requests as (path, headers).

    `posted` lists those that brought something, as (path, headers, body).
    """

    port: int
    routes: dict[str, Callable[[Handler], None]] = field(default_factory=lambda: {"/robots.txt": _no_rules})
    seen: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    posted: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def url(self, path: str = "/feed", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def serve(self, path: str, status: int = 200, body: bytes = b"", **headers: str) -> str:
        """Answer `path` so; returns its address."""
        self.routes[path] = lambda handler: handler.answer(status, body, **headers)
        return self.url(path)

    def redirect(self, path: str, status: int, to: str) -> str:
        return self.serve(path, status, Location=to)


@contextmanager
def running_site(address: str = "127.0.0.1") -> Iterator[Site]:
    """A site on a port of its own, until the block ends; `0.0.0.0` makes each address in 127.0.0.0/8 a host of its.

    With `::` it answers at every address of this machine, of either family.
    """
    server = (Server6 if ":" in address else Server)((address, 0), Handler)
    server.site = Site(server.server_port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.site
    finally:
        server.site.over.set()
        server.shutdown()
        server.server_close()
        thread.join()
