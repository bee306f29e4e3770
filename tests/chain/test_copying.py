"""Moving a record: all of it arrives in the other engine and back, or what did not is told in one sentence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from db.errors import StoreError
from db.record import Origin
from db.search import Narrowed
from db.store import Store, open_store
from tests.commands import run
from tests.make import change
from tests.servers import create, drop
from tracker.model import State
from tracker.operating.copying import copy_to
from tracker.operating.verify import verify
from tracker.search import read_query

pytestmark = pytest.mark.sqlite


class Ended(Exception):
    """What ends a copy in the middle."""


def unwatched(rows: Iterable, _table: str, _number: int) -> Iterable:
    return rows


@pytest.fixture
def server() -> Iterator[str]:
    url = create()
    yield url
    drop(url)


@pytest.fixture
def lived_store(lived: Path) -> Iterator[Store]:
    """A record with releases, decisions, regroupings, withdrawals and pages, which nobody changes."""
    with closing(open_store(f"sqlite:///{lived}")) as store:
        yield store


def found(store: Store, typed: str) -> tuple[list, list]:
    with store.reading() as db:
        query = read_query(typed)
        record = sorted((one.kind, one.channel, one.entry) for one in db.search.in_record(query))
        return record, sorted(one.release.title for one in db.search.releases(query, Narrowed(), most=50))


def test_the_command_makes_the_file_that_it_copies_into(lived: Path, tmp_path: Path):
    to = tmp_path / "copy.db"
    done = run(("copy-to", f"sqlite:///{to}"), env={"OPENLINES_DATABASE_URL": f"sqlite:///{lived}"})
    assert (done.returncode, to.exists()) == (0, True), done.stderr
    again = run(("copy-to", f"sqlite:///{lived}"), env={"OPENLINES_DATABASE_URL": f"sqlite:///{lived}"})
    assert again.returncode == 2
    assert b"is the record itself" in again.stderr


def test_a_record_that_is_damaged_is_named_and_not_the_place_where_it_was_to_go(lived: Path, tmp_path: Path):
    ruined = tmp_path / "ruined.db"
    data = lived.read_bytes()
    ruined.write_bytes(data[: len(data) // 2] + b"ruin" * (len(data) // 8))
    env = {"OPENLINES_DATABASE_URL": f"sqlite:///{ruined}"}
    done = run(("copy-to", f"sqlite:///{tmp_path}/copy.db"), env=env)
    assert (done.returncode, done.stderr.count(b"\n")) == (2, 1), done.stderr.decode()
    assert done.stderr.startswith(f"{ruined} is damaged (database disk image is malformed);".encode())


def test_a_record_goes_to_a_server_and_back_and_is_the_same(lived_store, server, tmp_path):
    with closing(open_store(server)) as there:
        moved = copy_to(lived_store, there, unwatched)
        assert moved.copied.found == 0
        assert moved.copied.rows["release"] > 0
        assert moved.verified.checked["links"] == moved.verified.head.seq > 0
        assert copy_to(lived_store, there, unwatched).copied.found == sum(moved.copied.rows.values())
        for typed in ("talks", "defense -talks", "磋商", "晤"):
            assert found(there, typed) == found(lived_store, typed)
        with closing(open_store(f"sqlite:///{tmp_path}/back.db", create=True)) as back:
            assert copy_to(there, back, unwatched).copied.rows == moved.copied.rows
            assert found(back, "talks") == found(lived_store, "talks")
            with back.reading() as db, lived_store.reading() as before:
                assert db.chain.head() == before.chain.head()
                assert db.record.entries() == before.record.entries()


def test_a_server_has_counted_what_it_was_given_before_anybody_asks_it(seeded_2023, server):
    """Its plans rest on that, and its own round comes a minute later."""
    with closing(open_store(server)) as there:
        copy_to(seeded_2023.store, there, unwatched)
        with there.reading() as db:
            uncounted = db.record._db.execute(
                "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace "
                "AND reltuples < 0"
            )
            assert [row["relname"] for row in uncounted] == []


def test_what_is_written_after_a_move_has_numbers_of_its_own(seeded_2023, server):
    with closing(open_store(server)) as there:
        copy_to(seeded_2023.store, there, unwatched)
        with there.writing() as db:
            known = [row.id for rows in db.record.entries().values() for row in rows[0]]
            added = db.record.add(change(State.ACTIVE, "2024-01-08"), Origin(seeded_2023.clock(), "ana"))
        assert added == max(known) + 1
        assert verify(there).found == 0


def test_a_copy_that_was_ended_in_the_middle_is_opened_by_nobody_and_goes_on(lived_store, server):
    def ends(rows: Iterable, table: str, number: int) -> Iterator:
        for place, row in enumerate(rows):
            if table == "release_revision" and place == number // 2:
                raise Ended
            yield row

    with closing(open_store(server)) as there:
        with pytest.raises(Ended):
            copy_to(lived_store, there, ends)
        with pytest.raises(StoreError, match="has a part of a copy; run copy-to again"):
            there.check_schema()
        moved = copy_to(lived_store, there, unwatched)
        assert 0 < moved.copied.found < sum(moved.copied.rows.values())
        there.check_schema()


def test_a_database_that_holds_something_else_is_refused_and_left_alone(lived_store, seeded_2023, server):
    with closing(open_store(server)) as there:
        copy_to(seeded_2023.store, there, unwatched)
        with there.reading() as db:
            before = db.chain.head()
        with pytest.raises(StoreError, match=r"holds something else \(its \d+ rows of \w+ are not the \d+"):
            copy_to(lived_store, there, unwatched)
        with there.reading() as db:
            assert db.chain.head() == before
        there.check_schema()


def test_nobody_writes_to_a_record_while_it_is_copied(seeded_2023, server):
    def writes(rows: Iterable, table: str, _number: int) -> Iterable:
        if table == "source":
            with pytest.raises(StoreError, match="busy"), seeded_2023.store.writing(patience=0.05):
                pass
        return rows

    with closing(open_store(server)) as there:
        copy_to(seeded_2023.store, there, writes)


def test_the_command_copies_says_what_is_next_and_refuses_in_one_sentence(seeded_2023, server):
    env = {"OPENLINES_DATABASE_URL": seeded_2023.settings.database_url, "OPENLINES_VAR": str(seeded_2023.settings.var)}
    seeded_2023.store.close()
    done = run(["copy-to", server], env=env)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"rows in" in done.stdout
    assert b"Next: set OPENLINES_DATABASE_URL" in done.stdout
    for url, told in (
        ("mysql://db/lines", "names no database"),
        (seeded_2023.settings.database_url, "is the record itself; name another database."),
        ("postgresql://me:hidden@127.0.0.1:1/lines", "cannot be reached"),
    ):
        refused = run(["copy-to", url], env=env)
        assert (refused.returncode, refused.stdout) == (2, b"")
        assert told in refused.stderr.decode()
        assert "hidden" not in refused.stderr.decode()
