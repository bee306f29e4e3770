-- name: add_candidate(channel, signal, date, starts, status, opened_at, published)^
-- Its number is one that no decoy has either.
INSERT INTO candidate (id, channel, signal, date, starts, status, opened_at, evidence_at, published)
VALUES ((SELECT MAX(taken.number) + 1
         FROM (SELECT COALESCE(MAX(id), 0) AS number FROM candidate
               UNION ALL SELECT COALESCE(MAX(number), 0) FROM decoy) AS taken),
        :channel, :signal, :date, :starts, :status, :opened_at, :opened_at, :published)
RETURNING id;

-- name: known(channel, first, second, third, since, until, begins, ends)
-- What is told of a channel's candidates, and by whom, as far as grouping needs it: of those of three signals ('': of any)
-- of which there was news from `since` to `until`, or that took place between `begins` and `ends`.
SELECT DISTINCT candidate.id, candidate.signal, candidate.date, candidate.starts, candidate.status, candidate.published,
       CASE WHEN sighting.flagged = 1 OR sighting.joined_by IS NOT NULL THEN 1 ELSE 0 END AS telling,
       sighting.date AS said_date, sighting.starts AS said_starts, sighting.round, sighting.persons, release.side,
       release.publisher
FROM candidate
JOIN sighting ON sighting.candidate = candidate.id
JOIN release ON release.id = sighting.release
WHERE candidate.channel = :channel AND candidate.status <> 'merged'
    AND (:first = '' OR candidate.signal IN (:first, :second, :third))
    AND (candidate.published BETWEEN :since AND :until
        OR (candidate.date >= :begins AND (candidate.date <= :ends OR candidate.starts <= :ends)))
ORDER BY candidate.id;

-- name: reported(candidate)
-- What the sightings of a candidate report, alike ones once, the one that opened it first.
SELECT CASE WHEN sighting.flagged = 1 OR sighting.joined_by IS NOT NULL THEN 1 ELSE 0 END AS telling,
       sighting.signal, sighting.date, sighting.starts, MAX(release.published) AS published
FROM sighting JOIN release ON release.id = sighting.release
WHERE sighting.candidate = :candidate
    AND (sighting.flagged = 1 OR sighting.joined_by IS NOT NULL
        OR sighting.id NOT IN (SELECT id FROM withheld_sighting))
GROUP BY telling, sighting.signal, sighting.date, sighting.starts
ORDER BY MIN(CASE WHEN sighting.joined_because IS NULL THEN 0 ELSE 1 END), MIN(sighting.id);

-- name: apart(release)
-- The candidates that a reviewer told apart from one in which the release speaks.
SELECT regrouping.taken_from AS candidate
FROM regrouping JOIN sighting ON sighting.candidate = regrouping.given_to
WHERE sighting.release = :release AND regrouping.move = 'split'
UNION
SELECT regrouping.given_to
FROM regrouping JOIN sighting ON sighting.candidate = regrouping.taken_from
WHERE sighting.release = :release AND regrouping.move = 'split';

-- name: add_sighting(candidate, release, revision, signal, date, starts, confidence, evidence, flagged, doubts, undated, persons, round, joined_because, seen_at)!
INSERT INTO sighting (candidate, release, revision, signal, date, starts, confidence, evidence, flagged, doubts,
                      undated, persons, round, joined_because, joined_after, seen_at)
VALUES (:candidate, :release, :revision, :signal, :date, :starts, :confidence, :evidence, :flagged, :doubts,
        :undated, :persons, :round, :joined_because,
        (SELECT MAX(id) FROM decision WHERE candidate = :candidate), :seen_at);

-- name: read_again(id, revision, signal, date, starts, confidence, evidence, flagged, doubts, undated, persons, round)!
UPDATE sighting SET revision = :revision, signal = :signal, date = :date, starts = :starts, confidence = :confidence,
    evidence = :evidence, flagged = :flagged, doubts = :doubts, undated = :undated, persons = :persons, round = :round
WHERE id = :id;

-- name: findings(release)
-- `channel` is that for which each was found, wherever a reviewer has put it.
SELECT sighting.*, COALESCE(sighting.found_for, candidate.channel) AS channel, candidate.status
FROM sighting JOIN candidate ON candidate.id = sighting.candidate
WHERE sighting.release = :release AND sighting.flagged = 1
    AND NOT EXISTS (SELECT 1 FROM sample WHERE sample.candidate = candidate.id)
ORDER BY sighting.id;

-- name: reword(id, why, lost)!
UPDATE sighting SET reworded = :why, lost = :lost WHERE id = :id;

-- name: move_sighting(id, candidate, because, by)!
-- On another channel it keeps for which one it was found.
UPDATE sighting SET candidate = :candidate, joined_because = :because, joined_by = :by,
    joined_after = (SELECT MAX(id) FROM decision WHERE candidate = :candidate),
    found_for = (SELECT NULLIF(COALESCE(sighting.found_for, before.channel), after.channel)
        FROM candidate AS before, candidate AS after WHERE before.id = sighting.candidate AND after.id = :candidate)
WHERE id = :id;

-- name: candidate_of(id)^
SELECT candidate FROM sighting WHERE id = :id;

-- name: make_first(id)!
UPDATE sighting SET joined_because = NULL WHERE id = :id;

-- name: touch(id)!
UPDATE candidate SET version = version + 1 WHERE id = :id;

-- name: add_evidence(id, now, published)!
UPDATE candidate SET version = version + 1, evidence_at = :now,
    published = CASE WHEN published < :published THEN :published ELSE published END
WHERE id = :id;

-- name: retell(id, signal, date, starts, published)!
UPDATE candidate SET signal = :signal, date = :date, starts = :starts, published = :published WHERE id = :id;

-- name: set_status(id, status, again)!
UPDATE candidate SET status = :status, again = :again WHERE id = :id;

-- name: empty(id, into)!
UPDATE candidate SET status = 'merged', merged_into = :into, again = NULL, version = version + 1 WHERE id = :id;

-- name: refill(id, status, again)!
UPDATE candidate SET status = :status, merged_into = NULL, again = :again, version = version + 1 WHERE id = :id;

-- name: decide(id, version, status)^
UPDATE candidate SET status = :status, version = version + 1, again = NULL
WHERE id = :id AND version = :version AND status IN ('pending', 'unlikely')
RETURNING id;

-- name: undo(id, version, again)^
-- One that earlier versions let be merged beneath a decision stays merged: it has nothing left to decide.
UPDATE candidate SET status = CASE WHEN status = 'merged' THEN status ELSE 'pending' END,
    version = version + 1, again = CASE WHEN status = 'merged' THEN again ELSE :again END
WHERE id = :id AND version = :version
RETURNING id;

-- name: add_decision(candidate, verdict, decided_by, decided_at, note, undoes)^
INSERT INTO decision (candidate, verdict, decided_by, decided_at, note, undoes)
VALUES (:candidate, :verdict, :decided_by, :decided_at, :note, :undoes)
RETURNING id;

-- name: candidate(id)^
SELECT * FROM shown_candidate WHERE id = :id;

-- name: queue(status, held, now, channel, words, within, before_at, before_id, most)
-- Newest evidence first; `before_at` and `before_id` are those of the last row seen, or beyond all rows. An empty
-- `channel` is any; `words` is a pattern for a release's title and summary, or empty. `held` is 1 for those that are put
-- aside, 0 for the rest, and -1 for both. `within`: relationships as |one|other|, or empty for all.
SELECT * FROM shown_candidate
WHERE status = :status AND :held IN (-1, CASE WHEN EXISTS (
        SELECT 1 FROM hold WHERE hold.candidate = shown_candidate.id AND hold.released_at IS NULL
            AND (hold.until IS NULL OR hold.until > :now)) THEN 1 ELSE 0 END)
    AND (evidence_at < :before_at OR (evidence_at = :before_at AND id < :before_id))
    AND (:channel = '' OR channel = :channel)
    AND (:within = '' OR EXISTS (SELECT 1 FROM channel WHERE channel.slug = shown_candidate.channel
        AND REPLACE(:within, '|' || channel.relationship || '|', '') <> :within))
    AND (:words = '' OR EXISTS (
        SELECT 1 FROM sighting JOIN release_revision
            ON release_revision.release = sighting.release AND release_revision.number = sighting.revision
        WHERE sighting.candidate = shown_candidate.id
            AND sighting.id NOT IN (SELECT id FROM withheld_sighting)
            AND LOWER(release_revision.title || ' ' || release_revision.summary) LIKE LOWER(:words) ESCAPE '!'))
ORDER BY evidence_at DESC, id DESC LIMIT :most;

-- name: count_by_status(within)
SELECT status, COUNT(*) AS number FROM shown_candidate
WHERE (:within = '' OR EXISTS (SELECT 1 FROM channel WHERE channel.slug = shown_candidate.channel
        AND REPLACE(:within, '|' || channel.relationship || '|', '') <> :within))
GROUP BY status;

-- name: sightings(candidate)
SELECT sighting.*, release.feed, release.url, release.side, release.publisher, release.lang, release.published,
       release_revision.title, release_revision.summary,
       sighting.id IN (SELECT id FROM withheld_sighting) AS withheld,
       page_copy.sha256, page_copy.size, page_copy.fetched_at, page_wait.fault AS page_fault
FROM sighting
LEFT JOIN page_copy ON page_copy.release = sighting.release AND page_copy.revision = (
    SELECT MAX(newest.revision) FROM page_copy AS newest WHERE newest.release = sighting.release)
LEFT JOIN page_wait ON page_wait.release = sighting.release
JOIN release ON release.id = sighting.release
JOIN release_revision ON release_revision.release = sighting.release AND release_revision.number = sighting.revision
WHERE sighting.candidate = :candidate
ORDER BY release.published DESC, sighting.id DESC;

-- name: sightings_of_release(release, channel)
SELECT sighting.*, candidate.channel AS placed FROM sighting JOIN candidate ON candidate.id = sighting.candidate
WHERE sighting.release = :release AND COALESCE(sighting.found_for, candidate.channel) = :channel ORDER BY sighting.id;

-- name: candidates_of_release(release)
SELECT * FROM candidate
WHERE id IN (SELECT candidate FROM sighting WHERE release = :release) ORDER BY id;

-- name: decisions(candidate)
SELECT * FROM decision WHERE candidate = :candidate ORDER BY id;

-- name: accepted_for_nothing_new(channel)
SELECT DISTINCT candidate.id FROM candidate JOIN decision ON decision.candidate = candidate.id
WHERE candidate.channel = :channel AND candidate.status = 'accepted' AND decision.verdict = 'accept'
    AND NOT EXISTS (SELECT 1 FROM status_change WHERE status_change.decision = decision.id)
    AND NOT EXISTS (SELECT 1 FROM contact WHERE contact.decision = decision.id)
    AND NOT EXISTS (SELECT 1 FROM citation WHERE citation.decision = decision.id)
ORDER BY candidate.id;

-- name: decided(decision)^
SELECT candidate FROM decision WHERE id = :decision;

-- name: add_regrouping(move, taken_from, given_to, sightings, regrouped_by, regrouped_at, note)^
INSERT INTO regrouping (move, taken_from, given_to, sightings, regrouped_by, regrouped_at, note)
VALUES (:move, :taken_from, :given_to, :sightings, :regrouped_by, :regrouped_at, :note)
RETURNING id;

-- name: regroupings(candidate)
SELECT * FROM regrouping WHERE taken_from = :candidate OR given_to = :candidate ORDER BY id;
