-- name: note_wait(host, until)!
INSERT INTO host_wait (host, until) VALUES (:host, :until)
ON CONFLICT (host) DO UPDATE SET until = excluded.until WHERE excluded.until > host_wait.until;

-- name: forget_waits(now)!
DELETE FROM host_wait WHERE until <= :now;

-- name: waits()
SELECT host, until FROM host_wait;
