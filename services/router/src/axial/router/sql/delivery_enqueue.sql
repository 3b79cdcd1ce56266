-- Add deliveries, as arrays in the order of arrival, but for those that there are or were; tell how many are new, and
-- ring for each destination that has some.
-- One that there is belongs to those who ask for it again, too, with the highest of their priorities; what is due of a
-- file that was replaced is not sent.
WITH wanted AS MATERIALIZED (
    SELECT asked.*, destinations.id AS destination, fallbacks.id AS fallback
    FROM unnest(
        $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::bigint[],
        $10::text[], $11::integer[], $12::integer[], $13::integer[], $14::text[], $15::text[], $16::integer[],
        $17::boolean[]
    ) WITH ORDINALITY AS asked (
        kind, name, instance, md5, sop_class_uid, sop_instance_uid, transfer_syntax_uid, size_bytes, change_sequence,
        rules, priority, maximum_attempts, give_up_after_seconds, fallback_kind, fallback_name, fallback_after,
        delete_after, place
    )
    JOIN destinations USING (kind, name)
    LEFT JOIN destinations AS fallbacks ON fallbacks.kind = fallback_kind AND fallbacks.name = fallback_name
), added AS (
    INSERT INTO deliveries AS known (
        destination, instance, md5, sop_class_uid, sop_instance_uid, transfer_syntax_uid, size_bytes, change_sequence,
        rules, priority, maximum_attempts, give_up_at, fallback, fallback_after, delete_after
    )
    SELECT destination, instance, md5, sop_class_uid, sop_instance_uid, transfer_syntax_uid, size_bytes,
           change_sequence, ARRAY(SELECT jsonb_array_elements_text(rules::jsonb)), priority, maximum_attempts,
           CASE WHEN give_up_after_seconds > 0 THEN now() + give_up_after_seconds * interval '1 second' END,
           fallback, fallback_after, delete_after
    FROM wanted
    WHERE NOT EXISTS (
        SELECT FROM delivery_keys AS ended
        WHERE ended.instance = decode(replace(wanted.instance, '-', ''), 'hex')
          AND ended.destination = wanted.destination
          AND ended.md5 = decode(wanted.md5, 'hex')
    )
    ORDER BY place
    ON CONFLICT (instance, destination, md5, (CASE WHEN is_forgotten THEN id ELSE 0 END)) DO UPDATE
        SET rules = ARRAY(SELECT DISTINCT rule FROM unnest(known.rules || EXCLUDED.rules) AS rule ORDER BY rule),
            delete_after = known.delete_after OR EXCLUDED.delete_after,
            priority = greatest(known.priority, EXCLUDED.priority)
        WHERE NOT known.rules @> EXCLUDED.rules OR known.delete_after < EXCLUDED.delete_after
           OR known.priority < EXCLUDED.priority
    RETURNING destination, instance, md5, xmax = 0 AS is_new
), replaced AS (
    UPDATE deliveries
    SET state = 'gone', is_forgotten = true, next_attempt_at = NULL, ended_at = now(),
        reason = 'Another file has taken its place.'
    FROM added
    WHERE is_new AND deliveries.instance = added.instance AND deliveries.destination = added.destination
      AND deliveries.md5 <> added.md5 AND NOT is_forgotten AND state IN ('due', 'dead')
)
SELECT coalesce(sum(count), 0)::bigint, count(pg_notify('router', 'deliveries/' || destination))
FROM (SELECT destination, count(*) FROM added WHERE is_new GROUP BY destination) AS begun
