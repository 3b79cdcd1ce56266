-- The resources whose child_count is not the number of their children, or which should be gone with the last.
SELECT r.id FROM resources r
LEFT JOIN (SELECT parent_id, count(*) AS children FROM resources GROUP BY parent_id) AS c ON c.parent_id = r.id
WHERE r.child_count <> coalesce(c.children, 0) OR (r.level < 4 AND c.children IS NULL)
