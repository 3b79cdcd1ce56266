-- All destinations, with what there is for each by state, and the oldest that is not there yet.
SELECT kind, name, failures, failing_since, open_until, protocol, status, reason, attempted_at,
       last_delivered_at,
       coalesce((SELECT jsonb_object_agg(state, count) FROM (
           SELECT state, sum(difference) AS count FROM delivery_counts
           WHERE destination = destinations.id
           GROUP BY state
           HAVING sum(difference) <> 0
       ) AS counts), '{}')::text AS counts,
       oldest.asked_at AS oldest_at,
       coalesce(extract(epoch FROM now() - oldest.asked_at), 0)::double precision AS oldest_seconds,
       (SELECT count(*) FROM deliveries
        WHERE destination = destinations.id AND state = 'delivered' AND ended_at > now() - interval '1 minute'
       ) AS delivered_last_minute
FROM destinations
LEFT JOIN LATERAL (
    SELECT asked_at FROM deliveries
    WHERE destination = destinations.id AND state IN ('due', 'sending')
    ORDER BY asked_at
    LIMIT 1
) AS oldest ON true
ORDER BY kind, name
