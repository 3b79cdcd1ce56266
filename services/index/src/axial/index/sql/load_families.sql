-- The ids of the named resources, of all below them, and of all above them.
WITH RECURSIVE below AS (
    SELECT id FROM resources WHERE id = ANY($1::text[])
    UNION
    SELECT r.id FROM resources r JOIN below b ON r.parent_id = b.id
), above AS (
    SELECT parent_id FROM resources WHERE id = ANY($1::text[])
    UNION
    SELECT r.parent_id FROM resources r JOIN above a ON r.id = a.parent_id
)
SELECT id FROM below
UNION
SELECT parent_id FROM above WHERE parent_id IS NOT NULL
