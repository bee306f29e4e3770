-- name: unwatched()
-- Addresses that the record cites and nobody watches yet, with the newest date of publication that is cited with each.
-- PostgreSQL cannot have longer ones in an index.
SELECT source.url, MAX(source.published) AS published
FROM source JOIN citation ON citation.source = source.id AND citation.withdrawn_at IS NULL
WHERE source.url LIKE 'http%' AND LENGTH(source.url) <= 2000 AND NOT EXISTS (SELECT 1 FROM watched_page WHERE watched_page.url = source.url)
GROUP BY source.url ORDER BY source.url;

-- name: watch(url, next_visit, reads)!
INSERT INTO watched_page (url, next_visit, reads) VALUES (:url, :next_visit, :reads) ON CONFLICT DO NOTHING;

-- name: due(now, latest_visit, latest_claim, most)
SELECT url FROM watched_page
WHERE (next_visit <= :now OR next_visit > :latest_visit) AND (claimed_until <= :now OR claimed_until > :latest_claim)
    AND EXISTS (
        SELECT 1 FROM source JOIN citation ON citation.source = source.id
        WHERE source.url = watched_page.url AND citation.withdrawn_at IS NULL)
ORDER BY next_visit, url LIMIT :most;

-- name: claim(url, now, until, latest_visit, latest_claim, if_due)^
UPDATE watched_page SET claimed_until = :until
WHERE url = :url AND (claimed_until <= :now OR claimed_until > :latest_claim)
    AND (:if_due = 0 OR next_visit <= :now OR next_visit > :latest_visit)
RETURNING url;

-- name: put_off(url, until)!
UPDATE watched_page SET next_visit = :until WHERE url = :url AND next_visit < :until;

-- name: give_back(url, next_visit)!
UPDATE watched_page SET next_visit = :next_visit, claimed_until = '' WHERE url = :url;

-- name: page(url)^
SELECT * FROM watched_page WHERE url = :url;

-- name: pages()
SELECT * FROM watched_page ORDER BY next_visit, url;

-- name: settle(url, baseline, next_visit, reads, failures, fault, state, since, missing, moved_to, doubted, doubted_since, doubts, last_read)!
UPDATE watched_page SET baseline = :baseline, next_visit = :next_visit, claimed_until = '', reads = :reads,
    failures = :failures, fault = :fault, state = :state, since = :since, missing = :missing, moved_to = :moved_to,
    doubted = :doubted, doubted_since = :doubted_since, doubts = :doubts, last_read = :last_read
WHERE url = :url;

-- name: quotes(url)
SELECT DISTINCT citation.quote FROM source JOIN citation ON citation.source = source.id
WHERE source.url = :url AND citation.withdrawn_at IS NULL AND citation.quote IS NOT NULL
ORDER BY citation.quote;

-- name: copy_when_cited(url, canonical_url)^
-- The page of a release as it was when the record cited it, or the first copy of it since.
SELECT page_copy.sha256, page_copy.fetched_at, MIN(citation.recorded_at) AS cited_at
FROM source JOIN citation ON citation.source = source.id
JOIN release_name ON release_name.canonical_url = :canonical_url
JOIN page_copy ON page_copy.release = release_name.release
WHERE source.url = :url
GROUP BY page_copy.sha256, page_copy.fetched_at
ORDER BY page_copy.fetched_at > MIN(citation.recorded_at),
    CASE WHEN page_copy.fetched_at <= MIN(citation.recorded_at) THEN page_copy.fetched_at END DESC,
    page_copy.fetched_at
LIMIT 1;

-- name: copy_by_hash(sha256)^
SELECT url, fetched_at, content_type, body FROM kept_copy WHERE sha256 = :sha256 LIMIT 1;

-- name: keep_copy(sha256, url, fetched_at, content_type, size, body)!
INSERT INTO cited_copy (sha256, url, fetched_at, content_type, size, body)
SELECT :sha256, :url, :fetched_at, :content_type, :size, :body
WHERE NOT EXISTS (SELECT 1 FROM kept_copy WHERE sha256 = :sha256);

-- name: add_visit(url, at, found, fault, status, final_url, sha256, words, stands_since, missing, moved_to, asks)^
INSERT INTO page_visit (url, at, found, fault, status, final_url, sha256, words, stands_since, missing, moved_to, asks)
VALUES (:url, :at, :found, :fault, :status, :final_url, :sha256, :words, :stands_since, :missing, :moved_to, :asks)
RETURNING id;

-- name: visits(url)
SELECT * FROM page_visit WHERE url = :url ORDER BY id;

-- name: telling_visits()
SELECT url, found, stands_since, at, moved_to FROM page_visit WHERE stands_since IS NOT NULL ORDER BY url, id;

-- name: last_reads()
SELECT url, last_read FROM watched_page WHERE last_read IS NOT NULL;

-- name: standing(url)^
SELECT * FROM page_visit WHERE url = :url AND stands_since IS NOT NULL ORDER BY id DESC LIMIT 1;

-- name: notices()
SELECT page_visit.*, watched_page.baseline
FROM page_notice JOIN page_visit ON page_visit.id = page_notice.visit
JOIN watched_page ON watched_page.url = page_visit.url
ORDER BY page_visit.id DESC;

-- name: count_notices()^
SELECT COUNT(*) AS number FROM page_notice;

-- name: visit(id)^
SELECT page_visit.*, watched_page.baseline
FROM page_visit JOIN watched_page ON watched_page.url = page_visit.url
WHERE page_visit.id = :id AND page_visit.stands_since IS NOT NULL;

-- name: acknowledge(visit, by, at, note)^
INSERT INTO page_acknowledgement (visit, acknowledged_by, acknowledged_at, note) VALUES (:visit, :by, :at, :note)
ON CONFLICT DO NOTHING RETURNING visit;

-- name: acknowledgement(visit)^
SELECT acknowledged_by, acknowledged_at, note FROM page_acknowledgement WHERE visit = :visit;

-- name: changes_resting_on(url)
SELECT status_change.channel, status_change.state, status_change.effective, status_change.cause,
       citation.quote, source.title, source.publisher
FROM source JOIN citation ON citation.source = source.id AND citation.withdrawn_at IS NULL
JOIN status_change ON status_change.id = citation.status_change AND status_change.withdrawn_at IS NULL
WHERE source.url = :url AND NOT EXISTS (
    SELECT 1 FROM status_change newer WHERE newer.replaces = status_change.id AND newer.withdrawn_at IS NULL)
ORDER BY status_change.effective DESC, status_change.id;

-- name: contacts_resting_on(url)
SELECT contact.channel, contact.outcome, contact.date, contact.announced, contact.summary,
       citation.quote, source.title, source.publisher
FROM source JOIN citation ON citation.source = source.id AND citation.withdrawn_at IS NULL
JOIN contact ON contact.id = citation.contact AND contact.withdrawn_at IS NULL
WHERE source.url = :url AND NOT EXISTS (
    SELECT 1 FROM contact newer WHERE newer.replaces = contact.id AND newer.withdrawn_at IS NULL)
ORDER BY COALESCE(contact.date, contact.announced) DESC, contact.id;
