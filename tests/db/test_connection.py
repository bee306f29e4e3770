"""Many threads that write at once: what was told to be kept is on disk, and what failed is not there."""

from __future__ import annotations

import sqlite3
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from db.errors import StoreError
from db.postgres.connection import place_of
from db.sqlite.connection import Connections, alone_with

THREADS = 12


@pytest.fixture
def connections(tmp_path: Path) -> Iterator[Connections]:
    opened = Connections(tmp_path / "x.db")
    opened.get().execute("CREATE TABLE told (number INTEGER PRIMARY KEY, words BLOB)")
    yield opened
    opened.close()


def kept(connections: Connections) -> set[int]:
    """What another process would find on disk."""
    with sqlite3.connect(connections.path) as other:
        return {number for (number,) in other.execute("SELECT number FROM told")}


def write(connections: Connections, number: int, words: bytes = b"", error: type[Exception] | None = None) -> set[int]:
    with connections.writing() as db:
        db.execute("INSERT INTO told VALUES (?, ?)", (number, words))
        if error:
            raise error
    return kept(connections)


def at_once(connections: Connections, *blocks: tuple) -> tuple[list[Future], int]:
    """Write all blocks while a first one waits until they stand behind it; answers them, and the number of commits."""
    told: list[str] = []
    with ThreadPoolExecutor(len(blocks)) as threads, suppress(StoreError), connections.writing() as db:
        db.set_trace_callback(told.append)
        writing = [threads.submit(write, connections, *block) for block in blocks]
        while connections._waiting < len(blocks):
            time.sleep(0.001)
    connections._writer.set_trace_callback(None)
    return writing, told.count("COMMIT")


def test_those_who_wait_share_the_way_to_the_disk_and_each_is_told_when_its_own_is_there(connections):
    writing, commits = at_once(connections, *((number,) for number in range(THREADS)))
    assert all(number in future.result() for number, future in enumerate(writing))
    assert commits < THREADS


def test_what_one_of_them_fails_at_is_undone_and_nothing_else(connections):
    errors = [KeyError if number % 3 == 0 else None for number in range(THREADS)]
    writing, _ = at_once(connections, *((number, b"", error) for number, error in enumerate(errors)))
    assert [type(future.exception()) for future in writing] == [error or type(None) for error in errors]
    assert kept(connections) == {number for number, error in enumerate(errors) if error is None}


def test_where_the_disk_is_full_nobody_is_told_that_something_was_kept_which_is_not_there(connections):
    with connections.writing() as db:
        db.execute("PRAGMA max_page_count = 40")
    words = [b"x" * (500_000 if number == 5 else 10) for number in range(THREADS)]
    writing, _ = at_once(connections, *enumerate(words))
    failed = {number: error for number, future in enumerate(writing) if (error := future.exception())}
    assert 5 in failed
    assert {str(error) for error in failed.values()} == {
        f"{connections.path} could not be written (database or disk is full); nothing was changed; "
        "make room on its disk, then try again."
    }
    assert kept(connections) == set(range(THREADS)) - failed.keys()
    assert 100 in write(connections, 100), "and writing goes on"


def test_a_file_that_is_damaged_is_called_so_by_whoever_reads_or_writes_there(connections):
    for number in range(THREADS):
        write(connections, number, b"x" * 5000)
    connections.get().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    connections.close()
    with connections.path.open("r+b") as file:
        file.seek(4096)
        file.write(b"ruin" * 5000)
    says = f"{connections.path} is damaged (database disk image is malformed); put back a backup."
    with pytest.raises(StoreError) as refused:
        write(connections, 100)
    assert str(refused.value) == says
    with pytest.raises(StoreError) as refused, connections.reading() as db:
        db.execute("SELECT * FROM told").fetchall()
    assert str(refused.value) == says


def test_text_that_is_no_utf_8_is_damage_and_a_row_that_breaks_a_rule_is_not(connections):
    with connections.writing() as db:
        db.execute("INSERT INTO told VALUES (1, CAST(x'ff' AS TEXT))")
    with pytest.raises(StoreError, match="is damaged"), connections.reading() as db:
        db.execute("SELECT words FROM told").fetchall()
    with pytest.raises(sqlite3.IntegrityError):
        write(connections, 1)
    with pytest.raises(sqlite3.OperationalError, match="no such table"), connections.reading() as db:
        db.execute("SELECT * FROM untold")


def test_a_folder_in_the_place_of_a_database_is_told_in_a_sentence(tmp_path: Path):
    with pytest.raises(StoreError, match="cannot be opened"), alone_with(tmp_path):
        raise AssertionError("it is a folder")


def test_a_database_that_may_only_be_read_is_refused_when_it_is_opened_and_not_called_busy(tmp_path: Path):
    file = tmp_path / "x.db"
    made = Connections(file)
    made.get()
    made.close()
    with only_to_be_read(file), pytest.raises(StoreError) as refused:
        Connections(file).get()
    assert str(refused.value) == (
        f"{file} is read-only for the user that runs Open Lines; give that user the right to write there, or name "
        "another database with OPENLINES_DATABASE_URL."
    )


@contextmanager
def only_to_be_read(file: Path) -> Iterator[None]:
    """A file in which nothing can be written, by an administrator neither."""
    bound = not subprocess.run(["mount", "--bind", file, file], check=False, capture_output=True).returncode
    if bound:
        subprocess.run(["mount", "-o", "remount,ro,bind", file], check=True)
    else:
        file.chmod(0o400)
    try:
        yield
    finally:
        if bound:
            subprocess.run(["umount", "--lazy", file], check=True)


def test_a_batch_that_waits_for_somebody_who_never_comes_is_brought_to_disk_all_the_same(connections):
    connections._waiting += 1
    assert write(connections, 1) == {1}


def test_a_block_with_little_patience_gives_up_where_others_write_and_leaves_them_alone(connections):
    other = sqlite3.connect(connections.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="is busy"), connections.writing(patience=0.01):
        raise AssertionError("another process writes")
    other.execute("ROLLBACK")
    other.close()
    with connections.writing() as db, ThreadPoolExecutor(1) as thread:
        db.execute("INSERT INTO told VALUES (1, '')")

        def hurried() -> None:
            with connections.writing(patience=0.01):
                raise AssertionError("another thread writes")

        with pytest.raises(StoreError, match="is busy"):
            thread.submit(hurried).result()
    assert kept(connections) == {1}
    assert 2 in write(connections, 2)
    (timeout,) = connections._writer.execute("PRAGMA busy_timeout").fetchone()
    assert timeout == 10_000, "who comes next has the usual patience"


def test_a_new_database_and_its_log_are_for_their_owner_alone(connections):
    write(connections, 1)
    files = list(connections.path.parent.glob("x.db*"))
    assert {path.name: path.stat().st_mode & 0o777 for path in files} == dict.fromkeys(
        ["x.db", "x.db-shm", "x.db-wal"], 0o600
    )


def test_rights_that_an_operator_gave_stay(tmp_path):
    (tmp_path / "x.db").touch(mode=0o660)
    (tmp_path / "x.db").chmod(0o660)
    opened = Connections(tmp_path / "x.db")
    opened.get().execute("CREATE TABLE x (y)")
    opened.close()
    assert (tmp_path / "x.db").stat().st_mode & 0o777 == 0o660


@pytest.mark.parametrize("secret", ["se cret", "sec%zzret", "secret@[::1"])
def test_an_address_that_the_driver_cannot_read_is_refused_without_its_password(secret: str):
    with pytest.raises(StoreError, match=r"^OPENLINES_DATABASE_URL names no database \(") as refused:
        place_of(f"postgresql://me:{secret}@db/lines")
    assert "ret" not in str(refused.value)


def test_who_opens_a_file_that_another_still_writes_in_the_old_way_waits_for_it(tmp_path):
    other = sqlite3.connect(tmp_path / "new.db", isolation_level=None, check_same_thread=False)
    other.execute("CREATE TABLE told (number)")
    other.execute("BEGIN IMMEDIATE")
    other.execute("INSERT INTO told VALUES (1)")
    opened = Connections(tmp_path / "new.db")
    with ThreadPoolExecutor(1) as thread:
        opening = thread.submit(opened.get)
        with pytest.raises(TimeoutError):
            opening.result(0.2)
        other.execute("COMMIT")
        other.close()
        assert opening.result(10).execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    opened.close()
