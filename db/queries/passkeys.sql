-- name: handle(user, fresh)^
UPDATE "user" SET handle = COALESCE(handle, :fresh) WHERE name = :user RETURNING handle;

-- name: add_challenge(challenge, user, expires_at)!
INSERT INTO passkey_challenge (challenge, "user", expires_at) VALUES (:challenge, :user, :expires_at);

-- name: use_challenge(challenge, user, now)^
DELETE FROM passkey_challenge WHERE challenge = :challenge AND "user" = :user AND expires_at > :now RETURNING challenge;

-- name: forget_challenges(now)!
DELETE FROM passkey_challenge WHERE expires_at <= :now;

-- name: forget_oldest_challenges(challenge, most)!
DELETE FROM passkey_challenge WHERE challenge IN (
    SELECT challenge FROM passkey_challenge WHERE challenge <> :challenge ORDER BY expires_at
    LIMIT (SELECT CASE WHEN COUNT(*) > :most THEN COUNT(*) - :most ELSE 0 END FROM passkey_challenge)
);

-- name: add_passkey(id, user, name, public_key, sign_count, created_at)^
INSERT INTO passkey (id, "user", name, public_key, sign_count, created_at)
VALUES (:id, :user, :name, :public_key, :sign_count, :created_at)
ON CONFLICT (id) DO NOTHING RETURNING id;

-- name: used(id, sign_count, at)!
UPDATE passkey SET sign_count = :sign_count, used_at = :at WHERE id = :id;

-- name: passkey(id)^
SELECT id, "user", name, public_key, sign_count, created_at, used_at FROM passkey WHERE id = :id;

-- name: passkeys_of(user)
SELECT id, "user", name, public_key, sign_count, created_at, used_at FROM passkey
WHERE "user" = :user ORDER BY created_at, id;

-- name: remove_passkey(id, user)^
DELETE FROM passkey WHERE id = :id AND "user" = :user RETURNING name;
