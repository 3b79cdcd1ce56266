-- The number of a destination ($1, $2).
SELECT id FROM destinations
WHERE kind = $1 AND name = $2
