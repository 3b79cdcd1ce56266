-- Try a destination ($1, $2) again at once, and what of it has to wait for its own sake.
WITH tried AS (
    UPDATE destinations SET open_until = NULL, failures = 0, failing_since = NULL
    WHERE kind = $1 AND name = $2
    RETURNING id
), hurried AS (
    UPDATE deliveries SET next_attempt_at = NULL
    FROM tried
    WHERE destination = tried.id AND state = 'due' AND next_attempt_at IS NOT NULL
)
SELECT id FROM tried
