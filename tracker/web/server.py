"""The production server: waitress in this process, with the scheduler beside it."""

from __future__ import annotations

import errno
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click
from waitress.server import create_server

from tracker import accounts
from tracker.accounts import COMMAND_LINE, Act
from tracker.errors import Conflict, Refused
from tracker.scheduler import TICK_SECONDS, Polling
from tracker.service import Service
from tracker.web.app import create_app

if TYPE_CHECKING:
    from tracker.worker import Working

THREADS = 8
FIRST_ACCOUNT = "admin"


def serve(service: Service, *, poll: bool, tick_seconds: float = TICK_SECONDS) -> None:
    """Serve until SIGINT or SIGTERM; then let requests and polls in hand finish.

    Raises Refused in one sentence when the port is taken or the address is not this machine's.
    """
    host, port = service.settings.host, service.settings.port
    app = create_app(service)
    try:
        server = create_server(
            app,
            host=host,
            port=port,
            threads=THREADS,
            ident="Open Lines",
            **proxied(service.settings.trusted_proxy),
        )
    except (OSError, ValueError) as error:  # A name that does not resolve is a ValueError of waitress.
        raise _cannot_listen(error, host, port) from error
    polling = _polling(service, tick_seconds) if poll else None
    if polling:
        polling.start()
    signal.signal(signal.SIGTERM, _stop)
    _greet(service, f"http://{host}:{server.effective_port}")
    try:
        server.run()
    finally:
        server.close()
        if polling:
            polling.stop()
        service.store.close()


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
