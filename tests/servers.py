"""A PostgreSQL of the test run's own: in memory, without waiting for a disk, made when the first test asks for it. One
cluster serves all workers of a run.
"""

from __future__ import annotations

import fcntl
import glob
import os
import shutil
import subprocess
import tempfile
from functools import cache
from itertools import count
from pathlib import Path

import psycopg

FOLDER = "PYTEST_OPENLINES_CLUSTER"
"""The variable that tells workers where the cluster of the run is, or will be."""

_QUICK = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "max_connections=200", "shared_buffers=32MB")

_NAME = "openlines-pg-"

_numbers = count()


def new_folder() -> Path:
    """An empty folder for a cluster, in memory where there is some, with a path short enough for a socket."""
    folder = Path(tempfile.mkdtemp(prefix=f"{_NAME}{os.getpid()}-", dir=_place()))
    folder.chmod(0o711)
    return folder


def remove_abandoned() -> None:
    """What runs left that were killed: servers whose process is gone."""
    for folder in _place().glob(f"{_NAME}[0-9]*-*"):
        try:
            os.kill(int(folder.name.removeprefix(_NAME).partition("-")[0]), 0)
        except ProcessLookupError:
            remove(folder)
        except PermissionError:
            "somebody else's, and running"


def _place() -> Path:
    memory = Path("/dev/shm")
    return memory if os.access(memory, os.W_OK) else Path(tempfile.gettempdir())


def remove(folder: Path) -> None:
    """End the server of a folder, if one runs, and take everything away."""
    if (folder / "data" / "postmaster.pid").exists():
        stop(folder, "immediate")
    shutil.rmtree(folder, ignore_errors=True)


def create(template: str | None = None) -> str:
    """A new database on the cluster, empty or as the one of a URL, which nobody may have open; answers its URL."""
    name = f"t{os.getpid()}_{next(_numbers)}"
    like = template.partition("?")[0].rpartition("/")[2] if template else "template0"
    _administer(f"CREATE DATABASE {name} TEMPLATE {like} STRATEGY file_copy")
    return f"postgresql://postgres@/{name}?host={cluster()}"


def drop(url: str) -> None:
    name = url.partition("?")[0].rpartition("/")[2]
    _administer(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _administer(statement: str) -> None:
    _administration().execute(statement)


@cache
def _administration() -> psycopg.Connection:
    return psycopg.connect(f"postgresql://postgres@/postgres?host={cluster()}", autocommit=True)


@cache
def cluster() -> Path:
    """The folder with the socket of a running server, which the first worker to come makes."""
    folder = Path(os.environ[FOLDER])
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "data" / "postmaster.pid").exists():
            start(folder)
    return folder


def start(folder: Path, *settings: str) -> None:
    """Make a cluster in a folder where there is none, and start its server, with a socket there and no port."""
    data = folder / "data"
    if os.geteuid() == 0:
        shutil.chown(folder, _owner())
    if not data.exists():
        _run("initdb", "--pgdata", str(data), "--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-sync",
             "--no-locale")  # fmt: skip
    told = [f"unix_socket_directories={folder}", "listen_addresses=", *(settings or _QUICK)]
    options = " ".join(f"-c {one}" for one in told)
    _run("pg_ctl", "start", "--wait", "--pgdata", str(data), "--log", str(folder / "log"), "--options", options)


def follow(first: Path, folder: Path) -> None:
    """Make in a folder the copy of a running server that will follow it."""
    if os.geteuid() == 0:
        shutil.chown(folder, _owner())
    _run("pg_basebackup", "--host", str(first), "--username=postgres", "--pgdata", str(folder / "data"),
         "--write-recovery-conf", "--checkpoint=fast", "--wal-method=stream")  # fmt: skip


def stop(folder: Path, how: str = "fast") -> None:
    _run("pg_ctl", "stop", "--wait", "--pgdata", str(folder / "data"), "--mode", how)


def _run(program: str, *arguments: str) -> None:
    """A program of PostgreSQL, which refuses to run as root."""
    asked = [_programs() / program, *arguments]
    user = _owner() if os.geteuid() == 0 else None
    done = subprocess.run(
        asked, user=user, group=user, extra_groups=[] if user else None, cwd="/", stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{program}: {done.stdout}"


@cache
def _programs() -> Path:
    found = [*sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb")), *filter(None, [shutil.which("initdb")])]
    assert found, "PostgreSQL is not installed; on Debian: sudo apt-get install postgresql-15"
    return Path(found[-1]).resolve().parent


def _owner() -> str:
    return "postgres" if Path("/var/lib/postgresql").is_dir() else "nobody"
