"""Make the pictures of the README: `make screenshots`. The record as it ships, and the demonstration for the review.

Starts the product twice on ports of its own, over folders that are thrown away, and drives Debian's chromium.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "screenshots"

WIDE, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}

STORY_TAKES = 90
"""Seconds within which the demonstration has told enough."""

TOLD_BY_BOTH = ("held, 8–9 Jan 2024", "United States, China")
"""What stands in the queue's line of the candidate that is shown, once both sides have told of it."""

RECORD = [
    ("dashboard", "/?language=en", WIDE, "light"),
    ("dashboard-dark-phone", "/?language=en", PHONE, "dark"),
    ("dashboard-chinese", "/?language=zh", WIDE, "light"),
    ("timeline", "/timeline?language=en", WIDE, "light"),
    ("channel", "/channels/dpct?language=en", WIDE, "light"),
]


@contextmanager
def running(folder: Path, *command: str) -> Iterator[tuple[str, str]]:
    """The product, started by a command; answers its address and the one-time link that it prints."""
    environment = os.environ | {
        "OPENLINES_VAR": str(folder), "OPENLINES_PORT": "0", "OPENLINES_WATCH": "off", "PYTHONUNBUFFERED": "1",
    }  # fmt: skip
    tracker = [sys.executable, "-m", "tracker", *command]
    process = subprocess.Popen(tracker, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        said = iter(process.stdout.readline, "")
        address = next(found[0] for line in said if (found := re.search(r"http://127\.0\.0\.1:\d+", line)))
        link = next(found[0] for line in said if (found := re.search(r"http\S+/login/\S+", line)))
        yield address, link
    finally:
        process.terminate()
        process.wait(20)


def tracker(folder: Path, *command: str) -> None:
    environment = os.environ | {"OPENLINES_VAR": str(folder)}
    subprocess.run([sys.executable, "-m", "tracker", *command], cwd=ROOT, env=environment, check=True)


def shot(page: Page, name: str) -> None:
    page.screenshot(path=PICTURES / f"{name}.png")
    print(f"docs/screenshots/{name}.png")


def of_the_record(browser: Browser, folder: Path) -> None:
    tracker(folder, "migrate")
    tracker(folder, "seed")
    os.environ["OPENLINES_POLL"] = "off"
    with running(folder, "serve") as (address, _):
        for name, path, size, theme in RECORD:
            page = browser.new_page(viewport=size, color_scheme=theme)
            page.goto(address + path)
            shot(page, name)
            page.close()
    del os.environ["OPENLINES_POLL"]


def of_the_review(browser: Browser, folder: Path) -> None:
    """A candidate with the words of both sides, as the demonstration brings it."""
    with running(folder, "demo", "--every", "1") as (address, link):
        page = browser.new_page(viewport=WIDE, color_scheme="light")
        page.goto(link)
        page.get_by_role("button", name="Sign in").click()
        until = time.monotonic() + STORY_TAKES
        while time.monotonic() < until:
            page.goto(f"{address}/review")
            what, sides = TOLD_BY_BOTH
            waiting = page.get_by_role("row").filter(has_text=what).filter(has_text=sides)
            if waiting.count():
                break
            time.sleep(2)
        shot(page, "review")
        waiting.locator("[data-line]").click()
        shot(page, "candidate")


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    programs = ("chromium", "chromium-browser", "google-chrome", "chromium-headless-shell")
    found = next(filter(None, map(shutil.which, programs)), None)
    if not found:
        sys.exit("No chromium is installed; `sh scripts/debian.sh` installs it or says how to.")
    with sync_playwright() as driver, tempfile.TemporaryDirectory() as folder:
        browser = driver.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        of_the_record(browser, Path(folder) / "record")
        of_the_review(browser, Path(folder) / "demo")
        browser.close()


if __name__ == "__main__":
    main()
