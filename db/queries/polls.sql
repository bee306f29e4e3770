-- name: newest_polls(feed, failed, most)
SELECT * FROM poll WHERE feed = :feed AND (:failed = 0 OR outcome = 'failed')
ORDER BY ended_at DESC, id DESC LIMIT :most;

-- name: arrivals(feed, since)
SELECT
    CASE WHEN first_seen = (SELECT MIN(first_seen) FROM release WHERE feed = :feed) THEN published
        ELSE substr(first_seen, 1, 10) END AS day,
    COUNT(*) AS number
FROM release WHERE feed = :feed AND first_seen >= :since
GROUP BY day ORDER BY day;
