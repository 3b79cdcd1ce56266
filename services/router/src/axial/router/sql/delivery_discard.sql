-- Leave at most $2 dead letters undone: the one numbered $1, or those of a destination ($3, $4), rule ($5), reason
-- ($6), all that are given; behind the one numbered $7. Who waited for them to delete the instance looks again.
WITH chosen AS (
    SELECT deliveries.id FROM deliveries
    JOIN destinations ON destinations.id = destination
    WHERE state = 'dead'
      AND ($1::bigint IS NULL OR deliveries.id = $1) AND deliveries.id > $7::bigint
      AND ($3::text IS NULL OR kind = $3) AND ($4::text IS NULL OR name = $4)
      AND ($5::text IS NULL OR $5 = ANY (rules)) AND ($6::text IS NULL OR deliveries.reason = $6)
    ORDER BY deliveries.id
    LIMIT $2
    FOR UPDATE OF deliveries SKIP LOCKED
), discarded AS (
    UPDATE deliveries SET state = 'discarded', ended_at = now()
    FROM chosen
    WHERE deliveries.id = chosen.id
    RETURNING deliveries.id, instance, md5
), woken AS (
    UPDATE deletions SET state = 'due', next_attempt_at = now()
    FROM (SELECT DISTINCT instance, md5 FROM discarded) AS ended
    WHERE deletions.instance = ended.instance AND deletions.md5 = ended.md5 AND deletions.state IN ('waiting', 'due')
)
SELECT id FROM discarded
