"""Make the release of the last commit: `make release` writes dist/openlines-VERSION.tar.gz, and its SHA-256 beside it.

It holds what runs the product and no tests, with sbom.cdx.json. The same commit gives the same bytes: with the
commit's time, nobody's name, and no time of packing.
"""

from __future__ import annotations

import gzip
import hashlib
import tempfile
from pathlib import Path

from scripts.sbom import ROOT, bill_of, files_of, git, version_of

SHIPPED = (
    "CHANGELOG.md", "LICENSE", "Makefile", "README.md", "config", "db", "deploy", "docs", "pyproject.toml",
    "requirements.lock", "requirements.txt", "scripts/venv.sh", "tracker", "wsgi.py",
)  # fmt: skip
BILL = "sbom.cdx.json"


def packed(commit: str, bill: bytes) -> bytes:
    """The archive of a commit: what is shipped of it, and the bill of its packages, in a folder by its version."""
    prefix = f"--prefix=openlines-{version_of(commit)}/"
    with tempfile.TemporaryDirectory() as folder:
        beside = Path(folder) / BILL
        beside.write_bytes(bill)
        plain = git(
            "-c", "tar.umask=0022", "archive", "--format=tar", prefix, f"--add-file={beside}",
            commit, *files_of(commit, SHIPPED),
        )  # fmt: skip
    return gzip.compress(plain, compresslevel=6, mtime=0)


def release(commit: str, folder: Path) -> Path:
    """Writes the archive of a commit into `folder`, and its hash beside it as `sha256sum --check` reads it."""
    folder.mkdir(exist_ok=True)
    archive = folder / f"openlines-{version_of(commit)}.tar.gz"
    held = packed(commit, bill_of(commit))
    archive.write_bytes(held)
    told = f"{hashlib.sha256(held).hexdigest()}  {archive.name}\n"
    archive.with_name(archive.name + ".sha256").write_text(told)
    return archive


if __name__ == "__main__":
    made = release("HEAD", ROOT / "dist").relative_to(ROOT)
    print(f"{made} of commit {git('rev-parse', '--short', 'HEAD').decode().strip()}")
    if changed := git("status", "--porcelain", "--untracked-files=no").decode():
        print(f"What is not committed is not in it:\n{changed}", end="")
