-- Make sure of rows of destinations ($1 kinds, $2 names), in one order for all who do so.
-- Until the end of the transaction no delivery is reduced to its key, which is looked for in the next statement.
INSERT INTO destinations (kind, name)
SELECT wanted.kind, wanted.name
FROM (SELECT DISTINCT kind, name FROM unnest($1::text[], $2::text[]) AS asked (kind, name)) AS wanted,
     (SELECT pg_advisory_xact_lock_shared(hashtext('router.delivery_keys'))) AS locked
WHERE NOT EXISTS (SELECT FROM destinations AS known WHERE known.kind = wanted.kind AND known.name = wanted.name)
ORDER BY wanted.kind, wanted.name
ON CONFLICT (kind, name) DO NOTHING
