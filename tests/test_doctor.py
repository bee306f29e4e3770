"""The doctor, on what an operator may meet: real databases, files, clocks and sockets."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import tracker.operating.doctor as doctor
from config.settings import Settings, settings_from
from db.store import StoreError
from tests.commands import run
from tests.conftest import Clock, Shipped
from tests.site import Site
from tests.test_cli import configured, feed_entry
from tracker.operating.doctor import Found, Line, examine
from tracker.scheduler import LEASE
from tracker.service import Service, secret_key

pytestmark = pytest.mark.sqlite


def touch(service: Service, at: datetime) -> None:
    """The clock of the tests stands in 2024; the file is to be of that time too."""
    os.utime(service.store.path, (at.timestamp(),) * 2)


@pytest.fixture
def well(seeded_2023: Service, clock: Clock) -> Service:
    """A service that runs: a scheduler ticks, files are private."""
    with seeded_2023.store.writing() as db:
        db.feeds.take_lease(LEASE, "me", now=clock(), until=clock() + timedelta(minutes=1))
    seeded_2023.store.path.chmod(0o600)
    secret_key(seeded_2023.settings)
    touch(seeded_2023, clock())
    return seeded_2023


def lines(service: Service, **over: Any) -> dict[str, Line]:
    """What is said of each thing, the worst of it where there are several lines."""
    now = over.pop("now", service.clock())
    asked = {name: over.pop(name) for name in ("network", "key_file") if name in over}
    told = examine(replace(service.settings, **over), now=now, **asked)
    return {line.about: line for line in sorted(told, key=lambda line: list(Found).index(line.found))}


def test_where_all_is_well_nothing_is_broken_and_each_line_is_a_sentence(well: Service):
    told = examine(well.settings, now=well.clock())
    assert {line.found for line in told if line.about != "SQLite"} == {Found.OK}, told
    assert all(line.says.rstrip().endswith((".", "…")) for line in told)
    assert {"configuration", "schema", "database", "clock", "room", "scheduler", "mail", "time zones"} <= {
        line.about for line in told
    }


def test_the_command_ends_with_one_where_something_is_broken_and_speaks_json(tmp_path: Path):
    env = {"OPENLINES_VAR": str(tmp_path / "var")}
    told = run(["doctor"], env=env)
    assert told.returncode == 1
    assert "broken  database: " in told.stdout.decode()
    assert "run: python -m tracker migrate" in told.stdout.decode()
    assert not (tmp_path / "var").exists()
    run(["migrate"], env=env)
    told = run(["doctor", "--json"], env=env)
    assert told.returncode == 0, told.stdout
    assert {line["found"] for line in json.loads(told.stdout)} == {"ok", "look"}
    wrong = run(["doctor", "--json"], env=env | {"OPENLINES_PORT": "x"})
    (line,) = json.loads(wrong.stdout)
    assert (wrong.returncode, line["about"], "OPENLINES_PORT" in line["says"]) == (1, "settings", True)


def test_a_mistake_in_the_configuration_is_named(well: Service, tmp_path: Path):
    line = lines(well, config=configured(tmp_path, "- slug: 3"))["configuration"]
    assert line.found is Found.BROKEN
    assert "feeds.yaml" in line.says


def test_a_clock_that_was_set_back_is_seen_from_the_newest_row(well: Service, clock: Clock):
    early = clock() - timedelta(hours=1)
    assert lines(well, now=early)["clock"].found is Found.BROKEN
    assert "the newest row is of 2024-02-01 12:00 UTC" in lines(well, now=early)["clock"].says


def test_a_file_of_the_future_is_seen(well: Service, clock: Clock):
    touch(well, clock() + timedelta(days=1))
    assert "the database file is of 2024-02-02" in lines(well)["clock"].says


def test_a_scheduler_that_stopped_is_broken_and_one_that_never_began_wants_a_look(
    well: Service, service_unticked: Service
):
    assert lines(well, now=well.clock() + timedelta(minutes=10))["scheduler"].found is Found.BROKEN
    assert lines(well, poll=False)["scheduler"].found is Found.OK
    assert lines(service_unticked)["scheduler"].found is Found.LOOK


@pytest.fixture
def service_unticked(well: Service, shipped: Shipped, tmp_path: Path, clock: Clock) -> Iterator[Service]:
    service = shipped.over(tmp_path / "other", clock, None)
    yield service
    service.store.close()


def test_what_others_can_read_is_named_with_the_command_that_mends_it(well: Service, tmp_path: Path):
    key = well.settings.var / "secret.key"
    key.chmod(0o644)
    well.store.path.chmod(0o640)
    told = lines(well)
    assert told["secret key"].do == f"chmod 600 {key}"
    assert told["database file"].do == f"chmod 600 {well.store.path}"
    elsewhere = tmp_path / "key"
    elsewhere.write_text("0123456789abcdef")
    elsewhere.chmod(0o604)
    assert lines(well, key_file=elsewhere)["secret key"].do == f"chmod 600 {elsewhere}"
    folder = tmp_path / "folder"
    folder.mkdir(0o755)
    assert lines(well, database_url=f"sqlite:///{folder}")["database file"].do == f"chmod 700 {folder}"


def test_a_folder_that_there_is_not_is_made_by_what_makes_it(well: Service, tmp_path: Path):
    there = lines(well, var=tmp_path / "none", database_url="postgresql://nobody@127.0.0.1:1/none")
    assert there["folder"].do.endswith("tracker serve")


def test_pending_migrations_are_named(well: Service):
    with well.store.writing() as db:
        db.record._db.execute("DELETE FROM _sqlite_migrations WHERE name = 'm0015_notifications'")
    line = lines(well)["schema"]
    assert (line.found, line.says) == (Found.BROKEN, "Pending migrations: 1, first m0015_notifications.")


def test_a_database_of_another_program_is_not_to_be_migrated(well: Service, tmp_path: Path):
    theirs = sqlite3.connect(tmp_path / "theirs.db")
    theirs.execute("CREATE TABLE t (x)")
    theirs.close()
    line = lines(well, database_url=f"sqlite:///{tmp_path}/theirs.db")["database"]
    assert (line.found, line.says) == (Found.BROKEN, f"{tmp_path}/theirs.db holds no record of Open Lines.")
    assert line.do.startswith("Name another in OPENLINES_DATABASE_URL")


def test_a_file_in_the_place_of_the_folder_is_not_made_by_migrate(well: Service, tmp_path: Path):
    file = tmp_path / "file"
    file.touch()
    line = lines(well, var=file)["folder"]
    assert (line.found, line.says, line.do) == (
        Found.BROKEN,
        f"{file} is no folder.",
        "Name a folder in OPENLINES_VAR.",
    )


@pytest.mark.parametrize("page", [0, 1, 2, 3, 30, 100])
def test_a_damaged_database_is_broken_and_the_rest_is_told_all_the_same(well: Service, page: int):
    well.store.close()
    with well.store.path.open("r+b") as file:
        file.seek(4096 * page)
        file.write(b"ruin" * 20_000)
    told = lines(well)
    assert told["database"].found is Found.BROKEN
    assert told["configuration"].found is Found.OK


@pytest.mark.parametrize(("free", "found"), [(10_000_000, Found.BROKEN), (100_000_000, Found.LOOK), (10**12, Found.OK)])
def test_room_on_the_disk_is_judged(well: Service, monkeypatch: pytest.MonkeyPatch, free: int, found: Found):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    assert lines(well)["room"].found is found


@pytest.mark.parametrize(
    ("env", "says"),
    [
        ({}, "Readers reach it at http://127.0.0.1:8000."),
        ({"BASE_URL": "https://lines.example", "TRUSTED_PROXY": "127.0.0.1"}, "Readers reach it at https://lines.e"),
        ({"BASE_URL": "http://lines.example"}, "is not https: cookies are not Secure"),
        ({"BASE_URL": "https://lines.example"}, "all readers are one client"),
        ({"TRUSTED_PROXY": "127.0.0.1"}, "A proxy is trusted"),
        ({"HOST": "0.0.0.0"}, "its links lead to http://127.0.0.1:8000"),
        ({"HOST": "0.0.0.0", "BASE_URL": "https://a.example", "TRUSTED_PROXY": "10.0.0.1"}, "without TLS, past the p"),
    ],
)
def test_addresses_that_do_not_fit_are_found(well: Service, env: dict[str, str], says: str):
    read: Settings = settings_from({f"OPENLINES_{name}": value for name, value in env.items()})
    line = lines(well, base_url=read.base_url, host=read.host, trusted_proxy=read.trusted_proxy)["address"]
    assert says in line.says
    assert (line.found is Found.OK) == says.startswith("Readers")


@contextmanager
def closed_port() -> Iterator[int]:
    """A port at which nobody listens, kept from others."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def test_hosts_of_feeds_are_connected_to_only_when_asked(well: Service, tmp_path: Path, site: Site):
    here = site.serve("/feed")
    with closed_port() as port:
        feeds = feed_entry("one", here) + feed_entry("two", f"http://127.0.0.1:{port}/feed")
        config = configured(tmp_path, feeds)
        assert "network" not in lines(well, config=config)
        told = lines(well, config=config, network=True)["network"]
        assert (told.found, told.says) == (Found.LOOK, f"127.0.0.1:{port} cannot be reached (Connection refused).")
        config = configured(tmp_path / "alone", feed_entry("two", f"http://127.0.0.1:{port}/feed"))
        assert lines(well, config=config, network=True)["network"].found is Found.BROKEN
    assert site.seen == []


def test_feeds_that_were_added_are_counted_and_connected_to_and_what_is_not_used_of_them_is_named(
    well: Service, tmp_path: Path
):
    with closed_port() as port:
        here = f"http://127.0.0.1:{port}"
        config = configured(tmp_path, feed_entry("filed", f"{here}/filed"))
        entry = {"publisher": "P", "side": "us", "lang": "en", "kind": "feed", "every": "2h"}
        given = {"good": ("us-china", f"http://localhost:{port}/feed"), "gone": ("gone", "http://gone.invalid/"),
                 "twin": ("us-china", f"{here}/filed")}  # fmt: skip
        with well.store.writing() as db:
            for slug, (pair, url) in given.items():
                db.added.add(pair, entry | {"slug": slug, "url": url}, by="ana", now=well.clock())
        told = examine(replace(well.settings, config=config), now=well.clock(), network=True)
    assert next(line.says for line in told if line.about == "configuration").endswith("feeds enabled: 2 of 2, 1 added.")
    assert {line.says.split(" ")[0] for line in told if line.about == "network"} == {
        f"{host}:{port}" for host in ("127.0.0.1", "localhost")
    }
    gone, twin = (line for line in told if line.about == "added feeds")
    assert (gone.found, gone.says) == (
        Found.LOOK,
        "gone is not polled. Its entry is not valid any more: change or remove it.",
    )
    assert "python -m tracker feeds remove gone" in gone.do
    assert "as filed" in twin.says


@pytest.mark.parametrize("held", [b"", b"short", b"\xff" * 64])
def test_a_key_that_was_not_written_whole_signs_nothing(well: Service, held: bytes):
    key = well.settings.var / "secret.key"
    key.write_bytes(held)
    key.chmod(0o600)
    (told,) = (line for line in examine(well.settings, now=well.clock()) if line.about == "secret key")
    assert (told.found, told.says) == (Found.BROKEN, f"{key} holds no key of 16 characters or more.")
    with pytest.raises(StoreError, match=r"holds no key of 16 characters or more; remove it") as refused:
        secret_key(well.settings)
    assert "\n" not in str(refused.value)
    key.unlink()
    assert secret_key(well.settings) == key.read_text()
    assert [file.name for file in key.parent.iterdir() if file.name.startswith(".secret")] == []


def test_a_secret_key_of_one_node_is_one_line(well: Service, tmp_path: Path):
    server = replace(well.settings, database_url="postgresql://nobody@127.0.0.1:1/none", secret_key=None)
    for var in (well.settings.var, tmp_path):
        (line,) = [one for one in examine(replace(server, var=var), now=well.clock()) if one.about == "secret key"]
        assert (line.found, "OPENLINES_SECRET_KEY" in line.do) == (Found.LOOK, True)
    key = well.settings.var / "secret.key"
    key.chmod(0o644)
    (line,) = [one for one in examine(server, now=well.clock()) if one.about == "secret key"]
    assert f"chmod 600 {key}" in line.do


def test_zone_data_that_is_missing_is_broken(monkeypatch: pytest.MonkeyPatch, well: Service):
    pack = replace(well.packs[0], feeds=(replace(well.packs[0].feeds[0], timezone="Nowhere/Land"),))
    monkeypatch.setattr(doctor, "load_relationships", lambda _: (pack,))
    assert lines(well)["time zones"].says == "There is no data for Nowhere/Land."
