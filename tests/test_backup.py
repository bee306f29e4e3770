"""Backups and the way back: real files, other processes that write, one that is killed, a disk that is full."""

from __future__ import annotations

import os
import re
import resource
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlite_utils import Database

from db.sqlite.migrations import migrations
from db.store import StoreError, open_store
from tests.commands import run
from tests.conftest import ROOT, THEN, Clock, Shipped
from tracker.errors import Conflict, Refused
from tracker.operating.backup import back_up, put_back
from tracker.operating.verify import verify

pytestmark = pytest.mark.sqlite

WRITER = """
import sys, time
from datetime import UTC, datetime
from db.record import Origin
from db.store import open_store
from tests.make import change
from tracker.model import State
store = open_store(f"sqlite:///{sys.argv[1]}")
number = 0
while True:
    with store.writing() as db:
        cause = f"{sys.argv[2]} {number} " + "x" * 500
        db.record.add(change(State.ACTIVE, "2023-01-08", cause=cause), Origin(datetime.now(UTC), sys.argv[2]))
    number += 1
    print(number, flush=True)
    time.sleep(0.01)
"""

KILLED = """
import os, signal, sys
from pathlib import Path
from datetime import UTC, datetime
import tracker.operating.backup
from db.store import open_store
setattr(tracker.operating.backup, sys.argv[3], lambda *_: os.kill(os.getpid(), signal.SIGKILL))
tracker.operating.backup.back_up(open_store(f"sqlite:///{sys.argv[1]}"), Path(sys.argv[2]), now=datetime.now(UTC))
"""

KILLED_AT_RESTORE = """
import os, signal, sys
from pathlib import Path
from datetime import UTC, datetime
from tracker.operating import backup
backup._to_disk = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
backup.put_back(Path(sys.argv[1]), Path(sys.argv[2]), now=datetime(2020, 1, 1, tzinfo=UTC), force=True)
"""

Tracker = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def database(shipped: Shipped, tmp_path: Path) -> Path:
    """A record of November 2023 where the commands look for it, which nobody has open."""
    service = shipped.over(tmp_path, Clock(), THEN)
    service.store.close()
    return service.store.path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "backups"
    made.mkdir()
    return made


@pytest.fixture
def tracker(database: Path) -> Tracker:
    def tracker(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        done = run([str(one) for one in arguments], env={"OPENLINES_VAR": str(database.parent)})
        return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())

    return tracker


def process(script: str, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def whole(database: Path) -> int:
    """The number of links in a database in which all is as it was recorded."""
    store = open_store(f"sqlite:///{database}")
    found = verify(store)
    store.close()
    assert found.found == 0, found.findings[:3]
    return found.head.seq


@contextmanager
def opened(database: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(database, isolation_level=None)
    try:
        yield connection
    finally:
        connection.close()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def one_sentence(text: str) -> bool:
    return text.count("\n") == 1 and "Traceback" not in text


def test_a_backup_that_is_taken_while_others_write_restores_to_a_whole_record(tracker: Tracker, database, folder):
    writers = [process(WRITER, database, name) for name in ("ana", "bo")]
    try:
        for writer in writers:
            assert writer.stdout.readline()
        before = len_of_chain(database)
        copies = [folder / f"{number}.db" for number in range(2)]
        for copy in copies:
            done = tracker("backup", copy)
            assert done.returncode == 0, done.stderr
        after = len_of_chain(database)
        assert all(writer.poll() is None for writer in writers)
    finally:
        for writer in writers:
            writer.kill()
            writer.communicate()
    held = [int(re.search(r"(\d+) links", tracker("restore", copy, "--to", folder / copy.stem).stdout)[1])
            for copy in copies]  # fmt: skip
    assert before <= held[0] < held[1] <= after
    assert [whole(folder / copy.stem / "openlines.db") for copy in copies] == held
    assert names(folder) == ["0", "0.db", "1", "1.db"]


def len_of_chain(database: Path) -> int:
    with opened(database) as connection:
        return connection.execute("SELECT MAX(seq) FROM chain_link").fetchone()[0]


def test_a_backup_says_what_it_holds_and_is_for_its_owner_alone(tracker: Tracker, database, folder):
    told = tracker("backup", folder).stdout
    (name,) = names(folder)
    assert re.fullmatch(r"openlines-\d{8}T\d{6}Z\.db", name)
    assert re.match(
        rf"Kept {folder / name}, \d+\.\d MB\. All in it is as it was recorded: {whole(database)} links", told
    )
    assert (folder / name).stat().st_mode & 0o777 == 0o600


def test_as_many_backups_stay_as_are_asked_for_and_no_other_file_goes(tracker: Tracker, folder):
    (folder / "openlines-notes.db").write_text("mine")
    for old in ("openlines-20200101T000000Z.db", "openlines-20200101T000000-2Z.db", "openlines-20200101T000000-10Z.db"):
        (folder / old).write_text("old")
    done = tracker("backup", folder, "--keep", "2")
    assert "Removed openlines-20200101T000000Z.db, openlines-20200101T000000-2Z.db: 2 are kept." in done.stdout
    assert names(folder)[0] == "openlines-20200101T000000-10Z.db"
    assert names(folder)[2:] == ["openlines-notes.db"]


@pytest.mark.parametrize(
    "other", [None, "CREATE TABLE theirs (id INTEGER)"], ids=["an empty file", "another program's"]
)
def test_what_is_no_record_of_ours_is_not_backed_up_and_removes_no_backup(tracker: Tracker, database, folder, other):
    assert tracker("backup", folder, "--keep", "1").returncode == 0
    kept = names(folder)
    database.unlink()
    with opened(database) as connection:
        connection.execute(other or "VACUUM")
    done = tracker("backup", folder, "--keep", "1")
    assert (done.returncode, names(folder)) == (2, kept)
    assert one_sentence(done.stderr)
    assert "holds no record of Open Lines" in done.stderr


@pytest.mark.parametrize("until", ["m0017_people", None], ids=["pending migrations", "nothing on record"])
def test_a_backup_that_is_no_whole_record_removes_none_that_is(tracker: Tracker, database, folder, until):
    assert tracker("backup", folder).returncode == 0
    kept = names(folder)
    database.unlink()
    made = Database(database)
    migrations.apply(made, stop_before=until)
    made.close()
    done = tracker("backup", folder, "--keep", "1")
    assert done.returncode == 0, done.stderr
    assert "No older backup was removed" in done.stdout
    assert set(kept) < set(names(folder))


def test_two_backups_of_one_second_have_two_names(database, folder, clock):
    store = open_store(f"sqlite:///{database}")
    assert back_up(store, folder, now=clock()).file != back_up(store, folder, now=clock()).file
    store.close()


@pytest.mark.parametrize("step", ["verify", "_to_disk"])
def test_a_backup_that_is_killed_leaves_no_file_and_the_next_one_cleans_up(tracker: Tracker, database, folder, step):
    killed = process(KILLED, database, folder, step)
    assert killed.wait(timeout=60) == -signal.SIGKILL
    killed.communicate()
    (left,) = names(folder)
    assert left.startswith(".openlines-")
    assert tracker("backup", folder / "copy.db").returncode == 0
    assert names(folder) == ["copy.db"]


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """As if the disk were full: no file may grow beyond `size` bytes."""
    limits, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)


def test_without_room_a_backup_and_a_restore_fail_in_one_sentence_and_leave_nothing(tracker: Tracker, database, folder):
    tracker("backup", folder / "copy.db")
    with files_of_at_most(200_000):
        backed_up, restored = tracker("backup", folder), tracker("restore", folder / "copy.db", "--to", folder / "new")
    for done in (backed_up, restored):
        assert (done.returncode, done.stdout, one_sentence(done.stderr)) == (2, "", True), done.stderr
        assert "make room" in done.stderr
    assert names(folder) == ["copy.db", "new"]
    assert names(folder / "new") == []
    whole(database)


def test_restoring_never_overwrites_unasked_and_puts_aside_what_was_there(tracker: Tracker, database, folder):
    tracker("backup", folder / "copy.db")
    links = whole(database)
    with opened(database) as connection:
        connection.execute("CREATE TABLE mine (x)")
    refused = tracker("restore", folder / "copy.db")
    assert (refused.returncode, one_sentence(refused.stderr)) == (2, True)
    assert "--force" in refused.stderr
    done = tracker("restore", folder / "copy.db", "--force")
    assert whole(database) == links
    (before,) = database.parent.glob("openlines.db.before-*Z")
    assert f"What was there is now {before}" in done.stdout
    with opened(before) as connection:
        assert connection.execute("SELECT COUNT(*) FROM mine").fetchone() == (0,)
    assert not list(database.parent.glob("*-wal"))


def test_a_database_that_is_in_use_is_not_replaced(tracker: Tracker, database, folder):
    tracker("backup", folder / "copy.db")
    store = open_store(f"sqlite:///{database}")
    store.check_schema()
    done = tracker("restore", folder / "copy.db", "--force")
    assert (done.returncode, one_sentence(done.stderr)) == (2, True)
    assert "is in use" in done.stderr
    store.close()
    assert tracker("restore", folder / "copy.db", "--force").returncode == 0


def test_the_log_of_a_damaged_database_is_never_played_into_the_restored_one(tracker: Tracker, database, folder):
    tracker("backup", folder / "copy.db")
    links = whole(database)
    writer = process(WRITER, database, "ana")
    writer.stdout.readline()
    writer.kill()
    writer.communicate()
    assert Path(f"{database}-wal").stat().st_size > 0
    database.write_bytes(b"ruined" * 1000)
    assert tracker("restore", folder / "copy.db", "--force").returncode == 0
    assert whole(database) == links
    assert Path(f"{next(database.parent.glob('*.before-*Z'))}-wal").exists()


def test_a_restore_that_is_killed_leaves_the_database_that_was_there(tracker: Tracker, database, folder):
    tracker("backup", folder / "copy.db")
    links = whole(database)
    killed = process(KILLED_AT_RESTORE, folder / "copy.db", database)
    assert killed.wait(timeout=60) == -signal.SIGKILL
    killed.communicate()
    assert whole(database) == links
    assert tracker("restore", folder / "copy.db", "--force").returncode == 0
    assert whole(database) == links


def test_a_backup_that_was_tampered_with_is_not_put_in_place(tracker: Tracker, database, folder):
    tracker("backup", folder / "copy.db")
    with opened(folder / "copy.db") as connection:
        connection.execute("DROP TRIGGER status_change_never_changed")
        connection.execute("UPDATE status_change SET cause = 'Else.' WHERE id = 3")
    done = tracker("restore", folder / "copy.db", "--to", folder / "new")
    assert (done.returncode, one_sentence(done.stderr)) == (2, True)
    assert "does not pass verify (status_change 3 (link" in done.stderr
    assert names(folder / "new") == []


def test_a_backup_without_the_end_of_the_record_is_not_kept(database, folder, clock, monkeypatch):
    """What stood when it was begun has to be in it."""
    store, short = open_store(f"sqlite:///{database}"), folder / "short.db"
    back_up(store, short, now=clock())
    process_of_one_row(database)
    monkeypatch.setattr(store, "copy_to", short.rename)
    with pytest.raises(Refused, match="the end of the record is gone"):
        back_up(store, folder / "copy.db", now=clock())
    assert names(folder) == []
    store.close()


def process_of_one_row(database: Path) -> None:
    writer = process(WRITER, database, "ana")
    writer.stdout.readline()
    writer.kill()
    writer.communicate()


def test_an_older_database_is_backed_up_as_it_is_and_brought_up_to_date_where_it_is_put(folder, clock):
    made = Database(folder / "old.db")
    migrations.apply(made, stop_before="m0017_people")
    made.close()
    store = open_store(f"sqlite:///{folder / 'old.db'}")
    kept = back_up(store, folder / "copy.db", now=clock())
    assert (kept.verified, kept.pending > 0) == (None, True)
    store.close()
    done = put_back(kept.file, folder / "new" / "openlines.db", now=clock())
    assert len(done.migrated) == kept.pending
    assert whole(done.database) == 0


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"words", "is no backup of Open Lines"),
        (None, "is no backup of Open Lines"),
        (b"SQLite format 3\0" * 400, r"/file\.db (cannot be used as a database|is no backup)"),
    ],
)
def test_what_is_no_backup_is_refused(folder, clock, content, says):
    file = folder / "file.db"
    if content:
        file.write_bytes(content)
    else:
        with opened(file) as connection:
            connection.execute("CREATE TABLE x (y)")
    with pytest.raises((Refused, StoreError), match=says):
        put_back(file, folder / "new" / "openlines.db", now=clock())
    assert not (folder / "new").exists() or names(folder / "new") == []


def test_places_that_cannot_be_are_refused(database, folder, clock):
    store = open_store(f"sqlite:///{database}")
    for to, keep in ((database, None), (folder / "none" / "copy.db", None), (folder / "copy.db", 3)):
        with pytest.raises(Refused):
            back_up(store, to, now=clock(), keep=keep)
    with pytest.raises(Refused, match="itself"):
        put_back(database, database, now=clock(), force=True)
    with pytest.raises(Conflict):
        put_back(back_up(store, folder, now=clock()).file, database, now=clock())
    with pytest.raises(Refused, match="no file"):
        put_back(folder / "none.db", database, now=clock())
    store.close()
    assert os.listdir(database.parent) == ["openlines.db"]
