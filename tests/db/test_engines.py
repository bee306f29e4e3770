"""Both engines have one schema, under one history of steps, and give and take values alike."""

from __future__ import annotations

import re
import sqlite3

import psycopg
import pytest

from db.postgres.migrations import STEPS
from db.postgres.queries import read_queries
from db.record import Origin
from db.sqlite.migrations import migrations
from db.store import StoreError, open_store
from tests.conftest import ROOT
from tests.make import contact
from tests.servers import create, drop
from tracker.model import Outcome
from tracker.operating.verify import verify

OWN = {"_sqlite_migrations", "migration", "sqlite_sequence"}
"""Tables that an engine has for itself; of full-text search each has its own kind of index besides."""

TYPES = {"TEXT": "text", "INTEGER": "bigint", "REAL": "double precision", "BLOB": "bytea"}


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """A new database of each engine, past the rules of the store: first SQLite's, then PostgreSQL's."""
    url = create()
    files = tmp_path_factory.mktemp("both")
    for store in (open_store(f"sqlite:///{files}/record.db", create=True), open_store(url)):
        store.migrate()
        store.close()
    with sqlite3.connect(files / "record.db") as ours, psycopg.connect(url) as theirs:
        yield ours, theirs
    drop(url)


def tables_of_sqlite(ours: sqlite3.Connection) -> dict[str, list[tuple]]:
    names = [
        name
        for (name,) in ours.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        if name not in OWN and "_words" not in name
    ]
    return {
        name: sorted(
            (column, TYPES[kind], bool(required or key))
            for _, column, kind, required, _, key in ours.execute(f'PRAGMA table_info("{name}")')
        )
        for name in names
    }


def tables_of_postgres(theirs: psycopg.Connection) -> dict[str, list[tuple]]:
    found: dict[str, list[tuple]] = {}
    for table, *column in theirs.execute(
        "SELECT table_name, column_name, data_type, is_nullable = 'NO' FROM information_schema.columns "
        "JOIN information_schema.tables USING (table_schema, table_name) "
        "WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND column_name <> 'rowid'"
    ):
        if table not in OWN and "_words" not in table:
            found.setdefault(table, []).append(tuple(column))
    return {table: sorted(columns) for table, columns in found.items()}


def test_every_step_has_its_twin_under_the_same_name():
    assert [step.name for step in migrations._migrations] == STEPS, "db/postgres/migrations.py lacks a step"


def test_both_have_the_same_tables_with_the_same_columns(both):
    ours, theirs = both
    assert tables_of_sqlite(ours) == tables_of_postgres(theirs)


def test_both_have_the_same_checks_and_references(both):
    ours, theirs = both
    counted = {
        table: (
            sql.count("CHECK ("),
            len({row[0] for row in ours.execute(f'PRAGMA foreign_key_list("{table}")')}),
        )
        for table, sql in ours.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'")
        if table in tables_of_sqlite(ours)
    }
    for table, (checks, references) in counted.items():
        kinds = theirs.execute("SELECT contype FROM pg_constraint WHERE conrelid = %s::regclass", (f'"{table}"',))
        kinds = [kind for (kind,) in kinds]
        assert (table, kinds.count("c"), kinds.count("f")) == (table, checks, references)


def test_both_have_the_same_indexes_and_views(both):
    ours, theirs = both
    indexes = {
        name
        for name, table in ours.execute("SELECT name, tbl_name FROM sqlite_master WHERE type = 'index' AND sql <> ''")
        if table not in OWN
    }
    named = {name for (name,) in theirs.execute("SELECT indexname FROM pg_indexes WHERE schemaname = 'public'")}
    assert indexes - named == set()
    views = {name for (name,) in ours.execute("SELECT name FROM sqlite_master WHERE type = 'view'")}
    assert views == {name for (name,) in theirs.execute("SELECT viewname FROM pg_views WHERE schemaname = 'public'")}


def test_both_refuse_to_change_the_same_tables(both):
    ours, theirs = both
    for told in ("never_deleted", "never_changed", "withdrawn_once", "is_no_decoy", "rests_on_no_decoy"):
        named = {
            table for name, table in ours.execute("SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'")
            if told in name
        }  # fmt: skip
        asked = "SELECT relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid WHERE tgname LIKE %s"
        assert named == {table for (table,) in theirs.execute(asked, (f"%{told}%",))}, told


def test_text_is_ordered_by_its_characters_whatever_the_locale_of_the_database(both):
    asked = (
        "SELECT table_name, column_name FROM information_schema.columns "
        "WHERE table_schema = 'public' AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C' "
        "AND table_name NOT IN (SELECT viewname FROM pg_views)"
    )
    assert both[1].execute(asked).fetchall() == []


STAMPS = ("withdrawn_at", "withdrawn_by", "withdrawn_reason")

ADDED_TO_ALONE = {
    "status_change": STAMPS, "contact": STAMPS, "citation": STAMPS[:1], "source": (), "decision": (),
    "release_revision": (), "poll": (), "sample": (), "feed_switch": (), "feed_entry": (), "cited_copy": (),
    "page_visit": (), "page_acknowledgement": (), "event": (), "attempt": (), "chain_link": (), "regrouping": (),
    "first_word": (), "second_word": (), "basis": (), "audit": (), "blind_reading": (),
}  # fmt: skip
"""Tables whose rows stay as they are, with what is stamped on one that is withdrawn."""


@pytest.mark.parametrize("table", ADDED_TO_ALONE)
def test_no_column_of_what_is_only_added_to_is_changed_and_no_row_deleted(both, table: str):
    """In SQLite each is tried on a row; in PostgreSQL the same triggers stand on the same columns."""
    ours, theirs = both
    columns = {name: kind for _, name, kind, *_ in ours.execute(f"PRAGMA table_info({table})")}
    fixed = [name for name in columns if name not in ADDED_TO_ALONE[table]]
    values = ["x'00'" if columns[name] == "BLOB" else "1" for name in fixed]
    ours.execute("PRAGMA ignore_check_constraints = ON")
    ours.execute(f"INSERT INTO {table} ({', '.join(fixed)}) VALUES ({', '.join(values)})")
    for statement in (f"DELETE FROM {table}", *(f"UPDATE {table} SET {name} = {name}" for name in fixed)):
        with pytest.raises(sqlite3.IntegrityError, match=f"{table}: .* never changed or deleted"):
            ours.execute(statement)
    ours.rollback()
    asked = "FROM information_schema.triggered_update_columns WHERE event_object_table = %s AND trigger_name = %s"
    guarded = theirs.execute(f"SELECT event_object_column {asked}", (table, f"{table}_never_changed"))
    assert {name for (name,) in guarded} == set(fixed)
    refused = "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND tgenabled = 'O'"
    guards = {name for (name,) in theirs.execute(refused, (table,))}
    assert {f"{table}_never_{what}" for what in ("changed", "deleted", "emptied")} <= guards


def as_statement(query: str) -> str:
    """A query of the driver's as the server reads it: each name a number."""
    names = list(dict.fromkeys(re.findall(r"%\((\w+)\)s", query)))
    return re.sub(r"%\((\w+)\)s", lambda found: f"${names.index(found[1]) + 1}", query).replace("%%", "%")


def test_postgresql_reads_every_query_and_can_tell_the_type_of_whatever_is_asked(both):
    refused = {}
    for file in [*sorted((ROOT / "db" / "queries").glob("*.sql")), ROOT / "db" / "postgres" / "search.sql"]:
        queries = read_queries(file)
        for name in queries.available_queries:
            if not name.endswith("_cursor"):
                try:
                    with both[1].transaction():
                        both[1].execute(f"PREPARE asked AS {as_statement(getattr(queries, name).sql)}")
                        both[1].execute("DEALLOCATE asked")
                except psycopg.Error as error:
                    refused[f"{file.name}: {name}"] = str(error).partition("\n")[0]
    assert refused == {}


@pytest.mark.both_engines
def test_conditions_sums_flags_and_bytes_are_told_alike(seeded_2023):
    with seeded_2023.store.reading() as db:
        row = db.record._db.execute(
            "SELECT 1 = 1 AS so, SUM(number) AS total, AVG(number) AS mean, NULL AS void, 'é晤' AS words "
            "FROM (SELECT 1 AS number UNION ALL SELECT 2) AS numbers"
        ).fetchone()
    assert (row["so"], row["total"], row["mean"], row[3], row["words"]) == (1, 3, 1.5, None, "é晤")
    assert [type(value) for value in row] == [int, int, float, type(None), str]
    assert dict(row)["total"] == 3
    assert list(row.keys()) == ["so", "total", "mean", "void", "words"]


@pytest.mark.both_engines
def test_no_character_breaks_a_question_or_a_note(seeded_2023):
    with seeded_2023.store.writing() as db:
        assert db.record.add(contact(Outcome.HELD, "2024-01-08", note="a\0b😀"), Origin(seeded_2023.clock(), "ana"))
        assert db.accounts.user("\0") is None
    with seeded_2023.store.reading() as db:
        assert db.record.entries_of("dpct")[1][-1].note in ("a\0b😀", "a\ufffdb😀")
    assert verify(seeded_2023.store).found == 0


def test_a_server_that_is_not_there_is_told_in_one_sentence_without_the_password(tmp_path):
    with pytest.raises(StoreError) as refused:
        open_store(f"postgresql://me:hidden@/lines?host={tmp_path}")
    assert "cannot be reached" in str(refused.value)
    assert "OPENLINES_DATABASE_URL" in str(refused.value)
    assert "hidden" not in str(refused.value)
