-- name: status_change_row(id)^
SELECT * FROM status_change WHERE id = :id;

-- name: contact_row(id)^
SELECT * FROM contact WHERE id = :id;

-- name: decision_row(id)^
SELECT * FROM decision WHERE id = :id;

-- name: regrouping_row(id)^
SELECT * FROM regrouping WHERE id = :id;

-- name: first_word_row(id)^
SELECT * FROM first_word WHERE id = :id;

-- name: second_word_row(id)^
-- Who gave the first word is sealed in its own entry, to which `first_word` and `first_by` are tied.
SELECT id, first_word, answer, given_by, given_at, note, decision FROM second_word WHERE id = :id;

-- name: basis_row(id)^
SELECT * FROM basis WHERE id = :id;

-- name: citation_row(id)^
-- A citation with the source, and what is kept of the very words and page that were cited.
SELECT citation.*, source.url AS source_url, source.title AS source_title, source.publisher AS source_publisher,
       source.side AS source_side, source.published AS source_published,
       release_revision.seen_at AS words_seen_at, release_revision.published_raw AS words_published_raw,
       page_copy.url AS page_url, page_copy.fetched_at AS page_fetched_at, page_copy.content_type AS page_content_type
FROM citation
LEFT JOIN source ON source.id = citation.source
LEFT JOIN release_revision
    ON release_revision.release = citation.release AND release_revision.number = citation.revision
LEFT JOIN page_copy ON page_copy.release = citation.release AND page_copy.revision = citation.revision
    AND page_copy.sha256 = citation.page_sha256
WHERE citation.id = :id;

-- name: last_link()^
SELECT * FROM chain_link ORDER BY seq DESC LIMIT 1;

-- name: head(known_at)^
-- The links' instants go up with their numbers.
SELECT seq, hash, at FROM chain_link WHERE at <= :known_at ORDER BY seq DESC LIMIT 1;

-- name: add_link(seq, kind, entry, at, salt, payload, payload_hash, hash)!
INSERT INTO chain_link (seq, kind, entry, at, salt, payload, payload_hash, hash)
VALUES (:seq, :kind, :entry, :at, :salt, :payload, :payload_hash, :hash);

-- name: links()
SELECT * FROM chain_link ORDER BY seq;

-- name: links_from(seq)
SELECT seq, payload_hash, hash FROM chain_link WHERE seq >= :seq ORDER BY seq;

-- name: link(seq)^
SELECT * FROM chain_link WHERE seq = :seq;

-- name: count_links()^
SELECT COUNT(*) AS number FROM chain_link;

-- name: daily_heads(known_at)
SELECT seq, hash, at FROM chain_link
WHERE seq IN (SELECT MAX(seq) FROM chain_link WHERE at <= :known_at GROUP BY SUBSTR(at, 1, 10))
ORDER BY seq;

-- name: unlinked()
-- Entries that are not in the chain, in the order in which they were recorded.
SELECT told.kind, told.id, told.at
FROM (
    SELECT 'decision' AS kind, id, decided_at AS at, 1 AS place FROM decision
    UNION ALL SELECT 'contact', id, recorded_at, 2 FROM contact
    UNION ALL SELECT 'status_change', id, recorded_at, 3 FROM status_change
    UNION ALL SELECT 'citation', id, recorded_at, 4 FROM citation
    UNION ALL SELECT 'contact_withdrawn', id, withdrawn_at, 5 FROM contact WHERE withdrawn_at IS NOT NULL
    UNION ALL SELECT 'status_change_withdrawn', id, withdrawn_at, 6 FROM status_change WHERE withdrawn_at IS NOT NULL
    UNION ALL SELECT 'citation_withdrawn', id, withdrawn_at, 7 FROM citation WHERE withdrawn_at IS NOT NULL
    UNION ALL SELECT 'regrouping', id, regrouped_at, 8 FROM regrouping
) AS told
WHERE NOT EXISTS (SELECT 1 FROM chain_link WHERE chain_link.kind = told.kind AND chain_link.entry = told.id)
ORDER BY told.at, told.place, told.id;

-- name: unlinked_words()
-- The same of what two reviewers said and of what decisions rest on, which were never without a link.
SELECT told.kind, told.id
FROM (SELECT 'first_word' AS kind, id FROM first_word UNION ALL SELECT 'second_word', id FROM second_word
      UNION ALL SELECT 'basis', id FROM basis) AS told
WHERE NOT EXISTS (SELECT 1 FROM chain_link WHERE chain_link.kind = told.kind AND chain_link.entry = told.id);

-- name: links_of_status_change(id)
-- A claim's own entry, its sources, the decisions behind them, what was taken back, and what replaced it.
WITH cited AS (SELECT id, decision FROM citation WHERE status_change = :id),
rows_of AS (SELECT id, decision FROM status_change WHERE id = :id OR replaces = :id),
decided AS (SELECT decision FROM rows_of UNION SELECT decision FROM cited),
told AS (
    SELECT 'status_change' AS kind, id FROM rows_of
    UNION ALL SELECT 'status_change_withdrawn', id FROM rows_of
    UNION ALL SELECT 'citation', id FROM cited
    UNION ALL SELECT 'citation_withdrawn', id FROM cited
    UNION ALL SELECT 'decision', id FROM decision
        WHERE id IN (SELECT decision FROM decided) OR undoes IN (SELECT decision FROM decided)
    UNION ALL SELECT 'first_word', first_word FROM second_word WHERE decision IN (SELECT decision FROM decided)
    UNION ALL SELECT 'second_word', id FROM second_word WHERE decision IN (SELECT decision FROM decided)
)
SELECT chain_link.* FROM told
JOIN chain_link ON chain_link.kind = told.kind AND chain_link.entry = told.id
ORDER BY chain_link.seq;

-- name: links_of_contact(id)
WITH cited AS (SELECT id, decision FROM citation WHERE contact = :id),
rows_of AS (SELECT id, decision FROM contact WHERE id = :id OR replaces = :id),
decided AS (SELECT decision FROM rows_of UNION SELECT decision FROM cited),
told AS (
    SELECT 'contact' AS kind, id FROM rows_of
    UNION ALL SELECT 'contact_withdrawn', id FROM rows_of
    UNION ALL SELECT 'citation', id FROM cited
    UNION ALL SELECT 'citation_withdrawn', id FROM cited
    UNION ALL SELECT 'decision', id FROM decision
        WHERE id IN (SELECT decision FROM decided) OR undoes IN (SELECT decision FROM decided)
    UNION ALL SELECT 'first_word', first_word FROM second_word WHERE decision IN (SELECT decision FROM decided)
    UNION ALL SELECT 'second_word', id FROM second_word WHERE decision IN (SELECT decision FROM decided)
)
SELECT chain_link.* FROM told
JOIN chain_link ON chain_link.kind = told.kind AND chain_link.entry = told.id
ORDER BY chain_link.seq;

-- name: public_decisions()
-- The decisions behind rows and citations, those that undid them, and what first and second persons said of them: what
-- the proofs of claims show.
WITH decided AS (
    SELECT decision FROM status_change WHERE decision IS NOT NULL
    UNION SELECT decision FROM contact WHERE decision IS NOT NULL
    UNION SELECT decision FROM citation WHERE decision IS NOT NULL)
SELECT 'decision' AS kind, id FROM decision
WHERE id IN (SELECT decision FROM decided) OR undoes IN (SELECT decision FROM decided)
UNION ALL SELECT 'first_word', first_word FROM second_word WHERE decision IN (SELECT decision FROM decided)
UNION ALL SELECT 'second_word', id FROM second_word WHERE decision IN (SELECT decision FROM decided);

-- name: cited_words(release, revision)^
SELECT title, summary FROM release_revision WHERE release = :release AND number = :revision;

-- name: cited_page(release, revision, sha256)^
SELECT body FROM page_copy WHERE release = :release AND revision = :revision AND sha256 = :sha256;
