-- name: add_user(name, role, password_hash, created_at)^
INSERT INTO "user" (name, role, password_hash, created_at) VALUES (:name, :role, :password_hash, :created_at)
ON CONFLICT (name) DO NOTHING RETURNING name;

-- name: set_password(name, password_hash)!
UPDATE "user" SET password_hash = :password_hash WHERE name = :name;

-- name: set_role(name, role)!
UPDATE "user" SET role = :role WHERE name = :name;

-- name: user(name)^
SELECT name, role, password_hash, created_at, disabled_at FROM "user" WHERE name = :name;

-- name: users()
SELECT name, role, created_at, disabled_at FROM "user" ORDER BY name;

-- name: people(now)
SELECT name, role, created_at, disabled_at, password_hash IS NOT NULL AS has_password,
       (SELECT COUNT(*) FROM passkey WHERE passkey."user" = "user".name) AS passkeys,
       (SELECT COUNT(*) FROM session
        WHERE session."user" = "user".name AND ended_at IS NULL AND expires_at > :now) AS sessions,
       (SELECT MAX(COALESCE(seen_at, session.created_at)) FROM session WHERE session."user" = "user".name) AS seen_at
FROM "user" ORDER BY name;

-- name: disable_user(name, at)^
UPDATE "user" SET disabled_at = :at WHERE name = :name AND disabled_at IS NULL RETURNING name;

-- name: enable_user(name)^
UPDATE "user" SET disabled_at = NULL WHERE name = :name AND disabled_at IS NOT NULL RETURNING name;

-- name: admins()
SELECT name FROM "user" WHERE role = 'admin' AND disabled_at IS NULL;

-- name: anybody_can_sign_in()^
SELECT name FROM "user"
WHERE disabled_at IS NULL
    AND (password_hash IS NOT NULL OR EXISTS (SELECT 1 FROM passkey WHERE passkey."user" = "user".name))
LIMIT 1;

-- name: add_sign_in_link(hash, user, expires_at)!
INSERT INTO sign_in_link (hash, "user", expires_at) VALUES (:hash, :user, :expires_at);

-- name: use_sign_in_link(hash, now)^
UPDATE sign_in_link SET used_at = :now
WHERE hash = :hash AND used_at IS NULL AND expires_at > :now
    AND EXISTS (SELECT 1 FROM "user" WHERE "user".name = sign_in_link."user" AND "user".disabled_at IS NULL)
RETURNING "user";

-- name: end_links_of(user, now)!
UPDATE sign_in_link SET used_at = :now WHERE "user" = :user AND used_at IS NULL;

-- name: add_session(hash, user, created_at, expires_at, agent, signed_in_by)!
INSERT INTO session (hash, "user", created_at, expires_at, seen_at, agent, signed_in_by)
VALUES (:hash, :user, :created_at, :expires_at, :created_at, :agent, :signed_in_by);

-- name: forget_sessions(user, before)!
DELETE FROM session WHERE "user" = :user AND COALESCE(ended_at, expires_at) < :before;

-- name: session(hash, now)^
SELECT "user".name, "user".role, session.hash, session."user", session.created_at, session.expires_at, session.agent,
       session.signed_in_by, COALESCE(session.seen_at, session.created_at) AS seen_at
FROM session JOIN "user" ON "user".name = session."user"
WHERE session.hash = :hash AND session.ended_at IS NULL AND session.expires_at > :now AND "user".disabled_at IS NULL;

-- name: sessions_of(user, now)
SELECT hash, "user", created_at, expires_at, agent, signed_in_by, COALESCE(seen_at, created_at) AS seen_at
FROM session WHERE "user" = :user AND ended_at IS NULL AND expires_at > :now
ORDER BY COALESCE(seen_at, created_at) DESC, hash;

-- name: see_session(hash, at)!
UPDATE session SET seen_at = :at WHERE hash = :hash;

-- name: end_session(hash, user, now)^
UPDATE session SET ended_at = :now WHERE hash = :hash AND "user" = :user AND ended_at IS NULL RETURNING hash;

-- name: end_sessions_of(user, now, keep)
UPDATE session SET ended_at = :now
WHERE "user" = :user AND ended_at IS NULL AND expires_at > :now AND hash <> :keep
RETURNING hash;

-- name: add_token(hash, name, role, created_at)^
INSERT INTO token (hash, name, role, created_at) VALUES (:hash, :name, :role, :created_at)
ON CONFLICT DO NOTHING RETURNING name;

-- name: token(hash)^
SELECT name, role, created_at, used_at, revoked_at FROM token WHERE hash = :hash AND revoked_at IS NULL;

-- name: see_token(name, at)!
UPDATE token SET used_at = :at WHERE name = :name AND revoked_at IS NULL;

-- name: tokens()
SELECT name, role, created_at, used_at, revoked_at FROM token ORDER BY created_at, name;

-- name: revoke_token(name, now)^
UPDATE token SET revoked_at = :now WHERE name = :name AND revoked_at IS NULL RETURNING name;
