"""The product as a process: told to stop, started wrongly, and what it writes into its log."""

from __future__ import annotations

import json
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.commands import run
from tests.conftest import ROOT, THEN, Clock, Shipped
from tests.make import sighting
from tests.reliability.processes import Product, assert_sound, copied, opened, product
from tests.test_review import US, arrive
from tracker.service import utc_now


@pytest.fixture
def folder(shipped: Shipped, tmp_path: Path) -> Path:
    """The folder of run-time data, with a database that has a candidate."""
    service = replace(shipped.over(tmp_path, Clock(), THEN), clock=utc_now)
    arrive(service, US, sighting())
    service.store.close()
    return service.settings.var


def token_of(folder: Path, role: str) -> str:
    with opened(folder / "openlines.db") as store, store.writing() as db:
        return db.accounts.make_token(f"a-{role}", role, at=utc_now())


def test_a_request_that_is_in_hand_when_the_server_is_told_to_stop_is_answered_and_kept(folder: Path, survived):
    """Another process writes meanwhile, so that the decision waits; then the server ends, with 0."""
    token, database = token_of(folder, "reviewer"), folder / "openlines.db"
    answers: list[tuple[int, bytes]] = []
    with opened(database) as store, store.reading() as db:
        version = db.candidates.get(1).version

    def decide(server: Product) -> None:
        answers.append(
            server.ask(
                "POST", "/api/v1/candidates/1/review", {"decision": "accept"},
                Authorization=f"Bearer {token}", If_Match=f'"{version}"',
            )
        )  # fmt: skip

    with product(folder, "--no-scheduler") as server:
        assert server.ask("GET", "/healthz")[0] == 200
        with opened(database) as other, other.writing():
            client = threading.Thread(target=decide, args=(server,))
            client.start()
            time.sleep(0.3)
            assert answers == [], "it waits for its turn to write"
            server.process.send_signal(signal.SIGTERM)
            time.sleep(0.3)
        client.join()
        assert server.process.wait(30) == 0
    ((status, _),) = answers
    assert status == 200
    with opened(database) as store, store.reading() as db:
        assert db.candidates.get(1).decisions[0].decided_by == "a-reviewer"
    assert_sound(database)
    survived("D1 SIGTERM while a request was in hand", 1)


def listed(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.fixture
def read_only(shipped: Shipped, tmp_path: Path) -> Iterator[Path]:
    """A folder with a database in which nothing can be made or written, by an administrator neither."""
    place = tmp_path / "closed"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "none", place]
    mounted = not subprocess.run(mount, check=False, capture_output=True).returncode
    copied(shipped.database(THEN), place / "openlines.db")
    if mounted:
        subprocess.run(["mount", "-o", "remount,ro", place], check=True)
    else:
        place.chmod(0o500)
    yield place
    if mounted:
        subprocess.run(["umount", place], check=True)
    else:
        place.chmod(0o700)


def broken_configuration(tmp_path: Path) -> dict[str, str]:
    shutil.copytree(ROOT / "config", tmp_path / "config", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    feeds = tmp_path / "config" / "relationships" / "us-china" / "feeds.yaml"
    feeds.write_text(feeds.read_text() + "\n- slug: [half\n")
    return {"OPENLINES_CONFIG": str(tmp_path / "config")}


WRONG: dict[str, Callable[[Path], dict[str, str]]] = {
    "a bad configuration": broken_configuration,
    "no configuration": lambda _: {"OPENLINES_CONFIG": "/nowhere"},
    "a database of another kind": lambda _: {"OPENLINES_DATABASE_URL": "postgresql://u:p@h/x"},
    "no database": lambda folder: {"OPENLINES_DATABASE_URL": f"sqlite:///{folder}/none.db"},
    "a database in a file's place": lambda _: {"OPENLINES_DATABASE_URL": "sqlite:////dev/null/x.db"},
    "an unknown setting": lambda _: {"OPENLINES_COLOUR": "red"},
    "a port that is none": lambda _: {"OPENLINES_PORT": "65536"},
    "an address that is not ours": lambda _: {"OPENLINES_HOST": "192.0.2.1"},
    "a short secret": lambda _: {"OPENLINES_SECRET_KEY": "short"},
    "a secret that is not there": lambda folder: {"OPENLINES_SECRET_KEY_FILE": str(folder / "none")},
}


STARTS = [
    (command, wrong)
    for command in ("serve", "schedule", "seed", "poll")
    for wrong in WRONG
    if command == "serve" or wrong != "an address that is not ours"  # the others do not listen
]


@pytest.mark.parametrize(("command", "wrong"), STARTS)
def test_a_wrong_start_is_one_sentence_and_makes_nothing(
    shipped: Shipped, tmp_path: Path, survived, command: str, wrong: str
):
    folder = tmp_path / "var"
    folder.mkdir()
    copied(shipped.database(THEN), folder / "openlines.db")
    env = {"OPENLINES_VAR": str(folder), "OPENLINES_PORT": "0", "OPENLINES_SECRET_KEY": "s" * 40}
    env |= WRONG[wrong](tmp_path)
    if "OPENLINES_SECRET_KEY_FILE" in env:
        del env["OPENLINES_SECRET_KEY"]
    before = listed(tmp_path)
    done = run([command], env=env)
    said = done.stderr.decode()
    assert done.returncode == 2, said
    assert said.count("\n") == 1, said
    assert "Traceback" not in said
    assert "u:p@h" not in said, "no password is shown"
    made = {name for name in listed(tmp_path) - before if not name.endswith(("-wal", "-shm"))}
    assert made == set()
    survived("D2 wrong starts refused in one sentence", 1)


@pytest.mark.parametrize("everything", [False, pytest.param(True, marks=pytest.mark.long)])
def test_in_a_folder_that_is_read_only_nothing_starts_and_it_says_which(
    read_only: Path, folder: Path, survived, everything: bool
):
    """The database, the folder of a new one, the place of the key, of a backup, of what is put back or exported."""
    ours = {"OPENLINES_VAR": str(read_only), "OPENLINES_SECRET_KEY": "s" * 40, "OPENLINES_PORT": "0"}
    elsewhere = {"OPENLINES_DATABASE_URL": f"sqlite:///{folder}/openlines.db"}
    starts = [
        ("serve", ours),
        ("migrate", ours),
        ("migrate", {"OPENLINES_VAR": str(read_only / "var")}),
        ("migrate", {"OPENLINES_DATABASE_URL": f"sqlite:///{read_only}/x.db"}),
        (f"backup {read_only}", elsewhere),
        (f"backup {read_only}/backup.db", elsewhere),
        (f"restore {read_only}/openlines.db --to {read_only}/var", elsewhere),
    ]
    if everything:
        starts += [(command, ours) for command in ("schedule", "seed", "poll", "verify", "feeds")]
        starts += [("serve", {"OPENLINES_VAR": str(read_only)} | elsewhere), (f"export {read_only}/files", elsewhere)]
    there = {name: (read_only / name).read_bytes() for name in listed(read_only)}
    for command, env in starts:
        done = run(command.split(), env=env)
        said = done.stderr.decode()
        assert (done.returncode, said.count("\n")) == (2, 1), (command, said)
        assert str(read_only) in said, command
        assert re.search("read-only|Read-only|Permission denied", said), (command, said)
        assert {name: (read_only / name).read_bytes() for name in listed(read_only)} == there, command
    survived("D2 starts in a read-only place refused in one sentence", len(starts))


def test_the_log_has_an_event_a_line_and_no_secret(folder: Path, survived):
    """What people and programs sign in with, well or badly, and what stands in addresses that are secret."""
    reader = token_of(folder, "reader")
    secret_key, typed, guessed = "k" * 40, "a-password-that-was-typed", "ol_a-token-that-is-none"
    env = {
        "OPENLINES_LOG_FORMAT": "json", "OPENLINES_LOG_LEVEL": "debug", "OPENLINES_SECRET_KEY": secret_key,
        "OPENLINES_SMTP_URL": "smtp://mail-user:mail-password@127.0.0.1:1", "OPENLINES_MAIL_FROM": "a@example.org",
        "OPENLINES_POLL": "off",
    }  # fmt: skip
    with product(folder, env=env) as server:
        link = re.search(r"/login/([\w-]+)", server.process.stdout.readline().decode())[1]
        form = {"Content_Type": "application/x-www-form-urlencoded"}
        server.ask("GET", "/api/v1/channels", Authorization=f"Bearer {reader}")
        server.ask("GET", "/api/v1/candidates", Authorization=f"Bearer {reader}")
        server.ask("GET", "/api/v1/candidates", Authorization=f"Bearer {guessed}")
        server.ask("GET", f"/login/{link}")
        page = server.ask("GET", "/login")[1].decode()
        crumb = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
        sent = urlencode({"name": "admin", "password": typed, "csrf_token": crumb}).encode()
        server.ask("POST", "/login", sent, **form)
        server.ask("POST", f"/login/{link}", urlencode({"csrf_token": crumb}).encode(), **form)
        for _ in range(25):
            server.ask("POST", "/login", sent, **form)
        server.ask("POST", "/api/v1/releases", b"{", Authorization=f"Bearer {reader}")
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(30) == 0
    lines = server.log.read_text().splitlines()
    events = [json.loads(line) for line in lines]
    for event in events:
        assert {"at", "level", "logger", "message"} <= set(event)
    made, requests = (found := [event for event in events if "path" in event])[:3], found[3:]
    assert [event["path"] for event in made[:2]] == ["/", "/changes"]  # before anybody asks
    assert len({event["request"] for event in found}) == len(found) == 36
    assert (requests[0]["path"], requests[3]["path"]) == ("/api/v1/channels", "/login/…")
    text = "\n".join(lines)
    for secret in (reader, secret_key, typed, guessed, link, "mail-password", crumb):
        assert secret not in text
    survived("D3 requests with secrets, none of which the log tells", 33)


def test_a_port_that_is_taken_leaves_what_is_there_as_it_was(folder: Path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        before = (folder / "openlines.db").stat().st_size
        env = {"OPENLINES_VAR": str(folder), "OPENLINES_PORT": str(taken.getsockname()[1])}
        done = run(["serve"], env=env)
    assert done.returncode == 2
    assert re.fullmatch(r"Port \d+ on 127\.0\.0\.1 is in use\. .*\n", done.stderr.decode())
    assert (folder / "openlines.db").stat().st_size == before
