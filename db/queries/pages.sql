-- name: add_copy(release, revision, url, fetched_at, content_type, sha256, size, body)!
INSERT INTO page_copy (release, revision, url, fetched_at, content_type, sha256, size, body)
VALUES (:release, :revision, :url, :fetched_at, :content_type, :sha256, :size, :body)
ON CONFLICT (release, revision) DO NOTHING;

-- name: newest_copy(release)^
SELECT url, fetched_at, content_type, body FROM page_copy WHERE release = :release ORDER BY revision DESC LIMIT 1;

-- name: wait_for_page(release, tries, fault, next_try)!
INSERT INTO page_wait (release, tries, fault, next_try) VALUES (:release, :tries, :fault, :next_try)
ON CONFLICT (release) DO UPDATE SET tries = excluded.tries, fault = excluded.fault, next_try = excluded.next_try;

-- name: wait_no_more(release)!
DELETE FROM page_wait WHERE release = :release;

-- name: waiting(feed, now, most)
SELECT release.id, release.feed, release.url, release.side, release.publisher, release.lang, release.published,
       release.revision, release_revision.title, release_revision.summary, page_wait.tries, page_wait.fault
FROM page_wait
JOIN release ON release.id = page_wait.release
JOIN release_revision
    ON release_revision.release = release.id AND release_revision.number = release.revision
WHERE release.feed = :feed AND page_wait.next_try <= :now
ORDER BY page_wait.next_try, page_wait.release LIMIT :most;

-- name: fault_of_page(release)^
SELECT fault FROM page_wait WHERE release = :release;

-- name: spare(before, fetched_at, release, revision, most)
SELECT release, revision, fetched_at FROM spare_page
WHERE fetched_at < :before AND (fetched_at, release, revision) > (:fetched_at, :release, :revision)
ORDER BY fetched_at, release, revision LIMIT :most;

-- name: addresses(release)
SELECT canonical_url FROM release_name WHERE release = :release AND canonical_url IS NOT NULL;

-- name: drop_spare(release, revision)!
DELETE FROM page_copy WHERE release = :release AND revision = :revision
    AND EXISTS (SELECT 1 FROM spare_page WHERE spare_page.release = :release AND spare_page.revision = :revision);
