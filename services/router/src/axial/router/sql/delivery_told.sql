-- The log of exports has heard of these deliveries.
UPDATE deliveries SET is_to_tell = false
WHERE id = ANY ($1::bigint[])
