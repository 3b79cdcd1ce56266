-- Forget a query.
DELETE FROM queries
WHERE id = $1
