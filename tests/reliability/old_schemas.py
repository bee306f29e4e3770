"""Databases as earlier versions left them: the first so many steps, each table with rows from the day it was made.

A further migration that makes a table needs no rows here; one that changes what is stored is shown to keep these.
"""

from __future__ import annotations

import gzip
from contextlib import closing
from hashlib import sha256
from pathlib import Path

from db.sqlite.connection import Connections
from db.sqlite.migrations import migrations
from tracker.verifier import words_hash

STEPS = tuple(step.name for step in migrations._migrations)
AT = "2024-01-09T12:00:00.000000Z"
PAGE = b"<p>Held.</p>"


def _hashes() -> dict[str, str]:
    return {
        "one": words_hash("Talks", "Held."),
        "two": words_hash("会晤", "举行"),
        "page": sha256(PAGE).hexdigest(),
        "zipped": gzip.compress(PAGE, mtime=0).hex(),
        "at": AT,
    }


ROWS = {
    "m0001_the_record": """
INSERT INTO relationship (slug, position, names, parties, languages) VALUES ('us-china', 0, '{}', '[]', '[]');
INSERT INTO channel (slug, relationship, position, category, names, counterparts, description, cadence)
VALUES ('dpct', 'us-china', 0, 'military', '{}', '{}', 'Policy talks.', 'annual');
INSERT INTO source (id, url, title, publisher, side, published)
VALUES (1, 'https://example.org/1', 'A report', 'A paper', 'third-party', '2024-01-09');
INSERT INTO feed (slug, relationship, position, publisher, side, lang, kind, url, every, enabled, reason, etag,
                  next_poll)
VALUES ('mnd', 'us-china', 0, 'P', 'cn', 'zh', 'feed', 'https://example.org', 1800, 1, NULL, '"x"', '$at');
INSERT INTO poll (id, feed, started_at, ended_at, outcome, fault, status, items, overlap) VALUES
    (1, 'mnd', '2024-01-09T12:00:00.000000Z', '2024-01-09T12:00:01.000000Z', 'read', NULL, 200, 2, 0),
    (2, 'mnd', '2024-01-09T12:30:00.000000Z', '2024-01-09T12:30:01.000000Z', 'failed', 'It failed.', 500, 0, 0);
INSERT INTO release (id, feed, guid, url, canonical_url, side, publisher, lang, published, first_seen) VALUES
    (1, NULL, 'a', 'https://example.org/a', 'https://example.org/a', 'us', 'P', 'en', '2024-01-09', '$at'),
    (2, 'mnd', 'b', 'https://example.org/b', 'https://example.org/b', 'cn', 'Q', 'zh', '2024-01-10', '$at');
INSERT INTO release_revision (release, number, title, summary, hash, seen_at) VALUES
    (1, 1, 'Talks', 'Held.', '$one', '$at'), (2, 1, '会晤', '举行', '$two', '$at');
INSERT INTO user (name, role, password_hash, created_at) VALUES ('ana', 'reviewer', 'hash', '$at');
INSERT INTO sign_in_link (hash, user, expires_at) VALUES ('h', 'ana', '$at');
INSERT INTO session (hash, user, created_at, expires_at) VALUES ('h', 'ana', '$at', '$at');
INSERT INTO token (hash, name, role, created_at) VALUES ('h', 'a-token', 'reader', '$at');
INSERT INTO candidate (id, channel, signal, date, starts, status, again, version, opened_at, evidence_at, published)
VALUES (7, 'dpct', 'held', '2024-01-09', '2024-01-08', 'accepted', 'Again.', 3, '$at', '$at', '2024-01-10'),
    (8, 'dpct', 'refused', NULL, NULL, 'pending', NULL, 1, '$at', '$at', '2024-01-10');
INSERT INTO sighting (id, candidate, release, revision, signal, date, starts, confidence, evidence, seen_at) VALUES
    (4, 7, 1, 1, 'held', '2024-01-09', '2024-01-08', 0.9,
     '[{"field":"title","start":0,"end":5,"text":"Talks","role":"signal"}]', '$at'),
    (5, 8, 2, 1, 'refused', NULL, NULL, 0.5, '[]', '$at');
INSERT INTO decision (id, candidate, verdict, decided_by, decided_at, note) VALUES (2, 7, 'accept', 'ana', '$at', 'N');
INSERT INTO status_change (id, channel, state, effective, cause, recorded_at, recorded_by, decision, seed_key)
VALUES (1, 'dpct', 'suspended', '2022-08-05', 'Cut.', '$at', 'seed', NULL, 'k'),
    (2, 'dpct', 'resumed', '2024-01-08', 'Held.', '$at', 'ana', 2, NULL);
INSERT INTO contact (id, channel, outcome, date, end_date, persons, recorded_at, recorded_by, decision)
VALUES (1, 'dpct', 'held', '2024-01-08', '2024-01-09', '[]', '$at', 'ana', 2);
INSERT INTO citation (id, status_change, contact, source, quote, recorded_at, decision) VALUES
    (1, 1, NULL, 1, 'Cut.', '$at', NULL), (2, 2, NULL, 1, NULL, '$at', 2), (3, NULL, 1, 1, NULL, '$at', 2);
INSERT INTO lease (name, holder, held_until, last_tick) VALUES ('scheduler', 'x', '$at', '$at');
UPDATE revision SET number = 5;
""",
    "m0002_probably_nothing_and_regrouping": """
INSERT INTO candidate (id, channel, signal, status, opened_at, evidence_at, published, merged_into)
VALUES (9, 'dpct', 'held', 'merged', '$at', '$at', '2024-01-10', 7);
INSERT INTO sighting (id, candidate, release, revision, signal, confidence, evidence, flagged, doubts, seen_at)
VALUES (6, 7, 2, 1, 'held', 0.2, '[]', 0, '["A doubt."]', '$at');
INSERT INTO regrouping (id, move, taken_from, given_to, sightings, regrouped_by, regrouped_at)
VALUES (1, 'merge', 9, 7, '[6]', 'ana', '$at');
""",
    "m0003_samples": """
INSERT INTO sampling (relationship, week, passed) VALUES ('us-china', '2024-01-08', 2);
INSERT INTO sampling_rate (relationship, week, side, lang, rate, unflagged)
VALUES ('us-china', '2024-01-08', 'us', 'en', 0.5, 1);
INSERT INTO sample (release, relationship, week, side, lang, flagged, probability, candidate, taken_at)
VALUES (1, 'us-china', '2024-01-08', 'us', 'en', 1, 1.0, NULL, '$at');
""",
    "m0004_pages": """
INSERT INTO page_copy (release, revision, url, fetched_at, content_type, sha256, size, body)
VALUES (1, 1, 'https://example.org/a', '$at', 'text/html', '$page', 12, X'$zipped');
INSERT INTO page_wait (release, tries, fault, next_try) VALUES (2, 1, 'Not yet.', '$at');
""",
    "m0005_coverage": "INSERT INTO feed_switch (feed, at, polled, reason) VALUES ('mnd', '$at', 'paused', 'Why');",
    "m0008_identity_of_releases": "INSERT INTO release_key (key, release) VALUES (77, 1);",
    "m0009_watch_on_cited_pages": """
INSERT INTO cited_copy (sha256, url, fetched_at, content_type, size, body)
VALUES ('$page', 'https://example.org/1', '$at', 'text/html', 12, X'$zipped');
INSERT INTO watched_page (url, baseline, next_visit, reads, state, since)
VALUES ('https://example.org/1', '$page', '$at', 1, 'edited', '$at');
INSERT INTO page_visit (id, url, at, found, sha256, words, stands_since, asks)
VALUES (1, 'https://example.org/1', '$at', 'edited', '$page', 1, '$at', 1);
INSERT INTO page_acknowledgement (visit, acknowledged_by, acknowledged_at, note) VALUES (1, 'ana', '$at', 'Seen.');
""",
    "m0011_what_feeds_are_wont_to": "INSERT INTO host_wait (host, until) VALUES ('example.org', '$at');",
    "m0015_notifications": """
INSERT INTO subscription (id, kind, target, secret, created_at, since, next_try)
VALUES (1, 'webhook', 'https://example.org/hook', 's', '$at', '$at', '$at');
INSERT INTO event (id, statement, sequence, what, at, channel, told) VALUES (1, 'x', 1, 'first', '$at', 'dpct', '{}');
INSERT INTO delivery (id, subscription, event, state, attempts, queued_at, next_try)
VALUES (1, 1, 1, 'dead', 9, '$at', '$at');
INSERT INTO attempt (id, subscription, delivery, at, succeeded, status, outcome) VALUES (1, 1, 1, '$at', 0, 500, 'No.');
""",
    "m0010_reviewers": """
INSERT INTO hold (candidate, reason, until, held_by, held_at)
VALUES (8, 'Wait.', '2024-02-09T12:00:00.000000Z', 'ana', '$at');
INSERT INTO presence (candidate, reviewer, opened_at, seen_at) VALUES (8, 'ana', '$at', '$at');
""",
    "m0017_people": """
INSERT INTO passkey (id, user, name, public_key, sign_count, created_at) VALUES ('p', 'ana', 'Key', 'k', 1, '$at');
INSERT INTO sign_in_attempt (key, number, ends_at) VALUES ('k', 3, '$at');
INSERT INTO audit (at, actor, kind, what, subject) VALUES ('$at', 'ana', 'feed', 'paused', 'mnd');
""",
    "m0022_feeds_that_people_add": """
INSERT INTO feed_entry (slug, deed, relationship, entry, done_by, done_at)
VALUES ('added', 'added', 'us-china', '{"slug": "added"}', 'ana', '$at');
""",
    "m0018_checks_on_ourselves": """
INSERT INTO blind_reading (reviewer, number, channel, signal, proposed_channel, proposed_signal, at)
VALUES ('ana', 7, 'dpct', 'held', 'dpct', 'held', '$at');
INSERT INTO decoy (reviewer, key, turns, planned_at) VALUES ('ana', 'k', 3, '$at');
INSERT INTO opening (reviewer, number, at) VALUES ('ana', 8, '$at');
INSERT INTO decision_time (reviewer, day, seconds) VALUES ('ana', '2024-01-09', 40);
""",
}


def make_old_database(file: Path, steps: int) -> Path:
    """A database as the version with so many steps left it, with its rows."""
    connections = Connections(file)
    database = connections.database()
    for number in range(1, steps + 1):
        stop = STEPS[number] if number < len(STEPS) else None
        migrations.apply(database, stop_before=stop)
        rows = ROWS.get(STEPS[number - 1], "")
        for name, value in _hashes().items():
            rows = rows.replace(f"${name}", value)
        connections.get().executescript(rows)
    connections.close()
    return file


def rows_of(file: Path) -> dict[str, list[dict[str, object]]]:
    """Every row of every table of ours, by column; not what an index of words keeps for itself."""
    with closing(Connections(file)) as connections:
        db = connections.get()
        tables = [
            name
            for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
            if not name.startswith(("sqlite_", "_sqlite", "record_words", "release_words"))
        ]
        return {name: [dict(row) for row in db.execute(f'SELECT * FROM "{name}"')] for name in tables}
