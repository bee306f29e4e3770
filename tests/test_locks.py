"""What is installed is what the locks pin, by its hashes; and what an audit of it says."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scripts.audit import KNOWN, SOUND, UNTOLD, judged
from tests.conftest import ROOT

LISTS = ("requirements", "requirements-dev", "requirements-fit", "requirements-tools")
Pins = set[tuple[str, str, str]]


def pins(path: Path) -> Pins:
    """What a list or a lock pins: name, version, and for which Pythons or systems."""
    lines = re.sub(r"\\\n", " ", path.read_text()).splitlines()
    found = [Requirement(line.partition(" --hash")[0]) for line in lines if line and line[0] not in "#-"]
    return {
        (canonicalize_name(one.name), str(one.specifier).removeprefix("=="), str(one.marker or "")) for one in found
    }


def locked(name: str) -> Pins:
    return pins(ROOT / f"{name}.lock")


@pytest.mark.parametrize("name", LISTS)
def test_a_lock_pins_what_its_list_says_each_by_hashes_and_names_no_place_to_get_it_from(name: str):
    lock = (ROOT / f"{name}.lock").read_text()
    assert pins(ROOT / f"{name}.txt") <= locked(name), "run make lock"
    entries = re.split(r"\n(?=[a-z])", re.sub(r"\\\n", "", lock))[1:]
    assert len(entries) == len(locked(name))
    for entry in entries:
        assert re.fullmatch(r"[a-z0-9.-]+==\S+( ; [^-]+)?\s+(--hash=sha256:[0-9a-f]{64}\s*)+", entry), entry[:80]
    assert "://" not in lock
    assert "--index" not in lock


@pytest.mark.parametrize("name", ["requirements-dev", "requirements-fit"])
def test_what_is_tested_and_fitted_with_is_what_runs(name: str):
    assert locked("requirements") <= locked(name)


def test_what_is_installed_here_is_what_the_lock_says():
    here = {name: version for name, version, marker in locked("requirements-dev") if _holds(marker)}
    del here["pip"], here["setuptools"]  # datasette asks for them; an environment brings its own
    found = {name: importlib.metadata.version(name) for name in here}
    assert {name: (found[name], here[name]) for name in here if found[name] != here[name]} == {}, "run make test"


def _holds(marker: str) -> bool:
    return not marker or Requirement(f"x ; {marker}").marker.evaluate()


def test_everything_is_installed_by_hashes():
    ways = {place: (ROOT / place).read_text() for place in ("Makefile", "deploy/Dockerfile", "docs/upgrading.md")}
    for place, words in ways.items():
        lines = re.findall(r".*pip install\b(?:[^\n]|\n   )*", words)
        assert lines, place
        assert all("--require-hashes" in line for line in lines), place


@pytest.mark.long
def test_a_package_whose_bytes_are_others_is_not_installed(tmp_path: Path):
    """pip, as the product's own files call it: what makes a lock worth having."""
    package = tmp_path / "sample-1.0.tar.gz"
    package.write_bytes(b"not what was locked")
    lock = tmp_path / "sample.lock"
    lock.write_text(f"sample @ {package.as_uri()} --hash=sha256:{'0' * 64}\n")
    options = ["--quiet", "--disable-pip-version-check", "--require-hashes", "--no-index", "--target", tmp_path / "to"]
    command = [sys.executable, "-m", "pip", "install", *options, "-r", lock]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "DO NOT MATCH THE HASHES" in done.stderr
    assert not (tmp_path / "to").exists()


ASKED = {"name": "flask", "version": "3.1.3", "vulns": []}
FLAWED = ASKED | {"vulns": [{"id": "PYSEC-0000-1", "fix_versions": ["3.1.4"]}]}
HOPELESS = ASKED | {"vulns": [{"id": "PYSEC-0000-2", "fix_versions": []}]}
UNASKED = {"name": "lxml", "skip_reason": "Dependency not found"}


@pytest.mark.parametrize(
    ("told", "code", "lines"),
    [
        ([ASKED], SOUND, []),
        ([ASKED, FLAWED], KNOWN, ["flask 3.1.3: PYSEC-0000-1; mended in 3.1.4: pin that, and run make lock."]),
        ([HOPELESS], KNOWN, ["flask 3.1.3: PYSEC-0000-2; no version mends it yet."]),
        ([ASKED, UNASKED], UNTOLD, ["Of 1 of 2 packages nothing could be learnt."]),
        ([], UNTOLD, []),
    ],
)
def test_what_was_not_asked_is_not_said_to_be_sound(told: list[dict], code: int, lines: list[str]):
    assert judged({"dependencies": told}) == (code, lines)


def test_what_is_known_counts_also_where_the_rest_was_not_asked():
    code, lines = judged({"dependencies": [FLAWED, UNASKED]})
    assert (code, len(lines)) == (KNOWN, 2)
