-- Count a delivery that failed, and note when to try again, unless the consumer is of another generation.
UPDATE consumers
SET failures = failures + 1, failing_since = coalesce(failing_since, now()), last_status = $3, next_attempt_at = $4
WHERE name = $1 AND generation = $2
RETURNING failing_since
