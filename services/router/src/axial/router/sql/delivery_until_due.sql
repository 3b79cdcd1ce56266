-- Seconds until the next delivery is due of the destinations that replica $1 could take, which works for $2 already.
WITH due AS (
    SELECT open_until, coalesce(
        (SELECT now() FROM deliveries
         WHERE destination = destinations.id AND state = 'due' AND next_attempt_at IS NULL LIMIT 1),
        (SELECT next_attempt_at FROM deliveries
         WHERE destination = destinations.id AND state = 'due' AND next_attempt_at IS NOT NULL
         ORDER BY next_attempt_at LIMIT 1)
    ) AS at
    FROM destinations
    WHERE id <> ALL ($2::integer[])
      AND (replica IS NULL OR replica = $1 OR NOT EXISTS (SELECT FROM replicas WHERE id = destinations.replica))
)
SELECT extract(epoch FROM min(greatest(open_until, at)) FILTER (WHERE at IS NOT NULL) - now()) FROM due
