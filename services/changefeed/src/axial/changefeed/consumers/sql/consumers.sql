-- All consumers, or the one named $1, with the entries they leave out.
SELECT consumer.name, consumer.filter, consumer.generation, consumer.acknowledged, consumer.created_at,
       consumer.paused, consumer.paused_reason, consumer.push_url, consumer.push_secrets, consumer.push_batch,
       consumer.failures, consumer.failing_since, consumer.next_attempt_at, consumer.last_status,
       coalesce(left_out.ahead, '{}') AS skipped, coalesce(left_out.count, 0) AS skipped_count
FROM consumers AS consumer
LEFT JOIN LATERAL (
    SELECT array_agg(sequence) FILTER (WHERE sequence > consumer.acknowledged) AS ahead, count(*) AS count
    FROM skipped_entries
    WHERE skipped_entries.consumer = consumer.name
) AS left_out ON true
WHERE $1::text IS NULL OR consumer.name = $1
ORDER BY consumer.name
