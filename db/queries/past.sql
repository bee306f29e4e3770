-- name: last(subject, name)^
SELECT told FROM past WHERE subject = :subject AND name = :name ORDER BY id DESC LIMIT 1;

-- name: add(subject, name, at, told)!
INSERT INTO past (subject, name, at, told) VALUES (:subject, :name, :at, :told);

-- name: every(subject, name)
SELECT name, at, told FROM past WHERE subject = :subject AND name = :name ORDER BY id;

-- name: last_change(subject)^
SELECT MAX(at) AS at FROM past WHERE subject = :subject AND EXISTS (SELECT 1 FROM past earlier
    WHERE earlier.subject = past.subject AND earlier.name = past.name AND earlier.id < past.id);

-- name: standing(subject, known_at)
-- Of each name what stood by then, or the first that was kept.
SELECT name, at, told FROM past WHERE id IN (
    SELECT COALESCE(MAX(CASE WHEN at <= :known_at THEN id END), MIN(id)) FROM past
    WHERE subject = :subject GROUP BY name
)
ORDER BY id;

-- name: standing_one(subject, name, known_at)^
SELECT name, at, told FROM past WHERE id = (
    SELECT COALESCE(MAX(CASE WHEN at <= :known_at THEN id END), MIN(id)) FROM past
    WHERE subject = :subject AND name = :name
);

-- name: channels()
SELECT slug FROM channel ORDER BY slug;

-- name: channel(slug)^
SELECT slug, relationship, category, names, counterparts, description, cadence, established, aliases, people
FROM channel WHERE slug = :slug;

-- name: feeds()
SELECT slug FROM feed ORDER BY slug;

-- name: feed(slug)^
-- What of a feed no poll tells.
SELECT slug, relationship, position, publisher, side, lang, kind, url, every, enabled, reason, unconfirmed, paused_at,
    paused_by, paused_because, shown, undated, flaw, moved_to
FROM feed WHERE slug = :slug;

-- name: shares(slug)
SELECT relationship FROM feed_share WHERE feed = :slug ORDER BY relationship;
