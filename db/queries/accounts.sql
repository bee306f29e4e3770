-- name: add_user(name, role, password_hash, created_at)^
INSERT INTO user (name, role, password_hash, created_at) VALUES (:name, :role, :password_hash, :created_at)
ON CONFLICT (name) DO NOTHING RETURNING name;

-- name: set_password(name, password_hash)!
UPDATE user SET password_hash = :password_hash WHERE name = :name;

-- name: user(name)^
SELECT name, role, password_hash, created_at, disabled_at FROM user WHERE name = :name;

-- name: users()
SELECT name, role, created_at, disabled_at FROM user ORDER BY name;

-- name: disable_user(name, at)^
UPDATE user SET disabled_at = :at WHERE name = :name AND disabled_at IS NULL RETURNING name;

-- name: anybody_with_password()^
SELECT name FROM user WHERE disabled_at IS NULL AND password_hash IS NOT NULL LIMIT 1;

-- name: add_sign_in_link(hash, user, expires_at)!
INSERT INTO sign_in_link (hash, user, expires_at) VALUES (:hash, :user, :expires_at);

-- name: use_sign_in_link(hash, now)^
UPDATE sign_in_link SET used_at = :now
WHERE hash = :hash AND used_at IS NULL AND expires_at > :now
RETURNING user;

-- name: add_session(hash, user, created_at, expires_at)!
INSERT INTO session (hash, user, created_at, expires_at) VALUES (:hash, :user, :created_at, :expires_at);

-- name: session_user(hash, now)^
SELECT user.name, user.role FROM session JOIN user ON user.name = session.user
WHERE session.hash = :hash AND session.ended_at IS NULL AND session.expires_at > :now AND user.disabled_at IS NULL;

-- name: end_session(hash, now)!
UPDATE session SET ended_at = :now WHERE hash = :hash AND ended_at IS NULL;

-- name: end_sessions_of(user, now)!
UPDATE session SET ended_at = :now WHERE user = :user AND ended_at IS NULL;

-- name: add_token(hash, name, role, created_at)^
INSERT INTO token (hash, name, role, created_at) VALUES (:hash, :name, :role, :created_at)
ON CONFLICT DO NOTHING RETURNING name;

-- name: token(hash)^
SELECT name, role FROM token WHERE hash = :hash AND revoked_at IS NULL;

-- name: tokens()
SELECT name, role, created_at, revoked_at FROM token ORDER BY created_at;

-- name: revoke_token(name, now)^
UPDATE token SET revoked_at = :now WHERE name = :name AND revoked_at IS NULL RETURNING name;
