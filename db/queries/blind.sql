-- name: planned(reviewer)
SELECT key, answer, planned_at FROM decoy WHERE reviewer = :reviewer ORDER BY id;

-- name: decisions_since(reviewer, since)^
SELECT COUNT(*) AS number FROM decision
WHERE decided_by = :reviewer AND verdict <> 'undo' AND decided_at > :since;

-- name: plan(reviewer, key, turns, now)!
INSERT INTO decoy (reviewer, key, turns, planned_at) VALUES (:reviewer, :key, :turns, :now);

-- name: unplaced()^
-- How many decoys have no place yet, and the one whose turn it is.
SELECT COUNT(*) AS decoys, MIN(CASE WHEN turns = 0 THEN id END) AS id FROM decoy WHERE number IS NULL;

-- name: place(id, at, published)!
UPDATE decoy SET opened_at = :at, published = :published, number = (
    SELECT MAX(taken.number) + 1
    FROM (SELECT COALESCE(MAX(id), 0) AS number FROM candidate
          UNION ALL SELECT COALESCE(MAX(number), 0) FROM decoy) AS taken)
WHERE id = :id;

-- name: pass_turn()!
UPDATE decoy SET turns = turns - 1 WHERE number IS NULL AND turns > 0;

-- name: undressed(reviewer)
SELECT id, key, published FROM decoy WHERE reviewer = :reviewer AND number IS NOT NULL AND title IS NULL ORDER BY id;

-- name: dress(id, channel, signal, date, starts, confidence, evidence, doubts, undated, persons, side, lang, publisher, url, title, summary)!
UPDATE decoy SET channel = :channel, signal = :signal, date = :date, starts = :starts, confidence = :confidence,
    evidence = :evidence, doubts = :doubts, undated = :undated, persons = :persons, side = :side, lang = :lang,
    publisher = :publisher, url = :url, title = :title, summary = :summary
WHERE id = :id AND title IS NULL;

-- name: decoys(reviewer, number)
-- Those of a reviewer that can be seen; `number` 0 is any.
SELECT * FROM decoy WHERE reviewer = :reviewer AND title IS NOT NULL AND (number = :number OR :number = 0) ORDER BY number;

-- name: answer(reviewer, number, answer, right, now)^
UPDATE decoy SET answer = :answer, answered_rightly = :right, answered_at = :now
WHERE reviewer = :reviewer AND number = :number AND title IS NOT NULL AND answer IS NULL
RETURNING id;

-- name: add_reading(reviewer, number, channel, signal, date, proposed_channel, proposed_signal, proposed_date, now)!
-- The first word stays.
INSERT INTO blind_reading (reviewer, number, channel, signal, date, proposed_channel, proposed_signal, proposed_date, at)
VALUES (:reviewer, :number, :channel, :signal, :date, :proposed_channel, :proposed_signal, :proposed_date, :now)
ON CONFLICT (reviewer, number) DO NOTHING;

-- name: reading(reviewer, number)^
SELECT * FROM blind_reading WHERE reviewer = :reviewer AND number = :number;

-- name: numbers_read(reviewer)
SELECT number FROM blind_reading WHERE reviewer = :reviewer;

-- name: open_item(reviewer, number, now, stale)!
INSERT INTO opening (reviewer, number, at) VALUES (:reviewer, :number, :now)
ON CONFLICT (reviewer, number) DO UPDATE SET at = excluded.at WHERE opening.at < :stale;

-- name: forget_openings(stale)!
DELETE FROM opening WHERE at < :stale;

-- name: opening(reviewer, number)^
SELECT at FROM opening WHERE reviewer = :reviewer AND number = :number;

-- name: close_item(reviewer, number)!
DELETE FROM opening WHERE reviewer = :reviewer AND number = :number;

-- name: add_time(reviewer, day, seconds)!
INSERT INTO decision_time (reviewer, day, seconds) VALUES (:reviewer, :day, :seconds);

-- name: times(reviewer)
-- An empty `reviewer` is all of them, here and below.
SELECT seconds FROM decision_time WHERE :reviewer IN ('', reviewer) ORDER BY id;

-- name: decided(reviewer)^
SELECT SUM(CASE WHEN verdict = 'accept' THEN 1 ELSE 0 END) AS accepted,
       SUM(CASE WHEN verdict = 'reject' THEN 1 ELSE 0 END) AS rejected,
       MIN(decided_at) AS since, MAX(decided_at) AS until
FROM decision
WHERE verdict <> 'undo' AND :reviewer IN ('', decided_by)
    AND NOT EXISTS (SELECT 1 FROM decision AS undone WHERE undone.undoes = decision.id);

-- name: readings(reviewer)
-- Blind readings of candidates, each with the decision that stands. That of a decoy is not among them: it has no
-- candidate.
SELECT blind_reading.*, CASE WHEN stands.verdict = 'accept' THEN 1 WHEN stands.verdict = 'reject' THEN 0 END AS accepted
FROM blind_reading
JOIN candidate ON candidate.id = blind_reading.number
LEFT JOIN decision AS stands ON stands.id = (SELECT MAX(made.id) FROM decision AS made
        WHERE made.candidate = candidate.id AND made.verdict <> 'undo' AND NOT EXISTS (
            SELECT 1 FROM decision AS undone WHERE undone.candidate = made.candidate AND undone.undoes = made.id))
WHERE :reviewer IN ('', blind_reading.reviewer)
ORDER BY blind_reading.id;

-- name: answered(reviewer)
SELECT * FROM decoy WHERE answer IS NOT NULL AND :reviewer IN ('', reviewer) ORDER BY answered_at DESC, id DESC;
