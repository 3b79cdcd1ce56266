-- Take at most $3 deliveries in hand that come next at destination $1, if replica $2 has that in hand. Its row stays
-- as it is until this is committed: whoever takes it over finds what is taken here.
WITH mine AS (
    SELECT id FROM destinations WHERE id = $1 AND replica = $2 FOR SHARE
), due AS (
    (SELECT id, priority FROM deliveries
     WHERE destination = $1 AND state = 'due' AND next_attempt_at IS NULL
     ORDER BY priority DESC, id
     LIMIT $3)
    UNION ALL
    (SELECT id, priority FROM deliveries
     WHERE destination = $1 AND state = 'due' AND next_attempt_at <= now()
     ORDER BY next_attempt_at
     LIMIT $3)
), next AS (
    SELECT due.id FROM due, mine ORDER BY priority DESC, due.id LIMIT $3
), taken AS (
    UPDATE deliveries AS taken SET state = 'sending', replica = $2, next_attempt_at = NULL
    FROM next
    WHERE taken.id = next.id AND state = 'due'
    RETURNING taken.id, instance, sop_class_uid, sop_instance_uid, transfer_syntax_uid, priority, attempts,
              maximum_attempts, breaks, CASE WHEN fallback IS NULL THEN 0 ELSE fallback_after END AS fallback_after,
              is_doubtful, is_duplicate, md5
)
SELECT id, instance, sop_class_uid, sop_instance_uid, transfer_syntax_uid, attempts, maximum_attempts, breaks,
       fallback_after, is_doubtful, is_duplicate,
       NOT is_doubtful OR NOT EXISTS (
           SELECT FROM deliveries AS other
           WHERE other.instance = taken.instance AND other.destination = $1 AND other.md5 <> taken.md5
       ) AND NOT EXISTS (
           SELECT FROM delivery_keys AS other
           WHERE other.instance = decode(replace(taken.instance, '-', ''), 'hex') AND other.destination = $1
             AND other.md5 <> decode(taken.md5, 'hex')
       ) AS is_conclusive
FROM taken
ORDER BY priority DESC, id
