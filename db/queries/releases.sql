-- Where a lookup leads from one table into another, what leads there is a subquery with one answer. PostgreSQL cannot turn
-- that around; of a join it knows no better, until it has counted the rows, than to begin with all releases of a side.

-- name: named(feed, guid)^
SELECT release, hash, canonical_url FROM release_name WHERE feed = :feed AND guid = :guid;

-- name: release_by_address(canonical_url, side)^
SELECT id, revision, (SELECT hash FROM release_revision
    WHERE release_revision.release = release.id AND release_revision.number = release.revision) AS hash
FROM release WHERE id = (SELECT MIN(release_name.release) FROM release_name
    WHERE release_name.canonical_url = :canonical_url
        AND (SELECT named.side FROM release named WHERE named.id = release_name.release) = :side);

-- name: release_by_name(feed, guid)^
-- Not by IS NOT DISTINCT FROM, for which PostgreSQL looks through all names.
SELECT release.id, release.revision, release_revision.hash
FROM release_name
JOIN release ON release.id = release_name.release
JOIN release_revision ON release_revision.release = release.id AND release_revision.number = release.revision
WHERE release_name.guid = :guid AND release_name.feed = :feed
    OR release_name.guid = :guid AND release_name.feed IS NULL AND CAST(:feed AS TEXT) IS NULL
ORDER BY release.id LIMIT 1;

-- name: releases_by_words(first, second, third, side, lang, since, until, most)
-- The newest releases of a side and of about one time that may have nearly the same words.
SELECT DISTINCT release FROM release_key
WHERE key IN (:first, :second, :third) AND (SELECT COUNT(*) FROM release
    WHERE release.id = release_key.release AND release.side = :side AND release.lang = :lang
        AND release.published BETWEEN :since AND :until) = 1
ORDER BY release DESC LIMIT :most;

-- name: said_before(feed, hash, raw, published, since, most)
-- Releases of a feed that came in these very words with the date as it is written: of the same day, or lately. They are
-- looked for among its newest, twice as many as are read of one document; CROSS JOIN has SQLite begin with these.
SELECT lately.id, lately.revision, release_revision.hash, release_name.canonical_url
FROM (SELECT id, revision, published FROM release WHERE feed = :feed ORDER BY first_seen DESC LIMIT 1000) lately
CROSS JOIN release_name
CROSS JOIN release_revision
WHERE release_name.release = lately.id AND release_name.feed = :feed AND release_name.hash = :hash
    AND release_revision.release = lately.id AND release_revision.number = lately.revision
    AND COALESCE(release_revision.published_raw, '') = :raw
    AND (lately.published = :published OR release_name.seen_at >= :since)
ORDER BY release_name.seen_at DESC LIMIT :most;

-- name: names_of(release)
SELECT feed, guid, url, because, seen_at FROM release_name WHERE release = :release ORDER BY seen_at, rowid;

-- name: add_name(release, feed, guid, url, canonical_url, hash, because, seen_at)!
INSERT INTO release_name (release, feed, guid, url, canonical_url, hash, because, seen_at)
VALUES (:release, :feed, :guid, :url, :canonical_url, :hash, :because, :seen_at);

-- name: drop_name(feed, guid)!
DELETE FROM release_name WHERE feed = :feed AND guid = :guid;

-- name: renew_name(feed, guid, url, canonical_url, hash)!
UPDATE release_name SET url = :url, canonical_url = :canonical_url, hash = :hash
WHERE guid = :guid AND feed = :feed OR guid = :guid AND feed IS NULL AND CAST(:feed AS TEXT) IS NULL;

-- name: add_keys(key, release)*!
INSERT INTO release_key (key, release) VALUES (:key, :release) ON CONFLICT DO NOTHING;

-- name: shown(feed)^
SELECT last_shown FROM feed WHERE slug = :feed;

-- name: shown_elsewhere(release, feed)
-- What other feeds show under which the release has come too; there may be very many others.
SELECT last_shown FROM feed
WHERE slug <> :feed AND enabled = 1 AND slug IN (SELECT feed FROM release_name WHERE release = :release);

-- name: set_shown(feed, shown)!
UPDATE feed SET last_shown = :shown WHERE slug = :feed;

-- name: set_back(release)*!
UPDATE release SET gone_since = NULL WHERE id = :release AND gone_since IS NOT NULL;

-- name: set_gone(release, since)!
UPDATE release SET gone_since = :since WHERE id = :release;

-- name: whole_release(release)^
SELECT * FROM release WHERE id = :release;

-- name: revisions(release)
SELECT number, title, summary, published_raw, seen_at, late FROM release_revision
WHERE release = :release ORDER BY number;

-- name: release_by_id(release)^
SELECT release.id, release.revision, release_revision.hash, release_revision.published_raw, release_revision.title,
       release_revision.summary
FROM release JOIN release_revision
    ON release_revision.release = release.id AND release_revision.number = release.revision
WHERE release.id = :release;

-- name: add_release(feed, guid, url, canonical_url, side, publisher, lang, published, first_seen)^
INSERT INTO release (feed, guid, url, canonical_url, side, publisher, lang, published, first_seen)
VALUES (:feed, :guid, :url, :canonical_url, :side, :publisher, :lang, :published, :first_seen)
RETURNING id;

-- name: add_revision(release, number, title, summary, published_raw, hash, seen_at, late)!
INSERT INTO release_revision (release, number, title, summary, published_raw, hash, seen_at, late)
VALUES (:release, :number, :title, :summary, :published_raw, :hash, :seen_at, :late);

-- name: summary_of(feed, guid)^
SELECT release_revision.summary
FROM release_name
JOIN release ON release.id = release_name.release
JOIN release_revision ON release_revision.release = release.id AND release_revision.number = release.revision
WHERE release_name.feed = :feed AND release_name.guid = :guid;

-- name: set_revision(release, number)!
UPDATE release SET revision = :number WHERE id = :release;

-- name: releases(feed, since, after, most)
SELECT release.id, release.feed, release.url, release.side, release.publisher, release.lang, release.published,
       release.revision, release_revision.title, release_revision.summary
FROM release JOIN release_revision
    ON release_revision.release = release.id AND release_revision.number = release.revision
WHERE (:feed = '' OR release.feed = :feed) AND release.published >= :since AND release.id > :after
ORDER BY release.id LIMIT :most;

-- name: newest_releases(feed, most, at)
-- Each in the words that it had by an instant.
SELECT release.id, release.feed, release.url, release.side, release.publisher, release.lang, release.published,
       release.first_seen, release.gone_since, release_revision.title, release_revision.summary
FROM release JOIN release_revision
    ON release_revision.release = release.id AND release_revision.number = (SELECT MAX(number)
        FROM release_revision known WHERE known.release = release.id AND known.seen_at <= :at)
WHERE release.feed = :feed AND release.first_seen <= :at
ORDER BY release.first_seen DESC, release.published DESC, release.id LIMIT :most;

-- name: count_releases(feed, since)^
SELECT COUNT(*) AS number FROM release
WHERE (:feed = '' OR release.feed = :feed) AND release.published >= :since;
