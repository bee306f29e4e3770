"""The Dockerfile's steps, carried out where there is no engine: in a root made new from Debian's packages, with its
Python of the version that the image has. Then its command, with nothing but /data and /tmp to write to.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.conftest import ROOT

IMAGE = re.compile(r"python:(?P<python>3\.\d+)-slim-(?P<suite>\w+)")
LOCAL_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def why_not() -> str | None:
    """Why this machine cannot carry the steps out, if it cannot."""
    if os.geteuid() != 0:
        return "Only root may make a root of its own."
    for command, package in {"debootstrap": "debootstrap", "nsenter": "util-linux", "ip": "iproute2"}.items():
        if shutil.which(command, path=f"{os.environ['PATH']}:/usr/sbin:/sbin") is None:
            return f"{command} is not installed; on Debian: apt-get install {package}"
    if subprocess.run(["unshare", "--mount", "--net", "true"], capture_output=True, check=False).returncode:
        return "This machine lets nobody have mounts and a network of their own."
    return None


def instructions(file: Path) -> Iterator[tuple[str, str]]:
    """Each instruction of a Dockerfile with what it says, in order."""
    joined = re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", file.read_text(), flags=re.M))
    for line in joined.splitlines():
        if line:
            name, _, told = line.partition(" ")
            yield name, told


@dataclass
class Image:
    """What the steps have made: a root, and how its command is to be run there."""

    root: Path
    env: dict[str, str] = field(default_factory=lambda: {"PATH": LOCAL_PATH})
    folder: str = "/"
    user: str = "root"
    volumes: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)
    signal: str = ""

    def inside(self, command: Sequence[str], **more: str) -> list[str | Path]:
        """The command line that runs a command in the root, as its user, in its folder, with its environment."""
        env = [f"{name}={value}" for name, value in (self.env | more).items()]
        there = ["sh", "-c", f'cd {self.folder} && exec "$@"', "sh", *command]
        return ["chroot", f"--userspec={self.user}", self.root, "env", "-i", *env, *there]

    def take(self, name: str, told: str) -> None:
        """Carry out one instruction."""
        match name:
            case "FROM":
                make_base(self.root, told)
            case "RUN":
                subprocess.run(self.inside(["sh", "-c", told], **as_pip_is_told_here()), check=True, timeout=900)
            case "COPY":
                *sources, target = told.split()
                for source in sources:
                    copy(ROOT / source, self.root / self.folder.strip("/") / target)
            case "WORKDIR":
                self.folder = told
                (self.root / told.strip("/")).mkdir(parents=True, exist_ok=True)
            case "ENV":
                self.env |= dict(one.split("=", 1) for one in shlex.split(told))
            case "USER":
                self.user = told
            case "VOLUME":
                self.volumes.append(told)
            case "CMD":
                self.command = json.loads(told)
            case "HEALTHCHECK":
                self.health = json.loads(told.partition("CMD ")[2])
            case "STOPSIGNAL":
                self.signal = told
            case "EXPOSE":
                assert told == self.env["OPENLINES_PORT"]
            case _:
                raise AssertionError(f"Nothing here knows how to carry out {name}.")


def make_base(root: Path, image: str) -> None:
    """A small Debian with Python and pip, which installs for all as it does in the image."""
    named = IMAGE.fullmatch(image)
    packages = "ca-certificates,python3,python3-pip,python-is-python3"
    # Its own mounts go with it, however it ends.
    command = ["unshare", "--mount", "debootstrap", "--variant=minbase", f"--include={packages}", named["suite"], root]
    with tempfile.TemporaryFile("w+") as log:
        done = subprocess.run(command, stdout=log, stderr=log, timeout=900, check=False)
        log.seek(0)
        assert done.returncode == 0, log.read()[-2000:]
    library = root / "usr" / "lib" / f"python{named['python']}"
    assert library.is_dir(), f"Debian {named['suite']} has another Python than {image}"
    (library / "EXTERNALLY-MANAGED").unlink()
    for file in ("etc/resolv.conf", "etc/ssl/certs/ca-certificates.crt"):
        shutil.copyfile(f"/{file}", root / file)


def as_pip_is_told_here() -> dict[str, str]:
    """What tells this machine's pip where packages are: its variables, and proxies, which an engine hands in too."""
    return {name: value for name, value in os.environ.items() if name.startswith("PIP_") or name.endswith("_PROXY")}


def copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)


@pytest.fixture
def folder() -> Iterator[Path]:
    """On a disk, not in memory: it grows by half a gigabyte."""
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="openlines-root-") as made:
        yield Path(made)


@pytest.mark.long
def test_the_dockerfile_builds_in_a_clean_root_and_its_command_is_healthy_with_all_else_read_only(folder: Path):
    if reason := why_not():
        pytest.skip(reason)
    image = Image(folder / "root")
    for name, told in instructions(ROOT / "deploy" / "Dockerfile"):
        image.take(name, told)
    assert (image.user, image.volumes, image.signal) == ("openlines", ["/data"], "SIGTERM")
    root = image.root
    alone = (
        f"ip link set lo up && mount --bind {root} {root} && mount --bind {root}/data {root}/data"
        f" && mount -t tmpfs tmpfs {root}/tmp && mount -t proc proc {root}/proc"
        f' && mount -o remount,bind,ro {root} && exec "$@"'
    )
    log = folder / "log"
    with log.open("w") as told:
        command = ["unshare", "--mount", "--net", "sh", "-ec", alone, "sh", *image.inside(image.command)]
        runs = subprocess.Popen(command, stdout=told, stderr=told)

    def beside(*command: str) -> subprocess.CompletedProcess[str]:
        """A further command in the container, as `docker exec` runs it."""
        enter = ["nsenter", f"--target={runs.pid}", "--mount", "--net"]
        return subprocess.run([*enter, *image.inside(command)], capture_output=True, text=True, timeout=60, check=False)

    try:
        while beside(*image.health).returncode:
            assert runs.poll() is None, log.read_text()
            time.sleep(0.5)
        for place in (image.folder, "/usr/lib", "/etc"):
            assert "Read-only file system" in beside("touch", f"{place}/anything").stderr
        assert beside("id", "-un").stdout == "openlines\n"
        assert beside("python", "-m", "tracker", "backup", "/data/before.db").returncode == 0
        doctor = json.loads(beside("python", "-m", "tracker", "doctor", "--json").stdout)
        assert not [check for check in doctor if check["found"] == "broken"]
    finally:
        runs.terminate()
        ended = runs.wait(timeout=100)
    assert ended == 0, log.read_text()
    assert "/login/" in log.read_text(), "the link by which the first admin signs in"
    database = (root / "data" / "openlines.db").stat()
    assert (database.st_uid, database.st_mode & 0o777) == (10001, 0o600)
