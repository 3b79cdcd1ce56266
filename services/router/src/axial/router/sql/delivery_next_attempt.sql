-- Seconds until the next delivery to destination $1 is due that has to wait; NULL when none has to.
SELECT extract(epoch FROM min(next_attempt_at) - now())::double precision FROM deliveries
WHERE destination = $1 AND state = 'due' AND next_attempt_at IS NOT NULL
