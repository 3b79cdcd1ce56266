-- Put a consumer to a position, back or forth; what was read before may not be acknowledged any more.
UPDATE consumers
SET acknowledged = $2, generation = nextval('generations')
WHERE name = $1
RETURNING name
