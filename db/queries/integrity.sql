-- name: revisions()
SELECT release, number, title, summary, hash FROM release_revision ORDER BY release, number;

-- name: page_copies()
SELECT 'page_copy ' || release || '/' || revision AS place, sha256, size, body FROM page_copy
UNION ALL SELECT 'cited_copy ' || sha256, sha256, size, body FROM cited_copy;

-- name: quotes()
SELECT citation.id, citation.release, citation.revision, citation.quote, citation.quote_field, citation.quote_start,
       citation.words_sha256, release_revision.title, release_revision.summary,
       COALESCE(release.url, '') AS release_url, release.publisher AS release_publisher, release.side AS release_side,
       release.published AS release_published, source.url, source.publisher, source.side, source.published
FROM citation
LEFT JOIN release_revision
    ON release_revision.release = citation.release AND release_revision.number = citation.revision
LEFT JOIN release ON release.id = citation.release
LEFT JOIN source ON source.id = citation.source
WHERE citation.release IS NOT NULL
ORDER BY citation.id;

-- name: evidence()
SELECT sighting.id, sighting.release, sighting.revision, sighting.evidence,
       release_revision.title, release_revision.summary
FROM sighting
LEFT JOIN release_revision
    ON release_revision.release = sighting.release AND release_revision.number = sighting.revision
ORDER BY sighting.id;

-- name: sizes()^
SELECT (SELECT COUNT(*) FROM chain_link) AS links, (SELECT COUNT(*) FROM release_revision) AS revisions,
       (SELECT COUNT(*) FROM page_copy) + (SELECT COUNT(*) FROM cited_copy) AS pages,
       (SELECT COUNT(*) FROM citation WHERE release IS NOT NULL) AS quotes,
       (SELECT COUNT(*) FROM sighting) AS sightings,
       (SELECT COUNT(DISTINCT candidate) FROM decision) AS decided;

-- name: newest()
SELECT MAX(at) AS at FROM chain_link WHERE seq = (SELECT MAX(seq) FROM chain_link)
UNION ALL SELECT ended_at FROM poll WHERE id = (SELECT MAX(id) FROM poll)
UNION ALL SELECT MAX(last_tick) FROM lease;
