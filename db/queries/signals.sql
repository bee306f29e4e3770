-- name: since()^
SELECT MIN(since) AS since FROM subscription WHERE ended_at IS NULL AND since IS NOT NULL AND signals = 1;

-- name: to_tell(since)
-- Candidates that wait and of which nobody was told: flagged ones alone, none that was drawn, none in which a release
-- speaks that was drawn for their relationship, none that a reviewer has read before its proposal.
SELECT id FROM candidate
WHERE status = 'pending' AND opened_at >= :since
    AND NOT EXISTS (SELECT 1 FROM event WHERE event.candidate = candidate.id)
    AND EXISTS (SELECT 1 FROM sighting WHERE sighting.candidate = candidate.id AND flagged = 1 AND lost = 0)
    AND NOT EXISTS (SELECT 1 FROM sample WHERE sample.candidate = candidate.id)
    AND NOT EXISTS (SELECT 1 FROM sighting JOIN sample ON sample.release = sighting.release AND sample.flagged = 0
                    JOIN channel ON channel.slug = candidate.channel AND channel.relationship = sample.relationship
                    WHERE sighting.candidate = candidate.id)
    AND NOT EXISTS (SELECT 1 FROM blind_reading WHERE blind_reading.number = candidate.id)
ORDER BY id;

-- name: told()
-- The last that was told of each signal, and how its candidate stands, unless that is what was told.
SELECT event.candidate AS number, event.what, event.sequence
FROM event JOIN candidate ON candidate.id = event.candidate
WHERE NOT EXISTS (SELECT 1 FROM event later WHERE later.candidate = event.candidate AND later.sequence > event.sequence)
    AND NOT (candidate.status = 'pending' AND event.what IN ('reported', 'reopened'))
    AND candidate.status <> event.what
ORDER BY event.candidate;
