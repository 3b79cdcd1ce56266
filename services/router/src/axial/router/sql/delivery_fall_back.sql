-- Add deliveries to the fallbacks of some that are diverted ($1). One that would come round to where it has been given up
-- waits there instead, for as long as it may: nobody else is left. Who waits for one to delete its instance looks again.
WITH RECURSIVE way (id, instance, md5, destination) AS (
    SELECT id, instance, md5, fallback FROM deliveries WHERE id = ANY ($1::bigint[])
    UNION
    SELECT way.id, way.instance, way.md5, fallback
    FROM way
    JOIN deliveries AS next USING (instance, md5, destination)
    WHERE NOT is_forgotten AND state = 'diverted' AND fallback IS NOT NULL
), round AS (
    SELECT way.id
    FROM way
    LEFT JOIN deliveries AS next
        ON next.instance = way.instance AND next.md5 = way.md5 AND next.destination = way.destination
        AND NOT is_forgotten AND state = 'diverted'
    GROUP BY way.id
    HAVING bool_and(next.id IS NOT NULL)
), waiting AS (
    UPDATE deliveries
    SET state = CASE WHEN give_up_at <= now() THEN 'dead' ELSE 'due' END,
        next_attempt_at = NULL, ended_at = NULL, fallback = NULL, fallback_after = 0
    FROM round
    WHERE deliveries.id = round.id
), woken AS (
    UPDATE deletions SET state = 'due', next_attempt_at = now()
    FROM (SELECT DISTINCT instance, md5 FROM deliveries WHERE id = ANY ($1::bigint[])) AS diverted
    WHERE deletions.instance = diverted.instance AND deletions.md5 = diverted.md5
      AND deletions.state IN ('waiting', 'due')
)
INSERT INTO deliveries AS known (
    destination, instance, md5, sop_class_uid, sop_instance_uid, transfer_syntax_uid, size_bytes, change_sequence,
    rules, priority, maximum_attempts, give_up_at, delete_after, is_forgotten
)
SELECT fallback, instance, md5, sop_class_uid, sop_instance_uid, transfer_syntax_uid, size_bytes, change_sequence,
       rules, priority, maximum_attempts, now() + (give_up_at - asked_at), delete_after, is_forgotten
FROM deliveries
WHERE id = ANY ($1::bigint[]) AND id NOT IN (SELECT id FROM round)
  AND NOT EXISTS (
      SELECT FROM delivery_keys AS ended
      WHERE ended.instance = decode(replace(deliveries.instance, '-', ''), 'hex')
        AND ended.destination = deliveries.fallback
        AND ended.md5 = decode(deliveries.md5, 'hex')
  )
ORDER BY id
ON CONFLICT (instance, destination, md5, (CASE WHEN is_forgotten THEN id ELSE 0 END)) DO UPDATE
    SET rules = ARRAY(SELECT DISTINCT rule FROM unnest(known.rules || EXCLUDED.rules) AS rule ORDER BY rule)
