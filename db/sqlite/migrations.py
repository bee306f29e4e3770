"""The schema, step by step. Applied by a command, never at import; a step that has shipped is never edited."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlite_utils import Database, Migrations

from db.bases import Bases
from db.chain import Chain
from db.past import Past
from db.sqlite.search import Search
from tracker.verifier import words_hash

migrations = Migrations("openlines")

_STATES = "('planned', 'active', 'suspended', 'resumed', 'ended')"
_SIGNALS = "('announced', 'held', 'resumed', 'suspended', 'ended', 'refused', 'cancelled', 'postponed')"
_OUTCOMES = "('held', 'announced', 'refused', 'cancelled', 'postponed', 'no-answer')"
_CATEGORIES = "('military', 'diplomatic', 'technology', 'law-enforcement', 'economic', 'other')"
_PARTIAL_DATE = "length({0}) IN (4, 7, 10)"

_RECORDED = """
    note TEXT,
    contested TEXT,
    seed_key TEXT,
    seed_digest TEXT,
    recorded_at TEXT NOT NULL,
    recorded_by TEXT NOT NULL,
    decision INTEGER REFERENCES decision (id),
    replaces INTEGER REFERENCES {table} (id),
    withdrawn_at TEXT,
    withdrawn_by TEXT,
    withdrawn_reason TEXT
"""

_DEFINITIONS = f"""
CREATE TABLE relationship (
    slug TEXT PRIMARY KEY,
    position INTEGER NOT NULL,
    names TEXT NOT NULL,
    parties TEXT NOT NULL,
    languages TEXT NOT NULL
) STRICT;

CREATE TABLE channel (
    slug TEXT PRIMARY KEY,
    relationship TEXT NOT NULL REFERENCES relationship (slug),
    position INTEGER NOT NULL,
    category TEXT NOT NULL CHECK (category IN {_CATEGORIES}),
    names TEXT NOT NULL,
    counterparts TEXT NOT NULL,
    description TEXT NOT NULL,
    cadence TEXT CHECK (cadence IN ('monthly', 'quarterly', 'semiannual', 'annual')),
    established TEXT
) STRICT;
CREATE INDEX channel_by_relationship ON channel (relationship, position);
"""

_RECORD = f"""
CREATE TABLE source (
    id INTEGER PRIMARY KEY,
    url TEXT NOT NULL,
    title TEXT NOT NULL,
    publisher TEXT NOT NULL,
    side TEXT NOT NULL,
    published TEXT NOT NULL DEFAULT '',
    UNIQUE (url, title, publisher, side, published)
) STRICT;

CREATE TABLE status_change (
    id INTEGER PRIMARY KEY,
    channel TEXT NOT NULL REFERENCES channel (slug),
    state TEXT NOT NULL CHECK (state IN {_STATES}),
    effective TEXT NOT NULL CHECK ({_PARTIAL_DATE.format("effective")}),
    expected TEXT CHECK ({_PARTIAL_DATE.format("expected")}),
    cause TEXT NOT NULL,
    {_RECORDED.format(table="status_change")}
) STRICT;
CREATE INDEX status_change_by_channel ON status_change (channel, effective);
CREATE INDEX status_change_by_key ON status_change (seed_key);
CREATE INDEX status_change_by_decision ON status_change (decision);

CREATE TABLE contact (
    id INTEGER PRIMARY KEY,
    channel TEXT NOT NULL REFERENCES channel (slug),
    outcome TEXT NOT NULL CHECK (outcome IN {_OUTCOMES}),
    date TEXT CHECK ({_PARTIAL_DATE.format("date")}),
    end_date TEXT CHECK (length(end_date) = 10),
    announced TEXT CHECK (length(announced) = 10),
    form TEXT,
    place TEXT,
    round INTEGER,
    persons TEXT,
    summary TEXT,
    asked_by TEXT,
    substantive INTEGER NOT NULL DEFAULT 1 CHECK (substantive IN (0, 1)),
    {_RECORDED.format(table="contact")},
    CHECK (date IS NOT NULL OR announced IS NOT NULL)
) STRICT;
CREATE INDEX contact_by_channel ON contact (channel, date);
CREATE INDEX contact_by_key ON contact (seed_key);
CREATE INDEX contact_by_decision ON contact (decision);

CREATE TABLE citation (
    id INTEGER PRIMARY KEY,
    status_change INTEGER REFERENCES status_change (id),
    contact INTEGER REFERENCES contact (id),
    source INTEGER NOT NULL REFERENCES source (id),
    quote TEXT,
    recorded_at TEXT NOT NULL,
    decision INTEGER REFERENCES decision (id),
    withdrawn_at TEXT,
    CHECK ((status_change IS NULL) <> (contact IS NULL))
) STRICT;
CREATE INDEX citation_by_status_change ON citation (status_change);
CREATE INDEX citation_by_contact ON citation (contact);
CREATE INDEX citation_by_decision ON citation (decision);
"""

_FEEDS = """
CREATE TABLE feed (
    slug TEXT PRIMARY KEY,
    relationship TEXT NOT NULL REFERENCES relationship (slug),
    position INTEGER NOT NULL,
    publisher TEXT NOT NULL,
    side TEXT NOT NULL,
    lang TEXT NOT NULL,
    kind TEXT NOT NULL,
    url TEXT NOT NULL,
    every INTEGER NOT NULL,
    enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    reason TEXT,
    etag TEXT,
    last_modified TEXT,
    next_poll TEXT NOT NULL,
    claimed_until TEXT NOT NULL DEFAULT '',
    failures INTEGER NOT NULL DEFAULT 0,
    last_read TEXT,
    last_new TEXT,
    fault_kind TEXT,
    fault TEXT,
    moved_to TEXT
) STRICT;
CREATE INDEX feed_due ON feed (enabled, next_poll);

CREATE TABLE poll (
    id INTEGER PRIMARY KEY,
    feed TEXT NOT NULL REFERENCES feed (slug),
    started_at TEXT NOT NULL,
    ended_at TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('read', 'unchanged', 'failed')),
    fault TEXT,
    status INTEGER,
    items INTEGER NOT NULL DEFAULT 0,
    fresh INTEGER NOT NULL DEFAULT 0,
    revised INTEGER NOT NULL DEFAULT 0,
    overlap INTEGER NOT NULL DEFAULT 0,
    sightings INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX poll_by_feed ON poll (feed, ended_at);
CREATE INDEX poll_by_end ON poll (ended_at);

CREATE TABLE release (
    id INTEGER PRIMARY KEY,
    feed TEXT REFERENCES feed (slug),
    guid TEXT NOT NULL,
    url TEXT,
    canonical_url TEXT,
    side TEXT NOT NULL,
    publisher TEXT NOT NULL,
    lang TEXT NOT NULL,
    published TEXT NOT NULL,
    first_seen TEXT NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE UNIQUE INDEX release_by_guid ON release (feed, guid);
CREATE INDEX release_by_address ON release (canonical_url, side);

CREATE TABLE release_revision (
    release INTEGER NOT NULL REFERENCES release (id),
    number INTEGER NOT NULL,
    title TEXT NOT NULL,
    summary TEXT NOT NULL,
    published_raw TEXT,
    hash TEXT NOT NULL,
    seen_at TEXT NOT NULL,
    PRIMARY KEY (release, number)
) STRICT, WITHOUT ROWID;
"""

_REVIEW = f"""
CREATE TABLE user (
    name TEXT PRIMARY KEY,
    role TEXT NOT NULL CHECK (role IN ('reader', 'reviewer', 'admin')),
    password_hash TEXT,
    created_at TEXT NOT NULL,
    disabled_at TEXT
) STRICT;

CREATE TABLE sign_in_link (
    hash TEXT PRIMARY KEY,
    user TEXT NOT NULL REFERENCES user (name),
    expires_at TEXT NOT NULL,
    used_at TEXT
) STRICT;

CREATE TABLE session (
    hash TEXT PRIMARY KEY,
    user TEXT NOT NULL REFERENCES user (name),
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    ended_at TEXT
) STRICT;
CREATE INDEX session_by_user ON session (user);

CREATE TABLE token (
    hash TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('reader', 'reviewer', 'admin')),
    created_at TEXT NOT NULL,
    revoked_at TEXT
) STRICT;
CREATE UNIQUE INDEX token_by_name ON token (name) WHERE revoked_at IS NULL;

CREATE TABLE candidate (
    id INTEGER PRIMARY KEY,
    channel TEXT NOT NULL REFERENCES channel (slug),
    signal TEXT NOT NULL CHECK (signal IN {_SIGNALS}),
    date TEXT CHECK ({_PARTIAL_DATE.format("date")}),
    starts TEXT CHECK (length(starts) = 10),
    status TEXT NOT NULL CHECK (status IN ('pending', 'accepted', 'rejected', 'recorded')),
    again TEXT,
    version INTEGER NOT NULL DEFAULT 1,
    opened_at TEXT NOT NULL,
    evidence_at TEXT NOT NULL,
    published TEXT NOT NULL
) STRICT;
CREATE INDEX candidate_by_status ON candidate (status, evidence_at);
CREATE INDEX candidate_by_channel ON candidate (channel, signal);

CREATE TABLE sighting (
    id INTEGER PRIMARY KEY,
    candidate INTEGER NOT NULL REFERENCES candidate (id),
    release INTEGER NOT NULL REFERENCES release (id),
    revision INTEGER NOT NULL,
    signal TEXT NOT NULL CHECK (signal IN {_SIGNALS}),
    date TEXT CHECK ({_PARTIAL_DATE.format("date")}),
    starts TEXT CHECK (length(starts) = 10),
    confidence REAL NOT NULL CHECK (confidence BETWEEN 0 AND 1),
    evidence TEXT NOT NULL,
    seen_at TEXT NOT NULL,
    UNIQUE (candidate, release),
    FOREIGN KEY (release, revision) REFERENCES release_revision (release, number)
) STRICT;
CREATE INDEX sighting_by_release ON sighting (release);

CREATE TABLE decision (
    id INTEGER PRIMARY KEY,
    candidate INTEGER NOT NULL REFERENCES candidate (id),
    verdict TEXT NOT NULL CHECK (verdict IN ('accept', 'reject', 'undo')),
    decided_by TEXT NOT NULL,
    decided_at TEXT NOT NULL,
    note TEXT,
    undoes INTEGER REFERENCES decision (id)
) STRICT;
CREATE INDEX decision_by_candidate ON decision (candidate);

CREATE TABLE revision (
    subject TEXT PRIMARY KEY CHECK (subject IN ('record', 'polls')),
    number INTEGER NOT NULL
) STRICT;
INSERT INTO revision (subject, number) VALUES ('record', 0), ('polls', 0);

CREATE TABLE lease (
    name TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    held_until TEXT NOT NULL,
    last_tick TEXT NOT NULL
) STRICT;
"""

_MAY_CHANGE = {
    "status_change": ("withdrawn_at", "withdrawn_by", "withdrawn_reason"),
    "contact": ("withdrawn_at", "withdrawn_by", "withdrawn_reason"),
    "citation": ("withdrawn_at",),
    "source": (),
    "decision": (),
    "release_revision": (),
    "poll": (),
}
"""Append-only tables, with the only columns that may be stamped later, and once."""


def _run(db: Database, script: str) -> None:
    for statement in script.split(";\n"):
        if statement.strip():
            db.execute(statement)


def _guard(db: Database, table: str, may_change: tuple[str, ...]) -> None:
    """Triggers that refuse to delete a row of `table`, or to change more of it than a withdrawal stamp."""
    refuse = f"SELECT RAISE(ABORT, '{table}: rows are added or withdrawn, never changed or deleted')"
    fixed = ", ".join(column.name for column in db[table].columns if column.name not in may_change)
    db.execute(f"CREATE TRIGGER {table}_never_deleted BEFORE DELETE ON {table} BEGIN {refuse}; END")
    db.execute(f"CREATE TRIGGER {table}_never_changed BEFORE UPDATE OF {fixed} ON {table} BEGIN {refuse}; END")
    if may_change:
        db.execute(
            f"CREATE TRIGGER {table}_withdrawn_once BEFORE UPDATE OF {', '.join(may_change)} ON {table} "
            f"WHEN OLD.withdrawn_at IS NOT NULL BEGIN {refuse}; END"
        )


@migrations()
def m0001_the_record(db: Database) -> None:
    """Channels and their history, feeds and releases, candidates and reviews, accounts."""
    for script in (_DEFINITIONS, _RECORD, _FEEDS, _REVIEW):
        _run(db, script)
    for table, may_change in _MAY_CHANGE.items():
        _guard(db, table, may_change)


_STATUSES = "('pending', 'accepted', 'rejected', 'recorded', 'unlikely', 'merged')"

_REGROUPING = f"""
CREATE TABLE candidate (
    id INTEGER PRIMARY KEY,
    channel TEXT NOT NULL REFERENCES channel (slug),
    signal TEXT NOT NULL CHECK (signal IN {_SIGNALS}),
    date TEXT CHECK ({_PARTIAL_DATE.format("date")}),
    starts TEXT CHECK (length(starts) = 10),
    status TEXT NOT NULL CHECK (status IN {_STATUSES}),
    again TEXT,
    version INTEGER NOT NULL DEFAULT 1,
    opened_at TEXT NOT NULL,
    evidence_at TEXT NOT NULL,
    published TEXT NOT NULL,
    merged_into INTEGER REFERENCES candidate (id),
    CHECK ((status = 'merged') = (merged_into IS NOT NULL))
) STRICT;
INSERT INTO candidate (id, channel, signal, date, starts, status, again, version, opened_at, evidence_at, published)
SELECT id, channel, signal, date, starts, status, again, version, opened_at, evidence_at, published
FROM candidate_before;
DROP TABLE candidate_before;
CREATE INDEX candidate_by_status ON candidate (status, evidence_at);
CREATE INDEX candidate_by_channel ON candidate (channel, signal);

CREATE TABLE sighting (
    id INTEGER PRIMARY KEY,
    candidate INTEGER NOT NULL REFERENCES candidate (id),
    release INTEGER NOT NULL REFERENCES release (id),
    revision INTEGER NOT NULL,
    signal TEXT NOT NULL CHECK (signal IN {_SIGNALS}),
    date TEXT CHECK ({_PARTIAL_DATE.format("date")}),
    starts TEXT CHECK (length(starts) = 10),
    confidence REAL NOT NULL CHECK (confidence BETWEEN 0 AND 1),
    evidence TEXT NOT NULL,
    flagged INTEGER NOT NULL DEFAULT 1 CHECK (flagged IN (0, 1)),
    doubts TEXT NOT NULL DEFAULT '[]',
    undated TEXT,
    persons TEXT NOT NULL DEFAULT '[]',
    round INTEGER,
    joined_because TEXT,
    joined_by TEXT,
    joined_after INTEGER REFERENCES decision (id),
    seen_at TEXT NOT NULL,
    FOREIGN KEY (release, revision) REFERENCES release_revision (release, number)
) STRICT;
INSERT INTO sighting (id, candidate, release, revision, signal, date, starts, confidence, evidence, joined_because,
                      joined_after, seen_at)
SELECT id, candidate, release, revision, signal, date, starts, confidence, evidence,
    CASE WHEN id > (SELECT MIN(id) FROM sighting_before first WHERE first.candidate = sighting_before.candidate)
        THEN 'Like signals of about the same time.' END,
    (SELECT MAX(id) FROM decision
        WHERE decision.candidate = sighting_before.candidate AND decided_at < sighting_before.seen_at),
    seen_at
FROM sighting_before;
DROP TABLE sighting_before;
CREATE INDEX sighting_by_candidate ON sighting (candidate);
CREATE INDEX sighting_by_release ON sighting (release);

CREATE TABLE regrouping (
    id INTEGER PRIMARY KEY,
    move TEXT NOT NULL CHECK (move IN ('split', 'merge')),
    taken_from INTEGER NOT NULL REFERENCES candidate (id),
    given_to INTEGER NOT NULL REFERENCES candidate (id),
    sightings TEXT NOT NULL,
    regrouped_by TEXT NOT NULL,
    regrouped_at TEXT NOT NULL
) STRICT;
CREATE INDEX regrouping_by_taken_from ON regrouping (taken_from);
CREATE INDEX regrouping_by_given_to ON regrouping (given_to);
"""


@migrations()
def m0002_probably_nothing_and_regrouping(db: Database) -> None:
    """Candidates that are probably nothing, what sightings say of themselves, splitting and merging.

    SQLite cannot change a CHECK: both tables are made anew with their rows. A table that others refer to is dropped
    and filled again under its own name, so that by the end of the transaction every reference is met again.
    """
    db.execute("PRAGMA defer_foreign_keys = ON")
    for table in ("sighting", "candidate"):
        db.execute(f"CREATE TABLE {table}_before AS SELECT * FROM {table}")
        db.execute(f"DROP TABLE {table}")
    _run(db, _REGROUPING)
    _guard(db, "regrouping", ())


_SAMPLING = """
CREATE TABLE sampling (
    relationship TEXT PRIMARY KEY REFERENCES relationship (slug),
    week TEXT NOT NULL CHECK (length(week) = 10),
    passed INTEGER NOT NULL
) STRICT;

CREATE TABLE sampling_rate (
    relationship TEXT NOT NULL REFERENCES relationship (slug),
    week TEXT NOT NULL CHECK (length(week) = 10),
    side TEXT NOT NULL,
    lang TEXT NOT NULL,
    rate REAL NOT NULL CHECK (rate > 0 AND rate <= 1),
    unflagged INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (relationship, week, side, lang)
) STRICT, WITHOUT ROWID;

CREATE TABLE sample (
    release INTEGER PRIMARY KEY REFERENCES release (id),
    relationship TEXT NOT NULL,
    week TEXT NOT NULL,
    side TEXT NOT NULL,
    lang TEXT NOT NULL,
    flagged INTEGER NOT NULL CHECK (flagged IN (0, 1)),
    probability REAL NOT NULL CHECK (probability > 0 AND probability <= 1),
    candidate INTEGER REFERENCES candidate (id),
    taken_at TEXT NOT NULL,
    CHECK ((flagged = 1) = (candidate IS NULL)),
    FOREIGN KEY (relationship, week, side, lang) REFERENCES sampling_rate (relationship, week, side, lang)
) STRICT;
CREATE UNIQUE INDEX sample_by_candidate ON sample (candidate);

CREATE VIEW withheld_sighting AS
SELECT sighting.id, sighting.candidate
FROM sighting
JOIN sample ON sample.release = sighting.release
JOIN candidate ON candidate.id = sample.candidate
WHERE sighting.flagged = 0 AND sighting.joined_by IS NULL AND candidate.status = 'pending';

CREATE VIEW shown_candidate AS
SELECT * FROM candidate
WHERE status <> 'unlikely' OR id NOT IN (SELECT candidate FROM withheld_sighting);
"""


@migrations()
def m0003_samples(db: Database) -> None:
    """Releases whose lot measures detection, drawn with known chances; a revision counter for decisions.

    While a drawn release waits, the views withhold what detection thought of it: seen beside the drawn candidate, it
    would tell a reviewer that the release was not flagged.
    """
    _run(db, _SAMPLING)
    _guard(db, "sample", ())
    # The vocabulary of `subject` is part of the table, which SQLite can only make anew.
    db.execute("ALTER TABLE revision RENAME TO revision_before")
    db.execute(
        "CREATE TABLE revision (subject TEXT PRIMARY KEY CHECK (subject IN ('record', 'polls', 'decisions')), "
        "number INTEGER NOT NULL) STRICT"
    )
    db.execute("INSERT INTO revision (subject, number) SELECT subject, number FROM revision_before")
    db.execute("INSERT INTO revision (subject, number) VALUES ('decisions', 0)")
    db.execute("DROP TABLE revision_before")


_PAGES = """
CREATE TABLE page_copy (
    release INTEGER NOT NULL REFERENCES release (id),
    revision INTEGER NOT NULL,
    url TEXT NOT NULL,
    fetched_at TEXT NOT NULL,
    content_type TEXT,
    sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
    size INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (release, revision),
    FOREIGN KEY (release, revision) REFERENCES release_revision (release, number)
) STRICT;

CREATE TABLE page_wait (
    release INTEGER PRIMARY KEY REFERENCES release (id),
    tries INTEGER NOT NULL,
    fault TEXT NOT NULL,
    next_try TEXT
) STRICT;
"""


@migrations()
def m0004_pages(db: Database) -> None:
    """Copies of releases' pages, and those still to be fetched."""
    _run(db, _PAGES)
    _guard(db, "page_copy", ())


_COVERAGE = """
ALTER TABLE poll ADD COLUMN fault_kind TEXT;
ALTER TABLE poll ADD COLUMN every INTEGER NOT NULL DEFAULT 0;
ALTER TABLE poll ADD COLUMN after TEXT;
ALTER TABLE poll ADD COLUMN vouches INTEGER NOT NULL DEFAULT 0 CHECK (vouches IN (0, 1));

CREATE TABLE feed_switch (
    id INTEGER PRIMARY KEY,
    feed TEXT NOT NULL REFERENCES feed (slug),
    at TEXT NOT NULL,
    polled TEXT NOT NULL CHECK (polled IN ('on', 'paused', 'off')),
    reason TEXT
) STRICT;
CREATE INDEX feed_switch_by_feed ON feed_switch (feed, id);

UPDATE poll SET
    every = (SELECT every FROM feed WHERE feed.slug = poll.feed),
    after = (SELECT MAX(ended_at) FROM poll good
        WHERE good.feed = poll.feed AND good.outcome <> 'failed' AND good.ended_at < poll.ended_at);
UPDATE poll SET vouches = 1
WHERE after IS NOT NULL AND (outcome = 'unchanged' OR (outcome = 'read' AND overlap > 0))
    AND (julianday(ended_at) - julianday(after)) * 86400 < MAX(every * 3, 300) - 1;
CREATE INDEX poll_telling ON poll (ended_at) WHERE vouches = 0;

INSERT INTO feed_switch (feed, at, polled)
SELECT feed, MIN(started_at), 'on' FROM poll GROUP BY feed ORDER BY MIN(id);
INSERT INTO feed_switch (feed, at, polled, reason)
SELECT feed, MAX(ended_at), 'off', MAX(reason) FROM poll JOIN feed ON feed.slug = poll.feed
WHERE enabled = 0 GROUP BY feed ORDER BY MIN(poll.id);
"""


@migrations()
def m0005_coverage(db: Database) -> None:
    """What coverage asks of a poll: the kind of its fault, the good poll before, whether it vouches for the time since.

    When a feed was first configured was not kept: what was polled before counts as configured from its first poll on,
    and as switched off from its last one on where it is off now. Everything else is noted when the configuration is
    next taken over. Kinds of earlier faults are not known.
    """
    for trigger in ("poll_never_changed", "poll_never_deleted"):
        db.execute(f"DROP TRIGGER {trigger}")
    _run(db, _COVERAGE)
    _guard(db, "poll", ())
    _guard(db, "feed_switch", ())


_HEALTH = """
ALTER TABLE feed ADD COLUMN paused_at TEXT;
ALTER TABLE feed ADD COLUMN paused_by TEXT;
ALTER TABLE feed ADD COLUMN paused_because TEXT;
ALTER TABLE feed ADD COLUMN shown INTEGER;
ALTER TABLE feed ADD COLUMN undated INTEGER;
ALTER TABLE feed ADD COLUMN flaw TEXT;
ALTER TABLE feed ADD COLUMN newest TEXT CHECK (length(newest) = 10);
ALTER TABLE feed ADD COLUMN rhythm INTEGER;
ALTER TABLE feed ADD COLUMN gap_from TEXT;
ALTER TABLE feed ADD COLUMN gap_to TEXT;
ALTER TABLE feed ADD COLUMN gap_bridged INTEGER CHECK (gap_bridged IN (0, 1));
CREATE INDEX release_by_arrival ON release (feed, first_seen);
"""


@migrations()
def m0006_health_of_feeds(db: Database) -> None:
    """Feeds that a person paused, and what tells whether a feed that answers has fallen silent.

    Of the last answer with a body: `shown` items, `undated` of them, its `flaw`. `newest` and `rhythm` (seconds) are
    reckoned from the days on which new items came.
    """
    _run(db, _HEALTH)


@migrations()
def m0007_full_reads(db: Database) -> None:
    """When a feed last gave its items, and whether its "not modified" was found to be untrue."""
    db.execute("ALTER TABLE feed ADD COLUMN full_read TEXT")
    db.execute("ALTER TABLE feed ADD COLUMN lies INTEGER NOT NULL DEFAULT 0 CHECK (lies IN (0, 1))")


_IDENTITY = """
DROP INDEX release_by_guid;
DROP INDEX release_by_address;
ALTER TABLE release ADD COLUMN gone_since TEXT;
CREATE INDEX release_gone ON release (gone_since) WHERE gone_since IS NOT NULL;
ALTER TABLE feed ADD COLUMN last_shown TEXT NOT NULL DEFAULT '[]';
ALTER TABLE sighting ADD COLUMN reworded TEXT;
ALTER TABLE sighting ADD COLUMN lost INTEGER NOT NULL DEFAULT 0 CHECK (lost IN (0, 1));
UPDATE release SET canonical_url = 'https://' || substr(canonical_url, 13) WHERE canonical_url LIKE 'https://www.%';
UPDATE release SET guid = replace(guid, ':https://www.', ':https://') WHERE guid LIKE 'handed-in:%:https://www.%'
    AND feed IS NULL;

CREATE TABLE release_name (
    release INTEGER NOT NULL REFERENCES release (id),
    feed TEXT REFERENCES feed (slug),
    guid TEXT NOT NULL,
    url TEXT,
    canonical_url TEXT,
    hash TEXT NOT NULL,
    because TEXT,
    seen_at TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX release_name_by_guid ON release_name (feed, guid);
CREATE INDEX release_name_by_address ON release_name (canonical_url);
CREATE INDEX release_name_by_release ON release_name (release);
INSERT INTO release_name (release, feed, guid, url, canonical_url, hash, seen_at)
SELECT release.id, feed, guid, url, canonical_url, hash, first_seen
FROM release JOIN release_revision
    ON release_revision.release = release.id AND release_revision.number = release.revision;

CREATE TABLE release_key (
    key INTEGER NOT NULL,
    release INTEGER NOT NULL REFERENCES release (id),
    PRIMARY KEY (key, release)
) STRICT, WITHOUT ROWID;
"""


@migrations()
def m0008_identity_of_releases(db: Database) -> None:
    """Every name under which a release came, what finds it by its words, and when its feed showed it no more.

    `release_name.hash` is of the words that last came under that name: two feeds may word one release otherwise. What
    is in `feed.shown` are the releases of its last good read. `release_key` begins with what comes from now on.
    """
    _run(db, _IDENTITY)


_PAGE_STATES = "('same', 'edited', 'words-changed', 'moved', 'gone', 'soft-gone')"

_WATCH = f"""
CREATE TABLE cited_copy (
    sha256 TEXT PRIMARY KEY CHECK (length(sha256) = 64),
    url TEXT NOT NULL,
    fetched_at TEXT NOT NULL,
    content_type TEXT,
    size INTEGER NOT NULL,
    body BLOB NOT NULL
) STRICT;

CREATE VIEW kept_copy AS
SELECT sha256, url, fetched_at, content_type, body FROM cited_copy
UNION ALL SELECT sha256, url, fetched_at, content_type, body FROM page_copy;

CREATE TABLE watched_page (
    url TEXT PRIMARY KEY,
    baseline TEXT CHECK (length(baseline) = 64),
    next_visit TEXT NOT NULL,
    claimed_until TEXT NOT NULL DEFAULT '',
    reads INTEGER NOT NULL,
    failures INTEGER NOT NULL DEFAULT 0,
    fault TEXT,
    state TEXT CHECK (state IN {_PAGE_STATES}),
    since TEXT,
    missing TEXT NOT NULL DEFAULT '[]',
    moved_to TEXT,
    doubted TEXT CHECK (doubted IN ('gone', 'soft-gone')),
    doubted_since TEXT,
    doubts INTEGER NOT NULL DEFAULT 0,
    last_read TEXT,
    CHECK ((state IS NULL) = (since IS NULL)),
    CHECK ((doubted IS NULL) = (doubts = 0))
) STRICT;
CREATE INDEX watched_page_due ON watched_page (next_visit);

CREATE TABLE page_visit (
    id INTEGER PRIMARY KEY,
    url TEXT NOT NULL REFERENCES watched_page (url),
    at TEXT NOT NULL,
    found TEXT CHECK (found IN {_PAGE_STATES}),
    fault TEXT,
    status INTEGER,
    final_url TEXT,
    sha256 TEXT CHECK (length(sha256) = 64),
    words INTEGER,
    stands_since TEXT,
    missing TEXT NOT NULL DEFAULT '[]',
    moved_to TEXT,
    asks INTEGER NOT NULL DEFAULT 0 CHECK (asks IN (0, 1)),
    CHECK ((found IS NULL) = (fault IS NOT NULL)),
    CHECK (found IS NOT NULL OR stands_since IS NULL)
) STRICT;
CREATE INDEX page_visit_by_page ON page_visit (url, id);
CREATE INDEX page_visit_telling ON page_visit (url, id) WHERE stands_since IS NOT NULL;

CREATE TABLE page_acknowledgement (
    visit INTEGER PRIMARY KEY REFERENCES page_visit (id),
    acknowledged_by TEXT NOT NULL,
    acknowledged_at TEXT NOT NULL,
    note TEXT NOT NULL
) STRICT;

CREATE VIEW page_notice AS
SELECT id AS visit FROM page_visit
WHERE stands_since IS NOT NULL AND asks = 1 AND id NOT IN (SELECT visit FROM page_acknowledgement)
    AND id = (SELECT MAX(id) FROM page_visit last WHERE last.url = page_visit.url AND last.stands_since IS NOT NULL);

CREATE INDEX citation_by_source ON citation (source);
CREATE INDEX page_copy_by_hash ON page_copy (sha256)
"""


@migrations()
def m0009_watch_on_cited_pages(db: Database) -> None:
    """Cited pages that are read again: every visit, what stands of each page, copies, and who has seen what changed.

    `page_visit.stands_since` is set where a visit made its finding stand: since that instant, which is earlier than the
    visit where it took several to be sure. `page_notice`: what stands of a page, asks for a person, and nobody has
    acknowledged. `baseline` is the hash of the copy against which a page is held.
    """
    _run(db, _WATCH)
    for table in ("cited_copy", "page_visit", "page_acknowledgement"):
        _guard(db, table, ())


@migrations()
def m0011_what_feeds_are_wont_to(db: Database) -> None:
    """Which revisions are a release's page that was read late; until when a host asked to be left alone; which polls
    show whatever came since the one before, though nothing that was known; a feed's longest break, and for how
    long it says that it stays good (seconds).
    """
    db.execute("ALTER TABLE feed ADD COLUMN good_for INTEGER NOT NULL DEFAULT 0")
    db.execute("ALTER TABLE feed ADD COLUMN longest_break INTEGER")
    db.execute("ALTER TABLE poll ADD COLUMN whole INTEGER NOT NULL DEFAULT 0 CHECK (whole IN (0, 1))")
    db.execute("ALTER TABLE release_revision ADD COLUMN late INTEGER NOT NULL DEFAULT 0 CHECK (late IN (0, 1))")
    db.execute("CREATE TABLE host_wait (host TEXT PRIMARY KEY, until TEXT NOT NULL) STRICT")


_TOKENS = "tokenize = 'porter unicode61 remove_diacritics 2'"

_SEARCH = f"""
ALTER TABLE channel ADD COLUMN aliases TEXT NOT NULL DEFAULT '[]';
ALTER TABLE channel ADD COLUMN people TEXT NOT NULL DEFAULT '[]';

CREATE TABLE record_document (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL CHECK (kind IN ('channel', 'change', 'contact')),
    channel TEXT NOT NULL REFERENCES channel (slug),
    entry INTEGER NOT NULL,
    since TEXT NOT NULL,
    until TEXT,
    digest TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX record_document_standing ON record_document (kind, channel, entry) WHERE until IS NULL;
CREATE VIRTUAL TABLE record_words USING fts5(names, words, about, content = '', {_TOKENS});

CREATE TABLE release_document (
    id INTEGER PRIMARY KEY,
    release INTEGER NOT NULL REFERENCES release (id),
    revision INTEGER NOT NULL,
    side TEXT NOT NULL,
    lang TEXT NOT NULL,
    published TEXT NOT NULL,
    since TEXT NOT NULL,
    until TEXT
) STRICT;
CREATE INDEX release_document_of ON release_document (release);
CREATE VIRTUAL TABLE release_words USING fts5(title, body, content = '', {_TOKENS});
"""


@migrations()
def m0012_search(db: Database) -> None:
    """What is searchable, and other names and persons of channels, by which they are found.

    The releases that are there are put into the index here, in all their revisions; the record when its definitions are
    next taken over, which gives the channels those names.
    """
    _run(db, _SEARCH)
    Search(db.conn).fill()


_CHAIN_KINDS = (
    "('status_change', 'contact', 'citation', 'status_change_withdrawn', 'contact_withdrawn', 'citation_withdrawn', "
    "'decision', 'regrouping')"
)

_CHAIN = f"""
ALTER TABLE citation ADD COLUMN release INTEGER REFERENCES release (id);
ALTER TABLE citation ADD COLUMN revision INTEGER;
ALTER TABLE citation ADD COLUMN quote_field TEXT CHECK (quote_field IN ('title', 'summary'));
ALTER TABLE citation ADD COLUMN quote_start INTEGER CHECK ((quote_start IS NULL) = (quote_field IS NULL));
ALTER TABLE citation ADD COLUMN words_sha256 TEXT CHECK ((words_sha256 IS NULL) = (release IS NULL));
ALTER TABLE citation ADD COLUMN page_sha256 TEXT;

CREATE TABLE chain_link (
    seq INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN {_CHAIN_KINDS}),
    entry INTEGER NOT NULL,
    at TEXT NOT NULL,
    salt TEXT NOT NULL,
    payload TEXT NOT NULL,
    payload_hash TEXT NOT NULL CHECK (length(payload_hash) = 64),
    hash TEXT NOT NULL CHECK (length(hash) = 64),
    UNIQUE (kind, entry)
) STRICT;
"""

_CITED_REVISIONS = """
SELECT citation.id, citation.quote, release.id AS release, release_revision.number AS revision,
       release_revision.title, release_revision.summary, page_copy.sha256
FROM citation
JOIN source ON source.id = citation.source
JOIN release ON COALESCE(release.url, '') = source.url AND release.publisher = source.publisher
    AND release.side = source.side AND release.published = source.published
JOIN release_revision ON release_revision.release = release.id AND release_revision.title = source.title
    AND release_revision.seen_at <= citation.recorded_at
LEFT JOIN page_copy ON page_copy.release = release.id AND page_copy.revision = release_revision.number
    AND page_copy.fetched_at <= citation.recorded_at
WHERE citation.decision IS NOT NULL
ORDER BY citation.id, release.id, release_revision.number
"""


def find_cited_words(db: Database) -> None:
    """Say of each citation of a release in which revision its quote stands, the newest that was there to be cited."""
    found = {}
    for citation, quote, release, revision, title, summary, page in db.execute(_CITED_REVISIONS):
        words = {"title": title, "summary": summary}
        field = next((name for name, text in words.items() if quote and quote in text), None)
        if field or not quote:
            start = words[field].index(quote) if field else None
            found[citation] = (release, revision, field, start, words_hash(title, summary), page)
    for citation, cited in found.items():
        db.execute(
            "UPDATE citation SET release = ?, revision = ?, quote_field = ?, quote_start = ?, words_sha256 = ?, "
            "page_sha256 = ? WHERE id = ?",
            (*cited, citation),
        )


@migrations()
def m0013_the_chain(db: Database) -> None:
    """The hash chain of all entries, what is recorded already included; which words of a release a citation quotes."""
    _run(db, _CHAIN)
    for trigger in ("never_deleted", "never_changed", "withdrawn_once"):
        db.execute(f"DROP TRIGGER citation_{trigger}")
    find_cited_words(db)
    _guard(db, "citation", _MAY_CHANGE["citation"])
    Chain(db.conn).append_unlinked()
    _guard(db, "chain_link", ())


_ACCOUNTS = """
ALTER TABLE status_change ADD COLUMN settled TEXT;
ALTER TABLE status_change ADD COLUMN reason TEXT;
ALTER TABLE contact ADD COLUMN settled TEXT;
ALTER TABLE contact ADD COLUMN reason TEXT;
ALTER TABLE citation ADD COLUMN says TEXT CHECK (says IN {signals});
ALTER TABLE citation ADD COLUMN dated TEXT CHECK ({dated});
ALTER TABLE citation ADD COLUMN persons TEXT;
"""


@migrations()
def m0014_accounts(db: Database) -> None:
    """What each cited document says of its event, why a row corrects another, and why a dispute is settled."""
    for table in ("status_change", "contact", "citation"):
        for trigger in ("never_deleted", "never_changed", "withdrawn_once"):
            db.execute(f"DROP TRIGGER {table}_{trigger}")
    _run(db, _ACCOUNTS.format(signals=_SIGNALS, dated=_PARTIAL_DATE.format("dated")))
    for table in ("status_change", "contact", "citation"):
        _guard(db, table, _MAY_CHANGE[table])


_DELIVERIES = """
CREATE TABLE delivery (
    id INTEGER PRIMARY KEY,
    subscription INTEGER NOT NULL REFERENCES subscription (id),
    event INTEGER NOT NULL REFERENCES event (id),
    state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'sent', 'dead', 'void')),
    attempts INTEGER NOT NULL DEFAULT 0,
    queued_at TEXT NOT NULL,
    next_try TEXT NOT NULL,
    settled_at TEXT,
    UNIQUE (subscription, event)
) STRICT;
CREATE INDEX delivery_pending ON delivery (subscription, next_try) WHERE state = 'pending';
CREATE INDEX delivery_by_event ON delivery (event);
CREATE INDEX delivery_dead ON delivery (id) WHERE state = 'dead';

CREATE TABLE attempt (
    id INTEGER PRIMARY KEY,
    subscription INTEGER NOT NULL REFERENCES subscription (id),
    delivery INTEGER REFERENCES delivery (id),
    at TEXT NOT NULL,
    succeeded INTEGER NOT NULL CHECK (succeeded IN (0, 1)),
    status INTEGER,
    outcome TEXT NOT NULL
) STRICT;
CREATE INDEX attempt_by_subscription ON attempt (subscription, id);
CREATE INDEX attempt_by_delivery ON attempt (delivery);
"""

_NOTIFICATIONS = f"""
CREATE TABLE subscription (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('webhook', 'mail')),
    target TEXT NOT NULL,
    every TEXT CHECK (every IN ('daily', 'weekly')),
    relationship TEXT REFERENCES relationship (slug),
    category TEXT CHECK (category IN {_CATEGORIES}),
    channel TEXT REFERENCES channel (slug),
    allow_private INTEGER NOT NULL DEFAULT 0 CHECK (allow_private IN (0, 1)),
    secret TEXT NOT NULL UNIQUE,
    created_at TEXT NOT NULL,
    told_at TEXT,
    since TEXT,
    ended_at TEXT,
    ended_because TEXT,
    failures INTEGER NOT NULL DEFAULT 0,
    failing_since TEXT,
    next_try TEXT NOT NULL,
    claimed_until TEXT NOT NULL DEFAULT '',
    CHECK ((kind = 'mail') = (every IS NOT NULL))
) STRICT;
CREATE INDEX subscription_due ON subscription (next_try) WHERE ended_at IS NULL;
CREATE INDEX subscription_by_target ON subscription (target) WHERE ended_at IS NULL;

CREATE TABLE event (
    id INTEGER PRIMARY KEY,
    statement TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    what TEXT NOT NULL CHECK (what IN ('first', 'confirmed', 'contested', 'corrected', 'withdrawn')),
    at TEXT NOT NULL,
    channel TEXT NOT NULL REFERENCES channel (slug),
    told TEXT NOT NULL,
    before TEXT,
    reason TEXT,
    UNIQUE (statement, at)
) STRICT;

{_DELIVERIES}"""


@migrations()
def m0015_notifications(db: Database) -> None:
    """Who wants to be told, what happened to statements, and what became of each message.

    `subscription.since`: from when on its events are told; null until a mail address was confirmed. `told_at`: when
    mail last went there. `secret` signs a webhook's messages, or stands in the links of a mail. A delivery is `dead`
    when it was given up, `void` when what it follows never arrived. `attempt` is the log: rows are only added.
    """
    _run(db, _NOTIFICATIONS)
    _guard(db, "event", ())
    _guard(db, "attempt", ())


_INDEXES = "SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL"

_LINKED_BY_REVIEWERS = "('first_word', 'second_word')"


def _wider_chain(further: str) -> str:
    """The chain as it is, open to `further` kinds of entries, a list in parentheses."""
    return f"""
CREATE TABLE chain_link_wider (
    seq INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN {_CHAIN_KINDS} OR kind IN {further}),
    entry INTEGER NOT NULL,
    at TEXT NOT NULL,
    salt TEXT NOT NULL,
    payload TEXT NOT NULL,
    payload_hash TEXT NOT NULL CHECK (length(payload_hash) = 64),
    hash TEXT NOT NULL CHECK (length(hash) = 64),
    UNIQUE (kind, entry)
) STRICT;
INSERT INTO chain_link_wider SELECT * FROM chain_link ORDER BY seq;
DROP TABLE chain_link;
ALTER TABLE chain_link_wider RENAME TO chain_link;
"""


_REVIEWERS = f"""
{_wider_chain(_LINKED_BY_REVIEWERS)}
CREATE TABLE regrouping (
    id INTEGER PRIMARY KEY,
    move TEXT NOT NULL CHECK (move IN ('split', 'merge', 'channel')),
    taken_from INTEGER NOT NULL REFERENCES candidate (id),
    given_to INTEGER NOT NULL REFERENCES candidate (id),
    sightings TEXT NOT NULL,
    regrouped_by TEXT NOT NULL,
    regrouped_at TEXT NOT NULL,
    note TEXT
) STRICT;
INSERT INTO regrouping (id, move, taken_from, given_to, sightings, regrouped_by, regrouped_at)
SELECT id, move, taken_from, given_to, sightings, regrouped_by, regrouped_at FROM regrouping_before;
DROP TABLE regrouping_before;

ALTER TABLE sighting ADD COLUMN found_for TEXT REFERENCES channel (slug);

CREATE TABLE hold (
    id INTEGER PRIMARY KEY,
    candidate INTEGER NOT NULL REFERENCES candidate (id),
    reason TEXT NOT NULL CHECK (reason <> ''),
    until TEXT,
    held_by TEXT NOT NULL,
    held_at TEXT NOT NULL,
    released_at TEXT,
    released_by TEXT,
    released_because TEXT,
    CHECK (until > held_at),
    CHECK ((released_at IS NULL) = (released_because IS NULL))
) STRICT;
CREATE UNIQUE INDEX hold_standing ON hold (candidate) WHERE released_at IS NULL;
CREATE INDEX hold_by_candidate ON hold (candidate);

CREATE TABLE first_word (
    id INTEGER PRIMARY KEY,
    candidate INTEGER NOT NULL REFERENCES candidate (id),
    choice TEXT NOT NULL,
    given_by TEXT NOT NULL,
    given_at TEXT NOT NULL,
    UNIQUE (id, given_by)
) STRICT;
CREATE INDEX first_word_by_candidate ON first_word (candidate);

CREATE TABLE second_word (
    id INTEGER PRIMARY KEY,
    first_word INTEGER NOT NULL UNIQUE,
    first_by TEXT NOT NULL,
    answer TEXT NOT NULL CHECK (answer IN ('confirmed', 'refused', 'withdrawn')),
    given_by TEXT NOT NULL,
    given_at TEXT NOT NULL,
    note TEXT,
    decision INTEGER UNIQUE REFERENCES decision (id),
    FOREIGN KEY (first_word, first_by) REFERENCES first_word (id, given_by),
    CHECK ((answer = 'withdrawn') = (given_by = first_by)),
    CHECK ((answer = 'confirmed') = (decision IS NOT NULL))
) STRICT;

CREATE TABLE presence (
    candidate INTEGER NOT NULL REFERENCES candidate (id),
    reviewer TEXT NOT NULL,
    opened_at TEXT NOT NULL,
    seen_at TEXT NOT NULL,
    PRIMARY KEY (candidate, reviewer)
) STRICT, WITHOUT ROWID;
"""


@migrations()
def m0010_reviewers(db: Database) -> None:
    """What reviewers do besides deciding: hold, move to another channel, ask for a second person, see one another.

    `hold.until` null: until somebody releases it. `sighting.found_for`: the channel that detection named, where a
    reviewer moved it to a candidate of another. `second_word` answers a `first_word`: two accounts, says the table;
    whoever takes their own word back withdraws it. `presence` is a soft mark and no part of the record.
    """
    db.execute("PRAGMA defer_foreign_keys = ON")
    indexes = [index for (index,) in db.execute(_INDEXES, ("regrouping",)).fetchall()]
    db.execute("CREATE TABLE regrouping_before AS SELECT * FROM regrouping")
    db.execute("DROP TABLE regrouping")
    _run(db, _REVIEWERS)
    for index in indexes:  # whichever steps had been applied before this one
        db.execute(index)
    for table in ("chain_link", "regrouping", "first_word", "second_word"):
        _guard(db, table, ())


_PEOPLE = """
ALTER TABLE user ADD COLUMN handle TEXT;
ALTER TABLE session ADD COLUMN seen_at TEXT;
ALTER TABLE session ADD COLUMN agent TEXT NOT NULL DEFAULT '';
ALTER TABLE session ADD COLUMN signed_in_by TEXT CHECK (signed_in_by IN ('password', 'passkey', 'link'));
CREATE INDEX sign_in_link_by_user ON sign_in_link (user);
ALTER TABLE token ADD COLUMN used_at TEXT;

CREATE TABLE passkey (
    id TEXT PRIMARY KEY,
    user TEXT NOT NULL REFERENCES user (name),
    name TEXT NOT NULL,
    public_key TEXT NOT NULL,
    sign_count INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    used_at TEXT
) STRICT;
CREATE INDEX passkey_by_user ON passkey (user);

CREATE TABLE passkey_challenge (
    challenge TEXT PRIMARY KEY,
    user TEXT NOT NULL,
    expires_at TEXT NOT NULL
) STRICT;
CREATE INDEX passkey_challenge_by_end ON passkey_challenge (expires_at);

CREATE TABLE sign_in_attempt (
    key TEXT PRIMARY KEY,
    number INTEGER NOT NULL,
    ends_at TEXT NOT NULL
) STRICT;
CREATE INDEX sign_in_attempt_by_end ON sign_in_attempt (ends_at);

CREATE TABLE audit (
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    actor TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('sign-in', 'account', 'token', 'amendment', 'feed')),
    what TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT,
    address TEXT
) STRICT;
CREATE INDEX audit_by_time ON audit (at, id);
CREATE INDEX decision_by_time ON decision (decided_at, id);
CREATE INDEX regrouping_by_time ON regrouping (regrouped_at, id)
"""

_AMENDED = """
INSERT INTO audit (at, actor, kind, what, subject, detail)
SELECT at, actor, 'amendment', what, subject, reason FROM (
    SELECT recorded_at AS at, recorded_by AS actor, 'corrected' AS what, '{word}-' || id AS subject, reason
    FROM {table} WHERE replaces IS NOT NULL AND decision IS NULL AND seed_key IS NULL
    UNION ALL
    SELECT withdrawn_at, withdrawn_by, 'withdrawn', '{word}-' || id, withdrawn_reason
    FROM {table} WHERE withdrawn_at IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM decision WHERE decision.undoes = {table}.decision)
) AS amended ORDER BY at
"""


@migrations()
def m0017_people(db: Database) -> None:
    """Passkeys, the sessions of people as they see them, tries to sign in, and who did what (`audit`, append-only).

    `user.handle` is what authenticators know a person by. A challenge for signing in has no user (''). What was amended
    before is in the audit from the rows that tell of it; decisions and regroupings stay where they are.
    """
    _run(db, _PEOPLE)
    for table, word in (("status_change", "change"), ("contact", "contact")):
        db.execute(_AMENDED.format(table=table, word=word))
    _guard(db, "audit", ())


_CHECKS = f"""
CREATE TABLE decoy (
    id INTEGER PRIMARY KEY,
    reviewer TEXT NOT NULL,
    key TEXT NOT NULL,
    turns INTEGER NOT NULL CHECK (turns >= 0),
    planned_at TEXT NOT NULL,
    number INTEGER UNIQUE,
    opened_at TEXT,
    published TEXT,
    channel TEXT REFERENCES channel (slug),
    signal TEXT CHECK (signal IN {_SIGNALS}),
    date TEXT CHECK ({_PARTIAL_DATE.format("date")}),
    starts TEXT CHECK (length(starts) = 10),
    confidence REAL CHECK (confidence BETWEEN 0 AND 1),
    evidence TEXT,
    doubts TEXT,
    undated TEXT,
    persons TEXT,
    side TEXT,
    lang TEXT,
    publisher TEXT,
    url TEXT,
    title TEXT,
    summary TEXT,
    answer TEXT CHECK (answer IN ('accepted', 'rejected', 'otherwise')),
    answered_rightly INTEGER CHECK (answered_rightly IN (0, 1)),
    answered_at TEXT,
    UNIQUE (reviewer, key),
    CHECK ((number IS NULL) = (opened_at IS NULL) AND (number IS NULL) = (published IS NULL)),
    CHECK (title IS NULL OR number IS NOT NULL AND channel IS NOT NULL AND summary IS NOT NULL),
    CHECK ((answer IS NULL) = (answered_at IS NULL) AND (answer IS NULL OR title IS NOT NULL)),
    CHECK ((answer IN ('accepted', 'rejected')) = (answered_rightly IS NOT NULL))
) STRICT;
CREATE INDEX decoy_by_title ON decoy (title);
CREATE INDEX decoy_by_url ON decoy (url);

CREATE TABLE blind_reading (
    id INTEGER PRIMARY KEY,
    reviewer TEXT NOT NULL,
    number INTEGER NOT NULL,
    channel TEXT REFERENCES channel (slug),
    signal TEXT CHECK (signal IN {_SIGNALS}),
    date TEXT CHECK ({_PARTIAL_DATE.format("date")}),
    proposed_channel TEXT NOT NULL REFERENCES channel (slug),
    proposed_signal TEXT NOT NULL CHECK (proposed_signal IN {_SIGNALS}),
    proposed_date TEXT CHECK ({_PARTIAL_DATE.format("proposed_date")}),
    at TEXT NOT NULL,
    UNIQUE (reviewer, number),
    CHECK ((channel IS NULL) = (signal IS NULL)),
    CHECK (channel IS NOT NULL OR date IS NULL)
) STRICT;

CREATE TABLE opening (
    reviewer TEXT NOT NULL,
    number INTEGER NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (reviewer, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE decision_time (
    id INTEGER PRIMARY KEY,
    reviewer TEXT NOT NULL,
    day TEXT NOT NULL CHECK (length(day) = 10),
    seconds INTEGER NOT NULL CHECK (seconds BETWEEN 1 AND 1800)
) STRICT;
"""

_RESTS_ON_CANDIDATE = (
    ("sighting", "candidate"), ("decision", "candidate"), ("sample", "candidate"), ("hold", "candidate"),
    ("first_word", "candidate"), ("presence", "candidate"), ("regrouping", "taken_from"), ("regrouping", "given_to"),
)  # fmt: skip
"""What a candidate's number may stand in; foreign keys, which a connection can leave unchecked, say the same."""


def _refuse(db: Database, table: str, when: str, name: str, why: str) -> None:
    """Triggers that refuse rows of `table`, added or changed, for which `when` holds."""
    for verb in ("INSERT", "UPDATE"):
        db.execute(
            f"CREATE TRIGGER {name}_on_{verb.lower()} BEFORE {verb} ON {table} WHEN {when} "
            f"BEGIN SELECT RAISE(ABORT, '{why}'); END"
        )


@migrations()
def m0018_checks_on_ourselves(db: Database) -> None:
    """Decoys, blind readings, and how long decisions take; and that nothing of the record can rest on a decoy.

    A decoy has `number` (one that no candidate has) and an age when it was placed, words when it was dressed, an answer
    when its reviewer gave one. `opening` is forgotten after half an hour. Nothing that rests on a candidate may bear a
    decoy's number, no row of the record may come from such a decision or cite a decoy as its document, and no release
    may have a decoy's words.
    """
    _run(db, _CHECKS)
    _guard(db, "blind_reading", ())
    why = "a decoy is no candidate: nothing can rest on it"
    for table, column in (("candidate", "id"), *_RESTS_ON_CANDIDATE):
        is_decoy = f"EXISTS (SELECT 1 FROM decoy WHERE decoy.number = NEW.{column})"
        _refuse(db, table, is_decoy, f"{table}_{column}_is_no_decoy", why)
    taken = " OR ".join(
        f"EXISTS (SELECT 1 FROM {table} WHERE {table}.{column} = NEW.number)"
        for table, column in (("candidate", "id"), *_RESTS_ON_CANDIDATE)
    )
    _refuse(db, "decoy", f"NEW.number IS NOT NULL AND ({taken})", "decoy_is_no_candidate", "that number is a candidate")
    db.execute(
        "CREATE TRIGGER decoy_stays BEFORE UPDATE ON decoy WHEN OLD.number <> NEW.number OR OLD.title <> NEW.title "
        "OR OLD.summary <> NEW.summary OR OLD.answer IS NOT NULL OR (OLD.number IS NOT NULL AND NEW.number IS NULL) "
        "OR (OLD.title IS NOT NULL AND NEW.title IS NULL) "
        "BEGIN SELECT RAISE(ABORT, 'decoy: its number, words and answer are given once'); END"
    )
    db.execute(
        "CREATE TRIGGER decoy_never_deleted BEFORE DELETE ON decoy "
        "BEGIN SELECT RAISE(ABORT, 'decoy: rows are never deleted'); END"
    )
    for table in ("status_change", "contact", "citation"):
        from_decoy = (
            "EXISTS (SELECT 1 FROM decoy JOIN decision ON decision.candidate = decoy.number "
            "WHERE decision.id = NEW.decision)"
        )
        _refuse(db, table, from_decoy, f"{table}_rests_on_no_decoy", "a decoy cannot reach the record")
    why = "the words are those of a decoy: it cannot reach the record"
    same = "decoy.title = source.title AND decoy.publisher = source.publisher AND decoy.published = source.published"
    is_decoy = f"EXISTS (SELECT 1 FROM decoy WHERE decoy.url = source.url OR {same})"
    _refuse(db, "source", is_decoy.replace("source.", "NEW."), "source_is_no_decoy", why)
    cited = f"EXISTS (SELECT 1 FROM source JOIN decoy ON decoy.url = source.url OR {same} WHERE source.id = NEW.source)"
    _refuse(db, "citation", cited, "citation_is_of_no_decoy", why)
    words = "EXISTS (SELECT 1 FROM decoy WHERE decoy.title = NEW.title AND decoy.summary = NEW.summary)"
    _refuse(db, "release_revision", words, "release_is_no_decoy", "the words are those of a decoy: no release has them")


_SPARE_PAGES = """
CREATE INDEX page_copy_by_time ON page_copy (fetched_at, release, revision);
CREATE INDEX citation_by_release ON citation (release) WHERE release IS NOT NULL;
CREATE INDEX citation_by_page ON citation (page_sha256) WHERE page_sha256 IS NOT NULL;
CREATE INDEX page_visit_by_copy ON page_visit (sha256) WHERE sha256 IS NOT NULL;
CREATE INDEX watched_page_by_baseline ON watched_page (baseline) WHERE baseline IS NOT NULL;

CREATE VIEW spare_page AS
SELECT release, revision, fetched_at FROM page_copy
WHERE NOT EXISTS (SELECT 1 FROM citation WHERE citation.release = page_copy.release)
    AND NOT EXISTS (SELECT 1 FROM citation WHERE citation.page_sha256 = page_copy.sha256)
    AND NOT EXISTS (SELECT 1 FROM source WHERE source.url = page_copy.url)
    AND NOT EXISTS (SELECT 1 FROM release_name JOIN source ON source.url = release_name.url
        WHERE release_name.release = page_copy.release)
    AND NOT EXISTS (SELECT 1 FROM sighting JOIN candidate ON candidate.id = sighting.candidate
        WHERE sighting.release = page_copy.release AND candidate.status IN ('pending', 'accepted', 'recorded'))
    AND NOT EXISTS (SELECT 1 FROM sample JOIN candidate ON candidate.id = sample.candidate
        WHERE sample.release = page_copy.release AND candidate.status = 'pending')
    AND NOT EXISTS (SELECT 1 FROM watched_page WHERE watched_page.baseline = page_copy.sha256)
    AND NOT EXISTS (SELECT 1 FROM page_visit WHERE page_visit.sha256 = page_copy.sha256);

CREATE TRIGGER page_copy_spare_deleted BEFORE DELETE ON page_copy
WHEN NOT EXISTS (SELECT 1 FROM spare_page WHERE release = OLD.release AND revision = OLD.revision)
BEGIN SELECT RAISE(ABORT, 'page_copy: a copy on which something rests is never deleted'); END
"""


@migrations()
def m0021_spare_pages(db: Database) -> None:
    """Copies of releases' pages may go on which nothing rests (`spare_page`): no row of the record, standing or
    withdrawn, no candidate that waits or was accepted, no visit to a cited page. The database refuses all others.
    """
    db.execute("DROP TRIGGER page_copy_never_deleted")
    _run(db, _SPARE_PAGES)


_FEED_ENTRY = """
CREATE TABLE feed_entry (
    id INTEGER PRIMARY KEY,
    slug TEXT NOT NULL,
    deed TEXT NOT NULL CHECK (deed IN ('added', 'changed', 'removed')),
    relationship TEXT NOT NULL,
    entry TEXT NOT NULL,
    done_by TEXT NOT NULL,
    done_at TEXT NOT NULL
) STRICT;

CREATE INDEX feed_entry_by_slug ON feed_entry (slug, id)
"""


@migrations()
def m0022_feeds_that_people_add(db: Database) -> None:
    """Entries of feeds beside those of feeds.yaml, as JSON with its keys; the last row of a slug says how it stands."""
    _run(db, _FEED_ENTRY)
    _guard(db, "feed_entry", ())


_WHAT_HAPPENED = (
    "('first', 'confirmed', 'contested', 'corrected', 'withdrawn', 'reported', 'accepted', 'rejected', 'reopened')"
)

_IN_OTHER_WORDS = f"""
ALTER TABLE subscription ADD COLUMN language TEXT NOT NULL DEFAULT 'en' CHECK (language IN ('en', 'zh'));
ALTER TABLE subscription ADD COLUMN signals INTEGER NOT NULL DEFAULT 0 CHECK (signals IN (0, 1));

ALTER TABLE event RENAME TO event_before;
ALTER TABLE delivery RENAME TO delivery_before;
ALTER TABLE attempt RENAME TO attempt_before;
DROP INDEX delivery_pending;
DROP INDEX delivery_by_event;
DROP INDEX delivery_dead;
DROP INDEX attempt_by_subscription;
DROP INDEX attempt_by_delivery;

CREATE TABLE event (
    id INTEGER PRIMARY KEY,
    statement TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    what TEXT NOT NULL CHECK (what IN {_WHAT_HAPPENED}),
    at TEXT NOT NULL,
    channel TEXT NOT NULL REFERENCES channel (slug),
    told TEXT NOT NULL,
    worded TEXT NOT NULL DEFAULT '{{}}',
    before TEXT,
    reason TEXT,
    candidate INTEGER REFERENCES candidate (id),
    UNIQUE (statement, at),
    UNIQUE (candidate, sequence)
) STRICT;
{_DELIVERIES}

INSERT INTO event (id, statement, sequence, what, at, channel, told, before, reason)
SELECT id, statement, sequence, what, at, channel, told, before, reason FROM event_before ORDER BY id;
INSERT INTO delivery SELECT * FROM delivery_before ORDER BY id;
INSERT INTO attempt SELECT * FROM attempt_before ORDER BY id;
DROP TABLE attempt_before;
DROP TABLE delivery_before;
DROP TABLE event_before;
"""


@migrations()
def m0023_messages_in_two_languages_and_signals(db: Database) -> None:
    """In which language a subscription is told, and whether it asked for signals that nobody has reviewed.

    `event.worded`: what is told otherwise in another language, by language. `event.candidate`: the candidate of which
    a signal told, and what became of it since; null for what happened to a statement. What refers to `event` is made
    anew with it, since SQLite changes no constraint.
    """
    _run(db, _IN_OTHER_WORDS)
    _guard(db, "event", ())
    _guard(db, "attempt", ())


_MANY = """
CREATE TABLE feed_share (
    feed TEXT NOT NULL REFERENCES feed (slug),
    relationship TEXT NOT NULL REFERENCES relationship (slug),
    PRIMARY KEY (feed, relationship)
) STRICT, WITHOUT ROWID;

ALTER TABLE user ADD COLUMN relationships TEXT;
ALTER TABLE token ADD COLUMN relationships TEXT;
"""


@migrations()
def m0025_many_relationships(db: Database) -> None:
    """For which further relationships a feed is read, and to which people and tokens are limited.

    `relationships` is a JSON list of slugs; NULL: all of them, also those to come.
    """
    _run(db, _MANY)


_CHANGES_OF_FEEDS = """
ALTER TABLE feed ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
CREATE INDEX feed_by_revision ON feed (revision);
DROP INDEX poll_telling;
DROP INDEX poll_by_end;
CREATE INDEX poll_telling ON poll (feed, ended_at) WHERE vouches = 0;
"""

_SAMPLE_OF_EACH = """
CREATE TABLE sample_before AS SELECT * FROM sample;
DROP TABLE sample;
CREATE TABLE sample (
    release INTEGER NOT NULL REFERENCES release (id),
    relationship TEXT NOT NULL,
    week TEXT NOT NULL,
    side TEXT NOT NULL,
    lang TEXT NOT NULL,
    flagged INTEGER NOT NULL CHECK (flagged IN (0, 1)),
    probability REAL NOT NULL CHECK (probability > 0 AND probability <= 1),
    candidate INTEGER REFERENCES candidate (id),
    taken_at TEXT NOT NULL,
    PRIMARY KEY (release, relationship),
    CHECK ((flagged = 1) = (candidate IS NULL)),
    FOREIGN KEY (relationship, week, side, lang) REFERENCES sampling_rate (relationship, week, side, lang)
) STRICT;
CREATE UNIQUE INDEX sample_by_candidate ON sample (candidate);
INSERT INTO sample SELECT * FROM sample_before ORDER BY release;
DROP TABLE sample_before;
"""


@migrations()
def m0027_many_feeds(db: Database) -> None:
    """From which revision of polls on a feed is as it is, so that a process need not read all of them after each poll;
    polls are found by feed alone, also those that leave a hole. A release is measured for each relationship for which
    it is read.
    """
    _run(db, _CHANGES_OF_FEEDS)
    _run(db, _SAMPLE_OF_EACH)
    _guard(db, "sample", ())
    is_decoy = "EXISTS (SELECT 1 FROM decoy WHERE decoy.number = NEW.candidate)"
    why = "a decoy is no candidate: nothing can rest on it"
    _refuse(db, "sample", is_decoy, "sample_candidate_is_no_decoy", why)


@migrations()
def m0028_guards_on_what_came_later(db: Database) -> None:
    """Columns that polls and wordings had only after their guards were made are never changed either."""
    for table in ("poll", "release_revision"):
        db.execute(f"DROP TRIGGER {table}_never_changed")
        db.execute(f"DROP TRIGGER {table}_never_deleted")
        _guard(db, table, ())


_BASES = f"""
{_wider_chain("('first_word', 'second_word', 'basis')")}
CREATE TABLE basis (
    id INTEGER PRIMARY KEY,
    candidate INTEGER NOT NULL REFERENCES candidate (id),
    told TEXT NOT NULL,
    recorded_at TEXT NOT NULL
) STRICT;
CREATE INDEX basis_by_candidate ON basis (candidate, id);

ALTER TABLE status_change ADD COLUMN unconfirmed TEXT CHECK (unconfirmed IN ('date'));
ALTER TABLE contact ADD COLUMN unconfirmed TEXT CHECK (unconfirmed IN ('date', 'place', 'date place'));
ALTER TABLE feed ADD COLUMN unconfirmed TEXT CHECK (unconfirmed IN ('address'));
"""


@migrations()
def m0029_what_decisions_rest_on(db: Database) -> None:
    """Candidates that were decided, with sightings and releases, as links of the chain; what could not be confirmed.

    `basis.told`: which rows are new or other since the basis before, as JSON (`tracker/record/basis.py`). What was
    decided before this step is taken down as it stands now, with the instant of now: what was changed until then cannot
    be found. A later step that adds a column to one of those rows, with anything but NULL in it, has to seal anew.
    `unconfirmed`: what an entry says, or the address of a feed, though it could not be confirmed.
    """
    for table in ("status_change", "contact"):
        for trigger in ("never_deleted", "never_changed", "withdrawn_once"):
            db.execute(f"DROP TRIGGER {table}_{trigger}")
    _run(db, _BASES)
    for table in ("status_change", "contact"):
        _guard(db, table, _MAY_CHANGE[table])
    for table in ("chain_link", "basis"):
        _guard(db, table, ())
    Bases(db.conn).seal_all(at=datetime.now(UTC))


@migrations()
def m0030_denials(db: Database) -> None:
    """Whether a cited document denies what the row tells: 1, or NULL as in every row before."""
    for trigger in ("never_deleted", "never_changed", "withdrawn_once"):
        db.execute(f"DROP TRIGGER citation_{trigger}")
    db.execute("ALTER TABLE citation ADD COLUMN denies INTEGER CHECK (denies = 1)")
    _guard(db, "citation", _MAY_CHANGE["citation"])


_PAST = """
CREATE TABLE past (
    id INTEGER PRIMARY KEY,
    subject TEXT NOT NULL CHECK (subject IN ('channel', 'feed', 'measured')),
    name TEXT NOT NULL,
    at TEXT NOT NULL,
    told TEXT NOT NULL
) STRICT;
CREATE INDEX past_by_name ON past (subject, name, id, at);
"""


@migrations()
def m0031_past(db: Database) -> None:
    """What is overwritten where it stands is kept as it stood (`db/past.py`), first of all as it stands now."""
    _run(db, _PAST)
    _guard(db, "past", ())
    Past(db.conn).keep_all(at=datetime.now(UTC))


_LEVELS = "('leaders', 'ministers', 'deputies', 'commanders', 'directors', 'working')"


@migrations()
def m0032_levels(db: Database) -> None:
    """At which level a cited document says that the sides met, or NULL as in every row before."""
    for trigger in ("never_deleted", "never_changed", "withdrawn_once"):
        db.execute(f"DROP TRIGGER citation_{trigger}")
    db.execute(f"ALTER TABLE citation ADD COLUMN level TEXT CHECK (level IN {_LEVELS})")
    _guard(db, "citation", _MAY_CHANGE["citation"])


@migrations()
def m0033_ids_of_items(db: Database) -> None:
    """What is wrong with the ids by which a feed tells its items apart, in a sentence."""
    db.execute("ALTER TABLE feed ADD COLUMN ids TEXT")
