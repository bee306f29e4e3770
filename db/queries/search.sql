-- name: standing(kind, channel, entry)^
SELECT id, since, digest FROM record_document
WHERE kind = :kind AND channel = :channel AND entry = :entry AND until IS NULL;

-- name: add_record_document(kind, channel, entry, since, digest)^
INSERT INTO record_document (kind, channel, entry, since, digest) VALUES (:kind, :channel, :entry, :since, :digest) RETURNING id;

-- name: end_record_document(id, until)!
UPDATE record_document SET until = :until WHERE id = :id;

-- name: add_release_document(release, revision, side, lang, published, since, until)^
INSERT INTO release_document (release, revision, side, lang, published, since, until)
VALUES (:release, :revision, :side, :lang, :published, :since, :until) RETURNING id;

-- name: end_release_document(release, until)!
UPDATE release_document SET until = :until WHERE release = :release AND until IS NULL;

-- name: release_in(release, revision)^
SELECT release.id, release.feed, release.url, release.side, release.publisher, release.lang, release.published,
       release_revision.title, release_revision.summary
FROM release JOIN release_revision ON release_revision.release = release.id
WHERE release.id = :release AND release_revision.number = :revision;

-- name: every_revision()
SELECT release.id, release.side, release.lang, release.publisher, release.published, release.feed, release.url,
       release_revision.title, release_revision.summary, release_revision.number, release_revision.seen_at,
       (SELECT next.seen_at FROM release_revision next
           WHERE next.release = release.id AND next.number = release_revision.number + 1) AS until
FROM release JOIN release_revision ON release_revision.release = release.id
ORDER BY release.id, release_revision.number;

-- name: any_of_record()^
SELECT id FROM record_document LIMIT 1;

-- name: every_document()
SELECT release_document.id AS document, release.id, release.side, release.lang, release.publisher, release.published,
       release.feed, release.url, release_revision.title, release_revision.summary
FROM release_document
JOIN release ON release.id = release_document.release
JOIN release_revision
    ON release_revision.release = release_document.release AND release_revision.number = release_document.revision
ORDER BY release_document.id;
