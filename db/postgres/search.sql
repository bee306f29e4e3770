-- name: add_record_words(document, words)*!
-- A document that the same transaction took out again has no words.
INSERT INTO record_words (document, words)
SELECT id, CAST(:words AS tsvector) FROM record_document WHERE id = :document;

-- name: found_in_record(words, known_at, most)
SELECT document.kind, document.channel, document.entry,
       CAST(-ts_rank('{0, 0.125, 0.375, 1}', record_words.words, CAST(:words AS tsquery), 1) AS double precision) AS score
FROM record_words JOIN record_document AS document ON document.id = record_words.document
WHERE record_words.words @@ CAST(:words AS tsquery) AND document.since <= :known_at
    AND (document.until IS NULL OR document.until > :known_at)
ORDER BY score, document.id LIMIT :most;

-- name: add_release_words(document, words)*!
INSERT INTO release_words (document, words) VALUES (:document, CAST(:words AS tsvector));

-- name: found_releases(words, known_at, side, lang, first, last, score, id, most)
-- The best after the one of that score and document, in the newest revision known by then.
SELECT * FROM (
    SELECT document.id, document.release, document.revision,
        CAST(-ts_rank('{0, 0, 0.167, 1}', release_words.words, CAST(:words AS tsquery), 1) AS double precision) AS score
    FROM release_words JOIN release_document AS document ON document.id = release_words.document
    WHERE release_words.words @@ CAST(:words AS tsquery) AND document.since <= :known_at
        AND (document.until IS NULL OR document.until > :known_at)
        AND (:side = '' OR document.side = :side) AND (:lang = '' OR document.lang = :lang)
        AND document.published BETWEEN :first AND :last
) AS found
WHERE :id = 0 OR score > :score OR (score = :score AND id < :id)
ORDER BY score, id DESC LIMIT :most;

-- name: count_releases(words, known_at, side, lang, first, last)^
SELECT COUNT(*) AS number
FROM release_words JOIN release_document AS document ON document.id = release_words.document
WHERE release_words.words @@ CAST(:words AS tsquery) AND document.since <= :known_at
    AND (document.until IS NULL OR document.until > :known_at)
    AND (:side = '' OR document.side = :side) AND (:lang = '' OR document.lang = :lang)
    AND document.published BETWEEN :first AND :last;
