-- name: told_by(release)
-- What a release is kept as saying, of the channel for which it was found. A drawn release's question counts only once a
-- reviewer has accepted it.
SELECT sighting.*, COALESCE(sighting.found_for, candidate.channel) AS channel, candidate.status
FROM sighting JOIN candidate ON candidate.id = sighting.candidate
WHERE sighting.release = :release AND (candidate.status = 'accepted'
      OR NOT EXISTS (SELECT 1 FROM sample WHERE sample.candidate = candidate.id AND sample.release = :release))
ORDER BY sighting.id;

-- name: queued_with(release)
-- Where a release stands in the queue, or stood: a drawn one as any other, and nothing that is withheld.
SELECT id, channel, status FROM shown_candidate
WHERE status NOT IN ('unlikely', 'merged') AND id IN (
    SELECT candidate FROM sighting WHERE release = :release AND id NOT IN (SELECT id FROM withheld_sighting))
ORDER BY id;

-- name: decided_releases(after, most)
-- Releases that carry a candidate which a reviewer decided: as in `Candidate.telling`, those alone that are flagged or
-- that a reviewer put there, unless there is none.
SELECT DISTINCT sighting.release
FROM sighting JOIN candidate ON candidate.id = sighting.candidate
WHERE candidate.status IN ('accepted', 'rejected') AND sighting.release > :after
  AND (sighting.flagged = 1 OR sighting.joined_by IS NOT NULL OR NOT EXISTS (
      SELECT 1 FROM sighting AS telling
      WHERE telling.candidate = candidate.id AND (telling.flagged = 1 OR telling.joined_by IS NOT NULL)))
ORDER BY sighting.release LIMIT :most;

-- name: changes_by(decision)
-- What a decision put on the record, or found there and cited its releases for.
SELECT state, effective, expected, CASE WHEN decision = :decision THEN 1 ELSE 0 END AS own FROM status_change
WHERE withdrawn_at IS NULL
  AND (decision = :decision OR id IN (SELECT status_change FROM citation WHERE citation.decision = :decision))
ORDER BY id;

-- name: contacts_by(decision)
SELECT outcome, date, end_date, CASE WHEN decision = :decision THEN 1 ELSE 0 END AS own FROM contact
WHERE withdrawn_at IS NULL
  AND (decision = :decision OR id IN (SELECT contact FROM citation WHERE citation.decision = :decision))
ORDER BY id;

-- name: lot_of(release)^
-- Of one that is measured for several relationships that in which it was flagged.
SELECT week, side, lang, flagged, probability FROM sample WHERE release = :release
ORDER BY flagged DESC, relationship LIMIT 1;
