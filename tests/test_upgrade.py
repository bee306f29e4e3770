"""The guide to upgrade and rollback, line by line as it stands, with an older program from the repository's history."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from scripts.release import packed
from scripts.sbom import git, version_of
from tests.conftest import ROOT
from tests.reliability.old_schemas import STEPS, rows_of
from tests.reliability.processes import assert_sound
from tests.reliability.test_old_schemas import missing

GUIDE = (ROOT / "docs" / "upgrading.md").read_text()
INSTALLS = ("-m venv ", "/bin/pip install ")
BROUGHT_UP_TO_DATE = {"relationship", "channel", "feed", "revision", "record_document"}
"""Tables that follow the configuration of the version that runs, by other names of channels the index too, and the
counters of what was written."""


def lines_of(heading: str) -> list[str]:
    """The commands of a part of the guide; those before the first heading have none."""
    part = re.split(r"^##? (.+)\n", GUIDE, flags=re.M)
    told = dict(zip(part[1::2], part[2::2], strict=True))[heading]
    return re.findall(r"^    (.+)$", told, re.M)


def before_the_last_step() -> str | None:
    """The commit before the one that brought the newest migration, where the history is here."""
    if not (ROOT / ".git").exists():
        return None
    brought = git("log", "--format=%P", f"-Sdef {STEPS[-1]}(", "--", "db").decode().split("\n")
    return next((parents.split()[0] for parents in reversed(brought) if parents), None)


def lost(before: dict[str, list[dict]], after: dict[str, list[dict]]) -> list[tuple[str, dict]]:
    """Rows of the record, of people and of the queue that are not there any more."""
    return missing({table: rows for table, rows in before.items() if table not in BROUGHT_UP_TO_DATE}, after)


@dataclass
class Machine:
    """A machine's folders under one of ours, and the service that systemd would run there."""

    folder: Path
    old: str = "before"
    new: str = field(default_factory=lambda: version_of("HEAD"))
    service: subprocess.Popen[str] | None = None
    address: str = ""

    def at(self, place: str) -> Path:
        return self.folder / place.strip("/")

    def install(self, version: str, archive: bytes) -> None:
        """A program's folder from its archive; its packages are those of this test."""
        program = self.at(f"/opt/openlines-{version}")
        program.mkdir(parents=True)
        subprocess.run(["tar", "xz", "--strip-components=1"], input=archive, cwd=program, check=True)
        (program / ".venv").symlink_to(sys.prefix)

    def here(self, line: str) -> str:
        """A line of the guide as it is run here."""
        line = re.sub(r"(?<![\w$])/(opt|var)\b", rf"{self.folder}/\1", line.replace("sudo -u openlines ", ""))
        return re.sub(r"^old=\S+ new=\S+$", f"old={self.old} new={self.new}", line)

    def run(self, line: str) -> str:
        """What a line tells. Raises AssertionError with what it said where it fails."""
        match line:
            case "systemctl stop openlines":
                return self.stop()
            case "systemctl start openlines":
                return self.start()
        script = "\n".join(map(self.here, [*lines_of("Upgrade and rollback"), line]))
        done = subprocess.run(["sh", "-euc", script], env=self.env(), capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{line}: {done.stdout}{done.stderr}"
        return done.stdout

    def env(self) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}

    def start(self) -> str:
        more = {"OPENLINES_VAR": str(self.at("/var/lib/openlines")), "OPENLINES_POLL": "off", "OPENLINES_PORT": "0"}
        self.service = subprocess.Popen(
            [".venv/bin/python", "-u", "-m", "tracker", "serve"], cwd=self.at("/opt/openlines"), env=self.env() | more,
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        greeting = self.service.stdout.readline()
        self.address = re.search(r"http://[\d.:]+", greeting)[0]
        return greeting

    def stop(self) -> str:
        self.service.terminate()
        told = self.service.communicate(timeout=60)[0]
        assert self.service.returncode == 0
        return told

    def answers(self, path: str) -> dict:
        with urllib.request.urlopen(self.address + path, timeout=30) as answer:
            return json.load(answer)


@contextmanager
def served(machine: Machine) -> Iterator[Machine]:
    """The machine, of which nothing runs on afterwards."""
    try:
        yield machine
    finally:
        if machine.service and machine.service.poll() is None:
            machine.service.kill()
            machine.service.communicate()


@pytest.mark.long
def test_by_the_guide_an_older_version_comes_forward_with_all_it_had_and_goes_back(tmp_path: Path):
    if (before := before_the_last_step()) is None:
        pytest.skip("The repository's history is not here.")
    with served(Machine(tmp_path)) as machine:
        follow_the_guide(machine, before)


def follow_the_guide(machine: Machine, before: str) -> None:
    machine.install(machine.old, packed(before, b"{}"))
    machine.at("/opt/openlines").symlink_to(machine.at("/opt/openlines-before"))
    for place in ("/var/lib/openlines", "/var/backups/openlines"):
        machine.at(place).mkdir(parents=True)
    for line in ("migrate", "seed --until 2023-11-01", "token create ana --role reviewer"):
        machine.run(f"tracker $old {line}")
    machine.start()
    database = machine.at("/var/lib/openlines/openlines.db")
    had = rows_of(database)

    archive = machine.at(f"/opt/openlines-{machine.new}.tar.gz")
    archive.write_bytes(packed("HEAD", b"{}"))
    told = f"{hashlib.sha256(archive.read_bytes()).hexdigest()}  {archive.name}\n"
    archive.with_name(archive.name + ".sha256").write_text(told)
    ready = lines_of("Make ready")
    assert [one for one in INSTALLS if not any(one in line for line in ready)] == []
    for line in ready:
        if not any(one in line for one in INSTALLS):
            machine.run(line)
    machine.at(f"/opt/openlines-{machine.new}/.venv").symlink_to(sys.prefix)
    told = {line: machine.run(line) for line in lines_of("Upgrade")}
    assert STEPS[-1] in told["tracker $new migrate"]
    assert machine.answers("/healthz")["version"] == version_of("HEAD")
    assert machine.answers("/readyz")["status"] == "ready"
    assert lost(had, rows_of(database)) == []
    machine.run("tracker $new token create bo --role reader")

    with pytest.raises(AssertionError, match=STEPS[-1]):
        machine.run("tracker $old migrate")
    for line in lines_of("Back"):
        machine.run(line)
    assert machine.answers("/healthz")["version"] == version_of(before)
    machine.run("systemctl stop openlines")
    back = rows_of(database)
    assert [row["name"] for row in back["token"]] == ["ana"]
    assert lost(had, back) == []
    aside = list(database.parent.glob("openlines.db.before-*"))
    assert [one["name"] for one in rows_of(aside[0])["token"]] == ["ana", "bo"]
    assert_sound(aside[0])
