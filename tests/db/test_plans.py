"""Of what every poll and every page asks, nothing looks through a table that grows: on either engine, in a database
whose rows nobody has counted yet.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from db import bases, candidates, feeds, past, past_feeds, polls, releases, samples, search
from db.store import Store, open_store

pytestmark = pytest.mark.both_engines

ROWS = 1_000

_NUMBERS = f"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS})"

FILL = (
    "INSERT INTO relationship VALUES ('us-china', 0, '{}', '[]', '[]')",
    f"""INSERT INTO feed (slug, relationship, position, publisher, side, lang, kind, url, every, enabled, next_poll)
        {_NUMBERS} SELECT 'f' || i, 'us-china', i, 'P', 'us', 'en', 'feed', 'u' || i, 1800, 1, '' FROM n""",
    f"""INSERT INTO poll (feed, started_at, ended_at, outcome, every, vouches)
        {_NUMBERS} SELECT 'f' || i, '2024', '2024', 'read', 1800, 0 FROM n""",
    f"""INSERT INTO past (subject, name, at, told) {_NUMBERS} SELECT 'feed', 'f' || i, '2024', '{{}}' FROM n""",
    f"""INSERT INTO feed_switch (feed, at, polled) {_NUMBERS} SELECT 'f' || i, '2024', 'on' FROM n""",
    f"""INSERT INTO release (feed, guid, url, canonical_url, side, publisher, lang, published, first_seen)
        {_NUMBERS} SELECT 'f' || i, i, 'u' || i, 'u' || i, 'us', 'P', 'en', '2024-01-01', '2024' FROM n""",
    f"""INSERT INTO release_revision (release, number, title, summary, hash, seen_at)
        {_NUMBERS} SELECT i, 1, 't', 's', 'h' || i, '2024' FROM n""",
    f"""INSERT INTO release_name (release, feed, guid, url, canonical_url, hash, seen_at)
        {_NUMBERS} SELECT i, 'f' || i, i, 'u' || i, 'u' || i, 'h' || i, '2024' FROM n""",
    f"INSERT INTO release_key (key, release) {_NUMBERS} SELECT i * 7, i FROM n",
    f"""INSERT INTO release_document (release, revision, side, lang, published, since)
        {_NUMBERS} SELECT i, 1, 'us', 'en', '2024-01-01', '2024' FROM n""",
    """INSERT INTO channel (slug, relationship, position, category, names, counterparts, description)
        VALUES ('c', 'us-china', 0, 'military', '{}', '{}', '')""",
    f"""INSERT INTO candidate (id, channel, signal, date, status, opened_at, evidence_at, published)
        {_NUMBERS} SELECT i, 'c', 'held', '2024-01-01', 'pending', '2024', '2024', '2024-01-01' FROM n""",
    f"""INSERT INTO sighting (candidate, release, revision, signal, confidence, evidence, flagged, seen_at)
        {_NUMBERS} SELECT i, i, 1, 'held', 0.9, '[]', 1, '2024' FROM n""",
)

GROWING = (
    "feed|feed_share|feed_switch|past|poll|release|release_revision|release_name|release_key|release_document|"
    "candidate|sighting|sample"
)

ASKED = [
    (releases._sql, "release_by_address", {"canonical_url": "u5", "side": "us"}),
    (releases._sql, "release_by_name", {"feed": "f5", "guid": "5"}),
    (releases._sql, "releases_by_words", {"first": 7, "second": 14, "third": 21, "side": "us", "lang": "en",
                                          "since": "2023", "until": "2025", "most": 20}),
    (releases._sql, "release_by_id", {"release": 5}),
    (releases._sql, "names_of", {"release": 5}),
    (releases._sql, "summary_of", {"feed": "f5", "guid": "5"}),
    (releases._sql, "shown_elsewhere", {"release": 5, "feed": "f5"}),
    (releases._sql, "newest_releases", {"feed": "f5", "most": 20, "at": "2025"}),
    (bases._sql, "of_releases", {"release": 5}),
    (bases._sql, "sightings", {"candidate": 5}),
    (bases._sql, "revisions", {"release": 5}),
    (search._sql, "end_release_document", {"release": 5, "until": "2024"}),
    (search._sql, "release_in", {"release": 5, "revision": 1}),
    (candidates._sql, "sightings_of_release", {"release": 5, "channel": "c"}),
    (samples._sql, "guess", {"candidate": 5}),
    (polls._sql, "newest_polls", {"feed": "f5", "failed": 0, "most": 20, "at": "2025"}),
    (polls._sql, "arrivals", {"feed": "f5", "since": "2024", "at": "2025"}),
    (polls._sql, "telling_polls_of", {"feed": "f5", "since": "2023", "at": "2025"}),
    (feeds._sql, "feed", {"slug": "f5"}),
    (feeds._sql, "shares_of", {"feed": "f5"}),
    (feeds._sql, "switches_of", {"feed": "f5"}),
    (feeds._sql, "before_poll", {"feed": "f5"}),
    (feeds._sql, "arrival_days", {"feed": "f5", "most": 40, "at": "2025"}),
    (past_feeds._sql, "gaps", {"feed": "f5", "since": "2023", "at": "2025"}),
    (past._sql, "feed", {"slug": "f5"}),
    (past._sql, "shares", {"slug": "f5"}),
    (past._sql, "last", {"subject": "feed", "name": "f5"}),
    (feeds._sql, "claim", {"slug": "f5", "now": "2024", "until": "2025"}),
]  # fmt: skip


@pytest.fixture(scope="module")
def filled(new_database) -> Iterator[Store]:
    store = open_store(new_database(), create=True)
    store.migrate()
    with store.writing() as db:
        for statement in FILL:
            db.record._db.execute(statement)
    yield store
    store.close()


@pytest.mark.parametrize(("queries", "name", "given"), ASKED, ids=[name for _, name, _ in ASKED])
def test_what_polls_and_pages_ask_is_led_by_an_index(filled: Store, queries: Any, name: str, given: dict[str, Any]):
    with filled.reading() as db:
        _check(filled, db.record._db, queries, name, given)


def _check(filled: Store, connection: Any, queries: Any, name: str, given: dict[str, Any]) -> None:
    explain, asked = ("EXPLAIN QUERY PLAN", "_of_sqlite") if filled.is_file else ("EXPLAIN", "_of_postgres")
    rows = connection.execute(f"{explain} {getattr(getattr(queries, asked), name).sql}", given)
    plan = "\n".join(row[3 if filled.is_file else 0] for row in rows)
    assert not re.search(rf"(SCAN|Seq Scan on) ({GROWING})\b(?! USING| AS)", plan), plan


class Undone(Exception):
    pass


@pytest.mark.parametrize("name", ["found_releases", "count_releases"])
def test_a_word_that_few_have_leads_to_their_documents_alone(filled: Store, name: str):
    """Also where it may be the beginning of others, and the server has counted the rows, and knows but common words."""
    into, words = (
        ("(rowid, title, body) SELECT id, 'w' || id, ''", '"w1000" OR "w1000" *')
        if filled.is_file
        else ("SELECT id, CAST('w' || id AS tsvector)", "'w1000' | 'w1000':*")
    )
    given = {"words": words, "known_at": "9999", "side": "", "lang": "", "first": "0001", "last": "9999"}
    with pytest.raises(Undone), filled.writing() as db:  # noqa: PT012 (nothing of it is kept)
        connection = db.search._db
        connection.execute(f"INSERT INTO release_words {into} FROM release_document")
        if not filled.is_file:
            connection.execute("ALTER TABLE release_words ALTER words SET STATISTICS 1")
            connection.execute("ANALYZE release_words, release_document")
        _check(filled, connection, db.search._found, name, given | {"score": 0.0, "id": 0, "most": 20})
        raise Undone
