-- The levels of some resources; those that are not there are left out.
SELECT
    id,
    level
FROM resources
WHERE id = ANY ($1::text [])
