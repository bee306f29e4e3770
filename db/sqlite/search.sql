-- name: add_record_words(id, names, words, about)*!
INSERT INTO record_words (rowid, names, words, about) VALUES (:id, :names, :words, :about);

-- name: found_in_record(words, known_at, most)
SELECT document.kind, document.channel, document.entry, bm25(record_words, 8.0, 3.0, 1.0) AS score
FROM record_words JOIN record_document document ON document.id = record_words.rowid
WHERE record_words MATCH :words AND document.since <= :known_at
    AND (document.until IS NULL OR document.until > :known_at)
ORDER BY score LIMIT :most;

-- name: add_release_words(id, title, body)*!
INSERT INTO release_words (rowid, title, body) VALUES (:id, :title, :body);

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
