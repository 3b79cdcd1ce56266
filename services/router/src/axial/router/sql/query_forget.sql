-- Forget the queries that were not used for longest, but for some.
DELETE FROM queries
WHERE id IN (SELECT id FROM queries ORDER BY used DESC OFFSET $1)
