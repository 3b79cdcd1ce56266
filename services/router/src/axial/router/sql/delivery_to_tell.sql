-- The next deliveries of which the log of exports is to hear, at most $1.
SELECT deliveries.id, instance, asked_at, name
FROM deliveries JOIN destinations ON destinations.id = destination
WHERE is_to_tell
ORDER BY deliveries.id
LIMIT $1
