-- Divert at most $1 of what is due at destinations that have failed too often for it, and are not to be tried now.
WITH failed AS (
    SELECT deliveries.id FROM destinations
    JOIN deliveries ON destination = destinations.id AND state = 'due' AND fallback IS NOT NULL
                   AND fallback_after <= failures
    WHERE failures > 0 AND open_until > now()
    ORDER BY deliveries.id
    LIMIT $1
    FOR UPDATE OF deliveries SKIP LOCKED
)
UPDATE deliveries
SET state = 'diverted', next_attempt_at = NULL, ended_at = now(), reason = 'The destination was away too often.'
FROM failed
WHERE deliveries.id = failed.id
RETURNING deliveries.id
