-- name: of_releases(release)
-- The candidates in which a release speaks and of which something was ever decided.
SELECT DISTINCT sighting.candidate FROM sighting
WHERE sighting.release = :release
    AND EXISTS (SELECT 1 FROM decision WHERE decision.candidate = sighting.candidate)
ORDER BY sighting.candidate;

-- name: is_decided(candidate)^
SELECT 1 AS decided FROM decision WHERE candidate = :candidate;

-- name: decided()
SELECT DISTINCT candidate FROM decision ORDER BY candidate;

-- name: candidate(candidate)^
SELECT * FROM candidate WHERE id = :candidate;

-- name: sightings(candidate)
SELECT * FROM sighting WHERE candidate = :candidate ORDER BY id;

-- name: release(release)^
SELECT * FROM release WHERE id = :release;

-- name: revisions(release)
SELECT release, number, published_raw, hash, seen_at, late FROM release_revision WHERE release = :release ORDER BY number;

-- name: bases(candidate)
SELECT told FROM basis WHERE candidate = :candidate ORDER BY id;

-- name: add_basis(candidate, told, recorded_at)^
INSERT INTO basis (candidate, told, recorded_at) VALUES (:candidate, :told, :recorded_at) RETURNING id;

-- name: candidates()
-- Whatever was decided, or says that it was.
SELECT candidate FROM decision UNION SELECT candidate FROM basis ORDER BY candidate;
