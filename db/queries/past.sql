-- name: last(subject, name)^
SELECT told FROM past WHERE subject = :subject AND name = :name ORDER BY id DESC LIMIT 1;

-- name: add(subject, name, at, told)!
INSERT INTO past (subject, name, at, told) VALUES (:subject, :name, :at, :told);

-- name: every(subject, name)
SELECT name, at, told FROM past WHERE subject = :subject AND name = :name ORDER BY id;

-- name: standing(subject, known_at)
-- Of each name what stood by then, or the first that was kept.
SELECT name, at, told FROM past WHERE id IN (
    SELECT COALESCE(MAX(CASE WHEN at <= :known_at THEN id END), MIN(id)) FROM past
    WHERE subject = :subject GROUP BY name
)
ORDER BY id;

-- name: channels(slug)
-- The definition of one channel, or of all.
SELECT slug, relationship, category, names, counterparts, description, cadence, established, aliases, people
FROM channel WHERE :slug = '' OR slug = :slug;

-- name: feeds(slug)
-- What of one feed, or of all, no poll tells.
SELECT slug, relationship, position, publisher, side, lang, kind, url, every, enabled, reason, unconfirmed, paused_at,
    paused_by, paused_because, shown, undated, flaw, moved_to
FROM feed WHERE :slug = '' OR slug = :slug;

-- name: shares(slug)
SELECT feed, relationship FROM feed_share WHERE :slug = '' OR feed = :slug ORDER BY feed, relationship;
