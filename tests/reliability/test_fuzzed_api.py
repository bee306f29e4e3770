"""The API against what a machine makes of its own description: nothing breaks, and every answer is as described."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.make import sighting
from tests.test_review import CN, US, arrive
from tests.web.conftest import serving
from tracker.service import Service, utc_now

CHECKS = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
    "response_schema_conformance",
)  # fmt: skip


@pytest.fixture
def address(seeded_2023: Service) -> Iterator[tuple[str, str]]:
    """The API with a candidate to decide, and a token that may call everything."""
    service = replace(seeded_2023, clock=utc_now)
    arrive(service, US, sighting())
    arrive(service, CN, sighting(channel="mmca"))
    with service.store.writing() as db:
        token = db.accounts.make_token("fuzz", "admin", at=utc_now())
    with serving(service) as address:
        yield address, token


@pytest.mark.parametrize("seconds", [2, pytest.param(600, marks=pytest.mark.long)])
def test_no_request_that_the_description_allows_or_nearly_allows_breaks_anything(
    address: tuple[str, str], tmp_path: Path, survived, seconds: int
):
    asked = fuzzed(address, tmp_path, seconds)
    while asked <= 100:  # A machine that has much else to do.
        seconds *= 3
        asked = fuzzed(address, tmp_path, seconds)
    survived("C9 requests made from the description of the API", asked)


def fuzzed(address: tuple[str, str], tmp_path: Path, seconds: int) -> int:
    """How many requests were made in so many seconds; raises AssertionError where an answer is not as described."""
    base, token = address
    report = tmp_path / "report.ndjson"
    done = subprocess.run(
        [
            Path(sys.executable).with_name("schemathesis"), "--no-color", "run", f"{base}/api/v1/openapi.json",
            "--max-time", str(seconds), "--checks", ",".join(CHECKS), "--generation-database", "none",
            "--header", f"Authorization: Bearer {token}", "--phases", "examples,coverage,fuzzing",
            "--exclude-path", "/readyz",  # 503 is what it has to say where no scheduler runs
            "--report-ndjson-path", str(report), "--continue-on-failure",
        ],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr
    return report.read_text().count('"request"')
