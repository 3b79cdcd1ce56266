-- Let a consumer rest.
UPDATE consumers
SET paused = true, paused_reason = $2
WHERE name = $1
RETURNING name
