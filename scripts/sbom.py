"""What a release is installed with, as CycloneDX tells it: `make sbom` prints that of the last commit.

Each package with its version, and with its hashes where the commit has a lock file; reproducible, so without a time.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PINNED = ("requirements.lock", "requirements.txt")
"""The first that a commit has tells its packages: the lock file has also those that come with them."""


def git(*arguments: str | Path) -> bytes:
    """What git says of this repository. Raises CalledProcessError; git has then said why."""
    return subprocess.run(["git", "-C", ROOT, *arguments], stdout=subprocess.PIPE, check=True).stdout  # noqa: S607


def version_of(commit: str) -> str:
    """The version that the code of a commit tells of itself."""
    return re.search(r'^__version__ = "(.+)"$', git("show", f"{commit}:tracker/__init__.py").decode(), re.M)[1]


def files_of(commit: str, names: tuple[str, ...]) -> list[str]:
    """Those of the files and folders that a commit has."""
    there = git("ls-tree", "--name-only", "--full-tree", commit, *names).decode().split()
    return [name for name in names if name in there]


def bill_of(commit: str) -> bytes:
    """The packages that a commit is installed with, as CycloneDX 1.6 in JSON."""
    command = [sys.executable, "-W", "ignore", "-m", "cyclonedx_py", "requirements", "-", "--output-reproducible",
               "--spec-version", "1.6"]  # fmt: skip
    pinned = git("show", f"{commit}:{files_of(commit, PINNED)[0]}")
    bill = json.loads(subprocess.run(command, input=pinned, stdout=subprocess.PIPE, check=True).stdout)
    bill["metadata"]["component"] = {
        "type": "application", "bom-ref": "openlines", "name": "openlines", "version": version_of(commit),
    }  # fmt: skip
    return json.dumps(bill, indent=2, ensure_ascii=False).encode() + b"\n"


if __name__ == "__main__":
    sys.stdout.buffer.write(bill_of("HEAD"))
