-- name: standing(kind, channel, entry)^
SELECT id, since, digest FROM record_document
WHERE kind = :kind AND channel = :channel AND entry = :entry AND until IS NULL;

-- name: add_record_document(kind, channel, entry, since, digest)<!
INSERT INTO record_document (kind, channel, entry, since, digest) VALUES (:kind, :channel, :entry, :since, :digest);

-- name: add_record_words(id, names, words, about)*!
INSERT INTO record_words (rowid, names, words, about) VALUES (:id, :names, :words, :about);

-- name: end_record_document(id, until)!
UPDATE record_document SET until = :until WHERE id = :id;

-- name: drop_record_document(id)!
DELETE FROM record_document WHERE id = :id;

-- name: found_in_record(words, known_at, most)
SELECT document.kind, document.channel, document.entry, bm25(record_words, 8.0, 3.0, 1.0) AS score
FROM record_words JOIN record_document document ON document.id = record_words.rowid
WHERE record_words MATCH :words AND document.since <= :known_at
    AND (document.until IS NULL OR document.until > :known_at)
ORDER BY score LIMIT :most;

-- name: add_release_document(release, revision, side, lang, published, since, until)<!
INSERT INTO release_document (release, revision, side, lang, published, since, until)
VALUES (:release, :revision, :side, :lang, :published, :since, :until);

-- name: add_release_words(id, title, body)*!
INSERT INTO release_words (rowid, title, body) VALUES (:id, :title, :body);

-- name: end_release_document(release, until)!
UPDATE release_document SET until = :until WHERE release = :release AND until IS NULL;

-- name: found_releases(words, known_at, side, lang, first, last, score, id, most)
-- The best after the one of that score and document, in the newest revision known by then.
SELECT document.id, document.release, document.revision, bm25(release_words, 6.0, 1.0) AS score
FROM release_words JOIN release_document document ON document.id = release_words.rowid
WHERE release_words MATCH :words AND document.since <= :known_at
    AND (document.until IS NULL OR document.until > :known_at)
    AND (:side = '' OR document.side = :side) AND (:lang = '' OR document.lang = :lang)
    AND document.published BETWEEN :first AND :last
    AND (:id = 0 OR score > :score OR (score = :score AND document.id < :id))
ORDER BY score, document.id DESC LIMIT :most;

-- name: count_releases(words, known_at, side, lang, first, last)^
SELECT COUNT(*) AS number
FROM release_words JOIN release_document document ON document.id = release_words.rowid
WHERE release_words MATCH :words AND document.since <= :known_at
    AND (document.until IS NULL OR document.until > :known_at)
    AND (:side = '' OR document.side = :side) AND (:lang = '' OR document.lang = :lang)
    AND document.published BETWEEN :first AND :last;

-- name: release_in(release, revision)^
SELECT release.id, release.feed, release.url, release.side, release.publisher, release.lang, release.published,
       release_revision.title, release_revision.summary
FROM release JOIN release_revision ON release_revision.release = release.id
WHERE release.id = :release AND release_revision.number = :revision;

-- name: every_revision()
SELECT release.id, release.side, release.lang, release.publisher, release.published, release.feed, release.url,
       release_revision.title, release_revision.summary, release_revision.number, release_revision.seen_at,
       (SELECT next.seen_at FROM release_revision next
           WHERE next.release = release.id AND next.number = release_revision.number + 1) AS until
FROM release JOIN release_revision ON release_revision.release = release.id
ORDER BY release.id, release_revision.number;
