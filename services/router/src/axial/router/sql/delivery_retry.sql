-- Try a destination ($1, $2) again at once.
UPDATE destinations SET open_until = NULL, failures = 0, failing_since = NULL
WHERE kind = $1 AND name = $2
RETURNING id
