-- Patients, studies and series that cannot be found as they are, and what can be found and is not there.
SELECT coalesce(r.id, f.id)
FROM (SELECT * FROM resources WHERE level < 4) r
FULL JOIN findable f ON f.id = r.id AND f.level = r.level
WHERE (r.created_sequence, r.parent_id) IS DISTINCT FROM (f.created_sequence, f.parent_id)
