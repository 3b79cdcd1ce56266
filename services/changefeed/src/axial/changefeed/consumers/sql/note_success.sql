-- Move a consumer on after a delivery, never back, and forget its failures, unless it is of another generation.
UPDATE consumers
SET acknowledged = greatest(acknowledged, $3), failures = 0, failing_since = NULL, next_attempt_at = NULL,
    last_status = $4
WHERE name = $1 AND generation = $2
RETURNING acknowledged
