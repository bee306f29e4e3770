"""Verifying: a record as the program wrote it holds, and whatever was changed past the program is found and named."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlite_utils import Database

from db.bases import Bases
from db.chain import Chain
from db.sqlite.migrations import find_cited_words, migrations
from db.store import open_store
from tests.chain.conftest import NAME, Tampered, rewrite
from tests.db.test_store import OLD_ROWS
from tests.db.test_store import old as raw
from tracker.errors import Refused
from tracker.operating.verify import MOST_FINDINGS, read_checkpoint, verify
from tracker.record.chain import Checkpoint, daily_checkpoints
from tracker.verifier import START, link_hash, sha256, words_hash

KINDS = {
    "status_change", "contact", "citation", "decision", "regrouping", "basis",
    "status_change_withdrawn", "contact_withdrawn", "citation_withdrawn",
}  # fmt: skip
ACCEPTED = "(SELECT MAX(id) FROM contact WHERE decision IS NOT NULL AND withdrawn_at IS NULL)"
WITHDRAWN = "(SELECT MAX(id) FROM contact WHERE withdrawn_at IS NOT NULL)"
QUOTED = "(SELECT MAX(id) FROM citation WHERE quote_start IS NOT NULL)"
CITED = "release = (SELECT release FROM citation WHERE page_sha256 IS NOT NULL LIMIT 1)"
DECIDED = "(SELECT MAX(candidate) FROM decision WHERE verdict = 'accept')"
SEEN = f"(SELECT MAX(id) FROM sighting WHERE candidate = {DECIDED})"
MIDDLE = "(SELECT MAX(seq) / 2 FROM chain_link)"


def first(record: Tampered, published: Checkpoint | None = None) -> str:
    return str(verify(record.store, published).findings[0])


def test_a_record_that_was_lived_with_holds_and_every_kind_of_entry_is_in_the_chain(record):
    with record.store.reading() as db:
        assert {link.kind for link in db.chain.links()} == KINDS
        head = db.chain.head()
    result = verify(record.store, head)
    assert (result.found, result.head, result.findings) == (0, head, ())
    assert result.checked["links"] == head.seq
    assert min(result.checked.values()) > 0


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        (f"UPDATE contact SET date = '2024-01-07' WHERE id = {ACCEPTED}", r"contact \d+ .*: its date is '2024-01-07'"),
        ("UPDATE status_change SET cause = 'Else.' WHERE id = 3", r"status_change 3 .*: its cause is 'Else.'"),
        ("UPDATE contact SET recorded_at = '2020' WHERE id = 5", r"contact 5 \(link \d+\): its recorded_at is '2020'"),
        (f"UPDATE contact SET recorded_by = 'bob' WHERE id = {ACCEPTED}", r"contact \d+ .*: who acted is not the one"),
        ("UPDATE contact SET recorded_by = 'bob' WHERE id = 5", r"contact 5 .*: who acted is not the one"),
        ("UPDATE source SET url = 'https://else.example'", r"citation \d+ .*: its source_url is 'https://else.example'"),
        ("UPDATE source SET published = '1999'", r"citation \d+ .*: its source_published is '1999'"),
        (f"UPDATE citation SET quote = 'No.' WHERE id = {QUOTED}", r"citation \d+ \(link \d+\): its quote is 'No.'"),
        (f"UPDATE citation SET source = 1 WHERE id = {QUOTED}", r"citation \d+ \(link \d+\): its source is 1"),
        ("UPDATE decision SET note = 'Else.' WHERE id = 1", r"decision 1 .*: its note is 'Else.', .* nothing"),
        ("UPDATE decision SET verdict = 'reject' WHERE id = 1", r"decision 1 .*: its verdict is 'reject'"),
        ("UPDATE decision SET decided_by = 'bob' WHERE id = 1", r"decision 1 .*: who acted is not the one"),
        ("UPDATE regrouping SET given_to = 1", r"regrouping 1 \(link \d+\): its given_to is 1"),
        (
            f"UPDATE contact SET withdrawn_at = NULL WHERE id = {WITHDRAWN}",
            r"withdrawal of contact \d+ .*: its withdrawn_at is nothing",
        ),
        (
            f"UPDATE contact SET withdrawn_by = 'bob' WHERE id = {WITHDRAWN}",
            r"withdrawal of contact \d+ .*: who acted is not",
        ),
        ("UPDATE contact SET withdrawn_at = '2024' WHERE id = 5", r"withdrawal of contact 5: it is in no link"),
        ("DELETE FROM contact WHERE id = 5", r"contact 5 \(link \d+\): it is gone; the chain has it"),
        ("DELETE FROM decision WHERE id = 1", r"decision 1 \(link \d+\): it is gone; the chain has it"),
        (
            "INSERT INTO contact (channel, outcome, date, recorded_at, recorded_by) "
            "VALUES ('dpct', 'held', '2024-02-01', '2024', 'ana')",
            r"contact \d+: it is in no link of the chain: the program did not write it",
        ),
        (f"DELETE FROM chain_link WHERE seq = {MIDDLE}", r"link \d+ \(\w+ \d+\): it follows link \d+; what stood"),
        ("DELETE FROM chain_link WHERE seq = (SELECT MAX(seq) FROM chain_link)", r"regrouping 1: it is in no link"),
        ("UPDATE chain_link SET payload = payload || ' ' WHERE seq = 9", r"link 9 .*: its payload is not the one"),
        ("UPDATE chain_link SET payload_hash = hash WHERE seq = 9", r"link 9 .*: its payload is not the one"),
        ("UPDATE chain_link SET hash = payload_hash WHERE seq = 9", r"link 9 .*: its hash does not follow"),
        ("UPDATE chain_link SET at = '2020' WHERE seq = 9", r"link 9 .*: its at is '2020', in the chain it is '2024"),
        ("UPDATE chain_link SET salt = '' WHERE seq = 9", r".* \(link 9\): who acted is not the one"),
        ("UPDATE chain_link SET entry = 4000 WHERE seq = 9", r"link 9 .*: its id is 4000, in the chain it is"),
        (f"UPDATE release_revision SET summary = 'A summary!' WHERE {CITED}", r"release_revision \d+/1: its words ch"),
        (f"UPDATE page_copy SET body = x'00' WHERE {CITED}", r"page_copy \d+/1: its bytes cannot be unzipped"),
        (f"UPDATE page_copy SET size = 1 WHERE {CITED}", r"page_copy \d+/1: it has \d+ bytes and says 1"),
        (f"UPDATE page_copy SET sha256 = '{'0' * 64}' WHERE {CITED}", r"citation \d+ .*: its page_content_type is"),
        (f"UPDATE page_copy SET fetched_at = '2020' WHERE {CITED}", r"citation \d+ .*: its page_fetched_at is '2020'"),
        ("UPDATE sighting SET evidence = replace(evidence, '2', '3')", r"sighting \d+: 'summary' does not stand at 3"),
        ("UPDATE cited_copy SET body = (SELECT body FROM page_copy)", r"cited_copy \w+: its bytes are not those"),
        ("UPDATE sighting SET evidence = '{'", r"sighting \d+: its evidence cannot be read"),
        ("UPDATE sighting SET date = '1999'", r"sighting \d+: its date is '1999', decided was on '2024"),
        ("UPDATE sighting SET signal = 'ended'", r"sighting \d+: its signal is 'ended', decided was on 'held'"),
        ("UPDATE release SET revision = 9", r"release \d+: its revision is 9, decided was on 1"),
        (
            "UPDATE candidate SET status = 'rejected' WHERE status = 'accepted'",
            r"candidate \d+: its status is 'rejected', decided was on 'accepted'",
        ),
        (f"DELETE FROM sighting WHERE id = {SEEN}", r"sighting \d+: it is gone; a decision rests on it"),
        (
            f"UPDATE sighting SET candidate = {DECIDED} WHERE candidate <> {DECIDED}",
            r"sighting \d+: (it came to what|it is gone)",
        ),
        (
            "DELETE FROM basis WHERE id = (SELECT MAX(id) FROM basis)",
            r"basis \d+ \(link \d+\): it is gone; the chain has it",
        ),
    ],
)  # fmt: skip
def test_what_was_changed_past_the_program_is_found_and_named(record, statement, says):
    record.run(statement)
    assert re.fullmatch(says + ".*", first(record)), first(record)


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE release SET side = 'third-party'", "its side is 'third-party', decided was on 'us'"),
        ("UPDATE release SET url = NULL", "its url is nothing, decided was on 'https://us.example/1'"),
        ("UPDATE release SET published = '1999'", "its published is '1999', decided was on '2024-01-09'"),
    ],
)
def test_a_release_that_was_changed_past_the_program_is_named_and_so_is_what_cites_it(record, statement, says):
    record.run(statement)
    found = [str(finding) for finding in verify(record.store).findings]
    assert f"release 1: {says}." in found
    assert any(re.match(r"citation \d+: its source has the ", one) for one in found)


def test_a_cited_release_that_was_changed_before_decisions_were_sealed_differs_from_the_source_in_the_chain(record):
    record.run("UPDATE release SET side = 'cn' WHERE side = 'us'", "DELETE FROM basis", "DELETE FROM chain_link")
    chain = Chain(record.raw)
    record.raw.row_factory = sqlite3.Row
    chain.append_unlinked()
    Bases(record.raw).seal_all(at=datetime(2024, 3, 1, tzinfo=UTC))
    record.raw.commit()
    assert re.search(r"citation \d+: its source has the side 'us', release 1, revision 1 has 'cn'", first(record))


def test_two_rows_that_changed_places_are_found(record):
    for new, old in ((-1, 3), (3, 4), (4, -1)):
        record.run(f"UPDATE contact SET id = {new} WHERE id = {old}")
    assert re.match(r"contact 3 \(link \d+\): its ", first(record))


def test_two_links_that_changed_places_are_found(record):
    for new, old in ((-1, 300), (300, 301), (301, -1)):
        record.run(f"UPDATE chain_link SET seq = {new} WHERE seq = {old}")
    assert re.match(r"link 300 .*: its hash does not follow", first(record))


def test_cited_words_rewritten_with_their_hash_are_found(record):
    hashed = words_hash("Else", "A summary.")
    record.run(f"UPDATE release_revision SET title = 'Else', hash = '{hashed}' WHERE {CITED}")
    assert re.match(r"citation \d+: the words of release \d+, revision 1 are not those that it cites", first(record))


CHANGES_BY_ITSELF = {
    ("release", "gone_since"): "polls note since when a feed shows it no more, and that it is back",
    ("candidate", "version"): "counts what was done to it, a hold or a look included",
    ("candidate", "evidence_at"): "its place in the queue",
}
"""Columns of what a decision rests on that say nothing of it, and why they change."""

IN_THE_CHAIN = {
    "status_change": "id = (SELECT MAX(id) FROM status_change WHERE decision IS NOT NULL)",
    "contact": f"id = {WITHDRAWN}",
    "citation": f"id = {QUOTED}",
    "source": f"id = (SELECT source FROM citation WHERE id = {QUOTED})",
    "decision": "id = 1",
    "regrouping": "id = 1",
    "chain_link": f"seq = {MIDDLE}",
    "release_revision": CITED,
    "page_copy": CITED,
    "candidate": f"id = {DECIDED}",
    "sighting": f"id = {SEEN}",
    "release": f"id = (SELECT release FROM sighting WHERE id = {SEEN})",
    "basis": f"id = (SELECT MAX(id) FROM basis WHERE candidate = {DECIDED})",
}
"""Each table on whose rows a decision or the record rests, with a row that an accepted candidate brought."""


@pytest.mark.parametrize("table", IN_THE_CHAIN)
def test_every_column_of_what_is_chained_or_cited_is_watched(record, table):
    record.run(f"CREATE TABLE saved AS SELECT * FROM {table}")
    unwatched = []
    for _, column, kind, *_ in record.raw.execute(f"PRAGMA table_info({table})").fetchall():
        if (table, column) in CHANGES_BY_ITSELF:
            continue
        other = {
            "TEXT": f"COALESCE({column}, '') || '~'", "INTEGER": f"COALESCE({column}, 0) + 4000", "BLOB": "x'00'",
            "REAL": f"COALESCE({column}, 0) + 0.001",
        }  # fmt: skip
        record.run(f"UPDATE {table} SET {column} = {other[kind]} WHERE {IN_THE_CHAIN[table]}")
        if not verify(record.store).found:
            unwatched.append(column)
        record.run(f"DELETE FROM {table}", f"INSERT INTO {table} SELECT * FROM saved")
    assert unwatched == []
    assert verify(record.store).found == 0


def test_a_chain_that_was_made_anew_holds_by_itself_and_not_against_a_head_that_was_published(record):
    with record.store.reading() as db:
        published = db.chain.head()
    rewrite(record.raw, "UPDATE contact SET date = '2024-01-07' WHERE id = 5")
    assert verify(record.store).found == 0
    assert re.fullmatch(
        rf"link {published.seq}: it is \w+, published was \w+: the chain was rewritten.", first(record, published)
    )


def test_a_record_whose_end_was_cut_off_holds_by_itself_and_not_against_a_head_that_was_published(record):
    with record.store.reading() as db:
        published = db.chain.head()
    record.run("DELETE FROM regrouping", f"DELETE FROM chain_link WHERE seq = {published.seq}")
    assert verify(record.store).found == 0
    assert "it was published and is not in the chain: the end of the record is gone" in first(record, published)


def test_an_older_head_is_met_and_one_of_another_record_is_not(record):
    with record.store.reading() as db:
        older = Checkpoint(9, db.chain.hash_at(9), None)
        beginning = Checkpoint(0, db.chain.hash_at(0), None)
    assert verify(record.store, older).found == verify(record.store, beginning).found == 0
    assert verify(record.store, replace(older, hash="0" * 64)).found == 1


def test_of_very_many_findings_the_first_are_told_and_all_are_counted(record):
    record.run("UPDATE chain_link SET payload = payload || ' '")
    result = verify(record.store)
    assert (len(result.findings), result.found) == (MOST_FINDINGS, result.checked["links"])


def test_a_payload_that_is_no_entry_is_a_finding_and_no_crash(record):
    for payload in ("[]", "{}", '{"at":1,"fields":[],"id":1,"kind":1,"role":1,"seal":1,"seq":1}'):
        hashed = sha256(payload.encode())
        values = f"payload = '{payload}', payload_hash = '{hashed}', hash = '{link_hash(START, hashed)}'"
        record.run(f"UPDATE chain_link SET {values} WHERE seq = 1")
        assert "link 1 " in first(record)
        assert "its payload is no entry" in first(record)


def test_a_damaged_file_is_a_finding_of_its_own(record, tmp_path):
    page = record.one("SELECT rootpage FROM sqlite_master WHERE name = 'contact'")
    record.raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    record.store.close()
    with (tmp_path / "record.db").open("r+b") as file:
        file.seek((page - 1) * record.one("PRAGMA page_size"))
        file.write(b"\xff" * 100)
    result = verify(record.store)
    assert result.found
    assert result.findings[0].place == "database file"


def test_the_names_of_reviewers_are_in_no_payload(record):
    with record.store.reading() as db:
        links = list(db.chain.links())
    assert not [link for link in links if NAME in link.payload]
    assert {link.kind for link in links if '"role":"reviewer"' in link.payload} >= {"decision", "regrouping", "contact"}


def test_what_was_recorded_before_there_was_a_chain_is_chained_in_the_order_of_recording(tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/old.db", create=True)
    migrations.apply(store._connections.database(), stop_before="m0002_probably_nothing_and_regrouping")
    raw(store).executescript(OLD_ROWS)
    raw(store).executescript(OLD_CITATIONS)
    store.migrate()
    with store.reading() as db:
        told = [(link.seq, link.kind, link.entry, link.at[:16]) for link in db.chain.links()]
        (sources,) = [contact.sources for contact in db.record.entries_of("dpct")[1]]
    sealed = told.pop()
    assert sealed[:3] == (6, "basis", 1), "what it rests on is taken down as it stands, and not as if it had been then"
    assert sealed[3] > "2024-01-10"
    assert told == [
        (1, "decision", 2, "2024-01-09T12:00"), (2, "contact", 1, "2024-01-09T12:00"),
        (3, "citation", 1, "2024-01-09T12:00"), (4, "citation", 2, "2024-01-09T12:00"),
        (5, "citation_withdrawn", 2, "2024-01-10T12:00"),
    ]  # fmt: skip
    passages = [source.passage and (source.passage.revision, source.passage.field) for source in sources]
    assert passages == [(2, "summary"), None]
    assert sources[0].passage.start == 4
    # The hashes of words in these old rows are made up.
    assert {finding.place for finding in verify(store).findings} == {
        "release_revision 1/1", "release_revision 1/2", "release_revision 1/3", "release_revision 2/1",
    }  # fmt: skip
    raw(store).executescript("UPDATE sighting SET signal = 'ended'; UPDATE release SET side = 'cn'")
    found = {str(finding) for finding in verify(store).findings}
    assert any("its signal is 'ended', decided was on" in one for one in found), "it is watched from then on"
    assert any("its side is 'cn', decided was on 'us'" in one for one in found)
    store.close()


def test_of_earlier_citations_the_words_are_found_that_later_ones_say_themselves(record):
    columns = "release, revision, quote_field, quote_start, words_sha256, page_sha256"
    said = record.raw.execute(f"SELECT {columns} FROM citation").fetchall()
    record.run("UPDATE citation SET " + ", ".join(f"{column} = NULL" for column in columns.split(", ")))
    find_cited_words(Database(record.raw))
    assert record.raw.execute(f"SELECT {columns} FROM citation").fetchall() == said


OLD_CITATIONS = """
UPDATE release SET url = 'https://us.example/1' WHERE id = 1;
INSERT INTO release_revision VALUES (1, 2, 'Talks', 'Was held.', NULL, 'x', '2024-01-09T01:00:00.000000Z'),
    (1, 3, 'Talks', 'Was held, later.', NULL, 'x', '2024-01-09T13:00:00.000000Z');
INSERT INTO source VALUES (1, 'https://us.example/1', 'Talks', 'P', 'us', '2024-01-09'),
    (2, 'https://paper.example', 'Heard', 'A paper', 'third-party', '');
INSERT INTO citation (contact, source, quote, recorded_at, decision)
VALUES (1, 1, 'held.', '2024-01-09T12:00:00.000000Z', 2), (1, 2, NULL, '2024-01-09T12:00:00.000000Z', 2);
UPDATE citation SET withdrawn_at = '2024-01-10T12:00:00.000000Z' WHERE id = 2;
"""


def test_the_heads_of_days_that_are_over_are_the_last_links_of_their_days(record):
    with record.store.reading() as db:
        heads, head = db.chain.daily_heads(), db.chain.head()
        links = list(db.chain.links())
    assert [str(day.at.date()) for day in heads] == ["2024-02-01", "2024-02-02"]
    assert heads[-1] == head
    assert heads[0].seq == max(link.seq for link in links if link.at < "2024-02-02")
    assert daily_checkpoints(heads, head.at.date()) == [heads[0]]
    assert daily_checkpoints(heads, datetime(2024, 2, 3, tzinfo=UTC).date()) == [heads[1], heads[0]]


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"seq": 1}', b'{"seq": "1", "hash": "x"}', b'{"seq": 1, "hash": "short"}']
)
def test_what_is_no_checkpoint_is_refused_with_its_place(body):
    with pytest.raises(Refused, match=r"head\.json is no checkpoint"):
        read_checkpoint(body, "head.json")
