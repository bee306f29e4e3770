-- name: subscribe(kind, target, every, relationship, category, channel, allow_private, secret, created_at, since, language, signals)^
INSERT INTO subscription (kind, target, every, relationship, category, channel, allow_private, secret, created_at,
                          since, next_try, language, signals)
VALUES (:kind, :target, :every, :relationship, :category, :channel, :allow_private, :secret, :created_at,
        :since, :created_at, :language, :signals)
RETURNING *;

-- name: subscription(id)^
SELECT * FROM subscription WHERE id = :id;

-- name: subscription_by_secret(secret)^
SELECT * FROM subscription WHERE kind = 'mail' AND secret = :secret;

-- name: subscriptions()
SELECT subscription.*,
       (SELECT COUNT(*) FROM delivery WHERE delivery.subscription = subscription.id AND state = 'pending') AS pending,
       (SELECT COUNT(*) FROM delivery WHERE delivery.subscription = subscription.id AND state = 'dead') AS dead,
       (SELECT MAX(at) FROM attempt WHERE attempt.subscription = subscription.id AND succeeded = 1) AS last_success,
       (SELECT outcome FROM attempt WHERE attempt.subscription = subscription.id
        ORDER BY attempt.id DESC LIMIT 1) AS last_outcome
FROM subscription WHERE ended_at IS NULL ORDER BY id;

-- name: live_to(target)
SELECT * FROM subscription WHERE target = :target AND ended_at IS NULL ORDER BY id;

-- name: unconfirmed_since(after)^
SELECT COUNT(*) AS number FROM subscription WHERE since IS NULL AND created_at > :after;

-- name: confirm(id, now, next_try)^
UPDATE subscription SET since = :now, next_try = :next_try, failures = 0, failing_since = NULL
WHERE id = :id AND since IS NULL AND ended_at IS NULL RETURNING id;

-- name: end_subscription(id, now, because)^
UPDATE subscription SET ended_at = :now, ended_because = :because,
    target = CASE WHEN kind = 'mail' THEN '' ELSE target END
WHERE id = :id AND ended_at IS NULL RETURNING id;

-- name: void_rest(subscription, now)!
UPDATE delivery SET state = 'void', settled_at = :now WHERE subscription = :subscription AND state = 'pending';

-- name: earliest_since()^
SELECT MIN(since) AS since FROM subscription WHERE ended_at IS NULL AND since IS NOT NULL;

-- name: known_events(since)
SELECT statement, at, told FROM event WHERE at >= :since;

-- name: add_event(statement, sequence, what, at, channel, told, worded, before, reason, candidate)^
INSERT INTO event (statement, sequence, what, at, channel, told, worded, before, reason, candidate)
VALUES (:statement, :sequence, :what, :at, :channel, :told, :worded, :before, :reason, :candidate)
ON CONFLICT DO NOTHING RETURNING id;

-- name: queue_signal(event, at, relationship, category, channel, now)!
-- Numbered downwards from -1, so that the numbers of other messages show nobody how many signals there were.
INSERT INTO delivery (id, subscription, event, queued_at, next_try)
SELECT (SELECT COALESCE(MIN(id), 0) FROM delivery WHERE id < 0) - ROW_NUMBER() OVER (ORDER BY subscription.id),
       subscription.id, :event, :now, :now FROM subscription
WHERE ended_at IS NULL AND since <= :at AND signals = 1
    AND (relationship IS NULL OR relationship = :relationship)
    AND (category IS NULL OR category = :category)
    AND (channel IS NULL OR channel = :channel)
ORDER BY subscription.id
ON CONFLICT (subscription, event) DO NOTHING;

-- name: queue_of_signal(event, statement, now)!
INSERT INTO delivery (id, subscription, event, queued_at, next_try)
SELECT (SELECT COALESCE(MIN(id), 0) FROM delivery WHERE id < 0) - ROW_NUMBER() OVER (ORDER BY delivery.subscription),
       delivery.subscription, :event, :now, :now FROM delivery
JOIN event ON event.id = delivery.event
JOIN subscription ON subscription.id = delivery.subscription
WHERE event.statement = :statement AND event.what = 'reported' AND subscription.ended_at IS NULL
ORDER BY delivery.subscription
ON CONFLICT (subscription, event) DO NOTHING;

-- name: queue_first(event, at, relationship, category, channel, now)!
INSERT INTO delivery (subscription, event, queued_at, next_try)
SELECT subscription.id, :event, :now, :now FROM subscription
WHERE ended_at IS NULL AND since <= :at
    AND (relationship IS NULL OR relationship = :relationship)
    AND (category IS NULL OR category = :category)
    AND (channel IS NULL OR channel = :channel)
ORDER BY subscription.id
ON CONFLICT (subscription, event) DO NOTHING;

-- name: queue_further(event, statement, now)!
-- Whoever was to get a message of the thread before; whether one arrived is looked at when this one is sent.
INSERT INTO delivery (subscription, event, queued_at, next_try)
SELECT subscription.id, :event, :now, :now FROM subscription
WHERE ended_at IS NULL AND EXISTS (SELECT 1 FROM event earlier JOIN delivery ON delivery.event = earlier.id
                                   WHERE earlier.statement = :statement AND delivery.subscription = subscription.id)
ORDER BY subscription.id
ON CONFLICT (subscription, event) DO NOTHING;

-- name: due(kind, now, most)
SELECT id FROM subscription
WHERE ended_at IS NULL AND kind = :kind AND next_try <= :now AND claimed_until <= :now
    AND (kind = 'mail' OR EXISTS (SELECT 1 FROM delivery WHERE delivery.subscription = subscription.id
                                  AND delivery.state = 'pending' AND delivery.next_try <= :now))
ORDER BY next_try, id LIMIT :most;

-- name: claim(id, now, until)^
UPDATE subscription SET claimed_until = :until
WHERE id = :id AND ended_at IS NULL AND next_try <= :now AND claimed_until <= :now RETURNING *;

-- name: release(id, until)!
UPDATE subscription SET claimed_until = '' WHERE id = :id AND claimed_until = :until;

-- name: next_delivery(subscription, now)^
-- The one that was tried the fewest times; of a thread only the oldest that waits. Joined from the events of a thread,
-- which are few, to their deliveries.
SELECT delivery.id AS delivery, delivery.attempts, event.*,
       EXISTS (SELECT 1 FROM event earlier CROSS JOIN delivery other
               WHERE earlier.statement = event.statement AND earlier.sequence < event.sequence
                   AND other.event = earlier.id
                   AND other.subscription = delivery.subscription AND other.state = 'sent') AS heard
FROM delivery JOIN event ON event.id = delivery.event
WHERE delivery.subscription = :subscription AND delivery.state = 'pending' AND delivery.next_try <= :now
    AND NOT EXISTS (SELECT 1 FROM event earlier CROSS JOIN delivery other
                    WHERE earlier.statement = event.statement AND earlier.sequence < event.sequence
                        AND other.event = earlier.id AND other.subscription = delivery.subscription
                        AND other.state = 'pending')
ORDER BY delivery.attempts, event.id LIMIT 1;

-- name: waiting(subscription)
SELECT delivery.id AS delivery, delivery.attempts, event.*,
       EXISTS (SELECT 1 FROM event earlier CROSS JOIN delivery other
               WHERE earlier.statement = event.statement AND earlier.sequence < event.sequence
                   AND other.event = earlier.id
                   AND other.subscription = delivery.subscription AND other.state = 'sent') AS heard
FROM delivery JOIN event ON event.id = delivery.event
WHERE delivery.subscription = :subscription AND delivery.state = 'pending' ORDER BY event.id;

-- name: settle(id, state, now)!
UPDATE delivery SET state = :state, settled_at = :now, attempts = attempts + CASE WHEN :state = 'sent' THEN 1 ELSE 0 END
WHERE id = :id;

-- name: delay(id, next_try)!
UPDATE delivery SET attempts = attempts + 1, next_try = :next_try WHERE id = :id;

-- name: give_up(subscription, queued_before, now)!
UPDATE delivery SET state = 'dead', settled_at = :now
WHERE subscription = :subscription AND state = 'pending' AND queued_at <= :queued_before;

-- name: answered(id)!
UPDATE subscription SET failures = 0, failing_since = NULL WHERE id = :id;

-- name: failed(id, now, next_try)!
UPDATE subscription SET failures = failures + 1, failing_since = COALESCE(failing_since, :now), next_try = :next_try
WHERE id = :id;

-- name: mailed(id, now, next_try)!
UPDATE subscription SET told_at = :now, next_try = :next_try WHERE id = :id;

-- name: log(subscription, delivery, at, succeeded, status, outcome)!
INSERT INTO attempt (subscription, delivery, at, succeeded, status, outcome)
VALUES (:subscription, :delivery, :at, :succeeded, :status, :outcome);

-- name: deliveries(state, since, most, signals)
-- With `signals` 0 without the messages about signals.
SELECT delivery.id, delivery.subscription, delivery.state, delivery.attempts, delivery.queued_at, delivery.next_try,
       subscription.kind, subscription.target, event.statement, event.sequence, event.what, event.told,
       (SELECT outcome FROM attempt WHERE attempt.delivery = delivery.id ORDER BY attempt.id DESC LIMIT 1) AS outcome
FROM delivery
JOIN event ON event.id = delivery.event
JOIN subscription ON subscription.id = delivery.subscription
WHERE (:state = '' OR delivery.state = :state OR (:state = 'failed' AND delivery.state = 'pending' AND attempts > 0))
    AND delivery.queued_at >= :since AND (:signals = 1 OR event.candidate IS NULL)
ORDER BY delivery.queued_at DESC, delivery.id DESC LIMIT :most;

-- name: delivery(id)^
SELECT id FROM delivery WHERE id = :id;

-- name: attempts(delivery)
SELECT at, succeeded, status, outcome FROM attempt WHERE delivery = :delivery ORDER BY id;

-- name: attempts_of(subscription)
SELECT at, succeeded, status, outcome FROM attempt WHERE subscription = :subscription ORDER BY id;

-- name: standing(id)^
-- What has to be known of a message before it is sent again: to whom it goes, what its thread begins with there, and
-- whether anything that it follows arrived there or will arrive first.
SELECT delivery.state, event.what, event.told, subscription.kind, subscription.ended_at,
       (SELECT other.id FROM event first JOIN delivery other ON other.event = first.id
        WHERE first.statement = event.statement AND other.subscription = delivery.subscription
        ORDER BY first.sequence LIMIT 1) AS begins_with,
       CASE WHEN EXISTS (SELECT 1 FROM event earlier JOIN delivery other ON other.event = earlier.id
               WHERE earlier.statement = event.statement AND earlier.sequence < event.sequence
                   AND other.subscription = delivery.subscription AND other.state IN ('sent', 'pending'))
            THEN 1 ELSE 0 END AS heard
FROM delivery
JOIN event ON event.id = delivery.event
JOIN subscription ON subscription.id = delivery.subscription
WHERE delivery.id = :id;

-- name: replay(id, now)^
UPDATE delivery SET state = 'pending', attempts = 0, queued_at = :now, next_try = :now, settled_at = NULL
WHERE id = :id AND state <> 'pending'
    AND subscription IN (SELECT id FROM subscription WHERE ended_at IS NULL AND kind = 'webhook')
RETURNING subscription;

-- name: replay_followers(id, now)!
-- What waited in vain for a message that is sent again comes after it.
UPDATE delivery SET state = 'pending', attempts = 0, queued_at = :now, next_try = :now, settled_at = NULL
WHERE state = 'void' AND subscription = (SELECT subscription FROM delivery WHERE id = :id)
    AND event IN (SELECT follower.id FROM event follower
                  JOIN event led ON led.statement = follower.statement AND led.sequence < follower.sequence
                  JOIN delivery replayed ON replayed.event = led.id WHERE replayed.id = :id);

-- name: lost_since(since)
SELECT delivery.id FROM delivery JOIN subscription ON subscription.id = delivery.subscription
WHERE delivery.state = 'dead' AND settled_at >= :since AND ended_at IS NULL AND kind = 'webhook' ORDER BY delivery.id;

-- name: try_now(subscription, now)!
UPDATE subscription SET next_try = :now WHERE id = :subscription;

-- name: counts()
-- Of messages about the record: those about signals tell of what nobody has reviewed, and would by their number alone.
SELECT state, COUNT(*) AS number FROM delivery
WHERE event NOT IN (SELECT id FROM event WHERE candidate IS NOT NULL)
GROUP BY state;

-- name: receivers(week_ago)^
SELECT COUNT(*) AS number, COUNT(failing_since) AS failing,
       COALESCE(SUM(CASE WHEN failing_since <= :week_ago THEN 1 ELSE 0 END), 0) AS failing_long
FROM subscription WHERE ended_at IS NULL AND since IS NOT NULL;
