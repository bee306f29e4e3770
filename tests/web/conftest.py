"""A real server in a thread and a real browser, for the tests of the pages."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page
from waitress import wasyncore
from waitress.server import create_server

from tests.site import Site
from tracker.service import Service
from tracker.web.app import create_app
from tracker.web.serving.server import SERVER

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_stopped: list[str] = []
"""Addresses of servers that are gone."""


def reached_at(service: Service, address: str, **settings: Any) -> Service:
    """The service whose readers come by that address; who tests it may ask for localhost all the same."""
    here = {"base_url": address, "trusted_hosts": frozenset({"localhost"})}
    return replace(service, settings=replace(service.settings, **here, **settings))


@contextmanager
def serving(service: Service) -> Iterator[str]:
    """The product on a port of its own; answers its address."""
    with serving_application(create_app(service)) as address:
        yield address


@contextmanager
def serving_application(application: WSGIApplication, **options: Any) -> Iterator[str]:
    """The same of any application, by a server as ours with these options beside."""
    server = create_server(application, host="127.0.0.1", port=0, **SERVER | {"threads": 4} | options)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        _stopped.append(f"http://127.0.0.1:{server.effective_port}/")
        # In the server's own thread: its loop ends when nothing is left to listen to.
        try:
            server.trigger.pull_trigger(lambda: wasyncore.close_all(server._map))
        except OSError:  # seen once: its pipe was gone already; the loop sees within a second that nothing is left
            wasyncore.close_all(server._map)
        thread.join(10)
        server.task_dispatcher.shutdown()


@pytest.fixture
def through(monkeypatch: pytest.MonkeyPatch, site: Site) -> Site:
    """The site as the proxy of the environment: it answers for names of the public internet."""
    monkeypatch.setenv("http_proxy", site.url(""))
    monkeypatch.setenv("no_proxy", "")
    return site


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A tab that must meet no error: what the console complains of fails the test.

    Not so what it still asked of a server that the test had done with, such as an icon.
    """
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page, complaints = context.new_page(), []

    def listen(message: ConsoleMessage) -> None:
        unreachable = "net::ERR_" in message.text and message.location["url"].startswith(tuple(_stopped))
        if message.type == "error" and not unreachable:
            complaints.append(message.text)

    page.on("console", listen)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


@pytest.fixture
def sign_in() -> Callable[[Service, Page, str], None]:
    """Signs a reviewer in through a one-time link."""

    def signed_in(service: Service, page: Page, address: str, name: str = "ana") -> None:
        now = service.clock()
        with service.store.writing() as db:
            db.accounts.add_user(name, "reviewer", None, at=now)
            secret = db.accounts.make_sign_in_link(name, expires_at=now.replace(year=now.year + 1))
        page.goto(f"{address}/login/{secret}")
        page.get_by_role("button", name="Sign in").click()

    return signed_in
