-- name: holds(candidate)
SELECT * FROM hold WHERE candidate = :candidate ORDER BY id;

-- name: hold(candidate, reason, until, held_by, held_at)!
INSERT INTO hold (candidate, reason, until, held_by, held_at)
VALUES (:candidate, :reason, :until, :held_by, :held_at);

-- name: release(candidate, now, by, because)^
UPDATE hold SET released_at = :now, released_by = :by, released_because = :because
WHERE candidate = :candidate AND released_at IS NULL
RETURNING id;

-- name: first_word(candidate)^
SELECT * FROM first_word
WHERE candidate = :candidate AND id NOT IN (SELECT first_word FROM second_word);

-- name: second_words(candidate)
SELECT first_word.id, first_word.choice, first_word.given_by AS first_by, first_word.given_at AS first_at,
       second_word.answer, second_word.given_by, second_word.given_at, second_word.note
FROM first_word JOIN second_word ON second_word.first_word = first_word.id
WHERE first_word.candidate = :candidate ORDER BY first_word.id;

-- name: add_first_word(candidate, choice, by, now)^
INSERT INTO first_word (candidate, choice, given_by, given_at) VALUES (:candidate, :choice, :by, :now) RETURNING id;

-- name: add_second_word(first_word, answer, by, now, note, decision)^
INSERT INTO second_word (first_word, first_by, answer, given_by, given_at, note, decision)
SELECT id, given_by, :answer, :by, :now, :note, :decision FROM first_word WHERE id = :first_word
RETURNING id;

-- name: be_present(candidate, reviewer, now, fresh_since)!
INSERT INTO presence (candidate, reviewer, opened_at, seen_at) VALUES (:candidate, :reviewer, :now, :now)
ON CONFLICT (candidate, reviewer) DO UPDATE SET seen_at = excluded.seen_at,
    opened_at = CASE WHEN presence.seen_at < :fresh_since THEN excluded.opened_at ELSE presence.opened_at END;

-- name: forget_presence(before)!
DELETE FROM presence WHERE seen_at < :before;

-- name: present(candidate, since)
SELECT reviewer, opened_at FROM presence WHERE candidate = :candidate AND seen_at >= :since ORDER BY opened_at, reviewer;
