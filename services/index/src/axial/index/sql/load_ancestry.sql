-- The ids of the named resources, and of all above them.
WITH RECURSIVE ancestry AS (
    SELECT id, parent_id FROM resources WHERE id = ANY($1::text[])
    UNION
    SELECT r.id, r.parent_id FROM resources r JOIN ancestry a ON r.id = a.parent_id
)
SELECT id FROM ancestry
