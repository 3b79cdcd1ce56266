-- Move a consumer on, never back, unless it is of another generation than its reader knew.
UPDATE consumers
SET acknowledged = greatest(acknowledged, $3)
WHERE name = $1 AND generation = $2
RETURNING acknowledged
