-- Let at most $2 dead letters begin anew: the one numbered $1, or those of a destination ($3, $4), rule ($5), reason
-- ($6), all that are given; behind the one numbered $7. One whose instance was deleted has none to send.
WITH chosen AS (
    SELECT deliveries.id FROM deliveries
    JOIN destinations ON destinations.id = destination
    WHERE state = 'dead' AND NOT is_forgotten
      AND ($1::bigint IS NULL OR deliveries.id = $1) AND deliveries.id > $7::bigint
      AND ($3::text IS NULL OR kind = $3) AND ($4::text IS NULL OR name = $4)
      AND ($5::text IS NULL OR $5 = ANY (rules)) AND ($6::text IS NULL OR deliveries.reason = $6)
    ORDER BY deliveries.id
    LIMIT $2
    FOR UPDATE OF deliveries SKIP LOCKED
)
UPDATE deliveries
SET state = 'due', attempts = 0, breaks = 0, next_attempt_at = NULL, ended_at = NULL, asked_at = now(),
    give_up_at = now() + (give_up_at - asked_at)
FROM chosen
WHERE deliveries.id = chosen.id
RETURNING deliveries.id
