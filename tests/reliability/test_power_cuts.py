"""The power goes at any moment: what was acknowledged is there when it is back, and nothing is torn."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest

from db.store import open_store
from tests.conftest import NOTHING, ROOT, THEN, Shipped
from tests.feeds.test_poll import HARBOR, TALKS, rss
from tests.reliability.power import Disk, Note, Recording, lay, recorder, recording
from tests.reliability.processes import DICE, assert_sound, opened, product, sizes
from tests.reliability.test_at_once import candidates
from tests.reliability.test_kills import wrote_rows
from tests.site import Site, running_site
from tests.test_cli import configured, feed_entry
from tracker.model import Status
from tracker.operating.seed import seed
from tracker.service import Service, utc_now

__all__ = ["recorder"]

pytestmark = pytest.mark.sqlite

REVIEWS = """
import os, sys
import db.sqlite.connection
from db.store import open_store
from tracker.reviewing.review import accept
from tracker.service import utc_now
database, synchronous, *waiting = sys.argv[1:]
db.sqlite.connection.PRAGMAS["synchronous"] = int(synchronous)
store = open_store(f"sqlite:///{database}")
for one in waiting:
    number, version = one.split(":")
    accept(store, int(number), int(version), by="ana", at=utc_now())
    print(number, os.stat(os.environ["RECORDED"]).st_size)
store.close()
"""
FULL, NORMAL = 2, 1


def note(kind: str, name: str, offset: int = 0, data: bytes = b"") -> Note:
    return Note(kind, name, offset, data, 0)


def test_a_disk_keeps_what_was_synced_and_loses_what_was_not():
    disk = Disk({"a": b"old"})
    for change in (note("w", "a", 0, b"new"), note("s", "a"), note("w", "a", 3, b"er" * 512), note("w", "b", 0, b"x")):
        disk.apply(change)
    assert disk.seen() == {"a": b"new" + b"er" * 512, "b": b"x"}
    assert disk.after_a_cut(DICE, share=0) == {"a": b"new"}
    torn = {len(disk.after_a_cut(DICE, share=0.5)["a"]) for _ in range(50)}
    assert torn <= {3, 512, 1024, 1027}
    assert len(torn) > 1, "each of three sectors came or not"
    disk.apply(note("s", "b"))
    assert "b" not in disk.after_a_cut(DICE, share=0), "the folder does not know of it yet"
    disk.apply(note("s", "."))
    disk.apply(note("r", "b", 0, b"a"))
    assert disk.after_a_cut(DICE, share=0)["b"] == b"x"
    assert disk.after_a_cut(DICE, share=1) == {"a": b"x"}


@pytest.fixture
def waiting(seeded_2023: Service, reviews: int) -> tuple[Path, dict[int, int], str]:
    """A database that nobody has open, candidates that wait in it with their versions, a reviewer's token."""
    told = candidates(seeded_2023, reviews)
    with seeded_2023.store.writing() as db:
        token = db.accounts.make_token("ana", "reviewer", at=utc_now())
    seeded_2023.store.close()
    return seeded_2023.store.path, {one.id: one.version for one in told}, token


def lost(record: Recording, acknowledged: Mapping[int, int], times: int, at: Path) -> int:
    """In how many of so many power cuts a review was lost that had been acknowledged; all else has to be whole.

    `acknowledged`: candidates, and how long the notes were when the answer was there.
    """
    found = 0
    for end, files in record.cuts(DICE, times):
        database = lay(files, at) / "openlines.db"
        assert_sound(database)
        with opened(database) as store, store.reading() as db:
            done = {number for number in acknowledged if db.candidates.get(number).status is Status.ACCEPTED}
        assert wrote_rows(database) >= done, "a decision and its rows are one"
        found += not {number for number, when in acknowledged.items() if when <= end} <= done
    return found


def reviewed(record: Recording, waiting: Mapping[int, int], synchronous: int) -> dict[int, int]:
    """What a process of its own acknowledges that accepts all that waits."""
    asked = [f"{number}:{version}" for number, version in waiting.items()]
    told = subprocess.run(
        [sys.executable, "-c", REVIEWS, record.folder / "openlines.db", str(synchronous), *asked],
        cwd=ROOT, env=os.environ | record.env, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    acknowledged = {int(number): int(end) for number, end in (line.split() for line in told.splitlines())}
    assert set(acknowledged) == set(waiting)
    return acknowledged


@pytest.mark.parametrize(("reviews", "times"), [(4, 3), pytest.param(40, 100, marks=pytest.mark.long)])
def test_no_review_that_was_acknowledged_is_lost_when_the_power_goes(
    waiting, recorder: Path, tmp_path: Path, survived, times: int
):
    database, candidates, _ = waiting
    record = recording(database.parent, recorder, tmp_path / "notes")
    acknowledged = reviewed(record, candidates, FULL)
    assert lost(record, acknowledged, times, tmp_path / "after") == 0
    survived("A1 power cuts simulated during reviews", times)


@pytest.mark.long
@pytest.mark.parametrize("reviews", [40])
def test_the_same_disk_loses_reviews_where_a_commit_does_not_wait_for_it(
    waiting, recorder: Path, tmp_path: Path, survived
):
    """What the test above is able to find: with `synchronous=NORMAL` a commit is acknowledged before it is there."""
    database, candidates, _ = waiting
    record = recording(database.parent, recorder, tmp_path / "notes")
    found = lost(record, reviewed(record, candidates, NORMAL), 100, tmp_path / "after")
    assert found
    survived("A1 power cuts of 100 that lose a review where commits wait for no disk, which ours do (control)", found)


@pytest.mark.long
@pytest.mark.parametrize("reviews", [80])
def test_no_review_is_lost_when_the_power_goes_while_the_product_serves_and_polls(
    waiting, recorder: Path, tmp_path: Path, survived
):
    database, candidates, token = waiting
    (database.parent / "log").touch()  # We make it, not the product, whose standard error goes there.
    record = recording(database.parent, recorder, tmp_path / "notes")
    acknowledged: dict[int, int] = {}
    with running_site("0.0.0.0") as hosts:
        feeds = "".join(feed_entry(f"feed-{n}", long_feed(hosts, n)) for n in range(8))
        env = record.env | {"OPENLINES_CONFIG": str(configured(tmp_path, feeds)), "OPENLINES_LOG_LEVEL": "error"}
        with product(database.parent, env=env) as server:
            for number, version in candidates.items():
                status, body = server.ask(
                    "POST", f"/api/v1/candidates/{number}/review", {"decision": "accept"},
                    Authorization=f"Bearer {token}", If_Match=f'"{version}"',
                )  # fmt: skip
                assert status == 200, body
                acknowledged[number] = record.length()
            deadline = time.monotonic() + 60
            while len(hosts.seen) < 8 and time.monotonic() < deadline:
                time.sleep(0.05)
            server.process.terminate()
            assert server.process.wait(60) == 0, server.log.read_text()
    assert len(hosts.seen) >= 8, "it polled meanwhile"
    kinds = {(note.kind, note.name) for note in record.notes()}
    assert {("s", database.name), ("s", f"{database.name}-wal")} <= kinds, "its log was played into the file"
    assert lost(record, acknowledged, 200, tmp_path / "after") == 0
    survived("A1 power cuts simulated while the product serves and polls", 200)
    survived("A1 reviews acknowledged before a power cut, none lost", len(acknowledged))


def long_feed(hosts: Site, number: int) -> str:
    items = [(f"Harbor Day {day} at {number}", f"{HARBOR[1]} The {day}. year.") for day in range(60)]
    hosts.serve(f"/{number}", body=rss(TALKS, *items))
    return hosts.url(f"/{number}", f"127.0.0.{number + 1}")


def command(folder: Path, env: Mapping[str, str], *arguments: object) -> str:
    """What a command of the product says, in a process of its own that ends well."""
    done = subprocess.run(
        [sys.executable, "-m", "tracker", *map(str, arguments)],
        cwd=ROOT, env=os.environ | env | {"OPENLINES_VAR": str(folder)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.long
def test_a_record_that_is_made_when_the_power_goes_is_made_by_the_next_start(
    shipped: Shipped, recorder: Path, tmp_path: Path, survived
):
    folder = tmp_path / "var"
    folder.mkdir()
    record = recording(folder, recorder, tmp_path / "notes")
    command(folder, record.env, "migrate")
    migrated, empty = record.length(), sizes(folder / "openlines.db")
    command(folder, record.env, "seed", "--until", THEN)
    seeded, whole = record.length(), sizes(folder / "openlines.db")
    for end, files in record.cuts(DICE, 60):
        after = lay(files, tmp_path / "after")
        database = after / "openlines.db"
        if end >= seeded:
            assert sizes(database) == whole
        elif end >= migrated:
            assert sizes(database) in (empty, whole)
        with closing(open_store(f"sqlite:///{database}", create=True)) as store:
            store.migrate()
            seed(store, shipped.service.packs, at=utc_now(), until=THEN)
        assert sizes(database) == whole
        assert_sound(database)
    survived("A1 power cuts simulated while the record is made and loaded", 60)


@pytest.mark.long
def test_a_backup_and_what_is_put_back_are_whole_or_not_there_when_the_power_goes(
    shipped: Shipped, recorder: Path, tmp_path: Path, survived
):
    """Another record is in the place into which the backup is put back: at every moment one of them is there."""
    folder, other = tmp_path / "var", tmp_path / "other"
    folder.mkdir()
    database, copy = folder / "openlines.db", folder / "copy.db"
    database.write_bytes(shipped.database(THEN).read_bytes())
    there, given = sizes(database), sizes(shipped.database(NOTHING))
    record = recording(folder, recorder, tmp_path / "notes")
    command(folder, record.env, "backup", copy)
    kept = record.length()
    lay({"openlines.db": shipped.database(NOTHING).read_bytes()}, other)
    command(folder, record.env, "restore", "--force", other / "openlines.db")
    for end, files in record.cuts(DICE, 60):
        after = lay(files, tmp_path / "after")
        if end >= kept or (after / copy.name).exists():
            assert sizes(after / copy.name) == there
            assert_sound(after / copy.name)
        assert sizes(after / database.name) in ((there,) if end < kept else (there, given))
        assert_sound(after / database.name)
    survived("A1 power cuts simulated while a backup is taken and put back", 60)
