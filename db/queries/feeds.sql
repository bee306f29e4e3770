-- `revision`: the counter of polls from which on a feed is as it is. Whoever changes what is shown of one sets it to the
-- number that the counter will have when the same transaction ends, or that of whoever moves it next.
-- CROSS JOIN has SQLite go from feeds to what is theirs, where it would look through all polls.

-- name: put_feed(slug, relationship, position, publisher, side, lang, kind, url, every, enabled, reason, unconfirmed, now)!
INSERT INTO feed (slug, relationship, position, publisher, side, lang, kind, url, every, enabled, reason, unconfirmed,
                  next_poll, revision)
VALUES (:slug, :relationship, :position, :publisher, :side, :lang, :kind, :url, :every, :enabled, :reason, :unconfirmed, :now,
        (SELECT number + 1 FROM revision WHERE subject = 'polls'))
ON CONFLICT (slug) DO UPDATE SET
    relationship = excluded.relationship, position = excluded.position, publisher = excluded.publisher,
    side = excluded.side, lang = excluded.lang, kind = excluded.kind, every = excluded.every,
    enabled = excluded.enabled, reason = excluded.reason, unconfirmed = excluded.unconfirmed, revision = excluded.revision,
    etag = CASE WHEN feed.url = excluded.url THEN feed.etag END,
    last_modified = CASE WHEN feed.url = excluded.url THEN feed.last_modified END,
    lies = CASE WHEN feed.url = excluded.url THEN feed.lies ELSE 0 END,
    next_poll = CASE WHEN feed.url = excluded.url THEN feed.next_poll ELSE excluded.next_poll END,
    url = excluded.url;

-- name: unshare_feeds()!
DELETE FROM feed_share;

-- name: share_feed(feed, relationship)!
INSERT INTO feed_share (feed, relationship) VALUES (:feed, :relationship);

-- name: shares()
SELECT feed, relationship FROM feed_share ORDER BY feed, relationship;

-- name: shares_of(feed)
SELECT relationship FROM feed_share WHERE feed = :feed ORDER BY relationship;

-- name: disable_feed(slug, reason)!
UPDATE feed SET enabled = 0, reason = :reason,
    revision = (SELECT number + 1 FROM revision WHERE subject = 'polls')
WHERE slug = :slug;

-- name: slugs()
SELECT slug FROM feed;

-- name: changed(after)
SELECT slug FROM feed WHERE revision > :after ORDER BY revision;

-- name: feeds()
SELECT feed.*, (SELECT MIN(ended_at) FROM poll WHERE poll.feed = feed.slug AND ended_at > COALESCE(last_read, ''))
    AS failing_since
FROM feed ORDER BY relationship, position, slug;

-- name: feed(slug)^
SELECT feed.*, (SELECT MIN(ended_at) FROM poll WHERE poll.feed = feed.slug AND ended_at > COALESCE(last_read, ''))
    AS failing_since
FROM feed WHERE slug = :slug;

-- name: unread_pages(feed, newest)
-- Feeds whose newest releases all wait in vain for their pages, with a reason; of all feeds where `feed` is empty.
SELECT release.feed, MAX(page_wait.fault) AS fault
FROM page_wait JOIN release ON release.id = page_wait.release
WHERE page_wait.tries > 0 AND (:feed = '' OR release.feed = :feed)
    AND release.id IN (SELECT newest.id FROM release newest WHERE newest.feed = release.feed
        ORDER BY newest.first_seen DESC, newest.id DESC LIMIT :newest)
GROUP BY release.feed HAVING COUNT(*) = :newest;

-- name: due(now, most)
SELECT slug FROM feed
WHERE enabled = 1 AND paused_at IS NULL AND next_poll <= :now AND claimed_until <= :now
ORDER BY next_poll LIMIT :most;

-- name: reads_so_far(slug)^
SELECT last_read, failures FROM feed WHERE slug = :slug;

-- name: claim(slug, now, until)^
UPDATE feed SET claimed_until = :until
WHERE slug = :slug AND enabled = 1 AND paused_at IS NULL AND next_poll <= :now AND claimed_until <= :now
RETURNING *, (SELECT MIN(ended_at) FROM poll WHERE poll.feed = feed.slug AND ended_at > COALESCE(last_read, ''))
    AS failing_since;

-- name: give_back(slug, next_poll)!
UPDATE feed SET next_poll = :next_poll, claimed_until = '',
    revision = (SELECT number + 1 FROM revision WHERE subject = 'polls')
WHERE slug = :slug;

-- name: put_off(slug, until)!
UPDATE feed SET next_poll = :until, revision = (SELECT number + 1 FROM revision WHERE subject = 'polls')
WHERE slug = :slug AND next_poll < :until;

-- name: bring_back(now, latest_poll, latest_claim)!
UPDATE feed SET
    next_poll = CASE WHEN next_poll > :latest_poll THEN :now ELSE next_poll END,
    claimed_until = CASE WHEN claimed_until > :latest_claim THEN '' ELSE claimed_until END,
    revision = (SELECT number + 1 FROM revision WHERE subject = 'polls')
WHERE next_poll > :latest_poll OR claimed_until > :latest_claim;

-- name: pause(slug, now, by, because)!
UPDATE feed SET paused_at = :now, paused_by = :by, paused_because = :because,
    revision = (SELECT number + 1 FROM revision WHERE subject = 'polls')
WHERE slug = :slug;

-- name: resume(slug)!
UPDATE feed SET paused_at = NULL, paused_by = NULL, paused_because = NULL,
    revision = (SELECT number + 1 FROM revision WHERE subject = 'polls')
WHERE slug = :slug;

-- name: make_due(slug, now)!
UPDATE feed SET next_poll = :now, revision = (SELECT number + 1 FROM revision WHERE subject = 'polls')
WHERE slug = :slug;

-- name: record_read(slug, now, next_poll, etag, last_modified, moved_to, full, lies)!
UPDATE feed SET last_read = :now, next_poll = :next_poll, claimed_until = '', failures = 0,
    fault_kind = NULL, fault = NULL, etag = :etag, last_modified = :last_modified, moved_to = :moved_to,
    full_read = CASE WHEN :full = 1 THEN :now ELSE full_read END, lies = :lies,
    revision = (SELECT number + 1 FROM revision WHERE subject = 'polls')
WHERE slug = :slug;

-- name: record_new(slug, now)!
UPDATE feed SET last_new = :now WHERE slug = :slug;

-- name: record_answer(slug, shown, undated, flaw, ids, good_for)!
UPDATE feed SET shown = :shown, undated = :undated, flaw = :flaw, ids = :ids, good_for = :good_for WHERE slug = :slug;

-- name: record_rhythm(slug, newest, rhythm, longest_break)!
UPDATE feed SET newest = :newest, rhythm = :rhythm, longest_break = :longest_break WHERE slug = :slug;

-- name: record_gap(slug, gap_from, gap_to, bridged)!
UPDATE feed SET gap_from = :gap_from, gap_to = :gap_to, gap_bridged = :bridged WHERE slug = :slug;

-- name: arrival_days(feed, most, at)
-- Steps from day to day in the index: what it costs is so many days, however many releases came on them.
WITH RECURSIVE beginning (instant) AS (
    SELECT MIN(first_seen) FROM release WHERE feed = :feed
), step (day) AS (
    SELECT (SELECT substr(MAX(first_seen), 1, 10) FROM release
        WHERE feed = :feed AND first_seen > (SELECT instant FROM beginning) AND first_seen <= :at)
    UNION ALL
    SELECT (SELECT substr(MAX(first_seen), 1, 10) FROM release
        WHERE feed = :feed AND first_seen > (SELECT instant FROM beginning) AND first_seen < step.day)
    FROM step WHERE step.day IS NOT NULL
), newest (day) AS (
    SELECT day FROM step LIMIT :most
)
SELECT day FROM newest WHERE day IS NOT NULL
UNION
SELECT published FROM release
WHERE feed = :feed AND first_seen = (SELECT instant FROM beginning) AND first_seen <= :at
ORDER BY day DESC LIMIT :most;

-- name: record_fault(slug, next_poll, fault_kind, fault)!
UPDATE feed SET next_poll = :next_poll, claimed_until = '', failures = failures + 1,
    fault_kind = :fault_kind, fault = :fault, revision = (SELECT number + 1 FROM revision WHERE subject = 'polls')
WHERE slug = :slug;

-- name: add_switch(feed, at, polled, reason)!
INSERT INTO feed_switch (feed, at, polled, reason) VALUES (:feed, :at, :polled, :reason);

-- name: switches()
SELECT feed, at, polled, reason FROM feed_switch ORDER BY feed, id;

-- name: switches_of(feed)
SELECT feed, at, polled, reason FROM feed_switch WHERE feed = :feed ORDER BY id;

-- name: before_poll(feed)^
-- How often a feed is polled that changes by a poll now, and its last good poll.
UPDATE feed SET revision = (SELECT number + 1 FROM revision WHERE subject = 'polls')
WHERE slug = :feed
RETURNING every, (SELECT ended_at FROM poll WHERE feed = :feed AND outcome <> 'failed' ORDER BY ended_at DESC LIMIT 1)
    AS last_good;

-- name: add_poll(feed, started_at, ended_at, outcome, fault, fault_kind, status, items, fresh, revised, overlap, sightings, whole, every, after, vouches)!
INSERT INTO poll (feed, started_at, ended_at, outcome, fault, fault_kind, status, items, fresh, revised, overlap,
                  sightings, whole, every, after, vouches)
VALUES (:feed, :started_at, :ended_at, :outcome, :fault, :fault_kind, :status, :items, :fresh, :revised, :overlap,
        :sightings, :whole, :every, :after, :vouches);

-- name: telling_polls(since, at, until, known_at, relationship)
-- Polls that coverage needs: those that vouch for nothing, the last good one up to a moment and the first after it. Of
-- failures the last alone before a good poll, and none before one that vouches: that left no hole. Of all of them those
-- that were known at an instant, which `until` is not after.
SELECT poll.id, poll.feed, poll.every, poll.after, poll.ended_at, poll.outcome, poll.fault, poll.fault_kind,
    poll.overlap, poll.whole
FROM feed CROSS JOIN poll
WHERE poll.feed = feed.slug AND poll.vouches = 0 AND poll.ended_at >= :since AND poll.ended_at <= :until
    AND (poll.outcome <> 'failed' OR NOT EXISTS (SELECT 1 FROM poll next
        WHERE (next.outcome = 'failed' OR next.vouches = 1) AND next.id = (SELECT later.id FROM poll later
            WHERE later.feed = poll.feed AND later.ended_at > poll.ended_at AND later.ended_at <= :until
            ORDER BY later.ended_at LIMIT 1)))
    AND (:relationship = '' OR feed.relationship = :relationship OR EXISTS (SELECT 1 FROM feed_share
        WHERE feed_share.feed = feed.slug AND feed_share.relationship = :relationship))
UNION
SELECT poll.id, poll.feed, poll.every, poll.after, poll.ended_at, poll.outcome, poll.fault, poll.fault_kind,
    poll.overlap, poll.whole
FROM feed JOIN poll ON poll.id IN (
    (SELECT good.id FROM poll good WHERE good.feed = feed.slug AND good.outcome <> 'failed' AND good.ended_at <= :at
        ORDER BY good.ended_at DESC LIMIT 1),
    (SELECT good.id FROM poll good WHERE good.feed = feed.slug AND good.outcome <> 'failed' AND good.ended_at > :at
        AND good.ended_at <= :known_at ORDER BY good.ended_at LIMIT 1))
WHERE :relationship = '' OR feed.relationship = :relationship OR EXISTS (SELECT 1 FROM feed_share
    WHERE feed_share.feed = feed.slug AND feed_share.relationship = :relationship)
ORDER BY ended_at, id;

-- name: take_lease(name, holder, now, until, latest)^
INSERT INTO lease (name, holder, held_until, last_tick) VALUES (:name, :holder, :until, :now)
ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, held_until = excluded.held_until,
    last_tick = excluded.last_tick
WHERE lease.holder = excluded.holder OR lease.held_until <= :now OR lease.held_until > :latest
RETURNING holder;

-- name: release_lease(name, holder)!
UPDATE lease SET held_until = '' WHERE name = :name AND holder = :holder;

-- name: lease(name)^
SELECT holder, held_until, last_tick FROM lease WHERE name = :name;
