-- The instances of which one of the three tables, or the feed, knows nothing.
SELECT coalesce(r.id, i.id, d.instance_id)
FROM (SELECT id FROM resources WHERE level = 4) AS r
FULL JOIN instances i ON i.id = r.id
FULL JOIN datasets d ON d.instance_id = i.id
LEFT JOIN instance_changes c ON c.sequence = i.version AND c.instance_id = i.id AND c.action <> 1
WHERE r.id IS NULL OR d.instance_id IS NULL OR d.version <> i.version OR c.sequence IS NULL
