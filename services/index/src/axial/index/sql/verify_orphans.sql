-- The resources without the parent their level needs.
SELECT r.id FROM resources r LEFT JOIN resources p ON p.id = r.parent_id
WHERE (r.level = 1 AND r.parent_id IS NOT NULL) OR (r.level > 1 AND p.level IS DISTINCT FROM r.level - 1)
