-- Forget a consumer, with what it left out.
DELETE FROM consumers
WHERE name = $1
RETURNING name
