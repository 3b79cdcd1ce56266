-- End what is due of instances ($1) that have another file now ($2 MD5s). Who waits for it to delete the one that was there
-- looks again.
WITH superseded AS (
    UPDATE deliveries
    SET state = 'gone', is_forgotten = true, next_attempt_at = NULL, ended_at = now(),
        reason = 'Another file has taken its place.'
    FROM unnest($1::text[], $2::text[]) AS present (instance, md5)
    WHERE deliveries.instance = present.instance AND deliveries.md5 <> present.md5
      AND NOT is_forgotten AND state IN ('due', 'dead')
    RETURNING deliveries.instance, deliveries.md5
), woken AS (
    UPDATE deletions SET state = 'due', next_attempt_at = now()
    FROM (SELECT DISTINCT instance, md5 FROM superseded) AS ended
    WHERE deletions.instance = ended.instance AND deletions.md5 = ended.md5 AND deletions.state IN ('waiting', 'due')
)
SELECT count(*) FROM superseded
