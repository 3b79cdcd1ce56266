-- How many instances there are below some resources, or among them, each once, and how large their files are.
WITH RECURSIVE tree AS (
    SELECT
        id,
        level
    FROM resources
    WHERE id = ANY ($1::text [])
    UNION
    SELECT
        children.id,
        children.level
    FROM tree
    INNER JOIN resources AS children ON tree.id = children.parent_id
)

SELECT
    count(*) AS instances,
    coalesce(sum(instances.size_bytes), 0)::bigint AS size_bytes
FROM tree
INNER JOIN instances ON tree.id = instances.id
WHERE tree.level = 4
