"""One real browser for all tests of a process: a second one beside it would not start."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The first renders as the others do without the windows, profiles and services around it: less than half the work."""


def chromium() -> str:
    """Where the browser is. `make test` installs it, or says how to."""
    found = next(filter(None, map(shutil.which, PROGRAMS)), None)
    assert found, "No chromium is installed; run `make test`, which installs it or says how to."
    return found


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield browser
        browser.close()
