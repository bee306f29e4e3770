-- name: count(key, ends_at)^
INSERT INTO sign_in_attempt (key, number, ends_at) VALUES (:key, 1, :ends_at)
ON CONFLICT (key) DO UPDATE SET number = sign_in_attempt.number + 1
RETURNING number, ends_at;

-- name: take_back(key)!
UPDATE sign_in_attempt SET number = number - 1 WHERE key = :key AND number > 0;

-- name: forget(key)!
DELETE FROM sign_in_attempt WHERE key = :key;

-- name: forget_ended(now)!
DELETE FROM sign_in_attempt WHERE ends_at <= :now;

-- name: forget_least(key, most)!
-- All but `most`, of which the key that was just counted is one.
DELETE FROM sign_in_attempt WHERE key IN (
    SELECT key FROM sign_in_attempt WHERE key <> :key ORDER BY number, ends_at
    LIMIT (SELECT CASE WHEN COUNT(*) > :most THEN COUNT(*) - :most ELSE 0 END FROM sign_in_attempt)
);
