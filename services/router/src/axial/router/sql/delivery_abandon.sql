-- Give up at most $4 of what is due at destination ($1, $2), behind the delivery numbered $3: an operator wants it so, also
-- of what has a fallback.
WITH chosen AS (
    SELECT deliveries.id FROM destinations
    JOIN deliveries ON destination = destinations.id AND state = 'due'
    WHERE kind = $1 AND name = $2 AND deliveries.id > $3::bigint
    ORDER BY deliveries.id
    LIMIT $4
    FOR UPDATE OF deliveries SKIP LOCKED
)
UPDATE deliveries
SET state = 'dead', next_attempt_at = NULL,
    reason = 'Given up by an operator' || CASE WHEN reason = '' THEN '.' ELSE ': ' || reason END
FROM chosen
WHERE deliveries.id = chosen.id
RETURNING deliveries.id
