"""The word of who commits: the next question of any process knows of a commit that was told to be one."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

import db.sqlite.connection
from db.sqlite.connection import Connections

WRITER = """
import sys
from pathlib import Path
from db.sqlite.connection import Connections
there = Connections(Path(sys.argv[1]))
for line in sys.stdin:
    with there.writing() as connection:
        connection.execute("UPDATE told SET number = number + 1")
    print("kept", flush=True)
"""
NO_ROOM = """
import resource, signal, sqlite3, sys
from pathlib import Path
from db.sqlite.connection import Connections
reader, other = Connections(Path(sys.argv[1])), sqlite3.connect(sys.argv[1])
number = lambda connection: connection.execute("SELECT number FROM told").fetchone()[0]
number(reader.get())
other.execute("UPDATE told SET number = 1")
other.commit()
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
print(reader.until_a_commit(number), reader.until_a_commit(number), end="")
"""
WEEK = 7 * 86_400


@pytest.fixture
def database(tmp_path: Path) -> Path:
    with closing(sqlite3.connect(tmp_path / "x.db")) as made:
        made.execute("CREATE TABLE told (number INTEGER)")
        made.execute("INSERT INTO told VALUES (0)")
        made.commit()
    return tmp_path / "x.db"


@pytest.fixture
def reader(database: Path) -> Iterator[Connections]:
    with closing(Connections(database)) as opened:
        yield opened


@pytest.fixture
def elsewhere(database: Path) -> Iterator[Callable[[], None]]:
    """Commits in another process, which has said so when the call ends."""
    child = subprocess.Popen(
        [sys.executable, "-c", WRITER, database], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )

    def commit() -> None:
        child.stdin.write("\n")
        child.stdin.flush()
        assert child.stdout.readline() == "kept\n"

    yield commit
    child.stdin.close()
    assert child.wait(60) == 0


def number(connection: sqlite3.Connection) -> int:
    return connection.execute("SELECT number FROM told").fetchone()[0]


def queries(reader: Connections, ask: Callable[[], object]) -> list[str]:
    told: list[str] = []
    reader.get().set_trace_callback(told.append)
    ask()
    reader.get().set_trace_callback(None)
    return told


def past_the_product(database: Path) -> None:
    with closing(sqlite3.connect(database)) as other:
        other.execute("UPDATE told SET number = number + 1")
        other.commit()


def test_a_commit_of_another_process_is_known_to_every_thread_though_sqlite_is_never_asked(
    reader: Connections, elsewhere: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db.sqlite.connection, "_BLIND", WEEK)
    told, over, stale = [0], threading.Event(), []

    def ask() -> None:
        while not over.is_set():
            least = told[0]
            if (found := reader.until_a_commit(number)) < least:
                stale.append((least, found))

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for count in range(1, 200):
        elsewhere()
        told[0] = count
    over.set()
    for thread in threads:
        thread.join()
    assert stale == []
    assert reader.until_a_commit(number) == 199


def test_while_nobody_commits_nothing_is_asked(reader: Connections, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db.sqlite.connection, "_BLIND", WEEK)
    assert reader.until_a_commit(number) == 0
    assert queries(reader, lambda: reader.until_a_commit(number)) == []
    with reader.writing() as connection:
        connection.execute("UPDATE told SET number = 1")
    assert queries(reader, lambda: reader.until_a_commit(number)) == [
        "PRAGMA data_version",
        "SELECT number FROM told",
    ]


def test_what_is_undone_is_no_commit(reader: Connections, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db.sqlite.connection, "_BLIND", WEEK)
    reader.until_a_commit(number)
    with suppress(ZeroDivisionError), reader.writing() as connection:
        connection.execute("UPDATE told SET number = 1")
        raise ZeroDivisionError
    assert reader.until_a_commit(number) == 0


def test_what_is_written_past_the_product_is_found_by_asking_sqlite(
    reader: Connections, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db.sqlite.connection, "_BLIND", 0)
    assert reader.until_a_commit(number) == 0
    past_the_product(database)
    assert reader.until_a_commit(number) == 1


@pytest.mark.parametrize("blind", [0, WEEK])
def test_where_no_word_can_be_shared_sqlite_is_asked_each_time(
    reader: Connections, database: Path, monkeypatch: pytest.MonkeyPatch, blind: float
) -> None:
    monkeypatch.setattr(db.sqlite.connection, "_BLIND", blind)
    database.with_name("x.db-commits").mkdir()
    for count in range(3):
        assert reader.until_a_commit(number) == count
        past_the_product(database)


def test_who_only_writes_or_looks_makes_no_word_and_one_is_for_whom_the_database_is_for(
    reader: Connections, database: Path
) -> None:
    word = database.with_name("x.db-commits")
    database.chmod(0o660)
    with reader.writing() as connection:
        connection.execute("UPDATE told SET number = 1")
    assert not word.exists()
    reader.until_a_commit(number)
    assert (word.stat().st_size, word.stat().st_mode & 0o777) == (8, 0o660)


def test_where_the_file_of_the_word_was_taken_away_all_meet_at_another(
    reader: Connections, elsewhere: Callable[[], None], database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    word = database.with_name("x.db-commits")
    monkeypatch.setattr(db.sqlite.connection, "_BLIND", 0)
    assert reader.until_a_commit(number) == 0
    elsewhere()
    word.unlink()
    assert reader.until_a_commit(number) == 1
    assert word.exists(), "whoever asks now and then makes it anew"
    monkeypatch.setattr(db.sqlite.connection, "_BLIND", WEEK)
    for count in range(2, 20):
        assert reader.until_a_commit(number) == count - 1
        elsewhere()
    assert reader.until_a_commit(number) == 19


def test_a_disk_without_room_for_the_word_ends_nobody(database: Path) -> None:
    """A write through memory would: the system has no other way to tell it."""
    done = subprocess.run([sys.executable, "-c", NO_ROOM, database], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "1 1"), done.stderr
