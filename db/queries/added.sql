-- name: add(slug, deed, relationship, entry, by, at)!
INSERT INTO feed_entry (slug, deed, relationship, entry, done_by, done_at)
VALUES (:slug, :deed, :relationship, :entry, :by, :at);

-- name: newest()
-- What was last done to each entry, and when and by whom it was added.
SELECT last.id, last.slug, last.deed, last.relationship, last.entry, last.done_by, last.done_at,
    first.done_by AS added_by, first.done_at AS added_at
FROM feed_entry last
JOIN feed_entry first ON first.id = (SELECT MAX(id) FROM feed_entry WHERE slug = last.slug AND deed = 'added')
WHERE last.id IN (SELECT MAX(id) FROM feed_entry GROUP BY slug)
ORDER BY first.id;
