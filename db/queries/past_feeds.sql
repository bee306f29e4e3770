-- name: feeds_at(first, last, at)
-- Of the feeds from a slug to a slug of which something was decided by an instant, what decisions and polls tell: how each
-- stood by then. A poll that was left alone for its host's sake is no failure of the feed's.
WITH decided AS (
    SELECT slug AS feed, (SELECT id FROM feed_switch WHERE feed_switch.feed = feed.slug AND at <= :at
        ORDER BY id DESC LIMIT 1) AS switch
    FROM feed WHERE slug BETWEEN :first AND :last
), good AS (
    SELECT feed, switch, (SELECT ended_at FROM poll WHERE poll.feed = decided.feed AND outcome <> 'failed'
        AND ended_at <= :at ORDER BY ended_at DESC LIMIT 1) AS last_read
    FROM decided
), failed AS (
    SELECT feed, switch, last_read, (SELECT COUNT(*) FROM poll WHERE poll.feed = good.feed
        AND ended_at > COALESCE(last_read, '') AND ended_at <= :at AND COALESCE(fault_kind, '') <> 'left-alone') AS failures,
        (SELECT MIN(ended_at) FROM poll WHERE poll.feed = good.feed
        AND ended_at > COALESCE(last_read, '') AND ended_at <= :at) AS failing_since,
        (SELECT id FROM poll WHERE poll.feed = good.feed AND ended_at > COALESCE(last_read, '') AND ended_at <= :at
        AND COALESCE(fault_kind, '') <> 'left-alone' ORDER BY ended_at DESC, id DESC LIMIT 1) AS poll
    FROM good
)
SELECT failed.feed AS slug, last_read, failures, failing_since, poll.fault, poll.fault_kind,
    feed_switch.at AS decided_at, feed_switch.polled, feed_switch.reason AS decided_because,
    (SELECT MAX(first_seen) FROM release WHERE release.feed = failed.feed AND first_seen <= :at) AS last_new
FROM failed JOIN feed_switch ON feed_switch.id = failed.switch LEFT JOIN poll ON poll.id = failed.poll
ORDER BY failed.feed;

-- name: gaps(feed, since, at)
-- Good polls that did not vouch for the time before them, newest first.
SELECT after, ended_at, every, items, outcome, overlap, whole FROM poll
WHERE feed = :feed AND vouches = 0 AND outcome <> 'failed' AND after IS NOT NULL AND ended_at >= :since AND ended_at <= :at
ORDER BY ended_at DESC, id DESC;
