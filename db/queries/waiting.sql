-- name: waiting(now, words, within)
-- All that waits for a reviewer, held or not; `words` is a pattern for a release's title and summary, or empty.
SELECT candidate.id, candidate.channel, candidate.signal, candidate.date, candidate.starts, candidate.opened_at,
       candidate.evidence_at, candidate.status, candidate.again, hold.id AS hold, first_word.given_by AS first_by
FROM candidate
LEFT JOIN hold ON hold.candidate = candidate.id AND hold.released_at IS NULL
    AND (hold.until IS NULL OR hold.until > :now)
LEFT JOIN first_word ON first_word.candidate = candidate.id
    AND NOT EXISTS (SELECT 1 FROM second_word WHERE second_word.first_word = first_word.id)
WHERE candidate.status = 'pending'
    AND (:within = '' OR EXISTS (SELECT 1 FROM channel WHERE channel.slug = candidate.channel
        AND REPLACE(:within, '|' || channel.relationship || '|', '') <> :within))
    AND (:words = '' OR EXISTS (
        SELECT 1 FROM sighting JOIN release_revision
            ON release_revision.release = sighting.release AND release_revision.number = sighting.revision
        WHERE sighting.candidate = candidate.id
            AND sighting.id NOT IN (SELECT id FROM withheld_sighting)
            AND LOWER(release_revision.title || ' ' || release_revision.summary) LIKE LOWER(:words) ESCAPE '!'))
ORDER BY candidate.id;

-- name: beside(channel, status, most)
-- Those of a channel in a status, as a reviewer may know them, with the newest evidence first.
SELECT candidate.id, candidate.channel, candidate.signal, candidate.date, candidate.starts, candidate.opened_at,
       candidate.evidence_at, candidate.status, candidate.again, NULL AS hold, first_word.given_by AS first_by
FROM shown_candidate AS candidate
LEFT JOIN first_word ON first_word.candidate = candidate.id
    AND NOT EXISTS (SELECT 1 FROM second_word WHERE second_word.first_word = first_word.id)
WHERE candidate.channel = :channel AND candidate.status = :status
ORDER BY candidate.evidence_at DESC, candidate.id DESC LIMIT :most;

-- name: told_of_waiting()
-- What is told of candidates that wait, by which sides, alike things once.
SELECT DISTINCT sighting.candidate, release.side, sighting.signal, sighting.date, sighting.starts,
       CASE WHEN sighting.flagged = 1 OR sighting.joined_by IS NOT NULL THEN 1 ELSE 0 END AS telling
FROM candidate
JOIN sighting ON sighting.candidate = candidate.id
JOIN release ON release.id = sighting.release
WHERE candidate.status = 'pending'
ORDER BY sighting.candidate;

-- name: count_held(now, within)^
SELECT COUNT(*) AS number FROM hold JOIN candidate ON candidate.id = hold.candidate
WHERE hold.released_at IS NULL AND (hold.until IS NULL OR hold.until > :now) AND candidate.status = 'pending'
    AND (:within = '' OR EXISTS (SELECT 1 FROM channel WHERE channel.slug = candidate.channel
        AND REPLACE(:within, '|' || channel.relationship || '|', '') <> :within));

-- name: waiting_since(now)^
SELECT MIN(candidate.evidence_at) AS since FROM candidate
WHERE candidate.status = 'pending' AND NOT EXISTS (
    SELECT 1 FROM hold WHERE hold.candidate = candidate.id AND hold.released_at IS NULL
        AND (hold.until IS NULL OR hold.until > :now));

-- name: similar(candidate, channel, signal, most)
-- Decisions that stand on other candidates of the same channel and signal, newest first.
SELECT decision.*, candidate.signal, candidate.date, candidate.starts
FROM candidate JOIN decision ON decision.candidate = candidate.id
WHERE candidate.channel = :channel AND candidate.signal = :signal AND candidate.id <> :candidate
    AND decision.id = (SELECT MAX(made.id) FROM decision AS made
        WHERE made.candidate = candidate.id AND made.verdict <> 'undo' AND NOT EXISTS (
            SELECT 1 FROM decision AS undone WHERE undone.candidate = made.candidate AND undone.undoes = made.id))
ORDER BY decision.id DESC LIMIT :most;
