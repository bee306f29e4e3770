-- name: add_candidate(channel, signal, date, starts, status, opened_at, published)^
INSERT INTO candidate (channel, signal, date, starts, status, opened_at, evidence_at, published)
VALUES (:channel, :signal, :date, :starts, :status, :opened_at, :opened_at, :published)
RETURNING id;

-- name: candidates_of(channel)
SELECT id, signal, date, starts, status, published FROM candidate WHERE channel = :channel ORDER BY id;

-- name: sides_of(candidate)
SELECT DISTINCT release.side FROM sighting JOIN release ON release.id = sighting.release
WHERE sighting.candidate = :candidate;

-- name: add_sighting(candidate, release, revision, signal, date, starts, confidence, evidence, seen_at)^
INSERT INTO sighting (candidate, release, revision, signal, date, starts, confidence, evidence, seen_at)
VALUES (:candidate, :release, :revision, :signal, :date, :starts, :confidence, :evidence, :seen_at)
ON CONFLICT (candidate, release) DO NOTHING
RETURNING id;

-- name: sharpen(id, date, starts)!
UPDATE candidate SET date = :date, starts = :starts WHERE id = :id;

-- name: add_evidence(id, now, published)!
UPDATE candidate SET version = version + 1, evidence_at = :now,
    published = CASE WHEN published < :published THEN :published ELSE published END
WHERE id = :id;

-- name: reopen(id, again)!
UPDATE candidate SET status = 'pending', again = :again WHERE id = :id;

-- name: decide(id, version, status)^
UPDATE candidate SET status = :status, version = version + 1, again = NULL
WHERE id = :id AND version = :version AND status = 'pending'
RETURNING id;

-- name: undo(id, version, again)^
UPDATE candidate SET status = 'pending', version = version + 1, again = :again
WHERE id = :id AND version = :version AND status IN ('accepted', 'rejected')
RETURNING id;

-- name: add_decision(candidate, verdict, decided_by, decided_at, note, undoes)^
INSERT INTO decision (candidate, verdict, decided_by, decided_at, note, undoes)
VALUES (:candidate, :verdict, :decided_by, :decided_at, :note, :undoes)
RETURNING id;

-- name: candidate(id)^
SELECT * FROM candidate WHERE id = :id;

-- name: queue(status, before_at, before_id, most)
-- Newest evidence first; `before_at` and `before_id` are those of the last row seen, or beyond all rows.
SELECT * FROM candidate
WHERE status = :status AND (evidence_at < :before_at OR (evidence_at = :before_at AND id < :before_id))
ORDER BY evidence_at DESC, id DESC LIMIT :most;

-- name: count_by_status()
SELECT status, COUNT(*) AS number FROM candidate GROUP BY status;

-- name: sightings(candidate)
SELECT sighting.*, release.feed, release.url, release.side, release.publisher, release.lang, release.published,
       release_revision.title, release_revision.summary
FROM sighting
JOIN release ON release.id = sighting.release
JOIN release_revision ON release_revision.release = sighting.release AND release_revision.number = sighting.revision
WHERE sighting.candidate = :candidate
ORDER BY release.published DESC, sighting.id DESC;

-- name: candidates_of_release(release)
SELECT candidate.* FROM candidate JOIN sighting ON sighting.candidate = candidate.id
WHERE sighting.release = :release ORDER BY candidate.id;

-- name: decisions(candidate)
SELECT * FROM decision WHERE candidate = :candidate ORDER BY id;
