"""The production server: waitress in this process, with the scheduler beside it."""

from __future__ import annotations

import errno
import gc
import resource
import signal
import sys
from contextlib import suppress
from resource import RLIMIT_NOFILE
from typing import TYPE_CHECKING, Any

import click
from waitress.server import create_server

from config.settings import Settings, reachable
from tracker import accounts
from tracker.accounts import COMMAND_LINE, Act
from tracker.errors import Conflict, Refused
from tracker.operating.reloading import Reloading
from tracker.scheduler import TICK_SECONDS, Polling
from tracker.service import Service
from tracker.web.app import create_app

if TYPE_CHECKING:
    from flask import Flask

    from tracker.worker import Working

CONNECTIONS = 2_000
"""Clients that may be connected at once, most of them idle: a browser keeps its connection, and so does a proxy."""

SERVER = {
    "threads": 8,
    "connection_limit": CONNECTIONS,
    # The other way, select, takes no file beyond the 1,024th.
    "asyncore_use_poll": True,
    "ident": "Open Lines",
}
"""How waitress is set up, wherever it serves the product."""

FEWEST_CONNECTIONS = 100
SPARE_FILES = 500
"""What the product has open beside its connections: the database in each thread, feeds that are polled."""

FIRST_ACCOUNT = "admin"


def serve(service: Service, *, poll: bool, tick_seconds: float = TICK_SECONDS, reload: bool = True) -> None:
    """Serve until SIGINT or SIGTERM; then let requests and polls in hand finish. `reload`: by the configuration as its
    files stand, also after they have changed.

    Raises Refused in one sentence when the port is taken or the address is not this machine's.
    """
    host, port = service.settings.host, service.settings.port
    app = create_app(service)
    try:
        server = create_server(
            app,
            host=host,
            port=port,
            **SERVER | {"connection_limit": _connections()},
            **proxied(service.settings.trusted_proxy),
        )
    except (OSError, ValueError) as error:  # A name that does not resolve is a ValueError of waitress.
        raise _cannot_listen(error, host, port) from error
    polling = _polling(service, tick_seconds) if poll else None
    if polling:
        polling.start()
    reloading = Reloading(service)
    if reload:
        reloading.start()
        signal.signal(signal.SIGHUP, reloading.at_once)
    signal.signal(signal.SIGTERM, _stop)
    try:
        address = address_of(service.settings, server.effective_port)
        _make_first_pages(app, address)
        gc.freeze()  # What stays for good is not looked through for garbage: each time all readers waited 0.1 s.
        _greet(service, address)
        server.run()
    except KeyboardInterrupt:
        pass  # it came before the first request
    finally:
        server.close()
        reloading.stop()
        if polling:
            polling.stop()
        service.store.close()


def _make_first_pages(app: Flask, address: str) -> None:
    """Make what is asked for most, before anybody asks: a process compiles its templates and reads the record once, and
    the first readers after a restart would wait for that together, a second where many come.
    """
    channels = app.extensions["openlines"].snapshot().channels
    client = app.test_client()
    for path in ("/", "/changes", *(f"/channels/{channel.slug}" for channel in channels[:1])):
        client.get(path, base_url=address)


def _connections() -> int:
    """How many clients may be connected at once: fewer where this process may not have as many files open.

    It is let have them where it may raise its own limit.
    """
    wanted = CONNECTIONS + SPARE_FILES
    soft, hard = (wanted if limit == resource.RLIM_INFINITY else limit for limit in resource.getrlimit(RLIMIT_NOFILE))
    if soft < min(wanted, hard):
        soft = min(wanted, hard)
        resource.setrlimit(RLIMIT_NOFILE, (soft, resource.getrlimit(RLIMIT_NOFILE)[1]))
    return max(min(soft, wanted) - SPARE_FILES, FEWEST_CONNECTIONS)


def _polling(service: Service, tick_seconds: float) -> Polling | Working:
    """The scheduler of one machine; where PostgreSQL keeps the record, one of the workers."""
    if service.store.is_file:
        return Polling(service, tick_seconds=tick_seconds)
    from tracker.worker import Working  # who has no PostgreSQL need not load what it takes

    return Working(service, tick_seconds=tick_seconds)


def proxied(trusted: str | None) -> dict[str, Any]:
    """Whom to believe who asks: nobody, or the one proxy in front, which sets X-Forwarded-For."""
    if trusted is None:
        return {"clear_untrusted_proxy_headers": True}
    return {
        "trusted_proxy": trusted,
        "trusted_proxy_headers": {"x-forwarded-for"},
        "clear_untrusted_proxy_headers": True,
    }


def _stop(*_) -> None:
    """End as Ctrl-C does: waitress finishes what it has in hand."""
    raise KeyboardInterrupt


def address_of(settings: Settings, port: int) -> str:
    """Where readers find the service that listens on `port`: at BASE_URL, or where that follows from HOST and PORT, on
    this machine.
    """
    follows = settings.base_url == reachable(settings.host, settings.port)
    return reachable(settings.host, port) if follows else settings.base_url


def _greet(service: Service, address: str) -> None:
    click.echo(f"Open Lines is at {address}/  (end with Ctrl-C)")
    link = _first_link(service)
    if link:
        click.echo(f"Sign in once as {FIRST_ACCOUNT}, to review candidates: {address}/login/{link}")
    sys.stdout.flush()


def _first_link(service: Service) -> str | None:
    """A one-time sign-in link while nobody can sign in with a password or passkey."""
    act = Act(COMMAND_LINE, service.clock())
    with service.store.reading() as db:
        if db.accounts.anybody_can_sign_in():
            return None
    with suppress(Conflict):  # It is there, perhaps since a moment ago.
        accounts.add_user(service.store, FIRST_ACCOUNT, "admin", act)
    with suppress(Conflict):  # It is disabled.
        return accounts.make_link(service.store, FIRST_ACCOUNT, act)
    return None


def _cannot_listen(error: OSError | ValueError, host: str, port: int) -> Refused:
    if isinstance(error, ValueError):
        return Refused(
            f"Cannot listen on {host}:{port}: no address of this machine has that name.",
            "Check OPENLINES_HOST; 127.0.0.1 and 0.0.0.0 need no name.",
        )
    if error.errno == errno.EADDRINUSE:
        return Refused(
            f"Port {port} on {host} is in use.", "Set OPENLINES_PORT to another one, or end what runs there."
        )
    return Refused(f"Cannot listen on {host}:{port} ({error.strerror}).", "Check OPENLINES_HOST and OPENLINES_PORT.")
