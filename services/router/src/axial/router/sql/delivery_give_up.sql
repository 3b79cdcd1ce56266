-- End at most $1 of what was to be delivered by now; tell which of them go to their fallback.
WITH late AS (
    SELECT id FROM deliveries
    WHERE state = 'due' AND give_up_at IS NOT NULL AND give_up_at <= now()
    ORDER BY give_up_at
    LIMIT $1
    FOR UPDATE SKIP LOCKED
)
UPDATE deliveries
SET state = CASE WHEN fallback IS NULL THEN 'dead' ELSE 'diverted' END,
    ended_at = CASE WHEN fallback IS NOT NULL THEN now() END,
    next_attempt_at = NULL,
    reason = CASE WHEN deliveries.reason = '' THEN 'Not delivered in time.'
                  ELSE 'Not delivered in time: ' || deliveries.reason END
FROM late
WHERE deliveries.id = late.id
RETURNING deliveries.id, deliveries.state
