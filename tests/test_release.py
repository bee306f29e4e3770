"""A release: the same bytes of the same commit, with all that the product needs, and a true bill of its packages."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tarfile
import urllib.request
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from scripts.release import BILL, packed, release
from scripts.sbom import PINNED, files_of, git, version_of
from tests.conftest import ROOT
from tracker import __version__

of_a_commit = pytest.mark.skipif(not (ROOT / ".git").exists(), reason="This is no checkout; a release has no commits.")


def test_the_version_is_the_one_that_the_changelog_begins_with():
    """What is not released is a version to come, and is called so: nobody takes it for the last one."""
    newest, *older = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.M)
    if newest == "Unreleased":
        assert Version(__version__).is_devrelease
        newest = Version(__version__).base_version
    else:
        assert newest == __version__
    numbers = [Version(newest), *map(Version, older)]
    assert numbers == sorted(set(numbers), reverse=True)


@of_a_commit
def test_the_same_commit_is_the_same_archive_with_its_time_and_nobodys_name(tmp_path: Path):
    first, second = packed("HEAD", b"{}"), packed("HEAD", b"{}")
    assert first == second
    with tarfile.open(fileobj=io.BytesIO(first)) as archive:
        made = int(git("show", "--no-patch", "--format=%ct", "HEAD"))
        assert {(one.mtime, one.uid, one.gid, one.uname) for one in archive} == {(made, 0, 0, "root")}
        assert {one.mode for one in archive} == {0o644, 0o755}
        folder = f"openlines-{version_of('HEAD')}"
        assert {one.name.partition("/")[0] for one in archive} == {folder}
        names = {one.name.partition("/")[2] for one in archive}
    assert {BILL, "LICENSE", "deploy/nginx.conf", "docs/operations.md", "scripts/venv.sh", "wsgi.py"} <= names
    copied = re.findall(r"^COPY (\S+) ", (ROOT / "deploy" / "Dockerfile").read_text(), re.M)
    assert {name for name in copied if name in files_of("HEAD", tuple(copied))} <= names
    assert not [name for name in names if name.startswith(("tests", "bench", "training", "var", "."))]


@pytest.mark.long
@of_a_commit
def test_an_archive_unpacked_in_an_empty_folder_makes_and_serves_a_record(tmp_path: Path):
    archive = release("HEAD", tmp_path / "dist")
    told = archive.with_name(archive.name + ".sha256").read_text()
    assert told == f"{hashlib.sha256(archive.read_bytes()).hexdigest()}  {archive.name}\n"
    with tarfile.open(archive) as packed_files:
        packed_files.extractall(tmp_path, filter="data")
    program = tmp_path / archive.name.removesuffix(".tar.gz")
    env = {
        "PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", "OPENLINES_VAR": str(tmp_path / "data"),
        "OPENLINES_POLL": "off", "OPENLINES_PORT": "0",
    }  # fmt: skip
    python = [sys.executable, "-u", "-m", "tracker"]

    def told_by(*command: str) -> str:
        return subprocess.run(
            [*python, *command], cwd=program, env=env, check=True, capture_output=True
        ).stdout.decode()

    assert version_of("HEAD") in told_by("--version")
    told_by("migrate")
    told_by("seed")
    with subprocess.Popen([*python, "serve"], cwd=program, env=env, stdout=subprocess.PIPE, text=True) as served:
        try:
            address = re.search(r"http://\S+", served.stdout.readline())[0].rstrip(".")
            with urllib.request.urlopen(f"{address}/readyz", timeout=30) as answer:
                assert answer.status == 200
            with urllib.request.urlopen(f"{address}/healthz", timeout=30) as answer:
                assert json.load(answer)["version"] == version_of("HEAD")
        finally:
            served.terminate()
    assert served.returncode == 0
    assert_true_bill((program / BILL).read_text())


def assert_true_bill(bill: str) -> None:
    """As its makers' own validator reads it; each package that is pinned, in its version, and no other."""
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(bill) is None
    pinned = git("show", f"HEAD:{files_of('HEAD', PINNED)[0]}").decode()
    wanted = {Requirement(line) for line in re.findall(r"^[\w.-]+==[\w.+!-]+", pinned, re.M)}
    listed = {(part["name"].lower(), part["version"]) for part in json.loads(bill)["components"]}
    assert listed == {(one.name.lower(), str(one.specifier).removeprefix("==")) for one in wanted}
    assert json.loads(bill)["metadata"]["component"]["version"] == version_of("HEAD")
