-- name: sampling(relationship)^
SELECT week, passed FROM sampling WHERE relationship = :relationship;

-- name: begin_week(relationship, week, passed)!
INSERT INTO sampling (relationship, week, passed) VALUES (:relationship, :week, :passed)
ON CONFLICT (relationship) DO UPDATE SET week = excluded.week, passed = excluded.passed;

-- name: put_rate(relationship, week, side, lang, rate)!
INSERT INTO sampling_rate (relationship, week, side, lang, rate) VALUES (:relationship, :week, :side, :lang, :rate);

-- name: rates(relationship, week)
SELECT side, lang, rate FROM sampling_rate WHERE relationship = :relationship AND week = :week;

-- name: traffic(relationship, since, until)
-- What the feeds that are read for a relationship brought in a time.
SELECT release.side, release.lang, COUNT(*) AS releases, MIN(release.first_seen) AS since
FROM release JOIN feed ON feed.slug = release.feed
WHERE (feed.relationship = :relationship OR EXISTS (SELECT 1 FROM feed_share
        WHERE feed_share.feed = feed.slug AND feed_share.relationship = :relationship))
    AND release.first_seen >= :since AND release.first_seen < :until
GROUP BY release.side, release.lang;

-- name: newest_release()^
SELECT COALESCE(MAX(id), 0) AS id FROM release;

-- name: arrivals(relationship, passed, most)
-- Releases of the feeds that are read for a relationship that came since one was passed, in the words in which they came.
SELECT release.id, release.feed, release.url, release.side, release.publisher, release.lang, release.published,
       release.first_seen, release_revision.number AS revision, release_revision.title, release_revision.summary
FROM release
JOIN feed ON feed.slug = release.feed
JOIN release_revision ON release_revision.release = release.id AND release_revision.number = 1
WHERE (feed.relationship = :relationship OR EXISTS (SELECT 1 FROM feed_share
        WHERE feed_share.feed = feed.slug AND feed_share.relationship = :relationship))
    AND release.id > :passed
ORDER BY release.id LIMIT :most;

-- name: pass_by(relationship, week, passed, newest)^
-- Answers nothing where somebody else has passed these releases meanwhile.
UPDATE sampling SET passed = :newest
WHERE relationship = :relationship AND week = :week AND passed = :passed
RETURNING passed;

-- name: count_unflagged(relationship, week, side, lang, releases)!
UPDATE sampling_rate SET unflagged = unflagged + :releases
WHERE relationship = :relationship AND week = :week AND side = :side AND lang = :lang;

-- name: add_sample(release, relationship, week, side, lang, flagged, probability, candidate, taken_at)!
INSERT INTO sample (release, relationship, week, side, lang, flagged, probability, candidate, taken_at)
VALUES (:release, :relationship, :week, :side, :lang, :flagged, :probability, :candidate, :taken_at);

-- name: confidences(most)
-- How sure detection was of the newest flagged sightings that no lot brought in.
SELECT confidence FROM sighting
WHERE flagged = 1 AND NOT EXISTS (SELECT 1 FROM sample WHERE sample.candidate = sighting.candidate)
ORDER BY id DESC LIMIT :most;

-- name: guess(candidate)^
-- Whether the lot brought a candidate in, and no reviewer has accepted it or merged another into it: it tells of no event.
SELECT candidate.id FROM sample JOIN candidate ON candidate.id = sample.candidate
WHERE candidate.id = :candidate AND candidate.status <> 'accepted'
  AND NOT EXISTS (SELECT 1 FROM regrouping WHERE regrouping.given_to = candidate.id);

-- name: planned(relationship)
SELECT week, side, lang, rate, unflagged FROM sampling_rate
WHERE relationship = :relationship ORDER BY week, side, lang;

-- name: measured(relationship, elsewhere)
-- Every flagged and every drawn release, with what became of the candidates of the relationship that it speaks of, by
-- the channel for which it was found. What joined one quietly was read by nobody and does not count.
SELECT sample.release, sample.week, sample.side, sample.lang, sample.flagged, sample.probability,
       CASE WHEN SUM(CASE WHEN candidate.status = 'pending' THEN 1 ELSE 0 END) > 0 THEN 'pending'
            WHEN SUM(CASE WHEN candidate.status = 'accepted' THEN 1 ELSE 0 END) > 0 THEN 'accepted'
            WHEN SUM(CASE WHEN candidate.status = 'recorded' THEN 1 ELSE 0 END) > 0 THEN 'recorded'
            WHEN SUM(CASE WHEN decision.note LIKE :elsewhere THEN 1 ELSE 0 END) > 0 THEN 'elsewhere'
            ELSE 'rejected' END AS found
FROM sample
JOIN sighting ON sighting.release = sample.release AND (sighting.flagged = 1 OR sighting.joined_by IS NOT NULL)
JOIN candidate ON candidate.id = sighting.candidate
JOIN channel ON channel.slug = COALESCE(sighting.found_for, candidate.channel)
    AND channel.relationship = sample.relationship
LEFT JOIN decision ON decision.id = (SELECT MAX(made.id) FROM decision AS made
        WHERE made.candidate = candidate.id AND made.verdict <> 'undo' AND NOT EXISTS (
            SELECT 1 FROM decision AS undone WHERE undone.candidate = made.candidate AND undone.undoes = made.id))
WHERE sample.relationship = :relationship
GROUP BY sample.release, sample.relationship
ORDER BY sample.release;

-- name: decided(relationship)
-- Flagged releases whose candidates reviewers decided, accepted where one of them was.
SELECT side, lang, SUM(accepted) AS accepted, COUNT(*) - SUM(accepted) AS rejected,
       MIN(since) AS since, MAX(until) AS until
FROM (
    SELECT release.side, release.lang,
           MAX(CASE WHEN candidate.status = 'accepted' THEN 1 ELSE 0 END) AS accepted,
           MIN(decision.decided_at) AS since, MAX(decision.decided_at) AS until
    FROM candidate
    JOIN channel ON channel.slug = candidate.channel
    JOIN sighting ON sighting.candidate = candidate.id
    JOIN release ON release.id = sighting.release
    JOIN decision ON decision.candidate = candidate.id
    WHERE channel.relationship = :relationship AND candidate.status IN ('accepted', 'rejected')
      AND sighting.flagged = 1
      AND NOT EXISTS (SELECT 1 FROM sample
          WHERE sample.release = release.id AND sample.relationship = :relationship AND sample.flagged = 0)
    GROUP BY release.id, release.side, release.lang
) AS judged
GROUP BY side, lang
ORDER BY side, lang;
