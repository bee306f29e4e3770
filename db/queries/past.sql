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
-- With why the pages of its newest releases could not be read, where none could (`unread_pages` of feeds.sql).
SELECT feed.*, (SELECT CASE WHEN COUNT(*) = 3 THEN MAX(fault) END FROM page_wait WHERE tries > 0 AND release IN (
        SELECT id FROM release WHERE release.feed = feed.slug ORDER BY first_seen DESC, id DESC LIMIT 3)) AS page_fault
FROM feed WHERE slug = :slug;

-- name: shares(slug)
SELECT relationship FROM feed_share WHERE feed = :slug ORDER BY relationship;
