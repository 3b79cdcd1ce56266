-- Let a consumer go on; sending starts over.
UPDATE consumers
SET paused = false, paused_reason = '', failures = 0, failing_since = NULL, next_attempt_at = NULL
WHERE name = $1
RETURNING name
