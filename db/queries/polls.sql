-- name: newest_polls(feed, failed, most, at)
SELECT * FROM poll WHERE feed = :feed AND (:failed = 0 OR outcome = 'failed') AND ended_at <= :at
ORDER BY ended_at DESC, id DESC LIMIT :most;

-- name: arrivals(feed, since, at)
-- Of those that were not there at the first read the index alone is read.
SELECT day, SUM(number) AS number FROM (
    SELECT substr(first_seen, 1, 10) AS day, COUNT(*) AS number FROM release
    WHERE feed = :feed AND first_seen >= :since AND first_seen <= :at AND first_seen > (SELECT MIN(first_seen) FROM release WHERE feed = :feed)
    GROUP BY substr(first_seen, 1, 10)
    UNION ALL
    SELECT published, COUNT(*) FROM release
    WHERE feed = :feed AND first_seen >= :since AND first_seen <= :at AND first_seen = (SELECT MIN(first_seen) FROM release WHERE feed = :feed)
    GROUP BY published
) AS came
GROUP BY day ORDER BY day;

-- name: telling_polls_of(feed, since, at)
-- Polls that coverage needs, as `telling_polls`: those that vouch for nothing, and the last good one.
SELECT * FROM poll WHERE feed = :feed AND ended_at >= :since AND ended_at <= :at AND vouches = 0
    AND (outcome <> 'failed' OR NOT EXISTS (SELECT 1 FROM poll next
        WHERE (next.outcome = 'failed' OR next.vouches = 1) AND next.id = (SELECT later.id FROM poll later
            WHERE later.feed = :feed AND later.ended_at > poll.ended_at AND later.ended_at <= :at ORDER BY later.ended_at LIMIT 1)))
UNION
SELECT * FROM poll WHERE id = (
    SELECT good.id FROM poll good WHERE good.feed = :feed AND good.outcome <> 'failed' AND good.ended_at <= :at
    ORDER BY good.ended_at DESC LIMIT 1)
ORDER BY ended_at, id;
