-- Add deliveries to the fallbacks of some that are diverted.
INSERT INTO deliveries AS known (
    destination, instance, md5, sop_class_uid, sop_instance_uid, transfer_syntax_uid, size_bytes, change_sequence,
    rules, priority, maximum_attempts, give_up_at, delete_after, is_forgotten
)
SELECT fallback, instance, md5, sop_class_uid, sop_instance_uid, transfer_syntax_uid, size_bytes, change_sequence,
       rules, priority, maximum_attempts, now() + (give_up_at - asked_at), delete_after, is_forgotten
FROM deliveries
WHERE id = ANY ($1::bigint[])
  AND NOT EXISTS (
      SELECT FROM delivery_keys AS ended
      WHERE ended.instance = decode(replace(deliveries.instance, '-', ''), 'hex')
        AND ended.destination = deliveries.fallback
        AND ended.md5 = decode(deliveries.md5, 'hex')
  )
ORDER BY id
ON CONFLICT (instance, destination, md5, (CASE WHEN is_forgotten THEN id ELSE 0 END)) DO UPDATE
    SET rules = ARRAY(SELECT DISTINCT rule FROM unnest(known.rules || EXCLUDED.rules) AS rule ORDER BY rule)
