"""Several machines on one: nodes of the product, each in a network namespace of its own where this machine allows, a
PostgreSQL that they share, and publishers, each with an address of its own.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from tests import servers
from tests.conftest import ROOT
from tests.reliability.processes import ask

_FIRST_NODE, _FIRST_HOST = 10, 100


@dataclass(frozen=True)
class Wires:
    """Where things are: the server of the database, the publishers, and the nodes, with what enters their machine."""

    apart: bool
    server: str
    hosts: tuple[str, ...]
    nodes: tuple[str, ...]
    doors: tuple[tuple[str, ...], ...]


@contextmanager
def wires(nodes: int, hosts: int) -> Iterator[Wires]:
    """A bridge with a namespace for each node; where that cannot be made, all at loopback."""
    tag, subnet = f"ol{os.getpid() % 100_000}", f"10.{200 + os.getpid() % 50}.{os.getpid() // 50 % 250}"
    names = [f"{tag}n{number}" for number in range(nodes)]
    lines = [
        f"link add {tag} type bridge",
        f"addr add {subnet}.1/24 dev {tag}",
        *(f"addr add {subnet}.{_FIRST_HOST + number}/24 dev {tag}" for number in range(hosts)),
        f"link set {tag} up",
    ]
    for number, name in enumerate(names):
        lines += [
            f"netns add {name}",
            f"link add {name}v type veth peer name eth0 netns {name}",
            f"link set {name}v master {tag} up",
            f"-n {name} addr add {subnet}.{_FIRST_NODE + number}/24 dev eth0",
            f"-n {name} link set lo up",
            f"-n {name} link set eth0 up",
        ]
    try:
        if os.geteuid() == 0 and shutil.which("ip") and all(map(_ip, lines)):
            yield Wires(
                True,
                f"{subnet}.1",
                tuple(f"{subnet}.{_FIRST_HOST + number}" for number in range(hosts)),
                tuple(f"{subnet}.{_FIRST_NODE + number}" for number in range(nodes)),
                tuple(("ip", "netns", "exec", name) for name in names),
            )
        else:
            there = tuple(f"127.0.1.{1 + number}" for number in range(hosts))
            yield Wires(False, "127.0.0.1", there, ("127.0.0.1",) * nodes, ((),) * nodes)
    finally:
        for name in names:
            _ip(f"netns del {name}")
        _ip(f"link del {tag}")


def _ip(line: str) -> bool:
    with suppress(OSError):
        return subprocess.run(["ip", *line.split()], capture_output=True, check=False).returncode == 0
    return False


def free_port(address: str) -> int:
    with socket.socket() as one:
        one.bind((address, 0))
        return one.getsockname()[1]


@dataclass(frozen=True)
class Database:
    """A server of PostgreSQL whose commits are on disk when they are acknowledged; it may be crashed."""

    folder: Path
    address: str
    port: int

    @property
    def url(self) -> str:
        return f"postgresql://postgres@{self.address}:{self.port}/postgres"

    def start(self) -> None:
        told = (f"listen_addresses={self.address}", f"port={self.port}", "shared_buffers=32MB", "max_connections=300")
        servers.start(self.folder, *told)

    def crash(self) -> None:
        servers.stop(self.folder, "immediate")


@contextmanager
def database(address: str) -> Iterator[Database]:
    folder = servers.new_folder()
    try:
        one = Database(folder, address, free_port(address))
        one.start()
        with (folder / "data" / "pg_hba.conf").open("a") as rules:
            rules.write("host all all 0.0.0.0/0 trust\n")
        with psycopg.connect(f"postgresql://postgres@/postgres?host={folder}&port={one.port}", autocommit=True) as db:
            db.execute("SELECT pg_reload_conf()")
        yield one
    finally:
        servers.remove(folder)


@dataclass
class Node:
    """A worker or a web node, as an operator starts it; it may be killed and started again."""

    command: tuple[str, ...]
    address: str
    door: tuple[str, ...]
    env: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def is_web(self) -> bool:
        return "serve" in self.command

    @property
    def at(self) -> str:
        return f"{self.address}:{self.env['OPENLINES_PORT']}"

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*self.door, sys.executable, "-u", "-m", "tracker", *self.command],
                cwd=ROOT, env=self.env, stdout=log, stderr=log,
            )  # fmt: skip

    def ready(self, seconds: float = 60.0) -> None:
        """Wait until it serves, or says that it works."""
        ends = time.monotonic() + seconds
        while not self.answers():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < ends, self.log.read_text()
            time.sleep(0.1)

    def answers(self) -> bool:
        if not self.is_web:
            return bool(re.search(rb"^Working", self.log.read_bytes(), re.M))
        with suppress(OSError):
            return ask(self.at, "GET", "/healthz")[0] == 200
        return False

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """Its code, having been told to stop."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(90)


@contextmanager
def running(
    wired: Wires, commands: list[tuple[str, ...]], shared: dict[str, str], folder: Path
) -> Iterator[list[Node]]:
    """A node for each command, each with a folder for data of its own; all of them answer."""
    unset = {name: value for name, value in os.environ.items() if not re.match(r"OPENLINES_|\w+_proxy$", name, re.I)}
    with ExitStack() as started:
        nodes = []
        for number, command in enumerate(commands):
            address = wired.nodes[number]
            var = folder / f"node-{number}"
            var.mkdir()
            own = {
                "OPENLINES_VAR": str(var),
                "OPENLINES_HOST": address,
                "OPENLINES_PORT": str(8000 if wired.apart else free_port(address)),
                "OPENLINES_BASE_URL": "http://lines.example",
                "OPENLINES_TRUSTED_HOSTS": address,
                "PYTHONDONTWRITEBYTECODE": "1",
            }
            node = Node(command, address, wired.doors[number], unset | shared | own, var / "log")
            nodes.append(node)
            node.start()
            started.callback(lambda one=node: one.process and one.kill())
        for node in nodes:
            node.ready()
        yield nodes
