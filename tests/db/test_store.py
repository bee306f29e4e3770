"""The database: one write transaction, append-only rows, schema checks."""

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from threading import Barrier

import pytest

from db.chain import Chain
from db.record import Origin
from db.sqlite.migrations import migrations
from db.store import Store, StoreError, open_store
from tests.engines import REFUSED, SQLITE
from tests.make import change, contact, source
from tracker.model import Outcome, Release, State
from tracker.operating.verify import verify

AT = datetime(2024, 2, 1, tzinfo=UTC)


pytestmark = pytest.mark.both_engines


@pytest.fixture
def url(new_database) -> str:
    return new_database()


@pytest.fixture
def record(new_record) -> str:
    return new_record()


@pytest.fixture
def store(record):
    opened = open_store(record)
    yield opened
    opened.close()


def test_whoever_migrates_at_the_same_time_waits_and_finds_nothing_left_to_do(url):
    together = Barrier(3)

    def migrated() -> list[str]:
        opened = open_store(url, create=True)
        together.wait(10)
        try:
            return opened.migrate()
        finally:
            opened.close()

    with ThreadPoolExecutor(3) as threads:
        applied = sorted(one.result() for one in [threads.submit(migrated) for _ in range(3)])
    assert applied[:2] == [[], []]
    assert applied[2][0] == "m0001_the_record"


@pytest.mark.sqlite
def test_a_database_of_another_program_is_left_alone(tmp_path):
    file = tmp_path / "other.db"
    with closing(sqlite3.connect(file)) as other:
        other.execute("CREATE TABLE customers (name)")
    opened = open_store(f"sqlite:///{file}", create=True)
    with pytest.raises(StoreError, match="is a database of another program \\(it has the table customers\\)"):
        opened.migrate()
    opened.close()
    with closing(sqlite3.connect(file)) as other:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("customers",)]


def old(store: Store) -> sqlite3.Connection:
    """A file of an earlier version, past the rules of the store."""
    connection = sqlite3.connect(store.path)
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


@pytest.fixture
def filled(seeded_2023):
    return seeded_2023.store


def test_days_on_which_items_came_are_told_once_the_newest_first_and_those_of_the_first_read_as_they_are_dated(filled):
    came = [(0, "2023-12-30"), (0, "2024-01-05"), (0, "2024-02-20"), *((n, "2024-01-01") for n in (3, 3, 7, 8))]
    with filled.writing() as db:
        feed = db.feeds.all()[0].slug
        assert db.feeds.arrival_days(feed, most=400) == []
        for number, (days, published) in enumerate(came):
            release = Release(None, "us", "en", "P", f"Item {number}", "", date.fromisoformat(published), feed=feed)
            at = AT + timedelta(days=days, minutes=number if days else 0)
            db.releases.keep(release, guid=str(number), canonical_url=None, now=at)
        told = [str(day) for day in db.feeds.arrival_days(feed, most=400)]
        assert told == ["2024-02-20", "2024-02-09", "2024-02-08", "2024-02-04", "2024-01-05", "2023-12-30"]
        assert [str(day) for day in db.feeds.arrival_days(feed, most=2)] == told[:2]


@pytest.mark.parametrize("table", ["status_change", "contact", "citation", "source"])
def test_rows_of_the_record_are_never_changed_or_deleted(filled, table, raw):
    connection = raw(filled)
    column = {"citation": "quote", "source": "title"}.get(table, "note")
    for statement in (f"UPDATE {table} SET {column} = 'x'", f"DELETE FROM {table}"):
        with pytest.raises(REFUSED, match="never changed or deleted"):
            connection.execute(statement)


def test_a_row_is_withdrawn_once(filled, raw):
    connection = raw(filled)
    withdraw = "UPDATE contact SET withdrawn_at = ? WHERE id = 1"
    connection.execute(withdraw, ("2024-02-01",))
    with pytest.raises(REFUSED, match="never changed"):
        connection.execute(withdraw, ("2024-03-01",))


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO status_change (channel, state, effective, cause, recorded_at, recorded_by) "
        "VALUES ('dpct', 'paused', '2024', 'x', 'x', 'x')",
        "INSERT INTO status_change (channel, state, effective, cause, recorded_at, recorded_by) "
        "VALUES ('nowhere', 'active', '2024', 'x', 'x', 'x')",
        "INSERT INTO status_change (channel, state, effective, cause, recorded_at, recorded_by) "
        "VALUES ('dpct', 'active', '2024-1', 'x', 'x', 'x')",
        "INSERT INTO contact (channel, outcome, recorded_at, recorded_by) VALUES ('dpct', 'held', 'x', 'x')",
        "INSERT INTO \"user\" (name, role, created_at) VALUES ('x', 'owner', 'x')",
        "INSERT INTO citation (source, recorded_at) VALUES (1, 'x')",
    ],
)
def test_the_database_itself_refuses_words_outside_the_vocabulary(filled, statement, raw):
    with pytest.raises(REFUSED):
        raw(filled).execute(statement)


def test_a_transaction_that_fails_leaves_nothing_behind(filled):
    before = filled.revisions()
    with pytest.raises(RuntimeError), filled.writing() as db:  # noqa: PT012 (all of it must be undone)
        db.record.add(change(State.ACTIVE, "2024-01-08"), Origin(AT, "ana"))
        db.record.bump()
        raise RuntimeError("a crash in the middle")
    assert filled.revisions() == before
    with filled.reading() as db:
        assert "2024-01-08" not in {str(c.effective) for c in db.record.entries_of("dpct")[0]}


@pytest.mark.sqlite
def test_the_counters_are_read_again_after_whoever_wrote_and_only_then(store):
    other, asked = open_store(f"sqlite:///{store.path}"), []
    store._connections.get().set_trace_callback(asked.append)

    def read_again() -> bool:
        asked.clear()
        store.revisions()
        return any("FROM revision" in query for query in asked)

    assert read_again()
    assert not read_again()
    for writing in (store, other):
        before = store.revisions()["record"]
        with writing.writing() as db:
            db.record.bump()
        assert store.revisions()["record"] == before + 1
        assert not read_again()
    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(lambda: store.revisions()["record"]).result() == before + 1
    other.close()


def test_counters_tell_what_was_committed_and_nothing_before(store):
    before = store.revisions()

    def fail() -> None:
        with store.writing() as db:
            db.record.bump()
            assert store.revisions() == before
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert store.revisions() == before


def test_what_is_written_is_what_is_read(filled):
    quoted = source(quote="恢复", side="cn")
    told = contact(
        Outcome.HELD, "2024-01-08", end=datetime(2024, 1, 9, tzinfo=UTC).date(), place="Washington", round=17,
        persons="A; B", summary="Held.", note="n", contested="c", form="in person", sources=(quoted,),
    )  # fmt: skip
    later = AT.replace(month=3)
    with filled.writing() as db:
        db.record.add(told, Origin(later, "ana"))
    with filled.reading() as db:
        read = db.record.entries_of("dpct")[1][-1]
    assert (read.outcome, read.date, read.end, read.place, read.round) == (
        told.outcome, told.date, told.end, "Washington", 17,
    )  # fmt: skip
    assert (read.recorded_at, read.recorded_by, read.contested) == (later, "ana", "c")
    assert [(s.url, s.quote, s.side) for s in read.sources] == [(quoted.url, "恢复", "cn")]


READ_THEN_WRITE = """
import sys
from db.store import open_store
store = open_store(sys.argv[1])
for _ in range(50):
    with store.writing() as db:
        seen = db.record.revisions()["record"]
        db.record.bump()
        assert db.record.revisions()["record"] == seen + 1
"""


def test_processes_that_read_and_then_write_lose_nothing_and_are_never_locked_out(store, record, engine):
    number = 6 if engine == SQLITE else 3  # a server has one kind of lock for those of one process and of several
    running = [
        subprocess.Popen([sys.executable, "-c", READ_THEN_WRITE, record], stderr=subprocess.PIPE, text=True)
        for _ in range(number)
    ]
    errors = [process.communicate()[1] for process in running]
    assert errors == [""] * number
    assert store.revisions()["record"] == 50 * number


@pytest.mark.sqlite
def test_every_connection_has_the_pragmas_that_keep_data(store):
    connection = store._connections.get()
    found = {
        name: connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("foreign_keys", "synchronous", "journal_mode", "busy_timeout")
    }
    assert found == {"foreign_keys": 1, "synchronous": 2, "journal_mode": "wal", "busy_timeout": 10_000}


def test_migrating_twice_does_nothing_the_second_time(store):
    assert store.migrate() == []


OLD_ROWS = """
INSERT INTO relationship VALUES ('us-china', 0, '{}', '[]', '[]');
INSERT INTO channel VALUES ('dpct', 'us-china', 0, 'military', '{}', '{}', '', NULL, NULL);
INSERT INTO release (id, guid, side, publisher, lang, published, first_seen) VALUES
    (1, 'a', 'us', 'P', 'en', '2024-01-09', '2024-01-09T00:00:00.000000Z'),
    (2, 'b', 'cn', 'Q', 'zh', '2024-01-10', '2024-01-10T00:00:00.000000Z');
INSERT INTO release_revision VALUES (1, 1, 'Talks', 'Held.', NULL, 'x', '2024-01-09T00:00:00.000000Z'),
    (2, 1, '会晤', '举行', NULL, 'y', '2024-01-10T00:00:00.000000Z');
INSERT INTO candidate (id, channel, signal, date, starts, status, again, version, opened_at, evidence_at, published)
VALUES (7, 'dpct', 'held', '2024-01-09', '2024-01-08', 'pending', 'A side that had not spoken now reports it.', 3,
        '2024-01-09T00:00:00.000000Z', '2024-01-10T00:00:00.000000Z', '2024-01-10');
INSERT INTO sighting (id, candidate, release, revision, signal, date, starts, confidence, evidence, seen_at) VALUES
    (4, 7, 1, 1, 'held', '2024-01-09', '2024-01-08', 0.9,
     '[{"field":"title","start":0,"end":5,"text":"Talks","role":"signal"}]', '2024-01-09T00:00:00.000000Z'),
    (5, 7, 2, 1, 'held', '2024-01-09', NULL, 0.8, '[]', '2024-01-10T00:00:00.000000Z');
INSERT INTO decision VALUES (2, 7, 'accept', 'ana', '2024-01-09T12:00:00.000000Z', NULL, NULL);
INSERT INTO contact (channel, outcome, date, recorded_at, recorded_by, decision)
VALUES ('dpct', 'held', '2024-01-08', '2024-01-09T12:00:00.000000Z', 'ana', 2);
"""


def test_a_database_of_the_first_schema_keeps_its_candidates_when_it_is_brought_up_to_date(tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/old.db", create=True)
    migrations.apply(store._connections.database(), stop_before="m0002_probably_nothing_and_regrouping")
    old(store).executescript(OLD_ROWS)
    assert store.migrate()[:2] == ["m0002_probably_nothing_and_regrouping", "m0003_samples"]
    with store.reading() as db:
        found = db.candidates.get(7)
    assert (found.status, found.version, found.again) == ("pending", 3, "A side that had not spoken now reports it.")
    assert (str(found.date), str(found.starts), found.decisions[0].decided_by) == ("2024-01-09", "2024-01-08", "ana")
    second, first = found.sightings
    assert (first.id, first.sighting.evidence[0].text, first.sighting.starts) == (4, "Talks", found.starts)
    assert (first.sighting.flagged, first.sighting.doubts, first.sighting.persons) == (True, (), ())
    assert (first.joined_because, first.joined_after) == (None, None)
    assert (second.joined_because, second.joined_after) == ("Like signals of about the same time.", 2)
    connection = old(store)
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    with pytest.raises(REFUSED):
        connection.execute("UPDATE candidate SET status = 'merged'")
    with pytest.raises(REFUSED):
        connection.execute("DELETE FROM candidate")
    store.close()


OLD_REGROUPING = """
INSERT INTO relationship VALUES ('us-china', 0, '{}', '[]', '[]');
INSERT INTO channel (slug, relationship, position, category, names, counterparts, description)
VALUES ('dpct', 'us-china', 0, 'military', '{}', '{}', '');
INSERT INTO candidate (id, channel, signal, status, opened_at, evidence_at, published) VALUES
    (1, 'dpct', 'held', 'pending', '2024-01-09', '2024-01-09', '2024-01-09'),
    (2, 'dpct', 'held', 'pending', '2024-01-09', '2024-01-09', '2024-01-09');
INSERT INTO regrouping VALUES (1, 'split', 1, 2, '[1]', 'ana', '2024-01-09T12:00:00.000000Z');
"""


def test_what_was_regrouped_and_chained_before_reviewers_could_do_more_is_what_it_was(tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/old.db", create=True)
    migrations.apply(store._connections.database(), stop_before="m0010_reviewers")
    connection = old(store)
    connection.executescript(OLD_REGROUPING)
    connection.row_factory = sqlite3.Row
    Chain(connection).append_unlinked()
    before = connection.execute("SELECT * FROM chain_link").fetchall()
    connection.commit()
    store.migrate()
    assert verify(store).findings == ()
    assert connection.execute("SELECT * FROM chain_link").fetchall() == before != []
    with store.reading() as db:
        (row,) = db.candidates.get(2).regroupings
    assert (row.move, row.taken_from, row.sightings, row.by, row.note) == ("split", 1, (1,), "ana", None)
    for statement in ("DELETE FROM chain_link", "UPDATE regrouping SET note = 'x'"):
        with pytest.raises(REFUSED, match="never changed or deleted"):
            connection.execute(statement)
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    store.close()


@pytest.mark.sqlite
def test_a_database_made_new_has_the_schema_of_one_brought_up_to_date_and_no_table_left_over(store):
    tables = {row[0] for row in old(store).execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert {"candidate", "sighting", "regrouping"} <= tables
    assert not [name for name in tables if name.endswith("_before")]


def test_what_a_reviewer_regrouped_is_never_changed_or_deleted(filled, raw):
    connection = raw(filled)
    values = "'pending', '2024-01-09', '2024-01-09', '2024-01-09'"
    for number in (1, 2):
        connection.execute(
            "INSERT INTO candidate (id, channel, signal, status, opened_at, evidence_at, published) "
            f"VALUES ({number}, 'dpct', 'held', {values})"
        )
    connection.execute("INSERT INTO regrouping VALUES (1, 'split', 1, 2, '[1]', 'ana', '2024-01-09', NULL)")
    for statement in ("UPDATE regrouping SET given_to = 1", "DELETE FROM regrouping"):
        with pytest.raises(REFUSED, match="never changed or deleted"):
            connection.execute(statement)


def test_a_database_made_by_newer_code_is_refused_in_words_and_left_alone(store, raw):
    raw(store).execute(
        "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('openlines', 'm9999_later', 'x')"
        if store.is_file
        else "INSERT INTO migration (name, applied_at) VALUES ('m9999_later', 'x')"
    )
    for ask in (store.migrate, store.check_schema):
        with pytest.raises(StoreError, match=r"newer version of Open Lines \(it has m9999_later"):
            ask()


def test_a_database_that_is_not_up_to_date_says_what_to_run(url):
    store = open_store(url, create=True)
    with pytest.raises(StoreError, match="run: python -m tracker migrate"):
        store.check_schema()
    store.close()


def test_a_missing_file_or_one_that_is_no_database_is_refused_in_words(tmp_path):
    with pytest.raises(StoreError, match=r"absent\.db does not exist; run: python -m tracker migrate"):
        open_store(f"sqlite:///{tmp_path}/absent.db")
    (tmp_path / "text.db").write_text("This is no database, it is a long enough line of text. " * 40)
    with pytest.raises(StoreError, match="cannot be used as a database"):
        open_store(f"sqlite:///{tmp_path}/text.db").migrate()


@pytest.mark.sqlite
def test_a_migration_that_fails_leaves_the_old_schema_usable(store, monkeypatch):
    def m0002_breaks(db):
        db.execute("CREATE TABLE half (id INTEGER) STRICT")
        raise RuntimeError("no")

    monkeypatch.setattr(migrations, "_migrations", [*migrations._migrations])
    migrations()(m0002_breaks)
    with pytest.raises(RuntimeError):
        store.migrate()
    assert "half" not in {row[0] for row in old(store).execute("SELECT name FROM sqlite_master")}
    assert store.revisions() == {"decisions": 0, "polls": 0, "record": 0}


@pytest.mark.sqlite
def test_every_listed_query_on_a_growing_table_uses_an_index(filled):
    connection = old(filled)
    queries = {
        "queue": "SELECT * FROM candidate WHERE status = 'pending' AND evidence_at < '9' "
        "ORDER BY evidence_at DESC, id DESC",
        "due": "SELECT slug FROM feed WHERE enabled = 1 AND next_poll <= 'x'",
        "failing since": "SELECT MIN(ended_at) FROM poll WHERE feed = 'a' AND ended_at > 'x'",
        "first seen": "SELECT MIN(first_seen) FROM release WHERE feed = 'a'",
        "telling": "SELECT * FROM poll WHERE vouches = 0 AND feed = 'a' AND ended_at >= 'x'",
        "guid": "SELECT * FROM release_name WHERE feed = 'a' AND guid = 'b'",
        "address": "SELECT * FROM release_name WHERE canonical_url = 'a'",
        "names": "SELECT * FROM release_name WHERE release = 1",
        "words": "SELECT * FROM release_key JOIN release ON release.id = release WHERE key IN (1, 2, 3)",
        "sightings": "SELECT * FROM sighting WHERE candidate = 1",
        "channel": "SELECT * FROM candidate WHERE channel = 'dpct'",
        "decisions": "SELECT * FROM decision WHERE candidate = 1",
        "release": "SELECT * FROM sighting WHERE release = 1",
        "regroupings": "SELECT * FROM regrouping WHERE taken_from = 1 OR given_to = 1",
        "hold": "SELECT * FROM hold WHERE candidate = 1 AND released_at IS NULL AND until > 'x'",
        "holds": "SELECT * FROM hold WHERE candidate = 1",
        "first word": "SELECT * FROM first_word WHERE candidate = 1",
        "second word": "SELECT * FROM second_word WHERE first_word = 1",
        "present": "SELECT * FROM presence WHERE candidate = 1 AND seen_at >= 'x'",
        "similar": "SELECT * FROM candidate WHERE channel = 'dpct' AND signal = 'held'",
    }
    for name, query in queries.items():
        plan = " ".join(row[3] for row in connection.execute("EXPLAIN QUERY PLAN " + query))
        assert "USING" in plan, f"{name}: {plan}"
        assert "TEMP B-TREE" not in plan or name != "queue", plan


OLD_POLLS = """
INSERT INTO relationship VALUES ('us-china', 0, '{}', '[]', '[]');
INSERT INTO feed (slug, relationship, position, publisher, side, lang, kind, url, every, enabled, reason, next_poll)
VALUES ('mnd', 'us-china', 0, 'P', 'cn', 'zh', 'feed', 'https://example.org', 1800, 0, 'Gone.', '');
INSERT INTO poll (feed, started_at, ended_at, outcome, fault, overlap) VALUES
    ('mnd', '2024-02-01T00:00:00.000000Z', '2024-02-01T00:00:01.000000Z', 'read', NULL, 0),
    ('mnd', '2024-02-01T00:30:00.000000Z', '2024-02-01T00:30:01.000000Z', 'read', NULL, 9),
    ('mnd', '2024-02-01T01:00:00.000000Z', '2024-02-01T01:00:01.000000Z', 'failed', 'It failed.', 0),
    ('mnd', '2024-02-01T06:00:00.000000Z', '2024-02-01T06:00:01.000000Z', 'unchanged', NULL, 0);
"""


def test_polls_from_before_coverage_tell_what_they_vouched_for_and_when_their_feed_was_polled(tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/old.db", create=True)
    migrations.apply(store._connections.database(), stop_before="m0005_coverage")
    old(store).executescript(OLD_POLLS)
    store.migrate()
    with store.reading() as db:
        reads, switches = db.feeds.reads_since(AT), db.feeds.switches()
    assert [(read.ended_at.hour, read.vouches, read.fault) for read in reads] == [
        (0, False, None), (1, False, "It failed."), (6, False, None),
    ]  # fmt: skip
    assert reads[-1].after == AT.replace(minute=30, second=1)
    assert [(switch.at, switch.polled, switch.reason) for switch in switches] == [
        (AT, "on", None), (AT.replace(hour=6, second=1), "off", "Gone."),
    ]  # fmt: skip
    with pytest.raises(REFUSED, match="never changed"):
        old(store).execute("UPDATE poll SET vouches = 1")
    store.close()
